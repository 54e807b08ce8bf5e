//! What a phone does when it is used: write, react, read, type, fetch a medium.

use std::sync::Arc;

use wacore::download::DownloadUtils;
use wacore::messages::MessageUtils;
use wacore::upload::MediaEncryptor;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, Server};
use waproto::whatsapp as wa;

use super::Phone;
use super::content::{self, Attachment, MediaKind, PhoneMessage, Uploaded};
use super::{again, kinds, shown};
use crate::clock;
use crate::crypto;
use crate::error::Error;
use crate::groups::Group;
use crate::hub::Hub;
use crate::ids::{self, Address, Family};
use crate::inbox::{Direction, InboxMessage};
use crate::world::Account;

/// Where a message goes.
enum Destination {
    Person(u64),
    Group(String),
}

/// A message about to go out.
struct Letter<'a> {
    phone: u64,
    id: &'a str,
    family: Family,
    message: &'a wa::Message,
    /// Nothing goes but the key for a group.
    key_only: bool,
}

fn no_phone() -> Error {
    Error::not_found("phone", "no such phone")
}

impl Hub {
    /// Sends a message from a phone and returns its WhatsApp id.
    pub(crate) fn phone_sends(self: &Arc<Self>, phone: u64, order: &PhoneMessage) -> Result<String, Error> {
        let to = self.destination(&order.to)?;
        let (message, text) = self.compose(phone, &to, order)?;
        let id = order.id.clone().unwrap_or_else(ids::message_id);
        let family = order.addressing.unwrap_or(Family::Pn);
        let letter = Letter {
            phone,
            id: &id,
            family,
            message: &message,
            key_only: order.key_only,
        };
        let chat = match &to {
            Destination::Person(peer) => Address::primary(*peer).jid(family),
            Destination::Group(group) => Jid::group(group.clone()),
        };
        let state = self.phone_state(phone).ok_or_else(no_phone)?;
        let stanza = {
            let mut state = state.lock();
            let stanza = match &to {
                Destination::Person(peer) => self.for_person(&mut state, &letter, *peer)?,
                Destination::Group(group) => self.for_group(&mut state, &letter, group)?,
            };
            state.sent(&id, chat.clone(), message.clone());
            self.saved.phone(phone, &mut state.signal);
            stanza
        };
        self.keep_own(&letter, &to, text);
        self.relay(Address::primary(phone), &stanza)
            .map_err(|code| Error::conflict("to", format!("the network refuses the message with {code}")))?;
        self.ring();
        Ok(id)
    }

    fn destination(&self, to: &str) -> Result<Destination, Error> {
        let world = self.world.lock();
        if let Some(group) = to.strip_suffix("@g.us") {
            let group = world
                .groups
                .get(group)
                .ok_or_else(|| Error::not_found("to", "no such group"))?;
            return Ok(Destination::Group(group.id.clone()));
        }
        let peer = ids::parse_phone(to).ok_or_else(|| Error::invalid("to", "is neither a phone nor a group"))?;
        let peer = world
            .accounts
            .get(&peer)
            .ok_or_else(|| Error::not_found("to", "no such phone"))?
            .phone;
        Ok(Destination::Person(peer))
    }

    /// The message, and what the inbox shows as its text.
    fn compose(
        &self,
        phone: u64,
        to: &Destination,
        order: &PhoneMessage,
    ) -> Result<(wa::Message, Option<String>), Error> {
        let media = [
            (MediaKind::Image, &order.image),
            (MediaKind::Video, &order.video),
            (MediaKind::Audio, &order.audio),
            (MediaKind::Document, &order.document),
        ];
        let media: Vec<_> = media
            .into_iter()
            .filter_map(|(kind, file)| Some((kind, file.as_ref()?)))
            .collect();
        let kinds = media.len()
            + usize::from(order.text.is_some())
            + usize::from(order.reaction.is_some())
            + usize::from(order.location.is_some())
            + usize::from(!order.contacts.is_empty())
            + usize::from(order.poll.is_some())
            + usize::from(order.vote.is_some())
            + usize::from(order.revoke.is_some())
            + usize::from(order.edit.is_some())
            + usize::from(order.key_only);
        if kinds != 1 {
            return Err(Error::invalid(
                "text",
                "give exactly one of text, image, video, audio, document, reaction, location, contacts, poll, vote, \
                 revoke, edit and key_only",
            ));
        }
        if order.key_only {
            return match to {
                Destination::Group(_) => Ok((wa::Message::default(), None)),
                Destination::Person(_) => Err(Error::invalid("to", "only a group has keys of its members")),
            };
        }
        let context = match &order.reply_to {
            Some(id) => Some(self.quoted(phone, id)?),
            None => None,
        };
        if let Some((kind, file)) = media.first() {
            let up = self.upload(*kind, file)?;
            return Ok((content::media(*kind, file, up, context), file.caption.clone()));
        }
        if let Some(reaction) = &order.reaction {
            let key = self.key_of(phone, to, "reaction.message_id", &reaction.message_id)?;
            return Ok((content::reaction(key, &reaction.emoji), None));
        }
        if let Some(id) = &order.revoke {
            return Ok((content::revoke(self.key_of(phone, to, "revoke", id)?), None));
        }
        if let Some(edit) = &order.edit {
            let key = self.key_of(phone, to, "edit.message_id", &edit.message_id)?;
            return Ok((content::edit(key, &edit.text), Some(edit.text.clone())));
        }
        if let Some(message) = self.compose_rest(phone, to, order)? {
            let text = shown::read(&message).and_then(|shown| shown.text);
            return Ok((message, text));
        }
        let body = order.text.clone().unwrap_or_default();
        Ok((content::text(body.clone(), context), Some(body)))
    }

