//! How long things are kept, and that somebody who is erased leaves nothing but what they gave.

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pesan_app::access::{audit, organizations};
use pesan_app::contacts::{self, erasing, export};
use pesan_app::jobs::{forget, forget_traces, retention};
use pesan_app::messaging::{self, MediaSource, NewContent, NewMedia, NewMessage};
use pesan_app::notes::{self, About, NewNote};
use pesan_app::reminders::{self, NewReminder};
use pesan_app::statistics::{self, Period};
use pesan_app::{Caller, Error, Signal, donations, events, inbox, media};
use pesan_model::access::User;
use pesan_model::content::MediaKind;
use pesan_model::event::LoggedEvent;
use pesan_model::organization::{Retention, SettingsChange};
use pesan_model::statistics::Statistics;
use pesan_model::webhook::{DeliveryState, Envelope};
use pesan_model::{
    AccountId, Address, ChatId, Clock as _, ContactId, Event, MediaId, MessageId, MessageStatus, Permission, Role,
    SystemRandom, UserId,
};
use pesan_providers::inbound::{InboundMessage, Person};
use pesan_store::job::{self, Job};
use pesan_store::{testing, user};

use crate::donations::{gift, give};
use crate::inbound::{message, receive_message};
use crate::messaging::{send, text};
use crate::people::{chats, chats_of, contact, person, write};
use crate::receiver::{Receiver, Reply};
use crate::support::{TestApp, within};

const SITI: &str = "6280000000001";
const BUDI: &str = "6280000000002";
const GROUP: &str = "120363000000000001@g.us";
const DAY: Duration = Duration::from_hours(24);

async fn keep(test: &TestApp, kept: Retention) {
    let change = SettingsChange {
        retention: Some(Some(kept)),
        ..SettingsChange::default()
    };
    organizations::update(&test.app, &test.caller, None, change)
        .await
        .expect("decided");
}

async fn sweep(test: &TestApp) -> u64 {
    forget::sweep(&test.app).await.expect("swept")
}

/// What a thread says, oldest first.
async fn said(test: &TestApp, chat: ChatId) -> Vec<String> {
    let page = inbox::messages(&test.app, &test.caller, chat, None, 50).await;
    let mut said: Vec<String> = page
        .expect("listed")
        .iter()
        .filter_map(|(message, _)| message.content.preview().map(Cow::into_owned))
        .collect();
    said.reverse();
    said
}

async fn counted(test: &TestApp) -> Statistics {
    let day = |text: &str| text.parse().expect("a day");
    let period = Period {
        from: Some(day("2023-11-10")),
        to: None,
        days: None,
        account_id: None,
    };
    statistics::get(&test.app, &test.caller, period).await.expect("counted")
}

/// Sends a picture to somebody, and gives the file.
async fn send_file(test: &TestApp, account: AccountId, to: &str, content: &[u8]) -> MediaId {
    let file = NewMedia {
        kind: MediaKind::Document,
        source: MediaSource::Data(format!("data:text/plain;base64,{}", STANDARD.encode(content))),
        caption: Some("Kwitansi Siti".into()),
        file_name: None,
        voice: false,
    };
    let new = NewMessage {
        account_id: account,
        to: to.into(),
        content: NewContent::Media(file),
        reply_to: None,
        send_at: None,
        metadata: None,
    };
    let sent = messaging::send(&test.app, &test.caller, new, None)
        .await
        .expect("accepted");
    // It is sent, so that nothing of it waits.
    settle(test, sent.message.id).await;
    sent.message.content.media().expect("a file").media_id
}

/// As if WhatsApp had accepted a message.
async fn settle(test: &TestApp, id: MessageId) {
    let (organization, now) = (test.caller.organization_id, test.clock.now());
    test.app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let mut sent = pesan_store::message::get_for_change(tx, organization, id).await?;
                sent.status = MessageStatus::Sent;
                sent.sent_at = Some(now);
                pesan_store::message::save_status(tx, organization, &sent).await?;
                job::finish_subject(tx, job::SEND_MESSAGE, id.uuid()).await?;
                Ok(())
            })
        })
        .await
        .expect("settled");
}

