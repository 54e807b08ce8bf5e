//! One connection from its start to its end: runs the protocol library, watches that something comes in, says why it ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use wacore::iq::keepalive::KeepaliveSpec;
use whatsapp_rust::bot::Bot;
use whatsapp_rust::store::commands::DeviceCommand;
use whatsapp_rust::{Client, IqError, NodeFilter};

use super::acks::Acks;
use super::backend::RecordBackend;
use super::device::Patience;
use super::ending::Ending;
use super::identity::identity;
use super::queue::{Item, Pump, Queue};
use super::resend::Resend;
use crate::inbound::Connection;

/// Least time between two looks at whether something came in.
const LEAST_PAUSE: Duration = Duration::from_millis(100);

/// What a connection is made of.
pub(super) struct Run {
    pub(super) bot: Bot,
    pub(super) backend: Arc<RecordBackend>,
    pub(super) client: Arc<Client>,
    pub(super) queue: Queue,
    pub(super) pump: Pump,
    pub(super) resend: Arc<Resend>,
    pub(super) acks: Arc<Acks>,
    pub(super) ending: Arc<Ending>,
    pub(super) ready: Arc<AtomicBool>,
    /// Cancelled when state could not be stored or messages could not be committed.
    pub(super) broken: CancellationToken,
    /// Cancelled when the owner wants the end.
    pub(super) stopped: CancellationToken,
    /// True when the sink is to hear nothing more.
    pub(super) silent: Arc<AtomicBool>,
    pub(super) patience: Patience,
    /// Rings when we seem to be online and should not.
    pub(super) appeared: Option<Arc<Notify>>,
    /// Set to true when everything is over.
    pub(super) over: watch::Sender<bool>,
}

impl Run {
    /// Runs to the end.
    pub(super) async fn until_over(self) {
        let Self {
            bot,
            backend,
            client,
            queue,
            pump,
            resend,
            acks,
            ending,
            ready,
            broken,
            stopped,
            silent,
            patience,
            appeared,
            over,
        } = self;
        let (account, sink) = (pump.account, Arc::clone(&pump.sink));
        queue.push(Item::Connection(Connection::Connecting));
        let was_linked = client.pn().is_some();
        let library = async {
            let (running, observing) = (bot.run(), observe(&client, &queue, &ending));
            tokio::pin!(running, observing);
            let ended_by_itself = tokio::select! {
                biased;
                () = &mut observing => false,
                () = broken.cancelled() => false,
                () = stopped.cancelled() => false,
                () = stay_hidden(&client, appeared.as_deref()) => false,
                () = resend.ask(&client) => false,
                () = silence(&client, patience) => {
                    ending.silent();
                    false
                }
                () = &mut running => {
                    ending.by_itself();
                    true
                }
            };
            ready.store(false, Ordering::SeqCst);
            acks.close();
            // Writes what the library still holds.
            if ended_by_itself {
                client.disconnect().await;
            } else {
                tokio::join!(client.disconnect(), running);
            }
            // Once more, for the last word of the server, which can come in the step that ends the loop.
            let _ = futures::poll!(observing);
            if !was_linked && client.pn().is_some() {
                linked(&client, &queue, &ending).await;
            }
            // After this the next connection can start from the records.
            if let Err(error) = backend.close().await {
                tracing::debug!(%error, "the last state of the connection was not stored");
            }
            queue.push(Item::End);
        };
        tokio::join!(library, pump.run());
        drop(client);
        if !silent.load(Ordering::SeqCst) {
            sink.connection(account, Connection::Disconnected(ending.reason()))
                .await;
        }
        over.send_replace(true);
    }
}

/// What is left to do when the phone has scanned during this connection.
async fn linked(client: &Client, queue: &Queue, ending: &Ending) {
    // The end of the connection can overtake the library's word about it.
    if ending.paired() {
        queue.push(Item::Connection(Connection::Paired(identity(client))));
    }
    // The library synchronises the phone's settings on the next connection of the same object, or when there is no name
    // yet. The next connection is a new object, and businesses get their name with the link: so it is taken back, and
    // comes again with the settings.
    if !client.push_name().is_empty() {
        let command = DeviceCommand::SetPushName(String::new());
        client.persistence_manager().process_command(command).await;
    }
}

/// Notes stream errors, of which the library tells not all, and the log-in. Never ends by itself.
///
/// Made of nothing that may put off its answer, so that one poll is enough to note what has come.
async fn observe(client: &Client, queue: &Queue, ending: &Ending) {
    let logged_in = async {
        if client.wait_for_node(NodeFilter::tag("success")).await.is_ok() && client.push_name().is_empty() {
            // Without a name the settings were never synchronised: the library does that before it is ready.
            queue.push(Item::Connection(Connection::Syncing));
        }
    };
    let stream_errors = async {
        while let Ok(node) = client.wait_for_node(NodeFilter::tag("stream:error")).await {
            ending.stream_error(node.get());
        }
    };
    futures::join!(stream_errors, logged_in);
    std::future::pending::<()>().await;
}

/// Takes back that we are online whenever that was told: the phone does not ring while a linked device is online. Never
/// ends by itself.
async fn stay_hidden(client: &Client, appeared: Option<&Notify>) {
    let Some(appeared) = appeared else {
        return std::future::pending().await;
    };
    loop {
        appeared.notified().await;
        if !client.push_name().is_empty()
            && let Err(error) = client.presence().set_unavailable().await
        {
            tracing::debug!(%error, "could not take back that we are online");
        }
    }
}

/// Ends when the socket is open but nothing comes in, not even the answer to a question.
async fn silence(client: &Client, patience: Patience) {
    loop {
        tokio::time::sleep(patience.quiet.saturating_sub(quiet_for(client)).max(LEAST_PAUSE)).await;
        let before = client.stats().last_data_received_ms;
        if !client.is_connected() || (before != 0 && quiet_for(client) < patience.quiet) {
            continue;
        }
        let answer = client.execute(KeepaliveSpec::with_timeout(patience.ping)).await;
        let nothing_came = client.stats().last_data_received_ms == before;
        if matches!(answer, Err(IqError::Timeout)) && client.is_connected() && nothing_came {
            return;
        }
    }
}

/// How long nothing came in, by the library's own clock, which also wrote down when something did.
pub(super) fn quiet_for(client: &Client) -> Duration {
    let last = client.stats().last_data_received_ms;
    let now = u64::try_from(wacore::time::now_millis()).unwrap_or(0);
    if last == 0 {
        Duration::ZERO
    } else {
        Duration::from_millis(now.saturating_sub(last))
    }
}
