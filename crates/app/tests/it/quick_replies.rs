//! Quick replies, and their variables.

use pesan_app::access::users;
use pesan_app::contacts::fields::{self, NewField};
use pesan_app::contacts::{self, ContactChange};
use pesan_app::quick_replies::{self, QuickReplyChange};
use pesan_app::{Caller, Error, Principal};
use pesan_model::custom_field::{FieldKind, FieldValue};
use pesan_model::template::Purpose;
use pesan_model::{Flaw, Permission};
use pesan_store::testing::both;

use crate::people::{chats, person};
use crate::support::TestApp;

const BODY: &str =
    "Halo {{contact.first_name|Kak}}, kota {{contact.fields.city}}. {{user.name}}, {{organization.name}}";

async fn make(test: &TestApp, shortcut: &str, body: &str) -> Result<pesan_model::quick_reply::QuickReply, Error> {
    let new = (shortcut.to_owned(), body.to_owned());
    quick_replies::create(&test.app, &test.caller, new, None)
        .await
        .map(|(made, _)| made)
}

async fn city(test: &TestApp) -> pesan_model::CustomFieldId {
    let new = NewField {
        key: "city".into(),
        label: "Kota".into(),
        kind: FieldKind::Text,
        choices: Vec::new(),
    };
    fields::create(&test.app, &test.caller, new, None)
        .await
        .expect("a field")
        .0
        .id
}