    /// A place, cards, a poll or a vote.
    fn compose_rest(&self, phone: u64, to: &Destination, order: &PhoneMessage) -> Result<Option<wa::Message>, Error> {
        if let Some(place) = &order.location {
            return Ok(Some(kinds::place(place)));
        }
        if !order.contacts.is_empty() {
            return Ok(Some(kinds::cards(&order.contacts)));
        }
        if let Some(poll) = &order.poll {
            return Ok(Some(kinds::poll(poll)));
        }
        let Some(vote) = &order.vote else { return Ok(None) };
        let key = self.key_of(phone, to, "vote.message_id", &vote.message_id)?;
        let poll = self.in_inbox(phone, "vote.message_id", &vote.message_id)?;
        let asker = ids::parse_phone(&poll.from).ok_or_else(no_phone)?;
        let family = match to {
            Destination::Person(_) => order.addressing.unwrap_or(Family::Pn),
            Destination::Group(_) => Family::Lid,
        };
        let addresses = (
            &Address::primary(asker).jid(family),
            &Address::primary(phone).jid(family),
        );
        kinds::vote(vote, key, &poll, addresses).map(Some)
    }

    fn in_inbox(&self, phone: u64, field: &'static str, id: &str) -> Result<InboxMessage, Error> {
        let world = self.world.lock();
        let account = world.accounts.get(&phone).ok_or_else(no_phone)?;
        account
            .inbox
            .find(id)
            .cloned()
            .ok_or_else(|| Error::not_found(field, "the phone has no such message"))
    }

    fn quoted(&self, phone: u64, id: &str) -> Result<wa::ContextInfo, Error> {
        let quoted = self.in_inbox(phone, "reply_to", id)?;
        let author = quoted.author.parse().unwrap_or_else(|_| ids::pn(phone));
        Ok(content::quote(id, &author, quoted.text.as_deref().unwrap_or_default()))
    }

    fn key_of(&self, phone: u64, to: &Destination, field: &'static str, id: &str) -> Result<wa::MessageKey, Error> {
        let about = self.in_inbox(phone, field, id)?;
        let author = about.author.parse::<Jid>().ok().map(|jid| jid.to_non_ad_string());
        let (chat, participant) = match to {
            Destination::Person(peer) => (ids::pn(*peer).to_string(), None),
            Destination::Group(group) => (Jid::group(group.clone()).to_string(), author),
        };
        Ok(wa::MessageKey {
            remote_jid: Some(chat),
            from_me: Some(about.direction == Direction::Out),
            id: Some(id.to_owned()),
            participant,
        })
    }

    fn upload(&self, kind: MediaKind, file: &Attachment) -> Result<Uploaded, Error> {
        let wrong = |why: String| Error::invalid(format!("{}.data", kind.name()), why);
        let bytes = crypto::unb64(&file.data).ok_or_else(|| wrong("is not base64".into()))?;
        let mut sealed = Vec::with_capacity(bytes.len() + 32);
        let mut encryptor = MediaEncryptor::new(kind.media_type()).map_err(|e| wrong(e.to_string()))?;
        encryptor.update(&bytes, &mut sealed);
        let info = encryptor.finalize(&mut sealed).map_err(|e| wrong(e.to_string()))?;
        let path = self
            .media
            .put(sealed.into())
            .map_err(|e| Error::io("storing a medium", e))?;
        Ok(Uploaded {
            url: format!("https://{}{path}", self.settings.media_host),
            path,
            key: info.media_key,
            sha256: info.file_sha256,
            enc_sha256: info.file_enc_sha256,
            size: info.file_length,
        })
    }

