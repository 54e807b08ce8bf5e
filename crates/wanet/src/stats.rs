//! What is counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hub::Hub;
use crate::noise::Pattern;

/// Counters kept under the lock of the world.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub stanzas_in: u64,
    pub messages: u64,
    pub retries: u64,
    pub receipts: u64,
    pub duplicates_dropped: u64,
    pub wanted_again: u64,
    pub acks_sent: u64,
    pub acks_received: u64,
    pub nacks_sent: u64,
    pub logins: u64,
    pub refused_logins: u64,
    pub handshakes_xx: u64,
    pub handshakes_ik: u64,
    pub handshakes_xxfallback: u64,
    pub unknown: BTreeMap<String, u64>,
}

impl Counters {
    pub(crate) fn handshake(&mut self, pattern: Pattern) {
        match pattern {
            Pattern::Xx => self.handshakes_xx += 1,
            Pattern::Ik => self.handshakes_ik += 1,
            Pattern::XxFallback => self.handshakes_xxfallback += 1,
        }
    }
}

/// A look at the whole network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Stats {
    /// Open connections, logged in or pairing.
    pub connections: u64,
    /// Devices that are logged in.
    pub online_devices: u64,
    /// Phone numbers that have WhatsApp.
    pub accounts: u64,
    /// Linked companions.
    pub devices: u64,
    /// Groups.
    pub groups: u64,
    /// Stanzas that wait for a device to acknowledge them.
    pub queued: u64,
    /// Stanzas received from clients.
    pub stanzas_in: u64,
    /// Stanzas written to clients.
    pub stanzas_out: u64,
    /// Message stanzas relayed, repetitions and retries not counted.
    pub messages: u64,
    /// Messages sent again because a device asked for it.
    pub retries: u64,
    /// Receipts from clients and phones.
    pub receipts: u64,
    /// Message stanzas that were acknowledged and dropped because their id had been used.
    pub duplicates_dropped: u64,
    /// Messages that companions asked their phones for.
    pub wanted_again: u64,
    /// Acknowledgements of messages sent.
    pub acks_sent: u64,
    /// Acknowledgements received from clients.
    pub acks_received: u64,
    /// Messages refused.
    pub nacks_sent: u64,
    /// Messages that reached emulated phones.
    pub phone_messages: u64,
    /// Messages emulated phones could not decrypt at first.
    pub phone_undecryptable: u64,
    /// Log-ins accepted.
    pub logins: u64,
    /// Log-ins refused.
    pub refused_logins: u64,
    /// First handshakes.
    pub handshakes_xx: u64,
    /// Resumed handshakes.
    pub handshakes_ik: u64,
    /// Handshakes that fell back.
    pub handshakes_xxfallback: u64,
    /// Bytes of encrypted media held.
    pub media_bytes: u64,
    /// Stanzas nobody here understands, by name. A test should find this empty.
    pub unknown: BTreeMap<String, u64>,
}

impl Hub {
    /// One more stanza was written.
    pub(crate) fn stanza_out(&self) {
        self.written.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    pub(crate) fn stats(&self) -> Stats {
        let world = self.world.lock();
        let devices = || world.accounts.values().flat_map(|account| account.devices.values());
        let counters = &world.counters;
        Stats {
            connections: world.lines.len() as u64,
            online_devices: devices().filter(|device| device.link.is_some()).count() as u64,
            accounts: world.accounts.len() as u64,
            devices: devices().count() as u64,
            groups: world.groups.len() as u64,
            queued: devices().map(|device| device.queue.len() as u64).sum(),
            stanzas_in: counters.stanzas_in,
            stanzas_out: self.written.load(std::sync::atomic::Ordering::Relaxed),
            messages: counters.messages,
            retries: counters.retries,
            receipts: counters.receipts,
            duplicates_dropped: counters.duplicates_dropped,
            wanted_again: counters.wanted_again,
            acks_sent: counters.acks_sent,
            acks_received: counters.acks_received,
            nacks_sent: counters.nacks_sent,
            phone_messages: self.phones.counts.messages(),
            phone_undecryptable: self.phones.counts.undecryptable(),
            logins: counters.logins,
            refused_logins: counters.refused_logins,
            handshakes_xx: counters.handshakes_xx,
            handshakes_ik: counters.handshakes_ik,
            handshakes_xxfallback: counters.handshakes_xxfallback,
            media_bytes: self.media.bytes(),
            unknown: counters.unknown.clone(),
        }
    }
}
