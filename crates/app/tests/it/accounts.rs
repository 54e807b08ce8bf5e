//! What people do with accounts, without a fleet.

use std::time::Duration;

use pesan_app::access::users;
use pesan_app::accounts::{self, AccountChange, NewAccount};
use pesan_app::connections::QrCode;
use pesan_app::idempotency::KeyText;
use pesan_app::inbox::{self, teams};
use pesan_app::{Caller, Error};
use pesan_model::access::User;
use pesan_model::pacing::Pacing;
use pesan_model::{
    AccountId, AccountState, Address, Clock, Direction, OrganizationId, Permission, Phone, Role, SystemRandom, UserId,
};
use pesan_providers::fake::End;
use pesan_providers::inbound::{InboundMessage, Person};
use pesan_providers::provider::NumberCheck;
use pesan_providers::{Inbound, Provider as _};
use pesan_store::account::{self as store_account, NewState};
use pesan_store::{testing, user};
use uuid::Uuid;

use crate::inbound::{message, receive_message};
use crate::messaging::{send, text};
use crate::people::chats;
use crate::support::TestApp;

const SITI: &str = "15550000001";

fn phone(text: &str) -> Phone {
    text.parse().expect("a number")
}

fn pointers(error: Error) -> Vec<String> {
    let Error::Invalid(fields) = error else {
        panic!("not about fields: {error}")
    };
    fields.into_iter().map(|field| field.pointer).collect()
}

async fn create(test: &TestApp, name: &str) -> AccountId {
    accounts::create(&test.app, &test.caller, NewAccount::named(name), None)
        .await
        .expect("created")
        .account
        .id
}

#[tokio::test]
async fn an_account_is_made_once_for_a_key_and_listed_oldest_first() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let key = KeyText::new("abc").expect("a key").of([1; 32]);
        let new = NewAccount::named("  Kantor  ");
        let first = accounts::create(&test.app, &test.caller, new.clone(), Some(key.clone()))
            .await
            .expect("created");
        let again = accounts::create(&test.app, &test.caller, new, Some(key))
            .await
            .expect("repeated");
        assert!(
            !first.is_replay && again.is_replay && first.account == again.account,
            "{}",
            database.kind
        );
        assert_eq!(
            (first.account.name.as_str(), first.account.state),
            ("Kantor", AccountState::Created)
        );
        assert_eq!(first.account.pacing, Some(Pacing::default()));
        let second = create(&test, "Gudang").await;
        let page = accounts::list(&test.app, &test.caller, None, 10).await.expect("listed");
        assert_eq!(
            page.iter().map(|account| account.id).collect::<Vec<_>>(),
            [first.account.id, second]
        );
        let rest = accounts::list(&test.app, &test.caller, Some(first.account.id), 10)
            .await
            .expect("listed");
        assert_eq!(rest.len(), 1);
        let history = accounts::history(&test.app, &test.caller, second, None, 10)
            .await
            .expect("listed");
        assert_eq!(history.len(), 1);
        assert_eq!(test.event_names().await, ["account.created", "account.created"]);
    }
}

#[tokio::test]
async fn wrong_fields_are_named_and_change_nothing() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let slow = Pacing {
            per_minute: 0,
            burst: 0,
        };
        for (name, pacing, expected) in [
            ("", Some(Pacing::default()), vec!["/name"]),
            ("   ", None, vec!["/name"]),
            ("a\nb", None, vec!["/name"]),
            (&"x".repeat(101), None, vec!["/name"]),
            ("Kantor", Some(slow), vec!["/pacing/per_minute", "/pacing/burst"]),
            (
                "Kantor",
                Some(Pacing {
                    burst: 10_001,
                    ..Pacing::default()
                }),
                vec!["/pacing/burst"],
            ),
        ] {
            let new = NewAccount {
                name: name.to_owned(),
                pacing,
            };
            let error = accounts::create(&test.app, &test.caller, new, None)
                .await
                .expect_err("refused");
            assert_eq!(pointers(error), expected);
        }
        accounts::create(&test.app, &test.caller, NewAccount::named("é".repeat(100)), None)
            .await
            .expect("100 characters");
        assert_eq!(test.event_names().await.len(), 1);
    }
}

