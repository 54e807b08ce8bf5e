//! Rows in bulk, for measuring on a database of a size that nobody's has yet (`pesan bench seed`).
//!
//! They are written as they are: no events, no work, and what is counted of chats is counted at the end ([`count_chats`]).
//! Indexes of the tables are taken away before ([`take_indexes`]) and built at the end ([`put_index`]), because ten million
//! rows go into a finished index one page at a time.

use pesan_model::message::Message;
use pesan_model::{
    AccountId, ChatId, ChatStatus, ContactId, MessageId, OrganizationId, TagId, TeamId, Timestamp, UserId,
};

use crate::contact::search;
use crate::value::Value;
use crate::{Error, Tx, args, dialect, message, statistic};

/// Tables that grow with the numbers of chats and messages.
const TABLES: [&str; 6] = [
    "contact",
    "contact_word",
    "chat",
    "chat_tag",
    "message",
    "message_search",
];
/// SQLite takes 32,766 values in a statement.
const MAX_VALUES: usize = 32_000;

/// A chat with a person, who is new too.
#[derive(Debug, Clone)]
pub struct NewChat {
    /// The chat.
    pub id: ChatId,
    /// Its account.
    pub account_id: AccountId,
    /// The person.
    pub contact_id: ContactId,
    /// Their number: digits without the plus.
    pub phone: String,
    /// The name they give themselves.
    pub push_name: String,
    /// What is done with the chat, and until when it is put aside.
    pub status: (ChatStatus, Option<Timestamp>),
    /// Who looks after it.
    pub assignee_id: Option<UserId>,
    /// The team it belongs to.
    pub team_id: Option<TeamId>,
    /// Its tags.
    pub tag_ids: Vec<TagId>,
    /// Whether it has a star.
    pub is_starred: bool,
    /// Messages that nobody read.
    pub unread: u32,
    /// When the first message came in that nobody has answered.
    pub waiting_since: Option<Timestamp>,
    /// Its newest message, and when that was.
    pub last_message: (MessageId, Timestamp),
    /// When it began.
    pub created_at: Timestamp,
}

/// Adds rows of one table, as many with one statement as it takes.
async fn insert(tx: &mut Tx<'_>, into: &str, rows: Vec<Vec<Value>>) -> Result<(), Error> {
    let (mut values, mut places) = (Vec::new(), Vec::new());
    for row in rows {
        if values.len() + row.len() > MAX_VALUES {
            write(tx, into, &mut places, &mut values).await?;
        }
        let columns: Vec<_> = (1..=row.len())
            .map(|column| format!("${}", values.len() + column))
            .collect();
        places.push(format!("({})", columns.join(", ")));
        values.extend(row);
    }
    write(tx, into, &mut places, &mut values).await
}

async fn write(tx: &mut Tx<'_>, into: &str, places: &mut Vec<String>, values: &mut Vec<Value>) -> Result<(), Error> {
    if !places.is_empty() {
        let sql = format!("INSERT INTO {into} VALUES {}", places.join(", "));
        tx.execute(&sql, std::mem::take(values)).await?;
        places.clear();
    }
    Ok(())
}

