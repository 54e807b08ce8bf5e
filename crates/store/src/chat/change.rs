//! Every change of a chat.
//!
//! [`lock`] reads what a chat is, [`save`] writes what it became, and what is counted of chats (`chat_counter`) and where
//! it stands in the lists of its tags follow from the difference. Nothing else writes a chat, but for its subject, of which
//! nothing depends, and its end with its account, which takes the account's counters along.

use pesan_model::donor::Segment;
use pesan_model::{
    AccountId, Address, ChatId, ChatStatus, ContactId, Direction, MessageId, OrganizationId, TagId, TeamId, Timestamp,
    UserId,
};

use crate::chat_counter::Counted;
use crate::statistic::messages as counts;
use crate::{Error, Tx, args, dialect, rows};

rows! {
    /// What of a chat changes.
    pub(super) struct State {
        account_id: AccountId,
        unread: u32,
        last_message_id: Option<MessageId>,
        last_message_at: Timestamp,
        status: ChatStatus,
        snoozed_until: Option<Timestamp>,
        assignee_id: Option<UserId>,
        team_id: Option<TeamId>,
        is_starred: bool,
        is_tagged: bool,
        waiting_since: Option<Timestamp>,
        reminder_due: bool,
        segment: Option<Segment>,
    }
}

impl State {
    pub(super) fn counted(&self) -> Counted {
        Counted {
            account_id: self.account_id,
            assignee_id: self.assignee_id,
            status: self.status,
            is_unread: self.unread > 0,
            is_starred: self.is_starred,
            is_reminder_due: self.reminder_due,
        }
    }

    pub(super) fn open(&mut self) {
        self.status = ChatStatus::Open;
        self.snoozed_until = None;
    }
}

/// What a chat is, which nobody else changes until the transaction ends.
pub(super) async fn lock(tx: &mut Tx<'_>, organization_id: OrganizationId, id: ChatId) -> Result<State, Error> {
    let kind = dialect::for_update(tx);
    locked(tx, organization_id, id, kind).await
}

/// As [`lock`], of one that is about to be deleted: nothing is added to it meanwhile.
pub(super) async fn lock_to_delete(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: ChatId,
) -> Result<State, Error> {
    let kind = dialect::for_delete(tx);
    locked(tx, organization_id, id, kind).await
}

async fn locked(tx: &mut Tx<'_>, organization_id: OrganizationId, id: ChatId, kind: &str) -> Result<State, Error> {
    let sql = format!(
        "SELECT {} FROM chat WHERE organization_id = $1 AND id = $2{kind}",
        State::COLUMNS
    );
    tx.fetch_one("chat", &sql, args![organization_id, id]).await
}

/// Writes what a chat became.
pub(super) async fn save(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: ChatId,
    (before, after): (&State, &State),
) -> Result<(), Error> {
    let (mut sets, mut values) = (Vec::new(), args![organization_id, id]);
    // Only what changed is written: each index that holds a column named here is written too.
    macro_rules! set {
        ($($field:ident),*) => {$(
            if before.$field != after.$field {
                values.extend(args![after.$field]);
                sets.push(format!("{} = ${}", stringify!($field), values.len()));
            }
        )*};
    }
    set!(
        unread,
        last_message_id,
        last_message_at,
        status,
        snoozed_until,
        assignee_id,
        team_id,
        is_starred,
        is_tagged,
        waiting_since,
        reminder_due,
        segment
    );
    if sets.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "UPDATE chat SET {} WHERE organization_id = $1 AND id = $2",
        sets.join(", ")
    );
    tx.execute(&sql, values).await?;
    let is_moved = before.status != after.status || before.last_message_at != after.last_message_at;
    if is_moved && after.is_tagged {
        tx.execute(
            "UPDATE chat_tag SET status = $1, last_message_at = $2 WHERE chat_id = $3",
            args![after.status, after.last_message_at, id],
        )
        .await?;
    }
    tx.chat_counts.remove(organization_id, before.counted());
    tx.chat_counts.add(organization_id, after.counted());
    Ok(())
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
    let counted = Counted {
        account_id: chat.account_id,
        assignee_id: None,
        status: ChatStatus::Open,
        is_unread: false,
        is_starred: false,
        is_reminder_due: false,
    };
    tx.chat_counts.add(organization_id, counted);
    Ok(())
}

