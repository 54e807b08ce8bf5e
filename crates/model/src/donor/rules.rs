//! Segments: the first rule that fits.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Cuts, Facts, Why, Window};
use crate::currency::Currency;
use crate::day::Zone;

/// With fewer donors, a part of them in percent says nothing.
const LEAST_GIVERS_FOR_TOP: u64 = 20;

/// A kind of donor, in the order of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Segment {
    /// They asked not to be written to.
    OptedOut,
    /// Among those who give most.
    Vip,
    /// They give often, or every year.
    Loyal,
    /// They gave for the first time not long ago, or we met them not long ago.
    New,
    /// They gave within a year.
    Active,
    /// They were loyal or gave much, and have not given for some time.
    AtRisk,
    /// They have not given for a year.
    Lapsed,
    /// They have not given for two years.
    LongLapsed,
    /// They have not given yet.
    Prospect,
}

/// What the rules go by. An organization can change all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DonorRules {
    /// The currency that amounts are compared in.
    pub currency: Currency,
    /// Where the organization is: when its day and its year begin.
    #[schema(value_type = String)]
    pub time_zone: Zone,
    /// VIP: so many percent of the donors, those who gave most in twelve months. It needs 20 donors.
    pub vip_top_percent: u32,
    /// VIP: who gave so much in all, in the currency's smallest unit.
    pub vip_lifetime_value: Option<i64>,
    /// Loyal: so many gifts in twelve months.
    pub loyal_gifts: u32,
    /// Loyal: a gift in so many years running.
    pub loyal_years: u32,
    /// New: for so many days after the first gift, or after we met.
    pub new_days: u32,
    /// At risk: whose last gift was longer ago, in days, and who was loyal or a VIP.
    pub at_risk_days: u32,
    /// Lapsed: whose last gift was longer ago, in days.
    pub lapsed_days: u32,
    /// Long lapsed: whose last gift was longer ago, in days.
    pub long_lapsed_days: u32,
}

impl Default for DonorRules {
    fn default() -> Self {
        Self {
            currency: Currency::IDR,
            time_zone: "Asia/Jakarta".parse().expect("the zones are built in"),
            vip_top_percent: 5,
            // Rp 25 million.
            vip_lifetime_value: Some(2_500_000_000),
            loyal_gifts: 3,
            loyal_years: 2,
            new_days: 90,
            at_risk_days: 90,
            lapsed_days: 365,
            long_lapsed_days: 730,
        }
    }
}

impl Segment {
    /// Every segment, in the order of the rules.
    pub const ALL: [Self; 9] = [
        Self::OptedOut,
        Self::Vip,
        Self::Loyal,
        Self::New,
        Self::Active,
        Self::AtRisk,
        Self::Lapsed,
        Self::LongLapsed,
        Self::Prospect,
    ];

    /// The name in the API and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::OptedOut => "opted_out",
            Self::Vip => "vip",
            Self::Loyal => "loyal",
            Self::New => "new",
            Self::Active => "active",
            Self::AtRisk => "at_risk",
            Self::Lapsed => "lapsed",
            Self::LongLapsed => "long_lapsed",
            Self::Prospect => "prospect",
        }
    }

    /// The segment with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|segment| segment.name() == name)
    }

    /// Why somebody is in this segment, or nothing when its rule does not fit.
    fn rule(self, facts: &Facts, rules: &DonorRules, cuts: &Cuts) -> Option<Why> {
        // A gift may be dated ahead of the day it is here: in the east it is tomorrow already.
        let since = |day| facts.today.days_since(day).max(0);
        let days_since_last = facts.days.map(|(_, last)| since(last));
        match self {
            Self::OptedOut => facts.opted_out_at.map(|at| Why::OptedOut { at }),
            Self::Vip => large(facts, facts.year, rules, cuts),
            Self::Loyal => often(facts.year, rules).or_else(|| every_year(facts, rules)),
            Self::New => match facts.days {
                Some((first, _)) => {
                    let days = since(first);
                    (days <= i64::from(rules.new_days)).then_some(Why::FirstGift { days })
                }
                None => {
                    let days = since(facts.known_since);
                    (days <= i64::from(rules.new_days)).then_some(Why::FirstContact { days })
                }
            },
            Self::Active => {
                let days = days_since_last?;
                let is_recent = days <= i64::from(rules.at_risk_days);
                let is_this_year = days <= i64::from(rules.lapsed_days);
                (is_recent || (is_this_year && !was_valued(facts, rules, cuts))).then_some(Why::LastGift { days })
            }
            Self::AtRisk => {
                let days = days_since_last?;
                (days <= i64::from(rules.lapsed_days)).then_some(Why::WasValued { days })
            }
            Self::Lapsed => {
                let days = days_since_last?;
                (days <= i64::from(rules.long_lapsed_days)).then_some(Why::LastGift { days })
            }
            Self::LongLapsed => days_since_last.map(|days| Why::LastGift { days }),
            Self::Prospect => Some(Why::NoGift),
        }
    }
}

/// Which kind of donor somebody is, and why.
pub fn segment(facts: &Facts, rules: &DonorRules, cuts: &Cuts) -> (Segment, Why) {
    Segment::ALL
        .into_iter()
        .find_map(|segment| Some((segment, segment.rule(facts, rules, cuts)?)))
        .unwrap_or((Segment::Prospect, Why::NoGift))
}

/// Among those who give most, by what was given in these twelve months or in all.
fn large(facts: &Facts, window: Window, rules: &DonorRules, cuts: &Cuts) -> Option<Why> {
    if let Some(needed) = rules.vip_lifetime_value
        && facts.lifetime_value >= needed
    {
        return Some(Why::LifetimeValue {
            amount: facts.lifetime_value,
            needed,
            currency: facts.currency,
        });
    }
    // Who gave less is counted, so that many equal gifts at the top do not make everybody a VIP.
    let is_top = rules.vip_top_percent > 0
        && cuts.givers >= LEAST_GIVERS_FOR_TOP
        && cuts.percent_below(window.amount) + rules.vip_top_percent >= 100;
    is_top.then_some(Why::TopGiver {
        percent: rules.vip_top_percent,
        amount: window.amount,
        currency: facts.currency,
    })
}

/// Often enough in these twelve months.
fn often(window: Window, rules: &DonorRules) -> Option<Why> {
    (window.gifts >= rules.loyal_gifts).then_some(Why::GiftsInYear {
        gifts: window.gifts,
        needed: Some(rules.loyal_gifts),
    })
}

/// In enough years running, up to this one or the last.
fn every_year(facts: &Facts, rules: &DonorRules) -> Option<Why> {
    let (_, last) = facts.days?;
    let is_unbroken = last.year() >= facts.today.year() - 1;
    (is_unbroken && facts.streak_years >= rules.loyal_years).then_some(Why::Streak {
        years: facts.streak_years,
        needed: rules.loyal_years,
    })
}

/// Loyal or a VIP on the day of the last gift.
fn was_valued(facts: &Facts, rules: &DonorRules, cuts: &Cuts) -> bool {
    often(facts.year_of_last, rules).is_some()
        || facts.streak_years >= rules.loyal_years
        || large(facts, facts.year_of_last, rules, cuts).is_some()
}
