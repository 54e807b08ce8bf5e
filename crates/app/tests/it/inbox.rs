//! How a team shares its chats.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use pesan_app::access::Credentials;
use pesan_app::access::authenticate::authenticate;
use pesan_app::access::log_in::log_in;
use pesan_app::access::users::{self, NewUser};
use pesan_app::events::{self, Live};
use pesan_app::inbox::{self, Assignee, ChatUpdate, Filter, tags, teams};
use pesan_app::{Caller, Error, Principal, access, jobs, messaging};
use pesan_model::chat::Chat;
use pesan_model::inbox::{ChatActor, ChatChange, PresenceState};
use pesan_model::organization::SettingsChange;
use pesan_model::{AccountId, ChatStatus, Clock, Direction, Event, Role, TagColor, Timestamp, UserId};
use pesan_providers::inbound::{InboundContent, InboundMessage};
use pesan_store::{job, testing};

use crate::inbound::{message, receive_message};
use crate::support::{TestApp, within};

/// Somebody who works here and has logged in.
async fn colleague(test: &TestApp, name: &str) -> Caller {
    let (email, password) = (
        format!("{}@example.com", name.to_lowercase()),
        "correct horse battery".to_owned(),
    );
    let new = NewUser {
        email: email.clone(),
        name: name.to_owned(),
        password: password.clone(),
    };
    users::create(&test.app, &test.caller, (new, Role::Agent), None)
        .await
        .expect("a colleague");
    let logged_in = log_in(&test.app, &email, password, None).await.expect("logged in");
    authenticate(&test.app, Credentials::Session(&logged_in.token), None)
        .await
        .expect("known")
}

fn id_of(caller: &Caller) -> UserId {
    match caller.principal {
        Principal::User(id) => id,
        other => panic!("{other} is no person"),
    }
}

/// A chat in which somebody wrote.
async fn chat(test: &TestApp, account: AccountId) -> Chat {
    receive_message(test, account, message(test, "A1", "halo")).await;
    listed(test, Filter::default()).await.remove(0)
}

async fn listed(test: &TestApp, filter: Filter) -> Vec<Chat> {
    inbox::chats(&test.app, &test.caller, filter, None, 50)
        .await
        .expect("listed")
}

async fn update(test: &TestApp, chat: &Chat, change: ChatUpdate) -> Chat {
    inbox::update(&test.app, &test.caller, chat.id, change)
        .await
        .expect("changed")
}

fn status(status: ChatStatus) -> ChatUpdate {
    ChatUpdate {
        status: Some(status),
        ..ChatUpdate::default()
    }
}

fn snooze(until: Timestamp) -> ChatUpdate {
    ChatUpdate {
        snoozed_until: Some(Some(until)),
        ..ChatUpdate::default()
    }
}

/// The log of a chat, oldest first.
async fn log(test: &TestApp, chat: &Chat) -> Vec<(ChatActor, ChatChange)> {
    let page = inbox::chat_log(&test.app, &test.caller, chat.id, None, 50)
        .await
        .expect("listed");
    page.into_iter().rev().map(|entry| (entry.by, entry.change)).collect()
}

/// The pointers of the fields that are wrong.
fn pointers<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<String> {
    match result {
        Err(Error::Invalid(fields)) => fields.into_iter().map(|field| field.pointer).collect(),
        other => panic!("no wrong field: {other:?}"),
    }
}

