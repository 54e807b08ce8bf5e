//! PostgreSQL: a pool of connections, one transaction for each piece of work.
//!
//! Work runs to its end even when nobody waits for it any more. A `BEGIN` that is given up halfway would leave its
//! transaction open on a connection that goes back to the pool, and what comes next on it would be a part of that
//! transaction: a write would find itself in one that may only read.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::postgres::{PgArguments, PgPool, PgPoolOptions, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, PgConnection, Postgres};
use tokio::sync::oneshot;

use crate::Error;
use crate::db::{Connection, Tx, Writes};
use crate::value::Value;

const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) struct PostgresDb {
    pool: PgPool,
    pub(crate) writes: Arc<Writes>,
}

impl PostgresDb {
    pub(crate) async fn open(url: &str, max_connections: u32) -> Result<Self, Error> {
        let pool = PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect(url)
            .await
            .map_err(|error| Error::postgres("connect", error))?;
        Ok(Self {
            pool,
            writes: Arc::default(),
        })
    }

    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let (pool, writes) = (self.pool.clone(), self.writes.clone());
        to_the_end(async move {
            let mut transaction = pool.begin().await.map_err(|error| Error::postgres("begin", error))?;
            // The transaction is undone when it is dropped.
            let worked = AssertUnwindSafe(async {
                let mut tx = Tx::writing(Connection::Postgres(&mut transaction), &writes);
                let value = work(&mut tx).await?;
                tx.settle().await?;
                Ok::<_, E>((value, tx.has_written))
            });
            let (value, has_written) = worked.catch_unwind().await.map_err(|_| {
                tracing::error!("a database transaction panicked; it was undone");
                Error::Panicked
            })??;
            let committed = transaction.commit().await;
            committed
                .map_err(|error| Error::postgres("commit", error))
                .inspect_err(|error| writes.failed(error))?;
            if has_written {
                writes.worked();
            }
            Ok(value)
        })
        .await
    }

    pub(crate) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let pool = self.pool.clone();
        to_the_end(async move {
            let mut transaction = pool
                .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                .await
                .map_err(|error| Error::postgres("begin a read", error))?;
            work(&mut Tx::new(Connection::Postgres(&mut transaction))).await
        })
        .await
    }

    /// Waits for the work that is under way.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Runs `work` in a task of its own, and gives what came of it to the caller, if that still waits.
async fn to_the_end<T, E>(work: impl Future<Output = Result<T, E>> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let task: BoxFuture<'static, ()> = Box::pin(async move {
        let result = AssertUnwindSafe(work).catch_unwind().await;
        // The caller may have stopped waiting; the work stands all the same.
        let _ = sender.send(result);
    });
    #[expect(
        clippy::disallowed_methods,
        reason = "the caller notices its death, and closing the pool waits for its end"
    )]
    tokio::spawn(task);
    match receiver.await {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        // The runtime is ending.
        Err(_) => Err(Error::Unavailable("it is closed".to_owned()).into()),
    }
}

fn bound(sql: &str, args: Vec<Value>) -> Query<'static, Postgres, PgArguments> {
    args.into_iter()
        .fold(sqlx::query(AssertSqlSafe(sql.to_owned())), |query, value| match value {
            Value::Int(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Blob(value) => query.bind(value),
            Value::Uuid(value) => query.bind(value),
            Value::Bool(value) => query.bind(value),
        })
}

pub(crate) async fn execute(connection: &mut PgConnection, sql: &str, args: Vec<Value>) -> Result<u64, Error> {
    bound(sql, args)
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
        .map_err(|error| Error::postgres("run a statement", error))
}

pub(crate) async fn execute_script(connection: &mut PgConnection, sql: &'static str) -> Result<(), Error> {
    sqlx::raw_sql(sql)
        .execute(connection)
        .await
        .map(|_| ())
        .map_err(|error| Error::postgres("run a migration", error))
}

pub(crate) async fn fetch(connection: &mut PgConnection, sql: &str, args: Vec<Value>) -> Result<Vec<PgRow>, Error> {
    bound(sql, args)
        .fetch_all(connection)
        .await
        .map_err(|error| Error::postgres("run a query", error))
}
