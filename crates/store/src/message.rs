//! Messages, in and out.

pub mod change;
mod old;
pub mod search;
mod thread;

use pesan_model::message::{Message, MessageError};
use pesan_model::{
    AccountId, AutomaticKind, ChatId, ContactId, Content, Direction, MediaId, MessageId, MessageStatus, Metadata,
    OrganizationId, Timestamp,
};

use crate::chat::thread_name;
use crate::statistic::messages::{self as counts, Standing};
use crate::value::Value;
use crate::{Error, Tx, args, dialect, rows};

pub(crate) use self::old::delete_naming;
pub use self::old::{Whose, delete_before, delete_in_groups, list_whole};
pub use self::thread::{count_automatic, find_newest_automatic, list_thread, list_thread_from, list_turns};

rows! {
    struct MessageRow {
        id: MessageId,
        account_id: AccountId,
        chat_id: ChatId,
        direction: Direction,
        wa_id: String,
        chat: String,
        is_group: bool,
        subject: Option<String>,
        name: Option<String>,
        peer_push_name: Option<String>,
        peer_phone: Option<String>,
        sender: String,
        sent_by: Option<String>,
        automatic: Option<AutomaticKind>,
        contact_id: Option<ContactId>,
        push_name: Option<String>,
        content: String,
        metadata: Option<String>,
        reply_to: Option<MessageId>,
        status: MessageStatus,
        error_code: Option<String>,
        error_detail: Option<String>,
        attempts: u32,
        retries: u32,
        at: Timestamp,
        created_at: Timestamp,
        sent_at: Option<Timestamp>,
        delivered_at: Option<Timestamp>,
        read_at: Option<Timestamp>,
        failed_at: Option<Timestamp>,
        send_at: Option<Timestamp>,
        deleted_at: Option<Timestamp>,
        edited_at: Option<Timestamp>,
        revoked_at: Option<Timestamp>,
    }
}

const SELECT: &str = "SELECT m.id, m.account_id, m.chat_id, m.direction, m.wa_id, c.address, c.is_group, c.subject, \
     p.name, p.push_name, p.phone, m.sender, m.sent_by, m.automatic, m.contact_id, m.push_name, m.content, m.metadata, m.reply_to, \
     m.status, m.error_code, m.error_detail, m.attempts, m.retries, m.at, m.created_at, m.sent_at, m.delivered_at, \
     m.read_at, m.failed_at, m.send_at, m.deleted_at, m.edited_at, m.revoked_at \
     FROM message m JOIN chat c ON c.id = m.chat_id LEFT JOIN contact p ON p.id = c.contact_id";

impl MessageRow {
    fn into_message(self) -> Result<(Message, Timestamp), Error> {
        let content: Content = serde_json::from_str(&self.content).map_err(|error| Error::corrupt("message", error))?;
        let metadata: Option<Metadata> = match self.metadata {
            Some(json) => Some(serde_json::from_str(&json).map_err(|error| Error::corrupt("message", error))?),
            None => None,
        };
        let message = Message {
            id: self.id,
            account_id: self.account_id,
            chat_id: self.chat_id,
            direction: self.direction,
            wa_id: self.wa_id,
            chat: self.chat,
            chat_name: thread_name(
                (self.is_group, self.subject.as_deref()),
                (
                    self.name.as_deref(),
                    self.peer_push_name.as_deref(),
                    self.peer_phone.as_deref(),
                ),
            ),
            sender: self.sender,
            sent_by: self.sent_by,
            automatic: self.automatic,
            contact_id: self.contact_id,
            push_name: self.push_name,
            kind: content.kind().to_owned(),
            content,
            metadata,
            reply_to: self.reply_to,
            status: self.status,
            error: self.error_code.map(|code| MessageError {
                code,
                detail: self.error_detail.unwrap_or_default(),
            }),
            attempts: self.attempts,
            retries: self.retries,
            created_at: self.created_at,
            sent_at: self.sent_at,
            delivered_at: self.delivered_at,
            read_at: self.read_at,
            failed_at: self.failed_at,
            send_at: self.send_at,
            deleted_at: self.deleted_at,
            edited_at: self.edited_at,
            revoked_at: self.revoked_at,
        };
        Ok((message, self.at))
    }
}

