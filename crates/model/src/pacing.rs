//! How fast an account may send: a token bucket that survives restarts.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;

/// The rate of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pacing {
    /// Messages a minute, over time. 1 to 6,000.
    #[schema(minimum = 1, maximum = 6000)]
    pub per_minute: u32,
    /// Messages that may go at once after a quiet time. 1 to 10,000.
    #[schema(minimum = 1, maximum = 10000)]
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
    /// True when both figures are in their ranges.
    pub fn is_valid(self) -> bool {
        (1..=6_000).contains(&self.per_minute) && (1..=10_000).contains(&self.burst)
    }
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