    fn devices_of(&self, people: impl IntoIterator<Item = u64>, except: Address) -> Vec<Address> {
        let world = self.world.lock();
        let accounts = people.into_iter().filter_map(|phone| world.accounts.get(&phone));
        accounts
            .flat_map(Account::addresses)
            .filter(|address| *address != except)
            .collect()
    }

    /// One encryption for one device; opens a session if there is none. Devices without keys are left out.
    fn seal_for(&self, state: &mut Phone, to: Address, message: &wa::Message) -> Result<Option<NodeBuilder>, Error> {
        if !state.signal.has_session(to) {
            let Some(bundle) = self.take_bundle(to) else {
                return Ok(None);
            };
            state.signal.open(to, &bundle)?;
        }
        let (kind, sealed) = state.signal.encrypt(to, &MessageUtils::encode_and_pad(message))?;
        Ok(Some(
            NodeBuilder::new("enc").attr("v", 2).attr("type", kind).bytes(sealed),
        ))
    }

    fn for_person(&self, state: &mut Phone, letter: &Letter<'_>, peer: u64) -> Result<Node, Error> {
        let chat = Address::primary(peer).jid(letter.family);
        let own = content::for_own_device(&chat, letter.message);
        let mut people = vec![peer];
        if peer != letter.phone {
            people.push(letter.phone);
        }
        let mut participants = Vec::new();
        for device in self.devices_of(people, Address::primary(letter.phone)) {
            let message = if device.phone == letter.phone {
                &own
            } else {
                letter.message
            };
            let Some(mut enc) = self.seal_for(state, device, message)? else {
                continue;
            };
            if let Some(kind) = content::media_type(letter.message) {
                enc = enc.attr("mediatype", kind);
            }
            let to = NodeBuilder::new("to")
                .attr("jid", device.jid(letter.family))
                .children([enc.build()]);
            participants.push(to.build());
        }
        Ok(stanza(letter, chat)
            .children([NodeBuilder::new("participants").children(participants).build()])
            .build())
    }

    fn for_group(&self, state: &mut Phone, letter: &Letter<'_>, group: &str) -> Result<Node, Error> {
        let own = Address::primary(letter.phone);
        let chat = Jid::group(group.to_owned());
        let name = chat.to_string();
        let members: Vec<u64> = {
            let world = self.world.lock();
            let group: Option<&Group> = world.groups.get(group);
            group
                .map(|group| group.members.keys().copied().collect())
                .unwrap_or_default()
        };
        let devices = self.devices_of(members, own);
        let known = state.signal.shared_with.get(&name).cloned().unwrap_or_default();
        if letter.key_only || known.iter().any(|device| !devices.contains(device)) {
            state.signal.forget_sender_key(&name, own);
        }
        let key = state.signal.own_sender_key(&name, own)?;
        let known = state.signal.shared_with.get(&name).cloned().unwrap_or_default();
        let mut carrier = wa::Message::default();
        content::attach_sender_key(&mut carrier, &name, key);
        let mut participants = Vec::new();
        for device in devices.into_iter().filter(|device| !known.contains(device)) {
            let Some(enc) = self.seal_for(state, device, &carrier)? else {
                continue;
            };
            let to = NodeBuilder::new("to")
                .attr("jid", device.jid(Family::Lid))
                .children([enc.build()]);
            participants.push(to.build());
            state.signal.shared_with.entry(name.clone()).or_default().insert(device);
        }
        let mut children = Vec::new();
        if !letter.key_only {
            let sealed = state
                .signal
                .encrypt_group(&name, own, &MessageUtils::encode_and_pad(letter.message))?;
            let mut enc = NodeBuilder::new("enc").attr("v", 2).attr("type", "skmsg").bytes(sealed);
            if let Some(kind) = content::media_type(letter.message) {
                enc = enc.attr("mediatype", kind);
            }
            children.push(enc.build());
        }
        if !participants.is_empty() {
            children.insert(0, NodeBuilder::new("participants").children(participants).build());
        }
        Ok(stanza(letter, chat)
            .attr("addressing_mode", "lid")
            .children(children)
            .build())
    }

    /// A note from a phone to one of its own companions, that no person sees.
    pub(crate) fn phone_tells_companion(
        self: &Arc<Self>,
        companion: Address,
        message: &wa::Message,
    ) -> Result<(), Error> {
        let state = self.phone_state(companion.phone).ok_or_else(no_phone)?;
        let node = {
            let mut state = state.lock();
            let Some(enc) = self.seal_for(&mut state, companion, message)? else {
                return Ok(());
            };
            self.saved.phone(companion.phone, &mut state.signal);
            NodeBuilder::new("message")
                .attr("to", companion.jid(Family::Pn))
                .attr("id", ids::message_id())
                .attr("type", "text")
                .attr("category", "peer")
                .children([enc.build()])
                .build()
        };
        self.relay(Address::primary(companion.phone), &node)
            .map_err(|code| Error::conflict("device", format!("refused with {code}")))
    }

