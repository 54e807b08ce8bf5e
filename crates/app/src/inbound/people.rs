//! Who somebody is: the one place where phone number, LID and name become one contact.

use std::sync::Arc;

use pesan_model::{Address, ContactId, Event, OrganizationId};
use pesan_providers::inbound::Person;
use pesan_store::contact::{self, ContactRow, Known};
use pesan_store::{Error as StoreError, Tx};

use crate::context::App;
use crate::error::Result;

/// What a person's identities tell.
pub(crate) fn known(person: &Person) -> Known {
    Known {
        phone: person.phone.as_ref().map(|phone| phone.digits().to_owned()),
        lid: person.lid.clone(),
        push_name: person.push_name.clone().filter(|name| !name.trim().is_empty()),
    }
}

/// What an address tells of a person; `None` for a group.
pub(crate) fn person_at(address: &Address) -> Option<Person> {
    match address {
        Address::Phone(phone) => Some(Person {
            phone: Some(phone.clone()),
            ..Person::default()
        }),
        Address::Lid(_) => Some(Person {
            lid: Some(address.to_string()),
            ..Person::default()
        }),
        Address::Group(_) => None,
    }
}

/// The contact with these identities: found, updated, made, or merged out of two that turn out to be one person.
/// `None` when nothing is known that names anybody.
pub(crate) async fn resolve(
    app: &Arc<App>,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    known: &Known,
    events: &mut Vec<Event>,
) -> Result<Option<ContactRow>, StoreError> {
    if known.phone.is_none() && known.lid.is_none() {
        return Ok(None);
    }
    let mut found = contact::find_by_identity(tx, organization, known).await?.into_iter();
    let contact = match (found.next(), found.next()) {
        (None, _) => {
            let id = ContactId::new(&*app.clock, &*app.random);
            let made = contact::insert(tx, organization, id, known, app.clock.now()).await?;
            events.push(Event::ContactCreated(made.clone().into_contact()));
            made
        }
        (Some(only), None) => {
            if !tells_more(known, &only) {
                return Ok(Some(only));
            }
            let updated = contact::update(tx, organization, only.id(), known).await?;
            events.push(Event::ContactUpdated(updated.clone().into_contact()));
            updated
        }
        (Some(older), Some(newer)) => {
            contact::merge(tx, organization, newer.id(), older.id()).await?;
            let merged = contact::update(tx, organization, older.id(), known).await?;
            events.push(Event::ContactMerged(merged.clone().into_contact()));
            merged
        }
    };
    Ok(Some(contact))
}

fn tells_more(known: &Known, contact: &ContactRow) -> bool {
    let differs = |told: Option<&str>, kept: Option<&str>| told.is_some() && told != kept;
    differs(known.phone.as_deref(), contact.phone())
        || differs(known.lid.as_deref(), contact.lid())
        || differs(known.push_name.as_deref(), contact.push_name())
}
