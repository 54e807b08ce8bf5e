//! Accounts that run: states, reconnects, leases. Waits end when the test says so, and the clock stands still.

mod links;
mod records;
mod relinked;

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use pesan_app::accounts::{self, NewAccount};
use pesan_app::fleet::{Fleet, FleetOptions, Timer};
use pesan_app::{Error, Signal};
use pesan_model::account::Account;
use pesan_model::reconnect::Disconnect;
use pesan_model::{AccountId, AccountState, Clock, JobId, SystemRandom};
use pesan_providers::fake::{End, FakeConnector, FakeProvider};
use pesan_providers::inbound::Identity;
use pesan_providers::session_records::HISTORY;
use pesan_providers::{
    Connection, Connector, InboundSink, Provider, ProviderError, RecordError, RecordKind, RecordWrite, SessionRecords,
};
use pesan_store::testing::{self, TestDatabase};
use pesan_store::{job, lease, session_record};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

use crate::support::{TestApp, within};

const KIND: RecordKind = RecordKind("device");

/// Sleeps end when the test says so.
#[derive(Default)]
struct MockTimer {
    sleepers: Mutex<Vec<(Duration, oneshot::Sender<()>)>>,
    changed: watch::Sender<u64>,
}

impl Timer for MockTimer {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration.is_zero() {
            return Box::pin(std::future::ready(()));
        }
        let (wake, woken) = oneshot::channel();
        self.sleepers.lock().push((duration, wake));
        self.changed.send_modify(|count| *count += 1);
        Box::pin(async move {
            // Sleeps for ever when the test has ended.
            if woken.await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

impl MockTimer {
    /// Ends the first sleep of such a length, as soon as there is one, and says how long it was meant to be.
    async fn finish(&self, length: RangeInclusive<Duration>) -> Duration {
        let mut changed = self.changed.subscribe();
        let find = || {
            let mut sleepers = self.sleepers.lock();
            sleepers.retain(|(_, wake)| !wake.is_closed());
            // What the fleet does now and then is only meant when it is asked for exactly.
            let is_regular = |duration| (duration == RENEW || duration == WATCH) && length.start() != length.end();
            let found = sleepers
                .iter()
                .position(|(sleep, _)| length.contains(sleep) && !is_regular(*sleep))?;
            Some(sleepers.remove(found))
        };
        within(async {
            loop {
                changed.mark_unchanged();
                if let Some((duration, wake)) = find() {
                    wake.send(()).expect("just looked whether it sleeps");
                    return duration;
                }
                changed.changed().await.expect("the sender is in self");
            }
        })
        .await
    }

    /// Ends sleeps of exactly this length until `fact` is there, and those that wait for a busy database.
    async fn tick_until<T>(&self, length: Duration, fact: impl Future<Output = T>) -> T {
        let mut fact = std::pin::pin!(fact);
        loop {
            tokio::select! {
                biased;
                fact = &mut fact => return fact,
                _ = self.finish(length..=length) => {}
                _ = self.finish(DATABASE_PAUSE..=DATABASE_PAUSE) => {}
            }
        }
    }
}

/// A fake connector that keeps the records each connection was given, and can fail.
struct TestConnector {
    fake: Arc<FakeConnector>,
    records: Mutex<HashMap<AccountId, Arc<dyn SessionRecords>>>,
    is_broken: AtomicBool,
}

#[async_trait]
impl Connector for TestConnector {
    async fn open(
        &self,
        account: AccountId,
        records: Arc<dyn SessionRecords>,
        sink: Arc<dyn InboundSink>,
    ) -> Result<Arc<dyn Provider>, ProviderError> {
        if self.is_broken.load(Ordering::SeqCst) {
            return Err(ProviderError::Failed("broken by the test".into()));
        }
        self.records.lock().insert(account, records.clone());
        self.fake.open(account, records, sink).await
    }
}

/// An application with a fleet.
struct Node {
    test: TestApp,
    fleet: Fleet,
    timer: Arc<MockTimer>,
    connector: Arc<TestConnector>,
}

const DATABASE_PAUSE: Duration = Duration::from_secs(1);
const RENEW: Duration = Duration::from_secs(3);
const WATCH: Duration = Duration::from_millis(500);
const AT_ONCE: usize = 4;

impl Node {
    async fn new(database: &TestDatabase) -> Self {
        Self::on(TestApp::new(database).await)
    }

    fn on(test: TestApp) -> Self {
        let timer = Arc::new(MockTimer::default());
        let connector = Arc::new(TestConnector {
            fake: FakeConnector::new(),
            records: Mutex::default(),
            is_broken: AtomicBool::new(false),
        });
        let options = FleetOptions {
            starting_at_once: AT_ONCE,
            timer: timer.clone(),
        };
        let fleet = Fleet::start(&test.app, connector.clone(), options);
        Self {
            test,
            fleet,
            timer,
            connector,
        }
    }

    /// Another process on the same database.
    async fn another(&self, database: &TestDatabase, name: &str) -> Self {
        let (clock, organization) = (self.test.clock.clone(), self.test.caller.organization_id);
        Self::on(TestApp::start_node(database, clock, organization, name).await)
    }

    async fn create(&self) -> AccountId {
        let new = NewAccount::named("Kantor");
        accounts::create(&self.test.app, &self.test.caller, new, None)
            .await
            .expect("created")
            .account
            .id
    }

    async fn connect(&self, id: AccountId) {
        accounts::connect(&self.test.app, &self.test.caller, id)
            .await
            .expect("wanted");
    }

    /// The account's connection number `number`.
    async fn provider(&self, id: AccountId, number: usize) -> Arc<FakeProvider> {
        within(self.connector.fake.wait_for(id, number)).await
    }

    /// A new account that is connected.
    async fn connected(&self) -> (AccountId, Arc<FakeProvider>) {
        let id = self.create().await;
        self.connect(id).await;
        let provider = self.provider(id, 1).await;
        provider.connection(Connection::Connected(identity())).await;
        self.wait_for_state(id, AccountState::Connected).await;
        (id, provider)
    }

    async fn get(&self, id: AccountId) -> Account {
        accounts::get(&self.test.app, &self.test.caller, id)
            .await
            .expect("found")
    }

    async fn wait_for_state(&self, id: AccountId, state: AccountState) -> Account {
        self.wait_for(id, |account| account.state == state).await
    }

    /// Waits until the account is as it should be, and returns it.
    async fn wait_for(&self, id: AccountId, is_so: impl Fn(&Account) -> bool) -> Account {
        let mut signals = self.test.app.bus.subscribe();
        within(async {
            loop {
                let account = self.get(id).await;
                if is_so(&account) {
                    return account;
                }
                // Lagging is a hint like any other.
                let _ = signals.recv().await;
            }
        })
        .await
    }

    /// Waits until nothing runs here any more.
    async fn wait_until_idle(&self) {
        within(async {
            while self.fleet.running() > 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Each state with the code of its reason, oldest first.
    async fn history(&self, id: AccountId) -> Vec<(AccountState, Option<String>)> {
        let page = accounts::history(&self.test.app, &self.test.caller, id, None, 100)
            .await
            .expect("listed");
        let entry = |(_, change): (Uuid, pesan_model::account::StateChange)| {
            (change.state, change.reason.map(|reason| reason.code))
        };
        page.into_iter().rev().map(entry).collect()
    }

    fn records(&self, id: AccountId) -> Arc<dyn SessionRecords> {
        self.connector.records.lock().get(&id).cloned().expect("it was opened")
    }

    async fn lease_owner(&self, id: AccountId) -> String {
        let found = self
            .test
            .app
            .store
            .read(move |tx| Box::pin(async move { lease::get(tx, id).await }))
            .await;
        found
            .expect("read")
            .map(|lease| lease.owner().to_owned())
            .unwrap_or_default()
    }

    async fn record_count(&self, id: AccountId) -> u64 {
        let count = self
            .test
            .app
            .store
            .read(move |tx| Box::pin(async move { session_record::count(tx, id).await }))
            .await;
        count.expect("counted")
    }

    async fn stop(self) {
        self.test.stop().await;
    }
}

fn identity() -> Identity {
    Identity {
        phone: "628000000001".parse().ok(),
        lid: Some("100000000001@lid".into()),
        push_name: Some("Kantor".into()),
    }
}

fn put(key: &[u8], value: &[u8]) -> RecordWrite {
    put_as(KIND, key, value)
}

fn put_as(kind: RecordKind, key: &[u8], value: &[u8]) -> RecordWrite {
    RecordWrite::Put {
        kind,
        key: key.to_vec(),
        value: value.to_vec(),
        expires_at: None,
    }
}

fn qr(code: &str) -> Connection {
    Connection::Qr {
        code: code.into(),
        valid_for: Duration::from_secs(20),
    }
}

fn states(history: &[(AccountState, Option<String>)]) -> Vec<AccountState> {
    history.iter().map(|(state, _)| *state).collect()
}

#[tokio::test]
async fn an_account_is_linked_by_qr_and_every_step_is_in_its_history() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let app = node.test.app.clone();
        let mut signals = app.bus.subscribe();
        let id = node.create().await;
        node.connect(id).await;
        let provider = node.provider(id, 1).await;
        provider.connection(Connection::Connecting).await;
        provider.connection(qr("first")).await;
        node.wait_for_state(id, AccountState::NeedScan).await;
        let shown = accounts::qr(&app, &node.test.caller, id).await.expect("a code");
        assert_eq!(
            (shown.code.as_str(), shown.expires_at),
            ("first", node.test.clock.now().plus(Duration::from_secs(20)))
        );
        within(async { while signals.recv().await != Ok(Signal::Qr(node.test.caller.organization_id, id)) {} }).await;
        node.test.clock.advance(Duration::from_secs(20));
        let expired = accounts::qr(&app, &node.test.caller, id).await;
        assert!(
            matches!(expired, Err(Error::Conflict { code: "no_qr", .. })),
            "{}",
            database.kind
        );
        node.test.clock.advance_millis(-20_000);
        provider.connection(qr("second")).await;
        within(async { while signals.recv().await != Ok(Signal::Qr(node.test.caller.organization_id, id)) {} }).await;
        assert_eq!(
            accounts::qr(&app, &node.test.caller, id).await.expect("a code").code,
            "second"
        );

        provider.connection(Connection::Paired(identity())).await;
        provider
            .connection(Connection::Disconnected(Disconnect::RestartRequired))
            .await;
        // The server asks for a new connection after linking; that is not worth a word.
        let provider = node.provider(id, 2).await;
        provider.connection(Connection::Syncing).await;
        assert!(node.fleet.provider(id).is_none(), "it is not ready yet");
        provider.connection(Connection::Connected(identity())).await;
        let account = node.wait_for_state(id, AccountState::Connected).await;
        assert!(node.fleet.provider(id).is_some());
        assert_eq!(account.phone.as_deref(), Some("+628000000001"));
        assert_eq!(
            (account.lid.as_deref(), account.push_name.as_deref()),
            (Some("100000000001@lid"), Some("Kantor"))
        );
        assert_eq!(account.last_connected_at, Some(node.test.clock.now()));
        assert!(app.connections.qr(id, node.test.clock.now()).is_none());
        let expected = [
            (AccountState::Created, None),
            (AccountState::Starting, Some("connect_requested".to_owned())),
            (AccountState::NeedScan, None),
            (AccountState::Syncing, None),
            (AccountState::Connected, None),
        ];
        assert_eq!(node.history(id).await, expected);
        let told = node.test.event_names().await;
        assert_eq!(
            told.iter().filter(|name| **name == "account.state_changed").count(),
            expected.len() - 1
        );
        node.stop().await;
    }
}

#[tokio::test]
async fn each_disconnect_is_answered_as_the_table_says() {
    use AccountState::{Banned, LoggedOut, Reconnecting, Restricted};
    let retried = [
        (Disconnect::Lost, 1, Reconnecting, "connection_lost"),
        (Disconnect::Silent, 1, Reconnecting, "no_reception"),
        (Disconnect::RestartRequired, 0, Reconnecting, "stream_error_515"),
        (Disconnect::Replaced, 300, Reconnecting, "stream_replaced"),
        (Disconnect::Outdated, 3600, Reconnecting, "client_outdated"),
        (Disconnect::Refused(405), 3600, Reconnecting, "refused_405"),
        (Disconnect::Refused(429), 60, Reconnecting, "refused_429"),
        (Disconnect::Refused(503), 5, Reconnecting, "refused_503"),
        (Disconnect::Refused(999), 5, Reconnecting, "refused_999"),
        (
            Disconnect::TemporaryBan {
                code: 101,
                seconds: 7200,
            },
            7200,
            Restricted,
            "temporary_ban_101",
        ),
    ];
    let stopped = [
        (Disconnect::LoggedOut, LoggedOut, "logged_out_401"),
        (Disconnect::Refused(401), LoggedOut, "refused_401"),
        (Disconnect::Refused(403), Banned, "refused_403"),
        (Disconnect::Refused(406), Banned, "refused_406"),
        (Disconnect::NotScanned, AccountState::Created, "qr_not_scanned"),
    ];
    for database in testing::both().await {
        let node = Node::new(&database).await;
        for (disconnect, base, state, code) in retried.clone() {
            let (id, provider) = node.connected().await;
            node.records(id)
                .write(vec![put(b"creds", b"secret")])
                .await
                .expect("written");
            provider.connection(Connection::Disconnected(disconnect.clone())).await;
            if base > 0 {
                let account = node.wait_for_state(id, state).await;
                assert_eq!(account.reason.expect("a reason").code, code);
                assert!(node.fleet.provider(id).is_none());
                let full = Duration::from_secs(base);
                let least = if state == Restricted { full } else { full / 2 };
                node.timer.finish(least..=full).await;
            }
            let provider = node.provider(id, 2).await;
            provider.connection(Connection::Connected(identity())).await;
            node.wait_for_state(id, AccountState::Connected).await;
            let history = node.history(id).await;
            assert_eq!(
                history[history.len() - 2],
                (state, Some(code.to_owned())),
                "{disconnect:?}"
            );
            assert_eq!(node.record_count(id).await, 1, "credentials are kept: {disconnect:?}");
            accounts::pause(&node.test.app, &node.test.caller, id)
                .await
                .expect("paused");
            within(provider.wait_for_end()).await;
        }
        node.wait_until_idle().await;
        for (disconnect, state, code) in stopped.clone() {
            let (id, provider) = node.connected().await;
            node.records(id)
                .write(vec![put(b"creds", b"secret")])
                .await
                .expect("written");
            provider.connection(Connection::Disconnected(disconnect)).await;
            let account = node.wait_for_state(id, state).await;
            assert_eq!(account.reason.expect("a reason").code, code);
            node.wait_until_idle().await;
            assert_eq!(node.lease_owner(id).await, "", "{}", database.kind);
            assert_eq!(node.record_count(id).await, 1, "credentials are kept");
            assert!(node.fleet.provider(id).is_none());
        }
        node.stop().await;
    }
}

const BAN: Duration = Duration::from_secs(7_200);

/// An account whose number WhatsApp has just limited for two hours.
async fn banned(node: &Node) -> AccountId {
    let (id, provider) = node.connected().await;
    let ban = Disconnect::TemporaryBan {
        code: 101,
        seconds: BAN.as_secs(),
    };
    provider.connection(Connection::Disconnected(ban)).await;
    node.wait_for_state(id, AccountState::Restricted).await;
    id
}

#[tokio::test]
async fn a_ban_is_sat_out_by_the_next_start_of_the_process_too() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let (clock, organization) = (node.test.clock.clone(), node.test.caller.organization_id);
        let id = banned(&node).await;
        node.stop().await;
        clock.advance(Duration::from_secs(3_000));
        let node = Node::on(TestApp::start(&database, clock.clone(), organization).await);
        let rest = Duration::from_secs(4_200);
        node.timer.finish(rest..=rest).await;
        assert!(node.connector.fake.opened().is_empty(), "{}: too early", database.kind);
        let provider = node.provider(id, 1).await;
        provider.connection(Connection::Connected(identity())).await;
        node.wait_for_state(id, AccountState::Connected).await;
        let history = node.history(id).await;
        let expected = [
            (AccountState::Restricted, Some("temporary_ban_101".to_owned())),
            (AccountState::Starting, Some("limit_over".to_owned())),
            (AccountState::Connected, None),
        ];
        assert_eq!(history[history.len() - 3..], expected);
        node.stop().await;
        let node = Node::on(TestApp::start(&database, clock, organization).await);
        node.provider(id, 1).await;
        assert_eq!(
            node.history(id).await.last().map(|(state, _)| *state),
            Some(AccountState::Starting)
        );
        node.stop().await;
    }
}

#[tokio::test]
async fn a_ban_is_not_cut_short_by_pausing_and_connecting() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let id = banned(&node).await;
        accounts::pause(&node.test.app, &node.test.caller, id)
            .await
            .expect("paused");
        node.wait_until_idle().await;
        node.connect(id).await;
        let is_limited = |account: &Account| {
            account.state == AccountState::Restricted
                && account
                    .reason
                    .as_ref()
                    .is_some_and(|reason| reason.code == "temporary_ban")
        };
        let account = node.wait_for(id, is_limited).await;
        assert_eq!(
            account.limited_until,
            Some(node.test.clock.now().plus(BAN)),
            "{}",
            database.kind
        );
        assert_eq!(
            account.reason.expect("a reason").detail,
            "WhatsApp limits this number for 120 more minutes."
        );
        assert_eq!(node.connector.fake.opened().len(), 1, "{}: too early", database.kind);
        node.timer.finish(BAN..=BAN).await;
        node.provider(id, 2).await;
        node.stop().await;
    }
}

