//! Who has which devices, which LID is which number, what was sent, and what waits to be committed.

use std::collections::HashMap;

use async_trait::async_trait;
use pesan_model::Timestamp;
use wacore::store::error::Result;
use wacore::store::traits::{
    DeviceInfo, DeviceListRecord, LidPnMappingEntry, PendingInboundKey, PendingInboundRow, ProtocolStore, TcTokenEntry,
};

use super::codec::{Reader, Writer, key, key_part, key_prefix};
use super::{PENDING_KEPT, RecordBackend, SENT_KEPT, damaged, kind, put};
use crate::linked_device::lost;
use crate::session_records::RecordWrite;

/// In place of a message that came and was nothing to be stored. An empty message is none either.
const TRACE: &[u8] = &[];

fn write_mapping(entry: &LidPnMappingEntry) -> Vec<u8> {
    Writer::default()
        .text(&entry.phone_number)
        .i64(entry.created_at)
        .i64(entry.updated_at)
        .text(&entry.learning_source)
        .done()
}

fn read_mapping(lid: String, bytes: &[u8]) -> Option<LidPnMappingEntry> {
    let mut reader = Reader(bytes);
    Some(LidPnMappingEntry {
        lid,
        phone_number: reader.text()?,
        created_at: reader.i64()?,
        updated_at: reader.i64()?,
        learning_source: reader.text()?,
    })
}

fn write_devices(record: &DeviceListRecord) -> Vec<u8> {
    let writer = Writer::default()
        .i64(record.timestamp)
        .option(record.phash.as_deref(), Writer::text)
        .option(record.raw_id, Writer::u32)
        .u32(u32::try_from(record.devices.len()).unwrap_or(u32::MAX));
    let devices = record.devices.iter().fold(writer, |writer, device| {
        writer
            .u32(device.device_id)
            .u32(u32::from(device.is_hosted))
            .option(device.key_index, Writer::u32)
    });
    devices.done()
}

fn read_devices(user: &str, bytes: &[u8]) -> Option<DeviceListRecord> {
    let mut reader = Reader(bytes);
    let timestamp = reader.i64()?;
    let phash = reader.option(Reader::text)?;
    let raw_id = reader.option(Reader::u32)?;
    let count = reader.u32()?;
    let devices = (0..count)
        .map(|_| {
            let (device_id, is_hosted) = (reader.u32()?, reader.u32()? != 0);
            Some(DeviceInfo::new(device_id, reader.option(Reader::u32)?).with_hosting(is_hosted))
        })
        .collect::<Option<Vec<_>>>()?;
    Some(DeviceListRecord {
        user: user.to_owned(),
        devices,
        timestamp,
        phash,
        raw_id,
    })
}

fn write_token(entry: &TcTokenEntry) -> Vec<u8> {
    Writer::default()
        .bytes(&entry.token)
        .i64(entry.token_timestamp)
        .option(entry.sender_timestamp, Writer::i64)
        .done()
}

fn read_token(bytes: &[u8]) -> Option<TcTokenEntry> {
    let mut reader = Reader(bytes);
    Some(TcTokenEntry {
        token: reader.bytes()?.to_vec(),
        token_timestamp: reader.i64()?,
        sender_timestamp: reader.option(Reader::i64)?,
    })
}

fn keep_sender_key_status(group_jid: &str, entries: &[(&str, bool)]) -> Vec<RecordWrite> {
    entries
        .iter()
        .map(|(device, has_key)| {
            put(
                kind::SENDER_KEY_DEVICE,
                key(&[group_jid, device]),
                vec![u8::from(*has_key)],
            )
        })
        .collect()
}

