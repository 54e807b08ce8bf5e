//! SQLite: one thread that writes, a few connections that read.
//!
//! The writer takes everything that waits, runs each piece of work in a savepoint of one transaction, commits once with
//! `synchronous=FULL`, and only then answers. That is what makes durability cheap: one flush serves many callers.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use futures::future::BoxFuture;
use parking_lot::Mutex;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{OpenFlags, ToSql};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::Error;
use crate::db::{Connection, Tx, Writes};
use crate::row::{FromRow, Row};
use crate::value::Value;

/// Most pieces of work in one commit: bounds how long the first one waits.
const MAX_BATCH: usize = 512;
/// Work that may wait for the writer before callers are told that the database is busy.
const MAX_WAITING: usize = 16_384;
const READERS: usize = 4;
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs one piece of work inside the open transaction.
type Work = Box<dyn FnOnce(&mut rusqlite::Connection) -> Done + Send>;
/// A piece of work that was run.
struct Done {
    /// Answers its caller after the commit.
    answer: Answer,
    /// Whether it changed anything.
    has_written: bool,
}
/// Tells the caller how the commit went.
type Answer = Box<dyn FnOnce(Result<(), Error>) + Send>;

pub(crate) struct SqliteDb {
    writer: Mutex<Option<SyncSender<Work>>>,
    writer_thread: Mutex<Option<std::thread::JoinHandle<()>>>,
    readers: Arc<Mutex<Vec<rusqlite::Connection>>>,
    reader_slots: Arc<Semaphore>,
    pub(crate) writes: Arc<Writes>,
}

impl Done {
    /// It was undone, which its caller is told whatever becomes of the rest.
    fn in_vain(tell: impl FnOnce() -> bool + Send + 'static) -> Self {
        Self {
            answer: Box::new(move |_| {
                tell();
            }),
            has_written: false,
        }
    }
}

fn connect(path: &Path) -> Result<rusqlite::Connection, Error> {
    let opening = |error| Error::sqlite("open the database", error);
    let connection = rusqlite::Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(opening)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(opening)?;
    connection.set_prepared_statement_cache_capacity(256);
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
             PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384; PRAGMA secure_delete = FAST;",
        )
        .map_err(opening)?;
    Ok(connection)
}

