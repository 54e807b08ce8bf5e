//! Edits, deletions for everybody and votes that come in, and what else people share than texts and files.

use std::time::Duration;

use pesan_app::search::{self, Asked};
use pesan_app::{Error, inbox, jobs, media, messaging};
use pesan_model::chat::Chat;
use pesan_model::content::{CardNumber, ContactCard, Contacts, Degrees, Location, MediaKind, Poll, PollOption, Text};
use pesan_model::message::{EDIT_WINDOW, Message};
use pesan_model::{AccountId, Clock as _, Content, Direction, Event, MediaId, MessageId, MessageStatus};
use pesan_providers::inbound::{EncryptedVote, InboundContent, InboundMedia, InboundMessage, Person};
use pesan_providers::linked_device::{Ballot, seal_vote};
use pesan_providers::provider::RemoteMedia;
use pesan_store::{chat, testing};

use crate::inbound::{message, receive_message};
use crate::support::TestApp;

const GROUP: &str = "120363000000000001@g.us";
const BUDI: &str = "15550000002";
const BUDI_LID: &str = "100000015550000002@lid";

async fn only_chat(test: &TestApp) -> Chat {
    let found = inbox::chats(&test.app, &test.caller, chat::Filter::default(), None, 50).await;
    let [chat] = <[Chat; 1]>::try_from(found.expect("listed")).expect("one chat");
    chat
}

/// The only thread, oldest first.
async fn thread(test: &TestApp) -> Vec<Message> {
    let chat = only_chat(test).await.id;
    let found = inbox::messages(&test.app, &test.caller, chat, None, 50).await;
    found
        .expect("listed")
        .into_iter()
        .rev()
        .map(|(message, _)| message)
        .collect()
}

async fn get(test: &TestApp, id: MessageId) -> Message {
    messaging::get(&test.app, &test.caller, id).await.expect("there")
}

/// How many messages are found by these words.
async fn found(test: &TestApp, text: &str) -> usize {
    let asked = Asked {
        text: text.to_owned(),
        account_id: None,
        chat_id: None,
    };
    let found = search::messages(&test.app, &test.caller, &asked, None, 50).await;
    found.expect("searched").hits.len()
}

fn said(message: &Message) -> (&str, Option<String>, bool) {
    let words = message.content.preview().map(std::borrow::Cow::into_owned);
    (message.kind.as_str(), words, message.edited_at.is_some())
}

fn text(body: &str, is_edited: bool) -> (&'static str, Option<String>, bool) {
    ("text", Some(body.to_owned()), is_edited)
}

const REVOKED: (&str, Option<String>, bool) = ("revoked", None, false);

/// What came from Siti, under this id.
fn came(test: &TestApp, wa_id: &str, content: InboundContent) -> InboundMessage {
    InboundMessage {
        content,
        ..message(test, wa_id, "")
    }
}

fn edit(target: &str, words: &str) -> InboundContent {
    InboundContent::Edit {
        target: target.into(),
        words: words.into(),
    }
}

fn revoke(target: &str, by_admin: bool) -> InboundContent {
    InboundContent::Revoke {
        target: target.into(),
        by_admin,
    }
}

fn budi() -> Person {
    Person {
        phone: BUDI.parse().ok(),
        lid: Some(BUDI_LID.into()),
        push_name: Some("Budi".into()),
    }
}

/// The same in a group, from whoever it was.
fn in_group(came: InboundMessage) -> InboundMessage {
    InboundMessage {
        chat: GROUP.parse().expect("valid"),
        ..came
    }
}

fn from_budi(came: InboundMessage) -> InboundMessage {
    InboundMessage { sender: budi(), ..came }
}

/// The same from this account's own phone.
fn from_phone(came: InboundMessage) -> InboundMessage {
    InboundMessage {
        peer: (!came.chat.is_group()).then(|| came.sender.clone()),
        sender: Person::default(),
        direction: Direction::Out,
        ..came
    }
}

