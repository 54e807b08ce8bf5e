//! What becomes of a message that is there: what it says now, which edits, deletions and votes were seen, and what each
//! person chose of a poll.

use pesan_model::message::Message;
use pesan_model::{AccountId, ChatId, MessageId, OrganizationId, Timestamp};

use super::{indexed, search};
use crate::statistic::messages::{self as counts, Standing};
use crate::{Error, Tx, args};

/// Writes what a message says now, and when its words were changed or it was deleted for everybody: it could not be read at
/// first, or people changed it.
pub async fn save_content(tx: &mut Tx<'_>, organization_id: OrganizationId, message: &Message) -> Result<(), Error> {
    let content = serde_json::to_string(&message.content).map_err(|error| Error::corrupt("message", error))?;
    let before = counts::standing(tx, organization_id, message.id).await?;
    let after = Standing {
        kind: message.content.kind().to_owned(),
        ..before.clone()
    };
    let counted_on = counts::change(tx, organization_id, (&before, after)).await?;
    let (deleted_at,): (Option<Timestamp>,) = tx
        .fetch_one(
            "message",
            "UPDATE message SET kind = $1, content = $2, media_id = $3, reply_to = $4, counted_on = $5, edited_at = $6, \
             revoked_at = $7 WHERE organization_id = $8 AND id = $9 RETURNING deleted_at",
            args![
                message.content.kind(),
                content,
                message.content.media().map(|media| media.media_id),
                message.reply_to,
                counted_on,
                message.edited_at,
                message.revoked_at,
                organization_id,
                message.id
            ],
        )
        .await?;
    match deleted_at {
        Some(_) => Ok(()),
        None => search::reindex(tx, organization_id, indexed(message, before.at), &message.content).await,
    }
}

/// Writes down that a change of a message with this WhatsApp id came. False when it had come before.
pub async fn record(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    account_id: AccountId,
    (wa_id, message_id): (&str, MessageId),
) -> Result<bool, Error> {
    let added = tx
        .execute(
            "INSERT INTO message_change (organization_id, account_id, wa_id, message_id) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING",
            args![organization_id, account_id, wa_id, message_id],
        )
        .await?;
    Ok(added == 1)
}

/// Whether a change of a message of this chat came with this WhatsApp id.
pub async fn is_recorded(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    account_id: AccountId,
    (wa_id, chat_id): (&str, ChatId),
) -> Result<bool, Error> {
    let found: Option<(MessageId,)> = tx
        .fetch_optional(
            "SELECT m.id FROM message_change c JOIN message m ON m.id = c.message_id \
             WHERE c.account_id = $1 AND c.wa_id = $2 AND c.organization_id = $3 AND m.chat_id = $4 LIMIT 1",
            args![account_id, wa_id, organization_id, chat_id],
        )
        .await?;
    Ok(found.is_some())
}

/// Keeps what the votes of a poll are encrypted with (encrypted).
pub async fn save_poll_secret(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: MessageId,
    secret: &[u8],
) -> Result<(), Error> {
    tx.execute(
        "UPDATE message SET poll_secret = $1 WHERE organization_id = $2 AND id = $3",
        args![secret, organization_id, id],
    )
    .await?;
    Ok(())
}

/// What the votes of a poll are encrypted with (encrypted), where that is known.
pub async fn find_poll_secret(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: MessageId,
) -> Result<Option<Vec<u8>>, Error> {
    let (secret,): (Option<Vec<u8>>,) = tx
        .fetch_one(
            "message",
            "SELECT poll_secret FROM message WHERE organization_id = $1 AND id = $2",
            args![organization_id, id],
        )
        .await?;
    Ok(secret)
}

/// Somebody chose answers of a poll, by their places, instead of what they chose before; no earlier choice takes the
/// place of a later one. The poll is locked.
pub async fn save_vote(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: MessageId,
    (voter, chosen, at): (&str, &[usize], Timestamp),
) -> Result<(), Error> {
    let chosen = serde_json::to_string(chosen).map_err(|error| Error::corrupt("vote", error))?;
    tx.execute(
        "INSERT INTO poll_vote (organization_id, message_id, voter, chosen, at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (message_id, voter) DO UPDATE SET chosen = excluded.chosen, at = excluded.at \
         WHERE poll_vote.at <= excluded.at",
        args![organization_id, id, voter, chosen, at],
    )
    .await?;
    Ok(())
}

/// What each person chose of a poll, by the places of the answers.
pub async fn list_votes(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: MessageId,
) -> Result<Vec<Vec<usize>>, Error> {
    let found: Vec<(String,)> = tx
        .fetch_all(
            "SELECT chosen FROM poll_vote WHERE message_id = $1 AND organization_id = $2",
            args![id, organization_id],
        )
        .await?;
    let read = |(chosen,): (String,)| serde_json::from_str(&chosen).map_err(|error| Error::corrupt("vote", error));
    found.into_iter().map(read).collect()
}

/// Forgets what is kept beside the content of a message that was deleted for everybody: how its file was uploaded, and
/// what people chose.
pub async fn forget_secrets(tx: &mut Tx<'_>, organization_id: OrganizationId, id: MessageId) -> Result<(), Error> {
    tx.execute(
        "UPDATE message SET uploaded = NULL, poll_secret = NULL WHERE organization_id = $1 AND id = $2",
        args![organization_id, id],
    )
    .await?;
    tx.execute(
        "DELETE FROM poll_vote WHERE message_id = $1 AND organization_id = $2",
        args![id, organization_id],
    )
    .await?;
    Ok(())
}
