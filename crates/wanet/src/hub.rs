//! The network in one place: its state, its keys and what every part of it needs to reach the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wacore_binary::{Node, marshal};

use crate::ids::Address;
use crate::media::MediaStore;
use crate::noise::ServerKeys;
use crate::options::Settings;
use crate::phone::Phones;
use crate::saved::Saved;
use crate::wire::NodeExt as _;
use crate::world::{Class, Queued, World};

/// Shared by every task of the network.
pub(crate) struct Hub {
    pub world: Mutex<World>,
    pub keys: ServerKeys,
    pub settings: Settings,
    pub saved: Saved,
    pub phones: Phones,
    pub media: MediaStore,
    /// Rings whenever something happened that somebody may be waiting for.
    pub changed: Notify,
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
    /// Stanzas written to clients.
    pub written: AtomicU64,
    next_line: AtomicU64,
    next_phone_key: AtomicU32,
}

/// What a hub is made of.
pub(crate) struct Parts {
    pub world: World,
    pub keys: ServerKeys,
    pub settings: Settings,
    pub saved: Saved,
    pub phones: Phones,
    pub media: MediaStore,
}

impl Hub {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            world: Mutex::new(parts.world),
            keys: parts.keys,
            settings: parts.settings,
            saved: parts.saved,
            phones: parts.phones,
            media: parts.media,
            changed: Notify::new(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            written: AtomicU64::new(0),
            next_line: AtomicU64::new(1),
            next_phone_key: AtomicU32::new(rand::random_range(1..1_000_000)),
        })
    }

    pub(crate) fn next_line(&self) -> u64 {
        self.next_line.fetch_add(1, Ordering::Relaxed)
    }

    /// The id of the next one-time key any phone gives out. Ids travel in three bytes.
    pub(crate) fn next_phone_key(&self) -> u32 {
        self.next_phone_key.fetch_add(1, Ordering::Relaxed) % 0x00ff_fff0 + 1
    }

    /// Runs something that ends with the network.
    pub(crate) fn spawn(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = task => {}
            }
        });
    }

    /// Something happened that a waiting test or page may want to see.
    pub(crate) fn ring(&self) {
        self.changed.notify_waiters();
    }

    /// Puts a stanza into the queue of a device, where it stays until acknowledged. Phones are not devices here:
    /// what they get goes to [`Hub::deliver`].
    pub(crate) fn enqueue(&self, world: &mut World, to: Address, node: &Node) {
        let (Some(class), Some(id)) = (Class::of(&node.tag), node.text("id")) else {
            return;
        };
        self.enqueue_bytes(world, to, class, id, encode(node));
    }

    /// [`Hub::enqueue`] for a stanza that was encoded outside the lock.
    pub(crate) fn enqueue_bytes(&self, world: &mut World, to: Address, class: Class, id: String, bytes: Bytes) {
        let Some(device) = world.device_mut(to) else { return };
        let entry = Queued {
            seq: device.next_seq,
            class,
            id,
            bytes,
        };
        device.next_seq += 1;
        self.saved.queued(to, &entry);
        device.queue.push_back(entry);
        if let Some(line) = device.line() {
            line.wake.notify_one();
        }
    }

    /// Gives a stanza to a device or a phone.
    pub(crate) fn deliver(&self, to: Address, node: Node) {
        if to.device == 0 {
            self.phones.receive(to.phone, node);
        } else {
            let (Some(class), Some(id)) = (Class::of(&node.tag), node.text("id")) else {
                return;
            };
            let bytes = encode(&node);
            self.enqueue_bytes(&mut self.world.lock(), to, class, id, bytes);
        }
    }

    /// Forgets a queued stanza because the device has it.
    pub(crate) fn acknowledged(&self, owner: Address, class: Class, id: &str) {
        let mut world = self.world.lock();
        world.counters.acks_received += 1;
        let Some(device) = world.device_mut(owner) else { return };
        let Some(link) = &device.link else { return };
        let cursor = link.cursor;
        let found = device
            .queue
            .iter()
            .position(|q| q.seq < cursor && q.class == class && q.id == id);
        if let Some(entry) = found.and_then(|index| device.queue.remove(index)) {
            self.saved.unqueued(owner, entry.seq);
            self.ring();
        }
    }

    /// Counts a stanza nobody here understands.
    pub(crate) fn unknown(&self, node: &Node) {
        let name = crate::wire::name_of(node);
        tracing::warn!(stanza = %name, "unknown stanza");
        *self.world.lock().counters.unknown.entry(name).or_default() += 1;
    }
}

/// A stanza as it travels.
pub(crate) fn encode(node: &Node) -> Bytes {
    marshal(node).expect("writing to memory cannot fail").into()
}
