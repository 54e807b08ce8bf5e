//! Linking a companion by QR code: the references it shows, the phone's scan, and the exchange of signatures.

use std::sync::Arc;

use tokio::sync::oneshot;
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use waproto::buffa::Message as _;
use waproto::whatsapp as wa;

use crate::clock;
use crate::conventions;
use crate::crypto;
use crate::error::Error;
use crate::hub::Hub;
use crate::ids::{self, Address, Family};
use crate::line::Line;
use crate::login;
use crate::noise::{public, sign};
use crate::phone::keys::PhoneKeys;
use crate::wire::NodeExt as _;
use crate::world::{Device, Seen};

const REFS: usize = 6;

/// A connection that shows a QR code.
pub(crate) struct Pairing {
    pub line: Arc<Line>,
    noise: [u8; 32],
    identity: [u8; 32],
    registration: u32,
    platform: String,
    push_name: String,
    refs: Vec<String>,
    scan: Option<Scan>,
}

/// A scan that waits for the companion's signature.
struct Scan {
    request: String,
    address: Address,
    key_index: u32,
    signed: wa::ADVSignedDeviceIdentity,
    done: oneshot::Sender<Result<Address, Error>>,
}

/// What a QR code says.
struct Qr {
    reference: String,
    noise: Vec<u8>,
    identity: Vec<u8>,
    secret: Vec<u8>,
}

fn parse_qr(code: &str) -> Result<Qr, Error> {
    let wrong = |why: &str| Error::invalid("qr", why);
    let body = code.trim().rsplit('#').next().unwrap_or_default();
    let parts: Vec<&str> = body.split(',').collect();
    let [reference, noise, identity, secret, ..] = parts.as_slice() else {
        return Err(wrong("a QR code has the form ref,noise,identity,secret[,client]"));
    };
    let key = |text: &str| crypto::unb64(text).filter(|key| key.len() == 32);
    Ok(Qr {
        reference: (*reference).to_owned(),
        noise: key(noise).ok_or_else(|| wrong("the second part is not a key"))?,
        identity: key(identity).ok_or_else(|| wrong("the third part is not a key"))?,
        secret: key(secret).ok_or_else(|| wrong("the fourth part is not a secret"))?,
    })
}

impl Hub {
    /// Gives a new client its references to show.
    pub(crate) fn start_pairing(
        self: &Arc<Self>,
        line: &Arc<Line>,
        noise: [u8; 32],
        request: &wa::client_payload::DevicePairingRegistrationData,
        push_name: String,
    ) {
        let registration = request
            .e_regid
            .as_deref()
            .and_then(|b| b.try_into().ok())
            .map(u32::from_be_bytes);
        let identity = request.e_ident.as_deref().and_then(|b| b.try_into().ok());
        let (Some(registration), Some(identity)) = (registration, identity) else {
            return login::refuse(line, 400);
        };
        let refs: Vec<String> = (0..REFS)
            .map(|_| {
                let bytes: [u8; 48] = crypto::random();
                format!("2@{}", crypto::b64(&bytes))
            })
            .collect();
        let platform = request
            .device_props
            .as_deref()
            .and_then(|bytes| wa::DeviceProps::decode_from_slice(bytes).ok())
            .and_then(|props| props.os)
            .unwrap_or_default();
        let pairing = Pairing {
            line: Arc::clone(line),
            noise,
            identity,
            registration,
            platform,
            push_name,
            refs: refs.clone(),
            scan: None,
        };
        self.world.lock().pairings.insert(line.id, pairing);
        let known = self
            .settings
            .adv_secret
            .as_ref()
            .zip(refs.first())
            .map(|(secret, first)| {
                let [noise, identity] = [noise, identity].map(|key| crypto::b64(&key));
                format!("{first},{noise},{identity},{secret}")
            });
        let children = refs
            .into_iter()
            .map(|r| NodeBuilder::new("ref").bytes(r.into_bytes()).build());
        let device = NodeBuilder::new("pair-device").children(children).build();
        line.send(request_node(&line.next_id(), device));
        if let Some(code) = known {
            let hub = Arc::clone(self);
            self.spawn(async move {
                let linked = match hub.phone_for_client(&code) {
                    Ok(phone) => hub.scan(phone, &code).await,
                    Err(error) => Err(error),
                };
                if let Err(error) = linked {
                    tracing::warn!(%error, "a client could not be linked by the secret that is known");
                }
            });
        }
    }

