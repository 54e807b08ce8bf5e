//! The backend and the library's own in-memory backend must give the same answers to the same calls.

use std::sync::Arc;

use bytes::Bytes;
use pesan_model::{Clock as _, SystemClock};
use proptest::prelude::*;
use tokio_util::sync::CancellationToken;
use wacore::appstate::hash::HashState;
use wacore::store::InMemoryBackend;
use wacore::store::traits::{
    AppStateSyncKey, Backend, DeviceInfo, DeviceListRecord, DeviceStore, LidPnMappingEntry, MsgSecretEntry,
    PendingInboundKey, PendingInboundRow, ProtocolStore, SignalStore, TcTokenEntry,
};
use wacore_appstate::processor::AppStateMutationMAC;

use super::{RecordBackend, kind};
use crate::linked_device::lost;
use crate::session_records::MemoryRecords;

fn backend(records: &Arc<MemoryRecords>) -> RecordBackend {
    let broken = CancellationToken::new();
    RecordBackend::new(
        Arc::<MemoryRecords>::clone(records),
        Arc::new(SystemClock),
        broken,
        Box::new(|_, _| {}),
    )
}

/// One call. Small numbers name addresses, users, chats and ids, so that calls meet.
#[derive(Debug, Clone)]
enum Call {
    PutIdentity(u8, u8),
    PutIdentities(Vec<(u8, u8)>),
    LoadIdentity(u8),
    DeleteIdentity(u8),
    PutSession(u8, Vec<u8>),
    PutSessions(Vec<(u8, Vec<u8>)>),
    GetSession(u8),
    HasSession(u8),
    DeleteSession(u8),
    HasStateForUser(u8),
    StorePrekey(u8, Vec<u8>),
    StorePrekeys(Vec<(u8, Vec<u8>)>),
    LoadPrekey(u8),
    LoadPrekeys(Vec<u8>),
    MarkPrekeys(Vec<u8>),
    RemovePrekey(u8),
    MaxPrekey,
    StoreSignedPrekey(u8, Vec<u8>),
    LoadSignedPrekey(u8),
    LoadSignedPrekeys,
    RemoveSignedPrekey(u8),
    PutSenderKey(u8, Vec<u8>),
    PutSenderKeys(Vec<(u8, Vec<u8>)>),
    GetSenderKey(u8),
    DeleteSenderKey(u8),
    SetSyncKey(u8, Vec<u8>),
    GetSyncKey(u8),
    LatestSyncKey,
    SetVersion(u8, u8),
    GetVersion(u8),
    PutMacs(u8, Vec<(u8, u8)>),
    GetMac(u8, u8),
    GetMacs(u8, Vec<u8>),
    DeleteMacs(u8, Vec<u8>),
    ClearMacs(u8),
    SetSenderKeyStatus(u8, Vec<(u8, bool)>),
    GetSenderKeyDevices(u8),
    ClearSenderKeyDevices(u8),
    DeleteSenderKeyRows(Vec<u8>),
    ClearAllSenderKeyDevices,
    PutMapping(u8, u8, i64),
    PutMappings(Vec<(u8, u8, i64)>),
    GetLid(u8),
    GetPhone(u8),
    AllMappings,
    SaveBaseKey(u8, u8, u8),
    SameBaseKey(u8, u8, u8),
    DeleteBaseKey(u8, u8),
    UpdateDevices(u8, Vec<(u8, bool)>),
    UpdateDeviceLists(Vec<(u8, Vec<(u8, bool)>)>),
    GetDevices(u8),
    DeleteDevices(u8),
    PutGroup(u8, Vec<u8>),
    GetGroup(u8),
    DeleteGroup(u8),
    PutToken(u8, Vec<u8>, i64, Option<i64>),
    GetToken(u8),
    DeleteToken(u8),
    TokenJids,
    ExpireTokens(i64, i64),
    TouchToken(u8, i64),
    ReceiveToken(u8, Vec<u8>, i64),
    StoreSent(u8, u8, Vec<u8>),
    TakeSent(u8, u8),
    ExpireSent(bool),
    StorePending(u8, u8, Vec<u8>),
    StorePendings(Vec<(u8, u8, Vec<u8>)>),
    GetPending(u8, u8),
    DeletePending(u8, u8),
    DeletePendings(Vec<(u8, u8)>),
    ExpirePending(bool),
    PutSecrets(Vec<(u8, u8, u8, i64, i64)>),
    PutSecret(u8, u8, u8),
    GetSecret(u8, u8),
    ExpireSecrets(i64),
    Exists,
    Create,
}

