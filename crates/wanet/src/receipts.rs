//! Receipts: acknowledged, taken as proof of delivery, and passed on to the devices of the message's sender.

use std::sync::Arc;

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, Server};

use crate::clock;
use crate::faults::{Moment, Passing};
use crate::hub::Hub;
use crate::ids::{Address, Family, family};
use crate::line::Line;
use crate::wire::{self, NodeExt as _};
use crate::world::Class;

impl Hub {
    pub(crate) fn on_receipt(self: &Arc<Self>, line: &Arc<Line>, reader: Address, node: &Node) {
        let (Some(id), Some(to)) = (node.text("id"), node.jid("to")) else {
            return self.unknown(node);
        };
        let fate = {
            let mut world = self.world.lock();
            let chat = to.to_non_ad_string();
            world.faults.on_incoming(&Passing {
                who: reader,
                class: "receipt",
                id: &id,
                chat: &chat,
            })
        };
        if fate.disturb(line, Moment::Before) || fate.swallow {
            return;
        }
        let kind = node.text("type");
        // Only what says that the device has the message. To ask for it again does not: the answer comes under the same id.
        let has_it = !matches!(
            kind.as_deref(),
            Some("read" | "played" | "read-self" | "played-self" | "retry" | "enc_rekey_retry")
        );
        if has_it {
            for id in wire::ids_of(node) {
                self.acknowledged(reader, Class::Message, &id);
            }
        }
        self.route_receipt(reader, node);
        if fate.disturb(line, Moment::After) {
            return;
        }
        let mut ack = NodeBuilder::new("ack")
            .attr("class", "receipt")
            .attr("id", id)
            .attr("from", to)
            .attr("t", clock::now());
        if let Some(kind) = kind {
            ack = ack.attr("type", kind);
        }
        if let Some(participant) = node.jid("participant") {
            ack = ack.attr("participant", participant);
        }
        line.send(ack.build());
        self.ring();
    }

    /// Passes a receipt of a device or a phone on.
    pub(crate) fn route_receipt(self: &Arc<Self>, reader: Address, node: &Node) {
        self.world.lock().counters.receipts += 1;
        let Some(to) = node.jid("to") else { return };
        let in_group = to.server == Server::Group;
        let kind = node.text("type");
        let author = if in_group {
            node.jid("participant")
        } else {
            Some(to.clone())
        };
        let Some(author) = author else { return };
        let Some(address) = Address::of(&author) else { return };
        match kind.as_deref() {
            Some("hist_sync" | "server-error") => {}
            // For the device it names alone: that it asks for again, or, of an own device, that it has its copy.
            Some("retry" | "enc_rekey_retry" | "sender" | "peer_msg") => {
                let receipt = forwarded(
                    reader,
                    node,
                    &Recipient {
                        family: family(&author),
                        own: None,
                    },
                );
                self.deliver(address, receipt);
            }
            Some("read-self" | "played-self") => self.tell_own(reader, node, family(&author)),
            _ => {
                if address.phone != reader.phone {
                    self.tell_author(reader, node, (address, family(&author)));
                }
                if matches!(kind.as_deref(), Some("read" | "played")) {
                    self.tell_own(reader, node, family(&author));
                }
            }
        }
    }

    fn tell_author(self: &Arc<Self>, reader: Address, node: &Node, (author, family): (Address, Family)) {
        let targets: Vec<Address> = {
            let world = self.world.lock();
            let account = world.accounts.get(&author.phone);
            account.map(|account| account.addresses().collect()).unwrap_or_default()
        };
        for target in targets {
            self.deliver(target, forwarded(reader, node, &Recipient { family, own: None }));
        }
    }

    /// The reader's other devices learn that it was read.
    fn tell_own(self: &Arc<Self>, reader: Address, node: &Node, family: Family) {
        let others: Vec<Address> = {
            let world = self.world.lock();
            let account = world.accounts.get(&reader.phone);
            account
                .map(|a| a.addresses().filter(|a| *a != reader && a.device != 0).collect())
                .unwrap_or_default()
        };
        for target in others {
            self.deliver(
                target,
                forwarded(
                    reader,
                    node,
                    &Recipient {
                        family,
                        own: node.jid("to"),
                    },
                ),
            );
        }
    }
}

/// For whom a receipt is rewritten.
struct Recipient {
    family: Family,
    /// The chat, when the receipt goes to another device of the reader.
    own: Option<wacore_binary::Jid>,
}

fn forwarded(reader: Address, node: &Node, recipient: &Recipient) -> Node {
    let mut receipt = NodeBuilder::new("receipt").attr("id", node.text("id").unwrap_or_default());
    let group = node.jid("to").filter(|to| to.server == Server::Group);
    receipt = match group {
        Some(group) => receipt
            .attr("from", group)
            .attr("participant", reader.jid(recipient.family)),
        None => receipt.attr("from", reader.jid(recipient.family)),
    };
    if let Some(chat) = recipient.own.as_ref().filter(|chat| chat.server != Server::Group) {
        receipt = receipt.attr("recipient", chat.to_non_ad());
    }
    receipt = receipt.attr("t", node.text("t").unwrap_or_else(|| clock::now().to_string()));
    if let Some(kind) = node.text("type") {
        receipt = receipt.attr("type", kind);
    }
    let children = node.kids().to_vec();
    if children.is_empty() {
        receipt.build()
    } else {
        receipt.children(children).build()
    }
}