impl RecordBackend {
    /// Stores mappings in one commit. Leaves no number pointing at a LID that has moved on.
    async fn put_mappings(&self, entries: &[LidPnMappingEntry]) -> Result<()> {
        let _changing = self.changing.lock().await;
        let keys = entries.iter().map(|entry| key(&[&entry.lid])).collect();
        let mut phones: HashMap<&str, String> = HashMap::with_capacity(entries.len());
        for (entry, known) in entries.iter().zip(self.get_many(kind::LID, keys).await?) {
            if let Some(bytes) = known {
                let known = read_mapping(entry.lid.clone(), &bytes).ok_or_else(|| damaged(kind::LID))?;
                phones.insert(&entry.lid, known.phone_number);
            }
        }
        let mut writes = Vec::with_capacity(entries.len() * 2);
        let mut news = Vec::new();
        for entry in entries {
            let known = phones.insert(&entry.lid, entry.phone_number.clone());
            if known.as_ref() != Some(&entry.phone_number) {
                news.push(entry);
                if let Some(old) = known {
                    writes.push(RecordWrite::Delete {
                        kind: kind::PHONE_LID,
                        key: key(&[&old]),
                    });
                }
            }
            writes.push(put(
                kind::PHONE_LID,
                key(&[&entry.phone_number]),
                entry.lid.clone().into_bytes(),
            ));
            writes.push(put(kind::LID, key(&[&entry.lid]), write_mapping(entry)));
        }
        self.write(writes).await?;
        for entry in news {
            (self.on_mapping)(&entry.phone_number, &entry.lid);
        }
        Ok(())
    }

    async fn put_token(&self, jid: &str, entry: &TcTokenEntry) -> Result<()> {
        self.put(kind::TC_TOKEN, key(&[jid]), write_token(entry)).await
    }

    fn pending_put(&self, key: Vec<u8>, value: Vec<u8>) -> RecordWrite {
        RecordWrite::Put {
            kind: kind::PENDING_INBOUND,
            key,
            value,
            expires_at: Some(self.expiry(PENDING_KEPT)),
        }
    }

    /// It is committed, so it waits no more.
    fn pending_end(&self, key: Vec<u8>) -> RecordWrite {
        if self.leaves_trace(&key) {
            return self.pending_put(key, TRACE.to_vec());
        }
        RecordWrite::Delete {
            kind: kind::PENDING_INBOUND,
            key,
        }
    }
}

#[async_trait]
impl ProtocolStore for RecordBackend {
    async fn get_sender_key_devices(&self, group_jid: &str) -> Result<Vec<(String, bool)>> {
        let rows = self.list(kind::SENDER_KEY_DEVICE, &key_prefix(group_jid)).await?;
        rows.into_iter()
            .map(|(key, value)| {
                let device = key_part(&key, 1).ok_or_else(|| damaged(kind::SENDER_KEY_DEVICE))?;
                Ok((device, value.first().is_some_and(|flag| *flag != 0)))
            })
            .collect()
    }

    async fn set_sender_key_status(&self, group_jid: &str, entries: &[(&str, bool)]) -> Result<()> {
        self.write(keep_sender_key_status(group_jid, entries)).await
    }

    async fn clear_sender_key_devices(&self, group_jid: &str) -> Result<()> {
        self.write(vec![RecordWrite::DeletePrefix {
            kind: kind::SENDER_KEY_DEVICE,
            prefix: key_prefix(group_jid),
        }])
        .await
    }

    async fn delete_sender_key_device_rows(&self, device_jids: &[&str]) -> Result<()> {
        if device_jids.is_empty() {
            return Ok(());
        }
        let _changing = self.changing.lock().await;
        let rows = self.list(kind::SENDER_KEY_DEVICE, &[]).await?;
        let writes = rows
            .into_iter()
            .filter(|(key, _)| key_part(key, 1).is_some_and(|device| device_jids.contains(&device.as_str())))
            .map(|(key, _)| RecordWrite::Delete {
                kind: kind::SENDER_KEY_DEVICE,
                key,
            })
            .collect();
        self.write(writes).await
    }

    async fn clear_all_sender_key_devices(&self) -> Result<()> {
        self.write(vec![RecordWrite::DeletePrefix {
            kind: kind::SENDER_KEY_DEVICE,
            prefix: Vec::new(),
        }])
        .await
    }

    async fn get_lid_mapping(&self, lid: &str) -> Result<Option<LidPnMappingEntry>> {
        match self.get(kind::LID, key(&[lid])).await? {
            None => Ok(None),
            Some(bytes) => read_mapping(lid.to_owned(), &bytes)
                .map(Some)
                .ok_or_else(|| damaged(kind::LID)),
        }
    }

    async fn get_pn_mapping(&self, phone: &str) -> Result<Option<LidPnMappingEntry>> {
        match self.get(kind::PHONE_LID, key(&[phone])).await? {
            None => Ok(None),
            Some(lid) => {
                let lid = String::from_utf8(lid).map_err(|_| damaged(kind::PHONE_LID))?;
                self.get_lid_mapping(&lid).await
            }
        }
    }

