//! The network as a program.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use wanet::{Network, Options, PhoneMode};

/// A WhatsApp network in a box: clients that speak the real protocol can be linked to its emulated phones.
#[derive(Parser)]
#[command(name = "wanet", version)]
struct Arguments {
    /// Where `ws`, the admin interface and plain media listen.
    #[arg(long, env = "WANET_LISTEN", default_value = "127.0.0.1:8089")]
    listen: SocketAddr,
    /// Where `wss`, the admin interface and media listen with a self-signed certificate.
    #[arg(long, env = "WANET_LISTEN_TLS", default_value = "127.0.0.1:8443")]
    listen_tls: SocketAddr,
    /// Keep accounts, devices, keys and waiting stanzas here.
    #[arg(long, env = "WANET_STATE")]
    state: Option<PathBuf>,
    /// How many stanza ids of each device are remembered to drop repetitions; 0 turns the memory off.
    #[arg(long, env = "WANET_ID_MEMORY", default_value_t = 10_000)]
    id_memory: usize,
    /// What phones do with messages.
    #[arg(long, env = "WANET_PHONES", value_enum, default_value_t = PhoneMode::Decrypt)]
    phones: PhoneMode,
    /// How many messages each phone's inbox keeps.
    #[arg(long, env = "WANET_INBOX_LIMIT", default_value_t = 50_000)]
    inbox_limit: usize,
    /// For how many seconds "typing…" waits for a device that is away.
    #[arg(long, env = "CHATSTATE_TTL_SECS", default_value_t = 30)]
    chatstate_ttl: u64,
    /// Link clients with this advertisement secret (32 bytes in base64) without a scan, each with the phone of its push name.
    #[arg(long, env = "ADV_SECRET_KEY")]
    adv_secret: Option<String>,
    /// Write the certificate of the TLS listener to this file.
    #[arg(long)]
    cert: Option<PathBuf>,
    /// Add so many accounts with one companion each and say how much memory they take.
    #[arg(long)]
    seed_accounts: Option<u64>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let network = Network::start(Options {
        listen: arguments.listen,
        listen_tls: arguments.listen_tls,
        state_dir: arguments.state,
        id_memory: arguments.id_memory,
        phones: arguments.phones,
        inbox_limit: arguments.inbox_limit,
        chatstate_ttl: Duration::from_secs(arguments.chatstate_ttl),
        adv_secret: arguments.adv_secret,
    })
    .await?;
    if let Some(path) = arguments.cert {
        std::fs::write(path, network.cert_pem())?;
    }
    if let Some(accounts) = arguments.seed_accounts {
        let before = resident();
        network.seed(accounts);
        tracing::info!(accounts, before_kib = before, after_kib = resident(), "seeded");
    }
    let ready = serde_json::json!({
        "ws": network.ws_url(),
        "wss": network.wss_url(),
        "admin": network.admin_url(),
        "media": network.media_host(),
    });
    writeln!(std::io::stdout(), "{ready}")?;
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        stopped = tokio::signal::ctrl_c() => stopped?,
        _ = terminate.recv() => {}
    }
    network.shutdown().await;
    Ok(())
}

/// Resident memory in KiB, where the system tells.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0)
}
