//! Secrets that we hand out: 256 random bits, of which only the hash is stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pesan_model::Random;
use sha2::{Digest, Sha256};

/// What every API key starts with, so that people and secret scanners know one when they see it.
pub(super) const KEY_PREFIX: &str = "psk_";
const SECRET_LEN: usize = 43;
const CHECKSUM_LEN: usize = 6;

/// A new secret.
pub(super) fn generate(random: &dyn Random) -> String {
    let mut bytes = [0_u8; 32];
    random.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether this can be a secret of ours at all.
pub(super) fn is_secret(text: &str) -> bool {
    text.len() == SECRET_LEN && URL_SAFE_NO_PAD.decode(text).is_ok()
}

/// A new API key: the prefix, the secret, and a checksum that tells a mistyped key without asking the database.
pub(super) fn generate_key(random: &dyn Random) -> String {
    let secret = generate(random);
    format!("{KEY_PREFIX}{secret}{}", checksum(&secret))
}

/// Whether this can be an API key of ours at all.
pub(super) fn is_key(text: &str) -> bool {
    text.strip_prefix(KEY_PREFIX)
        .filter(|rest| rest.len() == SECRET_LEN + CHECKSUM_LEN)
        .and_then(|rest| rest.split_at_checked(SECRET_LEN))
        .is_some_and(|(secret, sum)| checksum(secret) == sum)
}

/// What is stored of a secret. It has 256 random bits, so a plain hash cannot be guessed back.
pub(super) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn checksum(secret: &str) -> String {
    let digest = Sha256::digest([b"pesan key checksum ".as_slice(), secret.as_bytes()].concat());
    let mut text = URL_SAFE_NO_PAD.encode(digest);
    text.truncate(CHECKSUM_LEN);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use pesan_model::SystemRandom;

    #[test]
    fn a_mistyped_key_is_noticed() {
        let key = generate_key(&SystemRandom);
        assert!(is_key(&key));
        assert!(!is_key(&key[..key.len() - 1]));
        assert!(!is_key(&format!("{key}x")));
        let mistyped = if key.as_bytes()[10] == b'a' { "b" } else { "a" };
        assert!(!is_key(&format!("{}{mistyped}{}", &key[..10], &key[11..])));
        assert!(!is_key("psk_ééééééééééééééééééééééééé") && !is_key(""));
    }

    #[test]
    fn secrets_differ_and_so_do_their_hashes() {
        let (one, two) = (generate(&SystemRandom), generate(&SystemRandom));
        assert_eq!(one.len(), SECRET_LEN);
        assert_ne!(one, two);
        assert_ne!(hash(&one), hash(&two));
        assert!(is_secret(&one) && !is_secret(&one[1..]) && !is_secret(&"=".repeat(SECRET_LEN)));
    }
}
