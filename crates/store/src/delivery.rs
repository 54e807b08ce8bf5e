//! Deliveries: one event on its way to one webhook, and every try of it.

pub mod queue;

use pesan_model::webhook::{Attempt, Delivery, DeliveryState};
use pesan_model::{DeliveryId, EventId, OrganizationId, Timestamp, WebhookId};

use crate::{Error, Tx, args, rows};

rows! {
    /// A delivery's row.
    struct DeliveryRow {
        id: DeliveryId,
        webhook_id: WebhookId,
        event_id: EventId,
        event_name: String,
        event_seq: i64,
        state: DeliveryState,
        attempts: u32,
        next_attempt_at: Option<Timestamp>,
        last_status: Option<u16>,
        last_error: Option<String>,
        created_at: Timestamp,
        finished_at: Option<Timestamp>,
    }

    /// An attempt's row.
    struct AttemptRow {
        number: u32,
        at: Timestamp,
        duration_ms: u64,
        status: Option<u16>,
        error: Option<String>,
    }
}

impl From<DeliveryRow> for Delivery {
    fn from(row: DeliveryRow) -> Self {
        Self {
            id: row.id,
            webhook_id: row.webhook_id,
            event_id: row.event_id,
            event_type: row.event_name,
            event_seq: row.event_seq,
            state: row.state,
            attempts: row.attempts,
            next_attempt_at: row.next_attempt_at,
            last_status: row.last_status,
            last_error: row.last_error,
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}

impl From<AttemptRow> for Attempt {
    fn from(row: AttemptRow) -> Self {
        Self {
            number: row.number,
            at: row.at,
            duration_ms: row.duration_ms,
            status: row.status,
            error: row.error,
        }
    }
}

/// Adds a delivery that waits for its first try.
pub async fn insert(tx: &mut Tx<'_>, organization_id: OrganizationId, delivery: &Delivery) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO delivery (id, organization_id, webhook_id, event_seq, event_id, event_name, state, attempts, \
         next_attempt_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        args![
            delivery.id,
            organization_id,
            delivery.webhook_id,
            delivery.event_seq,
            delivery.event_id,
            &delivery.event_type,
            delivery.state.name(),
            delivery.attempts,
            delivery.next_attempt_at,
            delivery.created_at
        ],
    )
    .await?;
    Ok(())
}

/// One delivery.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: DeliveryId) -> Result<Delivery, Error> {
    find(tx, organization_id, id)
        .await?
        .ok_or(Error::NotFound { what: "delivery" })
}

/// As [`get`], of a delivery that may be gone.
pub async fn find(tx: &mut Tx<'_>, organization_id: OrganizationId, id: DeliveryId) -> Result<Option<Delivery>, Error> {
    let sql = format!(
        "SELECT {} FROM delivery WHERE id = $1 AND organization_id = $2",
        DeliveryRow::COLUMNS
    );
    let row: Option<DeliveryRow> = tx.fetch_optional(&sql, args![id, organization_id]).await?;
    Ok(row.map(Delivery::from))
}

/// Which part of a webhook's deliveries.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Only in this state.
    pub state: Option<DeliveryState>,
    /// Only older than this one.
    pub before: Option<DeliveryId>,
    /// At most so many.
    pub limit: usize,
}

/// A webhook's deliveries, newest first.
pub async fn list(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    webhook_id: WebhookId,
    part: Part,
) -> Result<Vec<Delivery>, Error> {
    let before = part.before.map_or(uuid::Uuid::max(), DeliveryId::uuid);
    let columns = DeliveryRow::COLUMNS;
    let rows: Vec<DeliveryRow> = if let Some(state) = part.state {
        let sql = format!(
            "SELECT {columns} FROM delivery WHERE webhook_id = $1 AND organization_id = $2 AND state = $3 \
             AND id < $4 ORDER BY id DESC LIMIT $5"
        );
        let values = args![webhook_id, organization_id, state.name(), before, part.limit];
        tx.fetch_all(&sql, values).await?
    } else {
        let sql = format!(
            "SELECT {columns} FROM delivery WHERE webhook_id = $1 AND organization_id = $2 AND id < $3 \
             ORDER BY id DESC LIMIT $4"
        );
        tx.fetch_all(&sql, args![webhook_id, organization_id, before, part.limit])
            .await?
    };
    Ok(rows.into_iter().map(Delivery::from).collect())
}

