//! How a team shares its chats: who has which, what is done with, tags, teams, and the log of all that.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::id::{AccountId, ApiKeyId, ChatId, ChatLogId, TagId, TeamId, UserId};

/// Declares an enum whose variants have a name in the API and in the database.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every one, in the order of the API's documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in the API and in the database.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// The one with this name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.name() == name)
            }
        }
    };
}

named! {
    /// What is done with a chat.
    #[derive(Default)]
    ChatStatus {
        /// Somebody should look after it.
        #[default]
        Open "open",
        /// Put aside until a time, or until somebody writes.
        Snoozed "snoozed",
        /// Done, until somebody writes.
        Closed "closed",
    }
}

named! {
    /// What a tag looks like.
    TagColor {
        /// Grey.
        Gray "gray",
        /// Red.
        Red "red",
        /// Pink.
        Pink "pink",
        /// Reddish purple.
        Grape "grape",
        /// Violet.
        Violet "violet",
        /// Dark blue.
        Indigo "indigo",
        /// Blue.
        Blue "blue",
        /// Light blue.
        Cyan "cyan",
        /// Blueish green.
        Teal "teal",
        /// Green.
        Green "green",
        /// Light green.
        Lime "lime",
        /// Yellow.
        Yellow "yellow",
        /// Orange.
        Orange "orange",
    }
}

named! {
    /// What a colleague does in a chat right now.
    PresenceState {
        /// Has it open.
        Viewing "viewing",
        /// Writes an answer.
        Typing "typing",
        /// Left it.
        Gone "gone",
    }
}

named! {
    /// What colleagues share of what is set up here.
    SettingsPart {
        /// Tags.
        Tags "tags",
        /// Teams and who is in them.
        Teams "teams",
        /// Who belongs to the organization, in which role, and who is invited.
        Members "members",
        /// Quick replies.
        QuickReplies "quick_replies",
        /// The organization's name and settings.
        Organization "organization",
        /// Which fields people have.
        CustomFields "custom_fields",
        /// How donors are told apart.
        DonorRules "donor_rules",
        /// What accounts are called, how fast they send, and who is given their chats.
        Accounts "accounts",
        /// Webhooks.
        Webhooks "webhooks",
        /// API keys.
        Keys "keys",
    }
}

/// Somebody changed something that colleagues share. Told to live streams and kept nowhere: it only says what is to be read
/// anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SettingsChanged {
    /// What.
    pub what: SettingsPart,
}

/// A word that chats and people are found by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tag {
    /// Ours.
    pub id: TagId,
    /// The word; there is one tag of a name.
    pub name: String,
    /// What it looks like.
    pub color: TagColor,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Some of the people, who look after chats together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Team {
    /// Ours.
    pub id: TeamId,
    /// What it is called; there is one team of a name.
    pub name: String,
    /// Who is in it.
    pub member_ids: Vec<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Somebody who can look after chats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Colleague {
    /// Their id.
    pub id: UserId,
    /// What to call them.
    pub name: String,
}

/// One line of a chat's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChatLogEntry {
    /// Ours; later lines have greater ids.
    pub id: ChatLogId,
    /// When.
    pub at: Timestamp,
    /// Who or what did it.
    pub by: ChatActor,
    /// What changed.
    #[serde(flatten)]
    pub change: ChatChange,
}

/// Who or what changed a chat. Names are those of that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ChatActor {
    /// A person who logged in.
    User {
        /// Their id.
        id: UserId,
        /// Their name.
        name: String,
    },
    /// A program.
    Key {
        /// The id of its key.
        id: ApiKeyId,
        /// The key's name.
        name: String,
    },
    /// A message that came in.
    Message,
    /// Time that passed: a snooze ended, or nobody wrote for long.
    Time,
    /// Pesan itself, or whoever works on its machine.
    System,
}

/// What changed of a chat. Names are those of that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ChatChange {
    /// It is open again.
    Opened,
    /// It is done.
    Closed,
    /// It was put aside.
    Snoozed {
        /// Until then.
        until: Timestamp,
    },
    /// Somebody looks after it.
    Assigned {
        /// Who.
        user_id: UserId,
        /// Their name.
        name: String,
    },
    /// Nobody looks after it any more.
    Unassigned,
    /// It belongs to a team.
    TeamSet {
        /// Which.
        team_id: TeamId,
        /// Its name.
        name: String,
    },
    /// It belongs to no team any more.
    TeamCleared,
    /// It has a star.
    Starred,
    /// It has no star any more.
    Unstarred,
    /// The person does not want to be written to.
    OptedOut,
    /// The person wants to be written to again.
    OptedIn,
    /// It has one more tag.
    Tagged {
        /// Which.
        tag_id: TagId,
        /// The word.
        name: String,
    },
    /// A tag was taken from it.
    Untagged {
        /// Which.
        tag_id: TagId,
        /// The word.
        name: String,
    },
}

/// What a colleague does in a chat right now. Told to live streams and kept nowhere: whoever hears nothing new for half a
/// minute takes them for gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChatPresence {
    /// The chat.
    pub chat_id: ChatId,
    /// The colleague.
    pub user_id: UserId,
    /// Their name.
    pub name: String,
    /// What they do.
    pub state: PresenceState,
}

/// How many chats there are of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChatCounts {
    /// Open ones.
    pub open: u64,
    /// Open ones that nobody looks after.
    pub unassigned: u64,
    /// Open ones that the caller looks after.
    pub mine: u64,
    /// With unread messages.
    pub unread: u64,
    /// With a star.
    pub starred: u64,
    /// With a reminder whose time has come.
    pub reminder_due: u64,
}

/// How many chats there are: in all, of each account, and of each person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChatCounters {
    /// In all.
    #[serde(flatten)]
    pub total: ChatCounts,
    /// Of each account that has chats.
    pub accounts: Vec<AccountCounts>,
    /// Of each person who looks after open chats.
    pub assignees: Vec<AssigneeCounts>,
}

/// How many chats an account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountCounts {
    /// The account.
    pub account_id: AccountId,
    /// How many.
    #[serde(flatten)]
    pub counts: ChatCounts,
}

/// How many chats somebody looks after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AssigneeCounts {
    /// The person.
    pub user_id: UserId,
    /// Open ones.
    pub open: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_api() {
        for status in ChatStatus::ALL {
            assert_eq!(serde_json::to_value(status).expect("serializes"), status.name());
            assert_eq!(ChatStatus::from_name(status.name()), Some(*status));
        }
        for color in TagColor::ALL {
            assert_eq!(serde_json::to_value(color).expect("serializes"), color.name());
            assert_eq!(TagColor::from_name(color.name()), Some(*color));
        }
        for state in PresenceState::ALL {
            assert_eq!(serde_json::to_value(state).expect("serializes"), state.name());
        }
        for part in SettingsPart::ALL {
            assert_eq!(serde_json::to_value(part).expect("serializes"), part.name());
        }
        assert_eq!(ChatStatus::from_name("gone"), None);
    }
}
