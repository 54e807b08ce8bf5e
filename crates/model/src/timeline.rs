//! What happened with a person, newest first.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::chat::Contact;
use crate::clock::Timestamp;
use crate::donation::Donation;
use crate::id::{ContactId, MergeId};
use crate::note::Note;
use crate::reminder::Reminder;

/// Something that happened with a person, as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum Happening {
    /// We heard of them for the first time.
    FirstContact(Contact),
    /// They gave.
    Donation(Donation),
    /// Somebody wrote a note.
    Note(Note),
    /// Somebody wanted to be reminded.
    Reminder(Reminder),
    /// Somebody said that another record is the same person.
    Merge(Merge),
}

/// One line of a person's timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimelineEntry {
    /// When: for a donation, the day it was given.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub happening: Happening,
}

/// Two records of one person, joined by somebody. It can be undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Merge {
    /// Ours.
    pub id: MergeId,
    /// The one that stays.
    pub contact_id: ContactId,
    /// The one that became part of it.
    pub other: Contact,
    /// Who did it: `user:usr_…` or `key:key_…`.
    pub merged_by: String,
    /// When.
    pub merged_at: Timestamp,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
}

impl TimelineEntry {
    /// What tells it from others of the same moment.
    pub fn key(&self) -> Uuid {
        match &self.happening {
            Happening::FirstContact(contact) => contact.id.uuid(),
            Happening::Donation(donation) => donation.id.uuid(),
            Happening::Note(note) => note.id.uuid(),
            Happening::Reminder(reminder) => reminder.id.uuid(),
            Happening::Merge(merge) => merge.id.uuid(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_entry_is_told_from_others_by_the_id_of_what_happened() {
        let contact = json!({"id": ContactId::from(Uuid::from_u128(4)), "name": "Siti", "fields": {},
            "created_at": Timestamp::from_secs(0)});
        let entry = TimelineEntry {
            at: Timestamp::from_secs(0),
            happening: Happening::FirstContact(serde_json::from_value(contact).expect("a contact")),
        };
        assert_eq!(entry.key(), Uuid::from_u128(4));
    }
}
