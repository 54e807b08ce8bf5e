//! Hints: who should look at the database now. Losing one delays, never loses.
//!
//! The presence of colleagues travels here too, whole, because it is in no database.

use std::sync::Arc;

use pesan_model::inbox::{ChatPresence, SettingsPart};
use pesan_model::{AccountId, OrganizationId};
use tokio::sync::broadcast;

/// Hints that may wait for a slow listener; one that falls behind is told so and looks at everything.
const CAPACITY: usize = 4096;

/// Somebody should look at the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// The organization's event log grew.
    Events(OrganizationId),
    /// There is something to send on this account.
    Outbox(AccountId),
    /// There is other work of this kind.
    Jobs(&'static str),
    /// The account has a new QR code. Not an event: the code is a secret and soon void.
    Qr(OrganizationId, AccountId),
    /// A colleague looks at a chat or writes in it. Not an event, and kept nowhere: it is only true for a moment.
    Presence(OrganizationId, Arc<ChatPresence>),
    /// Somebody changed something that colleagues share. Not an event: it only says what is to be read anew.
    Settings(OrganizationId, SettingsPart),
    /// The account should be started, stopped or looked at again.
    Account(AccountId),
}

/// Hints within this process.
#[derive(Debug)]
pub struct LocalBus(broadcast::Sender<Signal>);

impl Default for LocalBus {
    fn default() -> Self {
        Self(broadcast::channel(CAPACITY).0)
    }
}

impl LocalBus {
    /// Tells whoever listens. Nobody may.
    pub fn publish(&self, signal: Signal) {
        // An error only says that nobody listens.
        let _ = self.0.send(signal);
    }

    /// Listens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Signal> {
        self.0.subscribe()
    }
}
