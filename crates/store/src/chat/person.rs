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

/// Writes what is known of a chat's person. Says whether a reminder became due, or none is any more.
async fn set_known(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    known: Known,
) -> Result<bool, Error> {
    let before = lock(tx, organization_id, chat_id).await?;
    let after = State {
        reminder_due: known.reminder_due,
        segment: known.segment.or(before.segment),
        ..before.clone()
    };
    save(tx, organization_id, chat_id, (&before, &after)).await?;
    Ok(before.reminder_due != after.reminder_due)
}

/// Something changed that segment and reminders of a person follow from. Gives the chats that show a reminder now, or
/// show none any more.
pub async fn follow_person(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    person: ContactId,
    now: Timestamp,
) -> Result<Vec<ChatId>, Error> {
    let chats = ids_of_person(tx, organization_id, person).await?;
    if chats.is_empty() {
        return Ok(chats);
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
    let known = known(tx, organization_id, person, now).await?;
    set_known(tx, organization_id, chat, known).await?;
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
    about: (Option<ContactId>, Option<ChatId>),
) -> Result<Vec<ChatId>, Error> {
    let chats = match about {
        (Some(person), _) => ids_of_person(tx, organization_id, person).await?,
        (None, chat) => chat.into_iter().collect(),
    };
    let known = Known {
        reminder_due: reminder::is_due(tx, organization_id, about.0, about.1).await?,
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

/// The chats with a person, under any of their identities, in the order in which they are locked.
async fn ids_of_person(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    person: ContactId,
) -> Result<Vec<ChatId>, Error> {
    let mut chats = super::list_ids_of_person(tx, organization_id, person, usize::MAX).await?;
    chats.sort_unstable();
    Ok(chats)
}

async fn set_all(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chats: Vec<ChatId>,
    known: Known,
) -> Result<Vec<ChatId>, Error> {
    let mut shown = Vec::new();
    for chat in chats {
        if set_known(tx, organization_id, chat, known).await? {
            shown.push(chat);
        }
    }
    Ok(shown)
}
