//! Databases for tests: every suite runs on both. What tests do to a database that nobody else may.

mod databases;
mod server;

use pesan_model::{AccountId, ChatId, MessageId, OrganizationId, Timestamp};

pub use self::databases::{TestDatabase, both, postgres, sqlite};
use crate::Store;
use crate::row::{FromRow, Row};

/// How the database goes about a statement.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The statement.
    pub sql: String,
    /// The database's own words.
    pub lines: Vec<String>,
}

impl Plan {
    /// Whether a whole table is read.
    pub fn is_scan(&self) -> bool {
        let gathered: Vec<&str> = self
            .lines
            .iter()
            .filter_map(|line| line.strip_prefix("CO-ROUTINE ").or(line.strip_prefix("MATERIALIZE ")))
            .collect();
        let is_scan = |line: &String| {
            // What a statement itself gathered, and the values in it, are no table.
            let is_table = line.strip_prefix("SCAN ").is_some_and(|what| {
                let is_values = what.starts_with("CONSTANT ROW") || what.starts_with('(') || what.contains("VALUES");
                !is_values && !gathered.contains(&what)
            });
            // What PostgreSQL leaves out on the way it says apart, and that is in `rows_read`.
            let is_of_rows = line.contains("Seq Scan on") && !line.contains("(actual rows=0");
            is_table || is_of_rows || line.contains("AUTOMATIC")
        };
        self.lines.iter().any(is_scan)
    }

    /// Whether SQLite puts rows in order that no index holds in that order.
    pub fn is_sorted(&self) -> bool {
        self.lines.iter().any(|line| line.contains("TEMP B-TREE"))
    }

    /// Rows that PostgreSQL read and looked at in its largest step.
    pub fn rows_read(&self) -> f64 {
        self.lines.iter().map(|line| rows_read(line)).fold(0.0, f64::max)
    }
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n{}", self.sql, self.lines.join("\n"))
    }
}

fn rows_read(line: &str) -> f64 {
    let number = |after: &str| {
        let rest = line.split_once(after)?.1;
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
        rest[..end.unwrap_or(rest.len())].parse::<f64>().ok()
    };
    match number("(actual rows=") {
        Some(rows) => rows * number("loops=").unwrap_or(1.0),
        None => number("Rows Removed by Filter: ").unwrap_or_default(),
    }
}

/// From here on the plan of every statement is noted.
pub fn watch_plans(tx: &mut crate::Tx<'_>) {
    tx.plans = Some(Vec::new());
}

/// Lets PostgreSQL read a table whole only where no index leads to the rows, however small the table is.
pub async fn avoid_scans(tx: &mut crate::Tx<'_>) -> Result<(), crate::Error> {
    if tx.is_postgres() {
        tx.execute("SET LOCAL enable_seqscan = off", Vec::new()).await?;
    }
    Ok(())
}

/// The plans of the statements since [`watch_plans`].
pub fn take_plans(tx: &mut crate::Tx<'_>) -> Vec<Plan> {
    tx.plans.take().unwrap_or_default()
}

/// How the connection that writes to SQLite keeps what it commits: its `synchronous` and its `journal_mode`.
pub async fn durability(store: &Store) -> (i64, String) {
    store
        .write::<_, crate::Error, _>(|tx| {
            Box::pin(async move {
                let (synchronous,): (i64,) = tx.fetch_one("setting", "PRAGMA synchronous", Vec::new()).await?;
                let (journal_mode,): (String,) = tx.fetch_one("setting", "PRAGMA journal_mode", Vec::new()).await?;
                Ok((synchronous, journal_mode))
            })
        })
        .await
        .expect("SQLite says it")
}

/// From here on there is no room for what is written: SQLite's file does not grow, and PostgreSQL says it of the probe, of
/// tags and of keys.
pub async fn fill_disk(store: &Store) {
    let done = store.write::<_, crate::Error, _>(|tx| {
        Box::pin(async move {
            if tx.is_postgres() {
                let no_room = "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS \
                     $$BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END$$";
                tx.execute(no_room, Vec::new()).await?;
                for table in ["setting", "tag", "api_key"] {
                    let sql = format!(
                        "CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION no_room()"
                    );
                    tx.execute(&sql, Vec::new()).await?;
                }
                return Ok(());
            }
            let (pages,): (i64,) = tx.fetch_one("setting", "PRAGMA page_count", Vec::new()).await?;
            limit_pages(tx, pages).await
        })
    });
    done.await.expect("the disk is full");
}

/// There is room again.
pub async fn empty_disk(store: &Store) {
    let done = store.write::<_, crate::Error, _>(|tx| {
        Box::pin(async move {
            if tx.is_postgres() {
                tx.execute("DROP FUNCTION no_room CASCADE", Vec::new()).await?;
                return Ok(());
            }
            limit_pages(tx, i64::from(u32::MAX) - 1).await
        })
    });
    done.await.expect("there is room");
}

async fn limit_pages(tx: &mut crate::Tx<'_>, pages: i64) -> Result<(), crate::Error> {
    let sql = format!("PRAGMA max_page_count = {pages}");
    let _: (i64,) = tx.fetch_one("setting", &sql, Vec::new()).await?;
    Ok(())
}

