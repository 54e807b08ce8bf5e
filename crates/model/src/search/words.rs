//! The words of a text, folded to what people take for the same.
//!
//! Letters lose their case, their accents and vowel marks, and their other shapes; digits of other scripts are digits.
//! Scripts without spaces (Chinese, Japanese, Thai, …) are cut into every two signs that stand beside each other and, at
//! the end of a run, the last one: so whatever somebody types of a run is found as a phrase.

use std::str::CharIndices;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Letters of a word that count, after folding.
pub const MAX_WORD_CHARS: usize = 32;
/// Words of a text that count: more than the longest message that WhatsApp's own apps send has.
const MAX_WORDS: usize = 5_000;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Folded: letters and digits only.
    pub text: String,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Whether it is the last sign of a run without spaces.
    pub is_tail: bool,
}

/// The words of a text, in order.
pub fn words(text: &str) -> impl Iterator<Item = Word> + '_ {
    let runs = Runs {
        letters: text.char_indices(),
        open: Run::default(),
        is_ended: false,
    };
    runs.flat_map(Run::into_words).take(MAX_WORDS)
}

/// Whether words of the script are not told apart by spaces.
pub(super) fn is_unspaced(letter: char) -> bool {
    matches!(letter,
        '\u{e00}'..='\u{eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' // Burmese, Khmer
        | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' // Japanese
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Letters that stand together and are of one kind, with where each stands.
#[derive(Default)]
struct Run {
    letters: Vec<(char, usize, usize)>,
    is_unspaced: bool,
}

impl Run {
    fn into_words(self) -> Vec<Word> {
        let Some(((_, start, _), (_, _, end))) = self.letters.first().zip(self.letters.last()) else {
            return Vec::new();
        };
        if !self.is_unspaced {
            let text = self
                .letters
                .iter()
                .map(|(letter, ..)| letter)
                .take(MAX_WORD_CHARS)
                .collect();
            return vec![Word {
                text,
                start: *start,
                end: *end,
                is_tail: false,
            }];
        }
        let places = 0..self.letters.len();
        let word = |place: usize| {
            let (first, start, end) = self.letters[place];
            let next = self.letters.get(place + 1);
            Word {
                text: [Some(first), next.map(|(letter, ..)| *letter)]
                    .into_iter()
                    .flatten()
                    .collect(),
                start,
                end: next.map_or(end, |(_, _, end)| *end),
                is_tail: next.is_none(),
            }
        };
        places.map(word).collect()
    }
}

struct Runs<'t> {
    letters: CharIndices<'t>,
    open: Run,
    is_ended: bool,
}

impl Iterator for Runs<'_> {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        loop {
            let Some((start, letter)) = self.letters.next() else {
                let is_first = !std::mem::replace(&mut self.is_ended, true);
                return is_first.then(|| std::mem::take(&mut self.open));
            };
            let end = start + letter.len_utf8();
            match fold(letter) {
                Folded::Nothing => {
                    // An accent belongs to the letter that it stands on.
                    if is_combining_mark(letter)
                        && let Some(last) = self.open.letters.last_mut()
                    {
                        last.2 = end;
                    }
                }
                Folded::Gap => {
                    if !self.open.letters.is_empty() {
                        return Some(std::mem::take(&mut self.open));
                    }
                }
                Folded::Letter(letter) if self.open.letters.is_empty() || !self.open.is_unspaced => {
                    self.open.is_unspaced = false;
                    self.open.letters.push((letter, start, end));
                }
                Folded::Letter(letter) => {
                    let letters = vec![(letter, start, end)];
                    let is_unspaced = false;
                    return Some(std::mem::replace(&mut self.open, Run { letters, is_unspaced }));
                }
                Folded::Letters(folded) => {
                    let is_unspaced = folded.first().copied().is_some_and(is_unspaced);
                    let placed = folded.into_iter().map(|letter| (letter, start, end));
                    if self.open.letters.is_empty() || self.open.is_unspaced == is_unspaced {
                        self.open.is_unspaced = is_unspaced;
                        self.open.letters.extend(placed);
                    } else {
                        let letters = placed.collect();
                        return Some(std::mem::replace(&mut self.open, Run { letters, is_unspaced }));
                    }
                }
            }
        }
    }
}

enum Folded {
    /// It ends a word.
    Gap,
    /// It is as if it were not there.
    Nothing,
    /// It is a letter or digit of a script with spaces.
    Letter(char),
    /// It is one or more letters or digits.
    Letters(Vec<char>),
}

fn fold(letter: char) -> Folded {
    if letter.is_ascii() {
        return match letter {
            'a'..='z' | '0'..='9' => Folded::Letter(letter),
            'A'..='Z' => Folded::Letter(letter.to_ascii_lowercase()),
            // Jum'at and Jumat are one day.
            '\'' => Folded::Nothing,
            _ => Folded::Gap,
        };
    }
    if is_silent(letter) {
        return Folded::Nothing;
    }
    let mut letters = Vec::new();
    let mut is_mark = is_mute_mark(letter);
    decompose_compatible(letter, |part| {
        if is_mute_mark(part) {
            is_mark = true;
            return;
        }
        let part = unify(part);
        letters.extend(
            part.to_lowercase()
                .filter(|part| part.is_alphanumeric() && !is_mute_mark(*part)),
        );
    });
    if !letters.is_empty() {
        Folded::Letters(letters)
    } else if is_mark {
        Folded::Nothing
    } else {
        Folded::Gap
    }
}

/// Signs that nobody sees, and those that people leave out of a word.
fn is_silent(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        | '\u{2018}' | '\u{2019}' | '\u{2bb}'..='\u{2bd}' // apostrophes
        | '\u{640}') // lengthens an Arabic word
}

/// Marks that people leave out: accents, the vowels of Arabic and Hebrew, and all that are no letters by themselves.
fn is_mute_mark(letter: char) -> bool {
    is_combining_mark(letter)
        && (!letter.is_alphanumeric()
            || matches!(letter,
                '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}'
                | '\u{670}' | '\u{6d6}'..='\u{6ed}'))
}

/// Shapes of one letter, and digits of other scripts.
fn unify(letter: char) -> char {
    let digit = |zero: char| char::from(b'0' + (letter as u32 - zero as u32) as u8);
    match letter {
        '\u{649}' | '\u{6cc}' => '\u{64a}', // alef maksura, Persian yeh: yeh
        '\u{629}' => '\u{647}',             // teh marbuta: heh
        '\u{6a9}' => '\u{643}',             // Persian kaf: kaf
        'ı' => 'i',
        '\u{660}'..='\u{669}' => digit('\u{660}'),
        '\u{6f0}'..='\u{6f9}' => digit('\u{6f0}'),
        '\u{966}'..='\u{96f}' => digit('\u{966}'),
        letter => letter,
    }
}
