//! Everything that comes in goes through one queue into the sink, in order: what waits is one batch, so one commit.

use std::sync::{Arc, Weak};

use pesan_model::AccountId;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use wacore::types::events::Event;
use whatsapp_rust::Client;

use super::gate::Gate;
use super::history::History;
use super::identity::{complete, identity};
use super::resend::{Resend, Unread};
use crate::inbound::{Connection, Inbound, InboundSink};

/// Most that goes into one commit.
pub(super) const MAX_BATCH: usize = 256;

/// One thing in the queue.
pub(super) enum Item {
    /// The connection changed.
    Connection(Connection),
    /// Ready; who we are is asked when its turn comes.
    Connected,
    /// What had waited for us has come.
    CaughtUp,
    /// Something came in that nobody waits for.
    Inbound(Inbound),
    /// The same of a message that could not be read, and that the phone can be asked for.
    Unread(Inbound, Box<Unread>),
    /// Messages whose acknowledgement waits for the commit, and what among them could not be read.
    Messages(Vec<Inbound>, Vec<Unread>, oneshot::Sender<bool>),
    /// An [`Event::HistorySync`]: a piece of history.
    History(Arc<Event>),
    /// The last one.
    End,
}

/// The way into the queue.
#[derive(Clone)]
pub(super) struct Queue {
    items: mpsc::UnboundedSender<Item>,
    gate: Gate,
}

impl Queue {
    /// A queue that tells `gate` what it was given.
    pub(super) fn new(gate: Gate) -> (Self, mpsc::UnboundedReceiver<Item>) {
        let (items, receiver) = mpsc::unbounded_channel();
        (Self { items, gate }, receiver)
    }

    /// Adds an item. After the end of the connection nothing is taken any more; what is lost then was not acknowledged,
    /// because the gate is closed. Only a piece of history that the library was still fetching then is lost for good.
    pub(super) fn push(&self, item: Item) {
        if matches!(
            item,
            Item::Inbound(_) | Item::Unread(..) | Item::Messages(..) | Item::History(_)
        ) {
            self.gate.told();
        }
        let _ = self.items.send(item);
    }

    /// Adds messages, `unread` among them, and waits until they are committed; false when they could not be.
    pub(super) async fn commit(&self, messages: Vec<Inbound>, unread: Vec<Unread>) -> bool {
        let (reply, committed) = oneshot::channel();
        self.push(Item::Messages(messages, unread, reply));
        committed.await.unwrap_or(false)
    }
}

/// Takes the queue to the sink. Never writes to WhatsApp: what is written waits for the commits made here.
pub(super) struct Pump {
    pub(super) account: AccountId,
    pub(super) items: mpsc::UnboundedReceiver<Item>,
    pub(super) sink: Arc<dyn InboundSink>,
    pub(super) client: Weak<Client>,
    pub(super) history: History,
    pub(super) resend: Arc<Resend>,
    /// Cancelled when something could not be committed: WhatsApp delivers again on the next connection only.
    pub(super) broken: CancellationToken,
    pub(super) gate: Gate,
}

/// Nothing is committed any more.
impl Drop for Pump {
    fn drop(&mut self) {
        self.gate.close();
    }
}

/// What goes into one commit, and who waits for it.
#[derive(Default)]
struct Batch {
    inbound: Vec<Inbound>,
    /// What could not be read of it.
    unread: Vec<Unread>,
    waiting: Vec<oneshot::Sender<bool>>,
    /// How many items of the queue these are.
    items: u64,
}

impl Pump {
    /// Runs until [`Item::End`]. What is left of the history then is taken in by the next connection.
    pub(super) async fn run(mut self) {
        self.resend.load().await;
        loop {
            tokio::select! {
                biased;
                item = self.items.recv() => {
                    let Some(item) = item else { break };
                    if !self.take_turn(item).await {
                        break;
                    }
                }
                inbound = self.history.next() => self.commit(Batch { inbound, ..Batch::default() }).await,
            }
        }
    }

    /// Handles an item and what waits behind it. False after the last one.
    async fn take_turn(&mut self, first: Item) -> bool {
        let mut batch = Batch::default();
        let mut next = Some(first);
        while let Some(item) = next {
            match item {
                Item::Inbound(inbound) => self.add(&mut batch, inbound).await,
                Item::Unread(inbound, unread) => {
                    self.add(&mut batch, inbound).await;
                    batch.unread.push(*unread);
                }
                Item::Messages(inbound, unread, reply) => {
                    batch.items += 1;
                    batch.inbound.extend(inbound);
                    batch.unread.extend(unread);
                    batch.waiting.push(reply);
                }
                other => {
                    self.commit(std::mem::take(&mut batch)).await;
                    if !self.special(other).await {
                        return false;
                    }
                }
            }
            next = if batch.inbound.len() < MAX_BATCH {
                self.items.try_recv().ok()
            } else {
                None
            };
        }
        self.commit(batch).await;
        true
    }

    async fn add(&self, batch: &mut Batch, mut inbound: Inbound) {
        if let Some(client) = self.client.upgrade() {
            complete(&client, std::slice::from_mut(&mut inbound)).await;
        }
        batch.items += 1;
        batch.inbound.push(inbound);
    }

