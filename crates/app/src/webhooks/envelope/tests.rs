use pesan_model::account::Account;
use pesan_model::chat::Typing;
use pesan_model::content::{Content, Text};
use pesan_model::message::Message;
use pesan_model::{
    AccountId, AccountState, ChatId, ContactId, Direction, EventId, MessageId, MessageStatus, OrganizationId,
    ProviderKind, WebhookId,
};
use uuid::Uuid;

use super::*;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn message(direction: Direction, status: MessageStatus) -> Message {
    Message {
        id: MessageId::from(id(1)),
        account_id: AccountId::from(id(2)),
        chat_id: ChatId::from(id(3)),
        direction,
        wa_id: "3EB0".into(),
        chat: "6280000000001@s.whatsapp.net".into(),
        chat_name: "Siti".into(),
        sender: "6280000000001@s.whatsapp.net".into(),
        sent_by: None,
        automatic: None,
        contact_id: Some(ContactId::from(id(4))),
        push_name: Some("Siti".into()),
        kind: "text".into(),
        content: Content::Text(Text { body: "halo".into() }),
        metadata: None,
        reply_to: None,
        status,
        error: None,
        attempts: 0,
        retries: 0,
        created_at: Timestamp::from_secs(1_700_000_010),
        sent_at: Some(Timestamp::from_secs(1_700_000_000)),
        delivered_at: None,
        read_at: None,
        failed_at: None,
        send_at: None,
        deleted_at: None,
        edited_at: None,
        revoked_at: None,
    }
}

fn account() -> Account {
    Account {
        id: AccountId::from(id(2)),
        name: "Office".into(),
        provider: ProviderKind::LinkedDevice,
        state: AccountState::Connected,
        reason: None,
        advice: String::new(),
        state_since: Timestamp::from_secs(0),
        phone: None,
        lid: None,
        push_name: None,
        pacing: None,
        queued: 0,
        assignee_id: None,
        team_id: None,
        limited_until: None,
        last_connected_at: None,
        created_at: Timestamp::from_secs(0),
    }
}

fn typing(activity: Activity) -> Event {
    Event::ChatTyping(Typing {
        account_id: AccountId::from(id(2)),
        chat_id: None,
        chat: "6280000000001@s.whatsapp.net".into(),
        from: "6280000000001@s.whatsapp.net".into(),
        activity,
    })
}

fn webhook(events: &[&str], envelope: Envelope) -> Webhook {
    Webhook {
        id: WebhookId::from(id(9)),
        url: "https://example.com/".into(),
        events: events.iter().map(|&name| name.to_owned()).collect(),
        accounts: vec![],
        envelope,
        enabled: true,
        disabled_reason: None,
        created_at: Timestamp::from_secs(0),
    }
}

