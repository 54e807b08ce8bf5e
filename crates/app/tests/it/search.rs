//! Finding chats, people and messages.

use std::borrow::Cow;
use std::time::Duration;

use pesan_app::search::{self, Asked, ChatsPlace, MessagesFound};
use pesan_app::{Caller, Error, inbox, jobs, messaging};
use pesan_model::message::Message;
use pesan_model::search::{Part, Search};
use pesan_model::{AccountId, ChatId, Clock as _, Flaw, MessageId, Permission};
use pesan_providers::Inbound;
use pesan_providers::inbound::{GroupNotice, InboundContent, InboundMessage, Person};
use pesan_store::message::search::Place;
use pesan_store::testing;

use crate::inbound::{message, receive, receive_message};
use crate::people::{chats, person, write};
use crate::support::{TestApp, within};

const SITI: &str = "6280000000201";
const BUDI: &str = "6280000000202";
const GROUP: &str = "120363000000000201@g.us";
const LID: &str = "200000000000201@lid";

fn asked(text: &str) -> Asked {
    Asked {
        text: text.to_owned(),
        account_id: None,
        chat_id: None,
    }
}

async fn page(test: &TestApp, asked: &Asked, before: Option<Place>, limit: usize) -> MessagesFound {
    search::messages(&test.app, &test.caller, asked, before, limit)
        .await
        .expect("searched")
}

/// All that is found, page by page.
async fn all(test: &TestApp, asked: &Asked, limit: usize) -> Vec<MessageId> {
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let page = page(test, asked, before, limit).await;
        found.extend(page.hits.into_iter().map(|hit| hit.message.id));
        assert!(
            page.next.is_none() || page.next < before.or(Some(Place::END)),
            "it goes on"
        );
        before = page.next;
        if before.is_none() {
            return found;
        }
    }
}

async fn bodies(test: &TestApp, text: &str) -> Vec<String> {
    let found = page(test, &asked(text), None, 50).await;
    let body = |message: Message| message.content.preview().map(Cow::into_owned);
    found.hits.into_iter().filter_map(|hit| body(hit.message)).collect()
}

fn shown(parts: &[Part]) -> String {
    let marked = |part: &Part| {
        if part.is_match {
            format!("[{}]", part.text)
        } else {
            part.text.clone()
        }
    };
    parts.iter().map(marked).collect()
}

/// Every message that there is, of all threads, newest first in each.
async fn everything(test: &TestApp) -> Vec<(ChatId, Message)> {
    let mut found = Vec::new();
    for chat in chats(test).await {
        let thread = inbox::messages(&test.app, &test.caller, chat.id, None, 10_000).await;
        found.extend(
            thread
                .expect("listed")
                .into_iter()
                .map(|(message, _)| (chat.id, message)),
        );
    }
    found
}

fn group(test: &TestApp, subject: &str) -> Inbound {
    Inbound::Group(GroupNotice {
        wa_id: format!("G-{subject}-{}", test.clock.now().millis()),
        group: GROUP.parse().expect("an address"),
        by: Person {
            phone: SITI.parse().ok(),
            ..Person::default()
        },
        at: test.clock.now(),
        action: "subject".into(),
        participants: Vec::new(),
        subject: Some(subject.to_owned()),
    })
}

/// A source of choices that is the same each time.
struct Choices(u64);

impl Choices {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).expect("small")
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// Words, the first of which are common and the last rare.
const WORDS: [&str; 14] = [
    "halo",
    "donasi",
    "Bapak",
    "halo",
    "halo",
    "donasi",
    "beras",
    "Zakat!",
    "café",
    "北京大学",
    "زَكاة",
    "Jum'at",
    "1.500.000",
    "wakaf",
];

fn text(choices: &mut Choices, common: usize) -> String {
    let words: Vec<&str> = (0..=choices.below(4)).map(|_| WORDS[choices.below(common)]).collect();
    words.join(" ")
}

