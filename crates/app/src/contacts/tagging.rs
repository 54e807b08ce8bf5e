//! The tags of people: those of the organization, which chats have too.

use pesan_model::{ContactId, Event, Flaw, OrganizationId, TagId};
use pesan_store::contact::{ContactRow, tag};
use pesan_store::{Error as StoreError, Tx};

use crate::error::{Error, Result};

/// When a tag is deleted, live streams and webhooks are told of so many who had it: the newest.
const TOLD: usize = 500;

/// A page of the people with a tag, newest first.
pub(super) async fn list(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    id: TagId,
    before: Option<ContactId>,
    limit: usize,
) -> Result<Vec<ContactRow>> {
    match pesan_store::tag::get(tx, organization, id).await {
        Ok(_) => {}
        Err(StoreError::NotFound { .. }) => return Err(Error::field("#query/tag_id", Flaw::NoSuchTag)),
        Err(error) => return Err(error.into()),
    }
    let ids = tag::list_ids(tx, organization, id, before, limit).await?;
    Ok(tag::list_by_ids(tx, organization, &ids).await?)
}

/// The newest people with a tag that is deleted next.
pub(crate) async fn of_tag(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    id: TagId,
) -> Result<Vec<ContactId>, StoreError> {
    tag::list_ids(tx, organization, id, None, TOLD).await
}

/// What is told of people whose tags changed.
pub(crate) async fn updated(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    people: &[ContactId],
) -> Result<Vec<Event>, StoreError> {
    let rows = tag::list_by_ids(tx, organization, people).await?;
    let shown = tag::show_all(tx, organization, rows).await?;
    Ok(shown.into_iter().map(Event::ContactUpdated).collect())
}
