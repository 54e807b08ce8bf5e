//! An application on an empty database, with one organization.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pesan_app::accounts::{AccountChange, NewAccount};
use pesan_app::context::Parts;
use pesan_app::media::{self, Described, StoredMedia};
use pesan_app::net::{Client, Targets};
use pesan_app::{App, Caller, Error, Settings, inbound, outbox};
use pesan_model::account::Account;
use pesan_model::event::LoggedEvent;
use pesan_model::pacing::Pacing;
use pesan_model::{AccountId, Clock, MockClock, OrganizationId, SystemRandom, Timestamp};
use pesan_providers::fake::FakeProvider;
use pesan_providers::{Connection, Inbound, InboundSink, ReceiveError, Received};
use pesan_store::organization::{self, Organization};
use pesan_store::testing::TestDatabase;
use pesan_store::{Keyring, MasterKey, event, job};

/// Longer than anything should take; only ever waited for when a test fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// An application, its clock and its organization.
pub(crate) struct TestApp {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<MockClock>,
    pub(crate) caller: Caller,
    _data: tempfile::TempDir,
}

impl TestApp {
    /// On this database, with a new organization.
    pub(crate) async fn new(database: &TestDatabase) -> Self {
        let clock = Arc::new(MockClock::at(Timestamp::from_millis(1_700_000_000_000)));
        let organization = OrganizationId::new(&*clock, &SystemRandom);
        let test = Self::start(database, clock, organization).await;
        let (_, data_key) = test.app.keyring().create(organization, &SystemRandom);
        let master_key_id = test.app.keyring().master_key_id().to_owned();
        let row = Organization {
            id: organization,
            name: "Yayasan".into(),
            data_key,
            master_key_id,
        };
        let now = test.clock.now();
        test.app
            .store
            .write(move |tx| Box::pin(async move { organization::insert(tx, &row, now).await }))
            .await
            .expect("an organization");
        test
    }

    /// On a database that already has this organization: what a restart of the process finds.
    pub(crate) async fn start(database: &TestDatabase, clock: Arc<MockClock>, organization: OrganizationId) -> Self {
        Self::start_node(database, clock, organization, "test").await
    }

    /// As [`Self::start`], under another name than the other processes on the database.
    pub(crate) async fn start_node(
        database: &TestDatabase,
        clock: Arc<MockClock>,
        organization: OrganizationId,
        node: &str,
    ) -> Self {
        Self::start_with(database, clock, organization, |settings| {
            settings.start = settings.start.replacen("test/", &format!("{node}/"), 1);
            node.clone_into(&mut settings.node);
        })
        .await
    }

    /// As [`Self::start`], with other settings.
    pub(crate) async fn start_with(
        database: &TestDatabase,
        clock: Arc<MockClock>,
        organization: OrganizationId,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let data = tempfile::tempdir().expect("a temporary folder");
        let mut settings = Settings {
            data_dir: data.path().to_owned(),
            node: "test".into(),
            start: format!("test/{}", clock.now().millis()),
            allow_private_targets: true,
            max_upload_bytes: 32 * 1024 * 1024,
            event_retention: Some(Duration::from_hours(30 * 24)),
            delivery_retention: Some(Duration::from_hours(30 * 24)),
            webhook_waits: pesan_model::retry::WEBHOOK.into(),
            public_url: "http://pesan.example".into(),
            limits: pesan_app::context::Limits::default(),
        };
        change(&mut settings);
        let app = App::new(Parts {
            store: database.open().await,
            clock: clock.clone(),
            random: Arc::new(SystemRandom),
            keyring: Keyring::new(MasterKey::new([7; 32])),
            net: Client::new(Targets::PrivateToo).expect("a client"),
            mail: None,
            settings,
        });
        Self {
            app,
            clock,
            caller: Caller::system(organization),
            _data: data,
        }
    }

    /// A new account with this pace, connected to a scripted provider.
    pub(crate) async fn account(&self, pacing: Option<Pacing>) -> (AccountId, Arc<FakeProvider>) {
        let account: Account = pesan_app::accounts::create(&self.app, &self.caller, NewAccount::named("Kantor"), None)
            .await
            .expect("an account")
            .account;
        let change = AccountChange {
            name: None,
            pacing: Some(pacing),
            ..AccountChange::default()
        };
        pesan_app::accounts::update(&self.app, &self.caller, account.id, change)
            .await
            .expect("its pace");
        let provider = self.connect_anew(account.id);
        (account.id, provider)
    }

