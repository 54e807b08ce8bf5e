//! What could not be read here is asked of the account's own phone, which could read it.
//!
//! WhatsApp lets a linked device ask its phone for a message again. The library does so by itself for what it cannot
//! decrypt, and forgets it with the connection. Here it is done for what a crash took as well ([`super::lost`]), and
//! remembered: what stands unread in its thread becomes a session record before WhatsApp is told that we have it, and the
//! record goes when what the message says is committed, by whatever way it came. Each connection asks once for what is left.
//!
//! The phone answers when it can, which may be days later and on another connection. The library makes the message out of
//! the answer and tells it before it acknowledges the answer, so the gate sees to it that the message is committed first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pesan_model::{Clock, Direction, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use wacore::types::message::{EditAttribute, MessageInfo, MessageSource};
use whatsapp_rust::{Client, Jid};

use super::jid::{address, person};
use crate::inbound::{Inbound, InboundContent, InboundMessage, Person, Received};
use crate::session_records::{LOST, RecordError, RecordWrite, SessionRecords};

/// WhatsApp's own limit: a phone is not asked for what is older.
const KEPT: Duration = Duration::from_hours(14 * 24);
/// Most that one connection asks for, the newest first. The next one asks for what is left then.
const MOST: usize = 100;
/// A request that could not be written is tried so often,
const TRIES: u32 = 3;
/// after so long.
const PAUSE: Duration = Duration::from_secs(30);

/// A message that stands unread in its thread, as its stanza named it. Stored: fields are added, never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unread {
    id: String,
    chat: String,
    sender: String,
    sender_alt: Option<String>,
    recipient: Option<String>,
    recipient_alt: Option<String>,
    peer_recipient_pn: Option<String>,
    from_me: bool,
    is_group: bool,
    /// The server let an admin of the group delete something.
    by_admin: bool,
    push_name: String,
    /// When, in seconds.
    at: i64,
}

impl Unread {
    pub(super) fn of(info: &MessageInfo) -> Self {
        let source = &info.source;
        let text = |jid: Option<&Jid>| jid.map(ToString::to_string);
        Self {
            id: info.id.clone(),
            chat: source.chat.to_string(),
            sender: source.sender.to_string(),
            sender_alt: text(source.sender_alt.as_ref()),
            recipient: text(source.recipient.as_ref()),
            recipient_alt: text(source.recipient_alt.as_ref()),
            peer_recipient_pn: text(info.peer_recipient_pn.as_ref()),
            from_me: source.is_from_me,
            is_group: source.is_group,
            by_admin: info.edit == EditAttribute::AdminRevoke,
            push_name: info.push_name.clone(),
            at: info.timestamp.timestamp(),
        }
    }

    /// As the library names it. `None` when the record is damaged.
    fn info(&self) -> Option<MessageInfo> {
        let jid = |text: Option<&String>| text.and_then(|text| text.parse::<Jid>().ok());
        Some(MessageInfo {
            id: self.id.clone(),
            source: MessageSource {
                chat: self.chat.parse().ok()?,
                sender: self.sender.parse().ok()?,
                sender_alt: jid(self.sender_alt.as_ref()),
                recipient: jid(self.recipient.as_ref()),
                recipient_alt: jid(self.recipient_alt.as_ref()),
                is_from_me: self.from_me,
                is_group: self.is_group,
                ..MessageSource::default()
            },
            peer_recipient_pn: jid(self.peer_recipient_pn.as_ref()),
            edit: if self.by_admin {
                EditAttribute::AdminRevoke
            } else {
                EditAttribute::default()
            },
            push_name: self.push_name.clone(),
            timestamp: wacore::time::from_secs_or_now(self.at),
            ..MessageInfo::default()
        })
    }

    fn key(&self) -> Vec<u8> {
        [&*self.chat, &*self.sender, &*self.id].join("\0").into_bytes()
    }

    fn at(&self) -> Timestamp {
        Timestamp::from_secs(self.at)
    }

