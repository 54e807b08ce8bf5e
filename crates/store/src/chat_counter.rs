//! How many chats there are, kept beside them and never counted when somebody asks.
//!
//! Every chat counts in one row: that of its account and of who looks after it. What a transaction changes is added up
//! while it runs ([`Changes`]) and written as its last statements, in one order everywhere, so that two transactions never
//! wait for each other's rows crosswise. Only `chat::change` adds to it, with what a chat was before and is afterwards.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use pesan_model::inbox::{AccountCounts, AssigneeCounts, ChatCounters, ChatCounts};
use pesan_model::{AccountId, ChatStatus, OrganizationId, UserId};
use uuid::Uuid;

use crate::{Error, Tx, args, dialect, rows};

/// What of a chat is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Its account.
    pub(crate) account_id: AccountId,
    /// Who looks after it.
    pub(crate) assignee_id: Option<UserId>,
    /// What is done with it.
    pub(crate) status: ChatStatus,
    /// Whether it has unread messages.
    pub(crate) is_unread: bool,
    /// Whether it has a star.
    pub(crate) is_starred: bool,
    /// Whether a reminder is due.
    pub(crate) is_reminder_due: bool,
}

/// By how much the rows change when the transaction is committed.
#[derive(Debug, Default)]
pub(crate) struct Changes(BTreeMap<(OrganizationId, AccountId, Uuid), Difference>);

/// Open, unread, starred, and with a reminder that is due.
type Difference = [i64; 4];

impl Changes {
    /// A chat is there.
    pub(crate) fn add(&mut self, organization_id: OrganizationId, chat: Counted) {
        self.count(organization_id, chat, 1);
    }

    /// A chat as it was is there no more.
    pub(crate) fn remove(&mut self, organization_id: OrganizationId, chat: Counted) {
        self.count(organization_id, chat, -1);
    }

    fn count(&mut self, organization_id: OrganizationId, chat: Counted, sign: i64) {
        let holder = chat.assignee_id.map_or_else(|| chat.account_id.uuid(), UserId::uuid);
        let is_open = chat.status == ChatStatus::Open;
        let facts = [is_open, chat.is_unread, chat.is_starred, chat.is_reminder_due];
        let by = facts.map(|fact| i64::from(fact) * sign);
        if by == [0; 4] {
            return;
        }
        match self.0.entry((organization_id, chat.account_id, holder)) {
            Entry::Vacant(entry) => {
                entry.insert(by);
            }
            Entry::Occupied(mut entry) => {
                let sum = std::array::from_fn(|index| entry.get()[index] + by[index]);
                if sum == [0; 4] {
                    entry.remove();
                } else {
                    entry.insert(sum);
                }
            }
        }
    }
}

/// Writes what the transaction changed. The last thing before the commit.
pub(crate) async fn settle(tx: &mut Tx<'_>) -> Result<(), Error> {
    let changes = std::mem::take(&mut tx.chat_counts);
    for ((organization_id, account_id, holder_id), [open, unread, starred, reminder_due]) in changes.0 {
        tx.execute(
            "INSERT INTO chat_counter (organization_id, account_id, holder_id, open, unread, starred, \
             reminder_due) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id, holder_id) DO UPDATE SET \
             open = chat_counter.open + excluded.open, unread = chat_counter.unread + excluded.unread, \
             starred = chat_counter.starred + excluded.starred, \
             reminder_due = chat_counter.reminder_due + excluded.reminder_due",
            args![
                organization_id,
                account_id,
                holder_id,
                open,
                unread,
                starred,
                reminder_due
            ],
        )
        .await?;
    }
    Ok(())
}

rows! {
    /// One row.
    struct CounterRow {
        account_id: AccountId,
        holder_id: Uuid,
        open: u64,
        unread: u64,
        starred: u64,
        reminder_due: u64,
    }
}

