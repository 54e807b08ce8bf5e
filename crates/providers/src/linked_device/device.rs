//! The linked device itself, and what opens it.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use pesan_model::chat::Activity;
use pesan_model::reconnect::Disconnect;
use pesan_model::{AccountId, Address, Capabilities, Clock, Phone, ProviderKind};
use tokio::sync::{Notify, watch};
use tokio_util::sync::{CancellationToken, DropGuard};
use wacore::iq::devices::RemoveCompanionDeviceSpec;
use wacore::store::DevicePropsOverride;
use waproto::whatsapp::device_props::PlatformType;
use whatsapp_rust::bot::Bot;
use whatsapp_rust::{CacheConfig, CacheEntryConfig, Client, TokioRuntime};

use super::acks::Acks;
use super::backend::{RecordBackend, SENT_KEPT};
use super::ending::Ending;
use super::events::{CommitFirst, Listener};
use super::gate::{Gate, GatedSockets};
use super::history::History;
use super::http::MediaHttp;
use super::lost::KeyStanzas;
use super::network::{Network, NetworkError, Sockets};
use super::queue::{Item, Pump, Queue};
use super::remote_media::Remote;
use super::resend::Resend;
use super::{asking, connection, media, sending};
use crate::inbound::{Inbound, InboundSink, Person};
use crate::provider::{
    Accepted, Connector, GroupInfo, NumberCheck, Outgoing, OutgoingMedia, Provider, ProviderError, ReadKind, ReadMark,
    RemoteMedia, SendError,
};
use crate::session_records::SessionRecords;

/// How this program is named in the phone's list of linked devices.
const DEVICE_NAME: &str = "Pesan";

/// Runs a task under a name. The process decides what the end of a task means.
pub type Spawn = Arc<dyn Fn(&'static str, BoxFuture<'static, ()>) + Send + Sync>;

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The server's word on a message, once it is written.
    pub ack: Duration,
    /// The preparation of a message: asking for devices and keys, encrypting.
    pub prepare: Duration,
    /// Nothing may come in for so long before we ask.
    pub quiet: Duration,
    /// The answer to that.
    pub ping: Duration,
}

impl Default for Patience {
    /// A half-open connection is noticed after 20 + 15 = 35 seconds.
    fn default() -> Self {
        Self {
            ack: Duration::from_secs(20),
            prepare: Duration::from_mins(1),
            quiet: Duration::from_secs(20),
            ping: Duration::from_secs(15),
        }
    }
}

/// Whether other people see us online while we are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Presence {
    /// They do not, and the phone goes on to ring.
    #[default]
    Hidden,
    /// They do, and the phone stays silent.
    Online,
}

/// What all linked devices of a process share.
#[derive(Clone)]
pub struct Settings {
    /// Where WhatsApp is.
    pub network: Network,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What runs the tasks.
    pub spawn: Spawn,
    /// How long things may take.
    pub patience: Patience,
    /// Whether other people see us online.
    pub presence: Presence,
}

/// Opens linked devices.
pub struct LinkedDevices {
    settings: Settings,
    sockets: Sockets,
}

impl LinkedDevices {
    /// Checks that this build may reach the network.
    pub fn new(settings: Settings) -> Result<Self, NetworkError> {
        let sockets = Sockets::new(&settings.network)?;
        if let Some(base) = &settings.network.media_base {
            super::network::allowed(base)?;
        }
        Ok(Self { settings, sockets })
    }

    /// Starts one connection of `account`; how it goes is told to `sink`.
    pub async fn start(
        &self,
        account: AccountId,
        records: Arc<dyn SessionRecords>,
        sink: Arc<dyn InboundSink>,
    ) -> Result<Arc<LinkedDevice>, ProviderError> {
        let Settings {
            network,
            clock,
            spawn,
            patience,
            presence,
        } = &self.settings;
        let gate = Gate::default();
        let (queue, items) = Queue::new(gate.clone());
        let (broken, stopped) = (CancellationToken::new(), CancellationToken::new());
        let (acks, ending) = (Arc::<Acks>::default(), Arc::<Ending>::default());
        let appeared = Arc::<Notify>::default();
        let (ready, silent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));