fn call() -> impl Strategy<Value = Call> {
    use Call::*;
    let id = || 0..5_u8;
    let bytes = || prop::collection::vec(any::<u8>(), 0..6);
    let ids = || prop::collection::vec(0..5_u8, 0..4);
    let pairs = || prop::collection::vec((0..5_u8, prop::collection::vec(any::<u8>(), 0..6)), 0..4);
    let time = || 0..6_i64;
    let devices = || prop::collection::vec((0..4_u8, any::<bool>()), 0..3);
    let signal = prop_oneof![
        (id(), any::<u8>()).prop_map(|(a, b)| PutIdentity(a, b)),
        prop::collection::vec((id(), any::<u8>()), 0..4).prop_map(PutIdentities),
        id().prop_map(LoadIdentity),
        id().prop_map(DeleteIdentity),
        (id(), bytes()).prop_map(|(a, b)| PutSession(a, b)),
        pairs().prop_map(PutSessions),
        id().prop_map(GetSession),
        id().prop_map(HasSession),
        id().prop_map(DeleteSession),
        id().prop_map(HasStateForUser),
        (id(), bytes()).prop_map(|(a, b)| StorePrekey(a, b)),
        pairs().prop_map(StorePrekeys),
        id().prop_map(LoadPrekey),
        ids().prop_map(LoadPrekeys),
        ids().prop_map(MarkPrekeys),
        id().prop_map(RemovePrekey),
        Just(MaxPrekey),
        (id(), bytes()).prop_map(|(a, b)| StoreSignedPrekey(a, b)),
        id().prop_map(LoadSignedPrekey),
        Just(LoadSignedPrekeys),
        id().prop_map(RemoveSignedPrekey),
        (id(), bytes()).prop_map(|(a, b)| PutSenderKey(a, b)),
        pairs().prop_map(PutSenderKeys),
        id().prop_map(GetSenderKey),
        id().prop_map(DeleteSenderKey),
    ];
    let app_sync = prop_oneof![
        (id(), bytes()).prop_map(|(a, b)| SetSyncKey(a, b)),
        id().prop_map(GetSyncKey),
        Just(LatestSyncKey),
        (id(), any::<u8>()).prop_map(|(a, b)| SetVersion(a, b)),
        id().prop_map(GetVersion),
        (id(), prop::collection::vec((id(), any::<u8>()), 0..4)).prop_map(|(a, b)| PutMacs(a, b)),
        (id(), id()).prop_map(|(a, b)| GetMac(a, b)),
        (id(), ids()).prop_map(|(a, b)| GetMacs(a, b)),
        (id(), ids()).prop_map(|(a, b)| DeleteMacs(a, b)),
        id().prop_map(ClearMacs),
    ];
    let protocol = prop_oneof![
        (id(), devices()).prop_map(|(a, b)| SetSenderKeyStatus(a, b)),
        id().prop_map(GetSenderKeyDevices),
        id().prop_map(ClearSenderKeyDevices),
        ids().prop_map(DeleteSenderKeyRows),
        Just(ClearAllSenderKeyDevices),
        (id(), id(), time()).prop_map(|(a, b, c)| PutMapping(a, b, c)),
        prop::collection::vec((id(), id(), time()), 0..4).prop_map(PutMappings),
        id().prop_map(GetLid),
        id().prop_map(GetPhone),
        Just(AllMappings),
        (id(), id(), 0..2_u8).prop_map(|(a, b, c)| SaveBaseKey(a, b, c)),
        (id(), id(), 0..2_u8).prop_map(|(a, b, c)| SameBaseKey(a, b, c)),
        (id(), id()).prop_map(|(a, b)| DeleteBaseKey(a, b)),
        (id(), devices()).prop_map(|(a, b)| UpdateDevices(a, b)),
        prop::collection::vec((id(), devices()), 0..3).prop_map(UpdateDeviceLists),
        id().prop_map(GetDevices),
        id().prop_map(DeleteDevices),
        (id(), bytes()).prop_map(|(a, b)| PutGroup(a, b)),
        id().prop_map(GetGroup),
        id().prop_map(DeleteGroup),
    ];
    let kept = prop_oneof![
        (id(), bytes(), time(), prop::option::of(time())).prop_map(|(a, b, c, d)| PutToken(a, b, c, d)),
        id().prop_map(GetToken),
        id().prop_map(DeleteToken),
        Just(TokenJids),
        (time(), time()).prop_map(|(a, b)| ExpireTokens(a, b)),
        (id(), time()).prop_map(|(a, b)| TouchToken(a, b)),
        (id(), bytes(), time()).prop_map(|(a, b, c)| ReceiveToken(a, b, c)),
        (id(), id(), bytes()).prop_map(|(a, b, c)| StoreSent(a, b, c)),
        (id(), id()).prop_map(|(a, b)| TakeSent(a, b)),
        any::<bool>().prop_map(ExpireSent),
        (id(), id(), bytes()).prop_map(|(a, b, c)| StorePending(a, b, c)),
        prop::collection::vec((id(), id(), bytes()), 0..4).prop_map(StorePendings),
        (id(), id()).prop_map(|(a, b)| GetPending(a, b)),
        (id(), id()).prop_map(|(a, b)| DeletePending(a, b)),
        prop::collection::vec((id(), id()), 0..4).prop_map(DeletePendings),
        any::<bool>().prop_map(ExpirePending),
        prop::collection::vec((id(), id(), any::<u8>(), time(), time()), 0..4).prop_map(PutSecrets),
        (id(), id(), any::<u8>()).prop_map(|(a, b, c)| PutSecret(a, b, c)),
        (id(), id()).prop_map(|(a, b)| GetSecret(a, b)),
        time().prop_map(ExpireSecrets),
        Just(Exists),
        Just(Create),
    ];
    prop_oneof![signal, app_sync, protocol, kept]
}