#[tokio::test]
async fn waits_grow_until_a_connection_was_good_for_a_while() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let (id, mut provider) = node.connected().await;
        for (round, (least, most)) in [(500, 1_000), (1_000, 2_000), (2_000, 4_000)].into_iter().enumerate() {
            provider.connection(Connection::Disconnected(Disconnect::Lost)).await;
            node.timer
                .finish(Duration::from_millis(least)..=Duration::from_millis(most))
                .await;
            provider = node.provider(id, round + 2).await;
        }
        provider.connection(Connection::Connected(identity())).await;
        node.wait_for_state(id, AccountState::Connected).await;
        // Renewed while the minute passes, so that the lease is not lost.
        for _ in 0..10 {
            node.timer.finish(RENEW..=RENEW).await;
            node.timer.finish(RENEW..=RENEW).await;
            node.test.clock.advance(Duration::from_secs(6));
        }
        provider.connection(Connection::Disconnected(Disconnect::Lost)).await;
        node.timer
            .finish(Duration::from_millis(500)..=Duration::from_secs(1))
            .await;
        node.provider(id, 5).await;
        node.stop().await;
    }
}

#[tokio::test]
async fn an_account_is_paused_and_goes_on_when_somebody_connects_it() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let (id, provider) = node.connected().await;
        node.records(id)
            .write(vec![put(b"creds", b"secret")])
            .await
            .expect("written");
        let paused = accounts::pause(&node.test.app, &node.test.caller, id)
            .await
            .expect("paused");
        assert_eq!(paused.state, AccountState::Paused);
        // What the connection says now comes too late.
        provider.connection(Connection::Connected(identity())).await;
        assert_eq!(
            within(provider.wait_for_end()).await,
            End::ShutDown,
            "{}",
            database.kind
        );
        node.wait_until_idle().await;
        assert_eq!(
            (node.get(id).await.state, node.lease_owner(id).await.as_str()),
            (AccountState::Paused, "")
        );
        assert!(node.fleet.provider(id).is_none());
        node.connect(id).await;
        let provider = node.provider(id, 2).await;
        provider.connection(Connection::Connected(identity())).await;
        node.wait_for_state(id, AccountState::Connected).await;
        assert_eq!(node.record_count(id).await, 1, "it is still linked");
        node.stop().await;
    }
}

