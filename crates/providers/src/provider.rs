//! What Pesan asks of a connection to WhatsApp.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pesan_model::chat::Activity;
use pesan_model::content::MediaKind;
use pesan_model::message::MessageError;
use pesan_model::{AccountId, Address, Capabilities, Phone, Timestamp};
use serde::{Deserialize, Serialize};

use crate::inbound::InboundSink;
use crate::session_records::SessionRecords;

/// Opens connections to WhatsApp.
#[async_trait]
pub trait Connector: Send + Sync + 'static {
    /// Starts one connection of `account` and returns at once; how it goes is told to `sink`. After
    /// `Connection::Disconnected` the provider is spent: drop it and open a new one. The credentials are in `records`.
    async fn open(
        &self,
        account: AccountId,
        records: Arc<dyn SessionRecords>,
        sink: Arc<dyn InboundSink>,
    ) -> Result<Arc<dyn Provider>, ProviderError>;
}

/// A connection to WhatsApp for one account. Open it with a [`Connector`].
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// What this channel can do. Checked before anything is queued.
    fn capabilities(&self) -> &'static Capabilities;

    /// Puts a file on WhatsApp's servers without sending it. What it returns goes into [`OutgoingMedia::uploaded`] of one
    /// message or of many, and makes a repeated send the same to the byte.
    async fn upload(&self, media: &OutgoingMedia) -> Result<RemoteMedia, SendError>;

    /// Returns once WhatsApp's server has accepted `out`, not when it was written to a socket. Uploads the file first when
    /// that was not done. Sends to different threads may run at the same time.
    async fn send(&self, out: &Outgoing) -> Result<Accepted, SendError>;

    /// Tells WhatsApp that messages were read. Returns when written; there is no acknowledgement.
    async fn mark_read(&self, read: &ReadMark) -> Result<(), ProviderError>;

    /// Shows the other side that somebody is typing. Returns when written.
    async fn set_activity(&self, chat: &Address, activity: Activity) -> Result<(), ProviderError>;

    /// Asks which of these numbers are on WhatsApp, in the same order.
    async fn check_numbers(&self, phones: &[Phone]) -> Result<Vec<NumberCheck>, ProviderError>;

    /// The address of the current profile picture, or `None` when there is none or it is hidden.
    async fn profile_picture(&self, of: &Address) -> Result<Option<String>, ProviderError>;

    /// Name and members of a group.
    async fn group(&self, group: &Address) -> Result<GroupInfo, ProviderError>;

    /// Fetches and decrypts a file that came in, into `file`. Checks length and hash; `file` is complete on `Ok`.
    async fn fetch_media(&self, remote: &RemoteMedia, file: &Path) -> Result<(), ProviderError>;

    /// Unlinks this device at WhatsApp and closes the connection. The credentials are void afterwards. The sink hears
    /// nothing more.
    async fn logout(&self) -> Result<(), ProviderError>;

    /// Writes what is outstanding and closes the connection. The credentials stay. The sink hears nothing more.
    async fn shutdown(&self);
}

/// One message to be sent. The same `wa_id` always carries the same content.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Chosen when the message was queued; see [`new_wa_id`].
    pub wa_id: String,
    /// The thread.
    pub to: Address,
    /// What it says.
    pub content: OutgoingContent,
    /// The message it answers.
    pub reply_to: Option<Quoted>,
}

/// What an outgoing message says.
#[derive(Debug, Clone)]
pub enum OutgoingContent {
    /// Plain text.
    Text(String),
    /// A file on this machine.
    Media(OutgoingMedia),
    /// An emoji on another message; empty takes it back.
    Reaction {
        /// The message it is on.
        target: Quoted,
        /// One emoji or nothing.
        emoji: String,
    },
}

/// A file on this machine, to be uploaded and sent.
#[derive(Debug, Clone)]
pub struct OutgoingMedia {
    /// How it is shown.
    pub kind: MediaKind,
    /// Where it is. It does not change while it is being sent.
    pub file: PathBuf,
    /// For example `image/jpeg`.
    pub mime: String,
    /// Bytes.
    pub size: u64,
    /// The text under it.
    pub caption: Option<String>,
    /// The name a document is saved under.
    pub file_name: Option<String>,
    /// True for a voice note.
    pub voice: bool,
    /// Length of sound or film.
    pub seconds: Option<u32>,
    /// What an earlier upload of the same file gave, so that a retry sends the same bytes.
    pub uploaded: Option<RemoteMedia>,
}

