//! Messages that Pesan sends by itself: a welcome, a word outside the hours, and the answer to those who ask for peace. Pure.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::flaw::Flaw;
use crate::search::words;
use crate::template::{Purpose, Template};
use crate::visible::seen;

/// Most letters of a text.
pub const MAX_TEXT: usize = 2_000;
/// Most words of a list.
pub const MAX_WORDS: usize = 50;
/// Most letters of a word.
pub const MAX_WORD: usize = 40;
/// No word is longer with whatever signs stand around it: longer texts need not be looked at.
const MAX_SAID_BYTES: usize = 8 * MAX_WORD;
/// Most automatic messages in a chat within a day. Two programs that answer each other stop there.
pub const MAX_A_DAY: u64 = 4;

/// Why Pesan sent a message by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AutomaticKind {
    /// Somebody new wrote.
    Welcome,
    /// Somebody wrote while nobody is there.
    Away,
    /// Somebody asked not to be written to.
    OptOut,
    /// Somebody asked to be written to again.
    OptIn,
}

impl AutomaticKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Welcome, Self::Away, Self::OptOut, Self::OptIn];

    /// The name in the API and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::Away => "away",
            Self::OptOut => "opt_out",
            Self::OptIn => "opt_in",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A message that is sent by itself while it is switched on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AutomaticText {
    /// Whether it is sent.
    pub enabled: bool,
    /// What it says, with variables. It can be empty while it is not sent.
    pub text: String,
}

impl AutomaticText {
    /// What is wrong with the text, where these fields exist.
    pub fn wrong(&self, is_field: impl Fn(&str) -> bool) -> Option<Flaw> {
        let length = self.text.chars().count();
        if length > MAX_TEXT {
            let (max, length) = (MAX_TEXT, Some(length));
            return Some(Flaw::TooLong { max, length });
        }
        if self.enabled && seen(&self.text).is_none() {
            return Some(Flaw::Empty);
        }
        match Template::parse(&self.text) {
            Ok(template) => template.check(Purpose::Automatic, is_field),
            Err(flaw) => Some(flaw),
        }
    }

    /// What to send, if anything.
    pub fn template(&self) -> Option<Template> {
        // It was checked before it was kept.
        Template::parse(&self.text).ok().filter(|_| self.enabled)
    }
}

/// How people say that they do not want to be written to, and that they do again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OptOut {
    /// Whether the words are listened to.
    pub enabled: bool,
    /// A message that is nothing but one of these opts out. At most 50.
    pub words: Vec<String>,
    /// A message that is nothing but one of these opts in again. At most 50.
    pub opt_in_words: Vec<String>,
    /// What is answered to those who opt out: the last thing that Pesan sends them by itself.
    pub reply: AutomaticText,
    /// What is answered to those who opt in again.
    pub opt_in_reply: AutomaticText,
}

impl Default for OptOut {
    fn default() -> Self {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            enabled: true,
            words: list(&[
                "STOP",
                "UNSUBSCRIBE",
                "BERHENTI",
                "BERHENTI LANGGANAN",
                "إيقاف",
                "توقف",
                "إلغاء الاشتراك",
            ]),
            opt_in_words: list(&["START", "SUBSCRIBE", "MULAI", "LANGGANAN", "ابدأ", "اشتراك"]),
            reply: AutomaticText::default(),
            opt_in_reply: AutomaticText::default(),
        }
    }
}

/// What somebody said about being written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Not to be.
    OptOut,
    /// To be, after all.
    OptIn,
}

impl OptOut {
    /// What a message says about being written to, when it changes anything.
    pub fn wish(&self, text: &str, is_opted_out: bool) -> Option<Wish> {
        if !self.enabled || text.len() > MAX_SAID_BYTES {
            return None;
        }
        let (words, wish) = if is_opted_out {
            (&self.opt_in_words, Wish::OptIn)
        } else {
            (&self.words, Wish::OptOut)
        };
        let said = folded(text);
        let is_said = !said.is_empty() && words.iter().any(|word| folded(word) == said);
        is_said.then_some(wish)
    }

    /// What is wrong, each with the place of the field: `/words/2`.
    pub fn wrong(&self, is_field: impl Fn(&str) -> bool + Copy) -> Vec<(String, Flaw)> {
        let mut wrong = Vec::new();
        let mut known = BTreeSet::new();
        for (name, words) in [("words", &self.words), ("opt_in_words", &self.opt_in_words)] {
            if words.len() > MAX_WORDS {
                wrong.push((format!("/{name}"), Flaw::TooManyEntries { max: MAX_WORDS }));
                continue;
            }
            for (place, word) in words.iter().enumerate() {
                let folded = folded(word);
                let flaw = if word.chars().count() > MAX_WORD {
                    Some(Flaw::WrongLength { min: 1, max: MAX_WORD })
                } else if word.chars().any(char::is_control) {
                    Some(Flaw::NotOneLine)
                } else if folded.is_empty() {
                    Some(Flaw::Empty)
                } else {
                    (!known.insert(folded)).then_some(Flaw::GivenTwice)
                };
                wrong.extend(flaw.map(|flaw| (format!("/{name}/{place}"), flaw)));
            }
        }
        for (name, text) in [("reply", &self.reply), ("opt_in_reply", &self.opt_in_reply)] {
            wrong.extend(text.wrong(is_field).map(|flaw| (format!("/{name}/text"), flaw)));
        }
        wrong
    }
}

