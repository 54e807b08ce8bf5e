//! Invitations: who may join, until when, with which link.

use pesan_model::access::Invitation;
use pesan_model::{InvitationId, OrganizationId, Role, Timestamp};

use crate::{Error, Tx, args, rows};

rows! {
    /// A stored invitation.
    struct InvitationRow {
        id: InvitationId,
        organization_id: OrganizationId,
        email: String,
        name: String,
        role: Role,
        created_at: Timestamp,
        expires_at: Timestamp,
    }
}

impl From<InvitationRow> for Invitation {
    fn from(row: InvitationRow) -> Self {
        Self {
            id: row.id,
            email: row.email,
            name: row.name,
            role: row.role,
            created_at: row.created_at,
            expires_at: row.expires_at,
        }
    }
}

/// Invites somebody. An earlier invitation of the same address, and so its link, is void.
pub async fn replace(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    new: &Invitation,
    token_hash: &[u8; 32],
) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM invitation WHERE organization_id = $1 AND email = $2",
        args![organization_id, &new.email],
    )
    .await?;
    tx.execute(
        "INSERT INTO invitation (id, organization_id, email, name, role, token_hash, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            new.id,
            organization_id,
            &new.email,
            &new.name,
            new.role,
            token_hash,
            new.created_at,
            new.expires_at
        ],
    )
    .await?;
    Ok(())
}

/// The organization's invitation with this id.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: InvitationId) -> Result<Invitation, Error> {
    let sql = format!(
        "SELECT {} FROM invitation WHERE organization_id = $1 AND id = $2",
        InvitationRow::COLUMNS
    );
    let row: InvitationRow = tx.fetch_one("invitation", &sql, args![organization_id, id]).await?;
    Ok(row.into())
}

/// The organization's invitations that are good at `now`, oldest first, after `after`.
pub async fn list(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    now: Timestamp,
    after: Option<InvitationId>,
    limit: usize,
) -> Result<Vec<Invitation>, Error> {
    let sql = format!(
        "SELECT {} FROM invitation WHERE organization_id = $1 AND ($2 OR id > $3) AND expires_at > $4 \
         ORDER BY id LIMIT $5",
        InvitationRow::COLUMNS
    );
    let rows: Vec<InvitationRow> = tx
        .fetch_all(&sql, args![organization_id, after.is_none(), after, now, limit])
        .await?;
    Ok(rows.into_iter().map(Invitation::from).collect())
}

/// The invitation whose link has this token, if it is good at `now`. Before the organization is known.
pub async fn find_by_token(
    tx: &mut Tx<'_>,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<(OrganizationId, Invitation)>, Error> {
    let sql = format!(
        "SELECT {} FROM invitation WHERE token_hash = $1 AND expires_at > $2",
        InvitationRow::COLUMNS
    );
    let found: Option<InvitationRow> = tx.fetch_optional(&sql, args![token_hash, now]).await?;
    Ok(found.map(|row| (row.organization_id, row.into())))
}

/// Takes an invitation back, or uses it up. False when it was not there.
pub async fn delete(tx: &mut Tx<'_>, organization_id: OrganizationId, id: InvitationId) -> Result<bool, Error> {
    let deleted = tx
        .execute(
            "DELETE FROM invitation WHERE organization_id = $1 AND id = $2",
            args![organization_id, id],
        )
        .await?;
    Ok(deleted > 0)
}

/// Forgets invitations that ran out before `before`.
pub async fn delete_expired(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM invitation WHERE expires_at < $1", args![before])
        .await
}
