//! Chats and their threads, as people and programs read them.

use std::sync::Arc;

use pesan_model::chat::{Activity, Chat};
use pesan_model::message::Message;
use pesan_model::{Address, ChatId, Event, MessageId, Permission, Timestamp};
use pesan_providers::provider::{ReadKind, ReadMark};
pub use pesan_store::chat::Filter;
use pesan_store::{account, chat, message};

use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, Result};
use crate::events;

/// A page of chats, the one with the newest message first.
pub async fn chats(
    app: &Arc<App>,
    caller: &Caller,
    filter: Filter,
    before: Option<(Timestamp, ChatId)>,
    limit: usize,
) -> Result<Vec<Chat>> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                if let Some(account_id) = filter.account_id {
                    account::state(tx, organization, account_id).await?;
                }
                Ok(chat::list(tx, organization, &filter, before, limit).await?)
            })
        })
        .await
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

/// Marks everything in a chat as read, here and on WhatsApp.
pub async fn mark_read(app: &Arc<App>, caller: &Caller, id: ChatId) -> Result<Chat> {
    caller.require(Permission::MessagesSend)?;
    let (organization, owned) = (caller.organization_id, app.clone());
    let (chat, read) = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let before = chat::get(tx, organization, id).await?;
                let now = owned.clock.now();
                let read = message::mark_read_upto(tx, organization, id, Timestamp::from_millis(i64::MAX), now).await?;
                if before.unread == 0 && read.is_empty() {
                    return Ok((before, read));
                }
                chat::set_unread(tx, organization, id, 0).await?;
                let chat = chat::get(tx, organization, id).await?;
                events::record(&owned, tx, organization, vec![Event::ChatUpdated(chat.clone())]).await?;
                Ok((chat, read))
            })
        })
        .await?;
    if !read.is_empty() {
        events::announce(app, organization);
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

/// Shows the other side that somebody is typing, recording, or has stopped.
///
/// # Errors
/// [`Error::Unavailable`] with `session_disconnected` when the account is not connected.
pub async fn set_activity(app: &Arc<App>, caller: &Caller, id: ChatId, activity: Activity) -> Result<()> {
    caller.require(Permission::MessagesSend)?;
    let chat = chat_of(app, caller, id).await?;
    let address: Address = chat
        .address
        .parse()
        .map_err(|error| Error::internal("read a chat's address", error))?;
    let Some(provider) = app.connections.get(chat.account_id) else {
        return Err(Error::Unavailable {
            code: "session_disconnected",
            detail: "the account is not connected".to_owned(),
        });
    };
    provider
        .set_activity(&address, activity)
        .await
        .map_err(|error| Error::Unavailable {
            code: "whatsapp_unavailable",
            detail: error.to_string(),
        })
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
