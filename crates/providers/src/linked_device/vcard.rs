//! Contact cards as WhatsApp carries them: vCard 3.0 (RFC 2426), as far as names and numbers go. Pure.

use pesan_model::Phone;
use pesan_model::content::{CardNumber, ContactCard};

/// Numbers of a card that are kept.
const MAX_NUMBERS: usize = 20;

/// What a card says. `None` when it names nobody and has no number.
pub(super) fn read(display_name: Option<&str>, text: &str) -> Option<ContactCard> {
    let mut formatted = None;
    let mut parts = None;
    let mut organization = None;
    let mut numbers = Vec::new();
    for line in unfold(text) {
        let Some((property, value)) = property(&line) else {
            continue;
        };
        match property.name.as_str() {
            "FN" => formatted = formatted.or_else(|| filled(&unescape(value))),
            "N" => parts = parts.or_else(|| spoken(value)),
            "ORG" => organization = organization.or_else(|| components(value).into_iter().next()),
            "TEL" if numbers.len() < MAX_NUMBERS => numbers.extend(number(&property, value)),
            _ => {}
        }
    }
    let shown = display_name.and_then(filled);
    let first = numbers.first().map(|number: &CardNumber| number.written.clone());
    Some(ContactCard {
        name: formatted
            .or(shown)
            .or(parts)
            .or_else(|| organization.clone())
            .or(first)?,
        organization,
        numbers,
    })
}

/// The lines, with those that were cut because they are long put together again.
fn unfold(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some(last)) => last.push_str(rest),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

struct Property<'l> {
    /// Without its group, in capitals.
    name: String,
    parameters: Vec<&'l str>,
}

/// `item1.TEL;type=CELL;waid=6280000000001:+62 800-0000-001`
fn property(line: &str) -> Option<(Property<'_>, &str)> {
    let (head, value) = line.split_once(':')?;
    let mut head = head.split(';');
    let name = head.next()?;
    let name = name.rsplit('.').next().unwrap_or(name).trim().to_ascii_uppercase();
    let parameters = head.collect();
    Some((Property { name, parameters }, value))
}

fn number(property: &Property<'_>, value: &str) -> Option<CardNumber> {
    let value = unescape(value);
    let value = value.trim();
    let written = filled(value.strip_prefix("tel:").unwrap_or(value))?;
    let known = property.parameters.iter().find_map(|parameter| {
        let (name, digits) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("waid").then_some(digits)
    });
    // A number without a country could be anybody's.
    let phone = known.or_else(|| written.starts_with('+').then_some(written.as_str()));
    let phone = phone.and_then(|phone| phone.parse::<Phone>().ok());
    Some(CardNumber { written, phone })
}

/// A name of `family;given;additional;prefixes;suffixes` as it is spoken in most places.
fn spoken(value: &str) -> Option<String> {
    let mut parts = split(value).into_iter();
    let family = parts.next();
    let names: Vec<String> = parts.next().into_iter().chain(family).flatten().collect();
    filled(&names.join(" "))
}

fn components(value: &str) -> Vec<String> {
    split(value).into_iter().flatten().collect()
}

/// The parts of a value between semicolons, each if there is anything in it.
fn split(value: &str) -> Vec<Option<String>> {
    let mut parts = vec![String::new()];
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match (letter, parts.last_mut()) {
            ('\\', Some(part)) => {
                part.push(letter);
                part.extend(letters.next());
            }
            (';', _) => parts.push(String::new()),
            (letter, Some(part)) => part.push(letter),
            (_, None) => {}
        }
    }
    parts.iter().map(|part| filled(&unescape(part))).collect()
}

fn unescape(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n' | 'N') => plain.push(' '),
                Some(escaped) => plain.push(escaped),
                None => {}
            },
            letter => plain.push(letter),
        }
    }
    plain
}

fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(card: &ContactCard) -> Vec<(&str, Option<String>)> {
        card.numbers
            .iter()
            .map(|number| {
                let phone = number.phone.as_ref().map(ToString::to_string);
                (number.written.as_str(), phone)
            })
            .collect()
    }

    #[test]
    fn a_card_of_a_phone_has_a_name_an_employer_and_numbers() {
        let text = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Santoso;Budi;;;\r\nFN:Budi Santoso\r\nORG:Toko Sejahtera\\, Tbk;Gudang\r\n\
                    item1.TEL;type=CELL;waid=6280000000001:+62 800-0000-001\r\nitem1.X-ABLabel:Ponsel\r\n\
                    TEL;TYPE=work:0800-0000-002\r\nTEL:tel:+15550000003\r\nPHOTO;BASE64:AAAA\r\n  BBBB\r\nEND:VCARD";
        let card = read(Some("Budi"), text).expect("a card");
        assert_eq!(
            (card.name.as_str(), card.organization.as_deref()),
            ("Budi Santoso", Some("Toko Sejahtera, Tbk"))
        );
        assert_eq!(
            numbers(&card),
            [
                ("+62 800-0000-001", Some("+6280000000001".to_owned())),
                ("0800-0000-002", None),
                ("+15550000003", Some("+15550000003".to_owned())),
            ]
        );
    }

    #[test]
    fn a_name_is_taken_from_where_there_is_one() {
        let name = |shown: Option<&str>, text: &str| read(shown, text).map(|card| card.name);
        assert_eq!(name(Some("Sari"), "N:Dewi;Sari;;;").as_deref(), Some("Sari"));
        assert_eq!(name(Some(" "), "N:Dewi;Sari;;;").as_deref(), Some("Sari Dewi"));
        assert_eq!(name(None, "n:;Sari\\; Ani;;;").as_deref(), Some("Sari; Ani"));
        assert_eq!(name(None, "ORG:Toko").as_deref(), Some("Toko"));
        assert_eq!(name(None, "TEL:112").as_deref(), Some("112"));
        assert_eq!(name(None, "FN:Sa\n ri").as_deref(), Some("Sari"), "a line that was cut");
    }

    #[test]
    fn what_is_no_card_is_none_and_nothing_makes_it_stumble() {
        for text in [
            "",
            "FN:",
            "BEGIN:VCARD",
            "\u{0}\u{0}",
            ":",
            ";:;",
            "TEL:",
            "TEL;waid=:",
            "N:;;;;",
            " x",
            "FN:\\",
        ] {
            assert_eq!(read(None, text), None, "{text:?}");
        }
        let card = read(None, "TEL;waid=abc:+62 banyak\nTEL;WAID=6280000000001:lama").expect("numbers");
        assert_eq!(
            numbers(&card),
            [("+62 banyak", None), ("lama", Some("+6280000000001".to_owned()))]
        );
        let many = "TEL:1\n".repeat(100);
        assert_eq!(read(None, &many).expect("numbers").numbers.len(), MAX_NUMBERS);
    }
}