/// The example that the specification's reference libraries test with; the result was computed apart from this code.
#[test]
fn signatures_are_those_of_standard_webhooks() {
    let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64");
    let parts: [&[u8]; 5] = [
        b"msg_p5jXN8AQM9LWM0D4loKWxJek",
        b".",
        b"1614265330",
        b".",
        b"{\"test\": 2432232314}",
    ];
    assert_eq!(
        STANDARD.encode(hmac(&secret, &parts)),
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    );
    let written = written(&secret);
    assert_eq!(written, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    assert_eq!(
        hex::encode(hmac(written.as_bytes(), &[b"{\"test\": 2432232314}"])),
        "80ec8a89ce3cd22133a1066caecb4d04fea7467657c8514d717ec42c38a5c94c"
    );
}

#[test]
fn a_native_letter_is_the_logged_event_signed_with_every_valid_secret() {
    let logged = LoggedEvent {
        id: EventId::from(id(7)),
        organization_id: OrganizationId::from(id(8)),
        seq: 5,
        at: Timestamp::from_secs(1_700_000_000),
        event: typing(Activity::Typing),
    };
    let mut secrets = Secrets {
        current: vec![1; 32],
        previous: None,
    };
    let now = Timestamp::from_millis(1_700_000_123_456);
    let one = letter(Envelope::Native, &secrets, &logged, now).expect("written");
    secrets.previous = Some(vec![2; 32]);
    let two = letter(Envelope::Native, &secrets, &logged, now).expect("written");
    assert_eq!(
        serde_json::from_slice::<LoggedEvent>(&one.body).expect("parses"),
        logged
    );
    assert_eq!(one.headers[0], ("webhook-id", logged.id.to_string()));
    assert_eq!(one.headers[1], ("webhook-timestamp", "1700000123".to_owned()));
    let signed = [logged.id.to_string().as_bytes(), b".1700000123.", &one.body].concat();
    let by = |key: u8| format!("v1,{}", STANDARD.encode(hmac(&[key; 32], &[&signed])));
    assert_eq!(one.headers[2].1, by(1));
    assert_eq!(two.headers[2].1, format!("{} {}", by(1), by(2)));
}

#[test]
fn the_simple_envelope_has_four_events_and_a_test() {
    let received = simple(&Event::MessageReceived(message(Direction::In, MessageStatus::Received)));
    let expected = json!({
        "from": "6280000000001", "pushName": "Siti", "message": "halo", "type": "text",
        "id": MessageId::from(id(1)), "timestamp": 1_700_000_000,
    });
    assert_eq!(received, Some(("message.received", expected)));
    let out = |status| message(Direction::Out, status);
    for (event, status) in [
        (Event::MessageSent(out(MessageStatus::Sent)), "sent"),
        (Event::MessageDelivered(out(MessageStatus::Delivered)), "delivered"),
        (Event::MessageRead(out(MessageStatus::Read)), "read"),
        (Event::MessagePlayed(out(MessageStatus::Played)), "played"),
        (Event::MessageFailed(out(MessageStatus::Failed)), "failed"),
        (Event::MessageCancelled(out(MessageStatus::Cancelled)), "cancelled"),
    ] {
        let expected = json!({ "id": MessageId::from(id(1)), "status": status });
        assert_eq!(simple(&event), Some(("message.status", expected)));
    }
    assert_eq!(
        simple(&Event::AccountStateChanged(account())),
        Some((
            "session.status",
            json!({ "sessionId": AccountId::from(id(2)), "status": "connected" })
        ))
    );
    for (activity, is_typing) in [
        (Activity::Typing, true),
        (Activity::Recording, true),
        (Activity::Stopped, false),
    ] {
        let expected = json!({ "from": "6280000000001", "isTyping": is_typing });
        assert_eq!(simple(&typing(activity)), Some(("typing", expected)));
    }
    assert!(simple(&Event::WebhookTest(webhook(&["*"], Envelope::Simple))).is_some());
    for event in [
        Event::AccountCreated(account()),
        Event::AccountDeleted(account()),
        Event::MessageQueued(out(MessageStatus::Queued)),
    ] {
        assert_eq!(simple(&event), None);
        assert!(!wants(&webhook(&["*"], Envelope::Simple), &event));
        assert!(wants(&webhook(&["*"], Envelope::Native), &event));
    }
}

#[test]
fn a_program_with_the_simple_envelope_is_told_of_a_damaged_message_once_it_can_be_read() {
    let webhook = webhook(&["message.received"], Envelope::Simple);
    let mut came = message(Direction::In, MessageStatus::Received);
    came.content = Content::Undecryptable(pesan_model::content::Undecryptable {
        reason: "bad_mac".into(),
    });
    assert!(!wants(&webhook, &Event::MessageReceived(came)));
    let healed = Event::MessageHealed(message(Direction::In, MessageStatus::Received));
    assert!(wants(&webhook, &healed));
    let (name, data) = simple(&healed).expect("it has a simple form");
    assert_eq!((name, &data["message"]), ("message.received", &json!("halo")));
}

#[test]
fn whoever_hides_their_number_is_told_by_their_address() {
    let mut came = message(Direction::In, MessageStatus::Received);
    came.sender = "100000000000001@lid".into();
    let (_, data) = simple(&Event::MessageReceived(came)).expect("it has a simple form");
    assert_eq!(data["from"], "100000000000001@lid");
}

#[test]
fn the_simple_envelope_is_filtered_by_its_own_names_and_by_the_native_ones() {
    let sent = Event::MessageSent(message(Direction::Out, MessageStatus::Sent));
    let read = Event::MessageRead(message(Direction::Out, MessageStatus::Read));
    assert!(wants(&webhook(&["message.status"], Envelope::Simple), &sent));
    assert!(wants(&webhook(&["message.status"], Envelope::Simple), &read));
    assert!(wants(&webhook(&["message.read"], Envelope::Simple), &read));
    assert!(!wants(&webhook(&["message.read"], Envelope::Simple), &sent));
    assert!(wants(
        &webhook(&["session.status"], Envelope::Simple),
        &Event::AccountStateChanged(account())
    ));
    assert!(wants(
        &webhook(&["typing"], Envelope::Simple),
        &typing(Activity::Typing)
    ));
    assert!(!wants(&webhook(&["message.status"], Envelope::Native), &sent));
}

#[test]
fn a_webhook_wants_what_its_patterns_and_accounts_cover() {
    let sent = Event::MessageSent(message(Direction::Out, MessageStatus::Sent));
    assert!(wants(&webhook(&["message.*"], Envelope::Native), &sent));
    assert!(wants(
        &webhook(&["chat.typing", "message.sent"], Envelope::Native),
        &sent
    ));
    assert!(!wants(&webhook(&["chat.*"], Envelope::Native), &sent));
    let mut filtered = webhook(&["*"], Envelope::Native);
    filtered.accounts = vec![AccountId::from(id(2))];
    assert!(wants(&filtered, &sent));
    filtered.accounts = vec![AccountId::from(id(20))];
    assert!(!wants(&filtered, &sent));
    assert!(wants(&filtered, &Event::WebhookTest(filtered.clone())));
    let mut other = filtered.clone();
    other.id = WebhookId::from(id(10));
    assert!(!wants(&webhook(&["*"], Envelope::Native), &Event::WebhookTest(other)));
}
