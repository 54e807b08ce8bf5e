//! What came in and could not be stored as what it is. Kept whole, so that it can be looked into and taken in later.

use pesan_model::{AccountId, OrganizationId, Random, Timestamp};
use uuid::Uuid;

use crate::{Error, OrganizationKey, Tx, args, rows};

const COLUMN: &str = "quarantine.item";

rows! {
    /// One thing that could not be stored.
    pub struct Quarantined {
        id: Uuid,
        account_id: AccountId,
        kind: String,
        fingerprint: Vec<u8>,
        reason: String,
        item: Vec<u8>,
        created_at: Timestamp,
    }
}

/// What is to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewQuarantined<'a> {
    /// A new id.
    pub id: Uuid,
    /// On which account it came in.
    pub account_id: AccountId,
    /// What it is: `message`, `receipt`, …
    pub kind: &'a str,
    /// SHA-256 of the item.
    pub fingerprint: [u8; 32],
    /// Why it could not be stored.
    pub reason: &'a str,
    /// The item, in clear.
    pub item: &'a [u8],
    /// When.
    pub created_at: Timestamp,
}

impl Quarantined {
    /// Encrypts `new`.
    pub fn seal(key: &OrganizationKey, new: &NewQuarantined<'_>, random: &dyn Random) -> Self {
        Self {
            id: new.id,
            account_id: new.account_id,
            kind: new.kind.to_owned(),
            fingerprint: new.fingerprint.to_vec(),
            reason: new.reason.to_owned(),
            item: key.seal(COLUMN, new.id.as_bytes(), new.item, random),
            created_at: new.created_at,
        }
    }

    /// The item, in clear.
    pub fn open(&self, key: &OrganizationKey) -> Result<Vec<u8>, Error> {
        key.open(COLUMN, self.id.as_bytes(), &self.item)
    }

    /// What it is.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Why it could not be stored.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// Keeps a thing, unless the account has it already.
pub async fn insert(tx: &mut Tx<'_>, organization_id: OrganizationId, row: &Quarantined) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO quarantine (id, organization_id, account_id, kind, fingerprint, reason, item, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (account_id, fingerprint) DO NOTHING",
        args![
            row.id,
            organization_id,
            row.account_id,
            &row.kind,
            &row.fingerprint,
            &row.reason,
            &row.item,
            row.created_at
        ],
    )
    .await?;
    Ok(())
}

/// Up to `limit` things, oldest first.
pub async fn list(tx: &mut Tx<'_>, organization_id: OrganizationId, limit: usize) -> Result<Vec<Quarantined>, Error> {
    let sql = format!(
        "SELECT {} FROM quarantine WHERE organization_id = $1 ORDER BY id LIMIT $2",
        Quarantined::COLUMNS
    );
    tx.fetch_all(&sql, args![organization_id, limit]).await
}
