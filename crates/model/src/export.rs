//! What is held about a person, as it is handed to them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::chat::{Chat, Contact};
use crate::clock::Timestamp;
use crate::custom_field::FieldValue;
use crate::donation::{Donation, DonationTotals};
use crate::inbox::ChatLogEntry;
use crate::note::Note;
use crate::reminder::Reminder;
use crate::timeline::Merge;

/// What is held about a person, but for their messages and files.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Dossier {
    /// When it was written.
    pub exported_at: Timestamp,
    /// The person.
    pub contact: Contact,
    /// Their records, as WhatsApp knows them.
    pub identities: Vec<Contact>,
    /// The words that they are found by.
    pub tags: Vec<String>,
    /// What the organization's own fields say of them.
    pub custom_fields: Vec<Labelled>,
    /// What they gave in all, in each currency.
    pub donation_totals: Vec<DonationTotals>,
    /// What they gave, newest first.
    pub donations: Vec<Donation>,
    /// What colleagues noted, newest first.
    pub notes: Vec<Note>,
    /// What colleagues wanted to be reminded of.
    pub reminders: Vec<Reminder>,
    /// Records that were joined with theirs.
    pub merges: Vec<Merge>,
    /// The chats with them, and what was done with each.
    pub chats: Vec<ExportedChat>,
}

/// A field with what people call it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Labelled {
    /// Its key.
    pub key: String,
    /// What it is called; nothing when it was deleted meanwhile.
    pub label: Option<String>,
    /// What it says.
    pub value: FieldValue,
}

/// A chat without its messages.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExportedChat {
    /// The chat.
    #[serde(flatten)]
    pub chat: Chat,
    /// What was done with it, newest first.
    pub log: Vec<ChatLogEntry>,
}