#[tokio::test]
async fn name_and_pacing_can_be_changed() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let id = create(&test, "Kantor").await;
        let change = AccountChange {
            name: Some("Gudang".into()),
            pacing: Some(None),
            ..AccountChange::default()
        };
        let changed = accounts::update(&test.app, &test.caller, id, change)
            .await
            .expect("changed");
        assert_eq!(
            (changed.name.as_str(), changed.pacing),
            ("Gudang", None),
            "{}",
            database.kind
        );
        let faster = Pacing {
            per_minute: 60,
            burst: 5,
        };
        let change = AccountChange {
            name: None,
            pacing: Some(Some(faster)),
            ..AccountChange::default()
        };
        let changed = accounts::update(&test.app, &test.caller, id, change)
            .await
            .expect("changed");
        assert_eq!((changed.name.as_str(), changed.pacing), ("Gudang", Some(faster)));
        let change = AccountChange {
            name: Some(String::new()),
            pacing: None,
            ..AccountChange::default()
        };
        let refused = accounts::update(&test.app, &test.caller, id, change).await;
        assert_eq!(pointers(refused.expect_err("refused")), ["/name"]);
    }
}

#[tokio::test]
async fn a_foreign_account_does_not_exist_and_a_missing_permission_is_named() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let id = create(&test, "Kantor").await;
        let app = &test.app;
        let foreign = Caller::system(OrganizationId::from(Uuid::from_u128(9)));
        let missing = |error: &Error| matches!(error, Error::NotFound { what: "account" });
        assert!(missing(&accounts::get(app, &foreign, id).await.expect_err("hidden")));
        assert!(missing(
            &accounts::history(app, &foreign, id, None, 5).await.expect_err("hidden")
        ));
        let change = AccountChange {
            name: Some("Mine".into()),
            pacing: None,
            ..AccountChange::default()
        };
        assert!(missing(
            &accounts::update(app, &foreign, id, change).await.expect_err("hidden")
        ));
        assert!(missing(
            &accounts::connect(app, &foreign, id).await.expect_err("hidden")
        ));
        assert!(missing(&accounts::pause(app, &foreign, id).await.expect_err("hidden")));
        assert!(missing(&accounts::logout(app, &foreign, id).await.expect_err("hidden")));
        assert!(missing(&accounts::delete(app, &foreign, id).await.expect_err("hidden")));
        assert!(missing(&accounts::qr(app, &foreign, id).await.expect_err("hidden")));
        assert!(missing(
            &accounts::check_number(app, &foreign, id, &phone(SITI))
                .await
                .expect_err("hidden")
        ));
        let reader = Caller {
            permissions: vec![Permission::AccountsRead],
            ..test.caller.clone()
        };
        let refused = accounts::delete(app, &reader, id).await.expect_err("refused");
        assert!(matches!(refused, Error::Forbidden("accounts:manage")));
        let refused = accounts::connect(app, &reader, id).await.expect_err("refused");
        assert!(matches!(refused, Error::Forbidden("accounts:connect")));
        assert_eq!(accounts::get(app, &reader, id).await.expect("allowed").name, "Kantor");
    }
}

#[tokio::test]
async fn a_qr_code_is_shown_while_it_can_be_scanned() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let id = create(&test, "Kantor").await;
        let none = |error: Error| matches!(error, Error::Conflict { code: "no_qr", .. });
        assert!(none(
            accounts::qr(&test.app, &test.caller, id).await.expect_err("no code")
        ));
        let expires_at = test.clock.now().plus(Duration::from_secs(20));
        test.app.connections.set_qr(
            id,
            QrCode {
                code: "2@secret".into(),
                expires_at,
            },
        );
        let refused = accounts::qr(&test.app, &test.caller, id)
            .await
            .expect_err("not in this state");
        assert!(none(refused));
        assert!(!format!("{:?}", test.app.connections.qr(id, test.clock.now())).contains("secret"));
    }
}

