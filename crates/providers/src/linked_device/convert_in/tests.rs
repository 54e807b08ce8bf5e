use std::sync::Arc;

use waproto::buffa::MessageField;

use super::*;

fn jid(text: &str) -> Jid {
    text.parse().expect("a JID")
}

fn info(chat: &str, sender: &str) -> MessageInfo {
    MessageInfo {
        source: MessageSource {
            chat: jid(chat),
            sender: jid(sender),
            is_group: chat.ends_with("@g.us"),
            ..Default::default()
        },
        id: "3EB0A".into(),
        push_name: "Sari".into(),
        timestamp: wacore::time::from_secs(1_700_000_000).expect("a time"),
        ..Default::default()
    }
}

fn text(body: &str) -> wa::Message {
    wa::Message {
        conversation: Some(body.into()),
        ..Default::default()
    }
}

fn converted(content: &wa::Message, info: &MessageInfo) -> InboundMessage {
    match message(content, info) {
        Some(Inbound::Message(message)) => *message,
        other => panic!("expected a message, got {other:?}"),
    }
}

#[test]
fn a_text_from_a_person_carries_both_identities_and_the_name() {
    let mut info = info("1000123@lid", "1000123:2@lid");
    info.source.sender_alt = Some(jid("6280000000001:2@s.whatsapp.net"));
    let got = converted(&text("halo"), &info);
    assert_eq!(got.chat.to_string(), "1000123@lid");
    assert_eq!(got.sender.lid.as_deref(), Some("1000123@lid"));
    assert_eq!(
        got.sender.phone.map(|phone| phone.to_string()).as_deref(),
        Some("+6280000000001")
    );
    assert_eq!(got.sender.push_name.as_deref(), Some("Sari"));
    assert_eq!(
        (got.direction, got.peer, got.reply_to, got.from_history),
        (Direction::In, None, None, false)
    );
    assert_eq!(got.at.secs(), 1_700_000_000);
    assert!(matches!(got.content, InboundContent::Text(body) if body == "halo"));
}

#[test]
fn a_text_from_our_phone_names_the_other_person() {
    let mut info = info("6280000000002@s.whatsapp.net", "6280000000009@s.whatsapp.net");
    info.source.is_from_me = true;
    info.source.recipient_alt = Some(jid("1000222@lid"));
    let sent = wa::Message {
        device_sent_message: MessageField::some(wa::message::DeviceSentMessage {
            message: MessageField::some(text("from the phone")),
            ..Default::default()
        }),
        ..Default::default()
    };
    let got = converted(&sent, &info);
    assert_eq!(got.direction, Direction::Out);
    let peer = got.peer.expect("known");
    assert_eq!(peer.lid.as_deref(), Some("1000222@lid"));
    assert_eq!(peer.phone.expect("known").digits(), "6280000000002");
}

#[test]
fn in_a_group_the_sender_is_a_member_and_there_is_no_peer() {
    let mut info = info("120363000000000001@g.us", "1000123:2@lid");
    info.source.is_from_me = true;
    let got = converted(&text("halo"), &info);
    assert_eq!(got.chat.to_string(), "120363000000000001@g.us");
    assert_eq!((got.sender.lid.as_deref(), got.peer), (Some("1000123@lid"), None));
}

#[test]
fn a_broadcast_comes_into_the_chat_with_its_author_and_status_comes_nowhere() {
    let got = converted(
        &text("sale"),
        &info("1600000000@broadcast", "6280000000001@s.whatsapp.net"),
    );
    assert_eq!(got.chat.to_string(), "6280000000001@s.whatsapp.net");
    let mut ours = info("1600000000@broadcast", "6280000000009@s.whatsapp.net");
    ours.source.is_from_me = true;
    assert!(message(&text("sale"), &ours).is_none());
    assert!(
        message(
            &text("story"),
            &info("status@broadcast", "6280000000001@s.whatsapp.net")
        )
        .is_none()
    );
    assert!(
        message(
            &text("news"),
            &info("120363000000000002@newsletter", "120363000000000002@newsletter")
        )
        .is_none()
    );
}

