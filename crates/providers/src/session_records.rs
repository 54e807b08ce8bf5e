//! Where a linked device keeps its credentials and Signal state: one table of records, through this trait.
//!
//! Every write is one durable commit and is refused once the account's lease belongs to somebody else. Values are
//! encrypted by the implementation.

#[cfg(any(test, feature = "testing"))]
mod memory;

use async_trait::async_trait;
use pesan_model::Timestamp;

#[cfg(any(test, feature = "testing"))]
pub use memory::MemoryRecords;

/// The kinds of record, one for each table of the protocol library. The names are stored: never rename one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordKind(pub &'static str);

/// What a phone told of the past and is not yet taken in. Nobody can be asked for it again, so it outlives the credentials
/// that it came with.
pub const HISTORY: RecordKind = RecordKind("history");

/// A message of which nobody here knows what it says, and for which the account's own phone is asked. It goes with the
/// credentials: a device that is linked anew is told the past.
pub const LOST: RecordKind = RecordKind("lost");

/// Why records could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Another owner holds the account's lease. The device must close its connection at once.
    #[error("the account is owned by another node")]
    Fenced,
    /// The database did not do it.
    #[error("could not {action} session records")]
    Storage {
        /// `read` or `write`.
        action: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// One change of a record.
#[derive(Debug, Clone)]
pub enum RecordWrite {
    /// Writes a record, new or not.
    Put {
        /// Its kind.
        kind: RecordKind,
        /// Its key, unique in the kind.
        key: Vec<u8>,
        /// Its value, in clear; encrypted at rest.
        value: Vec<u8>,
        /// It may be deleted after this time.
        expires_at: Option<Timestamp>,
    },
    /// Deletes a record, there or not.
    Delete {
        /// Its kind.
        kind: RecordKind,
        /// Its key.
        key: Vec<u8>,
    },
    /// Deletes every record of a kind whose key starts so; all of the kind when empty.
    DeletePrefix {
        /// The kind.
        kind: RecordKind,
        /// The start of the keys.
        prefix: Vec<u8>,
    },
}

impl RecordWrite {
    /// The kind of what it changes.
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::Put { kind, .. } | Self::Delete { kind, .. } | Self::DeletePrefix { kind, .. } => *kind,
        }
    }
}

/// The records of one account, as its present owner sees them.
#[async_trait]
pub trait SessionRecords: Send + Sync + 'static {
    /// The values of these keys, in the same order.
    async fn get(&self, kind: RecordKind, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, RecordError>;

    /// The record of a kind with the least key.
    async fn first(&self, kind: RecordKind) -> Result<Option<(Vec<u8>, Vec<u8>)>, RecordError>;

    /// Every record of a kind whose key starts with `prefix`, ordered by key.
    async fn list(&self, kind: RecordKind, prefix: &[u8]) -> Result<Vec<(Vec<u8>, Vec<u8>)>, RecordError>;

    /// Does all of `writes`, in order, or none. Durable on `Ok`.
    async fn write(&self, writes: Vec<RecordWrite>) -> Result<(), RecordError>;

    /// Reads and deletes a record in one commit.
    async fn take(&self, kind: RecordKind, key: &[u8]) -> Result<Option<Vec<u8>>, RecordError>;

    /// Deletes the records of a kind that expired before `now`, and says how many.
    async fn delete_expired(&self, kind: RecordKind, now: Timestamp) -> Result<u64, RecordError>;
}