    /// Whether this is what it says. Ids are chosen by who writes, so the id alone proves nothing.
    fn is_in(&self, message: &InboundMessage) -> bool {
        let is_own = message.direction == Direction::Out;
        if self.id != message.wa_id || self.from_me != is_own {
            return false;
        }
        let Some(info) = self.info() else { return false };
        let source = &info.source;
        if message.chat.is_group() || self.is_group {
            let who = person(std::iter::once(&source.sender).chain(&source.sender_alt));
            return address(&source.chat).as_ref() == Some(&message.chat) && (is_own || is_same(&who, &message.sender));
        }
        if is_own {
            let other = std::iter::once(&source.chat)
                .chain(&source.recipient)
                .chain(&source.recipient_alt)
                .chain(&info.peer_recipient_pn);
            let peer = message.peer.clone().unwrap_or_default();
            return is_same(&person(other), &peer);
        }
        let who = person(std::iter::once(&source.sender).chain(&source.sender_alt));
        is_same(&who, &message.sender)
    }
}

fn is_same(one: &Person, other: &Person) -> bool {
    (one.phone.is_some() && one.phone == other.phone) || (one.lid.is_some() && one.lid == other.lid)
}

/// What one account asks its phone for.
pub(super) struct Resend {
    records: Arc<dyn SessionRecords>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Rung when there may be something to ask for.
    more: Notify,
}

#[derive(Default)]
struct State {
    left: Vec<Entry>,
    /// What had waited for us has come, so nobody needs to be asked for that.
    is_open: bool,
    /// How many were asked for.
    asked: usize,
}

struct Entry {
    unread: Unread,
    is_asked: bool,
}

