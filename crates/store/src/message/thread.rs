//! The messages of a chat in their order.

use pesan_model::message::Message;
use pesan_model::{AutomaticKind, ChatId, ContactId, Direction, MessageId, OrganizationId, Timestamp};

use super::{MessageRow, SELECT};
use crate::{Error, Tx, args};

/// A page of a thread without what was deleted, newest first: those before `before`. With each its place.
pub async fn list_thread(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    before: Option<(Timestamp, MessageId)>,
    limit: usize,
) -> Result<Vec<(Message, Timestamp)>, Error> {
    let (at, id) = before.map_or((Timestamp::from_millis(i64::MAX), uuid::Uuid::max()), |(at, id)| {
        (at, id.uuid())
    });
    let sql = format!(
        "{SELECT} WHERE m.organization_id = $1 AND m.chat_id = $2 AND m.deleted_at IS NULL AND (m.at, m.id) < ($3, $4) \
         ORDER BY m.at DESC, m.id DESC LIMIT $5"
    );
    let rows: Vec<MessageRow> = tx
        .fetch_all(&sql, args![organization_id, chat_id, at, id, limit])
        .await?;
    rows.into_iter().map(MessageRow::into_message).collect()
}

/// How many messages Pesan sent by itself in a chat since then.
pub async fn count_automatic(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    since: Timestamp,
) -> Result<u64, Error> {
    let (count,): (u64,) = tx
        .fetch_one(
            "chat",
            "SELECT COUNT(*) FROM message WHERE chat_id = $1 AND at >= $2 AND automatic IS NOT NULL \
             AND organization_id = $3",
            args![chat_id, since, organization_id],
        )
        .await?;
    Ok(count)
}

/// When Pesan last sent a message of this kind by itself in a chat.
pub async fn find_newest_automatic(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    kind: AutomaticKind,
) -> Result<Option<Timestamp>, Error> {
    let found: Option<(Timestamp,)> = tx
        .fetch_optional(
            "SELECT at FROM message WHERE chat_id = $1 AND automatic IS NOT NULL AND automatic = $2 \
             AND organization_id = $3 ORDER BY at DESC LIMIT 1",
            args![chat_id, kind, organization_id],
        )
        .await?;
    Ok(found.map(|(at,)| at))
}

/// A page of a thread without what was deleted, oldest first: those from `from` on, itself among them.
pub async fn list_thread_from(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    (at, id): (Timestamp, MessageId),
    limit: usize,
) -> Result<Vec<(Message, Timestamp)>, Error> {
    let sql = format!(
        "{SELECT} WHERE m.organization_id = $1 AND m.chat_id = $2 AND m.deleted_at IS NULL AND (m.at, m.id) >= ($3, $4) \
         ORDER BY m.at, m.id LIMIT $5"
    );
    let rows: Vec<MessageRow> = tx
        .fetch_all(&sql, args![organization_id, chat_id, at, id, limit])
        .await?;
    rows.into_iter().map(MessageRow::into_message).collect()
}

/// How a person and we took turns since `since`, without what Pesan sent by itself: of each of their chats, whether each message came in, and when, newest
/// first. At most `limit` messages of a chat.
pub async fn list_turns(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    person: ContactId,
    since: Timestamp,
    limit: usize,
) -> Result<Vec<Vec<(bool, Timestamp)>>, Error> {
    let chats: Vec<(ChatId,)> = tx
        .fetch_all(
            "SELECT id FROM chat WHERE organization_id = $1 AND contact_id = $2 UNION ALL SELECT c.id FROM contact k \
             JOIN chat c ON c.contact_id = k.id WHERE k.organization_id = $1 AND k.merged_into = $2",
            args![organization_id, person],
        )
        .await?;
    let mut turns = Vec::with_capacity(chats.len());
    for (chat_id,) in chats {
        let messages: Vec<(Direction, Timestamp)> = tx
            .fetch_all(
                "SELECT direction, at FROM message WHERE organization_id = $1 AND chat_id = $2 AND at > $3 \
                 AND deleted_at IS NULL AND kind <> 'reaction' AND automatic IS NULL ORDER BY at DESC, id DESC LIMIT $4",
                args![organization_id, chat_id, since, limit],
            )
            .await?;
        let is_in = |direction| direction == Direction::In;
        turns.push(
            messages
                .into_iter()
                .map(|(direction, at)| (is_in(direction), at))
                .collect(),
        );
    }
    Ok(turns)
}