#[tokio::test]
async fn old_messages_go_and_what_waits_and_what_was_counted_stays() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let chat = chats_of(&test, siti).await[0];
        let waits = send(&test, text(account, SITI, "menunggu")).await;
        test.clock.advance(DAY * 20);
        write(&test, account, (SITI, "Siti"), "baru").await;
        test.clock.advance(DAY * 15);
        let before = counted(&test).await;
        assert_eq!(
            sweep(&test).await,
            0,
            "{}: everything is kept by default",
            database.kind
        );

        let month = Retention {
            message_days: Some(30),
            ..Retention::default()
        };
        keep(&test, month).await;
        assert_eq!(sweep(&test).await, 1);
        assert_eq!(said(&test, chat).await, ["menunggu", "baru"], "{}", database.kind);
        let shown = inbox::chat(&test.app, &test.caller, chat).await.expect("there");
        assert_eq!((shown.unread, shown.last_message.is_some()), (1, true));
        assert_eq!(counted(&test).await, before, "what was counted stays");
        assert_eq!(test.waiting().await, 1, "what waits to be sent stays");

        settle(&test, waits.message.id).await;
        test.clock.advance(DAY * 30);
        assert_eq!(sweep(&test).await, 2);
        assert_eq!(sweep(&test).await, 0);
        let shown = inbox::chat(&test.app, &test.caller, chat).await.expect("there");
        assert_eq!(
            (shown.unread, shown.last_message, shown.waiting_since),
            (0, None, None),
            "{}",
            database.kind
        );
        let counters = inbox::counters(&test.app, &test.caller).await.expect("counted");
        assert_eq!((counters.total.open, counters.total.unread), (1, 0));
        let found = contacts::get(&test.app, &test.caller, siti).await.expect("still known");
        assert_eq!(found.name, "Siti");
    }
}

#[tokio::test]
async fn more_messages_than_fit_in_a_step_all_go() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        for number in 0..250 {
            write(&test, account, (SITI, "Siti"), &format!("pesan {number}")).await;
        }
        test.clock.advance(DAY * 2);
        let kept = Retention {
            message_days: Some(1),
            ..Retention::default()
        };
        keep(&test, kept).await;
        assert_eq!(sweep(&test).await, 250, "{}", database.kind);
    }
}

#[tokio::test]
async fn old_files_go_unless_a_donation_or_a_newer_message_has_them() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let old = send_file(&test, account, SITI, b"lama").await;
        let proof = send_file(&test, account, SITI, b"bukti").await;
        let again = send_file(&test, account, SITI, b"dipakai lagi").await;
        let mut new = gift(siti, 100, 0);
        new.media_id = Some(proof);
        give(&test, new).await;
        let path = media::open(&test.app, &test.caller, old).await.expect("stored").1;
        test.clock.advance(DAY * 5);
        assert_eq!(send_file(&test, account, SITI, b"dipakai lagi").await, again);
        let kept = Retention {
            file_days: Some(2),
            ..Retention::default()
        };
        keep(&test, kept).await;
        assert_eq!(sweep(&test).await, 1, "{}", database.kind);
        assert_eq!(sweep(&test).await, 0);
        let gone = media::open(&test.app, &test.caller, old).await;
        assert!(matches!(gone, Err(Error::Gone { code: "media_gone", .. })), "{gone:?}");
        for kept in [proof, again] {
            media::open(&test.app, &test.caller, kept).await.expect("still there");
        }
        let chat = chats_of(&test, siti).await[0];
        assert!(said(&test, chat).await.len() >= 4, "messages stay");
        assert!(path.exists(), "the disk is looked at later");
        test.clock.advance(DAY * 3);
        retention::sweep(&test.app).await.expect("swept");
        assert!(!path.exists());
    }
}

#[tokio::test]
async fn old_events_and_the_old_audit_log_go() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        person(&test, account, SITI, "Siti").await;
        let note = async || {
            audit::record(&test.app, &test.caller, "tag.create", None)
                .await
                .expect("noted");
        };
        note().await;
        let kept = Retention {
            event_days: Some(3),
            audit_days: Some(40),
            ..Retention::default()
        };
        keep(&test, kept).await;
        let events = test.events().await.len() as u64;
        test.clock.advance(DAY * 4);
        person(&test, account, BUDI, "Budi").await;
        assert_eq!(sweep(&test).await, events, "{}", database.kind);
        assert!(test.events().await.iter().all(|event| event.seq > events as i64));
        test.clock.advance(DAY * 37);
        note().await;
        sweep(&test).await;
        let entries = audit::list(&test.app, &test.caller, None, 50).await.expect("listed");
        assert_eq!(entries.len(), 1, "{}", database.kind);
    }
}

