//! From what the protocol library tells to [`Inbound`]. Pure: no state, no I/O.

mod kinds;

use std::collections::HashSet;

use pesan_model::chat::Activity;
use pesan_model::content::MediaKind;
use pesan_model::{Direction, MessageStatus, Timestamp};
use wacore::proto_helpers::MessageExt;
use wacore::stanza::groups::{GroupNotificationAction, GroupParticipantInfo};
use wacore::types::events::{ChatPresenceUpdate, DecryptFailMode, GroupUpdate, UnavailableType, UndecryptableMessage};
use wacore::types::message::{EditAttribute, MessageCategory, MessageInfo, MessageSource};
use wacore::types::presence::{ChatPresence, ChatPresenceMedia, ReceiptType};
use wacore_binary::Jid;
use waproto::whatsapp as wa;

use super::jid::{address, is_broadcast_list, person};
use super::lost;
use super::remote_media::Remote;
use crate::inbound::{GroupNotice, Inbound, InboundContent, InboundMedia, InboundMessage, Person, Receipt};

/// A decrypted message; `None` for what is no message to a person: protocol messages, status, channels.
pub(super) fn message(message: &wa::Message, info: &MessageInfo) -> Option<Inbound> {
    if lost::is_stand_in(message) {
        return unreadable(info, lost::REASON);
    }
    let (mut content, reply_to) = content(message)?;
    if let InboundContent::Revoke { by_admin, .. } = &mut content {
        // The server lets nobody but admins say so.
        *by_admin = info.source.is_group && info.edit == EditAttribute::AdminRevoke;
    }
    envelope(info, content, reply_to)
}

/// A message that could not be decrypted. `None` when the sender said that it is not worth showing.
pub(super) fn undecryptable(event: &UndecryptableMessage) -> Option<Inbound> {
    match event.decrypt_fail_mode {
        DecryptFailMode::Hide => return None,
        DecryptFailMode::Show => {}
    }
    let reason = match (event.is_unavailable, event.unavailable_type) {
        (false, _) => "no_session",
        (true, UnavailableType::Unknown) => "not_sent_to_this_device",
        (true, UnavailableType::ViewOnce) => "view_once",
        (true, UnavailableType::Hosted) => "hosted",
        (true, UnavailableType::Bot) => "bot",
    };
    unreadable(&event.info, reason)
}

/// A message of which nobody here knows what it says.
fn unreadable(info: &MessageInfo, reason: &str) -> Option<Inbound> {
    if info.category == MessageCategory::Peer {
        // What the account's devices tell each other is no message to a person, whatever it was.
        return None;
    }
    envelope(info, InboundContent::Undecryptable { reason: reason.into() }, None)
}

fn envelope(info: &MessageInfo, content: InboundContent, reply_to: Option<String>) -> Option<Inbound> {
    let source = &info.source;
    let direction = if source.is_from_me {
        Direction::Out
    } else {
        Direction::In
    };
    let thread = thread(source)?;
    let chat = address(thread)?;
    let mut sender = person(std::iter::once(&source.sender).chain(source.sender_alt.as_ref()));
    sender.push_name = (!info.push_name.is_empty()).then(|| info.push_name.clone());
    let peer = (source.is_from_me && !chat.is_group()).then(|| {
        person(
            std::iter::once(thread)
                .chain(source.recipient.as_ref())
                .chain(source.recipient_alt.as_ref())
                .chain(info.peer_recipient_pn.as_ref()),
        )
    });
    Some(Inbound::Message(Box::new(InboundMessage {
        wa_id: info.id.clone(),
        chat,
        sender,
        direction,
        peer,
        at: Timestamp::from_secs(info.timestamp.timestamp()),
        content,
        reply_to,
        from_history: false,
    })))
}

/// The JID of the thread a stanza belongs to.
fn thread(source: &MessageSource) -> Option<&Jid> {
    if !is_broadcast_list(&source.chat) {
        return Some(&source.chat);
    }
    // Our own broadcast has no one thread it belongs to.
    (!source.is_from_me).then_some(&source.sender)
}

