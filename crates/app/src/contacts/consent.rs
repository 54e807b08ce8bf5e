//! Whether people want to be written to.

use pesan_model::automatic::Wish;
use pesan_model::chat::Contact;
use pesan_model::inbox::{ChatActor, ChatChange};
use pesan_model::{Event, OrganizationId};
use pesan_store::contact::{self, ContactRow, Details, merge};
use pesan_store::{Error as StoreError, Tx, chat};

use crate::context::App;
use crate::inbox::log;

/// Most chats of a person in whose threads a wish is told: the newest.
const TOLD: usize = 50;

/// Whether Pesan may write to a person by itself: the one place that decides it. What somebody writes to them in person is
/// never held back.
pub(crate) fn may_be_written_to(person: &ContactRow) -> bool {
    person.opted_out_at().is_none()
}

/// Writes down what a person said, whom the caller has locked, and tells of it.
pub(crate) async fn set(
    app: &App,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    (person, wish): (&ContactRow, Wish),
    by: &ChatActor,
) -> Result<(ContactRow, Vec<Event>), StoreError> {
    let opted_out_at = match wish {
        Wish::OptOut => {
            merge::keep_opt_out(tx, organization, person.id()).await?;
            Some(person.opted_out_at().unwrap_or_else(|| app.clock.now()))
        }
        Wish::OptIn => None,
    };
    let details = Details {
        opted_out_at,
        ..person.details()
    };
    let changed = contact::set_details(tx, organization, person.id(), &details).await?;
    let contact = contact::tag::show(tx, organization, changed.clone()).await?;
    let mut events = vec![Event::ContactUpdated(contact.clone())];
    events.extend(tell(app, tx, organization, (contact, wish), by).await?);
    Ok((changed, events))
}

/// Tells of what a person said: as an event, and in their threads.
pub(crate) async fn tell(
    app: &App,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    (contact, wish): (Contact, Wish),
    by: &ChatActor,
) -> Result<Vec<Event>, StoreError> {
    let person = contact.id;
    // Who does not want to be written to is a segment of its own.
    chat::follow_person(tx, organization, person, app.clock.now()).await?;
    let (event, change) = match wish {
        Wish::OptOut => (Event::ContactOptedOut(contact), ChatChange::OptedOut),
        Wish::OptIn => (Event::ContactOptedIn(contact), ChatChange::OptedIn),
    };
    let mut events = vec![event];
    for id in chat::list_ids_of_person(tx, organization, person, TOLD).await? {
        log::write(app, tx, organization, (id, by), vec![change.clone()]).await?;
        events.push(Event::ChatUpdated(chat::get(tx, organization, id).await?));
    }
    Ok(events)
}
