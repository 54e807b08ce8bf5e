use pesan_model::Content;
use wacore::types::message::{EditAttribute, MessageInfo, MessageSource};
use waproto::buffa::MessageField;

use super::super::{content, message};
use super::*;
use crate::inbound::Inbound;

fn said(body: &str) -> wa::Message {
    wa::Message {
        conversation: Some(body.into()),
        ..Default::default()
    }
}

fn key(id: &str) -> MessageField<wa::MessageKey> {
    MessageField::some(wa::MessageKey {
        id: Some(id.into()),
        ..Default::default()
    })
}

fn change(protocol: wa::message::ProtocolMessage) -> wa::Message {
    wa::Message {
        protocol_message: MessageField::some(protocol),
        ..Default::default()
    }
}

fn edit(id: &str, edited: wa::Message) -> wa::Message {
    change(wa::message::ProtocolMessage {
        key: key(id),
        r#type: Some(wa::message::protocol_message::Type::MESSAGE_EDIT),
        edited_message: MessageField::some(edited),
        ..Default::default()
    })
}

fn revoke(id: &str) -> wa::Message {
    change(wa::message::ProtocolMessage {
        key: key(id),
        r#type: Some(wa::message::protocol_message::Type::REVOKE),
        ..Default::default()
    })
}

fn wrapped(message: wa::Message) -> MessageField<wa::message::FutureProofMessage> {
    MessageField::some(wa::message::FutureProofMessage {
        message: MessageField::some(message),
    })
}

