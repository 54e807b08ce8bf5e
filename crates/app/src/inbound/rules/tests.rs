use pesan_model::content::{Content, Text};
use pesan_model::message::MessageError;
use pesan_model::{AccountId, MessageId};
use pesan_providers::inbound::InboundContent;
use uuid::Uuid;

use super::*;

const NUMBER: &str = "6280000000001@s.whatsapp.net";
const LID: &str = "1000123@lid";
const GROUP: &str = "120363000000000001@g.us";

fn chat(number: u128) -> ChatId {
    ChatId::from(Uuid::from_u128(number))
}

fn person_id(number: u128) -> ContactId {
    ContactId::from(Uuid::from_u128(number))
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn stored(direction: Direction, sender: &str, status: MessageStatus) -> Message {
    Message {
        id: MessageId::from(Uuid::from_u128(1)),
        account_id: AccountId::from(Uuid::from_u128(2)),
        chat_id: chat(3),
        direction,
        wa_id: "3EB0A".into(),
        chat: GROUP.into(),
        chat_name: "Siti".into(),
        sender: sender.into(),
        sent_by: None,
        automatic: None,
        contact_id: None,
        push_name: None,
        kind: "text".into(),
        content: Content::Text(Text { body: "halo".into() }),
        metadata: None,
        reply_to: None,
        status,
        error: None,
        attempts: 0,
        retries: 0,
        created_at: at(1),
        sent_at: None,
        delivered_at: None,
        read_at: None,
        failed_at: None,
        send_at: None,
        deleted_at: None,
        edited_at: None,
        revoked_at: None,
    }
}

fn person(phone: bool, lid: bool) -> Person {
    Person {
        phone: phone.then(|| "6280000000001".parse().expect("a number")),
        lid: lid.then(|| LID.into()),
        push_name: None,
    }
}

fn came(direction: Direction, sender: Person) -> InboundMessage {
    InboundMessage {
        wa_id: "3EB0A".into(),
        chat: GROUP.parse().expect("an address"),
        sender,
        direction,
        peer: None,
        at: at(1),
        content: InboundContent::Text("halo".into()),
        reply_to: None,
        from_history: false,
    }
}

#[test]
fn addresses_are_all_that_are_known() {
    let of = |phone, lid| {
        let person = person(phone, lid);
        addresses(person.phone.as_ref(), person.lid.as_deref())
    };
    assert_eq!(of(true, true), [NUMBER, LID]);
    assert_eq!(of(true, false), [NUMBER]);
    assert_eq!(of(false, true), [LID]);
    assert!(of(false, false).is_empty());
}

#[test]
fn a_sender_is_written_by_number_then_by_lid_then_by_chat() {
    let chat = GROUP.parse().expect("an address");
    assert_eq!(sender_address(&person(true, true), &chat), NUMBER);
    assert_eq!(sender_address(&person(false, true), &chat), LID);
    assert_eq!(sender_address(&person(false, false), &chat), GROUP);
    assert_eq!(address_of(None, None), None);
}

#[test]
fn a_receipt_names_its_thread_by_address_number_or_lid() {
    let receipt = |chat: &str, peer| Receipt {
        chat: chat.parse().expect("an address"),
        peer,
        from: NUMBER.parse().expect("an address"),
        from_self: false,
        wa_ids: vec![],
        status: MessageStatus::Read,
        at: at(1),
    };
    assert!(is_from(&receipt(GROUP, None), GROUP) && !is_from(&receipt(GROUP, None), NUMBER));
    let by_lid = receipt(LID, Some(person(true, true)));
    assert!(is_from(&by_lid, LID) && is_from(&by_lid, NUMBER) && !is_from(&by_lid, GROUP));
    assert!(!is_from(&receipt(LID, Some(person(false, true))), NUMBER));
}

#[test]
fn a_message_that_came_under_another_address_of_its_sender_is_the_same() {
    let known_as = |sender| stored(Direction::In, sender, MessageStatus::Received);
    let same = |sender, who| is_same(&known_as(sender), &came(Direction::In, who), chat(3));
    assert!(same(NUMBER, person(true, false)) && same(LID, person(false, true)));
    assert!(same(LID, person(true, true)), "the number became known meanwhile");
    assert!(same(NUMBER, person(true, true)), "the LID became known meanwhile");
    assert!(same(GROUP, person(false, false)), "nobody is named either time");
    assert!(
        !same(LID, person(true, false)),
        "nothing says that these are one person"
    );
    assert!(
        !same("1000999@lid", person(true, true)),
        "an id that another member chose too"
    );
}

#[test]
fn the_same_id_in_another_chat_or_direction_is_another_message() {
    let incoming = stored(Direction::In, NUMBER, MessageStatus::Received);
    let ours = stored(Direction::Out, "", MessageStatus::Sent);
    assert!(!is_same(&incoming, &came(Direction::In, person(true, true)), chat(4)));
    assert!(!is_same(&incoming, &came(Direction::Out, person(true, true)), chat(3)));
    assert!(!is_same(&ours, &came(Direction::In, person(true, true)), chat(3)));
    assert!(
        is_same(&ours, &came(Direction::Out, person(true, true)), chat(3)),
        "ours has no sender"
    );
}

#[test]
fn only_who_wrote_a_message_is_its_sender_under_whatever_address() {
    let (siti, budi) = (person_id(1), person_id(2));
    let stored = Message {
        contact_id: Some(siti),
        ..stored(Direction::In, LID, MessageStatus::Received)
    };
    let is_of = |direction, who, id, chat_id| is_of_sender(&stored, &came(direction, who), (chat_id, id));
    assert!(
        is_of(Direction::In, person(true, false), Some(siti), chat(3)),
        "known to be one person"
    );
    assert!(
        is_of(Direction::In, person(false, true), None, chat(3)),
        "by the address alone"
    );
    assert!(!is_of(Direction::In, person(true, false), Some(budi), chat(3)));
    assert!(!is_of(Direction::In, person(true, false), None, chat(3)));
    assert!(
        !is_of(Direction::In, person(true, true), Some(siti), chat(4)),
        "elsewhere"
    );
    assert!(
        !is_of(Direction::Out, person(true, true), Some(siti), chat(3)),
        "our own phone"
    );
    let ours = Message {
        contact_id: Some(siti),
        ..super::tests::stored(Direction::Out, "", MessageStatus::Sent)
    };
    assert!(is_of_sender(
        &ours,
        &came(Direction::Out, person(false, false)),
        (chat(3), None)
    ));
    assert!(
        !is_of_sender(&ours, &came(Direction::In, person(true, true)), (chat(3), Some(siti))),
        "whom it was for did not write it"
    );
}

fn placed(said: i64, now: i64) -> i64 {
    place_in_thread(Timestamp::from_millis(said), Timestamp::from_millis(now)).millis()
}

#[test]
fn a_message_of_this_second_is_now_and_an_older_one_is_at_the_end_of_its_second() {
    assert_eq!(placed(10_000, 10_900), 10_900);
    assert_eq!(placed(12_000, 10_900), 10_900, "a clock in the future");
    assert_eq!(placed(9_000, 10_900), 9_999);
    assert_eq!(placed(9_900, 10_900), 9_999);
}

#[test]
fn messages_stand_in_the_order_in_which_they_were_said_however_long_each_took_to_come() {
    // (said at WhatsApp's second, came at)
    let came = [(7, 7_030), (7, 7_070), (7, 8_018), (8, 8_019), (8, 9_400), (9, 9_500)];
    let places: Vec<i64> = came.iter().map(|&(said, now)| placed(said * 1000, now)).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(places[2] < 8_000, "what came late does not pass what was said after it");
}

fn names(events: Option<Vec<Event>>) -> Vec<&'static str> {
    events.unwrap_or_default().iter().map(Event::name).collect()
}