/// How a message came into its chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// It came in just now: it is unread, waits for an answer, and opens the chat.
    Received,
    /// It goes out: nobody waits any more.
    Written,
    /// It was there before, or says nothing to anybody.
    Noted,
}

/// A message was added at `at`: it becomes the last one unless a later one is there. Says whether it opened the chat.
pub async fn add_message(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    (message_id, at): (MessageId, Timestamp),
    arrival: Arrival,
) -> Result<bool, Error> {
    let before = lock(tx, organization_id, chat_id).await?;
    let mut after = before.clone();
    if before.last_message_id.is_none() || at >= before.last_message_at {
        (after.last_message_id, after.last_message_at) = (Some(message_id), at);
    }
    match arrival {
        Arrival::Received => {
            after.unread += 1;
            after.waiting_since = before.waiting_since.or(Some(at));
            after.open();
        }
        Arrival::Written => {
            if let Some(since) = before.waiting_since {
                let waited = at.millis() - since.millis();
                counts::answer(tx, organization_id, (message_id, waited)).await?;
            }
            after.waiting_since = None;
        }
        Arrival::Noted => {}
    }
    save(tx, organization_id, chat_id, (&before, &after)).await?;
    Ok(before.status != after.status)
}

/// What the line of a chat shows: the newest message that was not deleted.
pub(super) async fn newest(tx: &mut Tx<'_>, chat_id: ChatId) -> Result<Option<(MessageId, Timestamp)>, Error> {
    tx.fetch_optional(
        "SELECT m.id, m.at FROM message m WHERE m.chat_id = $1 AND m.deleted_at IS NULL AND m.kind <> 'reaction' \
         ORDER BY m.at DESC, m.id DESC LIMIT 1",
        args![chat_id],
    )
    .await
}

/// A message was deleted: the one before it becomes the last one, and it is unread no more. Says whether the chat
/// changed.
pub async fn forget_message(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (chat_id, message_id): (ChatId, MessageId),
) -> Result<bool, Error> {
    let before = lock(tx, organization_id, chat_id).await?;
    let unread: Option<(MessageId,)> = tx
        .fetch_optional(
            "SELECT id FROM message WHERE organization_id = $1 AND id = $2 AND direction = $3 AND read_at IS NULL \
             AND kind NOT IN ('reaction', 'group_change')",
            args![organization_id, message_id, Direction::In],
        )
        .await?;
    leave(tx, organization_id, (chat_id, message_id), (before, unread.is_some())).await
}

/// A message turned out to be a reaction, of which a chat's line shows nothing: the one before it becomes the last one, and
/// it is unread no more. Says whether the chat changed.
pub async fn leave_out(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (chat_id, message_id): (ChatId, MessageId),
) -> Result<bool, Error> {
    let before = lock(tx, organization_id, chat_id).await?;
    let unread: Option<(MessageId,)> = tx
        .fetch_optional(
            "SELECT id FROM message WHERE organization_id = $1 AND id = $2 AND direction = $3 AND read_at IS NULL",
            args![organization_id, message_id, Direction::In],
        )
        .await?;
    leave(tx, organization_id, (chat_id, message_id), (before, unread.is_some())).await
}

async fn leave(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (chat_id, message_id): (ChatId, MessageId),
    (before, was_unread): (State, bool),
) -> Result<bool, Error> {
    let mut after = before.clone();
    if was_unread {
        after.unread = before.unread.saturating_sub(1);
    }
    let is_shown = before.last_message_id == Some(message_id);
    if is_shown {
        let last = newest(tx, chat_id).await?;
        after.last_message_id = last.map(|(id, _)| id);
        after.last_message_at = last.map_or(before.last_message_at, |(_, at)| at);
    }
    save(tx, organization_id, chat_id, (&before, &after)).await?;
    Ok(is_shown || before.unread != after.unread)
}