#[tokio::test]
async fn what_was_never_linked_or_does_not_run_is_not_logged_out_or_paused() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let id = create(&test, "Kantor").await;
        let refused = accounts::logout(&test.app, &test.caller, id)
            .await
            .expect_err("refused");
        assert!(matches!(refused, Error::Conflict { code: "not_linked", .. }));
        let refused = accounts::pause(&test.app, &test.caller, id).await.expect_err("refused");
        assert!(matches!(
            refused,
            Error::Conflict {
                code: "not_running",
                ..
            }
        ));
        let started = accounts::connect(&test.app, &test.caller, id).await.expect("wanted");
        assert_eq!(started.state, AccountState::Starting);
        let again = accounts::connect(&test.app, &test.caller, id)
            .await
            .expect("on its way");
        assert_eq!(again, started, "connecting twice changes nothing");
        let paused = accounts::pause(&test.app, &test.caller, id).await.expect("paused");
        assert_eq!(paused.reason.expect("a reason").code, "paused_by_user");
        let out = accounts::logout(&test.app, &test.caller, id).await.expect("logged out");
        assert_eq!(
            (out.state, out.reason.expect("a reason").code.as_str()),
            (AccountState::LoggedOut, "logged_out_offline")
        );
    }
}

#[tokio::test]
async fn a_connected_account_is_logged_out_at_whatsapp_and_before_it_is_deleted() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (id, provider) = test.account(None).await;
        accounts::connect(&test.app, &test.caller, id).await.expect("wanted");
        let out = accounts::logout(&test.app, &test.caller, id).await.expect("logged out");
        assert_eq!(
            out.reason.expect("a reason").code,
            "logged_out_by_user",
            "{}",
            database.kind
        );
        assert_eq!(provider.ended(), Some(End::LoggedOut));
        let (id, provider) = test.account(None).await;
        accounts::delete(&test.app, &test.caller, id).await.expect("deleted");
        assert_eq!(provider.ended(), Some(End::LoggedOut));
        assert!(accounts::get(&test.app, &test.caller, id).await.is_err());
        assert_eq!(test.event_names().await.last(), Some(&"account.deleted"));
    }
}

#[tokio::test]
async fn a_log_out_that_whatsapp_does_not_confirm_says_so() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (id, provider) = test.account(None).await;
        accounts::connect(&test.app, &test.caller, id).await.expect("wanted");
        // The connection ends in the middle of the log-out: nobody knows whether WhatsApp has heard of it.
        provider.shutdown().await;
        let out = accounts::logout(&test.app, &test.caller, id).await.expect("logged out");
        let reason = out.reason.expect("a reason");
        assert_eq!(
            (out.state, reason.code.as_str()),
            (AccountState::LoggedOut, "logged_out_unconfirmed"),
            "{}",
            database.kind
        );
        assert!(reason.detail.contains("Remove it on the phone"), "{}", reason.detail);
        let shown = accounts::get(&test.app, &test.caller, id).await.expect("there");
        assert_eq!(shown.reason.expect("a reason").code, "logged_out_unconfirmed");
        assert_eq!(provider.ended(), Some(End::ShutDown), "it was not unlinked");
    }
}

#[tokio::test]
async fn what_comes_in_on_a_deleted_account_is_of_an_account_that_is_not_there() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (id, provider) = test.account(None).await;
        let activity = || {
            let from = Address::Phone(phone(SITI));
            let activity = pesan_model::chat::Activity::Typing;
            vec![Inbound::Activity {
                chat: from.clone(),
                from,
                activity,
            }]
        };
        provider.receive(activity()).await.expect("stored");
        accounts::delete(&test.app, &test.caller, id).await.expect("deleted");
        let refused = provider.receive(activity()).await.expect_err("refused");
        assert!(refused.to_string().contains("account not found"), "{refused}");
    }
}

#[tokio::test]
async fn a_number_is_asked_about_once_a_day_or_once_an_hour_when_it_is_not_there() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (id, provider) = test.account(None).await;
        let absent = phone("15550000002");
        let answer = |phone: &Phone, exists: bool| NumberCheck {
            phone: phone.clone(),
            address: exists.then(|| Address::Phone(phone.clone())),
            lid: None,
        };
        provider.set_number(answer(&absent, false));
        let check = |number: Phone| {
            let (app, caller) = (test.app.clone(), test.caller.clone());
            async move {
                accounts::check_number(&app, &caller, id, &number)
                    .await
                    .expect("answered")
            }
        };
        let found = check(phone(SITI)).await;
        assert!(found.exists, "{}", database.kind);
        assert_eq!(
            (found.phone.as_str(), found.address.as_deref()),
            ("+15550000001", Some("15550000001@s.whatsapp.net"))
        );
        assert!(!check(absent.clone()).await.exists);
        provider.set_number(answer(&phone(SITI), false));
        provider.set_number(answer(&absent, true));
        test.clock.advance(Duration::from_secs(3599));
        assert!(
            check(phone(SITI)).await.exists && !check(absent.clone()).await.exists,
            "kept"
        );
        test.clock.advance(Duration::from_secs(1));
        assert!(
            check(phone(SITI)).await.exists && check(absent).await.exists,
            "the absent one is asked about again"
        );
        test.clock.advance(Duration::from_secs(23 * 3600 + 1));
        assert!(!check(phone(SITI)).await.exists, "a day is over");
    }
}