    async fn put_lid_mapping(&self, entry: &LidPnMappingEntry) -> Result<()> {
        self.put_mappings(std::slice::from_ref(entry)).await
    }

    async fn put_lid_mappings(&self, entries: &[LidPnMappingEntry]) -> Result<()> {
        self.put_mappings(entries).await
    }

    async fn get_all_lid_mappings(&self) -> Result<Vec<LidPnMappingEntry>> {
        let rows = self.list(kind::LID, &[]).await?;
        rows.iter()
            .map(|(key, value)| {
                key_part(key, 0)
                    .and_then(|lid| read_mapping(lid, value))
                    .ok_or_else(|| damaged(kind::LID))
            })
            .collect()
    }

    async fn save_base_key(&self, address: &str, message_id: &str, base_key: &[u8]) -> Result<()> {
        self.put(kind::BASE_KEY, key(&[address, message_id]), base_key.to_vec())
            .await
    }

    async fn has_same_base_key(&self, address: &str, message_id: &str, current_base_key: &[u8]) -> Result<bool> {
        let saved = self.get(kind::BASE_KEY, key(&[address, message_id])).await?;
        Ok(saved.is_some_and(|saved| saved == current_base_key))
    }

    async fn delete_base_key(&self, address: &str, message_id: &str) -> Result<()> {
        self.delete(kind::BASE_KEY, key(&[address, message_id])).await
    }

    async fn update_device_list(&self, record: DeviceListRecord) -> Result<()> {
        self.put(kind::DEVICE_LIST, key(&[&record.user]), write_devices(&record))
            .await
    }

    async fn update_device_lists(&self, records: Vec<DeviceListRecord>) -> Result<()> {
        let writes = records
            .iter()
            .map(|record| put(kind::DEVICE_LIST, key(&[&record.user]), write_devices(record)))
            .collect();
        self.write(writes).await
    }

    async fn get_devices(&self, user: &str) -> Result<Option<DeviceListRecord>> {
        match self.get(kind::DEVICE_LIST, key(&[user])).await? {
            None => Ok(None),
            Some(bytes) => read_devices(user, &bytes)
                .map(Some)
                .ok_or_else(|| damaged(kind::DEVICE_LIST)),
        }
    }

    async fn delete_devices(&self, user: &str) -> Result<()> {
        self.delete(kind::DEVICE_LIST, key(&[user])).await
    }

    async fn get_group_metadata(&self, group_jid: &str) -> Result<Option<Vec<u8>>> {
        self.get(kind::GROUP, key(&[group_jid])).await
    }

    async fn put_group_metadata(&self, group_jid: &str, blob: &[u8]) -> Result<()> {
        self.put(kind::GROUP, key(&[group_jid]), blob.to_vec()).await
    }

    async fn delete_group_metadata(&self, group_jid: &str) -> Result<()> {
        self.delete(kind::GROUP, key(&[group_jid])).await
    }

    async fn get_tc_token(&self, jid: &str) -> Result<Option<TcTokenEntry>> {
        match self.get(kind::TC_TOKEN, key(&[jid])).await? {
            None => Ok(None),
            Some(bytes) => read_token(&bytes).map(Some).ok_or_else(|| damaged(kind::TC_TOKEN)),
        }
    }

    async fn put_tc_token(&self, jid: &str, entry: &TcTokenEntry) -> Result<()> {
        let _changing = self.changing.lock().await;
        self.put_token(jid, entry).await
    }

    async fn delete_tc_token(&self, jid: &str) -> Result<()> {
        let _changing = self.changing.lock().await;
        self.delete(kind::TC_TOKEN, key(&[jid])).await
    }

    async fn get_all_tc_token_jids(&self) -> Result<Vec<String>> {
        let rows = self.list(kind::TC_TOKEN, &[]).await?;
        Ok(rows.iter().filter_map(|(key, _)| key_part(key, 0)).collect())
    }

    async fn delete_expired_tc_tokens(&self, token_cutoff: i64, sender_cutoff: i64) -> Result<u32> {
        let _changing = self.changing.lock().await;
        let mut writes = Vec::new();
        for (key, value) in self.list(kind::TC_TOKEN, &[]).await? {
            let entry = read_token(&value).ok_or_else(|| damaged(kind::TC_TOKEN))?;
            let token_lives = !entry.token.is_empty() && entry.token_timestamp >= token_cutoff;
            let sender_lives = entry.sender_timestamp.is_some_and(|at| at >= sender_cutoff);
            if !token_lives && !sender_lives {
                writes.push(RecordWrite::Delete {
                    kind: kind::TC_TOKEN,
                    key,
                });
            }
        }
        let count = u32::try_from(writes.len()).unwrap_or(u32::MAX);
        self.write(writes).await?;
        Ok(count)
    }

