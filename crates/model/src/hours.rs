//! When somebody is there: the hours of a week, the days on which nobody works, and whether it is open at a moment. Pure.
//!
//! An interval belongs to the day on which it begins, also when it ends on the next one. So a holiday takes away what begins
//! on that day, and a night shift that began before it goes on to its end. Clocks that are put forward or back move with
//! their zone: a time that a day does not have is the one after the gap, one that it has twice is the first.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::day::{Day, Zone};
use crate::flaw::Flaw;
use crate::text_serde::text_serde;

/// Most intervals of a week.
pub const MAX_INTERVALS: usize = 50;
/// Most days on which nobody works.
pub const MAX_HOLIDAYS: usize = 400;
/// How many days back the last hours are looked for.
const LOOK_BACK: u32 = 400;
const DAY: u16 = 24 * 60;
const WEEK: u16 = 7 * DAY;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl Weekday {
    /// Every one, Monday first.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];
}

/// A time that a clock shows, to the minute: `00:00` to `24:00`, which is the end of a day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClockTime(u16);

/// Why a text is not a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a time of day such as 08:30")]
pub struct ClockTimeError;

impl ClockTime {
    /// Minutes since midnight, 0 to 1440.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl fmt::Debug for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ClockTime {
    type Err = ClockTimeError;

    fn from_str(text: &str) -> Result<Self, ClockTimeError> {
        let two = |part: &str| {
            let is_plain = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            if is_plain { part.parse().ok() } else { None }
        };
        let (hours, minutes) = text.split_once(':').ok_or(ClockTimeError)?;
        let (hours, minutes): (u16, u16) = (two(hours).ok_or(ClockTimeError)?, two(minutes).ok_or(ClockTimeError)?);
        let total = hours * 60 + minutes;
        if minutes < 60 && total <= DAY {
            Ok(Self(total))
        } else {
            Err(ClockTimeError)
        }
    }
}

text_serde!(ClockTime, "08:30");

/// From when to when somebody is there on a day of every week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenInterval {
    /// The day on which it begins.
    pub day: Weekday,
    /// When it begins, before 24:00.
    pub from: ClockTime,
    /// When it ends: on the next day when that is not after the beginning.
    pub to: ClockTime,
}

impl OpenInterval {
    fn is_overnight(self) -> bool {
        self.to <= self.from
    }

    /// Its first minute and the one after its last, counted from Monday; the end can lie in the next week.
    fn in_week(self) -> (u16, u16) {
        let midnight = self.day as u16 * DAY;
        let end = if self.is_overnight() { DAY } else { 0 } + self.to.0;
        (midnight + self.from.0, midnight + end)
    }

    /// Its beginning and end when it begins on this day.
    fn on(self, day: Day, zone: &Zone) -> (Timestamp, Timestamp) {
        let last = if self.is_overnight() { day.plus_days(1) } else { day };
        (zone.moment(day, self.from), zone.moment(last, self.to))
    }
}

/// When somebody is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BusinessHours {
    /// Where the clock hangs that the hours are read from.
    pub time_zone: Zone,
    /// The hours of a week, at most 50. They do not overlap.
    pub intervals: Vec<OpenInterval>,
    /// Days on which nobody works, at most 400.
    #[serde(default)]
    #[schema(required = true)]
    pub holidays: Vec<Day>,
}

/// Whether somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Somebody is.
    Open,
    /// Nobody is.
    Closed {
        /// Since when; the beginning of time when nobody ever was.
        since: Timestamp,
    },
}

impl BusinessHours {
    /// Whether somebody is there at a moment.
    pub fn at(&self, now: Timestamp) -> Presence {
        let today = Day::at(now, &self.time_zone);
        for days_ago in 0..LOOK_BACK {
            let day = today.minus_days(days_ago);
            if self.holidays.contains(&day) {
                continue;
            }
            let mut ended = None;
            for interval in self.intervals.iter().filter(|interval| interval.day == day.weekday()) {
                let (start, end) = interval.on(day, &self.time_zone);
                if start <= now && now < end {
                    return Presence::Open;
                }
                if end <= now {
                    ended = ended.max(Some(end));
                }
            }
            // Intervals do not overlap: whatever began on an earlier day ended before.
            if let Some(since) = ended {
                return Presence::Closed { since };
            }
        }
        Presence::Closed {
            since: Timestamp::from_millis(0),
        }
    }

    /// What is wrong, each with the place of the field: `/intervals/2/to`.
    pub fn wrong(&self) -> Vec<(String, Flaw)> {
        let mut wrong = Vec::new();
        if self.intervals.len() > MAX_INTERVALS {
            wrong.push(("/intervals".to_owned(), Flaw::TooManyEntries { max: MAX_INTERVALS }));
            return wrong;
        }
        for (place, interval) in self.intervals.iter().enumerate() {
            if interval.from.0 == DAY {
                wrong.push((format!("/intervals/{place}/from"), Flaw::NotAClockTime));
            } else if interval.from == interval.to {
                wrong.push((format!("/intervals/{place}/to"), Flaw::SameAs { other: "from" }));
            } else if self.intervals[..place].iter().any(|other| overlap(*interval, *other)) {
                wrong.push((format!("/intervals/{place}"), Flaw::Overlaps));
            }
        }
        if self.holidays.len() > MAX_HOLIDAYS {
            wrong.push(("/holidays".to_owned(), Flaw::TooManyEntries { max: MAX_HOLIDAYS }));
            return wrong;
        }
        for (place, day) in self.holidays.iter().enumerate() {
            if self.holidays[..place].contains(day) {
                wrong.push((format!("/holidays/{place}"), Flaw::GivenTwice));
            }
        }
        wrong
    }
}

/// Whether two intervals of a week share a minute. The week goes round: Sunday night reaches into Monday.
fn overlap(one: OpenInterval, other: OpenInterval) -> bool {
    let ((start, end), (other_start, other_end)) = (one.in_week(), other.in_week());
    [0, WEEK].into_iter().any(|later| {
        (start + later < other_end && other_start < end + later)
            || (start < other_end + later && other_start + later < end)
    })
}

#[cfg(test)]
mod tests;
