//! Messages and group changes that came in.

use pesan_model::content::GroupChange;
use pesan_model::inbox::{ChatActor, ChatChange};
use pesan_model::message::Message;
use pesan_model::visible::seen;
use pesan_model::{Address, ChatId, Content, Direction, Event, JobId, MessageId, MessageStatus, Timestamp};
use pesan_providers::inbound::{GroupNotice, InboundContent, InboundMessage, Person};
use pesan_store::chat::{self, Arrival, ChatKey, NewChat};
use pesan_store::contact::ContactRow;
use pesan_store::job::{self, NewJob};
use pesan_store::message::change::is_recorded;
use pesan_store::{Error as StoreError, Tx, message};

use super::content::{content_of, fetch_later};
use super::people::{known, person_at, resolve, resolve_met};
use super::quarantine::is_placeholder;
use super::rules::{address_of, is_same, place_in_thread, sender_address};
use super::{Batch, automatic, changes, receipts};
use crate::inbox::{log, organize};

/// A message from somebody, or from another device of this account.
pub(super) async fn receive(batch: &mut Batch<'_>, tx: &mut Tx<'_>, came: &InboundMessage) -> Result<(), StoreError> {
    let met_before = batch.events.len();
    let sender = match came.direction {
        Direction::In => {
            resolve(
                batch.app,
                tx,
                batch.organization,
                &known(&came.sender),
                &mut batch.events,
            )
            .await?
        }
        Direction::Out => None,
    };
    // Whoever was made a contact just now was met by this message.
    let is_new = batch.events[met_before..]
        .iter()
        .any(|event| matches!(event, Event::ContactCreated(_)));
    let peer = match (&came.chat, came.direction) {
        (Address::Group(_), _) => None,
        (_, Direction::In) => sender.clone(),
        (address, Direction::Out) => {
            let person = came.peer.clone().or_else(|| person_at(address)).unwrap_or_default();
            resolve(batch.app, tx, batch.organization, &known(&person), &mut batch.events).await?
        }
    };
    let chat = open_chat(batch, tx, &came.chat, peer.as_ref(), (came.at, Begins::of(came))).await?;
    let scene = Scene {
        chat,
        sender,
        peer,
        is_new,
    };
    let existing = find_same(batch, tx, came, scene.chat.id).await?;
    if changes::is_change(&came.content) {
        return changes::receive(batch, tx, came, (&scene, existing)).await;
    }
    if let Some(existing) = existing {
        return heal(batch, tx, came, (existing, &scene)).await;
    }
    if matches!(came.content, InboundContent::Undecryptable { .. })
        && is_recorded(tx, batch.organization, batch.account, (&came.wa_id, scene.chat.id)).await?
    {
        // It was no message, and came before.
        return Ok(());
    }
    let new = New {
        content: content_of(batch, tx, &came.content, scene.chat.id).await?,
        edited_at: None,
        revoked_at: None,
    };
    let is_unread = is_unread(&new.content);
    if add(batch, tx, (came, &scene), new).await?.is_some() && is_unread {
        batch.unread.push(came.wa_id.clone());
    }
    Ok(())
}

/// Whether nobody knows what it says.
fn is_unread(content: &Content) -> bool {
    matches!(content, Content::Undecryptable(_))
}

/// Where a message came, and from whom.
pub(super) struct Scene {
    pub(super) chat: ChatKey,
    /// Who wrote it, when that is not this account.
    pub(super) sender: Option<ContactRow>,
    /// The other person of a chat with one.
    peer: Option<ContactRow>,
    /// Whoever wrote it was met by it.
    is_new: bool,
}

/// What a message says that is new here.
pub(super) struct New {
    pub(super) content: Content,
    pub(super) edited_at: Option<Timestamp>,
    pub(super) revoked_at: Option<Timestamp>,
}

