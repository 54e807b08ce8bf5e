//! Messages: from one device to all the devices they are encrypted for.
//!
//! Not here: what a phone does with one (`phone`), receipts (`receipts`).

use std::sync::Arc;
use std::time::Duration;

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, JidExt as _, Node, NodeContent, Server};

use crate::clock;
use crate::faults::{AckFate, Moment, Passing};
use crate::hub::{Hub, encode};
use crate::ids::{self, Address, Family, family};
use crate::line::Line;
use crate::trust;
use crate::wire::NodeExt;
use crate::world::{Account, Class, stanza_hash};

/// Children of a message that are between the sender and the server.
const FOR_THE_SERVER: [&str; 4] = ["participants", "enc", "tctoken", "cstoken"];

/// A message as its sender wrote it.
struct Outgoing<'a> {
    sender: Address,
    push_name: String,
    node: &'a Node,
    id: String,
    to: Jid,
    time: i64,
}

/// What one device gets of it.
struct Part {
    to: Address,
    /// In which family it was addressed.
    family: Family,
    encs: Vec<Node>,
}

impl Hub {
    pub(crate) fn on_message(self: &Arc<Self>, line: &Arc<Line>, sender: Address, node: &Node) {
        let (Some(id), Some(to)) = (node.text("id"), node.jid("to")) else {
            return self.unknown(node);
        };
        let chat = to.to_non_ad_string();
        let retry = is_retry(node, &to);
        let (fate, repeated) = {
            let mut world = self.world.lock();
            let passing = Passing {
                who: sender,
                class: "message",
                id: &id,
                chat: &chat,
            };
            let fate = world.faults.on_incoming(&passing);
            let lost = fate.swallow || fate.cut == Some(Moment::Before) || fate.freeze == Some(Moment::Before);
            if !lost && !retry {
                world
                    .arrivals
                    .count(stanza_hash(Address::primary(sender.phone), "", &id));
            }
            let limit = self.settings.id_memory;
            let refused = matches!(fate.ack, AckFate::Nack { .. });
            let repeated = !lost
                && !refused
                && !retry
                && world
                    .device_mut(sender)
                    .is_some_and(|d| !d.seen.insert(stanza_hash(sender, &chat, &id), limit));
            if repeated {
                world.counters.duplicates_dropped += 1;
            }
            (fate, repeated)
        };
        if fate.disturb(line, Moment::Before) || fate.swallow {
            return;
        }
        let refused = match fate.ack {
            AckFate::Nack { code, .. } => Some(code),
            AckFate::Send | AckFate::Drop | AckFate::Delay(_) | AckFate::Repeat(_) => None,
        };
        let outcome = match refused {
            Some(code) => Err(code),
            None if repeated => Ok(()),
            None => self.relay(sender, node),
        };
        if fate.disturb(line, Moment::After) {
            return;
        }
        let ack = ack_node(node, &to, &id, outcome.err());
        {
            let mut world = self.world.lock();
            if outcome.is_ok() {
                world.counters.acks_sent += 1;
            } else {
                world.counters.nacks_sent += 1;
                if let Some(device) = world.device_mut(sender) {
                    device.seen.forget(stanza_hash(sender, &chat, &id));
                }
            }
        }
        match fate.ack {
            AckFate::Send | AckFate::Nack { ms: 0, .. } => line.send(ack),
            AckFate::Drop => {}
            AckFate::Delay(ms) | AckFate::Nack { ms, .. } => {
                let line = Arc::clone(line);
                self.spawn(async move {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                    line.send(ack);
                });
            }
            AckFate::Repeat(copies) => (0..=copies).for_each(|_| line.send(ack.clone())),
        }
        self.ring();
    }