    async fn touch_tc_token_sender_timestamp(&self, jid: &str, sender_timestamp: i64) -> Result<()> {
        let _changing = self.changing.lock().await;
        let known = self.get_tc_token(jid).await?;
        let latest = known
            .as_ref()
            .and_then(|entry| entry.sender_timestamp)
            .map_or(sender_timestamp, |at| at.max(sender_timestamp));
        let entry = match known {
            Some(known) => TcTokenEntry {
                sender_timestamp: Some(latest),
                ..known
            },
            None => TcTokenEntry {
                token: Vec::new(),
                token_timestamp: sender_timestamp,
                sender_timestamp: Some(latest),
            },
        };
        self.put_token(jid, &entry).await
    }

    async fn store_received_tc_token(&self, jid: &str, token: &[u8], token_timestamp: i64) -> Result<()> {
        let _changing = self.changing.lock().await;
        let known = self.get_tc_token(jid).await?;
        if known
            .as_ref()
            .is_some_and(|known| !known.token.is_empty() && token_timestamp < known.token_timestamp)
        {
            return Ok(());
        }
        let sender_timestamp = known.and_then(|known| known.sender_timestamp);
        self.put_token(
            jid,
            &TcTokenEntry {
                token: token.to_vec(),
                token_timestamp,
                sender_timestamp,
            },
        )
        .await
    }

    async fn store_sent_message(&self, chat_jid: &str, message_id: &str, payload: &[u8]) -> Result<()> {
        let write = RecordWrite::Put {
            kind: kind::SENT,
            key: key(&[chat_jid, message_id]),
            value: payload.to_vec(),
            expires_at: Some(self.expiry(SENT_KEPT)),
        };
        self.write(vec![write]).await
    }

    async fn take_sent_message(&self, chat_jid: &str, message_id: &str) -> Result<Option<Vec<u8>>> {
        self.take(kind::SENT, &key(&[chat_jid, message_id])).await
    }

    /// The cutoff is the oldest time of writing to keep; records know when they expire.
    async fn delete_expired_sent_messages(&self, cutoff_timestamp: i64) -> Result<u32> {
        self.delete_expired(kind::SENT, Timestamp::from_secs(cutoff_timestamp).plus(SENT_KEPT))
            .await
    }

    async fn store_pending_inbound(&self, chat: &str, sender: &str, id: &str, message: &[u8]) -> Result<()> {
        self.write(vec![self.pending_put(key(&[chat, sender, id]), message.to_vec())])
            .await
    }

    /// Asked for a message that was decrypted before. There is always an answer, except to what left a trace: see
    /// [`lost`].
    async fn get_pending_inbound(&self, chat: &str, sender: &str, id: &str) -> Result<Option<Vec<u8>>> {
        let waiting = self.get(kind::PENDING_INBOUND, key(&[chat, sender, id])).await?;
        Ok(match waiting {
            Some(trace) if trace == TRACE => None,
            Some(message) => Some(message),
            None => Some(lost::stand_in_bytes()),
        })
    }

    async fn delete_pending_inbound(&self, chat: &str, sender: &str, id: &str) -> Result<()> {
        self.write(vec![self.pending_end(key(&[chat, sender, id]))]).await
    }

    async fn delete_expired_pending_inbound(&self, cutoff_timestamp: i64) -> Result<u32> {
        self.delete_expired(
            kind::PENDING_INBOUND,
            Timestamp::from_secs(cutoff_timestamp).plus(PENDING_KEPT),
        )
        .await
    }

    async fn store_pending_inbound_batch(&self, rows: &[PendingInboundRow<'_>]) -> Result<()> {
        let writes = rows
            .iter()
            .map(|row| self.pending_put(key(&[row.chat, row.sender, row.id]), row.message.to_vec()))
            .collect();
        self.write(writes).await
    }

    async fn delete_pending_inbound_batch(&self, keys: &[PendingInboundKey<'_>]) -> Result<()> {
        let writes = keys
            .iter()
            .map(|row| self.pending_end(key(&[row.chat, row.sender, row.id])))
            .collect();
        self.write(writes).await
    }
}
