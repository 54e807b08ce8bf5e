//! What is counted day by day, kept beside what is counted and never counted when somebody asks.
//!
//! A change adds what it changes to the counts in its own transaction, so that a count is never ahead of the rows or behind
//! them, whenever the process dies. What counts is a function of the row alone ([`messages`]): before a change the row's
//! share is taken off, afterwards the new one is added. The row keeps the day on which it counts, because the organization
//! can move to another time zone: only what counts from then on is of its days.
//!
//! Changes are added up while the transaction runs ([`Changes`]) and written as its last statements in one order, as
//! `chat_counter` does. What was there before the counts is added bit by bit ([`backlog`]).

pub mod backlog;
pub mod lists;
pub(crate) mod messages;
pub mod sums;

use std::collections::BTreeMap;

use pesan_model::donation::{Donation, DonationStatus};
use pesan_model::{AccountId, ChatId, Currency, Day, OrganizationId, Timestamp, Zone};

use crate::{Error, Tx, args, donor_rules};

/// What of an account is counted on a day, in the order of the columns.
pub(crate) const COLUMNS: [&str; 7] = [
    "received",
    "sent",
    "delivered",
    "read",
    "played",
    "failed",
    "active_chats",
];
/// When the last message of an account came in on a day, and when the last one left.
const LASTS: [&str; 2] = ["last_received_at", "last_sent_at"];
/// Where `active_chats` is among them.
const ACTIVE_CHATS: usize = 6;

/// What took how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Measure {
    /// An answer to somebody who waited.
    Reply,
    /// A message until it was read.
    Read,
}

impl Measure {
    /// The name in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Read => "read",
        }
    }

    /// The measure with this name.
    fn from_name(name: &str) -> Option<Self> {
        [Self::Reply, Self::Read]
            .into_iter()
            .find(|measure| measure.name() == name)
    }
}

/// A day of an account.
type AccountDay = (OrganizationId, AccountId, Day);

/// By how much the counts change when the transaction is committed.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    zones: BTreeMap<OrganizationId, Zone>,
    /// How many messages more or less a chat of an account has on a day.
    chats: BTreeMap<(ChatId, Day), (OrganizationId, AccountId, i64)>,
    days: BTreeMap<AccountDay, [i64; COLUMNS.len()]>,
    /// When the last message of a day came in, and when the last one left, among those that are counted now.
    lasts: BTreeMap<AccountDay, [Option<Timestamp>; 2]>,
    times: BTreeMap<(AccountDay, Measure, usize), i64>,
    contacts: BTreeMap<(OrganizationId, Day), i64>,
    donations: BTreeMap<(OrganizationId, Day, Currency), (i64, i64)>,
}

/// The day that it is for the organization at a moment.
async fn day_at(tx: &mut Tx<'_>, organization_id: OrganizationId, time: Timestamp) -> Result<Day, Error> {
    if let Some(zone) = tx.statistics.zones.get(&organization_id) {
        return Ok(Day::at(time, zone));
    }
    let zone = donor_rules::get(tx, organization_id).await?.time_zone;
    let day = Day::at(time, &zone);
    tx.statistics.zones.insert(organization_id, zone);
    Ok(day)
}

/// A person's row is there. Gives the day on which they count.
pub(crate) async fn add_contact(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    created_at: Timestamp,
) -> Result<Day, Error> {
    let day = day_at(tx, organization_id, created_at).await?;
    *tx.statistics.contacts.entry((organization_id, day)).or_default() += 1;
    Ok(day)
}

/// A person's row went that counted on this day.
pub(crate) fn remove_contact(tx: &mut Tx<'_>, organization_id: OrganizationId, counted_on: Day) {
    *tx.statistics.contacts.entry((organization_id, counted_on)).or_default() -= 1;
}

/// A donation is there as it says. One that was deleted is not.
pub(crate) fn add_donation(tx: &mut Tx<'_>, organization_id: OrganizationId, donation: &Donation) {
    count_donation(tx, organization_id, donation, 1);
}

/// A donation as it was is there no more.
pub(crate) fn remove_donation(tx: &mut Tx<'_>, organization_id: OrganizationId, donation: &Donation) {
    count_donation(tx, organization_id, donation, -1);
}

fn count_donation(tx: &mut Tx<'_>, organization_id: OrganizationId, donation: &Donation, sign: i64) {
    match donation.status {
        DonationStatus::Confirmed => {}
        DonationStatus::Pending | DonationStatus::Refunded => return,
    }
    let key = (organization_id, donation.given_on, donation.currency);
    let (amount, gifts) = tx.statistics.donations.entry(key).or_default();
    *amount += sign * donation.amount;
    *gifts += sign;
}