/// Many messages over years, in three threads, some from the history with times in whole seconds.
async fn fill(test: &TestApp, account: AccountId, choices: &mut Choices) {
    let start = test.clock.now();
    for batch in 0..24_u64 {
        let mut came = Vec::new();
        for number in 0..50_u64 {
            let age = Duration::from_hours(24 * 40 * batch) + Duration::from_secs(choices.below(5_000) as u64);
            let sender = choices.of(&[SITI, BUDI, LID]);
            // The newest have common words only, so that rare ones are looked up in the index.
            let common = if batch < 10 { 6 } else { WORDS.len() };
            came.push(Inbound::Message(Box::new(InboundMessage {
                chat: choices.of(&[sender, GROUP]).parse().expect("an address"),
                sender: Person {
                    phone: sender.parse().ok(),
                    lid: (sender == LID).then(|| LID.to_owned()),
                    push_name: None,
                },
                at: start.minus(age),
                from_history: true,
                ..message(test, &format!("M{batch}-{number}"), &text(choices, common))
            })));
        }
        receive(test, account, came).await;
    }
}

#[tokio::test]
async fn what_is_found_is_what_a_look_at_every_message_would_find() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let mut choices = Choices(42);
        fill(&test, account, &mut choices).await;

        // Some could not be read at first; some are deleted; and two people turn out to be one.
        for number in 0..20 {
            let unreadable = InboundMessage {
                content: InboundContent::Undecryptable {
                    reason: "no session".into(),
                },
                ..message(&test, &format!("U{number}"), "")
            };
            receive_message(&test, account, unreadable).await;
            let body = text(&mut choices, WORDS.len());
            receive_message(&test, account, message(&test, &format!("U{number}"), &body)).await;
        }
        for (_, message) in everything(&test).await.into_iter().step_by(7) {
            messaging::delete(&test.app, &test.caller, message.id)
                .await
                .expect("deleted");
        }
        let both = Person {
            phone: SITI.parse().ok(),
            lid: Some(LID.to_owned()),
            push_name: None,
        };
        receive(&test, account, vec![Inbound::Person(both)]).await;

        let there = everything(&test).await;
        let threads: Vec<ChatId> = chats(&test).await.into_iter().map(|chat| chat.id).collect();
        let mut rare = 0;
        for typed in [
            "halo",
            "donasi bapak",
            "\"donasi halo\"",
            "beras",
            "zak",
            "wakaf",
            "cafe beras",
            "大学",
            "北",
            "الزكاة",
            "زكاه",
            "jumat",
            "1.500",
            "500.000 waka",
            "wakaf wakaf zakat beras",
            "tidak ada",
            "\"halo wak\"",
        ] {
            for chat_id in [None, Some(choices.of(&threads))] {
                let asked = Asked {
                    chat_id,
                    ..asked(typed)
                };
                let search = Search::new(typed);
                let is_meant = |chat: &ChatId, message: &Message| {
                    chat_id.is_none_or(|asked| asked == *chat) && search.finds(&message.content.searched())
                };
                let mut expected: Vec<MessageId> = there
                    .iter()
                    .filter(|(chat, message)| is_meant(chat, message))
                    .map(|(_, message)| message.id)
                    .collect();
                rare += usize::from((1..20).contains(&expected.len()));
                let mut found = all(&test, &asked, choices.of(&[3, 20, 100])).await;
                expected.sort_unstable();
                found.sort_unstable();
                assert_eq!(found, expected, "{typed} in {chat_id:?} on {}", database.kind);
            }
        }
        assert!(rare > 3, "the index was asked");
    }
}

#[tokio::test]
async fn messages_are_found_newest_first_and_say_how_far_back_it_was_looked() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        for number in 0..10 {
            write(&test, account, (SITI, "Siti"), &format!("donasi nomor {number}")).await;
            test.clock.advance(Duration::from_hours(24));
        }
        let first = page(&test, &asked("donasi"), None, 4).await;
        let ages: Vec<_> = first.hits.iter().map(|hit| shown(&hit.snippet)).collect();
        assert_eq!(ages[0], "[donasi] nomor 9", "{}", database.kind);
        assert_eq!(first.searched_back_to, Some(first.hits[3].at));
        let rest = page(&test, &asked("donasi"), first.next, 10).await;
        assert_eq!((rest.hits.len(), rest.next, rest.searched_back_to), (6, None, None));
        let none = page(&test, &asked("zakat"), None, 10).await;
        assert_eq!((none.hits.len(), none.next, none.searched_back_to), (0, None, None));
    }
}