#[tokio::test]
async fn a_chat_is_assigned_starred_and_tagged_once_and_the_log_says_by_whom() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let chat = chat(&test, account).await;
        let ani = colleague(&test, "Ani").await;
        let (tag, _) = tags::create(&test.app, &ani, ("Zakat".into(), TagColor::Green), None)
            .await
            .expect("a tag");
        let (team, _) = teams::create(&test.app, &test.caller, ("Donatur".into(), vec![id_of(&ani)]), None)
            .await
            .expect("a team");
        let change = ChatUpdate {
            assignee_id: Some(Some(id_of(&ani))),
            team_id: Some(Some(team.id)),
            is_starred: Some(true),
            tag_ids: Some(vec![tag.id, tag.id]),
            ..ChatUpdate::default()
        };
        for _ in 0..2 {
            let changed = inbox::update(&test.app, &ani, chat.id, change.clone())
                .await
                .expect("changed");
            assert_eq!(changed.assignee_id, Some(id_of(&ani)), "{}", database.kind);
            assert_eq!((changed.team_id, changed.is_starred), (Some(team.id), true));
            assert_eq!(changed.tag_ids, [tag.id]);
        }
        let updates = test.wait_for_events("chat.updated", 1).await;
        assert_eq!(updates.len(), 1, "what is so already is no change");
        assert!(matches!(&updates[0].event, Event::ChatUpdated(told) if told.tag_ids == [tag.id]));
        let by = ChatActor::User {
            id: id_of(&ani),
            name: "Ani".into(),
        };
        let expected = [
            ChatChange::Assigned {
                user_id: id_of(&ani),
                name: "Ani".into(),
            },
            ChatChange::TeamSet {
                team_id: team.id,
                name: "Donatur".into(),
            },
            ChatChange::Starred,
            ChatChange::Tagged {
                tag_id: tag.id,
                name: "Zakat".into(),
            },
        ];
        assert_eq!(log(&test, &chat).await, expected.map(|change| (by.clone(), change)));
        let counters = inbox::counters(&test.app, &ani).await.expect("counted").total;
        assert_eq!((counters.open, counters.mine, counters.unassigned), (1, 1, 0));
        assert_eq!((counters.unread, counters.starred), (1, 1));
        tags::delete(&test.app, &test.caller, tag.id).await.expect("deleted");
        teams::delete(&test.app, &test.caller, team.id).await.expect("deleted");
        let left = inbox::chat(&test.app, &test.caller, chat.id).await.expect("there");
        assert_eq!((left.tag_ids, left.team_id), (vec![], None));
    }
}

#[tokio::test]
async fn who_and_what_is_not_there_is_refused_by_name() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let chat = chat(&test, account).await;
        let nobody = uuid::Uuid::nil();
        let change = ChatUpdate {
            assignee_id: Some(Some(nobody.into())),
            team_id: Some(Some(nobody.into())),
            tag_ids: Some(vec![nobody.into()]),
            ..ChatUpdate::default()
        };
        let refused = inbox::update(&test.app, &test.caller, chat.id, change).await;
        assert_eq!(
            pointers(refused),
            ["/assignee_id", "/team_id", "/tag_ids/0"],
            "{}",
            database.kind
        );
        let new = ("Zakat".into(), TagColor::Green);
        let (tag, _) = tags::create(&test.app, &test.caller, new, None).await.expect("a tag");
        let hidden = ChatUpdate {
            tag_ids: Some([vec![tag.id; 20], vec![nobody.into()]].concat()),
            ..ChatUpdate::default()
        };
        let refused = inbox::update(&test.app, &test.caller, chat.id, hidden).await;
        assert_eq!(pointers(refused), ["/tag_ids/20"], "behind many that are there");
        let filters = [
            Filter {
                assignee: Some(Assignee::User(nobody.into())),
                ..Filter::default()
            },
            Filter {
                team_id: Some(nobody.into()),
                ..Filter::default()
            },
            Filter {
                tag_id: Some(nobody.into()),
                ..Filter::default()
            },
        ];
        let mut wrong = Vec::new();
        for filter in filters {
            let refused = inbox::chats(&test.app, &test.caller, filter, None, 50).await;
            wrong.extend(pointers(refused));
        }
        assert_eq!(wrong, ["#query/assignee", "#query/team_id", "#query/tag_id"]);
        assert_eq!(log(&test, &chat).await, []);
        let reader = Caller {
            permissions: vec![pesan_model::Permission::MessagesRead],
            ..test.caller.clone()
        };
        let refused = inbox::update(&test.app, &reader, chat.id, status(ChatStatus::Closed)).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))));
    }
}

#[tokio::test]
async fn a_message_that_comes_in_opens_a_chat_again_and_one_that_goes_out_does_not() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let chat = chat(&test, account).await;
        let tomorrow = test.clock.now().plus(Duration::from_hours(24));
        let asides = [status(ChatStatus::Closed), snooze(tomorrow)];
        for (number, aside) in asides.into_iter().enumerate() {
            let put = update(&test, &chat, aside).await;
            assert_ne!(put.status, ChatStatus::Open, "{}", database.kind);
            let quiet = [
                InboundMessage {
                    direction: Direction::Out,
                    ..message(&test, &format!("B{number}"), "dari ponsel")
                },
                InboundMessage {
                    from_history: true,
                    ..message(&test, &format!("C{number}"), "dari dulu")
                },
                InboundMessage {
                    content: InboundContent::Reaction {
                        target: "A1".into(),
                        emoji: "👍".into(),
                    },
                    ..message(&test, &format!("D{number}"), "")
                },
            ];
            for came in quiet {
                receive_message(&test, account, came).await;
            }
            let still = inbox::chat(&test.app, &test.caller, chat.id).await.expect("there");
            assert_eq!(still.status, put.status);
            let updates = test.wait_for_events("chat.updated", 1).await.len();
            receive_message(&test, account, message(&test, &format!("E{number}"), "satu lagi")).await;
            let told = test.wait_for_events("chat.updated", updates + 1).await;
            let Event::ChatUpdated(told) = &told[updates].event else {
                panic!("{told:?} is no chat");
            };
            assert_eq!((told.status, told.snoozed_until), (ChatStatus::Open, None));
        }
        let opened = (ChatActor::Message, ChatChange::Opened);
        let lines = log(&test, &chat).await;
        assert_eq!((lines.len(), &lines[1], &lines[3]), (4, &opened, &opened));
    }
}

