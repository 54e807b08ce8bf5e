use super::*;
use crate::account::{AccountState, ProviderKind};
use crate::chat::Activity;
use crate::content::{Content, Text};
use crate::currency::Currency;
use crate::custom_field::FieldValues;
use crate::donation::{DonationMethod, DonationStatus};
use crate::id::{ContactId, DonationId, MessageId, NoteId, ReminderId};
use crate::inbox::ChatStatus;
use crate::message::{Direction, MessageStatus};
use crate::reminder::ReminderStatus;
use crate::webhook::Envelope;
use uuid::Uuid;

const ZERO: Timestamp = Timestamp::from_millis(0);

fn account() -> Account {
    Account {
        id: AccountId::from(Uuid::from_u128(1)),
        name: "Office".into(),
        provider: ProviderKind::LinkedDevice,
        state: AccountState::Connected,
        reason: None,
        advice: String::new(),
        state_since: ZERO,
        phone: None,
        lid: None,
        push_name: None,
        pacing: None,
        queued: 0,
        assignee_id: None,
        team_id: None,
        limited_until: None,
        last_connected_at: None,
        created_at: ZERO,
    }
}

fn message() -> Message {
    Message {
        id: MessageId::from(Uuid::from_u128(3)),
        account_id: AccountId::from(Uuid::from_u128(1)),
        chat_id: ChatId::from(Uuid::from_u128(2)),
        direction: Direction::Out,
        wa_id: "3EB0".into(),
        chat: "15550000001@s.whatsapp.net".into(),
        chat_name: "Siti".into(),
        sender: String::new(),
        sent_by: None,
        automatic: None,
        contact_id: None,
        push_name: None,
        kind: "text".into(),
        content: Content::Text(Text { body: "halo".into() }),
        metadata: None,
        reply_to: None,
        status: MessageStatus::Queued,
        error: None,
        attempts: 0,
        retries: 0,
        created_at: ZERO,
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

fn chat() -> Chat {
    Chat {
        id: ChatId::from(Uuid::from_u128(2)),
        account_id: AccountId::from(Uuid::from_u128(1)),
        address: "15550000001@s.whatsapp.net".into(),
        is_group: false,
        name: "Siti".into(),
        contact_id: None,
        unread: 0,
        last_message: None,
        last_message_at: ZERO,
        status: ChatStatus::Open,
        snoozed_until: None,
        assignee_id: None,
        team_id: None,
        is_starred: false,
        tag_ids: vec![],
        waiting_since: None,
        reminder_due: false,
    }
}

fn contact() -> Contact {
    Contact {
        id: ContactId::from(Uuid::from_u128(4)),
        name: "Siti".into(),
        own_name: None,
        push_name: None,
        phone: None,
        other_numbers: Vec::new(),
        lid: None,
        language: None,
        opted_out_at: None,
        fields: FieldValues::new(),
        tag_ids: vec![],
        erased_at: None,
        created_at: ZERO,
    }
}

fn erased() -> ErasedContact {
    ErasedContact {
        id: contact().id,
        other_ids: vec![],
        chat_ids: vec![chat().id],
    }
}

fn donation() -> Donation {
    Donation {
        id: DonationId::from(Uuid::from_u128(6)),
        contact_id: contact().id,
        amount: 100,
        currency: Currency::IDR,
        method: DonationMethod::Cash,
        given_on: "2026-11-20".parse().expect("a day"),
        fund: None,
        status: DonationStatus::Confirmed,
        note: None,
        media_id: None,
        recorded_by: "system".into(),
        created_at: ZERO,
        updated_at: ZERO,
    }
}

fn note(chat_id: Option<ChatId>) -> Note {
    Note {
        id: NoteId::from(Uuid::from_u128(7)),
        contact_id: None,
        chat_id,
        author: "system".into(),
        author_name: "system".into(),
        body: "halo".into(),
        is_pinned: false,
        created_at: ZERO,
        edited_at: None,
    }
}

fn reminder(chat_id: Option<ChatId>) -> Reminder {
    Reminder {
        id: ReminderId::from(Uuid::from_u128(8)),
        owner_id: None,
        contact_id: None,
        chat_id,
        about: None,
        text: "halo".into(),
        due_at: ZERO,
        time_zone: "Asia/Jakarta".parse().expect("a zone"),
        status: ReminderStatus::Open,
        fired_at: None,
        created_by: "system".into(),
        created_at: ZERO,
        updated_at: ZERO,
    }
}

fn webhook() -> Webhook {
    Webhook {
        id: WebhookId::from(Uuid::from_u128(5)),
        url: "https://example.com/".into(),
        events: vec!["*".into()],
        accounts: vec![],
        envelope: Envelope::Native,
        enabled: true,
        disabled_reason: None,
        created_at: ZERO,
    }
}

fn typing() -> Event {
    Event::ChatTyping(Typing {
        account_id: AccountId::from(Uuid::from_u128(1)),
        chat_id: Some(ChatId::from(Uuid::from_u128(2))),
        chat: "15550000001@s.whatsapp.net".into(),
        from: "15550000001@s.whatsapp.net".into(),
        activity: Activity::Typing,
    })
}

#[test]
fn json_has_type_and_data() {
    let json = serde_json::to_value(typing()).expect("serializes");
    assert_eq!(json["type"], "chat.typing");
    assert_eq!(json["data"]["activity"], "typing");
    assert_eq!(serde_json::from_value::<Event>(json).expect("parses"), typing());
    assert_eq!(typing().name(), "chat.typing");
    assert!(Event::NAMES.contains(&typing().name()));
    assert_eq!(typing().account_id(), Some(AccountId::from(Uuid::from_u128(1))));
    assert_eq!(typing().chat_id(), Some(ChatId::from(Uuid::from_u128(2))));
    assert_eq!(typing().message(), None);
    assert_eq!(typing().only_webhook(), None);
}

#[test]
fn patterns_cover_names() {
    assert!(matches("*", "message.sent"));
    assert!(matches("message.*", "message.sent") && !matches("message.*", "chat.typing"));
    assert!(matches("message.sent", "message.sent") && !matches("message.sent", "message.sen"));
    assert!(!matches("mess*", "message.sent"), "a star stands for whole words only");
    assert!(is_valid_pattern("*") && is_valid_pattern("account.*") && is_valid_pattern("chat.typing"));
    assert!(!is_valid_pattern("nothing.*") && !is_valid_pattern("") && !is_valid_pattern("message"));
}

#[test]
fn every_event_has_its_name_and_says_what_it_is_about() {
    let of_an_account = [
        Event::AccountCreated(account()),
        Event::AccountStateChanged(account()),
        Event::AccountDeleted(account()),
    ];
    let of_a_message = [
        Event::MessageQueued(message()),
        Event::MessageSent(message()),
        Event::MessageDelivered(message()),
        Event::MessageRead(message()),
        Event::MessagePlayed(message()),
        Event::MessageFailed(message()),
        Event::MessageCancelled(message()),
        Event::MessageReceived(message()),
        Event::MessageHealed(message()),
        Event::MessageMediaReady(message()),
        Event::MessageDeleted(message()),
        Event::MessageEdited(message()),
        Event::MessageRevoked(message()),
        Event::MessageVoted(message()),
    ];
    let of_a_chat = [Event::ChatUpdated(chat()), typing()];
    let of_nobody_here = [
        Event::ContactCreated(contact()),
        Event::ContactUpdated(contact()),
        Event::ContactMerged(contact()),
        Event::ContactUnmerged(contact()),
        Event::ContactOptedOut(contact()),
        Event::ContactOptedIn(contact()),
        Event::ContactErased(erased()),
        Event::DonationRecorded(donation()),
        Event::DonationChanged(donation()),
        Event::DonationDeleted(donation()),
        Event::NoteCreated(note(None)),
        Event::NoteUpdated(note(None)),
        Event::NoteDeleted(note(None)),
        Event::ReminderCreated(reminder(None)),
        Event::ReminderUpdated(reminder(None)),
        Event::ReminderDue(reminder(None)),
    ];
    let test = [Event::WebhookTest(webhook())];

    let about = |event: &Event| {
        (
            event.account_id().is_some_and(|id| id == account().id),
            event.chat_id().is_some_and(|id| id == chat().id),
            event.message() == Some(&message()),
            event.only_webhook() == Some(webhook().id),
        )
    };
    let groups: [(&[Event], _); 5] = [
        (&of_an_account, (true, false, false, false)),
        (&of_a_message, (true, true, true, false)),
        (&of_a_chat, (true, true, false, false)),
        (&of_nobody_here, (false, false, false, false)),
        (&test, (false, false, false, true)),
    ];
    let mut names = Vec::new();
    for (events, expected) in groups {
        for event in events {
            assert_eq!(about(event), expected, "{}", event.name());
            assert_eq!(serde_json::to_value(event).expect("serializes")["type"], event.name());
            names.push(event.name());
        }
    }
    assert_eq!(names, Event::NAMES);
    let of_a_group = [
        Event::NoteCreated(note(Some(chat().id))),
        Event::NoteUpdated(note(Some(chat().id))),
        Event::NoteDeleted(note(Some(chat().id))),
        Event::ReminderCreated(reminder(Some(chat().id))),
        Event::ReminderUpdated(reminder(Some(chat().id))),
        Event::ReminderDue(reminder(Some(chat().id))),
    ];
    for event in of_a_group {
        assert_eq!(about(&event), (false, true, false, false), "{}", event.name());
    }
}
