//! The Signal state of an emulated phone: sessions, identities and sender keys, and encrypting and decrypting with them.
//!
//! The stores answer at once, so the library's futures are ready on their first poll and this module is synchronous.

use std::collections::{HashMap, HashSet};

use crate::crypto::rng;
use async_trait::async_trait;
use futures::FutureExt as _;
use wacore_libsignal::protocol::{
    CiphertextMessage, CiphertextMessageType, DeviceId, Direction, GenericSignedPreKey as _, IdentityChange,
    IdentityKey, IdentityKeyPair, IdentityKeyStore, PreKeyBundle, PreKeyId, PreKeyRecord, PreKeySignalMessage,
    PreKeyStore, ProtocolAddress, PublicKey, SenderKeyDistributionMessage, SenderKeyName, SenderKeyRecord,
    SenderKeyStore, SessionRecord, SessionStore, SignalMessage, SignalProtocolError, SignedPreKeyId,
    SignedPreKeyRecord, SignedPreKeyStore, Timestamp, UsePQRatchet, create_sender_key_distribution_message,
    group_decrypt, group_encrypt, message_decrypt, message_encrypt, process_prekey_bundle,
    process_sender_key_distribution_message,
};

use super::keys::{PhoneKeys, SIGNED_ID};
use crate::error::Error;
use crate::ids::Address;
use crate::prekeys::Bundle;

type Answer<T> = Result<T, SignalProtocolError>;

/// Records by name, and which of them have changed since they were last saved.
struct Table<V> {
    map: HashMap<String, V>,
    changed: HashSet<String>,
}

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self {
            map: HashMap::new(),
            changed: HashSet::new(),
        }
    }
}

impl<V> Table<V> {
    fn put(&mut self, name: &str, value: V) -> Option<V> {
        self.changed.insert(name.to_owned());
        self.map.insert(name.to_owned(), value)
    }

    fn changes(&mut self, kind: &str, bytes: impl Fn(&V) -> Option<Vec<u8>>) -> Vec<(String, Vec<u8>)> {
        let names = std::mem::take(&mut self.changed);
        let saved = names
            .into_iter()
            .filter_map(|name| Some((format!("{kind}/{name}"), bytes(self.map.get(&name)?)?)));
        saved.collect()
    }
}

/// What one phone remembers of its conversations.
pub(crate) struct Signal {
    keys: PhoneKeys,
    sessions: Sessions,
    identities: Identities,
    sender_keys: SenderKeys,
    /// Which devices have the current sender key of a group.
    pub shared_with: HashMap<String, HashSet<Address>>,
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Signal(error.to_string())
}

/// The result of a future whose stores answer at once.
fn ready<T>(future: impl Future<Output = Answer<T>>) -> Result<T, Error> {
    future
        .now_or_never()
        .ok_or_else(|| failed("a store did not answer at once"))?
        .map_err(failed)
}

fn protocol_address(address: Address) -> ProtocolAddress {
    ProtocolAddress::new(&address.phone.to_string(), DeviceId::new(u32::from(address.device)))
}

fn sender_name(group: &str, sender: Address) -> SenderKeyName {
    SenderKeyName::new(group.to_owned(), format!("{}:{}", sender.phone, sender.device))
}

impl Signal {
    pub(crate) fn new(keys: PhoneKeys) -> Self {
        Self {
            keys,
            sessions: Sessions::default(),
            identities: Identities {
                keys,
                known: Table::default(),
            },
            sender_keys: SenderKeys::default(),
            shared_with: HashMap::new(),
        }
    }

    pub(crate) fn keys(&self) -> &PhoneKeys {
        &self.keys
    }

    pub(crate) fn has_session(&self, with: Address) -> bool {
        self.sessions.0.map.contains_key(&protocol_address(with).to_string())
    }

    /// The identity the other side showed last.
    pub(crate) fn identity_of(&self, with: Address) -> Option<[u8; 32]> {
        let key = self.identities.known.map.get(&protocol_address(with).to_string())?;
        key.public_key().public_key_bytes().try_into().ok()
    }

    /// Opens a session with a fresh bundle, in place of one there may be.
    pub(crate) fn open(&mut self, with: Address, bundle: &Bundle) -> Result<(), Error> {
        let key = |bytes: &[u8]| PublicKey::from_djb_public_key_bytes(bytes).map_err(failed);
        let one_time = match bundle.one_time {
            Some((id, public)) => Some((PreKeyId::from(id), key(&public)?)),
            None => None,
        };
        let bundle = PreKeyBundle::new(
            bundle.registration,
            DeviceId::new(u32::from(with.device)),
            one_time,
            SignedPreKeyId::from(bundle.signed.id),
            key(&bundle.signed.public)?,
            bundle.signed.signature.clone(),
            IdentityKey::new(key(&bundle.identity)?),
        )
        .map_err(failed)?;
        let (address, mut random) = (protocol_address(with), rng());
        let opening = process_prekey_bundle(
            &address,
            &mut self.sessions,
            &mut self.identities,
            &bundle,
            &mut random,
            UsePQRatchet::No,
        );
        ready(opening).map(drop)
    }

