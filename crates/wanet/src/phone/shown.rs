//! What a message says, for the inbox.

use waproto::buffa::MessageField;
use waproto::whatsapp as wa;

use super::kinds;
use crate::inbox::InboxMedia;

/// The part of an inbox entry that comes from the content.
pub(crate) struct Shown {
    pub kind: &'static str,
    pub text: Option<String>,
    pub media: Option<InboxMedia>,
    pub reaction: Option<String>,
    pub reply_to: Option<String>,
    /// What votes on it are encrypted with.
    pub secret: Vec<u8>,
}

/// What a message says; nothing if it is not for people.
pub(crate) fn read(message: &wa::Message) -> Option<Shown> {
    let inner = [
        &message.ephemeral_message,
        &message.document_with_caption_message,
        &message.view_once_message,
    ]
    .into_iter()
    .find_map(|wrapped| wrapped.as_option()?.message.as_option());
    if let Some(inner) = inner {
        return read(inner);
    }
    let plain = |kind, text: Option<String>| Shown {
        kind,
        text,
        media: None,
        reaction: None,
        reply_to: None,
        secret: Vec::new(),
    };
    if let Some(body) = &message.conversation {
        return Some(plain("text", Some(body.clone())));
    }
    if let Some(extended) = message.extended_text_message.as_option() {
        let reply_to = extended
            .context_info
            .as_option()
            .and_then(|context| context.stanza_id.clone());
        return Some(Shown {
            reply_to,
            ..plain("text", extended.text.clone())
        });
    }
    read_media(message).or_else(|| read_rest(message, plain))
}

/// The fields all media have, under the same names.
macro_rules! medium {
    ($kind:literal, $source:expr, $text:expr, $name:expr, $seconds:expr, $voice:expr) => {{
        let source = $source;
        let context = source.context_info.as_option();
        Some(Shown {
            kind: $kind,
            text: $text,
            media: Some(InboxMedia {
                mime_type: source.mimetype.clone().unwrap_or_default(),
                size: source.file_length.unwrap_or_default(),
                sha256: hex::encode(source.file_sha256.as_deref().unwrap_or_default()),
                file_name: $name,
                seconds: $seconds,
                voice_note: $voice,
                key: source.media_key.clone().unwrap_or_default(),
                path: source.direct_path.clone().unwrap_or_default(),
            }),
            reaction: None,
            reply_to: context.and_then(|context| context.stanza_id.clone()),
            secret: Vec::new(),
        })
    }};
}

fn read_media(message: &wa::Message) -> Option<Shown> {
    if let Some(m) = message.image_message.as_option() {
        return medium!("image", m, m.caption.clone(), None, None, false);
    }
    if let Some(m) = message.video_message.as_option() {
        return medium!("video", m, m.caption.clone(), None, m.seconds, false);
    }
    if let Some(m) = message.audio_message.as_option() {
        return medium!("audio", m, None, None, m.seconds, m.ptt.unwrap_or_default());
    }
    if let Some(m) = message.document_message.as_option() {
        return medium!("document", m, m.caption.clone(), m.file_name.clone(), None, false);
    }
    let m = message.sticker_message.as_option()?;
    medium!("sticker", m, None, None, None, false)
}

fn read_rest(message: &wa::Message, plain: impl Fn(&'static str, Option<String>) -> Shown) -> Option<Shown> {
    if let Some(reaction) = message.reaction_message.as_option() {
        let about = reaction.key.as_option().and_then(|key| key.id.clone());
        let emoji = reaction.text.clone().unwrap_or_default();
        return Some(Shown {
            reaction: Some(emoji),
            reply_to: about,
            ..plain("reaction", None)
        });
    }
    if let Some(inner) = message.protocol_message.as_option() {
        let about = inner.key.as_option().and_then(|key| key.id.clone());
        return match inner.r#type {
            Some(wa::message::protocol_message::Type::REVOKE) => Some(Shown {
                reply_to: about,
                ..plain("revoke", None)
            }),
            Some(wa::message::protocol_message::Type::MESSAGE_EDIT) => {
                let text = inner
                    .edited_message
                    .as_option()
                    .and_then(read)
                    .and_then(|shown| shown.text);
                Some(Shown {
                    reply_to: about,
                    ..plain("edit", text)
                })
            }
            _ => None,
        };
    }
    if let Some(poll) = kinds::question(message) {
        let context = message.message_context_info.as_option();
        return Some(Shown {
            secret: context
                .and_then(|context| context.message_secret.clone())
                .unwrap_or_default(),
            ..plain("poll", poll.name.clone())
        });
    }
    if let Some(vote) = message.poll_update_message.as_option() {
        let about = vote
            .poll_creation_message_key
            .as_option()
            .and_then(|key| key.id.clone());
        return Some(Shown {
            reply_to: about,
            ..plain("vote", None)
        });
    }
    if let Some(contact) = message.contact_message.as_option() {
        return Some(plain("contact", contact.display_name.clone()));
    }
    if let Some(several) = message.contacts_array_message.as_option() {
        return Some(plain("contact", several.display_name.clone()));
    }
    if let Some(location) = message.location_message.as_option() {
        return Some(plain("location", location.name.clone()));
    }
    if let Some(location) = message.live_location_message.as_option() {
        return Some(plain("location", location.caption.clone()));
    }
    let mut rest = message.clone();
    rest.sender_key_distribution_message = MessageField::none();
    rest.message_context_info = MessageField::none();
    (rest != wa::Message::default()).then(|| plain("other", None))
}