#[tokio::test]
async fn a_pause_is_heard_when_the_next_try_begins_at_the_same_moment() {
    // Only SQLite has readers that can be held up so; it is the fleet that is looked at, not the database.
    let database = testing::sqlite();
    let node = Node::new(&database).await;
    let (id, provider) = node.connected().await;
    provider.connection(Connection::Disconnected(Disconnect::Lost)).await;
    node.wait_for_state(id, AccountState::Reconnecting).await;
    // The database is slow to answer: the look at what is wanted takes longer than what is left of the wait.
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    for _ in 0..8 {
        let (store, held) = (node.test.app.store.clone(), held.clone());
        node.test.app.lifecycle.spawn("slow read", async move {
            let slow = store.read::<_, pesan_store::Error, _>(move |_| {
                Box::pin(async move {
                    // Ends with an error when the test lets go.
                    let _ = held.lock().recv();
                    Ok(())
                })
            });
            slow.await.expect("read");
        });
    }
    tokio::task::yield_now().await;
    accounts::pause(&node.test.app, &node.test.caller, id)
        .await
        .expect("paused");
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    node.timer
        .finish(Duration::from_millis(500)..=Duration::from_secs(1))
        .await;
    node.provider(id, 2).await;
    drop(release);
    node.wait_until_idle().await;
    assert_eq!(node.get(id).await.state, AccountState::Paused);
    node.stop().await;
}

