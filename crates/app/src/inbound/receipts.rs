//! Receipts and late acknowledgements.

use pesan_model::message::{Message, MessageError};
use pesan_model::{Direction, Event, MessageStatus, Timestamp};
use pesan_providers::inbound::Receipt;
use pesan_store::{Error as StoreError, Tx, chat, job, message};

use super::{Batch, messages, rules};

/// The server's word on a message that nobody waits for any more.
pub(super) async fn acknowledge(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    wa_id: &str,
    (error, at): (Option<&str>, Option<Timestamp>),
) -> Result<(), StoreError> {
    let Some(mut message) = find_ours(batch, tx, wa_id).await? else {
        return Ok(());
    };
    match error {
        None => {
            climb(
                batch,
                tx,
                &mut message,
                (MessageStatus::Sent, at.unwrap_or_else(|| batch.app.clock.now())),
            )
            .await
        }
        Some(code) => {
            if !message.status.can_become(MessageStatus::Failed) {
                return Ok(());
            }
            message.status = MessageStatus::Failed;
            message.error = Some(MessageError::refused(code));
            message::save_status(tx, batch.organization, &message).await?;
            job::finish_subject(tx, job::SEND_MESSAGE, message.id.uuid()).await?;
            batch.events.push(Event::MessageFailed(message));
            Ok(())
        }
    }
}

/// A receipt: of the other side for our messages, or of our own other device for what came in.
pub(super) async fn receive(batch: &mut Batch<'_>, tx: &mut Tx<'_>, receipt: &Receipt) -> Result<(), StoreError> {
    if receipt.from_self {
        return read_elsewhere(batch, tx, receipt).await;
    }
    for wa_id in &receipt.wa_ids {
        if let Some(mut message) = find_ours(batch, tx, wa_id).await? {
            climb(batch, tx, &mut message, (receipt.status, receipt.at)).await?;
        }
    }
    Ok(())
}

async fn find_ours(batch: &Batch<'_>, tx: &mut Tx<'_>, wa_id: &str) -> Result<Option<Message>, StoreError> {
    let found = message::list_by_wa_id(tx, batch.organization, batch.account, wa_id).await?;
    Ok(found.into_iter().find(|message| message.direction == Direction::Out))
}

/// Takes the step if it is one upwards.
async fn climb(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    message: &mut Message,
    (status, at): (MessageStatus, Timestamp),
) -> Result<(), StoreError> {
    let was_unsent = rules::is_unsent(message.status);
    let Some(events) = rules::climb(message, status, at) else {
        return Ok(());
    };
    message::save_status(tx, batch.organization, message).await?;
    if was_unsent {
        // It was accepted although we never heard so: it must not be sent again.
        job::finish_subject(tx, job::SEND_MESSAGE, message.id.uuid()).await?;
    }
    batch.events.extend(events);
    Ok(())
}

/// The phone, or another device of this account, read a chat: so it is read here.
async fn read_elsewhere(batch: &mut Batch<'_>, tx: &mut Tx<'_>, receipt: &Receipt) -> Result<(), StoreError> {
    if !matches!(receipt.status, MessageStatus::Read | MessageStatus::Played) {
        return Ok(());
    }
    let Some(found) = messages::find_chat(batch, tx, &receipt.chat).await? else {
        return Ok(());
    };
    let mut upto: Option<Timestamp> = None;
    for wa_id in &receipt.wa_ids {
        if let Some(id) = message::find_in_chat(tx, batch.organization, found.id, wa_id).await? {
            upto = upto.max(Some(message::place(tx, batch.organization, id).await?));
        }
    }
    let Some(upto) = upto else { return Ok(()) };
    message::mark_read_upto(tx, batch.organization, found.id, upto, receipt.at).await?;
    let unread = message::count_unread_after(tx, batch.organization, found.id, upto).await?;
    chat::set_unread(tx, batch.organization, found.id, unread).await?;
    batch.chat_updated(tx, found.id).await
}
