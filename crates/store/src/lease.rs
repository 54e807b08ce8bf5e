//! Leases: which node runs an account.
//!
//! A lease has an epoch that only grows. Whoever writes for an account proves in the same transaction that it still
//! holds the lease with the epoch it was given ([`hold`]): a node that was thought dead and comes back cannot write.
//! Rows are kept when a lease is given back, so that an epoch is never given twice.

use pesan_model::{AccountId, Timestamp};

use crate::{Error, Tx, args, dialect, rows};

/// Who claims to run an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder<'a> {
    /// The account.
    pub account_id: AccountId,
    /// The name of the node.
    pub owner: &'a str,
    /// What [`acquire`] gave.
    pub epoch: i64,
}

rows! {
    /// A lease as it is stored.
    pub struct Lease {
        account_id: AccountId,
        owner: String,
        epoch: i64,
        expires_at: Timestamp,
    }
}

impl Lease {
    /// The account.
    pub fn account_id(&self) -> AccountId {
        self.account_id
    }

    /// The node; empty when nobody runs it.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// How often the account was taken.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// When somebody else may take it.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

/// Whether any node runs an account.
pub async fn is_any_held(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, Error> {
    let held: Option<(AccountId,)> = tx
        .fetch_optional(
            "SELECT account_id FROM lease WHERE owner <> '' AND expires_at > $1 LIMIT 1",
            args![now],
        )
        .await?;
    Ok(held.is_some())
}

/// Takes the lease of an account until `expires_at` when nobody holds it, its holder is late, or `owner` had it before.
/// Gives the new epoch.
pub async fn acquire(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    owner: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<Option<i64>, Error> {
    let taken: Option<(i64,)> = tx
        .fetch_optional(
            "INSERT INTO lease (account_id, owner, epoch, expires_at) VALUES ($1, $2, 1, $3) \
             ON CONFLICT (account_id) DO UPDATE \
             SET owner = excluded.owner, epoch = lease.epoch + 1, expires_at = excluded.expires_at \
             WHERE lease.expires_at < $4 OR lease.owner = $2 RETURNING epoch",
            args![account_id, owner, expires_at, now],
        )
        .await?;
    Ok(taken.map(|(epoch,)| epoch))
}

/// Prolongs every lease of a node, and says which there are, with their epochs. One that is missing or has another epoch
/// than it was taken with is lost.
pub async fn renew_all(tx: &mut Tx<'_>, owner: &str, expires_at: Timestamp) -> Result<Vec<(AccountId, i64)>, Error> {
    tx.fetch_all(
        "UPDATE lease SET expires_at = $1 WHERE owner = $2 RETURNING account_id, epoch",
        args![expires_at, owner],
    )
    .await
}

/// Proves that the lease is still held, and keeps it from being taken until the transaction ends.
///
/// # Errors
/// [`Error::Fenced`] when it is not.
pub async fn hold(tx: &mut Tx<'_>, holder: &Holder<'_>) -> Result<(), Error> {
    let sql = format!(
        "SELECT epoch FROM lease WHERE account_id = $1 AND owner = $2 AND epoch = $3{}",
        dialect::for_share(tx)
    );
    let held: Option<(i64,)> = tx
        .fetch_optional(&sql, args![holder.account_id, holder.owner, holder.epoch])
        .await?;
    held.map(|_| ()).ok_or(Error::Fenced)
}

/// Gives a lease back, so that any node can take it at once. Does nothing when it is lost already.
pub async fn release(tx: &mut Tx<'_>, holder: &Holder<'_>) -> Result<(), Error> {
    tx.execute(
        "UPDATE lease SET owner = '', expires_at = 0 WHERE account_id = $1 AND owner = $2 AND epoch = $3",
        args![holder.account_id, holder.owner, holder.epoch],
    )
    .await?;
    Ok(())
}

/// Takes the lease away from whoever holds it: nothing that was started before can write any more.
pub async fn revoke(tx: &mut Tx<'_>, account_id: AccountId) -> Result<(), Error> {
    tx.execute(
        "UPDATE lease SET owner = '', epoch = epoch + 1, expires_at = 0 WHERE account_id = $1",
        args![account_id],
    )
    .await?;
    Ok(())
}

/// The lease of an account, if it was ever taken.
pub async fn get(tx: &mut Tx<'_>, account_id: AccountId) -> Result<Option<Lease>, Error> {
    let sql = format!("SELECT {} FROM lease WHERE account_id = $1", Lease::COLUMNS);
    tx.fetch_optional(&sql, args![account_id]).await
}

/// The leases of a node.
pub async fn list(tx: &mut Tx<'_>, owner: &str) -> Result<Vec<Lease>, Error> {
    let sql = format!(
        "SELECT {} FROM lease WHERE owner = $1 ORDER BY account_id",
        Lease::COLUMNS
    );
    tx.fetch_all(&sql, args![owner]).await
}
