//! Checks of what people type, the same everywhere.

use pesan_model::Flaw;
use pesan_model::visible::seen;

use crate::error::FieldError;

/// What somebody typed, without blanks around it, and what is wrong with its length, if anything. What nobody can see is as
/// good as nothing.
pub(crate) fn trimmed(text: &str, pointer: &str, most: usize) -> (String, Option<FieldError>) {
    let text = text.trim().to_owned();
    let is_fine = (1..=most).contains(&text.chars().count()) && seen(&text).is_some();
    let wrong = (!is_fine).then(|| FieldError::new(pointer, Flaw::WrongLength { min: 1, max: most }));
    (text, wrong)
}

/// As [`trimmed`], for what people and things are called: in one line, without control characters.
pub(crate) fn one_line(text: &str, pointer: &str, most: usize) -> (String, Option<FieldError>) {
    let (text, wrong) = trimmed(text, pointer, most);
    let is_line = !text.chars().any(char::is_control);
    let wrong = wrong.or_else(|| (!is_line).then(|| FieldError::new(pointer, Flaw::NotOneLine)));
    (text, wrong)
}

/// As `check`, where nothing is fine too. Blanks are nothing.
pub(crate) fn or_none(
    check: impl Fn(&str, &str, usize) -> (String, Option<FieldError>),
    text: Option<&str>,
    pointer: &str,
    most: usize,
) -> (Option<String>, Option<FieldError>) {
    match text.and_then(seen) {
        None => (None, None),
        Some(text) => {
            let (text, wrong) = check(text, pointer, most);
            (Some(text), wrong)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_around_do_not_count_and_letters_do() {
        assert_eq!(trimmed("  é  ", "/x", 1), ("é".to_owned(), None));
        for wrong in ["", "   ", "éé", "\0", "\u{202e}", "\u{200b}"] {
            let (_, error) = trimmed(wrong, "/x", 1);
            assert_eq!(error, Some(FieldError::new("/x", Flaw::WrongLength { min: 1, max: 1 })));
        }
        assert_eq!(or_none(trimmed, None, "/x", 1), (None, None));
        assert_eq!(or_none(trimmed, Some("  "), "/x", 1), (None, None));
        assert_eq!(or_none(trimmed, Some("\u{200b}"), "/x", 1), (None, None));
        assert_eq!(or_none(trimmed, Some(" a "), "/x", 1), (Some("a".to_owned()), None));
        assert!(or_none(trimmed, Some("ab"), "/x", 1).1.is_some());
    }

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(one_line(" Budi\n", "/x", 9), ("Budi".to_owned(), None));
        for odd in ["a\nb", "a\0b", "a\u{7f}", "a\u{9b}b"] {
            let (_, error) = one_line(odd, "/x", 9);
            assert_eq!(error, Some(FieldError::new("/x", Flaw::NotOneLine)), "{odd:?}");
        }
        let (_, error) = one_line("a\0b", "/x", 1);
        let flaw = Flaw::WrongLength { min: 1, max: 1 };
        assert_eq!(error, Some(FieldError::new("/x", flaw)), "one thing at a time");
        assert_eq!(trimmed("a\nb", "/x", 9).1, None, "a text has lines");
    }
}
