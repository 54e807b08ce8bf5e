//! A network, phones, and linked devices whose sink remembers everything.

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use pesan_model::reconnect::Disconnect;
use pesan_model::{AccountId, Address, SystemClock, SystemRandom, Timestamp};
use pesan_providers::inbound::{
    Connection, Identity, Inbound, InboundContent, InboundMessage, InboundSink, ReceiveError, Received,
};
use pesan_providers::linked_device::{LinkedDevice, LinkedDevices, Network, Patience, Presence, Settings};
use pesan_providers::provider::{Outgoing, OutgoingContent, Provider, new_wa_id};
use pesan_providers::session_records::{MemoryRecords, RecordError, RecordKind, RecordWrite, SessionRecords};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use wanet::{NewPhone, Options};

/// How long a fact may take on a busy machine before a test fails.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

pub(crate) const TOKO: &str = "628000000001";
pub(crate) const SARI: &str = "628000000002";
pub(crate) const BUDI: &str = "628000000003";

/// What the sink was told.
#[derive(Debug, Clone)]
pub(crate) enum Told {
    In(Inbound),
    Connection(Connection),
}

/// A sink that remembers everything.
#[derive(Default)]
pub(crate) struct Sink {
    told: watch::Sender<Vec<Told>>,
    refusing: AtomicBool,
    /// True while commits hang.
    holding: watch::Sender<bool>,
    /// How many commits have hung.
    held: watch::Sender<usize>,
    /// Only what has the message with this id in it is refused or hangs.
    victim: watch::Sender<Option<String>>,
}

impl Sink {
    /// From now on nothing can be committed.
    pub(crate) fn refuse(&self) {
        self.refusing.store(true, Ordering::SeqCst);
    }

    pub(crate) fn accept(&self) {
        self.refusing.store(false, Ordering::SeqCst);
    }

    /// From now on a commit is disturbed only when the message with this id is in it.
    pub(crate) fn disturb_only(&self, wa_id: &str) {
        self.victim.send_replace(Some(wa_id.to_owned()));
    }

    fn is_disturbed(&self, batch: &[Inbound]) -> bool {
        let is = |inbound: &Inbound, id: &String| matches!(inbound, Inbound::Message(message) if message.wa_id == *id);
        let victim = self.victim.borrow();
        victim
            .as_ref()
            .is_none_or(|id| batch.iter().any(|inbound| is(inbound, id)))
    }

    /// The messages of a batch that could not be read and never could.
    fn unread_in(&self, batch: &[Inbound]) -> Vec<String> {
        let (unreadable, read): (Vec<_>, Vec<_>) = self
            .messages()
            .into_iter()
            .chain(batch.iter().filter_map(|inbound| match inbound {
                Inbound::Message(message) => Some((**message).clone()),
                _ => None,
            }))
            .partition(|message| matches!(message.content, InboundContent::Undecryptable { .. }));
        let is_read = |wa_id: &String| read.iter().any(|message| message.wa_id == *wa_id);
        let unread = unreadable.into_iter().map(|message| message.wa_id);
        unread.filter(|wa_id| !is_read(wa_id)).collect()
    }

    /// From now on commits hang.
    pub(crate) fn hold(&self) {
        self.holding.send_replace(true);
    }

    /// Waits until a commit hangs.
    pub(crate) async fn hangs(&self) {
        let mut held = self.held.subscribe();
        tokio::time::timeout(DEADLINE, held.wait_for(|held| *held > 0))
            .await
            .expect("something comes in")
            .expect("the sender is in self");
    }

    /// Commits that hang go on.
    pub(crate) fn release(&self) {
        self.holding.send_replace(false);
    }

    pub(crate) fn told(&self) -> Vec<Told> {
        self.told.borrow().clone()
    }

    /// The first thing that fits, now or soon.
    pub(crate) async fn wait<T: Debug>(&self, what: &str, fits: impl Fn(&Told) -> Option<T>) -> T {
        self.wait_nth(what, 0, fits).await
    }

    /// Thing number `nth` that fits, counted from 0.
    pub(crate) async fn wait_nth<T: Debug>(&self, what: &str, nth: usize, fits: impl Fn(&Told) -> Option<T>) -> T {
        let mut told = self.told.subscribe();
        let find = |all: &Vec<Told>| all.iter().filter_map(&fits).nth(nth);
        let waited = tokio::time::timeout(DEADLINE, told.wait_for(|all| find(all).is_some())).await;
        let Ok(all) = waited else {
            panic!("{what} did not come; told was {:#?}", self.told())
        };
        find(&all.expect("the sender is in self")).expect("just waited for it")
    }

    pub(crate) async fn connected(&self, nth: usize) -> Identity {
        let fits = |told: &Told| match told {
            Told::Connection(Connection::Connected(identity)) => Some(identity.clone()),
            _ => None,
        };
        self.wait_nth("connected", nth, fits).await
    }