#[tokio::test]
async fn another_organization_another_account_and_another_chat_have_nothing_of_it() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let (second, _) = test.account(None).await;
        write(&test, account, (SITI, "Siti"), "rahasia satu").await;
        write(&test, second, (BUDI, "Budi"), "rahasia dua").await;
        receive(&test, account, vec![group(&test, "Rahasia kami")]).await;
        let of_account = Asked {
            account_id: Some(second),
            ..asked("rahasia")
        };
        let found = page(&test, &of_account, None, 10).await;
        assert_eq!(found.hits.len(), 1, "{}", database.kind);
        assert_eq!(found.hits[0].message.account_id, second);
        assert_eq!(bodies(&test, "rahasia").await.len(), 2);

        let other = TestApp::new(&database).await;
        for text in ["rahasia", "siti", "0800-0000-0201"] {
            assert_eq!(bodies(&other, text).await, Vec::<String>::new());
            let (chats, next) = search::chats(&other.app, &other.caller, &asked(text), None, 10)
                .await
                .expect("searched");
            assert!(chats.is_empty() && next.is_none());
            let people = search::people(&other.app, &other.caller, text, None, 10).await;
            assert!(people.expect("searched").is_empty());
        }
        let chat_id = Some(chats(&test).await[0].id);
        let foreign = Asked {
            chat_id,
            ..asked("rahasia")
        };
        let refused = search::messages(&other.app, &other.caller, &foreign, None, 10).await;
        assert!(matches!(refused, Err(Error::NotFound { what: "chat" })));
        let foreign = Asked {
            account_id: Some(account),
            ..asked("rahasia")
        };
        let refused = search::messages(&other.app, &other.caller, &foreign, None, 10).await;
        assert!(matches!(refused, Err(Error::NotFound { what: "account" })));

        let nobody = Caller {
            permissions: vec![Permission::EventsRead],
            ..test.caller.clone()
        };
        let refused = search::messages(&test.app, &nobody, &asked("rahasia"), None, 10).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))));
        let refused = search::chats(&test.app, &nobody, &asked("rahasia"), None, 10).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))));
        let refused = search::people(&test.app, &nobody, "rahasia", None, 10).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))));
    }
}

#[tokio::test]
async fn whatever_somebody_types_is_searched_for_or_refused_with_the_reason() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        write(&test, account, (SITI, "Siti"), "NEAR dan OR: a AND b* \"kutip\" x").await;
        for typed in [
            "\"",
            "\"\"",
            "near(",
            "a OR b",
            "a AND NOT b",
            "words:kutip",
            "{kutip}",
            "^kutip",
            "kutip*",
            "'; --",
            "a\0b",
            "x' OR '1'='1",
            "\\",
            "NOT",
            "-kutip",
            "a:*",
            "!!",
            "(((",
            "ku & | !tip",
        ] {
            let found = search::messages(&test.app, &test.caller, &asked(typed), None, 10).await;
            if let Err(error) = found {
                let Error::Invalid(fields) = &error else {
                    panic!("{typed:?} on {}: {error:?}", database.kind);
                };
                assert_eq!(
                    (fields[0].pointer.as_str(), &fields[0].flaw),
                    ("#query/q", &Flaw::NoWord),
                    "{typed:?}"
                );
            }
        }
        for typed in ["", "👍👍", "\0", "…", "   "] {
            let refused = search::messages(&test.app, &test.caller, &asked(typed), None, 10).await;
            assert!(matches!(refused, Err(Error::Invalid(_))), "{typed:?}");
        }
        let long = "a".repeat(10_000);
        let refused = search::chats(&test.app, &test.caller, &asked(&long), None, 10).await;
        assert!(matches!(refused, Err(Error::Invalid(_))));
        assert_eq!(bodies(&test, "\"and b\"").await.len(), 1);
        assert_eq!(bodies(&test, "near or").await.len(), 1);
    }
}