impl Resend {
    pub(super) fn new(records: Arc<dyn SessionRecords>, clock: Arc<dyn Clock>) -> Self {
        Self {
            records,
            clock,
            state: Mutex::default(),
            more: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_too_old(&self, unread: &Unread) -> bool {
        unread.at().plus(KEPT) < self.clock.now()
    }

    /// Reads what earlier connections left. What is too old by now, or damaged, is forgotten.
    pub(super) async fn load(&self) {
        if let Err(error) = self.try_load().await {
            tracing::warn!(%error, "what is to be asked of the phone waits for the next connection");
        }
    }

    async fn try_load(&self) -> Result<(), RecordError> {
        let mut over = Vec::new();
        for (key, value) in self.records.list(LOST, &[]).await? {
            match serde_json::from_slice::<Unread>(&value) {
                Ok(unread) if !self.is_too_old(&unread) => self.state().add(unread),
                Ok(_) | Err(_) => over.push(RecordWrite::Delete { kind: LOST, key }),
            }
        }
        if over.is_empty() {
            return Ok(());
        }
        self.records.write(over).await
    }

    /// From now on the phone is asked.
    pub(super) fn open(&self) {
        self.state().is_open = true;
        self.more.notify_one();
    }

    /// The message that an answer of the phone is about, as its stanza named it: an answer may name people by another
    /// address, and does not say what the server had said.
    pub(super) fn original(&self, told: &MessageInfo) -> Option<MessageInfo> {
        told.unavailable_request_id.as_ref()?;
        let state = self.state();
        let mut known = state.left.iter().map(|entry| &entry.unread);
        let fits = |unread: &&Unread| {
            unread.id == told.id
                && unread.from_me == told.source.is_from_me
                && unread.is_group == told.source.is_group
                && (!unread.is_group || unread.chat == told.source.chat.to_string())
        };
        known.find(fits)?.info()
    }

    /// Those of what is left whose words are in the batch.
    pub(super) fn found_in(&self, batch: &[Inbound]) -> Vec<Unread> {
        let state = self.state();
        if state.left.is_empty() {
            return Vec::new();
        }
        let is_there = |unread: &Unread| {
            batch.iter().any(|inbound| match inbound {
                Inbound::Message(message) => says_something(&message.content) && unread.is_in(message),
                Inbound::Acknowledged { .. }
                | Inbound::Receipt(_)
                | Inbound::Activity { .. }
                | Inbound::Person(_)
                | Inbound::Group(_) => false,
            })
        };
        let known = state.left.iter().map(|entry| &entry.unread);
        known.filter(|unread| is_there(unread)).cloned().collect()
    }

    /// Asks for what has no line in a thread, if it is anything at all. `Ok` means that a crash does not forget it.
    pub(super) async fn remember(&self, quiet: Vec<Unread>) -> Result<(), RecordError> {
        let unread = quiet.iter().map(|unread| unread.id.clone()).collect();
        self.settle((quiet, Vec::new()), &Received { unread }).await
    }

    /// A batch was committed: of what could not be read in it, what is said nowhere is remembered, and what was found is
    /// forgotten. `Ok` means that a crash changes nothing about it.
    pub(super) async fn settle(
        &self,
        (mut unread, found): (Vec<Unread>, Vec<Unread>),
        received: &Received,
    ) -> Result<(), RecordError> {
        unread.retain(|unread| {
            received.unread.contains(&unread.id) && !self.is_too_old(unread) && !self.state().has(unread)
        });
        if unread.is_empty() && found.is_empty() {
            return Ok(());
        }
        let puts = unread.iter().map(|unread| RecordWrite::Put {
            kind: LOST,
            key: unread.key(),
            value: serde_json::to_vec(unread).expect("a struct of texts has a JSON form"),
            expires_at: Some(unread.at().plus(KEPT)),
        });
        let deletes = found.iter().map(|found| RecordWrite::Delete {
            kind: LOST,
            key: found.key(),
        });
        self.records.write(puts.chain(deletes).collect()).await?;
        let mut state = self.state();
        state.left.retain(|entry| !found.contains(&entry.unread));
        for unread in unread {
            state.add(unread);
        }
        self.more.notify_one();
        Ok(())
    }

    /// Asks the phone for what is left, once for each. Never ends by itself.
    pub(super) async fn ask(&self, client: &Arc<Client>) {
        loop {
            while let Some(unread) = self.next() {
                request(client, &unread).await;
            }
            self.more.notified().await;
        }
    }

    /// What is to be asked for next.
    fn next(&self) -> Option<Unread> {
        let mut state = self.state();
        if !state.is_open || state.asked == MOST {
            return None;
        }
        let waiting = state.left.iter_mut().filter(|entry| !entry.is_asked);
        let next = waiting.max_by_key(|entry| entry.unread.at)?;
        next.is_asked = true;
        let unread = next.unread.clone();
        state.asked += 1;
        Some(unread)
    }
}

impl State {
    fn has(&self, unread: &Unread) -> bool {
        self.left.iter().any(|entry| entry.unread.key() == unread.key())
    }

    fn add(&mut self, unread: Unread) {
        if !self.has(&unread) {
            let is_asked = false;
            self.left.push(Entry { unread, is_asked });
        }
    }
}

fn says_something(content: &InboundContent) -> bool {
    match content {
        InboundContent::Undecryptable { .. } => false,
        InboundContent::Text(_)
        | InboundContent::Media(_)
        | InboundContent::Reaction { .. }
        | InboundContent::Location(_)
        | InboundContent::Contacts(_)
        | InboundContent::Poll { .. }
        | InboundContent::Vote { .. }
        | InboundContent::Edit { .. }
        | InboundContent::Revoke { .. }
        | InboundContent::Unsupported { .. } => true,
    }
}

/// Asks for one message. The library asks for each once on a connection, whoever wants it.
async fn request(client: &Arc<Client>, unread: &Unread) {
    let Some(info) = unread.info().map(Arc::new) else {
        return;
    };
    for _ in 0..TRIES {
        if client.send_pdo_placeholder_resend_request(&info).await.is_ok() {
            return;
        }
        tracing::debug!("the phone could not be asked for a message");
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests;
