//! Lines that say that a message was lost: they heal when somebody tells what it said, and only of them it is asked.

use std::time::Duration;

use pesan_app::{inbound, inbox};
use pesan_model::chat::Chat;
use pesan_model::message::Message;
use pesan_model::{AccountId, Content, Direction};
use pesan_providers::Inbound;
use pesan_providers::inbound::{InboundContent, InboundMessage};
use pesan_store::{chat, testing};

use crate::inbound::message;
use crate::support::TestApp;

/// Stores a batch, and says of which messages of it nobody knows what they say.
async fn unread(test: &TestApp, account: AccountId, batch: Vec<InboundMessage>) -> Vec<String> {
    let batch = batch.into_iter().map(|came| Inbound::Message(Box::new(came)));
    inbound::receive(&test.app, account, batch.collect())
        .await
        .expect("stored")
        .unread
}

fn saying(test: &TestApp, wa_id: &str, content: InboundContent) -> InboundMessage {
    InboundMessage {
        content,
        ..message(test, wa_id, "")
    }
}

fn interrupted(test: &TestApp, wa_id: &str) -> InboundMessage {
    let reason = "interrupted".into();
    saying(test, wa_id, InboundContent::Undecryptable { reason })
}

async fn only_chat(test: &TestApp) -> Chat {
    let mut all = inbox::chats(&test.app, &test.caller, chat::Filter::default(), None, 50)
        .await
        .expect("listed");
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// Oldest first.
async fn thread(test: &TestApp) -> Vec<Message> {
    let id = only_chat(test).await.id;
    let page = inbox::messages(&test.app, &test.caller, id, None, 50)
        .await
        .expect("listed");
    page.into_iter().map(|(message, _)| message).rev().collect()
}

async fn last_shown(test: &TestApp) -> (u32, Option<String>) {
    let chat = only_chat(test).await;
    (chat.unread, chat.last_message.and_then(|last| last.preview))
}

#[tokio::test]
async fn a_line_heals_in_its_place_and_is_asked_for_until_then() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let nobody: [&str; 0] = [];
        assert_eq!(unread(&test, account, vec![message(&test, "A1", "halo")]).await, nobody);
        assert_eq!(
            unread(&test, account, vec![interrupted(&test, "A1")]).await,
            nobody,
            "{}: a repeat of what is stored",
            database.kind
        );
        test.clock.advance(Duration::from_secs(2));
        for _ in 0..2 {
            assert_eq!(unread(&test, account, vec![interrupted(&test, "A2")]).await, ["A2"]);
        }
        test.clock.advance(Duration::from_secs(2));
        unread(&test, account, vec![message(&test, "A3", "sesudahnya")]).await;
        assert_eq!(
            unread(&test, account, vec![message(&test, "A2", "yang hilang")]).await,
            nobody
        );
        assert_eq!(unread(&test, account, vec![interrupted(&test, "A2")]).await, nobody);
        let all = thread(&test).await;
        let said: Vec<_> = all.iter().filter_map(|message| message.content.preview()).collect();
        assert_eq!(said, ["halo", "yang hilang", "sesudahnya"], "{}", database.kind);
        assert_eq!(only_chat(&test).await.unread, 3);
        let names = test.event_names().await;
        assert!(
            names.ends_with(&["message.received", "message.received", "message.healed"]),
            "{names:?}"
        );
    }
}

#[tokio::test]
async fn a_batch_that_brings_the_words_as_well_leaves_nothing_to_ask_for() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let batch = vec![
            interrupted(&test, "A1"),
            message(&test, "A1", "halo"),
            interrupted(&test, "A2"),
        ];
        assert_eq!(unread(&test, account, batch).await, ["A2"], "{}", database.kind);
    }
}

#[tokio::test]
async fn what_the_own_phone_wrote_heals_as_its_own() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let own = |came: InboundMessage| InboundMessage {
            direction: Direction::Out,
            peer: Some(came.sender.clone()),
            sender: pesan_providers::inbound::Person::default(),
            ..came
        };
        assert_eq!(
            unread(&test, account, vec![own(interrupted(&test, "A1"))]).await,
            ["A1"]
        );
        unread(&test, account, vec![own(message(&test, "A1", "dari ponsel"))]).await;
        let all = thread(&test).await;
        assert_eq!(
            (all.len(), all[0].direction, all[0].content.preview().as_deref()),
            (1, Direction::Out, Some("dari ponsel")),
            "{}",
            database.kind
        );
    }
}

#[tokio::test]
async fn a_line_that_was_a_reaction_or_an_edit_counts_as_no_message() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        unread(&test, account, vec![message(&test, "A1", "halo")]).await;
        test.clock.advance(Duration::from_secs(2));
        let lines = vec![interrupted(&test, "R1"), interrupted(&test, "E1")];
        assert_eq!(unread(&test, account, lines).await, ["R1", "E1"]);
        assert_eq!(only_chat(&test).await.unread, 3);
        let reaction = InboundContent::Reaction {
            target: "A1".into(),
            emoji: "👍".into(),
        };
        let edit = InboundContent::Edit {
            target: "A1".into(),
            words: "halo semua".into(),
        };
        unread(&test, account, vec![saying(&test, "E1", edit)]).await;
        unread(&test, account, vec![saying(&test, "R1", reaction)]).await;
        assert_eq!(
            last_shown(&test).await,
            (1, Some("halo semua".into())),
            "{}",
            database.kind
        );
        let is_line = |message: &Message| matches!(message.content, Content::Undecryptable(_));
        assert!(!thread(&test).await.iter().any(is_line));
        // Both came, so that nobody can read them now is no news.
        let again = vec![interrupted(&test, "R1"), interrupted(&test, "E1")];
        assert!(unread(&test, account, again).await.is_empty(), "{}", database.kind);
    }
}