    /// Encrypts for a device a session is open with: the type of the ciphertext and the ciphertext.
    pub(crate) fn encrypt(&mut self, to: Address, padded: &[u8]) -> Result<(&'static str, Vec<u8>), Error> {
        let address = protocol_address(to);
        let sealed = ready(message_encrypt(
            padded,
            &address,
            &mut self.sessions,
            &mut self.identities,
        ))?;
        let kind = match sealed.message_type() {
            CiphertextMessageType::PreKey => "pkmsg",
            CiphertextMessageType::Whisper | CiphertextMessageType::SenderKey | CiphertextMessageType::Plaintext => {
                "msg"
            }
        };
        Ok((kind, sealed.serialize().to_vec()))
    }

    /// Decrypts `pkmsg` and `msg`.
    pub(crate) fn decrypt(&mut self, from: Address, kind: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let message = if kind == "pkmsg" {
            CiphertextMessage::PreKeySignalMessage(PreKeySignalMessage::try_from(sealed).map_err(failed)?)
        } else {
            CiphertextMessage::SignalMessage(SignalMessage::try_from(sealed).map_err(failed)?)
        };
        let (address, mut random) = (protocol_address(from), rng());
        let mut one_time = OneTime { keys: self.keys };
        let signed = Signed { keys: self.keys };
        let opened = message_decrypt(
            &message,
            &address,
            &mut self.sessions,
            &mut self.identities,
            &mut one_time,
            &signed,
            &mut random,
            UsePQRatchet::No,
        );
        ready(opened).map(|opened| opened.plaintext)
    }

    /// Takes over a sender key.
    pub(crate) fn learn_sender_key(&mut self, group: &str, from: Address, message: &[u8]) -> Result<(), Error> {
        let message = SenderKeyDistributionMessage::try_from(message).map_err(failed)?;
        let name = sender_name(group, from);
        ready(process_sender_key_distribution_message(
            &name,
            &message,
            &mut self.sender_keys,
        ))
    }

    pub(crate) fn decrypt_group(&mut self, group: &str, from: Address, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        ready(group_decrypt(sealed, &mut self.sender_keys, &sender_name(group, from)))
    }

    /// The phone's own sender key for a group, as it is handed to members.
    pub(crate) fn own_sender_key(&mut self, group: &str, own: Address) -> Result<Vec<u8>, Error> {
        let name = sender_name(group, own);
        let message = ready(create_sender_key_distribution_message(
            &name,
            &mut self.sender_keys,
            &mut rng(),
        ))?;
        Ok(message.serialized().to_vec())
    }

    pub(crate) fn encrypt_group(&mut self, group: &str, own: Address, padded: &[u8]) -> Result<Vec<u8>, Error> {
        let name = sender_name(group, own);
        let sealed = ready(group_encrypt(&mut self.sender_keys, &name, padded, &mut rng()))?;
        Ok(sealed.serialized().to_vec())
    }

    /// Starts a new sender key with the next message, because somebody left.
    pub(crate) fn forget_sender_key(&mut self, group: &str, own: Address) {
        self.shared_with.remove(group);
        self.sender_keys.0.map.remove(sender_name(group, own).cache_key());
    }

    /// What has changed since the last call and must survive a restart, by name.
    pub(crate) fn export(&mut self) -> Vec<(String, Vec<u8>)> {
        let mut all = self.sessions.0.changes("s", |record| record.serialize().ok());
        all.extend(self.identities.known.changes("i", |key| Some(key.serialize().to_vec())));
        all.extend(self.sender_keys.0.changes("k", |record| record.serialize().ok()));
        all
    }

    /// Takes back what [`Signal::export`] gave.
    pub(crate) fn import(&mut self, name: &str, bytes: &[u8]) {
        match name.split_at_checked(2) {
            Some(("s/", name)) => {
                if let Ok(record) = SessionRecord::deserialize(bytes) {
                    self.sessions.0.map.insert(name.to_owned(), record);
                }
            }
            Some(("i/", name)) => {
                if let Ok(key) = IdentityKey::decode(bytes) {
                    self.identities.known.map.insert(name.to_owned(), key);
                }
            }
            Some(("k/", name)) => {
                if let Ok(record) = SenderKeyRecord::deserialize(bytes) {
                    self.sender_keys.0.map.insert(name.to_owned(), record);
                }
            }
            _ => {}
        }
    }
}

#[derive(Default)]
struct Sessions(Table<SessionRecord>);

#[async_trait]
impl SessionStore for Sessions {
    async fn load_session(&self, address: &ProtocolAddress) -> Answer<Option<SessionRecord>> {
        Ok(self.0.map.get(address.as_str()).cloned())
    }

    async fn has_session(&self, address: &ProtocolAddress) -> Answer<bool> {
        Ok(self.0.map.contains_key(address.as_str()))
    }

    async fn store_session(&mut self, address: &ProtocolAddress, record: SessionRecord) -> Answer<()> {
        self.0.put(address.as_str(), record);
        Ok(())
    }
}

struct Identities {
    keys: PhoneKeys,
    known: Table<IdentityKey>,
}

