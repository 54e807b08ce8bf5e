//! How much one person may send in a minute: a slip of the finger must not become a broadcast.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use parking_lot::Mutex;
use pesan_model::{Timestamp, UserId};

use crate::access::{Caller, Principal};
use crate::context::App;
use crate::error::{Error, Result};

/// Any time that is this long, wherever it begins.
const WINDOW: Duration = Duration::from_mins(1);
/// Beyond this many people those are forgotten who sent nothing for a minute.
const CAPACITY: usize = 10_000;

/// When each person sent something in the last minute, the oldest first. Kept in memory: a restart is no reason to be
/// strict.
#[derive(Default)]
pub(crate) struct UserSends(Mutex<HashMap<UserId, VecDeque<Timestamp>>>);

/// A message that was counted. What nobody counts has none.
pub(super) struct Counted(Option<(UserId, Timestamp)>);

impl UserSends {
    /// Counts a message of a person, or says when they may send the next one.
    pub(super) fn take(&self, app: &App, caller: &Caller) -> Result<Counted> {
        let (Principal::User(user), rate @ 1..) = (caller.principal, app.settings.limits.user_sends_per_minute) else {
            return Ok(Counted(None));
        };
        let now = app.clock.now();
        match self.count(user, rate as usize, now) {
            Ok(()) => Ok(Counted(Some((user, now)))),
            Err(retry_after) => Err(Error::TooMany { retry_after }),
        }
    }

    /// Nothing was sent after all.
    pub(super) fn give_back(&self, counted: &Counted) {
        let Counted(Some((user, at))) = counted else { return };
        let mut sends = self.0.lock();
        let Some(times) = sends.get_mut(user) else { return };
        if let Some(place) = times.iter().rposition(|time| time == at) {
            times.remove(place);
        }
    }

    fn count(&self, user: UserId, rate: usize, now: Timestamp) -> Result<(), Duration> {
        let mut sends = self.0.lock();
        if sends.len() >= CAPACITY {
            sends.retain(|_, times| times.back().is_some_and(|at| now.since(*at) < WINDOW));
        }
        let times = sends.entry(user).or_default();
        while times.front().is_some_and(|at| now.since(*at) >= WINDOW) {
            times.pop_front();
        }
        if let Some(oldest) = times.front()
            && times.len() >= rate
        {
            return Err(WINDOW.saturating_sub(now.since(*oldest)));
        }
        times.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn no_minute_has_more_than_was_set_wherever_it_begins() {
        let (sends, user) = (UserSends::default(), UserId::from(Uuid::from_u128(1)));
        let mut taken = Vec::new();
        for second in 0..600 {
            for _ in 0..3 {
                if sends.count(user, 30, at(second)).is_ok() {
                    taken.push(second);
                }
            }
        }
        for start in 0..600 {
            let within = taken
                .iter()
                .filter(|second| (start..start + 60).contains(*second))
                .count();
            assert!(within <= 30, "{within} in the minute from {start}");
        }
        assert_eq!(taken.len(), 300, "and every minute has as many");
    }

    #[test]
    fn who_sent_too_much_is_told_when_there_is_room_again() {
        let (sends, user) = (UserSends::default(), UserId::from(Uuid::from_u128(1)));
        for second in [0, 10, 20] {
            assert_eq!(sends.count(user, 3, at(second)), Ok(()));
        }
        let wait = Duration::from_secs(35);
        assert_eq!(sends.count(user, 3, at(25)), Err(wait));
        assert!(
            sends
                .count(user, 3, at(25).plus(wait).minus(Duration::from_millis(1)))
                .is_err()
        );
        assert_eq!(sends.count(user, 3, at(25).plus(wait)), Ok(()));
        assert_eq!(sends.count(user, 3, at(60)), Err(Duration::from_secs(10)));
        assert_eq!(
            sends.count(UserId::from(Uuid::from_u128(2)), 3, at(60)),
            Ok(()),
            "another person"
        );
    }

    #[test]
    fn what_is_given_back_makes_room() {
        let (sends, user) = (UserSends::default(), UserId::from(Uuid::from_u128(1)));
        assert_eq!(sends.count(user, 1, at(0)), Ok(()));
        assert!(sends.count(user, 1, at(0)).is_err());
        sends.give_back(&Counted(Some((user, at(0)))));
        sends.give_back(&Counted(Some((user, at(0)))));
        sends.give_back(&Counted(None));
        assert_eq!(sends.count(user, 1, at(0)), Ok(()));
        assert!(sends.count(user, 1, at(0)).is_err());
    }
}
