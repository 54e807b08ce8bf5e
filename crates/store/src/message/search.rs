//! Finding messages by their words.
//!
//! Every message that has words has a place (`message_search`), in the order of time. There are two ways to those that a
//! search may mean: [`walk`] reads the newest ones, whatever they say, and [`find`] asks the index for those that have the
//! words. What an index has of a word stands under the organization and the week: so one organization's words are not
//! slowed by another's, and a search goes back week by week and knows how far it got.
//!
//! What either gives is a candidate: whether its words stand as asked, the text says (`pesan_model::search`).

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use pesan_model::message::Message;
use pesan_model::search::Term;
use pesan_model::{AccountId, ChatId, Content, MessageId, OrganizationId, Timestamp};
use uuid::Uuid;

use super::{MessageRow, SELECT};
use crate::value::Value;
use crate::{Error, Tx, args, dialect, rows, search_backlog};

/// Bits of a place that tell messages of the same millisecond apart.
const TIE_BITS: u32 = 20;
/// The last time that has a place, in the year 2109.
const LAST_MS: i64 = (1 << (63 - TIE_BITS - 1)) - 1;
/// What the index keeps together.
const WEEK_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// How far our own clock may have been set back between two messages.
const SKEW: Duration = Duration::from_hours(1);

/// Where a message stands among all that can be found: by its time, and apart from others of that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(i64);

impl Place {
    /// Behind every message.
    pub const END: Self = Self(i64::MAX);

    /// Before every message of this time.
    pub fn of(at: Timestamp) -> Self {
        Self(at.millis().clamp(0, LAST_MS) << TIE_BITS)
    }

    /// The time.
    pub fn at(self) -> Timestamp {
        Timestamp::from_millis(self.0 >> TIE_BITS)
    }

    /// The week it is in.
    pub fn week(self) -> i64 {
        self.at().millis() / WEEK_MS
    }

    /// Before every message of this week.
    pub fn of_week(week: i64) -> Self {
        Self::of(Timestamp::from_millis(week * WEEK_MS))
    }

    fn with_tie(self, tie: i64) -> Self {
        Self(self.0 | (tie & ((1 << TIE_BITS) - 1)))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.parse().map(Self).map_err(|_| ())
    }
}

/// Which messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Whose.
    pub organization_id: OrganizationId,
    /// Only of this account.
    pub account_id: Option<AccountId>,
    /// Only of this chat, which is the organization's.
    pub chat_id: Option<ChatId>,
}

/// A message that may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its place.
    pub place: Place,
    /// Its id.
    pub id: MessageId,
    /// What it says; `None` when it is of another account than was asked for, or was just deleted.
    pub content: Option<Content>,
}

rows! {
    struct Read {
        place: i64,
        message_id: MessageId,
        content: Option<String>,
    }
}

impl Read {
    fn into_candidate(self) -> Result<Candidate, Error> {
        let content = self.content.as_deref().map(read_content).transpose()?;
        Ok(Candidate {
            place: Place(self.place),
            id: self.message_id,
            content,
        })
    }
}

fn read_content(json: &str) -> Result<Content, Error> {
    serde_json::from_str(json).map_err(|error| Error::corrupt("message", error))
}

/// How the words of an organization in a week begin in the index: always as long.
fn prefix(organization_id: OrganizationId, week: i64) -> String {
    format!(
        "{}{}",
        base36::<6>(organization_id.uuid().as_u128()),
        base36::<3>(week as u128)
    )
}

fn base36<const LEN: usize>(mut value: u128) -> String {
    let mut digits = ['0'; LEN];
    for digit in digits.iter_mut().rev() {
        *digit = char::from_digit((value % 36) as u32, 36).expect("a remainder of 36 is a digit");
        value /= 36;
    }
    digits.iter().collect()
}

/// Where a message stands that is to be found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Indexed {
    pub(super) account_id: AccountId,
    pub(super) chat_id: ChatId,
    pub(super) id: MessageId,
    pub(super) at: Timestamp,
}

/// Makes a message findable that is not yet.
pub(super) async fn index(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    message: Indexed,
    content: &Content,
) -> Result<(), Error> {
    let words = content.search_words();
    if words.is_empty() {
        return Ok(());
    }
    let first = Place::of(message.at);
    let prefix = prefix(organization_id, first.week());
    let words: Vec<String> = words.into_iter().map(|word| format!("{prefix}{word}")).collect();
    let words = words.join(" ");
    let mut tie = message.id.uuid().as_u128() as i64;
    loop {
        let place = first.with_tie(tie);
        let values = args![
            place.0,
            organization_id,
            message.account_id,
            message.chat_id,
            message.id
        ];
        if dialect::insert_searched(tx, values, &words).await? {
            return Ok(());
        }
        // The history of a phone has times in seconds, so places can be taken.
        tie = tie.wrapping_add(1);
    }
}

