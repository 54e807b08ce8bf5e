//! What people can still do with a message that was sent: give it other words, or delete it for everybody. Pure.
//!
//! Changes come in any order, and more than once. Whatever the order, the newest words stay, and what was deleted stays
//! deleted.

use std::time::Duration;

use super::Message;
use crate::clock::Timestamp;
use crate::content::{Content, Revoked, Text};

/// How long after a message its writer can give it other words.
/// Source: WhatsApp's apps let people edit for 15 minutes, and take edits that were made within 20.
pub const EDIT_WINDOW: Duration = Duration::from_mins(20);

impl Message {
    /// Gives it the words that its writer chose at `at`. False when that changes nothing: it came before, or after newer
    /// ones, or too late, or there is nothing in it that could have other words.
    pub fn edit(&mut self, words: &str, at: Timestamp) -> bool {
        let written_at = self.sent_at.unwrap_or(self.created_at);
        let is_late = at >= written_at.plus(EDIT_WINDOW);
        let is_older = self.edited_at.is_some_and(|last| at < last);
        if is_late || is_older || self.deleted_at.is_some() {
            return false;
        }
        let is_different = match &mut self.content {
            // A text cannot become none.
            Content::Text(_) | Content::Undecryptable(_) if words.is_empty() => return false,
            Content::Text(text) => std::mem::replace(&mut text.body, words.to_owned()) != words,
            Content::Image(media) | Content::Video(media) | Content::Document(media) => {
                let caption = (!words.is_empty()).then(|| words.to_owned());
                let before = std::mem::replace(&mut media.caption, caption);
                before != media.caption
            }
            // What it said at first is not needed any more.
            Content::Undecryptable(_) => {
                self.content = Content::Text(Text { body: words.to_owned() });
                self.content.kind().clone_into(&mut self.kind);
                true
            }
            Content::Audio(_)
            | Content::Sticker(_)
            | Content::Reaction(_)
            | Content::Location(_)
            | Content::Contacts(_)
            | Content::Poll(_)
            | Content::GroupChange(_)
            | Content::Revoked(_)
            | Content::Unsupported(_) => return false,
        };
        // The same words again are an edit too: older ones that come later must not take their place.
        let is_newer = self.edited_at != Some(at);
        self.edited_at = Some(at);
        is_different || is_newer
    }

    /// Takes out what it says, as its writer or an admin wanted at `at`. False when that changes nothing: it was done
    /// before, or it is nothing that somebody said.
    pub fn revoke(&mut self, by_admin: bool, at: Timestamp) -> bool {
        match self.content {
            Content::Reaction(_) | Content::GroupChange(_) | Content::Revoked(_) => return false,
            Content::Text(_)
            | Content::Image(_)
            | Content::Video(_)
            | Content::Document(_)
            | Content::Audio(_)
            | Content::Sticker(_)
            | Content::Location(_)
            | Content::Contacts(_)
            | Content::Poll(_)
            | Content::Undecryptable(_)
            | Content::Unsupported(_) => {}
        }
        self.content = Content::Revoked(Revoked { by_admin });
        self.content.kind().clone_into(&mut self.kind);
        self.edited_at = None;
        self.revoked_at = Some(at);
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::content::{Media, MediaKind, Reaction, Undecryptable};
    use crate::id::{AccountId, ChatId, MediaId, MessageId};
    use crate::message::{Direction, MessageStatus};

    const SAID: i64 = 1_000;

    fn message(content: Content) -> Message {
        Message {
            id: MessageId::from(Uuid::from_u128(1)),
            account_id: AccountId::from(Uuid::from_u128(2)),
            chat_id: ChatId::from(Uuid::from_u128(3)),
            direction: Direction::In,
            wa_id: "3EB0A".into(),
            chat: "6280000000001@s.whatsapp.net".into(),
            chat_name: "Siti".into(),
            sender: "6280000000001@s.whatsapp.net".into(),
            sent_by: None,
            automatic: None,
            contact_id: None,
            push_name: None,
            kind: content.kind().to_owned(),
            content,
            metadata: None,
            reply_to: None,
            status: MessageStatus::Received,
            error: None,
            attempts: 0,
            retries: 0,
            created_at: at(5),
            sent_at: Some(at(0)),
            delivered_at: None,
            read_at: None,
            failed_at: None,
            send_at: None,
            deleted_at: None,
            edited_at: None,
            revoked_at: None,
        }
    }

    fn text(body: &str) -> Message {
        message(Content::Text(Text { body: body.into() }))
    }

    fn file(kind: MediaKind, caption: Option<&str>) -> Message {
        message(kind.content(Media {
            media_id: MediaId::from(Uuid::from_u128(4)),
            mime: "image/png".into(),
            size: None,
            caption: caption.map(Into::into),
            file_name: None,
            voice: false,
            seconds: None,
        }))
    }

    /// So many seconds after the message was written.
    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(SAID + seconds)
    }

    fn words(message: &Message) -> Option<String> {
        message.content.preview().map(std::borrow::Cow::into_owned)
    }

    #[test]
    fn the_words_of_a_text_and_of_a_caption_change_and_say_when() {
        let mut changed = text("halo");
        assert!(changed.edit("halo semua", at(60)));
        assert_eq!(
            (words(&changed).as_deref(), changed.edited_at),
            (Some("halo semua"), Some(at(60)))
        );
        for kind in [MediaKind::Image, MediaKind::Video, MediaKind::Document] {
            let mut changed = file(kind, None);
            assert!(changed.edit("danau", at(1)), "a caption where there was none");
            assert_eq!(words(&changed).as_deref(), Some("danau"));
            assert!(changed.edit("", at(2)), "and none again");
            assert_eq!((words(&changed), changed.content.kind()), (None, kind.name()));
        }
    }

