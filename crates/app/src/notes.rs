//! Private notes about people and groups. In a chat with a person they are about the person, whichever chat they are
//! written in; in a group they are about the chat.

use std::sync::Arc;

use pesan_model::note::Note;
use pesan_model::{ChatId, ContactId, Event, NoteId, Permission, Timestamp};
pub use pesan_store::note::About;
use pesan_store::{Tx, chat, contact, note};
use uuid::Uuid;

use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, Result};
use crate::idempotency::{IdempotencyKey, once};
use crate::words::trimmed;
use crate::{contacts, events};

/// Most letters of a note.
const MAX_BODY: usize = 4_000;

/// A note to write.
#[derive(Debug, Clone)]
pub struct NewNote {
    /// What it says.
    pub body: String,
    /// Whether it stays on top.
    pub is_pinned: bool,
}

/// What changes of a note; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct NoteChange {
    /// What it says.
    pub body: Option<String>,
    /// Whether it stays on top.
    pub is_pinned: Option<bool>,
}

/// Writes a note. Says whether an earlier request did it.
pub async fn create(
    app: &Arc<App>,
    caller: &Caller,
    (about, new): (About, NewNote),
    idempotency: Option<IdempotencyKey>,
) -> Result<(Note, bool)> {
    caller.require(Permission::ContactsWrite)?;
    let body = checked(&new.body)?;
    let (organization, owned, caller) = (caller.organization_id, app.clone(), caller.clone());
    let created = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let now = owned.clock.now();
                let id = NoteId::new(&*owned.clock, &*owned.random);
                let (contact_id, chat_id) = match subject(tx, &caller, about).await? {
                    // Nobody merges the person before the note is there.
                    About::Contact(id) => (Some(contacts::lock_known(tx, organization, id).await?.id()), None),
                    About::Chat(id) => (None, Some(id)),
                };
                if let Some(earlier) = once(tx, &caller, "create_note", idempotency.as_ref(), (id.uuid(), now)).await? {
                    return Ok((note::get(tx, organization, earlier.into()).await?, true));
                }
                let note = Note {
                    id,
                    contact_id,
                    chat_id,
                    author: caller.principal.to_string(),
                    author_name: caller.display_name(tx).await?,
                    body,
                    is_pinned: new.is_pinned,
                    created_at: now,
                    edited_at: None,
                };
                note::insert(tx, organization, &note).await?;
                events::record(&owned, tx, organization, vec![Event::NoteCreated(note.clone())]).await?;
                Ok((note, false))
            })
        })
        .await?;
    events::announce(app, organization);
    Ok(created)
}

/// Changes a note. Its words belong to who wrote them; everybody may pin it.
pub async fn update(app: &Arc<App>, caller: &Caller, id: NoteId, change: NoteChange) -> Result<Note> {
    caller.require(Permission::ContactsWrite)?;
    let body = change.body.as_deref().map(checked).transpose()?;
    let (organization, owned, caller) = (caller.organization_id, app.clone(), caller.clone());
    let note = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let before = note::get_for_change(tx, organization, id).await?;
                let mut note = before.clone();
                note.is_pinned = change.is_pinned.unwrap_or(note.is_pinned);
                if let Some(body) = body.filter(|body| *body != before.body) {
                    require_author(&caller, &before)?;
                    (note.body, note.edited_at) = (body, Some(owned.clock.now()));
                }
                if note == before {
                    return Ok(before);
                }
                note::update(tx, organization, &note).await?;
                events::record(&owned, tx, organization, vec![Event::NoteUpdated(note.clone())]).await?;
                Ok(note)
            })
        })
        .await?;
    events::announce(app, organization);
    Ok(note)
}

/// Deletes a note. It belongs to who wrote it.
pub async fn delete(app: &Arc<App>, caller: &Caller, id: NoteId) -> Result<()> {
    caller.require(Permission::ContactsWrite)?;
    let (organization, owned, caller) = (caller.organization_id, app.clone(), caller.clone());
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let note = note::get(tx, organization, id).await?;
                require_author(&caller, &note)?;
                note::delete(tx, organization, id).await?;
                events::record(&owned, tx, organization, vec![Event::NoteDeleted(note)]).await
            })
        })
        .await?;
    events::announce(app, organization);
    Ok(())
}

/// A page of the notes about a chat, or about the person it is with, newest first.
pub async fn list_of_chat(
    app: &Arc<App>,
    caller: &Caller,
    id: ChatId,
    before: Option<(Timestamp, Uuid)>,
    limit: usize,
) -> Result<Vec<Note>> {
    caller.require(Permission::MessagesRead)?;
    let caller = caller.clone();
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let about = subject(tx, &caller, About::Chat(id)).await?;
                Ok(note::list(tx, caller.organization_id, about, before, limit).await?)
            })
        })
        .await
}

/// A page of a person's notes: the pinned ones first, then the newest.
pub async fn list_of_contact(
    app: &Arc<App>,
    caller: &Caller,
    id: ContactId,
    after: Option<(bool, NoteId)>,
    limit: usize,
) -> Result<Vec<Note>> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let person = contact::person(tx, organization, id).await?;
                Ok(note::list_pinned_first(tx, organization, person.id(), after, limit).await?)
            })
        })
        .await
}

/// What a note in a chat is about: the person, where the chat is with one.
async fn subject(tx: &mut Tx<'_>, caller: &Caller, about: About) -> Result<About> {
    let About::Chat(id) = about else { return Ok(about) };
    let chat = chat::get(tx, caller.organization_id, id).await?;
    Ok(chat.contact_id.map_or(about, About::Contact))
}

fn require_author(caller: &Caller, note: &Note) -> Result<()> {
    if caller.principal.to_string() == note.author {
        return Ok(());
    }
    caller.require(Permission::ContactsManage)
}

fn checked(body: &str) -> Result<String> {
    match trimmed(body, "/body", MAX_BODY) {
        (body, None) => Ok(body),
        (_, Some(wrong)) => Err(Error::Invalid(vec![wrong])),
    }
}
