//! How somebody gives, in figures that people can follow: scores of 0 to 100, a segment, and for each the reason.
//!
//! Everything here is computed when it is asked for, from what is stored of the donations and the messages. Equal gifts
//! get equal scores. The rules of the segments stand in one order, and the first that fits decides: every person is in
//! exactly one segment.

mod rules;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::currency::Currency;
use crate::day::Day;
use crate::donation::DonationTotals;
use crate::id::ContactId;

pub use rules::{DonorRules, Segment, segment};

/// What the scores and the segment follow from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The day it is where the organization is.
    pub today: Day,
    /// The currency that amounts are compared in.
    pub currency: Currency,
    /// On which day we first heard of the person.
    pub known_since: Day,
    /// When they asked not to be written to.
    pub opted_out_at: Option<Timestamp>,
    /// All that was given, in the currency.
    pub lifetime_value: i64,
    /// The days of the first and the last gift, whatever the currency; none when there is no gift.
    pub days: Option<(Day, Day)>,
    /// In how many years running there was a gift, ending with the year of the last.
    pub streak_years: u32,
    /// The twelve months until today.
    pub year: Window,
    /// The twelve months until the last gift.
    pub year_of_last: Window,
    /// The conversation of the last 90 days.
    pub talk: Talk,
}

/// What was given in some time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// How many gifts, whatever the currency.
    pub gifts: u32,
    /// How much, in the currency.
    pub amount: i64,
}

/// How much somebody answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Talk {
    /// How often they answered us.
    pub replies: u32,
    /// How often they began.
    pub started: u32,
}

/// How much all donors of an organization gave in twelve months, as 100 amounts: the one at place `p`, from 1, is the
/// least that at least `p` percent of the donors gave no more than.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cuts {
    /// The amounts, from small to large: 100 of them, or none when nobody gave.
    pub amounts: Vec<i64>,
    /// How many donors there were.
    pub givers: u64,
}

/// A score and what it follows from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Score {
    /// 0 to 100.
    pub score: u32,
    /// What it follows from.
    pub why: Why,
}

/// What a score or a segment follows from: a code, and its figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Why {
    /// There is no gift.
    NoGift,
    /// The last gift was so many days ago.
    LastGift {
        /// Days.
        days: i64,
    },
    /// There were so many gifts in twelve months.
    GiftsInYear {
        /// How many.
        gifts: u32,
        /// How many the rule asks for, where there is one.
        needed: Option<u32>,
    },
    /// So much was given in twelve months, which is more than or as much as so many percent of all donors gave.
    AmountInYear {
        /// How much, in the currency's smallest unit.
        amount: i64,
        /// Of which currency.
        currency: Currency,
        /// 0 to 100.
        percent: u32,
    },
    /// They wrote in 90 days: answered so often, and began so often.
    Conversation {
        /// Answers.
        replies: u32,
        /// Conversations that they began.
        started: u32,
    },
    /// They asked not to be written to.
    OptedOut {
        /// When.
        at: Timestamp,
    },
    /// At most so many percent of all donors of the last twelve months gave as much.
    TopGiver {
        /// How many percent the rule takes.
        percent: u32,
        /// How much this one gave, in the currency's smallest unit.
        amount: i64,
        /// Of which currency.
        currency: Currency,
    },
    /// So much was given in all.
    LifetimeValue {
        /// How much, in the currency's smallest unit.
        amount: i64,
        /// How much the rule asks for.
        needed: i64,
        /// Of which currency.
        currency: Currency,
    },
    /// There was a gift in so many years running.
    Streak {
        /// Years.
        years: u32,
        /// How many the rule asks for.
        needed: u32,
    },
    /// The first gift was so many days ago.
    FirstGift {
        /// Days.
        days: i64,
    },
    /// We know them for so many days, and they have not given yet.
    FirstContact {
        /// Days.
        days: i64,
    },
    /// The last gift was so many days ago, and until then they were loyal or among the largest donors.
    WasValued {
        /// Days.
        days: i64,
    },
}

/// The four scores and the one made of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Engagement {
    /// 0 to 100: three quarters giving, one quarter conversation, 40 less for who does not want to be written to.
    pub score: u32,
    /// How long ago the last gift was.
    pub recency: Score,
    /// How often they give.
    pub frequency: Score,
    /// How much they give, compared with all donors.
    pub amount: Score,
    /// How much they write.
    pub conversation: Score,
}

