//! What the protocol library tells: sorted into the queue, the waiting sends and the reason of the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use pesan_model::Timestamp;
use tokio::sync::Notify;
use wacore::types::events::{
    Event, EventHandler, EventInterest, EventKind, InboundMessage, ServerAck, UndecryptableMessage,
};
use whatsapp_rust::anyhow::{Result, bail};
use whatsapp_rust::{Client, InboundDurabilityHook};

use super::acks::{Ack, Acks};
use super::backend::RecordBackend;
use super::convert_in;
use super::ending::Ending;
use super::identity::complete;
use super::jid::{address, person};
use super::lost::{self, KeyStanzas};
use super::queue::{Item, Queue};
use super::refusal;
use super::resend::{Resend, Unread};
use crate::inbound::{Connection, Identity, Inbound};

/// The events that are listened to; the library does not even build the others.
const KINDS: [EventKind; 22] = [
    EventKind::Connected,
    EventKind::Disconnected,
    EventKind::PairSuccess,
    EventKind::PairError,
    EventKind::LoggedOut,
    EventKind::PairingQrCode,
    EventKind::PairingQrCodesExhausted,
    EventKind::ClientOutdated,
    EventKind::Messages,
    EventKind::Receipt,
    EventKind::ServerAck,
    EventKind::UndecryptableMessage,
    EventKind::ChatPresence,
    EventKind::GroupUpdate,
    EventKind::ContactNumberChanged,
    EventKind::SelfPushNameUpdated,
    EventKind::HistorySync,
    EventKind::OfflineSyncCompleted,
    EventKind::RawNode,
    EventKind::StreamReplaced,
    EventKind::TemporaryBan,
    EventKind::ConnectFailure,
];

/// Listens to one connection. Called inline by the library, so nothing here waits.
pub(super) struct Listener {
    pub(super) queue: Queue,
    pub(super) acks: Arc<Acks>,
    pub(super) ending: Arc<Ending>,
    /// True from the moment messages can be sent until the connection ends.
    pub(super) ready: Arc<AtomicBool>,
    /// Rung when the library has told WhatsApp that we are online.
    pub(super) appeared: Arc<Notify>,
    pub(super) resend: Arc<Resend>,
    pub(super) keys: Arc<KeyStanzas>,
}

impl Listener {
    fn inbound(&self, inbound: Option<Inbound>) {
        if let Some(inbound) = inbound {
            self.queue.push(Item::Inbound(inbound));
        }
    }

    fn undecryptable(&self, message: &UndecryptableMessage) {
        let Some(inbound) = convert_in::undecryptable(message) else {
            return;
        };
        // The phone keeps the rest to itself.
        self.queue.push(if message.unavailable_type.is_unrecoverable_fanout() {
            Item::Inbound(inbound)
        } else {
            Item::Unread(inbound, Box::new(Unread::of(&message.info)))
        });
    }

    fn ack(&self, ack: &ServerAck) {
        // Receipts and notifications are acknowledged too.
        if ack.class.as_deref() != Some("message") {
            return;
        }
        let at = ack.timestamp.map(|at| Timestamp::from_secs(at.timestamp()));
        let word = Ack {
            at,
            error: ack.error.clone(),
            address: ack.from.as_ref().and_then(address),
        };
        if let Some(Ack { at, error, .. }) = self.acks.arrived(&ack.id, word) {
            self.queue.push(Item::Inbound(Inbound::Acknowledged {
                wa_id: ack.id.clone(),
                refusal: error.map(|code| refusal::of(&code)),
                at,
            }));
        }
    }
}

impl EventHandler for Listener {
    fn handle_event(&self, event: Arc<Event>) {
        self.ending.event(&event);
        match &*event {
            Event::PairingQrCode(qr) => {
                let (code, valid_for) = (qr.code.clone(), qr.timeout);
                self.queue.push(Item::Connection(Connection::Qr { code, valid_for }));
            }
            Event::PairSuccess(paired) if self.ending.paired() => {
                let own = person([&paired.id, &paired.lid]);
                let identity = Identity {
                    phone: own.phone,
                    lid: own.lid,
                    push_name: None,
                };
                self.queue.push(Item::Connection(Connection::Paired(identity)));
            }
            Event::PairError(error) => tracing::warn!(error = error.error, "linking failed"),
            Event::Connected(_) => {
                self.ready.store(true, Ordering::SeqCst);
                self.appeared.notify_one();
                self.queue.push(Item::Connected);
            }
            Event::SelfPushNameUpdated(_) => self.appeared.notify_one(),
            // The hook has had all others.
            Event::Messages(batch) if !batch.hook_committed => {
                for InboundMessage { message, info, .. } in batch {
                    // An answer of the phone is about a message whose stanza said more.
                    let original = self.resend.original(info);
                    self.inbound(convert_in::message(message, original.as_ref().unwrap_or(info)));
                }
            }
            Event::Receipt(receipt) => self.inbound(convert_in::receipt(receipt)),
            Event::ServerAck(ack) => self.ack(ack),
            Event::UndecryptableMessage(message) => self.undecryptable(message),
            Event::ChatPresence(presence) => self.inbound(convert_in::activity(presence)),
            Event::GroupUpdate(update) => self.inbound(convert_in::group(update)),
            Event::ContactNumberChanged(changed) => {
                self.inbound(convert_in::identities(
                    std::iter::once(&changed.new_jid).chain(changed.new_lid.as_ref()),
                ));
            }
            Event::HistorySync(_) => self.queue.push(Item::History(event)),
            Event::RawNode(node) => self.keys.note(node.get()),
            Event::OfflineSyncCompleted(_) => {
                self.keys.rest();
                self.queue.push(Item::CaughtUp);
            }
            _ => {}
        }
    }

    fn interest(&self) -> EventInterest {
        EventInterest::of(&KINDS)
    }
}

/// Commits messages before the library acknowledges them.
pub(super) struct CommitFirst {
    pub(super) queue: Queue,
    pub(super) backend: Arc<RecordBackend>,
    pub(super) resend: Arc<Resend>,
    pub(super) keys: Arc<KeyStanzas>,
}

#[async_trait]
impl InboundDurabilityHook for CommitFirst {
    async fn on_messages(&self, client: Arc<Client>, batch: &[InboundMessage]) -> Result<()> {
        let (mut messages, mut unread, mut quiet) = (Vec::with_capacity(batch.len()), Vec::new(), Vec::new());
        for InboundMessage { message, info, .. } in batch {
            let is_lost = lost::is_stand_in(message);
            let is_key = is_lost && self.keys.has(info);
            quiet.extend(is_key.then(|| Unread::of(info)));
            match convert_in::message(message, info).filter(|_| !is_key) {
                Some(inbound) => {
                    messages.push(inbound);
                    unread.extend(is_lost.then(|| Unread::of(info)));
                }
                // Nothing that we store shows that it came.
                None => {
                    let (chat, sender) = (info.source.chat.to_string(), info.source.sender.to_string());
                    self.backend.leave_trace(&chat, &sender, &info.id);
                }
            }
        }
        self.resend.remember(quiet).await?;
        if messages.is_empty() {
            return Ok(());
        }
        complete(&client, &mut messages).await;
        if !self.queue.commit(messages, unread).await {
            bail!("the messages could not be committed");
        }
        Ok(())
    }
}