#[test]
fn replies_and_reactions_name_their_message() {
    let reply = wa::Message {
        extended_text_message: MessageField::some(wa::message::ExtendedTextMessage {
            text: Some("yes".into()),
            context_info: MessageField::some(wa::ContextInfo {
                stanza_id: Some("3EB0B".into()),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let (content, reply_to) = content(&reply).expect("content");
    assert!(matches!(content, InboundContent::Text(body) if body == "yes"));
    assert_eq!(reply_to.as_deref(), Some("3EB0B"));

    for given in [Some("👍"), Some(""), None] {
        let reaction = wa::Message {
            reaction_message: MessageField::some(wa::message::ReactionMessage {
                key: MessageField::some(wa::MessageKey {
                    id: Some("3EB0B".into()),
                    ..Default::default()
                }),
                text: given.map(Into::into),
                ..Default::default()
            }),
            ..Default::default()
        };
        let (content, _) = super::content(&reaction).expect("content");
        let InboundContent::Reaction { target, emoji } = content else {
            panic!("a reaction")
        };
        assert_eq!((target.as_str(), emoji.as_str()), ("3EB0B", given.unwrap_or_default()));
    }
}

#[test]
fn wrapped_messages_are_unwrapped() {
    let wrapped = wa::Message {
        ephemeral_message: MessageField::some(wa::message::FutureProofMessage {
            message: MessageField::some(text("soon gone")),
        }),
        ..Default::default()
    };
    assert!(matches!(content(&wrapped), Some((InboundContent::Text(body), None)) if body == "soon gone"));
}

#[test]
fn files_without_a_key_and_kinds_without_a_name_are_unsupported() {
    let kind = |message: &wa::Message| match content(message) {
        Some((InboundContent::Unsupported { kind }, _)) => Some(kind),
        Some(_) => panic!("not understood"),
        None => None,
    };
    let image = wa::Message {
        image_message: MessageField::some(wa::message::ImageMessage::default()),
        ..Default::default()
    };
    assert_eq!(kind(&image).as_deref(), Some("image_without_file"));
    let contact = wa::Message {
        contact_message: MessageField::some(wa::message::ContactMessage::default()),
        ..Default::default()
    };
    assert_eq!(kind(&contact).as_deref(), Some("contact"));
    let new = wa::Message {
        payment_invite_message: MessageField::some(wa::message::PaymentInviteMessage {
            expiry_timestamp: Some(1),
            ..Default::default()
        }),
        ..Default::default()
    };
    assert_eq!(kind(&new).as_deref(), Some("unknown"));
    let edit = wa::Message {
        edited_message: MessageField::some(wa::message::FutureProofMessage {
            message: MessageField::some(text("corrected")),
        }),
        ..Default::default()
    };
    assert_eq!(kind(&edit).as_deref(), Some("edit"), "of nothing that is named");
}

#[test]
fn what_is_between_devices_is_no_message() {
    let keys = wa::Message {
        sender_key_distribution_message: MessageField::some(wa::message::SenderKeyDistributionMessage {
            group_id: Some("1@g.us".into()),
            ..Default::default()
        }),
        message_context_info: MessageField::some(wa::MessageContextInfo {
            message_secret: Some(vec![1; 32]),
            ..Default::default()
        }),
        ..Default::default()
    };
    assert!(content(&keys).is_none());
    let fast_keys = wa::Message {
        fast_ratchet_key_sender_key_distribution_message: keys.sender_key_distribution_message.clone(),
        ..Default::default()
    };
    assert!(content(&fast_keys).is_none());
    let share = wa::Message {
        protocol_message: MessageField::some(wa::message::ProtocolMessage {
            r#type: Some(wa::message::protocol_message::Type::APP_STATE_SYNC_KEY_SHARE),
            ..Default::default()
        }),
        ..Default::default()
    };
    assert!(content(&share).is_none());
    assert!(content(&wa::Message::default()).is_none());
    assert!(content(&text("")).is_none());
}

fn receipt_of(r#type: ReceiptType) -> Option<Receipt> {
    let event = wacore::types::events::Receipt::builder()
        .source(info("6280000000001@s.whatsapp.net", "6280000000001:3@s.whatsapp.net").source)
        .message_ids(vec!["3EB0A".into(), "3EB0B".into()])
        .timestamp(wacore::time::from_secs(1_700_000_000).expect("a time"))
        .r#type(r#type)
        .offline(false)
        .build();
    match receipt(&event) {
        Some(Inbound::Receipt(receipt)) => Some(receipt),
        Some(other) => panic!("expected a receipt, got {other:?}"),
        None => None,
    }
}

#[test]
fn receipts_of_people_move_messages_and_those_between_devices_do_not() {
    use MessageStatus::{Delivered, Played, Read};
    let table = [
        (ReceiptType::Delivered, Some((Delivered, false))),
        (ReceiptType::Inactive, Some((Delivered, false))),
        (ReceiptType::Read, Some((Read, false))),
        (ReceiptType::ReadSelf, Some((Read, true))),
        (ReceiptType::Played, Some((Played, false))),
        (ReceiptType::PlayedSelf, Some((Played, true))),
        (ReceiptType::Sender, None),
        (ReceiptType::Sent, None),
        (ReceiptType::Retry, None),
        (ReceiptType::PeerMsg, None),
        (ReceiptType::HistorySync, None),
        (ReceiptType::ServerError, None),
        (ReceiptType::Other("new".into()), None),
    ];
    for (kind, expected) in table {
        let got = receipt_of(kind.clone());
        assert_eq!(
            got.as_ref().map(|got| (got.status, got.from_self)),
            expected,
            "{kind:?}"
        );
        if let Some(got) = got {
            assert_eq!(got.wa_ids, ["3EB0A", "3EB0B"]);
            assert_eq!(
                (got.from.to_string(), got.at.secs()),
                ("6280000000001@s.whatsapp.net".into(), 1_700_000_000)
            );
        }
    }
}

#[test]
fn a_receipt_names_the_person_of_a_direct_chat_and_nobody_of_a_group() {
    let peer_in = |chat: &str| {
        let event = wacore::types::events::Receipt::builder()
            .source(MessageSource {
                is_from_me: false,
                ..info(chat, "6280000000001:3@s.whatsapp.net").source
            })
            .message_ids(vec!["3EB0A".into()])
            .timestamp(wacore::time::from_secs(1_700_000_000).expect("a time"))
            .r#type(ReceiptType::Read)
            .offline(false)
            .build();
        match receipt(&event) {
            Some(Inbound::Receipt(receipt)) => receipt.peer.map(|person| person.phone.map(|phone| phone.to_string())),
            other => panic!("expected a receipt, got {other:?}"),
        }
    };
    assert_eq!(
        peer_in("6280000000001@s.whatsapp.net"),
        Some(Some("+6280000000001".into()))
    );
    assert_eq!(peer_in("120363000000000001@g.us"), None);
}

#[test]
fn typing_recording_and_stopping_are_told_apart() {
    let activity_of = |state, media| {
        let event = ChatPresenceUpdate::builder()
            .source(info("120363000000000001@g.us", "1000123@lid").source)
            .state(state)
            .media(media)
            .build();
        match activity(&event) {
            Some(Inbound::Activity { chat, from, activity }) => {
                assert_eq!(
                    (chat.to_string(), from.to_string()),
                    ("120363000000000001@g.us".into(), "1000123@lid".into())
                );
                activity
            }
            other => panic!("expected an activity, got {other:?}"),
        }
    };
    assert_eq!(
        activity_of(ChatPresence::Composing, ChatPresenceMedia::Text),
        Activity::Typing
    );
    assert_eq!(
        activity_of(ChatPresence::Composing, ChatPresenceMedia::Audio),
        Activity::Recording
    );
    assert_eq!(
        activity_of(ChatPresence::Paused, ChatPresenceMedia::Audio),
        Activity::Stopped
    );
}

#[test]
fn undecryptable_messages_say_why_and_hidden_ones_are_left_out() {
    let event = |mode, unavailable, kind| {
        UndecryptableMessage::builder()
            .info(Arc::new(info(
                "6280000000001@s.whatsapp.net",
                "6280000000001@s.whatsapp.net",
            )))
            .is_unavailable(unavailable)
            .unavailable_type(kind)
            .decrypt_fail_mode(mode)
            .build()
    };
    let reason = |event: &UndecryptableMessage| match undecryptable(event) {
        Some(Inbound::Message(message)) => match message.content {
            InboundContent::Undecryptable { reason } => Some(reason),
            other => panic!("expected undecryptable, got {other:?}"),
        },
        Some(other) => panic!("expected a message, got {other:?}"),
        None => None,
    };
    let show = DecryptFailMode::Show;
    assert_eq!(
        reason(&event(show, false, UnavailableType::Unknown)).as_deref(),
        Some("no_session")
    );
    assert_eq!(
        reason(&event(show, true, UnavailableType::ViewOnce)).as_deref(),
        Some("view_once")
    );
    assert_eq!(
        reason(&event(show, true, UnavailableType::Unknown)).as_deref(),
        Some("not_sent_to_this_device")
    );
    assert_eq!(
        reason(&event(DecryptFailMode::Hide, false, UnavailableType::Unknown)),
        None
    );
}

#[test]
fn what_the_devices_of_an_account_tell_each_other_gets_no_line_when_it_cannot_be_read() {
    let stand_in = waproto::codec::message_decode(&lost::stand_in_bytes()).expect("a message");
    let own = "6280000000001@s.whatsapp.net";
    let mut told = info(own, own);
    told.source.is_from_me = true;
    assert!(message(&stand_in, &told).is_some());
    told.category = MessageCategory::Peer;
    assert!(message(&stand_in, &told).is_none());
    let event = UndecryptableMessage::builder()
        .info(Arc::new(told))
        .is_unavailable(false)
        .unavailable_type(UnavailableType::Unknown)
        .decrypt_fail_mode(DecryptFailMode::Show)
        .build();
    assert!(undecryptable(&event).is_none());
}

fn group_notice(action: GroupNotificationAction, index: u32) -> GroupNotice {
    let event = GroupUpdate::builder()
        .group_jid(jid("120363000000000001@g.us"))
        .notification_id("N1".into())
        .action_index(index)
        .participant(jid("1000001@lid"))
        .participant_pn(jid("6280000000009@s.whatsapp.net"))
        .timestamp(wacore::time::from_secs(1_700_000_000).expect("a time"))
        .is_lid_addressing_mode(true)
        .action(action)
        .build();
    match group(&event) {
        Some(Inbound::Group(notice)) => notice,
        other => panic!("expected a notice, got {other:?}"),
    }
}

#[test]
fn group_changes_say_who_what_and_about_whom() {
    let member = GroupParticipantInfo {
        jid: jid("1000123@lid"),
        phone_number: Some(jid("6280000000001@s.whatsapp.net")),
        display_name: None,
        r#type: None,
        lid: None,
        username: None,
        join_time: None,
        group_history_sent_state: None,
    };
    let added = group_notice(
        GroupNotificationAction::Add {
            participants: vec![member],
            reason: None,
        },
        0,
    );
    assert_eq!((added.wa_id.as_str(), added.action.as_str()), ("N1", "add"));
    let member = Person {
        phone: "6280000000001".parse().ok(),
        lid: Some("1000123@lid".into()),
        push_name: None,
    };
    assert_eq!(added.participants, [member]);
    assert_eq!(added.by.lid.as_deref(), Some("1000001@lid"));
    assert_eq!(added.by.phone.expect("known").digits(), "6280000000009");

    let subject = GroupNotificationAction::Subject {
        subject: "Toko".into(),
        subject_owner: None,
        subject_time: None,
    };
    let renamed = group_notice(subject, 1);
    assert_eq!(
        (
            renamed.wa_id.as_str(),
            renamed.action.as_str(),
            renamed.subject.as_deref()
        ),
        ("N1.1", "subject", Some("Toko"))
    );

    let locked = group_notice(GroupNotificationAction::Announce, 0);
    assert_eq!((locked.action.as_str(), locked.participants.len()), ("announcement", 0));
}

#[test]
fn a_new_group_comes_with_its_subject_and_members() {
    use wacore_binary::builder::NodeBuilder;
    let member = |member| NodeBuilder::new("participant").attr("jid", jid(member));
    let known = member("1000123@lid").attr("phone_number", jid("6280000000001@s.whatsapp.net"));
    let group = NodeBuilder::new("group")
        .attr("subject", "Toko")
        .children([member("1000001@lid").build(), known.build()])
        .build();
    let raw = NodeBuilder::new("create").children([group]).build();
    let created = group_notice(GroupNotificationAction::Create { raw }, 0);
    assert_eq!(
        (created.action.as_str(), created.subject.as_deref()),
        ("create", Some("Toko"))
    );
    let lids: Vec<_> = created.participants.iter().map(|one| one.lid.as_deref()).collect();
    assert_eq!(lids, [Some("1000001@lid"), Some("1000123@lid")]);
    let phones: Vec<_> = created.participants.iter().map(|one| one.phone.is_some()).collect();
    assert_eq!(phones, [false, true]);
}

#[test]
fn a_person_is_told_only_by_what_names_one() {
    let told = |jids: &[&str]| {
        let jids: Vec<_> = jids.iter().map(|text| jid(text)).collect();
        match identities(&jids) {
            Some(Inbound::Person(person)) => Some((person.phone.map(|phone| phone.to_string()), person.lid)),
            Some(other) => panic!("expected a person, got {other:?}"),
            None => None,
        }
    };
    let (number, lid) = ("6280000000001@s.whatsapp.net", "1000123@lid");
    let (phone, id) = (Some("+6280000000001".to_owned()), Some(lid.to_owned()));
    assert_eq!(told(&[number]), Some((phone.clone(), None)));
    assert_eq!(told(&[lid]), Some((None, id.clone())));
    assert_eq!(told(&[number, lid]), Some((phone, id)));
    assert_eq!(told(&["120363000000000001@g.us"]), None);
}

#[test]
fn history_of_a_group_names_each_author_and_no_other_person() {
    let entry = |id: &str, from_me: bool| wa::HistorySyncMsg {
        message: MessageField::some(wa::WebMessageInfo {
            key: MessageField::some(wa::MessageKey {
                remote_jid: Some("120363000000000001@g.us".into()),
                from_me: Some(from_me),
                id: Some(id.into()),
                participant: Some("1000123@lid".into()),
            }),
            message: MessageField::some(text("halo")),
            ..Default::default()
        }),
        ..Default::default()
    };
    let conversation = wa::Conversation {
        id: "120363000000000001@g.us".into(),
        messages: vec![entry("A", false), entry("B", true)],
        ..Default::default()
    };
    let got: Vec<_> = history(&conversation, &Person::default())
        .into_iter()
        .map(|item| match item {
            Inbound::Message(message) => (message.sender.lid, message.peer),
            other => panic!("expected a message, got {other:?}"),
        })
        .collect();
    assert_eq!(got, [(Some("1000123@lid".to_owned()), None), (None, None)]);
}

#[test]
fn history_is_in_order_marked_and_without_doubles() {
    let entry = |id: &str, from_me: bool, at: u64, body: Option<&str>| wa::HistorySyncMsg {
        message: MessageField::some(wa::WebMessageInfo {
            key: MessageField::some(wa::MessageKey {
                remote_jid: Some("6280000000001@s.whatsapp.net".into()),
                from_me: Some(from_me),
                id: Some(id.into()),
                participant: None,
            }),
            message: body.map(|body| MessageField::some(text(body))).unwrap_or_default(),
            message_timestamp: Some(at),
            push_name: Some("Sari".into()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let conversation = wa::Conversation {
        id: "6280000000001@s.whatsapp.net".into(),
        lid_jid: Some("1000123@lid".into()),
        messages: vec![
            entry("C", true, 30, Some("third")),
            entry("A", false, 10, Some("first")),
            entry("A", false, 10, Some("first again")),
            entry("B", false, 20, None),
        ],
        ..Default::default()
    };
    let own = Person {
        lid: Some("1000009@lid".into()),
        ..Person::default()
    };
    let got: Vec<_> = history(&conversation, &own)
        .into_iter()
        .map(|item| match item {
            Inbound::Message(message) => *message,
            other => panic!("expected a message, got {other:?}"),
        })
        .collect();
    assert_eq!(
        got.iter().map(|message| message.wa_id.as_str()).collect::<Vec<_>>(),
        ["A", "C"]
    );
    assert!(got.iter().all(|message| message.from_history));
    assert_eq!(got[0].sender.push_name.as_deref(), Some("Sari"));
    assert_eq!(got[0].sender.lid.as_deref(), Some("1000123@lid"));
    assert_eq!((got[0].direction, &got[0].peer), (Direction::In, &None));
    assert_eq!((got[1].direction, &got[1].sender), (Direction::Out, &own));
    assert_eq!(
        got[1].peer.as_ref().and_then(|peer| peer.lid.as_deref()),
        Some("1000123@lid")
    );
    assert!(
        history(
            &wa::Conversation {
                id: "status@broadcast".into(),
                ..conversation
            },
            &own
        )
        .is_empty()
    );
}