/// How many chats there are; `me` is whose count as mine.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, me: Option<UserId>) -> Result<ChatCounters, Error> {
    let sql = format!(
        "SELECT {} FROM chat_counter{} WHERE organization_id = $1",
        CounterRow::COLUMNS,
        dialect::indexed_by(tx, "chat_counter_organization")
    );
    let mut rows: Vec<CounterRow> = tx.fetch_all(&sql, args![organization_id]).await?;
    // Asked to sort, SQLite would walk the key, which is in this order, through every organization.
    rows.sort_by_key(|row| (row.account_id, row.holder_id));
    Ok(sum(&rows, me))
}

fn sum(rows: &[CounterRow], me: Option<UserId>) -> ChatCounters {
    let mut counters = ChatCounters::default();
    let mut assignees: BTreeMap<Uuid, u64> = BTreeMap::new();
    for row in rows {
        let is_nobodys = row.holder_id == row.account_id.uuid();
        let is_mine = me.is_some_and(|me| me.uuid() == row.holder_id);
        if counters.accounts.last().map(|last| last.account_id) != Some(row.account_id) {
            counters.accounts.push(AccountCounts {
                account_id: row.account_id,
                counts: ChatCounts::default(),
            });
        }
        let of_account = counters.accounts.last_mut().map(|last| &mut last.counts);
        for counts in std::iter::once(&mut counters.total).chain(of_account) {
            counts.open += row.open;
            counts.unread += row.unread;
            counts.starred += row.starred;
            counts.reminder_due += row.reminder_due;
            counts.unassigned += if is_nobodys { row.open } else { 0 };
            counts.mine += if is_mine { row.open } else { 0 };
        }
        if !is_nobodys && row.open > 0 {
            *assignees.entry(row.holder_id).or_default() += row.open;
        }
    }
    let of_person = |(user, open): (Uuid, u64)| AssigneeCounts {
        user_id: user.into(),
        open,
    };
    counters.assignees = assignees.into_iter().map(of_person).collect();
    counters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_back_changes_nothing() {
        let organization = OrganizationId::from(Uuid::from_u128(1));
        let chat = Counted {
            account_id: Uuid::from_u128(2).into(),
            assignee_id: None,
            status: ChatStatus::Open,
            is_unread: true,
            is_starred: false,
            is_reminder_due: false,
        };
        let mut changes = Changes::default();
        changes.add(organization, chat);
        changes.remove(organization, chat);
        assert!(changes.0.is_empty());
        let closed = Counted {
            status: ChatStatus::Closed,
            is_unread: false,
            ..chat
        };
        changes.add(organization, closed);
        assert!(changes.0.is_empty(), "a closed chat that was read counts nowhere");
    }

    #[test]
    fn rows_add_up_for_the_organization_the_account_and_the_person() {
        let (shop, depot, me, other) = (1, 2, 8, 9);
        let row = |account: u128, holder: u128, counts: [u64; 4]| CounterRow {
            account_id: Uuid::from_u128(account).into(),
            holder_id: Uuid::from_u128(holder),
            open: counts[0],
            unread: counts[1],
            starred: counts[2],
            reminder_due: counts[3],
        };
        let rows = [
            row(shop, shop, [5, 2, 1, 1]),
            row(shop, me, [3, 1, 0, 2]),
            row(depot, me, [1, 0, 0, 0]),
            row(depot, other, [4, 4, 4, 4]),
            row(depot, 10, [0, 1, 0, 0]),
        ];
        let found = sum(&rows, Some(Uuid::from_u128(me).into()));
        let total = ChatCounts {
            open: 13,
            unassigned: 5,
            mine: 4,
            unread: 8,
            starred: 5,
            reminder_due: 7,
        };
        assert_eq!(found.total, total);
        let of_shop = ChatCounts {
            open: 8,
            unassigned: 5,
            mine: 3,
            unread: 3,
            starred: 1,
            reminder_due: 3,
        };
        assert_eq!((found.accounts.len(), found.accounts[0].counts), (2, of_shop));
        let open: Vec<_> = found.assignees.iter().map(|assignee| assignee.open).collect();
        assert_eq!(open, [4, 4]);
        assert_eq!(sum(&rows, None).total.mine, 0);
    }
}
