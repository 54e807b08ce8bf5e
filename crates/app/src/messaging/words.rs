//! What a text consists of, as people see it.

use unicode_segmentation::UnicodeSegmentation as _;

/// Whether there is nothing to see in a text: only blanks, and letters that have no shape.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|letter| letter.is_whitespace() || letter.is_control() || has_no_shape(letter))
}

/// Unicode's "default ignorable" letters, and the two blanks that it does not call blanks.
fn has_no_shape(letter: char) -> bool {
    matches!(u32::from(letter),
        0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f | 0x202a..=0x202e
        | 0x2060..=0x206f | 0x2800 | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfff8 | 0x1_bca0..=0x1_bca3
        | 0x1_d173..=0x1_d17a | 0xe_0000..=0xe_0fff)
}

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

    #[test]
    fn a_text_that_nobody_can_see_is_blank() {
        for blank in [
            "",
            " \n\t",
            "\u{200b}",
            "\u{feff}\u{2060} ",
            "\u{3164}",
            "\u{2800}",
            "\u{ad}",
            "\u{fe0f}",
            "\0",
        ] {
            assert!(is_blank(blank), "{blank:?}");
        }
        for text in ["a", "\u{200b}.", "👍", "\u{301}", "ا\u{200f}"] {
            assert!(!is_blank(text), "{text:?}");
        }
    }
}