/// What is written of a new message.
pub(crate) const COLUMNS: &str = "id, organization_id, account_id, chat_id, direction, wa_id, sender, contact_id, push_name, \
     kind, content, media_id, reply_to, reply_to_wa_id, status, attempts, at, created_at, send_at, sent_at, read_at, \
     sent_by, metadata, automatic, edited_at, revoked_at, is_counted, counted_on, waited";

/// The values of [`COLUMNS`], and what is counted of it.
pub(crate) async fn values(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (message, at): (&Message, Timestamp),
    reply_to_wa_id: Option<&str>,
) -> Result<(Vec<Value>, Standing), Error> {
    let mut standing = Standing::of_new(message, at);
    standing.counted_on = counts::day_of(tx, organization_id, &standing).await?;
    let content = serde_json::to_string(&message.content).map_err(|error| Error::corrupt("message", error))?;
    let values = args![
        message.id,
        organization_id,
        message.account_id,
        message.chat_id,
        message.direction,
        &message.wa_id,
        &message.sender,
        message.contact_id,
        message.push_name.as_ref(),
        message.content.kind(),
        content,
        message.content.media().map(|media| media.media_id),
        message.reply_to,
        reply_to_wa_id,
        message.status,
        0,
        at,
        message.created_at,
        message.send_at,
        message.sent_at,
        message.read_at,
        message.sent_by.as_ref(),
        message.metadata.as_ref().map(Metadata::to_json),
        message.automatic,
        message.edited_at,
        message.revoked_at,
        standing.is_counted,
        standing.counted_on,
        standing.waited
    ];
    Ok((values, standing))
}

/// Adds a message at its place in the thread. False when it is already there.
pub async fn insert(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    message: &Message,
    at: Timestamp,
    reply_to_wa_id: Option<&str>,
) -> Result<bool, Error> {
    let (values, standing) = values(tx, organization_id, (message, at), reply_to_wa_id).await?;
    let sql = format!(
        "INSERT INTO message ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, \
         $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29) \
         ON CONFLICT (account_id, chat_id, sender, wa_id) DO NOTHING"
    );
    if tx.execute(&sql, values).await? == 0 {
        return Ok(false);
    }
    counts::add(tx, organization_id, &standing);
    make_findable(tx, organization_id, message, at).await?;
    Ok(true)
}

/// Makes a message findable that was added at this place.
pub(crate) async fn make_findable(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    message: &Message,
    at: Timestamp,
) -> Result<(), Error> {
    search::index(tx, organization_id, indexed(message, at), &message.content).await
}

fn indexed(message: &Message, at: Timestamp) -> search::Indexed {
    search::Indexed {
        account_id: message.account_id,
        chat_id: message.chat_id,
        id: message.id,
        at,
    }
}

/// The message.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: MessageId) -> Result<Message, Error> {
    let sql = format!("{SELECT} WHERE m.organization_id = $1 AND m.id = $2");
    Ok(tx
        .fetch_one::<MessageRow>("message", &sql, args![organization_id, id])
        .await?
        .into_message()?
        .0)
}

/// The message, which nobody else changes until the transaction ends: whoever changes its status reads it so.
pub async fn get_for_change(tx: &mut Tx<'_>, organization_id: OrganizationId, id: MessageId) -> Result<Message, Error> {
    let sql = format!(
        "{SELECT} WHERE m.organization_id = $1 AND m.id = $2{}",
        dialect::for_update_of_message(tx)
    );
    let mut found: Option<MessageRow> = tx.fetch_optional(&sql, args![organization_id, id]).await?;
    if found.is_none() {
        // On PostgreSQL, one that went to another chat while this waited for it is not found with the chat it was in.
        found = tx.fetch_optional(&sql, args![organization_id, id]).await?;
    }
    Ok(found.ok_or(Error::NotFound { what: "message" })?.into_message()?.0)
}

