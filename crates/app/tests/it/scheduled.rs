//! Messages that leave at a time of their own.

use std::time::Duration;

use pesan_app::messaging::{self, NewMessage};
use pesan_model::{AccountId, Clock, Timestamp};
use pesan_providers::fake::{Answer, FakeProvider};
use pesan_providers::provider::OutgoingContent;
use pesan_store::{job, testing};

use crate::faults::job_is_running;
use crate::messaging::{send, text};
use crate::support::{TestApp, within};

const TO: &str = "+1 555-000-0001";

fn at_time(account: AccountId, body: &str, send_at: Timestamp) -> NewMessage {
    NewMessage {
        send_at: Some(send_at),
        ..text(account, TO, body)
    }
}

fn bodies(provider: &FakeProvider) -> Vec<String> {
    let body = |content| match content {
        OutgoingContent::Text(body) => body,
        other => panic!("expected a text, got {other:?}"),
    };
    provider.sent().into_iter().map(|out| body(out.content)).collect()
}

#[tokio::test]
async fn those_of_a_chat_leave_in_the_order_of_their_times_and_of_accepting() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let now = test.clock.now();
        let (soon, later) = (now.plus(Duration::from_mins(1)), now.plus(Duration::from_mins(2)));
        for number in 0..8 {
            send(&test, at_time(account, &format!("later {number}"), later)).await;
            send(&test, at_time(account, &format!("soon {number}"), soon)).await;
        }
        test.clock.advance(Duration::from_mins(2));
        test.run_outbox();
        test.wait_for_events("message.sent", 16).await;
        let soon = (0..8).map(|number| format!("soon {number}"));
        let expected: Vec<_> = soon.chain((0..8).map(|number| format!("later {number}"))).collect();
        assert_eq!(bodies(&provider), expected, "{}", database.kind);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_time_that_has_passed_is_no_way_past_others() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let now = test.clock.now();
        for number in 0..8 {
            send(&test, text(account, TO, &format!("{number} now"))).await;
            send(&test, at_time(account, &format!("{number} passed"), now)).await;
        }
        test.run_outbox();
        test.wait_for_events("message.sent", 16).await;
        let expected: Vec<_> = (0..8)
            .flat_map(|number| [format!("{number} now"), format!("{number} passed")])
            .collect();
        assert_eq!(bodies(&provider), expected, "{}", database.kind);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_new_connection_or_pace_does_not_send_them_before_their_time() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let now = test.clock.now();
        let scheduled = send(&test, at_time(account, "later", now.plus(Duration::from_hours(1)))).await;
        let woken = test.app.store.write(move |tx| {
            Box::pin(async move { job::wake_partition(tx, job::SEND_MESSAGE, account.uuid(), now).await })
        });
        assert_eq!(woken.await.expect("woken"), 0, "{}", database.kind);
        test.run_outbox();
        send(&test, text(account, TO, "now")).await;
        test.wait_for_events("message.sent", 1).await;
        assert_eq!(bodies(&provider), ["now"], "{}", database.kind);
        messaging::cancel(&test.app, &test.caller, scheduled.message.id)
            .await
            .expect("it still waits");
        test.stop().await;
    }
}

#[tokio::test]
async fn one_that_is_cancelled_behind_others_of_its_chat_holds_up_nobody() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        provider.answer_always(Answer::Retry { after: None });
        test.run_outbox();
        let at = test.clock.now().plus(Duration::from_mins(1));
        let second = send(&test, at_time(account, "second", at)).await;
        send(&test, at_time(account, "third", at)).await;
        send(&test, text(account, TO, "first")).await;
        within(provider.wait_for_sends(1)).await;
        // Whoever is due joins the chat before anything of it is tried again.
        within(async {
            while job_is_running(&test).await {
                tokio::task::yield_now().await;
            }
        })
        .await;
        test.clock.advance(Duration::from_mins(1));
        test.app.bus.publish(pesan_app::Signal::Outbox(account));
        within(provider.wait_for_sends(2)).await;
        messaging::cancel(&test.app, &test.caller, second.message.id)
            .await
            .expect("cancelled");
        provider.answer_always(Answer::Accept);
        within(async {
            while job_is_running(&test).await {
                tokio::task::yield_now().await;
            }
        })
        .await;
        test.clock.advance(Duration::from_mins(1));
        test.app.bus.publish(pesan_app::Signal::Outbox(account));
        test.wait_for_events("message.sent", 2).await;
        let sent = bodies(&provider);
        assert_eq!(sent[sent.len() - 2..], ["first", "third"], "{}", database.kind);
        test.stop().await;
    }
}