#[tokio::test]
async fn somebody_who_connects_does_not_wait_for_the_next_try() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let (id, provider) = node.connected().await;
        provider
            .connection(Connection::Disconnected(Disconnect::Replaced))
            .await;
        node.wait_for_state(id, AccountState::Reconnecting).await;
        node.connect(id).await;
        let provider = node.provider(id, 2).await;
        provider.connection(Connection::Connected(identity())).await;
        node.wait_for_state(id, AccountState::Connected).await;
        node.stop().await;
    }
}

#[tokio::test]
async fn logging_out_keeps_the_credentials_until_the_account_is_linked_anew() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let (id, provider) = node.connected().await;
        node.records(id)
            .write(vec![put(b"creds", b"secret"), put_as(HISTORY, b"piece", b"of history")])
            .await
            .expect("written");
        accounts::logout(&node.test.app, &node.test.caller, id)
            .await
            .expect("logged out");
        assert_eq!(within(provider.wait_for_end()).await, End::LoggedOut);
        provider
            .connection(Connection::Disconnected(Disconnect::LoggedOut))
            .await;
        node.wait_until_idle().await;
        let account = node.get(id).await;
        assert_eq!(
            account.reason.expect("a reason").code,
            "logged_out_by_user",
            "{}",
            database.kind
        );
        assert_eq!(node.record_count(id).await, 2);
        let old = node.records(id);
        node.connect(id).await;
        assert_eq!(node.record_count(id).await, 1, "linked anew, with nothing of before");
        let left = old.first(HISTORY).await.expect("read");
        let expected = (b"piece".to_vec(), b"of history".to_vec());
        assert_eq!(left, Some(expected), "but what came in");
        let refused = old.write(vec![put(b"creds", b"old")]).await;
        assert!(matches!(refused, Err(RecordError::Fenced)), "{refused:?}");
        let provider = node.provider(id, 2).await;
        provider.connection(qr("new")).await;
        node.wait_for_state(id, AccountState::NeedScan).await;
        let cancelled = accounts::logout(&node.test.app, &node.test.caller, id)
            .await
            .expect("cancelled");
        assert_eq!(
            (cancelled.state, cancelled.reason.expect("a reason").code.as_str()),
            (AccountState::Created, "linking_cancelled")
        );
        within(provider.wait_for_end()).await;
        node.stop().await;
    }
}

