//! Messages that go for good, and everything that is stored of a chat.
//!
//! What was counted of messages stays counted: the statistics say what was on a day, and name nobody.

use pesan_model::message::Message;
use pesan_model::{ChatId, ContactId, MessageId, OrganizationId, Timestamp};

use super::{MessageRow, SELECT};
use crate::chat::Gone;
use crate::{Error, Tx, args};

/// Deletes up to `limit` messages of a chat from before `before`, the oldest first. What waits to be sent stays, and what
/// was not counted yet waits for that.
pub async fn delete_before(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<Gone>, Error> {
    let sql = format!(
        "DELETE FROM message WHERE organization_id = $1 AND id IN (SELECT m.id FROM message m WHERE m.chat_id = $2 \
         AND m.at < $3 AND m.status <> 'queued' AND m.is_counted ORDER BY m.at, m.id LIMIT $4) RETURNING {}",
        Gone::COLUMNS
    );
    tx.fetch_all(&sql, args![organization_id, chat_id, before, limit]).await
}

/// Deletes what somebody wrote in groups, under one of their identities.
pub async fn delete_in_groups(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    identity: ContactId,
) -> Result<Vec<Gone>, Error> {
    let sql = format!(
        "DELETE FROM message WHERE organization_id = $1 AND contact_id = $2 \
         AND EXISTS (SELECT 1 FROM chat WHERE chat.id = message.chat_id AND chat.is_group) RETURNING {}",
        Gone::COLUMNS
    );
    tx.fetch_all(&sql, args![organization_id, identity]).await
}

/// Deletes the lines of a group that name this address: who came, who went.
pub(crate) async fn delete_naming(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    address: &str,
) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM message WHERE organization_id = $1 AND chat_id = $2 AND kind = 'group_change' AND content LIKE $3",
        args![organization_id, chat_id, format!("%\"{address}%")],
    )
    .await?;
    Ok(())
}

/// Whose messages are listed whole.
#[derive(Debug, Clone, Copy)]
pub enum Whose {
    /// All of a chat.
    Chat(ChatId),
    /// Those that somebody wrote in groups, under one of their identities.
    InGroups(ContactId),
}

/// A page of everything that is stored of messages, also of those that were deleted here: oldest first, those after
/// `after`. With each its place.
pub async fn list_whole(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    whose: Whose,
    after: Option<(Timestamp, MessageId)>,
    limit: usize,
) -> Result<Vec<(Message, Timestamp)>, Error> {
    let (at, id) = after.map_or((Timestamp::from_millis(i64::MIN), uuid::Uuid::nil()), |(at, id)| {
        (at, id.uuid())
    });
    let (condition, whose) = match whose {
        Whose::Chat(id) => ("m.chat_id = $2", id.uuid()),
        Whose::InGroups(id) => ("m.contact_id = $2 AND c.is_group", id.uuid()),
    };
    let sql = format!(
        "{SELECT} WHERE m.organization_id = $1 AND {condition} AND (m.at, m.id) > ($3, $4) ORDER BY m.at, m.id LIMIT $5"
    );
    let rows: Vec<MessageRow> = tx.fetch_all(&sql, args![organization_id, whose, at, id, limit]).await?;
    rows.into_iter().map(MessageRow::into_message).collect()
}