    /// The phone for a client that only has a push name, if that: made when the name is new.
    pub(crate) fn phone_for_client(&self, code: &str) -> Result<u64, Error> {
        let qr = parse_qr(code)?;
        let mut world = self.world.lock();
        let pairing = world
            .pairings
            .values()
            .find(|pairing| pairing.refs.contains(&qr.reference));
        let name = pairing
            .ok_or_else(|| Error::not_found("qr", "no client shows this code"))?
            .push_name
            .clone();
        let (phone, made) = conventions::phone_for(&mut world, &name, &qr.reference);
        if made && let Some(account) = world.accounts.get(&phone) {
            self.saved.account(account);
        }
        Ok(phone)
    }

    /// The phone scans a QR code. Completes when the companion has signed.
    pub(crate) async fn scan(self: &Arc<Self>, phone: u64, code: &str) -> Result<Address, Error> {
        let done = self.begin_scan(phone, code)?;
        match tokio::time::timeout(std::time::Duration::from_secs(20), done).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Error::conflict("qr", "the client went away before it had signed")),
            Err(_) => Err(Error::conflict("qr", "the client did not answer within 20 seconds")),
        }
    }

    fn begin_scan(&self, phone: u64, code: &str) -> Result<oneshot::Receiver<Result<Address, Error>>, Error> {
        let qr = parse_qr(code)?;
        let mut guard = self.world.lock();
        let world = &mut *guard;
        let account = world
            .accounts
            .get_mut(&phone)
            .ok_or_else(|| Error::not_found("phone", "no such phone"))?;
        let pairing = world
            .pairings
            .values_mut()
            .find(|pairing| pairing.refs.contains(&qr.reference));
        let pairing =
            pairing.ok_or_else(|| Error::not_found("qr", "no client shows this code; it may have expired"))?;
        if pairing.noise.as_slice() != qr.noise || pairing.identity.as_slice() != qr.identity {
            return Err(Error::conflict(
                "qr",
                "the keys in the code are not those of the client that shows it",
            ));
        }
        if pairing.scan.is_some() {
            return Err(Error::conflict("qr", "the code was scanned already"));
        }
        account.last_device += 1;
        let address = Address::new(phone, account.last_device);
        let key_index = u32::from(account.last_device);
        let keys = PhoneKeys::new(account.secret);
        let details = wa::ADVDeviceIdentity {
            raw_id: Some(account.raw_id),
            timestamp: Some(clock::now() as u64),
            key_index: Some(key_index),
            ..Default::default()
        }
        .encode_to_vec();
        let identity = keys.identity();
        let to_sign = [&[6, 0], details.as_slice(), &pairing.identity].concat();
        let signed = wa::ADVSignedDeviceIdentity {
            details: Some(details),
            account_signature_key: Some(public(&identity).to_vec()),
            account_signature: Some(sign(&identity, &to_sign)),
            ..Default::default()
        };
        let sealed = signed.encode_to_vec();
        let container = wa::ADVSignedDeviceIdentityHMAC {
            hmac: Some(crypto::hmac(&qr.secret, &sealed).to_vec()),
            details: Some(sealed),
            ..Default::default()
        };
        let request = pairing.line.next_id();
        pairing
            .line
            .send(request_node(&request, pair_success(address, container.encode_to_vec())));
        let (done, receiver) = oneshot::channel();
        pairing.scan = Some(Scan {
            request,
            address,
            key_index,
            signed,
            done,
        });
        Ok(receiver)
    }

    /// An answer of a client that is not logged in yet: its signature, or nothing of interest.
    pub(crate) fn on_pairing_answer(self: &Arc<Self>, line: &Arc<Line>, iq: &Node) {
        let id = iq.text("id");
        let (pairing, scan) = {
            let mut world = self.world.lock();
            let Some(pairing) = world.pairings.get_mut(&line.id) else {
                return;
            };
            if pairing.scan.as_ref().map(|scan| &scan.request) != id.as_ref() {
                return;
            }
            let Some(scan) = pairing.scan.take() else { return };
            let Some(pairing) = world.pairings.remove(&line.id) else {
                return;
            };
            (pairing, scan)
        };
        let answer = iq
            .child("pair-device-sign")
            .and_then(|sign| sign.child("device-identity"));
        let outcome = match answer.and_then(adv) {
            Some(answer) if signature_holds(&pairing, &scan, &answer) => {
                self.link_device(&pairing, &scan, answer);
                Ok(scan.address)
            }
            Some(_) => Err(Error::conflict("qr", "the client's signature does not hold")),
            None => Err(Error::conflict("qr", "the client refused to pair")),
        };
        if outcome.is_ok() {
            line.send(login::stream_error(515));
        }
        line.close();
        if scan.done.send(outcome).is_err() {
            tracing::debug!("nobody waits for this scan any more");
        }
        self.ring();
    }

    fn link_device(&self, pairing: &Pairing, scan: &Scan, answer: wa::ADVSignedDeviceIdentity) {
        let adv = wa::ADVSignedDeviceIdentity {
            device_signature: answer.device_signature,
            ..scan.signed.clone()
        };
        let device = Device {
            id: scan.address.device,
            key_index: scan.key_index,
            noise: pairing.noise,
            identity: pairing.identity,
            registration: pairing.registration,
            adv: adv.encode_to_vec(),
            linked_at: clock::now(),
            signed_key: None,
            one_time: crate::prekeys::OneTimeKeys::default(),
            told_low: false,
            greeted: false,
            queue: std::collections::VecDeque::new(),
            next_seq: 0,
            link: None,
            seen: Seen::default(),
            typing: Vec::new(),
        };
        tracing::info!(device = device.id, platform = %pairing.platform, "companion linked");
        let mut world = self.world.lock();
        if let Some(account) = world.accounts.get_mut(&scan.address.phone) {
            account.devices_changed = clock::now();
            self.saved.device(scan.address, &device);
            account.devices.insert(device.id, device);
            self.saved.account(account);
        }
        self.devices_changed(&mut world, scan.address, crate::notifications::Change::Add);
    }
}

