//! What comes in about a message that is there: other words, its deletion for everybody, the choice of a voter. None of it
//! is a message of its own, so each is written down by WhatsApp's id of it, and changes nothing when it comes again.
//!
//! Only who wrote a message changes it; an admin of a group deletes whatever stands there. A change that comes before its
//! message makes the message: what it says is known by then, and what comes later under its id is no news.

use pesan_model::content::{Content, Poll, Revoked, Text};
use pesan_model::message::Message;
use pesan_model::{ContactId, Direction, Event, MessageStatus, Phone, Timestamp};
use pesan_providers::inbound::{EncryptedVote, InboundContent, InboundMessage};
use pesan_providers::linked_device::{Ballot, open_vote};
use pesan_store::contact::ContactRow;
use pesan_store::{Error as StoreError, Tx, account, chat, contact, media, message};

use super::messages::{self, New, Scene};
use super::quarantine::is_placeholder;
use super::{Batch, receipts, rules};

/// The column that the secret of a poll's votes is sealed for.
const POLL_SECRET_COLUMN: &str = "message.poll_secret";

/// Whether it is about another message instead of being one.
pub(super) fn is_change(content: &InboundContent) -> bool {
    match content {
        InboundContent::Edit { .. } | InboundContent::Revoke { .. } | InboundContent::Vote { .. } => true,
        InboundContent::Text(_)
        | InboundContent::Media(_)
        | InboundContent::Reaction { .. }
        | InboundContent::Location(_)
        | InboundContent::Contacts(_)
        | InboundContent::Poll { .. }
        | InboundContent::Undecryptable { .. }
        | InboundContent::Unsupported { .. } => false,
    }
}

/// A change came. `line` is what stands in the thread under its id: it could not be read or stored at first.
pub(super) async fn receive(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    came: &InboundMessage,
    (scene, line): (&Scene, Option<Message>),
) -> Result<(), StoreError> {
    if let Some(line) = line {
        if !is_unread(&line) {
            return Ok(());
        }
        hide(batch, tx, line).await?;
        batch.unread.retain(|wa_id| *wa_id != came.wa_id);
    }
    match &came.content {
        InboundContent::Edit { target, words } => {
            let Some(found) = find(batch, tx, (came, scene), target).await? else {
                return edit_early(batch, tx, (came, scene), (target, words)).await;
            };
            match found.theirs {
                Some(message) => edit(batch, tx, came, (message, words)).await,
                None => Ok(()),
            }
        }
        InboundContent::Revoke { target, by_admin } => {
            let by_admin = *by_admin && came.chat.is_group();
            match find(batch, tx, (came, scene), target).await? {
                Some(Found { theirs: Some(own), .. }) => revoke(batch, tx, came, (own, false)).await,
                Some(Found { others, .. }) if by_admin => match others.into_iter().next() {
                    Some(message) => revoke(batch, tx, came, (message, true)).await,
                    None => Ok(()),
                },
                // Whose it is an admin does not say in a way that could be believed.
                None if !by_admin => revoke_early(batch, tx, (came, scene), target).await,
                Some(_) | None => Ok(()),
            }
        }
        InboundContent::Vote { target, vote } => {
            let found = message::list_by_wa_id(tx, batch.organization, batch.account, target).await?;
            let is_poll =
                |message: &Message| message.chat_id == scene.chat.id && matches!(message.content, Content::Poll(_));
            match found.into_iter().find(is_poll) {
                Some(poll) => count_vote(batch, tx, (came, scene), (poll, vote)).await,
                None => Ok(()),
            }
        }
        InboundContent::Text(_)
        | InboundContent::Media(_)
        | InboundContent::Reaction { .. }
        | InboundContent::Location(_)
        | InboundContent::Contacts(_)
        | InboundContent::Poll { .. }
        | InboundContent::Undecryptable { .. }
        | InboundContent::Unsupported { .. } => Ok(()),
    }
}

fn is_unread(message: &Message) -> bool {
    matches!(message.content, Content::Undecryptable(_)) || is_placeholder(&message.content)
}

/// The messages of a chat with one id.
struct Found {
    /// The one that who sent the change wrote.
    theirs: Option<Message>,
    others: Vec<Message>,
}

