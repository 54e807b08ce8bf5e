//! What was done with chats, by whom and when.

use pesan_model::inbox::{ChatActor, ChatChange, ChatLogEntry};
use pesan_model::{ChatId, ChatLogId, OrganizationId, Timestamp};

use crate::{Error, Tx, args, rows};

rows! {
    /// A stored line.
    struct LogRow {
        id: ChatLogId,
        at: Timestamp,
        actor: String,
        change: String,
    }
}

impl LogRow {
    fn into_entry(self) -> Result<ChatLogEntry, Error> {
        let corrupt = |error| Error::corrupt("line of a chat's log", error);
        let by: ChatActor = serde_json::from_str(&self.actor).map_err(corrupt)?;
        let change: ChatChange = serde_json::from_str(&self.change).map_err(corrupt)?;
        Ok(ChatLogEntry {
            id: self.id,
            at: self.at,
            by,
            change,
        })
    }
}

/// Adds a line.
pub async fn insert(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    entry: &ChatLogEntry,
) -> Result<(), Error> {
    let corrupt = |error| Error::corrupt("line of a chat's log", error);
    let actor = serde_json::to_string(&entry.by).map_err(corrupt)?;
    let change = serde_json::to_string(&entry.change).map_err(corrupt)?;
    tx.execute(
        "INSERT INTO chat_log (id, organization_id, chat_id, at, actor, change) VALUES ($1, $2, $3, $4, $5, $6)",
        args![entry.id, organization_id, chat_id, entry.at, actor, change],
    )
    .await?;
    Ok(())
}

/// A page of a chat's log, newest first: the lines before `before`.
pub async fn list(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    before: Option<ChatLogId>,
    limit: usize,
) -> Result<Vec<ChatLogEntry>, Error> {
    let before = before.map_or(uuid::Uuid::max(), ChatLogId::uuid);
    let sql = format!(
        "SELECT {} FROM chat_log WHERE organization_id = $1 AND chat_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4",
        LogRow::COLUMNS
    );
    let rows: Vec<LogRow> = tx
        .fetch_all(&sql, args![organization_id, chat_id, before, limit])
        .await?;
    rows.into_iter().map(LogRow::into_entry).collect()
}

/// When something was last done with a chat.
pub async fn find_newest(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
) -> Result<Option<Timestamp>, Error> {
    let newest = list(tx, organization_id, chat_id, None, 1).await?;
    Ok(newest.first().map(|entry| entry.at))
}
