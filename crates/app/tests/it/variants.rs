//! Numbers that WhatsApp knows in another form than people write them: one person, one chat, whatever is typed.

use std::time::Duration;

use pesan_app::contacts::{self, erasing, export, merging};
use pesan_app::inbox;
use pesan_app::{Error, accounts, messaging};
use pesan_model::chat::{Chat, Contact};
use pesan_model::message::Message;
use pesan_model::{AccountId, Clock as _, Event, MessageStatus, Phone};
use pesan_providers::fake::{Answer, FakeProvider};
use pesan_providers::inbound::{InboundMessage, Person};
use pesan_providers::provider::{NumberCheck, OutgoingContent};
use pesan_store::{job, testing};

use crate::inbound::{SITI_LID, message, receive_message};
use crate::messaging::{send, text};
use crate::people::{chats, person, write};
use crate::support::{TestApp, within};

/// Siti's number as WhatsApp knows it.
const SITI: &str = "628000000501";
const SITI_ADDRESS: &str = "628000000501@s.whatsapp.net";
/// The same as she writes it.
const WRITTEN: &str = "6280000000501";
const BUDI: &str = "628000000502";

fn phone(text: &str) -> Phone {
    text.parse().expect("a number")
}

/// WhatsApp says of the number as it is written that it is Siti's.
fn tell_the_form(provider: &FakeProvider) {
    provider.set_number(NumberCheck {
        phone: phone(WRITTEN),
        address: Some(SITI_ADDRESS.parse().expect("an address")),
        lid: None,
    });
}

/// From now on WhatsApp would say that the number as it is written is nobody's.
fn forget_the_form(provider: &FakeProvider) {
    provider.set_number(NumberCheck {
        phone: phone(WRITTEN),
        address: None,
        lid: None,
    });
}

async fn only_chat(test: &TestApp) -> Chat {
    let mut all = chats(test).await;
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// Siti, who has both numbers, and nobody else.
async fn only_siti(test: &TestApp) -> Contact {
    let mut all = contacts::list(&test.app, &test.caller, None, None, 10)
        .await
        .expect("listed");
    assert_eq!(all.len(), 1, "{all:?}");
    let siti = all.remove(0);
    assert_eq!(siti.phone, Some(format!("+{SITI}")));
    assert_eq!(siti.other_numbers, [format!("+{WRITTEN}")]);
    siti
}

async fn thread(test: &TestApp, chat: &Chat) -> Vec<Message> {
    let page = inbox::messages(&test.app, &test.caller, chat.id, None, 50)
        .await
        .expect("listed");
    page.into_iter().map(|(message, _)| message).rev().collect()
}

/// What was handed over, and to which address.
fn handed_over(provider: &FakeProvider) -> Vec<(String, String)> {
    let sent = provider.sent().into_iter();
    let one = |out: pesan_providers::Outgoing| match out.content {
        OutgoingContent::Text(body) => (out.to.to_string(), body),
        other => panic!("expected a text, got {other:?}"),
    };
    sent.map(one).collect()
}

fn to_siti(bodies: &[&str]) -> Vec<(String, String)> {
    let one = |body: &&str| (SITI_ADDRESS.to_owned(), (*body).to_owned());
    bodies.iter().map(one).collect()
}

/// An account that is not connected, and what it will be connected by.
async fn offline(test: &TestApp) -> (AccountId, std::sync::Arc<FakeProvider>) {
    let (account, provider) = test.account(None).await;
    test.app.connections.remove(account);
    tell_the_form(&provider);
    (account, provider)
}

#[tokio::test]
async fn a_first_message_goes_to_the_number_that_whatsapp_knows_and_the_answer_comes_into_its_chat() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        tell_the_form(&provider);
        test.run_outbox();
        let sent = send(&test, text(account, WRITTEN, "satu")).await.message;
        assert_eq!(sent.chat, SITI_ADDRESS, "{}", database.kind);
        test.wait_for_events("message.sent", 1).await;
        let siti = only_siti(&test).await;
        write(&test, account, (SITI, "Siti"), "dua").await;
        forget_the_form(&provider);
        send(&test, text(account, &format!("+{WRITTEN}"), "tiga")).await;
        send(&test, text(account, SITI, "empat")).await;
        test.wait_for_events("message.sent", 3).await;
        assert_eq!(handed_over(&provider), to_siti(&["satu", "tiga", "empat"]));
        let chat = only_chat(&test).await;
        assert_eq!(
            (chat.address.as_str(), chat.contact_id, chat.id),
            (SITI_ADDRESS, Some(siti.id), sent.chat_id)
        );
        assert_eq!(thread(&test, &chat).await.len(), 4);
        only_siti(&test).await;
        test.stop().await;
    }
}