fn address(id: u8) -> &'static str {
    [
        "6280000000001@s.whatsapp.net",
        "6280000000001:2@s.whatsapp.net",
        "1000123@lid",
        "1000123:7@lid",
        "120363000000000001@g.us::1000123:7@lid",
    ][usize::from(id)]
}

fn user(id: u8) -> &'static str {
    ["6280000000001", "1000123", "100012", "6280000000002", ""][usize::from(id)]
}

fn name(id: u8) -> &'static str {
    ["critical_block", "critical", "regular", "regular_low", "regular_high"][usize::from(id)]
}

fn mapping((lid, phone, at): (u8, u8, i64)) -> LidPnMappingEntry {
    LidPnMappingEntry {
        lid: format!("10{lid}"),
        phone_number: format!("628000000000{phone}"),
        created_at: at,
        updated_at: at + 1,
        learning_source: "usync".into(),
    }
}

fn device_list(id: u8, devices: &[(u8, bool)]) -> DeviceListRecord {
    DeviceListRecord {
        user: user(id).into(),
        devices: devices
            .iter()
            .map(|(device, flag)| DeviceInfo::new(u32::from(*device), flag.then_some(9)).with_hosting(*flag))
            .collect(),
        timestamp: i64::from(id),
        phash: devices.first().map(|(device, _)| format!("2:{device}")),
        raw_id: devices.last().map(|(device, _)| u32::from(*device)),
    }
}

fn index_mac(id: u8) -> [u8; 32] {
    [id; 32]
}

fn batch(pairs: &[(u8, Vec<u8>)]) -> Vec<(Arc<str>, Bytes)> {
    pairs
        .iter()
        .map(|(id, bytes)| (Arc::from(address(*id)), Bytes::copy_from_slice(bytes)))
        .collect()
}

/// Cutoffs of the two stores that look at the clock: long before and long after now.
fn cutoff(all: bool) -> i64 {
    if all { wacore::time::now_secs() + 1000 } else { 1000 }
}

