//! Reminders, and that each tells once.

use std::time::Duration;

use pesan_app::reminders::{self, Filter, NewReminder, ReminderChange};
use pesan_app::{Caller, Error, Principal, Signal, jobs};
use pesan_model::access::User;
use pesan_model::reminder::{Reminder, ReminderStatus};
use pesan_model::{Clock, ContactId, Event, Role, SystemRandom, UserId};
use pesan_store::job::{self, Claim};
use pesan_store::{testing, user};

use crate::people::{chats, person};
use crate::support::{TestApp, within};

const SITI: &str = "6280000000001";
const HOUR: Duration = Duration::from_hours(1);

async fn colleague(test: &TestApp, name: &str) -> Caller {
    let user = User {
        id: UserId::new(&*test.clock, &SystemRandom),
        organization_id: test.caller.organization_id,
        email: format!("{name}@example.com"),
        name: name.to_owned(),
        role: Role::Agent,
        created_at: test.clock.now(),
    };
    let caller = Caller {
        principal: Principal::User(user.id),
        permissions: Caller::permissions_of(Role::Agent),
        ..test.caller.clone()
    };
    test.app
        .store
        .write(move |tx| Box::pin(async move { user::insert(tx, &user, "x").await }))
        .await
        .expect("a colleague");
    caller
}

fn user_of(caller: &Caller) -> UserId {
    let Principal::User(id) = caller.principal else {
        panic!("a user")
    };
    id
}

fn new(test: &TestApp, contact_id: ContactId, wait: Duration) -> NewReminder {
    NewReminder {
        owner_id: None,
        contact_id: Some(contact_id),
        chat_id: None,
        text: "telepon balik".into(),
        due_at: test.clock.now().plus(wait),
        time_zone: Some("Asia/Jakarta".parse().expect("a zone")),
    }
}

async fn make(test: &TestApp, caller: &Caller, new: NewReminder) -> Reminder {
    reminders::create(&test.app, caller, new, None).await.expect("made").0
}

async fn update(test: &TestApp, reminder: &Reminder, change: ReminderChange) -> Reminder {
    reminders::update(&test.app, &test.caller, reminder.id, change)
        .await
        .expect("changed")
}

fn run(test: &TestApp) {
    test.app.lifecycle.spawn("remind", jobs::remind::run(test.app.clone()));
}

/// Moves the clock and lets the work be looked at.
fn pass(test: &TestApp, time: Duration) {
    test.clock.advance(time);
    test.app.bus.publish(Signal::Jobs(job::REMIND));
}

async fn waiting(test: &TestApp) -> u64 {
    test.app
        .store
        .read(|tx| Box::pin(async move { job::count(tx, job::REMIND).await }))
        .await
        .expect("counted")
}

/// Waits until no reminder waits in the queue.
async fn all_told(test: &TestApp) {
    let mut signals = test.app.bus.subscribe();
    within(async {
        while waiting(test).await > 0 {
            let _ = signals.recv().await;
        }
    })
    .await;
}

async fn told(test: &TestApp) -> usize {
    let names = test.event_names().await;
    names.iter().filter(|name| **name == "reminder.due").count()
}

#[tokio::test]
async fn a_reminder_tells_once_when_its_time_has_come() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let sari = colleague(&test, "Sari").await;
        let siti = person(&test, account, SITI, "Siti").await;
        run(&test);
        let made = make(&test, &sari, new(&test, siti, HOUR)).await;
        assert_eq!(
            (made.owner_id, made.about.as_deref()),
            (Some(user_of(&sari)), Some("Siti"))
        );
        assert_eq!((made.status, made.fired_at), (ReminderStatus::Open, None));
        pass(&test, HOUR / 2);
        assert_eq!(told(&test).await, 0, "{}", database.kind);
        pass(&test, HOUR / 2);
        let due = test.wait_for_events("reminder.due", 1).await;
        let Event::ReminderDue(due) = &due[0].event else {
            panic!("a reminder")
        };
        assert_eq!((due.id, due.fired_at), (made.id, Some(test.clock.now())));
        assert_eq!(waiting(&test).await, 0);
        pass(&test, HOUR);
        let done = ReminderChange {
            status: Some(ReminderStatus::Done),
            ..ReminderChange::default()
        };
        update(&test, &made, done).await;
        assert_eq!(told(&test).await, 1);
        test.stop().await;
    }
}

