//! The protocol library's storage traits over [`SessionRecords`]: credentials, Signal state, what was sent.
//!
//! One backend serves one connection of one account. When a write fails, whatever the reason, the backend refuses every
//! later write and asks for the connection to be closed: the library keeps Signal state in memory and would go on from a
//! state that was never stored. The next connection starts from what is durable, and WhatsApp delivers again what was
//! not acknowledged.

mod app_sync;
mod codec;
mod device_row;
mod message_secrets;
mod protocol;
mod signal;

use std::collections::HashSet;
use std::sync::{Arc, OnceLock, PoisonError, Weak};
use std::time::Duration;

use pesan_model::{Clock, Timestamp};
use tokio::sync::{Mutex, RwLock, RwLockReadGuard};
use tokio_util::sync::CancellationToken;
use wacore::store::error::{Result, StoreError};
use whatsapp_rust::store::persistence_manager::PersistenceManager;

use crate::session_records::{RecordError, RecordKind, RecordWrite, SessionRecords};

/// How long the text of a sent message is kept so that it can be encrypted anew for a device that could not read it.
/// WhatsApp keeps messages for devices that are off for 30 days.
pub(crate) const SENT_KEPT: Duration = Duration::from_hours(31 * 24);
/// How long a message that came in waits for its commit.
const PENDING_KEPT: Duration = Duration::from_hours(31 * 24);

/// The kinds of record of the library. The names are stored: never rename one.
mod kind {
    use crate::session_records::RecordKind;

    pub(super) const DEVICE: RecordKind = RecordKind("device");
    pub(super) const IDENTITY: RecordKind = RecordKind("identity");
    pub(super) const SESSION: RecordKind = RecordKind("session");
    pub(super) const PREKEY: RecordKind = RecordKind("prekey");
    pub(super) const SIGNED_PREKEY: RecordKind = RecordKind("signed_prekey");
    pub(super) const SENDER_KEY: RecordKind = RecordKind("sender_key");
    pub(super) const SYNC_KEY: RecordKind = RecordKind("sync_key");
    pub(super) const SYNC_KEY_LATEST: RecordKind = RecordKind("sync_key_latest");
    pub(super) const SYNC_VERSION: RecordKind = RecordKind("sync_version");
    pub(super) const SYNC_MAC: RecordKind = RecordKind("sync_mac");
    pub(super) const SENDER_KEY_DEVICE: RecordKind = RecordKind("sender_key_device");
    pub(super) const LID: RecordKind = RecordKind("lid");
    pub(super) const PHONE_LID: RecordKind = RecordKind("phone_lid");
    pub(super) const BASE_KEY: RecordKind = RecordKind("base_key");
    pub(super) const DEVICE_LIST: RecordKind = RecordKind("device_list");
    pub(super) const GROUP: RecordKind = RecordKind("group");
    pub(super) const TC_TOKEN: RecordKind = RecordKind("tc_token");
    pub(super) const SENT: RecordKind = RecordKind("sent");
    pub(super) const PENDING_INBOUND: RecordKind = RecordKind("pending_inbound");
    pub(super) const MESSAGE_SECRET: RecordKind = RecordKind("message_secret");
}

/// Told of a phone number and the LID of the same person, each without server, when they become known.
pub(crate) type OnMapping = Box<dyn Fn(&str, &str) + Send + Sync>;

/// The storage of one connection of one account.
pub(crate) struct RecordBackend {
    records: Arc<dyn SessionRecords>,
    clock: Arc<dyn Clock>,
    /// Cancelled when a write failed: nothing may be written any more and the connection must be closed.
    broken: CancellationToken,
    /// Held while records are read, changed and written back.
    changing: Mutex<()>,
    /// Messages with nothing in them to be stored: what waits for their commit is replaced by a trace, not deleted.
    traced: std::sync::Mutex<HashSet<Vec<u8>>>,
    /// True once the connection is over. Read-locked by every write, so that closing waits for those under way.
    closed: RwLock<bool>,
    /// Where the library has the device as it is now.
    device: OnceLock<Weak<PersistenceManager>>,
    on_mapping: OnMapping,
}

impl RecordBackend {
    pub(crate) fn new(
        records: Arc<dyn SessionRecords>,
        clock: Arc<dyn Clock>,
        broken: CancellationToken,
        on_mapping: OnMapping,
    ) -> Self {
        Self {
            records,
            clock,
            broken,
            changing: Mutex::new(()),
            traced: std::sync::Mutex::default(),
            closed: RwLock::new(false),
            device: OnceLock::new(),
            on_mapping,
        }
    }