#[tokio::test]
async fn an_edit_changes_the_words_in_the_thread_the_list_and_the_search_and_is_told_once() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        receive_message(&test, account, message(&test, "A1", "bertemu senin")).await;
        let id = thread(&test).await[0].id;
        test.clock.advance(Duration::from_mins(2));
        let changed = came(&test, "E1", edit("A1", "bertemu selasa"));
        for _ in 0..2 {
            receive_message(&test, account, changed.clone()).await;
        }
        let all = thread(&test).await;
        assert_eq!(all.len(), 1, "{}", database.kind);
        assert_eq!(
            (said(&all[0]), all[0].edited_at),
            (text("bertemu selasa", true), Some(changed.at))
        );
        assert_eq!(get(&test, id).await, all[0]);
        let line = only_chat(&test).await;
        assert_eq!(
            line.last_message.and_then(|last| last.preview).as_deref(),
            Some("bertemu selasa")
        );
        assert_eq!((found(&test, "selasa").await, found(&test, "senin").await), (1, 0));
        let events = test.events().await;
        let told: Vec<_> = events
            .iter()
            .filter_map(|logged| match &logged.event {
                Event::MessageEdited(message) => Some(message),
                _ => None,
            })
            .collect();
        assert_eq!(told, [&all[0]]);
        assert_eq!(only_chat(&test).await.unread, 1, "an edit is nothing new to read");

        // An older one that comes late, and one that comes after its time, change nothing; a newer one does.
        let late = InboundMessage {
            at: changed.at.minus(Duration::from_mins(1)),
            ..came(&test, "E0", edit("A1", "bertemu kapan"))
        };
        receive_message(&test, account, late).await;
        test.clock.advance(Duration::from_mins(1));
        receive_message(&test, account, came(&test, "E2", edit("A1", "bertemu rabu"))).await;
        test.clock.advance(EDIT_WINDOW);
        receive_message(&test, account, came(&test, "E3", edit("A1", "bertemu kamis"))).await;
        assert_eq!(said(&thread(&test).await[0]), text("bertemu rabu", true));
    }
}

#[tokio::test]
async fn an_edit_of_somebody_elses_message_changes_nothing_and_adds_nothing() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        receive_message(&test, account, in_group(message(&test, "A1", "dari Siti"))).await;
        let forged = in_group(from_budi(came(&test, "E1", edit("A1", "dari Budi"))));
        receive_message(&test, account, forged.clone()).await;
        receive_message(
            &test,
            account,
            in_group(from_phone(came(&test, "E2", edit("A1", "dari kami")))),
        )
        .await;
        for by_whom in [forged, from_phone(in_group(came(&test, "R0", edit("A1", ""))))] {
            let forged = InboundMessage {
                wa_id: "R1".into(),
                content: revoke("A1", false),
                ..by_whom
            };
            receive_message(&test, account, forged).await;
        }
        // In a chat with one person nobody is an admin.
        receive_message(&test, account, message(&test, "B1", "berdua")).await;
        let own = from_phone(came(&test, "R2", revoke("B1", true)));
        receive_message(&test, account, own).await;
        let chats = inbox::chats(&test.app, &test.caller, chat::Filter::default(), None, 50).await;
        let mut all = Vec::new();
        for chat in chats.expect("listed") {
            let page = inbox::messages(&test.app, &test.caller, chat.id, None, 50).await;
            all.extend(page.expect("listed").into_iter().map(|(message, _)| message));
        }
        let mut said: Vec<_> = all.iter().map(said).collect();
        said.sort();
        assert_eq!(
            said,
            [text("berdua", false), text("dari Siti", false)],
            "{}",
            database.kind
        );
        let names = test.event_names().await;
        assert!(
            !names.contains(&"message.edited") && !names.contains(&"message.revoked"),
            "{names:?}"
        );
    }
}

