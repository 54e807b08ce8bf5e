//! What the accounts that run in this process have in memory, for use cases: the connections of those that are ready,
//! and the QR codes of those that wait to be linked.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use pesan_model::{AccountId, Timestamp};
use pesan_providers::Provider;

/// Connected accounts. Filled by the fleet, read by use cases.
#[derive(Default)]
pub struct Connections {
    ready: RwLock<HashMap<AccountId, Arc<dyn Provider>>>,
    qr_codes: RwLock<HashMap<AccountId, QrCode>>,
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
