//! Carries events to webhooks: at least once, in order in each chat, without one endpoint holding up another.
//!
//! Each round looks which webhooks have something due, and claims for each no more than it may have under way
//! ([`endpoints`]): one that fails gets little until it answers again, and no organization gets everything. What came of
//! a try ([`verdict`]) is one transaction: the try, the delivery, the job.
//!
//! **Order.** Events of one chat wait in one lane: a delivery that failed holds back the later ones of its chat. While the
//! endpoint takes nothing at all, it does so as long as its tries go on, and is tried at once when the endpoint takes
//! something again. When the endpoint takes others and refuses this one for an hour, it steps aside into a lane of its own
//! and the later ones go on; the receiver then sees it late, with its place (`seq`) and time in it.
//!
//! **Crashes.** A claim carries the start of the process. What an earlier start had claimed is tried again, under the
//! same `webhook-id`.

mod attempt;
mod endpoints;
mod verdict;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use pesan_model::event::LoggedEvent;
use pesan_model::webhook::Delivery;
use pesan_model::{JobId, OrganizationId, Timestamp, WebhookId};
use pesan_store::delivery::queue::{self, DueWebhook, KIND};
use pesan_store::job::{self, Claim, Job};
use pesan_store::webhook::WebhookRow;
use pesan_store::{Error as StoreError, Tx, delivery, event, webhook};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, Result};

use endpoints::{Endpoints, Finished};

/// How often the queue is looked at although nothing hinted at it.
const POLL: Duration = Duration::from_secs(5);
/// How long hints are gathered before the queue is looked at: many come at once.
const GATHER: Duration = Duration::from_millis(2);
/// Webhooks that are looked at in one round.
const ROUND: usize = 64;

/// A claimed delivery with everything a try needs.
struct Work {
    job: Job,
    webhook_id: WebhookId,
    organization: OrganizationId,
    /// None when it was deleted.
    webhook: Option<WebhookRow>,
    /// None when it was deleted.
    delivery: Option<Delivery>,
    /// None when it is no longer kept.
    event: Option<LoggedEvent>,
}

/// Runs until the process ends; tries that are under way are finished.
pub async fn run(app: Arc<App>) {
    // Listening comes before looking, so that nothing falls between.
    let hints = app.bus.subscribe();
    rescue(&app).await;
    let worker = Worker {
        app,
        endpoints: Endpoints::default(),
        running: JoinSet::new(),
        last: Uuid::nil(),
        known: BTreeSet::new(),
        is_unclear: false,
    };
    worker.run(hints).await;
}

/// Gives back what an earlier start of this process had claimed.
async fn rescue(app: &Arc<App>) {
    let (node, start, now) = (app.settings.node.clone(), app.settings.start.clone(), app.clock.now());
    let rescued = app
        .store
        .write::<_, StoreError, _>(move |tx| Box::pin(async move { job::rescue_orphans(tx, &node, &start, now).await }))
        .await;
    match rescued {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "took over work of an earlier start"),
        Err(error) => tracing::warn!(%error, "could not take over work of an earlier start"),
    }
}

struct Worker {
    app: Arc<App>,
    endpoints: Endpoints,
    running: JoinSet<Finished>,
    /// The webhook the last round ended with: the next one begins after it.
    last: Uuid,
    /// What is claimed and under way.
    known: BTreeSet<JobId>,
    /// A claim failed, and may be committed all the same.
    is_unclear: bool,
}