/// Everything that hangs on somebody.
async fn fill(test: &TestApp, account: AccountId, siti: ContactId) -> MediaId {
    let owner = UserId::new(&*test.clock, &SystemRandom);
    let colleague = User {
        id: owner,
        organization_id: test.caller.organization_id,
        email: "sari@example.com".into(),
        name: "Sari".into(),
        role: Role::Agent,
        created_at: test.clock.now(),
    };
    test.app
        .store
        .write(move |tx| Box::pin(async move { user::insert(tx, &colleague, "x").await }))
        .await
        .expect("a colleague");
    let file = send_file(test, account, SITI, b"rahasia").await;
    send(test, text(account, SITI, "menunggu")).await;
    let note = NewNote {
        body: "catatan rahasia".into(),
        is_pinned: false,
    };
    notes::create(&test.app, &test.caller, (About::Contact(siti), note), None)
        .await
        .expect("noted");
    let reminder = NewReminder {
        owner_id: Some(owner),
        contact_id: Some(siti),
        chat_id: None,
        text: "telepon rahasia".into(),
        due_at: test.clock.now().plus(DAY),
        time_zone: None,
    };
    reminders::create(&test.app, &test.caller, reminder, None)
        .await
        .expect("made");
    for (wa_id, number, name, body) in [
        ("G1", BUDI, "Budi", "dari Budi"),
        ("G2", SITI, "Siti", "rahasia di grup"),
    ] {
        let came = InboundMessage {
            chat: GROUP.parse::<Address>().expect("a group"),
            sender: Person {
                phone: number.parse().ok(),
                lid: None,
                push_name: Some(name.into()),
            },
            ..message(test, wa_id, body)
        };
        receive_message(test, account, came).await;
    }
    file
}

/// Erases somebody, and lets the log be looked through.
async fn erase(test: &TestApp, id: ContactId) {
    erasing::erase(&test.app, &test.caller, id).await.expect("erased");
    let work = claim(test, job::FORGET_TRACES, "test/1").await.expect("work");
    while erasing::forget_some(&test.app, work.clone()).await.expect("looked") {}
    assert_eq!(count(test, job::FORGET_TRACES).await, 0);
}

/// Takes work of a kind, as a start of the process does.
async fn claim(test: &TestApp, kind: &'static str, claimed_by: &'static str) -> Option<Job> {
    let now = test.clock.now();
    let claim = job::Claim {
        claimed_by,
        now,
        limit: 1,
    };
    test.app
        .store
        .write(move |tx| Box::pin(async move { job::claim_any(tx, kind, &claim).await }))
        .await
        .expect("claimed")
        .pop()
}

async fn count(test: &TestApp, kind: &'static str) -> u64 {
    test.app
        .store
        .read(move |tx| Box::pin(async move { job::count(tx, kind).await }))
        .await
        .expect("counted")
}

/// The log as text.
async fn log(test: &TestApp) -> String {
    let events = test.events().await;
    serde_json::to_string(&events).expect("serializes")
}

#[tokio::test]
async fn nothing_is_left_of_somebody_who_is_erased() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let other = person(&test, account, "6280000000009", "Siti kantor").await;
        contacts::merging::merge(&test.app, &test.caller, (siti, other), None)
            .await
            .expect("joined");
        let file = fill(&test, account, siti).await;
        let path = media::open(&test.app, &test.caller, file).await.expect("stored").1;
        let places = test.events().await.len();
        let before = counted(&test).await;
        assert!(log(&test).await.contains("rahasia"));

        erase(&test, other).await;
        for id in [siti, other] {
            let gone = contacts::get(&test.app, &test.caller, id).await;
            assert!(
                matches!(gone, Err(Error::NotFound { .. })),
                "{}: {gone:?}",
                database.kind
            );
        }
        let left = chats(&test).await;
        assert_eq!(left.len(), 1, "only the group");
        assert_eq!(said(&test, left[0].id).await, ["dari Budi"]);
        assert_eq!(
            left[0].last_message.as_ref().and_then(|last| last.preview.as_deref()),
            Some("dari Budi")
        );
        assert_eq!(left[0].unread, 1);
        assert_eq!(test.waiting().await, 0, "what waited for them is not sent");
        assert_eq!(count(&test, job::REMIND).await, 0);
        assert!(media::get(&test.app, &test.caller, file).await.is_err());
        let found = contacts::search(&test.app, &test.caller, "siti", None, 10).await;
        assert_eq!(found.expect("searched").len(), 0);

        assert_eq!(
            counted(&test).await,
            before,
            "{}: what was counted stays",
            database.kind
        );
        let events = test.events().await;
        assert!(
            events.windows(2).all(|pair| pair[0].seq + 1 == pair[1].seq),
            "no place is missing"
        );
        assert!(events.len() > places);
        let log = log(&test).await;
        for trace in ["rahasia", SITI, "6280000000009", "Siti"] {
            assert!(!log.contains(trace), "{}: {trace} in {log}", database.kind);
        }
        assert!(log.contains("dari Budi"), "others are left alone");
        let last = events.last().expect("an event");
        assert_eq!(last.event.name(), "contact.erased");
        let entries = audit::list(&test.app, &test.caller, None, 1).await.expect("listed");
        assert_eq!(
            (entries[0].action.as_str(), entries[0].target.clone()),
            ("contact.erase", Some(siti.to_string()))
        );
        let counters = inbox::counters(&test.app, &test.caller).await.expect("counted");
        assert_eq!((counters.total.open, counters.total.unread), (1, 1));
        test.clock.advance(DAY * 3);
        retention::sweep(&test.app).await.expect("swept");
        assert!(!path.exists(), "the file goes from the disk");

        let anew = person(&test, account, SITI, "Siti").await;
        assert!(anew != siti && anew != other, "whoever writes again is somebody new");
        assert_eq!(said(&test, chats_of(&test, anew).await[0]).await, ["halo"]);
    }
}

