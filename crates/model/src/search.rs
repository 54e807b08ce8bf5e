//! What a text is found by, and what finds it: the same on every database, because neither of them is asked.
//!
//! A text is cut into words, each folded to what people take for the same (`words`). A search is phrases, each of words
//! that stand beside each other; a text is found when it has all of them. An index only says which texts have the words;
//! whether they stand as asked is looked up in the text itself.

mod words;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::chat::{Chat, Contact};
use crate::clock::Timestamp;
use crate::content::{ContactCard, Content};
use crate::message::Message;
pub use words::{MAX_WORD_CHARS, Word, words};

/// Most characters of a search.
pub const MAX_SEARCH_CHARS: usize = 200;
/// Words of a search that an index is asked for. The text is looked at for all of them.
const MAX_TERMS: usize = 6;
/// Characters that a snippet shows before the first word that was found.
const BEFORE: usize = 30;
/// Characters of a snippet.
const SNIPPET: usize = 160;

/// A piece of a text that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Part {
    /// What it says.
    pub text: String,
    /// Whether the search found this piece.
    pub is_match: bool,
}

/// A message that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageHit {
    /// The message.
    pub message: Message,
    /// Its place in the thread.
    pub at: Timestamp,
    /// A piece of it, around what was found.
    pub snippet: Vec<Part>,
}

/// A chat that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChatHit {
    /// The chat.
    pub chat: Chat,
    /// Its name, with what was found of it: nothing when it was found by a number or by another name of the person.
    pub name: Vec<Part>,
}

/// A person who was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContactHit {
    /// The person.
    pub contact: Contact,
    /// The name, with what was found of it.
    pub name: Vec<Part>,
}

/// A word that is searched for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// The folded word, or its beginning.
    pub text: String,
    /// Whether words that only begin so are found too.
    pub is_beginning: bool,
}

impl Term {
    fn fits(&self, word: &Word) -> bool {
        if self.is_beginning {
            word.text.starts_with(&self.text)
        } else {
            word.text == self.text
        }
    }
}

/// What somebody searches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search(Vec<Vec<Term>>);

impl Search {
    /// Reads what somebody typed: words, and phrases in quotation marks. The last word may be unfinished.
    pub fn new(text: &str) -> Self {
        let mut phrases = Vec::new();
        // Every second piece stands in quotation marks; the last one perhaps only will.
        let pieces: Vec<&str> = text.split(['"', '“', '”', '„', '«', '»']).collect();
        let last = pieces.len() - 1;
        for (place, piece) in pieces.into_iter().enumerate() {
            if place % 2 == 1 {
                phrases.push(phrase(piece, place == last));
            } else {
                let mut chunks = piece.split_whitespace().peekable();
                while let Some(chunk) = chunks.next() {
                    phrases.push(phrase(chunk, place == last && chunks.peek().is_none()));
                }
            }
        }
        phrases.retain(|phrase| !phrase.is_empty());
        Self(phrases)
    }

    /// The same with every word only the beginning of one, each for itself: how people are found by their names.
    pub fn of_beginnings(text: &str) -> Self {
        let begins = |word: Word| Term {
            text: word.text,
            is_beginning: true,
        };
        Self(words(text).map(|word| vec![begins(word)]).collect())
    }

    /// Whether there is no word in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The words that an index is asked for: whatever is found has all of them. The longest are the rarest, mostly.
    pub fn terms(&self) -> Vec<Term> {
        let needed = |phrase: &Vec<Term>| {
            let is_alone = phrase.len() == 1;
            let terms = phrase.iter().filter(|term| is_alone || !is_tail(term));
            terms.cloned().collect::<Vec<_>>()
        };
        let mut terms: Vec<Term> = self.0.iter().flat_map(needed).collect();
        terms.sort_by_key(|term| (std::cmp::Reverse(term.text.chars().count()), term.clone()));
        terms.dedup();
        terms.truncate(MAX_TERMS);
        terms
    }

    /// Whether the texts of one message have together what is searched for.
    pub fn finds(&self, texts: &[&str]) -> bool {
        let words: Vec<Vec<Word>> = texts.iter().map(|text| words(text).collect()).collect();
        !self.is_empty() && (self.0.iter()).all(|phrase| words.iter().any(|words| !places(phrase, words).is_empty()))
    }

    /// What a list shows of the texts of a message: the one in which something is found, around the first of it.
    pub fn snippet(&self, texts: &[&str]) -> Vec<Part> {
        let found = texts.iter().find_map(|text| {
            let ranges = self.ranges(text);
            (!ranges.is_empty()).then_some((*text, ranges))
        });
        match found {
            Some((text, ranges)) => cut(text, &ranges),
            None => texts.first().map_or_else(Vec::new, |text| cut(text, &[])),
        }
    }

    /// A whole short text, such as a name, with what is found of it.
    pub fn parts(&self, text: &str) -> Vec<Part> {
        parts(text, (0, text.len()), &self.ranges(text))
    }