#[tokio::test]
async fn after_a_crash_a_reminder_tells_once_as_well() {
    for database in testing::both().await {
        let first = TestApp::new(&database).await;
        let (account, _) = first.account(None).await;
        let sari = colleague(&first, "Sari").await;
        let siti = person(&first, account, SITI, "Siti").await;
        make(&first, &sari, new(&first, siti, HOUR)).await;
        first.clock.advance(HOUR);
        // The process ends right after it claimed the work.
        let (start, now) = (first.app.settings.start.clone(), first.clock.now());
        let claimed = first
            .app
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let claim = Claim {
                        claimed_by: &start,
                        now,
                        limit: 10,
                    };
                    job::claim_any(tx, job::REMIND, &claim).await
                })
            })
            .await
            .expect("claimed");
        assert_eq!(claimed.len(), 1, "{}", database.kind);
        first.clock.advance(Duration::from_secs(1));
        let again = TestApp::start(&database, first.clock.clone(), first.caller.organization_id).await;
        let (settings, now) = (again.app.settings.clone(), again.app.clock.now());
        again
            .app
            .store
            .write(move |tx| {
                Box::pin(async move { job::rescue_orphans(tx, &settings.node, &settings.start, now).await })
            })
            .await
            .expect("rescued");
        run(&again);
        again.wait_for_events("reminder.due", 1).await;
        all_told(&again).await;
        pass(&again, HOUR);
        assert_eq!(told(&again).await, 1);
        again.stop().await;
    }
}

#[tokio::test]
async fn what_was_done_tells_nothing_and_what_was_put_off_tells_later() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let sari = colleague(&test, "Sari").await;
        let siti = person(&test, account, SITI, "Siti").await;
        run(&test);
        let done = make(&test, &sari, new(&test, siti, HOUR)).await;
        let change = ReminderChange {
            status: Some(ReminderStatus::Done),
            ..ReminderChange::default()
        };
        update(&test, &done, change).await;
        let later = make(&test, &sari, new(&test, siti, HOUR)).await;
        let snooze = |due_at| ReminderChange {
            due_at: Some(due_at),
            ..ReminderChange::default()
        };
        update(&test, &later, snooze(test.clock.now().plus(3 * HOUR))).await;
        pass(&test, 2 * HOUR);
        let marker = make(&test, &sari, new(&test, siti, HOUR / 2)).await;
        pass(&test, HOUR / 2);
        let first = test.wait_for_events("reminder.due", 1).await;
        assert!(
            matches!(&first[0].event, Event::ReminderDue(due) if due.id == marker.id),
            "{}",
            database.kind
        );
        pass(&test, HOUR);
        test.wait_for_events("reminder.due", 2).await;
        // Once told, it can be put off and tells again.
        let again = update(&test, &later, snooze(test.clock.now().plus(HOUR))).await;
        assert_eq!(again.fired_at, None);
        pass(&test, HOUR);
        let all = test.wait_for_events("reminder.due", 3).await;
        assert!(matches!(&all[2].event, Event::ReminderDue(due) if due.id == later.id));
        test.stop().await;
    }
}

#[tokio::test]
async fn lists_are_of_one_owner_of_all_or_of_what_is_due() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let (sari, budi) = (colleague(&test, "Sari").await, colleague(&test, "Budi").await);
        let siti = person(&test, account, SITI, "Siti").await;
        let chat = chats(&test).await[0].id;
        let late = make(&test, &sari, new(&test, siti, 3 * HOUR)).await;
        let soon = make(
            &test,
            &sari,
            NewReminder {
                contact_id: None,
                chat_id: Some(chat),
                ..new(&test, siti, HOUR)
            },
        )
        .await;
        assert_eq!((soon.contact_id, soon.chat_id), (Some(siti), Some(chat)));
        let of_budi = make(
            &test,
            &sari,
            NewReminder {
                owner_id: Some(user_of(&budi)),
                ..new(&test, siti, 2 * HOUR)
            },
        )
        .await;
        let list = async |filter: Filter| {
            let wanted = (ReminderStatus::Open, filter);
            let page = reminders::list(&test.app, &test.caller, wanted, None, 50)
                .await
                .expect("listed");
            page.into_iter().map(|reminder| reminder.id).collect::<Vec<_>>()
        };
        assert_eq!(
            list(Filter::default()).await,
            [soon.id, of_budi.id, late.id],
            "{}",
            database.kind
        );
        let mine = Filter {
            owner_id: Some(user_of(&sari)),
            ..Filter::default()
        };
        assert_eq!(list(mine).await, [soon.id, late.id]);
        let due = Filter {
            due_by: Some(test.clock.now().plus(2 * HOUR)),
            ..Filter::default()
        };
        assert_eq!(list(due).await, [soon.id, of_budi.id]);
        let of_chat = Filter {
            chat_id: Some(chat),
            contact_id: Some(siti),
            ..Filter::default()
        };
        assert_eq!(list(of_chat).await, [soon.id]);
        let first = reminders::list(
            &test.app,
            &test.caller,
            (ReminderStatus::Open, Filter::default()),
            None,
            1,
        )
        .await;
        let first = &first.expect("listed")[0];
        let place = Some((first.due_at, first.id));
        let rest = reminders::list(
            &test.app,
            &test.caller,
            (ReminderStatus::Open, Filter::default()),
            place,
            50,
        )
        .await;
        assert_eq!(rest.expect("listed").len(), 2);

        // Whoever is removed leaves their reminders to the others.
        let (organization, id) = (test.caller.organization_id, user_of(&budi));
        test.app
            .store
            .write(move |tx| Box::pin(async move { user::delete(tx, organization, id).await }))
            .await
            .expect("removed");
        let left = reminders::get(&test.app, &test.caller, of_budi.id)
            .await
            .expect("still there");
        assert_eq!(left.owner_id, None);
    }
}

