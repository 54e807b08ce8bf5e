//! The rules of what comes in that need no database: what is the same message, who wrote it, where it stands in its
//! thread, and what a receipt changes. Pure.

use std::time::Duration;

use pesan_model::message::Message;
use pesan_model::{Address, ChatId, ContactId, Direction, Event, MessageStatus, Phone, Timestamp};
use pesan_providers::inbound::{InboundMessage, Person, Receipt};

/// Whether `stored` is the message that came, perhaps under another address of its sender.
pub(super) fn is_same(stored: &Message, came: &InboundMessage, chat: ChatId) -> bool {
    stored.chat_id == chat
        && stored.direction == came.direction
        && (came.direction == Direction::Out
            || stored.sender == sender_address(&came.sender, &came.chat)
            || addresses(came.sender.phone.as_ref(), came.sender.lid.as_deref()).contains(&stored.sender))
}

/// Whether who sent what came, the person `sender`, wrote `stored` in the same chat. The address that it was written down
/// by may be another one.
pub(super) fn is_of_sender(
    stored: &Message,
    came: &InboundMessage,
    (chat, sender): (ChatId, Option<ContactId>),
) -> bool {
    let is_of_person = stored.chat_id == chat
        && (stored.direction, came.direction) == (Direction::In, Direction::In)
        && sender.is_some()
        && stored.contact_id == sender;
    is_of_person || is_same(stored, came, chat)
}

/// Every address of somebody.
pub(super) fn addresses(phone: Option<&Phone>, lid: Option<&str>) -> Vec<String> {
    let by_phone = phone.map(|phone| Address::Phone(phone.clone()).to_string());
    by_phone.into_iter().chain(lid.map(str::to_owned)).collect()
}

/// How a sender is written down: by number where it is known, because that is what people and other systems know.
pub(super) fn sender_address(sender: &Person, chat: &Address) -> String {
    address_of(sender.phone.as_ref(), sender.lid.as_deref()).unwrap_or_else(|| chat.to_string())
}

/// The same of anybody; `None` when nothing is known of them.
pub(super) fn address_of(phone: Option<&Phone>, lid: Option<&str>) -> Option<String> {
    match (phone, lid) {
        (Some(phone), _) => Some(Address::Phone(phone.clone()).to_string()),
        (None, lid) => lid.map(str::to_owned),
    }
}

/// Whether a receipt names the thread at `chat`, by its address or by the person it is with.
pub(super) fn is_from(receipt: &Receipt, chat: &str) -> bool {
    let peer = receipt.peer.as_ref();
    let phone = peer
        .and_then(|peer| peer.phone.clone())
        .map(|phone| Address::Phone(phone).to_string());
    let lid = peer.and_then(|peer| peer.lid.as_deref());
    [Some(receipt.chat.to_string().as_str()), phone.as_deref(), lid].contains(&Some(chat))
}

/// Where in its thread something stands: in the order in which things were said.
///
/// WhatsApp's times are whole seconds, so it was said before the end of that one and before now: an answer never stands
/// before its question, what came late stands after all that came in its second, and a phone's clock in the future pins
/// nothing to the end. What has the same place stands as it came.
pub(super) fn place_in_thread(said_at: Timestamp, now: Timestamp) -> Timestamp {
    let end_of_second = Timestamp::from_secs(said_at.secs()).plus(Duration::from_millis(999));
    end_of_second.min(now)
}

/// Takes the step to `status` if it is one upwards, and says what happened. Reaching a later status proves the earlier
/// ones. `None` when the message stays as it is.
pub(super) fn climb(message: &mut Message, status: MessageStatus, at: Timestamp) -> Option<Vec<Event>> {
    if !message.status.can_become(status) {
        return None;
    }
    let at = not_before_sending(message, at);
    let (event, delivered_at, read_at): (fn(Message) -> Event, _, _) = match status {
        MessageStatus::Sent => (Event::MessageSent, message.delivered_at, message.read_at),
        MessageStatus::Delivered => (Event::MessageDelivered, Some(at), message.read_at),
        MessageStatus::Read => (Event::MessageRead, message.delivered_at.or(Some(at)), Some(at)),
        MessageStatus::Played => (
            Event::MessagePlayed,
            message.delivered_at.or(Some(at)),
            message.read_at.or(Some(at)),
        ),
        MessageStatus::Queued | MessageStatus::Failed | MessageStatus::Cancelled | MessageStatus::Received => {
            return None;
        }
    };
    let was_unsent = is_unsent(message.status);
    message.status = status;
    message.error = None;
    message.failed_at = None;
    message.sent_at = message.sent_at.or(Some(at));
    let mut events = Vec::new();
    if was_unsent && status != MessageStatus::Sent {
        // What was not known to be accepted was not known to be delivered or read either.
        events.push(Event::MessageSent(Message {
            status: MessageStatus::Sent,
            ..message.clone()
        }));
    }
    message.delivered_at = delivered_at;
    message.read_at = read_at;
    events.push(event(message.clone()));
    Some(events)
}

/// When something became of a message of ours. WhatsApp's times are whole seconds, and of another clock: what was sent from here
/// left after it was accepted here, and nobody got or read it before it left.
pub(crate) fn not_before_sending(message: &Message, at: Timestamp) -> Timestamp {
    let is_from_here = message.sent_by.is_some() || message.automatic.is_some();
    let left = message.sent_at.or(is_from_here.then_some(message.created_at));
    left.map_or(at, |left| at.max(left))
}

/// True while we do not know that WhatsApp accepted it, so that it may still be waiting to be sent.
pub(super) fn is_unsent(status: MessageStatus) -> bool {
    matches!(status, MessageStatus::Queued | MessageStatus::Failed)
}

#[cfg(test)]
mod tests;
