//! What is sent to a webhook: the body, and the headers that prove that it comes from here.
//!
//! The native envelope follows Standard Webhooks 1.0: `id.timestamp.body` signed with HMAC-SHA256 and the bytes that the
//! secret's base64 stands for. The simple one signs the body with the secret as it is written. While an old secret is
//! still valid, both are used.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use pesan_model::chat::Activity;
use pesan_model::event::{LoggedEvent, matches};
use pesan_model::webhook::{Envelope, Webhook};
use pesan_model::{Address, Content, Event, Timestamp};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::error::{Error, Result};

/// What a written secret starts with.
pub const SECRET_PREFIX: &str = "whsec_";
/// Bytes of a secret.
pub const SECRET_LEN: usize = 32;

const RECEIVED: &str = "message.received";
const STATUS: &str = "message.status";
const SESSION: &str = "session.status";
const TYPING: &str = "typing";
/// The events of the simple envelope.
pub const SIMPLE_NAMES: [&str; 4] = [RECEIVED, STATUS, SESSION, TYPING];

/// The secrets a webhook's messages are signed with.
pub struct Secrets {
    /// The one in force.
    pub current: Vec<u8>,
    /// The one before, while it is still valid.
    pub previous: Option<Vec<u8>>,
}

/// A request without its address.
#[derive(Debug)]
pub struct Letter {
    /// Besides `content-type`.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: Vec<u8>,
}

/// The secret as people see it.
pub fn written(secret: &[u8]) -> String {
    format!("{SECRET_PREFIX}{}", STANDARD.encode(secret))
}

/// Whether this webhook is told about this event.
pub fn wants(webhook: &Webhook, event: &Event) -> bool {
    if let Some(only) = event.only_webhook() {
        return only == webhook.id;
    }
    let of_its_accounts = webhook.accounts.is_empty()
        || event
            .account_id()
            .is_some_and(|account| webhook.accounts.contains(&account));
    let covers = |name: &str| webhook.events.iter().any(|pattern| matches(pattern, name));
    of_its_accounts
        && match webhook.envelope {
            Envelope::Native => covers(event.name()),
            Envelope::Simple => simple(event).is_some_and(|(name, _)| covers(event.name()) || covers(name)),
        }
}

/// The request that tells this webhook about this event.
pub fn letter(envelope: Envelope, secrets: &Secrets, logged: &LoggedEvent, now: Timestamp) -> Result<Letter> {
    let failed = |error| Error::internal("write an event as JSON", error);
    match envelope {
        Envelope::Native => {
            let body = serde_json::to_vec(logged).map_err(failed)?;
            let (id, at) = (logged.id.to_string(), now.secs().to_string());
            let sign = |secret: &[u8]| {
                let mac = hmac(secret, &[id.as_bytes(), b".", at.as_bytes(), b".", &body]);
                format!("v1,{}", STANDARD.encode(mac))
            };
            let mut signatures = sign(&secrets.current);
            if let Some(previous) = &secrets.previous {
                signatures = format!("{signatures} {}", sign(previous));
            }
            Ok(Letter {
                headers: vec![
                    ("webhook-id", id),
                    ("webhook-timestamp", at),
                    ("webhook-signature", signatures),
                ],
                body,
            })
        }
        Envelope::Simple => {
            let simple = simple(&logged.event).map(|(event, data)| json!({ "event": event, "data": data }));
            let body = serde_json::to_vec(&simple).map_err(failed)?;
            let sign = |secret: &[u8]| format!("sha256={}", hex::encode(hmac(written(secret).as_bytes(), &[&body])));
            let mut headers = vec![
                ("x-pesan-event-id", logged.id.to_string()),
                ("x-pesan-signature", sign(&secrets.current)),
            ];
            if let Some(previous) = &secrets.previous {
                headers.push(("x-pesan-signature-previous", sign(previous)));
            }
            Ok(Letter { headers, body })
        }
    }
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// The simple form of an event, of those that have one: its name and its data.
///
/// A message that could not be decrypted is told when it can: programs that take this form expect a text.
fn simple(event: &Event) -> Option<(&'static str, Value)> {
    match event {
        Event::MessageReceived(message) if matches!(message.content, Content::Undecryptable(_)) => None,
        Event::MessageReceived(message) | Event::MessageHealed(message) => Some((
            RECEIVED,
            json!({
                "from": number(&message.sender),
                "pushName": message.push_name,
                "message": message.content.preview(),
                "type": message.kind,
                "id": message.id,
                "timestamp": message.sent_at.unwrap_or(message.created_at).secs(),
            }),
        )),
        Event::MessageSent(message)
        | Event::MessageDelivered(message)
        | Event::MessageRead(message)
        | Event::MessagePlayed(message)
        | Event::MessageCancelled(message)
        | Event::MessageFailed(message) => Some((STATUS, json!({ "id": message.id, "status": message.status }))),
        Event::AccountStateChanged(account) => {
            Some((SESSION, json!({ "sessionId": account.id, "status": account.state })))
        }
        Event::ChatTyping(typing) => {
            let is_typing = match typing.activity {
                Activity::Typing | Activity::Recording => true,
                Activity::Stopped => false,
            };
            Some((TYPING, json!({ "from": number(&typing.from), "isTyping": is_typing })))
        }
        Event::WebhookTest(webhook) => Some(("test", json!({ "webhookId": webhook.id }))),
        Event::AccountCreated(_)
        | Event::AccountDeleted(_)
        | Event::MessageQueued(_)
        | Event::MessageMediaReady(_)
        | Event::MessageDeleted(_)
        | Event::MessageEdited(_)
        | Event::MessageRevoked(_)
        | Event::MessageVoted(_)
        | Event::ChatUpdated(_)
        | Event::ContactCreated(_)
        | Event::ContactUpdated(_)
        | Event::ContactMerged(_)
        | Event::ContactUnmerged(_)
        | Event::ContactOptedOut(_)
        | Event::ContactOptedIn(_)
        | Event::ContactErased(_)
        | Event::DonationRecorded(_)
        | Event::DonationChanged(_)
        | Event::DonationDeleted(_)
        | Event::NoteCreated(_)
        | Event::NoteUpdated(_)
        | Event::NoteDeleted(_)
        | Event::ReminderCreated(_)
        | Event::ReminderUpdated(_)
        | Event::ReminderDue(_) => None,
    }
}

/// A person's number as it is dialled, without the plus; the address as it is where WhatsApp hides the number.
fn number(address: &str) -> String {
    match address.parse() {
        Ok(Address::Phone(phone)) => phone.digits().to_owned(),
        Ok(Address::Lid(_) | Address::Group(_)) | Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests;