impl Worker {
    async fn run(mut self, mut hints: broadcast::Receiver<Signal>) {
        let soft = self.app.lifecycle.soft().clone();
        while !soft.is_cancelled() {
            let wait = match self.round().await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::warn!(%error, "could not look for deliveries; trying again");
                    Duration::from_secs(1)
                }
            };
            tokio::select! {
                () = soft.cancelled() => break,
                () = hinted(&mut hints) => {}
                Some(finished) = self.running.join_next(), if !self.running.is_empty() => self.settle(finished),
                () = tokio::time::sleep(wait) => {}
            }
            while let Some(finished) = self.running.try_join_next() {
                self.settle(finished);
            }
            // The round that follows covers what was hinted at so far.
            while hints.try_recv().is_ok() {}
        }
        while let Some(finished) = self.running.join_next().await {
            self.settle(finished);
        }
    }

    fn settle(&mut self, finished: Result<Finished, tokio::task::JoinError>) {
        match finished {
            Ok(finished) => {
                self.known.remove(&finished.job);
                self.endpoints.finished(finished);
            }
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // Only when the process ends.
            Err(_) => {}
        }
    }

    /// Claims and starts what may be started. Says how long there is nothing to do unless somebody hints.
    async fn round(&mut self) -> Result<Duration> {
        let now = self.app.clock.now();
        if self.is_unclear {
            self.give_back_unknown(now).await?;
        }
        let last = self.last;
        let (due, next) = self
            .app
            .store
            .read::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    let mut due = queue::due_webhooks(tx, last, now, ROUND).await?;
                    if due.len() < ROUND && !last.is_nil() {
                        let first = queue::due_webhooks(tx, Uuid::nil(), now, ROUND - due.len()).await?;
                        due.extend(first.into_iter().filter(|webhook| webhook.id.uuid() <= last));
                    }
                    Ok((due, queue::next_due_after(tx, now).await?))
                })
            })
            .await?;
        let shares: Vec<(DueWebhook, usize)> = due
            .iter()
            .map(|webhook| (*webhook, self.endpoints.reserve(webhook, now)))
            .filter(|(_, share)| *share > 0)
            .collect();
        let is_full_round = due.len() == ROUND;
        self.last = due.last().map_or(Uuid::nil(), |webhook| webhook.id.uuid());
        if !shares.is_empty() {
            let claimed = self.claim(shares.clone()).await;
            self.endpoints.release(&shares);
            self.is_unclear = claimed.is_err();
            for work in claimed? {
                self.known.insert(work.job.id());
                self.endpoints.started(work.webhook_id, work.organization);
                self.running.spawn(attempt::carry_out(self.app.clone(), work));
            }
        }
        if is_full_round && !shares.is_empty() {
            return Ok(Duration::ZERO);
        }
        let paused = self.endpoints.next_resume(now);
        Ok([next, paused]
            .into_iter()
            .flatten()
            .map(|at| at.since(now))
            .fold(POLL, Duration::min))
    }

    async fn give_back_unknown(&mut self, now: Timestamp) -> Result<()> {
        let start = self.app.settings.start.clone();
        let known: Vec<JobId> = self.known.iter().copied().collect();
        self.app
            .store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    Ok(job::give_back_unknown(tx, KIND, None, (&start, &known), now)
                        .await?
                        .len())
                })
            })
            .await?;
        self.is_unclear = false;
        Ok(())
    }

    async fn claim(&self, shares: Vec<(DueWebhook, usize)>) -> Result<Vec<Work>> {
        let app = self.app.clone();
        self.app
            .store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    let mut claimed = Vec::new();
                    for (due, limit) in shares {
                        let claim = Claim {
                            claimed_by: &app.settings.start,
                            now: app.clock.now(),
                            limit,
                        };
                        let jobs = job::claim_partition(tx, KIND, due.id.uuid(), &claim).await?;
                        let row = webhook::find(tx, due.organization_id, due.id).await?;
                        for job in jobs {
                            claimed.push(load(tx, job, &due, row.clone()).await?);
                        }
                    }
                    Ok(claimed)
                })
            })
            .await
    }
}

async fn load(tx: &mut Tx<'_>, job: Job, due: &DueWebhook, webhook: Option<WebhookRow>) -> Result<Work> {
    let delivery = delivery::find(tx, due.organization_id, job.subject().into()).await?;
    let event = match &delivery {
        Some(delivery) => match event::get(tx, due.organization_id, delivery.event_seq).await {
            Ok(event) => Some(event),
            // One that cannot be read must not keep all others from being claimed.
            Err(StoreError::NotFound { .. } | StoreError::Corrupt { .. }) => None,
            Err(error) => return Err(error.into()),
        },
        None => None,
    };
    Ok(Work {
        job,
        webhook_id: due.id,
        organization: due.organization_id,
        webhook,
        delivery,
        event,
    })
}

/// Waits for a hint that concerns deliveries.
async fn hinted(hints: &mut broadcast::Receiver<Signal>) {
    loop {
        match hints.recv().await {
            Ok(Signal::Jobs(KIND)) | Err(RecvError::Lagged(_)) => return tokio::time::sleep(GATHER).await,
            Ok(
                Signal::Jobs(_)
                | Signal::Events(_)
                | Signal::Outbox(_)
                | Signal::Qr(..)
                | Signal::Presence(..)
                | Signal::Settings(..)
                | Signal::Account(_),
            ) => {}
            // The sender lives in the application, which outlives this.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
