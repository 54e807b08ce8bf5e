//! Transactions, the queue and the event log, on both databases.

use std::time::Duration;

use pesan_model::chat::Contact;
use pesan_model::{Clock, ContactId, Event, EventId, JobId, MockClock, OrganizationId, SystemRandom, Timestamp};
use pesan_store::job::{self, Claim, NewJob};
use pesan_store::organization::{self, Organization};
use pesan_store::{Error, Store, StoreOptions, event, testing};
use uuid::Uuid;

const KIND: &str = "test";
/// Longer than anything should take; only ever waited for when a test fails.
const DEADLINE: Duration = Duration::from_secs(30);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

async fn organization(store: &Store, clock: &MockClock) -> OrganizationId {
    let id = OrganizationId::new(clock, &SystemRandom);
    let now = clock.now();
    store
        .write(move |tx| {
            Box::pin(async move {
                let organization = Organization {
                    id,
                    name: "Test".into(),
                    data_key: vec![1],
                    master_key_id: "m".into(),
                };
                organization::insert(tx, &organization, now).await
            })
        })
        .await
        .expect("inserted");
    id
}

fn clock() -> MockClock {
    MockClock::at(Timestamp::from_millis(1_700_000_000_000))
}

fn contact_event(clock: &MockClock) -> (EventId, Event) {
    let contact = Contact {
        id: ContactId::new(clock, &SystemRandom),
        name: "Siti".into(),
        own_name: None,
        push_name: None,
        phone: None,
        other_numbers: Vec::new(),
        lid: None,
        language: None,
        opted_out_at: None,
        fields: pesan_model::custom_field::FieldValues::new(),
        tag_ids: vec![],
        erased_at: None,
        created_at: clock.now(),
    };
    (EventId::new(clock, &SystemRandom), Event::ContactCreated(contact))
}

#[tokio::test]
async fn a_failed_write_leaves_nothing_and_does_not_disturb_its_neighbours() {
    for database in testing::both().await {
        let store = database.open().await;
        let clock = clock();
        let good = organization(&store, &clock).await;
        let bad = OrganizationId::new(&clock, &SystemRandom);
        let failing = store.write::<(), Error, _>(move |tx| {
            Box::pin(async move {
                let organization = Organization {
                    id: bad,
                    name: "x".into(),
                    data_key: vec![],
                    master_key_id: "m".into(),
                };
                organization::insert(tx, &organization, Timestamp::from_millis(0)).await?;
                organization::insert(tx, &organization, Timestamp::from_millis(0)).await
            })
        });
        let (failed, neighbour) = tokio::join!(failing, organization(&store, &clock));
        assert!(matches!(failed, Err(Error::Conflict)), "{}: {failed:?}", database.kind);
        let ids = store
            .read(|tx| Box::pin(async move { organization::list_ids(tx).await }))
            .await
            .expect("listed");
        assert!(
            ids.contains(&good) && ids.contains(&neighbour) && !ids.contains(&bad),
            "{}",
            database.kind
        );
    }
}

/// With less a commit that was answered could be gone after a power cut, and nothing else here would notice.
#[tokio::test]
async fn what_sqlite_commits_is_on_the_disk() {
    const FULL: i64 = 2;
    let database = testing::sqlite();
    let store = database.open().await;
    assert_eq!(testing::durability(&store).await, (FULL, "wal".to_owned()));
}

#[tokio::test]
async fn a_panic_in_a_write_is_undone_and_the_store_goes_on() {
    for database in testing::both().await {
        let store = database.open().await;
        let clock = clock();
        let failed = store
            .write::<(), Error, _>(|tx| {
                Box::pin(async move {
                    organization::get(tx, OrganizationId::from(id(9)))
                        .await
                        .expect("a panic on purpose");
                    Ok(())
                })
            })
            .await;
        assert!(matches!(failed, Err(Error::Panicked)), "{}: {failed:?}", database.kind);
        organization(&store, &clock).await;
    }
}

/// Opens a database whose work shares one connection, so that whatever is left on it is met by the next.
async fn narrow(database: &testing::TestDatabase) -> Store {
    let mut options = database.options.clone();
    if let StoreOptions::Postgres { max_connections, .. } = &mut options {
        *max_connections = 1;
    }
    Store::open(&options).await.expect("opens")
}

/// Stops waiting for `work` when everybody else has had `turns` turns.
async fn give_up<T>(work: impl Future<Output = T>, turns: usize) {
    let others = async {
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        _ = work => {}
        () = others => {}
    }
}

