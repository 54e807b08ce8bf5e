//! The words of flaws that need more than a template, and the flaws that our own types tell of.

use super::Flaw;
use crate::address::{AddressError, MAX_DIGITS, MIN_DIGITS};
use crate::id::PREFIXES;

impl Flaw {
    /// The flaw that one of our own types tells of while it is read. `serde` hands on nothing but its words.
    pub fn of_words(words: String) -> Self {
        let ids = PREFIXES.iter().map(|prefix| Self::NotAnId { prefix });
        [
            Self::NotATime,
            Self::NotADay,
            Self::NotAClockTime,
            Self::NotATimeZone,
            Self::NotACurrency,
            Self::NotAnAssignee,
        ]
        .into_iter()
        .chain(ids)
        .find(|flaw| flaw.to_string() == words)
        .unwrap_or(Self::NotUnderstood { words })
    }
}

impl From<AddressError> for Flaw {
    fn from(error: AddressError) -> Self {
        match error {
            AddressError::Empty => Self::Empty,
            AddressError::Characters => Self::NotAPhoneNumber,
            AddressError::Length => Self::WrongPhoneLength {
                min: MIN_DIGITS,
                max: MAX_DIGITS,
            },
            AddressError::NoCountryCode => Self::NoCountryCode,
            AddressError::Id => Self::NotAWhatsappId,
            AddressError::Server => Self::NotAWhatsappServer,
        }
    }
}

/// "`a`, `b` and `c`".
pub(super) fn listed(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => quoted.concat(),
    }
}

pub(super) fn range(min: Option<u64>, max: Option<u64>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!(" from {min} to {max}"),
        (Some(min), None) => format!(", not below {min}"),
        (None, Some(max)) => format!(", not above {max}"),
        (None, None) => String::new(),
    }
}

pub(super) fn has(length: Option<usize>) -> String {
    length.map(|length| format!(", has {length}")).unwrap_or_default()
}

/// What a type such as `image/png` is, in a word.
pub(super) fn family_words(mime: &str) -> &'static str {
    match mime.split('/').next() {
        Some("image") => "a picture",
        Some("video") => "a film",
        Some("audio") => "sound",
        _ => "that",
    }
}