fn flaws(error: Error) -> Vec<(String, Flaw)> {
    match error {
        Error::Invalid(fields) => fields.into_iter().map(|field| (field.pointer, field.flaw)).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_list_for_a_chat_is_filled_in_for_its_person_and_its_reader() {
    for database in both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let field = city(&test).await;
        make(&test, "zakat", "Terima kasih").await.expect("made");
        make(&test, "Alamat", BODY).await.expect("made");
        let siti = person(&test, account, "15550000001", "Siti Rahma").await;
        let chat = chats(&test).await.remove(0);
        let new = users::NewUser {
            email: "sari@example.org".into(),
            name: "Sari".into(),
            password: "a long enough password".into(),
        };
        let sari = users::create(&test.app, &test.caller, (new, pesan_model::Role::Agent), None)
            .await
            .expect("a user");
        let reader = Caller {
            principal: Principal::User(sari.0.id),
            permissions: vec![Permission::MessagesRead],
            ..test.caller.clone()
        };
        let filled = async |caller: &Caller| {
            let all = quick_replies::list(&test.app, caller, Some(chat.id))
                .await
                .expect("listed");
            let shortcuts: Vec<_> = all.iter().map(|reply| reply.shortcut.clone()).collect();
            assert_eq!(shortcuts, ["Alamat", "zakat"], "{}", database.kind);
            all[0].filled.clone().expect("filled in")
        };
        let before = filled(&reader).await;
        assert_eq!(before.text, "Halo Siti, kota {{contact.fields.city}}. Sari, Yayasan");
        assert_eq!(before.missing, ["{{contact.fields.city}}"]);
        let change = ContactChange {
            fields: [("city".to_owned(), Some(FieldValue::Text("Bandung".into())))].into(),
            name: Some(Some("Ibu Siti".into())),
            ..ContactChange::default()
        };
        contacts::update(&test.app, &test.caller, siti, change)
            .await
            .expect("changed");
        assert_eq!(filled(&reader).await.text, "Halo Ibu, kota Bandung. Sari, Yayasan");
        // A program is nobody who could sign.
        assert_eq!(filled(&test.caller).await.missing, ["{{user.name}}"]);
        // A field that went leaves a hole, which is told; the person keeps the value, which nobody asks for.
        fields::delete(&test.app, &test.caller, field).await.expect("deleted");
        let plain = quick_replies::list(&test.app, &test.caller, None)
            .await
            .expect("listed");
        assert!(plain.iter().all(|reply| reply.filled.is_none()));
    }
}

#[tokio::test]
async fn a_shortcut_is_there_once_however_it_is_written() {
    for database in both().await {
        let test = TestApp::new(&database).await;
        let first = make(&test, "Alamat", "x").await.expect("made");
        let other = make(&test, "rekening", "x").await.expect("made");
        let code = |error: Error| match error {
            Error::Conflict { code, .. } => code,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            code(make(&test, "ALAMAT", "y").await.expect_err("taken")),
            "shortcut_taken",
            "{}",
            database.kind
        );
        let change = |shortcut: &str| QuickReplyChange {
            shortcut: Some(shortcut.to_owned()),
            body: None,
        };
        let renamed = quick_replies::update(&test.app, &test.caller, other.id, change("alamat")).await;
        assert_eq!(code(renamed.expect_err("taken")), "shortcut_taken");
        let same = quick_replies::update(&test.app, &test.caller, first.id, change("alamat"))
            .await
            .expect("its own");
        assert_eq!((same.shortcut.as_str(), same.body.as_str()), ("alamat", "x"));
        quick_replies::delete(&test.app, &test.caller, first.id)
            .await
            .expect("deleted");
        assert!(matches!(
            quick_replies::delete(&test.app, &test.caller, first.id).await,
            Err(Error::NotFound { .. })
        ));
        make(&test, "ALAMAT", "y").await.expect("free again");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_text_is_told_at_the_body() {
    for database in both().await {
        let test = TestApp::new(&database).await;
        let unknown = |position| {
            let name = "contact.fields.city".to_owned();
            vec![("/body".to_owned(), Flaw::UnknownVariable { name, position })]
        };
        let body = "Kota {{contact.fields.city}}";
        assert_eq!(
            flaws(make(&test, "a", body).await.expect_err("unknown")),
            unknown(6),
            "{}",
            database.kind
        );
        let preview = async |body: &str, purpose| {
            quick_replies::preview(&test.app, &test.caller, body.to_owned(), (purpose, None)).await
        };
        assert_eq!(
            flaws(preview(body, Purpose::Reply).await.expect_err("unknown")),
            unknown(6)
        );
        city(&test).await;
        assert_eq!(preview(body, Purpose::Reply).await.expect("filled").text, "Kota Kota");
        let name = "contact.name".to_owned();
        assert_eq!(
            flaws(
                preview("{{contact.name}}", Purpose::Automatic)
                    .await
                    .expect_err("no fallback")
            ),
            [("/body".to_owned(), Flaw::FallbackMissing { name, position: 1 })]
        );
        let both = flaws(make(&test, "a b", "{{").await.expect_err("both"));
        assert_eq!(
            both,
            [
                ("/shortcut".to_owned(), Flaw::NotAShortcut { max: 32 }),
                ("/body".to_owned(), Flaw::BracesNotClosed { position: 1 }),
            ]
        );
    }
}

#[tokio::test]
async fn only_those_who_manage_the_organization_change_them() {
    for database in both().await {
        let test = TestApp::new(&database).await;
        let made = make(&test, "a", "x").await.expect("made");
        let agent = Caller {
            permissions: Caller::permissions_of(pesan_model::Role::Agent),
            ..test.caller.clone()
        };
        let new = ("b".to_owned(), "x".to_owned());
        let refused = [
            quick_replies::create(&test.app, &agent, new, None).await.err(),
            quick_replies::update(&test.app, &agent, made.id, QuickReplyChange::default())
                .await
                .err(),
            quick_replies::delete(&test.app, &agent, made.id).await.err(),
        ];
        assert!(
            refused.iter().all(|error| matches!(error, Some(Error::Forbidden(_)))),
            "{}",
            database.kind
        );
        assert_eq!(
            quick_replies::list(&test.app, &agent, None)
                .await
                .expect("listed")
                .len(),
            1
        );
    }
}
