//! Where a running device keeps its credentials: our database, encrypted, as long as the lease is held.

use std::sync::Arc;

use async_trait::async_trait;
use pesan_model::Timestamp;
use pesan_providers::{RecordError, RecordKind, RecordWrite, SessionRecords};
use pesan_store::lease::Holder;
use pesan_store::session_record::{self, Place, Write};
use pesan_store::{Error as StoreError, OrganizationKey, Tx};

use super::lease::HeldLease;
use crate::context::App;

/// The records of one account for the time of one lease.
pub(super) struct LeasedRecords {
    pub(super) app: Arc<App>,
    pub(super) key: OrganizationKey,
    pub(super) lease: Arc<HeldLease>,
}

impl LeasedRecords {
    /// A failed read.
    fn unreadable(source: StoreError) -> RecordError {
        RecordError::Storage {
            action: "read",
            source: Box::new(source),
        }
    }

    /// A failed write. When the lease is gone the device stops at once.
    fn unwritable(&self, error: StoreError) -> RecordError {
        match error {
            StoreError::Fenced => {
                self.lease.lose();
                RecordError::Fenced
            }
            source => RecordError::Storage {
                action: "write",
                source: Box::new(source),
            },
        }
    }

    /// Runs one transaction that writes, if the lease is still good.
    async fn change<T, F>(&self, work: F) -> Result<T, RecordError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx<'_>, Holder<'t>) -> futures::future::BoxFuture<'t, Result<T, StoreError>>
            + Send
            + 'static,
    {
        if !self.lease.holds(&*self.app.clock) {
            return Err(RecordError::Fenced);
        }
        let (node, account_id, epoch) = (self.app.settings.node.clone(), self.lease.account, self.lease.epoch);
        self.app
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let owner: &str = &node;
                    work(
                        tx,
                        Holder {
                            account_id,
                            owner,
                            epoch,
                        },
                    )
                    .await
                })
            })
            .await
            .map_err(|error| self.unwritable(error))
    }

    fn open(&self, kind: RecordKind, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        session_record::open(&self.key, self.lease.account, kind.0, key, sealed)
    }

    fn sealed(&self, write: RecordWrite) -> Write {
        match write {
            RecordWrite::Put {
                kind,
                key,
                value,
                expires_at,
            } => {
                let place = Place { kind: kind.0, key };
                let sealed = session_record::seal(&self.key, self.lease.account, &place, &value, &*self.app.random);
                Write::Put {
                    place,
                    sealed,
                    expires_at,
                }
            }
            RecordWrite::Delete { kind, key } => Write::Delete(Place { kind: kind.0, key }),
            RecordWrite::DeletePrefix { kind, prefix } => Write::DeletePrefix { kind: kind.0, prefix },
        }
    }
}

#[async_trait]
impl SessionRecords for LeasedRecords {
    async fn get(&self, kind: RecordKind, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, RecordError> {
        let (account, asked) = (self.lease.account, keys.to_vec());
        let found = self
            .app
            .store
            .lookup(move |tx| Box::pin(async move { session_record::get(tx, account, kind.0, &asked).await }))
            .await
            .map_err(Self::unreadable)?;
        let open = |key: &Vec<u8>| found.get(key).map(|sealed| self.open(kind, key, sealed)).transpose();
        keys.iter()
            .map(open)
            .collect::<Result<_, _>>()
            .map_err(Self::unreadable)
    }

    async fn first(&self, kind: RecordKind) -> Result<Option<(Vec<u8>, Vec<u8>)>, RecordError> {
        let account = self.lease.account;
        let found = self
            .app
            .store
            .read(move |tx| Box::pin(async move { session_record::first(tx, account, kind.0).await }))
            .await
            .map_err(Self::unreadable)?;
        let open = |(key, sealed): (Vec<u8>, Vec<u8>)| self.open(kind, &key, &sealed).map(|value| (key, value));
        found.map(open).transpose().map_err(Self::unreadable)
    }

    async fn list(&self, kind: RecordKind, prefix: &[u8]) -> Result<Vec<(Vec<u8>, Vec<u8>)>, RecordError> {
        let (account, start) = (self.lease.account, prefix.to_vec());
        let found = self
            .app
            .store
            .read(move |tx| Box::pin(async move { session_record::list(tx, account, kind.0, &start).await }))
            .await
            .map_err(Self::unreadable)?;
        let open = |(key, sealed): (Vec<u8>, Vec<u8>)| self.open(kind, &key, &sealed).map(|value| (key, value));
        found
            .into_iter()
            .map(open)
            .collect::<Result<_, _>>()
            .map_err(Self::unreadable)
    }

    async fn write(&self, writes: Vec<RecordWrite>) -> Result<(), RecordError> {
        let sealed: Vec<Write> = writes.into_iter().map(|write| self.sealed(write)).collect();
        self.change(move |tx, holder| Box::pin(async move { session_record::write(tx, &holder, sealed).await }))
            .await
    }

    async fn take(&self, kind: RecordKind, key: &[u8]) -> Result<Option<Vec<u8>>, RecordError> {
        let place = Place {
            kind: kind.0,
            key: key.to_vec(),
        };
        let taken = self
            .change(move |tx, holder| Box::pin(async move { session_record::take(tx, &holder, &place).await }))
            .await?;
        taken
            .map(|sealed| self.open(kind, key, &sealed))
            .transpose()
            .map_err(Self::unreadable)
    }

    async fn delete_expired(&self, kind: RecordKind, now: Timestamp) -> Result<u64, RecordError> {
        self.change(move |tx, holder| {
            Box::pin(async move { session_record::delete_expired(tx, &holder, kind.0, now).await })
        })
        .await
    }
}
