//! Credentials and Signal state of linked devices: records by account, kind and key.
//!
//! Values are sealed before they come here ([`seal`]) and opened after they left ([`open`]), so that no time of the
//! writer is spent on encryption. Every write proves first that the account's lease is held ([`crate::lease::hold`]).

use std::collections::HashMap;

use pesan_model::{AccountId, Random, Timestamp};

use crate::lease::{self, Holder};
use crate::value::Value;
use crate::{Error, OrganizationKey, Tx, args};

const COLUMN: &str = "session_record.value";
/// Most rows of one statement. Statements come in sizes of powers of two only, so that there are few to prepare.
const MAX_ROWS: usize = 64;

/// A record's place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The kind.
    pub kind: &'static str,
    /// The key, unique in the kind.
    pub key: Vec<u8>,
}

/// One change.
#[derive(Debug, Clone)]
pub enum Write {
    /// Writes a record, new or not.
    Put {
        /// Where.
        place: Place,
        /// What [`seal`] gave.
        sealed: Vec<u8>,
        /// It may be deleted after this time.
        expires_at: Option<Timestamp>,
    },
    /// Deletes a record, there or not.
    Delete(Place),
    /// Deletes every record of a kind whose key starts so; all of the kind when empty.
    DeletePrefix {
        /// The kind.
        kind: &'static str,
        /// The start of the keys.
        prefix: Vec<u8>,
    },
}

/// Account, kind and key, so that a value opens in its own place only.
fn row(account_id: AccountId, kind: &str, key: &[u8]) -> Vec<u8> {
    [account_id.uuid().as_bytes().as_slice(), kind.as_bytes(), &[0], key].concat()
}

/// Encrypts a record's value for its place.
pub fn seal(
    organization: &OrganizationKey,
    account_id: AccountId,
    place: &Place,
    value: &[u8],
    random: &dyn Random,
) -> Vec<u8> {
    organization.seal(COLUMN, &row(account_id, place.kind, &place.key), value, random)
}

/// Decrypts what [`seal`] made for the same place.
pub fn open(
    organization: &OrganizationKey,
    account_id: AccountId,
    kind: &str,
    key: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, Error> {
    organization.open(COLUMN, &row(account_id, kind, key), sealed)
}

/// The sealed values of these keys, those that are there.
pub async fn get(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    kind: &str,
    keys: &[Vec<u8>],
) -> Result<HashMap<Vec<u8>, Vec<u8>>, Error> {
    let mut found = HashMap::with_capacity(keys.len());
    for chunk in keys.chunks(MAX_ROWS) {
        let sql = format!(
            "SELECT key, value FROM session_record WHERE account_id = $1 AND kind = $2 AND key IN ({})",
            placeholders(3, chunk.len().next_power_of_two())
        );
        let rows: Vec<(Vec<u8>, Vec<u8>)> = tx.fetch_all(&sql, padded(account_id, kind, chunk)).await?;
        found.extend(rows);
    }
    Ok(found)
}

/// The record of a kind with the least key, as key and sealed value.
pub async fn first(tx: &mut Tx<'_>, account_id: AccountId, kind: &str) -> Result<Option<(Vec<u8>, Vec<u8>)>, Error> {
    tx.fetch_optional(
        "SELECT key, value FROM session_record WHERE account_id = $1 AND kind = $2 ORDER BY key LIMIT 1",
        args![account_id, kind],
    )
    .await
}

/// Every record of a kind whose key starts with `prefix`, as key and sealed value, ordered by key.
pub async fn list(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    kind: &str,
    prefix: &[u8],
) -> Result<Vec<(Vec<u8>, Vec<u8>)>, Error> {
    let (range, values) = prefix_range(account_id, kind, prefix);
    let sql = format!("SELECT key, value FROM session_record WHERE {range} ORDER BY key");
    tx.fetch_all(&sql, values).await
}

/// Does all of `writes` in order.
///
/// # Errors
/// [`Error::Fenced`] when the lease is lost; then nothing was written.
pub async fn write(tx: &mut Tx<'_>, holder: &Holder<'_>, writes: Vec<Write>) -> Result<(), Error> {
    lease::hold(tx, holder).await?;
    let account_id = holder.account_id;
    let mut puts = Puts::default();
    let mut deletes = Deletes::default();
    for write in writes {
        match write {
            Write::Put {
                place,
                sealed,
                expires_at,
            } => {
                deletes.run(tx, account_id).await?;
                puts.add(place, sealed, expires_at);
            }
            Write::Delete(place) => {
                puts.run(tx, account_id).await?;
                deletes.0.entry(place.kind).or_default().push(place.key);
            }
            Write::DeletePrefix { kind, prefix } => {
                puts.run(tx, account_id).await?;
                let (range, values) = prefix_range(account_id, kind, &prefix);
                tx.execute(&format!("DELETE FROM session_record WHERE {range}"), values)
                    .await?;
            }
        }
    }
    deletes.run(tx, account_id).await?;
    puts.run(tx, account_id).await
}

/// Deletes a record and gives its sealed value.
///
/// # Errors
/// [`Error::Fenced`] when the lease is lost.
pub async fn take(tx: &mut Tx<'_>, holder: &Holder<'_>, place: &Place) -> Result<Option<Vec<u8>>, Error> {
    lease::hold(tx, holder).await?;
    let taken: Option<(Vec<u8>,)> = tx
        .fetch_optional(
            "DELETE FROM session_record WHERE account_id = $1 AND kind = $2 AND key = $3 RETURNING value",
            args![holder.account_id, place.kind, &place.key],
        )
        .await?;
    Ok(taken.map(|(value,)| value))
}

/// Deletes the records of a kind that expired before `now`, and says how many.
///
/// # Errors
/// [`Error::Fenced`] when the lease is lost.
pub async fn delete_expired(tx: &mut Tx<'_>, holder: &Holder<'_>, kind: &str, now: Timestamp) -> Result<u64, Error> {
    lease::hold(tx, holder).await?;
    tx.execute(
        "DELETE FROM session_record WHERE account_id = $1 AND kind = $2 AND expires_at < $3",
        args![holder.account_id, kind, now],
    )
    .await
}

/// Deletes everything but one kind of an account whose lease was just revoked, so that it can be linked anew.
pub async fn delete_all_but(tx: &mut Tx<'_>, account_id: AccountId, kept: &str) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM session_record WHERE account_id = $1 AND kind <> $2",
        args![account_id, kept],
    )
    .await
}