        let people = queue.clone();
        let on_mapping = move |phone: &str, lid: &str| {
            let person = Person {
                phone: phone.parse().ok(),
                lid: Some(format!("{lid}@lid")),
                push_name: None,
            };
            people.push(Item::Inbound(Inbound::Person(person)));
        };
        let backend = Arc::new(RecordBackend::new(
            Arc::clone(&records),
            Arc::clone(clock),
            broken.clone(),
            Box::new(on_mapping),
        ));
        let resend = Arc::new(Resend::new(Arc::clone(&records), Arc::clone(clock)));
        let keys = Arc::<KeyStanzas>::default();
        let listener = Listener {
            queue: queue.clone(),
            acks: Arc::clone(&acks),
            ending: Arc::clone(&ending),
            ready: Arc::clone(&ready),
            appeared: Arc::clone(&appeared),
            resend: Arc::clone(&resend),
            keys: Arc::clone(&keys),
        };
        let writer = Arc::<OnceLock<Weak<Client>>>::default();
        let sockets = GatedSockets {
            sockets: self.sockets.clone(),
            gate: gate.clone(),
            client: Arc::clone(&writer),
            ending: Arc::clone(&ending),
        };
        let mut builder = Bot::builder()
            .with_backend_arc(Arc::<RecordBackend>::clone(&backend))
            .with_transport_factory(sockets)
            .with_http_client(MediaHttp::new(network))
            .with_runtime(TokioRuntime)
            .with_device_props(
                DevicePropsOverride::new()
                    .with_os(DEVICE_NAME)
                    .with_platform_type(PlatformType::DESKTOP),
            )
            .with_cache_config(caches())
            .with_inbound_durability_hook(CommitFirst {
                queue: queue.clone(),
                backend: Arc::clone(&backend),
                resend: Arc::clone(&resend),
                keys: Arc::clone(&keys),
            })
            .with_event_handler(listener);
        if let Some(version) = network.version {
            builder = builder.with_version(version);
        }
        let bot = builder
            .build()
            .await
            .map_err(|error| ProviderError::Failed(error.to_string()))?;
        let client = bot.client();
        let _ = writer.set(Arc::downgrade(&client));
        backend.follow(&client.persistence_manager());
        keys.watch(client.acquire_raw_node_forwarding());
        // What to do after the end is decided by `app::fleet`, from one table, for all accounts together.
        client.enable_auto_reconnect.store(false, Ordering::SeqCst);
        // Delivered is delivered, online or not.
        client.set_force_active_delivery_receipts(true);

        let (over, is_over) = watch::channel(false);
        let pump = Pump {
            account,
            items,
            sink,
            client: Arc::downgrade(&client),
            history: History::new(records, Arc::clone(clock), Arc::downgrade(&client)),
            resend: Arc::clone(&resend),
            broken: broken.clone(),
            gate,
        };
        let run = connection::Run {
            bot,
            backend,
            client: Arc::clone(&client),
            queue,
            pump,
            resend,
            acks: Arc::clone(&acks),
            ending: Arc::clone(&ending),
            ready: Arc::clone(&ready),
            broken,
            stopped: stopped.clone(),
            silent: Arc::clone(&silent),
            patience: *patience,
            appeared: (*presence == Presence::Hidden).then_some(appeared),
            over,
        };
        spawn("linked device", Box::pin(run.until_over()));
        Ok(Arc::new(LinkedDevice {
            client,
            acks,
            ending,
            ready,
            patience: *patience,
            is_over,
            silent,
            stopped: stopped.clone(),
            _stop_when_dropped: stopped.drop_guard(),
        }))
    }
}

#[async_trait]
impl Connector for LinkedDevices {
    async fn open(
        &self,
        account: AccountId,
        records: Arc<dyn SessionRecords>,
        sink: Arc<dyn InboundSink>,
    ) -> Result<Arc<dyn Provider>, ProviderError> {
        Ok(self.start(account, records, sink).await?)
    }
}

/// Thousands of accounts share a process: what can be read again from the records is not held long.
fn caches() -> CacheConfig {
    let short = |capacity| CacheEntryConfig::new(Some(Duration::from_mins(10)), capacity);
    CacheConfig {
        group_cache: short(32),
        device_registry_cache: short(1_024),
        sender_key_devices_cache: short(32),
        sent_message_ttl_secs: SENT_KEPT.as_secs(),
        ..CacheConfig::default()
    }
}