#[tokio::test]
async fn a_change_that_comes_before_its_message_is_what_the_message_says() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        receive_message(&test, account, came(&test, "E1", edit("A1", "kata baru"))).await;
        receive_message(&test, account, came(&test, "R1", revoke("A2", false))).await;
        let early = thread(&test).await;
        assert_eq!(
            early.iter().map(said).collect::<Vec<_>>(),
            [text("kata baru", true), REVOKED],
            "{}",
            database.kind
        );
        let names = test.event_names().await;
        assert!(names.ends_with(&["message.received", "message.revoked"]), "{names:?}");
        let unread = only_chat(&test).await.unread;
        assert_eq!(unread, 1, "there is nothing to read in what was deleted");
        // The messages themselves, and the changes again.
        for (wa_id, body) in [("A1", "kata lama"), ("A2", "rahasia")] {
            receive_message(&test, account, message(&test, wa_id, body)).await;
        }
        receive_message(&test, account, came(&test, "E1", edit("A1", "kata baru"))).await;
        receive_message(&test, account, came(&test, "R1", revoke("A2", false))).await;
        assert_eq!(thread(&test).await, early);
        assert_eq!(test.event_names().await, names);
        assert_eq!((found(&test, "lama").await, found(&test, "rahasia").await), (0, 0));
    }
}

fn picture(caption: Option<&str>, remote: &RemoteMedia) -> InboundContent {
    InboundContent::Media(InboundMedia {
        kind: MediaKind::Image,
        remote: remote.clone(),
        mime: "image/png".into(),
        size: Some(4),
        caption: caption.map(Into::into),
        file_name: None,
        voice: false,
        seconds: None,
    })
}

#[tokio::test]
async fn the_caption_of_a_file_is_edited_even_before_the_file_is_there() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let remote = RemoteMedia("{\"path\":\"/x\"}".into());
        receive_message(&test, account, came(&test, "E1", edit("A1", "danau"))).await;
        receive_message(&test, account, came(&test, "A1", picture(Some("laut"), &remote))).await;
        receive_message(&test, account, came(&test, "A2", picture(None, &remote))).await;
        receive_message(&test, account, came(&test, "E2", edit("A2", "gunung"))).await;
        let all = thread(&test).await;
        let expected = ["danau", "gunung"].map(|words| ("image", Some(words.to_owned()), true));
        assert_eq!(all.iter().map(said).collect::<Vec<_>>(), expected, "{}", database.kind);
        assert_eq!((found(&test, "danau").await, found(&test, "laut").await), (1, 0));
    }
}

#[tokio::test]
async fn what_is_deleted_for_everybody_leaves_a_line_and_takes_words_and_file_with_it() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let remote = RemoteMedia("{\"path\":\"/x\"}".into());
        provider.set_media(&remote, *b"halo");
        receive_message(&test, account, came(&test, "A1", picture(Some("kartu saya"), &remote))).await;
        test.clock.advance(Duration::from_secs(2));
        receive_message(&test, account, message(&test, "A2", "nomor rekening")).await;
        test.app
            .lifecycle
            .spawn("fetch", jobs::fetch_media::run(test.app.clone()));
        test.wait_for_events("message.media_ready", 1).await;
        let file = thread(&test).await[0].content.media().expect("a file").media_id;
        test.clock.advance(Duration::from_hours(30));
        for (wa_id, target) in [("R1", "A1"), ("R2", "A2"), ("R1", "A1"), ("R3", "A2")] {
            receive_message(&test, account, came(&test, wa_id, revoke(target, false))).await;
        }
        let all = thread(&test).await;
        assert_eq!(
            all.iter().map(said).collect::<Vec<_>>(),
            [REVOKED, REVOKED],
            "{}",
            database.kind
        );
        assert!(all.iter().all(|message| message.revoked_at == Some(test.clock.now())));
        for words in ["kartu", "rekening"] {
            assert_eq!(found(&test, words).await, 0);
        }
        let line = only_chat(&test).await.last_message.expect("a line");
        assert_eq!((line.kind.as_str(), line.preview), ("revoked", None));
        assert!(matches!(
            media::open(&test.app, &test.caller, file).await,
            Err(Error::NotFound { .. })
        ));
        let names = test.event_names().await;
        assert_eq!(names.iter().filter(|name| **name == "message.revoked").count(), 2);
        let json = serde_json::to_value(&all[1]).expect("serializes");
        assert_eq!(json["revoked"], serde_json::json!({"by_admin": false}));
        assert!(!json.to_string().contains("rekening"));

        // An edit, or the message itself, brings nothing back.
        receive_message(&test, account, came(&test, "E1", edit("A2", "nomor lain"))).await;
        receive_message(&test, account, message(&test, "A2", "nomor rekening")).await;
        assert_eq!(thread(&test).await, all);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_file_that_is_still_to_be_fetched_is_not_fetched_once_it_was_deleted() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let remote = RemoteMedia("{\"path\":\"/x\"}".into());
        receive_message(&test, account, came(&test, "A1", picture(None, &remote))).await;
        let file: MediaId = thread(&test).await[0].content.media().expect("a file").media_id;
        receive_message(&test, account, came(&test, "R1", revoke("A1", false))).await;
        // Another one, to see that the work of the first is over.
        provider.set_media(&remote, *b"halo");
        receive_message(&test, account, came(&test, "A2", picture(None, &remote))).await;
        test.app
            .lifecycle
            .spawn("fetch", jobs::fetch_media::run(test.app.clone()));
        let ready = test.wait_for_events("message.media_ready", 1).await;
        assert_eq!(ready.len(), 1, "{}", database.kind);
        assert!(matches!(
            media::open(&test.app, &test.caller, file).await,
            Err(Error::NotFound { .. })
        ));
        test.stop().await;
    }
}