/// What is known of a person as a donor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Donor {
    /// Who.
    pub contact_id: ContactId,
    /// The organization's currency: amounts are compared in it.
    pub currency: Currency,
    /// What they gave, in each currency; the organization's first.
    pub totals: Vec<DonationTotals>,
    /// Days since the last gift.
    pub days_since_last: Option<i64>,
    /// Which kind of donor they are.
    pub segment: Segment,
    /// Why.
    pub segment_why: Why,
    /// How engaged they are.
    pub engagement: Engagement,
}

/// 0 to 100.
fn clamped(score: f64) -> u32 {
    score.clamp(0.0, 100.0).round() as u32
}

impl Cuts {
    /// From how many donors gave which amount; in order of the amounts.
    pub fn from_counts(counts: &[(i64, u64)]) -> Self {
        let givers: u64 = counts.iter().map(|(_, count)| count).sum();
        if givers == 0 {
            return Self::default();
        }
        let mut amounts = Vec::with_capacity(100);
        let mut below = 0;
        for (amount, count) in counts {
            below += count;
            // Everybody with this amount has the same place, so it fills every percent up to there.
            while (amounts.len() as u64 + 1) * givers <= below * 100 {
                amounts.push(*amount);
            }
        }
        Self { amounts, givers }
    }

    /// How many percent of all donors gave no more than this; 0 for nothing.
    pub fn percent(&self, amount: i64) -> u32 {
        if amount <= 0 {
            return 0;
        }
        self.amounts.partition_point(|cut| *cut <= amount) as u32
    }

    /// How many percent of all donors gave less than this.
    pub fn percent_below(&self, amount: i64) -> u32 {
        self.amounts.partition_point(|cut| *cut < amount) as u32
    }
}

/// The scores.
pub fn engagement(facts: &Facts, cuts: &Cuts) -> Engagement {
    let days = facts.days.map(|(_, last)| facts.today.days_since(last).max(0));
    let recency = days.map_or(0.0, |days| 100.0 * (-(days as f64) / 180.0).exp());
    let frequency = 100.0 * (f64::from(1 + facts.year.gifts).ln() / 13_f64.ln()).min(1.0);
    let percent = cuts.percent(facts.year.amount);
    let weight = f64::from(facts.talk.replies) + 2.0 * f64::from(facts.talk.started);
    let conversation = 100.0 * (1.0 - (-weight / 4.0).exp());
    let giving = 0.4 * recency + 0.3 * frequency + 0.3 * f64::from(percent);
    let both = (0.75 * giving + 0.25 * conversation).round();
    let less = if facts.opted_out_at.is_some() { 40.0 } else { 0.0 };
    Engagement {
        score: clamped(both - less),
        recency: Score {
            score: clamped(recency),
            why: days.map_or(Why::NoGift, |days| Why::LastGift { days }),
        },
        frequency: Score {
            score: clamped(frequency),
            why: Why::GiftsInYear {
                gifts: facts.year.gifts,
                needed: None,
            },
        },
        amount: Score {
            score: percent,
            why: Why::AmountInYear {
                amount: facts.year.amount,
                currency: facts.currency,
                percent,
            },
        },
        conversation: Score {
            score: clamped(conversation),
            why: Why::Conversation {
                replies: facts.talk.replies,
                started: facts.talk.started,
            },
        },
    }
}

/// How somebody talked, from the messages of one chat, newest first: whether each came in, and when. Messages in a row
/// are one answer; one that comes after a day of silence begins a conversation.
pub fn talk(newest_first: &[(bool, Timestamp)]) -> Talk {
    const SILENCE_MILLIS: i64 = 24 * 3_600_000;
    let mut talk = Talk::default();
    for (place, (is_in, at)) in newest_first.iter().enumerate() {
        if !is_in {
            continue;
        }
        match newest_first.get(place + 1) {
            Some((_, before)) if at.millis() - before.millis() < SILENCE_MILLIS => {
                talk.replies += u32::from(!newest_first[place + 1].0);
            }
            Some(_) | None => talk.started += 1,
        }
    }
    talk
}

#[cfg(test)]
mod tests;
