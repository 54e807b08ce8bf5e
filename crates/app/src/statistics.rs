//! What was counted day by day: of messages, answers, new contacts and donations.
//!
//! Nothing is counted here. The counts are kept in the transaction of each change (`store::statistic`).

use std::collections::BTreeMap;
use std::sync::Arc;

use pesan_model::chat::Contact;
use pesan_model::message::Message;
use pesan_model::statistics::{AccountFigures, DayFigures, DonationSum, PeriodFigures, Statistics};
use pesan_model::{AccountId, ContactId, Currency, Day, Flaw, MessageId, OrganizationId, Permission, Timestamp};
use pesan_store::contact::tag;
use pesan_store::statistic::sums::{self, Counted, Range};
use pesan_store::statistic::{backlog, lists};
use pesan_store::{Tx, account, donor_rules, lease, message};

use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, FieldError, Result};

/// Most days that are asked about at once: a year.
pub const MAX_DAYS: u32 = 366;
/// Days when nothing is said of them.
const DEFAULT_DAYS: u32 = 30;

/// What is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Period {
    /// The first day; so that there are thirty when it is left out.
    pub from: Option<Day>,
    /// How many days, in place of the first one.
    pub days: Option<u32>,
    /// The last day; today when it is left out.
    pub to: Option<Day>,
    /// Only this account.
    pub account_id: Option<AccountId>,
}

/// What was counted in a period.
pub async fn get(app: &Arc<App>, caller: &Caller, period: Period) -> Result<Statistics> {
    caller.require(Permission::AccountsRead)?;
    caller.require(Permission::MessagesRead)?;
    let (organization, now) = (caller.organization_id, app.clock.now());
    let sees_donations = caller.require(Permission::DonationsRead).is_ok() && period.account_id.is_none();
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let time_zone = donor_rules::get(tx, organization).await?.time_zone;
                let range = range(tx, organization, period, now).await?;
                let (from, to) = (range.from, range.to);
                let accounts = sums::of_accounts(tx, organization, range).await?;
                let contacts = match period.account_id {
                    Some(_) => None,
                    None => Some(sums::of_contacts(tx, organization, (from, to)).await?),
                };
                let donations = if sees_donations {
                    Some(sums::of_donations(tx, organization, (from, to)).await?)
                } else {
                    None
                };
                let is_complete = !backlog::is_there(tx, organization).await?;
                let all = summed(accounts.days.values());
                Ok(Statistics {
                    from,
                    to,
                    time_zone,
                    is_complete,
                    total: total(&all, contacts.as_ref(), donations.as_ref()),
                    days: days((from, to), accounts.days, contacts.as_ref(), donations.as_ref()),
                    accounts: by_account(accounts.accounts),
                    reply_times: all.reply_times.distribution(),
                    read_times: all.read_times.distribution(),
                })
            })
        })
        .await
}

/// A page of the messages that were given up in a period, those of the newest day first. With each its place.
pub async fn list_failed(
    app: &Arc<App>,
    caller: &Caller,
    period: Period,
    before: Option<lists::Place<MessageId>>,
    limit: usize,
) -> Result<Vec<(Message, lists::Place<MessageId>)>> {
    caller.require(Permission::MessagesRead)?;
    let (organization, now) = (caller.organization_id, app.clock.now());
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let range = range(tx, organization, period, now).await?;
                let places = lists::failed(tx, organization, range, before, limit).await?;
                let ids: Vec<_> = places.iter().map(|(_, id)| *id).collect();
                let found = message::search::list_by_ids(tx, organization, &ids).await?;
                Ok(in_places(
                    places,
                    found.into_iter().map(|message| (message.id, message)),
                ))
            })
        })
        .await
}

/// A page of the people we met in a period, those of the newest day first. With each their place.
pub async fn list_met(
    app: &Arc<App>,
    caller: &Caller,
    period: Period,
    before: Option<lists::Place<ContactId>>,
    limit: usize,
) -> Result<Vec<(Contact, lists::Place<ContactId>)>> {
    caller.require(Permission::MessagesRead)?;
    let (organization, now) = (caller.organization_id, app.clock.now());
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let range = range(tx, organization, period, now).await?;
                let places = lists::met(tx, organization, (range.from, range.to), before, limit).await?;
                let ids: Vec<_> = places.iter().map(|(_, id)| *id).collect();
                let rows = tag::list_by_ids(tx, organization, &ids).await?;
                let found = tag::show_all(tx, organization, rows).await?;
                Ok(in_places(
                    places,
                    found.into_iter().map(|contact| (contact.id, contact)),
                ))
            })
        })
        .await
}

/// What was found, each at its place and with it.
fn in_places<I: Ord, T>(
    places: Vec<lists::Place<I>>,
    found: impl Iterator<Item = (I, T)>,
) -> Vec<(T, lists::Place<I>)> {
    let mut found: BTreeMap<I, T> = found.collect();
    let placed = |place: lists::Place<I>| Some((found.remove(&place.1)?, place));
    places.into_iter().filter_map(placed).collect()
}

/// The days and the account that are asked about, which is there.
async fn range(tx: &mut Tx<'_>, organization: OrganizationId, period: Period, now: Timestamp) -> Result<Range> {
    let time_zone = donor_rules::get(tx, organization).await?.time_zone;
    let (from, to) = checked(period, Day::at(now, &time_zone))?;
    if let Some(account_id) = period.account_id {
        account::get(tx, organization, account_id).await?;
    }
    let account_id = period.account_id;
    Ok(Range { from, to, account_id })
}

