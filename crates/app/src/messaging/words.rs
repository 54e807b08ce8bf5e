//! What a text consists of, as people see it.

use unicode_segmentation::UnicodeSegmentation as _;

/// Whether a text is one emoji. It may be many code points long (flags, skin tones, families), but is seen as one.
pub(super) fn is_emoji(text: &str) -> bool {
    text.graphemes(true).count() == 1 && text.chars().any(is_pictograph)
}

/// The blocks of Unicode that hold emojis, and the letters that are emojis outside of them. `1` is none, but what makes
/// a key of it is.
fn is_pictograph(letter: char) -> bool {
    matches!(u32::from(letter),
        0xa9 | 0xae | 0x203c | 0x2049 | 0x20e3 | 0x2122 | 0x2139 | 0x2190..=0x21ff | 0x2300..=0x23ff | 0x24c2
        | 0x25a0..=0x27bf | 0x2900..=0x297f | 0x2b00..=0x2bff | 0x3030 | 0x303d | 0x3297 | 0x3299 | 0x1_f000..=0x1_faff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_emoji_is_what_people_see_as_one() {
        for one in [
            "👍",
            "👍🏽",
            "❤️",
            "❤",
            "🇮🇩",
            "👨‍👩‍👧‍👦",
            "1️⃣",
            "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
            "©",
            "™️",
            "ℹ️",
            "Ⓜ️",
            "🅰️",
            "🫶🏾",
            "☺",
        ] {
            assert!(is_emoji(one), "{one}");
        }
        for other in [
            "",
            "👍👍",
            "👍👍👍",
            "👍 ",
            "a",
            "1",
            "ok",
            "!",
            "é",
            "👍a",
            "\u{200b}",
            "ああ",
            "🇮🇩🇮🇩",
        ] {
            assert!(!is_emoji(other), "{other}");
        }
    }
}
