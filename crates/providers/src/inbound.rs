//! What a connection to WhatsApp tells us.

use std::time::Duration;

use async_trait::async_trait;
use pesan_model::chat::Activity;
use pesan_model::content::{Contacts, Location, MediaKind, Poll};
use pesan_model::reconnect::Disconnect;
use pesan_model::{AccountId, Address, Direction, MessageStatus, Phone, Timestamp};
use serde::{Deserialize, Serialize};

use crate::provider::{Refusal, RemoteMedia};

/// Where providers put what they receive.
#[async_trait]
pub trait InboundSink: Send + Sync + 'static {
    /// `Ok` means committed: the provider may now acknowledge to WhatsApp. On an error it must not, so that WhatsApp
    /// delivers again. Calls for one account come one after the other, in WhatsApp's order. A batch is one transaction.
    async fn receive(&self, account: AccountId, batch: Vec<Inbound>) -> Result<Received, ReceiveError>;

    /// The connection changed. Never blocks the protocol for long.
    async fn connection(&self, account: AccountId, connection: Connection);
}

/// What became of a batch that was committed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// WhatsApp's ids of those of its messages that could not be read and of which nothing better is stored: who can ask
    /// somebody for what they say, does. A repeat of what is stored is not among them.
    pub unread: Vec<String>,
}

/// It could not be committed.
#[derive(Debug, thiserror::Error)]
#[error("could not store what came in: {0}")]
pub struct ReceiveError(pub String);

/// A change of the connection.
#[derive(Clone, PartialEq, Eq)]
pub enum Connection {
    /// The socket is being opened.
    Connecting,
    /// A QR code to show; the next one comes after `valid_for`.
    Qr {
        /// What the QR code says. A secret: who scans it gets a linked device.
        code: String,
        /// How long it can be scanned.
        valid_for: Duration,
    },
    /// The phone scanned and confirmed.
    Paired(Identity),
    /// Logged in; the first synchronisation runs.
    Syncing,
    /// Ready to send and receive.
    Connected(Identity),
    /// The connection ended. Nothing is retried by the provider.
    Disconnected(Disconnect),
}

/// QR codes and numbers do not show in logs.
impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connecting => f.write_str("Connecting"),
            Self::Qr { valid_for, .. } => write!(f, "Qr({valid_for:?})"),
            Self::Paired(_) => f.write_str("Paired"),
            Self::Syncing => f.write_str("Syncing"),
            Self::Connected(_) => f.write_str("Connected"),
            Self::Disconnected(disconnect) => write!(f, "Disconnected({disconnect:?})"),
        }
    }
}

/// Who the account is on WhatsApp.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// Its number.
    pub phone: Option<Phone>,
    /// WhatsApp's own id of it, as `…@lid`.
    pub lid: Option<String>,
    /// The name shown to other people.
    pub push_name: Option<String>,
}

/// One thing that came in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Inbound {
    /// A message, from somebody or from another device of this account.
    Message(Box<InboundMessage>),
    /// The server's word on a message of ours that nobody waits for any more (after a crash, or late).
    Acknowledged {
        /// Which message.
        wa_id: String,
        /// The server's refusal, if it is one.
        refusal: Option<Refusal>,
        /// When.
        at: Option<Timestamp>,
    },
    /// A receipt for messages of ours (or, from another device of this account, for messages that came in).
    Receipt(Receipt),
    /// Somebody is typing, recording, or stopped.
    Activity {
        /// The thread.
        chat: Address,
        /// Who.
        from: Address,
        /// What.
        activity: Activity,
    },
    /// A person's name or identities became known.
    Person(Person),
    /// A group was created or changed.
    Group(GroupNotice),
}