/// What a message says, and which message it answers.
pub(super) fn content(message: &wa::Message) -> Option<(InboundContent, Option<String>)> {
    let base = message.get_base_message();
    if let Some(protocol) = base.protocol_message.as_option() {
        return kinds::protocol(protocol).map(|content| (content, None));
    }
    if is_edit_of_unknown(message) {
        return Some((InboundContent::Unsupported { kind: "edit".into() }, None));
    }
    if let Some(text) = &base.conversation {
        return (!text.is_empty()).then(|| (InboundContent::Text(text.clone()), None));
    }
    if let Some(text) = base.extended_text_message.as_option() {
        let body = text.text.clone().filter(|body| !body.is_empty())?;
        return Some((InboundContent::Text(body), quoted(text.context_info.as_option())));
    }
    if let Some(reaction) = base.reaction_message.as_option() {
        let target = reaction
            .key
            .as_option()
            .and_then(|key| key.id.clone())
            .unwrap_or_default();
        let emoji = reaction.text.clone().unwrap_or_default();
        return Some((InboundContent::Reaction { target, emoji }, None));
    }
    if let Some(found) = media(base) {
        return Some(found);
    }
    if let Some(found) = kinds::shown(message, base) {
        return Some(found);
    }
    other_kind(base).map(|kind| (InboundContent::Unsupported { kind: kind.into() }, None))
}

/// Whether a message is wrapped as an edit and does not say of what.
fn is_edit_of_unknown(message: &wa::Message) -> bool {
    let sent = message
        .device_sent_message
        .as_option()
        .and_then(|wrapper| wrapper.message.as_option());
    message.edited_message.is_set() || sent.is_some_and(|message| message.edited_message.is_set())
}

fn quoted(context: Option<&wa::ContextInfo>) -> Option<String> {
    context
        .and_then(|context| context.stanza_id.clone())
        .filter(|id| !id.is_empty())
}

fn text(value: Option<&String>) -> Option<String> {
    value.filter(|text| !text.is_empty()).cloned()
}

/// The parts of a media message that all kinds share.
struct Shown<'a> {
    kind: MediaKind,
    mime: Option<&'a String>,
    fallback: &'static str,
    size: Option<u64>,
    context: Option<&'a wa::ContextInfo>,
}

impl Shown<'_> {
    fn content(self, remote: Option<Remote>, fill: impl FnOnce(&mut InboundMedia)) -> (InboundContent, Option<String>) {
        let Some(remote) = remote else {
            let kind = format!("{}_without_file", self.kind.name());
            return (InboundContent::Unsupported { kind }, quoted(self.context));
        };
        let mut media = InboundMedia {
            kind: self.kind,
            remote: remote.to_media(),
            mime: text(self.mime).unwrap_or_else(|| self.fallback.to_owned()),
            size: self.size,
            caption: None,
            file_name: None,
            voice: false,
            seconds: None,
        };
        fill(&mut media);
        (InboundContent::Media(media), quoted(self.context))
    }
}

fn media(base: &wa::Message) -> Option<(InboundContent, Option<String>)> {
    if let Some(image) = base.image_message.as_option() {
        let shown = Shown {
            kind: MediaKind::Image,
            mime: image.mimetype.as_ref(),
            fallback: "image/jpeg",
            size: image.file_length,
            context: image.context_info.as_option(),
        };
        return Some(shown.content(Remote::of(MediaKind::Image, image), |media| {
            media.caption = text(image.caption.as_ref());
        }));
    }
    // A round video note is a film like any other.
    if let Some(video) = base.video_message.as_option().or(base.ptv_message.as_option()) {
        let shown = Shown {
            kind: MediaKind::Video,
            mime: video.mimetype.as_ref(),
            fallback: "video/mp4",
            size: video.file_length,
            context: video.context_info.as_option(),
        };
        return Some(shown.content(Remote::of(MediaKind::Video, video), |media| {
            media.caption = text(video.caption.as_ref());
            media.seconds = video.seconds;
        }));
    }
    if let Some(document) = base.document_message.as_option() {
        let shown = Shown {
            kind: MediaKind::Document,
            mime: document.mimetype.as_ref(),
            fallback: "application/octet-stream",
            size: document.file_length,
            context: document.context_info.as_option(),
        };
        return Some(shown.content(Remote::of(MediaKind::Document, document), |media| {
            media.caption = text(document.caption.as_ref());
            media.file_name = text(document.file_name.as_ref()).or_else(|| text(document.title.as_ref()));
        }));
    }
    if let Some(audio) = base.audio_message.as_option() {
        let shown = Shown {
            kind: MediaKind::Audio,
            mime: audio.mimetype.as_ref(),
            fallback: "audio/ogg",
            size: audio.file_length,
            context: audio.context_info.as_option(),
        };
        return Some(shown.content(Remote::of(MediaKind::Audio, audio), |media| {
            media.voice = audio.ptt.unwrap_or(false);
            media.seconds = audio.seconds;
        }));
    }
    let sticker = base.sticker_message.as_option()?;
    let shown = Shown {
        kind: MediaKind::Sticker,
        mime: sticker.mimetype.as_ref(),
        fallback: "image/webp",
        size: sticker.file_length,
        context: sticker.context_info.as_option(),
    };
    Some(shown.content(Remote::of(MediaKind::Sticker, sticker), |_| {}))
}