impl SqliteDb {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let path: PathBuf = path.to_owned();
        let writer = connect(&path)?;
        let readers = (0..READERS)
            .map(|_| {
                let reader = connect(&path)?;
                reader
                    .execute_batch("PRAGMA query_only = ON")
                    .map_err(|e| Error::sqlite("open the database", e))?;
                Ok(reader)
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let (sender, receiver) = sync_channel(MAX_WAITING);
        let writes = Arc::new(Writes::default());
        let told = writes.clone();
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || write_loop(writer, &receiver, &told))
            .map_err(|error| Error::Unavailable(format!("could not start the writer: {error}")))?;
        Ok(Self {
            writer: Mutex::new(Some(sender)),
            writer_thread: Mutex::new(Some(thread)),
            readers: Arc::new(Mutex::new(readers)),
            reader_slots: Arc::new(Semaphore::new(READERS)),
            writes,
        })
    }

    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel::<Result<T, E>>();
        let writes = self.writes.clone();
        let boxed: Work = Box::new(move |connection| match in_savepoint(connection, &writes, work) {
            Ok(Ok((value, has_written))) => Done {
                answer: Box::new(move |committed| {
                    // The caller may have stopped waiting; the work stands all the same.
                    let _ = sender.send(committed.map(|()| value).map_err(E::from));
                }),
                has_written,
            },
            Ok(Err(error)) => Done::in_vain(move || sender.send(Err(error)).is_ok()),
            Err(error) => Done::in_vain(move || sender.send(Err(E::from(error))).is_ok()),
        });
        let handed_over = match &*self.writer.lock() {
            Some(writer) => writer.try_send(boxed),
            None => return Err(closed().into()),
        };
        match handed_over {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(Error::Unavailable("too much is waiting".to_owned()).into()),
            Err(TrySendError::Disconnected(_)) => return Err(closed().into()),
        }
        receiver
            .await
            .unwrap_or_else(|_| Err(Error::Unavailable("the writer ended".to_owned()).into()))
    }

    pub(crate) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let slot = self.reader_slots.clone().acquire_owned().await.map_err(|_| closed())?;
        let readers = self.readers.clone();
        let done = tokio::task::spawn_blocking(move || read_with(&readers, slot, work)).await;
        match done {
            Ok(Ok(result)) => result.unwrap_or_else(|error| Err(error.into())),
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => Err(closed().into()),
        }
    }

    pub(crate) async fn lookup<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let slot = self.reader_slots.clone().acquire_owned().await.map_err(|_| closed())?;
        match read_with(&self.readers, slot, work) {
            Ok(result) => result.unwrap_or_else(|error| Err(error.into())),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    pub(crate) async fn close(&self) {
        drop(self.writer.lock().take());
        let thread = self.writer_thread.lock().take();
        if let Some(thread) = thread {
            // The writer's panic was already answered to its callers; closing has nothing to add.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        self.reader_slots.close();
        self.readers.lock().clear();
    }
}

/// SQLite undid the transaction by itself.
fn undone() -> Error {
    Error::Unwritable("the disk is full or does not answer".to_owned())
}

fn closed() -> Error {
    Error::Unavailable("it is closed".to_owned())
}

/// Runs `work` on one of the readers. The outer error is its panic, the inner one says that the read could not begin.
fn read_with<T, E, F>(
    readers: &Mutex<Vec<rusqlite::Connection>>,
    _slot: OwnedSemaphorePermit,
    work: F,
) -> std::thread::Result<Result<Result<T, E>, Error>>
where
    F: for<'t> FnOnce(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>>,
{
    let mut connection = readers.lock().pop().expect("there are as many readers as slots");
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| {
        run_cached(&connection, "BEGIN")?;
        let mut tx = Tx::new(Connection::Sqlite(&mut connection));
        Ok(futures::executor::block_on(work(&mut tx)))
    }));
    unlimit(&connection);
    // Ends the view; there is nothing to undo, so a failure changes nothing.
    let _ = run_cached(&connection, "ROLLBACK");
    readers.lock().push(connection);
    result
}

fn write_loop(mut connection: rusqlite::Connection, receiver: &Receiver<Work>, writes: &Writes) {
    while let Ok(first) = receiver.recv() {
        let mut done = Vec::new();
        let begun = run_cached(&connection, "BEGIN IMMEDIATE");
        if let Err(error) = begun {
            writes.failed(&error);
            // The work is run against no transaction by nobody: dropping it tells its caller that the writer ended, so
            // give the real reason instead.
            answer_unavailable(first, &mut connection, &error);
            continue;
        }
        done.push(first(&mut connection));
        while done.len() < MAX_BATCH && !connection.is_autocommit() {
            match receiver.try_recv() {
                Ok(work) => done.push(work(&mut connection)),
                Err(_) => break,
            }
        }
        // On a full disk SQLite may have undone the whole transaction by itself.
        let committed = if connection.is_autocommit() {
            Err(undone())
        } else {
            run_cached(&connection, "COMMIT")
        };
        if committed.is_err() && !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        match &committed {
            Ok(()) if done.iter().any(|work| work.has_written) => writes.worked(),
            Ok(()) => {}
            Err(error) => writes.failed(error),
        }
        for work in done {
            (work.answer)(match &committed {
                Ok(()) => Ok(()),
                Err(error) => Err(Error::Unavailable(error.to_string())),
            });
        }
    }
    // Leaves one file behind when the process ends in order.
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
}

/// Answers work that could not be begun. `in_savepoint` fails at once without a transaction, which gives the answer.
fn answer_unavailable(work: Work, connection: &mut rusqlite::Connection, error: &Error) {
    (work(connection).answer)(Err(Error::Unavailable(error.to_string())));
}

