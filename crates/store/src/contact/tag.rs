//! The tags of people: those of the organization, which chats have too.
//!
//! A tag hangs on a person as a note does: its row knows the person and the record it was given to ([`super::merge`]). So
//! a person who was joined of several may have a tag by several rows; it counts once, and is taken away with all of them.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use pesan_model::chat::Contact;
use pesan_model::{ContactId, OrganizationId, TagId};

use super::{ContactRow, alias, among};
use crate::{Error, Tx, args};

/// The person as the API shows them. A record that is part of somebody has no tags of its own while it is.
pub async fn show(tx: &mut Tx<'_>, organization_id: OrganizationId, row: ContactRow) -> Result<Contact, Error> {
    let tag_ids = list_of(tx, organization_id, row.id()).await?;
    let numbers = alias::list_of(tx, organization_id, row.id()).await?;
    Ok(row.into_contact(tag_ids, &numbers))
}

/// As [`show`], of several in the same order, with one query for all of them and one for their other numbers.
pub async fn show_all(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    rows: Vec<ContactRow>,
) -> Result<Vec<Contact>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let (places, values) = among(organization_id, rows.iter().map(ContactRow::id));
    let sql =
        format!("SELECT contact_id, tag_id FROM contact_tag WHERE organization_id = $1 AND contact_id IN ({places})");
    let mut tags: HashMap<ContactId, BTreeSet<TagId>> = HashMap::new();
    for (contact, tag) in tx.fetch_all::<(ContactId, TagId)>(&sql, values).await? {
        tags.entry(contact).or_default().insert(tag);
    }
    let numbers = alias::list(tx, organization_id, rows.iter().map(ContactRow::id)).await?;
    let shown = |row: ContactRow| {
        let tag_ids = tags.get(&row.id()).into_iter().flatten().copied().collect();
        let numbers = numbers.get(&row.id()).map_or([].as_slice(), Vec::as_slice);
        row.into_contact(tag_ids, numbers)
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// The tags of a person, oldest first.
pub async fn list_of(tx: &mut Tx<'_>, organization_id: OrganizationId, person: ContactId) -> Result<Vec<TagId>, Error> {
    let found: Vec<(TagId,)> = tx
        .fetch_all(
            "SELECT DISTINCT tag_id FROM contact_tag WHERE organization_id = $1 AND contact_id = $2 ORDER BY tag_id",
            args![organization_id, person],
        )
        .await?;
    Ok(found.into_iter().map(|(tag,)| tag).collect())
}

/// Gives a person, whose row is locked ([`super::lock_person`]), these tags and no others. What they have already stays
/// with the record it was given to.
pub async fn set(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    person: ContactId,
    tags: &[TagId],
) -> Result<(), Error> {
    let had = list_of(tx, organization_id, person).await?;
    for gone in had.iter().filter(|tag| !tags.contains(tag)) {
        tx.execute(
            "DELETE FROM contact_tag WHERE organization_id = $1 AND contact_id = $2 AND tag_id = $3",
            args![organization_id, person, *gone],
        )
        .await?;
    }
    for new in tags.iter().filter(|tag| !had.contains(tag)) {
        tx.execute(
            "INSERT INTO contact_tag (organization_id, contact_id, origin_id, tag_id) VALUES ($1, $2, $2, $3)",
            args![organization_id, person, *new],
        )
        .await?;
    }
    Ok(())
}

/// Where a record that goes and the one that stays both have a tag, the one that stays keeps it.
pub(super) async fn drop_doubled(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (gone, kept): (ContactId, ContactId),
) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM contact_tag WHERE organization_id = $1 AND origin_id = $2 \
         AND tag_id IN (SELECT tag_id FROM contact_tag WHERE origin_id = $3)",
        args![organization_id, gone, kept],
    )
    .await?;
    Ok(())
}

/// The newest people with a tag: those before `before`.
pub async fn list_ids(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    tag: TagId,
    before: Option<ContactId>,
    limit: usize,
) -> Result<Vec<ContactId>, Error> {
    let before = before.map_or(uuid::Uuid::max(), ContactId::uuid);
    let found: Vec<(ContactId,)> = tx
        .fetch_all(
            "SELECT DISTINCT contact_id FROM contact_tag WHERE organization_id = $1 AND tag_id = $2 \
             AND contact_id < $3 ORDER BY contact_id DESC LIMIT $4",
            args![organization_id, tag, before, limit],
        )
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// These people, newest first.
pub async fn list_by_ids(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    ids: &[ContactId],
) -> Result<Vec<ContactRow>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (places, values) = among(organization_id, ids.iter().copied());
    let sql = format!(
        "SELECT {} FROM contact WHERE organization_id = $1 AND id IN ({places})",
        ContactRow::COLUMNS
    );
    let mut rows: Vec<ContactRow> = tx.fetch_all(&sql, values).await?;
    rows.sort_unstable_by_key(|row| Reverse(row.id()));
    Ok(rows)
}

#[cfg(test)]
mod tests;
