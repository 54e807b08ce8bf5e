//! What was counted, from a day to another one.

use std::collections::BTreeMap;

use pesan_model::statistics::{DonationSum, MessageCounts, Times};
use pesan_model::{AccountId, Currency, Day, OrganizationId};

use crate::{Error, Tx, args, rows};

rows! {
    struct CountsRow {
        account_id: AccountId,
        day: Day,
        received: u64,
        sent: u64,
        delivered: u64,
        read: u64,
        played: u64,
        failed: u64,
        active_chats: u64,
    }
}

/// What was counted of an account on a day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountDay {
    /// Messages.
    pub messages: MessageCounts,
    /// Chats in which something came in or went out.
    pub active_chats: u64,
    /// How long people waited for an answer.
    pub reply_times: Times,
    /// How long it took until messages were read.
    pub read_times: Times,
}

/// What was counted of accounts on days. What is not there is nothing.
pub type AccountDays = BTreeMap<(AccountId, Day), AccountDay>;

/// Which days, the last one included, and whether of one account only.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// The account; all when there is none.
    pub account_id: Option<AccountId>,
}

/// What was counted of the accounts of an organization.
pub async fn of_accounts(tx: &mut Tx<'_>, organization_id: OrganizationId, range: Range) -> Result<AccountDays, Error> {
    let mut values = args![organization_id, range.from, range.to];
    let mut of_account = "";
    if let Some(account_id) = range.account_id {
        of_account = " AND account_id = $4";
        values.extend(args![account_id]);
    }
    let sql = format!(
        "SELECT {} FROM account_day WHERE organization_id = $1 AND day >= $2 AND day <= $3{of_account}",
        CountsRow::COLUMNS
    );
    let mut days = AccountDays::new();
    for row in tx.fetch_all::<CountsRow>(&sql, values.clone()).await? {
        let found = days.entry((row.account_id, row.day)).or_default();
        found.messages = MessageCounts {
            received: row.received,
            sent: row.sent,
            delivered: row.delivered,
            read: row.read,
            played: row.played,
            failed: row.failed,
        };
        found.active_chats = row.active_chats;
    }
    let sql = format!(
        "SELECT account_id, day, measure, bucket, times FROM account_day_time \
         WHERE organization_id = $1 AND day >= $2 AND day <= $3{of_account}"
    );
    let times: Vec<(AccountId, Day, String, u32, u64)> = tx.fetch_all(&sql, values).await?;
    for (account_id, day, measure, bucket, count) in times {
        let found = days.entry((account_id, day)).or_default();
        let times = match measure.as_str() {
            "reply" => &mut found.reply_times,
            "read" => &mut found.read_times,
            other => {
                return Err(Error::corrupt(
                    "measure",
                    format!("`{other}` is not known to this version"),
                ));
            }
        };
        times.add(bucket as usize, count);
    }
    Ok(days)
}

/// How many people an organization met on each day.
pub async fn of_contacts(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (from, to): (Day, Day),
) -> Result<BTreeMap<Day, u64>, Error> {
    let found: Vec<(Day, u64)> = tx
        .fetch_all(
            "SELECT day, contacts FROM contact_day WHERE organization_id = $1 AND day >= $2 AND day <= $3",
            args![organization_id, from, to],
        )
        .await?;
    Ok(found.into_iter().collect())
}

/// What an organization was given on each day, in the order of the currencies' codes.
pub async fn of_donations(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (from, to): (Day, Day),
) -> Result<BTreeMap<Day, Vec<DonationSum>>, Error> {
    let found: Vec<(Day, Currency, i64, u64)> = tx
        .fetch_all(
            "SELECT day, currency, amount, gifts FROM donation_day \
             WHERE organization_id = $1 AND day >= $2 AND day <= $3 AND gifts > 0 ORDER BY day, currency",
            args![organization_id, from, to],
        )
        .await?;
    let mut days: BTreeMap<Day, Vec<DonationSum>> = BTreeMap::new();
    for (day, currency, amount, gifts) in found {
        days.entry(day).or_default().push(DonationSum {
            currency,
            amount,
            gifts,
        });
    }
    Ok(days)
}