#[tokio::test]
async fn an_admin_deletes_what_somebody_else_wrote_in_a_group() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        for (wa_id, body) in [("A1", "satu"), ("A2", "dua"), ("A3", "tiga")] {
            receive_message(&test, account, in_group(message(&test, wa_id, body))).await;
            test.clock.advance(Duration::from_secs(2));
        }
        let by_budi = in_group(from_budi(came(&test, "R1", revoke("A1", true))));
        receive_message(&test, account, by_budi).await;
        // Our own phone is an admin too. Who deletes their own message is not called one.
        receive_message(
            &test,
            account,
            from_phone(in_group(came(&test, "R2", revoke("A2", true)))),
        )
        .await;
        receive_message(&test, account, in_group(came(&test, "R3", revoke("A3", true)))).await;
        // Of a message that nobody knows an admin says nothing.
        let unknown = in_group(from_budi(came(&test, "R4", revoke("A9", true))));
        receive_message(&test, account, unknown).await;
        let by_admin: Vec<_> = thread(&test)
            .await
            .iter()
            .map(|message| match &message.content {
                Content::Revoked(revoked) => Some(revoked.by_admin),
                _ => None,
            })
            .collect();
        assert_eq!(by_admin, [Some(true), Some(true), Some(false)], "{}", database.kind);
    }
}

#[tokio::test]
async fn the_own_phone_changes_what_was_sent_from_here_and_from_itself() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        receive_message(&test, account, from_phone(message(&test, "A1", "dari ponsel"))).await;
        test.run_outbox();
        let new = messaging::NewMessage {
            account_id: account,
            to: "15550000001".into(),
            content: messaging::NewContent::Text {
                body: "dari sini".into(),
            },
            reply_to: None,
            send_at: None,
            metadata: None,
        };
        let sent = messaging::send(&test.app, &test.caller, new, None).await.expect("sent");
        test.wait_for_events("message.sent", 2).await;
        assert_eq!(provider.sent().len(), 1);
        let wa_id = sent.message.wa_id.clone();
        receive_message(&test, account, from_phone(came(&test, "E1", edit(&wa_id, "diubah")))).await;
        receive_message(&test, account, from_phone(came(&test, "E2", edit("A1", "diubah juga")))).await;
        let changed = get(&test, sent.message.id).await;
        assert_eq!(
            (said(&changed), changed.status),
            (text("diubah", true), MessageStatus::Sent),
            "{}",
            database.kind
        );
        receive_message(&test, account, from_phone(came(&test, "R1", revoke(&wa_id, false)))).await;
        assert_eq!(said(&get(&test, sent.message.id).await), REVOKED);
        let kinds: Vec<_> = thread(&test).await.iter().map(|message| message.kind.clone()).collect();
        assert_eq!(kinds, ["text", "revoked"]);
        test.stop().await;
    }
}