#[tokio::test]
async fn the_connection_is_kept_until_whatsapp_has_heard_of_a_log_out() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let (id, provider) = node.connected().await;
        provider.set_logout_hangs(true);
        let fleet_looks = async {
            within(async {
                // Nobody hints at it before WhatsApp has answered.
                while node.get(id).await.state != AccountState::LoggedOut {
                    tokio::task::yield_now().await;
                }
                // The fleet notices by itself, now and then.
                node.test.app.bus.publish(Signal::Account(id));
                while node.fleet.provider(id).is_some() {
                    tokio::task::yield_now().await;
                }
            })
            .await;
            assert_eq!(provider.ended(), None, "{}: it is still needed", database.kind);
            provider.set_logout_hangs(false);
        };
        let (logged_out, ()) = tokio::join!(accounts::logout(&node.test.app, &node.test.caller, id), fleet_looks);
        let account = logged_out.expect("logged out");
        assert_eq!(account.reason.expect("a reason").code, "logged_out_by_user");
        assert_eq!(within(provider.wait_for_end()).await, End::LoggedOut);
        node.wait_until_idle().await;
        let account = node.get(id).await;
        assert_eq!(account.reason.expect("a reason").code, "logged_out_by_user");
        node.stop().await;
    }
}

#[tokio::test]
async fn a_deleted_account_stops_and_leaves_nothing() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let (id, provider) = node.connected().await;
        let records = node.records(id);
        records.write(vec![put(b"creds", b"secret")]).await.expect("written");
        accounts::delete(&node.test.app, &node.test.caller, id)
            .await
            .expect("deleted");
        assert_eq!(within(provider.wait_for_end()).await, End::LoggedOut);
        node.wait_until_idle().await;
        assert_eq!(node.record_count(id).await, 0, "{}", database.kind);
        assert!(matches!(
            records.write(vec![put(b"creds", b"late")]).await,
            Err(RecordError::Fenced)
        ));
        assert!(node.fleet.provider(id).is_none());
        node.stop().await;
    }
}