/// The words of a text without what people write differently, as they are searched for too.
fn folded(text: &str) -> String {
    let words: Vec<String> = words(text).map(|word| word.text).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_api() {
        for kind in AutomaticKind::ALL {
            assert_eq!(serde_json::to_value(kind).expect("serializes"), kind.name());
            assert_eq!(AutomaticKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(AutomaticKind::from_name("x"), None);
    }

    #[test]
    fn a_word_is_heard_however_it_is_written_and_nothing_more_is() {
        let rules = OptOut::default();
        for said in [
            "STOP",
            "stop",
            " Stop. ",
            "«stop!»",
            "*STOP*",
            "ＳＴＯＰ",
            "stóp",
            "st\u{200b}op",
            "Berhenti",
            "berhenti\n langganan",
            "إيقاف",
            "ايقاف",
            "إِيقاف",
            "تـوقف",
            "\u{200f}توقف\u{200f}",
        ] {
            assert_eq!(rules.wish(said, false), Some(Wish::OptOut), "{said}");
            assert_eq!(rules.wish(said, true), None, "{said}");
        }
        for said in ["start", "Mulai!", "ابدا", "أبدأ"] {
            assert_eq!(rules.wish(said, true), Some(Wish::OptIn), "{said}");
            assert_eq!(rules.wish(said, false), None, "{said}");
        }
        for said in [
            "",
            "!",
            "please stop",
            "stop it",
            "don't stop",
            "stopp",
            "s top",
            "بدأ",
            "👍",
        ] {
            assert_eq!(
                (rules.wish(said, false), rules.wish(said, true)),
                (None, None),
                "{said}"
            );
        }
        let cried = |times| format!("stop{}", "!".repeat(times));
        assert_eq!(rules.wish(&cried(316), false), Some(Wish::OptOut), "however much of it");
        assert_eq!(rules.wish(&cried(317), false), None, "but not without end");
        let deaf = OptOut {
            enabled: false,
            ..OptOut::default()
        };
        assert_eq!(deaf.wish("STOP", false), None);
        let sign = OptOut {
            words: vec!["!".to_owned()],
            ..OptOut::default()
        };
        assert_eq!(sign.wish("?", false), None, "a word of nothing is none");
    }

    #[test]
    fn the_defaults_are_right_and_what_is_wrong_is_told_at_its_place() {
        assert_eq!(OptOut::default().wrong(|_| false), []);
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let long = "x".repeat(MAX_WORD + 1);
        let rules = OptOut {
            words: list(&["stop", " ", "Stóp", &long, &"y".repeat(MAX_WORD)]),
            opt_in_words: list(&["STOP!"]),
            reply: AutomaticText {
                enabled: true,
                text: " ".to_owned(),
            },
            opt_in_reply: AutomaticText {
                enabled: false,
                text: "{{user.name}}".to_owned(),
            },
            enabled: true,
        };
        let at = |place: &str, flaw| (place.to_owned(), flaw);
        let name = "user.name".to_owned();
        assert_eq!(
            rules.wrong(|_| false),
            [
                at("/words/1", Flaw::Empty),
                at("/words/2", Flaw::GivenTwice),
                at("/words/3", Flaw::WrongLength { min: 1, max: MAX_WORD }),
                at("/opt_in_words/0", Flaw::GivenTwice),
                at("/reply/text", Flaw::Empty),
                at("/opt_in_reply/text", Flaw::VariableNotHere { name, position: 1 }),
            ]
        );
        let many = OptOut {
            words: (0..=MAX_WORDS).map(|number| format!("w{number}")).collect(),
            ..OptOut::default()
        };
        assert_eq!(
            many.wrong(|_| false),
            [at("/words", Flaw::TooManyEntries { max: MAX_WORDS })]
        );
        let most = OptOut {
            words: (0..MAX_WORDS).map(|number| format!("w{number}")).collect(),
            ..OptOut::default()
        };
        assert_eq!(most.wrong(|_| false), []);
    }

    #[test]
    fn a_text_is_sent_only_while_it_is_switched_on() {
        let text = |enabled, text: &str| AutomaticText {
            enabled,
            text: text.to_owned(),
        };
        assert!(text(true, "Halo").template().is_some() && text(false, "Halo").template().is_none());
        assert_eq!(text(false, "").wrong(|_| false), None);
        assert_eq!(text(true, "").wrong(|_| false), Some(Flaw::Empty));
        assert_eq!(
            text(true, "{{").wrong(|_| false),
            Some(Flaw::BracesNotClosed { position: 1 })
        );
        assert_eq!(text(true, "{{contact.fields.a|}}").wrong(|key| key == "a"), None);
        assert_eq!(text(true, &"é".repeat(MAX_TEXT)).wrong(|_| false), None);
        let (max, length) = (MAX_TEXT, Some(MAX_TEXT + 1));
        assert_eq!(
            text(false, &"é".repeat(MAX_TEXT + 1)).wrong(|_| false),
            Some(Flaw::TooLong { max, length })
        );
    }
}
