use super::*;
use proptest::prelude::*;

fn values() -> Values {
    Values {
        contact_name: Some("Siti Rahma".to_owned()),
        contact_phone: Some("+6280000000001".to_owned()),
        contact_fields: [
            ("city".to_owned(), FieldValue::Text("Bandung".to_owned())),
            ("size".to_owned(), FieldValue::Number(7.into())),
            ("member".to_owned(), FieldValue::Boolean(true)),
            ("left".to_owned(), FieldValue::Boolean(false)),
        ]
        .into(),
        user_name: Some("Sari".to_owned()),
        organization_name: Some("Yayasan".to_owned()),
    }
}

fn read(text: &str) -> Template {
    Template::parse(text).expect("a template")
}

fn fill(text: &str) -> String {
    read(text).fill(&values()).text
}

#[test]
fn every_variable_has_its_value() {
    for (variable, value) in [
        ("contact.name", "Siti Rahma"),
        ("contact.first_name", "Siti"),
        ("contact.phone", "+6280000000001"),
        ("contact.fields.city", "Bandung"),
        ("contact.fields.size", "7"),
        ("contact.fields.member", "✓"),
        ("contact.fields.left", "✗"),
        ("user.name", "Sari"),
        ("organization.name", "Yayasan"),
    ] {
        assert_eq!(fill(&format!("({{{{{variable}}}}})")), format!("({value})"));
        assert_eq!(fill(&format!("{{{{ {variable} | Kak }}}}")), value, "a value wins");
        let nobody = read(&format!("a {{{{{variable}| Kak | Bu}}}}!")).fill(&Values::default());
        assert_eq!((nobody.text.as_str(), nobody.missing.len()), ("a Kak | Bu!", 0));
        assert_eq!(
            Variable::from_name(variable).map(|known| known.to_string()),
            Some(variable.to_owned())
        );
    }
}

#[test]
fn what_is_missing_stands_in_the_text_and_is_named_once() {
    let template = read("{{contact.name}}, {{contact.fields.x}} {{ contact.name }} {{organization.name|}}.");
    let blank = Values {
        contact_name: Some("  ".to_owned()),
        ..Values::default()
    };
    let filled = template.fill(&blank);
    assert_eq!(filled.text, "{{contact.name}}, {{contact.fields.x}} {{contact.name}} .");
    assert_eq!(filled.missing, ["{{contact.name}}", "{{contact.fields.x}}"]);
}

#[test]
fn a_value_is_never_read_as_a_template() {
    let hostile = Values {
        contact_name: Some("{{user.name}} {{".to_owned()),
        ..values()
    };
    let filled = read("{{contact.name}} {{user.name}}").fill(&hostile);
    assert_eq!(
        (filled.text.as_str(), filled.missing.len()),
        ("{{user.name}} {{ Sari", 0)
    );
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let unknown = |name: &str, position| Flaw::UnknownVariable {
        name: name.to_owned(),
        position,
    };
    for (text, flaw) in [
        ("{{contact.name", Flaw::BracesNotClosed { position: 1 }),
        ("é {{contact.name}", Flaw::BracesNotClosed { position: 3 }),
        ("{{user.name}} {{", Flaw::BracesNotClosed { position: 15 }),
        ("a {{contact.name {{user.name}}", Flaw::BracesNotClosed { position: 3 }),
        ("é}}", Flaw::BracesNotOpened { position: 2 }),
        ("{{user.name}}é}} {{", Flaw::BracesNotOpened { position: 15 }),
        ("{{}}", unknown("", 1)),
        ("{{|Kak}}", unknown("", 1)),
        ("é {{contact.nam}}", unknown("contact.nam", 3)),
        ("{{user.name|é}}{{Contact.name}}", unknown("Contact.name", 16)),
        ("{{contact.fields.}}", unknown("contact.fields.", 1)),
        ("{{{user.name}}}", unknown("{user.name", 1)),
    ] {
        assert_eq!(Template::parse(text), Err(flaw), "{text}");
    }
    for text in ["", "plain", "{ } {a} } {", "{{user.name}}}", "{\"a\": {\"b\": 1} }"] {
        assert!(Template::parse(text).is_ok(), "{text}");
    }
    assert_eq!(fill("{{user.name}}}"), "Sari}");
}

#[test]
fn a_template_that_nobody_looks_at_leaves_nothing_open() {
    let check = |text: &str, purpose| read(text).check(purpose, |key| key == "city");
    let name = |name: &str| name.to_owned();
    for (text, reply, automatic) in [
        ("{{organization.name}} {{contact.name|Kak}}", None, None),
        ("{{contact.fields.city|}}", None, None),
        (
            "a {{contact.phone}}",
            None,
            Some(Flaw::FallbackMissing {
                name: name("contact.phone"),
                position: 3,
            }),
        ),
        (
            "{{user.name|Kami}}",
            None,
            Some(Flaw::VariableNotHere {
                name: name("user.name"),
                position: 1,
            }),
        ),
        (
            "é{{contact.fields.town|x}}",
            Some(Flaw::UnknownVariable {
                name: name("contact.fields.town"),
                position: 2,
            }),
            Some(Flaw::UnknownVariable {
                name: name("contact.fields.town"),
                position: 2,
            }),
        ),
    ] {
        assert_eq!(check(text, Purpose::Reply), reply, "{text}");
        assert_eq!(check(text, Purpose::Automatic), automatic, "{text}");
    }
    for variable in ["contact.name", "contact.first_name", "contact.fields.city"] {
        assert!(
            check(&format!("{{{{{variable}}}}}"), Purpose::Automatic).is_some(),
            "{variable}"
        );
    }
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{{contact.name}}".to_owned()),
        Just("{{ contact.first_name | Kak }}".to_owned()),
        Just("{{contact.fields.city|}}".to_owned()),
        Just("{{user.name".to_owned()),
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just("}}".to_owned()),
        "[a-zé \\n|.]{0,6}",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn whatever_is_typed_is_read_or_refused_at_a_place_inside(text in pieces()) {
        match Template::parse(&text) {
            Ok(template) => {
                let shown = template.to_string();
                prop_assert_eq!(Template::parse(&shown).expect("reads its own text").to_string(), shown);
            }
            Err(Flaw::BracesNotClosed { position } | Flaw::BracesNotOpened { position }
                | Flaw::UnknownVariable { position, .. }) => {
                prop_assert!((1..=text.chars().count()).contains(&position));
                let rest: String = text.chars().skip(position - 1).collect();
                prop_assert!(rest.starts_with("{{") || rest.starts_with("}}"));
            }
            Err(other) => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn a_text_without_two_braces_stays_as_it_is(text in "([^{}]|\\{[^{}]|\\}[^{}]){0,30}") {
        let filled = Template::parse(&text).expect("a template").fill(&values());
        prop_assert_eq!(filled, Filled { text, missing: Vec::new() });
    }

    #[test]
    fn a_hole_is_named_exactly_when_it_is_there(text in pieces(), name in prop::option::of("[a-z]{1,3}")) {
        let Ok(template) = Template::parse(&text) else { return Ok(()) };
        let filled = template.fill(&Values { contact_name: name.clone(), ..Values::default() });
        prop_assert_eq!(filled.text.contains("{{"), !filled.missing.is_empty());
        prop_assert_eq!(filled.missing.iter().any(|hole| hole == "{{contact.name}}"),
            name.is_none() && text.contains("{{contact.name}}"));
    }
}
