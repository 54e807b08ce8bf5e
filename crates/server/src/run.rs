//! Puts the parts together, runs them, and ends them in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pesan_app::fleet::{Fleet, FleetOptions};
use pesan_app::{App, Settings, context, jobs, net, outbox};
use pesan_model::{Random as _, SystemClock, SystemRandom};
use pesan_providers::linked_device::{self, LinkedDevices};
use pesan_store::{Keyring, Store, StoreOptions, job};
use tokio::net::{TcpListener, TcpSocket};

use crate::config::{Config, ConfigError};
use crate::data_dir::{DataDir, DataDirError, MASTER_KEY_VARIABLE};
use crate::http::{HttpSettings, Server, connections, router};
use crate::telemetry;

const WHATSAPP: &str = "wss://web.whatsapp.com/ws/chat";
/// A simulated network has no page to look the version up on.
const SANDBOX_VERSION: (u32, u32, u32) = (2, 3000, 1_023_223_821);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const FILE_TIMEOUT: Duration = Duration::from_mins(5);
/// Connections that wait to be taken: every browser of an organization comes back at the same moment, and one that finds no
/// place waits a second before it knocks again.
const BACKLOG: u32 = 4096;
/// What runs when the process is told to end has this long to finish.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why the process cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data folder cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The database cannot be used.
    #[error("could not open the database: {0}")]
    Store(#[from] pesan_store::Error),
    /// A use case failed.
    #[error(transparent)]
    App(#[from] pesan_app::Error),
    /// The address is taken or does not exist.
    #[error("could not listen on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The network to connect to is not one for this build.
    #[error(transparent)]
    Network(#[from] linked_device::NetworkError),
    /// Anything else, as a sentence.
    #[error("{0}")]
    Other(String),
}

/// The application over its data, without anything running.
pub struct Opened {
    /// The application.
    pub app: Arc<App>,
    /// Held as long as the process uses it.
    pub data: DataDir,
    listener: Option<TcpListener>,
    /// The simulated network, where it runs in this process.
    #[cfg(feature = "sandbox")]
    pub(crate) network: Option<Arc<wanet::Network>>,
}

/// How long accounts wait.
#[derive(Default)]
pub struct Waits {
    /// A device for WhatsApp.
    pub device: linked_device::Patience,
    /// The fleet between connections.
    pub fleet: FleetOptions,
}

/// A process that serves.
pub struct Running {
    app: Arc<App>,
    data: DataDir,
    _fleet: Fleet,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Opened {
    /// Takes the data folder and opens the database.
    pub async fn new(config: &Config) -> Result<Self, StartError> {
        let data = DataDir::open(&config.data.dir)?;
        let random = SystemRandom;
        let master_key = data.master_key(std::env::var(MASTER_KEY_VARIABLE).ok(), &random)?;
        let options = match &config.database.url {
            Some(url) => StoreOptions::Postgres {
                url: url.clone(),
                max_connections: config.database.max_connections,
            },
            None => StoreOptions::Sqlite { path: data.database() },
        };
        let store = Store::open(&options).await?;
        let node = data.node_name(&random)?;
        let mut start = [0_u8; 8];
        random.fill(&mut start);
        let targets = if config.outbound.allow_private_targets {
            net::Targets::PrivateToo
        } else {
            net::Targets::Public
        };
        let app = App::new(context::Parts {
            store,
            clock: Arc::new(SystemClock),
            random: Arc::new(random),
            keyring: Keyring::new(master_key),
            net: net::Client::new(targets).map_err(|error| StartError::Other(error.to_string()))?,
            mail: config.mail()?,
            settings: Settings {
                data_dir: data.path().to_owned(),
                start: format!("{node}/{:016x}", u64::from_le_bytes(start)),
                node,
                allow_private_targets: config.outbound.allow_private_targets,
                max_upload_bytes: config.media.max_upload_bytes,
                event_retention: config.limits.event_retention(),
                delivery_retention: config.limits.delivery_retention(),
                webhook_waits: config.webhook_waits(),
                public_url: config.public_url_at(config.http.listen),
                limits: config.limits(),
            },
        });
        Ok(Self {
            app,
            data,
            listener: None,
            #[cfg(feature = "sandbox")]
            network: None,
        })
    }

    /// The same for a process that serves. It takes its address first, so that a start on one that is taken leaves
    /// nothing behind.
    pub async fn to_serve(config: &Config) -> Result<Self, StartError> {
        let listener = listen(config.http.listen)?;
        // Links that are given to people name the port that was found, not the 0 that asks for any.
        let mut config = config.clone();
        if let Ok(address) = listener.local_addr() {
            config.http.listen = address;
        }
        Ok(Self {
            listener: Some(listener),
            ..Self::new(&config).await?
        })
    }

    /// The same for a command that needs data: a mistyped folder is a mistake and no new installation.
    pub async fn existing(config: &Config) -> Result<Self, StartError> {
        let folder = &config.data.dir;
        let is_there = match &config.database.url {
            Some(_) => folder.is_dir() || std::env::var_os(MASTER_KEY_VARIABLE).is_some(),
            None => DataDir::has_database(folder),
        };
        if !is_there {
            return Err(StartError::Other(format!(
                "there is no data of Pesan in {}; name its folder with --data",
                folder.display()
            )));
        }
        Self::new(config).await
    }

    /// Starts everything: accounts, workers and the web server. Serves when this returns.
    pub async fn start(self, config: &Config) -> Result<Running, StartError> {
        self.start_with(config, Waits::default()).await
    }

    /// The same with other waits than usual.
    pub async fn start_with(self, config: &Config, waits: Waits) -> Result<Running, StartError> {
        let Self {
            app,
            data,
            listener,
            #[cfg(feature = "sandbox")]
                network: network_here,
        } = self;
        let connector = LinkedDevices::new(linked_device::Settings {
            network: network(config)?,
            clock: app.clock.clone(),
            spawn: spawner(&app),
            patience: waits.device,
            presence: linked_device::Presence::default(),
        })?;
        let listener = match listener {
            Some(listener) => listener,
            None => listen(config.http.listen)?,
        };
        let address = listener.local_addr().unwrap_or(config.http.listen);

        let (settings, now) = (app.settings.clone(), app.clock.now());
        app.store
            .write(move |tx| {
                Box::pin(async move { job::rescue_orphans(tx, &settings.node, &settings.start, now).await })
            })
            .await?;
        let fleet = Fleet::start(&app, Arc::new(connector), waits.fleet);
        app.lifecycle.spawn("outbox", outbox::run(app.clone()));
        app.lifecycle.spawn("fetch-media", jobs::fetch_media::run(app.clone()));
        app.lifecycle
            .spawn("refresh-groups", jobs::refresh_group::run(app.clone()));
        app.lifecycle.spawn("webhooks", jobs::deliver_webhook::run(app.clone()));
        app.lifecycle.spawn("send-mail", jobs::send_mail::run(app.clone()));
        app.lifecycle.spawn("alert-drops", jobs::alert_drop::run(app.clone()));
        app.lifecycle.spawn("snoozes", jobs::end_snooze::run(app.clone()));
        app.lifecycle.spawn("auto-close", jobs::auto_close::run(app.clone()));
        app.lifecycle.spawn("retention", jobs::retention::run(app.clone()));
        app.lifecycle.spawn("remind", jobs::remind::run(app.clone()));
        app.lifecycle
            .spawn("forget-traces", jobs::forget_traces::run(app.clone()));
        app.lifecycle
            .spawn("count-giving", jobs::count_giving::run(app.clone()));
        app.lifecycle
            .spawn("follow-segments", jobs::follow_segments::run(app.clone()));
        app.lifecycle
            .spawn("count-backlog", jobs::count_backlog::run(app.clone()));
        app.lifecycle
            .spawn("index-contacts", jobs::index_contacts::run(app.clone()));
        app.lifecycle
            .spawn("index-messages", jobs::index_messages::run(app.clone()));

        let metrics = telemetry::metrics();
        telemetry::keep_up(&app, metrics.clone());
        let server = Server {
            app: app.clone(),
            metrics,
            settings: HttpSettings {
                public_url: config.public_url_at(address),
                trust_forwarded_for: config.http.trust_forwarded_for,
                is_sandbox: config.sandbox.ws.is_some(),
            },
        };
        #[cfg(feature = "sandbox")]
        let routes = match network_here {
            Some(network) => crate::http::sandbox::router(server, network),
            None => router(server),
        };
        #[cfg(not(feature = "sandbox"))]
        let routes = router(server);
        let soft = app.lifecycle.soft().clone();
        app.lifecycle.spawn(
            "http",
            connections::serve(listener, routes, connections::HEAD_TIMEOUT, soft.cancelled_owned()),
        );
        tracing::info!(%address, database = app.store.kind(), "Pesan serves");
        Ok(Running {
            app,
            data,
            _fleet: fleet,
            address,
        })
    }
}

impl Running {
    /// The application.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Writes a small secret file into the data folder.
    pub fn keep(&self, name: &str, text: &str) -> Result<(), StartError> {
        Ok(self.data.write(name, text)?)
    }

    /// Serves until the process is told to end or a task dies, then ends in order. True when all is well.
    pub async fn until_end(self) -> bool {
        let lifecycle = &self.app.lifecycle;
        let mut signals = Signals::new();
        tokio::select! {
            () = signals.next() => tracing::info!("ending: finishing what runs; a second signal drops it"),
            () = lifecycle.soft().cancelled() => {}
        }
        self.end(async { signals.next().await }).await
    }

    /// Ends in order; at once when `hurry` completes.
    pub async fn end(self, hurry: impl Future<Output = ()>) -> bool {
        let lifecycle = &self.app.lifecycle;
        let shut_down = lifecycle.shut_down(PATIENCE);
        tokio::pin!(shut_down);
        let has_finished = tokio::select! {
            has_finished = &mut shut_down => has_finished,
            () = hurry => {
                lifecycle.hard().cancel();
                shut_down.await
            }
        };
        self.app.store.close().await;
        if !has_finished {
            tracing::warn!("some tasks did not finish in time and were dropped");
        }
        !lifecycle.failed().is_cancelled()
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    let listening = || {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        // A start right after an end finds connections of the one before.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listening().map_err(|source| StartError::Listen { address, source })
}

/// The signals that end a process.
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self {
            terminate: signal(SignalKind::terminate()).expect("signals can be listened to"),
            interrupt: signal(SignalKind::interrupt()).expect("signals can be listened to"),
        }
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn spawner(app: &Arc<App>) -> linked_device::Spawn {
    let lifecycle = app.lifecycle.clone();
    Arc::new(move |name, task| lifecycle.spawn(name, task))
}

fn network(config: &Config) -> Result<linked_device::Network, StartError> {
    let http = reqwest::Client::builder()
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(FILE_TIMEOUT)
        .build()
        .map_err(|error| StartError::Other(format!("could not set up HTTP: {error}")))?;
    Ok(match &config.sandbox.ws {
        Some(ws) => linked_device::Network {
            ws_url: ws.clone(),
            media_base: Some(media_base(ws)),
            version: Some(SANDBOX_VERSION),
            http,
        },
        None => linked_device::Network {
            ws_url: WHATSAPP.to_owned(),
            media_base: None,
            version: None,
            http,
        },
    })
}

/// A simulated network serves files at the same address.
fn media_base(ws: &str) -> String {
    let origin = ws.split("/ws/").next().unwrap_or(ws).trim_end_matches('/');
    origin.replacen("ws", "http", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_simulated_network_are_where_it_is() {
        assert_eq!(media_base("ws://127.0.0.1:9/ws/chat"), "http://127.0.0.1:9");
        assert_eq!(media_base("wss://[::1]:9/ws/chat"), "https://[::1]:9");
    }

    #[tokio::test]
    async fn everybody_who_comes_at_once_finds_a_place() {
        let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
        let address = listener.local_addr().expect("it listens");
        // Nobody is taken meanwhile.
        let all = (0..400).map(|_| tokio::net::TcpStream::connect(address));
        let all = futures::future::try_join_all(all);
        let connected = tokio::time::timeout(PATIENCE, all).await;
        assert_eq!(connected.expect("nobody knocks twice").expect("connected").len(), 400);
    }
}