/// Sets how many messages are unread.
pub async fn set_unread(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    unread: u32,
) -> Result<(), Error> {
    let before = lock(tx, organization_id, chat_id).await?;
    let after = State {
        unread,
        ..before.clone()
    };
    save(tx, organization_id, chat_id, (&before, &after)).await
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
    super::search::index(tx, organization_id, chat_id, subject).await
}

/// What changes of how people see a chat; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Update {
    /// What is done with it, and until when it is put aside. Nobody waits in a closed chat.
    pub status: Option<(ChatStatus, Option<Timestamp>)>,
    /// Who looks after it.
    pub assignee_id: Option<Option<UserId>>,
    /// The team it belongs to.
    pub team_id: Option<Option<TeamId>>,
    /// Whether it has a star.
    pub is_starred: Option<bool>,
    /// All its tags.
    pub tag_ids: Option<Vec<TagId>>,
}

/// Changes how people see a chat.
pub async fn update(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    chat_id: ChatId,
    update: &Update,
) -> Result<(), Error> {
    let before = lock(tx, organization_id, chat_id).await?;
    let mut after = before.clone();
    if let Some((status, until)) = update.status {
        (after.status, after.snoozed_until) = (status, until);
        if status == ChatStatus::Closed {
            after.waiting_since = None;
        }
    }
    after.assignee_id = update.assignee_id.unwrap_or(before.assignee_id);
    after.team_id = update.team_id.unwrap_or(before.team_id);
    after.is_starred = update.is_starred.unwrap_or(before.is_starred);
    if let Some(tags) = &update.tag_ids {
        after.is_tagged = !tags.is_empty();
        if before.is_tagged {
            tx.execute("DELETE FROM chat_tag WHERE chat_id = $1", args![chat_id])
                .await?;
        }
        for tag in tags {
            tx.execute(
                "INSERT INTO chat_tag (tag_id, chat_id, status, last_message_at) VALUES ($1, $2, $3, $4)",
                args![*tag, chat_id, after.status, after.last_message_at],
            )
            .await?;
        }
    }
    save(tx, organization_id, chat_id, (&before, &after)).await
}

/// Takes every chat from somebody, who must be locked. Gives those that are not closed, the newest first, at most `limit`.
pub async fn unassign_all(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    user_id: UserId,
    limit: usize,
) -> Result<Vec<ChatId>, Error> {
    let sql = format!(
        "SELECT id, account_id, unread, status, is_starred, reminder_due, last_message_at FROM chat \
         WHERE organization_id = $1 AND assignee_id = $2 ORDER BY id{}",
        dialect::for_update(tx)
    );
    let mut theirs: Vec<(ChatId, AccountId, u32, ChatStatus, bool, bool, Timestamp)> =
        tx.fetch_all(&sql, args![organization_id, user_id]).await?;
    tx.execute(
        "UPDATE chat SET assignee_id = NULL WHERE organization_id = $1 AND assignee_id = $2",
        args![organization_id, user_id],
    )
    .await?;
    for (_, account_id, unread, status, is_starred, is_reminder_due, _) in &theirs {
        let counted = Counted {
            account_id: *account_id,
            assignee_id: Some(user_id),
            status: *status,
            is_unread: *unread > 0,
            is_starred: *is_starred,
            is_reminder_due: *is_reminder_due,
        };
        tx.chat_counts.remove(organization_id, counted);
        let nobodys = Counted {
            assignee_id: None,
            ..counted
        };
        tx.chat_counts.add(organization_id, nobodys);
    }
    theirs.retain(|(_, _, _, status, ..)| *status != ChatStatus::Closed);
    theirs.sort_unstable_by_key(|(id, .., at)| std::cmp::Reverse((*at, *id)));
    Ok(theirs.into_iter().take(limit).map(|(id, ..)| id).collect())
}
