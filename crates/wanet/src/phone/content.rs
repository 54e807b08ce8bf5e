//! WhatsApp messages as the protocol has them, built from what the admin interface asks for.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wacore::download::MediaType;
use wacore_binary::Jid;
use waproto::buffa::MessageField;
use waproto::whatsapp as wa;

use super::keys::PhoneKeys;
use super::kinds::{Card, Place, Poll, Vote};
use super::shown::read;
use crate::clock;
use crate::ids::Family;

/// A medium a phone sends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// The file, base64.
    pub data: String,
    /// Its type; a usual one for its kind if absent.
    #[serde(default)]
    pub mime_type: Option<String>,
    /// The words under it.
    #[serde(default)]
    pub caption: Option<String>,
    /// The name of a document.
    #[serde(default)]
    pub file_name: Option<String>,
    /// The length of a recording.
    #[serde(default)]
    pub seconds: Option<u32>,
    /// An audio that is a voice note.
    #[serde(default)]
    pub voice_note: bool,
}

/// What a phone sends: exactly one of the kinds, to a phone or a group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhoneMessage {
    /// A phone, or a group id with `@g.us`.
    pub to: String,
    /// A text.
    #[serde(default)]
    pub text: Option<String>,
    /// An image.
    #[serde(default)]
    pub image: Option<Attachment>,
    /// A video.
    #[serde(default)]
    pub video: Option<Attachment>,
    /// A recording or voice note.
    #[serde(default)]
    pub audio: Option<Attachment>,
    /// A document.
    #[serde(default)]
    pub document: Option<Attachment>,
    /// A reaction.
    #[serde(default)]
    pub reaction: Option<Reaction>,
    /// A place.
    #[serde(default)]
    pub location: Option<Place>,
    /// Contact cards: one or several.
    #[serde(default)]
    pub contacts: Vec<Card>,
    /// A question with answers.
    #[serde(default)]
    pub poll: Option<Poll>,
    /// An answer to a poll.
    #[serde(default)]
    pub vote: Option<Vote>,
    /// The id of a message to take back.
    #[serde(default)]
    pub revoke: Option<String>,
    /// A new text for a message sent before.
    #[serde(default)]
    pub edit: Option<Edit>,
    /// A new key for what the phone writes in a group, and nothing else.
    #[serde(default)]
    pub key_only: bool,
    /// The id of the message this one answers; it must be in the phone's inbox.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// The id to use, for tests of repetition. Absent: a fresh one.
    #[serde(default)]
    pub id: Option<String>,
    /// By which address the receivers are reached. Absent: by phone number.
    #[serde(default)]
    pub addressing: Option<Family>,
}

/// A reaction to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reaction {
    /// The id of the message, which must be in the phone's inbox.
    pub message_id: String,
    /// The emoji; empty takes the reaction back.
    pub emoji: String,
}

/// A new text for a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The id of the message.
    pub message_id: String,
    /// The new text.
    pub text: String,
}

/// An encrypted file on the media host.
pub(crate) struct Uploaded {
    pub url: String,
    pub path: String,
    pub key: [u8; 32],
    pub sha256: [u8; 32],
    pub enc_sha256: [u8; 32],
    pub size: u64,
}

/// The kinds of media, as the media host and the stanza name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MediaKind {
    Image,
    Video,
    Audio,
    Document,
}

impl MediaKind {
    pub(crate) fn media_type(self) -> MediaType {
        match self {
            Self::Image => MediaType::Image,
            Self::Video => MediaType::Video,
            Self::Audio => MediaType::Audio,
            Self::Document => MediaType::Document,
        }
    }

    /// The field of an order that has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
        }
    }

    /// By the name in the inbox.
    pub(crate) fn named(kind: &str) -> Option<Self> {
        Some(match kind {
            "image" | "sticker" => Self::Image,
            "video" => Self::Video,
            "audio" => Self::Audio,
            "document" => Self::Document,
            _ => return None,
        })
    }
}

/// A text.
pub(crate) fn text(body: String, context: Option<wa::ContextInfo>) -> wa::Message {
    match context {
        None => wa::Message {
            conversation: Some(body),
            ..Default::default()
        },
        Some(context) => wa::Message {
            extended_text_message: MessageField::some(wa::message::ExtendedTextMessage {
                text: Some(body),
                context_info: MessageField::some(context),
                ..Default::default()
            }),
            ..Default::default()
        },
    }
}

/// What a reply says about the message it answers.
pub(crate) fn quote(id: &str, author: &Jid, quoted: &str) -> wa::ContextInfo {
    wa::ContextInfo {
        stanza_id: Some(id.to_owned()),
        participant: Some(author.to_non_ad_string()),
        quoted_message: MessageField::some(text(quoted.to_owned(), None)),
        ..Default::default()
    }
}

