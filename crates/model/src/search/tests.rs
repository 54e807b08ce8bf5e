use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::content::{CardNumber, Contacts, Media, Text};

fn folded(text: &str) -> Vec<String> {
    words(text).map(|word| word.text).collect()
}

fn finds(search: &str, text: &str) -> bool {
    Search::new(search).finds(&[text])
}

fn shown(parts: &[Part]) -> String {
    let marked = |part: &Part| {
        if part.is_match {
            format!("[{}]", part.text)
        } else {
            part.text.clone()
        }
    };
    parts.iter().map(marked).collect()
}

#[test]
fn words_are_what_people_take_for_the_same() {
    for (text, expected) in [
        ("Assalamu'alaikum, Bapak/Ibu!", vec!["assalamualaikum", "bapak", "ibu"]),
        ("Crème BRÛLÉE e\u{301}", vec!["creme", "brulee", "e"]),
        ("Rp1.500.000", vec!["rp1", "500", "000"]),
        ("ＡＢＣ ﬁn", vec!["abc", "fin"]),
        ("السَّلامُ عَلَيْكُم", vec!["السلام", "عليكم"]),
        ("إسلام أحمد زكاة فاطمـــة", vec!["اسلام", "احمد", "زكاه", "فاطمه"]),
        ("٢٠٢٦ ۱۲", vec!["2026", "12"]),
        ("北京大学", vec!["北京", "京大", "大学", "学"]),
        ("中a国", vec!["中", "a", "国"]),
        ("İstanbul ısı", vec!["istanbul", "isi"]),
        ("हिन्दी", vec!["हिनदी"]),
        ("👍🏽 … \0 --", vec![]),
        ("a\0b", vec!["a", "b"]),
    ] {
        assert_eq!(folded(text), expected, "{text}");
    }
    assert_eq!(folded(&"x".repeat(100))[0].len(), MAX_WORD_CHARS);
    assert_eq!(folded(&"x ".repeat(9_000)).len(), 5_000);
}

#[test]
fn all_words_must_be_there_and_the_last_may_be_unfinished() {
    let text = "Terima kasih atas donasi Bapak untuk beras dan minyak";
    for search in [
        "donasi",
        "DONASI terima",
        "donasi ber",
        "min",
        "\"donasi bapak\"",
        "\"donasi bap",
    ] {
        assert!(finds(search, text), "{search}");
    }
    for search in [
        "ber donasi",
        "donasi zakat",
        "\"bapak donasi\"",
        "\"donasi bap\"",
        "asi",
        "",
        "  ",
        "\"\"",
        "👍",
    ] {
        assert!(!finds(search, text), "{search}");
    }
}

#[test]
fn what_is_typed_in_one_piece_stands_in_one_piece() {
    assert!(finds("1.500.000", "Rp 1.500.000 sudah masuk"));
    assert!(!finds("1.500.000", "1 paket 500 kg, 000"));
    assert!(finds("siti@example.com", "tulis ke siti@example.com"));
    assert!(finds("大学", "我在北京大学学习") && finds("北", "北京") && finds("学习", "我在北京大学学习"));
    assert!(!finds("京学", "我在北京大学学习") && finds("习", "学习"));
    assert!(finds("สวัส", "สวัสดีครับ"));
    assert!(finds("الزكاه", "دفعت الزَّكاة اليوم"));
}

