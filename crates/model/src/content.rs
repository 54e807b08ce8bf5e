//! What a message says.

mod card;
mod location;
mod poll;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{MediaId, MessageId};
pub use card::{CardNumber, ContactCard, Contacts};
pub use location::{Degrees, Location};
pub use poll::{Poll, PollOption};

/// WhatsApp's limit for a text, which the official API documents and every client keeps: 4,096 characters.
pub const MAX_TEXT_CHARS: usize = 4096;
/// WhatsApp's limit for a caption.
pub const MAX_CAPTION_CHARS: usize = 1024;

/// The content of a message, in or out. As JSON one key named for the kind: `{"text": {"body": "…"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Plain text.
    Text(Text),
    /// A picture.
    Image(Media),
    /// A film.
    Video(Media),
    /// Any file.
    Document(Media),
    /// Sound; a voice note when `voice` is true.
    Audio(Media),
    /// A sticker (received only).
    Sticker(Media),
    /// An emoji on another message.
    Reaction(Reaction),
    /// A place (received only).
    Location(Location),
    /// People whose numbers somebody passes on (received only).
    Contacts(Contacts),
    /// A question with answers to choose from (received only).
    Poll(Poll),
    /// Somebody changed a group (received only).
    GroupChange(GroupChange),
    /// WhatsApp delivered it but it could not be decrypted yet (received only). It is replaced when it can.
    Undecryptable(Undecryptable),
    /// It was deleted for everybody. What it said is gone.
    Revoked(Revoked),
    /// A kind that Pesan does not understand yet (received only).
    Unsupported(Unsupported),
}

impl Content {
    /// The kind, as in the API's `type`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Image(_) => "image",
            Self::Video(_) => "video",
            Self::Document(_) => "document",
            Self::Audio(_) => "audio",
            Self::Sticker(_) => "sticker",
            Self::Reaction(_) => "reaction",
            Self::Location(_) => "location",
            Self::Contacts(_) => "contacts",
            Self::Poll(_) => "poll",
            Self::GroupChange(_) => "group_change",
            Self::Undecryptable(_) => "undecryptable",
            Self::Revoked(_) => "revoked",
            Self::Unsupported(_) => "unsupported",
        }
    }

    /// The file, of the kinds that have one.
    pub fn media(&self) -> Option<&Media> {
        match self {
            Self::Image(media)
            | Self::Video(media)
            | Self::Document(media)
            | Self::Audio(media)
            | Self::Sticker(media) => Some(media),
            Self::Text(_)
            | Self::Reaction(_)
            | Self::Location(_)
            | Self::Contacts(_)
            | Self::Poll(_)
            | Self::GroupChange(_)
            | Self::Undecryptable(_)
            | Self::Revoked(_)
            | Self::Unsupported(_) => None,
        }
    }

    /// What a list shows of it in one line: the text or the caption, the name of a place or of people, else nothing.
    pub fn preview(&self) -> Option<Cow<'_, str>> {
        let line = match self {
            Self::Text(text) => Some(text.body.as_str()),
            Self::Reaction(reaction) => Some(reaction.emoji.as_str()),
            Self::Image(media)
            | Self::Video(media)
            | Self::Document(media)
            | Self::Audio(media)
            | Self::Sticker(media) => media.caption.as_deref().or(media.file_name.as_deref()),
            Self::Location(place) => [&place.name, &place.caption, &place.address]
                .into_iter()
                .find_map(Option::as_deref),
            Self::Contacts(contacts) => {
                let names: Vec<_> = contacts.cards.iter().map(|card| card.name.as_str()).collect();
                return Some(names.join(", ").into());
            }
            Self::Poll(poll) => Some(poll.question.as_str()),
            Self::GroupChange(_) | Self::Undecryptable(_) | Self::Revoked(_) | Self::Unsupported(_) => None,
        };
        line.map(Cow::Borrowed)
    }
}

/// Plain text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Text {
    /// 1 to 4,096 characters.
    pub body: String,
}