/// The messages that a change can mean; `None` when there is none with this id.
async fn find(
    batch: &Batch<'_>,
    tx: &mut Tx<'_>,
    (came, scene): (&InboundMessage, &Scene),
    target: &str,
) -> Result<Option<Found>, StoreError> {
    let mut found = message::list_by_wa_id(tx, batch.organization, batch.account, target).await?;
    found.retain(|message| message.chat_id == scene.chat.id);
    if found.is_empty() {
        return Ok(None);
    }
    let sender = scene.sender.as_ref().map(ContactRow::id);
    let place = found
        .iter()
        .position(|message| rules::is_of_sender(message, came, (scene.chat.id, sender)));
    let theirs = place.map(|place| found.remove(place));
    Ok(Some(Found { theirs, others: found }))
}

/// Writes down that a change came. False when it had come before.
async fn is_new(
    batch: &Batch<'_>,
    tx: &mut Tx<'_>,
    came: &InboundMessage,
    message: &Message,
) -> Result<bool, StoreError> {
    message::change::record(tx, batch.organization, batch.account, (&came.wa_id, message.id)).await
}

async fn edit(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    came: &InboundMessage,
    (mut message, words): (Message, &str),
) -> Result<(), StoreError> {
    if !is_new(batch, tx, came, &message).await? {
        return Ok(());
    }
    prove_sent(batch, tx, &mut message, came.at).await?;
    if message.edit(words, came.at) {
        message::change::save_content(tx, batch.organization, &message).await?;
        batch.events.push(Event::MessageEdited(message));
    }
    Ok(())
}

async fn revoke(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    came: &InboundMessage,
    (mut message, by_admin): (Message, bool),
) -> Result<(), StoreError> {
    if !is_new(batch, tx, came, &message).await? {
        return Ok(());
    }
    prove_sent(batch, tx, &mut message, came.at).await?;
    let file = message.content.media().map(|file| file.media_id);
    if !message.revoke(by_admin, came.at) {
        return Ok(());
    }
    message::change::save_content(tx, batch.organization, &message).await?;
    message::change::forget_secrets(tx, batch.organization, message.id).await?;
    if let Some(file) = file {
        media::release(tx, batch.organization, file, batch.app.clock.now()).await?;
        batch.unwanted.push(file);
    }
    batch.events.push(Event::MessageRevoked(message));
    Ok(())
}

/// The phone can only change what WhatsApp had accepted, although we may never have heard so.
async fn prove_sent(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    message: &mut Message,
    at: Timestamp,
) -> Result<(), StoreError> {
    if message.direction == Direction::Out && rules::is_unsent(message.status) {
        let sent = (MessageStatus::Sent, at);
        receipts::climb(batch, tx, message, sent).await?;
    }
    Ok(())
}

/// The message itself was not seen yet, or never will be: this is what it says.
async fn edit_early(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    (came, scene): (&InboundMessage, &Scene),
    (target, words): (&str, &str),
) -> Result<(), StoreError> {
    if words.is_empty() {
        return Ok(());
    }
    let new = New {
        content: Content::Text(Text { body: words.to_owned() }),
        edited_at: Some(came.at),
        revoked_at: None,
    };
    add_early(batch, tx, (came, scene), (target, new)).await
}

/// Whatever comes under this id was deleted.
async fn revoke_early(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    (came, scene): (&InboundMessage, &Scene),
    target: &str,
) -> Result<(), StoreError> {
    let new = New {
        content: Content::Revoked(Revoked { by_admin: false }),
        edited_at: None,
        revoked_at: Some(came.at),
    };
    add_early(batch, tx, (came, scene), (target, new)).await
}

async fn add_early(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    (came, scene): (&InboundMessage, &Scene),
    (target, new): (&str, New),
) -> Result<(), StoreError> {
    if message::change::is_recorded(tx, batch.organization, batch.account, (&came.wa_id, scene.chat.id)).await? {
        return Ok(());
    }
    let original = InboundMessage {
        wa_id: target.to_owned(),
        reply_to: None,
        ..came.clone()
    };
    if let Some(id) = messages::add(batch, tx, (&original, scene), new).await? {
        message::change::record(tx, batch.organization, batch.account, (&came.wa_id, id)).await?;
    }
    Ok(())
}

/// A line that stood in for a change goes, now that the change could be read.
async fn hide(batch: &mut Batch<'_>, tx: &mut Tx<'_>, mut line: Message) -> Result<(), StoreError> {
    let now = batch.app.clock.now();
    message::mark_deleted(tx, batch.organization, line.id, now).await?;
    let is_chat_changed = chat::forget_message(tx, batch.organization, (line.chat_id, line.id)).await?;
    let chat_id = line.chat_id;
    line.deleted_at = Some(now);
    batch.events.push(Event::MessageDeleted(line));
    if is_chat_changed {
        batch.chat_updated(tx, chat_id).await?;
    }
    Ok(())
}

