//! What a phone does with a stanza: decrypt, show, confirm; or ask again, or send again.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use wacore::messages::MessageUtils;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, Server};
use waproto::buffa::Message as _;
use waproto::whatsapp as wa;

use super::again;
use super::content;
use super::shown::{self, Shown};
use super::{Phone, Sent};
use crate::clock;
use crate::error::Error;
use crate::hub::Hub;
use crate::ids::{Address, family};
use crate::inbox::{Direction, InboxMessage, InboxReceipt};
use crate::prekeys::{Bundle, bundle_children, bundle_from};
use crate::trust::SaltWay;
use crate::wire::{self, NodeExt as _};

const MOST_RETRIES: u32 = 5;

/// Where a message comes from.
struct Origin {
    id: String,
    from: Jid,
    author: Jid,
    sender: Address,
    group: Option<String>,
}

impl Origin {
    fn of(node: &Node) -> Option<Self> {
        let from = node.jid("from")?;
        let group = (from.server == Server::Group).then(|| from.to_string());
        let author = if group.is_some() {
            node.jid("participant")?
        } else {
            from.clone()
        };
        Some(Self {
            id: node.text("id")?,
            sender: Address::of(&author)?,
            from,
            author,
            group,
        })
    }
}

impl Hub {
    pub(crate) fn phone_receives(self: &Arc<Self>, phone: u64, node: &Node) {
        match node.tag.as_ref() {
            "message" => self.phone_gets_message(phone, node),
            "receipt" => self.phone_gets_receipt(phone, node),
            _ => {}
        }
    }

    fn phone_gets_message(self: &Arc<Self>, phone: u64, node: &Node) {
        let (Some(origin), Some(state)) = (Origin::of(node), self.phone_state(phone)) else {
            return;
        };
        let opened = {
            let mut state = state.lock();
            let opened = open_all(&mut state, &origin, node);
            self.saved.phone(phone, &mut state.signal);
            opened
        };
        match opened {
            Ok((messages, encryption)) => {
                for message in messages {
                    self.phone_shows(phone, &origin, (node, &encryption), message);
                }
                let confirms = self
                    .world
                    .lock()
                    .accounts
                    .get(&phone)
                    .is_some_and(|a| a.habits.delivered_receipts);
                if confirms && origin.sender.phone != phone {
                    self.route_receipt(Address::primary(phone), &receipt(&origin, None).build());
                }
            }
            Err(error) => {
                tracing::debug!(%error, "a phone asks for a message again");
                self.phones.counts.undecryptable.fetch_add(1, Ordering::Relaxed);
                self.phone_asks_again(phone, &origin, &mut state.lock());
            }
        }
    }

    /// Sorts one decrypted message: for the screen, or for the phone itself.
    fn phone_shows(self: &Arc<Self>, phone: u64, origin: &Origin, (node, how): (&Node, &str), message: wa::Message) {
        let (message, to) = match message.device_sent_message.as_option() {
            Some(sent) => {
                let to = sent.destination_jid.clone();
                (sent.message.as_option().cloned().unwrap_or_default(), to)
            }
            None => (message, None),
        };
        if content::asks_for_app_state_key(&message) {
            self.phone_greets(origin.sender);
            return;
        }
        let own = origin.sender.phone == phone;
        if let Some(wanted) = again::wanted(&message) {
            if own && node.text("category").as_deref() == Some("peer") {
                self.phone_tells_again(origin.sender, &origin.id, &wanted);
            }
            return;
        }
        let Some(shown) = shown::read(&message) else { return };
        let chat = match (&origin.group, own) {
            (Some(group), _) => group.clone(),
            (None, false) => origin.sender.phone.to_string(),
            (None, true) => {
                let to = to
                    .and_then(|to| to.parse::<Jid>().ok())
                    .or_else(|| node.jid("recipient"));
                to.map(|to| Address::of(&to).map_or_else(|| to.to_string(), |a| a.phone.to_string()))
                    .unwrap_or_default()
            }
        };
        let entry = InboxMessage {
            seq: 0,
            id: origin.id.clone(),
            direction: if own { Direction::Out } else { Direction::In },
            chat,
            from: origin.sender.phone.to_string(),
            device: origin.sender.device,
            push_name: node.text("notify").unwrap_or_default(),
            timestamp: node.text("t").and_then(|t| t.parse().ok()).unwrap_or_default(),
            encryption: Some(how.to_owned()),
            origin: origin.from.to_string(),
            author: origin.author.to_string(),
            whole: again::whole(message),
            ..shown.into_message()
        };
        let limit = self.settings.inbox_limit;
        if let Some(account) = self.world.lock().accounts.get_mut(&phone) {
            account.inbox.show(entry, limit);
        }
    }

