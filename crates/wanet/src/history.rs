//! What a phone tells a new companion of the past: one chunk of history, in the stanza itself.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp as wa;

use crate::crypto;
use crate::ids;
use crate::phone::content;

/// A conversation that took place before the companion was linked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PastChat {
    /// With whom, a phone.
    pub with: String,
    /// Oldest first.
    pub messages: Vec<PastMessage>,
}

/// A message of the past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PastMessage {
    /// Its WhatsApp id.
    pub id: String,
    /// Whether the account wrote it.
    pub from_me: bool,
    /// What it says.
    pub text: String,
    /// When, seconds.
    pub timestamp: u64,
}

/// The notification that carries it, with the salt of the account's tokens if it comes this way.
pub(crate) fn notification(phone: u64, chats: &[PastChat], salt: Option<[u8; 32]>) -> wa::Message {
    let conversations = chats.iter().filter_map(conversation).collect();
    let own = wa::Pushname {
        id: Some(ids::pn(phone).to_string()),
        ..Default::default()
    };
    let history = wa::HistorySync {
        sync_type: wa::history_sync::HistorySyncType::INITIAL_BOOTSTRAP,
        conversations,
        chunk_order: Some(1),
        progress: Some(100),
        pushnames: vec![own],
        nct_salt: salt.map(Vec::from),
        ..Default::default()
    };
    let payload = crypto::zlib(&history.encode_to_vec());
    content::protocol(wa::message::ProtocolMessage {
        r#type: Some(wa::message::protocol_message::Type::HISTORY_SYNC_NOTIFICATION),
        history_sync_notification: MessageField::some(wa::message::HistorySyncNotification {
            sync_type: Some(wa::message::HistorySyncType::INITIAL_BOOTSTRAP),
            chunk_order: Some(1),
            progress: Some(100),
            file_length: Some(payload.len() as u64),
            initial_hist_bootstrap_inline_payload: Some(payload),
            ..Default::default()
        }),
        ..Default::default()
    })
}

fn conversation(chat: &PastChat) -> Option<wa::Conversation> {
    let jid = ids::pn(ids::parse_phone(&chat.with)?).to_string();
    let messages = chat
        .messages
        .iter()
        .rev()
        .enumerate()
        .map(|(order, message)| wa::HistorySyncMsg {
            msg_order_id: Some(order as u64),
            message: MessageField::some(wa::WebMessageInfo {
                key: MessageField::some(wa::MessageKey {
                    remote_jid: Some(jid.clone()),
                    from_me: Some(message.from_me),
                    id: Some(message.id.clone()),
                    ..Default::default()
                }),
                message: MessageField::some(content::text(message.text.clone(), None)),
                message_timestamp: Some(message.timestamp),
                ..Default::default()
            }),
        });
    Some(wa::Conversation {
        id: jid.clone(),
        messages: messages.collect(),
        ..Default::default()
    })
}
