//! Chats: threads on one account.

use pesan_model::chat::{Chat, LastMessage};
use pesan_model::{
    AccountId, Address, ChatId, ContactId, Content, Direction, MessageId, MessageStatus, OrganizationId, Timestamp,
};

use crate::contact::{ContactRow, display_name};
use crate::{Error, Tx, args, rows};

rows! {
    /// A chat with what a list shows of it.
    struct ChatView {
        id: ChatId,
        account_id: AccountId,
        address: String,
        is_group: bool,
        subject: Option<String>,
        contact_id: Option<ContactId>,
        unread: u32,
        last_message_at: Timestamp,
        contact_name: Option<String>,
        contact_push_name: Option<String>,
        contact_phone: Option<String>,
        last_content: Option<String>,
        last_direction: Option<Direction>,
        last_status: Option<MessageStatus>,
    }
}

// The person may be another row than the identity that the chat is with.
const VIEW: &str = "SELECT c.id, c.account_id, c.address, c.is_group, c.subject, p.id, c.unread, \
     c.last_message_at, p.name, p.push_name, p.phone, m.content, m.direction, m.status \
     FROM chat c LEFT JOIN contact i ON i.id = c.contact_id LEFT JOIN contact p ON p.id = COALESCE(i.merged_into, i.id) \
     LEFT JOIN message m ON m.id = c.last_message_id";

impl ChatView {
    fn into_chat(self) -> Result<Chat, Error> {
        let name = thread_name(
            (self.is_group, self.subject.as_deref()),
            (
                self.contact_name.as_deref(),
                self.contact_push_name.as_deref(),
                self.contact_phone.as_deref(),
            ),
        );
        let last_message = match (self.last_content, self.last_direction, self.last_status) {
            (Some(content), Some(direction), Some(status)) => {
                let content: Content =
                    serde_json::from_str(&content).map_err(|error| Error::corrupt("message", error))?;
                Some(LastMessage {
                    kind: content.kind().to_owned(),
                    preview: content.preview().map(|text| text.chars().take(200).collect()),
                    direction,
                    status,
                })
            }
            _ => None,
        };
        Ok(Chat {
            id: self.id,
            account_id: self.account_id,
            address: self.address,
            is_group: self.is_group,
            name,
            contact_id: self.contact_id,
            unread: self.unread,
            last_message,
            last_message_at: self.last_message_at,
        })
    }
}

/// What a thread is called: a group by its subject, any other by its person, of whom the name given here, the one they
/// give themselves, and the number are known.
pub(crate) fn thread_name(
    (is_group, subject): (bool, Option<&str>),
    (name, push_name, phone): (Option<&str>, Option<&str>, Option<&str>),
) -> String {
    if is_group {
        subject.unwrap_or("Group").to_owned()
    } else {
        display_name(name, push_name, phone)
    }
}

/// What sending and receiving need of a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatKey {
    /// Its id.
    pub id: ChatId,
    /// Where messages go.
    pub address: Address,
    /// The subject of a group, where it is known.
    pub subject: Option<String>,
}

impl ChatKey {
    /// What the thread with this person, or of this group, is called.
    pub fn name(&self, person: Option<&ContactRow>) -> String {
        let facts = person.map_or((None, None, None), ContactRow::names);
        thread_name((self.address.is_group(), self.subject.as_deref()), facts)
    }
}

fn key((id, address, subject): (ChatId, String, Option<String>)) -> Result<ChatKey, Error> {
    let address = address.parse().map_err(|error| Error::corrupt("chat address", error))?;
    Ok(ChatKey { id, address, subject })
}

/// The chat of an account with this address.
pub async fn find_by_address(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    account_id: AccountId,
    address: &Address,
) -> Result<Option<ChatKey>, Error> {
    tx.fetch_optional(
        "SELECT id, address, subject FROM chat WHERE organization_id = $1 AND account_id = $2 AND address = $3",
        args![organization_id, account_id, address.to_string()],
    )
    .await?
    .map(key)
    .transpose()
}

/// The chat of an account with this person.
pub async fn find_by_contact(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    account_id: AccountId,
    contact_id: ContactId,
) -> Result<Option<ChatKey>, Error> {
    tx.fetch_optional(
        "SELECT id, address, subject FROM chat WHERE organization_id = $1 AND account_id = $2 AND contact_id = $3",
        args![organization_id, account_id, contact_id],
    )
    .await?
    .map(key)
    .transpose()
}

/// A chat to add.
#[derive(Debug, Clone)]
pub struct NewChat {
    /// Its id.
    pub id: ChatId,
    /// Its account.
    pub account_id: AccountId,
    /// Where messages go.
    pub address: Address,
    /// The person, in a chat with one.
    pub contact_id: Option<ContactId>,
}

/// Adds an empty chat.
pub async fn insert(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat: &NewChat,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO chat (id, organization_id, account_id, address, is_group, contact_id, unread, last_message_at, \
         created_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $7)",
        args![
            chat.id,
            organization_id,
            chat.account_id,
            chat.address.to_string(),
            chat.address.is_group(),
            chat.contact_id,
            now
        ],
    )
    .await?;
    Ok(())
}

/// A message was added at `at`: it becomes the last one unless a later one is there, and `unread` grows.
pub async fn add_message(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    (message_id, at): (MessageId, Timestamp),
    unread: u32,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE chat SET unread = unread + $1, \
         last_message_id = CASE WHEN last_message_id IS NULL OR $2 >= last_message_at THEN $3 ELSE last_message_id END, \
         last_message_at = CASE WHEN last_message_id IS NULL OR $2 >= last_message_at THEN $2 ELSE last_message_at END \
         WHERE organization_id = $4 AND id = $5",
        args![unread, at, message_id, organization_id, chat_id],
    )
    .await?;
    Ok(())
}

