//! The delivery log of a webhook, and a further try on demand.

use std::sync::Arc;

use pesan_model::webhook::{Attempt, Delivery};
use pesan_model::{DeliveryId, Permission, WebhookId};
use pesan_store::delivery::queue::KIND;
use pesan_store::delivery::{self, Part};
use pesan_store::job::{self, NewJob};
use pesan_store::webhook;

use super::enabled;
use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, Result};
use crate::events;

/// A delivery and every try of it.
#[derive(Debug)]
pub struct DeliveryWithAttempts {
    /// The delivery.
    pub delivery: Delivery,
    /// Its tries, first to last.
    pub attempts: Vec<Attempt>,
}

/// A part of a webhook's deliveries, newest first.
pub async fn list_deliveries(app: &Arc<App>, caller: &Caller, id: WebhookId, part: Part) -> Result<Vec<Delivery>> {
    caller.require(Permission::WebhooksManage)?;
    let organization = caller.organization_id;
    let deliveries = app
        .store
        .read(move |tx| {
            Box::pin(async move {
                webhook::get(tx, organization, id).await?;
                delivery::list(tx, organization, id, part).await
            })
        })
        .await?;
    Ok(deliveries)
}

/// One delivery of a webhook with its tries.
pub async fn get_delivery(
    app: &Arc<App>,
    caller: &Caller,
    webhook: WebhookId,
    id: DeliveryId,
) -> Result<DeliveryWithAttempts> {
    caller.require(Permission::WebhooksManage)?;
    let organization = caller.organization_id;
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let delivery = delivery::get(tx, organization, id).await?;
                if delivery.webhook_id != webhook {
                    return Err(Error::NotFound { what: "delivery" });
                }
                let attempts = delivery::list_attempts(tx, organization, id).await?;
                Ok(DeliveryWithAttempts { delivery, attempts })
            })
        })
        .await
}

/// Tries a delivery again now, whatever came of it, without waiting for others of its chat. If it fails it is tried
/// further like a new one. One that is being tried at this moment is left to that try.
pub async fn redeliver(app: &Arc<App>, caller: &Caller, webhook: WebhookId, id: DeliveryId) -> Result<()> {
    caller.require(Permission::WebhooksManage)?;
    let organization = caller.organization_id;
    let owned = app.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                enabled(tx, organization, webhook).await?;
                let delivery = delivery::get(tx, organization, id).await?;
                if delivery.webhook_id != webhook {
                    return Err(Error::NotFound { what: "delivery" });
                }
                let now = owned.clock.now();
                job::finish_waiting(tx, KIND, id.uuid()).await?;
                delivery::reopen(tx, organization, id, now).await?;
                let job = NewJob {
                    id: events::job_id(&owned, delivery.event_seq),
                    organization_id: organization,
                    kind: KIND,
                    partition: webhook.uuid(),
                    lane: id.uuid(),
                    subject: id.uuid(),
                    run_at: now,
                };
                // Does nothing while the delivery is being tried.
                job::insert(tx, &job, now).await?;
                Ok(())
            })
        })
        .await?;
    events::announce(app, organization);
    Ok(())
}
