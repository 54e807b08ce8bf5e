//! Phones as the admin interface knows them: add, describe, block, look into their inbox; and setting faults on them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app_state::Collections;
use crate::clock;
use crate::crypto;
use crate::error::Error;
use crate::faults::{Concerns, Fault, NewFault};
use crate::history::PastChat;
use crate::hub::Hub;
use crate::ids::{self, Address, Family};
use crate::inbox::{Happening, Inbox, InboxMessage};
use crate::prekeys::id3;
use crate::trust::SaltWay;
use crate::world::{About, Account, Device, Habits, World, stanza_hash};

/// A phone to add.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPhone {
    /// The number; every usual notation is understood.
    pub phone: String,
    /// The name it shows to others.
    #[serde(default)]
    pub push_name: Option<String>,
    /// Other ways in which people write the number, as in countries that added a digit: whoever looks one up is told of this
    /// phone. As they were if absent.
    #[serde(default)]
    pub aliases: Option<Vec<String>>,
    /// Whether it confirms what reaches it. Yes if absent.
    #[serde(default)]
    pub delivered_receipts: Option<bool>,
    /// Whether it gives a new companion its app-state key. Yes if absent.
    #[serde(default)]
    pub share_keys: Option<bool>,
    /// Whether it hears only of people who show a token: others are refused with 463 and see neither its picture nor when
    /// it is online. No if absent.
    #[serde(default)]
    pub known_only: Option<bool>,
    /// How it tells a new companion with what to make tokens for strangers. Not at all if absent.
    #[serde(default)]
    pub salt: Option<SaltWay>,
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
    /// Other ways to write the number, digits only.
    pub aliases: Vec<String>,
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

impl Hub {
    /// The phone a request means, if it exists.
    pub(crate) fn known(&self, phone: &str) -> Result<u64, Error> {
        self.known_as("phone", phone)
    }

    /// The phone a field of a request means, if it exists.
    pub(crate) fn known_as(&self, field: &'static str, phone: &str) -> Result<u64, Error> {
        let number = ids::parse_phone(phone).ok_or_else(|| Error::invalid(field, "is not a phone number"))?;
        if !self.world.lock().accounts.contains_key(&number) {
            return Err(Error::not_found(field, "no such phone"));
        }
        Ok(number)
    }

    pub(crate) fn add_phone(&self, new: &NewPhone) -> Result<PhoneInfo, Error> {
        let phone = ids::parse_phone(&new.phone).ok_or_else(|| Error::invalid("phone", "is not a phone number"))?;
        let mut chats = new.history.iter();
        if let Some(index) = chats.position(|chat| ids::parse_phone(&chat.with).is_none()) {
            return Err(Error::invalid(
                format!("history[{index}].with"),
                "is not a phone number",
            ));
        }
        {
            let mut world = self.world.lock();
            if world.aliases.contains_key(&phone) {
                return Err(Error::invalid("phone", "is another way to write the number of a phone"));
            }
            let aliases = new.aliases.as_ref();
            let aliases = aliases.map(|texts| read_aliases(&world, phone, texts)).transpose()?;
            if let Some(aliases) = &aliases {
                world.aliases.retain(|_, of| *of != phone);
                world.aliases.extend(aliases.iter().map(|alias| (*alias, phone)));
            }
            let account = world.accounts.entry(phone).or_insert_with(|| blank(phone));
            if let Some(aliases) = aliases {
                account.aliases = aliases;
            }
            if let Some(name) = &new.push_name {
                account.push_name.clone_from(name);
            }
            account.habits = Habits {
                delivered_receipts: new.delivered_receipts.unwrap_or(account.habits.delivered_receipts),
                share_keys: new.share_keys.unwrap_or(account.habits.share_keys),
                known_only: new.known_only.unwrap_or(account.habits.known_only),
                salt: new.salt.or(account.habits.salt),
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
        if !account.inbox.has_after(after) {
            return Ok(Vec::new());
        }
        let shown = account.inbox.shown();
        let messages = account.inbox.after(after).map(|message| {
            let sender = Address::primary(message.from.parse().unwrap_or_default());
            let arrivals = world.arrivals.of(stanza_hash(sender, "", &message.id));
            let shown = shown
                .get(&(message.id.as_str(), message.from.as_str()))
                .copied()
                .unwrap_or(0);
            InboxMessage {
                arrivals,
                shown,
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
        order.check()?;
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
            if fault.order.fault.concerns() == Concerns::Connection {
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

    pub(crate) fn seed_one(&self, phone: u64) {
        let mut world = self.world.lock();
        let account = world.accounts.entry(phone).or_insert_with(|| blank(phone));
        account.last_device += 1;
        let mut device = Device::seeded(account.last_device, crypto::random32());
        device.one_time.add((1..=812).map(|n| (id3(n), vec![n as u8; 32])));
        account.devices.insert(device.id, device);
    }
}

/// Other ways to write the number of `phone`. None may lead to somebody else.
fn read_aliases(world: &World, phone: u64, texts: &[String]) -> Result<BTreeSet<u64>, Error> {
    let mut aliases = BTreeSet::new();
    for (index, text) in texts.iter().enumerate() {
        let wrong = |what: &str| Error::invalid(format!("aliases[{index}]"), format!("{text} {what}"));
        let alias = ids::parse_phone(text).ok_or_else(|| wrong("is not a phone number"))?;
        if alias == phone || world.accounts.contains_key(&alias) {
            return Err(wrong("is the number of a phone"));
        }
        if world.aliases.get(&alias).is_some_and(|of| *of != phone) {
            return Err(wrong("is another way to write the number of another phone"));
        }
        aliases.insert(alias);
    }
    Ok(aliases)
}

pub(crate) fn blank(phone: u64) -> Account {
    let secret = crypto::random32();
    Account {
        phone,
        secret,
        push_name: format!("Phone {}", phone % 10_000),
        aliases: BTreeSet::new(),
        raw_id: u32::from_be_bytes(crypto::derive(&secret, "raw id")[..4].try_into().expect("four bytes")) >> 1,
        devices: BTreeMap::new(),
        last_device: 0,
        devices_changed: clock::now(),
        habits: Habits::default(),
        blocked: BTreeSet::new(),
        picture: None,
        about: About::default(),
        available: false,
        last_seen: clock::now(),
        collections: Collections::default(),
        peers: HashSet::new(),
        inbox: Inbox::default(),
        history: Vec::new(),
    }
}

fn info(account: &Account) -> PhoneInfo {
    let phone = account.phone.to_string();
    let device = |device: &Device| {
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
        aliases: account.aliases.iter().map(u64::to_string).collect(),
        jid: ids::pn(account.phone).to_string(),
        lid: ids::lid(account.phone).to_string(),
        devices: account.devices.values().map(device).collect(),
        blocked: account.blocked.iter().map(u64::to_string).collect(),
        phone: phone.clone(),
    }
}
