//! What a companion could not read it asks its phone for, and the phone tells it what it has.
//!
//! The request is a peer message with the keys of the messages. The phone answers each with the message as it keeps it, or
//! with nothing when it has none.

use std::sync::Arc;

use bytes::Bytes;
use wacore_binary::Jid;
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp as wa;

use super::content;
use crate::hub::Hub;
use crate::ids::{self, Address, Family, family};
use crate::inbox::{Direction, InboxMessage};
use wa::message::PeerDataOperationRequestType::PLACEHOLDER_MESSAGE_RESEND;
use wa::message::peer_data_operation_request_response_message::PeerDataOperationResult;
use wa::message::peer_data_operation_request_response_message::peer_data_operation_result::PlaceholderMessageResendResponse;

/// A message as a phone keeps it: the key that came with it is used up.
pub(crate) fn whole(message: wa::Message) -> Bytes {
    let kept = wa::Message {
        sender_key_distribution_message: MessageField::none(),
        ..message
    };
    kept.encode_to_vec().into()
}

/// The messages that are asked for; nothing if this asks for none.
pub(crate) fn wanted(message: &wa::Message) -> Option<Vec<wa::MessageKey>> {
    let inner = message.protocol_message.as_option()?;
    let request = inner.peer_data_operation_request_message.as_option()?;
    if request.peer_data_operation_request_type != Some(PLACEHOLDER_MESSAGE_RESEND) {
        return None;
    }
    let all = request.placeholder_message_resend_request.iter();
    Some(all.filter_map(|one| one.message_key.as_option().cloned()).collect())
}

impl Hub {
    /// Answers the request with this id.
    pub(crate) fn phone_tells_again(self: &Arc<Self>, companion: Address, request: &str, wanted: &[wa::MessageKey]) {
        let results = {
            let mut world = self.world.lock();
            world.counters.wanted_again += wanted.len() as u64;
            let Some(account) = world.accounts.get(&companion.phone) else {
                return;
            };
            let answer = |key| {
                let kept = find(&account.inbox, key).and_then(as_kept);
                result(kept.map(|kept| kept.encode_to_vec()))
            };
            wanted.iter().map(answer).collect()
        };
        let answer = content::protocol(wa::message::ProtocolMessage {
            r#type: Some(wa::message::protocol_message::Type::PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE),
            peer_data_operation_request_response_message: MessageField::some(
                wa::message::PeerDataOperationRequestResponseMessage {
                    peer_data_operation_request_type: Some(PLACEHOLDER_MESSAGE_RESEND),
                    stanza_id: Some(request.to_owned()),
                    peer_data_operation_result: results,
                },
            ),
            ..Default::default()
        });
        if let Err(error) = self.phone_tells_companion(companion, &answer) {
            tracing::warn!(%error, "a phone could not answer its companion");
        }
    }
}

fn result(web_message_info_bytes: Option<Vec<u8>>) -> PeerDataOperationResult {
    PeerDataOperationResult {
        placeholder_message_resend_response: MessageField::some(PlaceholderMessageResendResponse {
            web_message_info_bytes,
        }),
        ..Default::default()
    }
}

/// By whichever address the other side is named.
fn find<'a>(inbox: &'a crate::inbox::Inbox, key: &wa::MessageKey) -> Option<&'a InboxMessage> {
    let chat: Jid = key.remote_jid.as_ref()?.parse().ok()?;
    let chat = Address::of(&chat).map_or_else(|| chat.to_string(), |address| address.phone.to_string());
    let direction = if key.from_me.unwrap_or(false) {
        Direction::Out
    } else {
        Direction::In
    };
    inbox.find_in(&chat, direction, key.id.as_deref()?)
}

/// The other side is named as it was addressed, a member of a group as the group addresses its members.
fn as_kept(message: &InboxMessage) -> Option<wa::WebMessageInfo> {
    let is_in = message.direction == Direction::In;
    let jid = |text: &str| text.parse::<Jid>().ok();
    let (remote_jid, participant) = if message.chat.ends_with("@g.us") {
        let author = jid(&message.author).map(|author| author.to_non_ad_string());
        (message.chat.clone(), author.filter(|_| is_in))
    } else {
        let other = ids::parse_phone(&message.chat)?;
        let addressed = if is_in {
            family(&jid(&message.origin)?)
        } else {
            Family::Pn
        };
        let other = match addressed {
            Family::Pn => ids::pn(other),
            Family::Lid => ids::lid(other),
        };
        (other.to_string(), None)
    };
    Some(wa::WebMessageInfo {
        key: MessageField::some(wa::MessageKey {
            remote_jid: Some(remote_jid),
            from_me: Some(!is_in),
            id: Some(message.id.clone()),
            participant: participant.clone(),
        }),
        message: MessageField::some(wa::Message::decode_from_slice(&message.whole).ok()?),
        message_timestamp: u64::try_from(message.timestamp).ok(),
        participant,
        push_name: is_in.then(|| message.push_name.clone()),
        ..Default::default()
    })
}
