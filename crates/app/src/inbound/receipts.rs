//! Receipts and late acknowledgements.

use std::collections::BTreeMap;

use pesan_model::message::Message;
use pesan_model::{Address, ChatId, Direction, Event, MessageId, MessageStatus, Timestamp};
use pesan_providers::SendError;
use pesan_providers::inbound::Receipt;
use pesan_providers::provider::Refusal;
use pesan_store::early_receipt::{self, EarlyReceipt};
use pesan_store::{Error as StoreError, Tx, chat, job, message};

use super::{Batch, messages, rules};
use crate::outbox;
use crate::outbox::outcome::{self, Next};

/// The server's word on a message that nobody waits for any more. A refusal means what it would have meant in time.
pub(super) async fn acknowledge(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    wa_id: &str,
    (refusal, at): (Option<&Refusal>, Option<Timestamp>),
) -> Result<(), StoreError> {
    let Some(mut message) = list_ours(batch, tx, wa_id).await?.into_iter().next() else {
        return Ok(());
    };
    let now = batch.app.clock.now();
    let Some(refusal) = refusal else {
        return climb(batch, tx, &mut message, (MessageStatus::Sent, at.unwrap_or(now))).await;
    };
    let is_queued = message.status == MessageStatus::Queued;
    let is_concerned = match refusal {
        // What was accepted at a later try is not undone by what passed.
        Refusal::Passing { .. } => is_queued,
        Refusal::Final(_) => message.status.can_become(MessageStatus::Failed),
    };
    // Of a message that a person retried and that was not handed over since, only that try can tell.
    if !is_concerned || (is_queued && message.attempts == 0) {
        return Ok(());
    }
    let error = SendError::from(refusal.clone());
    let id = message.id.uuid();
    match outcome::after(&error, &batch.app.settings.limits, message.attempts, (now, now)) {
        Next::Retry(wait) => {
            // One that is being handed over right now is told of that try.
            job::put_off(tx, job::SEND_MESSAGE, id, now.plus(wait)).await
        }
        Next::Fail(why) => {
            outbox::fail(batch.app, tx, batch.organization, (&mut message, why)).await?;
            batch.settled.push(message.id);
            batch.events.push(Event::MessageFailed(message));
            Ok(())
        }
        Next::Snooze(_) => Ok(()),
    }
}

/// A receipt: of the other side for our messages, or of our own other device for what came in.
pub(super) async fn receive(batch: &mut Batch<'_>, tx: &mut Tx<'_>, receipt: &Receipt) -> Result<(), StoreError> {
    if receipt.from_self {
        return read_elsewhere(batch, tx, receipt).await;
    }
    for wa_id in &receipt.wa_ids {
        let ours = list_ours(batch, tx, wa_id).await?;
        if ours.is_empty() {
            keep_early(batch, tx, receipt, wa_id).await?;
        }
        for mut message in ours {
            if rules::is_from(receipt, &message.chat) || is_from_chat_of(batch, tx, receipt, &message).await? {
                climb(batch, tx, &mut message, (receipt.status, receipt.at)).await?;
            }
        }
    }
    Ok(())
}

/// A receipt can be faster than its message: what the phone sends is told to us and to the other side at once, and what came
/// while we were away may have been read on the phone.
async fn keep_early(batch: &mut Batch<'_>, tx: &mut Tx<'_>, receipt: &Receipt, wa_id: &str) -> Result<(), StoreError> {
    let alone = Receipt {
        wa_ids: vec![wa_id.to_owned()],
        ..receipt.clone()
    };
    let json = serde_json::to_string(&alone).map_err(|error| StoreError::corrupt("receipt", error))?;
    let early = EarlyReceipt {
        wa_id,
        sender: &receipt.from.to_string(),
        status: receipt.status,
        receipt: &json,
    };
    batch.has_early = Some(true);
    let now = batch.app.clock.now();
    early_receipt::keep(tx, batch.organization, batch.account, (&early, now)).await
}