    /// Gives a message to every device it is meant for. The error is the code of the refusal.
    pub(crate) fn relay(self: &Arc<Self>, sender: Address, node: &Node) -> Result<(), u16> {
        let (Some(id), Some(to)) = (node.text("id"), node.jid("to")) else {
            return Err(400);
        };
        let retry = is_retry(node, &to);
        let push_name = {
            let mut world = self.world.lock();
            if retry {
                world.counters.retries += 1;
            } else {
                world.counters.messages += 1;
            }
            world
                .accounts
                .get(&sender.phone)
                .map(|account| account.push_name.clone())
                .unwrap_or_default()
        };
        let message = Outgoing {
            sender,
            push_name,
            node,
            id,
            to,
            time: clock::now(),
        };
        match message.to.server {
            Server::Group => self.relay_to_group(&message),
            Server::Pn | Server::Lid => self.relay_to_person(&message),
            // A status update, which nobody here looks at.
            Server::Broadcast if message.to.is_status_broadcast() => Ok(()),
            Server::Newsletter => self.publish_post(message.sender, &message.to, message.node),
            Server::Broadcast
            | Server::Hosted
            | Server::HostedLid
            | Server::Messenger
            | Server::Interop
            | Server::Bot
            | Server::Legacy
            | Server::Call => {
                self.unknown(node);
                Ok(())
            }
        }
    }

    fn relay_to_person(self: &Arc<Self>, message: &Outgoing<'_>) -> Result<(), u16> {
        let peer = Address::of(&message.to).ok_or(400_u16)?.phone;
        {
            let mut world = self.world.lock();
            if !world.accounts.contains_key(&peer) {
                return Err(404);
            }
            if !is_counted(message.node) && !world.admits(peer, message.sender, message.node) {
                return Err(trust::NO_TOKEN);
            }
            if world.acquaint(message.sender.phone, peer) {
                self.saved.acquainted(message.sender.phone, peer);
            }
        }
        let mut parts = person_parts(message);
        // A phone confirms at once: the sender's own devices have their copies before they hear of that.
        parts.sort_by_key(|part| part.to.phone != message.sender.phone);
        for part in parts {
            let node = person_node(message, &part);
            self.give(message, part.to, node);
        }
        Ok(())
    }

    fn relay_to_group(self: &Arc<Self>, message: &Outgoing<'_>) -> Result<(), u16> {
        let (members, mut targets) = {
            let world = self.world.lock();
            let group = world.groups.get(message.to.user.as_str()).ok_or(404_u16)?;
            let takes_back_as_admin = message.node.text("edit").as_deref() == Some("8");
            if !group.members.contains_key(&message.sender.phone)
                || (takes_back_as_admin && !group.is_admin(message.sender.phone))
            {
                return Err(403);
            }
            let members: Vec<u64> = group.members.keys().copied().collect();
            let devices = members
                .iter()
                .filter_map(|phone| world.accounts.get(phone))
                .flat_map(Account::addresses);
            (
                members.clone(),
                devices.filter(|a| *a != message.sender).collect::<Vec<_>>(),
            )
        };
        targets.sort_by_key(|target| target.phone != message.sender.phone);
        let own: Vec<Part> = person_parts(message);
        let shared: Vec<Node> = message
            .node
            .children_named("enc")
            .filter(|enc| enc.text("type").as_deref() == Some("skmsg"))
            .cloned()
            .collect();
        for target in targets {
            let mut encs: Vec<Node> = own
                .iter()
                .filter(|part| part.to == target)
                .flat_map(|part| part.encs.iter().cloned())
                .collect();
            encs.extend(shared.iter().cloned());
            if !encs.is_empty() && members.contains(&target.phone) {
                self.give(message, target, group_node(message, encs));
            }
        }
        Ok(())
    }

    /// The last step to one device: blocked senders and damaged ciphertexts are dealt with here.
    fn give(self: &Arc<Self>, message: &Outgoing<'_>, to: Address, mut node: Node) {
        {
            let mut world = self.world.lock();
            let personal = message.to.server != Server::Group;
            let blocked = world
                .accounts
                .get(&to.phone)
                .is_some_and(|a| a.blocked.contains(&message.sender.phone));
            if (personal && blocked) || !world.exists(to) {
                return;
            }
            let passing = Passing {
                who: to,
                class: "message",
                id: &message.id,
                chat: &message.to.to_non_ad_string(),
            };
            if world.faults.corrupts(&passing) {
                corrupt(&mut node);
            }
        }
        if to.device == 0 {
            self.phones.receive(to.phone, node);
        } else {
            let bytes = encode(&node);
            let mut world = self.world.lock();
            self.enqueue_bytes(&mut world, to, Class::Message, message.id.clone(), bytes);
        }
    }
}

