//! Mail that waits to be sent. Its content is encrypted: links in it let people in.

use pesan_model::{OrganizationId, Timestamp};
use uuid::Uuid;

use crate::{Error, Tx, args, rows};

/// The column that content is sealed for.
pub const CONTENT_COLUMN: &str = "mail.content";

rows! {
    /// One mail.
    pub struct Mail {
        id: Uuid,
        recipient: String,
        content: Vec<u8>,
        created_at: Timestamp,
    }
}

impl Mail {
    /// A mail with sealed content.
    pub fn new(id: Uuid, recipient: String, content: Vec<u8>, created_at: Timestamp) -> Self {
        Self {
            id,
            recipient,
            content,
            created_at,
        }
    }

    /// Its id.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// To which address.
    pub fn recipient(&self) -> &str {
        &self.recipient
    }

    /// Sealed.
    pub fn content(&self) -> &[u8] {
        &self.content
    }
}

/// Adds a mail. Its job is added apart.
pub async fn insert(tx: &mut Tx<'_>, organization_id: OrganizationId, mail: &Mail) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO mail (id, organization_id, recipient, content, created_at) VALUES ($1, $2, $3, $4, $5)",
        args![
            mail.id,
            organization_id,
            &mail.recipient,
            &mail.content,
            mail.created_at
        ],
    )
    .await?;
    Ok(())
}

/// The mail, unless it was settled.
pub async fn find_waiting(tx: &mut Tx<'_>, organization_id: OrganizationId, id: Uuid) -> Result<Option<Mail>, Error> {
    let sql = format!(
        "SELECT {} FROM mail WHERE organization_id = $1 AND id = $2 AND settled_at IS NULL",
        Mail::COLUMNS
    );
    tx.fetch_optional(&sql, args![organization_id, id]).await
}

/// It was sent, or given up for this reason.
pub async fn settle(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: Uuid,
    (at, error): (Timestamp, Option<&str>),
) -> Result<(), Error> {
    tx.execute(
        "UPDATE mail SET settled_at = $1, error = $2 WHERE organization_id = $3 AND id = $4",
        args![at, error, organization_id, id],
    )
    .await?;
    Ok(())
}

/// Forgets mail that was settled before `before`.
pub async fn delete_settled(tx: &mut Tx<'_>, before: Timestamp, limit: usize) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM mail WHERE id IN (SELECT id FROM mail WHERE settled_at < $1 LIMIT $2)",
        args![before, limit],
    )
    .await
}
