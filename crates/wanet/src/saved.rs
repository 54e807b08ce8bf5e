//! What survives a restart, and in which form: the server's secret, accounts, devices, their keys, waiting stanzas,
//! groups, and the sessions of the phones. Without a state directory nothing is kept.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::app_state::Collections;
use crate::crypto;
use crate::error::Error;
use crate::groups::Group;
use crate::history::PastChat;
use crate::ids::Address;
use crate::inbox::Inbox;
use crate::log::{Change, Log};
use crate::newsletters::{Newsletter, Post};
use crate::phone::Phone;
use crate::phone::signal::Signal;
use crate::prekeys::{OneTimeKeys, SignedKey};
use crate::world::{About, Account, Class, Device, Habits, Picture, Queued, Seen, World};

const SERVER: &str = "server";

/// Where changes are noted.
#[derive(Default)]
pub(crate) struct Saved {
    log: Option<Log>,
}

/// What a state directory held.
#[derive(Default)]
pub(crate) struct Restored {
    pub secret: Option<[u8; 32]>,
    pub world: World,
    pub phones: HashMap<u64, Phone>,
}

#[derive(Serialize, Deserialize)]
struct SavedAccount {
    phone: u64,
    secret: [u8; 32],
    push_name: String,
    raw_id: u32,
    last_device: u16,
    devices_changed: i64,
    habits: Habits,
    blocked: BTreeSet<u64>,
    picture: Option<Picture>,
    collections: Collections,
    history: Vec<PastChat>,
    #[serde(default)]
    about: About,
    #[serde(default)]
    aliases: BTreeSet<u64>,
}

#[derive(Serialize, Deserialize)]
struct SavedDevice {
    key_index: u32,
    noise: [u8; 32],
    identity: [u8; 32],
    registration: u32,
    adv: String,
    linked_at: i64,
    signed_key: Option<SignedKey>,
    greeted: bool,
}

#[derive(Serialize, Deserialize)]
struct SavedStanza {
    class: Class,
    id: String,
    bytes: String,
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("these types have a JSON form")
}

fn at(kind: &str, address: Address) -> String {
    format!("{kind}/{}/{}", address.phone, address.device)
}

fn queue_name(address: Address, seq: u64) -> String {
    format!("queue/{}/{}/{seq}", address.phone, address.device)
}

impl Saved {
    /// Opens a state directory.
    pub(crate) fn open(dir: &Path) -> Result<(Self, Restored), Error> {
        let (log, values) = Log::open(dir).map_err(|e| Error::io("opening the state directory", e))?;
        Ok((Self { log: Some(log) }, restore(values)))
    }

    fn put(&self, name: String, value: impl FnOnce() -> Vec<u8>) {
        if let Some(log) = &self.log {
            log.put(Change {
                name,
                value: Some(value()),
            });
        }
    }

    fn remove(&self, name: String) {
        if let Some(log) = &self.log {
            log.put(Change { name, value: None });
        }
    }

    /// Writes everything out.
    pub(crate) fn close(&self) {
        if let Some(log) = &self.log {
            log.close();
        }
    }

    pub(crate) fn server(&self, secret: &[u8; 32]) {
        self.put(SERVER.to_owned(), || secret.to_vec());
    }

    pub(crate) fn account(&self, account: &Account) {
        self.put(format!("account/{}", account.phone), || {
            json(&SavedAccount {
                phone: account.phone,
                secret: account.secret,
                push_name: account.push_name.clone(),
                raw_id: account.raw_id,
                last_device: account.last_device,
                devices_changed: account.devices_changed,
                habits: account.habits,
                blocked: account.blocked.clone(),
                picture: account.picture.clone(),
                collections: account.collections.clone(),
                history: account.history.clone(),
                about: account.about.clone(),
                aliases: account.aliases.clone(),
            })
        });
    }

    pub(crate) fn device(&self, address: Address, device: &Device) {
        self.put(at("device", address), || {
            json(&SavedDevice {
                key_index: device.key_index,
                noise: device.noise,
                identity: device.identity,
                registration: device.registration,
                adv: crypto::b64(&device.adv),
                linked_at: device.linked_at,
                signed_key: device.signed_key.clone(),
                greeted: device.greeted,
            })
        });
    }

    /// The keys a device has uploaded.
    pub(crate) fn one_time(&self, address: Address, keys: &[u8]) {
        self.put(at("keys", address), || keys.to_vec());
        self.remove(at("left", address));
    }

    /// How many of them are left.
    pub(crate) fn one_time_left(&self, address: Address, left: usize) {
        self.put(at("left", address), || (left as u64).to_be_bytes().to_vec());
    }

    pub(crate) fn unlinked(&self, device: &Device, address: Address) {
        for kind in ["device", "keys", "left"] {
            self.remove(at(kind, address));
        }
        for entry in &device.queue {
            self.unqueued(address, entry.seq);
        }
    }

    pub(crate) fn queued(&self, address: Address, entry: &Queued) {
        self.put(queue_name(address, entry.seq), || {
            json(&SavedStanza {
                class: entry.class,
                id: entry.id.clone(),
                bytes: crypto::b64(&entry.bytes),
            })
        });
    }

    pub(crate) fn unqueued(&self, address: Address, seq: u64) {
        self.remove(queue_name(address, seq));
    }

    pub(crate) fn group(&self, group: &Group) {
        self.put(format!("group/{}", group.id), || json(group));
    }

    pub(crate) fn newsletter(&self, newsletter: &Newsletter) {
        self.put(format!("newsletter/{}", newsletter.id), || json(newsletter));
    }

