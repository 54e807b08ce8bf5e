//! Messages that leave at a time of their own.
//!
//! Until then such a message is alone in a lane, which is itself, so that it holds up nothing that is sent meanwhile. When
//! its time has come it goes to the end of its chat's lane, so that it overtakes nothing either.

use pesan_model::{AccountId, ChatId, JobId, Timestamp};

use crate::{Error, Tx, args, dialect};

/// A message whose time has come: the job that waits for it, and its chat.
#[derive(Debug, Clone, Copy)]
pub struct Due(JobId, ChatId);

/// Messages of an account whose time has come, the one of the earliest time first, and of one time in the order of
/// accepting.
pub async fn list_due(tx: &mut Tx<'_>, account_id: AccountId, now: Timestamp, limit: usize) -> Result<Vec<Due>, Error> {
    // Word for word the condition of the index.
    let index = dialect::indexed_by(tx, "job_scheduled");
    let sql = format!(
        "SELECT j.id, m.chat_id FROM job j{index} JOIN message m ON m.id = j.subject \
         WHERE j.kind = 'send_message' AND j.lane = j.subject AND j.partition = $1 AND j.is_running = $2 \
         AND j.run_at <= $3 ORDER BY j.run_at, j.id LIMIT $4"
    );
    let due: Vec<(JobId, ChatId)> = tx.fetch_all(&sql, args![account_id, false, now, limit]).await?;
    Ok(due.into_iter().map(|(id, chat_id)| Due(id, chat_id)).collect())
}

/// Puts them at the ends of their chats' lanes, in this order. `new_id` makes an id that is later than all before. One that
/// was cancelled meanwhile is left out.
pub async fn join_chats(tx: &mut Tx<'_>, mut due: Vec<Due>, mut new_id: impl FnMut() -> JobId) -> Result<(), Error> {
    // Lanes are locked in one order; within a chat the order stays.
    due.sort_by_key(|Due(_, chat_id)| *chat_id);
    for Due(id, chat_id) in due {
        dialect::lock_lane(tx, chat_id.uuid()).await?;
        tx.execute(
            "UPDATE job SET id = $1, lane = $2, \
             is_head = NOT EXISTS (SELECT 1 FROM job o WHERE o.kind = 'send_message' AND o.lane = $2) \
             WHERE id = $3 AND is_running = $4",
            args![new_id(), chat_id, id, false],
        )
        .await?;
    }
    Ok(())
}
