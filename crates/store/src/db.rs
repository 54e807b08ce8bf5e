//! The store and its transactions.
//!
//! All writes go through [`Store::write`]. On SQLite one thread gathers what is waiting into a single durable commit, a
//! savepoint each ([`crate::sqlite`]); on PostgreSQL each is a transaction on a pooled connection
//! ([`crate::postgres`]). A write that was handed over is carried out even when the caller stops waiting for it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::BoxFuture;

use crate::postgres::PostgresDb;
use crate::row::{FromRow, Row};
use crate::sqlite::SqliteDb;
use crate::value::Value;
use crate::{Error, chat_counter, migrate, setting, statistic};

/// Where the data is.
#[derive(Debug, Clone)]
pub enum StoreOptions {
    /// A file; it is made when missing.
    Sqlite {
        /// Its path.
        path: PathBuf,
    },
    /// A server, as `postgres://user@host/database`.
    Postgres {
        /// The address. May hold a password: never logged.
        url: String,
        /// Most connections.
        max_connections: u32,
    },
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Database>);

enum Database {
    Sqlite(SqliteDb),
    Postgres(PostgresDb),
}

/// Whether the database takes what is written, as far as was seen.
#[derive(Default)]
pub(crate) struct Writes {
    are_refused: AtomicBool,
}

impl Writes {
    /// Looks at what came of a write or a part of it.
    pub(crate) fn failed(&self, error: &Error) {
        if matches!(error, Error::Unwritable(_)) {
            self.are_refused.store(true, Ordering::Relaxed);
        }
    }

    /// Something was changed and committed.
    pub(crate) fn worked(&self) {
        self.are_refused.store(false, Ordering::Relaxed);
    }

    fn are_refused(&self) -> bool {
        self.are_refused.load(Ordering::Relaxed)
    }
}

/// What [`Store::try_writing`] writes, which has to find room of its own: in the pages that are there it would fit on a full
/// disk too.
const PROBE: &str = "probe";
const PROBE_BYTES: usize = 64 * 1024;

/// A running transaction. Only `app`'s use cases open one, and never wait for anything else while it is open.
pub struct Tx<'c> {
    connection: Connection<'c>,
    /// Who is told when it may not write.
    writes: Option<Arc<Writes>>,
    /// Whether it changed anything.
    pub(crate) has_written: bool,
    /// What it changed of the numbers of chats, which is written before it is committed.
    pub(crate) chat_counts: chat_counter::Changes,
    /// What it changed of what is counted day by day, which is written then too.
    pub(crate) statistics: statistic::Changes,
    /// How the database goes about each statement, while somebody wants to know.
    #[cfg(feature = "testing")]
    pub(crate) plans: Option<Vec<crate::testing::Plan>>,
}

pub(crate) enum Connection<'c> {
    Sqlite(&'c mut rusqlite::Connection),
    Postgres(&'c mut sqlx::PgConnection),
}

impl Store {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// [`Error::Version`] when the database was made by a newer version.
    pub async fn open(options: &StoreOptions) -> Result<Self, Error> {
        let database = match options {
            StoreOptions::Sqlite { path } => Database::Sqlite(SqliteDb::open(path)?),
            StoreOptions::Postgres { url, max_connections } => {
                Database::Postgres(PostgresDb::open(url, *max_connections).await?)
            }
        };
        let store = Self(Arc::new(database));
        migrate::run(&store).await?;
        Ok(store)
    }

    /// Runs `work` in a transaction and returns once it is durable. When `work` fails, none of it happened.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        match &*self.0 {
            Database::Sqlite(sqlite) => sqlite.write(work).await,
            Database::Postgres(postgres) => postgres.write(work).await,
        }
    }

    /// Runs `work` on one consistent view of the data. It must not write.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        match &*self.0 {
            Database::Sqlite(sqlite) => sqlite.read(work).await,
            Database::Postgres(postgres) => postgres.read(work).await,
        }
    }

    /// As [`Store::read`], for a few rows by their keys. On SQLite it runs on the calling thread, because waking another
    /// one takes longer than such a read.
    pub async fn lookup<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        match &*self.0 {
            Database::Sqlite(sqlite) => sqlite.lookup(work).await,
            Database::Postgres(postgres) => postgres.read(work).await,
        }
    }

    /// Whether the last write failed because the database takes none: for want of room, for example.
    pub fn refuses_writes(&self) -> bool {
        match &*self.0 {
            Database::Sqlite(sqlite) => sqlite.writes.are_refused(),
            Database::Postgres(postgres) => postgres.writes.are_refused(),
        }
    }

    /// Writes something that leaves nothing behind, to see whether that can be done.
    pub async fn try_writing(&self) -> Result<(), Error> {
        self.write(|tx| {
            Box::pin(async move {
                let probe = "x".repeat(PROBE_BYTES);
                setting::set(tx, PROBE, &probe).await?;
                setting::take(tx, PROBE, &probe).await.map(drop)
            })
        })
        .await
    }

    /// `sqlite` or `postgres`.
    pub fn kind(&self) -> &'static str {
        match &*self.0 {
            Database::Sqlite(_) => "sqlite",
            Database::Postgres(_) => "postgres",
        }
    }

    /// Finishes what is waiting and closes the connections.
    pub async fn close(&self) {
        match &*self.0 {
            Database::Sqlite(sqlite) => sqlite.close().await,
            Database::Postgres(postgres) => postgres.close().await,
        }
    }
}

impl<'c> Tx<'c> {
    pub(crate) fn new(connection: Connection<'c>) -> Self {
        Self {
            connection,
            writes: None,
            has_written: false,
            chat_counts: chat_counter::Changes::default(),
            statistics: statistic::Changes::default(),
            #[cfg(feature = "testing")]
            plans: None,
        }
    }

