//! What a try means: delivered, to be tried again and when, or over.

use std::time::Duration;

use pesan_model::retry::{wait_after, with_jitter};
use pesan_model::{Random, Timestamp};

use crate::net::{self, Answer};

/// Longest wait that an endpoint may ask for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(24);
/// How long later events of a chat wait behind one that fails while its endpoint takes others.
const HOLDS_ITS_LANE: Duration = Duration::from_hours(1);
/// When an endpoint took nothing for so long and then takes something, everything that holds back others is due at once.
pub(super) const OUTAGE: Duration = Duration::from_mins(30);

/// What happens next to a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing: it arrived.
    Delivered,
    /// Another try at this time, with later events of the chat waiting for it.
    Retry(Timestamp),
    /// Another try at this time, with later events going on without it.
    StepAside(Timestamp),
    /// Nothing: there are no more tries.
    Failed,
    /// Nothing more for the whole webhook: the endpoint says that it is gone.
    Gone,
}

/// A try and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) next: Next,
    /// The HTTP status, where there was an answer.
    pub(super) status: Option<u16>,
    /// What went wrong.
    pub(super) error: Option<String>,
    /// How long the endpoint asked to be left alone.
    pub(super) pause: Option<Duration>,
}

/// What is known about a delivery when its try has ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Try<'a> {
    /// Waits before each further try.
    pub(super) waits: &'a [Duration],
    /// Tries of this round, this one included: a redelivery begins again with 1.
    pub(super) number: u32,
    /// When the delivery, or its present round, was made.
    pub(super) made_at: Timestamp,
    /// Since when the endpoint took nothing at all; none when it took what came last.
    pub(super) failing_since: Option<Timestamp>,
    /// The time.
    pub(super) now: Timestamp,
}

pub(super) fn judge(result: Result<Answer, net::Error>, tried: Try<'_>, random: &dyn Random) -> Verdict {
    match result {
        Ok(answer) if (200..300).contains(&answer.status) => Verdict {
            next: Next::Delivered,
            status: Some(answer.status),
            error: None,
            pause: None,
        },
        Ok(answer) => {
            let asked = answer
                .retry_after
                .as_deref()
                .and_then(|text| retry_after(text, tried.now))
                .map(|wait| wait.min(LONGEST_RETRY_AFTER));
            Verdict {
                next: match answer.status {
                    410 => Next::Gone,
                    _ => next(tried, asked.unwrap_or_default(), random),
                },
                status: Some(answer.status),
                error: Some(format!("answered {}", answer.status)),
                pause: asked.filter(|_| matches!(answer.status, 429 | 502 | 503 | 504)),
            }
        }
        Err(error) => Verdict {
            next: next(tried, Duration::ZERO, random),
            status: None,
            error: Some(error.to_string()),
            pause: None,
        },
    }
}

fn next(tried: Try<'_>, at_least: Duration, random: &dyn Random) -> Next {
    let Some(wait) = wait_after(tried.waits, tried.number) else {
        return Next::Failed;
    };
    let at = tried.now.plus(with_jitter(wait, random).max(at_least));
    let failed_for: Duration = tried.waits.iter().take(tried.number as usize - 1).sum();
    // It took nothing since this first failed: the order can be kept, since nothing else of the chat would arrive either.
    let is_down = tried
        .failing_since
        .is_some_and(|since| tried.now.since(since) >= failed_for);
    let is_held =
        failed_for + wait <= HOLDS_ITS_LANE || is_down && tried.now.since(tried.made_at) <= tried.waits.iter().sum();
    if is_held && at_least <= HOLDS_ITS_LANE {
        Next::Retry(at)
    } else {
        Next::StepAside(at)
    }
}

