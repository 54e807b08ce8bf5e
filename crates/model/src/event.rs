//! Events: facts that happened, in the order they were committed.
//!
//! One enum, one name each. The log keeps them, live streams and webhooks carry them, and any of them can be replayed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::account::Account;
use crate::chat::{Chat, Contact, ErasedContact, Typing};
use crate::clock::Timestamp;
use crate::donation::Donation;
use crate::id::{AccountId, ChatId, EventId, OrganizationId, WebhookId};
use crate::message::Message;
use crate::note::Note;
use crate::reminder::Reminder;
use crate::webhook::Webhook;

/// What happened, with the thing as it was right after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    /// An account was made.
    #[serde(rename = "account.created")]
    AccountCreated(Account),
    /// An account came into another state.
    #[serde(rename = "account.state_changed")]
    AccountStateChanged(Account),
    /// An account was deleted.
    #[serde(rename = "account.deleted")]
    AccountDeleted(Account),
    /// A message was accepted and waits to be sent.
    #[serde(rename = "message.queued")]
    MessageQueued(Message),
    /// WhatsApp's server accepted a message, or another device of the account sent one.
    #[serde(rename = "message.sent")]
    MessageSent(Message),
    /// A message reached the other person.
    #[serde(rename = "message.delivered")]
    MessageDelivered(Message),
    /// A message was read.
    #[serde(rename = "message.read")]
    MessageRead(Message),
    /// A voice note was played.
    #[serde(rename = "message.played")]
    MessagePlayed(Message),
    /// A message will not be sent.
    #[serde(rename = "message.failed")]
    MessageFailed(Message),
    /// A queued message was cancelled.
    #[serde(rename = "message.cancelled")]
    MessageCancelled(Message),
    /// A message came in.
    #[serde(rename = "message.received")]
    MessageReceived(Message),
    /// A message that could not be decrypted came again and could.
    #[serde(rename = "message.healed")]
    MessageHealed(Message),
    /// A file that came in is stored and can be fetched.
    #[serde(rename = "message.media_ready")]
    MessageMediaReady(Message),
    /// A message was deleted here, and is in no list any more. The other person still has it.
    #[serde(rename = "message.deleted")]
    MessageDeleted(Message),
    /// The writer of a message gave it other words.
    #[serde(rename = "message.edited")]
    MessageEdited(Message),
    /// A message was deleted for everybody, by its writer or an admin of the group. What it said is gone.
    #[serde(rename = "message.revoked")]
    MessageRevoked(Message),
    /// Somebody chose an answer of a poll, or another one.
    #[serde(rename = "message.voted")]
    MessageVoted(Message),
    /// A chat was read, renamed or otherwise changed, without a new message.
    #[serde(rename = "chat.updated")]
    ChatUpdated(Chat),
    /// Somebody is typing or recording, or stopped.
    #[serde(rename = "chat.typing")]
    ChatTyping(Typing),
    /// A new person.
    #[serde(rename = "contact.created")]
    ContactCreated(Contact),
    /// A person's name or identities changed.
    #[serde(rename = "contact.updated")]
    ContactUpdated(Contact),
    /// Two records turned out to be one person; this is the one that stays.
    #[serde(rename = "contact.merged")]
    ContactMerged(Contact),
    /// A record was taken out of another one again; this is the one that is on its own now.
    #[serde(rename = "contact.unmerged")]
    ContactUnmerged(Contact),
    /// A person does not want to be written to any more. `contact.updated` is told too.
    #[serde(rename = "contact.opted_out")]
    ContactOptedOut(Contact),
    /// A person wants to be written to again. `contact.updated` is told too.
    #[serde(rename = "contact.opted_in")]
    ContactOptedIn(Contact),
    /// Everything about a person was deleted. It also stands in the place of events about them from before.
    #[serde(rename = "contact.erased")]
    ContactErased(ErasedContact),
    /// A donation was written down.
    #[serde(rename = "donation.recorded")]
    DonationRecorded(Donation),
    /// A donation was corrected.
    #[serde(rename = "donation.changed")]
    DonationChanged(Donation),
    /// A donation was deleted; it counts no more.
    #[serde(rename = "donation.deleted")]
    DonationDeleted(Donation),
    /// A private note was written.
    #[serde(rename = "note.created")]
    NoteCreated(Note),
    /// A private note was changed.
    #[serde(rename = "note.updated")]
    NoteUpdated(Note),
    /// A private note was deleted.
    #[serde(rename = "note.deleted")]
    NoteDeleted(Note),
    /// Somebody wants to be reminded.
    #[serde(rename = "reminder.created")]
    ReminderCreated(Reminder),
    /// A reminder was changed, done or cancelled.
    #[serde(rename = "reminder.updated")]
    ReminderUpdated(Reminder),
    /// The time of a reminder has come.
    #[serde(rename = "reminder.due")]
    ReminderDue(Reminder),
    /// Somebody asked for a test of a webhook.
    #[serde(rename = "webhook.test")]
    WebhookTest(Webhook),
}