#[tokio::test]
async fn nobody_can_be_asked_while_the_account_is_not_connected() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (id, provider) = test.account(None).await;
        provider.set_picture(Address::Phone(phone(SITI)), "https://example.org/picture.jpg");
        let picture = accounts::profile_picture(&test.app, &test.caller, id, &phone(SITI))
            .await
            .expect("answered");
        assert_eq!(picture.as_deref(), Some("https://example.org/picture.jpg"));
        accounts::check_number(&test.app, &test.caller, id, &phone(SITI))
            .await
            .expect("answered");
        test.app.connections.remove(id);
        let refused = accounts::profile_picture(&test.app, &test.caller, id, &phone(SITI))
            .await
            .expect_err("refused");
        assert!(matches!(
            refused,
            Error::Unavailable {
                code: "session_disconnected",
                ..
            }
        ));
        let kept = accounts::check_number(&test.app, &test.caller, id, &phone(SITI))
            .await
            .expect("kept");
        assert!(kept.exists);
        let refused = accounts::check_number(&test.app, &test.caller, id, &phone("15550000003"))
            .await
            .expect_err("refused");
        assert!(matches!(
            refused,
            Error::Unavailable {
                code: "session_disconnected",
                ..
            }
        ));
    }
}

#[tokio::test]
async fn the_activity_of_an_account_is_what_went_over_it_and_how_often_it_dropped() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let ((account, _), (other, _)) = (test.account(None).await, test.account(None).await);
        let activity = async || {
            let found = accounts::activity(&test.app, &test.caller, None, 50)
                .await
                .expect("listed");
            assert_eq!(found.len(), 2);
            found
                .into_iter()
                .find(|activity| activity.account_id == account)
                .expect("listed")
        };
        let nothing = activity().await;
        assert_eq!(
            (
                nothing.last_received_at,
                nothing.last_sent_at,
                nothing.sent_today,
                nothing.drops
            ),
            (None, None, 0, 0),
            "{}",
            database.kind
        );
        let came_at = test.clock.now();
        receive_message(&test, account, message(&test, "A", "halo")).await;
        receive_message(&test, other, message(&test, "B", "halo")).await;
        test.clock.advance(Duration::from_hours(24));
        let sent_at = test.clock.now();
        let ours = InboundMessage {
            direction: Direction::Out,
            ..message(&test, "C", "dari ponsel")
        };
        receive_message(&test, account, ours).await;
        let of_history = InboundMessage {
            at: came_at.minus(Duration::from_hours(5)),
            from_history: true,
            ..message(&test, "D", "dulu")
        };
        receive_message(&test, account, of_history).await;
        let found = activity().await;
        assert_eq!(
            (found.last_received_at, found.last_sent_at, found.sent_today),
            (Some(came_at), Some(sent_at), 1),
            "{}",
            database.kind
        );
        test.clock.advance(Duration::from_hours(24));
        assert_eq!(
            (activity().await.sent_today, activity().await.last_sent_at),
            (0, Some(sent_at))
        );

        for state in [
            AccountState::Starting,
            AccountState::Connected,
            AccountState::Reconnecting,
            AccountState::Connected,
            AccountState::Paused,
        ] {
            test.clock.advance(Duration::from_mins(1));
            report(&test, account, state).await;
        }
        assert_eq!(activity().await.drops, 1, "{}", database.kind);
        test.clock.advance(Duration::from_hours(31 * 24));
        assert_eq!(activity().await.drops, 0, "that is long ago");
    }
}

