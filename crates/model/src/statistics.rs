//! What is counted day by day: messages and what became of them, how long people waited, new contacts, donations.
//!
//! A day is one of the organization's time zone. A message counts on one day only: what came in on the day it was written,
//! what went out on the day it left, a failed one on the day it was given up.

use serde::Serialize;
use utoipa::ToSchema;

use crate::currency::Currency;
use crate::day::{Day, Zone};
use crate::id::AccountId;

/// Where the buckets of times end, in seconds. The last bucket has no end.
pub const TIME_BUCKETS: [u64; 13] = [
    60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 172_800, 604_800,
];

/// The bucket of a time. What is exactly as long as a bucket is in it.
pub fn time_bucket(millis: i64) -> usize {
    let millis = u64::try_from(millis).unwrap_or(0);
    TIME_BUCKETS.partition_point(|end| end * 1_000 < millis)
}

/// Messages, by which way they went and what became of them. Whoever read a message also received it: a message that was
/// read counts as sent, as delivered and as read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageCounts {
    /// They came in.
    pub received: u64,
    /// WhatsApp accepted them.
    pub sent: u64,
    /// Of those sent: they reached the other person.
    pub delivered: u64,
    /// Of those delivered: the other person read them, and lets others know.
    pub read: u64,
    /// Of those read: voice notes that the other person played.
    pub played: u64,
    /// They were given up.
    pub failed: u64,
}

impl MessageCounts {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.received += other.received;
        self.sent += other.sent;
        self.delivered += other.delivered;
        self.read += other.read;
        self.played += other.played;
        self.failed += other.failed;
    }
}

/// How many times were how long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Times([u64; TIME_BUCKETS.len() + 1]);

impl Times {
    /// Adds so many times of a bucket. A bucket that there is not is the last one.
    pub fn add(&mut self, bucket: usize, count: u64) {
        self.0[bucket.min(TIME_BUCKETS.len())] += count;
    }

    /// Adds others.
    pub fn add_all(&mut self, other: &Self) {
        for (bucket, count) in other.0.iter().enumerate() {
            self.0[bucket] += count;
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The time that half of them do not exceed, in seconds, as if those of a bucket were spread over it evenly. Where it is
    /// in the last bucket, that is at least where it begins.
    pub fn median_secs(&self) -> Option<u64> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let mut before = 0;
        for (bucket, in_it) in self.0.iter().enumerate() {
            if *in_it > 0 && (before + in_it) * 2 >= count {
                let begin = bucket.checked_sub(1).map_or(0, |earlier| TIME_BUCKETS[earlier]);
                let Some(end) = TIME_BUCKETS.get(bucket) else {
                    return Some(begin);
                };
                // Half of all, less those before: how far into this bucket, in halves so that it stays whole.
                let into = count - (before * 2).min(count);
                return Some(begin + (end - begin) * into / (in_it * 2));
            }
            before += in_it;
        }
        None
    }

    /// As the API shows it.
    pub fn distribution(&self) -> TimeDistribution {
        TimeDistribution {
            count: self.count(),
            median_secs: self.median_secs(),
            buckets: self
                .0
                .iter()
                .enumerate()
                .map(|(bucket, count)| TimeBucket {
                    up_to_secs: TIME_BUCKETS.get(bucket).copied(),
                    count: *count,
                })
                .collect(),
        }
    }
}

/// How long something took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TimeDistribution {
    /// How many there were.
    pub count: u64,
    /// Half of them took no longer, to the precision of the buckets; null when there were none.
    #[schema(required = true)]
    pub median_secs: Option<u64>,
    /// How many took how long, from short to long.
    pub buckets: Vec<TimeBucket>,
}

/// How many took so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct TimeBucket {
    /// No longer than this, and longer than the bucket before; null in the last one, which has no end.
    #[schema(required = true)]
    pub up_to_secs: Option<u64>,
    /// How many.
    pub count: u64,
}

