//! What a fault of the database, or of one row of it, does to sending.

use std::time::Duration;

use pesan_app::messaging;
use pesan_model::content::Unsupported;
use pesan_model::{Clock as _, Content, MessageStatus};
use pesan_providers::Inbound;
use pesan_providers::fake::Answer;
use pesan_store::testing;
use tokio::sync::mpsc;
use tracing::{Event, Level, Metadata, Subscriber, span};

use crate::inbound::{SITI, message, receive};
use crate::messaging::{send, text};
use crate::support::{TestApp, within};

/// Tells of each error that the loops of this test's thread report.
struct Errors(mpsc::UnboundedSender<()>);

impl Subscriber for Errors {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR && metadata.target() == "pesan_app::worker"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &Event<'_>) {
        // The test may have seen enough.
        let _ = self.0.send(());
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn what_came_of_a_send_is_written_down_when_the_database_is_back() {
    for database in testing::both().await {
        let (told, mut errors) = mpsc::unbounded_channel();
        let _watch = tracing::subscriber::set_default(Errors(told));
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
            within(errors.recv()).await.expect("it is tried again");
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
