//! Chats and their threads, as people and programs read them, and how a team shares them.

pub(crate) mod log;
pub(crate) mod organize;
mod presence;
pub mod tags;
pub mod teams;

use std::sync::Arc;

use pesan_model::chat::{Activity, Chat};
use pesan_model::inbox::ChatCounters;
use pesan_model::message::Message;
use pesan_model::{Address, ChatId, Content, Direction, Event, Flaw, MessageId, OrganizationId, Permission, Timestamp};
use pesan_providers::provider::{ReadKind, ReadMark};
use pesan_providers::{Provider, ProviderError};
pub use pesan_store::chat::{Assignee, Filter};
use pesan_store::{Error as StoreError, Tx, account, chat, chat_counter, message, tag, team, user};

use crate::access::{Caller, Principal};
use crate::context::App;
use crate::error::{Error, Result};
use crate::events;
use crate::words::one_line;

pub use log::list as chat_log;
pub use organize::{ChatUpdate, mark_unread, update};
pub use presence::tell as tell_presence;

/// Longest name of a tag or a team.
const MAX_NAME: usize = 50;

/// A page of chats, the one with the newest message first.
pub async fn chats(
    app: &Arc<App>,
    caller: &Caller,
    filter: Filter,
    before: Option<(Timestamp, ChatId)>,
    limit: usize,
) -> Result<Vec<Chat>> {
    caller.require(Permission::MessagesRead)?;
    if filter.segment.is_some() {
        caller.require(Permission::DonationsRead)?;
    }
    let organization = caller.organization_id;
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                check_filter(tx, organization, &filter).await?;
                Ok(chat::list(tx, organization, &filter, before, limit).await?)
            })
        })
        .await
}

/// Whether everything that a filter names is there.
async fn check_filter(tx: &mut Tx<'_>, organization: OrganizationId, filter: &Filter) -> Result<()> {
    let known = |found: Result<(), StoreError>, pointer: &str, flaw: Flaw| match found {
        Err(StoreError::NotFound { .. }) => Err(Error::field(pointer, flaw)),
        found => Ok(found?),
    };
    if let Some(account_id) = filter.account_id {
        account::standing(tx, organization, account_id).await?;
    }
    if let Some(Assignee::User(id)) = filter.assignee {
        let found = user::get(tx, organization, id).await.map(drop);
        known(found, "#query/assignee", Flaw::NoSuchPerson)?;
    }
    if let Some(id) = filter.team_id {
        let found = team::get(tx, organization, id).await.map(drop);
        known(found, "#query/team_id", Flaw::NoSuchTeam)?;
    }
    if let Some(id) = filter.tag_id {
        let found = tag::get(tx, organization, id).await.map(drop);
        known(found, "#query/tag_id", Flaw::NoSuchTag)?;
    }
    Ok(())
}

/// How many chats there are.
pub async fn counters(app: &Arc<App>, caller: &Caller) -> Result<ChatCounters> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    let me = match caller.principal {
        Principal::User(id) => Some(id),
        Principal::Key(_) | Principal::System => None,
    };
    Ok(app
        .store
        .read(move |tx| Box::pin(async move { chat_counter::get(tx, organization, me).await }))
        .await?)
}

/// The chat.
pub async fn chat(app: &Arc<App>, caller: &Caller, id: ChatId) -> Result<Chat> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    Ok(app
        .store
        .read(move |tx| Box::pin(async move { chat::get(tx, organization, id).await }))
        .await?)
}

/// A page of a thread, newest first. With each message its place, which is the keyset of the next page.
pub async fn messages(
    app: &Arc<App>,
    caller: &Caller,
    id: ChatId,
    before: Option<(Timestamp, MessageId)>,
    limit: usize,
) -> Result<Vec<(Message, Timestamp)>> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    let page = app
        .store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                chat::get(tx, organization, id).await?;
                Ok(message::list_thread(tx, organization, id, before, limit).await?)
            })
        })
        .await?;
    Ok(page)
}

/// A part of a thread, newest first, with the place of each message; and whether there are newer and older ones.
pub struct ThreadPart {
    /// The messages.
    pub messages: Vec<(Message, Timestamp)>,
    /// Whether there are newer ones.
    pub is_newer: bool,
    /// Whether there are older ones.
    pub is_older: bool,
}

