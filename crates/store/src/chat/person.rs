//! What lists of chats know of people: which kind of donor somebody is, and whether a reminder about them is due.
//!
//! Both stand with each of their chats, because a list is walked along an index of chats. Whoever changes what they follow
//! from calls [`follow_person`] or [`follow_reminders`] in the same transaction; what follows from time that passed is
//! found out by a job.

use pesan_model::donor::Segment;
use pesan_model::{ChatId, ContactId, OrganizationId, Timestamp};

use super::change::{State, lock, save};
use crate::{Error, Tx, args, contact, donor_basis, reminder};

/// What a chat has from its person, or, in a group, what is to be remembered about it.
#[derive(Debug, Clone, Copy)]
struct Known {
    /// Whether a reminder is due.
    reminder_due: bool,
    /// Which kind of donor the person is; `None` leaves it.
    segment: Option<Segment>,
}

/// Something changed that segment and reminders of a person follow from. Gives the chats that show a reminder now, or
/// show none any more.
pub async fn follow_person(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    person: ContactId,
    now: Timestamp,
) -> Result<Vec<ChatId>, Error> {
    let chats = lock_of_person(tx, organization_id, person).await?;
    if chats.is_empty() {
        return Ok(Vec::new());
    }
    let known = known(tx, organization_id, person, now).await?;
    set_all(tx, organization_id, chats, known).await
}

/// The chat with a person is new: what is known of them holds for it too.
pub async fn know_person(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (chat, person): (ChatId, ContactId),
    now: Timestamp,
) -> Result<(), Error> {
    let chats = lock_all(tx, organization_id, vec![chat]).await?;
    let known = known(tx, organization_id, person, now).await?;
    set_all(tx, organization_id, chats, known).await?;
    Ok(())
}

async fn known(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    person: ContactId,
    now: Timestamp,
) -> Result<Known, Error> {
    let row = contact::get(tx, organization_id, person).await?;
    let basis = donor_basis::read(tx, organization_id, now).await?;
    Ok(Known {
        reminder_due: reminder::is_due(tx, organization_id, Some(person), None).await?,
        segment: Some(basis.segment_of(tx, organization_id, &row).await?),
    })
}

/// A reminder about a person, or about a group, became due or is due no more. Gives the chats that show it.
pub async fn follow_reminders(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (person, group): (Option<ContactId>, Option<ChatId>),
) -> Result<Vec<ChatId>, Error> {
    let chats = match person {
        Some(person) => lock_of_person(tx, organization_id, person).await?,
        None => lock_all(tx, organization_id, group.into_iter().collect()).await?,
    };
    let known = Known {
        reminder_due: reminder::is_due(tx, organization_id, person, group).await?,
        segment: None,
    };
    set_all(tx, organization_id, chats, known).await
}

/// What the chats of a person say of their segment.
pub async fn segments_of_person(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    person: ContactId,
) -> Result<Vec<Option<Segment>>, Error> {
    let found: Vec<(Option<Segment>,)> = tx
        .fetch_all(
            "SELECT segment FROM chat WHERE organization_id = $1 AND contact_id = $2 UNION ALL \
             SELECT c.segment FROM contact k JOIN chat c ON c.contact_id = k.id \
             WHERE k.organization_id = $1 AND k.merged_into = $2",
            args![organization_id, person],
        )
        .await?;
    Ok(found.into_iter().map(|(segment,)| segment).collect())
}

/// Chats that nobody else changes until the transaction ends. What they are to say is found out afterwards: else it could be
/// what was true before somebody who had them locked changed it.
type Locked = Vec<(ChatId, State)>;

/// The chats with a person, under any of their identities.
async fn lock_of_person(tx: &mut Tx<'_>, organization_id: OrganizationId, person: ContactId) -> Result<Locked, Error> {
    let mut chats = super::list_ids_of_person(tx, organization_id, person, usize::MAX).await?;
    // Everybody locks them in one order.
    chats.sort_unstable();
    lock_all(tx, organization_id, chats).await
}

async fn lock_all(tx: &mut Tx<'_>, organization_id: OrganizationId, chats: Vec<ChatId>) -> Result<Locked, Error> {
    let mut locked = Vec::with_capacity(chats.len());
    for chat in chats {
        match lock(tx, organization_id, chat).await {
            Ok(state) => locked.push((chat, state)),
            // It became one with another chat while this waited.
            Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(locked)
}

/// Writes what is known. Gives the chats in which a reminder became due, or none is any more.
async fn set_all(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chats: Locked,
    known: Known,
) -> Result<Vec<ChatId>, Error> {
    let mut shown = Vec::new();
    for (chat, before) in chats {
        let after = State {
            reminder_due: known.reminder_due,
            segment: known.segment.or(before.segment),
            ..before.clone()
        };
        save(tx, organization_id, chat, (&before, &after)).await?;
        if before.reminder_due != after.reminder_due {
            shown.push(chat);
        }
    }
    Ok(shown)
}