/// A message came: takes the steps that were told before it.
pub(super) async fn catch_up(batch: &mut Batch<'_>, tx: &mut Tx<'_>, wa_id: &str) -> Result<(), StoreError> {
    let (organization, account) = (batch.organization, batch.account);
    let has_early = match batch.has_early {
        Some(known) => known,
        None => early_receipt::has_any(tx, organization, account).await?,
    };
    batch.has_early = Some(has_early);
    if !has_early {
        return Ok(());
    }
    let taken = early_receipt::take(tx, organization, account, wa_id).await?;
    let mut early: Vec<Receipt> = Vec::with_capacity(taken.len());
    for json in taken {
        match serde_json::from_str(&json) {
            Ok(receipt) => early.push(receipt),
            // Another version wrote it. A mark on a message is no reason to keep the message aside.
            Err(error) => tracing::warn!(%error, %account, "left out a receipt that cannot be read any more"),
        }
    }
    early.sort_by_key(|receipt| receipt.at);
    for receipt in early {
        receive(batch, tx, &receipt).await?;
    }
    Ok(())
}

/// Whether a receipt comes from the thread of a message although it names it otherwise.
async fn is_from_chat_of(
    batch: &Batch<'_>,
    tx: &mut Tx<'_>,
    receipt: &Receipt,
    message: &Message,
) -> Result<bool, StoreError> {
    let is_in_group = message.chat.parse::<Address>().is_ok_and(|address| address.is_group());
    if receipt.chat.is_group() || is_in_group {
        return Ok(false);
    }
    let from = messages::find_chats(batch, tx, &receipt.chat, receipt.peer.as_ref()).await?;
    // A thread that we do not know at all: WhatsApp can know a person under another number than we wrote to, because
    // some countries have two forms.
    Ok(from.is_empty() || from.contains(&message.chat_id))
}

async fn list_ours(batch: &Batch<'_>, tx: &mut Tx<'_>, wa_id: &str) -> Result<Vec<Message>, StoreError> {
    let mut found = message::list_by_wa_id(tx, batch.organization, batch.account, wa_id).await?;
    found.retain(|message| message.direction == Direction::Out);
    Ok(found)
}

/// Takes the step if it is one upwards.
pub(super) async fn climb(
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
        batch.settled.push(message.id);
    }
    batch.events.extend(events);
    Ok(())
}

/// The phone, or another device of this account, read messages: so their chat is read here as far as they are.
async fn read_elsewhere(batch: &mut Batch<'_>, tx: &mut Tx<'_>, receipt: &Receipt) -> Result<(), StoreError> {
    if !matches!(receipt.status, MessageStatus::Read | MessageStatus::Played) {
        return Ok(());
    }
    let mut read: BTreeMap<ChatId, Vec<MessageId>> = BTreeMap::new();
    for wa_id in &receipt.wa_ids {
        let found = message::list_by_wa_id(tx, batch.organization, batch.account, wa_id).await?;
        if found.is_empty() {
            keep_early(batch, tx, receipt, wa_id).await?;
        }
        for message in found {
            if message.direction == Direction::In {
                read.entry(message.chat_id).or_default().push(message.id);
            }
        }
    }
    for (chat, messages) in read {
        // What comes in meanwhile is counted after this.
        chat::get_for_change(tx, batch.organization, chat).await?;
        let mut upto: Option<Timestamp> = None;
        for id in messages {
            upto = upto.max(Some(message::place(tx, batch.organization, id).await?));
        }
        let Some(upto) = upto else { continue };
        message::mark_read_upto(tx, batch.organization, chat, upto, receipt.at).await?;
        let unread = message::count_unread_after(tx, batch.organization, chat, upto).await?;
        chat::set_unread(tx, batch.organization, chat, u32::try_from(unread).unwrap_or(u32::MAX)).await?;
        batch.chat_updated(tx, chat).await?;
    }
    Ok(())
}
