//! The server's half of the Noise handshake: XX, IK and XXfallback, and the certificate chain that goes with it.
//!
//! Not here: sockets and frames (`conn`).

use wacore_binary::consts::{NOISE_PATTERN_IK, NOISE_PATTERN_XX, NOISE_PATTERN_XXFALLBACK};
use wacore_libsignal::protocol::{KeyPair, PrivateKey};
use wacore_noise::{NoiseCipher, NoiseHandshake};
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp as wa;

use crate::clock;
use crate::crypto::rng;
use crate::error::Error;

/// The key a client pins, and the chain that vouches for it. Kept across restarts, because clients cache it.
pub(crate) struct ServerKeys {
    secret: [u8; 32],
    root_public: [u8; 32],
    static_pair: KeyPair,
    chain: Vec<u8>,
}

/// A pair from 32 secret bytes.
pub(crate) fn pair_from(secret: &[u8; 32]) -> KeyPair {
    let private = PrivateKey::deserialize(secret).expect("32 bytes are a private key");
    let public = private.public_key().expect("every private key has a public one");
    KeyPair::new(public, private)
}

/// The 32 bytes of a public key.
pub(crate) fn public(pair: &KeyPair) -> [u8; 32] {
    pair.public_key
        .public_key_bytes()
        .try_into()
        .expect("a public key has 32 bytes")
}

/// Signs with XEdDSA.
pub(crate) fn sign(pair: &KeyPair, message: &[u8]) -> Vec<u8> {
    pair.calculate_signature(message, &mut rng())
        .expect("a private key can sign")
        .to_vec()
}

impl ServerKeys {
    pub(crate) fn generate() -> Self {
        Self::from_secret(*KeyPair::generate(&mut rng()).private_key.serialize())
    }

    /// Everything follows from one secret, so a restart needs 32 bytes to be the same server again.
    pub(crate) fn from_secret(secret: [u8; 32]) -> Self {
        let static_pair = pair_from(&secret);
        let root = pair_from(&crate::crypto::derive(&secret, "root"));
        let intermediate = pair_from(&crate::crypto::derive(&secret, "intermediate"));
        let day = 86_400;
        let (from, until) = ((clock::now() - 30 * day) as u64, (clock::now() + 3_650 * day) as u64);
        let details = |serial, issuer, key: [u8; 32]| {
            wa::cert_chain::noise_certificate::Details {
                serial: Some(serial),
                issuer_serial: Some(issuer),
                key: Some(key.to_vec()),
                not_before: Some(from),
                not_after: Some(until),
            }
            .encode_to_vec()
        };
        let signed = |details: Vec<u8>, issuer: &KeyPair| wa::cert_chain::NoiseCertificate {
            signature: Some(sign(issuer, &details)),
            details: Some(details),
        };
        let chain = wa::CertChain {
            intermediate: MessageField::some(signed(details(1, 0, public(&intermediate)), &root)),
            leaf: MessageField::some(signed(details(2, 1, public(&static_pair)), &intermediate)),
        }
        .encode_to_vec();
        Self {
            secret,
            root_public: public(&root),
            static_pair,
            chain,
        }
    }

    /// What to keep.
    pub(crate) fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// The root that signed the chain, for clients that let it be set.
    pub(crate) fn root_public(&self) -> &[u8; 32] {
        &self.root_public
    }
}

/// How a handshake was done; counted in the statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    Xx,
    Ik,
    XxFallback,
}

/// A finished handshake.
pub(crate) struct Session {
    pub pattern: Pattern,
    pub client_static: [u8; 32],
    pub payload: Vec<u8>,
    /// Encrypts what the server sends.
    pub write: NoiseCipher,
    /// Decrypts what the client sends.
    pub read: NoiseCipher,
}

/// What to do after the client's first message.
pub(crate) enum Step {
    /// Send this and the session stands.
    Done(Vec<u8>, Box<Session>),
    /// Send this and wait for the client's finish.
    Wait(Vec<u8>, Box<Waiting>),
}

/// A handshake that waits for `ClientFinish`.
pub(crate) struct Waiting {
    noise: NoiseHandshake,
    pattern: Pattern,
    ephemeral: KeyPair,
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Handshake(error.to_string())
}

fn array(bytes: &[u8]) -> Result<[u8; 32], Error> {
    bytes.try_into().map_err(|_| failed("a key is not 32 bytes"))
}

/// Whether to take an IK hello or to make the client fall back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resumption {
    Accept,
    Refuse,
}