fn times(message: &Message) -> [Option<i64>; 3] {
    [message.sent_at, message.delivered_at, message.read_at].map(|time| time.map(Timestamp::secs))
}

#[test]
fn each_receipt_is_told_once_with_the_time_it_came() {
    use MessageStatus::{Delivered, Played, Queued, Read, Sent};
    let mut message = stored(Direction::Out, "", Queued);
    let steps = [
        (Sent, 10, "message.sent", [Some(10), None, None]),
        (Delivered, 20, "message.delivered", [Some(10), Some(20), None]),
        (Read, 30, "message.read", [Some(10), Some(20), Some(30)]),
        (Played, 40, "message.played", [Some(10), Some(20), Some(30)]),
    ];
    for (status, secs, name, expected) in steps {
        assert_eq!(names(climb(&mut message, status, at(secs))), [name]);
        assert_eq!((message.status, times(&message)), (status, expected));
        assert_eq!(climb(&mut message, status, at(99)), None, "twice");
    }
    for earlier in [Sent, Delivered, Read] {
        assert_eq!(climb(&mut message, earlier, at(99)), None, "late");
    }
    assert_eq!(times(&message), [Some(10), Some(20), Some(30)]);
}

#[test]
fn a_receipt_proves_what_came_before_it_and_heals_a_failure() {
    use MessageStatus::{Delivered, Failed, Played, Queued, Read, Sent};
    for (from, to, expected) in [
        (Queued, Delivered, [Some(50), Some(50), None]),
        (Failed, Read, [Some(50), Some(50), Some(50)]),
        (Failed, Played, [Some(50), Some(50), Some(50)]),
    ] {
        let mut message = stored(Direction::Out, "", from);
        message.error = Some(MessageError {
            code: "unconfirmed".into(),
            detail: "No answer.".into(),
        });
        let events = climb(&mut message, to, at(50)).expect("a step");
        assert_eq!((message.status, times(&message), &message.error), (to, expected, &None));
        let [Event::MessageSent(sent), last] = events.as_slice() else {
            panic!("sent is told first, then the receipt")
        };
        assert_eq!((sent.status, times(sent)), (Sent, [Some(50), None, None]));
        assert_eq!(last.message(), Some(&message));
    }
    let mut sent = stored(Direction::Out, "", Sent);
    assert_eq!(
        names(climb(&mut sent, Read, at(50))),
        ["message.read"],
        "sent was told before"
    );
}

