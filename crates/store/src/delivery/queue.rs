//! The queue of deliveries, beyond what every kind of work needs: which webhooks have something due, and how a delivery
//! that fails for long steps out of the way of later ones.

use std::time::Duration;

use pesan_model::{OrganizationId, Timestamp, WebhookId};
use uuid::Uuid;

use crate::job::{self, Job};
use crate::{Error, Tx, args, dialect};

/// What an outage began with was made up to so long before its first try failed.
const MADE_BEFORE: Duration = Duration::from_mins(1);

/// What the queue calls deliveries.
pub const KIND: &str = "deliver_webhook";

/// A webhook with work that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueWebhook {
    /// The webhook.
    pub id: WebhookId,
    /// Whose it is.
    pub organization_id: OrganizationId,
}

/// Up to `limit` webhooks of all organizations with work that is due, by id, those after `after` first in line. Work of
/// the process itself. Asks each webhook for one row of the index, so a long queue of one does not slow down the rest.
pub async fn due_webhooks(
    tx: &mut Tx<'_>,
    after: Uuid,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<DueWebhook>, Error> {
    let found: Vec<(WebhookId, OrganizationId)> = tx
        .fetch_all(
            "SELECT w.id, w.organization_id FROM webhook w WHERE w.id > $1 AND EXISTS (\
             SELECT 1 FROM job WHERE kind = $2 AND partition = w.id AND is_head = $3 AND is_running = $4 \
             AND run_at <= $5) ORDER BY w.id LIMIT $6",
            args![after, KIND, true, false, now, limit],
        )
        .await?;
    Ok(found
        .into_iter()
        .map(|(id, organization_id)| DueWebhook { id, organization_id })
        .collect())
}

/// When the next head becomes due, of those that are not due yet.
pub async fn next_due_after(tx: &mut Tx<'_>, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let found: Option<(Timestamp,)> = tx
        .fetch_optional(
            "SELECT run_at FROM job WHERE kind = $1 AND is_head = $2 AND is_running = $3 AND run_at > $4 \
             ORDER BY run_at LIMIT 1",
            args![KIND, true, false, now],
        )
        .await?;
    Ok(found.map(|(run_at,)| run_at))
}

/// Gives a claimed delivery back in a lane of its own, to be claimed again at `run_at`: what waited behind it goes on.
pub async fn step_aside(tx: &mut Tx<'_>, job: &Job, run_at: Timestamp) -> Result<(), Error> {
    dialect::lock_lane(tx, job.lane).await?;
    tx.execute(
        "UPDATE job SET lane = subject, is_head = $1, is_running = $2, claimed_by = NULL, run_at = $3 WHERE id = $4",
        args![true, false, run_at, job.id],
    )
    .await?;
    job::promote(tx, KIND, job.lane).await?;
    Ok(())
}

/// The receiver takes something again, which it did not since `failing_since`: every delivery that failed and holds back
/// later ones is due. For those of this outage the tries begin anew, so that a receiver that comes back stumbling gets the
/// short waits once more; what it refused before that as well may be what it never takes.
pub async fn retry_now(
    tx: &mut Tx<'_>,
    webhook_id: WebhookId,
    failing_since: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE job SET run_at = $1, attempts = CASE WHEN created_at >= $6 THEN 0 ELSE attempts END \
         WHERE kind = $2 AND partition = $3 AND is_head = $4 AND is_running = $5 AND run_at > $1 AND lane <> subject",
        args![now, KIND, webhook_id, true, false, failing_since.minus(MADE_BEFORE)],
    )
    .await?;
    Ok(())
}

/// Up to `limit` subjects of a webhook's waiting or running work, lane by lane.
pub async fn list_subjects(tx: &mut Tx<'_>, webhook_id: WebhookId, limit: usize) -> Result<Vec<Uuid>, Error> {
    let found: Vec<(Uuid,)> = tx
        .fetch_all(
            "SELECT subject FROM job WHERE kind = $1 AND partition = $2 ORDER BY lane, id LIMIT $3",
            args![KIND, webhook_id, limit],
        )
        .await?;
    Ok(found.into_iter().map(|(subject,)| subject).collect())
}

/// Deletes work of webhooks that are gone. Says how much.
pub async fn delete_strays(tx: &mut Tx<'_>) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM job WHERE kind = $1 AND NOT EXISTS (SELECT 1 FROM webhook WHERE webhook.id = job.partition)",
        args![KIND],
    )
    .await
}