#[tokio::test]
async fn a_long_log_is_looked_through_in_steps_and_by_the_next_start() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let told = Event::ContactUpdated(contact(&test, siti).await);
        let (app, organization) = (test.app.clone(), test.caller.organization_id);
        test.app
            .store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move { events::record(&app, tx, organization, vec![told; 2_500]).await })
            })
            .await
            .expect("told");
        erasing::erase(&test.app, &test.caller, siti).await.expect("erased");
        person(&test, account, SITI, "Siti").await;
        let work = claim(&test, job::FORGET_TRACES, "test/1").await.expect("work");
        assert!(
            erasing::forget_some(&test.app, work.clone()).await.expect("looked"),
            "{}",
            database.kind
        );
        // As if the process had ended here: the next one has the work, and goes on where this one was.
        test.app
            .lifecycle
            .spawn("forget-traces", forget_traces::run(test.app.clone()));
        let rescued = test.clock.now();
        test.app
            .store
            .write(move |tx| Box::pin(async move { job::retry_at(tx, &work, rescued).await }))
            .await
            .expect("given back");
        test.app.bus.publish(Signal::Jobs(job::FORGET_TRACES));
        within(async {
            while count(&test, job::FORGET_TRACES).await > 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let events = test.events().await;
        let erased = events.iter().rposition(|event| event.event.name() == "contact.erased");
        let (before, after) = events.split_at(erased.expect("told") + 1);
        assert!(before.len() > 2_500, "{}: places stay", database.kind);
        let tells = |event: &LoggedEvent| serde_json::to_string(event).expect("serializes").contains(SITI);
        assert!(!before.iter().any(tells), "{}", database.kind);
        assert!(after.iter().any(tells), "whoever writes again is somebody new");
        test.stop().await;
    }
}

#[tokio::test]
async fn what_somebody_gave_stays_and_names_nobody() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let proof = send_file(&test, account, SITI, b"bukti").await;
        let mut new = gift(siti, 100, 1);
        new.note = Some("dari Siti".into());
        new.fund = Some("Zakat".into());
        new.media_id = Some(proof);
        let kept = give(&test, new).await;
        let deleted = give(&test, gift(siti, 70, 1)).await;
        donations::delete(&test.app, &test.caller, deleted.id)
            .await
            .expect("deleted");
        let before = counted(&test).await;
        erase(&test, siti).await;
        let donation = donations::get(&test.app, &test.caller, kept.id).await.expect("kept");
        assert_eq!(
            (
                donation.amount,
                donation.fund.as_deref(),
                donation.note,
                donation.media_id
            ),
            (100, Some("Zakat"), None, None),
            "{}",
            database.kind
        );
        assert!(media::get(&test.app, &test.caller, proof).await.is_err());
        let nobody = contacts::get(&test.app, &test.caller, siti).await.expect("a row");
        assert!(nobody.erased_at.is_some());
        assert_eq!(
            (nobody.name.as_str(), nobody.phone, nobody.push_name),
            ("Erased contact", None, None)
        );
        let listed = contacts::list(&test.app, &test.caller, None, None, 50)
            .await
            .expect("listed");
        assert!(listed.is_empty(), "{listed:?}");
        assert_eq!(counted(&test).await, before);
        let missing = |refused: Error| matches!(refused, Error::NotFound { .. });
        let named = contacts::ContactChange {
            name: Some(Some("Siti".into())),
            ..contacts::ContactChange::default()
        };
        let refused = contacts::update(&test.app, &test.caller, siti, named).await;
        assert!(missing(refused.expect_err("nobody is there")), "{}", database.kind);
        let note = NewNote {
            body: "Siti".into(),
            is_pinned: false,
        };
        let refused = notes::create(&test.app, &test.caller, (About::Contact(siti), note), None).await;
        assert!(missing(refused.expect_err("nobody is there")));
        let refused = donations::record(&test.app, &test.caller, gift(siti, 5, 0), None).await;
        assert!(missing(refused.expect_err("nobody is there")));
        let budi = person(&test, account, BUDI, "Budi").await;
        for pair in [(siti, budi), (budi, siti)] {
            let refused = contacts::merging::merge(&test.app, &test.caller, pair, None).await;
            assert!(missing(refused.expect_err("nobody is there")));
        }
        // It can be asked for again.
        let before = counted(&test).await;
        erase(&test, siti).await;
        assert_eq!(counted(&test).await, before);
    }
}