#[tokio::test]
async fn an_edit_from_the_phone_proves_that_a_message_was_accepted() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let new = messaging::NewMessage {
            account_id: account,
            to: "15550000001".into(),
            content: messaging::NewContent::Text { body: "lama".into() },
            reply_to: None,
            send_at: None,
            metadata: None,
        };
        let sent = messaging::send(&test.app, &test.caller, new, None)
            .await
            .expect("queued");
        let edited = from_phone(came(&test, "E1", edit(&sent.message.wa_id, "baru")));
        receive_message(&test, account, edited).await;
        let message = get(&test, sent.message.id).await;
        assert_eq!(
            (said(&message), message.status),
            (text("baru", true), MessageStatus::Sent),
            "{}",
            database.kind
        );
        assert_eq!(test.waiting().await, 0, "it is not sent again");
        let names = test.event_names().await;
        assert!(names.ends_with(&["message.sent", "message.edited"]), "{names:?}");
    }
}

#[tokio::test]
async fn a_change_that_could_not_be_read_at_first_takes_its_line_away() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        receive_message(&test, account, message(&test, "A1", "lama")).await;
        test.clock.advance(Duration::from_secs(2));
        let unreadable = || InboundContent::Undecryptable {
            reason: "no_session".into(),
        };
        receive_message(&test, account, came(&test, "E1", unreadable())).await;
        assert_eq!(thread(&test).await.len(), 2);
        receive_message(&test, account, came(&test, "E1", edit("A1", "baru"))).await;
        let all = thread(&test).await;
        assert_eq!(
            all.iter().map(said).collect::<Vec<_>>(),
            [text("baru", true)],
            "{}",
            database.kind
        );
        let line = only_chat(&test).await;
        assert_eq!(
            (line.unread, line.last_message.and_then(|last| last.preview).as_deref()),
            (1, Some("baru"))
        );
        // It came, so that nobody can read it now is no news.
        receive_message(&test, account, came(&test, "E2", edit("A1", "terbaru"))).await;
        receive_message(&test, account, came(&test, "E2", unreadable())).await;
        assert_eq!(said(&thread(&test).await[0]), text("terbaru", true));
        assert_eq!(thread(&test).await.len(), 1);
    }
}

#[tokio::test]
async fn an_edit_reads_what_could_not_be_read() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let unreadable = InboundContent::Undecryptable {
            reason: "no_session".into(),
        };
        receive_message(&test, account, came(&test, "A1", unreadable)).await;
        receive_message(&test, account, came(&test, "E1", edit("A1", "baru"))).await;
        receive_message(&test, account, message(&test, "A1", "lama")).await;
        let all = thread(&test).await;
        assert_eq!(
            all.iter().map(said).collect::<Vec<_>>(),
            [text("baru", true)],
            "{}",
            database.kind
        );
    }
}

fn location() -> InboundContent {
    InboundContent::Location(Location {
        latitude: Degrees::north(-6.175_392).expect("a place"),
        longitude: Degrees::east(106.827_153).expect("a place"),
        name: Some("Monas".into()),
        address: Some("Jalan Merdeka".into()),
        caption: None,
        is_live: false,
    })
}

fn cards() -> InboundContent {
    let card = |name: &str, number: &str| ContactCard {
        name: name.into(),
        organization: Some("Toko Sejahtera".into()),
        numbers: vec![CardNumber {
            written: number.into(),
            phone: number.parse().ok(),
        }],
    };
    InboundContent::Contacts(Contacts {
        cards: vec![card("Budi", "+62 800-0000-101"), card("Sari", "0800")],
    })
}

const SECRET: [u8; 32] = [9; 32];
const OPTIONS: [&str; 3] = ["Sabtu", "Minggu", "Senin"];