/// The messages of an account with this WhatsApp id: more than one when several people chose the same. Nobody else
/// changes them until the transaction ends.
pub async fn list_by_wa_id(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    account_id: AccountId,
    wa_id: &str,
) -> Result<Vec<Message>, Error> {
    // Apart from the chats: on PostgreSQL, one that went to another chat while this waited for it would not be found.
    let sql = format!(
        "SELECT id FROM message WHERE account_id = $1 AND wa_id = $2 AND organization_id = $3 ORDER BY id{}",
        dialect::for_update(tx)
    );
    let locked: Vec<(MessageId,)> = tx.fetch_all(&sql, args![account_id, wa_id, organization_id]).await?;
    if locked.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("{SELECT} WHERE m.account_id = $1 AND m.wa_id = $2 AND m.organization_id = $3 ORDER BY m.id");
    let rows: Vec<MessageRow> = tx.fetch_all(&sql, args![account_id, wa_id, organization_id]).await?;
    rows.into_iter().map(|row| Ok(row.into_message()?.0)).collect()
}

/// The message in a chat with this WhatsApp id, whoever wrote it.
pub async fn find_in_chat(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    wa_id: &str,
) -> Result<Option<MessageId>, Error> {
    let found: Option<(MessageId,)> = tx
        .fetch_optional(
            "SELECT m.id FROM message m JOIN chat c ON c.id = m.chat_id \
             WHERE m.account_id = c.account_id AND m.wa_id = $1 AND m.chat_id = $2 AND m.organization_id = $3",
            args![wa_id, chat_id, organization_id],
        )
        .await?;
    Ok(found.map(|(id,)| id))
}

/// Writes the status of a message with its times and error, as `message` has them now. Nobody else changes it until the
/// transaction ends ([`get_for_change`]).
pub async fn save_status(tx: &mut Tx<'_>, organization_id: OrganizationId, message: &Message) -> Result<(), Error> {
    let before = counts::standing(tx, organization_id, message.id).await?;
    let after = Standing {
        status: message.status,
        sent_at: message.sent_at,
        read_at: message.read_at,
        failed_at: message.failed_at,
        ..before.clone()
    };
    let counted_on = counts::change(tx, organization_id, (&before, after)).await?;
    tx.execute(
        "UPDATE message SET status = $1, error_code = $2, error_detail = $3, sent_at = $4, delivered_at = $5, \
         read_at = $6, failed_at = $7, attempts = $8, counted_on = $9 WHERE organization_id = $10 AND id = $11",
        args![
            message.status,
            message.error.as_ref().map(|error| error.code.as_str()),
            message.error.as_ref().map(|error| error.detail.as_str()),
            message.sent_at,
            message.delivered_at,
            message.read_at,
            message.failed_at,
            message.attempts,
            counted_on,
            organization_id,
            message.id
        ],
    )
    .await?;
    Ok(())
}

/// Hides a message from lists. Its row stays, and receipts still find it.
pub async fn mark_deleted(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: MessageId,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE message SET deleted_at = $1 WHERE organization_id = $2 AND id = $3",
        args![now, organization_id, id],
    )
    .await?;
    search::forget(tx, id).await
}

/// When it was first handed to WhatsApp without an answer that says what became of it; none when it has surely not left.
/// And what an earlier upload of its file gave (encrypted).
pub async fn on_wire(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: MessageId,
) -> Result<(Option<Timestamp>, Option<Vec<u8>>), Error> {
    tx.fetch_one(
        "message",
        "SELECT first_wire_at, uploaded FROM message WHERE organization_id = $1 AND id = $2",
        args![organization_id, id],
    )
    .await
}

/// It is about to be handed to WhatsApp for the `attempts`-th time; since `first_wire_at` it may have left.
pub async fn mark_on_wire(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: MessageId,
    (attempts, first_wire_at): (u32, Timestamp),
) -> Result<(), Error> {
    tx.execute(
        "UPDATE message SET attempts = $1, first_wire_at = $2 WHERE organization_id = $3 AND id = $4",
        args![attempts, first_wire_at, organization_id, id],
    )
    .await?;
    Ok(())
}