    pub(crate) async fn disconnected(&self, nth: usize) -> Disconnect {
        let fits = |told: &Told| match told {
            Told::Connection(Connection::Disconnected(reason)) => Some(reason.clone()),
            _ => None,
        };
        self.wait_nth("disconnected", nth, fits).await
    }

    pub(crate) async fn qr(&self) -> String {
        let fits = |told: &Told| match told {
            Told::Connection(Connection::Qr { code, .. }) => Some(code.clone()),
            _ => None,
        };
        self.wait("a QR code", fits).await
    }

    /// The message with this id, the `nth` time it comes.
    pub(crate) async fn message(&self, wa_id: &str, nth: usize) -> InboundMessage {
        let fits = |told: &Told| match told {
            Told::In(Inbound::Message(message)) if message.wa_id == wa_id => Some((**message).clone()),
            _ => None,
        };
        self.wait_nth("the message", nth, fits).await
    }

    pub(crate) fn messages(&self) -> Vec<InboundMessage> {
        let message = |told| match told {
            Told::In(Inbound::Message(message)) => Some(*message),
            _ => None,
        };
        self.told().into_iter().filter_map(message).collect()
    }
}

#[async_trait]
impl InboundSink for Sink {
    async fn receive(&self, _account: AccountId, batch: Vec<Inbound>) -> Result<Received, ReceiveError> {
        let is_disturbed = self.is_disturbed(&batch);
        if is_disturbed && *self.holding.borrow() {
            self.held.send_modify(|held| *held += 1);
            let mut holding = self.holding.subscribe();
            holding
                .wait_for(|holding| !holding)
                .await
                .expect("the sender is in self");
        }
        if is_disturbed && self.refusing.load(Ordering::SeqCst) {
            return Err(ReceiveError("refused by the test".into()));
        }
        let unread = self.unread_in(&batch);
        self.told
            .send_modify(|told| told.extend(batch.into_iter().map(Told::In)));
        Ok(Received { unread })
    }

    async fn connection(&self, _account: AccountId, connection: Connection) {
        self.told.send_modify(|told| told.push(Told::Connection(connection)));
    }
}

/// A network and what opens devices on it.
pub(crate) struct World {
    pub(crate) network: wanet::Network,
    pub(crate) devices: LinkedDevices,
    pub(crate) tasks: TaskTracker,
    pub(crate) folder: tempfile::TempDir,
}

impl World {
    /// With the patience of real life: a busy machine must not look like a lost connection.
    pub(crate) async fn new() -> Self {
        Self::with(Patience::default(), Options::default()).await
    }

    /// With little patience, for tests that wait for the end of it.
    pub(crate) async fn impatient() -> Self {
        let short = Patience {
            ack: Duration::from_secs(3),
            quiet: Duration::from_secs(2),
            ping: Duration::from_secs(3),
            ..Patience::default()
        };
        Self::with(short, Options::default()).await
    }