/// The part of a thread around a message: about half of it are newer ones.
pub async fn messages_around(
    app: &Arc<App>,
    caller: &Caller,
    id: ChatId,
    around: MessageId,
    limit: usize,
) -> Result<ThreadPart> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    let newer_limit = limit / 2;
    let older_limit = limit - newer_limit - 1;
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                chat::get(tx, organization, id).await?;
                let found = match message::get(tx, organization, around).await {
                    Ok(found) if found.chat_id == id && found.deleted_at.is_none() => found,
                    Ok(_) | Err(StoreError::NotFound { .. }) => {
                        return Err(Error::field("#query/around", Flaw::NoSuchMessage));
                    }
                    Err(error) => return Err(error.into()),
                };
                let place = (message::place(tx, organization, found.id).await?, found.id);
                // The message itself is the first of them.
                let mut newer = message::list_thread_from(tx, organization, id, place, newer_limit + 2).await?;
                let is_newer = newer.len() > newer_limit + 1;
                newer.truncate(newer_limit + 1);
                let mut older = message::list_thread(tx, organization, id, Some(place), older_limit + 1).await?;
                let is_older = older.len() > older_limit;
                older.truncate(older_limit);
                newer.reverse();
                newer.extend(older);
                Ok(ThreadPart {
                    messages: newer,
                    is_newer,
                    is_older,
                })
            })
        })
        .await
}

/// The next newer part of a thread: what comes after a place, up to `limit` messages.
pub async fn messages_after(
    app: &Arc<App>,
    caller: &Caller,
    id: ChatId,
    (at, after): (Timestamp, MessageId),
    limit: usize,
) -> Result<ThreadPart> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                chat::get(tx, organization, id).await?;
                let mut newer = message::list_thread_from(tx, organization, id, (at, after), limit + 2).await?;
                // The one at the place itself may have been deleted meanwhile.
                newer.retain(|(message, _)| message.id != after);
                let is_newer = newer.len() > limit;
                newer.truncate(limit);
                newer.reverse();
                Ok(ThreadPart {
                    messages: newer,
                    is_newer,
                    is_older: true,
                })
            })
        })
        .await
}

/// Marks everything in a chat as read, here and on WhatsApp. What came with the history was read already.
pub async fn mark_read(app: &Arc<App>, caller: &Caller, id: ChatId) -> Result<Chat> {
    caller.require(Permission::MessagesSend)?;
    let (organization, owned) = (caller.organization_id, app.clone());
    let (chat, read, is_changed) = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                // Locked first: what comes in meanwhile is counted after this, and stays unread.
                let before = chat::get_for_change(tx, organization, id).await?;
                let now = owned.clock.now();
                let read = message::mark_read_upto(tx, organization, id, Timestamp::from_millis(i64::MAX), now).await?;
                if before.unread == 0 && read.is_empty() {
                    return Ok((before, read, false));
                }
                chat::set_unread(tx, organization, id, 0).await?;
                let chat = chat::get(tx, organization, id).await?;
                events::record(&owned, tx, organization, vec![Event::ChatUpdated(chat.clone())]).await?;
                Ok((chat, read, true))
            })
        })
        .await?;
    if is_changed {
        events::announce(app, organization);
    }
    if !read.is_empty() {
        tell_whatsapp(app, &chat, read);
    }
    Ok(chat)
}

/// Read marks are a courtesy: they go when the account is connected, and are not queued when it is not.
fn tell_whatsapp(app: &Arc<App>, chat: &Chat, read: Vec<(String, String)>) {
    let (Some(provider), Ok(address)) = (app.connections.get(chat.account_id), chat.address.parse::<Address>()) else {
        return;
    };
    let is_group = chat.is_group;
    app.lifecycle.spawn("mark-read", async move {
        for mark in marks(&address, is_group, read) {
            if let Err(error) = provider.mark_read(&mark).await {
                tracing::debug!(%error, "a read mark was not sent");
            }
        }
    });
}

/// One mark for each sender: WhatsApp wants them apart in a group.
fn marks(chat: &Address, is_group: bool, read: Vec<(String, String)>) -> Vec<ReadMark> {
    let mut marks: Vec<ReadMark> = Vec::new();
    for (wa_id, sender) in read {
        let sender = if is_group { sender.parse().ok() } else { None };
        match marks.iter_mut().find(|mark| mark.sender == sender) {
            Some(mark) => mark.wa_ids.push(wa_id),
            None => {
                marks.push(ReadMark {
                    chat: chat.clone(),
                    sender,
                    wa_ids: vec![wa_id],
                    kind: ReadKind::Read,
                });
            }
        }
    }
    marks
}