#[tokio::test]
async fn somebody_waits_from_the_first_message_until_it_is_answered_or_closed() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let since = test.clock.now();
        let chat = chat(&test, account).await;
        test.clock.advance(Duration::from_mins(10));
        receive_message(&test, account, message(&test, "A2", "ada orang?")).await;
        let waiting = async |minutes: u64| {
            let filter = Filter {
                waiting_since: Some(test.clock.now().minus(Duration::from_mins(minutes))),
                ..Filter::default()
            };
            listed(&test, filter).await.len()
        };
        let now = inbox::chat(&test.app, &test.caller, chat.id).await.expect("there");
        assert_eq!(now.waiting_since, Some(since), "{}", database.kind);
        assert_eq!((waiting(10).await, waiting(11).await), (1, 0));
        let new = messaging::NewMessage {
            account_id: account,
            to: "15550000001".into(),
            content: messaging::NewContent::Text { body: "ya".into() },
            reply_to: None,
            send_at: None,
            metadata: None,
        };
        messaging::send(&test.app, &test.caller, new, None)
            .await
            .expect("accepted");
        assert_eq!(waiting(0).await, 0);
        receive_message(&test, account, message(&test, "A3", "terima kasih")).await;
        assert_eq!(waiting(0).await, 1);
        let closed = update(&test, &chat, status(ChatStatus::Closed)).await;
        assert_eq!((closed.waiting_since, waiting(0).await), (None, 0));
    }
}

#[tokio::test]
async fn a_snooze_ends_at_its_time_even_when_the_process_was_started_anew() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let chat = chat(&test, account).await;
        let soon = test.clock.now().plus(Duration::from_mins(5));
        update(&test, &chat, snooze(soon)).await;
        let later = soon.plus(Duration::from_mins(5));
        update(&test, &chat, snooze(later)).await;
        let waits = async || {
            test.app
                .store
                .read(|tx| Box::pin(async move { job::next_due(tx, job::END_SNOOZE, None).await }))
                .await
                .expect("read")
        };
        assert_eq!(waits().await, Some(later), "{}: the last word counts", database.kind);

        let again = TestApp::start(&database, test.clock.clone(), test.caller.organization_id).await;
        again
            .app
            .lifecycle
            .spawn("snoozes", jobs::end_snooze::run(again.app.clone()));
        again.clock.advance(Duration::from_mins(10));
        again.app.bus.publish(pesan_app::Signal::Jobs(job::END_SNOOZE));
        let told = again.wait_for_events("chat.updated", 3).await;
        let Event::ChatUpdated(told) = &told[2].event else {
            panic!("{told:?} is no chat");
        };
        assert_eq!((told.status, told.snoozed_until), (ChatStatus::Open, None));
        assert_eq!(waits().await, None, "nothing is left to do");
        let lines = log(&test, &chat).await;
        assert_eq!(lines.last(), Some(&(ChatActor::Time, ChatChange::Opened)));
        again.stop().await;
    }
}

#[tokio::test]
async fn the_clock_alone_ends_a_snooze() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let chat = chat(&test, account).await;
        test.app
            .lifecycle
            .spawn("snoozes", jobs::end_snooze::run(test.app.clone()));
        let soon = test.clock.now().plus(Duration::from_millis(50));
        update(&test, &chat, snooze(soon)).await;
        // Nobody hints: the worker knows when the next one is due.
        test.clock.advance(Duration::from_millis(50));
        test.wait_for_events("chat.updated", 2).await;
        let open = inbox::chat(&test.app, &test.caller, chat.id).await.expect("there");
        assert_eq!(open.status, ChatStatus::Open, "{}", database.kind);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_snooze_that_ended_before_its_time_is_forgotten() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let chat = chat(&test, account).await;
        let soon = test.clock.now().plus(Duration::from_mins(5));
        update(&test, &chat, snooze(soon)).await;
        let none = ChatUpdate {
            snoozed_until: Some(None),
            ..ChatUpdate::default()
        };
        let open = update(&test, &chat, none).await;
        assert_eq!(open.status, ChatStatus::Open, "{}", database.kind);
        let left = test
            .app
            .store
            .read(|tx| Box::pin(async move { job::count(tx, job::END_SNOOZE).await }))
            .await
            .expect("read");
        assert_eq!(left, 0);
    }
}