/// A medium.
pub(crate) fn media(kind: MediaKind, file: &Attachment, up: Uploaded, context: Option<wa::ContextInfo>) -> wa::Message {
    let context_info = context.map_or_else(MessageField::none, MessageField::some);
    let mime = |usual: &str| Some(file.mime_type.clone().unwrap_or_else(|| usual.to_owned()));
    let (url, direct_path) = (Some(up.url), Some(up.path));
    let (media_key, file_sha256) = (Some(up.key.to_vec()), Some(up.sha256.to_vec()));
    let (file_enc_sha256, file_length) = (Some(up.enc_sha256.to_vec()), Some(up.size));
    let media_key_timestamp = Some(clock::now());
    let mut message = wa::Message::default();
    match kind {
        MediaKind::Image => {
            message.image_message = MessageField::some(wa::message::ImageMessage {
                mimetype: mime("image/jpeg"),
                caption: file.caption.clone(),
                url,
                direct_path,
                media_key,
                file_sha256,
                file_enc_sha256,
                file_length,
                media_key_timestamp,
                context_info,
                ..Default::default()
            });
        }
        MediaKind::Video => {
            message.video_message = MessageField::some(wa::message::VideoMessage {
                mimetype: mime("video/mp4"),
                caption: file.caption.clone(),
                seconds: file.seconds,
                url,
                direct_path,
                media_key,
                file_sha256,
                file_enc_sha256,
                file_length,
                media_key_timestamp,
                context_info,
                ..Default::default()
            });
        }
        MediaKind::Audio => {
            message.audio_message = MessageField::some(wa::message::AudioMessage {
                mimetype: mime("audio/ogg; codecs=opus"),
                seconds: file.seconds,
                ptt: Some(file.voice_note),
                url,
                direct_path,
                media_key,
                file_sha256,
                file_enc_sha256,
                file_length,
                media_key_timestamp,
                context_info,
                ..Default::default()
            });
        }
        MediaKind::Document => {
            message.document_message = MessageField::some(wa::message::DocumentMessage {
                mimetype: mime("application/octet-stream"),
                caption: file.caption.clone(),
                file_name: file.file_name.clone(),
                title: file.file_name.clone(),
                url,
                direct_path,
                media_key,
                file_sha256,
                file_enc_sha256,
                file_length,
                media_key_timestamp,
                context_info,
                ..Default::default()
            });
        }
    }
    message
}

/// A reaction to the message `key` names.
pub(crate) fn reaction(key: wa::MessageKey, emoji: &str) -> wa::Message {
    wa::Message {
        reaction_message: MessageField::some(wa::message::ReactionMessage {
            key: MessageField::some(key),
            text: Some(emoji.to_owned()),
            sender_timestamp_ms: Some(clock::now_ms()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Takes the message back that `key` names.
pub(crate) fn revoke(key: wa::MessageKey) -> wa::Message {
    protocol(wa::message::ProtocolMessage {
        key: MessageField::some(key),
        r#type: Some(wa::message::protocol_message::Type::REVOKE),
        ..Default::default()
    })
}

/// Gives the message `key` names a new text.
pub(crate) fn edit(key: wa::MessageKey, body: &str) -> wa::Message {
    protocol(wa::message::ProtocolMessage {
        key: MessageField::some(key),
        r#type: Some(wa::message::protocol_message::Type::MESSAGE_EDIT),
        edited_message: MessageField::some(text(body.to_owned(), None)),
        timestamp_ms: Some(clock::now_ms()),
        ..Default::default()
    })
}

/// A message about messages.
pub(crate) fn protocol(inner: wa::message::ProtocolMessage) -> wa::Message {
    wa::Message {
        protocol_message: MessageField::some(inner),
        ..Default::default()
    }
}

/// The copy for the account's other devices.
pub(crate) fn for_own_device(chat: &Jid, message: &wa::Message) -> wa::Message {
    wa::Message {
        device_sent_message: MessageField::some(wa::message::DeviceSentMessage {
            destination_jid: Some(chat.to_non_ad_string()),
            message: MessageField::some(message.clone()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Puts a sender key into a message.
pub(crate) fn attach_sender_key(message: &mut wa::Message, group: &str, key: Vec<u8>) {
    message.sender_key_distribution_message = MessageField::some(wa::message::SenderKeyDistributionMessage {
        group_id: Some(group.to_owned()),
        axolotl_sender_key_distribution_message: Some(key),
    });
}

/// The app-state key, for a companion.
pub(crate) fn key_share(keys: &PhoneKeys, raw_id: u32) -> wa::Message {
    let key = wa::message::AppStateSyncKey {
        key_id: MessageField::some(wa::message::AppStateSyncKeyId {
            key_id: Some(PhoneKeys::app_state_key_id().to_vec()),
        }),
        key_data: MessageField::some(wa::message::AppStateSyncKeyData {
            key_data: Some(keys.app_state_key().to_vec()),
            fingerprint: MessageField::some(wa::message::AppStateSyncKeyFingerprint {
                raw_id: Some(raw_id),
                current_index: Some(0),
                device_indexes: vec![0],
            }),
            timestamp: Some(clock::now_ms()),
        }),
    };
    protocol(wa::message::ProtocolMessage {
        r#type: Some(wa::message::protocol_message::Type::APP_STATE_SYNC_KEY_SHARE),
        app_state_sync_key_share: MessageField::some(wa::message::AppStateSyncKeyShare { keys: vec![key] }),
        ..Default::default()
    })
}

/// Whether a companion wants the app-state key.
pub(crate) fn asks_for_app_state_key(message: &wa::Message) -> bool {
    message
        .protocol_message
        .as_option()
        .is_some_and(|inner| inner.app_state_sync_key_request.as_option().is_some())
}

/// The `type` of the stanza.
pub(crate) fn stanza_type(message: &wa::Message) -> &'static str {
    match read(message).map(|shown| shown.kind) {
        Some("image" | "video" | "audio" | "document" | "sticker") => "media",
        Some("reaction") => "reaction",
        Some("poll" | "vote") => "poll",
        _ => "text",
    }
}

/// The `mediatype` of the ciphertext.
pub(crate) fn media_type(message: &wa::Message) -> Option<&'static str> {
    let shown = read(message)?;
    Some(match shown.kind {
        "image" => "image",
        "video" => "video",
        "audio" if shown.media.is_some_and(|media| media.voice_note) => "ptt",
        "audio" => "audio",
        "document" => "document",
        "sticker" => "sticker",
        _ => return None,
    })
}
