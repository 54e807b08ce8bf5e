//! Quick replies: texts that are written often, called by a short word.

use pesan_model::quick_reply::QuickReply;
use pesan_model::{OrganizationId, QuickReplyId, Timestamp};

use crate::{Error, Tx, args, dialect, rows};

rows! {
    /// A stored quick reply.
    struct QuickReplyRow {
        id: QuickReplyId,
        shortcut: String,
        body: String,
        created_at: Timestamp,
        updated_at: Timestamp,
    }
}

impl From<QuickReplyRow> for QuickReply {
    fn from(row: QuickReplyRow) -> Self {
        Self {
            id: row.id,
            shortcut: row.shortcut,
            body: row.body,
            filled: None,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Adds one. [`Error::Conflict`] when its word is taken.
pub async fn insert(tx: &mut Tx<'_>, organization_id: OrganizationId, reply: &QuickReply) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO quick_reply (id, organization_id, shortcut, folded, body, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![
            reply.id,
            organization_id,
            &reply.shortcut,
            reply.shortcut.to_lowercase(),
            &reply.body,
            reply.created_at,
            reply.updated_at
        ],
    )
    .await?;
    Ok(())
}

/// The quick reply.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: QuickReplyId) -> Result<QuickReply, Error> {
    one(tx, organization_id, id, "").await
}

/// The quick reply, which nobody else changes until the transaction ends.
pub async fn get_for_change(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: QuickReplyId,
) -> Result<QuickReply, Error> {
    let lock = dialect::for_update(tx);
    one(tx, organization_id, id, lock).await
}

async fn one(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: QuickReplyId,
    lock: &str,
) -> Result<QuickReply, Error> {
    let sql = format!(
        "SELECT {} FROM quick_reply WHERE organization_id = $1 AND id = $2{lock}",
        QuickReplyRow::COLUMNS
    );
    let row: QuickReplyRow = tx.fetch_one("quick reply", &sql, args![organization_id, id]).await?;
    Ok(row.into())
}

/// All of them, oldest first.
pub async fn list(tx: &mut Tx<'_>, organization_id: OrganizationId) -> Result<Vec<QuickReply>, Error> {
    let sql = format!(
        "SELECT {} FROM quick_reply WHERE organization_id = $1 ORDER BY id",
        QuickReplyRow::COLUMNS
    );
    let rows: Vec<QuickReplyRow> = tx.fetch_all(&sql, args![organization_id]).await?;
    Ok(rows.into_iter().map(QuickReply::from).collect())
}

/// How many there are.
pub async fn count(tx: &mut Tx<'_>, organization_id: OrganizationId) -> Result<u64, Error> {
    let sql = "SELECT COUNT(*) FROM quick_reply WHERE organization_id = $1";
    let (count,): (u64,) = tx.fetch_one("quick reply", sql, args![organization_id]).await?;
    Ok(count)
}

/// Changes word and text. [`Error::Conflict`] when another one has the word.
pub async fn update(tx: &mut Tx<'_>, organization_id: OrganizationId, reply: &QuickReply) -> Result<(), Error> {
    tx.execute(
        "UPDATE quick_reply SET shortcut = $1, folded = $2, body = $3, updated_at = $4 \
         WHERE organization_id = $5 AND id = $6",
        args![
            &reply.shortcut,
            reply.shortcut.to_lowercase(),
            &reply.body,
            reply.updated_at,
            organization_id,
            reply.id
        ],
    )
    .await?;
    Ok(())
}

/// Deletes one.
pub async fn delete(tx: &mut Tx<'_>, organization_id: OrganizationId, id: QuickReplyId) -> Result<(), Error> {
    let deleted = tx
        .execute(
            "DELETE FROM quick_reply WHERE organization_id = $1 AND id = $2",
            args![organization_id, id],
        )
        .await?;
    if deleted == 0 {
        return Err(Error::NotFound { what: "quick reply" });
    }
    Ok(())
}