/// Does the call and tells the answer, the parts without an order sorted.
async fn answer(backend: &dyn Backend, call: &Call) -> String {
    fn sorted<T: Ord + std::fmt::Debug>(mut all: Vec<T>) -> String {
        all.sort();
        format!("{all:?}")
    }
    fn secret((chat, id, secret, expires_at, message_ts): (u8, u8, u8, i64, i64)) -> MsgSecretEntry {
        MsgSecretEntry {
            chat: address(chat).into(),
            sender: address(0).into(),
            msg_id: format!("3EB{id}").into(),
            secret: [secret; 32],
            expires_at,
            message_ts,
        }
    }
    const FINE: &str = "a backend in memory does not fail";
    let id_of = |id: &u8| format!("3EB{id}");
    match call {
        Call::PutIdentity(id, byte) => format!("{:?}", backend.put_identity(address(*id), [*byte; 32]).await.ok()),
        Call::PutIdentities(all) => {
            let all: Vec<(Arc<str>, [u8; 32])> = all
                .iter()
                .map(|(id, byte)| (Arc::from(address(*id)), [*byte; 32]))
                .collect();
            format!("{:?}", backend.put_identities_batch(&all).await.ok())
        }
        Call::LoadIdentity(id) => format!("{:?}", backend.load_identity(address(*id)).await.expect(FINE)),
        Call::DeleteIdentity(id) => format!("{:?}", backend.delete_identity(address(*id)).await.ok()),
        Call::PutSession(id, bytes) => format!("{:?}", backend.put_session(address(*id), bytes).await.ok()),
        Call::PutSessions(all) => format!("{:?}", backend.put_sessions_batch(&batch(all)).await.ok()),
        Call::GetSession(id) => format!("{:?}", backend.get_session(address(*id)).await.expect(FINE)),
        Call::HasSession(id) => format!("{:?}", backend.has_session(address(*id)).await.expect(FINE)),
        Call::DeleteSession(id) => format!("{:?}", backend.delete_session(address(*id)).await.ok()),
        Call::HasStateForUser(id) => format!("{:?}", backend.has_signal_state_for_user(user(*id)).await.expect(FINE)),
        Call::StorePrekey(id, bytes) => format!("{:?}", backend.store_prekey(u32::from(*id), bytes, true).await.ok()),
        Call::StorePrekeys(all) => {
            let all: Vec<_> = all
                .iter()
                .map(|(id, bytes)| (u32::from(*id), Bytes::copy_from_slice(bytes)))
                .collect();
            format!("{:?}", backend.store_prekeys_batch(&all, false).await.ok())
        }
        Call::LoadPrekey(id) => format!("{:?}", backend.load_prekey(u32::from(*id)).await.expect(FINE)),
        Call::LoadPrekeys(ids) => {
            let ids: Vec<_> = ids.iter().map(|id| u32::from(*id)).collect();
            format!("{:?}", backend.load_prekeys_batch(&ids).await.expect(FINE))
        }
        Call::MarkPrekeys(ids) => {
            let ids: Vec<_> = ids.iter().map(|id| u32::from(*id)).collect();
            format!("{:?}", backend.mark_prekeys_uploaded(&ids).await.ok())
        }
        Call::RemovePrekey(id) => format!("{:?}", backend.remove_prekey(u32::from(*id)).await.ok()),
        Call::MaxPrekey => format!("{:?}", backend.get_max_prekey_id().await.expect(FINE)),
        Call::StoreSignedPrekey(id, bytes) => {
            format!("{:?}", backend.store_signed_prekey(u32::from(*id), bytes).await.ok())
        }
        Call::LoadSignedPrekey(id) => format!("{:?}", backend.load_signed_prekey(u32::from(*id)).await.expect(FINE)),
        Call::LoadSignedPrekeys => sorted(backend.load_all_signed_prekeys().await.expect(FINE)),
        Call::RemoveSignedPrekey(id) => format!("{:?}", backend.remove_signed_prekey(u32::from(*id)).await.ok()),
        Call::PutSenderKey(id, bytes) => format!("{:?}", backend.put_sender_key(address(*id), bytes).await.ok()),
        Call::PutSenderKeys(all) => format!("{:?}", backend.put_sender_keys_batch(&batch(all)).await.ok()),
        Call::GetSenderKey(id) => format!("{:?}", backend.get_sender_key(address(*id)).await.expect(FINE)),
        Call::DeleteSenderKey(id) => format!("{:?}", backend.delete_sender_key(address(*id)).await.ok()),
        Call::SetSyncKey(id, bytes) => {
            let key = AppStateSyncKey {
                key_data: bytes.clone(),
                fingerprint: vec![*id],
                timestamp: 7,
            };
            format!("{:?}", backend.set_sync_key(&[*id, 0], key).await.ok())
        }
        Call::GetSyncKey(id) => format!("{:?}", backend.get_sync_key(&[*id, 0]).await.expect(FINE)),
        Call::LatestSyncKey => format!("{:?}", backend.get_latest_sync_key_id().await.expect(FINE)),
        Call::SetVersion(id, byte) => {
            let mut state = HashState {
                version: u64::from(*byte),
                hash: [*byte; 128],
                ..HashState::default()
            };
            state.index_value_map.insert("one".into(), vec![*byte]);
            state.mac_mismatch_fatal = *byte > 100;
            format!("{:?}", backend.set_version(name(*id), state).await.ok())
        }
        Call::GetVersion(id) => format!("{:?}", backend.get_version(name(*id)).await.expect(FINE)),
        Call::PutMacs(id, macs) => {
            let macs: Vec<_> = macs
                .iter()
                .map(|(index, value)| AppStateMutationMAC {
                    index_mac: index_mac(*index).to_vec(),
                    value_mac: vec![*value],
                })
                .collect();
            format!("{:?}", backend.put_mutation_macs(name(*id), 1, &macs).await.ok())
        }
        Call::GetMac(id, index) => {
            format!(
                "{:?}",
                backend
                    .get_mutation_mac(name(*id), &index_mac(*index))
                    .await
                    .expect(FINE)
            )
        }
        Call::GetMacs(id, indexes) => {
            let indexes: Vec<_> = indexes.iter().map(|index| index_mac(*index)).collect();
            sorted(
                backend
                    .get_mutation_macs(name(*id), &indexes)
                    .await
                    .expect(FINE)
                    .into_iter()
                    .collect(),
            )
        }
        Call::DeleteMacs(id, indexes) => {
            let indexes: Vec<_> = indexes.iter().map(|index| index_mac(*index).to_vec()).collect();
            format!("{:?}", backend.delete_mutation_macs(name(*id), &indexes).await.ok())
        }
        Call::ClearMacs(id) => format!("{:?}", backend.clear_mutation_macs(name(*id)).await.ok()),
        Call::SetSenderKeyStatus(id, entries) => {
            let entries: Vec<_> = entries.iter().map(|(device, has)| (address(*device), *has)).collect();
            format!("{:?}", backend.set_sender_key_status(address(*id), &entries).await.ok())
        }
        Call::GetSenderKeyDevices(id) => sorted(backend.get_sender_key_devices(address(*id)).await.expect(FINE)),
        Call::ClearSenderKeyDevices(id) => format!("{:?}", backend.clear_sender_key_devices(address(*id)).await.ok()),
        Call::DeleteSenderKeyRows(ids) => {
            let devices: Vec<_> = ids.iter().map(|id| address(*id)).collect();
            format!("{:?}", backend.delete_sender_key_device_rows(&devices).await.ok())
        }
        Call::ClearAllSenderKeyDevices => format!("{:?}", backend.clear_all_sender_key_devices().await.ok()),
        Call::PutMapping(lid, phone, at) => {
            format!(
                "{:?}",
                backend.put_lid_mapping(&mapping((*lid, *phone, *at))).await.ok()
            )
        }
        Call::PutMappings(all) => {
            let all: Vec<_> = all.iter().map(|one| mapping(*one)).collect();
            format!("{:?}", backend.put_lid_mappings(&all).await.ok())
        }
        Call::GetLid(lid) => format!("{:?}", backend.get_lid_mapping(&format!("10{lid}")).await.expect(FINE)),
        Call::GetPhone(phone) => {
            format!(
                "{:?}",
                backend
                    .get_pn_mapping(&format!("628000000000{phone}"))
                    .await
                    .expect(FINE)
            )
        }
        Call::AllMappings => {
            let all = backend.get_all_lid_mappings().await.expect(FINE);
            sorted(all.iter().map(|one| format!("{one:?}")).collect())
        }
        Call::SaveBaseKey(id, message, byte) => {
            format!(
                "{:?}",
                backend
                    .save_base_key(address(*id), &id_of(message), &[*byte; 33])
                    .await
                    .ok()
            )
        }
        Call::SameBaseKey(id, message, byte) => {
            format!(
                "{:?}",
                backend
                    .has_same_base_key(address(*id), &id_of(message), &[*byte; 33])
                    .await
                    .expect(FINE)
            )
        }
        Call::DeleteBaseKey(id, message) => {
            format!(
                "{:?}",
                backend.delete_base_key(address(*id), &id_of(message)).await.ok()
            )
        }
        Call::UpdateDevices(id, devices) => {
            format!("{:?}", backend.update_device_list(device_list(*id, devices)).await.ok())
        }
        Call::UpdateDeviceLists(all) => {
            let all = all.iter().map(|(id, devices)| device_list(*id, devices)).collect();
            format!("{:?}", backend.update_device_lists(all).await.ok())
        }
        Call::GetDevices(id) => format!("{:?}", backend.get_devices(user(*id)).await.expect(FINE)),
        Call::DeleteDevices(id) => format!("{:?}", backend.delete_devices(user(*id)).await.ok()),
        Call::PutGroup(id, blob) => format!("{:?}", backend.put_group_metadata(address(*id), blob).await.ok()),
        Call::GetGroup(id) => format!("{:?}", backend.get_group_metadata(address(*id)).await.expect(FINE)),
        Call::DeleteGroup(id) => format!("{:?}", backend.delete_group_metadata(address(*id)).await.ok()),
        Call::PutToken(id, token, token_timestamp, sender_timestamp) => {
            let entry = TcTokenEntry {
                token: token.clone(),
                token_timestamp: *token_timestamp,
                sender_timestamp: *sender_timestamp,
            };
            format!("{:?}", backend.put_tc_token(address(*id), &entry).await.ok())
        }
        Call::GetToken(id) => format!("{:?}", backend.get_tc_token(address(*id)).await.expect(FINE)),
        Call::DeleteToken(id) => format!("{:?}", backend.delete_tc_token(address(*id)).await.ok()),
        Call::TokenJids => sorted(backend.get_all_tc_token_jids().await.expect(FINE)),
        Call::ExpireTokens(token, sender) => {
            format!(
                "{:?}",
                backend.delete_expired_tc_tokens(*token, *sender).await.expect(FINE)
            )
        }
        Call::TouchToken(id, at) => {
            format!(
                "{:?}",
                backend.touch_tc_token_sender_timestamp(address(*id), *at).await.ok()
            )
        }
        Call::ReceiveToken(id, token, at) => {
            format!(
                "{:?}",
                backend.store_received_tc_token(address(*id), token, *at).await.ok()
            )
        }
        Call::StoreSent(chat, id, payload) => {
            format!(
                "{:?}",
                backend
                    .store_sent_message(address(*chat), &id_of(id), payload)
                    .await
                    .ok()
            )
        }
        Call::TakeSent(chat, id) => {
            format!(
                "{:?}",
                backend.take_sent_message(address(*chat), &id_of(id)).await.expect(FINE)
            )
        }
        Call::ExpireSent(all) => {
            format!(
                "{:?}",
                backend.delete_expired_sent_messages(cutoff(*all)).await.expect(FINE)
            )
        }
        Call::StorePending(chat, id, message) => {
            let (chat, id) = (address(*chat), id_of(id));
            format!(
                "{:?}",
                backend.store_pending_inbound(chat, address(0), &id, message).await.ok()
            )
        }
        Call::StorePendings(all) => {
            let ids: Vec<_> = all.iter().map(|(_, id, _)| id_of(id)).collect();
            let rows: Vec<_> = all
                .iter()
                .zip(&ids)
                .map(|((chat, _, message), id)| PendingInboundRow {
                    chat: address(*chat),
                    sender: address(0),
                    id,
                    message,
                })
                .collect();
            format!("{:?}", backend.store_pending_inbound_batch(&rows).await.ok())
        }
        Call::GetPending(chat, id) => {
            let found = backend
                .get_pending_inbound(address(*chat), address(0), &id_of(id))
                .await
                .expect(FINE);
            // Ours never says that it has nothing.
            let nothing = [Vec::new(), lost::stand_in_bytes()];
            format!("{:?}", found.filter(|message| !nothing.contains(message)))
        }
        Call::DeletePending(chat, id) => {
            format!(
                "{:?}",
                backend
                    .delete_pending_inbound(address(*chat), address(0), &id_of(id))
                    .await
                    .ok()
            )
        }
        Call::DeletePendings(all) => {
            let ids: Vec<_> = all.iter().map(|(_, id)| id_of(id)).collect();
            let keys: Vec<_> = all
                .iter()
                .zip(&ids)
                .map(|((chat, _), id)| PendingInboundKey {
                    chat: address(*chat),
                    sender: address(0),
                    id,
                })
                .collect();
            format!("{:?}", backend.delete_pending_inbound_batch(&keys).await.ok())
        }
        Call::ExpirePending(all) => {
            format!(
                "{:?}",
                backend.delete_expired_pending_inbound(cutoff(*all)).await.expect(FINE)
            )
        }
        Call::PutSecrets(all) => {
            let all = all.iter().map(|one| secret(*one)).collect();
            format!("{:?}", backend.put_msg_secrets(all).await.expect(FINE))
        }
        Call::PutSecret(chat, id, byte) => {
            let done = backend
                .put_msg_secret(address(*chat), address(0), &id_of(id), &[*byte; 32])
                .await;
            format!("{:?}", done.ok())
        }
        Call::GetSecret(chat, id) => {
            let (chat, id) = (address(*chat), id_of(id));
            let plain = backend.get_msg_secret(chat, address(0), &id).await.expect(FINE);
            format!(
                "{plain:?} {:?}",
                backend.get_msg_secret_with_ts(chat, address(0), &id).await.expect(FINE)
            )
        }
        Call::ExpireSecrets(at) => format!("{:?}", backend.delete_expired_msg_secrets(*at).await.expect(FINE)),
        Call::Exists => format!("{:?}", backend.exists().await.expect(FINE)),
        Call::Create => {
            backend.create().await.expect(FINE);
            let device = backend.load().await.expect(FINE);
            format!("{:?}", device.map(|device| device.push_name))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_call_gives_the_same_answer_as_the_library_s_own_backend(calls in prop::collection::vec(call(), 1..120)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let ours = backend(&Arc::default());
            let theirs = InMemoryBackend::new();
            for call in &calls {
                prop_assert_eq!(answer(&ours, call).await, answer(&theirs, call).await, "{:?}", call);
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_device_comes_back_as_it_was_saved() {
    let records = Arc::default();
    let backend = backend(&records);
    backend.create().await.expect("created");
    let mut device = backend.load().await.expect("loaded").expect("there");
    device.push_name = "toko".into();
    device.pn = Some("6280000000001:3@s.whatsapp.net".parse().expect("an address"));
    backend.save(&device).await.expect("saved");
    let again = backend.load().await.expect("loaded").expect("there");
    assert_eq!((again.push_name, again.pn), ("toko".into(), device.pn));
    assert_eq!(again.identity_key.public_key, device.identity_key.public_key);
    assert_eq!(again.signed_pre_key_signature, device.signed_pre_key_signature);
    backend.create().await.expect("created");
    assert_eq!(backend.load().await.expect("loaded").expect("there").push_name, "toko");
}

#[tokio::test]
async fn a_batch_is_one_commit_and_an_empty_one_is_none() {
    let records = Arc::new(MemoryRecords::new());
    let backend = backend(&records);
    let sessions: Vec<_> = (0..5)
        .map(|id| (Arc::from(address(id)), Bytes::from_static(b"state")))
        .collect();
    backend.put_sessions_batch(&sessions).await.expect("stored");
    let mappings: Vec<_> = (0..5).map(|id| mapping((id, id, 1))).collect();
    backend.put_lid_mappings(&mappings).await.expect("stored");
    backend.put_sessions_batch(&[]).await.expect("nothing to do");
    assert_eq!(records.commits(), 2);
}

#[tokio::test]
async fn sent_messages_are_kept_for_at_least_thirty_days() {
    let records = Arc::new(MemoryRecords::new());
    let backend = backend(&records);
    backend
        .store_sent_message(address(0), "3EB0", b"halo")
        .await
        .expect("stored");
    let now = wacore::time::now_secs();
    assert_eq!(backend.delete_expired_sent_messages(now - 60).await.expect("swept"), 0);
    assert!(super::SENT_KEPT >= std::time::Duration::from_hours(30 * 24));
    assert_eq!(records.count(kind::SENT), 1);
}

#[tokio::test]
async fn after_one_failed_write_nothing_is_written_and_the_connection_is_to_be_closed() {
    let records = Arc::new(MemoryRecords::new());
    let broken = CancellationToken::new();
    let backend = RecordBackend::new(
        Arc::<MemoryRecords>::clone(&records),
        Arc::new(SystemClock),
        broken.clone(),
        Box::new(|_, _| {}),
    );
    backend.put_session(address(0), b"one").await.expect("stored");
    records.break_down();
    assert!(backend.put_session(address(0), b"two").await.is_err());
    assert!(broken.is_cancelled());
    records.mend();
    assert!(
        backend.put_session(address(0), b"three").await.is_err(),
        "the state in memory is ahead of the records"
    );
    assert!(backend.take_sent_message(address(0), "3EB0").await.is_err());
    assert_eq!(
        backend.get_session(address(0)).await.expect("read").as_deref(),
        Some(&b"one"[..])
    );
}

#[tokio::test]
async fn a_fenced_owner_may_not_write_any_more() {
    let records = Arc::new(MemoryRecords::new());
    let broken = CancellationToken::new();
    let backend = RecordBackend::new(
        Arc::<MemoryRecords>::clone(&records),
        Arc::new(SystemClock),
        broken.clone(),
        Box::new(|_, _| {}),
    );
    records.fence();
    assert!(backend.put_identity(address(0), [1; 32]).await.is_err());
    assert!(broken.is_cancelled());
}

#[tokio::test]
async fn only_news_about_who_is_who_are_told() {
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let backend = RecordBackend::new(
        Arc::new(MemoryRecords::new()),
        Arc::new(SystemClock),
        CancellationToken::new(),
        Box::new(move |phone, lid| sink.lock().expect("not poisoned").push(format!("{phone}={lid}"))),
    );
    for mappings in [
        vec![mapping((1, 1, 0)), mapping((2, 2, 0))],
        vec![mapping((1, 1, 5))],
        vec![mapping((1, 3, 6))],
    ] {
        backend.put_lid_mappings(&mappings).await.expect("stored");
    }
    let told = told.lock().expect("not poisoned").clone();
    assert_eq!(told, ["6280000000001=101", "6280000000002=102", "6280000000003=101"]);
}

#[tokio::test]
async fn the_device_as_it_is_now_is_saved_whoever_saves_and_nothing_after_the_end() {
    use whatsapp_rust::store::commands::DeviceCommand;
    use whatsapp_rust::store::persistence_manager::PersistenceManager;
    let records = Arc::new(MemoryRecords::new());
    let backend = Arc::new(backend(&records));
    let device = Arc::new(
        PersistenceManager::new(Arc::<RecordBackend>::clone(&backend))
            .await
            .expect("a new device"),
    );
    backend.follow(&device);
    let before = device.get_device_snapshot().to_serializable();
    device.process_command(DeviceCommand::SetPushName("toko".into())).await;
    backend.save(&before).await.expect("a save that comes late");
    assert_eq!(backend.load().await.expect("loaded").expect("there").push_name, "toko");

    device
        .process_command(DeviceCommand::SetPushName("warung".into()))
        .await;
    backend.close().await.expect("the last state is saved");
    assert_eq!(
        backend.load().await.expect("loaded").expect("there").push_name,
        "warung"
    );
    assert!(backend.save(&before).await.is_err());
    assert!(backend.put_session(address(0), b"late").await.is_err());
    assert!(backend.take_sent_message(address(0), "3EB0").await.is_err());
    assert_eq!(backend.get_session(address(0)).await.expect("still readable"), None);
}

/// Stages what a crash leaves when the library has stored that a message was decrypted and nobody has what it said.
#[tokio::test]
async fn a_message_that_was_decrypted_and_is_nowhere_is_not_taken_for_a_repeat() {
    const CHAT: &str = "1000123@lid";
    let records = Arc::new(MemoryRecords::new());
    let asked = async |backend: &RecordBackend, id: &str| {
        let found = backend.get_pending_inbound(CHAT, CHAT, id).await.expect("readable");
        found.map(|bytes| waproto::codec::message_decode(&bytes).expect("a message"))
    };
    let committed = async |backend: &RecordBackend, id: &str, message: &[u8]| {
        let row = PendingInboundRow {
            chat: CHAT,
            sender: CHAT,
            id,
            message,
        };
        let key = PendingInboundKey {
            chat: CHAT,
            sender: CHAT,
            id,
        };
        backend.store_pending_inbound_batch(&[row]).await.expect("stored");
        backend.delete_pending_inbound_batch(&[key]).await.expect("deleted");
    };
    // The state of the cipher is stored, the message is not, and the process dies.
    let before = backend(&records);
    before.put_session(CHAT, b"after the message").await.expect("stored");
    drop(before);

    let after = backend(&records);
    let stand_in = asked(&after, "LOST").await.expect("something to commit");
    assert!(lost::is_stand_in(&stand_in));
    // Committed as it is, it is asked for again whenever it comes again: what is stored knows it.
    committed(&after, "LOST", &lost::stand_in_bytes()).await;
    assert!(
        asked(&after, "LOST")
            .await
            .is_some_and(|again| lost::is_stand_in(&again))
    );
    assert_eq!(records.count(kind::PENDING_INBOUND), 0, "nothing is kept for it");

    // What waits is given back as it is.
    let text = waproto::whatsapp::Message {
        conversation: Some("halo".into()),
        ..Default::default()
    };
    let bytes = waproto::codec::message_to_vec(&text);
    after
        .store_pending_inbound(CHAT, CHAT, "WAITS", &bytes)
        .await
        .expect("stored");
    assert_eq!(asked(&after, "WAITS").await, Some(text));

    // What was nothing to be stored is known by its trace, on the next connection too.
    after.leave_trace(CHAT, CHAT, "NOTHING");
    committed(&after, "NOTHING", b"between devices").await;
    assert_eq!(asked(&backend(&records), "NOTHING").await, None);
    let pending = records.count(kind::PENDING_INBOUND);
    let in_a_year = SystemClock.now().secs() + 366 * 24 * 3600;
    let forgotten = after.delete_expired_pending_inbound(in_a_year).await.expect("swept");
    assert_eq!((pending, forgotten), (2, 2));
}
