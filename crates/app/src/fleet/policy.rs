//! When to try again after a connection ended, and in which state meanwhile. Pure.

use std::time::Duration;

use pesan_model::reconnect::{Disconnect, Reaction, backoff};
use pesan_model::{AccountState, Random, StateReason};

/// A connection that lasted so long was good: the failures before it are forgotten.
pub(super) const STABLE: Duration = Duration::from_secs(60);
/// Least wait after the second failure in a row, even of those that are answered at once.
const LEAST_WAIT: Duration = Duration::from_secs(1);

/// A first wait so long is one that WhatsApp asked for: only failures for the same reason make it longer.
const LONG: Duration = Duration::from_secs(60);

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Try again after this time.
    Retry {
        /// How long to wait.
        after: Duration,
        /// The state meanwhile.
        state: AccountState,
        /// Why.
        reason: StateReason,
    },
    /// Stop until a person acts.
    Stop {
        /// The state from now on.
        state: AccountState,
        /// Why.
        reason: StateReason,
    },
}

/// How often in a row it did not work.
#[derive(Debug, Default)]
pub(super) struct Failures {
    in_a_row: u32,
    /// Of these the latest, for the same reason, and which.
    alike: u32,
    last: Option<String>,
}

impl Failures {
    /// Forgets them: a person asked for a new try.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// A connection ended that was ready for `lasted`, if it ever was.
    pub(super) fn next(&mut self, disconnect: &Disconnect, lasted: Option<Duration>, random: &dyn Random) -> Next {
        if lasted.is_some_and(|lasted| lasted >= STABLE) {
            self.forget();
        }
        let reason = disconnect.reason();
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.alike = match &self.last {
            Some(last) if *last == reason.code => self.alike.saturating_add(1),
            _ => 1,
        };
        self.last = Some(reason.code.clone());
        match disconnect.reaction() {
            Reaction::Retry { base, cap, state } => Next::Retry {
                after: self.wait(base, cap, state, random),
                state,
                reason,
            },
            Reaction::Stop(state) => Next::Stop { state, reason },
        }
    }

    fn wait(&self, base: Duration, cap: Duration, state: AccountState, random: &dyn Random) -> Duration {
        let failures = if base >= LONG { self.alike } else { self.in_a_row };
        match failures {
            1 if base.is_zero() => Duration::ZERO,
            failures if base.is_zero() => backoff(LEAST_WAIT, cap, failures - 1, random),
            // WhatsApp said how long. Coming back earlier makes it longer.
            failures if state == AccountState::Restricted => base.max(backoff(base, cap, failures, random)),
            failures => backoff(base, cap, failures, random),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fills with one byte: 0 gives the shortest wait, 0xff the longest.
    struct Fixed(u8);
    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn waits(disconnect: &Disconnect, random: &Fixed, count: usize) -> Vec<Duration> {
        let mut failures = Failures::default();
        (0..count)
            .map(|_| match failures.next(disconnect, None, random) {
                Next::Retry { after, .. } => after,
                Next::Stop { state, .. } => panic!("stopped in {state:?}"),
            })
            .collect()
    }

    fn seconds(waits: &[Duration]) -> Vec<u64> {
        waits.iter().map(Duration::as_secs).collect()
    }

    #[test]
    fn waits_grow_with_every_failure_in_a_row() {
        assert_eq!(seconds(&waits(&Disconnect::Lost, &Fixed(0xff), 5)), [1, 2, 4, 8, 16]);
        assert_eq!(seconds(&waits(&Disconnect::Refused(503), &Fixed(0xff), 3)), [5, 10, 20]);
        assert_eq!(seconds(&waits(&Disconnect::Replaced, &Fixed(0), 2)), [150, 300]);
    }

    #[test]
    fn a_restart_is_immediate_once_and_then_waits_like_every_failure() {
        assert_eq!(
            seconds(&waits(&Disconnect::RestartRequired, &Fixed(0xff), 9)),
            [0, 1, 2, 4, 8, 16, 32, 60, 60]
        );
    }

    #[test]
    fn a_ban_is_never_cut_short() {
        let ban = Disconnect::TemporaryBan {
            code: 101,
            seconds: 7_200,
        };
        assert_eq!(seconds(&waits(&ban, &Fixed(0), 3)), [7_200, 7_200, 14_400]);
    }

    #[test]
    fn a_long_wait_is_not_made_longer_by_short_failures_before_it() {
        let mut failures = Failures::default();
        let ban = Disconnect::TemporaryBan {
            code: 101,
            seconds: 7_200,
        };
        let mut wait = |disconnect: &Disconnect| match failures.next(disconnect, None, &Fixed(0xff)) {
            Next::Retry { after, .. } => after.as_secs(),
            Next::Stop { state, .. } => panic!("stopped in {state:?}"),
        };
        assert_eq!(wait(&Disconnect::RestartRequired), 0);
        assert_eq!(wait(&Disconnect::Lost), 2);
        assert_eq!(wait(&ban), 7_200);
        assert_eq!(wait(&ban), 14_400);
        assert_eq!(wait(&Disconnect::Outdated), 3_600);
        assert_eq!(wait(&Disconnect::Lost), 32, "short waits go on growing");
        assert_eq!(wait(&ban), 7_200);
        assert_eq!(wait(&Disconnect::Refused(429)), 60);
        assert_eq!(wait(&Disconnect::Refused(503)), 900, "up to their cap");
    }

    #[test]
    fn a_stable_connection_forgets_the_failures_before_it() {
        let mut failures = Failures::default();
        let longest = |failures: &mut Failures, lasted| match failures.next(&Disconnect::Lost, lasted, &Fixed(0xff)) {
            Next::Retry { after, .. } => after.as_secs(),
            Next::Stop { .. } => panic!("a lost connection is tried again"),
        };
        assert_eq!(longest(&mut failures, None), 1);
        assert_eq!(
            longest(&mut failures, Some(STABLE.saturating_sub(Duration::from_millis(1)))),
            2
        );
        assert_eq!(longest(&mut failures, Some(STABLE)), 1);
        assert_eq!(longest(&mut failures, None), 2);
        failures.forget();
        assert_eq!(longest(&mut failures, None), 1);
    }

    #[test]
    fn what_a_person_must_mend_is_not_tried_again() {
        let mut failures = Failures::default();
        assert_eq!(
            failures.next(&Disconnect::LoggedOut, None, &Fixed(0)),
            Next::Stop {
                state: AccountState::LoggedOut,
                reason: Disconnect::LoggedOut.reason()
            }
        );
    }
}
