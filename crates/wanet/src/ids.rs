//! Who is who: phones, devices, their JIDs in both address families, and fresh stanza ids.
//!
//! A person has two addresses, the phone number (`…@s.whatsapp.net`) and the hidden id (`…@lid`). Here the second is
//! the first with `1000` in front, so one can always be told from the other and a trace can be read.

use serde::{Deserialize, Serialize};
use wacore_binary::{Jid, Server};

use crate::crypto;

const LID_PREFIX: &str = "1000";

/// The two ways to address a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// By phone number.
    Pn,
    /// By hidden id.
    Lid,
}

/// One device of one account. Device 0 is the phone itself, the others are linked companions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Address {
    /// The phone number, digits only.
    pub phone: u64,
    /// 0 is the phone.
    pub device: u16,
}

impl Address {
    pub(crate) fn new(phone: u64, device: u16) -> Self {
        Self { phone, device }
    }

    /// The phone of an account.
    pub(crate) fn primary(phone: u64) -> Self {
        Self::new(phone, 0)
    }

    pub(crate) fn jid(self, family: Family) -> Jid {
        match family {
            Family::Pn => Jid::pn_device(self.phone.to_string(), self.device),
            Family::Lid => Jid::lid_device(lid_user(self.phone), self.device),
        }
    }

    /// The device a JID of either family names, if it names a person's device at all.
    pub(crate) fn of(jid: &Jid) -> Option<Self> {
        let user = jid.user.as_str();
        let phone = match jid.server {
            Server::Pn => user.parse().ok()?,
            Server::Lid => user.strip_prefix(LID_PREFIX)?.parse().ok()?,
            Server::Group
            | Server::Broadcast
            | Server::Newsletter
            | Server::Hosted
            | Server::HostedLid
            | Server::Messenger
            | Server::Interop
            | Server::Bot
            | Server::Legacy
            | Server::Call => return None,
        };
        Some(Self::new(phone, jid.device))
    }
}

/// The family of a JID; anything that is not a LID counts as a phone number.
pub(crate) fn family(jid: &Jid) -> Family {
    if jid.server == Server::Lid {
        Family::Lid
    } else {
        Family::Pn
    }
}

/// The user part of the LID of a phone.
pub(crate) fn lid_user(phone: u64) -> String {
    format!("{LID_PREFIX}{phone}")
}

/// A person without a device, by phone number.
pub(crate) fn pn(phone: u64) -> Jid {
    Jid::pn(phone.to_string())
}

/// A person without a device, by hidden id.
pub(crate) fn lid(phone: u64) -> Jid {
    Jid::lid(lid_user(phone))
}

/// The JID of the server itself.
pub(crate) fn server() -> Jid {
    Jid::new("", Server::Pn)
}

/// Reads a phone as people write it: `+1 (555) 010-0001`, `15550100001` or a JID.
pub(crate) fn parse_phone(text: &str) -> Option<u64> {
    let text = text.trim();
    let text = text.split(['@', ':']).next().unwrap_or(text);
    if !text
        .chars()
        .all(|c| c.is_ascii_digit() || "+-–—‑ .()/\u{a0}…".contains(c))
    {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if !(5..=15).contains(&digits.len()) {
        return None;
    }
    digits.parse().ok()
}

/// The part of a JID before the `@`.
pub(crate) fn user_of(jid: &str) -> &str {
    jid.split('@').next().unwrap_or(jid)
}

/// A fresh id for a stanza the network itself makes.
pub(crate) fn stanza_id() -> String {
    let n: u64 = crypto::random();
    format!("{}.{}-{}", n >> 40, (n >> 16) & 0xffff, n & 0xffff)
}

/// A fresh message id in the form phones use.
pub(crate) fn message_id() -> String {
    let bytes: [u8; 10] = crypto::random();
    format!("3A{}", hex::encode_upper(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_read_in_every_usual_notation() {
        for text in [
            "+1 (555) 010-0001",
            "15550100001",
            "15550100001@s.whatsapp.net",
            "15550100001:3@s.whatsapp.net",
        ] {
            assert_eq!(parse_phone(text), Some(15_550_100_001), "{text}");
        }
        for text in ["", "hello", "12", "1234567890123456"] {
            assert_eq!(parse_phone(text), None, "{text}");
        }
    }

    #[test]
    fn both_families_name_the_same_device() {
        let address = Address::new(15_550_100_001, 7);
        assert_eq!(Address::of(&address.jid(Family::Pn)), Some(address));
        assert_eq!(Address::of(&address.jid(Family::Lid)), Some(address));
        assert_eq!(address.jid(Family::Lid).to_string(), "100015550100001:7@lid");
    }
}
