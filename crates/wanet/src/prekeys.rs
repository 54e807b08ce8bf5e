//! The keys devices leave with the server, so that others can open a session with them: upload, count, digest, fetch,
//! and the reminder when they run low.

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wacore::prekeys::compute_key_bundle_digest;
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use crate::clock;
use crate::hub::Hub;
use crate::ids::Address;
use crate::line::Line;
use crate::notifications;
use crate::phone::keys::PhoneKeys;
use crate::wire::{self, NodeExt};

/// Below this many one-time keys a device is asked for more.
const LOW: usize = 10;
const RECORD: usize = 35;

/// The signed prekey of a device.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SignedKey {
    pub id: u32,
    pub public: Vec<u8>,
    pub signature: Vec<u8>,
}

/// One-time keys as one blob of 35-byte records (3 of id, 32 of key): 5,000 accounts keep 812 of them each.
#[derive(Debug, Default)]
pub(crate) struct OneTimeKeys {
    blob: Vec<u8>,
    head: usize,
}

impl OneTimeKeys {
    pub(crate) fn from_bytes(blob: Vec<u8>) -> Self {
        Self { blob, head: 0 }
    }

    /// The records that are left.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.blob[self.head..]
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes().len() / RECORD
    }

    /// Adds keys; one whose id is already here is ignored.
    pub(crate) fn add(&mut self, keys: impl IntoIterator<Item = ([u8; 3], Vec<u8>)>) {
        self.blob.drain(..self.head);
        self.head = 0;
        let known: HashSet<[u8; 3]> = self.blob.chunks_exact(RECORD).map(|r| [r[0], r[1], r[2]]).collect();
        for (id, key) in keys {
            if key.len() == 32 && !known.contains(&id) {
                self.blob.extend_from_slice(&id);
                self.blob.extend_from_slice(&key);
            }
        }
        self.blob.shrink_to_fit();
    }

    /// Gives one key away, the oldest first.
    pub(crate) fn pop(&mut self) -> Option<([u8; 3], [u8; 32])> {
        let record = self.bytes().get(..RECORD)?;
        let id = [record[0], record[1], record[2]];
        let key = record[3..].try_into().expect("a record ends with 32 bytes of key");
        self.head += RECORD;
        Some((id, key))
    }
}

/// Three bytes, big endian, as ids travel.
pub(crate) fn id3(id: u32) -> [u8; 3] {
    let [_, a, b, c] = id.to_be_bytes();
    [a, b, c]
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |n, b| (n << 8) | u32::from(*b))
}

/// What a sender needs to open a session with a device.
pub(crate) struct Bundle {
    pub registration: u32,
    pub identity: [u8; 32],
    pub signed: SignedKey,
    pub one_time: Option<(u32, [u8; 32])>,
    /// Absent for a phone.
    pub adv: Option<Vec<u8>>,
}

impl Hub {
    /// Hands out the keys of a device and uses up one of its one-time keys.
    pub(crate) fn take_bundle(&self, address: Address) -> Option<Bundle> {
        if address.device == 0 {
            let secret = self.world.lock().accounts.get(&address.phone)?.secret;
            let keys = PhoneKeys::new(secret);
            return Some(Bundle {
                registration: keys.registration(),
                identity: keys.identity_public(),
                signed: keys.signed_key(),
                one_time: Some(keys.one_time_public(self.next_phone_key())),
                adv: None,
            });
        }
        let mut world = self.world.lock();
        let device = world.device_mut(address)?;
        let signed = device.signed_key.clone()?;
        let one_time = device.one_time.pop().map(|(id, key)| (number(&id), key));
        let left = device.one_time.len();
        let bundle = Bundle {
            registration: device.registration,
            identity: device.identity,
            signed,
            one_time,
            adv: Some(device.adv.clone()),
        };
        self.saved.one_time_left(address, left);
        if left < LOW && !device.told_low {
            device.told_low = true;
            let count = NodeBuilder::new("count").attr("value", left).build();
            let node = notifications::from_server("encrypt", [count]);
            self.enqueue(&mut world, address, &node);
        }
        Some(bundle)
    }

    /// `iq xmlns=encrypt`.
    pub(crate) fn on_encrypt(self: &Arc<Self>, line: &Arc<Line>, owner: Address, iq: &Node) {
        let kind = iq.text("type").unwrap_or_default();
        let asked = iq.kids().first().map(|child| child.tag.as_ref());
        let reply = match (kind.as_str(), asked) {
            ("set", Some("registration" | "rotate")) => {
                self.store_keys(owner, iq);
                wire::result(iq, [])
            }
            ("get", Some("count")) => {
                let world = self.world.lock();
                let count = world.device(owner).map_or(0, |device| device.one_time.len());
                wire::result(iq, [NodeBuilder::new("count").attr("value", count).build()])
            }
            ("get", Some("digest")) => self.digest(owner, iq),
            ("get", Some("key")) => {
                let users = iq.child("key").into_iter().flat_map(|key| key.children_named("user"));
                let users: Vec<_> = users.map(|user| self.bundle_node(user)).collect();
                wire::result(iq, [NodeBuilder::new("list").children(users).build()])
            }
            _ => self.refuse_unknown(iq),
        };
        line.send(reply);
    }

