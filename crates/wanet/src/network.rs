//! The network as a Rust value: start it, use its phones, disturb it, look at it, stop it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::response::Response;
use axum::routing::any;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use crate::accounts::{LinkedDevice, NewPhone, PhoneInfo};
use crate::admin;
use crate::conn;
use crate::error::Error;
use crate::faults::{Fault, NewFault};
use crate::groups::GroupChange;
use crate::hub::{Hub, Parts};
use crate::ids::Address;
use crate::inbox::{Happening, InboxMessage};
use crate::media::{self, MediaStore};
use crate::noise::ServerKeys;
use crate::options::{Options, Settings};
use crate::phone::content::PhoneMessage;
use crate::phone::{self, Phones};
use crate::saved::{Restored, Saved};
use crate::stats::Stats;
use crate::tls::{Identity, TlsListener};

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
            chatstate_ttl: options.chatstate_ttl,
            adv_secret: options.adv_secret,
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
            .merge(media::routes())
            .merge(admin::routes())
            .fallback(admin::no_such_path)
            .with_state(Arc::clone(&hub));
        let accept_tls =
            TlsListener::start(listener_tls, &identity, &hub).map_err(|e| Error::io("listening with TLS", e))?;
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
    pub async fn shutdown(&self) {
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
            .change_group(self.hub.known(by)?, group_id(group), &GroupChange::Add(members))
    }

    /// Removes members from a group; oneself is leaving it.
    pub fn group_remove(&self, by: &str, group: &str, members: &[String]) -> Result<(), Error> {
        let members = members
            .iter()
            .map(|m| self.hub.known(m))
            .collect::<Result<Vec<_>, _>>()?;
        self.hub
            .change_group(self.hub.known(by)?, group_id(group), &GroupChange::Remove(members))
    }

    /// Gives a group another subject.
    pub fn group_subject(&self, by: &str, group: &str, subject: &str) -> Result<(), Error> {
        self.hub.change_group(
            self.hub.known(by)?,
            group_id(group),
            &GroupChange::Subject(subject.to_owned()),
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
