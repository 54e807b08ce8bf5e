//! What the talkers say: texts, pictures, answers and reactions in a fixed share, and how each looks at both sides.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pesan_model::content::Reaction;
use pesan_model::message::Message;
use pesan_model::{Content, MessageId};
use sha2::{Digest as _, Sha256};

use crate::phones::Shown;
use crate::seeded::number_of;

/// After so many messages of a sender in a chat the kinds come again.
pub(super) const TURN: u64 = 8;

/// A picture of one dot. What stands behind it no reader of pictures looks at.
const DOT: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
/// Behind the dot stand so many numbers of eight bytes, for each picture others.
const NUMBERS: u64 = 300;

const EMOJIS: [&str; 5] = ["👍", "🙏", "😂", "🎉", "🌿"];

/// The kinds of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Image,
    Reply,
    Reaction,
}

impl Kind {
    /// Of eight messages one is a picture, one an answer, one a reaction.
    pub(super) fn of(number: u64) -> Self {
        match number % TURN {
            2 => Self::Image,
            4 => Self::Reply,
            6 => Self::Reaction,
            _ => Self::Text,
        }
    }
}

/// What a message says. Messages are named here by WhatsApp's ids, which both sides know.
#[derive(Debug, Clone)]
pub(crate) enum Said {
    /// Words.
    Text(String),
    /// A picture that is made from its caption.
    Image { caption: String },
    /// Words that answer a message.
    Reply { text: String, to: String },
    /// An emoji on a message.
    Reaction { emoji: &'static str, to: String },
}

impl Said {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Image { .. } => Kind::Image,
            Self::Reply { .. } => Kind::Reply,
            Self::Reaction { .. } => Kind::Reaction,
        }
    }

    /// Whether this is what a phone shows.
    pub(super) fn is_shown_as(&self, shown: &Shown) -> bool {
        let (text, about) = (shown.text.as_ref(), shown.reply_to.as_ref());
        match (self, shown.kind.as_str()) {
            (Self::Text(said), "text") => text == Some(said) && about.is_none(),
            (Self::Image { caption }, "image") => text == Some(caption) && about.is_none(),
            (Self::Reply { text: said, to }, "text") => text == Some(said) && about == Some(to),
            (Self::Reaction { emoji, to }, "reaction") => {
                shown.reaction.as_deref() == Some(*emoji) && about == Some(to)
            }
            _ => false,
        }
    }

    /// Whether this is what Pesan has stored. `id_of` says under which id Pesan has the message with an id of WhatsApp's.
    pub(super) fn is_stored_as(&self, stored: &Message, id_of: impl Fn(&str) -> Option<MessageId>) -> bool {
        let answers = |to: &str| stored.reply_to.is_some() && stored.reply_to == id_of(to);
        match (self, &stored.content) {
            (Self::Text(said), Content::Text(text)) => text.body == *said && stored.reply_to.is_none(),
            (Self::Image { caption }, Content::Image(file)) => {
                file.caption.as_ref() == Some(caption) && stored.reply_to.is_none()
            }
            (Self::Reply { text: said, to }, Content::Text(text)) => text.body == *said && answers(to),
            (Self::Reaction { emoji: said, to }, Content::Reaction(Reaction { message_id, emoji, .. })) => {
                emoji == said && message_id.is_some() && *message_id == id_of(to)
            }
            _ => false,
        }
    }
}

/// The picture with this caption, unlike that of any other.
pub(super) fn picture(caption: &str) -> Vec<u8> {
    let mut bytes = STANDARD.decode(DOT).expect("the dot is base64");
    bytes.extend((0..NUMBERS).flat_map(|count| number_of(0, caption, count).to_be_bytes()));
    bytes
}

pub(super) fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(super) fn emoji(number: u64) -> &'static str {
    EMOJIS[(number / TURN) as usize % EMOJIS.len()]
}