    /// Where in the text what is searched for stands, in bytes; in order, and none in another.
    fn ranges(&self, text: &str) -> Vec<(usize, usize)> {
        let words: Vec<Word> = words(text).collect();
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        for phrase in &self.0 {
            for place in places(phrase, &words) {
                ranges.extend(
                    words[place..place + phrase.len()]
                        .iter()
                        .map(|word| (word.start, word.end)),
                );
            }
        }
        ranges.sort_unstable();
        let mut joined: Vec<(usize, usize)> = Vec::new();
        for (start, end) in ranges {
            match joined.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => joined.push((start, end)),
            }
        }
        joined
    }
}

/// The words of a piece of a search, which stand beside each other in what is found.
fn phrase(piece: &str, is_unfinished: bool) -> Vec<Term> {
    let words: Vec<Word> = words(piece).collect();
    let last = words.len().saturating_sub(1);
    let term = |(place, word): (usize, Word)| Term {
        is_beginning: (is_unfinished && place == last) || word.is_tail,
        text: word.text,
    };
    words.into_iter().enumerate().map(term).collect()
}

/// Whether it is the last sign of a run without spaces, which the one before it says already.
fn is_tail(term: &Term) -> bool {
    let mut letters = term.text.chars();
    term.is_beginning && letters.next().is_some_and(words::is_unspaced) && letters.next().is_none()
}

/// Where the phrase begins among the words.
fn places(phrase: &[Term], words: &[Word]) -> Vec<usize> {
    let fits = |at: &[Word]| phrase.iter().zip(at).all(|(term, word)| term.fits(word));
    let windows = words.windows(phrase.len().max(1)).enumerate();
    windows.filter(|(_, at)| fits(at)).map(|(place, _)| place).collect()
}

/// About as much of a text as a list has room for, around the first range.
fn cut(text: &str, ranges: &[(usize, usize)]) -> Vec<Part> {
    let first = ranges.first().map_or(0, |(start, _)| *start);
    let before = text[..first].char_indices().rev().take(BEFORE).last();
    let mut from = before.map_or(first, |(place, _)| place);
    if from > 0 {
        // Not in the middle of a word, if another one begins before what was found.
        let shown = &text[from..first];
        from += shown.find(char::is_whitespace).unwrap_or(0);
        from += text[from..first].len() - text[from..first].trim_start().len();
    }
    let to = text[from..]
        .char_indices()
        .nth(SNIPPET)
        .map_or(text.len(), |(place, _)| from + place);
    let mut parts = parts(text, (from, to), ranges);
    if from > 0 {
        parts.insert(0, plain("…"));
    }
    if to < text.len() {
        parts.push(plain("…"));
    }
    parts
}

fn plain(text: &str) -> Part {
    Part {
        text: text.to_owned(),
        is_match: false,
    }
}

fn parts(text: &str, (from, to): (usize, usize), ranges: &[(usize, usize)]) -> Vec<Part> {
    let (mut parts, mut done) = (Vec::new(), from);
    for (start, end) in ranges {
        let (start, end) = ((*start).clamp(done, to), (*end).clamp(done, to));
        if start == end {
            continue;
        }
        if start > done {
            parts.push(plain(&text[done..start]));
        }
        parts.push(Part {
            text: text[start..end].to_owned(),
            is_match: true,
        });
        done = end;
    }
    if done < to {
        parts.push(plain(&text[done..to]));
    }
    parts
}

impl Content {
    /// The texts that it is found by: what was written, the name of a file or a place, who is on a contact card, and what
    /// a poll asks and offers.
    pub fn searched(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => vec![&text.body],
            Self::Image(media)
            | Self::Video(media)
            | Self::Document(media)
            | Self::Audio(media)
            | Self::Sticker(media) => {
                let texts = [media.caption.as_deref(), media.file_name.as_deref()];
                texts.into_iter().flatten().collect()
            }
            Self::Location(place) => {
                let texts = [&place.name, &place.address, &place.caption];
                texts.into_iter().filter_map(Option::as_deref).collect()
            }
            Self::Contacts(contacts) => contacts.cards.iter().flat_map(on_card).collect(),
            Self::Poll(poll) => {
                let options = poll.options.iter().map(|option| option.text.as_str());
                std::iter::once(poll.question.as_str()).chain(options).collect()
            }
            Self::Reaction(_)
            | Self::GroupChange(_)
            | Self::Undecryptable(_)
            | Self::Revoked(_)
            | Self::Unsupported(_) => Vec::new(),
        }
    }

    /// The different words of these texts.
    pub fn search_words(&self) -> BTreeSet<String> {
        let texts = self.searched().into_iter();
        texts.flat_map(words).map(|word| word.text).collect()
    }
}

fn on_card(card: &ContactCard) -> impl Iterator<Item = &str> {
    let names = [Some(card.name.as_str()), card.organization.as_deref()];
    let numbers = card.numbers.iter().map(|number| number.written.as_str());
    names.into_iter().flatten().chain(numbers)
}

#[cfg(test)]
mod tests;
