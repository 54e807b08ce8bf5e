//! Lists of chats.
//!
//! Every list is walked along one index, newest first, from the place where the page begins: that of the narrowest thing
//! asked for. What else is asked for is looked at on the way. All these indexes go on with the status and the place, so a
//! list of any status is a page of each, put together.

use std::cmp::Reverse;

use pesan_model::chat::Chat;
use pesan_model::donor::Segment;
use pesan_model::{AccountId, ChatId, ChatStatus, ContactId, OrganizationId, TagId, TeamId, Timestamp, UserId};

use super::{ChatView, SHOWN_WITH, VIEW, with_tags};
use crate::value::Value;
use crate::{Error, Tx, args, dialect};

/// Which chats to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only of this account.
    pub account_id: Option<AccountId>,
    /// Only of this status.
    pub status: Option<ChatStatus>,
    /// Only those that this person, or nobody, looks after.
    pub assignee: Option<Assignee>,
    /// Only of this team.
    pub team_id: Option<TeamId>,
    /// Only with this tag.
    pub tag_id: Option<TagId>,
    /// Only with unread messages.
    pub unread_only: bool,
    /// Only with a star.
    pub starred_only: bool,
    /// Only those in which somebody waits for an answer since this time or longer.
    pub waiting_since: Option<Timestamp>,
    /// Only those about whose person, or in a group about which, a reminder is due.
    pub reminder_due_only: bool,
    /// Only with people of this segment.
    pub segment: Option<Segment>,
}

/// Who looks after a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignee {
    /// Nobody.
    Nobody,
    /// This person.
    User(UserId),
}

/// The index that a list is walked along. The narrowest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walk {
    ReminderDue,
    Assignee,
    Starred,
    Tag,
    Team,
    Segment,
    Waiting,
    Unread,
    Account,
    Unassigned,
    Status,
}

impl Walk {
    fn along(filter: &Filter) -> Self {
        let narrowest = [
            (filter.reminder_due_only, Self::ReminderDue),
            (matches!(filter.assignee, Some(Assignee::User(_))), Self::Assignee),
            (filter.starred_only, Self::Starred),
            (filter.tag_id.is_some(), Self::Tag),
            (filter.team_id.is_some(), Self::Team),
            (filter.segment.is_some(), Self::Segment),
            (filter.waiting_since.is_some(), Self::Waiting),
            (filter.unread_only, Self::Unread),
            (filter.account_id.is_some(), Self::Account),
            (filter.assignee == Some(Assignee::Nobody), Self::Unassigned),
        ];
        let asked = narrowest.into_iter().find(|(is_asked, _)| *is_asked);
        asked.map_or(Self::Status, |(_, walk)| walk)
    }

    fn index(self) -> &'static str {
        match self {
            Self::ReminderDue => "chat_list_reminder_due",
            Self::Assignee => "chat_list_assignee",
            Self::Starred => "chat_list_starred",
            Self::Tag => "chat_tag_list",
            Self::Team => "chat_list_team",
            Self::Segment => "chat_list_segment",
            Self::Waiting => "chat_list_waiting",
            Self::Unread => "chat_list_unread",
            Self::Account => "chat_list_account",
            Self::Unassigned => "chat_list_unassigned",
            Self::Status => "chat_list",
        }
    }
}

/// Where a page begins, and how long it is.
type Slice = (Option<(Timestamp, ChatId)>, usize);

/// The statement that reads the chats of one status.
fn statement(
    tx: &Tx<'_>,
    organization_id: OrganizationId,
    filter: &Filter,
    status: ChatStatus,
    (before, limit): Slice,
) -> (String, Vec<Value>) {
    let walk = Walk::along(filter);
    let index = dialect::indexed_by(tx, walk.index());
    let from = match walk {
        // `CROSS` keeps SQLite from beginning with the chats.
        Walk::Tag => format!("chat_tag t{index} CROSS JOIN chat c"),
        _ => format!("chat c{index}"),
    };
    let place = match walk {
        Walk::Tag => ["t.status", "t.last_message_at", "t.chat_id"],
        _ => ["c.status", "c.last_message_at", "c.id"],
    };
    let (at, id) = before.map_or((Timestamp::from_millis(i64::MAX), uuid::Uuid::max()), |(at, id)| {
        (at, id.uuid())
    });
    let mut values = args![organization_id, status, at, id, limit];
    let mut asked = String::new();
    let mut ask = |condition: &str, value: Vec<Value>| {
        values.extend(value);
        asked.push_str(" AND ");
        asked.push_str(&condition.replace('?', &format!("${}", values.len())));
    };
    if let Some(account_id) = filter.account_id {
        ask("c.account_id = ?", args![account_id]);
    }
    match filter.assignee {
        Some(Assignee::User(user_id)) => ask("c.assignee_id = ?", args![user_id]),
        Some(Assignee::Nobody) => ask("c.assignee_id IS NULL", args![]),
        None => {}
    }
    if let Some(team_id) = filter.team_id {
        ask("c.team_id = ?", args![team_id]);
    }
    match (filter.tag_id, walk) {
        (Some(tag_id), Walk::Tag) => ask("c.id = t.chat_id AND t.tag_id = ?", args![tag_id]),
        (Some(tag_id), _) => ask(
            "EXISTS (SELECT 1 FROM chat_tag t WHERE t.chat_id = c.id AND t.tag_id = ?)",
            args![tag_id],
        ),
        (None, _) => {}
    }
    if filter.unread_only {
        ask("c.unread > 0", args![]);
    }
    if filter.starred_only {
        ask("c.is_starred", args![]);
    }
    if let Some(since) = filter.waiting_since {
        ask("c.waiting_since IS NOT NULL AND c.waiting_since <= ?", args![since]);
    }
    if filter.reminder_due_only {
        ask("c.reminder_due", args![]);
    }
    if let Some(segment) = filter.segment {
        ask("c.segment = ?", args![segment]);
    }
    let [status, at, id] = place;
    let sql = format!(
        "SELECT {VIEW} FROM {from} {SHOWN_WITH} WHERE c.organization_id = $1 AND {status} = $2 \
         AND ({at}, {id}) < ($3, $4){asked} ORDER BY {at} DESC, {id} DESC LIMIT $5"
    );
    (sql, values)
}

