//! What to do when a linked device loses its connection: one table by reason.
//!
//! Credentials are deleted for no reason but an explicit log-out by the phone or WhatsApp (401, device removed), and
//! even then only when the account is linked anew.

use std::time::Duration;

use crate::account::AccountState;
use crate::clock::Random;
use crate::reason::{ReasonCode, StateReason};

/// Why a connection ended, as the protocol says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disconnect {
    /// The network broke, or the server closed without a word.
    Lost,
    /// Nothing came in for too long although the socket was open.
    Silent,
    /// `<stream:error code="515">`: connect again, at once. Normal after pairing.
    RestartRequired,
    /// `<stream:error><conflict type="replaced">`: another connection of this device took over.
    Replaced,
    /// `<conflict type="device_removed">`, or 401 at log-in: the phone unlinked this device.
    LoggedOut,
    /// `<failure reason="…">` at log-in, or a stream error, with this code.
    Refused(u16),
    /// WhatsApp banned the number for so many seconds.
    TemporaryBan {
        /// The protocol's code.
        code: u16,
        /// How long.
        seconds: u64,
    },
    /// The server says that this client version is too old (405).
    Outdated,
    /// Nobody scanned any of the QR codes.
    NotScanned,
}

/// What to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reaction {
    /// Try again by itself. The wait grows with each failure in a row: `base · 2^(failures-1)`, at most `cap`.
    Retry {
        /// First wait.
        base: Duration,
        /// Longest wait.
        cap: Duration,
        /// The state meanwhile.
        state: AccountState,
    },
    /// Stop, in this state, until a person acts.
    Stop(AccountState),
}

impl Disconnect {
    /// The table.
    pub fn reaction(&self) -> Reaction {
        let retry = |base_secs, cap_secs| Reaction::Retry {
            base: Duration::from_secs(base_secs),
            cap: Duration::from_secs(cap_secs),
            state: AccountState::Reconnecting,
        };
        match self {
            Self::Lost | Self::Silent => retry(1, 300),
            Self::RestartRequired => Reaction::Retry {
                base: Duration::ZERO,
                cap: Duration::from_mins(1),
                state: AccountState::Reconnecting,
            },
            // Another copy of this device is running. Fighting it would disconnect both for ever.
            Self::Replaced => retry(300, 3600),
            // 401 is the one code that says that the credentials are void.
            Self::LoggedOut | Self::Refused(401) => Reaction::Stop(AccountState::LoggedOut),
            // 403: the number is blocked. 406: banned. Both names are those of other open clients of this protocol.
            Self::Refused(403 | 406) => Reaction::Stop(AccountState::Banned),
            Self::Outdated | Self::Refused(405) => retry(3600, 6 * 3600),
            // 429: slow down.
            Self::Refused(429) => retry(60, 3600),
            // 5xx and whatever is not known yet: keep the credentials, try again, ever more slowly.
            Self::Refused(_) => retry(5, 900),
            Self::TemporaryBan { seconds, .. } => Reaction::Retry {
                base: Duration::from_secs((*seconds).max(60)),
                cap: Duration::from_secs((*seconds).max(24 * 3600)),
                state: AccountState::Restricted,
            },
            Self::NotScanned => Reaction::Stop(AccountState::Created),
        }
    }

    /// Code and sentence for the account's history.
    pub fn reason(&self) -> StateReason {
        let code = match self {
            Self::Lost => ReasonCode::ConnectionLost,
            Self::Silent => ReasonCode::NoReception,
            Self::RestartRequired => ReasonCode::RestartRequired,
            Self::Replaced => ReasonCode::Replaced,
            Self::LoggedOut => ReasonCode::LoggedOut,
            Self::Refused(number) => return StateReason::refused(*number),
            Self::TemporaryBan { code, seconds } => return StateReason::limited(*code, *seconds),
            Self::Outdated => ReasonCode::Outdated,
            Self::NotScanned => ReasonCode::QrNotScanned,
        };
        code.into()
    }
}

