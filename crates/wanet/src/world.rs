//! Everything the network knows, as plain data behind one lock. No protocol here.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use wacore_binary::{Jid, Node};

use crate::app_state::Collections;
use crate::clock;
use crate::faults::Faults;
use crate::groups::Group;
use crate::ids::{Address, Family};
use crate::inbox::Inbox;
use crate::line::Line;
use crate::newsletters::Newsletter;
use crate::pairing::Pairing;
use crate::prekeys::{OneTimeKeys, SignedKey};
use crate::stats::Counters;
use crate::trust::SaltWay;
use crate::wire::NodeExt as _;

/// The state of the network.
#[derive(Default)]
pub(crate) struct World {
    pub accounts: HashMap<u64, Account>,
    /// The phones that other ways to write a number lead to, by those.
    pub aliases: HashMap<u64, u64>,
    pub groups: HashMap<String, Group>,
    pub newsletters: HashMap<String, Newsletter>,
    /// The phones of clients that only had a name, by that name.
    pub named: HashMap<String, u64>,
    /// Connections that show a QR code, by connection.
    pub pairings: HashMap<u64, Pairing>,
    /// Every open connection after its handshake.
    pub lines: HashMap<u64, Arc<Line>>,
    /// Who wants to know when a person comes online.
    pub watchers: HashMap<u64, HashMap<Address, Family>>,
    pub faults: Faults,
    pub counters: Counters,
    pub arrivals: Arrivals,
}

/// A phone number that has WhatsApp.
pub(crate) struct Account {
    pub phone: u64,
    /// All keys of the emulated phone follow from this.
    pub secret: [u8; 32],
    pub push_name: String,
    /// Other ways to write the number. Nobody is at an address that is made of one.
    pub aliases: BTreeSet<u64>,
    pub raw_id: u32,
    pub devices: BTreeMap<u16, Device>,
    /// The highest device number ever given out; numbers are not used twice.
    pub last_device: u16,
    /// When the list of devices last changed, seconds.
    pub devices_changed: i64,
    pub habits: Habits,
    pub blocked: BTreeSet<u64>,
    pub picture: Option<Picture>,
    pub about: About,
    pub available: bool,
    pub last_seen: i64,
    pub collections: Collections,
    /// Who has exchanged messages with this account and hears of its new devices.
    pub peers: HashSet<u64>,
    pub inbox: Inbox,
    /// What the phone tells a new companion of the past.
    pub history: Vec<crate::history::PastChat>,
}

/// What an emulated phone does by itself.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub(crate) struct Habits {
    /// Sends a delivered receipt for what reaches it.
    pub delivered_receipts: bool,
    /// Sends its app-state key and push name to a newly linked companion.
    pub share_keys: bool,
    /// Hears only of people who show a token.
    #[serde(default)]
    pub known_only: bool,
    /// How it tells a newly linked companion with what to make tokens for strangers, if it does.
    #[serde(default)]
    pub salt: Option<SaltWay>,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            delivered_receipts: true,
            share_keys: true,
            known_only: false,
            salt: None,
        }
    }
}

/// The text under a name.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct About {
    pub text: String,
    /// Seconds.
    pub since: i64,
}

/// A profile picture.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Picture {
    pub id: String,
    pub path: String,
}

/// A linked companion device.
pub(crate) struct Device {
    pub id: u16,
    pub key_index: u32,
    pub noise: [u8; 32],
    pub identity: [u8; 32],
    pub registration: u32,
    /// `ADVSignedDeviceIdentity` with both signatures and the account key.
    pub adv: Vec<u8>,
    pub linked_at: i64,
    pub signed_key: Option<SignedKey>,
    pub one_time: OneTimeKeys,
    /// The client was told that its one-time keys run low and has not uploaded since.
    pub told_low: bool,
    /// The phone has sent its app-state key.
    pub greeted: bool,
    pub queue: VecDeque<Queued>,
    pub next_seq: u64,
    pub link: Option<Link>,
    pub seen: Seen,
    /// Who began to type while the device was away.
    pub typing: Vec<Typing>,
}

/// Somebody types, and the device does not know yet.
pub(crate) struct Typing {
    pub who: Address,
    pub chat: String,
    pub stanza: Node,
    /// It says nothing any more after this time, milliseconds.
    pub until: i64,
}

/// The connection a device is logged in on.
pub(crate) struct Link {
    pub line: Arc<Line>,
    /// The first queue entry that was not written to this connection yet.
    pub cursor: u64,
    /// The client asked for its messages.
    pub active: bool,
    pub offline: Option<Offline>,
}

/// The block of stanzas that waited while the device was away.
pub(crate) struct Offline {
    /// Entries before this sequence number waited.
    pub until: u64,
    pub count: u64,
    pub announced: bool,
}

/// What kind of stanza waits in a queue, and so what acknowledges it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Class {
    Message,
    Receipt,
    Notification,
}

impl Class {
    pub(crate) fn of(tag: &str) -> Option<Self> {
        match tag {
            "message" => Some(Self::Message),
            "receipt" => Some(Self::Receipt),
            "notification" => Some(Self::Notification),
            _ => None,
        }
    }
}

