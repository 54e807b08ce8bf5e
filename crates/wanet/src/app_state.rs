//! The collections of settings the devices of an account share: stored as the clients encrypted them, handed out by version.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wacore_appstate::hash::{HashState, generate_patch_mac};
use wacore_appstate::{encode_record, expand_app_state_keys};
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp as wa;

use crate::clock;
use crate::crypto;
use crate::hub::Hub;
use crate::ids::Address;
use crate::notifications;
use crate::phone::keys::PhoneKeys;
use crate::wire::{self, NodeExt as _};
use crate::world::Account;

/// Where the push name lives.
const CRITICAL: &str = "critical_block";
/// Where the salt of tokens lives.
const HIGH: &str = "regular_high";

/// The patches of every collection, in the order of their versions, which start at 1.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct Collections(pub BTreeMap<String, Vec<Vec<u8>>>);

impl Collections {
    fn version(&self, name: &str) -> u64 {
        self.0.get(name).map_or(0, |patches| patches.len() as u64)
    }

    fn push(&mut self, name: &str, mut patch: wa::SyncdPatch) {
        let patches = self.0.entry(name.to_owned()).or_default();
        patch.version = MessageField::some(wa::SyncdVersion {
            version: Some(patches.len() as u64 + 1),
        });
        patches.push(patch.encode_to_vec());
    }
}

impl Hub {
    pub(crate) fn on_app_state(&self, owner: Address, iq: &Node) -> Node {
        let asked = iq
            .child("sync")
            .into_iter()
            .flat_map(|sync| sync.children_named("collection"));
        let mut changed = Vec::new();
        let mut answers = Vec::new();
        {
            let mut world = self.world.lock();
            let Some(account) = world.accounts.get_mut(&owner.phone) else {
                return wire::result(iq, []);
            };
            for collection in asked {
                let name = collection.text("name").unwrap_or_default();
                let known = collection.text("version").and_then(|v| v.parse().ok()).unwrap_or(0);
                let patch = collection.child("patch").and_then(|patch| patch.bytes());
                answers.push(answer(&mut account.collections, &name, known, patch, &mut changed));
            }
            if !changed.is_empty() {
                self.saved.account(account);
            }
        }
        self.tell_changed(owner, &changed);
        wire::result(iq, [NodeBuilder::new("sync").children(answers).build()])
    }

    /// The other devices of the account learn that there is something to fetch.
    fn tell_changed(&self, owner: Address, changed: &[(String, u64)]) {
        if changed.is_empty() {
            return;
        }
        let collections = changed.iter().map(|(name, version)| {
            NodeBuilder::new("collection")
                .attr("name", name.clone())
                .attr("version", *version)
                .build()
        });
        let news = notifications::from_server("server_sync", collections.collect::<Vec<_>>());
        let mut world = self.world.lock();
        let others: Vec<Address> = world
            .accounts
            .get(&owner.phone)
            .map(|account| account.addresses().filter(|a| a.device != 0 && *a != owner).collect())
            .unwrap_or_default();
        for to in others {
            self.enqueue(&mut world, to, &news);
        }
    }

    /// The phone writes its push name where companions look for it, once.
    pub(crate) fn publish_push_name(&self, phone: u64) {
        self.publish(phone, CRITICAL, |account| FirstRecord {
            index: r#"["setting_pushName"]"#,
            value: wa::SyncActionValue {
                push_name_setting: MessageField::some(wa::sync_action_value::PushNameSetting {
                    name: Some(account.push_name.clone()),
                }),
                ..Default::default()
            },
        });
    }

    /// The phone writes with what tokens for strangers are made, once.
    pub(crate) fn publish_salt(&self, phone: u64) {
        self.publish(phone, HIGH, |account| FirstRecord {
            index: r#"["nct_salt_sync"]"#,
            value: wa::SyncActionValue {
                nct_salt_sync_action: MessageField::some(wa::sync_action_value::NctSaltSyncAction {
                    salt: Some(account.salt().to_vec()),
                }),
                ..Default::default()
            },
        });
    }

    /// Begins a collection with one record.
    fn publish(&self, phone: u64, collection: &'static str, record: impl FnOnce(&Account) -> FirstRecord) {
        let mut world = self.world.lock();
        let Some(account) = world.accounts.get_mut(&phone) else {
            return;
        };
        if account.collections.version(collection) > 0 {
            return;
        }
        let patch = first_patch(&PhoneKeys::new(account.secret), collection, record(account));
        account.collections.push(collection, patch);
        self.saved.account(account);
        drop(world);
        self.tell_changed(Address::primary(phone), &[(collection.to_owned(), 1)]);
    }
}

fn answer(
    collections: &mut Collections,
    name: &str,
    known: u64,
    patch: Option<&[u8]>,
    changed: &mut Vec<(String, u64)>,
) -> Node {
    let current = collections.version(name);
    let mut node = NodeBuilder::new("collection").attr("name", name.to_owned());
    let mut stale = false;
    if let Some(patch) = patch.and_then(|bytes| wa::SyncdPatch::decode_from_slice(bytes).ok()) {
        if known == current {
            collections.push(name, patch);
            changed.push((name.to_owned(), current + 1));
            return node.attr("version", current + 1).build();
        }
        stale = true;
    }
    let patches = collections.0.get(name).map(Vec::as_slice).unwrap_or_default();
    let missing: Vec<Node> = patches
        .iter()
        .skip(known as usize)
        .map(|patch| NodeBuilder::new("patch").bytes(patch.clone()).build())
        .collect();
    node = node.attr("version", current);
    let mut children = Vec::new();
    if stale {
        node = node.attr("type", "error");
        children.push(wire::error_child(409, "conflict"));
    }
    if !missing.is_empty() {
        children.push(NodeBuilder::new("patches").children(missing).build());
    }
    if children.is_empty() {
        node.build()
    } else {
        node.children(children).build()
    }
}

/// What a phone begins a collection with.
struct FirstRecord {
    index: &'static str,
    value: wa::SyncActionValue,
}

/// The first patch of a collection: one record, and the MACs a client checks.
fn first_patch(keys: &PhoneKeys, collection: &str, record: FirstRecord) -> wa::SyncdPatch {
    let expanded = expand_app_state_keys(&keys.app_state_key());
    let value = wa::SyncActionValue {
        timestamp: Some(clock::now_ms()),
        ..record.value
    };
    let iv: [u8; 16] = crypto::random();
    let (set, id) = (wa::syncd_mutation::SyncdOperation::SET, PhoneKeys::app_state_key_id());
    let (mutation, _) = encode_record(set, record.index.as_bytes(), &value, &expanded, &id, &iv, 1);
    let mut state = HashState {
        version: 1,
        ..Default::default()
    };
    let (_, outcome) = state.update_hash(std::slice::from_ref(&mutation), |_, _| Ok(None));
    outcome.expect("a first patch has nothing to look up");
    let mut patch = wa::SyncdPatch {
        mutations: vec![mutation],
        snapshot_mac: Some(state.generate_snapshot_mac(collection, &expanded.snapshot_mac)),
        key_id: MessageField::some(wa::KeyId { id: Some(id.to_vec()) }),
        ..Default::default()
    };
    patch.patch_mac = Some(generate_patch_mac(&patch, collection, &expanded.patch_mac, 1));
    patch
}
