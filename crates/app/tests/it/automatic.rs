//! What Pesan answers by itself: once, to people, and never to those who want none of it.

use std::time::Duration;

use pesan_app::access::organizations;
use pesan_app::contacts::{self, ContactChange};
use pesan_app::{Error, inbound, inbox, messaging};
use pesan_model::automatic::{AutomaticText, MAX_A_DAY, OptOut};
use pesan_model::chat::Contact;
use pesan_model::hours::{BusinessHours, OpenInterval, Weekday};
use pesan_model::inbox::{ChatActor, ChatChange};
use pesan_model::message::Message;
use pesan_model::organization::SettingsChange;
use pesan_model::{AccountId, AutomaticKind, Clock as _, Content, Direction, Event};
use pesan_providers::Inbound;
use pesan_providers::inbound::{InboundContent, InboundMessage, Person};
use pesan_store::testing::{self, both};
use pesan_store::{contact, message as messages_of};

use crate::inbound::{message, receive, receive_message};
use crate::people::{chats, person, write};
use crate::support::TestApp;

const SITI: (&str, &str) = ("15550000001", "Siti Rahma");
const GROUP: &str = "120363000000000001@g.us";

fn text(text: &str) -> AutomaticText {
    AutomaticText {
        enabled: true,
        text: text.to_owned(),
    }
}

async fn decide(test: &TestApp, change: SettingsChange) {
    organizations::update(&test.app, &test.caller, None, change)
        .await
        .expect("decided");
}

async fn welcome(test: &TestApp) {
    let change = SettingsChange {
        welcome: Some(Some(text(
            "Halo {{contact.first_name|Kak}}, ini {{organization.name}}.",
        ))),
        ..SettingsChange::default()
    };
    decide(test, change).await;
}

/// The clock of the tests stands at 22:13 in UTC on Tuesday, 2023-11-14. Somebody is there from 8 to 17.
async fn away(test: &TestApp) {
    let interval = |day| OpenInterval {
        day,
        from: "08:00".parse().expect("a time"),
        to: "17:00".parse().expect("a time"),
    };
    let change = SettingsChange {
        business_hours: Some(Some(BusinessHours {
            time_zone: "UTC".parse().expect("a zone"),
            intervals: Weekday::ALL.into_iter().map(interval).collect(),
            holidays: Vec::new(),
        })),
        away: Some(Some(text("Kami tutup."))),
        ..SettingsChange::default()
    };
    decide(test, change).await;
}

/// What was sent by itself, oldest first.
async fn automatic(test: &TestApp) -> Vec<(AutomaticKind, String)> {
    let found = test.events().await.into_iter().filter_map(|logged| match logged.event {
        Event::MessageQueued(message) => told(&message),
        _ => None,
    });
    found.collect()
}

fn told(message: &Message) -> Option<(AutomaticKind, String)> {
    let Content::Text(text) = &message.content else {
        return None;
    };
    Some((message.automatic?, text.body.clone()))
}

async fn count(test: &TestApp, kind: AutomaticKind) -> usize {
    automatic(test).await.iter().filter(|(known, _)| *known == kind).count()
}

async fn siti(test: &TestApp) -> Contact {
    let found = contacts::search(&test.app, &test.caller, SITI.0, None, 5)
        .await
        .expect("found");
    found.into_iter().next().expect("somebody").0
}

fn from_siti(test: &TestApp, wa_id: &str, body: &str) -> InboundMessage {
    InboundMessage {
        sender: Person {
            phone: SITI.0.parse().ok(),
            lid: None,
            push_name: Some(SITI.1.to_owned()),
        },
        ..message(test, wa_id, body)
    }
}

