//! Webhooks: endpoints of other programs that are told about events.
//!
//! What is told to whom is decided when an event is recorded ([`crate::events::record`]); how it gets there, when it is
//! tried again and in which order is in [`crate::jobs::deliver_webhook`]. Here is what people and programs do with
//! webhooks: create and change them, look at deliveries, test, redeliver and replay.

mod deliveries;
pub mod envelope;
mod replay;
mod validate;

use std::sync::Arc;
use std::time::Duration;

use pesan_model::webhook::{Envelope, Webhook};
use pesan_model::{AccountId, Event, OrganizationId, Permission, WebhookId};
use pesan_store::delivery::queue;
use pesan_store::webhook::{Rotation, WebhookRow};
use pesan_store::{OrganizationKey, Tx, delivery, job, webhook};

use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, Result};
use crate::events;
use crate::idempotency::{IdempotencyKey, once};

pub use pesan_store::delivery::Part;

pub use deliveries::{DeliveryWithAttempts, get_delivery, list_deliveries, redeliver};
pub use replay::{From, Replayed, replay};

use envelope::{SECRET_LEN, Secrets};

/// Webhooks an organization may have.
pub const MAX_WEBHOOKS: u64 = 50;
/// How long the old secret stays valid after a rotation.
pub const ROTATION: Duration = Duration::from_hours(24);

const SECRET: &str = "webhook.secret";
const PREVIOUS_SECRET: &str = "webhook.previous_secret";
/// Rows that are changed in one transaction when there may be very many.
const BATCH: usize = 200;

/// A webhook to be made.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    /// Where it is.
    pub url: String,
    /// Names of events, `message.*` or `*`.
    pub events: Vec<String>,
    /// Only events of these accounts; all when empty.
    pub accounts: Vec<AccountId>,
    /// The shape of what is sent.
    pub envelope: Envelope,
}

/// What is to be changed; the rest stays.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Where it is.
    pub url: Option<String>,
    /// Names of events, `message.*` or `*`.
    pub events: Option<Vec<String>>,
    /// Only events of these accounts; all when empty.
    pub accounts: Option<Vec<AccountId>>,
    /// The shape of what is sent.
    pub envelope: Option<Envelope>,
    /// On or off.
    pub enabled: Option<bool>,
}

impl Changes {
    fn applied_to(self, before: Webhook) -> Webhook {
        let mut after = Webhook {
            url: self.url.unwrap_or(before.url),
            events: self.events.unwrap_or(before.events),
            accounts: self.accounts.unwrap_or(before.accounts),
            envelope: self.envelope.unwrap_or(before.envelope),
            ..before
        };
        if let Some(enabled) = self.enabled
            && enabled != after.enabled
        {
            after.enabled = enabled;
            after.disabled_reason = (!enabled).then(|| "it was switched off".to_owned());
        }
        after
    }
}

/// A webhook that was just made.
#[derive(Debug)]
pub struct CreatedWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// What its messages are signed with. It is shown this once: `None` when the same `Idempotency-Key` had made it before.
    pub secret: Option<String>,
}

/// Makes a webhook.
pub async fn create(
    app: &Arc<App>,
    caller: &Caller,
    new: NewWebhook,
    idempotency: Option<IdempotencyKey>,
) -> Result<CreatedWebhook> {
    caller.require(Permission::WebhooksManage)?;
    let mut webhook = Webhook {
        id: WebhookId::new(&*app.clock, &*app.random),
        url: new.url,
        events: new.events,
        accounts: new.accounts,
        envelope: new.envelope,
        enabled: true,
        disabled_reason: None,
        created_at: app.clock.now(),
    };
    validate::webhook(app, &mut webhook)?;
    let organization = caller.organization_id;
    let key = app.organization_key(organization).await?;
    let secret = new_secret(app);
    let sealed = key.seal(SECRET, webhook.id.uuid().as_bytes(), &secret, &*app.random);
    let caller = caller.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let made = (webhook.id.uuid(), webhook.created_at);
                if let Some(earlier) = once(tx, &caller, "create_webhook", idempotency.as_ref(), made).await? {
                    let row = webhook::get(tx, organization, earlier.into()).await?;
                    return Ok(CreatedWebhook {
                        webhook: row.webhook()?,
                        secret: None,
                    });
                }
                if webhook::count(tx, organization).await? >= MAX_WEBHOOKS {
                    return Err(Error::Conflict {
                        code: "too_many_webhooks",
                        detail: format!("an organization can have {MAX_WEBHOOKS} webhooks; delete one first"),
                    });
                }
                validate::accounts(tx, organization, &webhook.accounts).await?;
                webhook::insert(tx, organization, &webhook, &sealed).await?;
                Ok(CreatedWebhook {
                    webhook,
                    secret: Some(envelope::written(&secret)),
                })
            })
        })
        .await
}

/// Every webhook, oldest first.
pub async fn list(app: &Arc<App>, caller: &Caller) -> Result<Vec<Webhook>> {
    caller.require(Permission::WebhooksManage)?;
    let organization = caller.organization_id;
    let webhooks = app
        .store
        .read(move |tx| Box::pin(async move { webhook::list(tx, organization).await }))
        .await?;
    Ok(webhooks)
}