/// Whether the message is sent again because one device asked for it.
pub(crate) fn is_retry(node: &Node, to: &Jid) -> bool {
    let peer = node.text("category").as_deref() == Some("peer");
    let for_one = node.attrs.contains_key("participant") || (to.device != 0 && !peer);
    for_one || is_counted(node)
}

/// Whether an encryption says that it is not the first.
fn is_counted(node: &Node) -> bool {
    let inner = node
        .child("participants")
        .into_iter()
        .flat_map(NodeExt::kids)
        .flat_map(NodeExt::kids);
    let mut all = node.kids().iter().chain(inner);
    all.any(|enc| enc.attrs.contains_key("count"))
}

/// Who gets an encryption of their own.
fn person_parts(message: &Outgoing<'_>) -> Vec<Part> {
    let part = |jid: &Jid, encs: Vec<Node>| {
        Some(Part {
            to: Address::of(jid)?,
            family: family(jid),
            encs,
        })
        .filter(|part| part.to != message.sender)
    };
    if let Some(participants) = message.node.child("participants") {
        return participants
            .children_named("to")
            .filter_map(|to| part(&to.jid("jid")?, to.children_named("enc").cloned().collect()))
            .collect();
    }
    let jid = message.node.jid("participant").unwrap_or_else(|| message.to.clone());
    let encs: Vec<Node> = message
        .node
        .children_named("enc")
        .filter(|enc| enc.text("type").as_deref() != Some("skmsg"))
        .cloned()
        .collect();
    if encs.is_empty() {
        Vec::new()
    } else {
        part(&jid, encs).into_iter().collect()
    }
}

fn person_node(message: &Outgoing<'_>, part: &Part) -> Node {
    let is_own = part.to.phone == message.sender.phone;
    // A chat is what it was addressed as, whatever its devices were.
    let shown = if is_own { part.family } else { family(&message.to) };
    let mut node = NodeBuilder::new("message").attr("from", message.sender.jid(shown));
    node = match shown {
        Family::Pn => node.attr("sender_lid", ids::lid(message.sender.phone)),
        Family::Lid => node.attr("sender_pn", ids::pn(message.sender.phone)),
    };
    if is_own {
        let chat = message
            .node
            .jid("recipient")
            .unwrap_or_else(|| message.to.clone())
            .to_non_ad();
        if let Some(peer) = Address::of(&chat) {
            node = match family(&chat) {
                Family::Pn => node.attr("peer_recipient_lid", ids::lid(peer.phone)),
                Family::Lid => node.attr("peer_recipient_pn", ids::pn(peer.phone)),
            };
        }
        if message.node.text("category").as_deref() != Some("peer") {
            node = node.attr("recipient", chat);
        }
    }
    finish(message, node, part.encs.clone())
}

fn group_node(message: &Outgoing<'_>, encs: Vec<Node>) -> Node {
    let node = NodeBuilder::new("message")
        .attr("from", message.to.clone())
        .attr("participant", message.sender.jid(Family::Lid))
        .attr("participant_pn", ids::pn(message.sender.phone))
        .attr("addressing_mode", "lid");
    finish(message, node, encs)
}

fn finish(message: &Outgoing<'_>, node: NodeBuilder, mut children: Vec<Node>) -> Node {
    let mut node = node
        .attr("id", message.id.clone())
        .attr("t", message.time)
        .attr("type", message.node.text("type").unwrap_or_else(|| "text".into()))
        .attr("notify", message.push_name.clone());
    for name in ["category", "edit", "push_priority"] {
        if let Some(value) = message.node.text(name) {
            node = node.attr(name, value);
        }
    }
    let rest = message
        .node
        .kids()
        .iter()
        .filter(|child| !FOR_THE_SERVER.contains(&child.tag.as_ref()));
    children.extend(rest.cloned());
    node.children(children).build()
}

