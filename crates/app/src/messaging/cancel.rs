//! Cancelling a message that waits, and taking that back.

use std::sync::Arc;

use pesan_model::message::Message;
use pesan_model::{Event, MessageId, MessageStatus, Permission};
use pesan_store::{job, message};

use super::{enqueue_in_place, refuse_deleted, wake};
use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, Result};
use crate::events;

/// Cancels a message that still waits.
///
/// # Errors
/// [`Error::Conflict`] with the code `not_queued` when it was sent, is being sent right now, or may have left: it was handed
/// to WhatsApp, which has not answered.
pub async fn cancel(app: &Arc<App>, caller: &Caller, id: MessageId) -> Result<Message> {
    caller.require(Permission::MessagesSend)?;
    let (organization, owned) = (caller.organization_id, app.clone());
    let message = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let mut message = message::get_for_change(tx, organization, id).await?;
                let waits = message.status.can_become(MessageStatus::Cancelled)
                    && message::on_wire(tx, organization, id).await?.0.is_none()
                    && job::finish_waiting(tx, job::SEND_MESSAGE, id.uuid()).await?;
                if !waits {
                    return Err(Error::Conflict {
                        code: "not_queued",
                        detail: match message.status {
                            MessageStatus::Queued => {
                                "the message is with WhatsApp, or may be; it can no longer be cancelled".to_owned()
                            }
                            status => format!("the message is {} and can no longer be cancelled", status.name()),
                        },
                    });
                }
                message.status = MessageStatus::Cancelled;
                message::save_status(tx, organization, &message).await?;
                events::record(&owned, tx, organization, vec![Event::MessageCancelled(message.clone())]).await?;
                Ok(message)
            })
        })
        .await?;
    wake(app, &message, organization);
    Ok(message)
}

/// Queues a cancelled message again, before what was accepted after it and still waits. What was to be sent at a time that
/// has passed meanwhile is sent now. Nothing of it ever left, so it goes with the WhatsApp id that it has.
///
/// # Errors
/// [`Error::Conflict`] with the code `not_cancelled` when it was not cancelled, or `deleted` when it was deleted.
pub async fn resume(app: &Arc<App>, caller: &Caller, id: MessageId) -> Result<Message> {
    caller.require(Permission::MessagesSend)?;
    let (organization, owned) = (caller.organization_id, app.clone());
    let message = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let mut message = message::get_for_change(tx, organization, id).await?;
                if message.status != MessageStatus::Cancelled {
                    return Err(Error::Conflict {
                        code: "not_cancelled",
                        detail: format!(
                            "the message is {}; only cancelled ones are queued again",
                            message.status.name()
                        ),
                    });
                }
                refuse_deleted(&message)?;
                message.status = MessageStatus::Queued;
                message.attempts = 0;
                message::save_status(tx, organization, &message).await?;
                enqueue_in_place(&owned, tx, organization, &message).await?;
                events::record(&owned, tx, organization, vec![Event::MessageQueued(message.clone())]).await?;
                Ok(message)
            })
        })
        .await?;
    wake(app, &message, organization);
    Ok(message)
}