/// Adds chats with their people.
pub async fn insert_chats(tx: &mut Tx<'_>, organization_id: OrganizationId, chats: &[NewChat]) -> Result<(), Error> {
    let mut contacts = Vec::with_capacity(chats.len());
    for chat in chats {
        let counted_on = statistic::add_contact(tx, organization_id, chat.created_at).await?;
        contacts.push(args![
            chat.contact_id,
            organization_id,
            &chat.push_name,
            &chat.phone,
            chat.created_at,
            true,
            counted_on
        ]);
    }
    let into = "contact (id, organization_id, push_name, phone, created_at, is_indexed, counted_on)";
    insert(tx, into, contacts).await?;
    let words = chats.iter().flat_map(|chat| {
        let words = search::words_of(std::iter::once(&*chat.push_name), std::iter::once(&*chat.phone));
        words
            .into_iter()
            .map(|word| args![organization_id, word.into_bytes(), chat.contact_id])
    });
    insert(tx, "contact_word (organization_id, word, contact_id)", words.collect()).await?;
    let rows = chats.iter().map(|chat| {
        let (status, snoozed_until) = chat.status;
        let (last_message_id, last_message_at) = chat.last_message;
        args![
            chat.id,
            organization_id,
            chat.account_id,
            format!("{}@s.whatsapp.net", chat.phone),
            false,
            chat.contact_id,
            chat.unread,
            last_message_id,
            last_message_at,
            chat.created_at,
            status,
            snoozed_until,
            chat.assignee_id,
            chat.team_id,
            chat.is_starred,
            !chat.tag_ids.is_empty(),
            chat.waiting_since
        ]
    });
    let into = "chat (id, organization_id, account_id, address, is_group, contact_id, unread, last_message_id, \
                last_message_at, created_at, status, snoozed_until, assignee_id, team_id, is_starred, is_tagged, \
                waiting_since)";
    insert(tx, into, rows.collect()).await?;
    let tags = chats.iter().flat_map(|chat| {
        chat.tag_ids
            .iter()
            .map(|tag| args![*tag, chat.id, chat.status.0, chat.last_message.1])
    });
    insert(
        tx,
        "chat_tag (tag_id, chat_id, status, last_message_at)",
        tags.collect(),
    )
    .await
}

/// Adds messages, each with its place in its thread.
pub async fn insert_messages(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    messages: &[(Message, Timestamp)],
) -> Result<(), Error> {
    let mut rows = Vec::with_capacity(messages.len());
    for (message, at) in messages {
        let (values, standing) = message::values(tx, organization_id, (message, *at), None).await?;
        statistic::messages::add_in_bulk(tx, organization_id, &standing);
        rows.push(values);
    }
    insert(tx, &format!("message ({})", message::COLUMNS), rows).await?;
    for (message, at) in messages {
        message::make_findable(tx, organization_id, message, *at).await?;
    }
    Ok(())
}

/// Counts the chats of an organization that has none counted yet, and the days on which each was active.
pub async fn count_chats(tx: &mut Tx<'_>, organization_id: OrganizationId) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO chat_counter (organization_id, account_id, holder_id, open, unread, starred, reminder_due) \
         SELECT organization_id, account_id, COALESCE(assignee_id, account_id), \
         COUNT(CASE WHEN status = 'open' THEN 1 END), COUNT(CASE WHEN unread > 0 THEN 1 END), \
         COUNT(CASE WHEN is_starred THEN 1 END), COUNT(CASE WHEN reminder_due THEN 1 END) \
         FROM chat WHERE organization_id = $1 GROUP BY organization_id, account_id, COALESCE(assignee_id, account_id)",
        args![organization_id],
    )
    .await?;
    statistic::messages::count_chat_days(tx).await
}

/// Takes the indexes of the large tables away, and gives the statements that make them.
pub async fn take_indexes(tx: &mut Tx<'_>) -> Result<Vec<String>, Error> {
    let mut statements = Vec::new();
    for table in TABLES {
        let indexes: Vec<(String, String)> = tx.fetch_all(dialect::indexes(tx), args![table]).await?;
        for (name, statement) in indexes {
            tx.execute(&format!("DROP INDEX {name}"), args![]).await?;
            statements.push(statement);
        }
    }
    Ok(statements)
}

/// Makes one of the indexes again.
pub async fn put_index(tx: &mut Tx<'_>, statement: &str) -> Result<(), Error> {
    tx.execute(statement, args![]).await?;
    Ok(())
}

/// Lets the database look at what is in its tables, as it does by itself now and then.
pub async fn analyze(tx: &mut Tx<'_>) -> Result<(), Error> {
    tx.execute("ANALYZE", args![]).await?;
    Ok(())
}
