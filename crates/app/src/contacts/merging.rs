//! Records that somebody says are one person, and taking that back.

use std::sync::Arc;

use pesan_model::chat::Contact;
use pesan_model::timeline::Merge;
use pesan_model::{ContactId, Event, MergeId, Permission, Timestamp};
use pesan_store::chat;
use pesan_store::contact::merge::{self, NewMerge};
use pesan_store::contact::{self, ContactRow};
use uuid::Uuid;

use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, Result};
use crate::events;
use crate::idempotency::{IdempotencyKey, once};
use crate::inbox::organize;

/// Makes `other` part of a person. The person keeps what they have and takes over what they lack; chats stay as they are,
/// under the one name. Says whether an earlier request did it.
///
/// # Errors
/// [`Error::Conflict`] with `same_person` when the two are one already.
pub async fn merge(
    app: &Arc<App>,
    caller: &Caller,
    (id, other): (ContactId, ContactId),
    idempotency: Option<IdempotencyKey>,
) -> Result<(Merge, bool)> {
    caller.require(Permission::ContactsWrite)?;
    let (organization, owned, caller) = (caller.organization_id, app.clone(), caller.clone());
    let merged = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let now = owned.clock.now();
                let new = NewMerge {
                    id: MergeId::new(&*owned.clock, &*owned.random),
                    into: id,
                    other,
                    merged_by: caller.principal.to_string(),
                };
                let made = (new.id.uuid(), now);
                if let Some(earlier) = once(tx, &caller, "merge_contacts", idempotency.as_ref(), made).await? {
                    return Ok((merge::get_merge(tx, organization, earlier.into()).await?, true));
                }
                let merge = merge::join(tx, organization, &new, now)
                    .await?
                    .ok_or_else(|| Error::Conflict {
                        code: "same_person",
                        detail: "these are one person already".to_owned(),
                    })?;
                let person = contact::get(tx, organization, merge.contact_id).await?;
                // What somebody who was erased gave is nobody's any more.
                if person.erased_at().is_some() || merge.other.erased_at.is_some() {
                    return Err(Error::NotFound { what: "contact" });
                }
                let person = contact::tag::show(tx, organization, person).await?;
                let chats = chat::follow_person(tx, organization, person.id, now).await?;
                let mut happened = vec![Event::ContactMerged(person)];
                happened.extend(organize::updated(tx, organization, chats).await?);
                events::record(&owned, tx, organization, happened).await?;
                Ok((merge, false))
            })
        })
        .await?;
    events::announce(app, organization);
    Ok(merged)
}

/// Takes a merge apart. Each has exactly what was theirs; what was added since stays with the person. Gives the person and
/// the one who came out of them.
pub async fn unmerge(app: &Arc<App>, caller: &Caller, id: ContactId, merge_id: MergeId) -> Result<(Contact, Contact)> {
    caller.require(Permission::ContactsWrite)?;
    let (organization, owned) = (caller.organization_id, app.clone());
    let parted = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let now = owned.clock.now();
                let parted = merge::part(tx, organization, (id, merge_id), now).await?;
                let mut chats = chat::follow_person(tx, organization, parted.person.id(), now).await?;
                chats.extend(chat::follow_person(tx, organization, parted.other.id(), now).await?);
                let person = contact::tag::show(tx, organization, parted.person).await?;
                let other = contact::tag::show(tx, organization, parted.other).await?;
                let mut happened = vec![
                    Event::ContactUpdated(person.clone()),
                    Event::ContactUnmerged(other.clone()),
                ];
                happened.extend(organize::updated(tx, organization, chats).await?);
                events::record(&owned, tx, organization, happened).await?;
                Ok((person, other))
            })
        })
        .await?;
    events::announce(app, organization);
    Ok(parted)
}

/// A page of what was merged into a person, newest first.
pub async fn list(
    app: &Arc<App>,
    caller: &Caller,
    id: ContactId,
    before: Option<(Timestamp, Uuid)>,
    limit: usize,
) -> Result<Vec<Merge>> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    Ok(app
        .store
        .read::<_, pesan_store::Error, _>(move |tx| {
            Box::pin(async move {
                let person = contact::person(tx, organization, id).await?;
                merge::list(tx, organization, ContactRow::id(&person), before, limit).await
            })
        })
        .await?)
}
