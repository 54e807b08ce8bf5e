//! Chats and the people in them, as the API and events show them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::custom_field::FieldValues;
use crate::id::{AccountId, ChatId, ContactId, TagId, TeamId, UserId};
use crate::inbox::ChatStatus;
use crate::message::{Direction, MessageStatus};

/// A WhatsApp thread on one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Chat {
    /// Ours.
    pub id: ChatId,
    /// The account it is on.
    pub account_id: AccountId,
    /// Its WhatsApp address.
    pub address: String,
    /// True for a group.
    pub is_group: bool,
    /// The group's subject or the person's name; else the number.
    pub name: String,
    /// The person, in a chat with one.
    pub contact_id: Option<ContactId>,
    /// Messages that came in since it was last read here or on the phone.
    pub unread: u32,
    /// The newest message in one line.
    pub last_message: Option<LastMessage>,
    /// When that was; chats are listed by it, newest first.
    pub last_message_at: Timestamp,
    /// What is done with it.
    #[serde(default)]
    #[schema(required = true)]
    pub status: ChatStatus,
    /// Until when it is put aside.
    #[serde(default)]
    #[schema(required = true)]
    pub snoozed_until: Option<Timestamp>,
    /// Who looks after it.
    #[serde(default)]
    #[schema(required = true)]
    pub assignee_id: Option<UserId>,
    /// The team it belongs to.
    #[serde(default)]
    #[schema(required = true)]
    pub team_id: Option<TeamId>,
    /// Whether it has a star.
    #[serde(default)]
    #[schema(required = true)]
    pub is_starred: bool,
    /// Its tags, in the order in which they were made.
    #[serde(default)]
    #[schema(required = true)]
    pub tag_ids: Vec<TagId>,
    /// When the first message came in that nobody has answered.
    #[serde(default)]
    #[schema(required = true)]
    pub waiting_since: Option<Timestamp>,
    /// Whether the time of a reminder about its person, or about the group, has come and it is not done.
    #[serde(default)]
    #[schema(required = true)]
    pub reminder_due: bool,
}

/// The newest message of a chat in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastMessage {
    /// `text`, `image`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The text, the caption or the file's name.
    pub preview: Option<String>,
    /// In or out.
    pub direction: Direction,
    /// Where it is on its way.
    pub status: MessageStatus,
}

/// A person we talk to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Contact {
    /// Ours.
    pub id: ContactId,
    /// What to call them: a name set here, else the one they give themselves, else the number.
    pub name: String,
    /// The name that was set here.
    #[serde(default)]
    pub own_name: Option<String>,
    /// The name they give themselves on WhatsApp.
    pub push_name: Option<String>,
    /// Their number with the plus, where WhatsApp shows it.
    pub phone: Option<String>,
    /// Other ways in which people write their numbers, with the plus. What is sent there goes to the number that WhatsApp
    /// knows.
    #[serde(default)]
    #[schema(required = true)]
    pub other_numbers: Vec<String>,
    /// WhatsApp's own id of them.
    pub lid: Option<String>,
    /// The language to write to them in: `id`, `en`, `pt-BR`.
    #[serde(default)]
    pub language: Option<String>,
    /// When they asked not to be written to, where they did.
    #[serde(default)]
    pub opted_out_at: Option<Timestamp>,
    /// Values of the organization's own fields, by their keys.
    #[serde(default)]
    #[schema(required = true, value_type = std::collections::BTreeMap<String, crate::custom_field::FieldValue>)]
    pub fields: FieldValues,
    /// Their tags, in the order in which they were made.
    #[serde(default)]
    #[schema(required = true)]
    pub tag_ids: Vec<TagId>,
    /// When everything about them was deleted. Only what they gave is still there, and names nobody.
    #[serde(default)]
    pub erased_at: Option<Timestamp>,
    /// When we first met.
    pub created_at: Timestamp,
}

/// Everything about a person was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasedContact {
    /// Whose.
    pub id: ContactId,
    /// Their other records, which were joined with this one.
    pub other_ids: Vec<ContactId>,
    /// The chats with them, which are gone.
    pub chat_ids: Vec<ChatId>,
}

/// Somebody is typing or recording in a chat, or has stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Typing {
    /// The account.
    pub account_id: AccountId,
    /// The chat, where we have one.
    pub chat_id: Option<ChatId>,
    /// The chat's WhatsApp address.
    pub chat: String,
    /// Who, as a WhatsApp address.
    pub from: String,
    /// What they do.
    pub activity: Activity,
}

/// What somebody does in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// Writing.
    Typing,
    /// Recording a voice note.
    Recording,
    /// Neither.
    Stopped,
}
