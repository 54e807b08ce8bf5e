//! What an emulated phone has seen: messages in clear, and lesser things like typing and receipts.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wacore_binary::Jid;

use crate::clock;
use crate::ids::Address;

const HAPPENINGS: usize = 2_000;

/// Whether the account wrote the message or somebody wrote to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Somebody wrote to the account.
    In,
    /// The account wrote it, on the phone or on a companion.
    Out,
}

/// A message on an emulated phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InboxMessage {
    /// Grows by one with every message of this phone; ask for `after` it.
    pub seq: u64,
    /// The WhatsApp id of the message.
    pub id: String,
    /// Whether it came in or went out.
    pub direction: Direction,
    /// The other side: a phone, or the id of a group with `@g.us`.
    pub chat: String,
    /// Who wrote it, a phone.
    pub from: String,
    /// On which device, 0 being the phone.
    pub device: u16,
    /// The name the writer shows.
    pub push_name: String,
    /// When the server took it, seconds.
    pub timestamp: i64,
    /// `text`, `image`, `video`, `audio`, `document`, `sticker`, `reaction`, `revoke`, `edit`, `poll`, `vote`, `contact`,
    /// `location` or `other`.
    pub kind: String,
    /// The text, the caption of a medium, the name of a place or on a card, or what a poll asks.
    pub text: Option<String>,
    /// What is attached.
    pub media: Option<InboxMedia>,
    /// The emoji of a reaction; empty when one was taken back.
    pub reaction: Option<String>,
    /// The id of the message this one answers, reacts to, votes on, edits or revokes.
    pub reply_to: Option<String>,
    /// `pkmsg`, `msg` or `skmsg`; absent for what the phone wrote itself.
    pub encryption: Option<String>,
    /// How often a stanza with this id arrived at the server.
    pub arrivals: u32,
    /// How often it reached this phone's screen.
    pub shown: u32,
    /// For messages the account wrote: the receipts that came back.
    pub receipts: Vec<InboxReceipt>,
    /// The JID it came from, as it was addressed.
    #[serde(skip)]
    pub(crate) origin: String,
    /// The JID of its writer, as it was addressed.
    #[serde(skip)]
    pub(crate) author: String,
    /// What votes on a poll are encrypted with.
    #[serde(skip)]
    pub(crate) secret: Vec<u8>,
    /// The whole of it as the protocol has it, for a companion that asks.
    #[serde(skip)]
    pub(crate) whole: Bytes,
}

/// A medium of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InboxMedia {
    /// Its type.
    pub mime_type: String,
    /// Its length in clear.
    pub size: u64,
    /// SHA-256 of the file in clear, hexadecimal.
    pub sha256: String,
    /// The name of a document.
    pub file_name: Option<String>,
    /// The length of a recording.
    pub seconds: Option<u32>,
    /// An audio that is a voice note.
    pub voice_note: bool,
    #[serde(skip)]
    pub(crate) key: Vec<u8>,
    #[serde(skip)]
    pub(crate) path: String,
}

/// A receipt for a message the account wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InboxReceipt {
    /// `delivered`, `read`, `played`, `inactive` or `retry`.
    pub kind: String,
    /// Who sent it, a phone.
    pub from: String,
    /// On which device.
    pub device: u16,
}

/// Something that passed by: typing, a change of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Happening {
    /// Grows by one with every happening of this phone.
    pub seq: u64,
    /// `composing`, `recording`, `paused`, or `group_` and what was done to it.
    pub kind: String,
    /// Who did it, a phone.
    pub from: String,
    /// Where.
    pub chat: String,
    /// When, milliseconds.
    pub at: i64,
}

impl Happening {
    pub(crate) fn typing(from: u64, to: &Jid, word: &str) -> Self {
        let chat = match Address::of(to) {
            Some(_) => from.to_string(),
            None => to.to_string(),
        };
        Self {
            seq: 0,
            kind: word.to_owned(),
            from: from.to_string(),
            chat,
            at: clock::now_ms(),
        }
    }

    pub(crate) fn group(id: &str, by: u64, what: &str) -> Self {
        Self {
            seq: 0,
            kind: format!("group_{what}"),
            from: by.to_string(),
            chat: format!("{id}@g.us"),
            at: clock::now_ms(),
        }
    }
}

/// The inbox of one phone.
#[derive(Default)]
pub(crate) struct Inbox {
    messages: VecDeque<InboxMessage>,
    happenings: VecDeque<Happening>,
    last: u64,
    last_happening: u64,
}

impl Inbox {
    /// Shows a message.
    pub(crate) fn show(&mut self, mut message: InboxMessage, limit: usize) {
        self.last += 1;
        message.seq = self.last;
        self.messages.push_back(message);
        while self.messages.len() > limit {
            self.messages.pop_front();
        }
    }

    /// Everything after a number, oldest first.
    pub(crate) fn after(&self, seq: u64) -> impl Iterator<Item = &InboxMessage> {
        self.messages.iter().filter(move |message| message.seq > seq)
    }

    /// Whether there is anything after a number.
    pub(crate) fn has_after(&self, seq: u64) -> bool {
        self.last > seq
    }

    /// The newest message with this id.
    pub(crate) fn find(&self, id: &str) -> Option<&InboxMessage> {
        self.messages.iter().rev().find(|message| message.id == id)
    }

    /// A message of a chat, written by the account or to it.
    pub(crate) fn find_in(&self, chat: &str, direction: Direction, id: &str) -> Option<&InboxMessage> {
        let mut newest_first = self.messages.iter().rev();
        newest_first.find(|message| message.id == id && message.chat == chat && message.direction == direction)
    }

    /// How often each message, by its id and writer, was shown.
    pub(crate) fn shown(&self) -> HashMap<(&str, &str), u32> {
        let mut counts = HashMap::new();
        for message in &self.messages {
            *counts.entry((message.id.as_str(), message.from.as_str())).or_default() += 1;
        }
        counts
    }

    pub(crate) fn receipt(&mut self, id: &str, receipt: &InboxReceipt) {
        let own = self
            .messages
            .iter_mut()
            .rev()
            .find(|m| m.direction == Direction::Out && m.id == id);
        if let Some(message) = own {
            message.receipts.push(receipt.clone());
        }
    }

    pub(crate) fn happened(&mut self, mut happening: Happening) {
        self.last_happening += 1;
        happening.seq = self.last_happening;
        self.happenings.push_back(happening);
        if self.happenings.len() > HAPPENINGS {
            self.happenings.pop_front();
        }
    }

    pub(crate) fn happenings_after(&self, seq: u64) -> impl Iterator<Item = &Happening> {
        self.happenings.iter().filter(move |happening| happening.seq > seq)
    }
}
