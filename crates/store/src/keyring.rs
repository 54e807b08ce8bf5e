//! Encryption of what must not be read from a stolen database.
//!
//! A master key from a file or the environment wraps one data key for each organization; data keys encrypt the values.
//! Every sealed value says which cipher it is and is bound to its place (organization, table, row, column), so that a
//! value that is moved to another row no longer opens.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use pesan_model::{OrganizationId, Random};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::Error;

/// XChaCha20-Poly1305 with a 24-byte random nonce: no counter that a restored backup could repeat.
const VERSION: u8 = 1;
const NONCE_LEN: usize = 24;

/// The key that everything else is encrypted with. Never in the database.
#[derive(Clone)]
pub struct MasterKey {
    id: String,
    key: Zeroizing<[u8; 32]>,
}

impl MasterKey {
    /// From its 32 bytes.
    pub fn new(key: [u8; 32]) -> Self {
        let digest = Sha256::digest([b"pesan master key id".as_slice(), &key].concat());
        let id = digest[..6].iter().fold(String::new(), |mut id, byte| {
            use std::fmt::Write;
            write!(id, "{byte:02x}").expect("writing to a String cannot fail");
            id
        });
        Self {
            id,
            key: Zeroizing::new(key),
        }
    }

    /// A name of the key that does not give it away.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// The data key of one organization.
#[derive(Clone)]
pub struct OrganizationKey {
    organization: OrganizationId,
    key: Zeroizing<[u8; 32]>,
}

/// Makes and opens organizations' data keys.
#[derive(Clone)]
pub struct Keyring(MasterKey);

impl Keyring {
    /// With this master key.
    pub fn new(master: MasterKey) -> Self {
        Self(master)
    }

    /// The master key's name.
    pub fn master_key_id(&self) -> &str {
        self.0.id()
    }

    /// A new data key: as it is, and wrapped for the database.
    pub fn create(&self, organization: OrganizationId, random: &dyn Random) -> (OrganizationKey, Vec<u8>) {
        let mut key = Zeroizing::new([0_u8; 32]);
        random.fill(key.as_mut());
        let wrapped = seal(
            &self.0.key,
            &place(organization, "organization.data_key", &[]),
            key.as_ref(),
            random,
        );
        (OrganizationKey { organization, key }, wrapped)
    }

    /// Opens a wrapped data key.
    pub fn open(&self, organization: OrganizationId, wrapped: &[u8]) -> Result<OrganizationKey, Error> {
        let place = place(organization, "organization.data_key", &[]);
        let opened = open(&self.0.key, &place, wrapped).ok_or(Error::Decrypt {
            what: "the organization's data key",
        })?;
        let key = opened.as_slice().try_into().map_err(|_| Error::Decrypt {
            what: "the organization's data key",
        })?;
        Ok(OrganizationKey {
            organization,
            key: Zeroizing::new(key),
        })
    }
}

impl OrganizationKey {
    /// Encrypts `value` for the column `column` (`table.column`) of the row `row`.
    pub fn seal(&self, column: &'static str, row: &[u8], value: &[u8], random: &dyn Random) -> Vec<u8> {
        seal(&self.key, &place(self.organization, column, row), value, random)
    }

    /// Decrypts what [`Self::seal`] made for the same place.
    pub fn open(&self, column: &'static str, row: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Error> {
        open(&self.key, &place(self.organization, column, row), sealed).ok_or(Error::Decrypt { what: column })
    }
}

fn place(organization: OrganizationId, column: &str, row: &[u8]) -> Vec<u8> {
    [organization.uuid().as_bytes().as_slice(), column.as_bytes(), &[0], row].concat()
}

fn seal(key: &[u8; 32], place: &[u8], value: &[u8], random: &dyn Random) -> Vec<u8> {
    let mut nonce = [0_u8; NONCE_LEN];
    random.fill(&mut nonce);
    let sealed = XChaCha20Poly1305::new(&Key::from(*key))
        .encrypt(&XNonce::from(nonce), Payload { msg: value, aad: place })
        .expect("encryption fails only for values of many gigabytes");
    [[VERSION].as_slice(), &nonce, &sealed].concat()
}

fn open(key: &[u8; 32], place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let rest = sealed.strip_prefix(&[VERSION])?;
    let (nonce, text) = rest.split_at_checked(NONCE_LEN)?;
    let nonce: [u8; NONCE_LEN] = nonce.try_into().ok()?;
    XChaCha20Poly1305::new(&Key::from(*key))
        .decrypt(&XNonce::from(nonce), Payload { msg: text, aad: place })
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pesan_model::SystemRandom;
    use uuid::Uuid;

    fn organization(number: u128) -> OrganizationId {
        OrganizationId::from(Uuid::from_u128(number))
    }

    #[test]
    fn a_sealed_value_opens_in_its_own_place_only() {
        let keyring = Keyring::new(MasterKey::new([7; 32]));
        let (key, wrapped) = keyring.create(organization(1), &SystemRandom);
        let sealed = key.seal("webhook.secret", b"row", b"whsec", &SystemRandom);
        let again = keyring.open(organization(1), &wrapped).expect("opens");
        assert_eq!(again.open("webhook.secret", b"row", &sealed).expect("opens"), b"whsec");
        assert!(again.open("webhook.secret", b"other", &sealed).is_err());
        assert!(again.open("webhook.url", b"row", &sealed).is_err());
        assert!(again.open("webhook.secret", b"row", &sealed[..20]).is_err());
        assert!(keyring.open(organization(2), &wrapped).is_err());
        assert!(
            Keyring::new(MasterKey::new([8; 32]))
                .open(organization(1), &wrapped)
                .is_err()
        );
    }

    #[test]
    fn the_same_value_is_never_sealed_the_same_twice() {
        let (key, _) = Keyring::new(MasterKey::new([7; 32])).create(organization(1), &SystemRandom);
        assert_ne!(
            key.seal("a.b", b"", b"x", &SystemRandom),
            key.seal("a.b", b"", b"x", &SystemRandom)
        );
    }

    #[test]
    fn a_master_key_has_a_name_that_depends_on_it() {
        assert_eq!(MasterKey::new([7; 32]).id().len(), 12);
        assert_ne!(MasterKey::new([7; 32]).id(), MasterKey::new([8; 32]).id());
        assert_eq!(
            Keyring::new(MasterKey::new([7; 32])).master_key_id(),
            MasterKey::new([7; 32]).id()
        );
    }
}
