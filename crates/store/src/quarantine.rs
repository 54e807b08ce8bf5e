//! What came in and could not be stored as what it is. Kept whole, so that it can be looked into and taken in later.

use pesan_model::account::QuarantineEntry;
use pesan_model::{AccountId, OrganizationId, QuarantineId, Random, Timestamp};
use uuid::Uuid;

use crate::{Error, OrganizationKey, Tx, args, rows};

const COLUMN: &str = "quarantine.item";
/// What it is called when it is not there.
const WHAT: &str = "quarantined item";

rows! {
    /// One thing that could not be stored.
    pub struct Quarantined {
        id: QuarantineId,
        account_id: AccountId,
        kind: String,
        fingerprint: Vec<u8>,
        reason: String,
        item: Vec<u8>,
        created_at: Timestamp,
    }

    struct EntryRow {
        id: QuarantineId,
        kind: String,
        reason: String,
        created_at: Timestamp,
    }
}

/// What is to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewQuarantined<'a> {
    /// A new id.
    pub id: QuarantineId,
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
            item: key.seal(COLUMN, new.id.uuid().as_bytes(), new.item, random),
            created_at: new.created_at,
        }
    }

    /// The item, in clear.
    pub fn open(&self, key: &OrganizationKey) -> Result<Vec<u8>, Error> {
        key.open(COLUMN, self.id.uuid().as_bytes(), &self.item)
    }

    /// On which account it came in.
    pub fn account_id(&self) -> AccountId {
        self.account_id
    }
}

impl From<EntryRow> for QuarantineEntry {
    fn from(row: EntryRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            reason: row.reason,
            created_at: row.created_at,
        }
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

/// Up to `limit` things of an account after `after`, oldest first, without what they are.
pub async fn list(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    account_id: AccountId,
    after: Option<QuarantineId>,
    limit: usize,
) -> Result<Vec<QuarantineEntry>, Error> {
    let sql = format!(
        "SELECT {} FROM quarantine WHERE organization_id = $1 AND account_id = $2 AND id > $3 ORDER BY id LIMIT $4",
        EntryRow::COLUMNS
    );
    let after = after.map_or_else(Uuid::nil, QuarantineId::uuid);
    let rows: Vec<EntryRow> = tx
        .fetch_all(&sql, args![organization_id, account_id, after, limit])
        .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// One thing, whole.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: QuarantineId) -> Result<Quarantined, Error> {
    let sql = format!(
        "SELECT {} FROM quarantine WHERE organization_id = $1 AND id = $2",
        Quarantined::COLUMNS
    );
    tx.fetch_one(WHAT, &sql, args![organization_id, id]).await
}

/// It was tried again and could not be stored for another reason.
pub async fn set_reason(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: QuarantineId,
    reason: &str,
) -> Result<(), Error> {
    let changed = tx
        .execute(
            "UPDATE quarantine SET reason = $1 WHERE organization_id = $2 AND id = $3",
            args![reason, organization_id, id],
        )
        .await?;
    found(changed)
}

/// It is not kept aside any more.
pub async fn delete(tx: &mut Tx<'_>, organization_id: OrganizationId, id: QuarantineId) -> Result<(), Error> {
    let deleted = tx
        .execute(
            "DELETE FROM quarantine WHERE organization_id = $1 AND id = $2",
            args![organization_id, id],
        )
        .await?;
    found(deleted)
}

/// How many things of all organizations are kept aside. For metrics.
pub async fn count(tx: &mut Tx<'_>) -> Result<u64, Error> {
    let (count,): (u64,) = tx.fetch_one(WHAT, "SELECT COUNT(*) FROM quarantine", args![]).await?;
    Ok(count)
}

fn found(changed: u64) -> Result<(), Error> {
    if changed == 0 {
        return Err(Error::NotFound { what: WHAT });
    }
    Ok(())
}