#[tokio::test]
async fn whoever_leaves_leaves_chats_that_nobody_looks_after() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let chat = chat(&test, account).await;
        let ani = colleague(&test, "Ani").await;
        teams::create(&test.app, &test.caller, ("Donatur".into(), vec![id_of(&ani)]), None)
            .await
            .expect("a team");
        let assign = ChatUpdate {
            assignee_id: Some(Some(id_of(&ani))),
            ..ChatUpdate::default()
        };
        update(&test, &chat, assign).await;
        users::delete(&test.app, &test.caller, id_of(&ani)).await.expect("gone");
        let told = test.wait_for_events("chat.updated", 2).await;
        assert!(matches!(&told[1].event, Event::ChatUpdated(told) if told.assignee_id.is_none()));
        let counters = inbox::counters(&test.app, &test.caller).await.expect("counted");
        assert_eq!(
            (counters.total.unassigned, counters.assignees.len()),
            (1, 0),
            "{}",
            database.kind
        );
        let lines = log(&test, &chat).await;
        assert_eq!(lines[1], (ChatActor::System, ChatChange::Unassigned));
        let teams = teams::list(&test.app, &test.caller).await.expect("listed");
        assert!(teams[0].member_ids.is_empty());
    }
}

#[tokio::test]
async fn a_chat_that_is_marked_unread_is_so_until_it_is_read() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let chat = chat(&test, account).await;
        inbox::mark_read(&test.app, &test.caller, chat.id).await.expect("read");
        for _ in 0..2 {
            let marked = inbox::mark_unread(&test.app, &test.caller, chat.id)
                .await
                .expect("marked");
            assert_eq!(marked.unread, 1, "{}", database.kind);
        }
        assert_eq!(test.wait_for_events("chat.updated", 2).await.len(), 2);
        let read = inbox::mark_read(&test.app, &test.caller, chat.id).await.expect("read");
        assert_eq!(read.unread, 0);
        test.app.lifecycle.shut_down(crate::support::DEADLINE).await;
        assert_eq!(provider.reads().len(), 1, "WhatsApp hears of messages only");
    }
}

#[tokio::test]
async fn quiet_chats_are_closed_when_the_organization_wants_it() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let quiet = chat(&test, account).await;
        test.clock.advance(Duration::from_hours(3 * 24));
        let other = InboundMessage {
            chat: "15550000002".parse().expect("an address"),
            sender: pesan_providers::inbound::Person {
                phone: "15550000002".parse().ok(),
                lid: None,
                push_name: None,
            },
            ..message(&test, "A9", "baru")
        };
        receive_message(&test, account, other).await;
        test.clock.advance(Duration::from_hours(1));
        assert_eq!(jobs::auto_close::sweep(&test.app).await.expect("swept"), 0);
        let wrong = SettingsChange {
            auto_close_days: Some(Some(0)),
            ..SettingsChange::default()
        };
        let refused = access::organizations::update(&test.app, &test.caller, None, wrong).await;
        assert_eq!(pointers(refused), ["/settings/auto_close_days"], "{}", database.kind);
        let three = SettingsChange {
            auto_close_days: Some(Some(3)),
            ..SettingsChange::default()
        };
        let decided = access::organizations::update(&test.app, &test.caller, None, three)
            .await
            .expect("decided");
        assert_eq!(decided.settings.auto_close_days, Some(3));
        assert_eq!(jobs::auto_close::sweep(&test.app).await.expect("swept"), 1);
        assert_eq!(jobs::auto_close::sweep(&test.app).await.expect("swept"), 0);
        let closed = listed(
            &test,
            Filter {
                status: Some(ChatStatus::Closed),
                ..Filter::default()
            },
        )
        .await;
        assert_eq!(closed.iter().map(|chat| chat.id).collect::<Vec<_>>(), [quiet.id]);
        assert_eq!(log(&test, &quiet).await, [(ChatActor::Time, ChatChange::Closed)]);
    }
}

