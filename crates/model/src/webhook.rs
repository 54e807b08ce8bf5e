//! Webhooks: endpoints of other programs that are told about events.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::id::{AccountId, DeliveryId, EventId, WebhookId};

/// The shape of what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Envelope {
    /// The event as the API shows it, with Standard Webhooks headers and signature.
    Native,
    /// `{event, data}` with four events: `message.received`, `message.status`, `session.status`, `typing`.
    Simple,
}

impl Envelope {
    /// The name in the API and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Simple => "simple",
        }
    }

    /// The envelope with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Native, Self::Simple]
            .into_iter()
            .find(|envelope| envelope.name() == name)
    }
}

/// An endpoint of another program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Webhook {
    /// Ours.
    pub id: WebhookId,
    /// Where it is.
    pub url: String,
    /// What it is told: names, `message.*` or `*`.
    pub events: Vec<String>,
    /// Only events of these accounts; all when empty.
    pub accounts: Vec<AccountId>,
    /// The shape of what is sent.
    pub envelope: Envelope,
    /// False when it was switched off, by a person or because it answered 410 or failed for days.
    pub enabled: bool,
    /// Why it is off.
    pub disabled_reason: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Where a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Waits for its first or next try.
    Pending,
    /// The endpoint answered 2xx.
    Delivered,
    /// Every try failed.
    Failed,
    /// The webhook was switched off or deleted first.
    Cancelled,
}

impl DeliveryState {
    /// The name in the API and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Pending, Self::Delivered, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// One event on its way to one webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// Ours.
    pub id: DeliveryId,
    /// To which webhook.
    pub webhook_id: WebhookId,
    /// What: also the `webhook-id` header, the same in every try.
    pub event_id: EventId,
    /// The event's name.
    pub event_type: String,
    /// The event's place in the log.
    pub event_seq: i64,
    /// Where it is.
    pub state: DeliveryState,
    /// Tries so far.
    pub attempts: u32,
    /// When it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// The last HTTP status, where there was an answer.
    pub last_status: Option<u16>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When the event was committed.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// One try of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Attempt {
    /// 1 for the first.
    pub number: u32,
    /// When.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_api() {
        for envelope in [Envelope::Native, Envelope::Simple] {
            assert_eq!(serde_json::to_value(envelope).expect("serializes"), envelope.name());
            assert_eq!(Envelope::from_name(envelope.name()), Some(envelope));
        }
        use DeliveryState::{Cancelled, Delivered, Failed, Pending};
        for state in [Pending, Delivered, Failed, Cancelled] {
            assert_eq!(serde_json::to_value(state).expect("serializes"), state.name());
            assert_eq!(DeliveryState::from_name(state.name()), Some(state));
        }
        assert_eq!(Envelope::from_name("x"), None);
        assert_eq!(DeliveryState::from_name("x"), None);
    }
}