#[tokio::test]
async fn what_was_queued_without_a_connection_goes_there_too_and_once() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = offline(&test).await;
        let sent = send(&test, text(account, WRITTEN, "satu")).await.message;
        send(&test, text(account, WRITTEN, "dua")).await;
        test.run_outbox();
        test.connect(account, &provider);
        test.wait_for_events("message.sent", 2).await;
        assert_eq!(handed_over(&provider), to_siti(&["satu", "dua"]), "{}", database.kind);
        assert_eq!(provider.sent()[0].wa_id, sent.wa_id);
        write(&test, account, (SITI, "Siti"), "tiga").await;
        let chat = only_chat(&test).await;
        assert_eq!(chat.address, SITI_ADDRESS);
        let siti = only_siti(&test).await;
        let told = test.events().await;
        let updated = told.iter().rev().find_map(|logged| match &logged.event {
            Event::ContactUpdated(contact) => Some(contact.other_numbers.clone()),
            _ => None,
        });
        assert_eq!(updated, Some(siti.other_numbers));
        let is_told = |logged: &pesan_model::event::LoggedEvent| matches!(&logged.event, Event::ChatUpdated(told) if told.id == chat.id && told.address == SITI_ADDRESS);
        assert!(told.iter().any(is_told));
        test.stop().await;
    }
}

#[tokio::test]
async fn two_chats_become_one_and_each_keeps_its_order() {
    for database in testing::both().await {
        for is_known in [false, true] {
            let test = TestApp::new(&database).await;
            let (account, provider) = offline(&test).await;
            if is_known {
                write(&test, account, (SITI, "Siti"), "halo").await;
            }
            for (to, body) in [
                (WRITTEN, "a1"),
                (SITI, "b1"),
                (WRITTEN, "a2"),
                (SITI, "b2"),
                (WRITTEN, "a3"),
            ] {
                send(&test, text(account, to, body)).await;
            }
            assert_eq!(chats(&test).await.len(), 2);
            test.run_outbox();
            test.connect(account, &provider);
            test.wait_for_events("message.sent", 5).await;
            let handed_over = handed_over(&provider);
            assert!(handed_over.iter().all(|(to, _)| to == SITI_ADDRESS));
            for (letter, order) in [("a", vec!["a1", "a2", "a3"]), ("b", vec!["b1", "b2"])] {
                let bodies = handed_over.iter().map(|(_, body)| body.as_str());
                let bodies: Vec<_> = bodies.filter(|body| body.starts_with(letter)).collect();
                assert_eq!(bodies, order, "{}", database.kind);
            }
            write(&test, account, (SITI, "Siti"), "terima kasih").await;
            let chat = only_chat(&test).await;
            assert_eq!(chat.address, SITI_ADDRESS);
            assert_eq!(thread(&test, &chat).await.len(), 6 + usize::from(is_known));
            only_siti(&test).await;
            assert_eq!(test.waiting().await, 0);
            test.stop().await;
        }
    }
}

#[tokio::test]
async fn a_message_waits_for_what_leaves_in_the_chat_that_it_comes_into() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = offline(&test).await;
        for (to, body) in [(WRITTEN, "a1"), (SITI, "b1"), (WRITTEN, "a2"), (SITI, "b2")] {
            send(&test, text(account, to, body)).await;
        }
        provider.answer_next(Answer::Hang);
        test.run_outbox();
        test.connect(account, &provider);
        test.wait_for_events("contact.merged", 1).await;
        within(provider.wait_for_sends(1)).await;
        assert_eq!(handed_over(&provider), to_siti(&["b1"]), "{}", database.kind);
        provider.release();
        test.wait_for_events("message.sent", 4).await;
        assert_eq!(handed_over(&provider), to_siti(&["b1", "a1", "a2", "b2"]));
        test.stop().await;
    }
}

