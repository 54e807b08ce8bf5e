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

/// Where the push name lives.
pub(crate) const CRITICAL: &str = "critical_block";

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
        let mut world = self.world.lock();
        let Some(account) = world.accounts.get_mut(&phone) else {
            return;
        };
        if account.collections.version(CRITICAL) > 0 {
            return;
        }
        let keys = PhoneKeys::new(account.secret);
        let patch = push_name_patch(&keys, &account.push_name);
        account.collections.push(CRITICAL, patch);
        self.saved.account(account);
        drop(world);
        self.tell_changed(Address::primary(phone), &[(CRITICAL.to_owned(), 1)]);
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

/// The first patch of `critical_block`: one record with the name, and the MACs a client checks.
fn push_name_patch(keys: &PhoneKeys, name: &str) -> wa::SyncdPatch {
    let expanded = expand_app_state_keys(&keys.app_state_key());
    let value = wa::SyncActionValue {
        timestamp: Some(clock::now_ms()),
        push_name_setting: MessageField::some(wa::sync_action_value::PushNameSetting {
            name: Some(name.to_owned()),
        }),
        ..Default::default()
    };
    let iv: [u8; 16] = crypto::random();
    let set = wa::syncd_mutation::SyncdOperation::SET;
    let index = br#"["setting_pushName"]"#;
    let (mutation, _) = encode_record(set, index, &value, &expanded, &PhoneKeys::app_state_key_id(), &iv, 1);
    let mut state = HashState {
        version: 1,
        ..Default::default()
    };
    let (_, outcome) = state.update_hash(std::slice::from_ref(&mutation), |_, _| Ok(None));
    outcome.expect("a first patch has nothing to look up");
    let mut patch = wa::SyncdPatch {
        mutations: vec![mutation],
        snapshot_mac: Some(state.generate_snapshot_mac(CRITICAL, &expanded.snapshot_mac)),
        key_id: MessageField::some(wa::KeyId {
            id: Some(PhoneKeys::app_state_key_id().to_vec()),
        }),
        ..Default::default()
    };
    patch.patch_mac = Some(generate_patch_mac(&patch, CRITICAL, &expanded.patch_mac, 1));
    patch
}