#[tokio::test]
async fn a_node_that_lost_a_lease_stops_the_device_and_writes_nothing_more() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let (id, provider) = node.connected().await;
        let records = node.records(id);
        node.test
            .app
            .store
            .write(move |tx| Box::pin(async move { lease::revoke(tx, id).await }))
            .await
            .expect("taken away");
        // The device notices by itself when it writes, and the node when it renews.
        let refused = records.write(vec![put(b"creds", b"late")]).await;
        assert!(
            matches!(refused, Err(RecordError::Fenced)),
            "{}: {refused:?}",
            database.kind
        );
        assert_eq!(within(provider.wait_for_end()).await, End::ShutDown);
        let refused = provider.receive(vec![]).await;
        assert!(refused.is_err(), "nothing is acknowledged to WhatsApp either");
        let (second, provider) = node.connected().await;
        node.test
            .app
            .store
            .write(move |tx| Box::pin(async move { lease::revoke(tx, second).await }))
            .await
            .expect("taken away");
        let ended = node.timer.tick_until(RENEW, provider.wait_for_end()).await;
        assert_eq!(ended, End::ShutDown);
        // Nobody else has it, so it comes back.
        node.provider(second, 2).await;
        node.stop().await;
    }
}

#[tokio::test]
async fn a_node_stops_by_itself_when_it_could_not_renew_in_time() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let (id, provider) = node.connected().await;
        let records = node.records(id);
        node.test.clock.advance(Duration::from_millis(7_999));
        records.write(vec![put(b"creds", b"in time")]).await.expect("written");
        node.test.clock.advance(Duration::from_millis(1));
        let ended = node.timer.tick_until(WATCH, provider.wait_for_end()).await;
        assert_eq!(ended, End::ShutDown);
        assert!(matches!(
            records.write(vec![put(b"creds", b"late")]).await,
            Err(RecordError::Fenced)
        ));
        node.stop().await;
    }
}