#[tokio::test]
async fn after_a_crash_on_the_way_it_leaves_once_under_the_same_id() {
    for database in testing::both().await {
        let before = TestApp::new(&database).await;
        let (account, provider) = offline(&before).await;
        let sent = send(&before, text(account, WRITTEN, "satu")).await.message;
        provider.answer_always(Answer::Hang);
        before.run_outbox();
        before.connect(account, &provider);
        within(provider.wait_for_sends(1)).await;
        // The process dies here: nothing of it is told to finish.
        before.app.lifecycle.hard().cancel();
        before.clock.advance(Duration::from_secs(1));

        let after = TestApp::start(&database, before.clock.clone(), before.caller.organization_id).await;
        let (node, start) = (after.app.settings.node.clone(), after.app.settings.start.clone());
        let now = after.app.clock.now();
        let rescued = after
            .app
            .store
            .write(move |tx| Box::pin(async move { job::rescue_orphans(tx, &node, &start, now).await }))
            .await;
        assert_eq!(rescued.expect("rescued"), 1, "{}", database.kind);
        let again = after.connect_anew(account);
        after.run_outbox();
        after.wait_for_events("message.sent", 1).await;
        assert_eq!(handed_over(&again), to_siti(&["satu"]));
        assert_eq!(again.sent()[0].wa_id, sent.wa_id);
        assert_eq!(only_chat(&after).await.address, SITI_ADDRESS);
        only_siti(&after).await;
        after.stop().await;
    }
}

#[tokio::test]
async fn what_may_have_left_already_keeps_its_id() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        provider.answer_next(Answer::Unknown);
        test.run_outbox();
        let sent = send(&test, text(account, WRITTEN, "satu")).await.message;
        within(provider.wait_for_sends(1)).await;
        test.until_retried_later(job::SEND_MESSAGE).await;
        tell_the_form(&provider);
        test.advance_to_next_try(account).await;
        test.wait_for_events("message.sent", 1).await;
        let wa_ids: Vec<_> = provider.sent().into_iter().map(|out| out.wa_id).collect();
        assert_eq!(wa_ids, [sent.wa_id.as_str(), sent.wa_id.as_str()], "{}", database.kind);
        assert_eq!(handed_over(&provider)[1], to_siti(&["satu"])[0]);
        test.stop().await;
    }
}

#[tokio::test]
async fn numbers_that_lead_to_each_other_fail_the_message_and_end() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = offline(&test).await;
        provider.set_number(NumberCheck {
            phone: phone(SITI),
            address: Some(format!("{WRITTEN}@s.whatsapp.net").parse().expect("an address")),
            lid: None,
        });
        let sent = send(&test, text(account, WRITTEN, "satu")).await.message;
        test.run_outbox();
        test.connect(account, &provider);
        test.wait_for_events("message.failed", 1).await;
        let failed = messaging::get(&test.app, &test.caller, sent.id).await.expect("there");
        assert_eq!(
            (failed.status, failed.error.map(|error| error.code).as_deref()),
            (MessageStatus::Failed, Some("send_failed")),
            "{}",
            database.kind
        );
        assert_eq!(handed_over(&provider), []);
        test.stop().await;
    }
}

async fn check(test: &TestApp, account: AccountId, number: &str) -> Option<String> {
    let checked = accounts::check_number(&test.app, &test.caller, account, &phone(number)).await;
    checked.expect("told").address
}

/// Whom a number leads to.
async fn found(test: &TestApp, account: AccountId, number: &str) -> Result<Contact, Error> {
    contacts::find_by_phone(&test.app, &test.caller, account, &phone(number)).await
}

#[tokio::test]
async fn a_check_tells_the_other_number_of_whom_we_know_and_keeps_no_stranger() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        tell_the_form(&provider);
        assert_eq!(check(&test, account, WRITTEN).await.as_deref(), Some(SITI_ADDRESS));
        let nobody = contacts::list(&test.app, &test.caller, None, None, 10)
            .await
            .expect("listed");
        assert_eq!(nobody, [], "{}", database.kind);

        let siti = person(&test, account, SITI, "Siti").await;
        // What was told before is asked again the next day.
        test.clock.advance(Duration::from_hours(25));
        check(&test, account, WRITTEN).await;
        assert_eq!(only_siti(&test).await.id, siti);
        assert_eq!(found(&test, account, WRITTEN).await.expect("known").id, siti);
        for typed in [WRITTEN, "0800-0000-0501", "80000000501"] {
            let page = contacts::search(&test.app, &test.caller, typed, None, 10).await;
            let ids: Vec<_> = page.expect("searched").iter().map(|(found, _)| found.id).collect();
            assert_eq!(ids, [siti], "{typed}");
        }
        let told = test.events().await.len();
        test.clock.advance(Duration::from_hours(25));
        check(&test, account, WRITTEN).await;
        assert_eq!(test.events().await.len(), told, "it is no news any more");
    }
}