#[tokio::test]
async fn a_chat_with_which_something_was_done_lately_is_not_quiet() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let chat = chat(&test, account).await;
        let three = SettingsChange {
            auto_close_days: Some(Some(3)),
            ..SettingsChange::default()
        };
        access::organizations::update(&test.app, &test.caller, None, three)
            .await
            .expect("decided");
        test.clock.advance(Duration::from_hours(3 * 24 + 1));
        let star = ChatUpdate {
            is_starred: Some(true),
            ..ChatUpdate::default()
        };
        update(&test, &chat, star).await;
        let sweep = async || jobs::auto_close::sweep(&test.app).await.expect("swept");
        assert_eq!(sweep().await, 0, "{}", database.kind);
        test.clock.advance(Duration::from_hours(3 * 24 + 1));
        assert_eq!(sweep().await, 1);
    }
}

#[tokio::test]
async fn colleagues_see_who_looks_at_a_chat_and_nothing_of_it_is_kept() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let chat = chat(&test, account).await;
        let (ani, budi) = (colleague(&test, "Ani").await, colleague(&test, "Budi").await);
        let before = test.events().await.len();
        let watch = async |caller: &Caller| {
            let stream = events::subscribe(test.app.clone(), caller.clone(), None).await;
            let mut stream = Box::pin(stream.expect("subscribed"));
            assert!(matches!(within(stream.next()).await, Some(Ok(Live::Ready(_)))));
            stream
        };
        let (mut anis, mut budis) = (watch(&ani).await, watch(&budi).await);
        for (who, state) in [(&ani, PresenceState::Typing), (&budi, PresenceState::Gone)] {
            inbox::tell_presence(&test.app, who, chat.id, state)
                .await
                .expect("told");
        }
        let seen = |live: Option<pesan_app::Result<Live>>| match live {
            Some(Ok(Live::Presence(presence))) => Arc::unwrap_or_clone(presence),
            other => panic!("no presence: {other:?}"),
        };
        let by_budi = seen(within(budis.next()).await);
        assert_eq!((by_budi.name.as_str(), by_budi.state), ("Ani", PresenceState::Typing));
        assert_eq!((by_budi.chat_id, by_budi.user_id), (chat.id, id_of(&ani)));
        let by_ani = seen(within(anis.next()).await);
        assert_eq!((by_ani.name.as_str(), by_ani.state), ("Budi", PresenceState::Gone));
        assert_eq!(test.events().await.len(), before, "{}", database.kind);
        let refused = inbox::tell_presence(&test.app, &test.caller, chat.id, PresenceState::Viewing).await;
        assert!(matches!(
            refused,
            Err(Error::Conflict {
                code: "not_a_person",
                ..
            })
        ));
        drop((anis, budis));
        test.stop().await;
    }
}

#[tokio::test]
async fn there_is_one_tag_and_one_team_of_a_name() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let tag = async |name: &str| tags::create(&test.app, &test.caller, (name.into(), TagColor::Red), None).await;
        let (zakat, _) = tag(" Zakat ").await.expect("a tag");
        let (wakaf, _) = tag("Wakaf").await.expect("a tag");
        let is_taken = |result: Result<(), Error>, asked: &str| matches!(result, Err(Error::Conflict { code, .. }) if code == asked);
        assert!(
            is_taken(tag("zakat").await.map(drop), "tag_exists"),
            "{}",
            database.kind
        );
        let renamed = tags::update(&test.app, &test.caller, wakaf.id, (Some("ZAKAT".into()), None)).await;
        assert!(is_taken(renamed.map(drop), "tag_exists"));
        let changed = tags::update(&test.app, &test.caller, zakat.id, (None, Some(TagColor::Lime))).await;
        let changed = changed.expect("changed");
        assert_eq!((changed.name.as_str(), changed.color), ("Zakat", TagColor::Lime));
        assert_eq!(pointers(tag("").await), ["/name"]);
        assert_eq!(pointers(tag("a\nb").await), ["/name"]);
        let team = async |name: &str| teams::create(&test.app, &test.caller, (name.into(), vec![]), None).await;
        team("Donatur").await.expect("a team");
        assert!(is_taken(team("DONATUR").await.map(drop), "team_exists"));
        let nobody = teams::create(
            &test.app,
            &test.caller,
            ("X".into(), vec![uuid::Uuid::nil().into()]),
            None,
        )
        .await;
        assert_eq!(pointers(nobody), ["/member_ids/0"]);
        let agent = colleague(&test, "Ani").await;
        let refused = tags::delete(&test.app, &agent, zakat.id).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))));
    }
}