/// Tells the other side that a voice note of theirs was played. Nothing is kept here: it can be told again.
///
/// # Errors
/// [`Error::Conflict`] with `not_a_voice_note` for anything but a voice note that came in, [`Error::Unavailable`] with
/// `session_disconnected` when the account is not connected.
pub async fn mark_played(app: &Arc<App>, caller: &Caller, id: MessageId) -> Result<()> {
    caller.require(Permission::MessagesSend)?;
    let organization = caller.organization_id;
    let (message, chat) = app
        .store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let message = message::get(tx, organization, id).await?;
                let chat = chat::get(tx, organization, message.chat_id).await?;
                Ok((message, chat))
            })
        })
        .await?;
    let is_voice_note = matches!(&message.content, Content::Audio(audio) if audio.voice);
    if message.direction != Direction::In || !is_voice_note {
        return Err(Error::Conflict {
            code: "not_a_voice_note",
            detail: "only voice notes that came in are marked as played".to_owned(),
        });
    }
    let (provider, address) = connected(app, &chat)?;
    for mut mark in marks(&address, chat.is_group, vec![(message.wa_id, message.sender)]) {
        mark.kind = ReadKind::Played;
        provider.mark_read(&mark).await.map_err(unavailable)?;
    }
    Ok(())
}

/// Shows the other side that somebody is typing, recording, or has stopped.
///
/// # Errors
/// [`Error::Unavailable`] with `session_disconnected` when the account is not connected.
pub async fn set_activity(app: &Arc<App>, caller: &Caller, id: ChatId, activity: Activity) -> Result<()> {
    caller.require(Permission::MessagesSend)?;
    let chat = chat_of(app, caller, id).await?;
    let (provider, address) = connected(app, &chat)?;
    provider.set_activity(&address, activity).await.map_err(unavailable)
}

/// The connection of a chat's account, and the chat's address on it.
fn connected(app: &App, chat: &Chat) -> Result<(Arc<dyn Provider>, Address)> {
    let address = chat
        .address
        .parse()
        .map_err(|error| Error::internal("read a chat's address", error))?;
    let provider = app.connections.get(chat.account_id).ok_or_else(|| Error::Unavailable {
        code: "session_disconnected",
        detail: "the account is not connected".to_owned(),
    })?;
    Ok((provider, address))
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn unavailable(error: ProviderError) -> Error {
    Error::Unavailable {
        code: "whatsapp_unavailable",
        detail: error.to_string(),
    }
}

/// The name of a tag or a team, in one line without outer blanks.
fn checked_name(name: &str) -> Result<String> {
    match one_line(name, "/name", MAX_NAME) {
        (name, None) => Ok(name),
        (_, Some(wrong)) => Err(Error::Invalid(vec![wrong])),
    }
}

async fn chat_of(app: &Arc<App>, caller: &Caller, id: ChatId) -> Result<Chat> {
    let organization = caller.organization_id;
    Ok(app
        .store
        .read(move |tx| Box::pin(async move { chat::get(tx, organization, id).await }))
        .await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_marks_are_one_for_a_person_and_one_for_each_sender_in_a_group() {
        let read = || {
            [
                ("A", "15550000001@s.whatsapp.net"),
                ("B", "15550000002@s.whatsapp.net"),
                ("C", "15550000001@s.whatsapp.net"),
            ]
            .map(|(id, sender)| (id.to_owned(), sender.to_owned()))
            .to_vec()
        };
        let person: Address = "15550000001@s.whatsapp.net".parse().expect("valid");
        let group: Address = "120363000000000001@g.us".parse().expect("valid");
        let one = marks(&person, false, read());
        assert_eq!(
            (one.len(), &one[0].wa_ids, &one[0].sender),
            (1, &vec!["A".into(), "B".into(), "C".into()], &None)
        );
        let two = marks(&group, true, read());
        assert_eq!(
            two.iter().map(|mark| mark.wa_ids.join("")).collect::<Vec<_>>(),
            ["AC", "B"]
        );
    }
}