#[tokio::test]
async fn two_nodes_never_run_the_same_account_and_one_takes_over_from_the_other() {
    for database in testing::both().await {
        let one = Node::new(&database).await;
        let mut ids = Vec::new();
        // All of them may start at once, so that they can be answered in any order.
        for _ in 0..AT_ONCE {
            ids.push(one.create().await);
        }
        let two = one.another(&database, "two").await;
        for id in &ids {
            // Both hear of it at the same moment.
            one.connect(*id).await;
            two.test.app.bus.publish(Signal::Account(*id));
        }
        let mut runs_on_one = Vec::new();
        for id in &ids {
            let (first, second) = (one.connector.fake.wait_for(*id, 1), two.connector.fake.wait_for(*id, 1));
            let (provider, is_one) = within(async {
                tokio::select! {
                    provider = first => (provider, true),
                    provider = second => (provider, false),
                }
            })
            .await;
            provider.connection(Connection::Connected(identity())).await;
            if is_one {
                one.wait_for_state(*id, AccountState::Connected).await;
                runs_on_one.push(*id);
            } else {
                two.wait_for_state(*id, AccountState::Connected).await;
            }
        }
        assert_eq!(
            one.connector.fake.opened().len() + two.connector.fake.opened().len(),
            AT_ONCE,
            "{}",
            database.kind
        );
        let moved: Vec<_> = one.connector.fake.opened();
        one.stop().await;
        assert!(moved.iter().all(|provider| provider.ended() == Some(End::ShutDown)));
        for id in runs_on_one {
            let provider = two.timer.tick_until(RENEW, two.provider(id, 1)).await;
            provider.connection(Connection::Connected(identity())).await;
            two.wait_for_state(id, AccountState::Connected).await;
        }
        assert_eq!(two.fleet.running(), AT_ONCE);
        two.stop().await;
    }
}

#[tokio::test]
async fn the_next_start_of_a_node_takes_its_accounts_over_at_once() {
    for database in testing::both().await {
        let frozen = Node::new(&database).await;
        let (id, old) = frozen.connected().await;
        let (paused, _) = frozen.connected().await;
        accounts::pause(&frozen.test.app, &frozen.test.caller, paused)
            .await
            .expect("paused");
        let records = frozen.records(id);
        let node = frozen.another(&database, "test").await;
        let provider = node.provider(id, 1).await;
        provider.connection(Connection::Connected(identity())).await;
        node.wait_for_state(id, AccountState::Connected).await;
        let history = node.history(id).await;
        let expected = [AccountState::Created, AccountState::Starting, AccountState::Connected];
        assert_eq!(
            states(&history),
            [&expected[..], &expected[1..]].concat(),
            "{}",
            database.kind
        );
        assert_eq!(history[3].1.as_deref(), Some("resumed"));
        assert_eq!(node.connector.fake.opened().len(), 1, "what was paused stays so");
        // The old process comes back to life and can do nothing.
        assert!(matches!(
            records.write(vec![put(b"creds", b"late")]).await,
            Err(RecordError::Fenced)
        ));
        assert_eq!(within(old.wait_for_end()).await, End::ShutDown);
        frozen.stop().await;
        node.stop().await;
    }
}

