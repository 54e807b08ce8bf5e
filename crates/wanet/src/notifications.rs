//! What the server tells clients unasked: keys that run low, devices that come and go, app state that changed.

use std::collections::HashSet;

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use waproto::buffa::Message as _;
use waproto::whatsapp as wa;

use crate::clock;
use crate::hub::{Hub, encode};
use crate::ids::{self, Address, Family};
use crate::noise::sign;
use crate::phone::keys::PhoneKeys;
use crate::wire::NodeExt as _;
use crate::world::{Account, Class, World};

/// A device came or went; for the latter with the key index it had.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    Add,
    Remove(u32),
}

/// A notification of the server.
pub(crate) fn from_server(kind: &'static str, children: impl IntoIterator<Item = Node>) -> Node {
    NodeBuilder::new("notification")
        .attr("from", ids::server())
        .attr("id", ids::stanza_id())
        .attr("t", clock::now())
        .attr("type", kind)
        .children(children)
        .build()
}

impl Hub {
    /// Tells the account's other devices and everybody who writes with it.
    pub(crate) fn devices_changed(&self, world: &mut World, address: Address, change: Change) {
        let Some(account) = world.accounts.get(&address.phone) else {
            return;
        };
        let signed = key_index_list(account);
        let own: Vec<Address> = account.addresses().filter(|a| a.device != 0 && *a != address).collect();
        let groups = world
            .groups
            .values()
            .filter(|group| group.members.contains_key(&address.phone));
        let together = groups.flat_map(|group| group.members.keys());
        let mut peers: HashSet<u64> = account.peers.iter().chain(together).copied().collect();
        peers.remove(&address.phone);
        let devices = device_nodes(account, Family::Pn);
        let sync = NodeBuilder::new("notification")
            .attr("from", ids::pn(address.phone))
            .attr("id", ids::stanza_id())
            .attr("t", clock::now())
            .attr("type", "account_sync")
            .children([NodeBuilder::new("devices")
                .attr("dhash", "2:simulate")
                .children(devices.into_iter().chain([key_index_node(&signed)]))
                .build()])
            .build();
        let news = change_node(address, change, &signed);
        for to in own {
            self.enqueue(world, to, &sync);
        }
        let id = news.text("id").unwrap_or_default();
        let bytes = encode(&news);
        for peer in peers {
            let devices: Vec<Address> = world
                .accounts
                .get(&peer)
                .map(|a| a.addresses().filter(|a| a.device != 0).collect())
                .unwrap_or_default();
            for to in devices {
                self.enqueue_bytes(world, to, Class::Notification, id.clone(), bytes.clone());
            }
        }
    }
}

fn change_node(address: Address, change: Change, signed: &SignedList) -> Node {
    let device = NodeBuilder::new("device")
        .attr("jid", address.jid(Family::Pn))
        .attr("lid", address.jid(Family::Lid));
    let (action, device) = match change {
        Change::Add => (
            NodeBuilder::new("add"),
            device.attr("key-index", u32::from(address.device)),
        ),
        Change::Remove(key_index) => (NodeBuilder::new("remove"), device.attr("key-index", key_index)),
    };
    let action = action
        .attr("device_hash", "2:simulate")
        .children([device.build(), key_index_node(signed)])
        .build();
    NodeBuilder::new("notification")
        .attr("from", ids::pn(address.phone))
        .attr("lid", ids::lid(address.phone))
        .attr("id", ids::stanza_id())
        .attr("t", clock::now())
        .attr("type", "devices")
        .children([action])
        .build()
}

/// Which key indexes are valid, signed by the phone.
pub(crate) struct SignedList {
    pub time: i64,
    pub bytes: Vec<u8>,
}

pub(crate) fn key_index_node(signed: &SignedList) -> Node {
    NodeBuilder::new("key-index-list")
        .attr("ts", signed.time)
        .bytes(signed.bytes.clone())
        .build()
}

pub(crate) fn key_index_list(account: &Account) -> SignedList {
    let time = account.devices_changed;
    let details = wa::ADVKeyIndexList {
        raw_id: Some(account.raw_id),
        timestamp: Some(time as u64),
        current_index: Some(u32::from(account.last_device)),
        valid_indexes: std::iter::once(0)
            .chain(account.devices.values().map(|device| device.key_index))
            .collect(),
        ..Default::default()
    }
    .encode_to_vec();
    let message = [&[6, 2], details.as_slice()].concat();
    let list = wa::ADVSignedKeyIndexList {
        account_signature: Some(sign(&PhoneKeys::new(account.secret).identity(), &message)),
        details: Some(details),
        ..Default::default()
    };
    SignedList {
        time,
        bytes: list.encode_to_vec(),
    }
}

/// `<device>` for every device with its full JID.
fn device_nodes(account: &Account, family: Family) -> Vec<Node> {
    let companions = account.devices.values().map(|device| {
        NodeBuilder::new("device")
            .attr("jid", Address::new(account.phone, device.id).jid(family))
            .attr("key-index", device.key_index)
            .build()
    });
    let phone = NodeBuilder::new("device")
        .attr("jid", Address::primary(account.phone).jid(family))
        .build();
    std::iter::once(phone).chain(companions).collect()
}