/// One webhook.
pub async fn get(app: &Arc<App>, caller: &Caller, id: WebhookId) -> Result<Webhook> {
    caller.require(Permission::WebhooksManage)?;
    let organization = caller.organization_id;
    let webhook = app
        .store
        .read(move |tx| Box::pin(async move { webhook::get(tx, organization, id).await?.webhook() }))
        .await?;
    Ok(webhook)
}

/// Changes a webhook. Switched off, it gets no events and what waits for it is cancelled; a replay brings it back.
pub async fn update(app: &Arc<App>, caller: &Caller, id: WebhookId, changes: Changes) -> Result<Webhook> {
    caller.require(Permission::WebhooksManage)?;
    let (organization, owned) = (caller.organization_id, app.clone());
    let (was_enabled, after) = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let before = webhook::get_for_change(tx, organization, id).await?.webhook()?;
                let was_enabled = before.enabled;
                let mut after = changes.applied_to(before);
                validate::webhook(&owned, &mut after)?;
                validate::accounts(tx, organization, &after.accounts).await?;
                webhook::update(tx, organization, &after).await?;
                Ok((was_enabled, after))
            })
        })
        .await?;
    if was_enabled && !after.enabled {
        cancel_waiting(app, organization, id).await?;
    }
    Ok(after)
}

/// Deletes a webhook with its deliveries. What waits for it is cancelled.
pub async fn delete(app: &Arc<App>, caller: &Caller, id: WebhookId) -> Result<()> {
    caller.require(Permission::WebhooksManage)?;
    let organization = caller.organization_id;
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                webhook::get(tx, organization, id).await?;
                webhook::disable(tx, organization, id, "it is being deleted").await?;
                Ok(())
            })
        })
        .await?;
    cancel_waiting(app, organization, id).await?;
    loop {
        let is_done = app
            .store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    let deleted = delivery::delete_batch(tx, organization, id, BATCH).await?;
                    if deleted < BATCH as u64 {
                        webhook::delete(tx, organization, id).await?;
                        return Ok(true);
                    }
                    Ok(false)
                })
            })
            .await?;
        if is_done {
            return Ok(());
        }
    }
}

/// Gives a webhook a new secret, which is shown this once. The old one stays valid for [`ROTATION`].
pub async fn rotate_secret(app: &Arc<App>, caller: &Caller, id: WebhookId) -> Result<String> {
    caller.require(Permission::WebhooksManage)?;
    let organization = caller.organization_id;
    let key = app.organization_key(organization).await?;
    let secret = new_secret(app);
    let (owned, fresh) = (app.clone(), secret.clone());
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let row = webhook::get(tx, organization, id).await?;
                let place = id.uuid();
                let old = key.open(SECRET, place.as_bytes(), row.secret())?;
                let rotation = Rotation {
                    secret: key.seal(SECRET, place.as_bytes(), &fresh, &*owned.random),
                    previous: key.seal(PREVIOUS_SECRET, place.as_bytes(), &old, &*owned.random),
                    until: owned.clock.now().plus(ROTATION),
                };
                webhook::rotate(tx, organization, id, &rotation).await?;
                Ok(())
            })
        })
        .await?;
    Ok(envelope::written(&secret))
}

/// Sends a test event to this webhook and no other.
pub async fn test(app: &Arc<App>, caller: &Caller, id: WebhookId) -> Result<()> {
    caller.require(Permission::WebhooksManage)?;
    let organization = caller.organization_id;
    let owned = app.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let webhook = enabled(tx, organization, id).await?;
                events::record(&owned, tx, organization, vec![Event::WebhookTest(webhook)]).await
            })
        })
        .await?;
    events::announce(app, organization);
    Ok(())
}

/// The webhook, which must be on.
async fn enabled(tx: &mut Tx<'_>, organization: OrganizationId, id: WebhookId) -> Result<Webhook> {
    let webhook = webhook::get(tx, organization, id).await?.webhook()?;
    if !webhook.enabled {
        return Err(Error::Conflict {
            code: "webhook_disabled",
            detail: "the webhook is off; switch it on first".to_owned(),
        });
    }
    Ok(webhook)
}

/// Cancels everything that waits for a webhook that was switched off. Interrupted, it is finished by whoever comes to
/// the rest of it in the queue.
pub(crate) async fn cancel_waiting(app: &Arc<App>, organization: OrganizationId, id: WebhookId) -> Result<()> {
    loop {
        let now = app.clock.now();
        let cancelled = app
            .store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    let subjects = queue::list_subjects(tx, id, BATCH).await?;
                    for subject in &subjects {
                        delivery::cancel(tx, organization, (*subject).into(), now).await?;
                        job::finish_subject(tx, queue::KIND, *subject).await?;
                    }
                    Ok(subjects.len())
                })
            })
            .await?;
        if cancelled < BATCH {
            return Ok(());
        }
    }
}

/// What a webhook's messages are signed with now.
pub(crate) fn secrets(app: &App, key: &OrganizationKey, id: WebhookId, row: &WebhookRow) -> Result<Secrets> {
    let place = id.uuid();
    let previous = row
        .previous_secret(app.clock.now())
        .map(|sealed| key.open(PREVIOUS_SECRET, place.as_bytes(), sealed))
        .transpose()?;
    Ok(Secrets {
        current: key.open(SECRET, place.as_bytes(), row.secret())?,
        previous,
    })
}

fn new_secret(app: &App) -> Vec<u8> {
    let mut secret = vec![0; SECRET_LEN];
    app.random.fill(&mut secret);
    secret
}
