//! How often somebody may try to log in, or look behind a link that needs no log-in.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use pesan_model::Timestamp;
use pesan_model::pacing::{Bucket, Pacing};

/// One address trying one account: ten at once, then six a minute.
const PER_PERSON: Pacing = Pacing {
    per_minute: 6,
    burst: 10,
};
/// One address trying many accounts.
const PER_ADDRESS: Pacing = Pacing {
    per_minute: 30,
    burst: 60,
};
/// One address looking behind one link: its page asks every two seconds.
const PER_LINK: Pacing = Pacing {
    per_minute: 60,
    burst: 60,
};
/// One address looking behind many links.
const PER_VISITING_ADDRESS: Pacing = Pacing {
    per_minute: 300,
    burst: 300,
};
/// Beyond this many keys, those that have not been used for a while are forgotten.
const CAPACITY: usize = 10_000;

/// Counts attempts by network address, and by network address and e-mail address together. Locking the e-mail address
/// alone would let anybody lock anybody out.
#[derive(Default)]
pub(super) struct AttemptLimiter(Mutex<HashMap<String, Bucket>>);

impl AttemptLimiter {
    /// Counts an attempt, or says how long to wait.
    pub(super) fn take(&self, ip: &str, email: &str, now: Timestamp) -> Result<(), Duration> {
        let keys = [(ip.to_owned(), PER_ADDRESS), (person(ip, email), PER_PERSON)];
        take(&mut self.0.lock(), keys, now)
    }

    /// Somebody got in: their earlier attempts were mistypings.
    pub(super) fn forget(&self, ip: &str, email: &str) {
        self.0.lock().remove(&person(ip, email));
    }
}

/// Counts looks by network address, and by network address and link together.
#[derive(Default)]
pub(super) struct VisitLimiter(Mutex<HashMap<String, Bucket>>);

impl VisitLimiter {
    /// Counts a look, or says how long to wait. `link` is the hash of its token.
    pub(super) fn take(&self, ip: &str, link: &str, now: Timestamp) -> Result<(), Duration> {
        let keys = [
            (ip.to_owned(), PER_VISITING_ADDRESS),
            (format!("{ip} {link}"), PER_LINK),
        ];
        take(&mut self.0.lock(), keys, now)
    }
}

fn take(buckets: &mut HashMap<String, Bucket>, keys: [(String, Pacing); 2], now: Timestamp) -> Result<(), Duration> {
    if buckets.len() >= CAPACITY {
        buckets.retain(|_, bucket| now.since(bucket.at) < Duration::from_mins(5));
    }
    let mut taken = Vec::with_capacity(keys.len());
    for (key, pacing) in keys {
        let bucket = buckets.get(&key).copied().unwrap_or_else(|| Bucket::full(pacing, now));
        taken.push((key, bucket.take(pacing, now)?));
    }
    buckets.extend(taken);
    Ok(())
}

fn person(ip: &str, email: &str) -> String {
    format!("{ip} {email}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn ten_attempts_at_once_and_then_one_every_ten_seconds() {
        let limiter = AttemptLimiter::default();
        for _ in 0..10 {
            assert_eq!(limiter.take("192.0.2.1", "a@example.com", at(0)), Ok(()));
        }
        assert_eq!(
            limiter.take("192.0.2.1", "a@example.com", at(0)),
            Err(Duration::from_secs(10))
        );
        assert_eq!(
            limiter.take("192.0.2.2", "a@example.com", at(0)),
            Ok(()),
            "another address"
        );
        assert_eq!(
            limiter.take("192.0.2.1", "b@example.com", at(0)),
            Ok(()),
            "another account"
        );
        assert_eq!(limiter.take("192.0.2.1", "a@example.com", at(10)), Ok(()));
    }

    #[test]
    fn one_address_cannot_try_many_accounts() {
        let limiter = AttemptLimiter::default();
        for number in 0..60 {
            assert_eq!(
                limiter.take("192.0.2.1", &format!("{number}@example.com"), at(0)),
                Ok(())
            );
        }
        assert!(limiter.take("192.0.2.1", "another@example.com", at(0)).is_err());
    }

    #[test]
    fn a_page_behind_a_link_may_ask_every_second_and_nobody_may_try_many_links() {
        let limiter = VisitLimiter::default();
        for second in 0..300 {
            assert_eq!(limiter.take("192.0.2.1", "a", at(second)), Ok(()));
        }
        let limiter = VisitLimiter::default();
        for link in 0..300 {
            assert_eq!(limiter.take("192.0.2.1", &link.to_string(), at(0)), Ok(()));
        }
        assert!(limiter.take("192.0.2.1", "another", at(0)).is_err());
        assert_eq!(limiter.take("192.0.2.2", "another", at(0)), Ok(()));
    }

    #[test]
    fn who_gets_in_starts_afresh() {
        let limiter = AttemptLimiter::default();
        for _ in 0..10 {
            limiter
                .take("192.0.2.1", "a@example.com", at(0))
                .expect("within the burst");
        }
        limiter.forget("192.0.2.1", "a@example.com");
        assert_eq!(limiter.take("192.0.2.1", "a@example.com", at(0)), Ok(()));
    }
}