#[tokio::test]
async fn only_a_few_accounts_start_at_the_same_moment() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let mut ids = Vec::new();
        for _ in 0..20 {
            ids.push(node.create().await);
        }
        for id in &ids {
            node.connect(*id).await;
        }
        let mut opened = 0;
        while opened < ids.len() {
            let all = node.connector.fake.opened();
            assert!(all.len() <= opened + AT_ONCE, "{} are starting", all.len() - opened);
            match all.get(opened) {
                Some(provider) => {
                    provider.connection(Connection::Connected(identity())).await;
                    node.wait_for_state(provider.account(), AccountState::Connected).await;
                    opened += 1;
                }
                None => tokio::task::yield_now().await,
            }
        }
        assert_eq!(node.fleet.running(), 20);
        node.stop().await;
    }
}

#[tokio::test]
async fn an_account_that_hangs_does_not_hold_up_the_others_and_is_tried_again() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let mut ids = Vec::new();
        for _ in 0..=AT_ONCE {
            ids.push(node.create().await);
        }
        for id in &ids[..AT_ONCE] {
            node.connect(*id).await;
        }
        let hanging = node.provider(ids[0], 1).await;
        for id in &ids[1..AT_ONCE] {
            node.provider(*id, 1).await;
        }
        node.connect(ids[AT_ONCE]).await;
        let gate = Duration::from_secs(5);
        for _ in 0..AT_ONCE {
            node.timer.finish(gate..=gate).await;
        }
        node.provider(ids[AT_ONCE], 1).await;
        let start = Duration::from_secs(60);
        // The oldest of these waits are those of the accounts that started first, in any order.
        for _ in 0..AT_ONCE {
            node.timer.finish(start..=start).await;
        }
        let ended = within(hanging.wait_for_end()).await;
        assert_eq!(ended, End::ShutDown);
        let account = node.wait_for_state(ids[0], AccountState::Reconnecting).await;
        assert_eq!(account.reason.expect("a reason").code, "no_reception");
        node.stop().await;
    }
}

#[tokio::test]
async fn a_connection_that_cannot_be_opened_is_tried_again() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        node.connector.is_broken.store(true, Ordering::SeqCst);
        let id = node.create().await;
        node.connect(id).await;
        node.wait_for_state(id, AccountState::Reconnecting).await;
        node.connector.is_broken.store(false, Ordering::SeqCst);
        node.timer
            .finish(Duration::from_millis(500)..=Duration::from_secs(1))
            .await;
        node.provider(id, 1).await;
        node.stop().await;
    }
}

#[tokio::test]
async fn what_waits_to_be_sent_is_due_once_the_account_is_connected() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let id = node.create().await;
        let (organization_id, now) = (node.test.caller.organization_id, node.test.clock.now());
        let later = job::NewJob {
            id: JobId::new(&*node.test.clock, &SystemRandom),
            organization_id,
            kind: job::SEND_MESSAGE,
            partition: id.uuid(),
            lane: Uuid::from_u128(1),
            subject: Uuid::from_u128(2),
            run_at: now.plus(Duration::from_secs(600)),
        };
        node.test
            .app
            .store
            .write(move |tx| Box::pin(async move { job::insert(tx, &later, now).await }))
            .await
            .expect("queued");
        let mut signals = node.test.app.bus.subscribe();
        node.connect(id).await;
        node.provider(id, 1)
            .await
            .connection(Connection::Connected(identity()))
            .await;
        within(async { while signals.recv().await != Ok(Signal::Outbox(id)) {} }).await;
        assert!(node.fleet.provider(id).is_some(), "ready before it is told");
        let due = node
            .test
            .app
            .store
            .read(move |tx| Box::pin(async move { job::next_due(tx, job::SEND_MESSAGE, Some(id.uuid())).await }))
            .await
            .expect("read");
        assert_eq!(due, Some(now), "{}", database.kind);
        node.stop().await;
    }
}

#[tokio::test]
async fn what_an_earlier_connection_still_says_is_not_listened_to() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let (id, old) = node.connected().await;
        old.connection(Connection::Disconnected(Disconnect::RestartRequired))
            .await;
        let new = node.provider(id, 2).await;
        old.connection(Connection::Disconnected(Disconnect::LoggedOut)).await;
        new.connection(Connection::Connected(identity())).await;
        node.wait_for_state(id, AccountState::Connected).await;
        assert_eq!(
            states(&node.history(id).await)[2..],
            [
                AccountState::Connected,
                AccountState::Reconnecting,
                AccountState::Connected
            ]
        );
        node.stop().await;
    }
}
