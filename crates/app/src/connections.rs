//! The accounts that are connected in this process, for use cases that talk to WhatsApp.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use pesan_model::AccountId;
use pesan_providers::Provider;

/// Connected accounts. Filled by the fleet, read by use cases.
#[derive(Default)]
pub struct Connections(RwLock<HashMap<AccountId, Arc<dyn Provider>>>);

impl Connections {
    /// The account is ready to send.
    pub fn set(&self, account: AccountId, provider: Arc<dyn Provider>) {
        self.0.write().insert(account, provider);
    }

    /// The account is not ready any more.
    pub fn remove(&self, account: AccountId) {
        self.0.write().remove(&account);
    }

    /// The account's connection, when it is ready to send.
    pub fn get(&self, account: AccountId) -> Option<Arc<dyn Provider>> {
        self.0.read().get(&account).cloned()
    }

    /// Every account that is ready to send.
    pub fn accounts(&self) -> Vec<AccountId> {
        self.0.read().keys().copied().collect()
    }
}