#[tokio::test]
async fn somebody_new_is_welcomed_once_whatever_comes_twice() {
    for database in both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let (second, _) = test.account(None).await;
        welcome(&test).await;
        let first = from_siti(&test, "1", "Halo");
        receive_message(&test, account, first.clone()).await;
        let hello = (AutomaticKind::Welcome, "Halo Siti, ini Yayasan.".to_owned());
        assert_eq!(
            automatic(&test).await,
            std::slice::from_ref(&hello),
            "{}",
            database.kind
        );
        // The same again, another one, one on another account, and the same to a process that has just started.
        receive_message(&test, account, first.clone()).await;
        write(&test, account, SITI, "Masih di sana?").await;
        write(&test, second, SITI, "Halo juga").await;
        let again = TestApp::start(&database, test.clock.clone(), test.caller.organization_id).await;
        receive_message(&again, account, first).await;
        assert_eq!(automatic(&test).await, [hello]);
        assert_eq!(test.waiting().await, 1, "it is queued once");
        again.stop().await;
    }
}

#[tokio::test]
async fn a_welcome_is_stored_together_with_what_it_answers_or_not_at_all() {
    for database in both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        welcome(&test).await;
        let first = from_siti(&test, "1", "Halo");
        // Nothing can be queued: what came in is refused, and comes again.
        testing::rename_table(&test.app.store, "job", "job_away").await;
        let _ = inbound::receive(&test.app, account, vec![Inbound::Message(Box::new(first.clone()))]).await;
        testing::rename_table(&test.app.store, "job_away", "job").await;
        receive_message(&test, account, first.clone()).await;
        receive_message(&test, account, first).await;
        assert_eq!(count(&test, AutomaticKind::Welcome).await, 1, "{}", database.kind);
        let chat = chats(&test).await.remove(0);
        let thread = inbox::messages(&test.app, &test.caller, chat.id, None, 10)
            .await
            .expect("a thread");
        let welcomes = thread.iter().filter(|(message, _)| message.automatic.is_some()).count();
        assert_eq!(welcomes as u64, test.waiting().await);
    }
}

#[tokio::test]
async fn the_welcome_waits_for_the_first_message_that_can_be_read() {
    for database in both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        welcome(&test).await;
        let unreadable = InboundMessage {
            content: InboundContent::Undecryptable {
                reason: "no_session".into(),
            },
            ..from_siti(&test, "1", "")
        };
        receive_message(&test, account, unreadable).await;
        assert_eq!(automatic(&test).await, [], "{}", database.kind);
        receive_message(&test, account, from_siti(&test, "1", "Halo")).await;
        assert_eq!(count(&test, AutomaticKind::Welcome).await, 1);
        receive_message(&test, account, from_siti(&test, "1", "Halo")).await;
        write(&test, account, SITI, "Halo?").await;
        assert_eq!(count(&test, AutomaticKind::Welcome).await, 1);
    }
}

#[tokio::test]
async fn who_was_welcomed_under_a_number_is_not_once_more_when_whatsapp_tells_who_that_is() {
    for database in both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        welcome(&test).await;
        let lid = "200000000000009@lid";
        let unreadable = InboundMessage {
            chat: lid.parse().expect("an address"),
            content: InboundContent::Undecryptable {
                reason: "no_session".into(),
            },
            sender: Person {
                phone: None,
                lid: Some(lid.to_owned()),
                push_name: None,
            },
            ..from_siti(&test, "1", "")
        };
        receive_message(&test, account, unreadable).await;
        write(&test, account, SITI, "Halo").await;
        assert_eq!(count(&test, AutomaticKind::Welcome).await, 1, "{}", database.kind);
        let mut both_names = from_siti(&test, "3", "Halo?");
        both_names.sender.lid = Some(lid.to_owned());
        receive_message(&test, account, both_names).await;
        assert_eq!(chats(&test).await.len(), 1, "both are one");
        assert_eq!(count(&test, AutomaticKind::Welcome).await, 1, "{}", database.kind);
    }
}

