//! How a network is set up.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the emulated phones do with the messages that reach them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum PhoneMode {
    /// Decrypt everything, keep it in the inbox, answer with receipts.
    #[default]
    Decrypt,
    /// Only count what arrives: for benchmarks, where two decryptions per message would measure this program.
    Count,
}

/// How to start a [`crate::Network`].
#[derive(Debug, Clone)]
pub struct Options {
    /// Where `ws`, the admin interface and plain media listen. Port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where `wss`, the admin interface and media listen with a self-signed certificate.
    pub listen_tls: SocketAddr,
    /// Where accounts, devices, keys and waiting stanzas are kept. `None` keeps them in memory only.
    pub state_dir: Option<PathBuf>,
    /// How many stanza ids of each device are remembered to drop repetitions. 0 turns the memory off.
    pub id_memory: usize,
    /// What phones do with messages.
    pub phones: PhoneMode,
    /// How many messages each phone's inbox keeps.
    pub inbox_limit: usize,
    /// How long "typing…" waits for a device that is away. 0 lets none wait.
    pub chatstate_ttl: Duration,
    /// Clients whose advertisement secret is this one, in base64, are linked without a scan.
    pub adv_secret: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            listen_tls: SocketAddr::from(([127, 0, 0, 1], 0)),
            state_dir: None,
            id_memory: 10_000,
            phones: PhoneMode::Decrypt,
            inbox_limit: 50_000,
            chatstate_ttl: Duration::from_secs(30),
            adv_secret: None,
        }
    }
}

/// The part of the options the running network looks at, and the addresses it got.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub id_memory: usize,
    pub inbox_limit: usize,
    pub chatstate_ttl: Duration,
    pub adv_secret: Option<String>,
    pub media_host: String,
    pub cert_pem: String,
}
