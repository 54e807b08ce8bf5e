//! Why messages fail: the codes of [`MessageError`].
//!
//! What else is known of a refusal by WhatsApp is added as a line of the table; the web app then asks for its words.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use crate::codes::{self, codes};
use crate::message::MessageError;

/// WhatsApp's number of a refusal stands behind this.
const REFUSED: &str = "rejected";

codes! {
    /// Why a message failed. The numbers are WhatsApp's own: those with which it refuses a message.
    FailureCode {
        NotOnWhatsapp "not_on_whatsapp" "This number is not on WhatsApp.";
        Invalid "invalid" "This message cannot be sent.";
        SendFailed "send_failed" "The message could not be sent after several tries.";
        Unconfirmed "unconfirmed"
            "WhatsApp never confirmed this message. It may have arrived: look at the phone before you retry it.";
        NumberChanged "number_changed"
            "The account was linked to another number before this message left. Retry it to send it from that one.";
        TargetNotSent "target_not_sent" "The message that this reaction is on was never sent.";
        Refused400 "rejected_400" "WhatsApp did not understand this message.";
        Refused401 "rejected_401"
            "This account may not write here. In a group, only admins may write, or it was removed.";
        Refused403 "rejected_403"
            "This account may not write here. In a group, only admins may write, or it was removed.";
        Refused404 "rejected_404" "WhatsApp does not know the recipient any more.";
        Refused405 "rejected_405" "WhatsApp does not accept this message from this account.";
        Refused406 "rejected_406" "WhatsApp does not accept this message from this account.";
        Refused413 "rejected_413" "The message is too large for WhatsApp.";
        Refused463 "rejected_463"
            "WhatsApp does not let this account write to people who have not written first. Wait, or let them write first.";
        Refused479 "rejected_479" "WhatsApp did not accept the form of this message or of its recipient.";
    }
}

impl MessageError {
    /// WhatsApp refused the message with this code of its own.
    pub fn refused(code: &str) -> Self {
        let name = format!("{REFUSED}_{code}");
        match FailureCode::from_code(&name) {
            Some(known) => known.into(),
            None => Self {
                code: name,
                detail: format!("WhatsApp refused this message (code {code})."),
            },
        }
    }

    /// The same failure told more exactly.
    #[must_use]
    pub fn told(self, detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
            ..self
        }
    }
}

impl From<FailureCode> for MessageError {
    fn from(code: FailureCode) -> Self {
        Self {
            code: code.code().to_owned(),
            detail: code.sentence().to_owned(),
        }
    }
}

/// How the API describes [`MessageError::code`].
pub(crate) fn code_schema() -> RefOr<Schema> {
    codes::schema(FailureCode::ALL.iter().map(|known| known.code()), &[REFUSED])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_number_whether_it_is_known_or_not() {
        let known = MessageError::refused("463");
        assert_eq!(known, FailureCode::Refused463.into());
        assert_eq!(known.code, "rejected_463");
        let unknown = MessageError::refused("999");
        assert_eq!(
            (unknown.code.as_str(), unknown.detail.as_str()),
            ("rejected_999", "WhatsApp refused this message (code 999).")
        );
        // Only what WhatsApp says is a refusal.
        assert_eq!(MessageError::refused("failed").code, "rejected_failed");
    }

    #[test]
    fn every_code_has_a_name_of_its_own_and_a_sentence() {
        let mut names: Vec<_> = FailureCode::ALL.iter().map(|known| known.code()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FailureCode::ALL.len());
        assert!(FailureCode::ALL.iter().all(|known| known.sentence().ends_with('.')));
    }

    #[test]
    fn a_failure_can_be_told_more_exactly() {
        let told = MessageError::from(FailureCode::Invalid).told("It has no recipient.");
        assert_eq!(
            (told.code.as_str(), told.detail.as_str()),
            ("invalid", "It has no recipient.")
        );
    }
}