/// Forgets what was counted, so that it is counted anew (`jobs::count_backlog`). Nothing else may work on the database.
///
/// # Errors
/// [`Error::Conflict`] while a server that uses the same database runs an account.
pub async fn begin_anew(app: &Arc<App>) -> Result<()> {
    let now = app.clock.now();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                if lease::is_any_held(tx, now).await? {
                    return Err(Error::Conflict {
                        code: "in_use",
                        detail: "a server runs on this database; stop it, or wait a minute after it was killed"
                            .to_owned(),
                    });
                }
                Ok(backlog::begin_anew(tx).await?)
            })
        })
        .await
}

/// The first and the last day.
fn checked(period: Period, today: Day) -> Result<(Day, Day)> {
    let wrong = |parameter, flaw| Err(Error::Invalid(vec![FieldError::new(parameter, flaw)]));
    let to = period.to.unwrap_or(today);
    let from = match (period.from, period.days) {
        (Some(_), Some(_)) => return wrong("#query/days", Flaw::NotTogether { other: "from" }),
        (Some(from), None) => from,
        (None, Some(days)) if !(1..=MAX_DAYS).contains(&days) => {
            let (min, max) = (1, u64::from(MAX_DAYS));
            return wrong("#query/days", Flaw::OutOfRange { min, max });
        }
        (None, days) => to.minus_days(days.unwrap_or(DEFAULT_DAYS) - 1),
    };
    match to.days_since(from) + 1 {
        ..1 => wrong("#query/to", Flaw::EarlierThan { other: "from" }),
        days if days > i64::from(MAX_DAYS) => wrong("#query/to", Flaw::TooManyDays { max: MAX_DAYS }),
        _ => Ok((from, to)),
    }
}

type Contacts = BTreeMap<Day, u64>;
type Donations = BTreeMap<Day, Vec<DonationSum>>;

fn days(
    (from, to): (Day, Day),
    mut counted: BTreeMap<Day, Counted>,
    contacts: Option<&Contacts>,
    donations: Option<&Donations>,
) -> Vec<DayFigures> {
    let mut days = Vec::new();
    let mut day = from;
    loop {
        let found = counted.remove(&day).unwrap_or_default();
        days.push(DayFigures {
            day,
            active_chats: found.active_chats,
            figures: PeriodFigures {
                messages: found.messages,
                replies: found.reply_times.count(),
                median_reply_secs: found.reply_times.median_secs(),
                new_contacts: contacts.map(|contacts| contacts.get(&day).copied().unwrap_or(0)),
                donations: donations.map(|donations| donations.get(&day).cloned().unwrap_or_default()),
            },
        });
        if day >= to {
            return days;
        }
        day = day.next();
    }
}

fn total(all: &Counted, contacts: Option<&Contacts>, donations: Option<&Donations>) -> PeriodFigures {
    PeriodFigures {
        messages: all.messages,
        replies: all.reply_times.count(),
        median_reply_secs: all.reply_times.median_secs(),
        new_contacts: contacts.map(|contacts| contacts.values().sum()),
        donations: donations.map(|donations| {
            let mut sums: BTreeMap<Currency, (i64, u64)> = BTreeMap::new();
            for sum in donations.values().flatten() {
                let (amount, gifts) = sums.entry(sum.currency).or_default();
                *amount += sum.amount;
                *gifts += sum.gifts;
            }
            let shown = sums.into_iter().map(|(currency, (amount, gifts))| DonationSum {
                currency,
                amount,
                gifts,
            });
            shown.collect()
        }),
    }
}

fn by_account(accounts: BTreeMap<AccountId, Counted>) -> Vec<AccountFigures> {
    let figures = accounts.into_iter().map(|(account_id, counted)| AccountFigures {
        account_id,
        messages: counted.messages,
        reply_times: counted.reply_times.distribution(),
        read_times: counted.read_times.distribution(),
    });
    figures.collect()
}

fn summed<'a>(all: impl Iterator<Item = &'a Counted>) -> Counted {
    let mut sum = Counted::default();
    for counted in all {
        sum.messages.add(&counted.messages);
        sum.active_chats += counted.active_chats;
        sum.reply_times.add_all(&counted.reply_times);
        sum.read_times.add_all(&counted.read_times);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("a day")
    }

    #[test]
    fn a_period_has_thirty_days_unless_it_is_said_and_a_year_at_most() {
        let today = day("2026-11-20");
        let asked = |from: Option<&str>, to: Option<&str>| {
            let period = Period {
                from: from.map(day),
                to: to.map(day),
                ..Period::default()
            };
            checked(period, today)
        };
        assert_eq!(asked(None, None).expect("fine"), (day("2026-10-22"), today));
        assert_eq!(
            asked(Some("2026-11-20"), None).expect("fine"),
            (today, today),
            "a single day"
        );
        assert_eq!(
            asked(Some("2023-12-31"), Some("2024-12-30")).expect("fine").0,
            day("2023-12-31")
        );
        for (from, to, flaw) in [
            ("2026-11-21", "2026-11-20", Flaw::EarlierThan { other: "from" }),
            ("2023-12-31", "2024-12-31", Flaw::TooManyDays { max: 366 }),
            ("0001-01-01", "9999-12-31", Flaw::TooManyDays { max: 366 }),
        ] {
            let Err(Error::Invalid(errors)) = asked(Some(from), Some(to)) else {
                panic!("{from} to {to} is wrong");
            };
            assert_eq!(errors, [FieldError::new("#query/to", flaw)]);
        }
        let counted = |days, from: Option<&str>| {
            let period = Period {
                from: from.map(day),
                days: Some(days),
                ..Period::default()
            };
            checked(period, today)
        };
        assert_eq!(counted(7, None).expect("fine"), (day("2026-11-14"), today));
        assert_eq!(counted(1, None).expect("fine"), (today, today));
        assert!(counted(0, None).is_err() && counted(367, None).is_err());
        assert!(counted(7, Some("2026-11-14")).is_err(), "both at once");
    }
}