/// A `Retry-After`: seconds, or a date.
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Timestamp::from_millis(date.as_millisecond()).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pesan_model::retry::WEBHOOK;

    struct Fixed(u8);
    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn now() -> Timestamp {
        Timestamp::from_secs(1_700_000_000)
    }

    fn tried(number: u32) -> Try<'static> {
        Try {
            waits: WEBHOOK,
            number,
            made_at: now(),
            failing_since: None,
            now: now(),
        }
    }

    fn answer(status: u16, retry_after: Option<&str>) -> Answer {
        Answer {
            status,
            retry_after: retry_after.map(str::to_owned),
        }
    }

    fn after(secs: u64) -> Timestamp {
        now().plus(Duration::from_secs(secs))
    }

    #[test]
    fn only_2xx_is_a_success_and_410_is_the_end() {
        for status in [200, 201, 204, 299] {
            let verdict = judge(Ok(answer(status, None)), tried(1), &Fixed(0));
            assert_eq!((verdict.next, verdict.error), (Next::Delivered, None));
        }
        for status in [300, 302, 304, 400, 401, 404, 429, 500, 503] {
            let verdict = judge(Ok(answer(status, None)), tried(1), &Fixed(0));
            assert_eq!(verdict.next, Next::Retry(after(5)), "{status}");
            assert_eq!(verdict.status, Some(status));
            assert_eq!(verdict.error, Some(format!("answered {status}")));
            assert_eq!(verdict.pause, None);
        }
        assert_eq!(judge(Ok(answer(410, None)), tried(1), &Fixed(0)).next, Next::Gone);
        let verdict = judge(Err(net::Error::Timeout), tried(1), &Fixed(0));
        assert_eq!(verdict.next, Next::Retry(after(5)));
        assert_eq!(
            (verdict.status, verdict.error.as_deref()),
            (None, Some("no answer in time"))
        );
    }

    #[test]
    fn waits_follow_the_table_with_jitter_and_end() {
        let mut at = now();
        let mut waits = Vec::new();
        for number in 1.. {
            let tried = Try {
                waits: WEBHOOK,
                number,
                made_at: now(),
                failing_since: None,
                now: at,
            };
            match judge(Ok(answer(500, None)), tried, &Fixed(0)).next {
                Next::Retry(next) => {
                    assert!(next.since(now()) <= HOLDS_ITS_LANE);
                    waits.push(next.since(at));
                    at = next;
                }
                Next::StepAside(next) => {
                    assert!(next.since(now()) > HOLDS_ITS_LANE);
                    waits.push(next.since(at));
                    at = next;
                }
                other => {
                    assert_eq!(other, Next::Failed);
                    break;
                }
            }
        }
        assert_eq!(waits, WEBHOOK);
        assert!(at.since(now()) >= Duration::from_secs(75 * 3600));
        assert_eq!(
            judge(Ok(answer(500, None)), tried(1), &Fixed(0xff)).next,
            Next::Retry(after(6))
        );
    }

    #[test]
    fn what_fails_for_an_hour_steps_aside_unless_the_endpoint_takes_nothing_at_all() {
        // Its sixth try failed after 22 min 35 s, and the next is half an hour later; the seventh would wait an hour.
        let failed_for = Duration::from_secs(5 + 30 + 120 + 300 + 900);
        let judged = |number, failing_for: Option<Duration>| {
            let tried = Try {
                number,
                failing_since: failing_for.map(|time| now().minus(time)),
                ..tried(number)
            };
            judge(Ok(answer(500, None)), tried, &Fixed(0)).next
        };
        assert_eq!(judged(6, None), Next::Retry(after(1800)));
        let failed_for = failed_for + Duration::from_mins(30);
        let moment = Duration::from_millis(1);
        assert_eq!(judged(7, None), Next::StepAside(after(3600)));
        assert_eq!(
            judged(7, Some(failed_for.saturating_sub(moment))),
            Next::StepAside(after(3600))
        );
        assert_eq!(judged(7, Some(failed_for)), Next::Retry(after(3600)));
        // Whatever it waited for behind others: it is tried for an hour.
        let waited = Try {
            made_at: now().minus(Duration::from_hours(50)),
            ..tried(1)
        };
        assert_eq!(
            judge(Ok(answer(500, None)), waited, &Fixed(0)).next,
            Next::Retry(after(5))
        );
        // Not longer than the table lasts.
        let whole: Duration = WEBHOOK.iter().sum();
        let old = |age| Try {
            made_at: now().minus(age),
            failing_since: Some(now().minus(age)),
            ..tried(8)
        };
        let judged = |age| judge(Ok(answer(500, None)), old(age), &Fixed(0)).next;
        assert_eq!(judged(whole), Next::Retry(after(7200)));
        assert_eq!(judged(whole + moment), Next::StepAside(after(7200)));
    }

    #[test]
    fn endpoints_may_ask_for_time_up_to_a_day() {
        let verdict = |status, text| judge(Ok(answer(status, Some(text))), tried(1), &Fixed(0));
        assert_eq!(verdict(503, "120").next, Next::Retry(after(120)));
        assert_eq!(verdict(503, "120").pause, Some(Duration::from_secs(120)));
        assert_eq!(
            verdict(500, "120").pause,
            None,
            "one event is the trouble, not the endpoint"
        );
        assert_eq!(
            verdict(429, "1").next,
            Next::Retry(after(5)),
            "never sooner than the table"
        );
        assert_eq!(verdict(429, "999999").next, Next::StepAside(after(24 * 3600)));
        assert_eq!(
            verdict(503, "Tue, 14 Nov 2023 22:15:20 GMT").next,
            Next::Retry(after(120))
        );
        assert_eq!(
            verdict(503, "Tue, 14 Nov 2000 22:15:20 GMT").next,
            Next::Retry(after(5))
        );
        assert_eq!(verdict(503, "soon").next, Next::Retry(after(5)));
        assert_eq!(verdict(503, "-5").pause, None);
    }
}