#[tokio::test]
async fn nobody_is_welcomed_who_was_there_before_or_did_not_write_to_us() {
    for database in both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        // Somebody who wrote while it was switched off is not new any more.
        person(&test, account, "15550000002", "Budi").await;
        welcome(&test).await;
        write(&test, account, ("15550000002", "Budi"), "Lagi").await;
        // From the history of the phone.
        let old = InboundMessage {
            from_history: true,
            ..from_siti(&test, "1", "Dulu")
        };
        receive_message(&test, account, old).await;
        write(&test, account, SITI, "Sekarang").await;
        // In a group, and alone afterwards.
        let stranger = Person {
            phone: "15550000003".parse().ok(),
            lid: None,
            push_name: Some("Ani".into()),
        };
        let in_group = InboundMessage {
            chat: GROUP.parse().expect("a group"),
            sender: stranger,
            ..message(&test, "g1", "Halo semua")
        };
        receive_message(&test, account, in_group).await;
        write(&test, account, ("15550000003", "Ani"), "Halo").await;
        // Our own phone wrote first.
        let own = InboundMessage {
            chat: "15550000004".parse().expect("a number"),
            sender: Person::default(),
            direction: Direction::Out,
            ..message(&test, "o1", "Selamat pagi")
        };
        receive_message(&test, account, own).await;
        write(&test, account, ("15550000004", "Eka"), "Pagi").await;
        assert_eq!(automatic(&test).await, [], "{}", database.kind);
    }
}

#[tokio::test]
async fn an_automatic_message_answers_nobody() {
    for database in both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        welcome(&test).await;
        write(&test, account, SITI, "Halo").await;
        let chat = chats(&test).await.remove(0);
        assert!(chat.waiting_since.is_some() && chat.unread == 1, "{}", database.kind);
        let thread = inbox::messages(&test.app, &test.caller, chat.id, None, 10)
            .await
            .expect("a thread");
        let (sent, _) = thread
            .iter()
            .find(|(message, _)| message.direction == Direction::Out)
            .expect("sent");
        assert_eq!(
            (sent.automatic, sent.sent_by.as_deref()),
            (Some(AutomaticKind::Welcome), None)
        );
        let read = messaging::get(&test.app, &test.caller, sent.id)
            .await
            .expect("a message");
        assert_eq!(read.automatic, Some(AutomaticKind::Welcome));
        // It counts for nothing in how they and we took turns.
        let (organization, person) = (test.caller.organization_id, chat.contact_id.expect("a person"));
        let turns = test.app.store.read(move |tx| {
            Box::pin(async move {
                let since = pesan_model::Timestamp::from_millis(0);
                messages_of::list_turns(tx, organization, person, since, 10).await
            })
        });
        let turns = turns.await.expect("turns");
        assert_eq!(
            turns.concat().iter().map(|(is_in, _)| *is_in).collect::<Vec<_>>(),
            [true]
        );
        // It goes out like any other.
        test.run_outbox();
        test.wait_for_events("message.sent", 1).await;
        assert_eq!(provider.sent().len(), 1);
        test.stop().await;
    }
}