#[tokio::test]
async fn who_stops_waiting_leaves_nothing_behind() {
    for database in testing::both().await {
        let (store, clock) = (narrow(&database).await, clock());
        for turns in 0..60 {
            let read = store.read(|tx| Box::pin(async move { organization::list_ids(tx).await }));
            give_up(read, turns).await;
            organization(&store, &clock).await;
        }
    }
}

#[tokio::test]
async fn a_write_is_carried_out_although_nobody_waits_for_it() {
    for database in testing::both().await {
        let (store, clock) = (narrow(&database).await, clock());
        for turns in 1..20 {
            give_up(organization(&store, &clock), turns).await;
        }
        let all = async {
            loop {
                let ids = store.read::<_, Error, _>(|tx| Box::pin(async move { organization::list_ids(tx).await }));
                if ids.await.expect("listed").len() == 19 {
                    return;
                }
            }
        };
        let in_time = tokio::time::timeout(DEADLINE, all).await;
        assert!(in_time.is_ok(), "{}", database.kind);
    }
}

#[tokio::test]
async fn data_survives_closing_and_a_newer_schema_is_refused() {
    for database in testing::both().await {
        let clock = clock();
        let store = database.open().await;
        let kept = organization(&store, &clock).await;
        store.close().await;
        let store = database.open().await;
        let found = store
            .read(move |tx| Box::pin(async move { organization::get(tx, kept).await }))
            .await;
        assert_eq!(found.expect("still there").name, "Test");
        store.close().await;
        if let StoreOptions::Sqlite { path } = &database.options {
            let connection = rusqlite_write(path);
            drop(connection);
            let refused = Store::open(&database.options).await;
            assert!(matches!(refused, Err(Error::Version(_))));
        }
    }
}

/// Pretends that a newer version migrated this file.
fn rusqlite_write(path: &std::path::Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(path).expect("opens");
    connection
        .execute("INSERT INTO schema_migration (name) VALUES ('9999_future')", [])
        .expect("inserted");
    connection
}

async fn add(store: &Store, clock: &MockClock, organization: OrganizationId, lane: u128, subject: u128) {
    let job = NewJob {
        id: JobId::new(clock, &SystemRandom),
        organization_id: organization,
        kind: KIND,
        partition: id(1),
        lane: id(lane),
        subject: id(subject),
        run_at: clock.now(),
    };
    clock.advance_millis(1);
    let now = clock.now();
    store
        .write(move |tx| Box::pin(async move { job::insert(tx, &job, now).await }))
        .await
        .expect("added");
}

async fn claim(store: &Store, clock: &MockClock) -> Vec<job::Job> {
    let now = clock.now();
    store
        .write(move |tx| {
            Box::pin(async move {
                job::claim_partition(
                    tx,
                    KIND,
                    id(1),
                    &Claim {
                        claimed_by: "node/1",
                        now,
                        limit: 10,
                    },
                )
                .await
            })
        })
        .await
        .expect("claimed")
}

fn subjects(jobs: &[job::Job]) -> Vec<u128> {
    jobs.iter().map(|job| job.subject().as_u128()).collect()
}

#[tokio::test]
async fn a_lane_gives_out_its_head_only_and_in_order() {
    for database in testing::both().await {
        let (store, clock) = (database.open().await, clock());
        let organization = organization(&store, &clock).await;
        for (lane, subject) in [(7, 70), (7, 71), (8, 80), (7, 72)] {
            add(&store, &clock, organization, lane, subject).await;
        }
        add(&store, &clock, organization, 7, 70).await; // the same subject again: nothing happens
        let first = claim(&store, &clock).await;
        assert_eq!(subjects(&first), [70, 80], "{}", database.kind);
        assert!(
            claim(&store, &clock).await.is_empty(),
            "running work is not claimed again"
        );
        let head = first[0].clone();
        store
            .write(move |tx| Box::pin(async move { job::finish(tx, KIND, &head).await }))
            .await
            .expect("done");
        let second = claim(&store, &clock).await;
        assert_eq!(subjects(&second), [71], "{}", database.kind);
        assert_eq!(second[0].attempts(), 1);
        let cancelled = store
            .write(|tx| Box::pin(async move { job::finish_subject(tx, KIND, id(72)).await }))
            .await;
        assert!(cancelled.expect("cancelled"));
        let left = store
            .read(|tx| Box::pin(async move { job::count_partition(tx, KIND, id(1)).await }))
            .await;
        assert_eq!(left.expect("counted"), 2);
    }
}

