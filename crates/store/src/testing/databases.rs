//! Empty databases, thrown away afterwards.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::server;
use crate::{Store, StoreOptions};

/// A database that is thrown away afterwards.
pub struct TestDatabase {
    /// `sqlite` or `postgres`.
    pub kind: &'static str,
    /// How to open it, once or again.
    pub options: StoreOptions,
    _end: End,
}

/// What goes with it.
enum End {
    Folder { _folder: tempfile::TempDir },
    Database { server: String, name: String },
}

impl Drop for End {
    fn drop(&mut self) {
        if let Self::Database { server, name } = self {
            drop_later(server, std::mem::take(name));
        }
    }
}

impl TestDatabase {
    /// The address of one on PostgreSQL. The database goes with this value.
    pub fn url(&self) -> Option<String> {
        match &self.options {
            StoreOptions::Postgres { url, .. } => Some(url.clone()),
            StoreOptions::Sqlite { .. } => None,
        }
    }

    /// Opens it.
    pub async fn open(&self) -> Store {
        Store::open(&self.options).await.expect("the test database opens")
    }
}

/// An empty SQLite database.
pub fn sqlite() -> TestDatabase {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = StoreOptions::Sqlite {
        path: folder.path().join("pesan.db"),
    };
    TestDatabase {
        kind: "sqlite",
        options,
        _end: End::Folder { _folder: folder },
    }
}

/// An empty PostgreSQL database.
pub async fn postgres() -> TestDatabase {
    use sqlx::Connection as _;
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let server = tokio::task::spawn_blocking(server::url)
        .await
        .expect("PostgreSQL starts");
    let mut connection = sqlx::PgConnection::connect(&format!("{server}/postgres"))
        .await
        .expect("PostgreSQL takes connections");
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&mut connection)
        .await
        .expect("a new database");
    TestDatabase {
        kind: "postgres",
        options: StoreOptions::Postgres {
            url: format!("{server}/{name}"),
            max_connections: 8,
        },
        _end: End::Database { server, name },
    }
}

/// Drops a database on a thread of its own, whoever is still connected: hundreds of them would fill a small disk, and
/// what a test leaves connected would in the end be all the connections that the server has.
fn drop_later(server: &str, name: String) {
    static NAMES: OnceLock<std::sync::mpsc::Sender<String>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let url = format!("{server}/postgres");
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || drop_databases(&url, &receiver));
        sender
    });
    // The thread ended only if the server did, and the databases with it.
    let _ = names.send(name);
}

fn drop_databases(url: &str, names: &std::sync::mpsc::Receiver<String>) {
    use sqlx::Connection as _;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut connection = sqlx::PgConnection::connect(url)
            .await
            .expect("PostgreSQL takes connections");
        for name in names {
            sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)")))
                .execute(&mut connection)
                .await
                .expect("a database of nobody any more");
        }
    });
}

/// One empty database of each kind.
pub async fn both() -> [TestDatabase; 2] {
    [sqlite(), postgres().await]
}
