//! Looking people up: who has WhatsApp, under which hidden id, with which devices.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use crate::hub::Hub;
use crate::ids::{self, Address, Family, family};
use crate::notifications::{key_index_list, key_index_node};
use crate::wire::{self, NodeExt};
use crate::world::{Account, World};

const KNOWN: [&str; 9] = [
    "devices",
    "lid",
    "contact",
    "status",
    "picture",
    "business",
    "disappearing_mode",
    "username",
    "text_status",
];

impl Hub {
    pub(crate) fn on_usync(&self, iq: &Node) -> Node {
        let Some(usync) = iq.child("usync") else {
            return wire::error(iq, 400, "bad-request");
        };
        let asked: Vec<&str> = usync
            .child("query")
            .into_iter()
            .flat_map(NodeExt::kids)
            .map(|child| child.tag.as_ref())
            .collect();
        for other in asked.iter().filter(|tag| !KNOWN.contains(tag)) {
            tracing::warn!(protocol = %other, "unknown usync protocol");
            *self
                .world
                .lock()
                .counters
                .unknown
                .entry(format!("usync/{other}"))
                .or_default() += 1;
        }
        let users: Vec<Node> = {
            let world = self.world.lock();
            let list = usync.child("list").into_iter().flat_map(|list| list.kids().iter());
            list.filter_map(|user| user_node(&world, user, &asked)).collect()
        };
        let result = asked
            .iter()
            .filter_map(|tag| KNOWN.iter().find(|known| *known == tag))
            .map(|tag| NodeBuilder::new(tag).build());
        let mut reply = NodeBuilder::new("usync");
        for name in ["sid", "mode", "context", "index", "last"] {
            if let Some(value) = usync.text(name) {
                reply = reply.attr(name, value);
            }
        }
        let reply = reply.children([
            NodeBuilder::new("result").children(result).build(),
            NodeBuilder::new("list").children(users).build(),
        ]);
        wire::result(iq, [reply.build()])
    }
}

/// Whom a `<user>` asks for: by JID, or by the number in `<contact>`, which may be another way to write it. The answer has
/// the text that was asked, and the JID that is right.
fn user_node(world: &World, user: &Node, asked: &[&str]) -> Option<Node> {
    let typed = user
        .child("contact")
        .and_then(NodeExt::body)
        .filter(|text| !text.is_empty());
    let named = user
        .jid("jid")
        .or_else(|| user.child("lid").and_then(|lid| lid.jid("jid")));
    let phone = named
        .as_ref()
        .and_then(Address::of)
        .map(|address| address.phone)
        .or_else(|| {
            let number = typed.as_deref().and_then(ids::parse_phone)?;
            Some(world.aliases.get(&number).copied().unwrap_or(number))
        })?;
    let jid = named.unwrap_or_else(|| ids::pn(phone));
    let account = world.accounts.get(&phone);
    let mut node = NodeBuilder::new("user");
    if account.is_some() || typed.is_none() {
        node = node.attr("jid", jid.clone());
    }
    if account.is_some() && family(&jid) == Family::Lid {
        node = node.attr("pn_jid", ids::pn(phone));
    }
    let mut children = Vec::new();
    if asked.contains(&"contact") {
        let contact = NodeBuilder::new("contact").attr("type", if account.is_some() { "in" } else { "out" });
        children.push(match &typed {
            Some(text) => contact.bytes(text.clone().into_bytes()).build(),
            None => contact.build(),
        });
    }
    match account {
        Some(account) => children.extend(known_children(account, asked)),
        None if asked.contains(&"devices") => {
            let error = wire::error_child(404, "item-not-found");
            children.push(NodeBuilder::new("devices").children([error]).build());
        }
        None => {}
    }
    Some(node.children(children).build())
}

fn known_children(account: &Account, asked: &[&str]) -> Vec<Node> {
    let mut children = Vec::new();
    if asked.contains(&"devices") {
        let phone = NodeBuilder::new("device").attr("id", 0).build();
        let companions = account.devices.values().map(|device| {
            NodeBuilder::new("device")
                .attr("id", device.id)
                .attr("key-index", device.key_index)
                .build()
        });
        let list = NodeBuilder::new("device-list")
            .children(std::iter::once(phone).chain(companions))
            .build();
        let keys = key_index_node(&key_index_list(account));
        children.push(NodeBuilder::new("devices").children([list, keys]).build());
    }
    children.push(NodeBuilder::new("lid").attr("val", ids::lid(account.phone)).build());
    if asked.contains(&"status") {
        children.push(
            NodeBuilder::new("status")
                .attr("t", account.about.since)
                .bytes(account.about.text.clone().into_bytes())
                .build(),
        );
    }
    if asked.contains(&"picture")
        && let Some(picture) = &account.picture
    {
        children.push(NodeBuilder::new("picture").attr("id", picture.id.clone()).build());
    }
    if asked.contains(&"disappearing_mode") {
        children.push(
            NodeBuilder::new("disappearing_mode")
                .attr("duration", 0)
                .attr("t", 0)
                .build(),
        );
    }
    children
}
