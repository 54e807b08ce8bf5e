//! Tags: words that chats and people are found by.

use pesan_model::inbox::Tag;
use pesan_model::{OrganizationId, TagColor, TagId, Timestamp};

use crate::{Error, Tx, args, dialect, rows};

rows! {
    /// A stored tag.
    struct TagRow {
        id: TagId,
        name: String,
        color: TagColor,
        created_at: Timestamp,
    }
}

impl From<TagRow> for Tag {
    fn from(row: TagRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            color: row.color,
            created_at: row.created_at,
        }
    }
}

/// Adds a tag. [`Error::Conflict`] when there is one of this name.
pub async fn insert(tx: &mut Tx<'_>, organization_id: OrganizationId, tag: &Tag) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO tag (id, organization_id, name, folded, color, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        args![
            tag.id,
            organization_id,
            &tag.name,
            tag.name.to_lowercase(),
            tag.color,
            tag.created_at
        ],
    )
    .await?;
    Ok(())
}

/// The tag.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: TagId) -> Result<Tag, Error> {
    let sql = format!(
        "SELECT {} FROM tag WHERE organization_id = $1 AND id = $2",
        TagRow::COLUMNS
    );
    let row: TagRow = tx.fetch_one("tag", &sql, args![organization_id, id]).await?;
    Ok(row.into())
}

/// Whether there is such a tag. It stays until the transaction ends.
pub async fn is_there(tx: &mut Tx<'_>, organization_id: OrganizationId, id: TagId) -> Result<bool, Error> {
    let sql = format!(
        "SELECT id FROM tag WHERE organization_id = $1 AND id = $2{}",
        dialect::for_share(tx)
    );
    let found: Option<(TagId,)> = tx.fetch_optional(&sql, args![organization_id, id]).await?;
    Ok(found.is_some())
}

/// All tags, by name.
pub async fn list(tx: &mut Tx<'_>, organization_id: OrganizationId) -> Result<Vec<Tag>, Error> {
    let sql = format!(
        "SELECT {} FROM tag WHERE organization_id = $1 ORDER BY folded",
        TagRow::COLUMNS
    );
    let rows: Vec<TagRow> = tx.fetch_all(&sql, args![organization_id]).await?;
    Ok(rows.into_iter().map(Tag::from).collect())
}

/// How many tags there are.
pub async fn count(tx: &mut Tx<'_>, organization_id: OrganizationId) -> Result<u64, Error> {
    let sql = "SELECT COUNT(*) FROM tag WHERE organization_id = $1";
    let (count,): (u64,) = tx.fetch_one("tag", sql, args![organization_id]).await?;
    Ok(count)
}

/// Changes name and colour. [`Error::Conflict`] when there is another one of this name.
pub async fn update(tx: &mut Tx<'_>, organization_id: OrganizationId, tag: &Tag) -> Result<(), Error> {
    tx.execute(
        "UPDATE tag SET name = $1, folded = $2, color = $3 WHERE organization_id = $4 AND id = $5",
        args![&tag.name, tag.name.to_lowercase(), tag.color, organization_id, tag.id],
    )
    .await?;
    Ok(())
}

/// Deletes a tag; the chats and people that had it have it no more.
pub async fn delete(tx: &mut Tx<'_>, organization_id: OrganizationId, id: TagId) -> Result<(), Error> {
    let deleted = tx
        .execute(
            "DELETE FROM tag WHERE organization_id = $1 AND id = $2",
            args![organization_id, id],
        )
        .await?;
    if deleted == 0 {
        return Err(Error::NotFound { what: "tag" });
    }
    Ok(())
}
