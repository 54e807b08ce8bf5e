//! What a fault of the database, or of one row of it, does to sending.

use std::time::Duration;

use pesan_app::{Error, jobs, messaging};
use pesan_model::content::Unsupported;
use pesan_model::retry::UNCONFIRMED_HORIZON;
use pesan_model::webhook::Envelope;
use pesan_model::{Clock as _, Content, MessageStatus};
use pesan_providers::Inbound;
use pesan_providers::fake::Answer;
use pesan_providers::provider::GroupInfo;
use pesan_store::delivery::queue;
use pesan_store::job::{self, Claim};
use pesan_store::testing;
use tokio::sync::mpsc;
use tracing::{Event, Level, Metadata, Subscriber, span};

use crate::inbound::{SITI, address, message, receive};
use crate::messaging::{send, text};
use crate::receiver::{Receiver, Reply};
use crate::support::{TestApp, within};
use crate::webhooks::{id_of, received};

/// Tells of each trouble that the loops of this test's thread report from there.
struct Troubles(&'static str, mpsc::UnboundedSender<()>);

impl Subscriber for Troubles {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN && metadata.target() == self.0
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &Event<'_>) {
        // The test may have seen enough.
        let _ = self.1.send(());
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn what_came_of_a_send_is_written_down_when_the_database_is_back() {
    for database in testing::both().await {
        let (told, mut troubles) = mpsc::unbounded_channel();
        let _watch = tracing::subscriber::set_default(Troubles("pesan_app::worker", told));
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        provider.answer_next(Answer::Hang);
        test.run_outbox();
        let sent = send(&test, text(account, "+1 555-000-0001", "halo")).await;
        let next = send(&test, text(account, "+1 555-000-0001", "lagi")).await;
        within(provider.wait_for_sends(1)).await;
        testing::rename_table(&test.app.store, "message", "message_away").await;
        provider.release();
        for _ in 0..3 {
            within(troubles.recv()).await.expect("it is tried again");
        }
        testing::rename_table(&test.app.store, "message_away", "message").await;
        test.wait_for_events("message.sent", 2).await;
        let ids: Vec<_> = provider.sent().into_iter().map(|out| out.wa_id).collect();
        assert_eq!(
            ids,
            [sent.message.wa_id, next.message.wa_id],
            "once each: {}",
            database.kind
        );
        test.stop().await;
    }
}

/// Claims everything of a kind as the process itself does, which then does not know of it: the claim was committed, and
/// the database went away before it could say so.
async fn claim_unknowingly(test: &TestApp, kind: &'static str) -> usize {
    let (start, now) = (test.app.settings.start.clone(), test.clock.now());
    let claimed = test.app.store.write::<_, pesan_store::Error, _>(move |tx| {
        Box::pin(async move {
            let claim = Claim {
                claimed_by: &start,
                now,
                limit: 10,
            };
            Ok(job::claim_any(tx, kind, &claim).await?.len())
        })
    });
    claimed.await.expect("claimed")
}

#[tokio::test]
async fn what_was_claimed_while_the_database_went_away_is_sent_when_it_is_back() {
    for database in testing::both().await {
        let (told, mut troubles) = mpsc::unbounded_channel();
        let _watch = tracing::subscriber::set_default(Troubles("pesan_app::outbox", told));
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let sent = send(&test, text(account, "+1 555-000-0001", "halo")).await.message;
        assert_eq!(claim_unknowingly(&test, job::SEND_MESSAGE).await, 1);
        testing::rename_table(&test.app.store, "job", "job_away").await;
        test.run_outbox();
        within(troubles.recv()).await.expect("a look at the queue failed");
        testing::rename_table(&test.app.store, "job_away", "job").await;
        test.app.bus.publish(pesan_app::Signal::Outbox(account));
        test.wait_for_events("message.sent", 1).await;
        let message = messaging::get(&test.app, &test.caller, sent.id).await.expect("there");
        assert_eq!((message.attempts, provider.sent().len()), (1, 1), "{}", database.kind);
        test.stop().await;
    }
}

#[tokio::test]
async fn other_work_that_was_claimed_while_the_database_went_away_is_done_when_it_is_back() {
    for database in testing::both().await {
        let (told, mut troubles) = mpsc::unbounded_channel();
        let _watch = tracing::subscriber::set_default(Troubles("pesan_app::worker", told));
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let group = address("120363000000000009@g.us");
        let info = GroupInfo {
            subject: "Panitia".into(),
            participants: Vec::new(),
        };
        provider.set_group(group.clone(), info);
        let mut came = message(&test, "M1", "halo");
        came.chat = group;
        receive(&test, account, vec![Inbound::Message(Box::new(came))]).await;
        assert_eq!(claim_unknowingly(&test, job::REFRESH_GROUP).await, 1);
        testing::rename_table(&test.app.store, "job", "job_away").await;
        test.app
            .lifecycle
            .spawn("refresh-groups", jobs::refresh_group::run(test.app.clone()));
        within(troubles.recv()).await.expect("a look at the queue failed");
        testing::rename_table(&test.app.store, "job_away", "job").await;
        test.app.bus.publish(pesan_app::Signal::Jobs(job::REFRESH_GROUP));
        test.wait_for_events("chat.updated", 1).await;
        test.stop().await;
    }
}

#[tokio::test]
async fn what_a_webhook_was_to_be_told_while_the_database_went_away_is_told_when_it_is_back() {
    for database in testing::both().await {
        let (told, mut troubles) = mpsc::unbounded_channel();
        let _watch = tracing::subscriber::set_default(Troubles("pesan_app::jobs::deliver_webhook", told));
        let test = TestApp::new(&database).await;
        let receiver = Receiver::new(Reply::Status(204)).await;
        test.webhook(&receiver, &["message.received"], Envelope::Native).await;
        test.emit(&test.caller, vec![received(1, 1)]).await;
        assert_eq!(claim_unknowingly(&test, queue::KIND).await, 1);
        // Of another chat: it is looked for, and the claim of it fails.
        test.emit(&test.caller, vec![received(2, 2)]).await;
        testing::rename_table(&test.app.store, "delivery", "delivery_away").await;
        test.run_webhooks();
        within(troubles.recv()).await.expect("a claim failed");
        testing::rename_table(&test.app.store, "delivery_away", "delivery").await;
        test.app.bus.publish(pesan_app::Signal::Jobs(queue::KIND));
        let mut ids: Vec<_> = receiver
            .wait_for(2)
            .await
            .iter()
            .map(|told| told.body["data"]["id"].clone())
            .collect();
        ids.sort_by_key(ToString::to_string);
        assert_eq!(ids, [id_of(1), id_of(2)], "once each: {}", database.kind);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_or_read_does_not_hold_up_the_others() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let unsendable = send(&test, text(account, "+1 555-000-0001", "satu")).await.message;
        let behind = send(&test, text(account, "+1 555-000-0001", "dua")).await.message;
        let unreadable = send(&test, text(account, "+1 555-000-0002", "tiga")).await.message;
        let other = send(&test, text(account, "+1 555-000-0003", "empat")).await.message;
        let strange = Content::Unsupported(Unsupported { kind: "poll".into() });
        let strange = serde_json::to_string(&strange).expect("it is JSON");
        testing::replace_content(&test.app.store, unsendable.id, &strange).await;
        testing::replace_content(&test.app.store, unreadable.id, "not JSON").await;
        test.run_outbox();
        test.wait_for_events("message.sent", 2).await;
        test.wait_for_events("message.failed", 1).await;
        let mut ids: Vec<_> = provider.sent().into_iter().map(|out| out.wa_id).collect();
        ids.sort_unstable();
        let mut expected = [behind.wa_id, other.wa_id];
        expected.sort_unstable();
        assert_eq!(ids, expected, "{}", database.kind);
        let failed = messaging::get(&test.app, &test.caller, unsendable.id)
            .await
            .expect("there");
        assert_eq!(failed.status, MessageStatus::Failed);
        assert_eq!(failed.error.expect("a reason").code, "invalid");
        // A version that can read it sends it.
        let readable = serde_json::to_string(&unreadable.content).expect("it is JSON");
        testing::replace_content(&test.app.store, unreadable.id, &readable).await;
        test.advance_to(
            test.clock.now().plus(Duration::from_hours(1)),
            pesan_store::job::SEND_MESSAGE,
        );
        test.app.bus.publish(pesan_app::Signal::Outbox(account));
        test.wait_for_events("message.sent", 3).await;
        assert_eq!(provider.sent().last().expect("sent").wa_id, unreadable.wa_id);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_receipt_for_what_waits_and_a_message_to_the_same_person_do_not_wait_for_each_other() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        for round in 0..60 {
            let waits = send(&test, text(account, SITI, "halo")).await.message;
            let accepted = Inbound::Acknowledged {
                wa_id: waits.wa_id,
                refusal: None,
                at: Some(test.clock.now()),
            };
            let came = Inbound::Message(Box::new(message(&test, &format!("M{round}"), "ya")));
            let receives = receive(&test, account, vec![accepted, came]);
            let sends = messaging::send(&test.app, &test.caller, text(account, SITI, "lagi"), None);
            let ((), sent) = tokio::join!(receives, sends);
            sent.unwrap_or_else(|error| panic!("{}, round {round}: {error}", database.kind));
        }
    }
}

#[tokio::test]
async fn what_may_have_left_is_not_cancelled_and_not_repeated_after_ten_minutes() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        provider.answer_next(Answer::Unknown);
        test.run_outbox();
        let sent = send(&test, text(account, "+1 555-000-0001", "halo")).await.message;
        within(provider.wait_for_sends(1)).await;
        test.until_retried_later(job::SEND_MESSAGE).await;
        test.app.connections.remove(account);
        let cancelled = messaging::cancel(&test.app, &test.caller, sent.id).await;
        assert!(
            matches!(cancelled, Err(Error::Conflict { code: "not_queued", .. })),
            "{}: {cancelled:?}",
            database.kind
        );
        let deleted = messaging::delete(&test.app, &test.caller, sent.id).await;
        assert!(
            matches!(deleted, Err(Error::Conflict { code: "being_sent", .. })),
            "{}: {deleted:?}",
            database.kind
        );
        test.clock.advance(UNCONFIRMED_HORIZON);
        test.connect(account, &provider);
        test.wait_for_events("message.failed", 1).await;
        let failed = messaging::get(&test.app, &test.caller, sent.id).await.expect("there");
        assert_eq!(failed.error.expect("a reason").code, "unconfirmed");
        assert_eq!((failed.attempts, provider.sent().len()), (1, 1), "{}", database.kind);
        test.stop().await;
    }
}

