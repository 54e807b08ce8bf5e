//! All keys of an emulated phone, each computed from the account's one secret when it is needed.

use wacore_libsignal::protocol::{IdentityKey, IdentityKeyPair, KeyPair};

use crate::crypto::derive;
use crate::noise::{pair_from, public, sign};
use crate::prekeys::SignedKey;

/// The id of a phone's only signed prekey.
pub(crate) const SIGNED_ID: u32 = 1;

/// Cheap to make; every key is computed on demand.
#[derive(Clone, Copy)]
pub(crate) struct PhoneKeys {
    secret: [u8; 32],
}

impl PhoneKeys {
    pub(crate) fn new(secret: [u8; 32]) -> Self {
        Self { secret }
    }

    fn pair(&self, purpose: &str) -> KeyPair {
        pair_from(&derive(&self.secret, purpose))
    }

    /// The identity, which is also the account's ADV key.
    pub(crate) fn identity(&self) -> KeyPair {
        self.pair("identity")
    }

    pub(crate) fn identity_pair(&self) -> IdentityKeyPair {
        let pair = self.identity();
        IdentityKeyPair::new(IdentityKey::new(pair.public_key), pair.private_key)
    }

    pub(crate) fn identity_public(&self) -> [u8; 32] {
        public(&self.identity())
    }

    pub(crate) fn registration(&self) -> u32 {
        let bytes = derive(&self.secret, "registration");
        u32::from(u16::from_be_bytes([bytes[0], bytes[1]]) & 0x3fff) + 1
    }

    pub(crate) fn signed_pair(&self) -> KeyPair {
        self.pair("signed prekey")
    }

    pub(crate) fn signed_key(&self) -> SignedKey {
        let pair = self.signed_pair();
        let signature = sign(&self.identity(), &pair.public_key.serialize());
        SignedKey {
            id: SIGNED_ID,
            public: public(&pair).to_vec(),
            signature,
        }
    }

    pub(crate) fn one_time_pair(&self, id: u32) -> KeyPair {
        self.pair(&format!("one-time prekey {id}"))
    }

    pub(crate) fn one_time_public(&self, id: u32) -> (u32, [u8; 32]) {
        (id, public(&self.one_time_pair(id)))
    }

    /// The key all devices of the account share for their settings.
    pub(crate) fn app_state_key(&self) -> [u8; 32] {
        derive(&self.secret, "app state key")
    }

    pub(crate) fn app_state_key_id() -> [u8; 6] {
        [0, 0, 0, 0, 0, 1]
    }
}