    fn store_keys(self: &Arc<Self>, owner: Address, iq: &Node) {
        let holder = iq.child("rotate").unwrap_or(iq);
        let signed = holder.child("skey").and_then(signed_key);
        let keys: Vec<_> = iq
            .child("list")
            .into_iter()
            .flat_map(|list| list.children_named("key"))
            .filter_map(|key| {
                let id: [u8; 3] = key.child("id")?.bytes()?.try_into().ok()?;
                Some((id, key.child("value")?.bytes()?.to_vec()))
            })
            .collect();
        let greet = {
            let mut world = self.world.lock();
            let Some(device) = world.device_mut(owner) else { return };
            if let Some(registration) = iq.child("registration").and_then(NodeExt::bytes) {
                device.registration = number(registration);
            }
            if signed.is_some() {
                device.signed_key = signed;
            }
            if !keys.is_empty() {
                device.one_time.add(keys);
                device.told_low = false;
                self.saved.one_time(owner, device.one_time.bytes());
            }
            let greet = !device.greeted && device.signed_key.is_some();
            device.greeted = true;
            self.saved.device(owner, device);
            greet
        };
        if greet {
            self.phones.greet(owner);
        }
    }

    fn digest(&self, owner: Address, iq: &Node) -> Node {
        let world = self.world.lock();
        let Some((device, signed)) = world.device(owner).and_then(|d| Some((d, d.signed_key.clone()?))) else {
            return wire::error(iq, 404, "item-not-found");
        };
        let records: Vec<&[u8]> = device.one_time.bytes().chunks_exact(RECORD).collect();
        let publics: Vec<&[u8]> = records.iter().map(|r| &r[3..]).collect();
        let hash = compute_key_bundle_digest(&device.identity, &signed.public, &signed.signature, &publics);
        let ids = records
            .iter()
            .map(|r| NodeBuilder::new("id").bytes(r[..3].to_vec()).build());
        let digest = NodeBuilder::new("digest").children([
            NodeBuilder::new("registration")
                .bytes(device.registration.to_be_bytes().to_vec())
                .build(),
            NodeBuilder::new("type").bytes(vec![5]).build(),
            NodeBuilder::new("identity").bytes(device.identity.to_vec()).build(),
            signed_node(&signed),
            NodeBuilder::new("list").children(ids).build(),
            NodeBuilder::new("hash").bytes(hash).build(),
        ]);
        wire::result(iq, [digest.build()])
    }

    fn bundle_node(&self, user: &Node) -> Node {
        let Some(jid) = user.jid("jid") else {
            return NodeBuilder::new("user")
                .children([wire::error_child(400, "bad-request")])
                .build();
        };
        let node = NodeBuilder::new("user").attr("jid", jid.clone());
        let bundle = Address::of(&jid).and_then(|address| self.take_bundle(address));
        let Some(bundle) = bundle else {
            let known = Address::of(&jid).is_some_and(|a| self.world.lock().accounts.contains_key(&a.phone));
            return node.children([missing(known)]).build();
        };
        node.attr("t", clock::now()).children(bundle_children(&bundle)).build()
    }
}

fn missing(known: bool) -> Node {
    if known {
        wire::error_child(406, "not-acceptable")
    } else {
        wire::error_child(404, "item-not-found")
    }
}

fn signed_key(skey: &Node) -> Option<SignedKey> {
    Some(SignedKey {
        id: number(skey.child("id")?.bytes()?),
        public: skey.child("value")?.bytes()?.to_vec(),
        signature: skey.child("signature")?.bytes()?.to_vec(),
    })
}

fn signed_node(signed: &SignedKey) -> Node {
    NodeBuilder::new("skey")
        .children([
            NodeBuilder::new("id").bytes(id3(signed.id).to_vec()).build(),
            NodeBuilder::new("value").bytes(signed.public.clone()).build(),
            NodeBuilder::new("signature").bytes(signed.signature.clone()).build(),
        ])
        .build()
}

/// The children a bundle has both in a fetch and in a retry receipt (there under `<keys>`).
pub(crate) fn bundle_children(bundle: &Bundle) -> Vec<Node> {
    let mut children = vec![
        NodeBuilder::new("registration")
            .bytes(bundle.registration.to_be_bytes().to_vec())
            .build(),
        NodeBuilder::new("type").bytes(vec![5]).build(),
        NodeBuilder::new("identity").bytes(bundle.identity.to_vec()).build(),
        signed_node(&bundle.signed),
    ];
    if let Some((id, key)) = bundle.one_time {
        children.push(
            NodeBuilder::new("key")
                .children([
                    NodeBuilder::new("id").bytes(id3(id).to_vec()).build(),
                    NodeBuilder::new("value").bytes(key.to_vec()).build(),
                ])
                .build(),
        );
    }
    if let Some(adv) = &bundle.adv {
        children.push(NodeBuilder::new("device-identity").bytes(adv.clone()).build());
    }
    children
}

/// Reads the `<keys>` of a retry receipt.
pub(crate) fn bundle_from(keys: &Node, registration: u32, identity_fallback: [u8; 32]) -> Option<Bundle> {
    let identity = keys
        .child("identity")
        .and_then(NodeExt::bytes)
        .and_then(|b| b.try_into().ok());
    let one_time = keys.child("key").and_then(|key| {
        Some((
            number(key.child("id")?.bytes()?),
            key.child("value")?.bytes()?.try_into().ok()?,
        ))
    });
    Some(Bundle {
        registration,
        identity: identity.unwrap_or(identity_fallback),
        signed: signed_key(keys.child("skey")?)?,
        one_time,
        adv: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_given_out_once_and_in_order() {
        let mut keys = OneTimeKeys::default();
        keys.add([(id3(7), vec![7; 32]), (id3(8), vec![8; 32])]);
        keys.add([(id3(8), vec![9; 32])]);
        assert_eq!(keys.len(), 2);
        assert_eq!(keys.pop(), Some((id3(7), [7; 32])));
        let mut rest = OneTimeKeys::from_bytes(keys.bytes().to_vec());
        assert_eq!(rest.pop(), Some((id3(8), [8; 32])));
        assert_eq!(rest.pop(), None);
    }
}