/// Damages a byte that every kind of ciphertext authenticates. Its last bytes will not do: a `pkmsg` ends with the id of
/// the signed prekey, which nobody checks once a session is open. Twelve bytes from the end lies the MAC of a `pkmsg`,
/// the text of a `msg` or the signature of a `skmsg`.
fn corrupt(node: &mut Node) {
    if let Some(NodeContent::Nodes(children)) = &mut node.content {
        for child in children.iter_mut().filter(|child| child.tag == "enc") {
            if let Some(NodeContent::Bytes(bytes)) = &mut child.content {
                let place = bytes.len().saturating_sub(12);
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 0x55;
                }
            }
        }
    }
}

fn ack_node(node: &Node, to: &Jid, id: &str, error: Option<u16>) -> Node {
    let mut ack = NodeBuilder::new("ack")
        .attr("class", "message")
        .attr("from", to.clone())
        .attr("id", id)
        .attr("t", clock::now());
    if let Some(participant) = node.jid("participant") {
        ack = ack.attr("participant", participant);
    }
    if let Some(error) = error {
        ack = ack.attr("error", error);
    }
    ack.build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone::keys::PhoneKeys;
    use crate::phone::signal::Signal;
    use crate::prekeys::Bundle;

    #[test]
    fn a_person_gets_a_message_in_the_family_their_chat_was_addressed_in() {
        let (ada, bob) = (Address::new(1, 1), Address::new(2, 1));
        let node = NodeBuilder::new("message").build();
        for chat in [Family::Pn, Family::Lid] {
            let message = Outgoing {
                sender: ada,
                push_name: String::new(),
                node: &node,
                id: "1".into(),
                to: bob.jid(chat),
                time: 0,
            };
            let part = Part {
                to: bob,
                family: Family::Lid,
                encs: Vec::new(),
            };
            assert_eq!(person_node(&message, &part).jid("from"), Some(ada.jid(chat)));
        }
    }

    #[test]
    fn what_goes_to_one_device_is_a_repetition_only_if_its_encryption_says_so() {
        let one_device = Address::new(2, 1).jid(Family::Lid);
        let node = |enc: NodeBuilder| NodeBuilder::new("message").children([enc.build()]).build();
        let (first, again) = (
            node(NodeBuilder::new("enc")),
            node(NodeBuilder::new("enc").attr("count", 1)),
        );
        assert!(is_retry(&first, &one_device) && !is_counted(&first));
        assert!(is_counted(&again));
    }

    fn damaged(sealed: &[u8]) -> Vec<u8> {
        let enc = NodeBuilder::new("enc").bytes(sealed.to_vec()).build();
        let mut node = NodeBuilder::new("message").children([enc]).build();
        corrupt(&mut node);
        node.child("enc")
            .and_then(NodeExt::bytes)
            .expect("it keeps its ciphertext")
            .to_vec()
    }

    #[test]
    fn no_kind_of_damaged_ciphertext_decrypts() {
        let (a, b) = (Address::primary(1), Address::primary(2));
        let mut ada = Signal::new(PhoneKeys::new([1; 32]));
        let mut bob = Signal::new(PhoneKeys::new([2; 32]));
        let keys = *bob.keys();
        let bundle = Bundle {
            registration: keys.registration(),
            identity: keys.identity_public(),
            signed: keys.signed_key(),
            one_time: Some(keys.one_time_public(9)),
            adv: None,
        };
        ada.open(b, &bundle).expect("the bundle is good");
        let (_, first) = ada.encrypt(b, b"first").expect("a session is open");
        bob.decrypt(a, "pkmsg", &first).expect("bob has the session now");
        let (kind, again) = ada.encrypt(b, b"again").expect("a session is open");
        assert_eq!(kind, "pkmsg", "ada has heard nothing yet");
        assert!(bob.decrypt(a, kind, &damaged(&again)).is_err());
        let (kind, reply) = bob.encrypt(a, b"reply").expect("a session is open");
        assert_eq!(kind, "msg");
        assert!(ada.decrypt(b, kind, &damaged(&reply)).is_err());
        let key = ada.own_sender_key("g", a).expect("a key is made");
        bob.learn_sender_key("g", a, &key).expect("the key is good");
        let shared = ada.encrypt_group("g", a, b"to all").expect("there is a key");
        assert!(bob.decrypt_group("g", a, &damaged(&shared)).is_err());
    }
}