#[tokio::test]
async fn chats_are_found_by_their_person_and_by_the_subject_of_the_group() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let (second, _) = test.account(None).await;
        person(&test, account, SITI, "Siti Donatur").await;
        write(&test, second, (SITI, "Siti Donatur"), "halo").await;
        person(&test, account, BUDI, "Budi").await;
        receive(&test, account, vec![group(&test, "Donatur Jakarta")]).await;
        let names = async |text: &str| {
            let found = search::chats(&test.app, &test.caller, &asked(text), None, 10).await;
            let (hits, next) = found.expect("searched");
            assert_eq!(next, None, "{text}");
            hits.into_iter().map(|hit| shown(&hit.name)).collect::<Vec<_>>()
        };
        assert_eq!(
            names("dona").await,
            ["Siti [Donatur]", "Siti [Donatur]", "[Donatur] Jakarta"],
            "{}",
            database.kind
        );
        assert_eq!(names("0800-0000-0202").await, ["Budi"]);
        assert_eq!(names("jakarta dona").await, ["[Donatur] [Jakarta]"]);
        test.clock.advance(Duration::from_secs(5));
        receive(&test, account, vec![group(&test, "Relawan Bandung")]).await;
        assert_eq!(names("jakarta").await, Vec::<String>::new());
        assert_eq!(names("band").await, ["Relawan [Bandung]"]);
        test.clock.advance(Duration::from_secs(5));
        receive(&test, account, vec![group(&test, "Donatur Jakarta")]).await;

        // Page by page: people first, then groups.
        let (first, next) = search::chats(&test.app, &test.caller, &asked("dona"), None, 1)
            .await
            .expect("searched");
        assert_eq!((first.len(), &next), (2, &Some(ChatsPlace::Group(None))));
        let (second_page, next) = search::chats(&test.app, &test.caller, &asked("dona"), next, 1)
            .await
            .expect("searched");
        assert_eq!((second_page.len(), next), (1, None));

        let of_account = Asked {
            account_id: Some(second),
            ..asked("dona")
        };
        let (found, _) = search::chats(&test.app, &test.caller, &of_account, None, 10)
            .await
            .expect("searched");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].chat.account_id, second);
        let people = search::people(&test.app, &test.caller, "siti", None, 10)
            .await
            .expect("searched");
        assert_eq!(
            (people.len(), shown(&people[0].0.name)),
            (1, "[Siti] Donatur".to_owned())
        );
    }
}

#[tokio::test]
async fn what_was_there_before_the_search_is_made_findable_from_the_newest_back() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        receive(&test, account, vec![group(&test, "Donatur Jakarta")]).await;
        for number in 0..6 {
            test.clock.advance(Duration::from_hours(24));
            write(&test, account, (SITI, "Siti"), &format!("donasi nomor {number}")).await;
        }
        let newest = chats(&test).await[0].last_message_at;
        testing::forget_search(&test.app.store).await;
        let found = page(&test, &asked("donasi"), None, 10).await;
        assert_eq!((found.hits.len(), found.next), (0, None), "{}", database.kind);
        let reached = found.searched_back_to.expect("nothing is findable yet");
        assert!(reached >= newest);

        // Three, the last of which comes again with the next ones.
        assert!(jobs::index_messages::index_some(&test.app, 3).await.expect("indexed"));
        let found = page(&test, &asked("donasi"), None, 10).await;
        let reached = found.searched_back_to.expect("not all is findable yet");
        assert!(reached < newest && found.hits.iter().all(|hit| hit.at >= reached));
        assert_eq!(found.hits.len(), 2);
        // New ones are found at once.
        test.clock.advance(Duration::from_secs(60));
        write(&test, account, (SITI, "Siti"), "donasi baru").await;
        assert_eq!(bodies(&test, "donasi").await[0], "donasi baru");

        for _ in 0..2 {
            jobs::index_messages::index_all(&test.app).await.expect("indexed");
            let found = page(&test, &asked("donasi"), None, 10).await;
            assert_eq!((found.hits.len(), found.next, found.searched_back_to), (7, None, None));
        }
        let (found, _) = search::chats(&test.app, &test.caller, &asked("jakarta"), None, 10)
            .await
            .expect("searched");
        assert_eq!(found.len(), 1);
    }
}