/// One connection of a linked device. It closes when the last reference is gone.
pub struct LinkedDevice {
    pub(super) client: Arc<Client>,
    pub(super) acks: Arc<Acks>,
    ending: Arc<Ending>,
    ready: Arc<AtomicBool>,
    pub(super) patience: Patience,
    is_over: watch::Receiver<bool>,
    silent: Arc<AtomicBool>,
    stopped: CancellationToken,
    _stop_when_dropped: DropGuard,
}

impl LinkedDevice {
    /// True from the moment messages can be sent until the connection ends.
    pub(super) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::SeqCst) && self.client.is_connected()
    }

    fn ready(&self) -> Result<(), ProviderError> {
        if self.is_ready() {
            Ok(())
        } else {
            Err(ProviderError::NotConnected)
        }
    }

    /// Waits until the connection is over and all that it had to store is stored.
    pub(super) async fn over(&self) {
        // An error means that the task was dropped, so it is over as well.
        let _ = self.is_over.clone().wait_for(|over| *over).await;
    }

    async fn end(&self) {
        self.silent.store(true, Ordering::SeqCst);
        self.stopped.cancel();
        self.over().await;
    }
}

#[async_trait]
impl Provider for LinkedDevice {
    fn capabilities(&self) -> &'static Capabilities {
        Capabilities::of(ProviderKind::LinkedDevice)
    }

    async fn upload(&self, media: &OutgoingMedia) -> Result<RemoteMedia, SendError> {
        if !self.is_ready() {
            return Err(SendError::NotConnected);
        }
        Ok(media::upload(&self.client, media).await?.to_media())
    }

    async fn send(&self, out: &Outgoing) -> Result<Accepted, SendError> {
        sending::send(self, out).await
    }

    async fn mark_read(&self, read: &ReadMark) -> Result<(), ProviderError> {
        self.ready()?;
        let chat = super::jid::jid(&read.chat);
        let sender = read.sender.as_ref().map(super::jid::jid);
        let ids: Vec<_> = read.wa_ids.iter().map(String::as_str).collect();
        let done = match read.kind {
            ReadKind::Read => self.client.mark_as_read(&chat, sender.as_ref(), &ids).await,
            ReadKind::Played => self.client.mark_as_played(&chat, sender.as_ref(), &ids).await,
        };
        done.map_err(|error| ProviderError::Failed(error.to_string()))
    }

    async fn set_activity(&self, chat: &Address, activity: Activity) -> Result<(), ProviderError> {
        self.ready()?;
        let chat = super::jid::jid(chat);
        let done = match activity {
            Activity::Typing => self.client.chatstate().send_composing(&chat).await,
            Activity::Recording => self.client.chatstate().send_recording(&chat).await,
            Activity::Stopped => self.client.chatstate().send_paused(&chat).await,
        };
        done.map_err(|error| ProviderError::Failed(error.to_string()))
    }

    async fn check_numbers(&self, phones: &[Phone]) -> Result<Vec<NumberCheck>, ProviderError> {
        self.ready()?;
        asking::check_numbers(&self.client, phones).await
    }

    async fn profile_picture(&self, of: &Address) -> Result<Option<String>, ProviderError> {
        self.ready()?;
        asking::profile_picture(&self.client, of).await
    }

    async fn group(&self, group: &Address) -> Result<GroupInfo, ProviderError> {
        self.ready()?;
        asking::group(&self.client, group).await
    }

    async fn fetch_media(&self, remote: &RemoteMedia, file: &Path) -> Result<(), ProviderError> {
        self.ready()?;
        let remote = Remote::from_media(remote)
            .ok_or_else(|| ProviderError::Failed("this is no description of a file of a linked device".into()))?;
        media::download(&self.client, remote, file).await
    }

    async fn logout(&self) -> Result<(), ProviderError> {
        let own = self
            .client
            .pn()
            .filter(|_| self.client.is_connected())
            .ok_or(ProviderError::NotConnected)?;
        // The server closes the connection right after its answer; nobody is to hear of that.
        self.silent.store(true, Ordering::SeqCst);
        let told = self.client.execute(RemoveCompanionDeviceSpec::new(&own)).await;
        self.end().await;
        match told {
            Ok(()) => Ok(()),
            // The end of the connection can overtake the answer.
            Err(_) if self.ending.reason() == Disconnect::LoggedOut => Ok(()),
            Err(error) => Err(asking::iq_error(&error)),
        }
    }

    async fn shutdown(&self) {
        self.end().await;
    }
}
