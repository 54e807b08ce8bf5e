//! Databases for tests: every suite runs on both.
//!
//! PostgreSQL is started once for each test program, from the installed binaries, in a temporary folder on a free
//! socket. Server and folder end with the program. Set `PESAN_TEST_POSTGRES` to an address to use a running server
//! instead.

use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use pesan_model::{AccountId, ChatId, MessageId, OrganizationId, Timestamp};

use crate::row::{FromRow, Row};
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
        })
    }
}

/// Everything that is stored of messages, deleted ones too.
pub async fn all_messages(store: &Store, organization_id: OrganizationId) -> Vec<MessageFacts> {
    let sql = "SELECT id, account_id, chat_id, direction, wa_id, kind, status, at, sent_at, read_at, failed_at, waited \
         FROM message WHERE organization_id = $1 ORDER BY chat_id, at, id";
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
    let server = tokio::task::spawn_blocking(server_url)
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

/// The address of the server of this test program, without a database.
fn server_url() -> String {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        std::env::var("PESAN_TEST_POSTGRES").map_or_else(|_| start(), |url| url.trim_end_matches('/').to_owned())
    })
    .clone()
}

fn binaries() -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is installed (`make deps`)")
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|folder| folder.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop().expect("PostgreSQL's server is installed (`make deps`)")
}

/// PostgreSQL refuses to run as root, so as root it runs as the user its package made.
fn as_postgres(program: &Path) -> Command {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM"]);
    if is_root {
        command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]);
    }
    command.arg("--").arg(program);
    command
}

/// Runs a program and deletes a folder when it has ended. Told to end, it ends the program at once.
const AND_DELETE: &str = r#"
folder=$1
shift
"$@" &
program=$!
trap 'kill -QUIT $program' TERM
wait $program
wait $program
rm -rf "$folder"
"#;

/// The same program, and the end of `folder` with it. A program that ends drops nothing that its threads hold, so
/// somebody else must delete it.
fn and_delete(folder: &Path, program: &Command) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "TERM", "--", "sh", "-c", AND_DELETE, "sh"])
        .arg(folder)
        .arg(program.get_program())
        .args(program.get_args());
    command
}

fn start() -> String {
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|free| free.local_addr())
        .expect("a free port")
        .port();
    let (sender, receiver) = std::sync::mpsc::channel();
    // The server is told to end when the thread that started it ends, so that thread lives as long as the program.
    std::thread::spawn(move || {
        let folder = tempfile::Builder::new()
            .prefix("pesan-test-postgres")
            .tempdir()
            .expect("a temporary folder");
        open_to_all(folder.path());
        let data = folder.path().join("data");
        let initialized = as_postgres(&binaries().join("initdb"))
            .args([
                "--no-sync",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--username=postgres",
                "-D",
            ])
            .arg(&data)
            .stdout(Stdio::null())
            .status()
            .expect("initdb runs");
        assert!(initialized.success(), "initdb failed");
        let mut postgres = as_postgres(&binaries().join("postgres"));
        postgres
            .arg("-D")
            .arg(&data)
            .args([
                "-p",
                &port.to_string(),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "max_connections=200",
            ])
            .args([
                "-c",
                "unix_socket_directories=",
                "-c",
                "fsync=off",
                "-c",
                "shared_buffers=64MB",
            ]);
        let mut server = and_delete(folder.path(), &postgres)
            .stderr(Stdio::piped())
            .spawn()
            .expect("postgres starts");
        let mut log = server.stderr.take().expect("its log is piped");
        let (mut text, mut buffer) = (String::new(), [0_u8; 4096]);
        while !text.contains("ready to accept connections") {
            let length = log.read(&mut buffer).expect("its log is readable");
            assert!(length > 0, "postgres ended: {text}");
            text.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
        sender
            .send(format!("postgres://postgres@127.0.0.1:{port}"))
            .expect("somebody waits for it");
        // Keeps the pipe empty until the end of the program.
        while log.read(&mut buffer).is_ok_and(|length| length > 0) {}
        let _ = server.wait();
    });
    receiver.recv().expect("PostgreSQL started")
}

fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).expect("our own folder");
}