/// A message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InboundMessage {
    /// WhatsApp's id.
    pub wa_id: String,
    /// The thread.
    pub chat: Address,
    /// Who wrote it, with every identity the stanza tells.
    pub sender: Person,
    /// `Out` when another device of this account wrote it.
    pub direction: Direction,
    /// The other person of a chat with one, when that is not the sender (messages of our own other devices).
    pub peer: Option<Person>,
    /// When, as WhatsApp says it.
    pub at: Timestamp,
    /// What it says.
    pub content: InboundContent,
    /// WhatsApp's id of the message it answers.
    pub reply_to: Option<String>,
    /// True when it came from the history the phone sent after linking: stored, never announced as new.
    pub from_history: bool,
}

/// What a received message says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum InboundContent {
    /// Plain text.
    Text(String),
    /// A file, still on WhatsApp's servers.
    Media(InboundMedia),
    /// An emoji on another message; empty takes it back.
    Reaction {
        /// WhatsApp's id of the message it is on.
        target: String,
        /// One emoji or nothing.
        emoji: String,
    },
    /// A place.
    Location(Location),
    /// People whose numbers somebody passes on.
    Contacts(Contacts),
    /// A question with answers to choose from.
    Poll {
        /// What is asked.
        poll: Poll,
        /// What its votes are encrypted with.
        secret: Option<Vec<u8>>,
    },
    /// Somebody chose answers of a poll. It is no message of its own.
    Vote {
        /// WhatsApp's id of the poll.
        target: String,
        /// What was chosen, encrypted.
        vote: EncryptedVote,
    },
    /// Other words for a message of the same sender. It is no message of its own.
    Edit {
        /// WhatsApp's id of the message.
        target: String,
        /// What it says from now on.
        words: String,
    },
    /// A message is to be deleted for everybody. It is no message of its own.
    Revoke {
        /// WhatsApp's id of the message.
        target: String,
        /// True when the server let the sender do so as an admin of the group, whoever wrote the message.
        by_admin: bool,
    },
    /// It could not be decrypted yet. The same id may come again with its content.
    Undecryptable {
        /// Why, in the protocol's words.
        reason: String,
    },
    /// A kind that is not understood yet.
    Unsupported {
        /// The protocol's name of it.
        kind: String,
    },
}

/// What somebody chose of a poll, encrypted with the secret that came with the poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncryptedVote {
    /// The choices.
    pub payload: Vec<u8>,
    /// The nonce.
    pub iv: Vec<u8>,
}

/// A file, still on WhatsApp's servers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InboundMedia {
    /// How it is shown.
    pub kind: MediaKind,
    /// Where it is and how to open it.
    pub remote: RemoteMedia,
    /// For example `image/jpeg`.
    pub mime: String,
    /// Bytes, as announced.
    pub size: Option<u64>,
    /// The text under it.
    pub caption: Option<String>,
    /// The name a document has.
    pub file_name: Option<String>,
    /// True for a voice note.
    pub voice: bool,
    /// Length of sound or film.
    pub seconds: Option<u32>,
}

/// A receipt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Receipt {
    /// The thread; of our own reading it may be anything: the messages say in which thread they are.
    pub chat: Address,
    /// The person of a chat with one, with every identity that is known.
    pub peer: Option<Person>,
    /// Who sent the receipt: another person, or ourselves from another device.
    pub from: Address,
    /// True when another device of this account read messages that came in.
    pub from_self: bool,
    /// WhatsApp's ids.
    pub wa_ids: Vec<String>,
    /// `Delivered`, `Read` or `Played`.
    pub status: MessageStatus,
    /// When.
    pub at: Timestamp,
}

/// A person, with every identity we were told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// By number.
    pub phone: Option<Phone>,
    /// By WhatsApp's own id, as `…@lid`.
    pub lid: Option<String>,
    /// The name they give themselves.
    pub push_name: Option<String>,
}

/// A group was created or changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GroupNotice {
    /// The group.
    pub group: Address,
    /// WhatsApp's id of the notice, unique in the group.
    pub wa_id: String,
    /// Who did it.
    pub by: Person,
    /// `create`, `add`, `remove`, `subject`, …
    pub action: String,
    /// The members it is about, with every identity that is known.
    pub participants: Vec<Person>,
    /// The subject after the change, where the change says it.
    pub subject: Option<String>,
    /// When.
    pub at: Timestamp,
}
