//! The few statements that differ between SQLite and PostgreSQL, side by side.

use crate::value::args;
use crate::{Error, Tx};

/// Lets one process at a time migrate. Differs because SQLite's write transaction is already alone.
pub(crate) async fn lock_migrations(tx: &mut Tx<'_>) -> Result<(), Error> {
    if tx.is_postgres() {
        tx.fetch_all::<(String,)>("SELECT pg_advisory_xact_lock(7237125)::text", args![])
            .await?;
    }
    Ok(())
}

/// Appended to the inner `SELECT` of a claim. Differs because PostgreSQL has several writers, which must not wait for
/// each other or take the same rows.
pub(crate) fn skip_locked(tx: &Tx<'_>) -> &'static str {
    if tx.is_postgres() {
        " FOR UPDATE SKIP LOCKED"
    } else {
        ""
    }
}

/// Appended to a `SELECT` of a row that must not change until the transaction ends, and that others may read so too.
/// Differs because SQLite has one writer.
pub(crate) fn for_share(tx: &Tx<'_>) -> &'static str {
    if tx.is_postgres() { " FOR SHARE" } else { "" }
}

/// Appended to a `SELECT` of a row that is changed afterwards: nobody else reads it so, or changes it, until the
/// transaction ends. Differs because SQLite has one writer.
///
/// Keys never change, so rows that refer to it can be added meanwhile: whoever added one holds its key, and two of them who
/// then wanted it all to themselves would wait for each other.
pub(crate) fn for_update(tx: &Tx<'_>) -> &'static str {
    if tx.is_postgres() { " FOR NO KEY UPDATE" } else { "" }
}

/// Keeps what was read of a message as it is until the transaction ends. Differs because SQLite has one writer anyway,
/// and on PostgreSQL two transactions could each take the same step from the status they had both read.
pub(crate) fn for_update_of_message(tx: &Tx<'_>) -> &'static str {
    if tx.is_postgres() { " FOR UPDATE OF m" } else { "" }
}

/// The same for the chat `c` of a `SELECT` that joins others.
pub(crate) fn for_update_of_chat(tx: &Tx<'_>) -> &'static str {
    if tx.is_postgres() {
        " FOR NO KEY UPDATE OF c"
    } else {
        ""
    }
}

/// Written after a table: walk it by this index. Differs because PostgreSQL chooses by what is in the table and takes no
/// orders, and SQLite, which guesses, does.
pub(crate) fn indexed_by(tx: &Tx<'_>, index: &str) -> String {
    if tx.is_postgres() {
        String::new()
    } else {
        format!(" INDEXED BY {index}")
    }
}

/// Lets one transaction at a time change a lane of the queue. Differs because on PostgreSQL two transactions could each
/// miss the other's uncommitted row and leave a lane with two heads or none.
pub(crate) async fn lock_lane(tx: &mut Tx<'_>, lane: uuid::Uuid) -> Result<(), Error> {
    if tx.is_postgres() {
        let key = (lane.as_u128() >> 64) as i64 ^ lane.as_u128() as i64;
        tx.fetch_all::<(String,)>("SELECT pg_advisory_xact_lock($1)::text", args![key])
            .await?;
    }
    Ok(())
}

/// Bytes that the database takes up. Differs because each knows it by its own name.
pub(crate) fn size(tx: &Tx<'_>) -> &'static str {
    if tx.is_postgres() {
        "SELECT pg_database_size(current_database())"
    } else {
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    }
}

/// Reads name and statement of the indexes of the table `$1`, but for those that stand for its keys. Differs because each
/// keeps them in its own catalogue.
pub(crate) fn indexes(tx: &Tx<'_>) -> &'static str {
    if tx.is_postgres() {
        "SELECT indexname::text, indexdef FROM pg_indexes \
         WHERE schemaname = current_schema() AND tablename = $1 AND indexname NOT LIKE '%_pkey' ORDER BY indexname"
    } else {
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = $1 AND sql IS NOT NULL ORDER BY name"
    }
}
