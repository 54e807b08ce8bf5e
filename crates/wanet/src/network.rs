//! The network as a Rust value: start it, use its phones, disturb it, look at it, stop it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use axum::routing::any;
use axum::serve::ListenerExt as _;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use utoipa::ToSchema;

use crate::admin;
use crate::clock;
use crate::conn;
use crate::crypto;
use crate::error::Error;
use crate::faults::{Fault, NewFault};
use crate::groups::GroupChange;
use crate::history::PastChat;
use crate::hub::{Hub, Parts};
use crate::ids::{self, Address, Family};
use crate::inbox::{Happening, InboxMessage};
use crate::media::{self, MediaStore};
use crate::noise::ServerKeys;
use crate::options::{Options, Settings};
use crate::phone::content::PhoneMessage;
use crate::phone::{self, Phones};
use crate::saved::{Restored, Saved};
use crate::stats::Stats;
use crate::tls::{Identity, TlsListener};
use crate::world::{Account, Habits};

/// A phone to add.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewPhone {
    /// The number; every usual notation is understood.
    pub phone: String,
    /// The name it shows to others.
    #[serde(default)]
    pub push_name: Option<String>,
    /// Whether it confirms what reaches it. Yes if absent.
    #[serde(default)]
    pub delivered_receipts: Option<bool>,
    /// Whether it gives a new companion its app-state key. Yes if absent.
    #[serde(default)]
    pub share_keys: Option<bool>,
    /// What it tells a new companion of the past.
    #[serde(default)]
    pub history: Vec<PastChat>,
}

/// A phone of the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PhoneInfo {
    /// The number, digits only.
    pub phone: String,
    /// The name it shows to others.
    pub push_name: String,
    /// Its JID by phone number.
    pub jid: String,
    /// Its JID by hidden id.
    pub lid: String,
    /// Its companions.
    pub devices: Vec<LinkedDevice>,
    /// Whom it blocks.
    pub blocked: Vec<String>,
}

/// A linked companion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkedDevice {
    /// Its phone.
    pub phone: String,
    /// Its number, from 1.
    pub device: u16,
    /// Its JID by phone number.
    pub jid: String,
    /// Its JID by hidden id.
    pub lid: String,
    /// Whether it is logged in now.
    pub online: bool,
    /// Stanzas that wait for it.
    pub queued: u64,
    /// One-time keys it has left with the server.
    pub one_time_keys: u64,
}

/// A running network. Dropping it without [`Network::shutdown`] leaves its tasks to the runtime.
pub struct Network {
    hub: Arc<Hub>,
    plain: SocketAddr,
    tls: SocketAddr,
}

