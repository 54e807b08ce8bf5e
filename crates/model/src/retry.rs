//! When something that did not work is tried again.

use std::time::Duration;

use crate::clock::Random;

/// Waits before the second, third and fourth try of a message; then it has failed.
pub const SEND: &[Duration] = &[Duration::from_secs(10), Duration::from_secs(30), Duration::from_mins(1)];

/// How long after a send whose outcome is unknown the same id is tried again.
pub const UNCONFIRMED_WAIT: Duration = Duration::from_secs(10);

/// A send whose outcome is unknown is repeated with the same id only this long after the first try.
pub const UNCONFIRMED_HORIZON: Duration = Duration::from_mins(10);

/// Tries of a send whose outcome is unknown, the first included.
pub const UNCONFIRMED_TRIES: u32 = 3;

/// Waits before each further try of a webhook: short ones first, because a chat waits while its first event fails; then
/// every 10 hours, 78 h 52 min in all.
pub const WEBHOOK: &[Duration] = &[
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(5),
    Duration::from_mins(15),
    Duration::from_mins(30),
    Duration::from_hours(1),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(10),
    Duration::from_hours(10),
    Duration::from_hours(10),
    Duration::from_hours(10),
    Duration::from_hours(10),
    Duration::from_hours(10),
];

/// Waits before each further try to fetch a file that came in.
pub const FETCH_MEDIA: &[Duration] = &[
    Duration::from_secs(2),
    Duration::from_secs(10),
    Duration::from_mins(1),
    Duration::from_mins(10),
    Duration::from_hours(1),
    Duration::from_hours(6),
];

/// Waits before each further try to hand over mail, more than a day in all.
pub const MAIL: &[Duration] = &[
    Duration::from_secs(30),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(6),
    Duration::from_hours(18),
];

/// How long to wait after `attempts` tries (1 or more), or `None` when there is no further one.
pub fn wait_after(table: &[Duration], attempts: u32) -> Option<Duration> {
    let index = usize::try_from(attempts.checked_sub(1)?).ok()?;
    table.get(index).copied()
}

/// `wait` with up to a fifth added, so that what failed together does not come back together.
pub fn with_jitter(wait: Duration, random: &dyn Random) -> Duration {
    let fifth = u64::try_from(wait.as_millis() / 5).unwrap_or(u64::MAX);
    wait + Duration::from_millis(random.below(fifth.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemRandom;

    #[test]
    fn a_message_is_tried_four_times() {
        let waits: Vec<_> = (0..6)
            .map(|attempts| wait_after(SEND, attempts).map(|wait| wait.as_secs()))
            .collect();
        assert_eq!(waits, [None, Some(10), Some(30), Some(60), None, None]);
    }

    #[test]
    fn webhooks_start_at_5_seconds_end_at_10_hours_and_last_at_least_75_hours() {
        assert_eq!(WEBHOOK[0], Duration::from_secs(5));
        assert_eq!(WEBHOOK.iter().max(), Some(&Duration::from_hours(10)));
        assert!(WEBHOOK.iter().sum::<Duration>() >= Duration::from_hours(75));
        assert!(WEBHOOK.is_sorted());
        let first_three: Duration = WEBHOOK[..3].iter().sum();
        assert!(
            first_three < Duration::from_mins(3),
            "a short outage holds no chat for long"
        );
    }

    #[test]
    fn jitter_adds_at_most_a_fifth() {
        struct Fixed(u8);
        impl Random for Fixed {
            fn fill(&self, bytes: &mut [u8]) {
                bytes.fill(self.0);
            }
        }
        let wait = Duration::from_secs(10);
        assert_eq!(with_jitter(wait, &Fixed(0)), wait);
        assert_eq!(with_jitter(wait, &Fixed(0xff)), Duration::from_secs(12));
        assert!(with_jitter(wait, &SystemRandom) >= wait);
    }

    #[test]
    fn media_and_unconfirmed_limits_are_set() {
        assert!(FETCH_MEDIA.is_sorted() && FETCH_MEDIA[0] == Duration::from_secs(2));
        assert_eq!((UNCONFIRMED_TRIES, UNCONFIRMED_HORIZON.as_secs()), (3, 600));
    }
}