/// Keeps what the votes of a poll are encrypted with.
pub(super) async fn keep_poll_secret(
    batch: &Batch<'_>,
    tx: &mut Tx<'_>,
    came: &InboundMessage,
    poll: &Message,
) -> Result<(), StoreError> {
    let InboundContent::Poll {
        secret: Some(secret), ..
    } = &came.content
    else {
        return Ok(());
    };
    let row = poll.id.uuid().into_bytes();
    let sealed = batch.key.seal(POLL_SECRET_COLUMN, &row, secret, &*batch.app.random);
    message::change::save_poll_secret(tx, batch.organization, poll.id, &sealed).await
}

/// Somebody chose answers of a poll instead of what they chose before.
async fn count_vote(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    (came, scene): (&InboundMessage, &Scene),
    (mut message, vote): (Message, &EncryptedVote),
) -> Result<(), StoreError> {
    let Content::Poll(poll) = &message.content else {
        return Ok(());
    };
    let mut poll = poll.clone();
    if !is_new(batch, tx, came, &message).await? {
        return Ok(());
    }
    let Some(chosen) = open(batch, tx, (came, scene), (&message, &poll, vote)).await? else {
        return Ok(());
    };
    let voter = match (came.direction, &scene.sender) {
        (Direction::In, Some(sender)) => sender.id().to_string(),
        (Direction::In, None) => rules::sender_address(&came.sender, &came.chat),
        (Direction::Out, _) => String::new(),
    };
    message::change::save_vote(tx, batch.organization, message.id, (&voter, &chosen, came.at)).await?;
    poll.count(&message::change::list_votes(tx, batch.organization, message.id).await?);
    let content = Content::Poll(poll);
    if content != message.content {
        message.content = content;
        message::change::save_content(tx, batch.organization, &message).await?;
        batch.events.push(Event::MessageVoted(message));
    }
    Ok(())
}

/// The places of the answers that were chosen. `None` when nobody can tell.
async fn open(
    batch: &Batch<'_>,
    tx: &mut Tx<'_>,
    (came, scene): (&InboundMessage, &Scene),
    (message, poll, vote): (&Message, &Poll, &EncryptedVote),
) -> Result<Option<Vec<usize>>, StoreError> {
    let Some(sealed) = message::change::find_poll_secret(tx, batch.organization, message.id).await? else {
        return Ok(None);
    };
    let secret = batch
        .key
        .open(POLL_SECRET_COLUMN, message.id.uuid().as_bytes(), &sealed)?;
    let askers = match message.direction {
        Direction::In => addresses_of_contact(batch, tx, message.contact_id).await?,
        Direction::Out => own_addresses(batch, tx).await?,
    };
    let voters = match came.direction {
        Direction::In => {
            let told = rules::addresses(came.sender.phone.as_ref(), came.sender.lid.as_deref());
            let known = addresses_of_contact(batch, tx, scene.sender.as_ref().map(ContactRow::id)).await?;
            [told, known].concat()
        }
        Direction::Out => own_addresses(batch, tx).await?,
    };
    let options: Vec<&str> = poll.options.iter().map(|option| option.text.as_str()).collect();
    let ballot = Ballot {
        wa_id: &message.wa_id,
        secret: &secret,
        options: &options,
    };
    let chosen = open_vote(vote, ballot, &askers, &voters);
    // Nobody has more choices than the poll gives.
    let most = poll.max_choices.map_or(usize::MAX, |most| most as usize);
    Ok(chosen.map(|chosen| chosen.into_iter().take(most).collect()))
}

async fn addresses_of_contact(
    batch: &Batch<'_>,
    tx: &mut Tx<'_>,
    id: Option<ContactId>,
) -> Result<Vec<String>, StoreError> {
    let Some(id) = id else { return Ok(Vec::new()) };
    let person = contact::get(tx, batch.organization, id).await?;
    let phone: Option<Phone> = person.phone().and_then(|phone| phone.parse().ok());
    Ok(rules::addresses(phone.as_ref(), person.lid()))
}

async fn own_addresses(batch: &Batch<'_>, tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    let own = account::get(tx, batch.organization, batch.account).await?;
    let phone: Option<Phone> = own.phone.and_then(|phone| phone.parse().ok());
    Ok(rules::addresses(phone.as_ref(), own.lid.as_deref()))
}