/// What waits to be sent on an account, each with whether it may have left already; only those that may, if asked so. Nobody
/// else changes it until the transaction ends.
pub async fn list_queued(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    account_id: AccountId,
    only_on_wire: bool,
) -> Result<Vec<(Message, bool)>, Error> {
    let among = if only_on_wire {
        "AND m.first_wire_at IS NOT NULL "
    } else {
        ""
    };
    let sql = format!(
        "SELECT m.id, m.first_wire_at FROM job j JOIN message m ON m.id = j.subject \
         WHERE j.kind = $1 AND j.partition = $2 AND m.organization_id = $3 {among}ORDER BY j.id"
    );
    let values = args![crate::job::SEND_MESSAGE, account_id, organization_id];
    let waiting: Vec<(MessageId, Option<Timestamp>)> = tx.fetch_all(&sql, values).await?;
    let mut queued = Vec::with_capacity(waiting.len());
    for (id, first_wire_at) in waiting {
        match get_for_change(tx, organization_id, id).await {
            Ok(message) => queued.push((message, first_wire_at.is_some())),
            // It is no more than its own trouble.
            Err(Error::NotFound { .. } | Error::Corrupt { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(queued)
}

/// A person retries it for the `retries`-th time: its tries are counted anew.
pub async fn begin_retry(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: MessageId,
    retries: u32,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE message SET first_wire_at = NULL, retries = $1 WHERE organization_id = $2 AND id = $3",
        args![retries, organization_id, id],
    )
    .await?;
    Ok(())
}

/// It has surely not left: WhatsApp refused every try, or was never asked.
pub async fn reset_wire(tx: &mut Tx<'_>, organization_id: OrganizationId, id: MessageId) -> Result<(), Error> {
    tx.execute(
        "UPDATE message SET first_wire_at = NULL WHERE organization_id = $1 AND id = $2",
        args![organization_id, id],
    )
    .await?;
    Ok(())
}

/// Keeps what the upload of its file gave (encrypted).
pub async fn save_uploaded(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: MessageId,
    uploaded: &[u8],
) -> Result<(), Error> {
    tx.execute(
        "UPDATE message SET uploaded = $1 WHERE organization_id = $2 AND id = $3",
        args![uploaded, organization_id, id],
    )
    .await?;
    Ok(())
}

/// Marks what came in up to `upto` as read, and gives WhatsApp's ids and senders of the newest 500 of those that WhatsApp
/// knows as messages to be read.
pub async fn mark_read_upto(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    upto: Timestamp,
    now: Timestamp,
) -> Result<Vec<(String, String)>, Error> {
    let mut found: Vec<(Timestamp, MessageId, String, String, String)> = tx
        .fetch_all(
            "UPDATE message SET read_at = $1 WHERE organization_id = $2 AND chat_id = $3 AND at <= $4 \
             AND direction = $5 AND read_at IS NULL RETURNING at, id, wa_id, sender, kind",
            args![now, organization_id, chat_id, upto, Direction::In],
        )
        .await?;
    found.sort_unstable_by_key(|(at, id, ..)| std::cmp::Reverse((*at, *id)));
    Ok(found
        .into_iter()
        .filter(|(.., kind)| kind != "reaction" && kind != "group_change")
        .take(500)
        .map(|(_, _, wa_id, sender, _)| (wa_id, sender))
        .collect())
}

/// How many messages that came in after `after` are unread.
pub async fn count_unread_after(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    after: Timestamp,
) -> Result<u64, Error> {
    let (count,): (u64,) = tx
        .fetch_one(
            "chat",
            "SELECT COUNT(*) FROM message WHERE organization_id = $1 AND chat_id = $2 AND at > $3 AND direction = $4 \
             AND read_at IS NULL AND deleted_at IS NULL AND kind NOT IN ('reaction', 'group_change')",
            args![organization_id, chat_id, after, Direction::In],
        )
        .await?;
    Ok(count)
}

/// The messages that show a file.
pub async fn list_by_media(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    media_id: MediaId,
) -> Result<Vec<Message>, Error> {
    let sql = format!("{SELECT} WHERE m.media_id = $1 AND m.organization_id = $2 ORDER BY m.id");
    let rows: Vec<MessageRow> = tx.fetch_all(&sql, args![media_id, organization_id]).await?;
    rows.into_iter().map(|row| Ok(row.into_message()?.0)).collect()
}

/// The place of a message in its thread.
pub async fn place(tx: &mut Tx<'_>, organization_id: OrganizationId, id: MessageId) -> Result<Timestamp, Error> {
    let (at,): (Timestamp,) = tx
        .fetch_one(
            "message",
            "SELECT at FROM message WHERE organization_id = $1 AND id = $2",
            args![organization_id, id],
        )
        .await?;
    Ok(at)
}
