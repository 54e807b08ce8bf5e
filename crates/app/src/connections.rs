//! What the accounts that run in this process have in memory, for use cases: the connections of those that are ready,
//! and the QR codes of those that wait to be linked.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use pesan_model::{AccountId, Timestamp};
use pesan_providers::Provider;
use tokio::sync::watch;

/// Connected accounts. Filled by the fleet, read by use cases.
#[derive(Default)]
pub struct Connections {
    ready: RwLock<HashMap<AccountId, Arc<dyn Provider>>>,
    qr_codes: RwLock<HashMap<AccountId, QrCode>>,
    /// How many people are logging an account out over its connection at this moment.
    leaving: watch::Sender<HashMap<AccountId, usize>>,
}

/// An account is being logged out over its connection, which nobody else ends until this is dropped.
pub(crate) struct Leaving<'a> {
    connections: &'a Connections,
    account: AccountId,
    /// The connection, when there is one.
    pub(crate) provider: Option<Arc<dyn Provider>>,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.connections.leaving.send_modify(|leaving| {
            if let Some(people) = leaving.get_mut(&self.account) {
                *people -= 1;
                if *people == 0 {
                    leaving.remove(&self.account);
                }
            }
        });
    }
}

/// A QR code that waits for a phone.
#[derive(Clone, PartialEq, Eq)]
pub struct QrCode {
    /// What it says. A secret: who scans it gets a linked device.
    pub code: String,
    /// Until when it can be scanned.
    pub expires_at: Timestamp,
}

/// The code does not show in logs.
impl std::fmt::Debug for QrCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "QrCode(until {})", self.expires_at)
    }
}

impl Connections {
    /// The account is ready to send.
    pub fn set(&self, account: AccountId, provider: Arc<dyn Provider>) {
        self.ready.write().insert(account, provider);
    }

    /// The account is not ready any more.
    pub fn remove(&self, account: AccountId) {
        self.ready.write().remove(&account);
    }

    /// The account's connection, when it is ready to send.
    pub fn get(&self, account: AccountId) -> Option<Arc<dyn Provider>> {
        self.ready.read().get(&account).cloned()
    }

    /// Keeps the account's connection for a log-out: WhatsApp is told over it, after the account was stopped here.
    pub(crate) fn leave(&self, account: AccountId) -> Leaving<'_> {
        self.leaving
            .send_modify(|leaving| *leaving.entry(account).or_default() += 1);
        Leaving {
            connections: self,
            account,
            provider: self.get(account),
        }
    }

    /// Waits until nobody needs the account's connection for a log-out.
    pub(crate) async fn left(&self, account: AccountId) {
        let mut leaving = self.leaving.subscribe();
        // The sender is in self, so this ends with the last log-out only.
        let _ = leaving.wait_for(|leaving| !leaving.contains_key(&account)).await;
    }

    /// Every account that is ready to send.
    pub fn accounts(&self) -> Vec<AccountId> {
        self.ready.read().keys().copied().collect()
    }

    /// The account shows this code until it expires or the next one comes.
    pub fn set_qr(&self, account: AccountId, qr: QrCode) {
        self.qr_codes.write().insert(account, qr);
    }

    /// The account shows no code any more.
    pub fn remove_qr(&self, account: AccountId) {
        self.qr_codes.write().remove(&account);
    }

    /// The code that the account shows now.
    pub fn qr(&self, account: AccountId, now: Timestamp) -> Option<QrCode> {
        self.qr_codes
            .read()
            .get(&account)
            .filter(|qr| now < qr.expires_at)
            .cloned()
    }
}
