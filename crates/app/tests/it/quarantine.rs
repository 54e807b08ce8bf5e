//! What can never be stored does not stop what comes after it, and is not lost.

use pesan_app::{Caller, Error, inbound, inbox, quarantine};
use pesan_model::account::QuarantineEntry;
use pesan_model::content::MediaKind;
use pesan_model::{
    AccountId, Address, Clock, Content, Direction, MessageStatus, OrganizationId, QuarantineId, SystemRandom,
};
use pesan_providers::inbound::{GroupNotice, InboundContent, InboundMedia, InboundMessage, Person, Receipt};
use pesan_providers::provider::RemoteMedia;
use pesan_providers::{Inbound, Received};
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

async fn receive(test: &TestApp, account: AccountId, batch: Vec<Inbound>) -> Result<Received, Error> {
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

async fn kept_aside(test: &TestApp, account: AccountId) -> Vec<QuarantineEntry> {
    quarantine::list(&test.app, &test.caller, account, None, 50)
        .await
        .expect("listed")
}

async fn in_clear(test: &TestApp, id: QuarantineId) -> Inbound {
    let organization = test.caller.organization_id;
    let row = test
        .app
        .store
        .read(move |tx| Box::pin(async move { pesan_store::quarantine::get(tx, organization, id).await }))
        .await
        .expect("there");
    let key = test.app.organization_key(organization).await.expect("a key");
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
        let rows = kept_aside(&test, account).await;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].kind, "message");
        assert!(rows[0].reason.contains("media"), "{}", rows[0].reason);
        let Inbound::Message(kept) = in_clear(&test, rows[0].id).await else {
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
        // A receipt whose message is not there asks for nobody.
        for table in ["contact", "early_receipt"] {
            testing::rename_table(&test.app.store, table, &format!("{table}_away")).await;
        }
        let person = Inbound::Person(Person {
            phone: SITI.parse().ok(),
            ..Person::default()
        });
        receive(&test, account, vec![text(&test, "A1"), person, receipt(&test)])
            .await
            .expect("acknowledged");
        for table in ["contact", "early_receipt"] {
            testing::rename_table(&test.app.store, &format!("{table}_away"), table).await;
        }
        let rows = kept_aside(&test, account).await;
        let kinds: Vec<_> = rows.iter().map(|row| row.kind.as_str()).collect();
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
        assert_eq!(kept_aside(&test, account).await.len(), 0);
        receive(&test, account, batch).await.expect("stored");
        assert_eq!(thread(&test).await, lines(&[("A1", "text"), ("A2", "text")]));
        test.stop().await;
    }
}

#[tokio::test]
async fn what_is_kept_aside_is_stored_after_all_when_somebody_asks_for_it() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        testing::rename_table(&test.app.store, "media", "media_away").await;
        receive(
            &test,
            account,
            vec![text(&test, "A1"), picture(&test, "A2"), text(&test, "A3")],
        )
        .await
        .expect("acknowledged");
        let kept = kept_aside(&test, account).await;
        let retry = async || quarantine::retry(&test.app, &test.caller, kept[0].id).await;
        let refused = retry().await.expect_err("nothing is better");
        assert!(
            matches!(
                refused,
                Error::Conflict {
                    code: "still_refused",
                    ..
                }
            ),
            "{}: {refused:?}",
            database.kind
        );
        assert_eq!(kept_aside(&test, account).await.len(), 1);
        testing::rename_table(&test.app.store, "media_away", "media").await;
        retry().await.expect("stored");
        assert_eq!(
            thread(&test).await,
            lines(&[("A1", "text"), ("A2", "image"), ("A3", "text")]),
            "in its old place, and once"
        );
        assert_eq!(test.event_names().await.last(), Some(&"message.healed"));
        assert!(kept_aside(&test, account).await.is_empty());
        assert!(matches!(retry().await, Err(Error::NotFound { .. })), "it is gone");
        test.stop().await;
    }
}

#[tokio::test]
async fn what_had_no_line_in_a_thread_gets_one_when_it_is_stored_after_all() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        testing::rename_table(&test.app.store, "contact", "contact_away").await;
        receive(&test, account, vec![text(&test, "A1")])
            .await
            .expect("acknowledged");
        testing::rename_table(&test.app.store, "contact_away", "contact").await;
        for entry in kept_aside(&test, account).await {
            quarantine::retry(&test.app, &test.caller, entry.id)
                .await
                .expect("stored");
        }
        assert_eq!(thread(&test).await, lines(&[("A1", "text")]), "{}", database.kind);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_change_of_a_group_takes_the_place_of_the_line_that_stood_for_it() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let group: Address = "120363000000000001@g.us".parse().expect("valid");
        let placeholder = |wa_id: &str| {
            let content = InboundContent::Unsupported {
                kind: "quarantined".into(),
            };
            let mut line = message(&test, wa_id, content);
            if let Inbound::Message(line) = &mut line {
                line.chat = group.clone();
            }
            line
        };
        let notice = |wa_id: &str| {
            Inbound::Group(GroupNotice {
                group: group.clone(),
                wa_id: wa_id.into(),
                by: Person {
                    phone: SITI.parse().ok(),
                    ..Person::default()
                },
                action: "subject".into(),
                participants: Vec::new(),
                subject: Some("Pasar".into()),
                at: test.clock.now(),
            })
        };
        let batch = vec![placeholder("G1"), notice("G1"), notice("G1")];
        receive(&test, account, batch).await.expect("stored");
        assert_eq!(
            thread(&test).await,
            lines(&[("G1", "group_change")]),
            "{}",
            database.kind
        );
        let healed = test.event_names().await;
        assert_eq!(healed.iter().filter(|name| **name == "message.healed").count(), 1);
        let chats = inbox::chats(&test.app, &test.caller, chat::Filter::default(), None, 50).await;
        assert_eq!(chats.expect("listed")[0].name, "Pasar");
        test.stop().await;
    }
}

#[tokio::test]
async fn what_is_kept_aside_is_listed_in_pages_and_deleted_for_good() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let (other, _) = test.account(None).await;
        testing::rename_table(&test.app.store, "media", "media_away").await;
        for wa_id in ["A1", "A2", "A3"] {
            receive(&test, account, vec![picture(&test, wa_id)])
                .await
                .expect("acknowledged");
        }
        assert!(kept_aside(&test, other).await.is_empty(), "{}", database.kind);
        let all = kept_aside(&test, account).await;
        let page = async |after, limit| {
            quarantine::list(&test.app, &test.caller, account, after, limit)
                .await
                .expect("listed")
        };
        assert_eq!(page(None, 2).await, all[..2]);
        assert_eq!(page(Some(all[1].id), 2).await, all[2..]);
        let stranger = Caller::system(OrganizationId::new(&*test.clock, &SystemRandom));
        for refused in [
            quarantine::list(&test.app, &stranger, account, None, 2).await.map(drop),
            quarantine::retry(&test.app, &stranger, all[0].id).await,
            quarantine::delete(&test.app, &stranger, all[0].id).await,
        ] {
            assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
        }
        quarantine::delete(&test.app, &test.caller, all[1].id)
            .await
            .expect("deleted");
        let again = quarantine::delete(&test.app, &test.caller, all[1].id).await;
        assert!(matches!(again, Err(Error::NotFound { .. })));
        let left: Vec<_> = page(None, 50).await.into_iter().map(|entry| entry.id).collect();
        assert_eq!(left, [all[0].id, all[2].id]);
        test.stop().await;
    }
}