#[tokio::test]
async fn the_other_number_follows_its_record_when_people_are_joined_and_parted() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let budi = person(&test, account, BUDI, "Budi").await;
        tell_the_form(&provider);
        let sent = send(&test, text(account, WRITTEN, "satu")).await.message;
        let siti = found(&test, account, WRITTEN).await.expect("known").id;
        assert_ne!(siti, budi);
        let merged = merging::merge(&test.app, &test.caller, (budi, siti), None)
            .await
            .expect("merged");
        let person = found(&test, account, WRITTEN).await.expect("known");
        assert_eq!(
            (person.id, person.other_numbers.as_slice()),
            (budi, [format!("+{WRITTEN}")].as_slice()),
            "{}",
            database.kind
        );
        let export = export::begin(&test.app, &test.caller, budi).await.expect("begun");
        assert_eq!(export.dossier.contact, person);
        // It goes on in the chat of that number.
        assert_eq!(
            send(&test, text(account, WRITTEN, "dua")).await.message.chat_id,
            sent.chat_id
        );
        let (person, other) = merging::unmerge(&test.app, &test.caller, budi, merged.0.id)
            .await
            .expect("parted");
        assert_eq!((person.other_numbers.len(), other.other_numbers.len()), (0, 1));
        let page = contacts::search(&test.app, &test.caller, WRITTEN, None, 10)
            .await
            .expect("searched");
        assert_eq!(page.iter().map(|(found, _)| found.id).collect::<Vec<_>>(), [siti]);
        assert_eq!(found(&test, account, WRITTEN).await.expect("known").id, siti);
    }
}

#[tokio::test]
async fn nothing_is_left_of_the_other_number_of_somebody_who_is_erased() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = offline(&test).await;
        send(&test, text(account, WRITTEN, "satu")).await;
        test.run_outbox();
        test.connect(account, &provider);
        test.wait_for_events("message.sent", 1).await;
        assert_eq!(check(&test, account, WRITTEN).await.as_deref(), Some(SITI_ADDRESS));
        let siti = only_siti(&test).await.id;
        erasing::erase(&test.app, &test.caller, siti).await.expect("erased");
        let claim = job::Claim {
            claimed_by: "test/1",
            now: test.clock.now(),
            limit: 1,
        };
        let work = test
            .app
            .store
            .write(move |tx| Box::pin(async move { job::claim_any(tx, job::FORGET_TRACES, &claim).await }))
            .await
            .expect("claimed");
        while erasing::forget_some(&test.app, work[0].clone()).await.expect("looked") {}
        let log = format!("{:?}", test.events().await);
        assert!(
            !log.contains(WRITTEN) && !log.contains(SITI),
            "{}: {log}",
            database.kind
        );
        let nobody = found(&test, account, WRITTEN).await;
        assert!(matches!(nobody, Err(Error::NotFound { .. })), "{nobody:?}");
        // Nor is it known any more that it is on WhatsApp.
        forget_the_form(&provider);
        assert_eq!(check(&test, account, WRITTEN).await, None);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_number_under_which_somebody_writes_is_their_own() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        tell_the_form(&provider);
        send(&test, text(account, WRITTEN, "satu")).await;
        let siti = only_siti(&test).await.id;
        let came = InboundMessage {
            chat: WRITTEN.parse().expect("a number"),
            sender: Person {
                phone: WRITTEN.parse().ok(),
                lid: Some(SITI_LID.into()),
                push_name: Some("Sari".into()),
            },
            ..message(&test, "A1", "saya lain")
        };
        receive_message(&test, account, came).await;
        let sari = found(&test, account, WRITTEN).await.expect("known");
        assert_ne!(sari.id, siti, "{}", database.kind);
        assert_eq!(chats(&test).await.len(), 2);
        let siti = contacts::get(&test.app, &test.caller, siti).await.expect("there");
        assert!(siti.other_numbers.is_empty() && sari.other_numbers.is_empty());
    }
}
