//! Deleting messages.

use std::borrow::Cow;
use std::time::Duration;

use pesan_app::messaging::{self, NewMessage};
use pesan_app::{Error, inbox};
use pesan_model::chat::Chat;
use pesan_model::message::Message;
use pesan_model::{MessageId, MessageStatus};
use pesan_providers::Inbound;
use pesan_providers::fake::Answer;
use pesan_providers::inbound::Receipt;
use pesan_store::{chat, testing};

use crate::inbound::{message, receive, receive_message};
use crate::messaging::{send, text};
use crate::support::{TestApp, within};

const TO: &str = "+1 555-000-0001";

async fn delete(test: &TestApp, id: MessageId) {
    messaging::delete(&test.app, &test.caller, id).await.expect("deleted");
}

async fn get(test: &TestApp, id: MessageId) -> Message {
    messaging::get(&test.app, &test.caller, id).await.expect("found")
}

async fn only_chat(test: &TestApp) -> Chat {
    let mut chats = inbox::chats(&test.app, &test.caller, chat::Filter::default(), None, 50)
        .await
        .expect("listed");
    assert_eq!(chats.len(), 1);
    chats.pop().expect("one")
}

/// The thread of the only chat, newest first.
async fn thread(test: &TestApp) -> Vec<Message> {
    let chat = only_chat(test).await;
    let found = inbox::messages(&test.app, &test.caller, chat.id, None, 50).await;
    found.expect("listed").into_iter().map(|(message, _)| message).collect()
}

fn previews(thread: &[Message]) -> Vec<Cow<'_, str>> {
    thread.iter().filter_map(|message| message.content.preview()).collect()
}

#[tokio::test]
async fn a_deleted_message_leaves_its_thread_and_the_line_of_its_chat_and_stays_known() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        for (wa_id, body) in [("A", "satu"), ("B", "dua"), ("C", "tiga")] {
            test.clock.advance(Duration::from_mins(1));
            receive_message(&test, account, message(&test, wa_id, body)).await;
        }
        let messages = thread(&test).await;
        let a_minute_before = only_chat(&test).await.last_message_at.minus(Duration::from_mins(1));
        delete(&test, messages[0].id).await;
        let chat = only_chat(&test).await;
        assert_eq!(chat.unread, 2, "{}", database.kind);
        assert_eq!(chat.last_message.and_then(|last| last.preview).as_deref(), Some("dua"));
        assert_eq!(chat.last_message_at, a_minute_before);
        assert_eq!(previews(&thread(&test).await), ["dua", "satu"]);
        let names = test.event_names().await;
        assert!(names.ends_with(&["message.deleted", "chat.updated"]), "{names:?}");

        // WhatsApp may give it again; and deleting twice is deleting once.
        receive_message(&test, account, message(&test, "C", "tiga")).await;
        delete(&test, messages[0].id).await;
        assert_eq!(test.event_names().await, names);
        assert_eq!(previews(&thread(&test).await), ["dua", "satu"]);
        let known = get(&test, messages[0].id).await;
        assert!(known.deleted_at.is_some());
        assert_eq!(known.content.preview().as_deref(), Some("tiga"));

        // One in the middle changes nothing but the count; without any message the chat stays where it is.
        delete(&test, messages[2].id).await;
        assert_eq!(only_chat(&test).await.unread, 1);
        delete(&test, messages[1].id).await;
        let chat = only_chat(&test).await;
        assert_eq!(
            (chat.unread, chat.last_message, chat.last_message_at),
            (0, None, a_minute_before)
        );
    }
}