/// Adds a message to its thread. `None` when it is there already.
pub(super) async fn add(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    (came, scene): (&InboundMessage, &Scene),
    new: New,
) -> Result<Option<MessageId>, StoreError> {
    let Scene {
        chat,
        sender,
        peer,
        is_new: is_met,
    } = scene;
    let now = batch.app.clock.now();
    let answer = automatic::hear(batch, tx, came, (sender.as_ref(), *is_met), &new.content).await?;
    let reply_to = match &came.reply_to {
        Some(wa_id) => message::find_in_chat(tx, batch.organization, chat.id, wa_id).await?,
        None => None,
    };
    let message = Message {
        id: MessageId::new(&*batch.app.clock, &*batch.app.random),
        account_id: batch.account,
        chat_id: chat.id,
        direction: came.direction,
        wa_id: came.wa_id.clone(),
        chat: chat.address.to_string(),
        chat_name: chat.name(peer.as_ref()),
        sender: match came.direction {
            Direction::In => sender_address(&came.sender, &came.chat),
            Direction::Out => String::new(),
        },
        sent_by: None,
        automatic: None,
        contact_id: sender.as_ref().or(peer.as_ref()).map(ContactRow::id),
        push_name: came
            .sender
            .push_name
            .clone()
            .filter(|name| came.direction == Direction::In && seen(name).is_some()),
        kind: new.content.kind().to_owned(),
        content: new.content,
        metadata: None,
        reply_to,
        status: match came.direction {
            Direction::In => MessageStatus::Received,
            Direction::Out => MessageStatus::Sent,
        },
        error: None,
        attempts: 0,
        retries: 0,
        created_at: now,
        sent_at: Some(came.at),
        delivered_at: None,
        // The phone knows whether it was read; here nobody is waiting for it, and nobody is told of it anew.
        read_at: (came.from_history && came.direction == Direction::In).then_some(came.at),
        failed_at: None,
        send_at: None,
        deleted_at: None,
        edited_at: new.edited_at,
        revoked_at: new.revoked_at,
    };
    let id = message.id;
    let at = place_in_thread(came.at, now);
    if !message::insert(tx, batch.organization, &message, at, came.reply_to.as_deref()).await? {
        return Ok(None);
    }
    fetch_later(batch, tx, &message).await?;
    changes::keep_poll_secret(batch, tx, came, &message).await?;
    let is_new = !came.from_history;
    let arrival = match came.direction {
        _ if message.revoked_at.is_some() => Arrival::Noted,
        Direction::In if is_new => Arrival::Received,
        Direction::Out if is_new => Arrival::Written,
        Direction::In | Direction::Out => Arrival::Noted,
    };
    let is_opened = !matches!(message.content, Content::Reaction(_))
        && chat::add_message(tx, batch.organization, chat.id, (message.id, at), arrival).await?;
    if is_new {
        batch.events.push(match came.direction {
            _ if message.revoked_at.is_some() => Event::MessageRevoked(message),
            Direction::In => Event::MessageReceived(message),
            Direction::Out => Event::MessageSent(message),
        });
    }
    if is_opened {
        let by = (chat.id, &ChatActor::Message);
        log::write(batch.app, tx, batch.organization, by, vec![ChatChange::Opened]).await?;
        batch.chat_updated(tx, chat.id).await?;
    }
    receipts::catch_up(batch, tx, &came.wa_id).await?;
    if let Some(answer) = answer {
        automatic::answer(batch, tx, chat, &answer).await?;
    }
    Ok(Some(id))
}

/// Finds the same message, if it came before under any of the sender's addresses.
async fn find_same(
    batch: &Batch<'_>,
    tx: &mut Tx<'_>,
    came: &InboundMessage,
    chat: ChatId,
) -> Result<Option<Message>, StoreError> {
    let found = message::list_by_wa_id(tx, batch.organization, batch.account, &came.wa_id).await?;
    Ok(found.into_iter().find(|message| is_same(message, came, chat)))
}

