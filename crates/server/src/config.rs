//! The configuration: defaults, then a file, then the environment, then flags. Checked as a whole before anything runs.
//!
//! To add a setting: a field here with its default, and a line in the table of `docs/operating.md`.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pesan_app::mail::{Smtp, SmtpError, Transport};
use pesan_model::pacing::Pacing;
use serde::Deserialize;

/// A hundred years.
const MOST_DAYS: u32 = 36_500;

/// Everything that can be configured.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
pub struct Config {
    /// The web server.
    pub http: Http,
    /// Where things are kept.
    pub data: Data,
    /// Which database.
    pub database: Database,
    /// Files.
    pub media: Media,
    /// Requests that Pesan makes: webhooks and links.
    pub outbound: Outbound,
    /// Outgoing mail.
    pub mail: Mail,
    /// How much and how long.
    pub limits: Limits,
    /// What is written to standard error.
    pub log: Log,
    /// The simulated WhatsApp network; only builds with the feature `sandbox` take it.
    pub sandbox: Sandbox,
}

/// The web server.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where people reach it; `http://` and `listen` when it is left out.
    pub public_url: Option<String>,
    /// Whether a proxy of your own in front of it writes `X-Forwarded-For`.
    pub trust_forwarded_for: bool,
}

/// Where things are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Data {
    /// The folder for the database, files and the master key.
    pub dir: PathBuf,
}

/// Which database.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `postgres://…`; SQLite in the data folder when it is left out.
    pub url: Option<String>,
    /// Most connections to PostgreSQL.
    pub max_connections: u32,
}

/// Files.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Media {
    /// The largest file that is taken.
    pub max_upload_bytes: u64,
}

/// Requests that Pesan makes.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
pub struct Outbound {
    /// Webhooks and links may point into private networks and to this machine.
    pub allow_private_targets: bool,
}

/// Outgoing mail.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// The server: `smtps://user:password@mail.example.org`; no mail goes out when it is left out.
    pub smtp_url: Option<String>,
    /// Who mail is from: `Pesan <pesan@example.org>`.
    pub from: String,
    /// Minutes that an account stays disconnected before people get mail; 0 for never.
    pub drop_minutes: u32,
}

/// How much and how long.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Messages a minute of a new account.
    pub per_minute: u32,
    /// Messages a new account may send at once after a quiet time.
    pub burst: u32,
    /// How often a message that WhatsApp did not accept is tried again: after 10, 30 and 60 seconds, then every 60.
    pub max_retries: u32,
    /// Messages one person may send in a minute; 0 for any number.
    pub user_sends_per_minute: u32,
    /// Hours without use after which a browser is logged out.
    pub session_hours: u32,
    /// Days for which events are kept; 0 for ever.
    pub event_days: u32,
    /// Days for which deliveries to webhooks are kept after they ended, with their tries; 0 for ever.
    pub delivery_days: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_minute: 10,
            burst: 50,
            max_retries: 3,
            user_sends_per_minute: 30,
            session_hours: 24,
            event_days: 0,
            delivery_days: 30,
        }
    }
}

impl Limits {
    /// How long events are kept; none for ever.
    pub fn event_retention(&self) -> Option<Duration> {
        days(self.event_days)
    }

    /// How long deliveries that ended are kept; none for ever.
    pub fn delivery_retention(&self) -> Option<Duration> {
        days(self.delivery_days)
    }
}

fn days(count: u32) -> Option<Duration> {
    (count > 0).then(|| Duration::from_hours(24 * u64::from(count)))
}

/// What is written to standard error.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Which lines: `info`, or `pesan=debug,info` and the like.
    pub level: String,
    /// How they look.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines, one JSON object a line.
    Json,
}

/// The simulated WhatsApp network.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sandbox {
    /// Where it is: `ws://127.0.0.1:…/ws/chat`. It must be on this machine.
    pub ws: Option<String>,
    /// The waits between tries of a webhook are divided by this, so that a crash test ends in minutes.
    pub retry_divisor: u32,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self {
            ws: None,
            retry_divisor: 1,
        }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            trust_forwarded_for: false,
        }
    }
}

impl Default for Data {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("pesan-data"),
        }
    }
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: None,
            max_connections: 16,
        }
    }
}

impl Default for Media {
    fn default() -> Self {
        Self {
            max_upload_bytes: 100 * 1024 * 1024,
        }
    }
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            smtp_url: None,
            from: "Pesan <pesan@localhost>".to_owned(),
            drop_minutes: 10,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: LogFormat::Text,
        }
    }
}

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file or a variable cannot be read as settings.
    #[error("the configuration is not readable: {0}")]
    Unreadable(String),
    /// A value cannot be.
    #[error("{setting} {detail}")]
    Invalid {
        /// Which, as in the file: `http.public_url`.
        setting: &'static str,
        /// What is wrong with it.
        detail: String,
    },
}

/// What the command line says; it wins over the file and the environment.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `http.listen`.
    pub listen: Option<SocketAddr>,
    /// `data.dir`.
    pub data_dir: Option<PathBuf>,
    /// `database.url`.
    pub database_url: Option<String>,
    /// `sandbox.ws`.
    pub sandbox_ws: Option<String>,
}