/// Makes a message findable by what it says now.
pub(super) async fn reindex(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    message: Indexed,
    content: &Content,
) -> Result<(), Error> {
    forget(tx, message.id).await?;
    index(tx, organization_id, message, content).await
}

/// Makes a message unfindable.
pub(super) async fn forget(tx: &mut Tx<'_>, id: MessageId) -> Result<(), Error> {
    tx.execute("DELETE FROM message_search WHERE message_id = $1", args![id])
        .await?;
    Ok(())
}

/// The messages of one chat are in another one now.
pub(crate) async fn move_chat(tx: &mut Tx<'_>, from: ChatId, into: ChatId) -> Result<(), Error> {
    tx.execute(
        "UPDATE message_search SET chat_id = $1 WHERE chat_id = $2",
        args![into, from],
    )
    .await?;
    Ok(())
}

async fn read(tx: &mut Tx<'_>, sql: &str, values: Vec<Value>) -> Result<Vec<Candidate>, Error> {
    let mut found: Vec<Read> = tx.fetch_all(sql, values).await?;
    found.sort_unstable_by_key(|read| std::cmp::Reverse(read.place));
    found.into_iter().map(Read::into_candidate).collect()
}

/// Candidates that were read, with what they say.
const CONTENTS: &str = "SELECT s.place, s.message_id, m.content FROM";

/// The newest messages before a place, whatever they say.
pub async fn walk(tx: &mut Tx<'_>, scope: Scope, before: Place, limit: usize) -> Result<Vec<Candidate>, Error> {
    let (sql, values) = walk_statement(scope, before, limit);
    read(tx, &sql, values).await
}

fn walk_statement(scope: Scope, before: Place, limit: usize) -> (String, Vec<Value>) {
    let mut values = args![before.0, limit];
    let along = along(scope, &mut values);
    // Those of other accounts are walked over: how far it got does not depend on how many there are.
    let account = scope.account_id.map_or_else(String::new, |account_id| {
        values.extend(args![account_id]);
        format!(" AND m.account_id = ${}", values.len())
    });
    let sql = format!(
        "{CONTENTS} (SELECT place, message_id FROM message_search WHERE {along} AND place < $1 \
         ORDER BY place DESC LIMIT $2) s LEFT JOIN message m ON m.id = s.message_id AND m.deleted_at IS NULL{account}"
    );
    (sql, values)
}

/// What the places are walked along.
fn along(scope: Scope, values: &mut Vec<Value>) -> String {
    let (column, value) = match scope.chat_id {
        Some(chat_id) => ("chat_id", args![chat_id]),
        None => ("organization_id", args![scope.organization_id]),
    };
    values.extend(value);
    format!("{column} = ${}", values.len())
}

/// The last place before this one that there is.
pub async fn last_before(tx: &mut Tx<'_>, scope: Scope, before: Place) -> Result<Option<Place>, Error> {
    let (sql, values) = last_statement(scope, before);
    let found: Option<(i64,)> = tx.fetch_optional(&sql, values).await?;
    Ok(found.map(|(place,)| Place(place)))
}

fn last_statement(scope: Scope, before: Place) -> (String, Vec<Value>) {
    let mut values = args![before.0];
    let along = along(scope, &mut values);
    let sql = format!("SELECT place FROM message_search WHERE {along} AND place < $1 ORDER BY place DESC LIMIT 1");
    (sql, values)
}

/// The newest messages of these weeks before a place that have all the words.
///
/// # Errors
/// [`Error::Stopped`] when it takes longer than `time`.
pub async fn find(
    tx: &mut Tx<'_>,
    scope: Scope,
    (terms, weeks): (&[Term], RangeInclusive<i64>),
    (before, limit): (Place, usize),
    time: Duration,
) -> Result<Vec<Candidate>, Error> {
    dialect::limit_search(tx, time).await?;
    let (sql, values) = find_statement(tx, scope, (terms, weeks), (before, limit));
    read(tx, &sql, values).await
}