/// How long to wait before try number `failures` + 1 (`failures` is 1 after the first failure): exponential with full
/// jitter in the upper half, so that a thousand accounts do not come back in the same second.
pub fn backoff(base: Duration, cap: Duration, failures: u32, random: &dyn Random) -> Duration {
    let doublings = failures.saturating_sub(1).min(20);
    let full = base.saturating_mul(1 << doublings).min(cap);
    let half = u64::try_from(full.as_millis() / 2).unwrap_or(u64::MAX);
    Duration::from_millis(half + random.below(half.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn retry(base_secs: u64, cap_secs: u64, state: AccountState) -> Reaction {
        Reaction::Retry {
            base: Duration::from_secs(base_secs),
            cap: Duration::from_secs(cap_secs),
            state,
        }
    }

    #[test]
    fn every_reason_has_its_reaction_and_its_name() {
        use AccountState::{Banned, Created, LoggedOut, Reconnecting, Restricted};
        let table = [
            (Disconnect::Lost, retry(1, 300, Reconnecting), "connection_lost"),
            (Disconnect::Silent, retry(1, 300, Reconnecting), "no_reception"),
            (
                Disconnect::RestartRequired,
                retry(0, 60, Reconnecting),
                "stream_error_515",
            ),
            (Disconnect::Replaced, retry(300, 3600, Reconnecting), "stream_replaced"),
            (Disconnect::LoggedOut, Reaction::Stop(LoggedOut), "logged_out_401"),
            (Disconnect::Refused(401), Reaction::Stop(LoggedOut), "refused_401"),
            (Disconnect::Refused(403), Reaction::Stop(Banned), "refused_403"),
            (
                Disconnect::Refused(405),
                retry(3600, 21_600, Reconnecting),
                "refused_405",
            ),
            (Disconnect::Refused(406), Reaction::Stop(Banned), "refused_406"),
            (Disconnect::Refused(429), retry(60, 3600, Reconnecting), "refused_429"),
            (Disconnect::Refused(500), retry(5, 900, Reconnecting), "refused_500"),
            (Disconnect::Refused(503), retry(5, 900, Reconnecting), "refused_503"),
            (Disconnect::Refused(999), retry(5, 900, Reconnecting), "refused_999"),
            (
                Disconnect::TemporaryBan {
                    code: 101,
                    seconds: 7_200,
                },
                retry(7_200, 86_400, Restricted),
                "temporary_ban_101",
            ),
            (
                Disconnect::TemporaryBan { code: 101, seconds: 5 },
                retry(60, 86_400, Restricted),
                "temporary_ban_101",
            ),
            (
                Disconnect::Outdated,
                retry(3600, 21_600, Reconnecting),
                "client_outdated",
            ),
            (Disconnect::NotScanned, Reaction::Stop(Created), "qr_not_scanned"),
        ];
        for (disconnect, reaction, code) in table {
            assert_eq!(disconnect.reaction(), reaction, "{disconnect:?}");
            assert_eq!(disconnect.reason().code, code);
            assert!(disconnect.reason().detail.ends_with('.'));
        }
    }

    #[test]
    fn an_unknown_code_never_ends_in_a_log_out() {
        for code in (0..1000).filter(|code| *code != 401) {
            assert_ne!(
                Disconnect::Refused(code).reaction(),
                Reaction::Stop(AccountState::LoggedOut),
                "{code}"
            );
        }
    }

    #[test]
    fn waits_double_up_to_the_cap_and_stay_in_the_upper_half() {
        let (base, cap) = (Duration::from_secs(1), Duration::from_mins(5));
        let most: Vec<_> = (1..=12)
            .map(|n| backoff(base, cap, n, &Fixed(0xff)).as_secs())
            .collect();
        assert_eq!(most, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        let least: Vec<_> = (1..=4).map(|n| backoff(base, cap, n, &Fixed(0)).as_millis()).collect();
        assert_eq!(least, [500, 1000, 2000, 4000]);
        assert_eq!(backoff(base, cap, 0, &Fixed(0xff)), Duration::from_secs(1));
        assert_eq!(backoff(base, cap, u32::MAX, &Fixed(0xff)), cap);
        assert_eq!(backoff(Duration::ZERO, cap, 5, &Fixed(0xff)), Duration::ZERO);
    }
}
