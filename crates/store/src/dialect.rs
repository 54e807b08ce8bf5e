//! The few statements that differ between SQLite and PostgreSQL, side by side.

use std::time::Duration;

use pesan_model::search::Term;

use crate::value::{Value, args};
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

/// As [`for_update`], of rows that are about to be deleted: nobody refers to them anew, and who began to is waited for.
pub(crate) fn for_delete(tx: &Tx<'_>) -> &'static str {
    if tx.is_postgres() { " FOR UPDATE" } else { "" }
}

/// Keeps what was read of a message as it is until the transaction ends. Differs because SQLite has one writer anyway,
/// and on PostgreSQL two transactions could each take the same step from the status they had both read. As with
/// [`for_update`], others can refer to the message meanwhile.
pub(crate) fn for_update_of_message(tx: &Tx<'_>) -> &'static str {
    if tx.is_postgres() {
        " FOR NO KEY UPDATE OF m"
    } else {
        ""
    }
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
         WHERE schemaname = current_schema() AND tablename = $1 \
         AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = indexname) ORDER BY indexname"
    } else {
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = $1 AND sql IS NOT NULL ORDER BY name"
    }
}

/// What a migration does besides. Differs because each database has its own way to find a text by its words.
pub(crate) fn own_migration(tx: &Tx<'_>, name: &str) -> Option<&'static str> {
    match (name, tx.is_postgres()) {
        ("0013_search", true) => Some(include_str!("../migrations/0013_search.postgres.sql")),
        ("0013_search", false) => Some(include_str!("../migrations/0013_search.sqlite.sql")),
        _ => None,
    }
}

/// Adds a row of `message_search` with the words by which it is found; `values` are its columns, the place first. False
/// when the place is taken. Differs because the words are a column on PostgreSQL and a table of its own on SQLite.
pub(crate) async fn insert_searched(tx: &mut Tx<'_>, mut values: Vec<Value>, words: &str) -> Result<bool, Error> {
    const COLUMNS: &str = "place, organization_id, account_id, chat_id, message_id";
    if tx.is_postgres() {
        values.extend(args![words]);
        let sql = format!(
            "INSERT INTO message_search ({COLUMNS}, words) \
             VALUES ($1, $2, $3, $4, $5, array_to_tsvector(string_to_array($6, ' '))) ON CONFLICT (place) DO NOTHING"
        );
        return Ok(tx.execute(&sql, values).await? == 1);
    }
    let place = values[0].clone();
    let sql =
        format!("INSERT INTO message_search ({COLUMNS}) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (place) DO NOTHING");
    if tx.execute(&sql, values).await? == 0 {
        return Ok(false);
    }
    let words = vec![place, Value::Text(Some(words.to_owned()))];
    tx.execute("INSERT INTO message_word (rowid, words) VALUES ($1, $2)", words)
        .await?;
    Ok(true)
}

/// The rows `f` of `message_search` that have the words `$1`, and how they are asked for. Differs as the words do. On
/// PostgreSQL the index is asked before anything else is looked at, because what it has of a word cannot be known before.
pub(crate) fn searched(tx: &Tx<'_>) -> (&'static str, &'static str) {
    if tx.is_postgres() {
        let found = "WITH f AS MATERIALIZED (SELECT place, organization_id, account_id, chat_id, message_id \
             FROM message_search WHERE words @@ CAST($1 AS tsquery)) SELECT f.place, f.message_id FROM f WHERE TRUE";
        return (found, "f.place");
    }
    let found = "SELECT f.place, f.message_id FROM message_word w CROSS JOIN message_search f ON f.place = w.rowid \
         WHERE w.message_word MATCH $1";
    (found, "w.rowid")
}

/// All of `terms` under any of `prefixes`, as [`searched`] takes it. Differs because each has a language of its own.
/// Nobody can say anything else in it: terms are letters and digits.
pub(crate) fn words_query(tx: &Tx<'_>, prefixes: &[String], terms: &[Term]) -> String {
    let (and, or) = if tx.is_postgres() {
        (" & ", " | ")
    } else {
        (" AND ", " OR ")
    };
    let word = |prefix: &str, term: &Term| {
        let text = &term.text;
        match (tx.is_postgres(), term.is_beginning) {
            (true, true) => format!("'{prefix}{text}':*"),
            (true, false) => format!("'{prefix}{text}'"),
            (false, true) => format!("\"{prefix}{text}\" *"),
            (false, false) => format!("\"{prefix}{text}\""),
        }
    };
    let all = |prefix: &String| {
        let words: Vec<String> = terms.iter().map(|term| word(prefix, term)).collect();
        format!("({})", words.join(and))
    };
    prefixes.iter().map(all).collect::<Vec<_>>().join(or)
}

/// Ends what the transaction reads with [`Error::Stopped`] when it takes too long. Differs because PostgreSQL goes by time,
/// and SQLite by work. PostgreSQL also guesses badly how many rows have one of many words: it may read the whole table then,
/// or compile the statement for longer than it runs, and is forbidden both.
pub(crate) async fn limit_search(tx: &mut Tx<'_>, time: Duration) -> Result<(), Error> {
    /// Steps of SQLite's machine in a millisecond, roughly.
    const STEPS: u64 = 10_000;
    let millis = time.as_millis() as u64;
    if tx.is_postgres() {
        let set = "SELECT set_config('statement_timeout', $1, TRUE), set_config('enable_seqscan', 'off', TRUE), \
             set_config('jit', 'off', TRUE)";
        tx.fetch_one::<(String, String, String)>("setting", set, args![millis.to_string()])
            .await?;
        return Ok(());
    }
    tx.limit_steps(millis * STEPS);
    Ok(())
}

/// Appended to a `SELECT` of rows that must not change until the transaction ends; rows that somebody else changes are
/// left out. Differs because SQLite has one writer.
pub(crate) fn for_share_skip_locked(tx: &Tx<'_>) -> &'static str {
    if tx.is_postgres() { " FOR SHARE SKIP LOCKED" } else { "" }
}