#[test]
fn what_came_in_or_is_no_receipt_changes_nothing() {
    use MessageStatus::{Cancelled, Failed, Queued, Read, Received};
    for (from, to) in [(Received, Read), (Cancelled, Read), (Queued, Failed), (Failed, Queued)] {
        let mut message = stored(Direction::Out, "", from);
        let before = message.clone();
        assert_eq!(climb(&mut message, to, at(50)), None, "{from:?} to {to:?}");
        assert_eq!(message, before);
    }
}

#[test]
fn only_what_was_not_accepted_yet_may_still_be_sent() {
    let unsent: Vec<_> = MessageStatus::ALL
        .into_iter()
        .filter(|&status| is_unsent(status))
        .collect();
    assert_eq!(unsent, [MessageStatus::Queued, MessageStatus::Failed]);
}

#[test]
fn what_was_sent_from_here_left_after_it_was_accepted_and_was_read_after_it_left() {
    use MessageStatus::{Delivered, Played, Queued, Read, Sent};
    let accepted = at(10).plus(Duration::from_millis(700));
    let ours = |status| Message {
        sent_by: Some("user:x".into()),
        created_at: accepted,
        ..stored(Direction::Out, "", status)
    };
    let all = |message: &Message| [message.sent_at, message.delivered_at, message.read_at];
    let mut message = ours(Queued);
    climb(&mut message, Sent, at(10)).expect("a step");
    assert_eq!(all(&message), [Some(accepted), None, None]);
    climb(&mut message, Delivered, at(10)).expect("a step");
    climb(&mut message, Read, at(9)).expect("a step");
    assert_eq!(all(&message), [Some(accepted); 3]);
    for status in [Delivered, Read, Played] {
        let mut message = ours(Queued);
        climb(&mut message, status, at(10)).expect("a step");
        assert!(
            all(&message).into_iter().flatten().all(|time| time == accepted),
            "{status:?}"
        );
    }
    let mut later = ours(Queued);
    climb(&mut later, Sent, at(12)).expect("a step");
    assert_eq!(later.sent_at, Some(at(12)));

    // What another device sent was written before we heard of it.
    let mut of_phone = Message {
        sent_at: Some(at(5)),
        created_at: accepted,
        ..stored(Direction::Out, "", Sent)
    };
    climb(&mut of_phone, Delivered, at(6)).expect("a step");
    assert_eq!(all(&of_phone), [Some(at(5)), Some(at(6)), None]);
    climb(&mut of_phone, Read, at(4)).expect("a step");
    assert_eq!(of_phone.read_at, Some(at(5)));
}