    pub(crate) fn post(&self, newsletter: &str, post: &Post) {
        self.put(format!("post/{newsletter}/{}", post.number), || json(post));
    }

    /// A group that is no more.
    pub(crate) fn no_group(&self, id: &str) {
        self.remove(format!("group/{id}"));
    }

    /// Two people who know each other.
    pub(crate) fn acquainted(&self, one: u64, other: u64) {
        self.put(format!("peers/{one}/{other}"), Vec::new);
    }

    /// What has changed in the sessions of a phone.
    pub(crate) fn phone(&self, phone: u64, signal: &mut Signal) {
        if self.log.is_some() {
            for (name, bytes) in signal.export() {
                self.put(format!("phone/{phone}/{name}"), || bytes);
            }
        }
    }
}

fn restore(values: HashMap<String, Vec<u8>>) -> Restored {
    let mut restored = Restored::default();
    let mut rest: BTreeMap<(u8, String), Vec<u8>> = BTreeMap::new();
    for (name, value) in values {
        let rank = match name.split('/').next() {
            Some("account") => 0,
            Some("device") => 1,
            _ => 2,
        };
        rest.insert((rank, name), value);
    }
    for ((_, name), value) in rest {
        if take(&mut restored, &name, value).is_none() {
            tracing::warn!("a saved value could not be read");
        }
    }
    for device in restored
        .world
        .accounts
        .values_mut()
        .flat_map(|account| account.devices.values_mut())
    {
        device.queue.make_contiguous().sort_by_key(|entry| entry.seq);
        device.next_seq = device.queue.back().map_or(0, |entry| entry.seq + 1);
    }
    restored
}

fn take(restored: &mut Restored, name: &str, value: Vec<u8>) -> Option<()> {
    let (kind, rest) = name.split_once('/').unwrap_or((name, ""));
    let world = &mut restored.world;
    match kind {
        SERVER => restored.secret = Some(value.try_into().ok()?),
        "account" => {
            let account = account_from(serde_json::from_slice(&value).ok()?);
            let aliases = account.aliases.iter().map(|alias| (*alias, account.phone));
            world.aliases.extend(aliases);
            world.accounts.insert(account.phone, account);
        }
        "device" => {
            let address = address_from(rest)?;
            let device = device_from(address, serde_json::from_slice(&value).ok()?)?;
            world
                .accounts
                .get_mut(&address.phone)?
                .devices
                .insert(address.device, device);
        }
        "keys" => world.device_mut(address_from(rest)?)?.one_time = OneTimeKeys::from_bytes(value),
        "left" => {
            let left = u64::from_be_bytes(value.try_into().ok()?) as usize;
            let keys = &mut world.device_mut(address_from(rest)?)?.one_time;
            while keys.len() > left {
                keys.pop()?;
            }
        }
        "queue" => {
            let (address, seq) = rest.rsplit_once('/')?;
            let saved: SavedStanza = serde_json::from_slice(&value).ok()?;
            let bytes = crypto::unb64(&saved.bytes)?.into();
            let entry = Queued {
                seq: seq.parse().ok()?,
                class: saved.class,
                id: saved.id,
                bytes,
            };
            world.device_mut(address_from(address)?)?.queue.push_back(entry);
        }
        "group" => {
            let group: Group = serde_json::from_slice(&value).ok()?;
            world.groups.insert(group.id.clone(), group);
        }
        "newsletter" => {
            let newsletter: Newsletter = serde_json::from_slice(&value).ok()?;
            world.newsletters.insert(newsletter.id.clone(), newsletter);
        }
        "post" => {
            let (newsletter, _) = rest.split_once('/')?;
            let post: Post = serde_json::from_slice(&value).ok()?;
            world.newsletters.get_mut(newsletter)?.posts.insert(post.number, post);
        }
        "peers" => {
            let (one, other) = rest.split_once('/')?;
            world.acquaint(one.parse().ok()?, other.parse().ok()?);
        }
        "phone" => {
            let (phone, name) = rest.split_once('/')?;
            let phone: u64 = phone.parse().ok()?;
            let secret = world.accounts.get(&phone)?.secret;
            restored
                .phones
                .entry(phone)
                .or_insert_with(|| Phone::new(secret))
                .signal
                .import(name, &value);
        }
        _ => return None,
    }
    Some(())
}

fn address_from(text: &str) -> Option<Address> {
    let (phone, device) = text.split_once('/')?;
    Some(Address::new(phone.parse().ok()?, device.parse().ok()?))
}

fn account_from(saved: SavedAccount) -> Account {
    Account {
        phone: saved.phone,
        secret: saved.secret,
        push_name: saved.push_name,
        aliases: saved.aliases,
        raw_id: saved.raw_id,
        devices: BTreeMap::new(),
        last_device: saved.last_device,
        devices_changed: saved.devices_changed,
        habits: saved.habits,
        blocked: saved.blocked,
        picture: saved.picture,
        about: saved.about,
        available: false,
        last_seen: saved.devices_changed,
        collections: saved.collections,
        peers: HashSet::new(),
        inbox: Inbox::default(),
        history: saved.history,
    }
}

fn device_from(address: Address, saved: SavedDevice) -> Option<Device> {
    Some(Device {
        id: address.device,
        key_index: saved.key_index,
        noise: saved.noise,
        identity: saved.identity,
        registration: saved.registration,
        adv: crypto::unb64(&saved.adv)?,
        linked_at: saved.linked_at,
        signed_key: saved.signed_key,
        one_time: OneTimeKeys::default(),
        told_low: false,
        greeted: saved.greeted,
        queue: VecDeque::new(),
        next_seq: 0,
        link: None,
        seen: Seen::default(),
        typing: Vec::new(),
    })
}
