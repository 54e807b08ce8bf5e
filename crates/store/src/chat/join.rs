//! Chats that become one, because they turn out to be with one identity.

use pesan_model::{Address, ChatId, ContactId, OrganizationId};

use super::change::{lock, lock_to_delete, newest, save};
use crate::statistic::messages as counts;
use crate::{Error, Tx, args, job, message};

/// Gives the chats of `from` to `into`; where both have one on the same account, the two become one.
pub(crate) async fn merge_of_contact(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    from: ContactId,
    into: ContactId,
) -> Result<(), Error> {
    let pairs: Vec<(ChatId, Option<ChatId>)> = tx
        .fetch_all(
            "SELECT f.id, i.id FROM chat f LEFT JOIN chat i ON i.account_id = f.account_id AND i.contact_id = $3 \
             WHERE f.organization_id = $1 AND f.contact_id = $2 ORDER BY f.id",
            args![organization_id, from, into],
        )
        .await?;
    for (gone, kept) in pairs {
        match kept {
            Some(kept) => merge(tx, organization_id, gone, kept).await?,
            None => {
                tx.execute("UPDATE chat SET contact_id = $1 WHERE id = $2", args![into, gone])
                    .await?;
            }
        }
    }
    Ok(())
}

/// WhatsApp told that messages to one address go to another one: the chats with the first are with the second from now on.
/// Where there is one already, the two become one. Gives those that stay.
pub async fn readdress(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (from, to): (&Address, &Address),
) -> Result<Vec<ChatId>, Error> {
    let found: Vec<(ChatId, Option<ChatId>)> = tx
        .fetch_all(
            "SELECT f.id, t.id FROM account a JOIN chat f ON f.account_id = a.id AND f.address = $2 \
             LEFT JOIN chat t ON t.account_id = a.id AND t.address = $3 WHERE a.organization_id = $1 ORDER BY f.id",
            args![organization_id, from.to_string(), to.to_string()],
        )
        .await?;
    let mut stay = Vec::with_capacity(found.len());
    for (chat, other) in found {
        match other {
            Some(other) => merge(tx, organization_id, chat, other).await?,
            None => {
                tx.execute(
                    "UPDATE chat SET address = $1 WHERE organization_id = $2 AND id = $3",
                    args![to.to_string(), organization_id, chat],
                )
                .await?;
            }
        }
        stay.push(other.unwrap_or(chat));
    }
    Ok(stay)
}

/// Everything in `gone` moves to `kept`.
async fn merge(tx: &mut Tx<'_>, organization_id: OrganizationId, gone: ChatId, kept: ChatId) -> Result<(), Error> {
    let other = lock_to_delete(tx, organization_id, gone).await?;
    let before = lock(tx, organization_id, kept).await?;
    // The same message can be in both when it came once under each address: the first one stays.
    let sql = format!(
        "DELETE FROM message WHERE chat_id = $1 AND EXISTS (SELECT 1 FROM message k WHERE k.chat_id = $2 \
         AND k.sender = message.sender AND k.wa_id = message.wa_id) RETURNING {}",
        counts::Standing::COLUMNS
    );
    for twice in tx.fetch_all(&sql, args![gone, kept]).await? {
        counts::remove(tx, organization_id, &twice);
    }
    tx.execute("UPDATE message SET chat_id = $1 WHERE chat_id = $2", args![kept, gone])
        .await?;
    message::search::move_chat(tx, gone, kept).await?;
    counts::merge_chats(tx, organization_id, before.account_id, (gone, kept)).await?;
    for table in ["chat_log", "note", "reminder"] {
        tx.execute(
            &format!("UPDATE {table} SET chat_id = $1 WHERE chat_id = $2"),
            args![kept, gone],
        )
        .await?;
    }
    job::lane::join(tx, job::SEND_MESSAGE, (gone.uuid(), kept.uuid())).await?;
    tx.execute(
        "INSERT INTO chat_tag (tag_id, chat_id, status, last_message_at) \
         SELECT tag_id, $1, status, last_message_at FROM chat_tag WHERE chat_id = $2 ON CONFLICT DO NOTHING",
        args![kept, gone],
    )
    .await?;
    let mut after = before.clone();
    after.unread += other.unread;
    let last = newest(tx, kept).await?;
    after.last_message_id = last.map(|(id, _)| id);
    after.last_message_at = last.map_or(before.last_message_at, |(_, at)| at);
    // Two that are put aside or done stay so; else there is something to do.
    if before.status != other.status {
        after.open();
    }
    after.assignee_id = before.assignee_id.or(other.assignee_id);
    after.team_id = before.team_id.or(other.team_id);
    after.is_starred |= other.is_starred;
    after.reminder_due |= other.reminder_due;
    after.segment = before.segment.or(other.segment);
    after.is_tagged |= other.is_tagged;
    after.waiting_since = match (before.waiting_since, other.waiting_since) {
        (Some(one), Some(two)) => Some(one.min(two)),
        (one, two) => one.or(two),
    };
    save(tx, organization_id, kept, (&before, &after)).await?;
    if other.is_tagged {
        tx.execute(
            "UPDATE chat_tag SET status = $1, last_message_at = $2 WHERE chat_id = $3",
            args![after.status, after.last_message_at, kept],
        )
        .await?;
    }
    tx.execute("DELETE FROM chat WHERE id = $1", args![gone]).await?;
    tx.chat_counts.remove(organization_id, other.counted());
    Ok(())
}