    pub(crate) async fn with(patience: Patience, options: Options) -> Self {
        let network = wanet::Network::start(options).await.expect("the network starts");
        for (phone, name) in [(TOKO, "Toko"), (SARI, "Sari"), (BUDI, "Budi")] {
            let new = NewPhone {
                phone: phone.into(),
                push_name: Some(name.into()),
                ..NewPhone::default()
            };
            network.add_phone(&new).expect("a new phone");
        }
        // One of the TLS providers must be chosen before a client is made.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let tasks = TaskTracker::new();
        let tracker = tasks.clone();
        let settings = Settings {
            network: Network {
                ws_url: network.ws_url(),
                media_base: Some(network.media_url()),
                version: Some((2, 3000, 1_043_857_760)),
                http: reqwest::Client::builder().build().expect("a client"),
            },
            clock: Arc::new(SystemClock),
            spawn: Arc::new(move |_, task| {
                tracker.spawn(task);
            }),
            patience,
            presence: Presence::Hidden,
        };
        let devices = LinkedDevices::new(settings).expect("this machine may be reached");
        Self {
            network,
            devices,
            tasks,
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// An account that is linked and connected.
    pub(crate) async fn linked(&self, phone: &str) -> Linked {
        let mut linked = Linked::unlinked();
        linked.open(self).await;
        let code = linked.sink.qr().await;
        self.network.scan(phone, &code).await.expect("scanned");
        assert_eq!(linked.sink.disconnected(0).await, Disconnect::RestartRequired);
        linked.open(self).await;
        linked.sink.connected(0).await;
        linked
    }

    /// A file with these bytes.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }

    /// Ends all, and asserts that nothing was said that the network does not understand.
    pub(crate) async fn end(self, linked: impl IntoIterator<Item = Linked>) {
        for one in linked {
            if let Some(device) = one.device {
                device.shutdown().await;
            }
        }
        assert_eq!(self.network.stats().unknown, std::collections::BTreeMap::new());
        self.tasks.close();
        tokio::time::timeout(DEADLINE, self.tasks.wait())
            .await
            .expect("every task ends");
        self.network.shutdown().await;
    }
}

/// The records as one process sees them: a dead one writes nothing.
struct OfProcess {
    records: Arc<MemoryRecords>,
    is_dead: Arc<AtomicBool>,
}

impl OfProcess {
    fn lives(&self) -> Result<(), RecordError> {
        if self.is_dead.load(Ordering::SeqCst) {
            Err(RecordError::Fenced)
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl SessionRecords for OfProcess {
    async fn get(&self, kind: RecordKind, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, RecordError> {
        self.records.get(kind, keys).await
    }

    async fn first(&self, kind: RecordKind) -> Result<Option<(Vec<u8>, Vec<u8>)>, RecordError> {
        self.records.first(kind).await
    }

    async fn list(&self, kind: RecordKind, prefix: &[u8]) -> Result<Vec<(Vec<u8>, Vec<u8>)>, RecordError> {
        self.records.list(kind, prefix).await
    }

    async fn write(&self, writes: Vec<RecordWrite>) -> Result<(), RecordError> {
        self.lives()?;
        self.records.write(writes).await
    }

    async fn take(&self, kind: RecordKind, key: &[u8]) -> Result<Option<Vec<u8>>, RecordError> {
        self.lives()?;
        self.records.take(kind, key).await
    }

    async fn delete_expired(&self, kind: RecordKind, now: Timestamp) -> Result<u64, RecordError> {
        self.lives()?;
        self.records.delete_expired(kind, now).await
    }
}

/// An account and its present connection.
pub(crate) struct Linked {
    pub(crate) account: AccountId,
    pub(crate) records: Arc<MemoryRecords>,
    /// Whether the process that runs it is dead.
    is_dead: Arc<AtomicBool>,
    pub(crate) sink: Arc<Sink>,
    pub(crate) device: Option<Arc<LinkedDevice>>,
}

impl Linked {
    /// An account that has never connected.
    pub(crate) fn unlinked() -> Self {
        Self {
            account: AccountId::new(&SystemClock, &SystemRandom),
            records: Arc::default(),
            is_dead: Arc::default(),
            sink: Arc::default(),
            device: None,
        }
    }

    /// Opens the next connection.
    pub(crate) async fn open(&mut self, world: &World) {
        let records = OfProcess {
            records: Arc::clone(&self.records),
            is_dead: Arc::clone(&self.is_dead),
        };
        let sink = Arc::<Sink>::clone(&self.sink);
        let started = world.devices.start(self.account, Arc::new(records), sink).await;
        self.device = Some(started.expect("opened"));
    }

    pub(crate) fn device(&self) -> &Arc<LinkedDevice> {
        self.device.as_ref().expect("open")
    }

    /// The process dies: its connection never gets to say a word, it writes nothing any more, and a commit that hangs goes
    /// on hanging. The next process has the records, and a sink of its own.
    pub(crate) fn die(&mut self) -> Dead {
        std::mem::take(&mut self.is_dead).store(true, Ordering::SeqCst);
        Dead {
            sink: std::mem::take(&mut self.sink),
            device: self.device.take(),
        }
    }

    pub(crate) async fn shut_down(&mut self) {
        if let Some(device) = self.device.take() {
            device.shutdown().await;
        }
    }
}

/// What is left of a process that died.
pub(crate) struct Dead {
    sink: Arc<Sink>,
    device: Option<Arc<LinkedDevice>>,
}

impl Dead {
    /// Ends its tasks.
    pub(crate) async fn bury(self) {
        self.sink.release();
        if let Some(device) = self.device {
            device.shutdown().await;
        }
    }
}

pub(crate) fn chat(text: &str) -> Address {
    text.parse().expect("an address")
}

/// A new message.
pub(crate) fn outgoing(to: &str, content: OutgoingContent) -> Outgoing {
    Outgoing {
        wa_id: new_wa_id(&SystemRandom),
        to: chat(to),
        content,
        reply_to: None,
    }
}

pub(crate) fn text(to: &str, body: &str) -> Outgoing {
    outgoing(to, OutgoingContent::Text(body.into()))
}

/// Waits until the network has no stanza for anybody that is not acknowledged.
pub(crate) async fn all_acknowledged(world: &World) {
    world
        .network
        .wait_stats(DEADLINE, |stats| stats.queued == 0)
        .await
        .expect("everything is acknowledged");
}

/// A message of the account that has arrived, and of which everything is committed and acknowledged.
pub(crate) async fn delivered(world: &World, linked: &Linked) -> String {
    let out = text(SARI, "halo");
    linked.device().send(&out).await.expect("accepted");
    world
        .network
        .wait_message(SARI, DEADLINE, |message| message.id == out.wa_id)
        .await
        .expect("arrived");
    let fits = |told: &Told| match told {
        Told::In(Inbound::Receipt(receipt)) if receipt.wa_ids.contains(&out.wa_id) => Some(()),
        _ => None,
    };
    linked.sink.wait("the delivery receipt", fits).await;
    all_acknowledged(world).await;
    out.wa_id
}