/// Whether the message with this number is about one of the other side, and not of the sender's own.
pub(super) fn is_about_the_other(number: u64) -> bool {
    number / TURN % 2 == 1
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn pictures_are_small_and_each_is_another() {
        let (one, other) = (picture("in 0 1"), picture("in 0 2"));
        assert_eq!(one, picture("in 0 1"));
        assert_ne!(digest(&one), digest(&other));
        assert!(one.starts_with(b"\x89PNG") && one.len() < 4_096);
    }

    fn shown(kind: &str, text: Option<&str>, reaction: Option<&str>, reply_to: Option<&str>) -> Shown {
        let shown = json!({
            "seq": 1, "id": "B1", "direction": "in", "chat": "15550100001", "kind": kind, "text": text, "reaction": reaction,
            "reply_to": reply_to, "arrivals": 1, "shown": 1
        });
        serde_json::from_value(shown).expect("a message on a phone")
    }

    #[test]
    fn a_phone_shows_what_was_said_to_the_message_that_was_meant() {
        let reply = Said::Reply {
            text: "yes".into(),
            to: "A1".into(),
        };
        assert!(reply.is_shown_as(&shown("text", Some("yes"), None, Some("A1"))));
        assert!(!reply.is_shown_as(&shown("text", Some("yes"), None, Some("A2"))));
        assert!(!reply.is_shown_as(&shown("text", Some("yes"), None, None)));
        let reaction = Said::Reaction {
            emoji: "👍",
            to: "A1".into(),
        };
        assert!(reaction.is_shown_as(&shown("reaction", None, Some("👍"), Some("A1"))));
        assert!(!reaction.is_shown_as(&shown("reaction", None, Some("👍"), Some("A2"))));
        assert!(!reaction.is_shown_as(&shown("reaction", None, Some("🎉"), Some("A1"))));
        let text = Said::Text("yes".into());
        assert!(text.is_shown_as(&shown("text", Some("yes"), None, None)));
        assert!(!text.is_shown_as(&shown("text", Some("yes"), None, Some("A1"))));
        let image = Said::Image { caption: "yes".into() };
        assert!(image.is_shown_as(&shown("image", Some("yes"), None, None)));
        assert!(!image.is_shown_as(&shown("text", Some("yes"), None, None)));
    }

    #[test]
    fn what_is_stored_names_the_message_that_was_meant() {
        let meant: MessageId = "msg_01jd0000000000000000000001".parse().expect("an id");
        let id_of = |wa_id: &str| (wa_id == "A1").then_some(meant);
        let stored = |fields: Value| {
            let mut message = json!({
                "id": "msg_01jd0000000000000000000009", "account_id": "acc_01jd0000000000000000000000",
                "chat_id": "chat_01jd0000000000000000000000", "direction": "in", "wa_id": "B1", "chat": "15550100001@s.whatsapp.net",
                "status": "received", "attempts": 0, "created_at": "2026-11-28T00:00:00Z"
            });
            let fields = fields.as_object().cloned().into_iter().flatten();
            message.as_object_mut().expect("an object").extend(fields);
            serde_json::from_value::<Message>(message).expect("a message")
        };
        let other = "msg_01jd0000000000000000000002";
        let reply = Said::Reply {
            text: "yes".into(),
            to: "A1".into(),
        };
        let text = |to: Value| stored(json!({"type": "text", "text": {"body": "yes"}, "reply_to": to}));
        assert!(reply.is_stored_as(&text(json!(meant)), id_of));
        assert!(!reply.is_stored_as(&text(json!(other)), id_of));
        assert!(!reply.is_stored_as(&text(Value::Null), |_| None));
        let reaction = Said::Reaction {
            emoji: "👍",
            to: "A1".into(),
        };
        let on = |to: Value| stored(json!({"type": "reaction", "reaction": {"message_id": to, "emoji": "👍"}}));
        assert!(reaction.is_stored_as(&on(json!(meant)), id_of));
        assert!(!reaction.is_stored_as(&on(json!(other)), id_of));
        assert!(!reaction.is_stored_as(&on(Value::Null), |_| None));
    }

    #[test]
    fn one_of_eight_is_of_each_kind_but_text() {
        let kinds: Vec<_> = (0..TURN).map(Kind::of).collect();
        for kind in [Kind::Image, Kind::Reply, Kind::Reaction] {
            assert_eq!(kinds.iter().filter(|one| **one == kind).count(), 1, "{kind:?}");
        }
    }
}
