//! Who a message goes to: a phone number, a WhatsApp LID or a group.

use std::fmt;
use std::str::FromStr;

use crate::text_serde::text_serde;

/// The fewest digits of an international number.
pub const MIN_DIGITS: usize = 7;
/// The most digits of a number, by E.164.
pub const MAX_DIGITS: usize = 15;

/// Why a text is not a phone number or an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// There is nothing in it.
    #[error("must not be empty")]
    Empty,
    /// It has something else than digits and the usual separators.
    #[error("must be a phone number in international form such as +62 800-0000-0001, or a WhatsApp address")]
    Characters,
    /// E.164 allows at most 15 digits; fewer than 7 is no international number.
    #[error("must have {MIN_DIGITS} to {MAX_DIGITS} digits, with the country code first")]
    Length,
    /// It starts with 0, so the country code is missing.
    #[error("must start with the country code, not with 0")]
    NoCountryCode,
    /// It is no id as WhatsApp gives them to people and groups.
    #[error("must be WhatsApp's own id of a person or a group, as it was told")]
    Id,
    /// The part after the `@` is not one we send to.
    #[error("must end in @s.whatsapp.net, @lid or @g.us")]
    Server,
}

/// A phone number in E.164 form. Kept as digits without the plus; shown with it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(String);

impl Phone {
    /// Digits without the plus.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl FromStr for Phone {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        let number = text.strip_prefix('+').unwrap_or(text);
        let mut digits = String::with_capacity(number.len());
        for letter in number.chars() {
            match letter {
                '0'..='9' => digits.push(letter),
                ' ' | '-' | '(' | ')' | '.' | '\u{a0}' => {}
                _ => return Err(AddressError::Characters),
            }
        }
        if digits.starts_with('0') {
            return Err(AddressError::NoCountryCode);
        }
        if !(MIN_DIGITS..=MAX_DIGITS).contains(&digits.len()) {
            return Err(AddressError::Length);
        }
        Ok(Self(digits))
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

/// A phone number is personal: it does not show in logs by accident.
impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(…)")
    }
}

/// A WhatsApp thread as WhatsApp names it, without a device.
///
/// Text forms: `6280000000001@s.whatsapp.net`, `100000012345@lid`, `120363000000000001@g.us`. A phone number in any
/// international form is read as the first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// A person by phone number.
    Phone(Phone),
    /// A person by WhatsApp's own id, which hides the number.
    Lid(String),
    /// A group.
    Group(String),
}

impl Address {
    /// True for a group.
    pub fn is_group(&self) -> bool {
        matches!(self, Self::Group(_))
    }
}

/// Most digits of an id: well above the 15 to 18 that WhatsApp's have.
const MAX_ID_DIGITS: usize = 32;

/// `user:device` and `user.agent:device` name one device of a person; a thread has none.
fn without_device(user: &str) -> &str {
    user.split([':', '.']).next().unwrap_or(user)
}

fn id(text: &str) -> Result<(), AddressError> {
    match text {
        "" => Err(AddressError::Empty),
        _ if !text.bytes().all(|byte| byte.is_ascii_digit()) => Err(AddressError::Characters),
        _ if text.len() > MAX_ID_DIGITS => Err(AddressError::Id),
        _ => Ok(()),
    }
}

/// Groups made before 2021 are `creator-time`.
fn group_id(text: &str) -> Result<(), AddressError> {
    let Some((creator, time)) = text.split_once('-') else {
        return id(text);
    };
    id(creator).and_then(|()| id(time)).map_err(|_| AddressError::Id)
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let Some((user, server)) = text.split_once('@') else {
            return text.parse().map(Self::Phone);
        };
        match server {
            "s.whatsapp.net" | "c.us" => {
                let user = without_device(user);
                // A number in an address has nothing but digits.
                if !user.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(AddressError::Characters);
                }
                user.parse().map(Self::Phone)
            }
            "lid" => {
                let user = without_device(user);
                id(user).map(|()| Self::Lid(user.to_owned()))
            }
            "g.us" => group_id(user).map(|()| Self::Group(user.to_owned())),
            _ => Err(AddressError::Server),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(phone) => write!(f, "{}@s.whatsapp.net", phone.digits()),
            Self::Lid(user) => write!(f, "{user}@lid"),
            Self::Group(user) => write!(f, "{user}@g.us"),
        }
    }
}

