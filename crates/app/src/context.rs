//! What every use case needs, in one place.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use pesan_model::pacing::Pacing;
use pesan_model::{AccountId, Clock, OrganizationId, Random};
use pesan_store::{Keyring, OrganizationKey, Store, account, organization};

use crate::access::Access;
use crate::bus::LocalBus;
use crate::connections::Connections;
use crate::error::Result;
use crate::events::live::Tails;
use crate::lifecycle::Lifecycle;
use crate::messaging::UserSends;
use crate::{figures, mail, net};

/// What is decided at start and does not change.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where files are kept.
    pub data_dir: PathBuf,
    /// The name of this node. Two processes never share one.
    pub node: String,
    /// This start of the process: `node/…`, new every time.
    pub start: String,
    /// Webhooks and links may point into private networks and to this machine: for demos and tests only.
    pub allow_private_targets: bool,
    /// Most bytes of a file that is uploaded or fetched from a link.
    pub max_upload_bytes: u64,
    /// How long events are kept: for ever when there is none.
    pub event_retention: Option<Duration>,
    /// How long deliveries that ended are kept, with their tries: for ever when there is none.
    pub delivery_retention: Option<Duration>,
    /// The waits between tries of a webhook: [`pesan_model::retry::WEBHOOK`], but for crash tests.
    pub webhook_waits: Arc<[Duration]>,
    /// Where people reach the web app: for links in mail.
    pub public_url: String,
    /// How much and how long.
    pub limits: Limits,
}

/// How much people may do, and how long things last. Configured by whoever runs Pesan.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The pace of a new account.
    pub account_pacing: Pacing,
    /// Waits before each further try of a message that was certainly not accepted.
    pub send_waits: Arc<[Duration]>,
    /// The wait before the same message is handed over again when nobody knows whether it was accepted.
    pub unconfirmed_wait: Duration,
    /// Messages that one person may send in a minute; 0 for any number. Programs with a key are held by the accounts' pace.
    pub user_sends_per_minute: u32,
    /// A browser is logged out when it was not used for so long.
    pub session_idle: Duration,
    /// Mail tells of an account that needs a person for so long; zero for never.
    pub drop_alert: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            account_pacing: Pacing::default(),
            send_waits: pesan_model::retry::SEND.into(),
            unconfirmed_wait: pesan_model::retry::UNCONFIRMED_WAIT,
            user_sends_per_minute: 30,
            session_idle: Duration::from_hours(24),
            drop_alert: Duration::from_mins(10),
        }
    }
}

/// The running application.
pub struct App {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Hints within the process.
    pub bus: LocalBus,
    /// Accounts that are connected here and now.
    pub connections: Connections,
    /// Tasks, and how they end.
    pub lifecycle: Lifecycle,
    /// Outgoing HTTP to addresses that people chose.
    pub net: net::Client,
    /// Where mail is handed over, where that is set up.
    pub mail: Option<Arc<dyn mail::Transport>>,
    /// What was decided at start.
    pub settings: Settings,
    /// Who is known to be let in, and how often somebody tried.
    pub access: Access,
    /// How much each person sent in the last minute.
    pub(crate) user_sends: UserSends,
    /// What live streams share.
    pub(crate) tails: Tails,
    /// What was counted last for monitoring.
    pub(crate) figures: figures::Cache,
    keyring: Keyring,
    organization_keys: Mutex<HashMap<OrganizationId, OrganizationKey>>,
    /// Whose each account is. That never changes.
    organizations: Mutex<HashMap<AccountId, OrganizationId>>,
}

/// What [`App::new`] needs.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Encryption.
    pub keyring: Keyring,
    /// Outgoing HTTP to addresses that people chose.
    pub net: net::Client,
    /// Where mail is handed over, where that is set up.
    pub mail: Option<Arc<dyn mail::Transport>>,
    /// What was decided at start.
    pub settings: Settings,
}

impl App {
    /// Puts the parts together. Starts nothing.
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            store: parts.store,
            clock: parts.clock,
            random: parts.random,
            bus: LocalBus::default(),
            connections: Connections::default(),
            lifecycle: Lifecycle::default(),
            net: parts.net,
            mail: parts.mail,
            settings: parts.settings,
            access: Access::default(),
            user_sends: UserSends::default(),
            tails: Tails::default(),
            figures: figures::Cache::default(),
            keyring: parts.keyring,
            organization_keys: Mutex::default(),
            organizations: Mutex::default(),
        })
    }

    /// Makes and opens organizations' data keys.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Whose an account is. Kept in memory after the first time, until the account is deleted or runs here no more.
    pub async fn organization_of(&self, id: AccountId) -> Result<OrganizationId> {
        if let Some(known) = self.organizations.lock().get(&id) {
            return Ok(*known);
        }
        let found = self
            .store
            .read(move |tx| Box::pin(async move { account::organization_of(tx, id).await }))
            .await?;
        self.organizations.lock().insert(id, found);
        Ok(found)
    }

    /// An account is gone, or runs here no more: whose it was need not be known any longer.
    pub(crate) fn forget_account(&self, id: AccountId) {
        self.organizations.lock().remove(&id);
    }

    /// The organization's data key. Kept in memory after the first time.
    pub async fn organization_key(&self, id: OrganizationId) -> Result<OrganizationKey> {
        if let Some(key) = self.organization_keys.lock().get(&id) {
            return Ok(key.clone());
        }
        let found = self
            .store
            .read(move |tx| Box::pin(async move { organization::get(tx, id).await }))
            .await?;
        let key = self.keyring.open(id, &found.data_key)?;
        self.organization_keys.lock().insert(id, key.clone());
        Ok(key)
    }
}
