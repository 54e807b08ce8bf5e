//! What was there before it was counted: added to the counts bit by bit.
//!
//! A row is counted and says so in one transaction, so a crash leaves it counted once or not yet, and the next start goes on
//! where the last one ended.

use pesan_model::{ChatId, ContactId, Direction, MessageId, OrganizationId, Timestamp};

use super::add_contact;
use super::messages::{NOBODY_WAITED, Standing, add, day_of, standing};
use crate::{Error, Tx, args, dialect};

/// Forgets what was counted, so that everything is counted anew: donations at once, the rest bit by bit. Nothing else may
/// work on the database meanwhile: what it counts would be lost or be there twice.
pub async fn begin_anew(tx: &mut Tx<'_>) -> Result<(), Error> {
    for sql in [
        "DELETE FROM chat_day",
        "DELETE FROM account_day",
        "DELETE FROM account_day_time",
        "DELETE FROM contact_day",
        "DELETE FROM donation_day",
        "UPDATE message SET is_counted = FALSE, counted_on = NULL WHERE is_counted",
        "UPDATE contact SET counted_on = NULL",
        "INSERT INTO donation_day (organization_id, day, currency, amount, gifts) \
         SELECT organization_id, given_on, currency, CAST(SUM(amount) AS BIGINT), COUNT(*) FROM donation \
         WHERE status = 'confirmed' AND deleted_at IS NULL GROUP BY organization_id, given_on, currency",
    ] {
        tx.execute(sql, Vec::new()).await?;
    }
    Ok(())
}

/// Whether anything of an organization is not counted yet.
pub async fn is_there(tx: &mut Tx<'_>, organization_id: OrganizationId) -> Result<bool, Error> {
    for sql in [
        "SELECT organization_id FROM message WHERE organization_id = $1 AND is_counted = FALSE LIMIT 1",
        "SELECT organization_id FROM contact WHERE organization_id = $1 AND counted_on IS NULL LIMIT 1",
    ] {
        let found: Option<(OrganizationId,)> = tx.fetch_optional(sql, args![organization_id]).await?;
        if found.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether anything of any organization is not counted yet.
pub async fn is_any_left(tx: &mut Tx<'_>) -> Result<bool, Error> {
    for sql in [
        "SELECT organization_id FROM message WHERE is_counted = FALSE LIMIT 1",
        "SELECT organization_id FROM contact WHERE counted_on IS NULL LIMIT 1",
    ] {
        let found: Option<(OrganizationId,)> = tx.fetch_optional(sql, Vec::new()).await?;
        if found.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Counts up to `limit` messages of any organization that are not counted yet, but for those that somebody changes right
/// now. Says how many there were.
pub async fn count_messages(tx: &mut Tx<'_>, limit: usize) -> Result<usize, Error> {
    let sql = format!(
        "SELECT organization_id, id FROM message WHERE is_counted = FALSE ORDER BY organization_id, id LIMIT $1{}",
        dialect::skip_locked(tx)
    );
    let found: Vec<(OrganizationId, MessageId)> = tx.fetch_all(&sql, args![limit]).await?;
    for (organization_id, id) in &found {
        count_message(tx, *organization_id, *id).await?;
    }
    Ok(found.len())
}

/// The same of people.
pub async fn count_contacts(tx: &mut Tx<'_>, limit: usize) -> Result<usize, Error> {
    let sql = format!(
        "SELECT organization_id, id, created_at FROM contact WHERE counted_on IS NULL ORDER BY organization_id, id \
         LIMIT $1{}",
        dialect::skip_locked(tx)
    );
    let found: Vec<(OrganizationId, ContactId, Timestamp)> = tx.fetch_all(&sql, args![limit]).await?;
    for (organization_id, id, created_at) in &found {
        let day = add_contact(tx, *organization_id, *created_at).await?;
        tx.execute(
            "UPDATE contact SET counted_on = $1 WHERE organization_id = $2 AND id = $3",
            args![day, *organization_id, *id],
        )
        .await?;
    }
    Ok(found.len())
}

async fn count_message(tx: &mut Tx<'_>, organization_id: OrganizationId, id: MessageId) -> Result<(), Error> {
    let mut message = standing(tx, organization_id, id).await?;
    if message.waited.is_none() {
        message.waited = Some(waited(tx, (&message, id)).await?.unwrap_or(NOBODY_WAITED));
    }
    message.is_counted = true;
    message.counted_on = day_of(tx, organization_id, &message).await?;
    tx.execute(
        "UPDATE message SET is_counted = TRUE, counted_on = $1, waited = $2 WHERE organization_id = $3 AND id = $4",
        args![message.counted_on, message.waited, organization_id, id],
    )
    .await?;
    add(tx, organization_id, &message);
    Ok(())
}

/// How long somebody had waited for a message, as far as the thread tells: since the first that came in after what we wrote
/// before.
async fn waited(tx: &mut Tx<'_>, (message, id): (&Standing, MessageId)) -> Result<Option<i64>, Error> {
    if message.direction != Direction::Out || !message.is_said() {
        return Ok(None);
    }
    let (chat, here) = (message.chat_id, (message.at, id.uuid()));
    let written = neighbor(
        tx,
        chat,
        (Timestamp::from_millis(i64::MIN), uuid::Uuid::nil()),
        here,
        Direction::Out,
    )
    .await?;
    let since = written.unwrap_or((Timestamp::from_millis(i64::MIN), uuid::Uuid::nil()));
    let asked = neighbor(tx, chat, since, here, Direction::In).await?;
    Ok(asked.map(|(at, _)| message.at.millis() - at.millis()))
}

/// Of the messages between two places of a thread that went one way: the last that we wrote, or the first that came in.
async fn neighbor(
    tx: &mut Tx<'_>,
    chat: ChatId,
    after: (Timestamp, uuid::Uuid),
    before: (Timestamp, uuid::Uuid),
    direction: Direction,
) -> Result<Option<(Timestamp, uuid::Uuid)>, Error> {
    let order = match direction {
        Direction::Out => "at DESC, id DESC",
        Direction::In => "at, id",
    };
    let sql = format!(
        "SELECT at, id FROM message WHERE chat_id = $1 AND (at, id) > ($2, $3) AND (at, id) < ($4, $5) \
         AND direction = $6 AND kind NOT IN ('reaction', 'group_change') ORDER BY {order} LIMIT 1"
    );
    tx.fetch_optional(&sql, args![chat, after.0, after.1, before.0, before.1, direction])
        .await
}