impl Network {
    /// Starts a network and waits until it listens.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let bind = |what, address| async move { TcpListener::bind(address).await.map_err(|e| Error::io(what, e)) };
        let listener = bind("listening", options.listen).await?;
        let listener_tls = bind("listening with TLS", options.listen_tls).await?;
        let addresses = listener
            .local_addr()
            .and_then(|plain| Ok((plain, listener_tls.local_addr()?)));
        let (plain, tls) = addresses.map_err(|e| Error::io("listening", e))?;
        let (saved, restored) = match &options.state_dir {
            Some(dir) => Saved::open(dir)?,
            None => (Saved::default(), Restored::default()),
        };
        let identity = Identity::generate(options.state_dir.as_deref())?;
        let keys = restored
            .secret
            .map_or_else(ServerKeys::generate, ServerKeys::from_secret);
        saved.server(keys.secret());
        let media = match &options.state_dir {
            Some(dir) => MediaStore::in_dir(dir.join("media")).map_err(|e| Error::io("opening the media", e))?,
            None => MediaStore::default(),
        };
        let (phones, jobs) = Phones::new(options.phones, restored.phones);
        let settings = Settings {
            id_memory: options.id_memory,
            inbox_limit: options.inbox_limit,
            media_host: tls.to_string(),
            cert_pem: identity.cert_pem.clone(),
        };
        let hub = Hub::new(Parts {
            world: restored.world,
            keys,
            settings,
            saved,
            phones,
            media,
        });
        phone::start(&hub, jobs);
        let app = axum::Router::new()
            .route("/ws/chat", any(upgrade))
            .layer(DefaultBodyLimit::max(64 * 1024 * 1024))
            .merge(media::routes())
            .merge(admin::routes())
            .with_state(Arc::clone(&hub));
        let accept_tls = TlsListener::start(listener_tls, &identity, hub.stop.clone())
            .map_err(|e| Error::io("listening with TLS", e))?;
        let plain_listener = listener.tap_io(|io| {
            if let Err(error) = io.set_nodelay(true) {
                tracing::debug!(%error, "a socket option was refused");
            }
        });
        serve(&hub, plain_listener, app.clone());
        serve(&hub, accept_tls, app);
        Ok(Self { hub, plain, tls })
    }

    /// Where clients connect without TLS.
    pub fn ws_url(&self) -> String {
        format!("ws://{}/ws/chat", self.plain)
    }

    /// Where clients connect with TLS.
    pub fn wss_url(&self) -> String {
        format!("wss://{}/ws/chat", self.tls)
    }

    /// The root of the admin interface.
    pub fn admin_url(&self) -> String {
        format!("http://{}", self.plain)
    }

    /// The media host without TLS; clients are told the one with TLS.
    pub fn media_url(&self) -> String {
        format!("http://{}", self.plain)
    }

    /// The media host clients are told, `address:port`; it speaks TLS with [`Network::cert_pem`].
    pub fn media_host(&self) -> String {
        self.hub.settings.media_host.clone()
    }

    /// The certificate of the TLS listener.
    pub fn cert_pem(&self) -> &str {
        &self.hub.settings.cert_pem
    }

    /// The public key that signs the Noise certificates, for clients that let it be set.
    pub fn noise_root(&self) -> [u8; 32] {
        *self.hub.keys.root_public()
    }

    /// Closes every connection, writes the state out and ends.
    pub async fn shutdown(self) {
        self.hub.stop.cancel();
        self.hub.tasks.close();
        self.hub.tasks.wait().await;
        self.hub.saved.close();
    }

    /// Adds a phone. Adding one that exists changes its name and habits.
    pub fn add_phone(&self, new: &NewPhone) -> Result<PhoneInfo, Error> {
        self.hub.add_phone(new)
    }

    /// All phones.
    pub fn phones(&self) -> Vec<PhoneInfo> {
        self.hub.phones_info()
    }

    /// One phone.
    pub fn phone(&self, phone: &str) -> Result<PhoneInfo, Error> {
        self.hub.phone_info(self.hub.known(phone)?)
    }

    /// The phone scans a QR code; completes when the companion is linked.
    pub async fn scan(&self, phone: &str, qr: &str) -> Result<LinkedDevice, Error> {
        let address = self.hub.scan(self.hub.known(phone)?, qr).await?;
        self.hub.device_info(address)
    }

    /// Removes a companion from an account.
    pub fn unlink(&self, phone: &str, device: u16) -> Result<(), Error> {
        let address = Address::new(self.hub.known(phone)?, device);
        if self.hub.unlink(address) {
            Ok(())
        } else {
            Err(Error::not_found("device", "no such companion"))
        }
    }

    /// Sends a message from a phone and returns its WhatsApp id.
    pub fn phone_send(&self, phone: &str, message: &PhoneMessage) -> Result<String, Error> {
        self.hub.phone_sends(self.hub.known(phone)?, message)
    }

    /// Sends a text from a phone.
    pub fn phone_send_text(&self, phone: &str, to: &str, text: &str) -> Result<String, Error> {
        let message = PhoneMessage {
            to: to.to_owned(),
            text: Some(text.to_owned()),
            ..PhoneMessage::default()
        };
        self.phone_send(phone, &message)
    }

    /// What a phone has seen after a number, oldest first.
    pub fn phone_messages(&self, phone: &str, after: u64) -> Result<Vec<InboxMessage>, Error> {
        self.hub.inbox(self.hub.known(phone)?, after)
    }

    /// Waits until a message of the phone fits, at most so long.
    pub async fn wait_message(
        &self,
        phone: &str,
        within: Duration,
        fits: impl Fn(&InboxMessage) -> bool,
    ) -> Result<InboxMessage, Error> {
        let number = self.hub.known(phone)?;
        let found = || {
            self.hub
                .inbox(number, 0)
                .ok()?
                .into_iter()
                .find(|message| fits(message))
        };
        self.hub
            .wait(within, found)
            .await
            .ok_or_else(|| Error::not_found("messages", format!("none fits within {within:?}")))
    }

    /// A medium a phone has received, in clear, and its type.
    pub fn phone_media(&self, phone: &str, message_id: &str) -> Result<(Vec<u8>, String), Error> {
        self.hub.phone_media(self.hub.known(phone)?, message_id)
    }

    /// The phone marks messages as read.
    pub fn phone_read(&self, phone: &str, ids: &[String]) -> Result<(), Error> {
        self.hub.phone_reads(self.hub.known(phone)?, ids, "read")
    }

    /// The phone marks voice notes as played.
    pub fn phone_play(&self, phone: &str, ids: &[String]) -> Result<(), Error> {
        self.hub.phone_reads(self.hub.known(phone)?, ids, "played")
    }

    /// Somebody types on the phone: `composing`, `recording` or `paused`.
    pub fn phone_typing(&self, phone: &str, to: &str, state: &str) -> Result<(), Error> {
        self.hub.phone_types(self.hub.known(phone)?, to, typing_state(state)?)
    }

    /// The phone comes online or goes.
    pub fn phone_available(&self, phone: &str, available: bool) -> Result<(), Error> {
        let phone = self.hub.known(phone)?;
        self.hub.set_available(phone, available);
        Ok(())
    }

    /// The phone blocks somebody, or no longer.
    pub fn phone_block(&self, phone: &str, whom: &str, blocked: bool) -> Result<(), Error> {
        self.hub.block(self.hub.known(phone)?, self.hub.known(whom)?, blocked)
    }

    /// Sets a profile picture; nothing removes it.
    pub fn phone_picture(&self, phone: &str, bytes: Vec<u8>) -> Result<Option<String>, Error> {
        Ok(self.hub.set_picture(self.hub.known(phone)?, bytes))
    }

    /// Typing and group changes a phone has seen after a number.
    pub fn phone_happenings(&self, phone: &str, after: u64) -> Result<Vec<Happening>, Error> {
        self.hub.happenings(self.hub.known(phone)?, after)
    }

    /// Makes a group and returns its id with `@g.us`.
    pub fn create_group(&self, creator: &str, subject: &str, members: &[String]) -> Result<String, Error> {
        let members = members
            .iter()
            .map(|m| self.hub.known(m))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(format!(
            "{}@g.us",
            self.hub.create_group(self.hub.known(creator)?, subject, &members)?
        ))
    }

    /// Adds members to a group.
    pub fn group_add(&self, by: &str, group: &str, members: &[String]) -> Result<(), Error> {
        let members = members
            .iter()
            .map(|m| self.hub.known(m))
            .collect::<Result<Vec<_>, _>>()?;
        self.hub
            .change_group(self.hub.known(by)?, group_id(group), GroupChange::Add(members))
    }

    /// Removes members from a group; oneself is leaving it.
    pub fn group_remove(&self, by: &str, group: &str, members: &[String]) -> Result<(), Error> {
        let members = members
            .iter()
            .map(|m| self.hub.known(m))
            .collect::<Result<Vec<_>, _>>()?;
        self.hub
            .change_group(self.hub.known(by)?, group_id(group), GroupChange::Remove(members))
    }

    /// Gives a group another subject.
    pub fn group_subject(&self, by: &str, group: &str, subject: &str) -> Result<(), Error> {
        self.hub.change_group(
            self.hub.known(by)?,
            group_id(group),
            GroupChange::Subject(subject.to_owned()),
        )
    }

    /// Arms a fault, or lets it strike at once.
    pub fn set_fault(&self, fault: NewFault) -> Result<Fault, Error> {
        self.hub.set_fault(fault)
    }

    /// All faults and how often they happened.
    pub fn faults(&self) -> Vec<Fault> {
        self.hub.world.lock().faults.list()
    }

    /// Removes one fault, or all.
    pub fn clear_faults(&self, id: Option<u64>) -> usize {
        self.hub.world.lock().faults.remove(id)
    }

    /// What was counted.
    pub fn stats(&self) -> Stats {
        self.hub.stats()
    }

    /// Waits until the numbers fit, at most so long.
    pub async fn wait_stats(&self, within: Duration, fits: impl Fn(&Stats) -> bool) -> Result<Stats, Stats> {
        let found = self
            .hub
            .wait(within, || Some(self.hub.stats()).filter(|stats| fits(stats)))
            .await;
        found.ok_or_else(|| self.hub.stats())
    }

    /// Adds accounts with one companion each that never connects, to see how much memory they take.
    pub fn seed(&self, accounts: u64) {
        for n in 0..accounts {
            self.hub.seed_one(628_000_000_000 + n);
        }
    }
}

