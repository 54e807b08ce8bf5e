//! Which part of the network answers which stanza.

use std::sync::Arc;

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use crate::hub::Hub;
use crate::ids::{self, Address};
use crate::line::Line;
use crate::login;
use crate::wire::{self, NodeExt as _};
use crate::world::Class;

impl Hub {
    /// Takes one stanza from a client.
    pub(crate) fn on_stanza(self: &Arc<Self>, line: &Arc<Line>, node: &Node) {
        if line.frozen() {
            return;
        }
        self.world.lock().counters.stanzas_in += 1;
        let Some(owner) = line.owner() else {
            return self.on_stranger(line, node);
        };
        if self.world.lock().device(owner).is_none() {
            return;
        }
        match node.tag.as_ref() {
            "iq" => self.on_iq(line, owner, node),
            "message" => self.on_message(line, owner, node),
            "receipt" => self.on_receipt(line, owner, node),
            "ack" => self.on_ack(owner, node),
            "presence" => self.on_presence(owner, node),
            "chatstate" => self.on_chatstate(owner, node),
            "ib" => self.on_ib(node),
            _ => self.unknown(node),
        }
    }

    /// What a client tells of itself. Nothing here depends on what it says.
    fn on_ib(&self, node: &Node) {
        let told = node.kids();
        let is_known = |part: &Node| matches!(part.tag.as_ref(), "offline_batch" | "unified_session");
        if told.is_empty() || !told.iter().all(is_known) {
            self.unknown(node);
        }
    }

    /// A client that has not logged in: it pairs, and keeps its connection alive.
    fn on_stranger(self: &Arc<Self>, line: &Arc<Line>, node: &Node) {
        match node.tag.as_ref() {
            "iq" => {}
            "ib" => return self.on_ib(node),
            _ => return self.unknown(node),
        }
        match node.text("type").as_deref() {
            Some("result" | "error") => self.on_pairing_answer(line, node),
            _ if is_ping(node) => line.send(wire::result(node, [])),
            _ => line.send(self.refuse_unknown(node)),
        }
    }

    fn on_ack(&self, owner: Address, node: &Node) {
        let class = node.text("class").and_then(|class| Class::of(&class));
        match (class, node.text("id")) {
            (Some(class), Some(id)) => self.acknowledged(owner, class, &id),
            _ => self.unknown(node),
        }
    }

    /// A request of a client. Of each namespace only what whatsapp-rust 0.7.0 or Baileys 7 asks is answered: whatever else came
    /// would be a request that nobody has thought about.
    fn on_iq(self: &Arc<Self>, line: &Arc<Line>, owner: Address, iq: &Node) {
        let kind = iq.text("type").unwrap_or_default();
        if kind == "result" || kind == "error" {
            return;
        }
        let namespace = iq.text("xmlns").unwrap_or_default();
        let asked = iq.kids().first().map(|child| child.tag.as_ref());
        let reply = match (namespace.as_str(), kind.as_str(), asked) {
            ("encrypt", _, _) => return self.on_encrypt(line, owner, iq),
            ("passive", "set", Some("active")) => {
                line.send(wire::result(iq, []));
                return self.activate(line);
            }
            ("passive", "set", Some("passive")) | ("urn:xmpp:whatsapp:dirty", "set", Some("clean")) => {
                wire::result(iq, [])
            }
            ("abt", "get", Some("props")) => self.on_props(owner, iq),
            ("blocklist", "get", None) | ("blocklist", "set", Some("item")) => self.on_blocklist(owner, iq),
            ("privacy", "get", Some("privacy")) => privacy(iq),
            ("privacy", "set", Some("privacy")) => wire::result(iq, []),
            ("privacy", "set", Some("tokens")) => self.on_tokens(owner, iq),
            ("usync", "get", Some("usync")) => self.on_usync(iq),
            ("w:sync:app:state", "set", Some("sync")) => self.on_app_state(owner, iq),
            ("w:m", "set", Some("media_conn")) => wire::result(iq, [self.media_conn()]),
            ("w:profile:picture", "get", Some("picture")) | ("w:profile:picture", "set", None | Some("picture")) => {
                self.on_picture(owner, iq)
            }
            ("w:g2", _, _) => self.on_group_iq(owner, iq),
            ("w:mex", "get", Some("query")) => self.on_mex(owner, iq),
            ("status", "set", Some("status")) => self.on_about(owner, iq),
            ("newsletter", _, _) => self.on_newsletter_iq(owner, iq),
            ("md", "set", Some("remove-companion-device")) => return self.on_removal(line, owner, iq),
            _ if is_ping(iq) => wire::result(iq, []),
            _ => self.refuse_unknown(iq),
        };
        line.send(reply);
    }

