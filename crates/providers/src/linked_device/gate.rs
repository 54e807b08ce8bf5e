//! Nothing leaves for WhatsApp before what came in from it is committed.
//!
//! The library waits for our commit before it acknowledges a message, but it acknowledges receipts and notices by itself,
//! right after it has told of them. Whatever it writes passes this gate, and waits there until everything that was told
//! before is committed. So an acknowledgement never overtakes the commit, whatever kind of stanza it is for. When
//! something could not be committed the gate closes: WhatsApp then delivers again on the next connection.

use std::sync::{Arc, OnceLock, Weak};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::watch;
use wacore::net::{Transport, TransportEvent, TransportFactory};
use whatsapp_rust::Client;
use whatsapp_rust::anyhow::{Result, bail};
use whatsapp_rust::async_channel::Receiver;

use super::connection::quiet_for;
use super::ending::Ending;
use super::network::Sockets;

#[derive(Debug, Default)]
struct State {
    /// How many things came in.
    told: u64,
    /// How many of them are committed. They are committed in the order in which they were told.
    committed: u64,
    closed: bool,
}

/// Holds back what the library writes. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Gate(Arc<watch::Sender<State>>);

impl Gate {
    /// Something is about to be told.
    pub(super) fn told(&self) {
        self.0.send_if_modified(|state| {
            state.told += 1;
            // What already waits does not wait for this.
            false
        });
    }

    /// So many more are committed.
    pub(super) fn committed(&self, count: u64) {
        self.0.send_modify(|state| state.committed += count);
    }

    /// Something was told that will not be committed: nothing leaves any more.
    pub(super) fn close(&self) {
        self.0.send_modify(|state| state.closed = true);
    }

    /// Waits until everything that was told before is committed. False when that will never be.
    pub(super) async fn pass(&self) -> bool {
        let mut state = self.0.subscribe();
        let told = state.borrow_and_update().told;
        let passed = state.wait_for(|state| state.closed || state.committed >= told).await;
        passed.is_ok_and(|state| !state.closed)
    }
}

/// Opens sockets behind a gate.
pub(super) struct GatedSockets {
    pub(super) sockets: Sockets,
    pub(super) gate: Gate,
    /// Who writes. It is made with these sockets, so it is known only afterwards.
    pub(super) client: Arc<OnceLock<Weak<Client>>>,
    pub(super) ending: Arc<Ending>,
}

#[async_trait]
impl TransportFactory for GatedSockets {
    async fn create_transport(&self) -> Result<(Arc<dyn Transport>, Receiver<TransportEvent>)> {
        let (socket, events) = self.sockets.create_transport().await?;
        let gated = Gated {
            socket,
            gate: self.gate.clone(),
            client: Arc::clone(&self.client),
            ending: Arc::clone(&self.ending),
        };
        Ok((Arc::new(gated), events))
    }
}

struct Gated {
    socket: Arc<dyn Transport>,
    gate: Gate,
    client: Arc<OnceLock<Weak<Client>>>,
    ending: Arc<Ending>,
}

#[async_trait]
impl Transport for Gated {
    async fn send(&self, data: Bytes) -> Result<()> {
        if !self.gate.pass().await {
            bail!("what came in could not be committed");
        }
        self.socket.send(data).await
    }

    async fn disconnect(&self) {
        // Afterwards the library forgets when something came in.
        if let Some(client) = self.client.get().and_then(Weak::upgrade) {
            self.ending.let_go(quiet_for(&client));
        }
        self.socket.disconnect().await;
    }

    fn resource_report(&self) -> Option<wacore::stats::TransportResourceReport> {
        self.socket.resource_report()
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn what_was_told_before_is_waited_for_and_what_was_told_later_is_not() {
        let gate = Gate::default();
        assert!(gate.pass().await, "nothing came in");
        gate.told();
        gate.told();
        let mut first = Box::pin(gate.pass());
        assert_eq!(first.as_mut().now_or_never(), None);
        gate.told();
        let mut second = Box::pin(gate.pass());
        assert_eq!(second.as_mut().now_or_never(), None);
        gate.committed(1);
        assert_eq!(first.as_mut().now_or_never(), None);
        gate.committed(1);
        assert_eq!(first.as_mut().now_or_never(), Some(true));
        assert_eq!(second.as_mut().now_or_never(), None);
        gate.committed(1);
        assert_eq!(second.as_mut().now_or_never(), Some(true));
        assert!(gate.pass().await);
    }

    #[tokio::test]
    async fn once_something_is_not_committed_nothing_passes() {
        let gate = Gate::default();
        gate.told();
        let mut waiting = Box::pin(gate.pass());
        assert_eq!(waiting.as_mut().now_or_never(), None);
        gate.close();
        assert_eq!(waiting.as_mut().now_or_never(), Some(false));
        gate.committed(1);
        assert!(
            !gate.pass().await,
            "what comes after it may be committed and still is not acknowledged"
        );
    }
}
