//! What an organization's segments go by.

use std::sync::Arc;

use pesan_model::donor::DonorRules;
use pesan_model::{Currency, Flaw, Permission, Zone};
use pesan_store::{donor_rules, giving, organization};

use super::giving::counted;
use super::segments;
use crate::access::Caller;
use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, FieldError, Result};

/// A hundred years.
const MAX_DAYS: u32 = 36_500;
/// The most that an amount of all donations can be: what a program can read as a number without loss.
const MAX_TOTAL: i64 = 9_007_199_254_740_991;

/// What changes of the rules; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct RulesChange {
    /// The currency that amounts are compared in.
    pub currency: Option<Currency>,
    /// Where the organization is.
    pub time_zone: Option<Zone>,
    /// VIP: so many percent of the donors.
    pub vip_top_percent: Option<u32>,
    /// VIP: who gave so much in all.
    pub vip_lifetime_value: Option<Option<i64>>,
    /// Loyal: so many gifts in twelve months.
    pub loyal_gifts: Option<u32>,
    /// Loyal: a gift in so many years running.
    pub loyal_years: Option<u32>,
    /// New: for so many days.
    pub new_days: Option<u32>,
    /// At risk: after so many days.
    pub at_risk_days: Option<u32>,
    /// Lapsed: after so many days.
    pub lapsed_days: Option<u32>,
    /// Long lapsed: after so many days.
    pub long_lapsed_days: Option<u32>,
}

/// The rules.
pub async fn get(app: &Arc<App>, caller: &Caller) -> Result<DonorRules> {
    caller.require(Permission::DonationsRead)?;
    let organization = caller.organization_id;
    Ok(app
        .store
        .read(move |tx| Box::pin(async move { donor_rules::get(tx, organization).await }))
        .await?)
}

/// Changes the rules. Everybody's segment follows at once.
pub async fn update(app: &Arc<App>, caller: &Caller, change: RulesChange) -> Result<DonorRules> {
    caller.require(Permission::ContactsManage)?;
    let (organization, now) = (caller.organization_id, app.clock.now());
    let rules = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                organization::lock(tx, organization).await?;
                let before = donor_rules::get(tx, organization).await?;
                let rules = changed(&before, change)?;
                donor_rules::set(tx, organization, &rules).await?;
                if rules.currency != before.currency {
                    let cuts = counted(tx, organization, &rules, now).await?;
                    giving::save_cuts(tx, organization, (&cuts, rules.currency), now).await?;
                }
                Ok(rules)
            })
        })
        .await?;
    app.bus.publish(Signal::Jobs(segments::BASIS_CHANGED));
    Ok(rules)
}

fn changed(before: &DonorRules, change: RulesChange) -> Result<DonorRules> {
    let is_amount_given = change.vip_lifetime_value.is_some();
    let rules = DonorRules {
        currency: change.currency.unwrap_or(before.currency),
        time_zone: change.time_zone.unwrap_or_else(|| before.time_zone.clone()),
        vip_top_percent: change.vip_top_percent.unwrap_or(before.vip_top_percent),
        vip_lifetime_value: change.vip_lifetime_value.unwrap_or(before.vip_lifetime_value),
        loyal_gifts: change.loyal_gifts.unwrap_or(before.loyal_gifts),
        loyal_years: change.loyal_years.unwrap_or(before.loyal_years),
        new_days: change.new_days.unwrap_or(before.new_days),
        at_risk_days: change.at_risk_days.unwrap_or(before.at_risk_days),
        lapsed_days: change.lapsed_days.unwrap_or(before.lapsed_days),
        long_lapsed_days: change.long_lapsed_days.unwrap_or(before.long_lapsed_days),
    };
    let mut errors = Vec::new();
    let mut hold = |is_right: bool, pointer: &str, flaw| {
        if !is_right {
            errors.push(FieldError::new(pointer, flaw));
        }
    };
    let range = |min, max| Flaw::OutOfRange { min, max };
    hold(rules.vip_top_percent <= 100, "/vip_top_percent", range(0, 100));
    hold(
        rules
            .vip_lifetime_value
            .is_none_or(|value| (1..=MAX_TOTAL).contains(&value)),
        "/vip_lifetime_value",
        range(1, MAX_TOTAL.unsigned_abs()),
    );
    hold(
        rules.currency == before.currency || rules.vip_lifetime_value.is_none() || is_amount_given,
        "/vip_lifetime_value",
        Flaw::OfAnotherCurrency,
    );
    hold(
        (1..=1_000).contains(&rules.loyal_gifts),
        "/loyal_gifts",
        range(1, 1_000),
    );
    hold((1..=100).contains(&rules.loyal_years), "/loyal_years", range(1, 100));
    let days = [
        ("/new_days", rules.new_days, 0),
        ("/at_risk_days", rules.at_risk_days, 1),
        ("/lapsed_days", rules.lapsed_days, 1),
        ("/long_lapsed_days", rules.long_lapsed_days, 1),
    ];
    for (pointer, count, least) in days {
        let fits = (least..=MAX_DAYS).contains(&count);
        hold(fits, pointer, range(u64::from(least), u64::from(MAX_DAYS)));
    }
    let (first, second) = ("at_risk_days", "lapsed_days");
    hold(
        rules.lapsed_days > rules.at_risk_days,
        "/lapsed_days",
        Flaw::NotMoreThan { other: first },
    );
    hold(
        rules.long_lapsed_days > rules.lapsed_days,
        "/long_lapsed_days",
        Flaw::NotMoreThan { other: second },
    );
    if errors.is_empty() {
        Ok(rules)
    } else {
        Err(Error::Invalid(errors))
    }
}