/// A stanza that is kept until the device has acknowledged it.
pub(crate) struct Queued {
    pub seq: u64,
    pub class: Class,
    pub id: String,
    pub bytes: Bytes,
}

impl Account {
    /// The companions that finished pairing, and the phone.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Address> + '_ {
        std::iter::once(0)
            .chain(self.devices.keys().copied())
            .map(|device| Address::new(self.phone, device))
    }
}

impl Device {
    /// A device that was never really there, for measuring.
    pub(crate) fn seeded(id: u16, key: [u8; 32]) -> Self {
        Self {
            id,
            key_index: u32::from(id),
            noise: key,
            identity: key,
            registration: 1,
            adv: vec![0; 180],
            linked_at: 0,
            signed_key: None,
            one_time: OneTimeKeys::default(),
            told_low: false,
            greeted: true,
            queue: VecDeque::new(),
            next_seq: 0,
            link: None,
            seen: Seen::default(),
            typing: Vec::new(),
        }
    }

    /// Keeps for the device's return that somebody types, or forgets it because they stopped.
    pub(crate) fn keep_typing(&mut self, who: Address, chat: &Jid, stanza: &Node, ttl: Duration) {
        let chat = chat.to_non_ad_string();
        self.typing
            .retain(|typing| typing.who.phone != who.phone || typing.chat != chat);
        let is_typing = stanza.kids().first().is_some_and(|state| state.tag == "composing");
        if is_typing && !ttl.is_zero() {
            self.typing.push(Typing {
                who,
                chat,
                stanza: stanza.clone(),
                until: clock::now_ms() + ttl.as_millis() as i64,
            });
        }
    }

    /// The connection, if the device is logged in.
    pub(crate) fn line(&self) -> Option<&Arc<Line>> {
        self.link.as_ref().map(|link| &link.line)
    }
}

impl World {
    pub(crate) fn device(&self, address: Address) -> Option<&Device> {
        self.accounts.get(&address.phone)?.devices.get(&address.device)
    }

    pub(crate) fn device_mut(&mut self, address: Address) -> Option<&mut Device> {
        self.accounts.get_mut(&address.phone)?.devices.get_mut(&address.device)
    }

    /// Whether somebody is at this address: the phone of an account or one of its companions.
    pub(crate) fn exists(&self, address: Address) -> bool {
        self.accounts
            .get(&address.phone)
            .is_some_and(|account| address.device == 0 || account.devices.contains_key(&address.device))
    }

    /// Two people have exchanged a message. Whether that is news.
    pub(crate) fn acquaint(&mut self, one: u64, other: u64) -> bool {
        let mut news = false;
        for (a, b) in [(one, other), (other, one)] {
            if let Some(account) = self.accounts.get_mut(&a) {
                news |= account.peers.insert(b);
            }
        }
        news
    }
}

/// The stanza ids a device has used lately, so that a repetition can be dropped.
#[derive(Default)]
pub(crate) struct Seen {
    known: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Seen {
    /// Whether the id is new. Remembers at most `limit` of them.
    pub(crate) fn insert(&mut self, hash: u64, limit: usize) -> bool {
        if limit == 0 {
            return true;
        }
        if !self.known.insert(hash) {
            return false;
        }
        self.order.push_back(hash);
        while self.order.len() > limit {
            if let Some(old) = self.order.pop_front() {
                self.known.remove(&old);
            }
        }
        true
    }

    /// The stanza was refused after all, so its id may be used again.
    pub(crate) fn forget(&mut self, hash: u64) {
        self.known.remove(&hash);
    }
}

/// How often each message stanza arrived on the wire, whether or not it was relayed.
#[derive(Default)]
pub(crate) struct Arrivals {
    counts: HashMap<u64, u32>,
    order: VecDeque<u64>,
}

impl Arrivals {
    const LIMIT: usize = 500_000;

    pub(crate) fn count(&mut self, hash: u64) {
        let count = self.counts.entry(hash).or_default();
        *count += 1;
        if *count == 1 {
            self.order.push_back(hash);
            if self.order.len() > Self::LIMIT
                && let Some(old) = self.order.pop_front()
            {
                self.counts.remove(&old);
            }
        }
    }

    pub(crate) fn of(&self, hash: u64) -> u32 {
        self.counts.get(&hash).copied().unwrap_or(0)
    }
}

/// One number for (sender device, chat, stanza id).
pub(crate) fn stanza_hash(sender: Address, chat: &str, id: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    (sender, chat, id).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_id_is_recognised_until_it_is_forgotten() {
        let mut seen = Seen::default();
        assert!(seen.insert(1, 2));
        assert!(!seen.insert(1, 2));
        assert!(seen.insert(2, 2) && seen.insert(3, 2));
        assert!(seen.insert(1, 2), "two newer ids pushed the first out");
    }

    #[test]
    fn without_memory_nothing_is_a_duplicate() {
        let mut seen = Seen::default();
        assert!(seen.insert(1, 0) && seen.insert(1, 0));
    }
}
