//! Identifiers: a UUID version 7 inside, a prefixed lower-case Crockford base32 text outside (`msg_01jd…`).
//!
//! Version 7 sorts by creation time, so an id is also the keyset of a page.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::clock::{Clock, Random};

/// Why a text is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id: expected `{prefix}_` and 26 characters")]
pub struct IdError {
    /// The prefix of the kind of id that was expected, without the underscore.
    pub prefix: &'static str,
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const TEXT_LEN: usize = 26;

fn encode(value: u128) -> String {
    (0..TEXT_LEN)
        .rev()
        .map(|digit| char::from(ALPHABET[(value >> (digit * 5)) as usize & 31]))
        .collect()
}

fn decode(text: &str) -> Option<u128> {
    if text.len() != TEXT_LEN || text.as_bytes()[0] > b'7' {
        return None;
    }
    text.bytes().try_fold(0_u128, |value, byte| {
        let digit = ALPHABET.iter().position(|&letter| letter == byte)?;
        Some((value << 5) | digit as u128)
    })
}

/// Ids made in one millisecond count up in the 12 bits after it, so that they sort in the order they were made.
const COUNTER_BITS: u32 = 12;

/// The last millisecond and counter that were used in this process.
static LAST: AtomicU64 = AtomicU64::new(0);

/// Makes a version 7 UUID from the clock and the random source. In one process each is greater than the one before, even
/// when a millisecond is full or the clock goes back: then it counts on from the last one.
pub fn new_uuid(clock: &dyn Clock, random: &dyn Random) -> Uuid {
    let start = (clock.now().millis().max(0) as u64) << COUNTER_BITS;
    let next = |last: u64| start.max(last + 1);
    let previous = LAST
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)))
        .unwrap_or_else(|last| last);
    let place = next(previous);
    let mut bytes = [0_u8; 10];
    random.fill(&mut bytes);
    bytes[..2].copy_from_slice(&((place & ((1 << COUNTER_BITS) - 1)) as u16).to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(place >> COUNTER_BITS, &bytes).into_uuid()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What every id of this kind starts with, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new id, later than every id made before at an earlier millisecond.
            pub fn new(clock: &dyn Clock, random: &dyn Random) -> Self {
                Self(new_uuid(clock, random))
            }

            /// The UUID, as the database keeps it.
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, encode(self.0.as_u128()))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(|value| Self(Uuid::from_u128(value)))
                    .ok_or(IdError { prefix: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-9a-hjkmnp-tv-z]{26}$")))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )*

        /// What the ids of each kind start with.
        pub(crate) const PREFIXES: &[&str] = &[$($prefix),*];
    };
}

ids! {
    /// A tenant.
    OrganizationId "org";
    /// A person who logs in.
    UserId "usr";
    /// One connected WhatsApp number.
    AccountId "acc";
    /// A person we talk to.
    ContactId "con";
    /// A WhatsApp thread on one account.
    ChatId "chat";
    /// One message, in or out.
    MessageId "msg";
    /// One stored file.
    MediaId "med";
    /// A fact in the event log; also the `webhook-id` of every delivery of it.
    EventId "evt";
    /// An endpoint that is told about events.
    WebhookId "whk";
    /// One event on its way to one webhook.
    DeliveryId "dlv";
    /// One piece of work in the queue.
    JobId "job";
    /// A key for programs.
    ApiKeyId "key";
    /// Somebody who may join.
    InvitationId "inv";
    /// Something that came in and is kept aside.
    QuarantineId "qrt";
    /// Some of the people, who look after chats together.
    TeamId "team";
    /// A word that chats and people are found by.
    TagId "tag";
    /// One line of a chat's log.
    ChatLogId "log";
    /// A donation.
    DonationId "don";
    /// A private note.
    NoteId "note";
    /// A reminder.
    ReminderId "rem";
    /// A field of contacts that an organization defined.
    CustomFieldId "fld";
    /// A text that is written often.
    QuickReplyId "qrp";
    /// Two records of one person, joined by somebody.
    MergeId "mrg";
    /// A link by which somebody far away links an account.
    RemoteLinkId "rlk";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{MockClock, SystemRandom, Timestamp};
    use proptest::prelude::*;

    #[test]
    fn later_ids_sort_after_earlier_ones_as_text() {
        let clock = MockClock::at(Timestamp::from_millis(1_700_000_000_000));
        let earlier = MessageId::new(&clock, &SystemRandom);
        clock.advance_millis(1);
        let later = MessageId::new(&clock, &SystemRandom);
        assert!(earlier.to_string() < later.to_string());
        assert!(earlier < later);
    }

    #[test]
    fn an_id_tells_when_it_was_made() {
        let clock = MockClock::at(Timestamp::from_millis(1_900_000_000_123));
        let made = MessageId::new(&clock, &SystemRandom)
            .uuid()
            .get_timestamp()
            .expect("version 7");
        assert_eq!(made.to_unix(), (1_900_000_000, 123_000_000));
    }

    #[test]
    fn ids_of_one_millisecond_sort_in_the_order_they_were_made() {
        let clock = MockClock::at(Timestamp::from_millis(1_800_000_000_000));
        let ids: Vec<_> = (0..10_000).map(|_| MessageId::new(&clock, &SystemRandom)).collect();
        assert!(ids.is_sorted_by(|earlier, later| earlier < later));
        assert_eq!(ids[0].uuid().get_version_num(), 7);
        clock.advance_millis(-3_600_000);
        assert!(
            MessageId::new(&clock, &SystemRandom) > ids[9_999],
            "even when the clock was set back"
        );
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let clock = MockClock::at(Timestamp::from_millis(0));
        let id = MessageId::new(&clock, &SystemRandom).to_string();
        assert_eq!(id.parse::<AccountId>(), Err(IdError { prefix: "acc" }));
        assert!("msg_".parse::<MessageId>().is_err());
        assert!(
            "msg_zzzzzzzzzzzzzzzzzzzzzzzzzz".parse::<MessageId>().is_err(),
            "more than 128 bits"
        );
        assert!(
            "msg_0000000000000000000000000l".parse::<MessageId>().is_err(),
            "`l` is not in the alphabet"
        );
    }

    proptest! {
        #[test]
        fn text_round_trips(value: u128) {
            let id = ContactId::from(Uuid::from_u128(value));
            prop_assert_eq!(id.to_string().parse::<ContactId>(), Ok(id));
            prop_assert_eq!(id.to_string().len(), 4 + TEXT_LEN);
        }
    }
}