    /// The phone's own copy.
    fn keep_own(&self, letter: &Letter<'_>, to: &Destination, text: Option<String>) {
        let Some(shown) = shown::read(letter.message) else {
            return;
        };
        let own = Address::primary(letter.phone).jid(Family::Pn).to_string();
        let mut world = self.world.lock();
        let limit = self.settings.inbox_limit;
        let Some(account) = world.accounts.get_mut(&letter.phone) else {
            return;
        };
        let push_name = account.push_name.clone();
        let entry = InboxMessage {
            id: letter.id.to_owned(),
            direction: Direction::Out,
            chat: match to {
                Destination::Person(peer) => peer.to_string(),
                Destination::Group(group) => format!("{group}@g.us"),
            },
            from: letter.phone.to_string(),
            push_name,
            timestamp: clock::now(),
            text,
            origin: own.clone(),
            author: own,
            whole: again::whole(letter.message.clone()),
            ..shown.into_message()
        };
        account.inbox.show(entry, limit);
    }

    /// The phone marks messages as read (or played), one receipt for each.
    pub(crate) fn phone_reads(self: &Arc<Self>, phone: u64, ids: &[String], kind: &'static str) -> Result<(), Error> {
        for id in ids {
            let message = self.in_inbox(phone, "ids", id)?;
            let to: Jid = message
                .origin
                .parse()
                .map_err(|_| Error::invalid("ids", "the message has no sender"))?;
            let group = message.chat.ends_with("@g.us");
            let to = if group { to } else { to.to_non_ad() };
            let mut receipt = NodeBuilder::new("receipt")
                .attr("to", to)
                .attr("id", id.clone())
                .attr("type", kind)
                .attr("t", clock::now());
            if group && let Ok(author) = message.author.parse::<Jid>() {
                receipt = receipt.attr("participant", author);
            }
            self.route_receipt(Address::primary(phone), &receipt.build());
        }
        self.ring();
        Ok(())
    }

    /// The phone shows that somebody is typing on it.
    pub(crate) fn phone_types(&self, phone: u64, to: &str, state: &'static str) -> Result<(), Error> {
        if !self.world.lock().accounts.contains_key(&phone) {
            return Err(no_phone());
        }
        let to = match self.destination(to)? {
            Destination::Person(peer) => ids::pn(peer),
            Destination::Group(group) => Jid::group(group),
        };
        let child = match state {
            "recording" => NodeBuilder::new("composing").attr("media", "audio").build(),
            state => NodeBuilder::new(state).build(),
        };
        let node = NodeBuilder::new("chatstate").attr("to", to).children([child]).build();
        self.on_chatstate(Address::primary(phone), &node);
        Ok(())
    }

    /// A medium the phone has received, in clear.
    pub(crate) fn phone_media(&self, phone: u64, id: &str) -> Result<(Vec<u8>, String), Error> {
        let message = self.in_inbox(phone, "id", id)?;
        let kind = MediaKind::named(&message.kind);
        let (Some(kind), Some(media)) = (kind, message.media) else {
            return Err(Error::not_found("id", "the message has no medium"));
        };
        let sealed = self
            .media
            .get(&media.path)
            .ok_or_else(|| Error::not_found("id", "the medium is gone"))?;
        let clear = DownloadUtils::verify_and_decrypt(&sealed, &media.key, kind.media_type())
            .map_err(|e| Error::conflict("id", format!("the medium does not decrypt: {e}")))?;
        Ok((clear, media.mime_type))
    }
}

fn stanza(letter: &Letter<'_>, chat: Jid) -> NodeBuilder {
    let is_group = chat.server == Server::Group;
    let node = NodeBuilder::new("message")
        .attr("to", chat)
        .attr("id", letter.id.to_owned())
        .attr("type", content::stanza_type(letter.message));
    let Some(inner) = letter.message.protocol_message.as_option() else {
        return node;
    };
    match inner.r#type {
        Some(wa::message::protocol_message::Type::REVOKE) => {
            // What somebody else wrote in a group only an admin takes back.
            let is_own = inner.key.as_option().is_none_or(|key| key.from_me.unwrap_or(false));
            node.attr("edit", if is_group && !is_own { "8" } else { "7" })
        }
        Some(wa::message::protocol_message::Type::MESSAGE_EDIT) => node.attr("edit", "1"),
        _ => node,
    }
}
