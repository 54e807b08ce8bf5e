//! Messages that name another one: an answer, a reaction. The other side must have what they name.

use std::time::Duration;

use pesan_app::messaging::{self, NewContent, NewMessage};
use pesan_app::{Error, FieldError};
use pesan_model::message::Message;
use pesan_model::{AccountId, Clock as _, Flaw, MessageId, MessageStatus};
use pesan_providers::fake::Answer;
use pesan_providers::provider::OutgoingContent;
use pesan_store::testing;

use crate::inbound::{message, receive_message};
use crate::messaging::{send, text};
use crate::support::{TestApp, within};

const TO: &str = "+1 555-000-0001";

fn reply(account: AccountId, to: MessageId) -> NewMessage {
    NewMessage {
        reply_to: Some(to),
        ..text(account, TO, "jawaban")
    }
}

fn reaction(account: AccountId, on: MessageId) -> NewMessage {
    NewMessage {
        content: NewContent::Reaction {
            message_id: on,
            emoji: "👍".into(),
        },
        ..text(account, TO, "")
    }
}

async fn get(test: &TestApp, id: MessageId) -> Message {
    messaging::get(&test.app, &test.caller, id).await.expect("found")
}

/// Neither an answer nor a reaction is taken that names the message.
async fn refuses_both(test: &TestApp, account: AccountId, id: MessageId, flaw: Flaw) {
    for (new, pointer) in [
        (reply(account, id), "/reply_to"),
        (reaction(account, id), "/reaction/message_id"),
    ] {
        let refused = messaging::send(&test.app, &test.caller, new, None).await;
        let Err(Error::Invalid(fields)) = refused else {
            panic!("{pointer}: {refused:?}")
        };
        assert_eq!(fields, [FieldError::new(pointer, flaw.clone())]);
    }
}

#[tokio::test]
async fn nothing_is_said_to_a_message_that_the_other_side_does_not_have() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let cancelled = send(&test, text(account, TO, "batal")).await.message.id;
        messaging::cancel(&test.app, &test.caller, cancelled)
            .await
            .expect("cancelled");
        let later = NewMessage {
            send_at: Some(test.clock.now().plus(Duration::from_mins(1))),
            ..text(account, TO, "nanti")
        };
        let later = send(&test, later).await.message.id;
        provider.answer_next(Answer::Reject { code: "463".into() });
        test.run_outbox();
        let failed = send(&test, text(account, TO, "gagal")).await.message.id;
        test.wait_for_events("message.failed", 1).await;
        for unsent in [cancelled, later, failed] {
            refuses_both(&test, account, unsent, Flaw::NotSent).await;
        }
        let queued = test
            .event_names()
            .await
            .iter()
            .filter(|name| **name == "message.queued")
            .count();
        assert_eq!(queued, 3, "{}", database.kind);

        // What was retried leaves first.
        messaging::retry(&test.app, &test.caller, failed)
            .await
            .expect("queued again");
        send(&test, reply(account, failed)).await;
        send(&test, reaction(account, failed)).await;
        test.wait_for_events("message.sent", 3).await;
        let sent = provider.sent();
        let wa_id = get(&test, failed).await.wa_id;
        assert_eq!(sent[2].reply_to.as_ref().map(|quoted| &quoted.wa_id), Some(&wa_id));
        test.stop().await;
    }
}

#[tokio::test]
async fn nothing_is_said_to_a_reaction() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        receive_message(&test, account, message(&test, "A", "halo")).await;
        let came = test.wait_for_events("message.received", 1).await;
        let came = came[0].event.message().expect("a message").clone();
        let on = |id| NewMessage {
            to: came.chat.clone(),
            ..reaction(account, id)
        };
        let reacted = send(&test, on(came.id)).await.message.id;
        for (new, pointer) in [
            (on(reacted), "/reaction/message_id"),
            (
                NewMessage {
                    to: came.chat.clone(),
                    ..reply(account, reacted)
                },
                "/reply_to",
            ),
        ] {
            let refused = messaging::send(&test.app, &test.caller, new, None).await;
            let Err(Error::Invalid(fields)) = refused else {
                panic!("{}: {refused:?}", database.kind)
            };
            assert_eq!(fields, [FieldError::new(pointer, Flaw::IsAReaction)]);
        }
    }
}

#[tokio::test]
async fn what_was_cancelled_meanwhile_is_quoted_nowhere_and_a_reaction_on_it_fails() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let cancelled = send(&test, text(account, TO, "rahasia")).await.message.id;
        let answer = send(&test, reply(account, cancelled)).await.message.id;
        let reacted = send(&test, reaction(account, cancelled)).await.message.id;
        let last = send(&test, reply(account, answer)).await.message.id;
        messaging::cancel(&test.app, &test.caller, cancelled)
            .await
            .expect("cancelled");
        test.run_outbox();
        test.wait_for_events("message.sent", 2).await;
        within(provider.wait_for_sends(2)).await;
        let sent = provider.sent();
        assert_eq!(sent.len(), 2, "{}", database.kind);
        assert!(sent.iter().all(|out| matches!(out.content, OutgoingContent::Text(_))));
        assert!(sent[0].reply_to.is_none(), "it goes without a quote");
        let wa_id = get(&test, answer).await.wa_id;
        assert_eq!(sent[1].reply_to.as_ref().map(|quoted| &quoted.wa_id), Some(&wa_id));
        assert_eq!(get(&test, last).await.status, MessageStatus::Sent);
        let failed = get(&test, reacted).await;
        assert_eq!(
            (failed.status, failed.error.map(|error| error.code)),
            (MessageStatus::Failed, Some("target_not_sent".to_owned()))
        );
        assert_eq!(failed.attempts, 0, "it was not handed over");
        test.stop().await;
    }
}
