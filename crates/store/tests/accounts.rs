//! Accounts, leases, session records and number checks, on both databases.

use std::time::Duration;

use pesan_model::account::Account;
use pesan_model::pacing::{Bucket, Pacing};
use pesan_model::{
    AccountId, AccountState, Clock, JobId, MockClock, OrganizationId, ProviderKind, ReasonCode, SystemRandom, Timestamp,
};
use pesan_store::account::{Identity, NewState};
use pesan_store::job::{self, Claim, NewJob, SEND_MESSAGE};
use pesan_store::lease::Holder;
use pesan_store::number_check::StoredCheck;
use pesan_store::organization::Organization;
use pesan_store::session_record::{Place, Write};
use pesan_store::{
    Error, Keyring, MasterKey, OrganizationKey, Store, account, lease, number_check, organization, session_record,
    testing,
};
use uuid::Uuid;

struct Fixture {
    store: Store,
    clock: MockClock,
    organization: OrganizationId,
    key: OrganizationKey,
}

/// Runs a transaction whose body is an expression on `$tx`.
macro_rules! write {
    ($store:expr, |$tx:ident| $body:expr) => {
        $store
            .write::<_, Error, _>(move |$tx| Box::pin(async move { $body.await }))
            .await
    };
}

async fn fixture(store: Store) -> Fixture {
    let clock = MockClock::at(Timestamp::from_millis(1_700_000_000_000));
    let organization = OrganizationId::new(&clock, &SystemRandom);
    let (key, data_key) = Keyring::new(MasterKey::new([7; 32])).create(organization, &SystemRandom);
    let row = Organization {
        id: organization,
        name: "Test".into(),
        data_key,
        master_key_id: "m".into(),
    };
    let now = clock.now();
    write!(store, |tx| organization::insert(tx, &row, now)).expect("inserted");
    Fixture {
        store,
        clock,
        organization,
        key,
    }
}

impl Fixture {
    async fn account(&self, name: &str) -> AccountId {
        let now = self.clock.now();
        let new = Account {
            id: AccountId::new(&self.clock, &SystemRandom),
            name: name.into(),
            provider: ProviderKind::LinkedDevice,
            state: AccountState::Created,
            reason: None,
            advice: AccountState::Created.advice().into(),
            state_since: now,
            phone: None,
            lid: None,
            push_name: None,
            pacing: Some(Pacing::default()),
            queued: 0,
            assignee_id: None,
            team_id: None,
            limited_until: None,
            last_connected_at: None,
            created_at: now,
        };
        let (organization, id) = (self.organization, new.id);
        write!(self.store, |tx| account::insert(tx, organization, &new)).expect("inserted");
        id
    }

    async fn get(&self, id: AccountId) -> Result<Account, Error> {
        let organization = self.organization;
        write!(self.store, |tx| account::get(tx, organization, id))
    }

    async fn set_state(&self, id: AccountId, state: AccountState, is_wanted: bool) {
        let (organization, now) = (self.organization, self.clock.now());
        let new = NewState {
            history_id: pesan_model::id::new_uuid(&self.clock, &SystemRandom),
            state,
            reason: Some(ReasonCode::PausedByUser.into()),
            is_wanted,
        };
        write!(self.store, |tx| account::set_state(tx, organization, id, &new, now)).expect("set");
    }

    async fn acquire(&self, id: AccountId, owner: &'static str) -> Option<i64> {
        let now = self.clock.now();
        let until = now.plus(Duration::from_secs(12));
        write!(self.store, |tx| lease::acquire(tx, id, owner, now, until)).expect("answered")
    }

    async fn available(&self, node: &'static str) -> Vec<AccountId> {
        let now = self.clock.now();
        write!(self.store, |tx| account::list_available(tx, node, now))
            .expect("listed")
            .into_iter()
            .map(|(id, _)| id)
            .collect()
    }

    fn put(&self, id: AccountId, kind: &'static str, key: &[u8], value: &[u8]) -> Write {
        let place = Place {
            kind,
            key: key.to_vec(),
        };
        let sealed = session_record::seal(&self.key, id, &place, value, &SystemRandom);
        Write::Put {
            place,
            sealed,
            expires_at: None,
        }
    }

    async fn records(&self, id: AccountId, owner: &'static str, epoch: i64, writes: Vec<Write>) -> Result<(), Error> {
        write!(self.store, |tx| session_record::write(
            tx,
            &Holder {
                account_id: id,
                owner,
                epoch
            },
            writes
        ))
    }

