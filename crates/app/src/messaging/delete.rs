//! Deleting a message here: it leaves every list and stays known.

use std::sync::Arc;

use pesan_model::{Event, MessageId, MessageStatus, Permission};
use pesan_store::{chat, job, message};

use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, Result};
use crate::events;

/// Hides a message from the thread and the line of its chat. Its row stays: what answers it keeps its target, receipts
/// are still written down, and the same message coming in again does not bring it back. Nothing is taken back from the
/// other person. One that still waits is cancelled. Deleting it again changes nothing.
///
/// # Errors
/// [`Error::Conflict`] with the code `being_sent` while it is handed to WhatsApp, or may have left without an answer: what
/// becomes of it is not known yet.
pub async fn delete(app: &Arc<App>, caller: &Caller, id: MessageId) -> Result<()> {
    caller.require(Permission::MessagesSend)?;
    let (organization, owned) = (caller.organization_id, app.clone());
    let deleted = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let mut message = message::get_for_change(tx, organization, id).await?;
                if message.deleted_at.is_some() {
                    return Ok(None);
                }
                let mut events = Vec::new();
                if message.status == MessageStatus::Queued {
                    let may_have_left = message::on_wire(tx, organization, id).await?.0.is_some();
                    if may_have_left || !job::finish_waiting(tx, job::SEND_MESSAGE, id.uuid()).await? {
                        return Err(Error::Conflict {
                            code: "being_sent",
                            detail: "the message is being sent right now; delete it in a moment".to_owned(),
                        });
                    }
                    message.status = MessageStatus::Cancelled;
                    message::save_status(tx, organization, &message).await?;
                    events.push(Event::MessageCancelled(message.clone()));
                }
                let now = owned.clock.now();
                message::mark_deleted(tx, organization, id, now).await?;
                let is_chat_changed = chat::forget_message(tx, organization, (message.chat_id, id)).await?;
                message.deleted_at = Some(now);
                events.push(Event::MessageDeleted(message.clone()));
                if is_chat_changed {
                    events.push(Event::ChatUpdated(chat::get(tx, organization, message.chat_id).await?));
                }
                events::record(&owned, tx, organization, events).await?;
                Ok(Some(message))
            })
        })
        .await?;
    if let Some(message) = deleted {
        // The lane of a cancelled one may go on.
        super::wake(app, &message, organization);
    }
    Ok(())
}