impl Event {
    /// Every name.
    pub const NAMES: [&'static str; 36] = [
        "account.created",
        "account.state_changed",
        "account.deleted",
        "message.queued",
        "message.sent",
        "message.delivered",
        "message.read",
        "message.played",
        "message.failed",
        "message.cancelled",
        "message.received",
        "message.healed",
        "message.media_ready",
        "message.deleted",
        "message.edited",
        "message.revoked",
        "message.voted",
        "chat.updated",
        "chat.typing",
        "contact.created",
        "contact.updated",
        "contact.merged",
        "contact.unmerged",
        "contact.opted_out",
        "contact.opted_in",
        "contact.erased",
        "donation.recorded",
        "donation.changed",
        "donation.deleted",
        "note.created",
        "note.updated",
        "note.deleted",
        "reminder.created",
        "reminder.updated",
        "reminder.due",
        "webhook.test",
    ];

    /// The name, as in `type`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::AccountCreated(_) => "account.created",
            Self::AccountStateChanged(_) => "account.state_changed",
            Self::AccountDeleted(_) => "account.deleted",
            Self::MessageQueued(_) => "message.queued",
            Self::MessageSent(_) => "message.sent",
            Self::MessageDelivered(_) => "message.delivered",
            Self::MessageRead(_) => "message.read",
            Self::MessagePlayed(_) => "message.played",
            Self::MessageFailed(_) => "message.failed",
            Self::MessageCancelled(_) => "message.cancelled",
            Self::MessageReceived(_) => "message.received",
            Self::MessageHealed(_) => "message.healed",
            Self::MessageMediaReady(_) => "message.media_ready",
            Self::MessageDeleted(_) => "message.deleted",
            Self::MessageEdited(_) => "message.edited",
            Self::MessageRevoked(_) => "message.revoked",
            Self::MessageVoted(_) => "message.voted",
            Self::ChatUpdated(_) => "chat.updated",
            Self::ChatTyping(_) => "chat.typing",
            Self::ContactCreated(_) => "contact.created",
            Self::ContactUpdated(_) => "contact.updated",
            Self::ContactMerged(_) => "contact.merged",
            Self::ContactUnmerged(_) => "contact.unmerged",
            Self::ContactOptedOut(_) => "contact.opted_out",
            Self::ContactOptedIn(_) => "contact.opted_in",
            Self::ContactErased(_) => "contact.erased",
            Self::DonationRecorded(_) => "donation.recorded",
            Self::DonationChanged(_) => "donation.changed",
            Self::DonationDeleted(_) => "donation.deleted",
            Self::NoteCreated(_) => "note.created",
            Self::NoteUpdated(_) => "note.updated",
            Self::NoteDeleted(_) => "note.deleted",
            Self::ReminderCreated(_) => "reminder.created",
            Self::ReminderUpdated(_) => "reminder.updated",
            Self::ReminderDue(_) => "reminder.due",
            Self::WebhookTest(_) => "webhook.test",
        }
    }

    /// The account it is about, where there is one.
    pub fn account_id(&self) -> Option<AccountId> {
        match self {
            Self::AccountCreated(account) | Self::AccountStateChanged(account) | Self::AccountDeleted(account) => {
                Some(account.id)
            }
            Self::ChatUpdated(chat) => Some(chat.account_id),
            Self::ChatTyping(typing) => Some(typing.account_id),
            Self::ContactCreated(_)
            | Self::ContactUpdated(_)
            | Self::ContactMerged(_)
            | Self::ContactUnmerged(_)
            | Self::ContactOptedOut(_)
            | Self::ContactOptedIn(_)
            | Self::ContactErased(_)
            | Self::DonationRecorded(_)
            | Self::DonationChanged(_)
            | Self::DonationDeleted(_)
            | Self::NoteCreated(_)
            | Self::NoteUpdated(_)
            | Self::NoteDeleted(_)
            | Self::ReminderCreated(_)
            | Self::ReminderUpdated(_)
            | Self::ReminderDue(_)
            | Self::WebhookTest(_) => None,
            Self::MessageQueued(_)
            | Self::MessageSent(_)
            | Self::MessageDelivered(_)
            | Self::MessageRead(_)
            | Self::MessagePlayed(_)
            | Self::MessageFailed(_)
            | Self::MessageCancelled(_)
            | Self::MessageReceived(_)
            | Self::MessageHealed(_)
            | Self::MessageMediaReady(_)
            | Self::MessageDeleted(_)
            | Self::MessageEdited(_)
            | Self::MessageRevoked(_)
            | Self::MessageVoted(_) => self.message().map(|message| message.account_id),
        }
    }

    /// The chat it is in: what webhooks keep the order of.
    pub fn chat_id(&self) -> Option<ChatId> {
        match self {
            Self::ChatUpdated(chat) => Some(chat.id),
            Self::ChatTyping(typing) => typing.chat_id,
            Self::NoteCreated(note) | Self::NoteUpdated(note) | Self::NoteDeleted(note) => note.chat_id,
            Self::ReminderCreated(reminder) | Self::ReminderUpdated(reminder) | Self::ReminderDue(reminder) => {
                reminder.chat_id
            }
            _ => self.message().map(|message| message.chat_id),
        }
    }

    /// The message it is about, where there is one.
    pub fn message(&self) -> Option<&Message> {
        match self {
            Self::MessageQueued(message)
            | Self::MessageSent(message)
            | Self::MessageDelivered(message)
            | Self::MessageRead(message)
            | Self::MessagePlayed(message)
            | Self::MessageFailed(message)
            | Self::MessageCancelled(message)
            | Self::MessageReceived(message)
            | Self::MessageHealed(message)
            | Self::MessageMediaReady(message)
            | Self::MessageDeleted(message)
            | Self::MessageEdited(message)
            | Self::MessageRevoked(message)
            | Self::MessageVoted(message) => Some(message),
            Self::AccountCreated(_)
            | Self::AccountStateChanged(_)
            | Self::AccountDeleted(_)
            | Self::ChatUpdated(_)
            | Self::ChatTyping(_)
            | Self::ContactCreated(_)
            | Self::ContactUpdated(_)
            | Self::ContactMerged(_)
            | Self::ContactUnmerged(_)
            | Self::ContactOptedOut(_)
            | Self::ContactOptedIn(_)
            | Self::ContactErased(_)
            | Self::DonationRecorded(_)
            | Self::DonationChanged(_)
            | Self::DonationDeleted(_)
            | Self::NoteCreated(_)
            | Self::NoteUpdated(_)
            | Self::NoteDeleted(_)
            | Self::ReminderCreated(_)
            | Self::ReminderUpdated(_)
            | Self::ReminderDue(_)
            | Self::WebhookTest(_) => None,
        }
    }

    /// The only webhook that is told, for events that are nobody else's business.
    pub fn only_webhook(&self) -> Option<WebhookId> {
        match self {
            Self::WebhookTest(webhook) => Some(webhook.id),
            _ => None,
        }
    }
}

/// An event in the log, as `GET /v1/events`, the live stream and native webhooks show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LoggedEvent {
    /// The same in every delivery of it.
    pub id: EventId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// Its place in the organization's log: 1, 2, 3, … in the order of commit.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// True when `pattern` (`*`, `message.*` or a name) covers the event `name`.
pub fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some("") => true,
        Some(prefix) => prefix.ends_with('.') && name.starts_with(prefix),
        None => pattern == name,
    }
}

/// True when `pattern` covers at least one event that exists.
pub fn is_valid_pattern(pattern: &str) -> bool {
    Event::NAMES.iter().any(|name| matches(pattern, name))
}

#[cfg(test)]
mod tests;
