//! Forgets old events, deliveries, idempotency keys and the files of what was deleted, in small steps, so that nobody
//! waits for it.

use std::sync::Arc;
use std::time::Duration;

use pesan_model::{OrganizationId, Timestamp};
use pesan_store::delivery::{self, queue};
use pesan_store::{early_receipt, event, idempotency, invitation, mail, organization, remote_link};

use crate::context::App;
use crate::error::{Error, Result};
use crate::jobs::{delete_files, forget};

const EVERY: Duration = Duration::from_hours(1);
/// How long a create can be repeated with the same `Idempotency-Key`.
const IDEMPOTENCY_KEPT: Duration = Duration::from_hours(7 * 24);
/// How long it can be seen in the database what became of a mail.
const MAIL_KEPT: Duration = Duration::from_hours(7 * 24);
/// How long the message of a receipt is expected.
const RECEIPT_KEPT: Duration = Duration::from_hours(24);
/// Rows deleted in one transaction.
const BATCH: usize = 500;

/// Runs until the process ends, once an hour.
pub async fn run(app: Arc<App>) {
    loop {
        if let Err(error) = sweep(&app).await {
            tracing::warn!(%error, "could not delete what is no longer needed; trying again in an hour");
        }
        tokio::select! {
            () = app.lifecycle.soft().cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Deletes everything that is older than the settings say, or that nothing names. Says how many rows and files that were.
pub async fn sweep(app: &Arc<App>) -> Result<u64> {
    let now = app.clock.now();
    let mut deleted = app
        .store
        .write::<_, Error, _>(|tx| Box::pin(async move { Ok(queue::delete_strays(tx).await?) }))
        .await?;
    if let Some(kept) = app.settings.delivery_retention {
        let finished = now.minus(kept);
        deleted += until_few(app, BATCH, || {
            app.store.write::<_, Error, _>(move |tx| {
                Box::pin(async move { Ok(delivery::delete_finished(tx, finished, BATCH).await?) })
            })
        })
        .await?;
    }
    let (forgotten, settled, unexpected) = (
        now.minus(IDEMPOTENCY_KEPT),
        now.minus(MAIL_KEPT),
        now.minus(RECEIPT_KEPT),
    );
    deleted += until_few(app, BATCH, || {
        app.store.write::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(idempotency::delete_before(tx, forgotten, BATCH).await?) })
        })
    })
    .await?;
    deleted += until_few(app, BATCH, || {
        app.store.write::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(mail::delete_settled(tx, settled, BATCH).await?) })
        })
    })
    .await?;
    deleted += until_few(app, BATCH, || {
        app.store.write::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(early_receipt::delete_before(tx, unexpected, BATCH).await?) })
        })
    })
    .await?;
    deleted += app
        .store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(invitation::delete_expired(tx, settled).await?) }))
        .await?;
    deleted += app
        .store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(remote_link::delete_expired(tx, settled).await?) }))
        .await?;
    if let Some(kept) = app.settings.event_retention {
        deleted += forget_events(app, now.minus(kept)).await?;
    }
    deleted += forget::sweep(app).await?;
    Ok(deleted + delete_files::sweep(app).await?)
}

async fn forget_events(app: &Arc<App>, before: Timestamp) -> Result<u64> {
    let organizations: Vec<OrganizationId> = app
        .store
        .read::<_, Error, _>(|tx| Box::pin(async move { Ok(organization::list_ids(tx).await?) }))
        .await?;
    let mut deleted = 0;
    for id in organizations {
        deleted += forget_events_of(app, id, before).await?;
    }
    Ok(deleted)
}

/// Forgets an organization's events from before `before`, but for those that a webhook still has to be told of and what came
/// after them. Says how many.
pub(super) async fn forget_events_of(app: &Arc<App>, id: OrganizationId, before: Timestamp) -> Result<u64> {
    let untold = app
        .store
        .read::<_, Error, _>(move |tx| Box::pin(async move { Ok(event::first_untold(tx, id).await?) }))
        .await?;
    until_few(app, BATCH, || {
        app.store.write::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(event::delete_before(tx, id, (before, untold), BATCH).await?) })
        })
    })
    .await
}

/// Deletes batch by batch, each of at most `step`, until one is not full. Says how much.
pub(super) async fn until_few<D>(app: &Arc<App>, step: usize, delete: impl Fn() -> D) -> Result<u64>
where
    D: Future<Output = Result<u64>>,
{
    let mut deleted = 0;
    let mut batch = step as u64;
    while batch == step as u64 && !app.lifecycle.soft().is_cancelled() {
        batch = delete().await?;
        deleted += batch;
    }
    Ok(deleted)
}