fn poll(max_choices: Option<u32>) -> InboundContent {
    InboundContent::Poll {
        poll: Poll {
            question: "Kapan bertemu?".into(),
            options: OPTIONS
                .map(|option| PollOption {
                    text: option.into(),
                    votes: 0,
                })
                .into(),
            max_choices,
            voters: 0,
        },
        secret: Some(SECRET.into()),
    }
}

#[tokio::test]
async fn places_cards_and_polls_are_shown_listed_and_found() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let table = [
            (location(), "location", "Monas", "merdeka"),
            (cards(), "contacts", "Budi, Sari", "sejahtera"),
            (poll(None), "poll", "Kapan bertemu?", "minggu"),
        ];
        for (number, (content, kind, line, word)) in table.into_iter().enumerate() {
            test.clock.advance(Duration::from_secs(2));
            receive_message(&test, account, came(&test, &format!("A{number}"), content)).await;
            let shown = only_chat(&test).await.last_message.expect("a line");
            assert_eq!(
                (shown.kind.as_str(), shown.preview.as_deref()),
                (kind, Some(line)),
                "{}",
                database.kind
            );
            assert_eq!(found(&test, word).await, 1, "{word}");
            let all = thread(&test).await;
            let last = all.last().expect("a message");
            let json = serde_json::to_value(last).expect("serializes");
            assert!(json[kind].is_object(), "{json}");
            assert_eq!(&serde_json::from_value::<Message>(json).expect("reads"), last);
        }
        assert_eq!(only_chat(&test).await.unread, 3);
        assert_eq!(found(&test, "800").await, 1, "a number on a card");
    }
}

/// A vote that `voter` makes on the poll of `asker`.
fn vote(chosen: &[&str], asker: &str, voter: &str) -> InboundContent {
    let ballot = Ballot {
        wa_id: "P1",
        secret: &SECRET,
        options: &OPTIONS,
    };
    InboundContent::Vote {
        target: "P1".into(),
        vote: seal_vote(chosen, ballot, asker, voter),
    }
}

async fn votes(test: &TestApp) -> (Vec<u32>, u32) {
    let all = thread(test).await;
    let Content::Poll(poll) = &all[0].content else {
        panic!("not a poll")
    };
    assert_eq!(all.len(), 1, "votes are no messages");
    (poll.options.iter().map(|option| option.votes).collect(), poll.voters)
}

#[tokio::test]
async fn votes_are_counted_for_each_person_by_what_they_chose_last() {
    let (siti, budi_pn) = ("15550000001@s.whatsapp.net", "15550000002@s.whatsapp.net");
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        receive_message(&test, account, in_group(came(&test, "P1", poll(None)))).await;
        let of_siti = |wa_id: &str, content| in_group(came(&test, wa_id, content));
        let of_budi = |wa_id: &str, content| in_group(from_budi(came(&test, wa_id, content)));
        receive_message(&test, account, of_siti("V1", vote(&["Sabtu"], siti, siti))).await;
        receive_message(&test, account, of_budi("V2", vote(&["Sabtu", "Senin"], siti, BUDI_LID))).await;
        assert_eq!(votes(&test).await, (vec![2, 0, 1], 2), "{}", database.kind);
        // Another choice, by the other address; the same again; one that is older.
        test.clock.advance(Duration::from_secs(5));
        let second = of_budi("V3", vote(&["Minggu"], siti, budi_pn));
        for _ in 0..2 {
            receive_message(&test, account, second.clone()).await;
        }
        let older = InboundMessage {
            at: second.at.minus(Duration::from_secs(2)),
            ..of_budi("V4", vote(&["Senin"], siti, BUDI_LID))
        };
        receive_message(&test, account, older).await;
        assert_eq!(votes(&test).await, (vec![1, 1, 0], 2));
        // Taken back.
        receive_message(&test, account, of_siti("V5", vote(&[], siti, siti))).await;
        assert_eq!(votes(&test).await, (vec![0, 1, 0], 1));
        // What was made for another poll or person, or is nothing, does no harm.
        let harmless = [
            vote(&["Sabtu"], siti, "1@lid"),
            InboundContent::Vote {
                target: "P1".into(),
                vote: EncryptedVote {
                    payload: vec![1, 2, 3],
                    iv: vec![],
                },
            },
            InboundContent::Vote {
                target: "P9".into(),
                vote: EncryptedVote {
                    payload: vec![],
                    iv: vec![],
                },
            },
        ];
        for (number, content) in harmless.into_iter().enumerate() {
            receive_message(&test, account, of_siti(&format!("V6.{number}"), content)).await;
        }
        assert_eq!(votes(&test).await, (vec![0, 1, 0], 1));
        let names = test.event_names().await;
        assert_eq!(names.iter().filter(|name| **name == "message.voted").count(), 4);

        receive_message(&test, account, of_siti("R1", revoke("P1", false))).await;
        receive_message(&test, account, of_budi("V7", vote(&["Sabtu"], siti, BUDI_LID))).await;
        assert_eq!(said(&thread(&test).await[0]), REVOKED);
    }
}

