//! Who somebody is: the one place where phone number, LID and name become one contact.

use std::sync::Arc;

use pesan_model::chat::Contact;
use pesan_model::visible::seen;
use pesan_model::{Address, ContactId, Event, OrganizationId, Phone};
use pesan_providers::inbound::Person;
use pesan_store::contact::{self, ContactRow, Known, alias};
use pesan_store::{Error as StoreError, Tx, chat};

use crate::context::App;
use crate::error::Result;
use crate::inbox::organize;

/// What a person's identities tell.
pub(crate) fn known(person: &Person) -> Known {
    Known {
        phone: person.phone.as_ref().map(|phone| phone.digits().to_owned()),
        lid: person.lid.clone(),
        push_name: person.push_name.clone().filter(|name| seen(name).is_some()),
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
    let found = contact::find_by_identity(tx, organization, known).await?;
    unite(app, tx, organization, (found, known), events).await.map(Some)
}

/// Makes one contact of the rows that are one identity, oldest first, of which this is known: none, one or two.
async fn unite(
    app: &Arc<App>,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    (found, known): (Vec<ContactRow>, &Known),
    events: &mut Vec<Event>,
) -> Result<ContactRow, StoreError> {
    let mut found = found.into_iter();
    let contact = match (found.next(), found.next()) {
        (None, _) => {
            let id = ContactId::new(&*app.clock, &*app.random);
            let made = contact::insert(tx, organization, id, known, app.clock.now()).await?;
            events.push(Event::ContactCreated(made.clone().into_contact(Vec::new(), &[])));
            made
        }
        (Some(only), None) => {
            let told = [&known.phone, &known.lid, &known.push_name].map(Option::as_deref);
            if !tells_more(told, [only.phone(), only.lid(), only.push_name()]) {
                return Ok(only);
            }
            let updated = contact::update(tx, organization, only.id(), known).await?;
            events.push(Event::ContactUpdated(person(tx, organization, &updated).await?));
            updated
        }
        (Some(older), Some(newer)) => {
            contact::merge::absorb(tx, organization, newer.id(), older.id()).await?;
            let merged = contact::update(tx, organization, older.id(), known).await?;
            events.push(Event::ContactMerged(person(tx, organization, &merged).await?));
            let chats = chat::follow_person(tx, organization, merged.person_id(), app.clock.now()).await?;
            events.extend(organize::updated(tx, organization, chats).await?);
            merged
        }
    };
    Ok(contact)
}

/// The contact with a number that somebody typed, made when there is none: the one whose number it is, or whose number is
/// written so too.
pub(crate) async fn resolve_typed(
    app: &Arc<App>,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    typed: &Phone,
    events: &mut Vec<Event>,
) -> Result<ContactRow, StoreError> {
    match alias::find(tx, organization, typed).await? {
        Some(contact) => Ok(contact),
        None => unite(app, tx, organization, (Vec::new(), &with_number(typed)), events).await,
    }
}

/// WhatsApp told that a number that somebody typed is another form of the one it knows. Whoever we know by either is one
/// contact, made when there is none, and the chats with the typed number are with the other one from now on.
pub(crate) async fn respell(
    app: &Arc<App>,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    numbers: (&Phone, &Phone),
    events: &mut Vec<Event>,
) -> Result<ContactRow, StoreError> {
    match respell_found(app, tx, organization, numbers, events).await {
        // Another transaction joined the same people or chats at this very moment. The next try finds what it left.
        Err(StoreError::NotFound { .. }) => Err(StoreError::Conflict),
        result => result,
    }
}

async fn respell_found(
    app: &Arc<App>,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    (typed, told): (&Phone, &Phone),
    events: &mut Vec<Event>,
) -> Result<ContactRow, StoreError> {
    let mut found = Vec::from_iter(alias::find_own(tx, organization, typed).await?);
    found.extend(alias::find_own(tx, organization, told).await?);
    found.sort_by_key(ContactRow::id);
    let contact = unite(app, tx, organization, (found, &with_number(told)), events).await?;
    if alias::put(tx, organization, (typed, &contact)).await? {
        events.push(Event::ContactUpdated(person(tx, organization, &contact).await?));
    }
    let addresses = (&Address::Phone(typed.clone()), &Address::Phone(told.clone()));
    let chats = chat::readdress(tx, organization, addresses).await?;
    events.extend(organize::updated(tx, organization, chats).await?);
    Ok(contact)
}

/// As [`respell`], when nobody writes there yet: of people we know already.
pub(crate) async fn respell_met(
    app: &Arc<App>,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    (typed, told): (&Phone, &Phone),
    events: &mut Vec<Event>,
) -> Result<(), StoreError> {
    let is_met = alias::find_own(tx, organization, typed).await?.is_some()
        || alias::find_own(tx, organization, told).await?.is_some();
    if is_met {
        respell(app, tx, organization, (typed, told), events).await?;
    }
    Ok(())
}

fn with_number(phone: &Phone) -> Known {
    Known {
        phone: Some(phone.digits().to_owned()),
        ..Known::default()
    }
}

/// The person that a row belongs to, as people know them.
async fn person(tx: &mut Tx<'_>, organization: OrganizationId, row: &ContactRow) -> Result<Contact, StoreError> {
    let person = contact::get(tx, organization, row.person_id()).await?;
    contact::tag::show(tx, organization, person).await
}

/// As [`resolve`], of somebody who is only mentioned. Only people we already talk to: an address book full of strangers
/// is not ours to keep.
pub(crate) async fn resolve_met(
    app: &Arc<App>,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    known: &Known,
    events: &mut Vec<Event>,
) -> Result<Option<ContactRow>, StoreError> {
    if contact::find_by_identity(tx, organization, known).await?.is_empty() {
        return Ok(None);
    }
    resolve(app, tx, organization, known, events).await
}

/// Number, LID and name.
type Facts<'a> = [Option<&'a str>; 3];

