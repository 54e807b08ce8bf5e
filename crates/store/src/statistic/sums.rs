//! What was counted, from a day to another one.

use std::collections::BTreeMap;

use pesan_model::statistics::{DonationSum, MessageCounts, Times};
use pesan_model::{AccountId, Currency, Day, OrganizationId};

use super::{COLUMNS, Measure};
use crate::row::Column;
use crate::{Error, Tx, args};

/// What was counted of one day, or of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// Messages.
    pub messages: MessageCounts,
    /// Chats in which something came in or went out, those of each day apart.
    pub active_chats: u64,
    /// How long people waited for an answer.
    pub reply_times: Times,
    /// How long it took until messages were read.
    pub read_times: Times,
}

/// What was counted of accounts on days, by each. What is not there is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    /// Of each day.
    pub days: BTreeMap<Day, Counted>,
    /// Of each account.
    pub accounts: BTreeMap<AccountId, Counted>,
}

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
pub async fn of_accounts(tx: &mut Tx<'_>, organization_id: OrganizationId, range: Range) -> Result<Sums, Error> {
    Ok(Sums {
        days: summed_by(tx, "day", organization_id, range).await?,
        accounts: summed_by(tx, "account_id", organization_id, range).await?,
    })
}

/// What the sums are of, and one for each of [`COLUMNS`].
type SumRow<K> = (K, u64, u64, u64, u64, u64, u64, u64);

/// The sums by what stands in this column. The database adds up: there is a row for each account, day and length of time.
async fn summed_by<K: Column + Ord + Send>(
    tx: &mut Tx<'_>,
    column: &str,
    organization_id: OrganizationId,
    range: Range,
) -> Result<BTreeMap<K, Counted>, Error> {
    let mut values = args![organization_id, range.from, range.to];
    let mut among = "organization_id = $1 AND day >= $2 AND day <= $3".to_owned();
    if let Some(account_id) = range.account_id {
        among.push_str(" AND account_id = $4");
        values.extend(args![account_id]);
    }
    let sums = COLUMNS.map(|counted| format!("CAST(SUM({counted}) AS BIGINT)"));
    let sql = format!(
        "SELECT {column}, {} FROM account_day WHERE {among} GROUP BY {column}",
        sums.join(", ")
    );
    let mut found = BTreeMap::new();
    let rows: Vec<SumRow<K>> = tx.fetch_all(&sql, values.clone()).await?;
    for (key, received, sent, delivered, read, played, failed, active_chats) in rows {
        let messages = MessageCounts {
            received,
            sent,
            delivered,
            read,
            played,
            failed,
        };
        let counted = Counted {
            messages,
            active_chats,
            ..Counted::default()
        };
        found.insert(key, counted);
    }
    let sql = format!(
        "SELECT {column}, measure, bucket, CAST(SUM(times) AS BIGINT) FROM account_day_time WHERE {among} \
         GROUP BY {column}, measure, bucket"
    );
    let times: Vec<(K, String, u32, u64)> = tx.fetch_all(&sql, values).await?;
    for (key, measure, bucket, count) in times {
        let counted: &mut Counted = found.entry(key).or_default();
        let times = match Measure::from_name(&measure) {
            Some(Measure::Reply) => &mut counted.reply_times,
            Some(Measure::Read) => &mut counted.read_times,
            None => {
                return Err(Error::corrupt(
                    "measure",
                    format!("`{measure}` is not known to this version"),
                ));
            }
        };
        times.add(bucket as usize, count);
    }
    Ok(found)
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
