//! A day of the calendar, as people write it on a receipt: no time and no time zone.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::clock::Timestamp;
use crate::hours::{ClockTime, Weekday};
use crate::text_serde::text_serde;

/// A day: `2026-11-20`. Its text sorts by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

/// Why a text is not a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a day such as 2026-11-20")]
pub struct DayError;

/// The name of a time zone in the IANA database: `Asia/Jakarta`.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// Why a text names no time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the name of a time zone, as `Asia/Jakarta`")]
pub struct ZoneError;

impl Day {
    /// The day with this year, month and day of the month, if there is one.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        Date::new(year, month, day).ok().map(Self)
    }

    /// The day that it is somewhere at a moment.
    pub fn at(time: Timestamp, zone: &Zone) -> Self {
        let time = jiff::Timestamp::from_millisecond(time.millis()).unwrap_or_default();
        Self(zone.0.to_datetime(time).date())
    }

    /// The year.
    pub fn year(self) -> i64 {
        i64::from(self.0.year())
    }

    /// How many days after `earlier` this is; negative when it is before.
    pub fn days_since(self, earlier: Self) -> i64 {
        // The difference of two days of the calendar is always a number of days.
        self.0
            .since((jiff::Unit::Day, earlier.0))
            .map_or(0, |span| i64::from(span.get_days()))
    }

    /// So many days earlier; the first day there is when that is too far.
    #[must_use]
    pub fn minus_days(self, days: u32) -> Self {
        Self(self.0.saturating_sub(i64::from(days).days()))
    }

    /// So many days later; the last day there is when that is too far.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Self {
        Self(self.0.saturating_add(i64::from(days).days()))
    }

    /// The day of the week.
    pub fn weekday(self) -> Weekday {
        let place = self.0.weekday().to_monday_zero_offset();
        Weekday::ALL[usize::try_from(place).unwrap_or_default()]
    }

    /// The day after this one; this one again when there is none.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.tomorrow().unwrap_or(self.0))
    }

    /// Noon of this day in UTC, for lists that put days and moments in one order.
    pub fn noon(self) -> Timestamp {
        let noon = self.0.at(12, 0, 0, 0).to_zoned(TimeZone::UTC);
        Timestamp::from_millis(noon.map_or(0, |noon| noon.timestamp().as_millisecond()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        // The library reads many forms; ours is one.
        let is_plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        if !is_plain {
            return Err(DayError);
        }
        text.parse().map(Self).map_err(|_| DayError)
    }
}

impl Zone {
    /// Its name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// When a clock there shows this time on this day. A time that the day does not have is as long after the last one that
    /// it has; of one that it has twice it is the first.
    pub fn moment(&self, day: Day, time: ClockTime) -> Timestamp {
        let (day, minutes) = (day.plus_days(u32::from(time.minutes() / 1440)), time.minutes() % 1440);
        let (hour, minute) = ((minutes / 60) as i8, (minutes % 60) as i8);
        let zoned = day.0.at(hour, minute, 0, 0).to_zoned(self.0.clone());
        Timestamp::from_millis(zoned.map_or(0, |zoned| zoned.timestamp().as_millisecond()))
    }

    /// What a clock shows there at a moment, to the minute: `2026-11-20 14:30`.
    pub fn wall_clock(&self, time: Timestamp) -> String {
        let time = jiff::Timestamp::from_millisecond(time.millis()).unwrap_or_default();
        self.0.to_datetime(time).strftime("%Y-%m-%d %H:%M").to_string()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Zone {
    type Err = ZoneError;

    fn from_str(text: &str) -> Result<Self, ZoneError> {
        let zone = TimeZone::get(text).map_err(|_| ZoneError)?;
        zone.iana_name().is_some().then_some(Self(zone)).ok_or(ZoneError)
    }
}

text_serde!(Day, "2026-11-20", utoipa::openapi::KnownFormat::Date);
text_serde!(Zone, "Asia/Jakarta");

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("a day")
    }

    #[test]
    fn only_plain_days_are_read() {
        assert_eq!(day("2026-11-20").to_string(), "2026-11-20");
        let zone: Zone = "Asia/Jakarta".parse().expect("a zone");
        let shown = (format!("{:?}", day("2026-11-20")), format!("{zone:?}"));
        assert_eq!(shown, ("2026-11-20".to_owned(), "Asia/Jakarta".to_owned()));
        for wrong in [
            "",
            "2026-02-30",
            "2026-1-2",
            "20261120",
            "2026-11-20T10:00:00",
            "+02026-11-20",
        ] {
            assert_eq!(wrong.parse::<Day>(), Err(DayError), "{wrong}");
        }
        let json = serde_json::to_value(day("2024-02-29")).expect("serializes");
        assert_eq!(json, "2024-02-29");
        assert_eq!(serde_json::from_value::<Day>(json).expect("parses"), day("2024-02-29"));
    }

    #[test]
    fn days_are_counted_over_leap_days_and_years() {
        assert_eq!(day("2025-03-01").days_since(day("2024-02-29")), 366);
        assert_eq!(day("2024-02-28").days_since(day("2024-03-01")), -2);
        assert_eq!(day("2024-03-01").minus_days(1), day("2024-02-29"));
        assert_eq!(day("2024-02-28").plus_days(2), day("2024-03-01"));
        let week = (0..7).map(|days| day("2026-11-23").plus_days(days).weekday());
        assert_eq!(week.collect::<Vec<_>>(), Weekday::ALL);
        assert_eq!(day("2024-02-28").next(), day("2024-02-29"));
        assert_eq!(day("2023-12-31").next(), day("2024-01-01"));
        assert_eq!(day("9999-12-31").next(), day("9999-12-31"));
        assert_eq!(day("2024-03-01").year(), 2024);
        assert!(Day::new(2023, 2, 29).is_none() && Day::new(2024, 2, 29).is_some());
        assert_eq!(day("1970-01-02").noon().millis(), 36 * 3_600_000);
    }

    #[test]
    fn the_day_depends_on_the_place() {
        let late = Timestamp::from_secs(1_767_200_400); // 2025-12-31T17:00:00Z
        let jakarta: Zone = "Asia/Jakarta".parse().expect("known");
        let utc: Zone = "UTC".parse().expect("known");
        assert_eq!(Day::at(late, &jakarta), day("2026-01-01"));
        assert_eq!(Day::at(late, &utc), day("2025-12-31"));
        assert_eq!(jakarta.wall_clock(late), "2026-01-01 00:00");
        assert_eq!(utc.wall_clock(late), "2025-12-31 17:00");
    }

    #[test]
    fn zones_are_known_by_their_iana_name() {
        let zone: Zone = "Asia/Makassar".parse().expect("known");
        assert_eq!(
            (zone.name(), zone.to_string()),
            ("Asia/Makassar", "Asia/Makassar".to_owned())
        );
        for wrong in ["", "Mars/Olympus", "+07:00", "WIB"] {
            assert_eq!(wrong.parse::<Zone>(), Err(ZoneError), "{wrong}");
        }
    }
}