/// The account comes into a state.
async fn report(test: &TestApp, account: AccountId, state: AccountState) {
    let (organization, now) = (test.caller.organization_id, test.clock.now());
    let new = NewState {
        history_id: pesan_model::id::new_uuid(&*test.clock, &SystemRandom),
        state,
        reason: None,
        is_wanted: false,
    };
    test.app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                store_account::set_state(tx, organization, account, &new, now).await?;
                Ok(())
            })
        })
        .await
        .expect("written");
}

fn message_in_group(test: &TestApp) -> InboundMessage {
    InboundMessage {
        chat: "120363000000000001@g.us".parse().expect("a group"),
        ..message(test, "G", "halo semua")
    }
}

#[tokio::test]
async fn chats_that_begin_are_given_to_whom_their_account_says() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let sari = User {
            id: UserId::new(&*test.clock, &SystemRandom),
            organization_id: test.caller.organization_id,
            email: "sari@example.com".into(),
            name: "Sari".into(),
            role: Role::Agent,
            created_at: test.clock.now(),
        };
        let colleague = sari.clone();
        test.app
            .store
            .write(move |tx| Box::pin(async move { user::insert(tx, &colleague, "x").await }))
            .await
            .expect("a colleague");
        let (team, _) = teams::create(&test.app, &test.caller, ("Donatur".into(), vec![]), None)
            .await
            .expect("a team");
        receive_message(&test, account, message(&test, "A", "halo")).await;
        let give_to = async |assignee_id, team_id| {
            let change = AccountChange {
                assignee_id: Some(assignee_id),
                team_id: Some(team_id),
                ..AccountChange::default()
            };
            accounts::update(&test.app, &test.caller, account, change).await
        };
        let set = give_to(Some(sari.id), Some(team.id)).await.expect("set");
        assert_eq!(
            (set.assignee_id, set.team_id),
            (Some(sari.id), Some(team.id)),
            "{}",
            database.kind
        );
        let nobody = UserId::new(&*test.clock, &SystemRandom);
        let refused = give_to(Some(nobody), None).await.expect_err("refused");
        assert_eq!(pointers(refused), ["/assignee_id"]);
        assert_eq!(chats(&test).await[0].assignee_id, None, "what was there before stays");

        send(&test, text(account, "+62 800-0000-0077", "halo")).await;
        let begun = chats(&test).await.into_iter().find(|chat| chat.assignee_id.is_some());
        let begun = begun.expect("given to somebody");
        assert_eq!((begun.assignee_id, begun.team_id), (Some(sari.id), Some(team.id)));
        let log = inbox::chat_log(&test.app, &test.caller, begun.id, None, 10)
            .await
            .expect("a log");
        assert_eq!(log.len(), 2, "{log:?}");
        let names = test.event_names().await;
        assert!(
            names.ends_with(&["contact.created", "chat.updated", "message.queued"]),
            "{names:?}"
        );
        let counters = inbox::counters(&test.app, &test.caller).await.expect("counted");
        assert_eq!((counters.total.open, counters.total.unassigned), (2, 1));

        let of_history = InboundMessage {
            chat: "6280000000079".parse().expect("a number"),
            sender: Person {
                phone: "6280000000079".parse().ok(),
                ..Person::default()
            },
            from_history: true,
            ..message(&test, "H", "dulu")
        };
        receive_message(&test, account, of_history).await;
        assert_eq!(chats(&test).await.len(), 3);
        let given = chats(&test)
            .await
            .iter()
            .filter(|chat| chat.assignee_id.is_some())
            .count();
        assert_eq!(
            given, 1,
            "{}: what a phone had before is nobody's new work",
            database.kind
        );
        receive_message(&test, account, message_in_group(&test)).await;
        let group = chats(&test)
            .await
            .into_iter()
            .find(|chat| chat.is_group)
            .expect("a group");
        assert_eq!((group.assignee_id, group.team_id), (Some(sari.id), Some(team.id)));

        teams::delete(&test.app, &test.caller, team.id).await.expect("deleted");
        users::delete(&test.app, &test.caller, sari.id).await.expect("deleted");
        let left = accounts::get(&test.app, &test.caller, account).await.expect("there");
        assert_eq!((left.assignee_id, left.team_id), (None, None), "{}", database.kind);
        send(&test, text(account, "+62 800-0000-0078", "halo")).await;
        assert!(chats(&test).await.iter().all(|chat| chat.assignee_id.is_none()));
    }
}
