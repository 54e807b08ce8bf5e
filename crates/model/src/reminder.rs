//! Reminders: somebody wants to be told something about a person or a chat at a time.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::day::Zone;
use crate::id::{ChatId, ContactId, ReminderId, UserId};

/// A reminder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reminder {
    /// Ours.
    pub id: ReminderId,
    /// Who is reminded; nobody when they were removed.
    pub owner_id: Option<UserId>,
    /// About which person.
    pub contact_id: Option<ContactId>,
    /// About which chat.
    pub chat_id: Option<ChatId>,
    /// What the person or chat is called.
    pub about: Option<String>,
    /// Of what.
    pub text: String,
    /// When.
    pub due_at: Timestamp,
    /// Where the one lives who chose the time, so that it can be written as they meant it.
    pub time_zone: Zone,
    /// Whether it is still to be done.
    pub status: ReminderStatus,
    /// When it reminded; not yet when null.
    pub fired_at: Option<Timestamp>,
    /// Who made it: `user:usr_…` or `key:key_…`.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// Whether a reminder is still to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReminderStatus {
    /// It waits for its time, or for somebody to do it.
    Open,
    /// It was done.
    Done,
    /// It is not wanted any more.
    Cancelled,
}

impl Reminder {
    /// Whether its time has come and it is not done.
    pub fn is_due(&self) -> bool {
        self.status == ReminderStatus::Open && self.fired_at.is_some()
    }
}

impl ReminderStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Open, Self::Done, Self::Cancelled];

    /// The name in the API and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_api() {
        for status in ReminderStatus::ALL {
            assert_eq!(serde_json::to_value(status).expect("serializes"), status.name());
            assert_eq!(ReminderStatus::from_name(status.name()), Some(status));
        }
        assert_eq!(ReminderStatus::from_name("x"), None);
    }
    #[test]
    fn a_reminder_is_due_from_its_time_until_it_is_done() {
        let now = Timestamp::from_secs(1_800_000_000);
        let waits = Reminder {
            id: ReminderId::from(uuid::Uuid::from_u128(1)),
            owner_id: None,
            contact_id: None,
            chat_id: None,
            about: None,
            text: "Telepon".into(),
            due_at: now,
            time_zone: "Asia/Jakarta".parse().expect("a zone"),
            status: ReminderStatus::Open,
            fired_at: None,
            created_by: "system".into(),
            created_at: now,
            updated_at: now,
        };
        let fired = Reminder {
            fired_at: Some(now),
            ..waits.clone()
        };
        let done = Reminder {
            status: ReminderStatus::Done,
            ..fired.clone()
        };
        assert!(!waits.is_due() && fired.is_due() && !done.is_due());
    }
}
