//! Private notes.

use std::time::Duration;

use pesan_app::notes::{self, About, NewNote, NoteChange};
use pesan_app::{Caller, Error, Principal};
use pesan_model::access::User;
use pesan_model::note::Note;
use pesan_model::{Clock as _, NoteId, Role, SystemRandom, UserId};
use pesan_providers::inbound::InboundMessage;
use pesan_store::{testing, user};

use crate::inbound::{message, receive_message};
use crate::people::{chats, person};
use crate::support::TestApp;

const SITI: &str = "6280000000001";
const GROUP: &str = "120363000000000001@g.us";

/// Somebody who works here.
async fn colleague(test: &TestApp, name: &str, role: Role) -> Caller {
    let user = User {
        id: UserId::new(&*test.clock, &SystemRandom),
        organization_id: test.caller.organization_id,
        email: format!("{name}@example.com"),
        name: name.to_owned(),
        role,
        created_at: test.clock.now(),
    };
    let caller = Caller {
        principal: Principal::User(user.id),
        permissions: Caller::permissions_of(role),
        ..test.caller.clone()
    };
    test.app
        .store
        .write(move |tx| Box::pin(async move { user::insert(tx, &user, "x").await }))
        .await
        .expect("a colleague");
    caller
}

async fn note(test: &TestApp, caller: &Caller, about: About, body: &str) -> Note {
    let new = NewNote {
        body: body.to_owned(),
        is_pinned: false,
    };
    notes::create(&test.app, caller, (about, new), None)
        .await
        .expect("written")
        .0
}

fn words(body: &str) -> NoteChange {
    NoteChange {
        body: Some(body.to_owned()),
        is_pinned: None,
    }
}

fn pin(is_pinned: bool) -> NoteChange {
    NoteChange {
        body: None,
        is_pinned: Some(is_pinned),
    }
}

#[tokio::test]
async fn the_words_of_a_note_belong_to_its_author_and_to_who_manages_contacts() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let (sari, budi, admin) = (
            colleague(&test, "Sari", Role::Agent).await,
            colleague(&test, "Budi", Role::Agent).await,
            colleague(&test, "Rina", Role::Admin).await,
        );
        let written = note(&test, &sari, About::Contact(siti), "  minta dihubungi sore ").await;
        assert_eq!(
            (written.body.as_str(), written.author_name.as_str()),
            ("minta dihubungi sore", "Sari")
        );
        assert_eq!(
            (written.contact_id, written.chat_id, written.edited_at),
            (Some(siti), None, None)
        );

        let refused = notes::update(&test.app, &budi, written.id, words("x")).await;
        assert!(
            matches!(refused, Err(Error::Forbidden("contacts:manage"))),
            "{}",
            database.kind
        );
        assert!(matches!(
            notes::delete(&test.app, &budi, written.id).await,
            Err(Error::Forbidden(_))
        ));
        let pinned = notes::update(&test.app, &budi, written.id, pin(true))
            .await
            .expect("everybody pins");
        assert_eq!((pinned.is_pinned, pinned.edited_at), (true, None));
        test.clock.advance(Duration::from_mins(1));
        let edited = notes::update(&test.app, &sari, written.id, words("pagi"))
            .await
            .expect("her own");
        assert_eq!(
            (edited.body.as_str(), edited.edited_at),
            ("pagi", Some(pesan_model::Clock::now(&*test.clock)))
        );
        notes::update(&test.app, &admin, written.id, words("siang"))
            .await
            .expect("an admin");
        notes::delete(&test.app, &admin, written.id).await.expect("an admin");
        let names = test.event_names().await;
        let tail = [
            "note.created",
            "note.updated",
            "note.updated",
            "note.updated",
            "note.deleted",
        ];
        assert!(names.ends_with(&tail), "{names:?}");
        let gone = notes::delete(&test.app, &admin, written.id).await;
        assert!(matches!(gone, Err(Error::NotFound { what: "note" })));
    }
}

#[tokio::test]
async fn pinned_notes_come_first_and_the_newest_of_the_others_after_them() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let mut ids: Vec<NoteId> = Vec::new();
        for body in ["a", "b", "c", "d"] {
            ids.push(note(&test, &test.caller, About::Contact(siti), body).await.id);
        }
        for id in [ids[0], ids[2]] {
            notes::update(&test.app, &test.caller, id, pin(true))
                .await
                .expect("pinned");
        }
        let page = async |after, limit| {
            notes::list_of_contact(&test.app, &test.caller, siti, after, limit)
                .await
                .expect("listed")
        };
        let bodies = |page: &[Note]| page.iter().map(|note| note.body.clone()).collect::<String>();
        let all = page(None, 50).await;
        assert_eq!(bodies(&all), "cadb", "{}", database.kind);
        let first = page(None, 3).await;
        let last = first.last().expect("three");
        let rest = page(Some((last.is_pinned, last.id)), 3).await;
        assert_eq!((bodies(&first), bodies(&rest)), ("cad".to_owned(), "b".to_owned()));
    }
}

#[tokio::test]
async fn notes_in_a_chat_are_about_its_person_and_in_a_group_about_the_chat() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let direct = chats(&test).await[0].id;
        test.clock.advance(Duration::from_mins(1));
        let in_group = InboundMessage {
            chat: GROUP.parse().expect("a group"),
            ..message(&test, "G1", "halo semua")
        };
        receive_message(&test, account, in_group).await;
        let group = chats(&test).await[0].id;
        let about_siti = note(&test, &test.caller, About::Chat(direct), "tentang Siti").await;
        assert_eq!((about_siti.contact_id, about_siti.chat_id), (Some(siti), None));
        let about_group = note(&test, &test.caller, About::Chat(group), "tentang grup").await;
        assert_eq!(
            (about_group.contact_id, about_group.chat_id),
            (None, Some(group)),
            "{}",
            database.kind
        );
        let listed = async |chat| {
            let page = notes::list_of_chat(&test.app, &test.caller, chat, None, 50)
                .await
                .expect("listed");
            page.into_iter().map(|note| note.body).collect::<Vec<_>>()
        };
        assert_eq!(listed(direct).await, ["tentang Siti"]);
        assert_eq!(listed(group).await, ["tentang grup"]);

        let too_long = NewNote {
            body: "x".repeat(4_001),
            is_pinned: false,
        };
        let refused = notes::create(&test.app, &test.caller, (About::Chat(group), too_long), None).await;
        assert!(matches!(refused, Err(Error::Invalid(errors)) if errors[0].pointer == "/body"));
    }
}
