//! From the log to webhooks: one delivery and one job for each event and each webhook that wants it.

use pesan_model::event::LoggedEvent;
use pesan_model::webhook::{Delivery, DeliveryState, Webhook};
use pesan_model::{AccountId, ChatId, DeliveryId, JobId, WebhookId};
use pesan_store::delivery::queue::KIND;
use pesan_store::job::{self, NewJob};
use pesan_store::{Tx, delivery};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::context::App;
use crate::error::Result;
use crate::webhooks::envelope;

/// Adds the deliveries of these events to these webhooks, due now. Says how many.
pub(crate) async fn enqueue(app: &App, tx: &mut Tx<'_>, webhooks: &[Webhook], logged: &[LoggedEvent]) -> Result<usize> {
    let now = app.clock.now();
    let mut wanted: Vec<(Uuid, &Webhook, &LoggedEvent)> = logged
        .iter()
        .flat_map(|event| webhooks.iter().map(move |webhook| (webhook, event)))
        .filter(|(webhook, event)| envelope::wants(webhook, &event.event))
        .map(|(webhook, event)| (lane(webhook.id, event), webhook, event))
        .collect();
    // Every transaction takes lanes in the same order, so two never wait for each other. Within a lane the order stays.
    wanted.sort_by_key(|(lane, ..)| *lane);
    for (lane, webhook, event) in &wanted {
        let delivery = Delivery {
            id: DeliveryId::new(&*app.clock, &*app.random),
            webhook_id: webhook.id,
            event_id: event.id,
            event_type: event.event.name().to_owned(),
            event_seq: event.seq,
            state: DeliveryState::Pending,
            attempts: 0,
            next_attempt_at: Some(now),
            last_status: None,
            last_error: None,
            created_at: now,
            finished_at: None,
        };
        delivery::insert(tx, event.organization_id, &delivery).await?;
        let job = NewJob {
            id: job_id(app, event.seq),
            organization_id: event.organization_id,
            kind: KIND,
            partition: webhook.id.uuid(),
            lane: if event.event.only_webhook().is_some() {
                delivery.id.uuid()
            } else {
                *lane
            },
            subject: delivery.id.uuid(),
            run_at: now,
        };
        job::insert(tx, &job, now).await?;
    }
    Ok(wanted.len())
}

/// What an event is in order with: its chat, else its account, else everything else of the webhook.
fn lane(webhook: WebhookId, event: &LoggedEvent) -> Uuid {
    let subject = event
        .event
        .chat_id()
        .map(ChatId::uuid)
        .or_else(|| event.event.account_id().map(AccountId::uuid))
        .unwrap_or_default();
    let digest = Sha256::new()
        .chain_update(webhook.uuid().as_bytes())
        .chain_update(subject.as_bytes())
        .finalize();
    let bytes: [u8; 16] = digest[..16].try_into().expect("SHA-256 has 32 bytes");
    Uuid::from_bytes(bytes)
}

/// The id of a delivery's job. It sorts by the event's place in the log, where the clock would leave the order of one
/// millisecond open.
pub(crate) fn job_id(app: &App, seq: i64) -> JobId {
    let mut bytes = [0_u8; 10];
    app.random.fill(&mut bytes);
    let place = u64::try_from(seq).unwrap_or_default();
    JobId::from(uuid::Builder::from_unix_timestamp_millis(place, &bytes).into_uuid())
}