#[tokio::test]
async fn a_wrong_reminder_is_refused_with_every_wrong_field() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let sari = colleague(&test, "Sari").await;
        let siti = person(&test, account, SITI, "Siti").await;
        let refused =
            async |caller: &Caller, new: NewReminder| match reminders::create(&test.app, caller, new, None).await {
                Err(Error::Invalid(errors)) => errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>(),
                other => panic!("it is refused: {other:?}"),
            };
        let past = NewReminder {
            owner_id: Some(uuid::Uuid::from_u128(7).into()),
            text: "  ".into(),
            due_at: test.clock.now(),
            ..new(&test, siti, HOUR)
        };
        assert_eq!(
            refused(&sari, past).await,
            ["/due_at", "/owner_id", "/text"],
            "{}",
            database.kind
        );
        assert_eq!(
            refused(&sari, new(&test, siti, Duration::from_hours(11 * 366 * 24))).await,
            ["/due_at"]
        );
        let about_nobody = NewReminder {
            contact_id: None,
            ..new(&test, siti, HOUR)
        };
        assert_eq!(refused(&sari, about_nobody).await, ["/contact_id"]);
        assert_eq!(
            refused(&test.caller, new(&test, siti, HOUR)).await,
            ["/owner_id"],
            "a program has no reminders"
        );
        assert_eq!(waiting(&test).await, 0);
    }
}

#[tokio::test]
async fn the_chats_of_a_person_are_listed_while_a_reminder_about_them_is_due() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let (other_account, _) = test.account(None).await;
        let sari = colleague(&test, "Sari").await;
        let siti = person(&test, account, SITI, "Siti").await;
        person(&test, account, "6280000000002", "Budi").await;
        run(&test);
        let due = async || {
            let filter = pesan_app::inbox::Filter {
                reminder_due_only: true,
                ..pesan_app::inbox::Filter::default()
            };
            let listed = pesan_app::inbox::chats(&test.app, &test.caller, filter, None, 50)
                .await
                .expect("listed");
            let counters = pesan_app::inbox::counters(&test.app, &test.caller)
                .await
                .expect("counted");
            assert_eq!(counters.total.reminder_due, listed.len() as u64);
            assert!(
                listed
                    .iter()
                    .all(|chat| chat.reminder_due && chat.contact_id == Some(siti))
            );
            listed.len()
        };
        let made = make(&test, &sari, new(&test, siti, HOUR)).await;
        assert_eq!(due().await, 0, "{}", database.kind);
        pass(&test, HOUR);
        test.wait_for_events("reminder.due", 1).await;
        all_told(&test).await;
        assert_eq!(due().await, 1);
        crate::people::write(&test, other_account, (SITI, "Siti"), "halo lagi").await;
        assert_eq!(due().await, 2, "a new chat with them too");
        let later = ReminderChange {
            due_at: Some(test.clock.now().plus(HOUR)),
            ..ReminderChange::default()
        };
        update(&test, &made, later).await;
        assert_eq!(due().await, 0, "it was put off");
        pass(&test, HOUR);
        test.wait_for_events("reminder.due", 2).await;
        all_told(&test).await;
        assert_eq!(due().await, 2);
        let done = ReminderChange {
            status: Some(ReminderStatus::Done),
            ..ReminderChange::default()
        };
        let before = test.event_names().await.len();
        update(&test, &made, done).await;
        assert_eq!(due().await, 0);
        let names = test.event_names().await.split_off(before);
        assert_eq!(names, ["reminder.updated", "chat.updated", "chat.updated"]);
        test.stop().await;
    }
}