/// Renames a table, so that whatever needs it is refused by a sound database until it has its name again.
pub async fn rename_table(store: &Store, from: &str, to: &str) {
    let sql = format!("ALTER TABLE {from} RENAME TO {to}");
    store
        .write::<_, crate::Error, _>(move |tx| Box::pin(async move { tx.execute(&sql, Vec::new()).await }))
        .await
        .expect("the table is renamed");
}

/// Replaces what stands in the row of a message, as a fault of the disk or another version could.
pub async fn replace_content(store: &Store, id: MessageId, content: &str) {
    let content = content.to_owned();
    store
        .write::<_, crate::Error, _>(move |tx| {
            Box::pin(async move {
                tx.execute(
                    "UPDATE message SET content = $1 WHERE id = $2",
                    crate::args![content, id],
                )
                .await
            })
        })
        .await
        .expect("the content is replaced");
}

/// Drops an index.
pub async fn drop_index(store: &Store, name: &str) {
    let sql = format!("DROP INDEX {name}");
    store
        .write::<_, crate::Error, _>(move |tx| Box::pin(async move { tx.execute(&sql, Vec::new()).await }))
        .await
        .expect("the index is dropped");
}

/// Makes everybody unfindable, as people are who were there before the search.
pub async fn forget_words(store: &Store) {
    store
        .write::<_, crate::Error, _>(|tx| {
            Box::pin(async move {
                tx.execute("DELETE FROM contact_word", Vec::new()).await?;
                tx.execute("UPDATE contact SET is_indexed = FALSE", Vec::new()).await
            })
        })
        .await
        .expect("the words are deleted");
}

/// Makes every message and group unfindable, as those are that were there before the search.
pub async fn forget_search(store: &Store) {
    store
        .write::<_, crate::Error, _>(|tx| {
            Box::pin(async move {
                tx.execute("DELETE FROM message_search", Vec::new()).await?;
                tx.execute("DELETE FROM chat_word", Vec::new()).await?;
                for (kind, table) in [("message", "message"), ("chat", "chat")] {
                    let sql = format!(
                        "INSERT INTO search_backlog (kind, up_to) SELECT '{kind}', id FROM {table} ORDER BY id DESC LIMIT 1"
                    );
                    tx.execute(&sql, Vec::new()).await?;
                }
                Ok(())
            })
        })
        .await
        .expect("what is found is deleted");
}

/// What is stored of a message, for tests that count for themselves.
#[derive(Debug, Clone)]
pub struct MessageFacts {
    /// Its id.
    pub id: MessageId,
    /// Its account.
    pub account_id: AccountId,
    /// Its chat.
    pub chat_id: ChatId,
    /// `in` or `out`.
    pub direction: String,
    /// WhatsApp's id.
    pub wa_id: String,
    /// What it is.
    pub kind: String,
    /// Where it is on its way.
    pub status: String,
    /// Its place in the thread.
    pub at: Timestamp,
    /// When it left.
    pub sent_at: Option<Timestamp>,
    /// When it was read.
    pub read_at: Option<Timestamp>,
    /// When it was given up.
    pub failed_at: Option<Timestamp>,
    /// How long somebody had waited for it.
    pub waited: Option<i64>,
    /// When it was deleted here.
    pub deleted_at: Option<Timestamp>,
}

impl FromRow for MessageFacts {
    fn from_row(row: &Row<'_>) -> Result<Self, crate::Error> {
        Ok(Self {
            id: row.get(0)?,
            account_id: row.get(1)?,
            chat_id: row.get(2)?,
            direction: row.get(3)?,
            wa_id: row.get(4)?,
            kind: row.get(5)?,
            status: row.get(6)?,
            at: row.get(7)?,
            sent_at: row.get(8)?,
            read_at: row.get(9)?,
            failed_at: row.get(10)?,
            waited: row.get(11)?,
            deleted_at: row.get(12)?,
        })
    }
}

/// Everything that is stored of messages, deleted ones too.
pub async fn all_messages(store: &Store, organization_id: OrganizationId) -> Vec<MessageFacts> {
    let sql = "SELECT id, account_id, chat_id, direction, wa_id, kind, status, at, sent_at, read_at, failed_at, waited, \
         deleted_at FROM message WHERE organization_id = $1 ORDER BY chat_id, at, id";
    store
        .read::<_, crate::Error, _>(move |tx| {
            Box::pin(async move { tx.fetch_all(sql, crate::args![organization_id]).await })
        })
        .await
        .expect("read")
}

/// When each contact was met, merged ones too.
pub async fn all_contacts(store: &Store, organization_id: OrganizationId) -> Vec<Timestamp> {
    let found: Vec<(Timestamp,)> = store
        .read::<_, crate::Error, _>(move |tx| {
            Box::pin(async move {
                tx.fetch_all(
                    "SELECT created_at FROM contact WHERE organization_id = $1",
                    crate::args![organization_id],
                )
                .await
            })
        })
        .await
        .expect("read");
    found.into_iter().map(|(created_at,)| created_at).collect()
}

/// Leaves messages and contacts as those are that were there before anything was counted of them.
pub async fn forget_counts(store: &Store) {
    store
        .write::<_, crate::Error, _>(|tx| {
            Box::pin(async move {
                crate::statistic::backlog::begin_anew(tx).await?;
                tx.execute("UPDATE message SET waited = NULL", Vec::new()).await
            })
        })
        .await
        .expect("the counts are deleted");
}