fn from_phone(message: wa::Message) -> wa::Message {
    wa::Message {
        device_sent_message: MessageField::some(wa::message::DeviceSentMessage {
            message: MessageField::some(message),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn found(message: &wa::Message) -> InboundContent {
    content(message).expect("something for people").0
}

fn edited(message: &wa::Message) -> (String, String) {
    match found(message) {
        InboundContent::Edit { target, words } => (target, words),
        other => panic!("expected an edit, got {other:?}"),
    }
}

fn kind(message: &wa::Message) -> String {
    match found(message) {
        InboundContent::Unsupported { kind } => kind,
        other => panic!("expected what is not understood, got {other:?}"),
    }
}

#[test]
fn an_edit_names_its_message_and_has_its_words_in_whatever_it_is_wrapped() {
    let expected = ("3EB0B".to_owned(), "corrected".to_owned());
    let bare = edit("3EB0B", said("corrected"));
    let in_wrapper = wa::Message {
        edited_message: wrapped(bare.clone()),
        ..Default::default()
    };
    let extended = wa::Message {
        extended_text_message: MessageField::some(wa::message::ExtendedTextMessage {
            text: Some("corrected".into()),
            ..Default::default()
        }),
        ..Default::default()
    };
    for message in [
        bare.clone(),
        in_wrapper.clone(),
        from_phone(bare),
        from_phone(in_wrapper),
        edit("3EB0B", extended),
    ] {
        assert_eq!(edited(&message), expected);
    }
    for caption in [Some("corrected"), None] {
        let words = caption.map(str::to_owned);
        let image = wa::Message {
            image_message: MessageField::some(wa::message::ImageMessage {
                caption: words.clone(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let video = wa::Message {
            video_message: MessageField::some(wa::message::VideoMessage {
                caption: words.clone(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let document = wa::Message {
            document_message: MessageField::some(wa::message::DocumentMessage {
                caption: words,
                ..Default::default()
            }),
            ..Default::default()
        };
        for file in [image, video, document] {
            assert_eq!(edited(&edit("3EB0B", file)).1, caption.unwrap_or_default());
        }
    }
}

#[test]
fn a_change_of_nothing_or_to_nothing_is_not_understood() {
    assert_eq!(kind(&edit("", said("corrected"))), "edit");
    assert_eq!(kind(&edit("3EB0B", wa::Message::default())), "edit");
    assert_eq!(kind(&revoke("")), "revoke");
}

#[test]
fn only_the_server_makes_somebody_an_admin() {
    let by_admin = |chat: &str, attribute: EditAttribute| {
        let info = MessageInfo {
            source: MessageSource {
                chat: chat.parse().expect("a JID"),
                sender: "1000123@lid".parse().expect("a JID"),
                is_group: chat.ends_with("@g.us"),
                ..Default::default()
            },
            edit: attribute,
            ..Default::default()
        };
        match message(&revoke("3EB0B"), &info) {
            Some(Inbound::Message(message)) => match message.content {
                InboundContent::Revoke { target, by_admin } => {
                    assert_eq!(target, "3EB0B");
                    by_admin
                }
                other => panic!("expected a deletion, got {other:?}"),
            },
            other => panic!("expected a message, got {other:?}"),
        }
    };
    let (group, person) = ("120363000000000001@g.us", "1000123@lid");
    assert!(by_admin(group, EditAttribute::AdminRevoke));
    assert!(!by_admin(group, EditAttribute::SenderRevoke));
    assert!(!by_admin(group, EditAttribute::Empty));
    assert!(!by_admin(person, EditAttribute::AdminRevoke));
}

fn place(latitude: f64, longitude: f64) -> wa::Message {
    wa::Message {
        location_message: MessageField::some(wa::message::LocationMessage {
            degrees_latitude: Some(latitude),
            degrees_longitude: Some(longitude),
            name: Some("Monas".into()),
            address: Some("Jalan Merdeka".into()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

#[test]
fn places_have_coordinates_and_what_is_nowhere_is_not_understood() {
    let InboundContent::Location(location) = found(&place(-6.175_392, 106.827_153)) else {
        panic!("a place")
    };
    let json = serde_json::to_value(Content::Location(location)).expect("serializes");
    let expected = serde_json::json!({"location": {
        "latitude": -6.175_392, "longitude": 106.827_153, "name": "Monas", "address": "Jalan Merdeka",
    }});
    assert_eq!(json, expected);
    for (latitude, longitude) in [(91.0, 0.0), (0.0, 181.0), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
        assert_eq!(kind(&place(latitude, longitude)), "location");
    }
    let live = wa::Message {
        live_location_message: MessageField::some(wa::message::LiveLocationMessage {
            degrees_latitude: Some(1.0),
            degrees_longitude: Some(2.0),
            caption: Some("di jalan".into()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let InboundContent::Location(location) = found(&live) else {
        panic!("a place")
    };
    assert_eq!(
        (location.is_live, location.caption.as_deref()),
        (true, Some("di jalan"))
    );
}

fn contact(name: &str, number: &str) -> wa::message::ContactMessage {
    wa::message::ContactMessage {
        display_name: Some(name.into()),
        vcard: Some(format!(
            "BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nTEL;waid={number}:+{number}\nEND:VCARD"
        )),
        ..Default::default()
    }
}

#[test]
fn one_card_and_several_are_people_with_numbers() {
    let one = wa::Message {
        contact_message: MessageField::some(contact("Budi", "6280000000001")),
        ..Default::default()
    };
    let several = wa::Message {
        contacts_array_message: MessageField::some(wa::message::ContactsArrayMessage {
            display_name: Some("2 contacts".into()),
            contacts: vec![
                contact("Budi", "6280000000001"),
                wa::message::ContactMessage::default(),
                contact("Sari", "6280000000002"),
            ],
            ..Default::default()
        }),
        ..Default::default()
    };
    for (message, expected) in [(one, vec!["Budi"]), (several, vec!["Budi", "Sari"])] {
        let InboundContent::Contacts(contacts) = found(&message) else {
            panic!("people")
        };
        let names: Vec<_> = contacts.cards.iter().map(|card| card.name.as_str()).collect();
        assert_eq!(names, expected);
        let phone = contacts.cards[0].numbers[0].phone.as_ref().map(ToString::to_string);
        assert_eq!(phone.as_deref(), Some("+6280000000001"));
    }
    let empty = wa::Message {
        contacts_array_message: MessageField::some(wa::message::ContactsArrayMessage::default()),
        ..Default::default()
    };
    assert_eq!(kind(&empty), "contact");
}

fn creation(question: &str, options: &[&str], selectable: u32) -> MessageField<wa::message::PollCreationMessage> {
    MessageField::some(wa::message::PollCreationMessage {
        name: Some(question.into()),
        options: options
            .iter()
            .map(|option| wa::message::poll_creation_message::Option {
                option_name: Some((*option).into()),
                ..Default::default()
            })
            .collect(),
        selectable_options_count: Some(selectable),
        ..Default::default()
    })
}

#[test]
fn polls_of_every_version_ask_the_same_and_bring_the_secret_of_their_votes() {
    let creation = || creation("Kapan?", &["Sabtu", "Minggu"], 1);
    let context = MessageField::some(wa::MessageContextInfo {
        message_secret: Some(vec![7; 32]),
        ..Default::default()
    });
    let with_secret = |message: wa::Message| wa::Message {
        message_context_info: context.clone(),
        ..message
    };
    let first = wa::Message {
        poll_creation_message: creation(),
        ..Default::default()
    };
    let third = wa::Message {
        poll_creation_message_v3: creation(),
        ..Default::default()
    };
    let fourth = wa::Message {
        poll_creation_message_v4: wrapped(third.clone()),
        ..Default::default()
    };
    for message in [
        with_secret(first.clone()),
        with_secret(third),
        with_secret(fourth),
        from_phone(with_secret(first.clone())),
        with_secret(from_phone(first)),
    ] {
        let InboundContent::Poll { poll, secret } = found(&message) else {
            panic!("a poll")
        };
        let options: Vec<_> = poll.options.iter().map(|option| option.text.as_str()).collect();
        assert_eq!((poll.question.as_str(), options), ("Kapan?", vec!["Sabtu", "Minggu"]));
        assert_eq!((poll.max_choices, secret), (Some(1), Some(vec![7; 32])));
    }
    let any = wa::Message {
        poll_creation_message: super::tests::creation("Kapan?", &["Sabtu"], 0),
        ..Default::default()
    };
    assert!(matches!(found(&any), InboundContent::Poll { poll, secret: None } if poll.max_choices.is_none()));
    for (question, options) in [("", vec!["Sabtu"]), ("Kapan?", vec![])] {
        let nothing = wa::Message {
            poll_creation_message: super::tests::creation(question, &options, 0),
            ..Default::default()
        };
        assert_eq!(kind(&nothing), "poll");
    }
}

#[test]
fn a_poll_of_the_history_brings_its_secret_where_the_phone_keeps_it() {
    let asked = wa::WebMessageInfo {
        key: MessageField::some(wa::MessageKey {
            id: Some("3EB0B".into()),
            ..Default::default()
        }),
        message: MessageField::some(wa::Message {
            poll_creation_message: creation("Kapan?", &["Sabtu"], 0),
            ..Default::default()
        }),
        message_secret: Some(vec![7; 32]),
        ..Default::default()
    };
    let conversation = wa::Conversation {
        id: "6280000000001@s.whatsapp.net".into(),
        messages: vec![wa::HistorySyncMsg {
            message: MessageField::some(asked),
            ..Default::default()
        }],
        ..Default::default()
    };
    let items = super::super::history(&conversation, &crate::inbound::Person::default());
    let [Inbound::Message(message)] = items.as_slice() else {
        panic!("one message")
    };
    assert!(matches!(&message.content, InboundContent::Poll { secret, .. } if secret.as_deref() == Some(&[7; 32][..])));
}

#[test]
fn a_vote_names_its_poll() {
    let vote = |id: &str, payload: Option<Vec<u8>>| wa::Message {
        poll_update_message: MessageField::some(wa::message::PollUpdateMessage {
            poll_creation_message_key: key(id),
            vote: MessageField::some(wa::message::PollEncValue {
                enc_payload: payload,
                enc_iv: Some(vec![2; 12]),
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let InboundContent::Vote { target, vote: chosen } = found(&vote("3EB0B", Some(vec![1]))) else {
        panic!("a vote")
    };
    assert_eq!(
        (target.as_str(), chosen.payload, chosen.iv),
        ("3EB0B", vec![1], vec![2; 12])
    );
    assert_eq!(kind(&vote("", Some(vec![1]))), "poll_vote");
    assert_eq!(kind(&vote("3EB0B", None)), "poll_vote");
}
