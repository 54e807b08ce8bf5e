//! Parts of the sentences that say what is wrong with a field.

/// "`a`, `b` and `c`".
pub(super) fn listed(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => quoted.concat(),
    }
}

/// " from 1 to 9".
pub(super) fn range(min: Option<u64>, max: Option<u64>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!(" from {min} to {max}"),
        (Some(min), None) => format!(", not below {min}"),
        (None, Some(max)) => format!(", not above {max}"),
        (None, None) => String::new(),
    }
}

/// ", has 12".
pub(super) fn has(length: Option<usize>) -> String {
    length.map(|length| format!(", has {length}")).unwrap_or_default()
}

/// What a type such as `image/png` is, in a word.
pub(super) fn family_words(mime: &str) -> &'static str {
    match mime.split('/').next() {
        Some("image") => "a picture",
        Some("video") => "a film",
        Some("audio") => "sound",
        _ => "that",
    }
}
