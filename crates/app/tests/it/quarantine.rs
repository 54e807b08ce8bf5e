//! What can never be stored does not stop what comes after it, and is not lost.

use pesan_app::{Error, inbound, inbox};
use pesan_model::content::MediaKind;
use pesan_model::{AccountId, Clock, Content, Direction, MessageStatus};
use pesan_providers::Inbound;
use pesan_providers::inbound::{InboundContent, InboundMedia, InboundMessage, Person, Receipt};
use pesan_providers::provider::RemoteMedia;
use pesan_store::quarantine::{self, Quarantined};
use pesan_store::{chat, testing};

use crate::support::TestApp;

const SITI: &str = "15550000001";

fn message(test: &TestApp, wa_id: &str, content: InboundContent) -> Inbound {
    Inbound::Message(Box::new(InboundMessage {
        wa_id: wa_id.into(),
        chat: SITI.parse().expect("valid"),
        sender: Person {
            phone: SITI.parse().ok(),
            lid: None,
            push_name: Some("Siti".into()),
        },
        direction: Direction::In,
        peer: None,
        at: test.clock.now(),
        content,
        reply_to: None,
        from_history: false,
    }))
}

fn text(test: &TestApp, wa_id: &str) -> Inbound {
    message(test, wa_id, InboundContent::Text(format!("text of {wa_id}")))
}

/// Refused while the table of files is away.
fn picture(test: &TestApp, wa_id: &str) -> Inbound {
    let media = InboundMedia {
        kind: MediaKind::Image,
        remote: RemoteMedia("somewhere".into()),
        mime: "image/jpeg".into(),
        size: Some(3),
        caption: Some("secret caption".into()),
        file_name: None,
        voice: false,
        seconds: None,
    };
    message(test, wa_id, InboundContent::Media(media))
}

fn receipt(test: &TestApp) -> Inbound {
    Inbound::Receipt(Receipt {
        chat: SITI.parse().expect("valid"),
        from: SITI.parse().expect("valid"),
        from_self: false,
        peer: None,
        wa_ids: vec!["nobody's".into()],
        status: MessageStatus::Read,
        at: test.clock.now(),
    })
}

async fn receive(test: &TestApp, account: AccountId, batch: Vec<Inbound>) -> Result<(), Error> {
    inbound::receive(&test.app, account, batch).await
}

/// The only thread: WhatsApp's ids and kinds, oldest first.
async fn thread(test: &TestApp) -> Vec<(String, String)> {
    let chats = inbox::chats(&test.app, &test.caller, chat::Filter::default(), None, 50)
        .await
        .expect("listed");
    let page = inbox::messages(&test.app, &test.caller, chats[0].id, None, 50)
        .await
        .expect("listed");
    let line = |content: &Content| match content {
        Content::Unsupported(unsupported) => unsupported.kind.clone(),
        other => other.kind().to_owned(),
    };
    page.into_iter()
        .rev()
        .map(|(message, _)| (message.wa_id, line(&message.content)))
        .collect()
}

fn lines(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(wa_id, kind)| ((*wa_id).to_owned(), (*kind).to_owned()))
        .collect()
}

async fn kept_aside(test: &TestApp) -> Vec<Quarantined> {
    let organization = test.caller.organization_id;
    test.app
        .store
        .read(move |tx| Box::pin(async move { quarantine::list(tx, organization, 50).await }))
        .await
        .expect("listed")
}

async fn in_clear(test: &TestApp, row: &Quarantined) -> Inbound {
    let key = test
        .app
        .organization_key(test.caller.organization_id)
        .await
        .expect("a key");
    serde_json::from_slice(&row.open(&key).expect("opens")).expect("is what came in")
}

#[tokio::test]
async fn what_is_refused_again_and_again_is_kept_aside_and_the_rest_of_its_batch_is_stored() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        testing::rename_table(&test.app.store, "media", "media_away").await;
        let batch = || {
            vec![
                text(&test, "A1"),
                picture(&test, "A2"),
                receipt(&test),
                text(&test, "A3"),
            ]
        };
        receive(&test, account, batch()).await.expect("acknowledged");
        let expected = lines(&[("A1", "text"), ("A2", "quarantined"), ("A3", "text")]);
        assert_eq!(thread(&test).await, expected, "{}", database.kind);
        let announced = test.event_names().await;
        assert_eq!(
            announced.iter().filter(|name| **name == "message.received").count(),
            3,
            "the line that stands for it is announced too"
        );
        // A crash before the acknowledgement: all of it comes again, and changes nothing.
        receive(&test, account, batch()).await.expect("acknowledged");
        assert_eq!(thread(&test).await, expected);
        let rows = kept_aside(&test).await;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].kind(), "message");
        assert!(rows[0].reason().contains("media"), "{}", rows[0].reason());
        let Inbound::Message(kept) = in_clear(&test, &rows[0]).await else {
            panic!("it is a message");
        };
        assert_eq!(kept.wa_id, "A2");
        assert!(
            matches!(kept.content, InboundContent::Media(media) if media.caption.as_deref() == Some("secret caption"))
        );
        testing::rename_table(&test.app.store, "media_away", "media").await;
        receive(&test, account, vec![picture(&test, "A4")])
            .await
            .expect("stored");
        assert_eq!(thread(&test).await.last(), lines(&[("A4", "image")]).last());
        test.stop().await;
    }
}

#[tokio::test]
async fn what_cannot_even_have_a_line_in_its_thread_is_kept_aside_all_the_same() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        testing::rename_table(&test.app.store, "contact", "contact_away").await;
        let person = Inbound::Person(Person {
            phone: SITI.parse().ok(),
            ..Person::default()
        });
        receive(&test, account, vec![text(&test, "A1"), person, receipt(&test)])
            .await
            .expect("acknowledged");
        testing::rename_table(&test.app.store, "contact_away", "contact").await;
        let rows = kept_aside(&test).await;
        let kinds: Vec<_> = rows.iter().map(Quarantined::kind).collect();
        assert_eq!(kinds, ["message", "person", "receipt"], "{}", database.kind);
        receive(&test, account, vec![text(&test, "A2")]).await.expect("stored");
        assert_eq!(thread(&test).await, lines(&[("A2", "text")]));
        test.stop().await;
    }
}

#[tokio::test]
async fn nothing_is_kept_aside_while_the_database_is_in_trouble() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        receive(&test, account, vec![text(&test, "A1")]).await.expect("stored");
        let (clock, organization) = (test.clock.clone(), test.caller.organization_id);
        let batch = vec![text(&test, "A2")];
        test.app.store.close().await;
        let refused = inbound::receive(&test.app, account, batch.clone()).await;
        assert!(
            matches!(refused, Err(Error::Unavailable { .. })),
            "{}: {refused:?}",
            database.kind
        );
        let test = TestApp::start(&database, clock, organization).await;
        assert_eq!(kept_aside(&test).await.len(), 0);
        receive(&test, account, batch).await.expect("stored");
        assert_eq!(thread(&test).await, lines(&[("A1", "text"), ("A2", "text")]));
        test.stop().await;
    }
}