#[tokio::test]
async fn a_search_ends_where_not_all_is_findable_yet() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        write(&test, account, (SITI, "Siti"), "halo").await;
        let reached = test.clock.now();
        testing::forget_search(&test.app.store).await;
        test.clock.advance(Duration::from_secs(3_600));
        let many = |at, text: &'static str, count: u32| {
            let one = |number| {
                Inbound::Message(Box::new(InboundMessage {
                    at,
                    from_history: true,
                    ..message(&test, &format!("{text}-{number}"), text)
                }))
            };
            (0..count).map(one).collect::<Vec<_>>()
        };
        // More than are read before the index is asked, and more before the floor than it is asked for at once.
        receive(&test, account, many(test.clock.now(), "donasi", 400)).await;
        receive(
            &test,
            account,
            many(reached.minus(Duration::from_secs(60)), "wakaf", 200),
        )
        .await;
        let found = within(page(&test, &asked("wakaf"), None, 10)).await;
        assert_eq!((found.hits.len(), found.next), (0, None), "{}", database.kind);
        assert!(found.searched_back_to.is_some_and(|back_to| back_to >= reached));
    }
}

#[tokio::test]
async fn a_thread_is_shown_around_a_message_and_walked_both_ways() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        for number in 0..20 {
            test.clock.advance(Duration::from_secs(60));
            write(&test, account, (SITI, "Siti"), &format!("pesan {number}")).await;
        }
        let chat = chats(&test).await[0].id;
        let body = |message: &Message| message.content.preview().unwrap_or_default().into_owned();
        let bodies = |part: &inbox::ThreadPart| {
            part.messages
                .iter()
                .map(|(message, _)| body(message))
                .collect::<Vec<_>>()
        };
        let target = page(&test, &asked("\"pesan 10\""), None, 1).await.hits[0].message.id;
        let around = inbox::messages_around(&test.app, &test.caller, chat, target, 5)
            .await
            .expect("found");
        assert_eq!(
            bodies(&around),
            ["pesan 12", "pesan 11", "pesan 10", "pesan 9", "pesan 8"]
        );
        assert!(around.is_newer && around.is_older, "{}", database.kind);
        let (first, at) = &around.messages[0];
        let newer = inbox::messages_after(&test.app, &test.caller, chat, (*at, first.id), 5)
            .await
            .expect("found");
        assert_eq!(
            bodies(&newer),
            ["pesan 17", "pesan 16", "pesan 15", "pesan 14", "pesan 13"]
        );
        assert!(newer.is_newer);
        let (first, at) = &newer.messages[0];
        let last = inbox::messages_after(&test.app, &test.caller, chat, (*at, first.id), 5)
            .await
            .expect("found");
        assert_eq!(
            (bodies(&last), last.is_newer),
            (vec!["pesan 19".to_owned(), "pesan 18".to_owned()], false)
        );

        write(&test, account, (BUDI, "Budi"), "lain").await;
        let foreign = page(&test, &asked("lain"), None, 1).await.hits[0].message.id;
        messaging::delete(&test.app, &test.caller, target)
            .await
            .expect("deleted");
        for gone in [target, foreign] {
            let refused = inbox::messages_around(&test.app, &test.caller, chat, gone, 5).await;
            let Err(Error::Invalid(fields)) = refused else {
                panic!("it is not in this chat");
            };
            assert_eq!(fields[0].flaw, Flaw::NoSuchMessage);
        }
    }
}
