//! What can be seen of a text. Names come from strangers, and some are made to look empty, or like something else.

/// The text, when there is anything in it to see; `None` when a line that shows it would look empty.
pub fn seen(text: &str) -> Option<&str> {
    text.chars().any(|character| !is_unseen(character)).then_some(text)
}

/// Blanks, controls, and what Unicode calls "default ignorable"; besides them the braille pattern without dots, which no
/// list of blanks has.
fn is_unseen(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text without what turns the direction of what follows: a file named `kwitansi\u{202e}fdp.exe` reads as if it ended
/// in `pdf`.
pub fn without_turns(text: &str) -> String {
    let turns = |character| matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|character| !turns(*character)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_nothing_but_unseen_characters_is_not_seen() {
        let unseen = [
            "",
            "  \n\t",
            "\u{200b}\u{200d}\u{2060}\u{feff}",
            "\u{202e}\u{2066}\u{2069}",
            "\u{3164}\u{ffa0}\u{115f}",
            "\u{2800}",
            "\u{ad}\u{34f}\u{fe0f}",
            "\u{e0041}",
            "\u{0}\u{7f}",
        ];
        for text in unseen {
            assert_eq!(seen(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_name_reads_in_the_order_in_which_it_is_written() {
        assert_eq!(without_turns("kwitansi\u{202e}fdp.exe\u{202c}"), "kwitansifdp.exe");
        assert_eq!(without_turns("\u{2067}a\u{2069}\u{2066}b\u{202a}"), "ab");
        assert_eq!(without_turns("تقرير.pdf"), "تقرير.pdf");
    }

    #[test]
    fn one_character_that_is_seen_is_enough_and_the_text_stays_as_it_is() {
        for text in ["Siti", "\u{200b}S", "سيتي", "👩\u{200d}👧", ".", "\u{202e}itiS", " é"] {
            assert_eq!(seen(text), Some(text));
        }
    }
}
