//! What Pesan answers by itself to a message that came in: decided and queued in the transaction that stores the message, so
//! that a crash or a second delivery never makes two answers of one, or none.
//!
//! Only what a person writes to us alone, just now, is answered. Of two programs that answer each other the first to have
//! sent [`MAX_A_DAY`] messages in a chat falls silent.

use std::sync::Arc;
use std::time::Duration;

use pesan_model::automatic::{AutomaticText, MAX_A_DAY, OptOut, Wish};
use pesan_model::hours::Presence;
use pesan_model::inbox::ChatActor;
use pesan_model::organization::OrganizationSettings;
use pesan_model::{AutomaticKind, Content, Direction, Event, Timestamp};
use pesan_providers::inbound::InboundMessage;
use pesan_store::chat::ChatKey;
use pesan_store::contact::{self, ContactRow};
use pesan_store::{Error as StoreError, Tx, message, organization_setting};

use super::Batch;
use crate::contacts::consent;
use crate::messaging::automatic::{Recipient, store};
use crate::templates;

/// A message that is older than this came late: nobody wonders any more why nobody is there.
const FRESH: Duration = Duration::from_hours(12);
const A_DAY: Duration = Duration::from_hours(24);

/// What there is to answer.
pub(super) struct Answer {
    /// The identity that wrote.
    sender: ContactRow,
    /// Who that is.
    person: ContactRow,
    wish: Option<Wish>,
    /// They are new, and this is the first thing we can read of them.
    is_first: bool,
    /// They wrote just now.
    is_fresh: bool,
}

/// Takes note of what a message means before it is stored: who is new, and who wants to be left alone. People are locked
/// before chats are. `None` for what is never answered.
pub(super) async fn hear(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    came: &InboundMessage,
    (sender, is_new): (Option<&ContactRow>, bool),
    content: &Content,
) -> Result<Option<Answer>, StoreError> {
    let is_personal = came.direction == Direction::In && !came.from_history && !came.chat.is_group();
    let Some(sender) = sender.filter(|_| is_personal) else {
        return Ok(None);
    };
    if !is_readable(content) {
        if is_new {
            contact::await_welcome(tx, batch.organization, sender.id()).await?;
        }
        return Ok(None);
    }
    let settings = settings(batch, tx).await?;
    let mut person = if sender.is_merged() {
        contact::person(tx, batch.organization, sender.id()).await?
    } else {
        sender.clone()
    };
    let wish = heard(&settings.opt_out, content, &person);
    if let Some(wish) = wish {
        let locked = contact::lock_person(tx, batch.organization, sender.id()).await?;
        // Somebody may have changed it while this waited.
        if heard(&settings.opt_out, content, &locked) == Some(wish) {
            let by = ChatActor::Message;
            let (changed, events) = consent::set(batch.app, tx, batch.organization, (&locked, wish), &by).await?;
            person = changed;
            batch.events.extend(events);
        }
    }
    let is_first =
        is_new || (sender.is_unwelcomed() && contact::take_welcome(tx, batch.organization, sender.id()).await?);
    Ok(Some(Answer {
        sender: sender.clone(),
        person,
        wish,
        is_first,
        is_fresh: batch.app.clock.now().since(came.at) < FRESH,
    }))
}

/// Queues what is answered, after the message has its place in the thread.
pub(super) async fn answer(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    chat: &ChatKey,
    answer: &Answer,
) -> Result<(), StoreError> {
    let settings = settings(batch, tx).await?;
    if let Some(wish) = answer.wish {
        // The last word to somebody who wants no more of them.
        let (kind, text) = match wish {
            Wish::OptOut => (AutomaticKind::OptOut, &settings.opt_out.reply),
            Wish::OptIn => (AutomaticKind::OptIn, &settings.opt_out.opt_in_reply),
        };
        return send(batch, tx, (chat, answer), (kind, text)).await;
    }
    if !consent::may_be_written_to(&answer.person) {
        return Ok(());
    }
    if answer.is_first {
        send(batch, tx, (chat, answer), (AutomaticKind::Welcome, &settings.welcome)).await?;
    }
    if answer.is_fresh && settings.away.enabled && is_unanswered(batch, tx, chat, &settings).await? {
        send(batch, tx, (chat, answer), (AutomaticKind::Away, &settings.away)).await?;
    }
    Ok(())
}

/// Whether nobody is there, and this chat was not told so yet.
async fn is_unanswered(
    batch: &Batch<'_>,
    tx: &mut Tx<'_>,
    chat: &ChatKey,
    settings: &OrganizationSettings,
) -> Result<bool, StoreError> {
    let Some(hours) = &settings.business_hours else {
        return Ok(false);
    };
    let Presence::Closed { since } = hours.at(batch.app.clock.now()) else {
        return Ok(false);
    };
    let told = message::find_newest_automatic(tx, batch.organization, chat.id, AutomaticKind::Away).await?;
    Ok(told.is_none_or(|told| told < since))
}

async fn send(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    (chat, answer): (&ChatKey, &Answer),
    (kind, text): (AutomaticKind, &AutomaticText),
) -> Result<(), StoreError> {
    let Some(template) = text.template() else {
        return Ok(());
    };
    let a_day_ago: Timestamp = batch.app.clock.now().minus(A_DAY);
    if message::count_automatic(tx, batch.organization, chat.id, a_day_ago).await? >= MAX_A_DAY {
        return Ok(());
    }
    let values = templates::values(tx, batch.organization, Some(&answer.person), None).await?;
    let filled = template.fill(&values);
    // A field was deleted meanwhile, or the like: better nothing than a hole.
    if !filled.missing.is_empty() {
        return Ok(());
    }
    let to = Recipient {
        organization: batch.organization,
        account: batch.account,
        chat,
        contact: &answer.sender,
    };
    if let Some(message) = store(batch.app, tx, &to, (kind, filled.text)).await? {
        batch.events.push(Event::MessageQueued(message.clone()));
        batch.queued.push(message);
    }
    Ok(())
}

/// What the organization decided, read once for each batch.
async fn settings(batch: &mut Batch<'_>, tx: &mut Tx<'_>) -> Result<Arc<OrganizationSettings>, StoreError> {
    if let Some(known) = &batch.settings {
        return Ok(known.clone());
    }
    let read = Arc::new(organization_setting::get(tx, batch.organization).await?);
    batch.settings = Some(read.clone());
    Ok(read)
}

fn heard(rules: &OptOut, content: &Content, person: &ContactRow) -> Option<Wish> {
    match content {
        Content::Text(text) => rules.wish(&text.body, !consent::may_be_written_to(person)),
        Content::Image(_)
        | Content::Video(_)
        | Content::Document(_)
        | Content::Audio(_)
        | Content::Sticker(_)
        | Content::Reaction(_)
        | Content::Location(_)
        | Content::Contacts(_)
        | Content::Poll(_)
        | Content::GroupChange(_)
        | Content::Undecryptable(_)
        | Content::Revoked(_)
        | Content::Unsupported(_) => None,
    }
}

/// Whether a person said something that we have.
fn is_readable(content: &Content) -> bool {
    match content {
        Content::Text(_)
        | Content::Image(_)
        | Content::Video(_)
        | Content::Document(_)
        | Content::Audio(_)
        | Content::Sticker(_)
        | Content::Location(_)
        | Content::Contacts(_)
        | Content::Poll(_) => true,
        Content::Reaction(_)
        | Content::GroupChange(_)
        | Content::Undecryptable(_)
        | Content::Revoked(_)
        | Content::Unsupported(_) => false,
    }
}
