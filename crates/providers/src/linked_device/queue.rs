//! Everything that comes in goes through one queue into the sink, in order: what waits is one batch, so one commit.

use std::sync::{Arc, Weak};

use pesan_model::AccountId;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use wacore::types::events::{Event, LazyHistorySync};
use whatsapp_rust::Client;

use super::convert_in;
use super::gate::Gate;
use super::identity::{complete, identity};
use crate::inbound::{Connection, Inbound, InboundSink, Person};

/// Most that goes into one commit.
const MAX_BATCH: usize = 256;
/// How many batches of history may wait while newer things go first.
const HISTORY_AHEAD: usize = 2;

/// One thing in the queue.
pub(super) enum Item {
    /// The connection changed.
    Connection(Connection),
    /// Ready; who we are is asked when its turn comes.
    Connected,
    /// Something came in that nobody waits for.
    Inbound(Inbound),
    /// Messages whose acknowledgement waits for the commit.
    Messages(Vec<Inbound>, oneshot::Sender<bool>),
    /// An [`Event::HistorySync`].
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
    /// because the gate is closed.
    pub(super) fn push(&self, item: Item) {
        if matches!(item, Item::Inbound(_) | Item::Messages(..)) {
            self.gate.told();
        }
        let _ = self.items.send(item);
    }

    /// Adds messages and waits until they are committed; false when they could not be.
    pub(super) async fn commit(&self, messages: Vec<Inbound>) -> bool {
        let (reply, committed) = oneshot::channel();
        self.push(Item::Messages(messages, reply));
        committed.await.unwrap_or(false)
    }
}

/// Takes the queue to the sink. Never writes to WhatsApp: what is written waits for the commits made here.
pub(super) struct Pump {
    pub(super) account: AccountId,
    pub(super) items: mpsc::UnboundedReceiver<Item>,
    pub(super) sink: Arc<dyn InboundSink>,
    pub(super) client: Weak<Client>,
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
    waiting: Vec<oneshot::Sender<bool>>,
    /// How many items of the queue these are.
    items: u64,
}

impl Pump {
    /// Runs until [`Item::End`] and the end of the history that came before it.
    pub(super) async fn run(mut self) {
        let (history, mut past) = mpsc::channel(HISTORY_AHEAD);
        let mut history = Some(history);
        loop {
            tokio::select! {
                biased;
                item = self.items.recv(), if history.is_some() => {
                    let Some(item) = item else { break };
                    if !self.take_turn(item, history.as_ref()).await {
                        history = None;
                    }
                }
                batch = past.recv() => match batch {
                    Some(inbound) => self.commit(Batch { inbound, ..Batch::default() }).await,
                    None => break,
                },
            }
        }
    }

    /// Handles an item and what waits behind it. False after the last one.
    async fn take_turn(&mut self, first: Item, history: Option<&mpsc::Sender<Vec<Inbound>>>) -> bool {
        let mut batch = Batch::default();
        let mut next = Some(first);
        while let Some(item) = next {
            match item {
                Item::Inbound(mut inbound) => {
                    if let Some(client) = self.client.upgrade() {
                        complete(&client, std::slice::from_mut(&mut inbound)).await;
                    }
                    batch.items += 1;
                    batch.inbound.push(inbound);
                }
                Item::Messages(inbound, reply) => {
                    batch.items += 1;
                    batch.inbound.extend(inbound);
                    batch.waiting.push(reply);
                }
                other => {
                    self.commit(std::mem::take(&mut batch)).await;
                    if !self.special(other, history).await {
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

    async fn special(&self, item: Item, history: Option<&mpsc::Sender<Vec<Inbound>>>) -> bool {
        match item {
            Item::Connection(connection) => self.sink.connection(self.account, connection).await,
            Item::Connected => {
                if let Some(client) = self.client.upgrade() {
                    let connected = Connection::Connected(identity(&client));
                    self.sink.connection(self.account, connected).await;
                }
            }
            Item::History(event) => {
                if let (Some(history), Some(client)) = (history, self.client.upgrade()) {
                    let own = identity(&client);
                    let own = Person {
                        phone: own.phone,
                        lid: own.lid,
                        push_name: own.push_name,
                    };
                    let history = history.clone();
                    tokio::task::spawn_blocking(move || read_history(&event, &own, &history));
                }
            }
            Item::Inbound(_) | Item::Messages(..) => unreachable!("these make up a batch"),
            Item::End => return false,
        }
        true
    }

    async fn commit(&self, batch: Batch) {
        if batch.inbound.is_empty() {
            self.gate.committed(batch.items);
            for reply in batch.waiting {
                let _ = reply.send(true);
            }
            return;
        }
        let committed = match self.sink.receive(self.account, batch.inbound).await {
            Ok(()) => {
                self.gate.committed(batch.items);
                true
            }
            Err(error) => {
                self.gate.close();
                tracing::warn!(account = %self.account, %error, "the connection is closed so that WhatsApp delivers again");
                self.broken.cancel();
                false
            }
        };
        for reply in batch.waiting {
            let _ = reply.send(committed);
        }
    }
}

/// Reads the history conversation by conversation. Blocks: unpacking takes a while, and the sink may be busy.
fn read_history(event: &Event, own: &Person, history: &mpsc::Sender<Vec<Inbound>>) {
    let Event::HistorySync(sync) = event else { return };
    let mut conversations = LazyHistorySync::stream(sync);
    loop {
        let conversation = match conversations.next_conversation() {
            Ok(Some(conversation)) => conversation,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "the rest of the history could not be read");
                return;
            }
        };
        let messages = convert_in::history(&conversation, own);
        for batch in messages.chunks(MAX_BATCH) {
            if history.blocking_send(batch.to_vec()).is_err() {
                return;
            }
        }
    }
}