/// A file and how it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Media {
    /// The stored file: `GET /v1/media/{media_id}`.
    pub media_id: MediaId,
    /// For example `image/jpeg`.
    pub mime: String,
    /// Bytes, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The text under it, at most 1,024 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// The name a document is saved under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// True for a voice note recorded in the chat.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub voice: bool,
    /// Length of sound or film in seconds, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

/// An emoji on another message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reaction {
    /// The message it is on, where we have that message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// WhatsApp's id of the message it is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wa_id: Option<String>,
    /// One emoji; empty takes the reaction back.
    pub emoji: String,
}

/// Somebody changed a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupChange {
    /// `create`, `add`, `remove`, `leave`, `promote`, `demote`, `subject`, `description`, …, as WhatsApp names it.
    pub action: String,
    /// The members it is about, as WhatsApp addresses: by number where anybody here knows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub participants: Vec<String>,
    /// The group's name after the change, where the change says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// A message that could not be decrypted yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Undecryptable {
    /// Why, in the protocol's words. `interrupted` means that the server stopped at the one moment in which a message can be
    /// lost, after its cipher was stored and before it was: the account's own phone is asked what it says.
    pub reason: String,
}

/// A message that was deleted for everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Revoked {
    /// True when an admin of the group did it and not who wrote it.
    pub by_admin: bool,
}

/// A kind that Pesan does not understand yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unsupported {
    /// The protocol's name of the kind.
    pub kind: String,
}

/// The kinds of file WhatsApp treats differently, with what it accepts of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// Any file.
    Document,
    /// Sound.
    Audio,
    /// A sticker.
    Sticker,
}

impl MediaKind {
    /// Most bytes WhatsApp takes of this kind.
    /// Source: the limits WhatsApp publishes for its apps: 16 MB for pictures, films and sound, 2 GB for documents;
    /// documents are held to 100 MB here, which is also the official API's limit.
    pub fn max_bytes(self) -> u64 {
        match self {
            Self::Image | Self::Video | Self::Audio => 16 * 1024 * 1024,
            Self::Document => 100 * 1024 * 1024,
            Self::Sticker => 1024 * 1024,
        }
    }

    /// True when a file of this type can be sent as this kind.
    pub fn accepts(self, mime: &str) -> bool {
        let essence = mime.split(';').next().unwrap_or(mime).trim().to_ascii_lowercase();
        let essence = essence.as_str();
        match self {
            Self::Image => matches!(essence, "image/jpeg" | "image/png" | "image/webp" | "image/gif"),
            Self::Video => matches!(essence, "video/mp4" | "video/3gpp" | "video/quicktime" | "video/webm"),
            Self::Audio => essence.starts_with("audio/"),
            Self::Sticker => essence == "image/webp",
            Self::Document => essence
                .split_once('/')
                .is_some_and(|(kind, sub)| !kind.is_empty() && !sub.is_empty()),
        }
    }

