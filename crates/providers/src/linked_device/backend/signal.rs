//! Identities, sessions, prekeys and sender keys.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use wacore::store::error::Result;
use wacore::store::traits::SignalStore;

use super::codec::{key, user_prefixes};
use super::{RecordBackend, damaged, kind, put};

/// Big-endian, so that keys are ordered by id.
fn id_key(id: u32) -> Vec<u8> {
    id.to_be_bytes().to_vec()
}

fn id_of(key: &[u8]) -> Option<u32> {
    key.try_into().ok().map(u32::from_be_bytes)
}

#[async_trait]
impl SignalStore for RecordBackend {
    async fn put_identity(&self, address: &str, identity: [u8; 32]) -> Result<()> {
        self.put(kind::IDENTITY, key(&[address]), identity.to_vec()).await
    }

    async fn put_identities_batch(&self, identities: &[(Arc<str>, [u8; 32])]) -> Result<()> {
        let writes = identities
            .iter()
            .map(|(address, identity)| put(kind::IDENTITY, key(&[address]), identity.to_vec()))
            .collect();
        self.write(writes).await
    }

    async fn load_identity(&self, address: &str) -> Result<Option<[u8; 32]>> {
        match self.get(kind::IDENTITY, key(&[address])).await? {
            None => Ok(None),
            Some(bytes) => bytes.try_into().map(Some).map_err(|_| damaged(kind::IDENTITY)),
        }
    }

    async fn delete_identity(&self, address: &str) -> Result<()> {
        self.delete(kind::IDENTITY, key(&[address])).await
    }

    async fn get_session(&self, address: &str) -> Result<Option<Bytes>> {
        Ok(self.get(kind::SESSION, key(&[address])).await?.map(Bytes::from))
    }

    async fn put_session(&self, address: &str, session: &[u8]) -> Result<()> {
        self.put(kind::SESSION, key(&[address]), session.to_vec()).await
    }

    async fn put_sessions_batch(&self, sessions: &[(Arc<str>, Bytes)]) -> Result<()> {
        let writes = sessions
            .iter()
            .map(|(address, session)| put(kind::SESSION, key(&[address]), session.to_vec()))
            .collect();
        self.write(writes).await
    }

    async fn delete_session(&self, address: &str) -> Result<()> {
        self.delete(kind::SESSION, key(&[address])).await
    }

    async fn has_session(&self, address: &str) -> Result<bool> {
        Ok(self.get(kind::SESSION, key(&[address])).await?.is_some())
    }

    async fn has_signal_state_for_user(&self, user: &str) -> Result<bool> {
        for prefix in user_prefixes(user) {
            for kind in [kind::SESSION, kind::IDENTITY] {
                if !self.list(kind, &prefix).await?.is_empty() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    // Whether a prekey was uploaded is never asked for: the library counts by id. So it is not stored.
    async fn store_prekey(&self, id: u32, record: &[u8], _uploaded: bool) -> Result<()> {
        self.put(kind::PREKEY, id_key(id), record.to_vec()).await
    }

    async fn store_prekeys_batch(&self, keys: &[(u32, Bytes)], _uploaded: bool) -> Result<()> {
        self.write(
            keys.iter()
                .map(|(id, record)| put(kind::PREKEY, id_key(*id), record.to_vec()))
                .collect(),
        )
        .await
    }

    async fn load_prekey(&self, id: u32) -> Result<Option<Bytes>> {
        Ok(self.get(kind::PREKEY, id_key(id)).await?.map(Bytes::from))
    }

    async fn load_prekeys_batch(&self, ids: &[u32]) -> Result<Vec<(u32, Bytes)>> {
        let found = self
            .get_many(kind::PREKEY, ids.iter().map(|id| id_key(*id)).collect())
            .await?;
        Ok(ids
            .iter()
            .zip(found)
            .filter_map(|(id, record)| Some((*id, Bytes::from(record?))))
            .collect())
    }

    async fn mark_prekeys_uploaded(&self, _ids: &[u32]) -> Result<()> {
        Ok(())
    }

    async fn remove_prekey(&self, id: u32) -> Result<()> {
        self.delete(kind::PREKEY, id_key(id)).await
    }

    async fn get_max_prekey_id(&self) -> Result<u32> {
        let last = self.list(kind::PREKEY, &[]).await?.pop();
        Ok(last.and_then(|(key, _)| id_of(&key)).unwrap_or(0))
    }

    async fn store_signed_prekey(&self, id: u32, record: &[u8]) -> Result<()> {
        self.put(kind::SIGNED_PREKEY, id_key(id), record.to_vec()).await
    }

    async fn load_signed_prekey(&self, id: u32) -> Result<Option<Vec<u8>>> {
        self.get(kind::SIGNED_PREKEY, id_key(id)).await
    }

    async fn load_all_signed_prekeys(&self) -> Result<Vec<(u32, Vec<u8>)>> {
        let all = self.list(kind::SIGNED_PREKEY, &[]).await?;
        all.into_iter()
            .map(|(key, record)| {
                id_of(&key)
                    .map(|id| (id, record))
                    .ok_or_else(|| damaged(kind::SIGNED_PREKEY))
            })
            .collect()
    }

    async fn remove_signed_prekey(&self, id: u32) -> Result<()> {
        self.delete(kind::SIGNED_PREKEY, id_key(id)).await
    }

    async fn put_sender_key(&self, address: &str, record: &[u8]) -> Result<()> {
        self.put(kind::SENDER_KEY, key(&[address]), record.to_vec()).await
    }

    async fn put_sender_keys_batch(&self, sender_keys: &[(Arc<str>, Bytes)]) -> Result<()> {
        let writes = sender_keys
            .iter()
            .map(|(address, record)| put(kind::SENDER_KEY, key(&[address]), record.to_vec()))
            .collect();
        self.write(writes).await
    }

    async fn get_sender_key(&self, address: &str) -> Result<Option<Vec<u8>>> {
        self.get(kind::SENDER_KEY, key(&[address])).await
    }

    async fn delete_sender_key(&self, address: &str) -> Result<()> {
        self.delete(kind::SENDER_KEY, key(&[address])).await
    }
}