#[tokio::test]
async fn nobody_has_more_choices_than_a_poll_gives() {
    let siti = "15550000001@s.whatsapp.net";
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        receive_message(&test, account, came(&test, "P1", poll(Some(1)))).await;
        let greedy = vote(&["Senin", "Minggu", "Sabtu"], siti, siti);
        receive_message(&test, account, came(&test, "V1", greedy)).await;
        assert_eq!(votes(&test).await, (vec![1, 0, 0], 1), "{}", database.kind);
    }
}

/// Whatever strangers put into the new fields is stored and shown as it is.
#[tokio::test]
async fn odd_words_in_every_new_field_come_through_unchanged() {
    let odd = [
        "<script>alert(1)</script>",
        "'; DROP TABLE message; --",
        "\u{202e}abc\u{202c}",
        "a\u{0}b",
        "🧑‍🧑‍🧒‍🧒",
        "\u{feff}\u{200b}x",
    ];
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        for (number, words) in odd.into_iter().enumerate() {
            let id = |kind: &str| format!("{kind}{number}");
            receive_message(&test, account, message(&test, &id("A"), "halo")).await;
            receive_message(&test, account, came(&test, &id("E"), edit(&id("A"), words))).await;
            check(&test, account, &id("L"), words).await;
            let edited = thread(&test).await;
            let edited = edited.iter().find(|message| message.wa_id == id("A")).expect("there");
            assert_eq!(edited.content, Content::Text(Text { body: words.into() }));
        }
    }
}

async fn check(test: &TestApp, account: AccountId, wa_id: &str, words: &str) {
    let texts = || Some(words.to_owned());
    let InboundContent::Location(place) = location() else {
        panic!("a place")
    };
    let place = Location {
        name: texts(),
        address: texts(),
        caption: texts(),
        ..place
    };
    let card = ContactCard {
        name: words.into(),
        organization: texts(),
        numbers: vec![CardNumber {
            written: words.into(),
            phone: None,
        }],
    };
    let asked = Poll {
        question: words.into(),
        options: vec![PollOption {
            text: words.into(),
            votes: 0,
        }],
        max_choices: None,
        voters: 0,
    };
    let contents = [
        (InboundContent::Location(place.clone()), Content::Location(place)),
        (
            InboundContent::Contacts(Contacts {
                cards: vec![card.clone()],
            }),
            Content::Contacts(Contacts { cards: vec![card] }),
        ),
        (
            InboundContent::Poll {
                poll: asked.clone(),
                secret: None,
            },
            Content::Poll(asked),
        ),
    ];
    for (number, (content, expected)) in contents.into_iter().enumerate() {
        let wa_id = format!("{wa_id}.{number}");
        receive_message(test, account, came(test, &wa_id, content)).await;
        let all = thread(test).await;
        let stored = all.iter().find(|message| message.wa_id == wa_id).expect("there");
        assert_eq!(stored.content, expected);
    }
}
