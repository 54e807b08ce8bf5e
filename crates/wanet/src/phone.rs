//! Emulated phones: device 0 of every account. They are woken by what reaches them and by the admin interface.
//!
//! `keys` computes their keys, `signal` keeps their sessions, `receive` and `send` do what their names say, `again` tells
//! companions what they missed, `content` and `kinds` build messages, `shown` reads them.

pub(crate) mod again;
pub(crate) mod content;
pub(crate) mod keys;
pub(crate) mod kinds;
pub(crate) mod receive;
pub(crate) mod send;
pub(crate) mod shown;
pub(crate) mod signal;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::mpsc;
use wacore_binary::Node;
use waproto::whatsapp as wa;

use crate::hub::Hub;
use crate::ids::Address;
use crate::options::PhoneMode;
use keys::PhoneKeys;
use signal::Signal;

const WORKERS: usize = 4;
const REMEMBERED: usize = 500;

/// What a phone is woken for.
pub(crate) enum Job {
    Stanza(u64, Node),
    /// A companion has just uploaded its first keys.
    Greet(Address),
}

/// How many messages reached phones.
#[derive(Default)]
pub(crate) struct PhoneCounts {
    messages: AtomicU64,
    undecryptable: AtomicU64,
}

impl PhoneCounts {
    pub(crate) fn messages(&self) -> u64 {
        self.messages.load(Ordering::Relaxed)
    }

    pub(crate) fn undecryptable(&self) -> u64 {
        self.undecryptable.load(Ordering::Relaxed)
    }
}

/// The way to the emulated phones.
pub(crate) struct Phones {
    mode: PhoneMode,
    workers: Vec<mpsc::UnboundedSender<Job>>,
    states: Mutex<HashMap<u64, Arc<Mutex<Phone>>>>,
    pub counts: PhoneCounts,
}

/// The part of a phone that must not hold up the network while it computes.
pub(crate) struct Phone {
    pub signal: Signal,
    /// What it sent lately, in case a device asks for it again.
    sent: VecDeque<Sent>,
    /// How often it has asked for a message again.
    asked: HashMap<String, u32>,
}

/// A message the phone sent.
pub(crate) struct Sent {
    pub id: String,
    pub chat: wacore_binary::Jid,
    pub message: wa::Message,
}

impl Phone {
    pub(crate) fn new(secret: [u8; 32]) -> Self {
        Self {
            signal: Signal::new(PhoneKeys::new(secret)),
            sent: VecDeque::new(),
            asked: HashMap::new(),
        }
    }

    fn remember(&mut self, sent: Sent) {
        self.sent.push_back(sent);
        if self.sent.len() > REMEMBERED {
            self.sent.pop_front();
        }
    }
}

/// Where the workers read their jobs.
pub(crate) type Jobs = Vec<mpsc::UnboundedReceiver<Job>>;

impl Phones {
    pub(crate) fn new(mode: PhoneMode, states: HashMap<u64, Phone>) -> (Self, Jobs) {
        let (workers, jobs) = (0..WORKERS).map(|_| mpsc::unbounded_channel()).unzip();
        let states = states
            .into_iter()
            .map(|(phone, state)| (phone, Arc::new(Mutex::new(state))))
            .collect();
        (
            Self {
                mode,
                workers,
                states: Mutex::new(states),
                counts: PhoneCounts::default(),
            },
            jobs,
        )
    }

    /// Hands a stanza to a phone.
    pub(crate) fn receive(&self, phone: u64, node: Node) {
        if node.tag == "message" {
            self.counts.messages.fetch_add(1, Ordering::Relaxed);
        }
        match self.mode {
            PhoneMode::Count => {}
            PhoneMode::Decrypt => self.wake(phone, Job::Stanza(phone, node)),
        }
    }

    /// The phone welcomes a new companion.
    pub(crate) fn greet(&self, companion: Address) {
        self.wake(companion.phone, Job::Greet(companion));
    }

    fn wake(&self, phone: u64, job: Job) {
        let worker = &self.workers[phone as usize % self.workers.len()];
        if worker.send(job).is_err() {
            tracing::debug!("the network is shutting down");
        }
    }

    /// The state of a phone, made when it is first needed.
    pub(crate) fn state(&self, phone: u64, secret: [u8; 32]) -> Arc<Mutex<Phone>> {
        let mut states = self.states.lock();
        Arc::clone(
            states
                .entry(phone)
                .or_insert_with(|| Arc::new(Mutex::new(Phone::new(secret)))),
        )
    }
}

/// Starts the workers. Each phone has one of them to itself at a time, so its stanzas stay in order.
pub(crate) fn start(hub: &Arc<Hub>, jobs: Jobs) {
    for mut jobs in jobs {
        let worker = Arc::clone(hub);
        hub.spawn(async move {
            while let Some(job) = jobs.recv().await {
                match job {
                    Job::Stanza(phone, node) => worker.phone_receives(phone, &node),
                    Job::Greet(companion) => worker.phone_greets(companion),
                }
                worker.ring();
            }
        });
    }
}

impl Hub {
    /// The state of the phone of an account.
    pub(crate) fn phone_state(&self, phone: u64) -> Option<Arc<Mutex<Phone>>> {
        let secret = self.world.lock().accounts.get(&phone)?.secret;
        Some(self.phones.state(phone, secret))
    }
}
