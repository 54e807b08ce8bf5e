//! Retrying a message that failed: a person decides, and not for ever.

use std::sync::Arc;

use pesan_model::message::Message;
use pesan_model::{Direction, Event, MessageId, MessageStatus, Permission};
use pesan_store::message;

use super::{enqueue, refuse_deleted, wake};
use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, Result};
use crate::events;

/// How often a person may retry a message. Each time it is tried by itself as often as a new one.
pub const MAX_RETRIES: u32 = 3;

/// Queues a failed message again, with the same WhatsApp id.
///
/// # Errors
/// [`Error::Conflict`] with the code `not_failed` when it did not fail, `deleted` when it was deleted, or
/// `too_many_retries` after [`MAX_RETRIES`].
pub async fn retry(app: &Arc<App>, caller: &Caller, id: MessageId) -> Result<Message> {
    caller.require(Permission::MessagesSend)?;
    let (organization, owned) = (caller.organization_id, app.clone());
    let message = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let mut message = message::get_for_change(tx, organization, id).await?;
                if message.direction != Direction::Out || message.status != MessageStatus::Failed {
                    return Err(Error::Conflict {
                        code: "not_failed",
                        detail: format!("the message is {}; only failed ones are retried", message.status.name()),
                    });
                }
                refuse_deleted(&message)?;
                if message.retries >= MAX_RETRIES {
                    return Err(Error::Conflict {
                        code: "too_many_retries",
                        detail: format!("the message was retried {MAX_RETRIES} times; send it as a new one"),
                    });
                }
                message.status = MessageStatus::Queued;
                message.error = None;
                message.failed_at = None;
                message.attempts = 0;
                message.retries += 1;
                message.send_at = None;
                message::save_status(tx, organization, &message).await?;
                message::begin_retry(tx, organization, id, message.retries).await?;
                enqueue(&owned, tx, organization, &message).await?;
                events::record(&owned, tx, organization, vec![Event::MessageQueued(message.clone())]).await?;
                Ok(message)
            })
        })
        .await?;
    wake(app, &message, organization);
    Ok(message)
}
