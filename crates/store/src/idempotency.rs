//! What creates answered, so that a repeat with the same key answers the same.

use pesan_model::{OrganizationId, Timestamp};
use uuid::Uuid;

use crate::{Error, Tx, args};

/// A create and its key.
#[derive(Debug, Clone)]
pub struct Remembered {
    /// Who asked.
    pub principal: String,
    /// What for.
    pub operation: &'static str,
    /// The caller's key.
    pub key: String,
    /// A hash of the request.
    pub fingerprint: [u8; 32],
    /// The id of what is made.
    pub result: Uuid,
}

/// Whether a key is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is; it is remembered now.
    New,
    /// The same request made this before.
    Repeated(Uuid),
    /// Another request used the key before.
    Reused,
}

/// Remembers a create, unless its key is known.
pub async fn remember(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    remembered: &Remembered,
    now: Timestamp,
) -> Result<Outcome, Error> {
    let inserted = tx
        .execute(
            "INSERT INTO idempotency (organization_id, principal, operation, key, fingerprint, result, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            args![
                organization_id,
                &remembered.principal,
                remembered.operation,
                &remembered.key,
                &remembered.fingerprint,
                remembered.result,
                now
            ],
        )
        .await?;
    if inserted == 1 {
        return Ok(Outcome::New);
    }
    find(tx, organization_id, remembered).await
}

/// Whether a key is known, without remembering it. `result` is not looked at.
pub async fn find(tx: &mut Tx<'_>, organization_id: OrganizationId, asked: &Remembered) -> Result<Outcome, Error> {
    let found: Option<(Vec<u8>, Uuid)> = tx
        .fetch_optional(
            "SELECT fingerprint, result FROM idempotency \
             WHERE organization_id = $1 AND principal = $2 AND operation = $3 AND key = $4",
            args![organization_id, &asked.principal, asked.operation, &asked.key],
        )
        .await?;
    Ok(match found {
        None => Outcome::New,
        Some((fingerprint, result)) if fingerprint == asked.fingerprint => Outcome::Repeated(result),
        Some(_) => Outcome::Reused,
    })
}

/// Forgets up to `limit` keys from before `before`, and says how many.
pub async fn delete_before(tx: &mut Tx<'_>, before: Timestamp, limit: usize) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM idempotency WHERE (organization_id, principal, operation, key) IN (\
         SELECT organization_id, principal, operation, key FROM idempotency WHERE created_at < $1 LIMIT $2)",
        args![before, limit],
    )
    .await
}