#[tokio::test]
async fn who_writes_outside_the_hours_is_told_once_for_each_time_that_nobody_is_there() {
    for database in both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        away(&test).await;
        write(&test, account, SITI, "Malam").await;
        write(&test, account, SITI, "Ada orang?").await;
        assert_eq!(
            automatic(&test).await,
            [(AutomaticKind::Away, "Kami tutup.".to_owned())],
            "{}",
            database.kind
        );
        // Somebody else is told too.
        write(&test, account, ("15550000002", "Budi"), "Malam").await;
        assert_eq!(count(&test, AutomaticKind::Away).await, 2);
        // At 09:13 somebody is there; at 18:13 nobody is any more.
        test.clock.advance(Duration::from_hours(11));
        write(&test, account, SITI, "Pagi").await;
        assert_eq!(count(&test, AutomaticKind::Away).await, 2);
        test.clock.advance(Duration::from_hours(9));
        write(&test, account, SITI, "Sore").await;
        write(&test, account, SITI, "Halo?").await;
        assert_eq!(count(&test, AutomaticKind::Away).await, 3);
        // What comes late or in a group is not answered.
        let late = InboundMessage {
            at: test.clock.now().minus(Duration::from_hours(13)),
            chat: "15550000003".parse().expect("a number"),
            ..from_siti(&test, "late", "Kemarin")
        };
        let late = InboundMessage {
            sender: Person {
                phone: "15550000003".parse().ok(),
                ..Person::default()
            },
            ..late
        };
        let in_group = InboundMessage {
            chat: GROUP.parse().expect("a group"),
            ..from_siti(&test, "g", "Halo semua")
        };
        receive(
            &test,
            account,
            vec![Inbound::Message(Box::new(late)), Inbound::Message(Box::new(in_group))],
        )
        .await;
        assert_eq!(count(&test, AutomaticKind::Away).await, 3);
    }
}

#[tokio::test]
async fn two_programs_that_answer_each_other_fall_silent() {
    for database in both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let change = SettingsChange {
            opt_out: Some(Some(OptOut {
                reply: text("Baik."),
                opt_in_reply: text("Selamat datang kembali."),
                ..OptOut::default()
            })),
            ..SettingsChange::default()
        };
        decide(&test, change).await;
        for round in 0..10 {
            write(&test, account, SITI, if round % 2 == 0 { "STOP" } else { "START" }).await;
            test.clock.advance(Duration::from_secs(1));
        }
        assert_eq!(automatic(&test).await.len() as u64, MAX_A_DAY, "{}", database.kind);
        test.clock.advance(Duration::from_hours(24));
        write(&test, account, SITI, "STOP").await;
        assert_eq!(automatic(&test).await.len() as u64, MAX_A_DAY + 1);
    }
}

#[tokio::test]
async fn who_says_stop_is_left_alone_until_they_say_start() {
    for database in both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        welcome(&test).await;
        away(&test).await;
        write(&test, account, SITI, " Berhenti! ").await;
        assert_eq!(
            automatic(&test).await,
            [],
            "neither welcome nor away: {}",
            database.kind
        );
        let out = siti(&test).await;
        assert_eq!(out.opted_out_at, Some(test.clock.now()));
        write(&test, account, SITI, "Satu lagi").await;
        assert_eq!(automatic(&test).await, []);
        // A person may still write.
        let chat = chats(&test).await.remove(0);
        let new = messaging::NewMessage {
            account_id: account,
            to: chat.address.clone(),
            content: messaging::NewContent::Text { body: "Baik".into() },
            reply_to: None,
            send_at: None,
            metadata: None,
        };
        messaging::send(&test.app, &test.caller, new, None)
            .await
            .expect("accepted");
        test.clock.advance(Duration::from_hours(1));
        write(&test, account, SITI, "mulai").await;
        assert_eq!(siti(&test).await.opted_out_at, None);
        let log = inbox::chat_log(&test.app, &test.caller, chat.id, None, 10)
            .await
            .expect("a log");
        let wishes: Vec<_> = log.into_iter().map(|entry| (entry.by, entry.change)).collect();
        assert_eq!(
            wishes,
            [
                (ChatActor::Message, ChatChange::OptedIn),
                (ChatActor::Message, ChatChange::OptedOut),
            ]
        );
        let names = test.event_names().await;
        for (name, times) in [("contact.opted_out", 1), ("contact.opted_in", 1)] {
            assert_eq!(names.iter().filter(|known| **known == name).count(), times, "{name}");
        }
        write(&test, account, SITI, "Halo").await;
        assert_eq!(
            automatic(&test).await,
            [(AutomaticKind::Away, "Kami tutup.".to_owned())]
        );
    }
}