/// How many records an account has. For metrics and tests.
pub async fn count(tx: &mut Tx<'_>, account_id: AccountId) -> Result<u64, Error> {
    let (count,): (u64,) = tx
        .fetch_one(
            "session record",
            "SELECT COUNT(*) FROM session_record WHERE account_id = $1",
            args![account_id],
        )
        .await?;
    Ok(count)
}

/// Puts that wait to be written together, by place: a later one replaces an earlier one.
#[derive(Default)]
struct Puts(HashMap<Place, (Vec<u8>, Option<Timestamp>)>);

impl Puts {
    fn add(&mut self, place: Place, sealed: Vec<u8>, expires_at: Option<Timestamp>) {
        self.0.insert(place, (sealed, expires_at));
    }

    async fn run(&mut self, tx: &mut Tx<'_>, account_id: AccountId) -> Result<(), Error> {
        let mut rows: Vec<_> = self.0.drain().collect();
        // Always in the same order, so that two transactions never wait for each other.
        rows.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
        let mut rows = rows.into_iter().peekable();
        while rows.len() > 0 {
            let size = largest_statement(rows.len());
            let mut values = args![account_id];
            for (place, (sealed, expires_at)) in rows.by_ref().take(size) {
                values.extend(args![place.kind, place.key, sealed, expires_at]);
            }
            tx.execute(&put_statement(size), values).await?;
        }
        Ok(())
    }
}

/// Deletes that wait to be done together, by kind.
#[derive(Default)]
struct Deletes(HashMap<&'static str, Vec<Vec<u8>>>);

impl Deletes {
    async fn run(&mut self, tx: &mut Tx<'_>, account_id: AccountId) -> Result<(), Error> {
        for (kind, keys) in self.0.drain() {
            for chunk in keys.chunks(MAX_ROWS) {
                let sql = format!(
                    "DELETE FROM session_record WHERE account_id = $1 AND kind = $2 AND key IN ({})",
                    placeholders(3, chunk.len().next_power_of_two())
                );
                tx.execute(&sql, padded(account_id, kind, chunk)).await?;
            }
        }
        Ok(())
    }
}

/// The largest power of two that is at most `rows` and at most [`MAX_ROWS`].
fn largest_statement(rows: usize) -> usize {
    let rows = rows.clamp(1, MAX_ROWS);
    1 << (usize::BITS - 1 - rows.leading_zeros())
}

fn put_statement(rows: usize) -> String {
    let values: Vec<String> = (0..rows)
        .map(|row| format!("($1, {})", placeholders(2 + row * 4, 4)))
        .collect();
    format!(
        "INSERT INTO session_record (account_id, kind, key, value, expires_at) VALUES {} \
         ON CONFLICT (account_id, kind, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
        values.join(", ")
    )
}

/// `$first, $first+1, …`, so many.
fn placeholders(first: usize, count: usize) -> String {
    let names: Vec<String> = (first..first + count).map(|number| format!("${number}")).collect();
    names.join(", ")
}

/// The values of a statement on these keys. The last key is repeated up to a power of two, which changes nothing.
fn padded(account_id: AccountId, kind: &str, keys: &[Vec<u8>]) -> Vec<Value> {
    let mut values = args![account_id, kind];
    let missing = keys.len().next_power_of_two() - keys.len();
    let repeated = keys.last().into_iter().cycle().take(missing);
    for key in keys.iter().chain(repeated) {
        values.extend(args![key]);
    }
    values
}

/// The condition on keys that start with `prefix`: a range of the primary key.
fn prefix_range(account_id: AccountId, kind: &str, prefix: &[u8]) -> (&'static str, Vec<Value>) {
    match end_of_prefix(prefix) {
        Some(end) => (
            "account_id = $1 AND kind = $2 AND key >= $3 AND key < $4",
            args![account_id, kind, prefix, end],
        ),
        None => (
            "account_id = $1 AND kind = $2 AND key >= $3",
            args![account_id, kind, prefix],
        ),
    }
}

/// The first key after all that start with `prefix`; none when there is no such key.
fn end_of_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|&byte| byte != 0xff)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_after_every_key_that_starts_with_it() {
        assert_eq!(end_of_prefix(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(end_of_prefix(&[1, 0xff, 0xff]), Some(vec![2]));
        assert_eq!(end_of_prefix(&[0xff, 0xff]), None);
        assert_eq!(end_of_prefix(b""), None);
    }

    #[test]
    fn statements_come_in_powers_of_two() {
        let sizes: Vec<_> = [1, 2, 3, 7, 8, 63, 64, 65, 1000]
            .into_iter()
            .map(largest_statement)
            .collect();
        assert_eq!(sizes, [1, 2, 2, 4, 8, 32, 64, 64, 64]);
        let account = AccountId::from(uuid::Uuid::from_u128(1));
        assert_eq!(padded(account, "k", &[vec![1], vec![2], vec![3]]).len(), 2 + 4);
        assert_eq!(placeholders(3, 3), "$3, $4, $5");
    }
}
