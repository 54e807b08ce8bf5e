//! What is left of chats when messages go for good: because they are only kept for a time, or because somebody is erased.

use std::collections::BTreeSet;

use pesan_model::{ChatId, Direction, MediaId, MessageId, OrganizationId, Timestamp};

use super::change::{lock, newest, save};
use crate::row::{FromRow, Row};
use crate::{Error, Tx, args, job};

/// What has to be known of a message that is gone.
#[derive(Debug, Clone)]
pub struct Gone {
    /// Its chat.
    pub chat_id: ChatId,
    /// The file it showed.
    pub media_id: Option<MediaId>,
    /// Whether it counted as unread.
    pub was_unread: bool,
}

impl Gone {
    /// The columns it is read from.
    pub(crate) const COLUMNS: &'static str = "chat_id, media_id, direction, kind, read_at, deleted_at";
}

impl FromRow for Gone {
    fn from_row(row: &Row<'_>) -> Result<Self, Error> {
        let (direction, kind): (Direction, String) = (row.get(2)?, row.get(3)?);
        let (read_at, deleted_at): (Option<Timestamp>, Option<Timestamp>) = (row.get(4)?, row.get(5)?);
        let is_to_be_read = direction == Direction::In && !matches!(kind.as_str(), "reaction" | "group_change");
        Ok(Self {
            chat_id: row.get(0)?,
            media_id: row.get(1)?,
            was_unread: is_to_be_read && read_at.is_none() && deleted_at.is_none(),
        })
    }
}

/// Up to `limit` chats after `after`, by id, with a message from before `before` that can go.
pub async fn list_with_old(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    before: Timestamp,
    after: Option<ChatId>,
    limit: usize,
) -> Result<Vec<ChatId>, Error> {
    let after = after.map_or_else(uuid::Uuid::nil, ChatId::uuid);
    let found: Vec<(ChatId,)> = tx
        .fetch_all(
            "SELECT c.id FROM chat c WHERE c.organization_id = $1 AND c.id > $2 AND EXISTS (SELECT 1 FROM message m \
             WHERE m.chat_id = c.id AND m.at < $3 AND m.status <> 'queued' AND m.is_counted) ORDER BY c.id LIMIT $4",
            args![organization_id, after, before, limit],
        )
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Messages of a chat are gone: they are unread no more, the newest that is left is the last one, and nobody waits since
/// before `waiting_from`. Says whether the chat changed.
pub async fn forget_gone(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    (unread, waiting_from): (usize, Timestamp),
) -> Result<bool, Error> {
    let before = lock(tx, organization_id, chat_id).await?;
    let mut after = before.clone();
    after.unread = before.unread.saturating_sub(u32::try_from(unread).unwrap_or(u32::MAX));
    after.waiting_since = before.waiting_since.filter(|since| *since >= waiting_from);
    let last = newest(tx, chat_id).await?;
    after.last_message_id = last.map(|(id, _)| id);
    after.last_message_at = last.map_or(before.last_message_at, |(_, at)| at);
    save(tx, organization_id, chat_id, (&before, &after)).await?;
    Ok(before.last_message_id != after.last_message_id
        || before.unread != after.unread
        || before.waiting_since != after.waiting_since)
}

/// Deletes a chat with its messages, its log and its waiting work. Gives the files that its messages showed, or nothing
/// when one of them is being sent right now: then the chat stays.
pub async fn delete(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
) -> Result<Option<BTreeSet<MediaId>>, Error> {
    let before = lock(tx, organization_id, chat_id).await?;
    let queued: Vec<(MessageId,)> = tx
        .fetch_all(
            "SELECT id FROM message WHERE organization_id = $1 AND chat_id = $2 AND status = 'queued' ORDER BY id",
            args![organization_id, chat_id],
        )
        .await?;
    for (id,) in queued {
        let is_taken = job::finish_waiting(tx, job::SEND_MESSAGE, id.uuid()).await?;
        if !is_taken && job::is_there(tx, job::SEND_MESSAGE, id.uuid()).await? {
            return Ok(None);
        }
    }
    job::finish_subject(tx, job::END_SNOOZE, chat_id.uuid()).await?;
    job::finish_subject(tx, job::REFRESH_GROUP, chat_id.uuid()).await?;
    let files: Vec<(MediaId,)> = tx
        .fetch_all(
            "SELECT DISTINCT media_id FROM message WHERE organization_id = $1 AND chat_id = $2 \
             AND media_id IS NOT NULL",
            args![organization_id, chat_id],
        )
        .await?;
    tx.execute(
        "DELETE FROM chat WHERE organization_id = $1 AND id = $2",
        args![organization_id, chat_id],
    )
    .await?;
    tx.chat_counts.remove(organization_id, before.counted());
    Ok(Some(files.into_iter().map(|(id,)| id).collect()))
}
