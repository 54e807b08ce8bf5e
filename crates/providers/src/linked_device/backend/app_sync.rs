//! What the phone's settings are synchronised with: keys, versions and checksums.

use std::collections::HashMap;

use async_trait::async_trait;
use wacore::appstate::hash::HashState;
use wacore::store::error::{Result, StoreError};
use wacore::store::traits::{AppStateSyncKey, AppSyncStore};
use wacore_appstate::processor::AppStateMutationMAC;

use super::codec::{Reader, Writer, key, key_prefix};
use super::{RecordBackend, damaged, kind, put};
use crate::session_records::RecordWrite;

fn mac_key(name: &str, index_mac: &[u8]) -> Vec<u8> {
    let mut key = key_prefix(name);
    key.extend_from_slice(index_mac);
    key
}

fn sync_key(bytes: &[u8]) -> Option<AppStateSyncKey> {
    let mut reader = Reader(bytes);
    Some(AppStateSyncKey {
        key_data: reader.bytes()?.to_vec(),
        fingerprint: reader.bytes()?.to_vec(),
        timestamp: reader.i64()?,
    })
}

#[async_trait]
impl AppSyncStore for RecordBackend {
    async fn get_sync_key(&self, key_id: &[u8]) -> Result<Option<AppStateSyncKey>> {
        match self.get(kind::SYNC_KEY, key_id.to_vec()).await? {
            None => Ok(None),
            Some(bytes) => sync_key(&bytes).map(Some).ok_or_else(|| damaged(kind::SYNC_KEY)),
        }
    }

    async fn set_sync_key(&self, key_id: &[u8], key: AppStateSyncKey) -> Result<()> {
        let value = Writer::default()
            .bytes(&key.key_data)
            .bytes(&key.fingerprint)
            .i64(key.timestamp)
            .done();
        let latest = put(kind::SYNC_KEY_LATEST, Vec::new(), key_id.to_vec());
        self.write(vec![put(kind::SYNC_KEY, key_id.to_vec(), value), latest])
            .await
    }

    async fn get_version(&self, name: &str) -> Result<HashState> {
        match self.get(kind::SYNC_VERSION, key(&[name])).await? {
            None => Ok(HashState::default()),
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| StoreError::Serialization(Box::new(error))),
        }
    }

    async fn set_version(&self, name: &str, state: HashState) -> Result<()> {
        let value = serde_json::to_vec(&state).map_err(|error| StoreError::Serialization(Box::new(error)))?;
        self.put(kind::SYNC_VERSION, key(&[name]), value).await
    }

    async fn put_mutation_macs(&self, name: &str, _version: u64, mutations: &[AppStateMutationMAC]) -> Result<()> {
        let writes = mutations
            .iter()
            .map(|mutation| {
                put(
                    kind::SYNC_MAC,
                    mac_key(name, &mutation.index_mac),
                    mutation.value_mac.clone(),
                )
            })
            .collect();
        self.write(writes).await
    }

    async fn get_mutation_mac(&self, name: &str, index_mac: &[u8]) -> Result<Option<Vec<u8>>> {
        self.get(kind::SYNC_MAC, mac_key(name, index_mac)).await
    }

    async fn get_mutation_macs(&self, name: &str, index_macs: &[[u8; 32]]) -> Result<HashMap<[u8; 32], Vec<u8>>> {
        let keys = index_macs.iter().map(|index_mac| mac_key(name, index_mac)).collect();
        let found = self.get_many(kind::SYNC_MAC, keys).await?;
        Ok(index_macs
            .iter()
            .zip(found)
            .filter_map(|(index_mac, mac)| Some((*index_mac, mac?)))
            .collect())
    }

    async fn delete_mutation_macs(&self, name: &str, index_macs: &[Vec<u8>]) -> Result<()> {
        let writes = index_macs
            .iter()
            .map(|index_mac| RecordWrite::Delete {
                kind: kind::SYNC_MAC,
                key: mac_key(name, index_mac),
            })
            .collect();
        self.write(writes).await
    }

    async fn clear_mutation_macs(&self, name: &str) -> Result<()> {
        self.write(vec![RecordWrite::DeletePrefix {
            kind: kind::SYNC_MAC,
            prefix: key_prefix(name),
        }])
        .await
    }

    async fn get_latest_sync_key_id(&self) -> Result<Option<Vec<u8>>> {
        self.get(kind::SYNC_KEY_LATEST, Vec::new()).await
    }
}
