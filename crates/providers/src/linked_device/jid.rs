//! Between our addresses and the protocol library's.

use pesan_model::Address;
use wacore_binary::{Jid, JidExt, Server};

use crate::inbound::Person;

/// The thread a JID names; `None` for what is not a person or a group (status, channels, bots).
pub(super) fn address(jid: &Jid) -> Option<Address> {
    match jid.server {
        Server::Pn | Server::Hosted => jid.user_base().parse().ok().map(Address::Phone),
        Server::Lid | Server::HostedLid => Some(Address::Lid(jid.user_base().to_owned())),
        Server::Group => Some(Address::Group(jid.user.to_string())),
        Server::Broadcast
        | Server::Newsletter
        | Server::Messenger
        | Server::Interop
        | Server::Bot
        | Server::Legacy
        | Server::Call => None,
    }
}

/// The JID of a thread.
pub(super) fn jid(address: &Address) -> Jid {
    match address {
        Address::Phone(phone) => Jid::pn(phone.digits()),
        Address::Lid(user) => Jid::lid(user.as_str()),
        Address::Group(user) => Jid::group(user.as_str()),
    }
}

/// A person from every JID they are known by.
pub(super) fn person<'a>(jids: impl IntoIterator<Item = &'a Jid>) -> Person {
    let mut person = Person::default();
    for jid in jids {
        match address(jid) {
            Some(Address::Phone(phone)) => person.phone = person.phone.or(Some(phone)),
            Some(lid @ Address::Lid(_)) => person.lid = person.lid.or_else(|| Some(lid.to_string())),
            Some(Address::Group(_)) | None => {}
        }
    }
    person
}

/// True for a list that one person wrote to. What comes from it belongs into the chat with that person.
pub(super) fn is_broadcast_list(jid: &Jid) -> bool {
    jid.server == Server::Broadcast && !jid.is_status_broadcast()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Jid {
        text.parse().expect("a JID")
    }

    #[test]
    fn devices_are_dropped_and_only_people_and_groups_have_an_address() {
        let text = |jid: &str| address(&read(jid)).map(|address| address.to_string());
        assert_eq!(
            text("6280000000001:3@s.whatsapp.net").as_deref(),
            Some("6280000000001@s.whatsapp.net")
        );
        assert_eq!(text("1000123:3@lid").as_deref(), Some("1000123@lid"));
        assert_eq!(
            text("120363000000000001@g.us").as_deref(),
            Some("120363000000000001@g.us")
        );
        assert_eq!(text("status@broadcast"), None);
        assert_eq!(text("120363000000000002@newsletter"), None);
    }

    #[test]
    fn an_address_and_its_jid_are_the_same_text() {
        for text in ["6280000000001@s.whatsapp.net", "1000123@lid", "120363000000000001@g.us"] {
            let address: Address = text.parse().expect("an address");
            assert_eq!(jid(&address).to_string(), text);
        }
    }

    #[test]
    fn a_person_keeps_the_first_of_each_identity() {
        let jids = [
            "1000123:3@lid",
            "6280000000001@s.whatsapp.net",
            "1000124@lid",
            "120363000000000001@g.us",
        ]
        .map(read);
        let person = person(&jids);
        assert_eq!(person.lid.as_deref(), Some("1000123@lid"));
        assert_eq!(person.phone.expect("known").digits(), "6280000000001");
    }

    #[test]
    fn status_is_no_broadcast_list() {
        assert!(is_broadcast_list(&read("1600000000@broadcast")));
        assert!(!is_broadcast_list(&read("status@broadcast")));
    }
}
