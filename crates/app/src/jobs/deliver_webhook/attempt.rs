//! One try of one delivery, and its result in one transaction.

use std::sync::Arc;
use std::time::Duration;

use pesan_model::Timestamp;
use pesan_model::webhook::{Attempt, Delivery, DeliveryState, Webhook};
use pesan_store::delivery::queue::{self, KIND};
use pesan_store::delivery::{self, Progress};
use pesan_store::job;
use pesan_store::webhook::{self as webhook_rows, WebhookRow};

use super::Work;
use super::endpoints::{Finished, Health, pause};
use super::verdict::{Next, OUTAGE, Try, Verdict, judge};
use crate::context::App;
use crate::error::{Error, Result};
use crate::net::Post;
use crate::webhooks::{self, envelope};
use crate::worker;

/// From the name's resolution to the end of the answer.
const DEADLINE: Duration = Duration::from_secs(15);
/// After so long without any success a webhook is switched off.
const GIVE_UP: Duration = Duration::from_hours(5 * 24);

/// What is to be stored.
#[derive(Clone)]
enum Outcome {
    /// It was tried.
    Tried {
        attempt: Attempt,
        verdict: Verdict,
        now: Timestamp,
    },
    /// The webhook is off.
    Cancelled,
    /// It cannot be tried: for this reason.
    Hopeless(&'static str),
    /// It is gone, or has ended: only the job is left.
    Over,
}

/// Tries a delivery and stores what came of it.
pub(super) async fn carry_out(app: Arc<App>, work: Work) -> Finished {
    let work = Arc::new(work);
    let outcome = attempt(&app, &work).await;
    let health = health(&outcome);
    let disabled = store(&app, &work, &outcome).await;
    if disabled && let Err(error) = webhooks::cancel_waiting(&app, work.organization, work.webhook_id).await {
        // What is left is cancelled when it is claimed.
        tracing::warn!(%error, "could not cancel what waits for a webhook that was switched off");
    }
    Finished {
        job: work.job.id(),
        webhook: work.webhook_id,
        organization: work.organization,
        health,
    }
}

fn health(outcome: &Outcome) -> Health {
    match outcome {
        Outcome::Tried { verdict, now, .. } => match (verdict.next, verdict.pause) {
            (Next::Delivered, _) => Health::Answers,
            (_, Some(wait)) => Health::Busy {
                until: now.plus(pause(wait)),
            },
            (Next::Retry(_) | Next::StepAside(_) | Next::Failed | Next::Gone, None) => Health::Fails,
        },
        Outcome::Cancelled | Outcome::Hopeless(_) | Outcome::Over => Health::Unknown,
    }
}

async fn attempt(app: &Arc<App>, work: &Work) -> Outcome {
    let Some(delivery) = work
        .delivery
        .as_ref()
        .filter(|delivery| delivery.state == DeliveryState::Pending)
    else {
        return Outcome::Over;
    };
    let webhook = match work.webhook.as_ref().map(WebhookRow::webhook) {
        Some(Ok(webhook)) if webhook.enabled => webhook,
        Some(Ok(_)) | None => return Outcome::Cancelled,
        Some(Err(error)) => {
            tracing::error!(%error, webhook = %work.webhook_id, "a webhook cannot be read");
            return Outcome::Hopeless("the webhook's settings cannot be read");
        }
    };
    let letter = match letter(app, work, &webhook).await {
        Ok(Some(letter)) => letter,
        Ok(None) => return Outcome::Hopeless("the event is no longer kept"),
        Err(error) => {
            tracing::error!(%error, webhook = %work.webhook_id, "a webhook's secret cannot be used");
            return Outcome::Hopeless("the webhook's secret cannot be used; rotate it");
        }
    };
    let (at, began) = (app.clock.now(), app.clock.monotonic());
    let result = app
        .net
        .post(Post {
            url: &webhook.url,
            headers: letter.headers,
            body: letter.body,
            deadline: DEADLINE,
        })
        .await;
    let now = app.clock.now();
    let tried = Try {
        waits: &app.settings.webhook_waits,
        number: work.job.attempts(),
        made_at: work.job.created_at(),
        failing_since: work.webhook.as_ref().and_then(WebhookRow::failing_since),
        now,
    };
    let verdict = judge(result, tried, &*app.random);
    measure(&verdict, delivery, now);
    Outcome::Tried {
        attempt: Attempt {
            number: delivery.attempts + 1,
            at,
            duration_ms: app.clock.monotonic().saturating_sub(began).as_millis() as u64,
            status: verdict.status,
            error: verdict.error.clone(),
        },
        verdict,
        now,
    }
}

/// The request; none when the event is no longer kept.
async fn letter(app: &Arc<App>, work: &Work, webhook: &Webhook) -> Result<Option<envelope::Letter>> {
    let (Some(event), Some(row)) = (&work.event, &work.webhook) else {
        return Ok(None);
    };
    // What it told of somebody went with them.
    let is_replaced = work
        .delivery
        .as_ref()
        .is_some_and(|known| known.event_type != event.event.name());
    if is_replaced {
        return Ok(None);
    }
    let key = app.organization_key(work.organization).await?;
    let secrets = webhooks::secrets(app, &key, work.webhook_id, row)?;
    envelope::letter(webhook.envelope, &secrets, event, app.clock.now()).map(Some)
}

fn measure(verdict: &Verdict, delivery: &Delivery, now: Timestamp) {
    let result = match verdict.next {
        Next::Delivered => "delivered",
        Next::Retry(_) | Next::StepAside(_) => "retry",
        Next::Failed | Next::Gone => "failed",
    };
    metrics::counter!("pesan_webhook_attempts_total", "result" => result).increment(1);
    if verdict.next == Next::Delivered {
        metrics::histogram!("pesan_webhook_delay_seconds").record(now.since(delivery.created_at).as_secs_f64());
    }
}

/// Stores the outcome. Says whether the webhook was switched off.
async fn store(app: &Arc<App>, work: &Arc<Work>, outcome: &Outcome) -> bool {
    let stored = worker::write_down(&app.lifecycle, "store what came of a delivery", || {
        let (owned, outcome, clock) = (work.clone(), outcome.clone(), app.clock.clone());
        app.store
            .write::<_, Error, _>(move |tx| Box::pin(async move { write(tx, &owned, &outcome, clock.now()).await }))
    });
    stored.await.unwrap_or_default()
}

async fn write(tx: &mut pesan_store::Tx<'_>, work: &Work, outcome: &Outcome, now: Timestamp) -> Result<bool> {
    let organization = work.organization;
    let mut standing = Standing::default();
    match (outcome, &work.delivery) {
        (Outcome::Tried { attempt, verdict, now }, Some(delivery)) => {
            let progress = progress(attempt, verdict, *now);
            // A delivery that was cancelled meanwhile stays so, whatever came of this try.
            if delivery::advance(tx, organization, delivery.id, &progress).await? {
                delivery::insert_attempt(tx, delivery.id, attempt).await?;
            }
            standing = note_health(tx, work, verdict, *now).await?;
            match verdict.next {
                Next::Retry(at) => {
                    // While this was tried, something else was taken: what waited was tried at once, and so is this.
                    let is_late = standing.answered_meanwhile && at.since(*now) >= OUTAGE;
                    job::retry_at(tx, &work.job, if is_late { *now } else { at }).await?;
                    return Ok(standing.is_disabled);
                }
                Next::StepAside(at) => {
                    queue::step_aside(tx, &work.job, at).await?;
                    return Ok(standing.is_disabled);
                }
                Next::Delivered | Next::Failed | Next::Gone => {}
            }
        }
        (Outcome::Cancelled, Some(delivery)) => delivery::cancel(tx, organization, delivery.id, now).await?,
        (Outcome::Hopeless(reason), Some(delivery)) => {
            let progress = Progress {
                state: DeliveryState::Failed,
                attempts: delivery.attempts,
                next_attempt_at: None,
                last_status: delivery.last_status,
                last_error: Some((*reason).to_owned()),
                finished_at: Some(now),
            };
            delivery::advance(tx, organization, delivery.id, &progress).await?;
        }
        (Outcome::Over, _) | (Outcome::Tried { .. } | Outcome::Cancelled | Outcome::Hopeless(_), None) => {}
    }
    job::finish(tx, KIND, &work.job).await?;
    Ok(standing.is_disabled)
}

fn progress(attempt: &Attempt, verdict: &Verdict, now: Timestamp) -> Progress {
    let (state, next_attempt_at) = match verdict.next {
        Next::Delivered => (DeliveryState::Delivered, None),
        Next::Retry(at) | Next::StepAside(at) => (DeliveryState::Pending, Some(at)),
        Next::Failed | Next::Gone => (DeliveryState::Failed, None),
    };
    Progress {
        state,
        attempts: attempt.number,
        next_attempt_at,
        last_status: attempt.status,
        last_error: attempt.error.clone(),
        finished_at: next_attempt_at.is_none().then_some(now),
    }
}

/// How it stands with a webhook after a try.
#[derive(Debug, Default)]
struct Standing {
    /// It was switched off.
    is_disabled: bool,
    /// It failed when this was claimed, and took something before this try failed.
    answered_meanwhile: bool,
}

/// Keeps the webhook's record.
async fn note_health(tx: &mut pesan_store::Tx<'_>, work: &Work, verdict: &Verdict, now: Timestamp) -> Result<Standing> {
    let (organization, id) = (work.organization, work.webhook_id);
    let failing_since = work.webhook.as_ref().and_then(WebhookRow::failing_since);
    let disabled = Standing {
        is_disabled: true,
        answered_meanwhile: false,
    };
    match verdict.next {
        Next::Delivered => {
            if webhook_rows::set_healthy(tx, organization, id).await?
                && let Some(since) = failing_since.filter(|since| now.since(*since) >= OUTAGE)
            {
                queue::retry_now(tx, id, since, now).await?;
            }
            Ok(Standing::default())
        }
        Next::Gone => {
            webhook_rows::disable(tx, organization, id, "the endpoint answered 410 Gone").await?;
            Ok(disabled)
        }
        Next::Retry(_) | Next::StepAside(_) | Next::Failed => {
            let since = webhook_rows::set_failing(tx, organization, id, now).await?;
            if now.since(since) < GIVE_UP {
                let answered_meanwhile = failing_since.is_some_and(|before| before < since);
                return Ok(Standing {
                    is_disabled: false,
                    answered_meanwhile,
                });
            }
            webhook_rows::disable(tx, organization, id, "every delivery has failed for five days").await?;
            Ok(disabled)
        }
    }
}
