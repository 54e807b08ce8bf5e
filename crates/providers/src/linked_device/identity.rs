//! Who we are, and which number belongs to which LID.

use pesan_model::Address;
use whatsapp_rust::Client;

use super::jid::{address, person};
use crate::inbound::{Identity, Inbound, Person};

/// Who the account is, as far as it is known.
pub(super) fn identity(client: &Client) -> Identity {
    let own = person(client.pn().iter().chain(client.lid().iter()));
    let push_name = Some(client.push_name()).filter(|name| !name.is_empty());
    Identity {
        phone: own.phone,
        lid: own.lid,
        push_name,
    }
}

/// Adds to people the identity that the library knows and the stanza did not tell.
pub(super) async fn complete(client: &Client, told: &mut [Inbound]) {
    for inbound in told {
        let people: Vec<&mut Person> = match inbound {
            Inbound::Message(message) => std::iter::once(&mut message.sender)
                .chain(message.peer.as_mut())
                .collect(),
            Inbound::Receipt(receipt) => {
                receipt.from_self |= is_of(&identity(client), &receipt.from);
                receipt.peer.iter_mut().collect()
            }
            Inbound::Group(notice) => std::iter::once(&mut notice.by)
                .chain(&mut notice.participants)
                .collect(),
            Inbound::Activity { chat, from, .. } => {
                for address in [chat, from] {
                    complete_address(client, address).await;
                }
                Vec::new()
            }
            Inbound::Acknowledged { .. } | Inbound::Person(_) => Vec::new(),
        };
        for one in people {
            complete_person(client, one).await;
        }
    }
}

/// Whether it is an address of this account.
fn is_of(own: &Identity, address: &Address) -> bool {
    match address {
        Address::Phone(phone) => own.phone.as_ref() == Some(phone),
        Address::Lid(_) => own.lid.as_ref() == Some(&address.to_string()),
        Address::Group(_) => false,
    }
}

/// Names a person by number where it is known.
async fn complete_address(client: &Client, told: &mut Address) {
    let Address::Lid(_) = told else { return };
    let mut one = Person {
        lid: Some(told.to_string()),
        ..Person::default()
    };
    complete_person(client, &mut one).await;
    if let Some(phone) = one.phone {
        *told = Address::Phone(phone);
    }
}

async fn complete_person(client: &Client, one: &mut Person) {
    let known = match (&one.phone, &one.lid) {
        (Some(phone), None) => whatsapp_rust::Jid::pn(phone.digits()),
        (None, Some(lid)) => match lid.parse() {
            Ok(jid) => jid,
            Err(_) => return,
        },
        (Some(_), Some(_)) | (None, None) => return,
    };
    if let Ok(Some(entry)) = client.get_lid_pn_entry(&known).await {
        one.phone = one.phone.take().or_else(|| entry.phone_number.parse().ok());
        one.lid = one
            .lid
            .take()
            .or_else(|| address(&whatsapp_rust::Jid::lid(entry.lid.as_ref())).map(|lid| lid.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_knows_its_own_addresses() {
        let own = Identity {
            phone: "6280000000777".parse().ok(),
            lid: Some("1000@lid".into()),
            push_name: None,
        };
        let table = [
            ("6280000000777@s.whatsapp.net", true),
            ("1000@lid", true),
            ("6280000000778@s.whatsapp.net", false),
            ("1001@lid", false),
            ("120363000000000001@g.us", false),
        ];
        for (address, expected) in table {
            let read = address.parse().expect("an address");
            assert_eq!(is_of(&own, &read), expected, "{address}");
            assert!(!is_of(&Identity::default(), &read), "nobody is nobody's");
        }
    }
}
