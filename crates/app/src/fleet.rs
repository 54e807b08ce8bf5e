//! Which accounts run here, and how they are kept running.
//!
//! The database says which accounts are wanted. For each that no other node holds, the fleet takes the lease and runs one
//! task ([`actor`]) that connects it, reports its states and connects it again by the table of
//! [`pesan_model::reconnect`]. Hints make it quick; a look at all accounts every few seconds makes it sure. Nothing here
//! knows the protocol: connections come from a [`Connector`].

mod actor;
mod lease;
mod policy;
mod records;
mod reports;
mod sink;
mod timer;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;
use pesan_model::{AccountId, AccountState};
use pesan_providers::{Connector, Provider};
use pesan_store::account;
use tokio::sync::Semaphore;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::bus::Signal;
use crate::context::App;
use crate::error::Result;

use actor::{Actor, Message};
use lease::HeldLease;
pub use timer::{SystemTimer, Timer};

/// How many accounts may be starting at the same moment, unless told otherwise: a thousand are up in seconds, and
/// neither this machine nor WhatsApp is flooded.
const STARTING_AT_ONCE: usize = 32;

/// The accounts that run on this node. Cheap to clone.
#[derive(Clone)]
pub struct Fleet(Arc<Shared>);

/// What can be decided about a fleet.
pub struct FleetOptions {
    /// How many accounts may be starting at the same moment.
    pub starting_at_once: usize,
    /// How it waits.
    pub timer: Arc<dyn Timer>,
}

impl Default for FleetOptions {
    fn default() -> Self {
        Self {
            starting_at_once: STARTING_AT_ONCE,
            timer: Arc::new(SystemTimer),
        }
    }
}

/// What the tasks of a fleet share.
struct Shared {
    app: Arc<App>,
    connector: Arc<dyn Connector>,
    timer: Arc<dyn Timer>,
    /// Lets a few accounts start at a time.
    gate: Arc<Semaphore>,
    running: Mutex<HashMap<AccountId, Running>>,
}

/// An account that has a task here.
struct Running {
    inbox: UnboundedSender<Message>,
    lease: Option<Arc<HeldLease>>,
}

impl Fleet {
    /// Starts running the accounts that are wanted, until the process ends.
    pub fn start(app: &Arc<App>, connector: Arc<dyn Connector>, options: FleetOptions) -> Self {
        let shared = Arc::new(Shared {
            app: app.clone(),
            connector,
            timer: options.timer,
            gate: Arc::new(Semaphore::new(options.starting_at_once.max(1))),
            running: Mutex::default(),
        });
        app.lifecycle.spawn("fleet-leases", lease::renew_all(shared.clone()));
        app.lifecycle.spawn("fleet-lease-watch", lease::watch(shared.clone()));
        app.lifecycle.spawn("fleet", supervise(shared.clone()));
        Self(shared)
    }

    /// The account's connection, when it is ready to send.
    pub fn provider(&self, account: AccountId) -> Option<Arc<dyn Provider>> {
        self.0.app.connections.get(account)
    }

    /// How many accounts have a task here, connected or not.
    pub fn running(&self) -> usize {
        self.0.running.lock().len()
    }
}

impl Shared {
    /// The leases held here.
    fn leases(&self) -> Vec<Arc<HeldLease>> {
        self.running
            .lock()
            .values()
            .filter_map(|running| running.lease.clone())
            .collect()
    }

    /// An account's task took its lease.
    fn hold(&self, lease: &Arc<HeldLease>) {
        if let Some(running) = self.running.lock().get_mut(&lease.account) {
            running.lease = Some(lease.clone());
        }
    }

    /// An account's task ends.
    fn forget(&self, account: AccountId) {
        self.running.lock().remove(&account);
        self.app.forget_account(account);
    }

    /// Lets the account's task look at the database; starts one when there is none.
    fn look(self: &Arc<Self>, account: AccountId) {
        let mut running = self.running.lock();
        if let Some(task) = running.get(&account) {
            // It may be ending: then it asks to be looked at again.
            let _ = task.inbox.send(Message::Look);
            return;
        }
        let (sender, inbox) = unbounded_channel();
        let task = Running {
            inbox: sender.clone(),
            lease: None,
        };
        running.insert(account, task);
        drop(running);
        let actor = Actor {
            shared: self.clone(),
            account,
            inbox,
            sender,
        };
        self.app.lifecycle.spawn("account", actor.run());
    }

    /// Makes what runs here what should run here.
    async fn look_at_all(self: &Arc<Self>) -> Result<()> {
        let (node, now) = (self.app.settings.node.clone(), self.app.clock.now());
        let available = self
            .app
            .store
            .read(move |tx| Box::pin(async move { account::list_available(tx, &node, now).await }))
            .await?;
        let mut unwanted: HashSet<AccountId> = self.running.lock().keys().copied().collect();
        for (account, state) in available {
            let is_running = unwanted.remove(&account);
            // One that runs and is starting may have been stopped and started again meanwhile.
            if !is_running || state == AccountState::Starting {
                self.look(account);
            }
        }
        for account in unwanted {
            self.look(account);
        }
        Ok(())
    }
}

/// Starts and stops accounts until the process ends.
async fn supervise(shared: Arc<Shared>) {
    let soft = shared.app.lifecycle.soft().clone();
    let mut hints = shared.app.bus.subscribe();
    let mut next_look = shared.timer.sleep(std::time::Duration::ZERO);
    loop {
        let look_at_all = tokio::select! {
            () = soft.cancelled() => return,
            hint = hints.recv() => match hint {
                Ok(Signal::Account(account)) => {
                    shared.look(account);
                    false
                }
                Ok(
                    Signal::Events(_)
                    | Signal::Outbox(_)
                    | Signal::Jobs(_)
                    | Signal::Qr(..)
                    | Signal::Presence(..)
                    | Signal::Settings(..),
                ) => false,
                Err(RecvError::Lagged(_)) => true,
                Err(RecvError::Closed) => return,
            },
            () = &mut next_look => true,
        };
        if look_at_all {
            next_look = shared.timer.sleep(lease::RENEW);
            if let Err(error) = shared.look_at_all().await {
                tracing::warn!(%error, "the accounts could not be looked at");
            }
        }
    }
}
