//! What to do after a message was handed to WhatsApp: a pure table.

use std::time::Duration;

use pesan_model::message::MessageError;
use pesan_model::retry::{UNCONFIRMED_HORIZON, UNCONFIRMED_TRIES, wait_after};
use pesan_model::{FailureCode, Timestamp};
use pesan_providers::SendError;

use crate::context::Limits;

/// How long a message waits for its account at least. It is woken when the account is connected again.
const DISCONNECTED_WAIT: Duration = Duration::from_secs(30);

/// How often a message may be led to another number.
const LED_ELSEWHERE: usize = 3;

/// What becomes of the message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Try again after this; the try counts.
    Retry(Duration),
    /// Wait for the connection; the try does not count.
    Snooze(Duration),
    /// It has failed.
    Fail(MessageError),
}

/// The table. `attempts` counts this try; `first_wire_at` is when the message was first handed over.
pub(crate) fn after(
    error: &SendError,
    limits: &Limits,
    attempts: u32,
    (first_wire_at, now): (Timestamp, Timestamp),
) -> Next {
    match error {
        SendError::NotConnected => Next::Snooze(DISCONNECTED_WAIT),
        // At once, and a few times more than what may have failed before: two numbers that lead to each other lead nowhere.
        SendError::Elsewhere { .. } if attempts as usize <= limits.send_waits.len() + LED_ELSEWHERE => {
            Next::Retry(Duration::ZERO)
        }
        SendError::Elsewhere { .. } => Next::Fail(
            MessageError::from(FailureCode::SendFailed)
                .told("WhatsApp led from one form of this number to the other and back; it was not sent."),
        ),
        SendError::Retry { after, reason } => match wait_after(&limits.send_waits, attempts) {
            Some(wait) => Next::Retry(after.unwrap_or(wait).max(wait)),
            None => Next::Fail(MessageError::from(FailureCode::SendFailed).told(format!(
                "The message could not be sent after {attempts} tries: {reason}."
            ))),
        },
        SendError::Rejected(failure) => Next::Fail(failure.clone()),
        SendError::Unknown { .. } => {
            if attempts >= UNCONFIRMED_TRIES || now.since(first_wire_at) >= UNCONFIRMED_HORIZON {
                Next::Fail(FailureCode::Unconfirmed.into())
            } else {
                Next::Retry(limits.unconfirmed_wait)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    const START: Timestamp = Timestamp::from_millis(1_000_000);

    fn limits() -> Limits {
        Limits::default()
    }

    fn retry(after: Option<u64>) -> SendError {
        SendError::Retry {
            after: after.map(Duration::from_secs),
            reason: "busy".into(),
        }
    }

    fn code(next: Next) -> String {
        match next {
            Next::Fail(error) => error.code,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_refused_try_is_repeated_after_10_30_and_60_seconds_and_then_fails() {
        for (attempts, secs) in [(1, 10), (2, 30), (3, 60)] {
            assert_eq!(
                after(&retry(None), &limits(), attempts, (START, START)),
                Next::Retry(Duration::from_secs(secs))
            );
        }
        assert_eq!(code(after(&retry(None), &limits(), 4, (START, START))), "send_failed");
        assert_eq!(
            after(&retry(Some(300)), &limits(), 1, (START, START)),
            Next::Retry(Duration::from_secs(300))
        );
        assert_eq!(
            after(&retry(Some(1)), &limits(), 1, (START, START)),
            Next::Retry(Duration::from_secs(10)),
            "never sooner"
        );
    }

    #[test]
    fn without_a_connection_it_waits_and_the_try_does_not_count() {
        assert_eq!(
            after(&SendError::NotConnected, &limits(), 9, (START, START)),
            Next::Snooze(Duration::from_secs(30))
        );
    }

    #[test]
    fn to_a_number_that_is_known_in_another_form_it_goes_at_once_but_not_for_ever() {
        let elsewhere = SendError::Elsewhere {
            phone: "6280000000001".parse().expect("a number"),
        };
        for attempts in 1..=6 {
            assert_eq!(
                after(&elsewhere, &limits(), attempts, (START, START)),
                Next::Retry(Duration::ZERO)
            );
        }
        assert_eq!(code(after(&elsewhere, &limits(), 7, (START, START))), "send_failed");
    }

    #[test]
    fn a_rejection_is_final_and_keeps_its_code() {
        for failure in [MessageError::refused("463"), FailureCode::NotOnWhatsapp.into()] {
            assert_eq!(
                after(&SendError::Rejected(failure.clone()), &limits(), 1, (START, START)),
                Next::Fail(failure)
            );
        }
    }

    #[test]
    fn an_unknown_outcome_is_tried_three_times_within_ten_minutes() {
        let unknown = SendError::Unknown {
            reason: "no answer".into(),
        };
        let later = |secs| START.plus(Duration::from_secs(secs));
        assert_eq!(
            after(&unknown, &limits(), 1, (START, later(20))),
            Next::Retry(Duration::from_secs(10))
        );
        assert_eq!(
            after(&unknown, &limits(), 2, (START, later(599))),
            Next::Retry(Duration::from_secs(10))
        );
        assert_eq!(code(after(&unknown, &limits(), 3, (START, later(60)))), "unconfirmed");
        assert_eq!(code(after(&unknown, &limits(), 2, (START, later(600)))), "unconfirmed");
    }
}