    /// Tells where the library has the device as it is now: what is saved from now on is that.
    pub(crate) fn follow(&self, device: &Arc<PersistenceManager>) {
        // Told once, right after the library was built.
        let _ = self.device.set(Arc::downgrade(device));
    }

    /// A message came with nothing in it to be stored. When it comes again, it is known all the same.
    pub(crate) fn leave_trace(&self, chat: &str, sender: &str, id: &str) {
        self.traced
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(codec::key(&[chat, sender, id]));
    }

    /// Whether a message is to leave a trace. Told once.
    fn leaves_trace(&self, key: &[u8]) -> bool {
        self.traced.lock().unwrap_or_else(PoisonError::into_inner).remove(key)
    }

    /// Ends all writing, after what is under way and the device as it is now were written. A task of the library that
    /// comes late must not write over what the next connection has stored.
    pub(crate) async fn close(&self) -> Result<()> {
        let saved = match self.latest_device() {
            Some(device) => self.save_device(&device).await,
            None => Ok(()),
        };
        *self.closed.write().await = true;
        saved
    }

    fn read_error(error: RecordError) -> StoreError {
        StoreError::Database(Box::new(error))
    }

    fn write_error(&self, error: RecordError) -> StoreError {
        if !self.broken.is_cancelled() {
            tracing::warn!(%error, "session records could not be written; the connection is closed");
            self.broken.cancel();
        }
        StoreError::Database(Box::new(error))
    }

    /// Fails when nothing may be written any more; else nothing is closed while the result lives.
    async fn writable(&self) -> Result<RwLockReadGuard<'_, bool>> {
        let refused = |why: &str| Err(StoreError::Validation(why.into()));
        if self.broken.is_cancelled() {
            return refused("an earlier write of this connection failed");
        }
        let closed = self.closed.read().await;
        if *closed {
            return refused("this connection is over");
        }
        Ok(closed)
    }

    /// One durable commit.
    async fn write(&self, writes: Vec<RecordWrite>) -> Result<()> {
        let _open = self.writable().await?;
        if writes.is_empty() {
            return Ok(());
        }
        self.records
            .write(writes)
            .await
            .map_err(|error| self.write_error(error))
    }

    async fn put(&self, kind: RecordKind, key: Vec<u8>, value: Vec<u8>) -> Result<()> {
        self.write(vec![put(kind, key, value)]).await
    }

    async fn delete(&self, kind: RecordKind, key: Vec<u8>) -> Result<()> {
        self.write(vec![RecordWrite::Delete { kind, key }]).await
    }

    async fn get(&self, kind: RecordKind, key: Vec<u8>) -> Result<Option<Vec<u8>>> {
        Ok(self.get_many(kind, vec![key]).await?.pop().flatten())
    }

    async fn get_many(&self, kind: RecordKind, keys: Vec<Vec<u8>>) -> Result<Vec<Option<Vec<u8>>>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.records.get(kind, &keys).await.map_err(Self::read_error)
    }

    async fn list(&self, kind: RecordKind, prefix: &[u8]) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        self.records.list(kind, prefix).await.map_err(Self::read_error)
    }

    async fn take(&self, kind: RecordKind, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let _open = self.writable().await?;
        self.records
            .take(kind, key)
            .await
            .map_err(|error| self.write_error(error))
    }

    async fn delete_expired(&self, kind: RecordKind, now: Timestamp) -> Result<u32> {
        let _open = self.writable().await?;
        let count = self
            .records
            .delete_expired(kind, now)
            .await
            .map_err(|error| self.write_error(error))?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// When a record written now may be deleted. Whole seconds, which is how the library counts.
    fn expiry(&self, kept: Duration) -> Timestamp {
        Timestamp::from_secs(self.clock.now().secs()).plus(kept)
    }
}

fn put(kind: RecordKind, key: Vec<u8>, value: Vec<u8>) -> RecordWrite {
    RecordWrite::Put {
        kind,
        key,
        value,
        expires_at: None,
    }
}

/// A record that is not what was written: the database was changed by something else.
fn damaged(kind: RecordKind) -> StoreError {
    StoreError::Validation(format!("a {} record is damaged", kind.0))
}

#[cfg(test)]
mod tests;
