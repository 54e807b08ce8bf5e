use super::*;
use crate::id::PREFIXES;
use serde_json::json;

#[test]
fn a_flaw_is_its_code_with_its_parameters_and_its_words() {
    for (flaw, shown, words) in [
        (Flaw::Required, json!({"code": "required"}), "is missing"),
        (
            Flaw::TooLong {
                max: 4096,
                length: Some(5000),
            },
            json!({"code": "too_long", "params": {"max": 4096, "length": 5000}}),
            "must have at most 4096 characters, has 5000",
        ),
        (
            Flaw::TooLong { max: 100, length: None },
            json!({"code": "too_long", "params": {"max": 100}}),
            "must have at most 100 characters",
        ),
        (
            Flaw::WrongType {
                expected: JsonType::List,
            },
            json!({"code": "wrong_type", "params": {"expected": "list"}}),
            "must be a list",
        ),
        (
            Flaw::NotAWholeNumber {
                min: Some(0),
                max: None,
            },
            json!({"code": "not_a_whole_number", "params": {"min": 0}}),
            "must be a whole number, not below 0",
        ),
        (
            Flaw::ExactlyOneOf {
                fields: vec!["media_id", "link", "data"],
            },
            json!({"code": "exactly_one_of", "params": {"fields": ["media_id", "link", "data"]}}),
            "needs exactly one of `media_id`, `link` and `data`",
        ),
        (
            Flaw::FileTooLarge {
                max_bytes: 16 * 1024 * 1024,
            },
            json!({"code": "file_too_large", "params": {"max_bytes": 16_777_216}}),
            "is too large: at most 16 MB",
        ),
        (
            Flaw::FallbackMissing {
                name: "contact.name".to_owned(),
                position: 3,
            },
            json!({"code": "fallback_missing", "params": {"name": "contact.name", "position": 3}}),
            "needs `{{contact.name|…}}`: what to say when it is not known (character 3)",
        ),
        (
            Flaw::BracesNotClosed { position: 1 },
            json!({"code": "braces_not_closed", "params": {"position": 1}}),
            "has `{{` without `}}` at character 1",
        ),
        (
            Flaw::FileNotOfType {
                claimed: "image/png".to_owned(),
            },
            json!({"code": "file_not_of_type", "params": {"claimed": "image/png"}}),
            "is said to be image/png but is not a picture",
        ),
    ] {
        assert_eq!(serde_json::to_value(&flaw).expect("serializes"), shown);
        assert_eq!(flaw.to_string(), words);
    }
}

#[test]
fn what_a_type_of_ours_says_while_it_is_read_has_its_code() {
    let words = |flaw: &Flaw| Flaw::of_words(flaw.to_string());
    assert_eq!(words(&Flaw::NotATime), Flaw::NotATime);
    for flaw in [
        Flaw::NotAnAssignee,
        Flaw::NotADay,
        Flaw::NotATimeZone,
        Flaw::NotACurrency,
    ] {
        assert_eq!(words(&flaw), flaw);
    }
    for prefix in PREFIXES {
        assert_eq!(words(&Flaw::NotAnId { prefix }), Flaw::NotAnId { prefix });
    }
    assert_eq!(
        Flaw::of_words("is odd".to_owned()),
        Flaw::NotUnderstood {
            words: "is odd".to_owned()
        }
    );
}

#[test]
fn an_address_that_is_none_says_what_it_lacks() {
    for error in [
        AddressError::Empty,
        AddressError::Characters,
        AddressError::Length,
        AddressError::NoCountryCode,
        AddressError::Id,
        AddressError::Server,
    ] {
        assert_eq!(Flaw::from(error).to_string(), error.to_string());
    }
    assert_eq!(
        AddressError::Length.to_string(),
        "must have 7 to 15 digits, with the country code first"
    );
}

#[test]
fn one_field_that_is_needed_stands_alone_in_its_words() {
    let flaw = Flaw::ExactlyOneOf { fields: vec!["link"] };
    assert_eq!(flaw.to_string(), "needs exactly one of `link`");
}

#[test]
fn a_file_of_another_kind_is_told_what_it_should_be() {
    for (claimed, kind) in [
        ("image/webp", "a picture"),
        ("video/mp4", "a film"),
        ("audio/ogg", "sound"),
        ("application/pdf", "that"),
    ] {
        let flaw = Flaw::FileNotOfType {
            claimed: claimed.to_owned(),
        };
        assert_eq!(flaw.to_string(), format!("is said to be {claimed} but is not {kind}"));
    }
}
