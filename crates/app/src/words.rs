//! Checks of what people type, the same everywhere.

use pesan_model::Flaw;

use crate::error::FieldError;

/// What somebody typed, without blanks around it, and what is wrong with its length, if anything.
pub(crate) fn trimmed(text: &str, pointer: &str, most: usize) -> (String, Option<FieldError>) {
    let text = text.trim().to_owned();
    let is_fine = (1..=most).contains(&text.chars().count());
    let wrong = (!is_fine).then(|| FieldError::new(pointer, Flaw::WrongLength { min: 1, max: most }));
    (text, wrong)
}

/// As [`trimmed`], where nothing is fine too. Blanks are nothing.
pub(crate) fn trimmed_or_none(text: Option<&str>, pointer: &str, most: usize) -> (Option<String>, Option<FieldError>) {
    match text.map(str::trim) {
        None | Some("") => (None, None),
        Some(text) => {
            let (text, wrong) = trimmed(text, pointer, most);
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
        for wrong in ["", "   ", "éé"] {
            let (_, error) = trimmed(wrong, "/x", 1);
            assert_eq!(error, Some(FieldError::new("/x", Flaw::WrongLength { min: 1, max: 1 })));
        }
        assert_eq!(trimmed_or_none(None, "/x", 1), (None, None));
        assert_eq!(trimmed_or_none(Some("  "), "/x", 1), (None, None));
        assert_eq!(trimmed_or_none(Some(" a "), "/x", 1), (Some("a".to_owned()), None));
        assert!(trimmed_or_none(Some("ab"), "/x", 1).1.is_some());
    }
}