    /// Keys and opened values of a kind that start with `prefix`.
    async fn list(&self, id: AccountId, kind: &'static str, prefix: &'static [u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let found = write!(self.store, |tx| session_record::list(tx, id, kind, prefix)).expect("listed");
        found
            .into_iter()
            .map(|(key, sealed)| {
                let value = session_record::open(&self.key, id, kind, &key, &sealed).expect("opens");
                (key, value)
            })
            .collect()
    }
}

#[tokio::test]
async fn accounts_are_kept_listed_changed_and_deleted() {
    for database in testing::both().await {
        let test = fixture(database.open().await).await;
        let (first, second) = (test.account("Shop").await, test.account("Help").await);
        let organization = test.organization;
        let found = test.get(first).await.expect("found");
        assert_eq!((found.name.as_str(), found.pacing), ("Shop", Some(Pacing::default())));
        let foreign = OrganizationId::from(Uuid::from_u128(9));
        let hidden = write!(test.store, |tx| account::get(tx, foreign, first));
        assert!(matches!(hidden, Err(Error::NotFound { what: "account" })));
        let page = write!(test.store, |tx| account::list(tx, organization, None, 1)).expect("listed");
        assert_eq!(page[0].id, first);
        let page = write!(test.store, |tx| account::list(tx, organization, Some(first), 5)).expect("listed");
        assert_eq!(page.iter().map(|account| account.id).collect::<Vec<_>>(), [second]);

        write!(test.store, |tx| account::set_name(tx, organization, first, "Bakery")).expect("renamed");
        let renamed = write!(test.store, |tx| account::set_name(tx, foreign, first, "Mine"));
        assert!(renamed.is_err(), "a foreign account is not renamed");
        let identity = Identity {
            phone: Some("+628000000001".into()),
            ..Identity::default()
        };
        write!(test.store, |tx| account::set_identity(
            tx,
            organization,
            first,
            &identity
        ))
        .expect("kept");
        let identity = Identity {
            lid: Some("100000000001@lid".into()),
            ..Identity::default()
        };
        write!(test.store, |tx| account::set_identity(
            tx,
            organization,
            first,
            &identity
        ))
        .expect("kept");
        let at = test.clock.now();
        write!(test.store, |tx| account::set_last_connected(
            tx,
            organization,
            first,
            at
        ))
        .expect("kept");
        let new = job::NewJob {
            id: JobId::new(&test.clock, &SystemRandom),
            organization_id: organization,
            kind: job::SEND_MESSAGE,
            partition: first.uuid(),
            lane: Uuid::from_u128(3),
            subject: Uuid::from_u128(4),
            run_at: at,
        };
        write!(test.store, |tx| job::insert(tx, &new, at)).expect("queued");
        let found = test.get(first).await.expect("found");
        assert_eq!((found.name.as_str(), found.queued), ("Bakery", 1));
        assert_eq!(found.phone.as_deref(), Some("+628000000001"), "what is not told stays");
        assert_eq!(found.lid.as_deref(), Some("100000000001@lid"));
        assert_eq!(found.last_connected_at, Some(at));

        write!(test.store, |tx| account::delete(tx, organization, first, at)).expect("deleted");
        assert!(test.get(first).await.is_err() && test.get(second).await.is_ok());
        let left = write!(test.store, |tx| job::count(tx, job::SEND_MESSAGE)).expect("counted");
        assert_eq!(left, 0, "its waiting work is gone");
        let again = write!(test.store, |tx| account::delete(tx, organization, first, at));
        assert!(matches!(again, Err(Error::NotFound { .. })));
    }
}

#[tokio::test]
async fn states_have_a_history_and_say_what_should_run() {
    for database in testing::both().await {
        let test = fixture(database.open().await).await;
        let id = test.account("Shop").await;
        let organization = test.organization;
        assert!(test.available("a").await.is_empty(), "a new account does not run");
        test.set_state(id, AccountState::Starting, true).await;
        test.clock.advance_millis(5);
        test.set_state(id, AccountState::Connected, true).await;
        assert_eq!(test.available("a").await, [id]);
        let all = write!(test.store, |tx| account::history(tx, organization, id, None, 10)).expect("listed");
        let states: Vec<_> = all.iter().map(|(_, change)| change.state).collect();
        assert_eq!(states, [AccountState::Connected, AccountState::Starting]);
        let newest = all[0].0;
        let older = write!(test.store, |tx| account::history(
            tx,
            organization,
            id,
            Some(newest),
            10
        ))
        .expect("listed");
        assert_eq!(older.len(), 1);
        assert_eq!(
            older[0].1.reason.as_ref().map(|reason| reason.code.as_str()),
            Some("paused_by_user")
        );
        test.set_state(id, AccountState::Paused, false).await;
        assert!(test.available("a").await.is_empty());
        let counts = write!(test.store, |tx| account::count_by_state(tx)).expect("counted");
        assert_eq!(counts, [(AccountState::Paused, 1)]);
        let wanted = write!(test.store, |tx| account::wanted(tx, id)).expect("read");
        assert!(wanted.is_none());
    }
}

#[tokio::test]
async fn the_bucket_is_kept_and_filled_when_the_pacing_changes() {
    for database in testing::both().await {
        let test = fixture(database.open().await).await;
        let id = test.account("Shop").await;
        let (organization, now) = (test.organization, test.clock.now());
        let (pacing, bucket) = write!(test.store, |tx| account::bucket(tx, id)).expect("read");
        assert_eq!(pacing, Some(Pacing::default()));
        assert_eq!(bucket, Bucket::full(Pacing::default(), now));
        let taken = bucket.take(Pacing::default(), now).expect("full");
        write!(test.store, |tx| account::set_bucket(tx, id, taken)).expect("kept");
        let (_, bucket) = write!(test.store, |tx| account::bucket(tx, id)).expect("read");
        assert_eq!(bucket, taken);
        let faster = Pacing {
            per_minute: 60,
            burst: 5,
        };
        write!(test.store, |tx| account::set_pacing(
            tx,
            organization,
            id,
            Some(faster),
            now
        ))
        .expect("set");
        let found = write!(test.store, |tx| account::bucket(tx, id)).expect("read");
        assert_eq!(found, (Some(faster), Bucket::full(faster, now)));
        write!(test.store, |tx| account::set_pacing(tx, organization, id, None, now)).expect("off");
        let (pacing, _) = write!(test.store, |tx| account::bucket(tx, id)).expect("read");
        assert_eq!(pacing, None);
    }
}

#[tokio::test]
async fn what_a_node_had_claimed_that_runs_nothing_any_more_is_given_back() {
    for database in testing::both().await {
        let test = fixture(database.open().await).await;
        let id = test.account("Shop").await;
        assert_eq!(test.acquire(id, "a").await, Some(1));
        let new = NewJob {
            id: JobId::new(&test.clock, &SystemRandom),
            organization_id: test.organization,
            kind: SEND_MESSAGE,
            partition: id.uuid(),
            lane: id.uuid(),
            subject: id.uuid(),
            run_at: test.clock.now(),
        };
        let now = test.clock.now();
        write!(test.store, |tx| job::insert(tx, &new, now)).expect("added");
        let claim = || {
            let claim = Claim {
                claimed_by: "a/1",
                now,
                limit: 1,
            };
            write_claim(&test.store, id, claim)
        };
        assert_eq!(claim().await, 1);
        let rescue = |now| rescue_by_b(&test.store, now);
        assert_eq!(rescue(now).await, 0, "{}: a runs an account", database.kind);
        assert_eq!(
            rescue(now.plus(Duration::from_secs(13))).await,
            1,
            "{}: a runs none",
            database.kind
        );
        assert_eq!(claim().await, 1);
        for (start, expected) in [("a/1", 0), ("b/1", 1)] {
            let taken = write!(test.store, |tx| job::take_over_partition(
                tx,
                SEND_MESSAGE,
                id.uuid(),
                start
            ));
            assert_eq!(taken.expect("answered"), expected, "{} {start}", database.kind);
        }
    }
}

async fn rescue_by_b(store: &Store, now: Timestamp) -> u64 {
    write!(store, |tx| job::rescue_orphans(tx, "b", "b/1", now)).expect("answered")
}

async fn write_claim(store: &Store, id: AccountId, claim: Claim<'static>) -> usize {
    let claimed = write!(store, |tx| async {
        job::claim_partition(tx, SEND_MESSAGE, id.uuid(), &claim).await
    });
    claimed.expect("claimed").len()
}

#[tokio::test]
async fn a_lease_has_one_holder_and_an_epoch_that_only_grows() {
    for database in testing::both().await {
        let test = fixture(database.open().await).await;
        let id = test.account("Shop").await;
        test.set_state(id, AccountState::Starting, true).await;
        assert_eq!(test.acquire(id, "a").await, Some(1));
        assert_eq!(test.acquire(id, "b").await, None, "it is held");
        assert!(test.available("b").await.is_empty());
        assert_eq!(
            test.acquire(id, "a").await,
            Some(2),
            "a restart of the holder takes it at once"
        );
        test.clock.advance(Duration::from_secs(10));
        let until = test.clock.now().plus(Duration::from_secs(12));
        let renewed = write!(test.store, |tx| lease::renew_all(tx, "a", until)).expect("renewed");
        assert_eq!(renewed, [(id, 2)]);
        test.clock.advance(Duration::from_secs(11));
        assert_eq!(test.acquire(id, "b").await, None, "it was renewed");
        test.clock.advance(Duration::from_secs(2));
        assert_eq!(test.available("b").await, [id]);
        assert_eq!(test.acquire(id, "b").await, Some(3), "its holder is late");
        let renewed = write!(test.store, |tx| lease::renew_all(tx, "a", until)).expect("answered");
        assert!(renewed.is_empty(), "the old holder has nothing to renew");
        write!(test.store, |tx| lease::release(
            tx,
            &Holder {
                account_id: id,
                owner: "a",
                epoch: 2
            }
        ))
        .expect("does nothing");
        assert_eq!(
            write!(test.store, |tx| lease::list(tx, "b")).expect("listed")[0].epoch(),
            3
        );
        write!(test.store, |tx| lease::release(
            tx,
            &Holder {
                account_id: id,
                owner: "b",
                epoch: 3
            }
        ))
        .expect("released");
        assert_eq!(test.acquire(id, "a").await, Some(4), "a released lease is free at once");
        write!(test.store, |tx| lease::revoke(tx, id)).expect("revoked");
        let revoked = write!(test.store, |tx| lease::get(tx, id))
            .expect("read")
            .expect("is there");
        assert_eq!((revoked.owner(), revoked.epoch()), ("", 5));
    }
}

#[tokio::test]
async fn records_are_written_read_listed_and_deleted_in_order() {
    for database in testing::both().await {
        let test = fixture(database.open().await).await;
        let id = test.account("Shop").await;
        let epoch = test.acquire(id, "a").await.expect("free");
        let many = (0..200_u16)
            .map(|number| test.put(id, "session", &number.to_be_bytes(), &number.to_be_bytes()))
            .collect();
        test.records(id, "a", epoch, many).await.expect("written");
        let keys: Vec<_> = [5_u16, 300, 0, 199]
            .iter()
            .map(|number| number.to_be_bytes().to_vec())
            .collect();
        let found = write!(test.store, |tx| session_record::get(tx, id, "session", &keys)).expect("read");
        assert_eq!(found.len(), 3);
        let opened = session_record::open(&test.key, id, "session", &[0, 5], &found[&vec![0, 5]]).expect("opens");
        assert_eq!(opened, [0, 5]);
        assert!(
            session_record::open(&test.key, id, "session", &[0, 6], &found[&vec![0, 5]]).is_err(),
            "a value opens in its own place only"
        );

        let prefix = |prefix: &[u8]| Write::DeletePrefix {
            kind: "session",
            prefix: prefix.to_vec(),
        };
        let delete = |key: &[u8]| {
            Write::Delete(Place {
                kind: "session",
                key: key.to_vec(),
            })
        };
        let writes = vec![
            test.put(id, "session", b"\xff\xff1", b"first"),
            test.put(id, "session", b"\xff\xff1", b"second"),
            test.put(id, "session", b"\xff\xff2", b"gone"),
            test.put(id, "other", b"\xff\xff2", b"kept"),
            delete(b"\xff\xff2"),
            prefix(&[0]),
            test.put(id, "session", &[0, 1], b"again"),
        ];
        test.records(id, "a", epoch, writes).await.expect("written");
        let all = test.list(id, "session", b"").await;
        assert_eq!(
            all,
            [
                (vec![0, 1], b"again".to_vec()),
                (b"\xff\xff1".to_vec(), b"second".to_vec())
            ],
            "{}",
            database.kind
        );
        assert_eq!(test.list(id, "session", b"\xff").await.len(), 1);
        assert_eq!(test.list(id, "other", b"\xff\xff").await.len(), 1);
        let deletes = vec![delete(&[0, 1]), delete(b"\xff\xff1"), delete(b"never there")];
        test.records(id, "a", epoch, deletes).await.expect("written");
        let left = write!(test.store, |tx| session_record::count(tx, id)).expect("counted");
        assert_eq!(left, 1);
        let deletes =
            async |kept| write!(test.store, |tx| session_record::delete_all_but(tx, id, kept)).expect("deleted");
        assert_eq!(deletes("other").await, 0);
        assert_eq!(deletes("session").await, 1);
        assert!(test.list(id, "other", b"").await.is_empty());
    }
}

#[tokio::test]
async fn records_are_taken_once_and_expire() {
    for database in testing::both().await {
        let test = fixture(database.open().await).await;
        let id = test.account("Shop").await;
        let epoch = test.acquire(id, "a").await.expect("free");
        let now = test.clock.now();
        let mut dated = test.put(id, "sent", b"old", b"x");
        if let Write::Put { expires_at, .. } = &mut dated {
            *expires_at = Some(now.minus(Duration::from_millis(1)));
        }
        let mut later = test.put(id, "sent", b"later", b"x");
        if let Write::Put { expires_at, .. } = &mut later {
            *expires_at = Some(now);
        }
        let writes = vec![dated, later, test.put(id, "sent", b"ever", b"x")];
        test.records(id, "a", epoch, writes).await.expect("written");
        let gone = write!(test.store, |tx| session_record::delete_expired(
            tx,
            &Holder {
                account_id: id,
                owner: "a",
                epoch
            },
            "sent",
            now
        ))
        .expect("deleted");
        assert_eq!(gone, 1);
        for expected in [true, false] {
            let place = Place {
                kind: "sent",
                key: b"ever".to_vec(),
            };
            let taken = write!(test.store, |tx| session_record::take(
                tx,
                &Holder {
                    account_id: id,
                    owner: "a",
                    epoch
                },
                &place
            ))
            .expect("taken");
            assert_eq!(taken.is_some(), expected);
        }
    }
}

#[tokio::test]
async fn nothing_is_written_without_the_lease() {
    for database in testing::both().await {
        let test = fixture(database.open().await).await;
        let id = test.account("Shop").await;
        let epoch = test.acquire(id, "a").await.expect("free");
        test.records(id, "a", epoch, vec![test.put(id, "k", b"1", b"x")])
            .await
            .expect("written");
        test.clock.advance(Duration::from_secs(13));
        let newer = test.acquire(id, "b").await.expect("late");
        for (owner, epoch) in [("a", epoch), ("a", newer), ("b", epoch)] {
            let refused = test
                .records(id, owner, epoch, vec![test.put(id, "k", b"1", b"y")])
                .await;
            assert!(
                matches!(refused, Err(Error::Fenced)),
                "{}: {owner} {epoch}",
                database.kind
            );
            let place = Place {
                kind: "k",
                key: b"1".to_vec(),
            };
            let refused = write!(test.store, |tx| session_record::take(
                tx,
                &Holder {
                    account_id: id,
                    owner,
                    epoch
                },
                &place
            ));
            assert!(matches!(refused, Err(Error::Fenced)));
            let now = test.clock.now();
            let refused = write!(test.store, |tx| session_record::delete_expired(
                tx,
                &Holder {
                    account_id: id,
                    owner,
                    epoch
                },
                "k",
                now
            ));
            assert!(matches!(refused, Err(Error::Fenced)));
        }
        assert_eq!(test.list(id, "k", b"").await, [(b"1".to_vec(), b"x".to_vec())]);
    }
}

#[tokio::test]
async fn a_number_check_is_kept_for_a_while() {
    for database in testing::both().await {
        let test = fixture(database.open().await).await;
        let id = test.account("Shop").await;
        let now = test.clock.now();
        let phone: pesan_model::Phone = "+62 800-0000-0001".parse().expect("a number");
        let absent = StoredCheck::new(None, None, now.minus(Duration::from_secs(1)));
        let there = StoredCheck::new(Some("628000000001@s.whatsapp.net".into()), None, now);
        let asked = phone.clone();
        write!(test.store, |tx| number_check::put(tx, id, &asked, &absent)).expect("kept");
        let asked = phone.clone();
        let found = write!(test.store, |tx| number_check::get(tx, id, &asked, now)).expect("read");
        assert!(found.is_none(), "too old");
        let asked = phone.clone();
        write!(test.store, |tx| number_check::put(tx, id, &asked, &there)).expect("kept");
        let found = write!(test.store, |tx| number_check::get(tx, id, &phone, now)).expect("read");
        let found = found.expect("fresh");
        assert_eq!(found.address(), Some("628000000001@s.whatsapp.net"));
        assert_eq!((found.lid(), found.checked_at()), (None, now));
    }
}