/// The group id without its server.
pub(crate) fn group_id(group: &str) -> &str {
    group.strip_suffix("@g.us").unwrap_or(group)
}

/// The states of a keyboard.
pub(crate) fn typing_state(state: &str) -> Result<&'static str, Error> {
    Ok(match state {
        "composing" => "composing",
        "recording" => "recording",
        "paused" => "paused",
        _ => return Err(Error::invalid("state", "is one of composing, recording and paused")),
    })
}

fn serve<L>(hub: &Arc<Hub>, listener: L, app: axum::Router)
where
    L: axum::serve::Listener,
    L::Addr: std::fmt::Debug,
{
    let stop = hub.stop.clone();
    hub.tasks.spawn(async move {
        let serving = axum::serve(listener, app).into_future();
        tokio::select! {
            () = stop.cancelled() => {}
            outcome = serving => {
                if let Err(error) = outcome {
                    tracing::error!(%error, "the network no longer listens");
                }
            }
        }
    });
}

async fn upgrade(State(hub): State<Arc<Hub>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .read_buffer_size(4 * 1024)
        .write_buffer_size(0)
        .max_message_size(32 * 1024 * 1024)
        .on_upgrade(move |socket| hub.tasks.clone().track_future(conn::serve(hub, socket)))
}

impl Hub {
    /// The phone a request means, if it exists.
    pub(crate) fn known(&self, phone: &str) -> Result<u64, Error> {
        let number = ids::parse_phone(phone).ok_or_else(|| Error::invalid("phone", "is not a phone number"))?;
        if !self.world.lock().accounts.contains_key(&number) {
            return Err(Error::not_found("phone", "no such phone"));
        }
        Ok(number)
    }