/// A message that is answered or reacted to.
#[derive(Debug, Clone)]
pub struct Quoted {
    /// WhatsApp's id of it.
    pub wa_id: String,
    /// Who wrote it; `None` for us.
    pub sender: Option<Address>,
    /// Its text or caption, shown in the quote.
    pub preview: Option<String>,
}

/// WhatsApp's server accepted a message.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// When, as the server says it.
    pub at: Option<Timestamp>,
    /// Where the file is now, when one was uploaded.
    pub uploaded: Option<RemoteMedia>,
    /// The address the stanza really went to, where it differs from the one asked for (phone to LID).
    pub address: Option<Address>,
}

/// Why a message was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Certainly not accepted; try again, not before `after`.
    #[error("not sent: {reason}")]
    Retry {
        /// Least wait; the queue's own table when `None`.
        after: Option<Duration>,
        /// What happened, without personal data.
        reason: String,
    },
    /// Not sent because there is no connection; the attempt does not count.
    #[error("not connected to WhatsApp")]
    NotConnected,
    /// Will never be accepted as it is.
    #[error("rejected with code {}", .0.code)]
    Rejected(MessageError),
    /// Not sent: WhatsApp knows this number in another form, and what is meant for it goes there.
    #[error("WhatsApp knows the number in another form")]
    Elsewhere {
        /// The number as WhatsApp knows it.
        phone: Phone,
    },
    /// May have been accepted. Only safe to repeat with the same id.
    #[error("no answer from WhatsApp: {reason}")]
    Unknown {
        /// What happened.
        reason: String,
    },
}

/// The server's refusal of a message, and whether it passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// It passes: the message was certainly not accepted and can be tried again.
    Passing {
        /// Least wait; the queue's own table when `None`.
        after: Option<Duration>,
        /// What happened, without personal data.
        reason: String,
    },
    /// It will never be accepted as it is, and why.
    Final(MessageError),
}

impl From<Refusal> for SendError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Passing { after, reason } => Self::Retry { after, reason },
            Refusal::Final(failure) => Self::Rejected(failure),
        }
    }
}

/// Why something else than a send did not work.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// There is no connection.
    #[error("not connected to WhatsApp")]
    NotConnected,
    /// No answer in time.
    #[error("no answer from WhatsApp in time")]
    Timeout,
    /// WhatsApp does not have it (any more).
    #[error("WhatsApp does not have it")]
    NotFound,
    /// What was fetched is not what was announced.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// The channel cannot do this.
    #[error("{0}")]
    Failed(String),
}

/// Which messages were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadMark {
    /// The thread.
    pub chat: Address,
    /// Who wrote them, in a group.
    pub sender: Option<Address>,
    /// WhatsApp's ids.
    pub wa_ids: Vec<String>,
    /// A voice note was played, not only seen.
    pub kind: ReadKind,
}

/// How a message was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadKind {
    /// Seen.
    Read,
    /// Played.
    Played,
}

/// Whether a number is on WhatsApp.
#[derive(Debug, Clone)]
pub struct NumberCheck {
    /// The number that was asked about.
    pub phone: Phone,
    /// WhatsApp's address of it, when it is there. It can be another number: some countries have two forms.
    pub address: Option<Address>,
    /// WhatsApp's own id of the person.
    pub lid: Option<Address>,
}

/// Name and members of a group.
#[derive(Debug, Clone)]
pub struct GroupInfo {
    /// Its subject.
    pub subject: String,
    /// Its members.
    pub participants: Vec<Participant>,
}

/// A member of a group.
#[derive(Debug, Clone)]
pub struct Participant {
    /// By number, where WhatsApp shows it.
    pub phone: Option<Phone>,
    /// By WhatsApp's own id.
    pub lid: Option<Address>,
    /// May change the group.
    pub is_admin: bool,
}

/// Where an encrypted file is on WhatsApp's media servers, and how to open it. Opaque outside the provider, secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteMedia(pub String);

/// It holds the file's key.
impl std::fmt::Debug for RemoteMedia {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RemoteMedia(…)")
    }
}

/// A new WhatsApp message id: `3EB0` and 18 hexadecimal digits, as WhatsApp Web makes them.
pub fn new_wa_id(random: &dyn pesan_model::Random) -> String {
    let mut bytes = [0_u8; 9];
    random.fill(&mut bytes);
    bytes.iter().fold(String::from("3EB0"), |mut id, byte| {
        use std::fmt::Write;
        write!(id, "{byte:02X}").expect("writing to a String cannot fail");
        id
    })
}