/// It came before. When it could not be decrypted or stored then and can now, its content takes the place. So does a file
/// of which only the other words were known that its sender gave it.
async fn heal(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    came: &InboundMessage,
    (mut message, scene): (Message, &Scene),
) -> Result<(), StoreError> {
    let was_unreadable = is_unread(&message.content) || is_placeholder(&message.content);
    let caption = match (&message.content, &came.content, message.edited_at) {
        (Content::Text(text), InboundContent::Media(_), Some(at)) => Some((text.body.clone(), at)),
        _ => None,
    };
    let is_news = was_unreadable || caption.is_some();
    if matches!(came.content, InboundContent::Undecryptable { .. }) {
        if is_unread(&message.content) && message.deleted_at.is_none() {
            batch.unread.push(came.wa_id.clone());
        }
        return Ok(());
    }
    if !is_news {
        return Ok(());
    }
    let content = content_of(batch, tx, &came.content, message.chat_id).await?;
    if content == message.content {
        return Ok(());
    }
    let sender = scene.sender.as_ref();
    let answer = automatic::hear(batch, tx, came, (sender, false), &content).await?;
    message.kind = content.kind().to_owned();
    message.content = content;
    if let Some((words, at)) = caption {
        message.edited_at = None;
        message.edit(&words, at);
    }
    if let Some(wa_id) = &came.reply_to {
        message.reply_to = message::find_in_chat(tx, batch.organization, message.chat_id, wa_id).await?;
    }
    message::change::save_content(tx, batch.organization, &message).await?;
    batch.unread.retain(|wa_id| *wa_id != came.wa_id);
    fetch_later(batch, tx, &message).await?;
    changes::keep_poll_secret(batch, tx, came, &message).await?;
    let is_left_out = matches!(message.content, Content::Reaction(_)) && message.deleted_at.is_none();
    let place = (message.chat_id, message.id);
    batch.events.push(Event::MessageHealed(message));
    // A chat shows and counts messages, and for one it was taken.
    if is_left_out && chat::leave_out(tx, batch.organization, place).await? {
        batch.chat_updated(tx, place.0).await?;
    }
    if let Some(answer) = answer {
        automatic::answer(batch, tx, &scene.chat, &answer).await?;
    }
    Ok(())
}

/// A group was created or changed: a line in its thread, and perhaps a new subject.
pub(super) async fn receive_group_notice(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    notice: &GroupNotice,
) -> Result<(), StoreError> {
    let by = resolve(batch.app, tx, batch.organization, &known(&notice.by), &mut batch.events).await?;
    let chat = open_chat(batch, tx, &notice.group, None, (notice.at, Begins::Now)).await?;
    let mut participants = Vec::with_capacity(notice.participants.len());
    for person in &notice.participants {
        participants.extend(member(batch, tx, person).await?);
    }
    let now = batch.app.clock.now();
    let content = Content::GroupChange(GroupChange {
        action: notice.action.clone(),
        participants,
        subject: notice.subject.clone(),
    });
    let message = Message {
        id: MessageId::new(&*batch.app.clock, &*batch.app.random),
        account_id: batch.account,
        chat_id: chat.id,
        direction: Direction::In,
        wa_id: notice.wa_id.clone(),
        chat: chat.address.to_string(),
        chat_name: notice.subject.clone().unwrap_or_else(|| chat.name(None)),
        sender: sender_address(&notice.by, &notice.group),
        sent_by: None,
        automatic: None,
        contact_id: by.as_ref().map(ContactRow::id),
        push_name: notice.by.push_name.clone(),
        kind: content.kind().to_owned(),
        content,
        metadata: None,
        reply_to: None,
        status: MessageStatus::Received,
        error: None,
        attempts: 0,
        retries: 0,
        created_at: now,
        sent_at: Some(notice.at),
        delivered_at: None,
        read_at: None,
        failed_at: None,
        send_at: None,
        deleted_at: None,
        edited_at: None,
        revoked_at: None,
    };
    let at = place_in_thread(notice.at, now);
    if message::insert(tx, batch.organization, &message, at, None).await? {
        chat::add_message(tx, batch.organization, chat.id, (message.id, at), Arrival::Noted).await?;
        batch.events.push(Event::MessageReceived(message));
    } else if !heal_notice(batch, tx, message).await? {
        return Ok(());
    }
    if let Some(subject) = notice
        .subject
        .as_ref()
        .filter(|subject| chat.subject.as_ref() != Some(subject))
    {
        chat::set_subject(tx, batch.organization, chat.id, subject).await?;
        batch.chat_updated(tx, chat.id).await?;
    }
    Ok(())
}

/// A notice came before. When it could not be stored then, it takes the place of the line that says so. False when there
/// is no such line.
async fn heal_notice(batch: &mut Batch<'_>, tx: &mut Tx<'_>, notice: Message) -> Result<bool, StoreError> {
    let found = message::list_by_wa_id(tx, batch.organization, batch.account, &notice.wa_id).await?;
    let is_line = |line: &Message| line.chat_id == notice.chat_id && is_placeholder(&line.content);
    let Some(mut line) = found.into_iter().find(is_line) else {
        return Ok(false);
    };
    (line.kind, line.content) = (notice.kind, notice.content);
    message::change::save_content(tx, batch.organization, &line).await?;
    batch.events.push(Event::MessageHealed(line));
    Ok(true)
}