#[tokio::test]
async fn a_head_that_waits_holds_its_lane_and_no_other() {
    for database in testing::both().await {
        let (store, clock) = (database.open().await, clock());
        let organization = organization(&store, &clock).await;
        for (lane, subject) in [(7, 70), (7, 71), (8, 80)] {
            add(&store, &clock, organization, lane, subject).await;
        }
        let heads = claim(&store, &clock).await;
        let (waiting, later) = (heads[0].clone(), clock.now().plus(std::time::Duration::from_secs(10)));
        store
            .write(move |tx| Box::pin(async move { job::retry_at(tx, &waiting, later).await }))
            .await
            .expect("given back");
        assert!(claim(&store, &clock).await.is_empty(), "71 waits behind 70");
        let due = store
            .read(|tx| Box::pin(async move { job::next_due(tx, KIND, Some(id(1))).await }))
            .await;
        assert_eq!(due.expect("read"), Some(later));
        clock.advance_millis(10_000);
        let again = claim(&store, &clock).await;
        assert_eq!((subjects(&again), again[0].attempts()), (vec![70], 2));
        let (snoozed, later) = (again[0].clone(), clock.now().plus(std::time::Duration::from_mins(1)));
        store
            .write(move |tx| Box::pin(async move { job::snooze_until(tx, &snoozed, later).await }))
            .await
            .expect("snoozed");
        let now = clock.now();
        let woken = store
            .write(move |tx| Box::pin(async move { job::wake_partition(tx, KIND, id(1), now).await }))
            .await;
        assert_eq!(woken.expect("woken"), 1);
        assert_eq!(
            claim(&store, &clock).await[0].attempts(),
            2,
            "a snoozed try does not count"
        );
    }
}

#[tokio::test]
async fn work_of_an_earlier_start_is_given_back() {
    for database in testing::both().await {
        let (store, clock) = (database.open().await, clock());
        let organization = organization(&store, &clock).await;
        add(&store, &clock, organization, 7, 70).await;
        assert_eq!(claim(&store, &clock).await.len(), 1);
        let now = clock.now();
        for (start, expected) in [("node/1", 0), ("node/2", 1)] {
            let rescued = store
                .write(move |tx| Box::pin(async move { job::rescue_orphans(tx, "node", start, now).await }))
                .await;
            assert_eq!(rescued.expect("rescued"), expected, "{} {start}", database.kind);
        }
        assert_eq!(claim(&store, &clock).await[0].attempts(), 2);
    }
}

#[tokio::test]
async fn lanes_never_lose_their_head_under_concurrent_writers() {
    for database in testing::both().await {
        let (store, clock) = (database.open().await, clock());
        let organization = organization(&store, &clock).await;
        let adders = (0..40_u128).map(|subject| add(&store, &clock, organization, 7, 100 + subject));
        futures::future::join_all(adders).await;
        let mut done = 0;
        while let Some(head) = claim(&store, &clock).await.into_iter().next() {
            let finish = store.write(move |tx| Box::pin(async move { job::finish(tx, KIND, &head).await }));
            let (finished, ()) = tokio::join!(finish, async {
                if done < 20 {
                    add(&store, &clock, organization, 7, 1_000 + done).await;
                }
            });
            finished.expect("finished");
            done += 1;
        }
        assert_eq!(done, 60, "{}", database.kind);
    }
}

#[tokio::test]
async fn events_have_places_without_gaps_in_the_order_of_commit() {
    for database in testing::both().await {
        let (store, clock) = (database.open().await, clock());
        let organization = organization(&store, &clock).await;
        let writers = (0..30).map(|_| {
            let (first, second, now) = (contact_event(&clock), contact_event(&clock), clock.now());
            store.write(move |tx| {
                Box::pin(async move { event::append(tx, organization, vec![first, second], now).await })
            })
        });
        for logged in futures::future::join_all(writers).await {
            let logged = logged.expect("appended");
            assert_eq!(logged[0].seq + 1, logged[1].seq, "events of one commit stand together");
        }
        let all = store
            .read(move |tx| Box::pin(async move { event::list_after(tx, organization, 0, 100).await }))
            .await;
        let seqs: Vec<_> = all.expect("listed").iter().map(|event| event.seq).collect();
        assert_eq!(seqs, (1..=60).collect::<Vec<_>>(), "{}", database.kind);
        let page = store
            .read(move |tx| Box::pin(async move { event::list_after(tx, organization, 58, 1).await }))
            .await;
        assert_eq!(page.expect("listed")[0].seq, 59);
        let last = store
            .read(move |tx| Box::pin(async move { event::last_seq(tx, organization).await }))
            .await;
        assert_eq!(last.expect("read"), 60);
    }
}