    async fn special(&mut self, item: Item) -> bool {
        match item {
            Item::Connection(connection) => self.sink.connection(self.account, connection).await,
            Item::Connected => {
                if let Some(client) = self.client.upgrade() {
                    let connected = Connection::Connected(identity(&client));
                    self.sink.connection(self.account, connected).await;
                }
            }
            // An answer of the phone may have been among it.
            Item::CaughtUp => self.resend.open(),
            Item::History(event) => self.keep(&event).await,
            Item::Inbound(_) | Item::Unread(..) | Item::Messages(..) => unreachable!("these make up a batch"),
            Item::End => return false,
        }
        true
    }

    async fn keep(&mut self, event: &Event) {
        let Event::HistorySync(piece) = event else { return };
        match self.history.keep(piece).await {
            Ok(()) => self.gate.committed(1),
            Err(error) => {
                self.fail(&error);
            }
        }
    }

    async fn commit(&mut self, batch: Batch) {
        if batch.inbound.is_empty() {
            self.gate.committed(batch.items);
            for reply in batch.waiting {
                let _ = reply.send(true);
            }
            return;
        }
        let marked = (batch.unread, self.resend.found_in(&batch.inbound));
        let is_stored = match self.sink.receive(self.account, batch.inbound).await {
            // It is known what to ask for before anybody is told that we have it.
            Ok(received) => match self.resend.settle(marked, &received).await {
                Ok(()) => true,
                Err(error) => self.fail(&error),
            },
            Err(error) => self.fail(&error),
        };
        if is_stored {
            self.gate.committed(batch.items);
        }
        for reply in batch.waiting {
            let _ = reply.send(is_stored);
        }
    }

    /// Something could not be committed: nothing is acknowledged any more. False, as whether it was.
    fn fail(&mut self, error: &(dyn std::error::Error + 'static)) -> bool {
        self.gate.close();
        self.history.stop();
        tracing::warn!(account = %self.account, error, "the connection is closed so that WhatsApp delivers again");
        self.broken.cancel();
        false
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use bytes::Bytes;
    use futures::FutureExt;
    use pesan_model::{SystemClock, SystemRandom};
    use wacore::types::events::LazyHistorySync;

    use super::*;
    use crate::inbound::{ReceiveError, Received};
    use crate::session_records::{HISTORY, MemoryRecords};

    /// A sink that takes everything.
    struct Sink;

    #[async_trait]
    impl InboundSink for Sink {
        async fn receive(&self, _: AccountId, _: Vec<Inbound>) -> Result<Received, ReceiveError> {
            Ok(Received::default())
        }

        async fn connection(&self, _: AccountId, _: Connection) {}
    }

    fn pump(records: &Arc<MemoryRecords>) -> (Queue, Pump) {
        let gate = Gate::default();
        let (queue, items) = Queue::new(gate.clone());
        let clock = Arc::new(SystemClock);
        let pump = Pump {
            account: AccountId::new(&*clock, &SystemRandom),
            items,
            sink: Arc::new(Sink),
            client: Weak::new(),
            resend: Arc::new(Resend::new(
                Arc::<MemoryRecords>::clone(records),
                Arc::<SystemClock>::clone(&clock),
            )),
            history: History::new(Arc::<MemoryRecords>::clone(records), clock, Weak::new()),
            broken: CancellationToken::new(),
            gate,
        };
        (queue, pump)
    }

    fn piece(bytes: &'static [u8]) -> Item {
        let piece = LazyHistorySync::new(Bytes::from_static(bytes), 1, 0, None, None);
        Item::History(Arc::new(Event::HistorySync(Box::new(piece))))
    }

    #[tokio::test]
    async fn history_is_kept_before_anything_leaves_and_outlives_the_connection() {
        let records = Arc::new(MemoryRecords::new());
        let (queue, pump) = pump(&records);
        let gate = pump.gate.clone();
        queue.push(piece(b"first"));
        queue.push(piece(b"second"));
        let mut leaving = Box::pin(gate.pass());
        assert_eq!(leaving.as_mut().now_or_never(), None);
        queue.push(Item::End);
        let mut running = Box::pin(pump.run());
        assert!(
            running.as_mut().now_or_never().is_some(),
            "it stops before it reads them"
        );
        assert_eq!(records.count(HISTORY), 2);
    }

    #[tokio::test]
    async fn what_waits_leaves_as_soon_as_the_history_is_kept() {
        let records = Arc::new(MemoryRecords::new());
        let (queue, pump) = pump(&records);
        let gate = pump.gate.clone();
        queue.push(piece(b"first"));
        let mut running = Box::pin(pump.run());
        tokio::select! {
            () = &mut running => panic!("it goes on"),
            passed = gate.pass() => assert!(passed),
        }
        records.wait_for_count(HISTORY, 1).await;
        queue.push(Item::End);
        running.await;
    }

    #[tokio::test]
    async fn history_that_cannot_be_kept_ends_the_connection() {
        let records = Arc::new(MemoryRecords::new());
        let (queue, pump) = pump(&records);
        let (gate, broken) = (pump.gate.clone(), pump.broken.clone());
        records.break_down();
        queue.push(piece(b"first"));
        queue.push(Item::End);
        pump.run().await;
        assert!(broken.is_cancelled() && !gate.pass().await);
    }

    #[tokio::test]
    async fn history_that_cannot_be_read_is_not_kept_for_ever() {
        let records = Arc::new(MemoryRecords::new());
        let (queue, pump) = pump(&records);
        queue.push(piece(b"no archive"));
        tokio::select! {
            () = pump.run() => panic!("it goes on"),
            () = async {
                records.wait_for_count(HISTORY, 1).await;
                records.wait_for_count(HISTORY, 0).await;
            } => {}
        }
    }
}