/// What was given in a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct DonationSum {
    /// Which.
    pub currency: Currency,
    /// In its smallest unit.
    pub amount: i64,
    /// How many gifts.
    pub gifts: u64,
}

/// What is counted of some time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct PeriodFigures {
    /// Messages.
    pub messages: MessageCounts,
    /// How many times somebody who waited got an answer.
    pub replies: u64,
    /// Half of those waited no longer for it, to the precision of the buckets.
    #[schema(required = true)]
    pub median_reply_secs: Option<u64>,
    /// People we met. Null when only one account is asked about, because a person may write to several, and for who may
    /// not see contacts.
    #[schema(required = true)]
    pub new_contacts: Option<u64>,
    /// Donations that count, by the day they were given, in the order of the currencies' codes. Null when only one account
    /// is asked about, and for who may not see donations.
    #[schema(required = true)]
    pub donations: Option<Vec<DonationSum>>,
}

/// What is counted of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DayFigures {
    /// Which day.
    pub day: Day,
    /// Chats in which something came in or went out on that day.
    pub active_chats: u64,
    /// What is counted of it.
    #[serde(flatten)]
    pub figures: PeriodFigures,
}

/// What is counted of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AccountFigures {
    /// Which account.
    pub account_id: AccountId,
    /// Messages.
    pub messages: MessageCounts,
    /// How long people waited for an answer.
    pub reply_times: TimeDistribution,
    /// How long it took until messages were read.
    pub read_times: TimeDistribution,
}

/// What is counted from a day to another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Statistics {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// The organization's time zone, which says when a day begins.
    #[schema(value_type = String)]
    pub time_zone: Zone,
    /// False while messages from before there were statistics are still being counted.
    pub is_complete: bool,
    /// All days together.
    pub total: PeriodFigures,
    /// Each day, those on which nothing happened too.
    pub days: Vec<DayFigures>,
    /// Each account on which something happened.
    pub accounts: Vec<AccountFigures>,
    /// How long people waited for an answer.
    pub reply_times: TimeDistribution,
    /// How long it took until messages were read, from when they left.
    pub read_times: TimeDistribution,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_time_is_in_the_first_bucket_that_it_does_not_exceed() {
        for (millis, bucket) in [
            (-5, 0),
            (0, 0),
            (60_000, 0),
            (60_001, 1),
            (120_000, 1),
            (3_600_000, 6),
            (604_800_000, 12),
            (604_800_001, 13),
            (i64::MAX, 13),
        ] {
            assert_eq!(time_bucket(millis), bucket, "{millis}");
        }
    }

    #[test]
    fn the_median_is_within_its_bucket() {
        let mut times = Times::default();
        assert_eq!(times.median_secs(), None);
        times.add(0, 1);
        assert_eq!(times.median_secs(), Some(30), "the middle of the first minute");
        times.add(2, 3);
        assert_eq!(times.median_secs(), Some(120 + 180 / 3));
        times.add(99, 10);
        assert_eq!(times.median_secs(), Some(604_800), "the last bucket has only a begin");
        let shown = times.distribution();
        assert_eq!((shown.count, shown.buckets.len()), (14, 14));
        assert_eq!(
            shown.buckets[13],
            TimeBucket {
                up_to_secs: None,
                count: 10
            }
        );
    }

    proptest! {
        #[test]
        fn the_median_is_near_the_true_one(mut millis in prop::collection::vec(0_i64..700_000_000, 1..60)) {
            let mut times = Times::default();
            for time in &millis {
                times.add(time_bucket(*time), 1);
            }
            millis.sort_unstable();
            let bucket = time_bucket(millis[(millis.len() - 1) / 2]);
            let begin = bucket.checked_sub(1).map_or(0, |earlier| TIME_BUCKETS[earlier]);
            let median = times.median_secs().expect("there are some");
            prop_assert!(begin <= median, "{begin} {median}");
            prop_assert!(TIME_BUCKETS.get(bucket).is_none_or(|end| median <= *end), "{median}");
        }
    }
}
