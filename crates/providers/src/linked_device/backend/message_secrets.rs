//! The secret of each message, which later reactions, edits and votes on it are encrypted with.

use std::collections::HashMap;

use async_trait::async_trait;
use pesan_model::Timestamp;
use wacore::store::error::Result;
use wacore::store::traits::{MsgSecretEntry, MsgSecretStore, merge_msg_secret_expiry, merge_msg_secret_message_ts};

use super::codec::{Reader, Writer, key};
use super::{RecordBackend, damaged, kind};
use crate::session_records::RecordWrite;

#[derive(Clone)]
struct Secret {
    bytes: Vec<u8>,
    /// Seconds since 1970; 0 is never.
    expires_at: i64,
    /// When the message was written, in seconds since 1970; 0 is unknown.
    message_at: i64,
}

impl Secret {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        Some(Self {
            bytes: reader.bytes()?.to_vec(),
            expires_at: reader.i64()?,
            message_at: reader.i64()?,
        })
    }

    fn write(&self) -> Vec<u8> {
        Writer::default()
            .bytes(&self.bytes)
            .i64(self.expires_at)
            .i64(self.message_at)
            .done()
    }
}

#[async_trait]
impl MsgSecretStore for RecordBackend {
    async fn put_msg_secrets(&self, entries: Vec<MsgSecretEntry>) -> Result<usize> {
        let _changing = self.changing.lock().await;
        let stored = entries.len();
        let keys: Vec<_> = entries
            .iter()
            .map(|entry| key(&[&entry.chat, &entry.sender, &entry.msg_id]))
            .collect();
        let mut now: HashMap<Vec<u8>, Secret> = HashMap::with_capacity(stored);
        for (key, known) in keys
            .iter()
            .zip(self.get_many(kind::MESSAGE_SECRET, keys.clone()).await?)
        {
            if let Some(bytes) = known {
                now.insert(
                    key.clone(),
                    Secret::read(&bytes).ok_or_else(|| damaged(kind::MESSAGE_SECRET))?,
                );
            }
        }
        for (key, entry) in keys.into_iter().zip(entries) {
            let mut secret = Secret {
                bytes: entry.secret.to_vec(),
                expires_at: entry.expires_at,
                message_at: entry.message_ts,
            };
            if let Some(known) = now.get(&key) {
                secret.expires_at = merge_msg_secret_expiry(known.expires_at, secret.expires_at);
                secret.message_at = merge_msg_secret_message_ts(known.message_at, secret.message_at);
            }
            now.insert(key, secret);
        }
        let writes = now
            .into_iter()
            .map(|(key, secret)| RecordWrite::Put {
                kind: kind::MESSAGE_SECRET,
                key,
                value: secret.write(),
                expires_at: (secret.expires_at != 0).then(|| Timestamp::from_secs(secret.expires_at)),
            })
            .collect();
        self.write(writes).await?;
        Ok(stored)
    }

    async fn get_msg_secret(&self, chat: &str, sender: &str, msg_id: &str) -> Result<Option<Vec<u8>>> {
        Ok(self
            .get_msg_secret_with_ts(chat, sender, msg_id)
            .await?
            .map(|(secret, _)| secret))
    }

    async fn get_msg_secret_with_ts(&self, chat: &str, sender: &str, msg_id: &str) -> Result<Option<(Vec<u8>, i64)>> {
        match self.get(kind::MESSAGE_SECRET, key(&[chat, sender, msg_id])).await? {
            None => Ok(None),
            Some(bytes) => Secret::read(&bytes)
                .map(|secret| Some((secret.bytes, secret.message_at)))
                .ok_or_else(|| damaged(kind::MESSAGE_SECRET)),
        }
    }

    async fn delete_expired_msg_secrets(&self, cutoff_timestamp: i64) -> Result<u32> {
        // "At or before" here, "before" in the records.
        let now = Timestamp::from_millis(cutoff_timestamp.saturating_mul(1000).saturating_add(1));
        self.delete_expired(kind::MESSAGE_SECRET, now).await
    }
}