/// What the line of a chat shows: the newest message that was not deleted, of the chat `$1`.
const NEWEST: &str = "FROM message m WHERE m.chat_id = $1 AND m.deleted_at IS NULL AND m.kind <> 'reaction' \
     ORDER BY m.at DESC, m.id DESC LIMIT 1";

/// A message was deleted: the one before it becomes the last one, and it is unread no more. Says whether the chat
/// changed.
pub async fn forget_message(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (chat_id, message_id): (ChatId, MessageId),
) -> Result<bool, Error> {
    let counted = tx
        .execute(
            "UPDATE chat SET unread = unread - 1 WHERE organization_id = $1 AND id = $2 AND unread > 0 \
             AND EXISTS (SELECT 1 FROM message m WHERE m.id = $3 AND m.direction = $4 AND m.read_at IS NULL \
             AND m.kind NOT IN ('reaction', 'group_change'))",
            args![organization_id, chat_id, message_id, Direction::In],
        )
        .await?;
    let shown = tx
        .execute(
            &format!(
                "UPDATE chat SET last_message_id = (SELECT m.id {NEWEST}), \
                 last_message_at = COALESCE((SELECT m.at {NEWEST}), last_message_at) \
                 WHERE id = $1 AND last_message_id = $2 AND organization_id = $3"
            ),
            args![chat_id, message_id, organization_id],
        )
        .await?;
    Ok(counted + shown > 0)
}

/// Sets how many messages are unread.
pub async fn set_unread(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    unread: u64,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE chat SET unread = $1 WHERE organization_id = $2 AND id = $3",
        args![unread, organization_id, chat_id],
    )
    .await?;
    Ok(())
}

/// Sets a group's subject.
pub async fn set_subject(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    subject: &str,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE chat SET subject = $1 WHERE organization_id = $2 AND id = $3",
        args![subject, organization_id, chat_id],
    )
    .await?;
    Ok(())
}

/// The chat.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: ChatId) -> Result<Chat, Error> {
    let sql = format!("{VIEW} WHERE c.organization_id = $1 AND c.id = $2");
    tx.fetch_one::<ChatView>("chat", &sql, args![organization_id, id])
        .await?
        .into_chat()
}

/// Which chats to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only of this account.
    pub account_id: Option<AccountId>,
    /// Only with unread messages.
    pub unread_only: bool,
}

/// A page of chats, the one with the newest message first: those before `before`.
pub async fn list(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    filter: &Filter,
    before: Option<(Timestamp, ChatId)>,
    limit: usize,
) -> Result<Vec<Chat>, Error> {
    let (at, id) = before.map_or((Timestamp::from_millis(i64::MAX), uuid::Uuid::max()), |(at, id)| {
        (at, id.uuid())
    });
    let mut sql = format!("{VIEW} WHERE c.organization_id = $1 AND (c.last_message_at, c.id) < ($2, $3)");
    let mut values = args![organization_id, at, id, limit];
    if let Some(account_id) = filter.account_id {
        sql.push_str(" AND c.account_id = $5");
        values.extend(args![account_id]);
    }
    if filter.unread_only {
        sql.push_str(" AND c.unread > 0");
    }
    sql.push_str(" ORDER BY c.last_message_at DESC, c.id DESC LIMIT $4");
    tx.fetch_all::<ChatView>(&sql, values)
        .await?
        .into_iter()
        .map(ChatView::into_chat)
        .collect()
}

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
             WHERE f.organization_id = $1 AND f.contact_id = $2",
            args![organization_id, from, into],
        )
        .await?;
    for (gone, kept) in pairs {
        let Some(kept) = kept else {
            tx.execute("UPDATE chat SET contact_id = $1 WHERE id = $2", args![into, gone])
                .await?;
            continue;
        };
        // The same message can be in both when it came once under each address: the first one stays.
        tx.execute(
            "DELETE FROM message WHERE chat_id = $1 AND EXISTS (SELECT 1 FROM message k WHERE k.chat_id = $2 \
             AND k.sender = message.sender AND k.wa_id = message.wa_id)",
            args![gone, kept],
        )
        .await?;
        tx.execute("UPDATE message SET chat_id = $1 WHERE chat_id = $2", args![kept, gone])
            .await?;
        tx.execute(
            "UPDATE job SET lane = $1 WHERE kind = $2 AND lane = $3",
            args![kept, crate::job::SEND_MESSAGE, gone],
        )
        .await?;
        tx.execute(
            "UPDATE job SET is_head = (id = (SELECT j.id FROM job j WHERE j.kind = $1 AND j.lane = $2 ORDER BY j.id \
             LIMIT 1)) WHERE kind = $1 AND lane = $2 AND is_running = $3",
            args![crate::job::SEND_MESSAGE, kept, false],
        )
        .await?;
        tx.execute(
            &format!(
                "UPDATE chat SET unread = unread + (SELECT g.unread FROM chat g WHERE g.id = $2), \
                 last_message_at = COALESCE((SELECT m.at {NEWEST}), last_message_at), \
                 last_message_id = (SELECT m.id {NEWEST}) WHERE id = $1"
            ),
            args![kept, gone],
        )
        .await?;
        tx.execute("DELETE FROM chat WHERE id = $1", args![gone]).await?;
    }
    Ok(())
}