#[test]
fn an_index_is_asked_for_the_words_that_everything_found_has() {
    let terms = |search: &str| {
        let shown = |term: Term| format!("{}{}", term.text, if term.is_beginning { "*" } else { "" });
        Search::new(search).terms().into_iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(terms("pak donasi beras"), ["donasi", "beras*", "pak"]);
    assert_eq!(terms("北京"), ["北京"]);
    assert_eq!(terms("北"), ["北*"]);
    assert_eq!(terms("a b c d e f g h").len(), 6);
    assert_eq!(terms("sama sama"), ["sama", "sama*"]);
    assert!(terms("***").is_empty());
}

#[test]
fn a_snippet_is_around_what_was_found() {
    let search = Search::new("beras");
    assert_eq!(
        shown(&search.snippet(&["Donasi beras, Beras!"])),
        "Donasi [beras], [Beras]!"
    );
    let long = format!("{} beras {}", "kata ".repeat(30), "lagi ".repeat(60));
    let snippet = search.snippet(&[&long]);
    assert!(shown(&snippet).starts_with("…kata kata"), "{}", shown(&snippet));
    assert!(shown(&snippet).contains(" [beras] lagi") && shown(&snippet).ends_with('…'));
    // Blanks can be longer than a byte.
    for blank in ["\u{a0}", "\u{3000}"] {
        let long = format!("{}beras", format!("kata{blank}").repeat(30));
        let snippet = shown(&search.snippet(&[&long]));
        assert!(
            snippet.starts_with("…kata") && snippet.ends_with(&format!("{blank}[beras]")),
            "{snippet}"
        );
    }
    assert_eq!(shown(&search.snippet(&["foto", "beras.pdf"])), "[beras].pdf");
    assert_eq!(shown(&search.snippet(&["foto"])), "foto");
    assert_eq!(shown(&Search::new("e").snippet(&["cafe e\u{301}"])), "cafe [e\u{301}]");
    assert_eq!(
        shown(&Search::of_beginnings("sit ami").parts("Siti Aminah")),
        "[Siti] [Aminah]"
    );
    let whole = "x".repeat(400);
    assert_eq!(shown(&Search::new("x").snippet(&[&whole])).chars().count(), SNIPPET + 3);
}

#[test]
fn captions_and_names_of_files_are_searched() {
    let media = Media {
        media_id: crate::MediaId::from(Uuid::from_u128(1)),
        mime: "application/pdf".into(),
        size: None,
        caption: Some("Laporan".into()),
        file_name: Some("zakat-2026.pdf".into()),
        voice: false,
        seconds: None,
    };
    let document = Content::Document(media);
    let found: Vec<_> = document.search_words().into_iter().collect();
    assert_eq!(found, ["2026", "laporan", "pdf", "zakat"]);
    let text = Content::Text(Text {
        body: "Halo halo".into(),
    });
    assert_eq!(text.search_words().into_iter().collect::<Vec<_>>(), ["halo"]);
    assert!(Search::new("laporan zakat").finds(&document.searched()));
}

#[test]
fn contact_cards_are_searched_by_their_names_and_numbers() {
    let card = ContactCard {
        name: "Siti Aminah".into(),
        organization: Some("Panti".into()),
        numbers: vec![CardNumber {
            written: "0800-0000".into(),
            phone: None,
        }],
    };
    let card = Content::Contacts(Contacts { cards: vec![card] });
    assert_eq!(card.searched(), ["Siti Aminah", "Panti", "0800-0000"]);
}

proptest! {
    #[test]
    fn any_text_is_cut_into_pieces_of_itself(text in "\\PC{0,80}", search in "\\PC{0,12}") {
        let mut before = 0;
        for word in words(&text) {
            prop_assert!(!word.text.is_empty() && word.text.chars().all(char::is_alphanumeric));
            prop_assert!(word.text.chars().count() <= MAX_WORD_CHARS);
            prop_assert!(word.start >= before && text.get(word.start..word.end).is_some());
            before = word.start;
        }
        let parts = Search::new(&search).parts(&text);
        prop_assert_eq!(parts.iter().map(|part| part.text.as_str()).collect::<String>(), text.clone());
        let snippet = Search::new(&search).snippet(&[&text]);
        let all: String = snippet.iter().map(|part| part.text.as_str()).collect();
        prop_assert!(text.contains(all.trim_matches('…')));
    }

    #[test]
    fn what_is_found_has_the_words_that_an_index_is_asked_for(
        text in "[abAB 北京大'é\"]{0,20}", search in "[abAB 北京大'é\"]{0,8}",
    ) {
        let search = Search::new(&search);
        let words: Vec<_> = words(&text).collect();
        if search.finds(&[&text]) {
            for term in search.terms() {
                prop_assert!(words.iter().any(|word| term.fits(word)), "{term:?}");
            }
        }
    }

    #[test]
    fn every_word_of_a_text_finds_it(text in "[a-zA-Zé北京 .,]{1,40}") {
        for word in text.split_whitespace().filter(|word| !Search::new(word).is_empty()) {
            prop_assert!(finds(word, &text), "{word}");
        }
    }
}
