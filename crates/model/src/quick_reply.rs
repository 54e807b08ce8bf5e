//! Quick replies: texts that are written often, called by a short word.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::flaw::Flaw;
use crate::id::QuickReplyId;
use crate::template::{Purpose, Template};
use crate::visible::seen;

/// Most letters of the word that calls one.
pub const MAX_SHORTCUT: usize = 32;
/// Most letters of a text: as many as a message may have.
pub const MAX_BODY: usize = 4_096;

/// A text that is written often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuickReply {
    /// Ours.
    pub id: QuickReplyId,
    /// The word that calls it, without the slash; there is one of a word.
    pub shortcut: String,
    /// What it says, with variables: `Halo {{contact.first_name|Kak}}`.
    pub body: String,
    /// The same for a chat: only where one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled: Option<FilledText>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// A text whose variables were filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FilledText {
    /// The text. What is not known of the person stands in it as `{{contact.phone}}`.
    pub text: String,
    /// What is not known, as it stands in the text; each once. A message with one of these is not ready to be sent.
    pub missing: Vec<String>,
}

/// What is wrong with a word that is to call a quick reply.
pub fn check_shortcut(shortcut: &str) -> Option<Flaw> {
    let is_fine = (1..=MAX_SHORTCUT).contains(&shortcut.chars().count())
        && shortcut
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '-' || letter == '_');
    (!is_fine).then_some(Flaw::NotAShortcut { max: MAX_SHORTCUT })
}

/// What is wrong with the text of a quick reply, where these fields exist.
pub fn check_body(body: &str, is_field: impl Fn(&str) -> bool) -> Option<Flaw> {
    let length = body.chars().count();
    if seen(body).is_none() || length > MAX_BODY {
        return Some(Flaw::WrongLength { min: 1, max: MAX_BODY });
    }
    match Template::parse(body) {
        Ok(template) => template.check(Purpose::Reply, is_field),
        Err(flaw) => Some(flaw),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortcut_is_a_word_of_any_script() {
        for right in ["a", "terima-kasih", "rek_2", "شكرا", &"x".repeat(MAX_SHORTCUT)] {
            assert_eq!(check_shortcut(right), None, "{right}");
        }
        for wrong in ["", " ", "a b", "/a", "a.", "a\n", &"x".repeat(MAX_SHORTCUT + 1)] {
            assert!(check_shortcut(wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn a_body_says_something_and_names_what_there_is() {
        assert_eq!(check_body("{{user.name}} {{contact.fields.a}}", |key| key == "a"), None);
        assert!(check_body("{{contact.fields.b}}", |key| key == "a").is_some());
        assert!(check_body("{{", |_| true).is_some());
        assert_eq!(check_body(&"x".repeat(MAX_BODY), |_| false), None);
        let length = Some(Flaw::WrongLength { min: 1, max: MAX_BODY });
        for wrong in ["", " \n", &"x".repeat(MAX_BODY + 1)] {
            assert_eq!(check_body(wrong, |_| true), length);
        }
    }
}
