//! What there is right now, for monitoring: accounts by state, work that waits, the size of the database, live streams.
//!
//! Counting reads whole tables, so it is done at most every few seconds, however many ask and how often.

use std::sync::Arc;
use std::time::Duration;

use pesan_model::AccountState;
use pesan_store::{account, job, quarantine};
use tokio::sync::Mutex;

use crate::context::App;
use crate::error::{Error, Result};

/// How long what was counted is good enough.
const KEPT: Duration = Duration::from_secs(10);

/// What there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Accounts in each state, of all organizations.
    pub accounts: Vec<(AccountState, u64)>,
    /// Work of each kind.
    pub jobs: Vec<Jobs>,
    /// Things that came in and are kept aside because they could not be stored.
    pub quarantined: u64,
    /// Bytes of the database.
    pub database_bytes: u64,
}

/// Work of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jobs {
    /// Which: `send_message`, `deliver_webhook`, …
    pub kind: &'static str,
    /// Under way.
    pub running: u64,
    /// Could begin now, as far as the queue knows: an account may be at its pace or not connected.
    pub due: u64,
    /// Waits for its time, or for what is before it.
    pub waiting: u64,
    /// How long ago the oldest was added; nothing when there is none.
    pub oldest: Duration,
}

/// What was counted last, and when.
#[derive(Default)]
pub(crate) struct Cache(Mutex<Option<(Duration, Arc<Figures>)>>);

/// What there is, or was a few seconds ago.
pub async fn read(app: &Arc<App>) -> Result<Arc<Figures>> {
    // Held while counting, so that whoever asks meanwhile waits for the same answer.
    let mut kept = app.figures.0.lock().await;
    let now = app.clock.monotonic();
    if let Some((at, figures)) = &*kept
        && now.saturating_sub(*at) < KEPT
    {
        return Ok(figures.clone());
    }
    let figures = Arc::new(count(app).await?);
    *kept = Some((now, figures.clone()));
    Ok(figures)
}

/// Live streams that are open right now.
pub fn live_streams(app: &App) -> usize {
    app.tails.watchers()
}

async fn count(app: &Arc<App>) -> Result<Figures> {
    let now = app.clock.now();
    let (accounts, totals, quarantined, database_bytes) = app
        .store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let accounts = account::count_by_state(tx).await?;
                let totals = job::totals(tx, now).await?;
                let quarantined = quarantine::count(tx).await?;
                Ok((accounts, totals, quarantined, pesan_store::size(tx).await?))
            })
        })
        .await?;
    let of_state = |state| accounts.iter().find(|(found, _)| *found == state);
    let jobs = job::KINDS.into_iter().map(|kind| {
        let found = totals.iter().find(|totals| totals.kind == kind);
        Jobs {
            kind,
            running: found.map_or(0, |totals| totals.running),
            due: found.map_or(0, |totals| totals.due),
            waiting: found.map_or(0, |totals| totals.waiting),
            oldest: found.map_or(Duration::ZERO, |totals| now.since(totals.oldest_at)),
        }
    });
    Ok(Figures {
        // Those that nobody is in are counted too: a figure that comes and goes is hard to watch.
        accounts: AccountState::ALL
            .into_iter()
            .map(|state| (state, of_state(state).map_or(0, |(_, count)| *count)))
            .collect(),
        jobs: jobs.collect(),
        quarantined,
        database_bytes,
    })
}
