//! How fast an account may send: a token bucket that survives restarts.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;

/// The rate of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pacing {
    /// Messages a minute, over time. 1 to 6,000.
    #[schema(minimum = 1, maximum = 6000)]
    #[serde(deserialize_with = "per_minute")]
    pub per_minute: u32,
    /// Messages that may go at once after a quiet time. 1 to 10,000.
    #[schema(minimum = 1, maximum = 10000)]
    #[serde(deserialize_with = "burst")]
    pub burst: u32,
}

impl Default for Pacing {
    /// 10 a minute, 50 at once: what people write by hand, and no more.
    fn default() -> Self {
        Self {
            per_minute: 10,
            burst: 50,
        }
    }
}

impl Pacing {
    /// What `per_minute` may be.
    pub const PER_MINUTE: RangeInclusive<u32> = 1..=6_000;
    /// What `burst` may be.
    pub const BURST: RangeInclusive<u32> = 1..=10_000;

    /// True when both figures are in their ranges.
    pub fn is_valid(self) -> bool {
        Self::PER_MINUTE.contains(&self.per_minute) && Self::BURST.contains(&self.burst)
    }
}

/// A figure that is meant to be in this range. Any number of its type is read, so that all that is wrong with a pace can
/// be said together; of what is no such number, the range is said.
struct Figure(RangeInclusive<u32>);

impl Visitor<'_> for Figure {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {} to {}", self.0.start(), self.0.end())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<u32, E> {
        u32::try_from(value).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<u32, E> {
        u32::try_from(value).map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
    }
}

fn per_minute<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    deserializer.deserialize_u32(Figure(Pacing::PER_MINUTE))
}

fn burst<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    deserializer.deserialize_u32(Figure(Pacing::BURST))
}

/// What is left of the bucket, in thousandths of a message, and when that was true. Kept in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Thousandths of a message.
    pub millitokens: i64,
    /// When it was counted.
    pub at: Timestamp,
}

const TOKEN: i64 = 1_000;
const MINUTE_MILLIS: i64 = 60_000;

impl Bucket {
    /// A full one.
    pub fn full(pacing: Pacing, now: Timestamp) -> Self {
        Self {
            millitokens: i64::from(pacing.burst) * TOKEN,
            at: now,
        }
    }

    /// The bucket at `now`. A clock that went back adds nothing, and the bucket never holds more than the burst.
    #[must_use]
    pub fn refilled(self, pacing: Pacing, now: Timestamp) -> Self {
        let full = i64::from(pacing.burst) * TOKEN;
        let elapsed = now.millis().saturating_sub(self.at.millis()).max(0);
        let added = elapsed.saturating_mul(i64::from(pacing.per_minute) * TOKEN) / MINUTE_MILLIS;
        Self {
            millitokens: self.millitokens.saturating_add(added).min(full),
            at: now,
        }
    }

    /// Takes one message, or says how long until there is one.
    pub fn take(self, pacing: Pacing, now: Timestamp) -> Result<Self, Duration> {
        let filled = self.refilled(pacing, now);
        if filled.millitokens >= TOKEN {
            return Ok(Self {
                millitokens: filled.millitokens - TOKEN,
                at: now,
            });
        }
        let missing = TOKEN - filled.millitokens;
        let rate = i64::from(pacing.per_minute) * TOKEN;
        let wait_millis = (missing * MINUTE_MILLIS + rate - 1) / rate;
        Err(Duration::from_millis(u64::try_from(wait_millis).unwrap_or(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PACING: Pacing = Pacing {
        per_minute: 10,
        burst: 3,
    };

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_full_bucket_gives_its_burst_and_then_one_every_six_seconds() {
        let mut bucket = Bucket::full(PACING, at(0));
        for _ in 0..3 {
            bucket = bucket.take(PACING, at(0)).expect("burst");
        }
        assert_eq!(bucket.take(PACING, at(0)), Err(Duration::from_secs(6)));
        assert_eq!(bucket.take(PACING, at(1_500)), Err(Duration::from_millis(4_500)));
        let after = bucket.take(PACING, at(6_000)).expect("refilled");
        assert_eq!(
            after,
            Bucket {
                millitokens: 0,
                at: at(6_000)
            }
        );
    }

    #[test]
    fn a_quiet_hour_gives_the_burst_and_no_more() {
        let empty = Bucket {
            millitokens: 0,
            at: at(0),
        };
        assert_eq!(empty.refilled(PACING, at(3_600_000)).millitokens, 3_000);
    }

    #[test]
    fn a_clock_that_went_back_gives_nothing() {
        let empty = Bucket {
            millitokens: 0,
            at: at(10_000),
        };
        assert_eq!(empty.refilled(PACING, at(0)).millitokens, 0);
        assert!(empty.take(PACING, at(0)).is_err());
    }

    #[test]
    fn defaults_and_ranges() {
        assert_eq!(
            Pacing::default(),
            Pacing {
                per_minute: 10,
                burst: 50
            }
        );
        assert!(
            Pacing {
                per_minute: 1,
                burst: 1
            }
            .is_valid()
                && Pacing {
                    per_minute: 6_000,
                    burst: 10_000
                }
                .is_valid()
        );
        assert!(
            !Pacing {
                per_minute: 0,
                burst: 1
            }
            .is_valid()
                && !Pacing {
                    per_minute: 1,
                    burst: 0
                }
                .is_valid()
        );
        assert!(
            !Pacing {
                per_minute: 6_001,
                burst: 1
            }
            .is_valid()
        );
        assert!(
            !Pacing {
                per_minute: 1,
                burst: 10_001
            }
            .is_valid()
        );
    }

    #[test]
    fn what_is_no_figure_is_told_its_range() {
        let read = |per_minute: &str, burst: &str| {
            let json = format!("{{\"per_minute\":{per_minute},\"burst\":{burst}}}");
            serde_json::from_str::<Pacing>(&json).map_err(|error| error.to_string())
        };
        assert_eq!(read("10", "50"), Ok(Pacing::default()));
        assert!(
            !read("0", "0").expect("numbers").is_valid(),
            "said by who checks the pace"
        );
        for wrong in ["-1", "4294967296", "1.5", "\"x\"", "null"] {
            let told = read(wrong, "1").expect_err("no figure");
            assert!(told.contains("a whole number from 1 to 6000"), "{told}");
            let told = read("1", wrong).expect_err("no figure");
            assert!(told.contains("a whole number from 1 to 10000"), "{told}");
        }
    }

    proptest! {
        #[test]
        fn over_any_history_no_more_is_sent_than_burst_and_rate_allow(steps in prop::collection::vec(0_i64..20_000, 1..200)) {
            let mut bucket = Bucket::full(PACING, at(0));
            let (mut now, mut sent) = (0, 0_i64);
            for step in steps {
                now += step;
                if let Ok(left) = bucket.take(PACING, at(now)) {
                    bucket = left;
                    sent += 1;
                }
            }
            prop_assert!(sent <= 3 + now * 10 / 60_000);
        }

        #[test]
        fn waiting_as_long_as_it_says_is_enough(left in 0_i64..1_000, per_minute in 1_u32..6_000) {
            let pacing = Pacing { per_minute, burst: 5 };
            let bucket = Bucket { millitokens: left, at: at(0) };
            if let Err(wait) = bucket.take(pacing, at(0)) {
                prop_assert!(bucket.take(pacing, at(0).plus(wait)).is_ok());
            }
        }
    }
}