/// Runs `work` in a savepoint of the open transaction, and says whether it changed anything. The outer error says that the savepoint itself failed.
fn in_savepoint<T, E, F>(
    connection: &mut rusqlite::Connection,
    writes: &Arc<Writes>,
    work: F,
) -> Result<Result<(T, bool), E>, Error>
where
    E: From<Error>,
    F: for<'t> FnOnce(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>>,
{
    if connection.is_autocommit() {
        return Err(Error::Unavailable("it could not begin to write".to_owned()));
    }
    run_cached(connection, "SAVEPOINT work")?;
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| {
        futures::executor::block_on(async {
            let mut tx = Tx::writing(Connection::Sqlite(connection), writes);
            let value = work(&mut tx).await?;
            tx.settle().await?;
            Ok((value, tx.has_written))
        })
    }));
    if connection.is_autocommit() {
        let error = undone();
        writes.failed(&error);
        return Err(error);
    }
    match result {
        Ok(Ok(value)) => {
            run_cached(connection, "RELEASE work")?;
            Ok(Ok(value))
        }
        Ok(Err(error)) => {
            run_cached(connection, "ROLLBACK TO work")?;
            run_cached(connection, "RELEASE work")?;
            Ok(Err(error))
        }
        Err(_) => {
            run_cached(connection, "ROLLBACK TO work")?;
            run_cached(connection, "RELEASE work")?;
            tracing::error!("a database transaction panicked; it was undone");
            Err(Error::Panicked)
        }
    }
}

fn run_cached(connection: &rusqlite::Connection, sql: &str) -> Result<(), Error> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute([]))
        .map(|_| ())
        .map_err(|error| Error::sqlite("begin or end a transaction", error))
}

/// Steps after which it is looked whether there were too many.
const STEPS: u64 = 1_000;

/// Ends the statement that runs, or one that is run later, after so many steps of SQLite's machine.
pub(crate) fn limit_steps(connection: &rusqlite::Connection, steps: u64) {
    let mut left = steps / STEPS;
    let is_over = move || {
        left = left.saturating_sub(1);
        left == 0
    };
    // Only a connection that is not ours refuses.
    let _ = connection.progress_handler(STEPS as i32, Some(is_over));
}

fn unlimit(connection: &rusqlite::Connection) {
    let _ = connection.progress_handler(0, None::<fn() -> bool>);
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let borrowed = match self {
            Self::Int(Some(value)) => ValueRef::Integer(*value),
            Self::Text(Some(value)) => ValueRef::Text(value.as_bytes()),
            Self::Blob(Some(value)) => ValueRef::Blob(value),
            Self::Uuid(Some(value)) => ValueRef::Blob(value.as_bytes()),
            Self::Bool(Some(value)) => ValueRef::Integer(i64::from(*value)),
            Self::Int(None) | Self::Text(None) | Self::Blob(None) | Self::Uuid(None) | Self::Bool(None) => {
                ValueRef::Null
            }
        };
        Ok(ToSqlOutput::Borrowed(borrowed))
    }
}

/// SQLite numbers `$1` by first appearance; `?1` means the first value wherever it stands.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

pub(crate) fn execute(connection: &rusqlite::Connection, sql: &str, args: &[Value]) -> Result<u64, Error> {
    let run = || {
        let mut statement = connection.prepare_cached(&numbered(sql))?;
        statement.execute(rusqlite::params_from_iter(args))
    };
    run()
        .map(|rows| rows as u64)
        .map_err(|error| Error::sqlite("run a statement", error))
}

pub(crate) fn fetch<T: FromRow>(
    connection: &rusqlite::Connection,
    sql: &str,
    args: &[Value],
    limit: usize,
) -> Result<Vec<T>, Error> {
    let failed = |error| Error::sqlite("run a query", error);
    let mut statement = connection.prepare_cached(&numbered(sql)).map_err(failed)?;
    let mut rows = statement.query(rusqlite::params_from_iter(args)).map_err(failed)?;
    let mut found = Vec::new();
    // To the end even with a limit: a statement with RETURNING is only done when it was stepped through.
    while let Some(row) = rows.next().map_err(failed)? {
        if found.len() < limit {
            found.push(T::from_row(&Row::Sqlite(row))?);
        }
    }
    Ok(found)
}