    fn phone_asks_again(self: &Arc<Self>, phone: u64, origin: &Origin, state: &mut Phone) {
        let count = state.asked.entry(origin.id.clone()).or_default();
        *count += 1;
        let count = *count;
        if count > MOST_RETRIES {
            return;
        }
        let keys = state.signal.keys();
        let bundle = Bundle {
            registration: keys.registration(),
            identity: keys.identity_public(),
            signed: keys.signed_key(),
            one_time: Some(keys.one_time_public(self.next_phone_key())),
            adv: None,
        };
        let mut children = bundle_children(&bundle);
        let registration = children.remove(0);
        let retry = NodeBuilder::new("retry")
            .attr("count", count)
            .attr("id", origin.id.clone())
            .attr("t", clock::now())
            .attr("v", 1)
            .attr("error", 0)
            .build();
        let keys = NodeBuilder::new("keys").children(children).build();
        let receipt = receipt(origin, Some("retry"))
            .children([retry, registration, keys])
            .build();
        self.route_receipt(Address::primary(phone), &receipt);
    }

    fn phone_gets_receipt(self: &Arc<Self>, phone: u64, node: &Node) {
        let Some(from) = node.jid("participant").or_else(|| node.jid("from")) else {
            return;
        };
        let Some(reader) = Address::of(&from) else { return };
        let kind = node.text("type").unwrap_or_else(|| "delivered".into());
        let entry = InboxReceipt {
            kind: kind.clone(),
            from: reader.phone.to_string(),
            device: reader.device,
        };
        if let Some(account) = self.world.lock().accounts.get_mut(&phone) {
            for id in wire::ids_of(node) {
                account.inbox.receipt(&id, &entry);
            }
        }
        if kind == "retry"
            && let Err(error) = self.phone_sends_again(phone, reader, node)
        {
            tracing::warn!(%error, "a phone could not send a message again");
        }
    }

    /// A device could not read a message: a fresh session, and the message once more, for it alone.
    fn phone_sends_again(self: &Arc<Self>, phone: u64, reader: Address, node: &Node) -> Result<(), Error> {
        let (Some(id), Some(state)) = (node.text("id"), self.phone_state(phone)) else {
            return Ok(());
        };
        let stanza = {
            let mut state = state.lock();
            let Some(sent) = state.sent.iter().find(|sent| sent.id == id) else {
                return Ok(());
            };
            let (chat, mut message) = (sent.chat.clone(), sent.message.clone());
            let own = Address::primary(phone);
            let registration = node
                .child("registration")
                .and_then(|r| r.bytes())
                .and_then(|b| b.try_into().ok());
            let offered = node.child("keys").and_then(|keys| {
                let identity = state.signal.identity_of(reader).unwrap_or_default();
                bundle_from(keys, u32::from_be_bytes(registration.unwrap_or_default()), identity)
            });
            let bundle = offered.or_else(|| self.take_bundle(reader));
            let bundle = bundle.ok_or_else(|| Error::not_found("device", "no keys for the device that asks"))?;
            state.signal.open(reader, &bundle)?;
            if chat.server == Server::Group {
                let key = state.signal.own_sender_key(&chat.to_string(), own)?;
                content::attach_sender_key(&mut message, &chat.to_string(), key);
            } else if reader.phone == phone {
                message = content::for_own_device(&chat, &message);
            }
            let (kind, sealed) = state.signal.encrypt(reader, &MessageUtils::encode_and_pad(&message))?;
            self.saved.phone(phone, &mut state.signal);
            let count = node
                .child("retry")
                .and_then(|r| r.text("count"))
                .unwrap_or_else(|| "1".into());
            let enc = NodeBuilder::new("enc")
                .attr("v", 2)
                .attr("type", kind)
                .attr("count", count)
                .bytes(sealed);
            let asked_by = node.jid("participant").or_else(|| node.jid("from"));
            let family = asked_by.as_ref().map_or(crate::ids::Family::Pn, family);
            let stanza = NodeBuilder::new("message")
                .attr("id", id)
                .attr("type", content::stanza_type(&message));
            let stanza = if chat.server == Server::Group {
                stanza
                    .attr("to", chat)
                    .attr("participant", reader.jid(family))
                    .attr("addressing_mode", "lid")
            } else if reader.phone == phone {
                stanza.attr("to", reader.jid(family)).attr("recipient", chat)
            } else {
                stanza.attr("to", reader.jid(family))
            };
            stanza.children([enc.build()]).build()
        };
        self.relay(Address::primary(phone), &stanza)
            .map_err(|code| Error::conflict("message", format!("refused with {code}")))
    }