    /// A new connection of the account, ready to send.
    pub(crate) fn connect_anew(&self, account: AccountId) -> Arc<FakeProvider> {
        let provider = FakeProvider::new(account, Arc::new(Sink(self.app.clone())));
        self.connect(account, &provider);
        provider
    }

    /// The account is ready to send.
    pub(crate) fn connect(&self, account: AccountId, provider: &Arc<FakeProvider>) {
        self.app.connections.set(account, provider.clone());
        self.app.bus.publish(pesan_app::Signal::Outbox(account));
    }

    /// Stores a file that comes in one piece.
    pub(crate) async fn store_file(&self, bytes: Vec<u8>, described: Described) -> Result<StoredMedia, Error> {
        let piece = futures::stream::iter([Ok::<_, std::io::Error>(bytes.into())]);
        let stored = media::store_stream(&self.app, &self.caller, piece, described, None).await?;
        Ok(stored.media)
    }

    /// Runs the send loop.
    pub(crate) fn run_outbox(&self) {
        self.app.lifecycle.spawn("outbox", outbox::run(self.app.clone()));
    }

    /// Ends the loops, and what they do.
    pub(crate) async fn stop(self) {
        self.app.lifecycle.shut_down(DEADLINE).await;
        self.app.store.close().await;
    }

    /// Every event so far.
    pub(crate) async fn events(&self) -> Vec<LoggedEvent> {
        let organization = self.caller.organization_id;
        self.app
            .store
            .read(move |tx| Box::pin(async move { event::list_after(tx, organization, 0, 10_000).await }))
            .await
            .expect("events")
    }

    /// Their names.
    pub(crate) async fn event_names(&self) -> Vec<&'static str> {
        self.events().await.iter().map(|event| event.event.name()).collect()
    }

    /// Waits until an event with this name was logged `count` times.
    pub(crate) async fn wait_for_events(&self, name: &str, count: usize) -> Vec<LoggedEvent> {
        let mut signals = self.app.bus.subscribe();
        within(async {
            loop {
                let found: Vec<_> = self
                    .events()
                    .await
                    .into_iter()
                    .filter(|e| e.event.name() == name)
                    .collect();
                if found.len() >= count {
                    return found;
                }
                // Lagging is a hint like any other.
                let _ = signals.recv().await;
            }
        })
        .await
    }

    /// Waits until the account's next message has its time, and moves the clock there.
    pub(crate) async fn advance_to_next_try(&self, account: AccountId) {
        let mut signals = self.app.bus.subscribe();
        let due = within(async {
            loop {
                let partition = Some(account.uuid());
                let due = self
                    .app
                    .store
                    .read(move |tx| Box::pin(async move { job::next_due(tx, job::SEND_MESSAGE, partition).await }))
                    .await
                    .expect("read");
                match due {
                    Some(due) => return due,
                    None => drop(signals.recv().await),
                }
            }
        })
        .await;
        self.clock.advance(due.since(self.clock.now()));
        self.app.bus.publish(pesan_app::Signal::Outbox(account));
    }

    /// Waits until work of this kind was tried in vain; says when it is tried again.
    pub(crate) async fn until_retried_later(&self, kind: &'static str) -> Timestamp {
        let mut signals = self.app.bus.subscribe();
        let now = self.clock.now();
        within(async {
            loop {
                let due = self
                    .app
                    .store
                    .read(move |tx| Box::pin(async move { job::next_due(tx, kind, None).await }))
                    .await
                    .expect("read");
                match due.filter(|due| *due > now) {
                    Some(due) => return due,
                    None => drop(signals.recv().await),
                }
            }
        })
        .await
    }

    /// Moves the clock, and lets work of this kind be looked for.
    pub(crate) fn advance_to(&self, due: Timestamp, kind: &'static str) {
        self.clock.advance(due.since(self.clock.now()));
        self.app.bus.publish(pesan_app::Signal::Jobs(kind));
    }

    /// How much there is still to send.
    pub(crate) async fn waiting(&self) -> u64 {
        self.app
            .store
            .read(|tx| Box::pin(async move { job::count(tx, job::SEND_MESSAGE).await }))
            .await
            .expect("counted")
    }
}

/// Fails the test when something that must happen does not.
pub(crate) async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, what).await.expect("it happens in time")
}

struct Sink(Arc<App>);

#[async_trait]
impl InboundSink for Sink {
    async fn receive(&self, account: AccountId, batch: Vec<Inbound>) -> Result<Received, ReceiveError> {
        inbound::receive(&self.0, account, batch)
            .await
            .map_err(|error| ReceiveError(error.to_string()))
    }

    async fn connection(&self, _: AccountId, _: Connection) {}
}
