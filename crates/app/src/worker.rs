//! A loop that does one kind of work from the queue. Knows no job.
//!
//! It listens before it looks, so that nothing falls between; it takes only as much as it can do at once; and at the end
//! of the process it finishes what it began.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use pesan_model::JobId;
use pesan_store::job::{self, Claim, Job};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, Result};
use crate::lifecycle::Lifecycle;

/// The wait after the first try to write something down that failed; each next one is twice as long.
const AGAIN: Duration = Duration::from_millis(10);
/// The longest of these waits.
const AGAIN_AT_MOST: Duration = Duration::from_secs(10);

/// How often the queue is looked at although nothing hinted at it and nothing is due before.
const SAFETY_INTERVAL: Duration = Duration::from_secs(5);

/// Writes down what came of work, again and again while that fails: the work is claimed by this process, so nobody else
/// does. `None` when what it is about is there no more or cannot be read, or when the process ends first: what is claimed
/// then is taken over by the next start.
pub(crate) async fn write_down<T, W>(lifecycle: &Lifecycle, what: &'static str, write: impl Fn() -> W) -> Option<T>
where
    W: Future<Output = Result<T>>,
{
    let mut wait = AGAIN;
    loop {
        match write().await {
            Ok(value) => return Some(value),
            Err(error @ Error::NotFound { .. }) => {
                tracing::info!(%error, "could not {what}: it was deleted");
                return None;
            }
            // Nor will the next try be able to read it. It stays claimed, and other work goes on.
            Err(error) if error.is_corrupt() => {
                tracing::error!(%error, "could not {what}; it is looked at again after the next start");
                return None;
            }
            Err(error) => tracing::error!(%error, "could not {what}; trying again"),
        }
        tokio::select! {
            () = lifecycle.soft().cancelled() => return None,
            () = tokio::time::sleep(wait) => {}
        }
        wait = (wait * 2).min(AGAIN_AT_MOST);
    }
}

/// Runs until the process ends. `work` does one job and settles it: finished, or given back for later.
pub(crate) async fn run<F, W>(app: Arc<App>, kind: &'static str, concurrent: usize, work: F)
where
    F: Fn(Arc<App>, Job) -> W,
    W: Future<Output = ()>,
{
    let mut signals = app.bus.subscribe();
    let mut running = FuturesUnordered::new();
    let mut known = BTreeSet::new();
    // A claim failed, and may be committed all the same.
    let mut is_unclear = false;
    let begun = |job: Job| {
        let (app, id) = (app.clone(), job.id());
        let done = work(app, job);
        async move {
            done.await;
            id
        }
    };
    loop {
        let mut pause = SAFETY_INTERVAL;
        if app.lifecycle.soft().is_cancelled() {
            if running.is_empty() {
                return;
            }
        } else {
            if is_unclear {
                is_unclear = give_back_unknown(&app, kind, &known).await.is_err();
            }
            match claim(&app, kind, concurrent - running.len()).await {
                Ok(Found::Jobs(jobs)) => {
                    known.extend(jobs.iter().map(Job::id));
                    running.extend(jobs.into_iter().map(&begun));
                }
                Ok(Found::DueIn(wait)) => pause = pause.min(wait),
                Err(error) => {
                    is_unclear = true;
                    tracing::warn!(kind, %error, "could not look for work");
                }
            }
        }
        tokio::select! {
            () = app.lifecycle.soft().cancelled(), if running.is_empty() => return,
            Some(id) = running.next() => drop(known.remove(&id)),
            () = hinted(&mut signals, kind) => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Gives back what was claimed by a claim that failed, and was committed all the same.
async fn give_back_unknown(app: &Arc<App>, kind: &'static str, known: &BTreeSet<JobId>) -> Result<()> {
    let (start, now) = (app.settings.start.clone(), app.clock.now());
    let known: Vec<JobId> = known.iter().copied().collect();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                job::give_back_unknown(tx, kind, None, (&start, &known), now).await?;
                Ok(())
            })
        })
        .await
}

async fn hinted(signals: &mut Receiver<Signal>, kind: &'static str) {
    loop {
        match signals.recv().await {
            Ok(Signal::Jobs(hinted)) if hinted == kind => return,
            // An account that is back may be what the work waited for.
            Ok(Signal::Account(_)) | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}

/// What a look at the queue found.
enum Found {
    /// Work to begin now; perhaps none.
    Jobs(Vec<Job>),
    /// The next work is due then.
    DueIn(Duration),
}

async fn claim(app: &Arc<App>, kind: &'static str, limit: usize) -> Result<Found> {
    if limit == 0 {
        return Ok(Found::Jobs(Vec::new()));
    }
    let owned = app.clone();
    // Most looks find nothing: those must not cost a commit.
    let now = app.clock.now();
    let next = app
        .store
        .read(move |tx| Box::pin(async move { job::next_due(tx, kind, None).await }))
        .await?;
    match next {
        None => return Ok(Found::Jobs(Vec::new())),
        Some(at) if at > now => return Ok(Found::DueIn(at.since(now))),
        Some(_) => {}
    }
    let jobs = app
        .store
        .write(move |tx| {
            Box::pin(async move {
                job::claim_any(
                    tx,
                    kind,
                    &Claim {
                        claimed_by: &owned.settings.start,
                        now,
                        limit,
                    },
                )
                .await
            })
        })
        .await?;
    Ok(Found::Jobs(jobs))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn fault() -> Error {
        Error::internal("use the database", "it is away")
    }

    #[tokio::test]
    async fn what_came_of_work_is_written_down_when_the_database_is_back() {
        let tries = Cell::new(0);
        let written = write_down(&Lifecycle::default(), "keep it", async || {
            tries.set(tries.get() + 1);
            if tries.get() < 6 { Err(fault()) } else { Ok("kept") }
        })
        .await;
        assert_eq!((written, tries.get()), (Some("kept"), 6));
    }

    #[tokio::test]
    async fn nothing_is_written_down_about_what_is_gone_or_once_the_process_ends() {
        let tries = Cell::new(0);
        let lifecycle = Lifecycle::default();
        let gone = write_down::<(), _>(&lifecycle, "keep it", async || {
            tries.set(tries.get() + 1);
            Err(Error::NotFound { what: "message" })
        })
        .await;
        assert_eq!((gone, tries.get()), (None, 1));
        // Whatever cannot be read now can not be read later either.
        let tries = Cell::new(0);
        let unreadable = write_down::<(), _>(&lifecycle, "keep it", async || {
            tries.set(tries.get() + 1);
            Err(pesan_store::Error::corrupt("message", "not JSON").into())
        })
        .await;
        assert_eq!((unreadable, tries.get()), (None, 1));
        let tries = Cell::new(0);
        lifecycle.soft().cancel();
        // One try is made all the same: it may be the last chance.
        let at_the_end = write_down::<(), _>(&lifecycle, "keep it", async || {
            tries.set(tries.get() + 1);
            Err(fault())
        })
        .await;
        assert_eq!((at_the_end, tries.get()), (None, 1));
    }
}