    /// A fresh companion gets the account's app-state key, finds its push name, and learns the history.
    pub(crate) fn phone_greets(self: &Arc<Self>, companion: Address) {
        let (habits, history, salt, keys, raw_id) = {
            let world = self.world.lock();
            let Some(account) = world.accounts.get(&companion.phone) else {
                return;
            };
            let keys = super::keys::PhoneKeys::new(account.secret);
            (
                account.habits,
                account.history.clone(),
                account.salt(),
                keys,
                account.raw_id,
            )
        };
        let mut letters = Vec::new();
        if habits.share_keys {
            self.publish_push_name(companion.phone);
            if habits.salt == Some(SaltWay::Settings) {
                self.publish_salt(companion.phone);
            }
            letters.push(content::key_share(&keys, raw_id));
        }
        let salt = (habits.salt == Some(SaltWay::History)).then_some(salt);
        if !history.is_empty() || salt.is_some() {
            letters.push(crate::history::notification(companion.phone, &history, salt));
        }
        for letter in letters {
            if let Err(error) = self.phone_tells_companion(companion, &letter) {
                tracing::warn!(%error, "a phone could not greet its companion");
            }
        }
    }
}

/// A receipt for a message, to where it came from.
fn receipt(origin: &Origin, kind: Option<&'static str>) -> NodeBuilder {
    let node = NodeBuilder::new("receipt")
        .attr("to", origin.from.clone())
        .attr("id", origin.id.clone())
        .attr("t", clock::now());
    let node = if origin.group.is_some() {
        node.attr("participant", origin.author.clone())
    } else {
        node
    };
    match kind {
        Some(kind) => node.attr("type", kind),
        None => node,
    }
}

/// Decrypts every `<enc>` of a stanza; sender keys are taken over on the way.
fn open_all(state: &mut Phone, origin: &Origin, node: &Node) -> Result<(Vec<wa::Message>, String), Error> {
    let mut messages = Vec::new();
    let mut encryption = String::new();
    let mut failure = None;
    for enc in node.children_named("enc") {
        let kind = enc.text("type").unwrap_or_default();
        match open_one(state, origin, &kind, enc.bytes().unwrap_or_default()) {
            Ok(message) => {
                encryption = kind;
                messages.push(message);
            }
            Err(error) => failure = Some(error),
        }
    }
    match failure {
        Some(error) => Err(error),
        None => Ok((messages, encryption)),
    }
}

fn open_one(state: &mut Phone, origin: &Origin, kind: &str, sealed: &[u8]) -> Result<wa::Message, Error> {
    let padded = match &origin.group {
        Some(group) if kind == "skmsg" => state.signal.decrypt_group(group, origin.sender, sealed)?,
        _ => state.signal.decrypt(origin.sender, kind, sealed)?,
    };
    let plain = MessageUtils::unpad_message_ref(&padded, 2).map_err(|e| Error::Signal(e.to_string()))?;
    let message = wa::Message::decode_from_slice(plain).map_err(|e| Error::Signal(e.to_string()))?;
    if let Some(key) = message.sender_key_distribution_message.as_option() {
        let group = key.group_id.clone().unwrap_or_default();
        let bytes = key.axolotl_sender_key_distribution_message.clone().unwrap_or_default();
        state.signal.learn_sender_key(&group, origin.sender, &bytes)?;
    }
    Ok(message)
}

impl Phone {
    /// Keeps a message in case somebody asks for it again.
    pub(crate) fn sent(&mut self, id: &str, chat: Jid, message: wa::Message) {
        self.remember(Sent {
            id: id.to_owned(),
            chat,
            message,
        });
    }
}

impl Shown {
    pub(crate) fn into_message(self) -> InboxMessage {
        InboxMessage {
            seq: 0,
            id: String::new(),
            direction: Direction::In,
            chat: String::new(),
            from: String::new(),
            device: 0,
            push_name: String::new(),
            timestamp: 0,
            kind: self.kind.to_owned(),
            text: self.text,
            media: self.media,
            reaction: self.reaction,
            reply_to: self.reply_to,
            encryption: None,
            arrivals: 0,
            shown: 0,
            receipts: Vec::new(),
            origin: String::new(),
            author: String::new(),
            secret: self.secret,
            whole: Bytes::new(),
        }
    }
}