/// An address is personal: it does not show in logs by accident.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Phone(_) => "Address::Phone(…)",
            Self::Lid(_) => "Address::Lid(…)",
            Self::Group(_) => "Address::Group(…)",
        })
    }
}

text_serde!(Phone, "+6280000000001");
text_serde!(Address, "6280000000001@s.whatsapp.net");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address(text: &str) -> Result<String, AddressError> {
        text.parse::<Address>().map(|address| address.to_string())
    }

    #[test]
    fn every_usual_way_to_write_a_number_is_read() {
        for text in [
            "+62 800-0000-0001",
            "6280000000001",
            "+62 (800) 0000.0001",
            " 6280000000001@c.us ",
        ] {
            assert_eq!(address(text).as_deref(), Ok("6280000000001@s.whatsapp.net"), "{text}");
        }
        assert_eq!(
            address("6280000000001:12@s.whatsapp.net").as_deref(),
            Ok("6280000000001@s.whatsapp.net")
        );
        assert_eq!(address("1000123:3@lid").as_deref(), Ok("1000123@lid"));
        assert_eq!(
            address("120363000000000001@g.us").as_deref(),
            Ok("120363000000000001@g.us")
        );
        assert_eq!(
            address("15550000001-1600000000@g.us").as_deref(),
            Ok("15550000001-1600000000@g.us")
        );
    }

    #[test]
    fn what_is_not_an_address_says_why() {
        assert_eq!(address(""), Err(AddressError::Empty));
        assert_eq!(address("@g.us"), Err(AddressError::Empty));
        assert_eq!(address("@lid"), Err(AddressError::Empty));
        assert_eq!(address("hello"), Err(AddressError::Characters));
        assert_eq!(address("x@g.us"), Err(AddressError::Characters));
        assert_eq!(address("x@lid"), Err(AddressError::Characters));
        assert_eq!(address("0800 0000 0001"), Err(AddressError::NoCountryCode));
        assert_eq!(address("123456"), Err(AddressError::Length));
        assert_eq!(address("1234567890123456"), Err(AddressError::Length));
        assert_eq!(address("1234567@newsletter"), Err(AddressError::Server));
        for id in [&"1".repeat(33), "-", "1-", "-1", "1-2-3", "--"] {
            assert!(address(&format!("{id}@g.us")).is_err(), "{id}");
            assert!(address(&format!("{id}@lid")).is_err(), "{id}");
        }
        let longest = "1".repeat(32);
        for text in [format!("{longest}@lid"), format!("{longest}-{longest}@g.us")] {
            assert_eq!(address(&text).as_deref(), Ok(text.as_str()));
        }
        assert_eq!(address(&format!("{longest}1@lid")), Err(AddressError::Id));
        assert_eq!(address(&format!("{longest}1@g.us")), Err(AddressError::Id));
        assert_eq!(address("1-2-3@g.us"), Err(AddressError::Id));
        assert!(address("1234567").is_ok() && address("123456789012345").is_ok());
    }

    #[test]
    fn only_groups_are_groups_and_nothing_personal_is_debug_printed() {
        let group: Address = "120363000000000001@g.us".parse().expect("valid");
        let phone: Address = "+15550000001".parse().expect("valid");
        assert!(group.is_group() && !phone.is_group());
        assert_eq!(format!("{group:?} {phone:?}"), "Address::Group(…) Address::Phone(…)");
        assert_eq!(format!("{:?}", "+15550000001".parse::<Phone>()), "Ok(Phone(…))");
        assert_eq!(
            "1555-000-0001".parse::<Phone>().expect("valid").to_string(),
            "+15550000001"
        );
        assert_eq!(format!("{:?}", Address::Lid("1".into())), "Address::Lid(…)");
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_what_is_read_is_stable(text in "\\PC{0,40}") {
            if let Ok(first) = text.parse::<Address>() {
                let again: Address = first.to_string().parse().expect("its own text form is valid");
                prop_assert_eq!(first, again);
            }
        }
    }
}
