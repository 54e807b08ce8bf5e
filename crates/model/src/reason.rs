//! Why an account is in its state.
//!
//! A new reason is a line of the table; the description of the API lists it, and the web app asks for its words.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use crate::codes::{self, codes};

/// WhatsApp's number of a refused connection stands behind this.
const REFUSED: &str = "refused";
/// WhatsApp's number of the cause of a limit stands behind this.
const LIMITED: &str = "temporary_ban";

codes! {
    /// Why an account is in its state, as far as it is known beforehand. The numbers are WhatsApp's own.
    ReasonCode {
        ConnectRequested "connect_requested" "Somebody asked for it to be connected.";
        PausedByUser "paused_by_user" "Somebody paused this account.";
        LinkingCancelled "linking_cancelled" "Somebody stopped the linking.";
        LoggedOutByUser "logged_out_by_user" "Somebody logged this account out.";
        LoggedOutOffline "logged_out_offline"
            "Somebody logged this account out while it was not connected. Remove the device on the phone too, under Linked devices.";
        LoggedOutUnconfirmed "logged_out_unconfirmed"
            "Somebody logged this account out, but WhatsApp did not confirm that the device is unlinked. Remove it on the phone too, under Linked devices.";
        QrNotScanned "qr_not_scanned" "Nobody scanned the QR code in time.";
        Resumed "resumed" "Connecting again after a restart.";
        ConnectionLost "connection_lost" "The connection to WhatsApp was lost.";
        NoReception "no_reception" "Nothing was received from WhatsApp for too long.";
        RestartRequired "stream_error_515" "WhatsApp asked for a new connection.";
        Replaced "stream_replaced" "Another program connected as this device. It must be stopped.";
        LoggedOut "logged_out_401" "The phone or WhatsApp unlinked this device.";
        Outdated "client_outdated" "WhatsApp no longer accepts this version of Pesan. Please update it.";
        Refused401 "refused_401" "WhatsApp refused the connection (code 401).";
        Refused403 "refused_403" "WhatsApp refused the connection (code 403).";
        Refused405 "refused_405" "WhatsApp refused the connection (code 405).";
        Refused406 "refused_406" "WhatsApp refused the connection (code 406).";
        Refused429 "refused_429" "WhatsApp refused the connection (code 429).";
        Limited "temporary_ban" "WhatsApp limits this number for some time.";
        LimitedForStrangers "temporary_ban_101"
            "It wrote to too many people who do not have it among their contacts.";
        LimitedForBlocks "temporary_ban_102" "Too many people blocked it.";
        LimitedForGroups "temporary_ban_103"
            "It made too many groups with people who do not have it among their contacts.";
        LimitedForRepeating "temporary_ban_104" "It sent the same message to too many people.";
        LimitedForBroadcasts "temporary_ban_106" "It sent too many messages to a broadcast list.";
        LimitOver "limit_over" "The time for which WhatsApp limited this number is over.";
    }
}

/// Why an account is in its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StateReason {
    /// Stable, for programs.
    #[schema(schema_with = code_schema)]
    pub code: String,
    /// A sentence for people.
    pub detail: String,
}

impl StateReason {
    /// WhatsApp refused the connection with this number of its own.
    pub fn refused(number: u16) -> Self {
        Self {
            code: format!("{REFUSED}_{number}"),
            detail: format!("WhatsApp refused the connection (code {number})."),
        }
    }

    /// WhatsApp limits the number for so many seconds, for the cause with this number of its own.
    pub fn limited(number: u16, secs: u64) -> Self {
        let code = format!("{LIMITED}_{number}");
        let limit = format!("WhatsApp limits this number for {} minutes.", secs.div_ceil(60));
        let detail = match ReasonCode::from_code(&code) {
            Some(known) => format!("{limit} {}", known.sentence()),
            None => limit,
        };
        Self { code, detail }
    }

    /// WhatsApp goes on to limit the number for so many seconds.
    pub fn still_limited(secs: u64) -> Self {
        Self {
            detail: format!("WhatsApp limits this number for {} more minutes.", secs.div_ceil(60)),
            ..ReasonCode::Limited.into()
        }
    }

    /// Which one it is, when it is known beforehand.
    pub fn known(&self) -> Option<ReasonCode> {
        ReasonCode::from_code(&self.code)
    }
}

impl From<ReasonCode> for StateReason {
    fn from(code: ReasonCode) -> Self {
        Self {
            code: code.code().to_owned(),
            detail: code.sentence().to_owned(),
        }
    }
}

/// How the API describes [`StateReason::code`].
fn code_schema() -> RefOr<Schema> {
    codes::schema(ReasonCode::ALL.iter().map(|known| known.code()), &[REFUSED, LIMITED])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_name_of_its_own_and_a_sentence() {
        let mut names: Vec<_> = ReasonCode::ALL.iter().map(|known| known.code()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ReasonCode::ALL.len());
        for known in ReasonCode::ALL {
            let reason = StateReason::from(*known);
            assert_eq!(reason.known(), Some(*known));
            assert!(reason.detail.ends_with('.'), "{}", reason.detail);
        }
    }

    #[test]
    fn numbers_of_whatsapp_stand_in_the_code() {
        let reason = StateReason::refused(403);
        assert_eq!(reason, ReasonCode::Refused403.into());
        assert_eq!(StateReason::refused(503).known(), None);
        let reason = StateReason::limited(101, 7_201);
        assert_eq!(reason.known(), Some(ReasonCode::LimitedForStrangers));
        assert_eq!(
            reason.detail,
            "WhatsApp limits this number for 121 minutes. It wrote to too many people who do not have it among their \
             contacts."
        );
        let reason = StateReason::limited(199, 60);
        assert_eq!(reason.detail, "WhatsApp limits this number for 1 minutes.");
        let reason = StateReason::still_limited(60);
        assert_eq!(reason.known(), Some(ReasonCode::Limited));
        assert_eq!(reason.detail, "WhatsApp limits this number for 1 more minutes.");
    }
}