#[tokio::test]
async fn what_was_refused_has_not_left_however_long_it_waits() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        provider.answer_always(Answer::Retry { after: None });
        test.run_outbox();
        let sent = send(&test, text(account, "+1 555-000-0001", "halo")).await.message;
        let other = send(&test, text(account, "+1 555-000-0002", "lagi")).await.message;
        within(provider.wait_for_sends(2)).await;
        while job_is_running(&test).await {
            tokio::task::yield_now().await;
        }
        test.app.connections.remove(account);
        messaging::cancel(&test.app, &test.caller, other.id)
            .await
            .expect("it waits");
        provider.answer_always(Answer::Accept);
        test.clock.advance(UNCONFIRMED_HORIZON * 2);
        test.connect(account, &provider);
        test.wait_for_events("message.sent", 1).await;
        assert_eq!(
            provider.sent().last().expect("sent").wa_id,
            sent.wa_id,
            "{}",
            database.kind
        );
        assert_eq!(provider.sent().len(), 3);
        test.stop().await;
    }
}

/// Whether anything is being sent.
pub(crate) async fn job_is_running(test: &TestApp) -> bool {
    let now = test.clock.now();
    let totals = test
        .app
        .store
        .read::<_, pesan_store::Error, _>(move |tx| Box::pin(async move { job::totals(tx, now).await }));
    totals.await.expect("counted").iter().any(|kind| kind.running > 0)
}