#[tokio::test]
async fn deleting_what_was_read_or_is_of_the_history_leaves_the_count_of_unread_ones() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let mut old = message(&test, "A", "dari dulu");
        old.from_history = true;
        receive_message(&test, account, old).await;
        test.clock.advance(Duration::from_mins(1));
        receive_message(&test, account, message(&test, "B", "dibaca")).await;
        inbox::mark_read(&test.app, &test.caller, only_chat(&test).await.id)
            .await
            .expect("read");
        test.clock.advance(Duration::from_mins(1));
        let mut old = message(&test, "C", "dari dulu juga");
        (old.from_history, old.at) = (true, old.at.minus(Duration::from_mins(1)));
        receive_message(&test, account, old).await;
        receive_message(&test, account, message(&test, "D", "baru")).await;
        let messages = thread(&test).await;
        assert_eq!(only_chat(&test).await.unread, 1);
        for old in &messages[1..] {
            delete(&test, old.id).await;
            assert_eq!(only_chat(&test).await.unread, 1, "{}", database.kind);
        }
        delete(&test, messages[0].id).await;
        assert_eq!(only_chat(&test).await.unread, 0);
    }
}

#[tokio::test]
async fn deleting_a_message_that_waits_cancels_it_and_one_that_is_being_sent_is_refused() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        provider.answer_next(Answer::Hang);
        let first = send(&test, text(account, TO, "satu")).await.message;
        let second = send(&test, text(account, TO, "dua")).await.message;
        let third = send(&test, text(account, TO, "tiga")).await.message;
        test.run_outbox();
        within(provider.wait_for_sends(1)).await;
        let early = messaging::delete(&test.app, &test.caller, first.id).await;
        assert!(
            matches!(early, Err(Error::Conflict { code: "being_sent", .. })),
            "{}",
            database.kind
        );
        delete(&test, second.id).await;
        let names = test.event_names().await;
        assert!(names.ends_with(&["message.cancelled", "message.deleted"]), "{names:?}");
        assert_eq!(get(&test, second.id).await.status, MessageStatus::Cancelled);
        provider.release();
        test.wait_for_events("message.sent", 2).await;
        assert_eq!(provider.sent().len(), 2, "the first and the third");
        assert_eq!(get(&test, third.id).await.status, MessageStatus::Sent);

        // What was sent is deleted here only: its receipts are still written down.
        delete(&test, first.id).await;
        let read = Receipt {
            chat: first.chat.parse().expect("an address"),
            from: first.chat.parse().expect("an address"),
            from_self: false,
            peer: None,
            wa_ids: vec![first.wa_id.clone()],
            status: MessageStatus::Read,
            at: first.created_at,
        };
        receive(&test, account, vec![Inbound::Receipt(read)]).await;
        let first = get(&test, first.id).await;
        assert!(first.deleted_at.is_some() && first.status == MessageStatus::Read);
        test.stop().await;
    }
}

#[tokio::test]
async fn what_was_deleted_is_not_answered_reacted_to_or_retried_and_strangers_find_nothing() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        provider.answer_next(Answer::Reject { code: "463".into() });
        let failed = send(&test, text(account, TO, "satu")).await.message;
        test.run_outbox();
        test.wait_for_events("message.failed", 1).await;
        let stranger = TestApp::new(&database).await;
        let foreign = messaging::delete(&stranger.app, &stranger.caller, failed.id).await;
        assert!(
            matches!(foreign, Err(Error::NotFound { what: "message" })),
            "{}",
            database.kind
        );
        assert_eq!(get(&test, failed.id).await.deleted_at, None);

        delete(&test, failed.id).await;
        let again = messaging::retry(&test.app, &test.caller, failed.id).await;
        assert!(matches!(again, Err(Error::Conflict { code: "deleted", .. })));
        let answer = NewMessage {
            reply_to: Some(failed.id),
            ..text(account, TO, "dua")
        };
        let reaction = NewMessage {
            content: messaging::NewContent::Reaction {
                message_id: failed.id,
                emoji: "👍".into(),
            },
            ..text(account, TO, "")
        };
        for (new, pointer) in [(answer, "/reply_to"), (reaction, "/reaction/message_id")] {
            match messaging::send(&test.app, &test.caller, new, None).await {
                Err(Error::Invalid(fields)) => assert_eq!(fields[0].pointer, pointer),
                other => panic!("expected a wrong field, got {other:?}"),
            }
        }
        test.stop().await;
    }
}
