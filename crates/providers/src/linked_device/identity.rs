//! Who we are, and which number belongs to which LID.

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
            Inbound::Receipt(receipt) => receipt.peer.iter_mut().collect(),
            Inbound::Group(notice) => std::iter::once(&mut notice.by)
                .chain(&mut notice.participants)
                .collect(),
            Inbound::Acknowledged { .. } | Inbound::Activity { .. } | Inbound::Person(_) => Vec::new(),
        };
        for one in people {
            complete_person(client, one).await;
        }
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