#[async_trait]
impl IdentityKeyStore for Identities {
    async fn get_identity_key_pair(&self) -> Answer<IdentityKeyPair> {
        Ok(self.keys.identity_pair())
    }

    async fn get_local_registration_id(&self) -> Answer<u32> {
        Ok(self.keys.registration())
    }

    async fn save_identity(&mut self, address: &ProtocolAddress, identity: &IdentityKey) -> Answer<IdentityChange> {
        let old = self.known.put(address.as_str(), *identity);
        Ok(IdentityChange::from_changed(old.is_some_and(|old| old != *identity)))
    }

    async fn is_trusted_identity(&self, _: &ProtocolAddress, _: &IdentityKey, _: Direction) -> Answer<bool> {
        Ok(true)
    }

    async fn get_identity(&self, address: &ProtocolAddress) -> Answer<Option<IdentityKey>> {
        Ok(self.known.map.get(address.as_str()).copied())
    }
}

/// One-time keys are computed, so none is ever missing and none needs to be kept.
struct OneTime {
    keys: PhoneKeys,
}

#[async_trait]
impl PreKeyStore for OneTime {
    async fn get_pre_key(&self, id: PreKeyId) -> Answer<PreKeyRecord> {
        Ok(PreKeyRecord::new(id, &self.keys.one_time_pair(id.into())))
    }

    async fn save_pre_key(&mut self, _: PreKeyId, _: &PreKeyRecord) -> Answer<()> {
        Ok(())
    }

    async fn remove_pre_key(&mut self, _: PreKeyId) -> Answer<()> {
        Ok(())
    }
}

struct Signed {
    keys: PhoneKeys,
}

#[async_trait]
impl SignedPreKeyStore for Signed {
    async fn get_signed_pre_key(&self, id: SignedPreKeyId) -> Answer<SignedPreKeyRecord> {
        if u32::from(id) != SIGNED_ID {
            return Err(SignalProtocolError::InvalidSignedPreKeyId);
        }
        let signature = self.keys.signed_key().signature;
        Ok(SignedPreKeyRecord::new(
            id,
            Timestamp::from_epoch_millis(0),
            &self.keys.signed_pair(),
            &signature,
        ))
    }

    async fn save_signed_pre_key(&mut self, _: SignedPreKeyId, _: &SignedPreKeyRecord) -> Answer<()> {
        Ok(())
    }
}

#[derive(Default)]
struct SenderKeys(Table<SenderKeyRecord>);

#[async_trait]
impl SenderKeyStore for SenderKeys {
    async fn store_sender_key(&mut self, name: &SenderKeyName, record: SenderKeyRecord) -> Answer<()> {
        self.0.put(name.cache_key(), record);
        Ok(())
    }

    async fn load_sender_key(&self, name: &SenderKeyName) -> Answer<Option<SenderKeyRecord>> {
        Ok(self.0.map.get(name.cache_key()).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(keys: &PhoneKeys) -> Bundle {
        Bundle {
            registration: keys.registration(),
            identity: keys.identity_public(),
            signed: keys.signed_key(),
            one_time: Some(keys.one_time_public(9)),
            adv: None,
        }
    }

    #[test]
    fn two_phones_talk_and_a_state_survives_export() {
        let (a, b) = (Address::primary(15_550_100_001), Address::primary(15_550_100_002));
        let mut alice = Signal::new(PhoneKeys::new([1; 32]));
        let mut bob = Signal::new(PhoneKeys::new([2; 32]));
        alice.open(b, &bundle(bob.keys())).expect("the bundle is good");
        let (kind, sealed) = alice.encrypt(b, b"one").expect("a session is open");
        assert_eq!(kind, "pkmsg");
        assert_eq!(bob.decrypt(a, kind, &sealed).expect("it is for bob"), b"one");
        let (kind, sealed) = bob.encrypt(a, b"two").expect("a session is open");
        assert_eq!(kind, "msg");
        let mut again = Signal::new(PhoneKeys::new([1; 32]));
        for (name, bytes) in alice.export() {
            again.import(&name, &bytes);
        }
        assert_eq!(again.decrypt(b, kind, &sealed).expect("it is for alice"), b"two");
    }

    #[test]
    fn a_sender_key_is_shared_and_renewed() {
        let (a, own) = (Address::primary(1), Address::primary(1));
        let mut alice = Signal::new(PhoneKeys::new([1; 32]));
        let mut bob = Signal::new(PhoneKeys::new([2; 32]));
        let key = alice.own_sender_key("g", own).expect("a key is made");
        bob.learn_sender_key("g", a, &key).expect("the key is good");
        let sealed = alice.encrypt_group("g", own, b"hi").expect("there is a key");
        assert_eq!(bob.decrypt_group("g", a, &sealed).expect("bob has the key"), b"hi");
        alice.forget_sender_key("g", own);
        alice.own_sender_key("g", own).expect("a key is made");
        let sealed = alice.encrypt_group("g", own, b"secret").expect("there is a key");
        assert!(bob.decrypt_group("g", a, &sealed).is_err());
    }
}
