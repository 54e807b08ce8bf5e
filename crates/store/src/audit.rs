//! The audit log: who changed what.

use pesan_model::access::AuditEntry;
use pesan_model::{OrganizationId, Timestamp};

use crate::{Error, Tx, args, rows};

rows! {
    /// A stored entry.
    struct AuditRow {
        seq: i64,
        at: Timestamp,
        actor: String,
        action: String,
        target: Option<String>,
        ip: Option<String>,
    }
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        Self {
            seq: row.seq,
            at: row.at,
            actor: row.actor,
            action: row.action,
            target: row.target,
            ip: row.ip,
        }
    }
}

/// Appends an entry and gives it its place (`entry.seq` is not looked at). The last thing before the commit.
pub async fn append(tx: &mut Tx<'_>, organization_id: OrganizationId, entry: &AuditEntry) -> Result<(), Error> {
    let (seq,): (i64,) = tx
        .fetch_one(
            "organization",
            "UPDATE organization SET audit_seq = audit_seq + 1 WHERE id = $1 RETURNING audit_seq",
            args![organization_id],
        )
        .await?;
    tx.execute(
        "INSERT INTO audit (organization_id, seq, at, actor, action, target, ip) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![
            organization_id,
            seq,
            entry.at,
            &entry.actor,
            &entry.action,
            entry.target.clone(),
            entry.ip.clone()
        ],
    )
    .await?;
    Ok(())
}

/// The organization's entries, newest first, before place `before`.
pub async fn list(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    before: Option<i64>,
    limit: usize,
) -> Result<Vec<AuditEntry>, Error> {
    let sql = format!(
        "SELECT {} FROM audit WHERE organization_id = $1 AND ($2 OR seq < $3) ORDER BY seq DESC LIMIT $4",
        AuditRow::COLUMNS
    );
    let rows: Vec<AuditRow> = tx
        .fetch_all(&sql, args![organization_id, before.is_none(), before, limit])
        .await?;
    Ok(rows.into_iter().map(AuditEntry::from).collect())
}

/// Deletes up to `limit` entries from before `before`, the oldest first. Says how many.
pub async fn delete_before(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    before: Timestamp,
    limit: usize,
) -> Result<u64, Error> {
    // Only the oldest are looked at: entries are in the order of their times.
    tx.execute(
        "DELETE FROM audit WHERE organization_id = $1 AND at < $2 AND seq IN (\
         SELECT seq FROM audit WHERE organization_id = $1 ORDER BY seq LIMIT $3)",
        args![organization_id, before, limit],
    )
    .await
}
