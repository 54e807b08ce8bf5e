//! What can never be stored must not stop what comes after it.
//!
//! WhatsApp delivers again what is not acknowledged, for ever. So when the database refuses something although it is
//! sound, and does so three times, the thing is kept aside, whole and encrypted; in its thread a line says that
//! something is missing, which is announced like every message; and it is acknowledged. While the database is in
//! trouble, nothing is kept aside: that passes. When the thing is stored after all, it takes the place of the line.

use std::sync::Arc;

use pesan_model::{AccountId, Content, QuarantineId};
use pesan_providers::Inbound;
use pesan_providers::inbound::{GroupNotice, InboundContent, InboundMessage, Person};
use pesan_store::quarantine::{NewQuarantined, Quarantined};
use pesan_store::{Error as StoreError, OrganizationKey};
use sha2::{Digest, Sha256};

use crate::context::App;
use crate::error::{Error, Result};

/// How often something is tried before it is kept aside.
pub(super) const STRIKES: u32 = 3;
/// What the line in the thread says that it is.
const PLACEHOLDER: &str = "quarantined";

/// Whether the same work would fail again and again: it is the thing that is refused, not the database that is in
/// trouble.
pub(crate) fn is_lasting(error: &Error) -> bool {
    match error {
        Error::Unavailable { .. } | Error::TooMany { .. } => false,
        Error::Internal { source, .. } => source.downcast_ref::<StoreError>().is_none_or(StoreError::is_lasting),
        Error::NotFound { .. }
        | Error::Unauthenticated
        | Error::LogInFailed
        | Error::Forbidden(_)
        | Error::Invalid(_)
        | Error::Conflict { .. }
        | Error::Gone { .. }
        | Error::TooLarge { .. } => true,
    }
}

/// The row that keeps `item` aside.
pub(super) fn row(
    app: &Arc<App>,
    account_id: AccountId,
    key: &OrganizationKey,
    (item, error): (&Inbound, &Error),
) -> Result<Quarantined> {
    let json = serde_json::to_vec(item).map_err(|error| Error::internal("keep something aside", error))?;
    let new = NewQuarantined {
        id: QuarantineId::new(&*app.clock, &*app.random),
        account_id,
        kind: kind(item),
        fingerprint: Sha256::digest(&json).into(),
        reason: &reason(error),
        item: &json,
        created_at: app.clock.now(),
    };
    Ok(Quarantined::seal(key, &new, &*app.random))
}

/// It is kept aside: counted, and said without a word of what it is.
pub(super) fn count(account: AccountId, item: &Inbound, error: &Error) {
    let kind = kind(item);
    metrics::counter!("pesan_inbound_quarantined_total", "kind" => kind).increment(1);
    tracing::error!(%account, kind, %error, "something that came in could not be stored and is kept aside");
}

fn kind(item: &Inbound) -> &'static str {
    match item {
        Inbound::Message(_) => "message",
        Inbound::Acknowledged { .. } => "acknowledgement",
        Inbound::Receipt(_) => "receipt",
        Inbound::Activity { .. } => "activity",
        Inbound::Person(_) => "person",
        Inbound::Group(_) => "group",
    }
}

/// Every cause, outermost first.
pub(crate) fn reason(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

/// Whether this is what stands in a thread instead of something that is kept aside.
pub(super) fn is_placeholder(content: &Content) -> bool {
    matches!(content, Content::Unsupported(unsupported) if unsupported.kind == PLACEHOLDER)
}

/// What stands in the thread instead; `None` for what has no line there.
pub(super) fn placeholder(item: &Inbound) -> Option<Inbound> {
    let content = InboundContent::Unsupported {
        kind: PLACEHOLDER.to_owned(),
    };
    let message = match item {
        Inbound::Message(message) => InboundMessage {
            sender: nameless(&message.sender),
            peer: message.peer.as_ref().map(nameless),
            content,
            reply_to: None,
            ..(**message).clone()
        },
        Inbound::Group(notice) => in_place_of_notice(notice, content),
        Inbound::Acknowledged { .. } | Inbound::Receipt(_) | Inbound::Activity { .. } | Inbound::Person(_) => {
            return None;
        }
    };
    Some(Inbound::Message(Box::new(message)))
}

fn in_place_of_notice(notice: &GroupNotice, content: InboundContent) -> InboundMessage {
    InboundMessage {
        wa_id: notice.wa_id.clone(),
        chat: notice.group.clone(),
        sender: nameless(&notice.by),
        direction: pesan_model::Direction::In,
        peer: None,
        at: notice.at,
        content,
        reply_to: None,
        from_history: false,
    }
}

/// Names are what strangers choose freely.
fn nameless(person: &Person) -> Person {
    Person {
        push_name: None,
        ..person.clone()
    }
}
