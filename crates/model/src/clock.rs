//! Time and randomness, passed as arguments so that tests decide them.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::flaw::Flaw;

/// A moment: milliseconds since 1970 in UTC. Text form is RFC 3339 with milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From seconds since 1970, which is what WhatsApp uses.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// Milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970.
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This moment and `duration` more.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// This moment less `duration`.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        // The parser's own words are for programmers.
        let time: jiff::Timestamp = text.parse().map_err(|_| serde::de::Error::custom(Flaw::NotATime))?;
        Ok(Self(time.as_millisecond()))
    }
}

impl utoipa::PartialSchema for Timestamp {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(
                utoipa::openapi::KnownFormat::DateTime,
            )))
            .into()
    }
}

impl utoipa::ToSchema for Timestamp {}

/// Where the time comes from.
pub trait Clock: Send + Sync + 'static {
    /// The time of day. It can jump; use it for what is stored and shown.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment that never goes back. Use it to measure durations.
    fn monotonic(&self) -> Duration;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Timestamp {
        let since_1970 = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
    fn monotonic(&self) -> Duration {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        START.get_or_init(std::time::Instant::now).elapsed()
    }
}

/// A clock that a test sets.
#[derive(Debug, Default)]
pub struct MockClock(AtomicI64);

impl MockClock {
    /// A clock that stands at `time`.
    pub fn at(time: Timestamp) -> Self {
        Self(AtomicI64::new(time.millis()))
    }

    /// Moves it forward.
    pub fn advance(&self, duration: Duration) {
        self.advance_millis(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX));
    }

    /// Moves it by so many milliseconds, back if negative.
    pub fn advance_millis(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for MockClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.load(Ordering::SeqCst)).unwrap_or(0))
    }
}

/// Where random bytes come from.
pub trait Random: Send + Sync + 'static {
    /// Fills `bytes` with unpredictable values.
    fn fill(&self, bytes: &mut [u8]);

    /// A number in `0..bound`; 0 when `bound` is 0.
    fn below(&self, bound: u64) -> u64 {
        let mut bytes = [0_u8; 8];
        self.fill(&mut bytes);
        let wide = u128::from(u64::from_le_bytes(bytes)) * u128::from(bound);
        (wide >> 64) as u64
    }
}

/// The operating system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "the one place where chance comes in")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system always has random bytes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_rfc_3339_with_milliseconds() {
        let time = Timestamp::from_millis(1_700_000_000_123);
        assert_eq!(
            serde_json::to_string(&time).expect("serializes"),
            "\"2023-11-14T22:13:20.123Z\""
        );
        let back: Timestamp = serde_json::from_str("\"2023-11-14T23:13:20.123+01:00\"").expect("parses");
        assert_eq!(back, time);
        assert_eq!(
            Timestamp::from_secs(1_700_000_000).to_string(),
            "2023-11-14T22:13:20.000Z"
        );
        assert_eq!((time.secs(), Timestamp::from_millis(-1).secs()), (1_700_000_000, -1));
        assert_eq!(format!("{time:?}"), time.to_string());
        for wrong in ["", "soon", "2026-11-20", "20261-01-01T00:00:00Z"] {
            let error = serde_json::from_value::<Timestamp>(wrong.into()).expect_err("is no time");
            assert_eq!(
                error.to_string(),
                "is not a time such as 2026-11-20T10:00:00Z",
                "{wrong}"
            );
        }
    }

    #[test]
    fn the_machines_clock_tells_todays_time_and_runs() {
        let year_2026 = Timestamp::from_secs(1_767_225_600);
        assert!(SystemClock.now() >= year_2026);
        let start = SystemClock.monotonic();
        assert!((0..10_000_000).any(|_| SystemClock.monotonic() > start));
    }

    #[test]
    fn a_tests_clock_moves_only_when_it_is_told_to() {
        let clock = MockClock::at(Timestamp::from_millis(5_000));
        assert_eq!(clock.now().millis(), 5_000);
        clock.advance(Duration::from_secs(2));
        assert_eq!(clock.now().millis(), 7_000);
        assert_eq!(clock.monotonic(), Duration::from_secs(7));
        clock.advance_millis(-1_000);
        assert_eq!(clock.now().millis(), 6_000);
    }

    #[test]
    fn the_machines_random_bytes_differ_each_time() {
        let bytes = || {
            let mut bytes = [0_u8; 32];
            SystemRandom.fill(&mut bytes);
            bytes
        };
        assert_ne!(bytes(), bytes());
    }

    #[test]
    fn durations_add_subtract_and_never_go_below_zero() {
        let time = Timestamp::from_millis(1_000);
        assert_eq!(time.plus(Duration::from_secs(2)).millis(), 3_000);
        assert_eq!(time.minus(Duration::from_secs(2)).millis(), -1_000);
        assert_eq!(time.plus(Duration::from_secs(2)).since(time), Duration::from_secs(2));
        assert_eq!(time.since(time.plus(Duration::from_secs(2))), Duration::ZERO);
    }

    #[test]
    fn random_numbers_stay_below_their_bound() {
        struct Fixed(u8);
        impl Random for Fixed {
            fn fill(&self, bytes: &mut [u8]) {
                bytes.fill(self.0);
            }
        }
        assert_eq!(Fixed(0).below(10), 0);
        assert_eq!(Fixed(0xff).below(10), 9);
        assert_eq!(Fixed(0x80).below(10), 5);
        assert_eq!(Fixed(0xff).below(0), 0);
    }
}