fn find_statement(
    tx: &Tx<'_>,
    scope: Scope,
    (terms, weeks): (&[Term], RangeInclusive<i64>),
    (before, limit): (Place, usize),
) -> (String, Vec<Value>) {
    let from = Place::of_week(*weeks.start());
    let prefixes: Vec<String> = weeks.map(|week| prefix(scope.organization_id, week)).collect();
    let query = dialect::words_query(tx, &prefixes, terms);
    let mut values = args![query, before.0, from.0, scope.organization_id, limit];
    let (found, place) = dialect::searched(tx);
    let mut asked = Vec::new();
    for (column, value) in [
        ("account_id", scope.account_id.map(|id| args![id])),
        ("chat_id", scope.chat_id.map(|id| args![id])),
    ] {
        if let Some(value) = value {
            values.extend(value);
            asked.push(format!(" AND f.{column} = ${}", values.len()));
        }
    }
    let asked = asked.concat();
    let sql = format!(
        "{CONTENTS} ({found} AND {place} < $2 AND {place} >= $3 AND f.organization_id = $4{asked} \
         ORDER BY {place} DESC LIMIT $5) s LEFT JOIN message m ON m.id = s.message_id AND m.deleted_at IS NULL"
    );
    (sql, values)
}

/// Those of these messages that there are and that were not deleted, in no order.
pub async fn list_by_ids(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    ids: &[MessageId],
) -> Result<Vec<Message>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (2..ids.len() + 2).map(|place| format!("${place}")).collect();
    let sql = format!(
        "{SELECT} WHERE m.organization_id = $1 AND m.deleted_at IS NULL AND m.id IN ({})",
        places.join(", ")
    );
    let mut values = args![organization_id];
    values.extend(ids.iter().flat_map(|id| args![*id]));
    let rows: Vec<MessageRow> = tx.fetch_all(&sql, values).await?;
    rows.into_iter().map(|row| Ok(row.into_message()?.0)).collect()
}

/// Before this time not every message can be found yet; `None` when all can.
///
/// Messages are made findable in the order of their ids, which is that of when they were stored. None was said later than it
/// was stored.
pub async fn backlog(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, Error> {
    let Some(up_to) = search_backlog::find(tx, search_backlog::MESSAGE).await? else {
        return Ok(None);
    };
    let next: Option<(Timestamp,)> = tx
        .fetch_optional(
            "SELECT created_at FROM message WHERE id <= $1 ORDER BY id DESC LIMIT 1",
            args![up_to],
        )
        .await?;
    Ok(next.map(|(created_at,)| created_at.plus(SKEW)))
}

rows! {
    struct Older {
        id: MessageId,
        organization_id: OrganizationId,
        account_id: AccountId,
        chat_id: ChatId,
        at: Timestamp,
        content: String,
        deleted_at: Option<Timestamp>,
    }
}

/// Up to `limit` messages that come next in being made findable, the newest first.
pub async fn list_older(tx: &mut Tx<'_>, limit: usize) -> Result<Vec<MessageId>, Error> {
    let Some(up_to) = search_backlog::find(tx, search_backlog::MESSAGE).await? else {
        return Ok(Vec::new());
    };
    let found: Vec<(MessageId,)> = tx
        .fetch_all(
            "SELECT id FROM message WHERE id <= $1 ORDER BY id DESC LIMIT $2",
            args![up_to, limit],
        )
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// How to take messages whose rows others may be changing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taking {
    /// Wait for whoever changes it: only for one message, because two who wait for each other's would do so for ever.
    One,
    /// Leave out those that are being changed.
    Free,
}

/// Makes these messages findable. Gives those that were left out.
pub async fn index_older(tx: &mut Tx<'_>, ids: &[MessageId], taking: Taking) -> Result<Vec<MessageId>, Error> {
    let places: Vec<String> = (1..=ids.len()).map(|place| format!("${place}")).collect();
    let lock = match taking {
        Taking::One => dialect::for_share(tx),
        Taking::Free => dialect::for_share_skip_locked(tx),
    };
    let sql = format!(
        "SELECT {} FROM message WHERE id IN ({}){lock}",
        Older::COLUMNS,
        places.join(", ")
    );
    let values = ids.iter().flat_map(|id| args![*id]).collect();
    let found: Vec<Older> = tx.fetch_all(&sql, values).await?;
    let is_found = |id: &MessageId| found.iter().any(|message| message.id == *id);
    let left_out = ids.iter().copied().filter(|id| !is_found(id)).collect();
    for message in found {
        if message.deleted_at.is_some() {
            continue;
        }
        let content = read_content(&message.content)?;
        let indexed = Indexed {
            account_id: message.account_id,
            chat_id: message.chat_id,
            id: message.id,
            at: message.at,
        };
        reindex(tx, message.organization_id, indexed, &content).await?;
    }
    Ok(left_out)
}

/// All messages down to this one, or all when there is none, are findable.
pub async fn advance(tx: &mut Tx<'_>, last: Option<MessageId>) -> Result<(), Error> {
    match last.map(Uuid::from) {
        Some(id) => search_backlog::advance(tx, search_backlog::MESSAGE, id).await,
        None => search_backlog::finish(tx, search_backlog::MESSAGE).await,
    }
}

#[cfg(test)]
mod tests;