/// Answers the client's hello.
pub(crate) fn respond(keys: &ServerKeys, header: &[u8], frame: &[u8], resumption: Resumption) -> Result<Step, Error> {
    let message = wa::HandshakeMessage::decode_from_slice(frame).map_err(failed)?;
    let hello = message
        .client_hello
        .into_option()
        .ok_or_else(|| failed("no ClientHello"))?;
    let client_ephemeral = array(hello.ephemeral.as_deref().unwrap_or_default())?;
    let early = match (hello.r#static.as_deref(), hello.payload.as_deref()) {
        (Some(client_static), Some(payload)) => Some((client_static, payload)),
        _ => None,
    };
    let Some((client_static, payload)) = early else {
        return exchange(keys, header, &client_ephemeral, Pattern::Xx);
    };
    if resumption == Resumption::Accept
        && let Ok(step) = resume(keys, header, &client_ephemeral, (client_static, payload))
    {
        return Ok(step);
    }
    exchange(keys, header, &client_ephemeral, Pattern::XxFallback)
}

fn resume(
    keys: &ServerKeys,
    header: &[u8],
    client_ephemeral: &[u8; 32],
    (client_static, payload): (&[u8], &[u8]),
) -> Result<Step, Error> {
    let own = keys.static_pair.private_key.serialize();
    let mut noise = NoiseHandshake::new(NOISE_PATTERN_IK, header).map_err(failed)?;
    noise.authenticate(&public(&keys.static_pair));
    noise.authenticate(client_ephemeral);
    noise.mix_shared_secret(own, client_ephemeral).map_err(failed)?;
    let client_static = array(&noise.decrypt(client_static).map_err(failed)?)?;
    noise.mix_shared_secret(own, &client_static).map_err(failed)?;
    let payload = noise.decrypt(payload).map_err(failed)?;
    let ephemeral = KeyPair::generate(&mut rng());
    let secret = ephemeral.private_key.serialize();
    noise.authenticate(&public(&ephemeral));
    noise.mix_shared_secret(secret, client_ephemeral).map_err(failed)?;
    noise.mix_shared_secret(secret, &client_static).map_err(failed)?;
    let chain = noise.encrypt(&keys.chain).map_err(failed)?;
    let reply = server_hello(&ephemeral, None, chain);
    let (read, write) = noise.finish().map_err(failed)?;
    let session = Session {
        pattern: Pattern::Ik,
        client_static,
        payload,
        write,
        read,
    };
    Ok(Step::Done(reply, Box::new(session)))
}

fn exchange(keys: &ServerKeys, header: &[u8], client_ephemeral: &[u8; 32], pattern: Pattern) -> Result<Step, Error> {
    let name = if pattern == Pattern::Xx {
        NOISE_PATTERN_XX
    } else {
        NOISE_PATTERN_XXFALLBACK
    };
    let mut noise = NoiseHandshake::new(name, header).map_err(failed)?;
    noise.authenticate(client_ephemeral);
    let ephemeral = KeyPair::generate(&mut rng());
    noise.authenticate(&public(&ephemeral));
    noise
        .mix_shared_secret(ephemeral.private_key.serialize(), client_ephemeral)
        .map_err(failed)?;
    let own = noise.encrypt(&public(&keys.static_pair)).map_err(failed)?;
    noise
        .mix_shared_secret(keys.static_pair.private_key.serialize(), client_ephemeral)
        .map_err(failed)?;
    let chain = noise.encrypt(&keys.chain).map_err(failed)?;
    let reply = server_hello(&ephemeral, Some(own), chain);
    Ok(Step::Wait(
        reply,
        Box::new(Waiting {
            noise,
            pattern,
            ephemeral,
        }),
    ))
}

impl Waiting {
    /// Takes the client's finish.
    pub(crate) fn finish(mut self, frame: &[u8]) -> Result<Session, Error> {
        let message = wa::HandshakeMessage::decode_from_slice(frame).map_err(failed)?;
        let finish = message
            .client_finish
            .into_option()
            .ok_or_else(|| failed("no ClientFinish"))?;
        let sealed = finish.r#static.unwrap_or_default();
        let client_static = array(&self.noise.decrypt(&sealed).map_err(failed)?)?;
        self.noise
            .mix_shared_secret(self.ephemeral.private_key.serialize(), &client_static)
            .map_err(failed)?;
        let payload = self
            .noise
            .decrypt(&finish.payload.unwrap_or_default())
            .map_err(failed)?;
        let (read, write) = self.noise.finish().map_err(failed)?;
        Ok(Session {
            pattern: self.pattern,
            client_static,
            payload,
            write,
            read,
        })
    }
}

fn server_hello(ephemeral: &KeyPair, own: Option<Vec<u8>>, chain: Vec<u8>) -> Vec<u8> {
    wa::HandshakeMessage {
        server_hello: MessageField::some(wa::handshake_message::ServerHello {
            ephemeral: Some(public(ephemeral).to_vec()),
            r#static: own,
            payload: Some(chain),
            ..Default::default()
        }),
        ..Default::default()
    }
    .encode_to_vec()
}
