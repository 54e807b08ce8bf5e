//! The message that another one answers or reacts to: one that the other side has, or gets first.

use pesan_model::message::Message;
use pesan_model::{ChatId, Content, Flaw, MessageId, MessageStatus, OrganizationId, Timestamp};
use pesan_store::{Error as StoreError, Tx, message};

use crate::error::{Error, Result};

/// Whether the other side will not have a message when something arrives that is accepted now. What only waits in the queue
/// leaves first.
pub(crate) fn is_unsent(target: &Message, now: Timestamp) -> bool {
    match target.status {
        MessageStatus::Failed | MessageStatus::Cancelled => true,
        MessageStatus::Queued => target.send_at.is_some_and(|at| at > now),
        MessageStatus::Sent
        | MessageStatus::Delivered
        | MessageStatus::Read
        | MessageStatus::Played
        | MessageStatus::Received => false,
    }
}

/// The message with this id, in the same chat, if one can be said to it. `pointer` is the field that names it.
pub(super) async fn get(
    tx: &mut Tx<'_>,
    (organization, chat): (OrganizationId, ChatId),
    (id, pointer): (MessageId, &str),
    now: Timestamp,
) -> Result<Message> {
    let target = match message::get(tx, organization, id).await {
        Ok(target) if target.chat_id == chat && target.deleted_at.is_none() => target,
        Ok(_) | Err(StoreError::NotFound { .. }) => return Err(Error::field(pointer, Flaw::NoSuchMessage)),
        Err(error) => return Err(error.into()),
    };
    // WhatsApp shows a reaction on its message and nothing on a reaction.
    if matches!(target.content, Content::Reaction(_)) {
        return Err(Error::field(pointer, Flaw::IsAReaction));
    }
    if is_unsent(&target, now) {
        return Err(Error::field(pointer, Flaw::NotSent));
    }
    Ok(target)
}