/// How a member of a group is written down: like the sender of a message, by number where anybody here knows it.
async fn member(batch: &mut Batch<'_>, tx: &mut Tx<'_>, person: &Person) -> Result<Option<String>, StoreError> {
    let contact = resolve_met(batch.app, tx, batch.organization, &known(person), &mut batch.events).await?;
    let number = contact.as_ref().and_then(ContactRow::phone);
    let phone = person.phone.clone().or_else(|| number?.parse().ok());
    Ok(address_of(phone.as_ref(), person.lid.as_deref()))
}

/// The chat at an address, if there is one: by the address itself, or by the person it names.
pub(super) async fn find_chat(
    batch: &Batch<'_>,
    tx: &mut Tx<'_>,
    address: &Address,
) -> Result<Option<ChatKey>, StoreError> {
    let (organization, account) = (batch.organization, batch.account);
    if let Some(found) = chat::find_by_address(tx, organization, account, address).await? {
        return Ok(Some(found));
    }
    let Some(person) = person_at(address) else {
        return Ok(None);
    };
    Ok(chats_with(batch, tx, &person).await?.pop())
}

/// Every chat that an address and a person stand for: more than one while nobody has told that two of them are with the
/// same person.
pub(super) async fn find_chats(
    batch: &Batch<'_>,
    tx: &mut Tx<'_>,
    address: &Address,
    person: Option<&Person>,
) -> Result<Vec<ChatId>, StoreError> {
    let at_address = chat::find_by_address(tx, batch.organization, batch.account, address).await?;
    let mut found: Vec<ChatId> = at_address.iter().map(|chat| chat.id).collect();
    if let Some(person) = person {
        found.extend(chats_with(batch, tx, person).await?.iter().map(|chat| chat.id));
    }
    Ok(found)
}

async fn chats_with(batch: &Batch<'_>, tx: &mut Tx<'_>, person: &Person) -> Result<Vec<ChatKey>, StoreError> {
    let mut chats = Vec::new();
    for contact in pesan_store::contact::find_by_identity(tx, batch.organization, &known(person)).await? {
        chats.extend(chat::find_by_contact(tx, batch.organization, batch.account, contact.id()).await?);
    }
    Ok(chats)
}

/// When a chat began that is not there yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begins {
    /// With this.
    Now,
    /// Before the account was linked here: it is nobody's new work.
    Before,
}

impl Begins {
    fn of(came: &InboundMessage) -> Self {
        if came.from_history { Self::Before } else { Self::Now }
    }
}

/// The chat at an address; made when it is not there yet.
async fn open_chat(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    address: &Address,
    peer: Option<&ContactRow>,
    (at, begins): (Timestamp, Begins),
) -> Result<ChatKey, StoreError> {
    let (organization, account) = (batch.organization, batch.account);
    let by_person = match peer {
        Some(peer) => chat::find_by_contact(tx, organization, account, peer.id()).await?,
        None => None,
    };
    let found = match by_person {
        Some(found) => Some(found),
        None => chat::find_by_address(tx, organization, account, address).await?,
    };
    if let Some(found) = found {
        return Ok(found);
    }
    let new = NewChat {
        id: ChatId::new(&*batch.app.clock, &*batch.app.random),
        account_id: account,
        address: address.clone(),
        contact_id: peer.map(ContactRow::id),
    };
    let now = batch.app.clock.now();
    chat::insert(tx, organization, &new, at.min(now)).await?;
    if let Some(peer) = peer {
        chat::know_person(tx, organization, (new.id, peer.person_id()), now).await?;
    }
    match begins {
        Begins::Now => {
            let handed_over = organize::hand_over_new(batch.app, tx, organization, (account, new.id)).await?;
            batch.events.extend(handed_over);
        }
        Begins::Before => {}
    }
    if address.is_group() {
        let work = NewJob {
            id: JobId::new(&*batch.app.clock, &*batch.app.random),
            organization_id: organization,
            kind: job::REFRESH_GROUP,
            partition: account.uuid(),
            lane: new.id.uuid(),
            subject: new.id.uuid(),
            run_at: now,
        };
        batch.work.insert(job::REFRESH_GROUP);
        job::insert(tx, &work, now).await?;
    }
    Ok(ChatKey {
        id: new.id,
        address: new.address,
        subject: None,
    })
}