    #[test]
    fn an_edit_that_is_old_late_empty_or_of_what_has_no_words_changes_nothing() {
        let edited = {
            let mut edited = text("satu");
            assert!(edited.edit("dua", at(60)));
            edited
        };
        let deleted = Message {
            deleted_at: Some(at(7)),
            ..text("satu")
        };
        let mut revoked = text("satu");
        assert!(revoked.revoke(false, at(7)));
        let reaction = message(Content::Reaction(Reaction {
            message_id: None,
            wa_id: None,
            emoji: "👍".into(),
        }));
        let last = EDIT_WINDOW.as_secs() as i64;
        let table = [
            ("twice", edited.clone(), "dua", 60),
            ("older", edited, "tiga", 59),
            ("too late", text("satu"), "dua", last),
            ("empty", text("satu"), "", 60),
            ("deleted here", deleted, "dua", 60),
            ("deleted for everybody", revoked, "dua", 60),
            ("a reaction", reaction, "dua", 60),
            ("a sticker", file(MediaKind::Sticker, None), "dua", 60),
            ("sound", file(MediaKind::Audio, None), "dua", 60),
        ];
        for (what, before, words, seconds) in table {
            let mut after = before.clone();
            assert!(!after.edit(words, at(seconds)), "{what}");
            assert_eq!(after, before, "{what}");
        }
        assert!(text("satu").edit("dua", at(last - 1)), "in time");
    }

    #[test]
    fn the_same_words_later_are_an_edit_and_other_words_of_the_same_moment_too() {
        for mut changed in [text("satu"), file(MediaKind::Image, Some("satu"))] {
            assert!(changed.edit("satu", at(60)), "the same words, later");
            assert!(!changed.edit("satu", at(60)), "twice");
            assert!(changed.edit("dua", at(60)), "other words of the same moment");
            assert_eq!(
                (words(&changed).as_deref(), changed.edited_at),
                (Some("dua"), Some(at(60)))
            );
        }
    }

    #[test]
    fn what_could_not_be_read_is_read_in_its_other_words() {
        let mut unreadable = message(Content::Undecryptable(Undecryptable {
            reason: "no_session".into(),
        }));
        assert!(!unreadable.edit("", at(1)));
        assert!(unreadable.edit("dua", at(1)));
        assert_eq!(
            (unreadable.kind.as_str(), words(&unreadable).as_deref()),
            ("text", Some("dua"))
        );
    }

    #[test]
    fn what_is_deleted_for_everybody_says_nothing_any_more() {
        let mut edited = text("satu");
        assert!(edited.edit("dua", at(1)));
        for (before, by_admin) in [
            (edited, false),
            (file(MediaKind::Image, Some("danau")), true),
            (
                message(Content::Undecryptable(Undecryptable { reason: "x".into() })),
                false,
            ),
        ] {
            let mut after = before.clone();
            assert!(after.revoke(by_admin, at(90_000)), "there is no last moment for it");
            let expected = Message {
                kind: "revoked".into(),
                content: Content::Revoked(Revoked { by_admin }),
                edited_at: None,
                revoked_at: Some(at(90_000)),
                ..before
            };
            assert_eq!(after, expected);
            assert!(!after.revoke(!by_admin, at(95_000)), "twice");
            assert_eq!(after, expected);
        }
        let mut reaction = message(Content::Reaction(Reaction {
            message_id: None,
            wa_id: None,
            emoji: "👍".into(),
        }));
        assert!(
            !reaction.revoke(false, at(1)),
            "a reaction is taken back in its own way"
        );
    }

    /// An edit at a second, or a deletion.
    #[derive(Debug, Clone)]
    enum Change {
        Edit(i64, String),
        Revoke,
    }

    fn apply(message: &mut Message, change: &Change) -> bool {
        match change {
            Change::Edit(seconds, words) => message.edit(words, at(*seconds)),
            Change::Revoke => message.revoke(false, at(30)),
        }
    }

    fn changes() -> impl Strategy<Value = Vec<Change>> {
        // Each second has one edit; few different words, so that the same come again.
        let edits = proptest::collection::btree_map(0..1_199_i64, "[abo]", 0..6);
        (edits, any::<bool>())
            .prop_map(|(edits, is_revoked)| {
                let edit = |(seconds, words)| Change::Edit(seconds, words);
                let mut changes: Vec<Change> = edits.into_iter().map(edit).collect();
                changes.extend(changes.clone());
                changes.extend(is_revoked.then_some(Change::Revoke));
                changes
            })
            .prop_shuffle()
    }

    proptest! {
        #[test]
        fn changes_in_any_order_and_twice_end_in_the_same(changes in changes()) {
            let mut ended = text("o");
            for change in &changes {
                apply(&mut ended, change);
                let before = ended.clone();
                prop_assert!(!apply(&mut ended, change), "the same again");
                prop_assert_eq!(&ended, &before);
            }
            let newest = changes.iter().filter_map(|change| match change {
                Change::Edit(seconds, words) => Some((*seconds, words.clone())),
                Change::Revoke => None,
            }).max();
            if changes.iter().any(|change| matches!(change, Change::Revoke)) {
                prop_assert_eq!((ended.content.kind(), words(&ended), ended.edited_at), ("revoked", None, None));
            } else if let Some((seconds, newest)) = newest {
                prop_assert_eq!((words(&ended), ended.edited_at), (Some(newest), Some(at(seconds))));
            } else {
                prop_assert_eq!(ended, text("o"));
            }
        }
    }
}