#[tokio::test]
async fn somebody_to_whom_a_message_leaves_right_now_is_erased_later() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        send(&test, text(account, SITI, "sedang dikirim")).await;
        assert!(claim(&test, job::SEND_MESSAGE, "test/1").await.is_some());
        let refused = erasing::erase(&test.app, &test.caller, siti).await;
        assert!(
            matches!(refused, Err(Error::Conflict { code: "being_sent", .. })),
            "{}: {refused:?}",
            database.kind
        );
        assert_eq!(chats_of(&test, siti).await.len(), 1, "nothing was done");
    }
}

#[tokio::test]
async fn an_export_has_everything_and_is_noted() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let file = fill(&test, account, siti).await;
        give(&test, gift(siti, 100, 1)).await;
        let export = export::begin(&test.app, &test.caller, siti).await.expect("begun");
        let dossier = &export.dossier;
        assert_eq!(
            (dossier.contact.id, dossier.identities.len(), dossier.chats.len()),
            (siti, 1, 1),
            "{}",
            database.kind
        );
        assert_eq!(
            (dossier.notes.len(), dossier.reminders.len(), dossier.donations.len()),
            (1, 1, 1)
        );
        let mut said = Vec::new();
        for part in export.parts.clone() {
            let (messages, next) = export.messages(&test.app, part, None).await.expect("read");
            assert_eq!(next, None);
            said.extend(
                messages
                    .iter()
                    .filter_map(|message| message.content.preview().map(Cow::into_owned)),
            );
        }
        assert_eq!(said, ["halo", "Kwitansi Siti", "menunggu", "rahasia di grup"]);
        let files = export.files(&test.app, vec![file]).await.expect("read");
        assert_eq!(files.len(), 1);
        let entries = audit::list(&test.app, &test.caller, None, 1).await.expect("listed");
        assert_eq!(entries[0].action, "contact.export");
        let agent = Caller {
            permissions: Caller::permissions_of(Role::Agent),
            ..test.caller.clone()
        };
        let refused = export::begin(&test.app, &agent, siti).await.map(|_| ());
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
        let refused = erasing::erase(&test.app, &agent, siti).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
        assert!(!agent.permissions.contains(&Permission::ContactsManage));
    }
}

#[tokio::test]
async fn an_event_that_a_webhook_waits_for_is_kept_until_it_was_told() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let receiver = Receiver::new(Reply::Status(200)).await;
        let webhook = test.webhook(&receiver, &["*"], Envelope::Native).await.webhook.id;
        person(&test, account, SITI, "Siti").await;
        let kept = Retention {
            event_days: Some(1),
            ..Retention::default()
        };
        keep(&test, kept).await;
        test.clock.advance(DAY * 2);
        assert_eq!(
            sweep(&test).await,
            1,
            "{}: only what came before the webhook",
            database.kind
        );
        test.clock.advance(DAY * 40);
        let kept = test.events().await.len();
        retention::sweep(&test.app).await.expect("swept");
        assert_eq!(
            test.events().await.len(),
            kept,
            "{}: nor by `limits.event_days`",
            database.kind
        );
        test.run_webhooks();
        test.wait_for(webhook, DeliveryState::Delivered, 2).await;
        assert_eq!(sweep(&test).await, 2, "{}", database.kind);
        test.stop().await;
    }
}
