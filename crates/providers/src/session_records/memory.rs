//! Session records in memory, for tests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use pesan_model::Timestamp;
use tokio::sync::watch;

use super::{RecordError, RecordKind, RecordWrite, SessionRecords};

#[derive(Debug, Clone)]
struct Record {
    value: Vec<u8>,
    expires_at: Option<Timestamp>,
}

/// By kind and key.
type Records = BTreeMap<(RecordKind, Vec<u8>), Record>;

/// Session records that live as long as this object. Can be fenced, and made to fail, by a test.
#[derive(Debug, Default)]
pub struct MemoryRecords {
    records: Mutex<Records>,
    fenced: AtomicBool,
    broken: AtomicBool,
    commits: watch::Sender<u64>,
    /// Records of these kinds are not written for now.
    held: watch::Sender<&'static [RecordKind]>,
    /// How many writes have hung.
    hung: watch::Sender<usize>,
}

impl MemoryRecords {
    /// No records.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on somebody else owns the account: every write is refused.
    pub fn fence(&self) {
        self.fenced.store(true, Ordering::SeqCst);
    }

    /// From now on the database is gone: everything fails.
    pub fn break_down(&self) {
        self.broken.store(true, Ordering::SeqCst);
    }

    /// The database is back.
    pub fn mend(&self) {
        self.broken.store(false, Ordering::SeqCst);
    }

    /// From now on writing records of these kinds hangs.
    pub fn hold(&self, kinds: &'static [RecordKind]) {
        self.held.send_replace(kinds);
    }

    /// Waits until so many writes have hung.
    pub async fn hang(&self, count: usize) {
        let mut hung = self.hung.subscribe();
        hung.wait_for(|hung| *hung >= count)
            .await
            .expect("the sender is in self");
    }

    /// Writes that hang go on.
    pub fn release(&self) {
        self.held.send_replace(&[]);
    }

    /// How many commits there were.
    pub fn commits(&self) -> u64 {
        *self.commits.borrow()
    }

    /// How many records of this kind there are.
    pub fn count(&self, kind: RecordKind) -> usize {
        self.records().keys().filter(|(of, _)| *of == kind).count()
    }

    /// Waits until there are so many records of this kind.
    pub async fn wait_for_count(&self, kind: RecordKind, count: usize) {
        let mut commits = self.commits.subscribe();
        commits
            .wait_for(|_| self.count(kind) == count)
            .await
            .expect("the sender is in self");
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn readable(&self) -> Result<(), RecordError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(RecordError::Storage {
                action: "read",
                source: "broken by the test".into(),
            });
        }
        Ok(())
    }

    /// One commit.
    fn change<T>(&self, change: impl FnOnce(&mut Records) -> T) -> Result<T, RecordError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(RecordError::Storage {
                action: "write",
                source: "broken by the test".into(),
            });
        }
        if self.fenced.load(Ordering::SeqCst) {
            return Err(RecordError::Fenced);
        }
        let changed = change(&mut self.records());
        self.commits.send_modify(|commits| *commits += 1);
        Ok(changed)
    }
}

#[async_trait]
impl SessionRecords for MemoryRecords {
    async fn get(&self, kind: RecordKind, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, RecordError> {
        self.readable()?;
        let records = self.records();
        Ok(keys
            .iter()
            .map(|key| records.get(&(kind, key.clone())).map(|record| record.value.clone()))
            .collect())
    }

    async fn first(&self, kind: RecordKind) -> Result<Option<(Vec<u8>, Vec<u8>)>, RecordError> {
        Ok(self.list(kind, &[]).await?.into_iter().next())
    }

    async fn list(&self, kind: RecordKind, prefix: &[u8]) -> Result<Vec<(Vec<u8>, Vec<u8>)>, RecordError> {
        self.readable()?;
        Ok(self
            .records()
            .range((kind, prefix.to_vec())..)
            .take_while(|((of, key), _)| *of == kind && key.starts_with(prefix))
            .map(|((_, key), record)| (key.clone(), record.value.clone()))
            .collect())
    }

    async fn write(&self, writes: Vec<RecordWrite>) -> Result<(), RecordError> {
        let is_held = |held: &&[RecordKind]| writes.iter().any(|write| held.contains(&write.kind()));
        let mut held = self.held.subscribe();
        if is_held(&held.borrow()) {
            self.hung.send_modify(|hung| *hung += 1);
        }
        held.wait_for(|held| !is_held(held))
            .await
            .expect("the sender is in self");
        self.change(|records| {
            for write in writes {
                match write {
                    RecordWrite::Put {
                        kind,
                        key,
                        value,
                        expires_at,
                    } => {
                        records.insert((kind, key), Record { value, expires_at });
                    }
                    RecordWrite::Delete { kind, key } => {
                        records.remove(&(kind, key));
                    }
                    RecordWrite::DeletePrefix { kind, prefix } => {
                        records.retain(|(of, key), _| *of != kind || !key.starts_with(&prefix));
                    }
                }
            }
        })
    }

    async fn take(&self, kind: RecordKind, key: &[u8]) -> Result<Option<Vec<u8>>, RecordError> {
        self.change(|records| records.remove(&(kind, key.to_vec())).map(|record| record.value))
    }

    async fn delete_expired(&self, kind: RecordKind, now: Timestamp) -> Result<u64, RecordError> {
        self.change(|records| {
            let before = records.len();
            records.retain(|(of, _), record| *of != kind || record.expires_at.is_none_or(|at| at >= now));
            (before - records.len()) as u64
        })
    }
}
