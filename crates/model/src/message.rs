//! A message and the steps of its status.

mod change;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::automatic::AutomaticKind;
use crate::clock::Timestamp;
use crate::content::Content;
use crate::failure;
use crate::id::{AccountId, ChatId, ContactId, MessageId};
use crate::metadata::Metadata;
pub use change::EDIT_WINDOW;

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From somebody to us.
    In,
    /// From us, sent by Pesan or by another device of the same account.
    Out,
}

/// Where a message is on its way. What a receipt tells of a message in a group is told of the first member it comes
/// from: `delivered` and `read` then mean at least one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// Accepted by us, durable, not yet accepted by WhatsApp.
    Queued,
    /// WhatsApp's server accepted it.
    Sent,
    /// It reached the other person's device; in a group, that of at least one member.
    Delivered,
    /// The other person opened the chat; in a group, at least one member did.
    Read,
    /// The other person, or at least one member of the group, played the voice note.
    Played,
    /// It will not be sent. `error` says why.
    Failed,
    /// Somebody cancelled it while it was queued.
    Cancelled,
    /// It came in.
    Received,
}

impl MessageStatus {
    /// Every status, in the order of the API's documentation.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Sent,
        Self::Delivered,
        Self::Read,
        Self::Played,
        Self::Failed,
        Self::Cancelled,
        Self::Received,
    ];

    /// The name in the API and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Received => "received",
        }
    }

    /// The status with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether a message may go from this status to `next`.
    ///
    /// Receipts only climb `queued → sent → delivered → read → played`, in any stride: a late `delivered` does not undo
    /// `read`, and a receipt proves that the server had accepted the message. A queued message can fail or be cancelled;
    /// a failed one is healed by a late acknowledgement or receipt, or goes back to `queued` when a person retries it, as a
    /// cancelled one does when a person takes that back.
    /// The server may also refuse a message after it had accepted it (`sent → failed`).
    pub fn can_become(self, next: Self) -> bool {
        let climb = |status: Self| match status {
            Self::Queued => Some(0),
            Self::Sent => Some(1),
            Self::Delivered => Some(2),
            Self::Read => Some(3),
            Self::Played => Some(4),
            Self::Failed | Self::Cancelled | Self::Received => None,
        };
        match (self, next) {
            (Self::Queued | Self::Sent, Self::Failed)
            | (Self::Queued, Self::Cancelled)
            | (Self::Cancelled, Self::Queued)
            | (Self::Failed, Self::Queued | Self::Sent | Self::Delivered | Self::Read | Self::Played) => true,
            _ => match (climb(self), climb(next)) {
                (Some(from), Some(to)) => from < to,
                _ => false,
            },
        }
    }

    /// True when nothing more will happen by itself.
    pub fn is_final(self) -> bool {
        match self {
            Self::Played | Self::Failed | Self::Cancelled | Self::Received => true,
            Self::Queued | Self::Sent | Self::Delivered | Self::Read => false,
        }
    }
}

/// Why a message failed, for programs and for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageError {
    /// Stable, for programs.
    #[schema(schema_with = failure::code_schema)]
    pub code: String,
    /// A sentence that says what happened and what to do.
    pub detail: String,
}

/// A message as the API and events show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// Ours.
    pub id: MessageId,
    /// The account it went through.
    pub account_id: AccountId,
    /// The thread it is in.
    pub chat_id: ChatId,
    /// In or out.
    pub direction: Direction,
    /// WhatsApp's id, chosen once and kept through every retry.
    pub wa_id: String,
    /// The thread's WhatsApp address.
    pub chat: String,
    /// What the thread is called: the other person's name or number, or the group's subject. As it is when the message
    /// is shown; in an event, as it was then.
    #[serde(default)]
    pub chat_name: String,
    /// Who wrote it, as a WhatsApp address; empty for ours.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sender: String,
    /// Who sent it through Pesan, as in the audit log: `user:…` or `key:…`. Null for what came in, and for what another
    /// device of the account or Pesan by itself sent.
    #[serde(default)]
    pub sent_by: Option<String>,
    /// Why Pesan sent it by itself. It answers nobody: whoever waits still does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic: Option<AutomaticKind>,
    /// The contact who wrote it, or, in a chat with one person, whom it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// The name the sender gives itself, on messages that came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_name: Option<String>,
    /// `text`, `image`, …: the key of the content.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
    /// What was given along when it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// The message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageId>,
    /// Where it is on its way.
    pub status: MessageStatus,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<MessageError>,
    /// How often it was handed to WhatsApp, since a person last retried it.
    pub attempts: u32,
    /// How often a person retried it after it had failed.
    #[serde(default)]
    pub retries: u32,
    /// When we got it.
    pub created_at: Timestamp,
    /// When WhatsApp says it was written.
    pub sent_at: Option<Timestamp>,
    /// When it reached the other person.
    pub delivered_at: Option<Timestamp>,
    /// When it was read.
    pub read_at: Option<Timestamp>,
    /// When it was given up, while it is failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Timestamp>,
    /// Not before this time, when it was scheduled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_at: Option<Timestamp>,
    /// When it was deleted here. It is in no list any more; the other person still has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// When its writer last gave it other words, which are those that it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// When its writer, or an admin of the group, deleted it for everybody. Its content is `revoked` since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use MessageStatus::{Cancelled, Delivered, Failed, Played, Queued, Read, Received, Sent};
    use proptest::prelude::*;

    #[test]
    fn every_step_is_allowed_or_not_as_listed() {
        let allowed = [
            (Queued, Sent),
            (Queued, Delivered),
            (Queued, Read),
            (Queued, Played),
            (Queued, Failed),
            (Queued, Cancelled),
            (Sent, Delivered),
            (Sent, Read),
            (Sent, Played),
            (Sent, Failed),
            (Delivered, Read),
            (Delivered, Played),
            (Read, Played),
            (Cancelled, Queued),
            (Failed, Queued),
            (Failed, Sent),
            (Failed, Delivered),
            (Failed, Read),
            (Failed, Played),
        ];
        for from in MessageStatus::ALL {
            for to in MessageStatus::ALL {
                assert_eq!(from.can_become(to), allowed.contains(&(from, to)), "{from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn names_are_those_of_the_api() {
        for status in MessageStatus::ALL {
            assert_eq!(serde_json::to_value(status).expect("serializes"), status.name());
            assert_eq!(MessageStatus::from_name(status.name()), Some(status));
        }
        assert_eq!(MessageStatus::from_name("gone"), None);
    }

    #[test]
    fn final_statuses_wait_for_nothing() {
        let finals: Vec<_> = MessageStatus::ALL
            .into_iter()
            .filter(|status| status.is_final())
            .collect();
        assert_eq!(finals, [Played, Failed, Cancelled, Received]);
    }

    proptest! {
        #[test]
        fn receipts_in_any_order_end_at_the_highest(order in Just(vec![Sent, Delivered, Read, Played]).prop_shuffle()) {
            let end = order.into_iter().fold(Queued, |now, next| if now.can_become(next) { next } else { now });
            prop_assert_eq!(end, Played);
        }
    }
}