    pub(crate) fn add_phone(&self, new: &NewPhone) -> Result<PhoneInfo, Error> {
        let phone = ids::parse_phone(&new.phone).ok_or_else(|| Error::invalid("phone", "is not a phone number"))?;
        if let Some(chat) = new.history.iter().find(|chat| ids::parse_phone(&chat.with).is_none()) {
            return Err(Error::invalid(
                "history",
                format!("{} is not a phone number", chat.with),
            ));
        }
        {
            let mut world = self.world.lock();
            let account = world.accounts.entry(phone).or_insert_with(|| blank(phone));
            if let Some(name) = &new.push_name {
                account.push_name.clone_from(name);
            }
            account.habits = Habits {
                delivered_receipts: new.delivered_receipts.unwrap_or(account.habits.delivered_receipts),
                share_keys: new.share_keys.unwrap_or(account.habits.share_keys),
            };
            if !new.history.is_empty() {
                account.history.clone_from(&new.history);
            }
            self.saved.account(account);
        }
        self.phone_info(phone)
    }

    pub(crate) fn phone_info(&self, phone: u64) -> Result<PhoneInfo, Error> {
        let world = self.world.lock();
        let account = world
            .accounts
            .get(&phone)
            .ok_or_else(|| Error::not_found("phone", "no such phone"))?;
        Ok(info(account))
    }

    pub(crate) fn phones_info(&self) -> Vec<PhoneInfo> {
        let mut all: Vec<_> = self.world.lock().accounts.values().map(info).collect();
        all.sort_by(|a, b| a.phone.cmp(&b.phone));
        all
    }

    pub(crate) fn device_info(&self, address: Address) -> Result<LinkedDevice, Error> {
        let info = self.phone_info(address.phone)?;
        let device = info.devices.into_iter().find(|device| device.device == address.device);
        device.ok_or_else(|| Error::not_found("device", "no such companion"))
    }

    pub(crate) fn block(&self, phone: u64, whom: u64, blocked: bool) -> Result<(), Error> {
        let mut world = self.world.lock();
        let account = world
            .accounts
            .get_mut(&phone)
            .ok_or_else(|| Error::not_found("phone", "no such phone"))?;
        if blocked {
            account.blocked.insert(whom);
        } else {
            account.blocked.remove(&whom);
        }
        self.saved.account(account);
        Ok(())
    }