impl Config {
    /// Reads the file (if there is one), the variables `PESAN_<SECTION>__<NAME>` of `environment`, and the flags.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        overrides: Overrides,
    ) -> Result<Self, ConfigError> {
        let mut builder = config::Config::builder();
        if let Some(file) = file {
            builder = builder.add_source(config::File::from(file).format(config::FileFormat::Toml));
        }
        // Other variables of this prefix belong to builds, tests and the command line.
        let variables: HashMap<String, String> = environment
            .into_iter()
            .filter(|(name, _)| name.starts_with("PESAN_") && name.contains("__"))
            .collect();
        let environment = config::Environment::with_prefix("PESAN")
            .prefix_separator("_")
            .separator("__")
            .try_parsing(true)
            .source(Some(variables));
        let mut config: Self = builder
            .add_source(environment)
            .build()
            .and_then(config::Config::try_deserialize)
            .map_err(|error| ConfigError::Unreadable(error.to_string()))?;
        config.http.listen = overrides.listen.unwrap_or(config.http.listen);
        config.data.dir = overrides.data_dir.unwrap_or(config.data.dir);
        config.database.url = overrides.database_url.or(config.database.url);
        config.sandbox.ws = overrides.sandbox_ws.or(config.sandbox.ws);
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let invalid = |setting, detail: &str| {
            Err(ConfigError::Invalid {
                setting,
                detail: detail.to_owned(),
            })
        };
        if let Some(url) = &self.http.public_url {
            let is_origin = url::Url::parse(url).is_ok_and(|url| {
                matches!(url.scheme(), "http" | "https") && url.has_host() && url.path() == "/" && url.query().is_none()
            });
            if !is_origin {
                return invalid(
                    "http.public_url",
                    "must be like `https://pesan.example`, without a path",
                );
            }
        }
        if let Some(url) = &self.database.url
            && !url.starts_with("postgres://")
            && !url.starts_with("postgresql://")
        {
            return invalid(
                "database.url",
                "must begin with `postgres://`; leave it out to use SQLite in the data folder",
            );
        }
        if self.database.max_connections < 2 {
            return invalid("database.max_connections", "must be at least 2");
        }
        if self.media.max_upload_bytes == 0 {
            return invalid("media.max_upload_bytes", "must be at least 1");
        }
        let pacing = Pacing {
            per_minute: self.limits.per_minute,
            burst: self.limits.burst,
        };
        if !pacing.is_valid() {
            return invalid("limits.per_minute", "must be 1 to 6000, and limits.burst 1 to 10000");
        }
        if self.limits.max_retries > 100 {
            return invalid("limits.max_retries", "must be at most 100");
        }
        if self.limits.user_sends_per_minute > 6_000 {
            return invalid("limits.user_sends_per_minute", "must be at most 6000");
        }
        if !(1..=24 * 366).contains(&self.limits.session_hours) {
            return invalid("limits.session_hours", "must be 1 to 8784");
        }
        // A webhook is tried for five days before it is switched off, and needs its events as long.
        if !matches!(self.limits.event_days, 0 | 7..=MOST_DAYS) {
            return invalid("limits.event_days", "must be 7 to 36500, or 0 to keep events for ever");
        }
        if self.limits.delivery_days > MOST_DAYS {
            return invalid(
                "limits.delivery_days",
                "must be at most 36500, or 0 to keep deliveries for ever",
            );
        }
        self.mail()?;
        if let Some(ws) = &self.sandbox.ws {
            if !cfg!(feature = "sandbox") {
                return invalid(
                    "sandbox.ws",
                    "is only taken by a build with the feature `sandbox`: this one connects to WhatsApp",
                );
            }
            let is_loopback = url::Url::parse(ws).is_ok_and(|url| {
                matches!(url.scheme(), "ws" | "wss")
                    && match url.host() {
                        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
                        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
                        Some(url::Host::Domain(name)) => name == "localhost",
                        None => false,
                    }
            });
            if !is_loopback {
                return invalid("sandbox.ws", "must be a ws:// or wss:// address on this machine");
            }
        }
        if self.sandbox.retry_divisor == 0 {
            return invalid("sandbox.retry_divisor", "must be at least 1");
        }
        if self.sandbox.retry_divisor != 1 && !cfg!(feature = "sandbox") {
            return invalid(
                "sandbox.retry_divisor",
                "is only taken by a build with the feature `sandbox`",
            );
        }
        if self.log.level.parse::<tracing_subscriber::EnvFilter>().is_err() {
            return invalid("log.level", "must be like `info` or `pesan=debug,info`");
        }
        Ok(())
    }

    /// The limits as the application takes them.
    pub fn limits(&self) -> pesan_app::context::Limits {
        let waits = pesan_model::retry::SEND;
        let last = waits.last().copied().unwrap_or_default();
        pesan_app::context::Limits {
            account_pacing: Pacing {
                per_minute: self.limits.per_minute,
                burst: self.limits.burst,
            },
            send_waits: (0..self.limits.max_retries as usize)
                .map(|n| waits.get(n).copied().unwrap_or(last))
                .collect(),
            unconfirmed_wait: pesan_model::retry::UNCONFIRMED_WAIT,
            user_sends_per_minute: self.limits.user_sends_per_minute,
            session_idle: Duration::from_hours(u64::from(self.limits.session_hours)),
            drop_alert: Duration::from_mins(u64::from(self.mail.drop_minutes)),
        }
    }

    /// Where mail is handed over, where that is set up.
    pub fn mail(&self) -> Result<Option<std::sync::Arc<dyn Transport>>, ConfigError> {
        let Some(url) = &self.mail.smtp_url else {
            return Ok(None);
        };
        let smtp = Smtp::new(url, &self.mail.from).map_err(|error| ConfigError::Invalid {
            setting: match error {
                SmtpError::Url => "mail.smtp_url",
                SmtpError::From => "mail.from",
            },
            detail: error.to_string(),
        })?;
        Ok(Some(std::sync::Arc::new(smtp)))
    }

    /// The waits between tries of a webhook.
    pub fn webhook_waits(&self) -> std::sync::Arc<[Duration]> {
        let waits = pesan_model::retry::WEBHOOK.iter();
        waits.map(|wait| *wait / self.sandbox.retry_divisor).collect()
    }

    /// Where people reach a server that listens at `address`, without a slash at the end.
    pub fn public_url_at(&self, address: SocketAddr) -> String {
        self.http.public_url.as_ref().map_or_else(
            || format!("http://{address}"),
            |url| url.trim_end_matches('/').to_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let file = tempfile::Builder::new()
            .suffix(".toml")
            .tempfile()
            .expect("a temporary file");
        std::fs::write(file.path(), toml).expect("writable");
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(Some(file.path()), environment, Overrides::default())
    }

    fn refusal(toml: &str, environment: &[(&str, &str)]) -> String {
        load(toml, environment).expect_err("is refused").to_string()
    }

    #[test]
    fn later_sources_win() {
        let config = load("", &[]).expect("the defaults are valid");
        assert_eq!(config.public_url_at(config.http.listen), "http://127.0.0.1:8080");
        let toml = "[http]\nlisten = \"127.0.0.1:1\"\npublic_url = \"https://pesan.example/\"";
        let config = load(
            toml,
            &[("PESAN_HTTP__LISTEN", "127.0.0.1:2"), ("PESAN_WITHOUT_UI", "1")],
        )
        .expect("valid");
        assert_eq!(config.http.listen.port(), 2);
        assert_eq!(config.public_url_at(config.http.listen), "https://pesan.example");
        let overrides = Overrides {
            listen: Some(SocketAddr::from(([127, 0, 0, 1], 3))),
            ..Overrides::default()
        };
        let environment = [("PESAN_HTTP__LISTEN".to_owned(), "127.0.0.1:2".to_owned())];
        let config = Config::load(None, environment, overrides).expect("valid");
        assert_eq!(config.http.listen.port(), 3);
    }

    #[test]
    fn mistakes_are_named() {
        assert!(refusal("[http]\nlistn = \"127.0.0.1:1\"", &[]).contains("listn"));
        assert!(refusal("[http]\nlisten = \"here\"", &[]).contains("listen"));
        assert!(refusal("", &[("PESAN_DATABASE__MAX_CONNECTIONS", "many")]).contains("max_connections"));
        assert!(refusal("[http]\npublic_url = \"pesan.example\"", &[]).contains("http.public_url"));
        assert!(refusal("[database]\nurl = \"mysql://x\"", &[]).contains("database.url"));
        assert!(refusal("[media]\nmax_upload_bytes = 0", &[]).contains("media.max_upload_bytes"));
        assert!(refusal("[limits]\nevent_days = 6", &[]).contains("limits.event_days"));
        assert!(refusal("[limits]\ndelivery_days = 36501", &[]).contains("limits.delivery_days"));
        assert!(refusal("[log]\nlevel = \"a=b=c\"", &[]).contains("log.level"));
        assert!(refusal("[sandbox]\nretry_divisor = 0", &[]).contains("sandbox.retry_divisor"));
    }

    #[test]
    fn events_are_kept_for_ever_unless_a_time_is_set() {
        let kept = |toml| {
            let limits = load(toml, &[]).expect("valid").limits;
            (limits.event_retention(), limits.delivery_retention())
        };
        let days = |count: u64| Some(Duration::from_hours(24 * count));
        assert_eq!(kept(""), (None, days(30)));
        assert_eq!(kept("[limits]\nevent_days = 7\ndelivery_days = 0"), (days(7), None));
    }

    #[test]
    fn a_simulated_network_must_be_on_this_machine() {
        assert!(refusal("[sandbox]\nws = \"wss://web.example/ws\"", &[]).contains("sandbox.ws"));
        let local = load("[sandbox]\nws = \"ws://127.0.0.1:9/ws/chat\"", &[]);
        assert_eq!(local.is_ok(), cfg!(feature = "sandbox"));
    }
}
