//! Accepting messages without HTTP and without a network: what the use case and the database alone can do.

use std::sync::Arc;
use std::time::Duration;

use pesan_app::accounts::{self, NewAccount};
use pesan_app::context::Parts;
use pesan_app::idempotency::KeyText;
use pesan_app::messaging::{self, NewContent, NewMessage};
use pesan_app::net::{Client, Targets};
use pesan_app::{App, Caller, Settings};
use pesan_model::{AccountId, Clock as _, OrganizationId, SystemClock, SystemRandom};
use pesan_store::organization::{self, Organization};
use pesan_store::testing::TestDatabase;
use pesan_store::{Keyring, MasterKey, Store};
use tokio::time::Instant;

use crate::Result;
use crate::figures::{figure, median, percentile_ms, say};

const CALLERS: usize = 64;
const CHATS_PER_CALLER: usize = 8;
const MESSAGES_PER_CALLER: usize = 250;
const RUNS: usize = 5;

/// Runs it on SQLite in a temporary folder.
pub async fn run() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let database = pesan_store::testing::sqlite();
    let (app, caller) = application(&database, folder.path().to_owned()).await?;
    let account = accounts::create(&app, &caller, NewAccount::named("Kantor"), None)
        .await?
        .account;
    let (mut rates, mut slowest) = (Vec::new(), Vec::new());
    for run in 0..=RUNS {
        let (rate, mut took) = once(&app, &caller, account.id, run).await?;
        // The first run makes the chats.
        if run > 0 {
            rates.push(rate);
            slowest.push(percentile_ms(&mut took, 99.0));
        }
    }
    figure("accept_inside_rate", median(&mut rates), "messages/s", "");
    figure("accept_inside_p99", median(&mut slowest), "ms", "");
    say(&format!(
        "accept_inside callers {CALLERS}, runs {RUNS} of {}",
        CALLERS * MESSAGES_PER_CALLER
    ));
    app.store.close().await;
    Ok(())
}

async fn once(app: &Arc<App>, caller: &Caller, account: AccountId, run: usize) -> Result<(f64, Vec<Duration>)> {
    let started = Instant::now();
    let callers = (0..CALLERS).map(|number| {
        let (app, caller) = (app.clone(), caller.clone());
        crate::spawn(async move {
            let mut took = Vec::with_capacity(MESSAGES_PER_CALLER);
            for message in 0..MESSAGES_PER_CALLER {
                let chat = number * CHATS_PER_CALLER + message % CHATS_PER_CALLER;
                let new = NewMessage {
                    account_id: account,
                    to: format!("62800000{chat:05}"),
                    content: NewContent::Text {
                        body: format!("A short text, number {message}"),
                    },
                    reply_to: None,
                    send_at: None,
                    metadata: None,
                };
                let key = KeyText::new(&format!("{run}-{number}-{message}"))?.of([0; 32]);
                let asked = Instant::now();
                messaging::send(&app, &caller, new, Some(key)).await?;
                took.push(asked.elapsed());
            }
            Ok::<_, pesan_app::Error>(took)
        })
    });
    let mut all = Vec::new();
    for caller in futures::future::join_all(callers).await {
        all.extend(caller??);
    }
    Ok((all.len() as f64 / started.elapsed().as_secs_f64(), all))
}

async fn application(database: &TestDatabase, data_dir: std::path::PathBuf) -> Result<(Arc<App>, Caller)> {
    let clock = SystemClock;
    let store: Store = database.open().await;
    let organization = OrganizationId::new(&clock, &SystemRandom);
    let keyring = Keyring::new(MasterKey::new([7; 32]));
    let (_, data_key) = keyring.create(organization, &SystemRandom);
    let row = Organization {
        id: organization,
        name: "Yayasan".into(),
        data_key,
        master_key_id: keyring.master_key_id().to_owned(),
    };
    let now = clock.now();
    store
        .write::<_, pesan_store::Error, _>(move |tx| Box::pin(async move { organization::insert(tx, &row, now).await }))
        .await?;
    let app = App::new(Parts {
        store,
        clock: Arc::new(clock),
        random: Arc::new(SystemRandom),
        keyring,
        net: Client::new(Targets::PrivateToo)?,
        mail: None,
        settings: Settings {
            data_dir,
            node: "bench".into(),
            start: "bench/1".into(),
            allow_private_targets: true,
            max_upload_bytes: 32 * 1024 * 1024,
            event_retention: None,
            delivery_retention: None,
            webhook_waits: pesan_model::retry::WEBHOOK.into(),
            public_url: String::new(),
            limits: pesan_app::context::Limits::default(),
        },
    });
    Ok((app, Caller::system(organization)))
}