    /// One that may write, and tells when that is refused.
    pub(crate) fn writing(connection: Connection<'c>, writes: &Arc<Writes>) -> Self {
        Self {
            writes: Some(writes.clone()),
            ..Self::new(connection)
        }
    }

    /// Looks at what came of a statement.
    fn noticed<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        if let (Err(error), Some(writes)) = (&result, &self.writes) {
            writes.failed(error);
        }
        result
    }

    /// Writes what was put off until the end. Called once, after the work and before the commit.
    pub(crate) async fn settle(&mut self) -> Result<(), Error> {
        statistic::settle(self).await?;
        chat_counter::settle(self).await
    }

    /// True on PostgreSQL. Only for `dialect`.
    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.connection, Connection::Postgres(_))
    }

    /// Ends what is read on SQLite after so many steps. Only for `dialect`, in a [`Store::read`].
    pub(crate) fn limit_steps(&mut self, steps: u64) {
        match &mut self.connection {
            Connection::Sqlite(connection) => crate::sqlite::limit_steps(connection, steps),
            Connection::Postgres(_) => {}
        }
    }

    /// Runs a statement and says how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: &str, args: Vec<Value>) -> Result<u64, Error> {
        #[cfg(feature = "testing")]
        self.explain(sql, &args).await?;
        let done = match &mut self.connection {
            Connection::Sqlite(connection) => crate::sqlite::execute(connection, sql, &args),
            Connection::Postgres(connection) => crate::postgres::execute(connection, sql, args).await,
        };
        let rows = self.noticed(done)?;
        self.has_written |= rows > 0;
        Ok(rows)
    }

    /// Notes the plan of a statement, while somebody wants to know.
    #[cfg(feature = "testing")]
    async fn explain(&mut self, sql: &str, args: &[Value]) -> Result<(), Error> {
        if self.plans.is_none() {
            return Ok(());
        }
        let lines: Vec<String> = match &mut self.connection {
            Connection::Sqlite(connection) => {
                let sql = format!("EXPLAIN QUERY PLAN {sql}");
                let rows: Vec<(i64, i64, i64, String)> = crate::sqlite::fetch(connection, &sql, args, usize::MAX)?;
                rows.into_iter().map(|(.., line)| line).collect()
            }
            Connection::Postgres(connection) => {
                // What changes something must not be done twice.
                let how = if sql.starts_with("SELECT") {
                    "(ANALYZE, TIMING OFF, SUMMARY OFF, COSTS OFF)"
                } else {
                    "(COSTS OFF)"
                };
                let rows = crate::postgres::fetch(connection, &format!("EXPLAIN {how} {sql}"), args.to_vec()).await?;
                let lines: Result<Vec<(String,)>, _> =
                    rows.iter().map(|row| FromRow::from_row(&Row::Postgres(row))).collect();
                lines?.into_iter().map(|(line,)| line).collect()
            }
        };
        let plan = crate::testing::Plan {
            sql: sql.to_owned(),
            lines,
        };
        self.plans.get_or_insert_default().push(plan);
        Ok(())
    }

    /// Runs several statements without values.
    pub(crate) async fn execute_script(&mut self, sql: &'static str) -> Result<(), Error> {
        match &mut self.connection {
            Connection::Sqlite(connection) => connection
                .execute_batch(sql)
                .map_err(|error| Error::sqlite("run a migration", error)),
            Connection::Postgres(connection) => crate::postgres::execute_script(connection, sql).await,
        }
    }

    /// Every row.
    pub(crate) async fn fetch_all<T: FromRow + Send>(&mut self, sql: &str, args: Vec<Value>) -> Result<Vec<T>, Error> {
        #[cfg(feature = "testing")]
        self.explain(sql, &args).await?;
        let found = match &mut self.connection {
            Connection::Sqlite(connection) => crate::sqlite::fetch(connection, sql, &args, usize::MAX),
            Connection::Postgres(connection) => crate::postgres::fetch(connection, sql, args)
                .await
                .and_then(|rows| rows.iter().map(|row| T::from_row(&Row::Postgres(row))).collect()),
        };
        self.noticed(found)
    }

    /// The first row, if there is one.
    pub(crate) async fn fetch_optional<T: FromRow + Send>(
        &mut self,
        sql: &str,
        args: Vec<Value>,
    ) -> Result<Option<T>, Error> {
        #[cfg(feature = "testing")]
        self.explain(sql, &args).await?;
        let found = match &mut self.connection {
            Connection::Sqlite(connection) => {
                crate::sqlite::fetch(connection, sql, &args, 1).map(|mut rows: Vec<T>| rows.pop())
            }
            Connection::Postgres(connection) => crate::postgres::fetch(connection, sql, args)
                .await
                .and_then(|rows| rows.first().map(|row| T::from_row(&Row::Postgres(row))).transpose()),
        };
        self.noticed(found)
    }

    /// The first row; `what` is not found when there is none.
    pub(crate) async fn fetch_one<T: FromRow + Send>(
        &mut self,
        what: &'static str,
        sql: &str,
        args: Vec<Value>,
    ) -> Result<T, Error> {
        self.fetch_optional(sql, args).await?.ok_or(Error::NotFound { what })
    }
}

/// Bytes that the database takes up, without what it has not yet written back.
pub async fn size(tx: &mut Tx<'_>) -> Result<u64, Error> {
    let sql = crate::dialect::size(tx);
    let (bytes,): (u64,) = tx.fetch_one("database", sql, Vec::new()).await?;
    Ok(bytes)
}