    pub(crate) fn inbox(&self, phone: u64, after: u64) -> Result<Vec<InboxMessage>, Error> {
        let world = self.world.lock();
        let account = world
            .accounts
            .get(&phone)
            .ok_or_else(|| Error::not_found("phone", "no such phone"))?;
        let messages = account.inbox.after(after).map(|message| {
            let sender = Address::primary(message.from.parse().unwrap_or_default());
            let arrivals = world.arrivals.of(crate::world::stanza_hash(sender, "", &message.id));
            InboxMessage {
                arrivals,
                shown: account.inbox.shown(message),
                ..message.clone()
            }
        });
        Ok(messages.collect())
    }

    pub(crate) fn happenings(&self, phone: u64, after: u64) -> Result<Vec<Happening>, Error> {
        let world = self.world.lock();
        let account = world
            .accounts
            .get(&phone)
            .ok_or_else(|| Error::not_found("phone", "no such phone"))?;
        Ok(account.inbox.happenings_after(after).cloned().collect())
    }

    pub(crate) fn set_fault(&self, order: NewFault) -> Result<Fault, Error> {
        let phone = match &order.phone {
            Some(phone) => {
                Some(ids::parse_phone(phone).ok_or_else(|| Error::invalid("phone", "is not a phone number"))?)
            }
            None => None,
        };
        if let Some(class) = order
            .stanza
            .as_deref()
            .filter(|class| !["message", "receipt"].contains(class))
        {
            return Err(Error::invalid(
                "stanza",
                format!("{class} is neither message nor receipt"),
            ));
        }
        let mut world = self.world.lock();
        let waits = order.stanza.is_some();
        let mut fault = world.faults.add(order, phone);
        if !waits {
            let mut struck = 0;
            for line in world.lines.values() {
                let owner = line.owner();
                let meant = phone.is_none_or(|phone| owner.is_some_and(|owner| owner.phone == phone))
                    && fault
                        .order
                        .device
                        .is_none_or(|device| owner.is_some_and(|owner| owner.device == device));
                if meant && fault.order.fault.strike(line) {
                    struck += 1;
                }
            }
            if fault.order.fault.strikes_at_once() {
                world.faults.happened(fault.id, struck);
                fault.happened = struck;
            }
        }
        Ok(fault)
    }

    /// Waits for something to be found, looking again whenever anything has happened.
    pub(crate) async fn wait<T>(&self, within: Duration, found: impl Fn() -> Option<T>) -> Option<T> {
        let deadline = tokio::time::Instant::now() + within;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(found) = found() {
                return Some(found);
            }
            if tokio::time::timeout_at(deadline, changed).await.is_err() {
                return found();
            }
        }
    }

    fn seed_one(&self, phone: u64) {
        let mut world = self.world.lock();
        let account = world.accounts.entry(phone).or_insert_with(|| blank(phone));
        account.last_device += 1;
        let mut device = crate::world::Device::seeded(account.last_device, crypto::random32());
        device
            .one_time
            .add((1..=812).map(|n| (crate::prekeys::id3(n), vec![n as u8; 32])));
        account.devices.insert(device.id, device);
    }
}

fn blank(phone: u64) -> Account {
    let secret = crypto::random32();
    Account {
        phone,
        secret,
        push_name: format!("Phone {}", phone % 10_000),
        raw_id: u32::from_be_bytes(crypto::derive(&secret, "raw id")[..4].try_into().expect("four bytes")) >> 1,
        devices: std::collections::BTreeMap::new(),
        last_device: 0,
        devices_changed: clock::now(),
        habits: Habits::default(),
        blocked: std::collections::BTreeSet::new(),
        picture: None,
        available: false,
        last_seen: clock::now(),
        collections: crate::app_state::Collections::default(),
        peers: std::collections::HashSet::new(),
        inbox: crate::inbox::Inbox::default(),
        history: Vec::new(),
    }
}

fn info(account: &Account) -> PhoneInfo {
    let phone = account.phone.to_string();
    let device = |device: &crate::world::Device| {
        let address = Address::new(account.phone, device.id);
        LinkedDevice {
            phone: phone.clone(),
            device: device.id,
            jid: address.jid(Family::Pn).to_string(),
            lid: address.jid(Family::Lid).to_string(),
            online: device.link.is_some(),
            queued: device.queue.len() as u64,
            one_time_keys: device.one_time.len() as u64,
        }
    };
    PhoneInfo {
        push_name: account.push_name.clone(),
        jid: ids::pn(account.phone).to_string(),
        lid: ids::lid(account.phone).to_string(),
        devices: account.devices.values().map(device).collect(),
        blocked: account.blocked.iter().map(u64::to_string).collect(),
        phone: phone.clone(),
    }
}