/// The name of a kind that is not understood yet; `None` for what is not meant for people.
fn other_kind(base: &wa::Message) -> Option<&'static str> {
    let kinds = [
        (base.buttons_message.is_set(), "buttons"),
        (base.buttons_response_message.is_set(), "buttons_response"),
        (base.list_message.is_set(), "list"),
        (base.list_response_message.is_set(), "list_response"),
        (base.template_message.is_set(), "template"),
        (base.template_button_reply_message.is_set(), "template_button_reply"),
        (base.interactive_message.is_set(), "interactive"),
        (base.interactive_response_message.is_set(), "interactive_response"),
        (base.product_message.is_set(), "product"),
        (base.order_message.is_set(), "order"),
        (base.invoice_message.is_set(), "invoice"),
        (base.group_invite_message.is_set(), "group_invite"),
        (base.event_message.is_set(), "event"),
        (base.album_message.is_set(), "album"),
        (base.pin_in_chat_message.is_set(), "pin"),
        (base.keep_in_chat_message.is_set(), "keep"),
        (base.enc_reaction_message.is_set(), "encrypted_reaction"),
        (base.secret_encrypted_message.is_set(), "encrypted_change"),
        (base.call.is_set(), "call"),
    ];
    if let Some((_, kind)) = kinds.into_iter().find(|(set, _)| *set) {
        return Some(kind);
    }
    // What carries nothing but keys and settings is between devices.
    let bare = wa::Message {
        sender_key_distribution_message: base.sender_key_distribution_message.clone(),
        fast_ratchet_key_sender_key_distribution_message: base.fast_ratchet_key_sender_key_distribution_message.clone(),
        message_context_info: base.message_context_info.clone(),
        ..Default::default()
    };
    (*base != bare).then_some("unknown")
}

/// A receipt; `None` for receipts between devices. The library does not say which are of our own reading, nor of which chat:
/// the first is seen by who sent it ([`super::identity`]), the second by the messages.
pub(super) fn receipt(event: &wacore::types::events::Receipt) -> Option<Inbound> {
    let source = &event.source;
    let (status, from_self) = match event.r#type {
        ReceiptType::Delivered | ReceiptType::Inactive => (MessageStatus::Delivered, false),
        ReceiptType::Read => (MessageStatus::Read, false),
        ReceiptType::Played => (MessageStatus::Played, false),
        // Where people do not let others see what they read.
        ReceiptType::ReadSelf => (MessageStatus::Read, true),
        ReceiptType::PlayedSelf => (MessageStatus::Played, true),
        _ => return None,
    };
    let thread = thread(source)?;
    let chat = address(thread)?;
    let peer = (!chat.is_group()).then(|| person(std::iter::once(thread).chain(source.sender_alt.as_ref())));
    Some(Inbound::Receipt(Receipt {
        chat,
        peer,
        from: address(&source.sender)?,
        from_self,
        wa_ids: event.message_ids.clone(),
        status,
        at: Timestamp::from_secs(event.timestamp.timestamp()),
    }))
}

/// Somebody is typing, recording, or stopped.
pub(super) fn activity(event: &ChatPresenceUpdate) -> Option<Inbound> {
    let activity = match (event.state, event.media) {
        (ChatPresence::Composing, ChatPresenceMedia::Text) => Activity::Typing,
        (ChatPresence::Composing, ChatPresenceMedia::Audio) => Activity::Recording,
        (ChatPresence::Paused, _) => Activity::Stopped,
    };
    Some(Inbound::Activity {
        chat: address(&event.source.chat)?,
        from: address(&event.source.sender)?,
        activity,
    })
}

