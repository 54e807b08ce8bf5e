//! The programs under test, each in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use clap::ValueEnum;
use pesan_store::testing::TestDatabase;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::Instant;

use crate::Result;

/// Where the built programs are.
#[derive(Debug, Clone)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Beside the running program: whoever builds this one builds them with the same profile.
    pub fn beside_this_one() -> Result<Self> {
        let this = std::env::current_exe()?;
        let folder = this.parent().ok_or("this program has no folder")?.to_owned();
        Ok(Self { folder })
    }

    /// One of them.
    pub fn path(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        if path.exists() {
            return Ok(path);
        }
        Err(format!("{} is not built", path.display()).into())
    }
}

/// A database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DatabaseKind {
    /// In the data folder.
    Sqlite,
    /// A server of its own, which is not killed.
    Postgres,
}

impl DatabaseKind {
    /// The server, where there is one. It ends when this is dropped.
    pub async fn start(self) -> Option<TestDatabase> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some(pesan_store::testing::postgres().await),
        }
    }
}

/// A running `wanet`.
pub struct Wanet {
    child: Child,
    /// Where clients connect.
    pub ws: String,
    /// Where the admin interface is.
    pub admin: String,
    /// The address of its TLS listener for clients that insist on TLS.
    pub wss: String,
}

/// How to start `wanet`.
#[derive(Debug, Clone, Default)]
pub struct WanetOptions {
    /// Where it keeps its accounts; nowhere when left out.
    pub state: Option<PathBuf>,
    /// Its phones only count what reaches them.
    pub counting: Counting,
    /// Where it writes its certificate.
    pub certificate: Option<PathBuf>,
    /// So many accounts with one companion each, which nobody uses.
    pub seeded_accounts: u64,
}

/// What phones do with messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counting {
    /// Decrypt and keep them.
    #[default]
    Off,
    /// Only count them.
    On,
}

#[derive(Deserialize)]
struct WanetLine {
    ws: String,
    wss: String,
    admin: String,
}

impl Wanet {
    /// Starts it on free ports and waits until it listens.
    pub async fn start(programs: &Programs, options: &WanetOptions) -> Result<Self> {
        let mut command = Command::new(programs.path("wanet")?);
        command.args(["--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0"]);
        if options.counting == Counting::On {
            command.args(["--phones", "count"]);
        }
        if let Some(state) = &options.state {
            command.arg("--state").arg(state);
        }
        if let Some(certificate) = &options.certificate {
            command.arg("--cert").arg(certificate);
        }
        if options.seeded_accounts > 0 {
            command.args(["--seed-accounts", &options.seeded_accounts.to_string()]);
        }
        let mut child = command
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().ok_or("its standard output is piped")?;
        let line = BufReader::new(stdout)
            .lines()
            .next_line()
            .await?
            .ok_or("wanet ended before it listened")?;
        let line: WanetLine = serde_json::from_str(&line)?;
        Ok(Self {
            child,
            ws: line.ws,
            admin: line.admin,
            wss: line.wss,
        })
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or(0)
    }
}

/// How to run `pesan serve`.
#[derive(Debug, Clone)]
pub struct PesanOptions {
    /// The program.
    pub program: PathBuf,
    /// Its data folder.
    pub data: PathBuf,
    /// Its port, the same at each start.
    pub port: u16,
    /// The simulated network.
    pub ws: String,
    /// PostgreSQL; SQLite in the data folder when left out.
    pub database_url: Option<String>,
    /// By how much the waits between tries of webhooks are divided.
    pub retry_divisor: u32,
    /// Where its log goes, at the end of what is there.
    pub log: PathBuf,
}

impl PesanOptions {
    /// For a data folder and a network, on a free port.
    pub fn new(programs: &Programs, data: &Path, ws: &str) -> Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Ok(Self {
            program: programs.path("pesan")?,
            data: data.to_owned(),
            port,
            ws: ws.to_owned(),
            database_url: None,
            retry_divisor: 1,
            log: data.with_extension("log"),
        })
    }

    /// The address of its web server.
    pub fn url(&self) -> String {
        format!("http://{}", self.host())
    }

    /// The same without a scheme.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The program with the settings that every command takes.
    pub fn command(&self) -> Result<Command> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(&self.program);
        command
            .env("PESAN_HTTP__LISTEN", self.host())
            .env("PESAN_DATA__DIR", &self.data)
            .env("PESAN_SANDBOX__WS", &self.ws)
            .env("PESAN_SANDBOX__RETRY_DIVISOR", self.retry_divisor.to_string())
            .env("PESAN_OUTBOUND__ALLOW_PRIVATE_TARGETS", "true")
            .env(
                "PESAN_LOG__LEVEL",
                std::env::var("BENCH_LOG").as_deref().unwrap_or("warn"),
            )
            .stderr(log)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if let Some(url) = &self.database_url {
            command.env("PESAN_DATABASE__URL", url);
        }
        Ok(command)
    }
}

/// A running `pesan serve`.
pub struct Pesan {
    child: Child,
}

impl Pesan {
    /// Starts it. It does not serve yet.
    pub fn spawn(options: &PesanOptions) -> Result<Self> {
        let child = options.command()?.arg("serve").stdout(Stdio::null()).spawn()?;
        Ok(Self { child })
    }

    /// Starts it, and waits until it serves; says how long that took.
    pub async fn start(options: &PesanOptions) -> Result<(Self, Duration)> {
        let started = Instant::now();
        let mut pesan = Self::spawn(options)?;
        pesan.serving(options).await?;
        Ok((pesan, started.elapsed()))
    }

    /// Waits until it serves.
    pub async fn serving(&mut self, options: &PesanOptions) -> Result<()> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let url = format!("{}/readyz", options.url());
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            if let Ok(answer) = client.get(&url).send().await
                && answer.status().is_success()
            {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("pesan ended ({status}); see {}", options.log.display()).into());
            }
            if Instant::now() > deadline {
                return Err(format!("pesan does not serve; see {}", options.log.display()).into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or(0)
    }

    /// SIGKILL. Returns once it is gone.
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await?;
        Ok(())
    }
}