#[tokio::test]
async fn a_wish_from_the_history_or_a_group_is_none() {
    for database in both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        write(&test, account, SITI, "Halo").await;
        let old = InboundMessage {
            from_history: true,
            ..from_siti(&test, "1", "STOP")
        };
        let in_group = InboundMessage {
            chat: GROUP.parse().expect("a group"),
            ..from_siti(&test, "2", "STOP")
        };
        receive(
            &test,
            account,
            vec![Inbound::Message(Box::new(old)), Inbound::Message(Box::new(in_group))],
        )
        .await;
        assert_eq!(siti(&test).await.opted_out_at, None, "{}", database.kind);
    }
}

#[tokio::test]
async fn a_colleague_can_note_a_wish_and_the_thread_says_who() {
    for database in both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        welcome(&test).await;
        let id = person(&test, account, SITI.0, SITI.1).await;
        let change = |opted_out| ContactChange {
            opted_out: Some(opted_out),
            ..ContactChange::default()
        };
        for opted_out in [true, true, false, false] {
            contacts::update(&test.app, &test.caller, id, change(opted_out))
                .await
                .expect("changed");
        }
        let chat = chats(&test).await.remove(0);
        let log = inbox::chat_log(&test.app, &test.caller, chat.id, None, 10)
            .await
            .expect("a log");
        let wishes: Vec<_> = log.into_iter().map(|entry| (entry.by, entry.change)).collect();
        assert_eq!(
            wishes,
            [
                (ChatActor::System, ChatChange::OptedIn),
                (ChatActor::System, ChatChange::OptedOut)
            ],
            "{}",
            database.kind
        );
    }
}

#[tokio::test]
async fn who_opts_out_under_one_number_is_left_alone_under_the_other() {
    for database in both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let one = person(&test, account, SITI.0, SITI.1).await;
        let other = person(&test, account, "15550000009", "Siti kantor").await;
        contacts::merging::merge(&test.app, &test.caller, (one, other), None)
            .await
            .expect("merged");
        away(&test).await;
        write(&test, account, ("15550000009", "Siti kantor"), "stop").await;
        assert!(siti(&test).await.opted_out_at.is_some(), "{}", database.kind);
        write(&test, account, SITI, "Halo").await;
        write(&test, account, ("15550000009", "Siti kantor"), "Halo").await;
        assert_eq!(automatic(&test).await, []);
        let organization = test.caller.organization_id;
        let row = test
            .app
            .store
            .read(move |tx| Box::pin(async move { contact::get(tx, organization, other).await }));
        assert!(row.await.expect("a row").is_merged());
    }
}

#[tokio::test]
async fn what_would_leave_a_hole_or_is_no_text_is_refused() {
    for database in both().await {
        let test = TestApp::new(&database).await;
        let refused =
            async |change: SettingsChange| match organizations::update(&test.app, &test.caller, None, change).await {
                Err(Error::Invalid(fields)) => fields.into_iter().map(|field| field.pointer).collect::<Vec<_>>(),
                other => panic!("{other:?}"),
            };
        let welcome = SettingsChange {
            welcome: Some(Some(text("Halo {{contact.name}}"))),
            away: Some(Some(text("{{contact.fields.city|}}"))),
            ..SettingsChange::default()
        };
        let expected = ["/settings/welcome/text", "/settings/away/text"];
        assert_eq!(refused(welcome).await, expected, "{}", database.kind);
    }
}

#[tokio::test]
async fn of_two_who_meet_somebody_new_at_once_one_welcomes() {
    for database in both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let (second, _) = test.account(None).await;
        welcome(&test).await;
        let accounts: [AccountId; 2] = [account, second];
        let both_at_once = accounts.map(|account| receive_message(&test, account, from_siti(&test, "1", "Halo")));
        let [one, other] = both_at_once;
        tokio::join!(one, other);
        assert_eq!(count(&test, AutomaticKind::Welcome).await, 1, "{}", database.kind);
    }
}