/// A group was created or changed. One notice can hold several changes; each gets its own id.
pub(super) fn group(event: &GroupUpdate) -> Option<Inbound> {
    use GroupNotificationAction as Action;
    let group = address(&event.group_jid)?;
    let stanza = event
        .notification_id
        .clone()
        .unwrap_or_else(|| event.timestamp.timestamp_millis().to_string());
    let wa_id = if event.action_index == 0 {
        stanza
    } else {
        format!("{stanza}.{}", event.action_index)
    };
    let members = |all: &[GroupParticipantInfo]| all.iter().map(member).collect::<Vec<_>>();
    let (participants, subject) = match &event.action {
        Action::Add { participants, .. }
        | Action::Remove { participants, .. }
        | Action::Promote { participants }
        | Action::Demote { participants }
        | Action::Modify { participants } => (members(participants), None),
        Action::Subject { subject, .. } => (Vec::new(), Some(subject.clone())),
        Action::Create { raw } => {
            let created = raw.get_optional_child("group");
            let subject = created.and_then(|node| node.attrs().optional_string("subject").map(|text| text.to_string()));
            let members = created
                .into_iter()
                .flat_map(|node| node.children().unwrap_or_default())
                .filter(|child| child.tag == "participant")
                .map(|child| {
                    let jids = ["jid", "phone_number", "lid"].map(|name| child.attrs().optional_jid(name));
                    person(jids.iter().flatten())
                });
            (members.collect(), subject)
        }
        _ => (Vec::new(), None),
    };
    Some(Inbound::Group(GroupNotice {
        group,
        wa_id,
        by: person(event.participant.iter().chain(event.participant_pn.as_ref())),
        action: event.action.tag_name().to_owned(),
        participants,
        subject,
        at: Timestamp::from_secs(event.timestamp.timestamp()),
    }))
}

fn member(info: &GroupParticipantInfo) -> Person {
    person(std::iter::once(&info.jid).chain(&info.phone_number).chain(&info.lid))
}

/// A number changed, or a number and a LID became known to be the same person.
pub(super) fn identities<'a>(jids: impl IntoIterator<Item = &'a Jid>) -> Option<Inbound> {
    let person = person(jids);
    (person.phone.is_some() || person.lid.is_some()).then_some(Inbound::Person(person))
}

/// The messages of one conversation of the history the phone sends after linking, oldest first.
pub(super) fn history(conversation: &wa::Conversation, own: &Person) -> Vec<Inbound> {
    let Some(thread) = conversation.id.parse::<Jid>().ok() else {
        return Vec::new();
    };
    let Some(chat) = address(&thread) else {
        return Vec::new();
    };
    let jid = |text: Option<&String>| text.and_then(|text| text.parse::<Jid>().ok());
    let alternatives: Vec<_> = [jid(conversation.pn_jid.as_ref()), jid(conversation.lid_jid.as_ref())].into();
    let mut seen = HashSet::new();
    let mut messages: Vec<_> = conversation
        .messages
        .iter()
        .filter_map(|entry| {
            let web = entry.message.as_option()?;
            let key = web.key.as_option()?;
            let wa_id = key.id.clone().filter(|id| !id.is_empty())?;
            let (mut content, reply_to) = content(web.message.as_option()?)?;
            if let InboundContent::Poll { secret, .. } = &mut content {
                *secret = secret.take().or_else(|| web.message_secret.clone());
            }
            let from_me = key.from_me.unwrap_or(false);
            let author = jid(key.participant.as_ref()).or_else(|| jid(web.participant.as_ref()));
            let mut sender = if from_me {
                own.clone()
            } else if chat.is_group() {
                person(author.iter())
            } else {
                person(std::iter::once(&thread).chain(alternatives.iter().flatten()))
            };
            if !from_me {
                sender.push_name = text(web.push_name.as_ref());
            }
            let peer = (from_me && !chat.is_group())
                .then(|| person(std::iter::once(&thread).chain(alternatives.iter().flatten())));
            seen.insert(wa_id.clone()).then(|| InboundMessage {
                wa_id,
                chat: chat.clone(),
                sender,
                direction: if from_me { Direction::Out } else { Direction::In },
                peer,
                at: Timestamp::from_secs(i64::try_from(web.message_timestamp.unwrap_or(0)).unwrap_or(0)),
                content,
                reply_to,
                from_history: true,
            })
        })
        .collect();
    messages.sort_by_key(|message| message.at);
    messages
        .into_iter()
        .map(|message| Inbound::Message(Box::new(message)))
        .collect()
}

#[cfg(test)]
mod tests;
