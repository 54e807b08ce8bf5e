//! Finding chats: those with a person by the person, groups by the words of their subjects.

use std::cmp::Reverse;
use std::collections::HashMap;

use pesan_model::chat::Chat;
use pesan_model::{AccountId, ChatId, ContactId, OrganizationId};
use uuid::Uuid;

use super::{ChatView, SHOWN_WITH, VIEW, with_tags};
use crate::contact::search::{Indexed, Search, find_in, words};
use crate::{Error, Tx, args, dialect, search_backlog};

/// Words of a subject that count.
const MAX_WORDS: usize = 60;

const GROUPS: Indexed = Indexed {
    words: "chat_word",
    id: "chat_id",
    found: "chat",
};

/// Writes the words of a group's subject anew.
pub(super) async fn index(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    subject: &str,
) -> Result<(), Error> {
    tx.execute("DELETE FROM chat_word WHERE chat_id = $1", args![chat_id])
        .await?;
    for word in words(subject).take(MAX_WORDS) {
        tx.execute(
            "INSERT INTO chat_word (organization_id, word, chat_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            args![organization_id, word.into_bytes(), chat_id],
        )
        .await?;
    }
    Ok(())
}

/// A page of groups by the word of the subject that was found: their ids and that word.
pub async fn find_groups(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    search: &Search,
    after: Option<(Vec<u8>, ChatId)>,
    limit: usize,
) -> Result<Vec<(ChatId, Vec<u8>)>, Error> {
    let after = after.map(|(word, id)| (word, id.uuid()));
    find_in(tx, (GROUPS, "k.id"), organization_id, search, (after, limit)).await
}

/// The chats with these people: those of each together, in the order of the people, the newest first.
pub async fn list_of_people(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    account_id: Option<AccountId>,
    people: &[ContactId],
) -> Result<Vec<Chat>, Error> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let ids = |ids: &[ContactId]| ids.iter().flat_map(|id| args![*id]).collect::<Vec<_>>();
    let places = |from: usize, len: usize| {
        let places: Vec<String> = (from..from + len).map(|place| format!("${place}")).collect();
        places.join(", ")
    };
    // Chats are with identities, of which a person can have several.
    let sql = format!(
        "SELECT id FROM contact WHERE merged_into IN ({})",
        places(1, people.len())
    );
    let merged: Vec<(ContactId,)> = tx.fetch_all(&sql, ids(people)).await?;
    let identities: Vec<ContactId> = people
        .iter()
        .copied()
        .chain(merged.into_iter().map(|(id,)| id))
        .collect();
    let sql = format!(
        "SELECT {VIEW} FROM chat c {SHOWN_WITH} WHERE c.organization_id = $1 AND c.contact_id IN ({})",
        places(2, identities.len())
    );
    let mut values = args![organization_id];
    values.extend(ids(&identities));
    let mut views: Vec<ChatView> = tx.fetch_all(&sql, values).await?;
    views.retain(|chat| account_id.is_none_or(|account_id| chat.account_id == account_id));
    let order: HashMap<ContactId, usize> = people.iter().copied().zip(0..).collect();
    let place = |chat: &ChatView| chat.contact_id.and_then(|person| order.get(&person).copied());
    views.sort_by_key(|chat| (place(chat), Reverse((chat.last_message_at, chat.id))));
    with_tags(tx, views).await
}

/// These chats, in this order.
pub async fn list_by_ids(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    account_id: Option<AccountId>,
    ids: &[ChatId],
) -> Result<Vec<Chat>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (2..ids.len() + 2).map(|place| format!("${place}")).collect();
    let sql = format!(
        "SELECT {VIEW} FROM chat c {SHOWN_WITH} WHERE c.organization_id = $1 AND c.id IN ({})",
        places.join(", ")
    );
    let mut values = args![organization_id];
    values.extend(ids.iter().flat_map(|id| args![*id]));
    let mut views: Vec<ChatView> = tx.fetch_all(&sql, values).await?;
    views.retain(|chat| account_id.is_none_or(|account_id| chat.account_id == account_id));
    views.sort_by_key(|chat| ids.iter().position(|id| *id == chat.id));
    with_tags(tx, views).await
}

/// Up to `limit` chats that come next in being made findable, the newest first, and which of them are groups.
pub async fn list_older(tx: &mut Tx<'_>, limit: usize) -> Result<Vec<(ChatId, bool)>, Error> {
    let Some(up_to) = search_backlog::find(tx, search_backlog::CHAT).await? else {
        return Ok(Vec::new());
    };
    tx.fetch_all(
        "SELECT id, is_group FROM chat WHERE id <= $1 ORDER BY id DESC LIMIT $2",
        args![up_to, limit],
    )
    .await
}

/// Makes a group findable that was there before.
pub async fn index_older(tx: &mut Tx<'_>, id: ChatId) -> Result<(), Error> {
    let sql = format!(
        "SELECT organization_id, subject FROM chat WHERE id = $1{}",
        dialect::for_share(tx)
    );
    let found: Option<(OrganizationId, Option<String>)> = tx.fetch_optional(&sql, args![id]).await?;
    match found {
        Some((organization_id, Some(subject))) => index(tx, organization_id, id, &subject).await,
        Some((_, None)) | None => Ok(()),
    }
}

/// All chats down to this one, or all when there is none, are findable.
pub async fn advance(tx: &mut Tx<'_>, last: Option<ChatId>) -> Result<(), Error> {
    match last.map(Uuid::from) {
        Some(id) => search_backlog::advance(tx, search_backlog::CHAT, id).await,
        None => search_backlog::finish(tx, search_backlog::CHAT).await,
    }
}