/// Writes down a try.
pub async fn insert_attempt(tx: &mut Tx<'_>, delivery_id: DeliveryId, attempt: &Attempt) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO attempt (delivery_id, number, at, duration_ms, status, error) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (delivery_id, number) DO NOTHING",
        args![
            delivery_id,
            attempt.number,
            attempt.at,
            attempt.duration_ms,
            attempt.status.map(i64::from),
            attempt.error.as_deref()
        ],
    )
    .await?;
    Ok(())
}

/// The tries of a delivery, first to last.
pub async fn list_attempts(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    delivery_id: DeliveryId,
) -> Result<Vec<Attempt>, Error> {
    let sql = format!(
        "SELECT {} FROM attempt WHERE delivery_id = $1 AND EXISTS (\
         SELECT 1 FROM delivery WHERE id = $1 AND organization_id = $2) ORDER BY number",
        AttemptRow::COLUMNS
    );
    let rows: Vec<AttemptRow> = tx.fetch_all(&sql, args![delivery_id, organization_id]).await?;
    Ok(rows.into_iter().map(Attempt::from).collect())
}

/// What a try, or the lack of further ones, made of a delivery.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Where it is now.
    pub state: DeliveryState,
    /// Tries so far.
    pub attempts: u32,
    /// When it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// The HTTP status of the last try.
    pub last_status: Option<u16>,
    /// What went wrong in it.
    pub last_error: Option<String>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// Stores the progress of a delivery that waits. Says whether there was one: it may have been cancelled or deleted.
pub async fn advance(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: DeliveryId,
    progress: &Progress,
) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE delivery SET state = $3, attempts = $4, next_attempt_at = $5, last_status = $6, last_error = $7, \
             finished_at = $8 WHERE id = $1 AND organization_id = $2 AND state = $9",
            args![
                id,
                organization_id,
                progress.state.name(),
                progress.attempts,
                progress.next_attempt_at,
                progress.last_status.map(i64::from),
                progress.last_error.as_deref(),
                progress.finished_at,
                DeliveryState::Pending.name()
            ],
        )
        .await?;
    Ok(changed > 0)
}

/// A delivery will not be tried any more, because its webhook is off.
pub async fn cancel(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: DeliveryId,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE delivery SET state = $3, next_attempt_at = NULL, finished_at = $4 \
         WHERE id = $1 AND organization_id = $2 AND state = $5",
        args![
            id,
            organization_id,
            DeliveryState::Cancelled.name(),
            now,
            DeliveryState::Pending.name()
        ],
    )
    .await?;
    Ok(())
}

/// A delivery that had ended, or waits for its next try, is to be tried now.
pub async fn reopen(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: DeliveryId,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE delivery SET state = $3, next_attempt_at = $4, finished_at = NULL \
         WHERE id = $1 AND organization_id = $2",
        args![id, organization_id, DeliveryState::Pending.name(), now],
    )
    .await?;
    Ok(())
}

/// Deletes up to `limit` deliveries of a webhook that is going to be deleted. Says how many.
pub async fn delete_batch(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    webhook_id: WebhookId,
    limit: usize,
) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM delivery WHERE id IN (\
         SELECT id FROM delivery WHERE webhook_id = $1 AND organization_id = $2 ORDER BY id LIMIT $3)",
        args![webhook_id, organization_id, limit],
    )
    .await
}

/// Deletes up to `limit` deliveries of any organization that ended before `before`. Work of the process itself.
pub async fn delete_finished(tx: &mut Tx<'_>, before: Timestamp, limit: usize) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM delivery WHERE id IN (\
         SELECT id FROM delivery WHERE finished_at < $1 ORDER BY finished_at LIMIT $2)",
        args![before, limit],
    )
    .await
}