fn adv(node: &Node) -> Option<wa::ADVSignedDeviceIdentity> {
    wa::ADVSignedDeviceIdentity::decode_from_slice(node.bytes()?).ok()
}

fn signature_holds(pairing: &Pairing, scan: &Scan, answer: &wa::ADVSignedDeviceIdentity) -> bool {
    let account_key = scan.signed.account_signature_key.as_deref().unwrap_or_default();
    let details = scan.signed.details.as_deref().unwrap_or_default();
    let message = [&[6, 1], details, &pairing.identity, account_key].concat();
    let signature = answer.device_signature.as_deref().unwrap_or_default();
    wacore_libsignal::protocol::PublicKey::from_djb_public_key_bytes(&pairing.identity)
        .is_ok_and(|key| key.verify_signature(&message, signature))
}

fn request_node(id: &str, child: Node) -> Node {
    NodeBuilder::new("iq")
        .attr("from", ids::server())
        .attr("type", "set")
        .attr("id", id)
        .attr("xmlns", "md")
        .children([child])
        .build()
}

fn pair_success(address: Address, container: Vec<u8>) -> Node {
    let props = wa::ClientPairingProps {
        is_chat_db_lid_migrated: Some(true),
        ..Default::default()
    };
    NodeBuilder::new("pair-success")
        .children([
            NodeBuilder::new("device-identity").bytes(container).build(),
            NodeBuilder::new("platform").attr("name", "android").build(),
            NodeBuilder::new("device")
                .attr("jid", address.jid(Family::Pn))
                .attr("lid", address.jid(Family::Lid))
                .build(),
            NodeBuilder::new("client-props").bytes(props.encode_to_vec()).build(),
        ])
        .build()
}