    /// Counts a request nobody here understands, and gives the answer to it.
    pub(crate) fn refuse_unknown(&self, iq: &Node) -> Node {
        self.unknown(iq);
        wire::error(iq, 501, "feature-not-implemented")
    }

    fn on_removal(self: &Arc<Self>, line: &Arc<Line>, owner: Address, iq: &Node) {
        line.send(wire::result(iq, []));
        let named = iq.child("remove-companion-device").and_then(|remove| remove.jid("jid"));
        let named = named.and_then(|jid| Address::of(&jid)).unwrap_or(owner);
        self.unlink(Address::new(owner.phone, named.device));
    }

    fn on_blocklist(&self, owner: Address, iq: &Node) -> Node {
        let mut world = self.world.lock();
        let Some(account) = world.accounts.get_mut(&owner.phone) else {
            return wire::result(iq, []);
        };
        if let Some(item) = iq.child("item") {
            let who = item
                .jid("jid")
                .and_then(|jid| Address::of(&jid))
                .map(|address| address.phone);
            if let Some(who) = who {
                match item.text("action").as_deref() {
                    Some("block") => account.blocked.insert(who),
                    _ => account.blocked.remove(&who),
                };
                self.saved.account(account);
            }
        }
        let items = account
            .blocked
            .iter()
            .map(|phone| NodeBuilder::new("item").attr("jid", ids::lid(*phone)).build());
        wire::result(
            iq,
            [NodeBuilder::new("list").attr("dhash", "0").children(items).build()],
        )
    }

    fn on_tokens(&self, owner: Address, iq: &Node) -> Node {
        if let Some(tokens) = iq.child("tokens") {
            self.give_tokens(owner, tokens);
        }
        wire::result(iq, [])
    }

    /// Takes a companion off an account. If it is online it is told and loses its connection.
    pub(crate) fn unlink(self: &Arc<Self>, address: Address) -> bool {
        let mut world = self.world.lock();
        let Some(account) = world.accounts.get_mut(&address.phone) else {
            return false;
        };
        let Some(device) = account.devices.remove(&address.device) else {
            return false;
        };
        account.devices_changed = crate::clock::now();
        self.saved.account(account);
        self.saved.unlinked(&device, address);
        if let Some(line) = device.line() {
            line.send(login::conflict("device_removed"));
            line.close();
        }
        self.devices_changed(
            &mut world,
            address,
            crate::notifications::Change::Remove(device.key_index),
        );
        drop(world);
        self.ring();
        true
    }
}

/// Keeps a connection alive: whatsapp-rust says nothing in it, Baileys `<ping/>`.
fn is_ping(iq: &Node) -> bool {
    let is_plain = match iq.kids() {
        [] => true,
        [only] => only.tag == "ping",
        _ => false,
    };
    is_plain && iq.text("xmlns").as_deref() == Some("w:p") && iq.text("type").as_deref() == Some("get")
}

/// Who may see what of an account.
fn privacy(iq: &Node) -> Node {
    let names = [
        "last",
        "online",
        "profile",
        "status",
        "groupadd",
        "readreceipts",
        "calladd",
        "messages",
        "defense",
    ];
    let categories = names.map(|name| {
        let value = if name == "defense" { "off" } else { "all" };
        NodeBuilder::new("category")
            .attr("name", name)
            .attr("value", value)
            .build()
    });
    wire::result(iq, [NodeBuilder::new("privacy").children(categories).build()])
}