fn statuses(filter: &Filter) -> &[ChatStatus] {
    filter.status.as_ref().map_or(ChatStatus::ALL, std::slice::from_ref)
}

/// A page of chats, the one with the newest message first: those before `before`.
pub async fn list(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    filter: &Filter,
    before: Option<(Timestamp, ChatId)>,
    limit: usize,
) -> Result<Vec<Chat>, Error> {
    let mut found: Vec<ChatView> = Vec::new();
    for status in statuses(filter) {
        let (sql, values) = statement(tx, organization_id, filter, *status, (before, limit));
        found.extend(tx.fetch_all::<ChatView>(&sql, values).await?);
    }
    found.sort_by_key(|chat| Reverse((chat.last_message_at, chat.id)));
    found.truncate(limit);
    with_tags(tx, found).await
}

/// Open chats without a message since `before` and with nothing in their log since, the quietest first.
pub async fn list_quiet(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<ChatId>, Error> {
    let found: Vec<(ChatId,)> = tx
        .fetch_all(
            "SELECT c.id FROM chat c WHERE c.organization_id = $1 AND c.status = $2 AND c.last_message_at < $3 \
             AND NOT EXISTS (SELECT 1 FROM chat_log l WHERE l.chat_id = c.id AND l.at >= $3) \
             ORDER BY c.last_message_at, c.id LIMIT $4",
            args![organization_id, ChatStatus::Open, before, limit],
        )
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// The newest chats with a tag that are not closed.
pub async fn list_ids_of_tag(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    tag_id: TagId,
    limit: usize,
) -> Result<Vec<ChatId>, Error> {
    let found: Vec<(ChatId,)> = tx
        .fetch_all(
            "SELECT c.id FROM chat_tag t JOIN chat c ON c.id = t.chat_id WHERE c.organization_id = $1 \
             AND t.tag_id = $2 AND t.status <> $3 ORDER BY t.last_message_at DESC, t.chat_id DESC LIMIT $4",
            args![organization_id, tag_id, ChatStatus::Closed, limit],
        )
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// The newest chats with a person, under any of their identities.
pub async fn list_ids_of_person(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    person: ContactId,
    limit: usize,
) -> Result<Vec<ChatId>, Error> {
    let mut found: Vec<(Timestamp, ChatId)> = tx
        .fetch_all(
            "SELECT last_message_at, id FROM chat WHERE organization_id = $1 AND contact_id = $2 UNION ALL \
             SELECT c.last_message_at, c.id FROM contact k JOIN chat c ON c.contact_id = k.id \
             WHERE k.organization_id = $1 AND k.merged_into = $2",
            args![organization_id, person],
        )
        .await?;
    found.sort_unstable_by_key(|found| std::cmp::Reverse(*found));
    Ok(found.into_iter().take(limit).map(|(_, id)| id).collect())
}

/// The newest chats of a team that are not closed.
pub async fn list_ids_of_team(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    team_id: TeamId,
    limit: usize,
) -> Result<Vec<ChatId>, Error> {
    let found: Vec<(ChatId,)> = tx
        .fetch_all(
            "SELECT id FROM chat WHERE organization_id = $1 AND team_id = $2 AND status <> $3 \
             ORDER BY last_message_at DESC, id DESC LIMIT $4",
            args![organization_id, team_id, ChatStatus::Closed, limit],
        )
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_walked_along_the_narrowest_thing_asked_for() {
        let nobody = Filter {
            assignee: Some(Assignee::Nobody),
            ..Filter::default()
        };
        assert_eq!(Walk::along(&Filter::default()), Walk::Status);
        assert_eq!(Walk::along(&nobody), Walk::Unassigned);
        let starred = Filter {
            starred_only: true,
            unread_only: true,
            ..nobody
        };
        assert_eq!(Walk::along(&starred), Walk::Starred);
        let mine = Filter {
            assignee: Some(Assignee::User(uuid::Uuid::nil().into())),
            ..starred
        };
        assert_eq!(Walk::along(&mine), Walk::Assignee);
        let due = Filter {
            reminder_due_only: true,
            ..mine
        };
        assert_eq!(Walk::along(&due), Walk::ReminderDue);
        let lapsed = Filter {
            segment: Some(Segment::Lapsed),
            unread_only: true,
            ..Filter::default()
        };
        assert_eq!(Walk::along(&lapsed), Walk::Segment);
    }
}