    /// The API's name of the kind.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Document => "document",
            Self::Audio => "audio",
            Self::Sticker => "sticker",
        }
    }

    /// The content of this kind with this file.
    pub fn content(self, media: Media) -> Content {
        match self {
            Self::Image => Content::Image(media),
            Self::Video => Content::Video(media),
            Self::Document => Content::Document(media),
            Self::Audio => Content::Audio(media),
            Self::Sticker => Content::Sticker(media),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn media() -> Media {
        Media {
            media_id: MediaId::from(Uuid::from_u128(1)),
            mime: "image/png".into(),
            size: None,
            caption: None,
            file_name: Some("a.png".into()),
            voice: false,
            seconds: None,
        }
    }

    fn place() -> Content {
        Content::Location(Location {
            latitude: Degrees::north(-6.175_392).expect("a place"),
            longitude: Degrees::east(106.827_153).expect("a place"),
            name: None,
            address: Some("Jalan Merdeka 1".into()),
            caption: None,
            is_live: true,
        })
    }

    fn people() -> Content {
        let card = |name: &str| ContactCard {
            name: name.into(),
            organization: None,
            numbers: vec![CardNumber {
                written: "0800-0000-001".into(),
                phone: "6280000000001".parse().ok(),
            }],
        };
        Content::Contacts(Contacts {
            cards: vec![card("Budi"), card("Sari")],
        })
    }

    #[test]
    fn json_has_one_key_named_for_the_kind() {
        let all = [
            Content::Text(Text { body: "halo".into() }),
            Content::Reaction(Reaction {
                message_id: None,
                wa_id: Some("3EB0".into()),
                emoji: "👍".into(),
            }),
            Content::GroupChange(GroupChange {
                action: "add".into(),
                participants: vec![],
                subject: None,
            }),
            Content::Undecryptable(Undecryptable {
                reason: "no session".into(),
            }),
            Content::Unsupported(Unsupported { kind: "event".into() }),
            Content::Revoked(Revoked { by_admin: true }),
            place(),
            people(),
            Content::Poll(Poll {
                question: "Kapan?".into(),
                options: vec![PollOption {
                    text: "Sabtu".into(),
                    votes: 2,
                }],
                max_choices: Some(1),
                voters: 2,
            }),
        ];
        let files = [
            MediaKind::Image,
            MediaKind::Video,
            MediaKind::Document,
            MediaKind::Audio,
            MediaKind::Sticker,
        ];
        for content in all.into_iter().chain(files.map(|kind| kind.content(media()))) {
            let json = serde_json::to_value(&content).expect("serializes");
            assert_eq!(
                json.as_object().expect("an object").keys().collect::<Vec<_>>(),
                [content.kind()]
            );
            assert_eq!(serde_json::from_value::<Content>(json).expect("parses"), content);
        }
    }

    #[test]
    fn kinds_with_a_file_have_media_and_a_preview() {
        for kind in [
            MediaKind::Image,
            MediaKind::Video,
            MediaKind::Document,
            MediaKind::Audio,
            MediaKind::Sticker,
        ] {
            let content = kind.content(media());
            assert_eq!(content.kind(), kind.name());
            assert_eq!(content.media(), Some(&media()));
            assert_eq!(content.preview().as_deref(), Some("a.png"));
        }
        let captioned = Content::Image(Media {
            caption: Some("look".into()),
            ..media()
        });
        assert_eq!(captioned.preview().as_deref(), Some("look"));
        let text = Content::Text(Text { body: "halo".into() });
        assert_eq!(text.preview().as_deref(), Some("halo"));
        assert_eq!(place().preview().as_deref(), Some("Jalan Merdeka 1"));
        assert_eq!(people().preview().as_deref(), Some("Budi, Sari"));
        assert_eq!(Content::Revoked(Revoked { by_admin: false }).preview(), None);
        assert_eq!(Content::Text(Text { body: "halo".into() }).media(), None);
        assert_eq!(
            Content::Undecryptable(Undecryptable { reason: String::new() }).preview(),
            None
        );
    }

    #[test]
    fn each_kind_accepts_its_own_types_only() {
        assert!(MediaKind::Image.accepts("image/jpeg") && !MediaKind::Image.accepts("image/svg+xml"));
        assert!(MediaKind::Video.accepts("video/mp4") && !MediaKind::Video.accepts("image/png"));
        assert!(MediaKind::Audio.accepts("audio/ogg; codecs=opus") && !MediaKind::Audio.accepts("text/plain"));
        assert!(MediaKind::Document.accepts("application/pdf") && !MediaKind::Document.accepts("pdf"));
        assert!(!MediaKind::Document.accepts("/pdf") && !MediaKind::Document.accepts("application/"));
        assert!(MediaKind::Sticker.accepts("image/webp") && !MediaKind::Sticker.accepts("image/png"));
    }

    #[test]
    fn size_limits_are_whatsapps() {
        assert_eq!(MediaKind::Image.max_bytes(), 16_777_216);
        assert_eq!(MediaKind::Video.max_bytes(), MediaKind::Audio.max_bytes());
        assert_eq!(MediaKind::Document.max_bytes(), 104_857_600);
        assert_eq!(MediaKind::Sticker.max_bytes(), 1_048_576);
    }
}