/// Writes what the transaction changed. Among the last things before the commit.
pub(crate) async fn settle(tx: &mut Tx<'_>) -> Result<(), Error> {
    let mut changes = std::mem::take(&mut tx.statistics);
    for ((chat_id, day), (organization_id, account_id, messages)) in std::mem::take(&mut changes.chats) {
        let turn = move_chat(tx, (chat_id, day), messages).await?;
        changes.days.entry((organization_id, account_id, day)).or_default()[ACTIVE_CHATS] += turn;
    }
    for ((organization_id, account_id, day), counts) in changes.days {
        if counts == [0; COLUMNS.len()] {
            continue;
        }
        let mut values = args![organization_id, account_id, day];
        for count in counts {
            values.extend(args![count]);
        }
        let lasts = changes.lasts.get(&(organization_id, account_id, day));
        for last in lasts.copied().unwrap_or_default() {
            values.extend(args![last]);
        }
        tx.execute(&account_day_statement(), values).await?;
    }
    for (((organization_id, account_id, day), measure, bucket), times) in changes.times {
        if times == 0 {
            continue;
        }
        tx.execute(
            "INSERT INTO account_day_time (organization_id, account_id, day, measure, bucket, times) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_id, day, measure, bucket) \
             DO UPDATE SET times = account_day_time.times + excluded.times",
            args![organization_id, account_id, day, measure.name(), bucket, times],
        )
        .await?;
    }
    for ((organization_id, day), contacts) in changes.contacts {
        if contacts == 0 {
            continue;
        }
        tx.execute(
            "INSERT INTO contact_day (organization_id, day, contacts) VALUES ($1, $2, $3) \
             ON CONFLICT (organization_id, day) DO UPDATE SET contacts = contact_day.contacts + excluded.contacts",
            args![organization_id, day, contacts],
        )
        .await?;
    }
    for ((organization_id, day, currency), (amount, gifts)) in changes.donations {
        if (amount, gifts) == (0, 0) {
            continue;
        }
        tx.execute(
            "INSERT INTO donation_day (organization_id, day, currency, amount, gifts) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (organization_id, day, currency) DO UPDATE SET \
             amount = donation_day.amount + excluded.amount, gifts = donation_day.gifts + excluded.gifts",
            args![organization_id, day, currency, amount, gifts],
        )
        .await?;
    }
    Ok(())
}

/// A chat has so many messages more or less on a day. Gives 1 when it becomes active with them, and -1 when it stops.
async fn move_chat(tx: &mut Tx<'_>, (chat_id, day): (ChatId, Day), messages: i64) -> Result<i64, Error> {
    if messages == 0 {
        return Ok(0);
    }
    let (sum,): (i64,) = tx
        .fetch_one(
            "chat",
            "INSERT INTO chat_day (chat_id, day, messages) VALUES ($1, $2, $3) ON CONFLICT (chat_id, day) \
             DO UPDATE SET messages = chat_day.messages + excluded.messages RETURNING messages",
            args![chat_id, day, messages],
        )
        .await?;
    if sum == 0 {
        tx.execute(
            "DELETE FROM chat_day WHERE chat_id = $1 AND day = $2",
            args![chat_id, day],
        )
        .await?;
    }
    Ok(i64::from(sum == messages) - i64::from(sum == 0))
}

fn account_day_statement() -> String {
    let values: Vec<_> = (4..COLUMNS.len() + LASTS.len() + 4)
        .map(|place| format!("${place}"))
        .collect();
    let sums = COLUMNS.map(|column| format!("{column} = account_day.{column} + excluded.{column}"));
    // What is not told now leaves what was told before.
    let latest = LASTS.map(|column| {
        format!(
            "{column} = CASE WHEN excluded.{column} > COALESCE(account_day.{column}, 0) THEN excluded.{column} \
             ELSE account_day.{column} END"
        )
    });
    let sets: Vec<String> = sums.into_iter().chain(latest).collect();
    format!(
        "INSERT INTO account_day (organization_id, account_id, day, {}) VALUES ($1, $2, $3, {}) \
         ON CONFLICT (account_id, day) DO UPDATE SET {}",
        [&COLUMNS[..], &LASTS[..]].concat().join(", "),
        values.join(", "),
        sets.join(", ")
    )
}