/// Whether something was told that is not what we know. What was not told says nothing.
fn tells_more(told: Facts<'_>, kept: Facts<'_>) -> bool {
    told.into_iter()
        .zip(kept)
        .any(|(told, kept)| told.is_some() && told != kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_person_by_number_or_lid_and_a_group_names_nobody() {
        let at = |text: &str| person_at(&text.parse().expect("an address")).map(|person| known(&person));
        let by_number = at("6280000000001@s.whatsapp.net").expect("a person");
        assert_eq!(
            (by_number.phone.as_deref(), by_number.lid),
            (Some("6280000000001"), None)
        );
        let by_lid = at("1000123@lid").expect("a person");
        assert_eq!((by_lid.phone, by_lid.lid.as_deref()), (None, Some("1000123@lid")));
        assert!(at("120363000000000001@g.us").is_none());
        let typed = with_number(&"+62 800-0000-0001".parse().expect("a number"));
        assert_eq!(typed.phone.as_deref(), Some("6280000000001"));
    }

    #[test]
    fn a_blank_name_is_no_name() {
        let name = |name: &str| {
            let person = Person {
                push_name: Some(name.to_owned()),
                ..Person::default()
            };
            known(&person).push_name
        };
        assert_eq!(name("Siti").as_deref(), Some("Siti"));
        assert_eq!((name(""), name("  ")), (None, None));
        assert_eq!(name("\u{200b}\u{202e}\u{3164}"), None, "nobody sees it");
    }

    #[test]
    fn a_contact_changes_only_when_something_new_is_told() {
        let kept = [Some("6280000000001"), None, Some("Siti")];
        assert!(!tells_more(kept, kept));
        assert!(!tells_more([None, None, None], kept), "silence takes nothing back");
        assert!(!tells_more([Some("6280000000001"), None, None], kept));
        assert!(tells_more([Some("6280000000002"), None, None], kept), "another number");
        assert!(tells_more([None, Some("1000123@lid"), None], kept), "the LID is new");
        assert!(tells_more([None, None, Some("Siti R.")], kept), "another name");
    }
}
