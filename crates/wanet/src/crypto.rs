//! The few primitives the network needs itself: key derivation, HMAC, SHA-256, base64 and gzip-style compression.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::RngExt as _;
use rand::distr::{Distribution, StandardUniform};
use rand::rngs::ThreadRng;
use sha2::{Digest as _, Sha256};

/// HMAC-SHA256.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// A secret of its own for each purpose, from one secret.
pub(crate) fn derive(secret: &[u8; 32], purpose: &str) -> [u8; 32] {
    hmac(secret, purpose.as_bytes())
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Where chance comes from.
#[expect(clippy::disallowed_methods, reason = "a simulated network need not be repeatable")]
pub(crate) fn rng() -> ThreadRng {
    rand::rng()
}

/// Something by chance.
pub(crate) fn random<T>() -> T
where
    StandardUniform: Distribution<T>,
{
    rng().random()
}

/// 32 random bytes.
pub(crate) fn random32() -> [u8; 32] {
    random()
}

/// Standard base64.
pub(crate) fn b64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads standard base64.
pub(crate) fn unb64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.trim()).ok()
}

/// Base64 for addresses.
pub(crate) fn b64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// zlib, as history sync payloads are sent.
pub(crate) fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("a Vec takes every write");
    encoder.finish().expect("a Vec takes every write")
}
