//! What the server's refusal of one message means.

use std::time::Duration;

use pesan_model::FailureCode;
use pesan_model::message::MessageError;

use crate::provider::Refusal;

/// The number has no WhatsApp.
pub(super) fn not_on_whatsapp() -> Refusal {
    Refusal::Final(FailureCode::NotOnWhatsapp.into())
}

/// Nobody has this hidden id.
pub(super) fn nobody() -> Refusal {
    let failure = MessageError::from(FailureCode::NotOnWhatsapp);
    Refusal::Final(failure.told("Nobody on WhatsApp has this address."))
}

/// What a refusal with this code means, whether somebody waits for it or not. A refused message was certainly not
/// accepted, so the passing ones can be tried again.
pub(super) fn of(code: &str) -> Refusal {
    let retry = |seconds: Option<u64>| Refusal::Passing {
        after: seconds.map(Duration::from_secs),
        reason: format!("WhatsApp refused it for now (code {code})"),
    };
    match code {
        // 409 and 421: members or devices changed meanwhile; the library asks anew by itself. The others pass.
        "408" | "409" | "421" | "500" | "502" | "503" | "504" => retry(None),
        "429" => retry(Some(60)),
        _ => Refusal::Final(MessageError::refused(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passing_refusals_are_tried_again_and_others_say_why_in_a_sentence() {
        for code in ["408", "500", "502", "503", "504", "409", "421"] {
            assert!(matches!(of(code), Refusal::Passing { after: None, .. }), "{code}");
        }
        assert!(matches!(of("429"), Refusal::Passing { after: Some(wait), .. } if wait == Duration::from_mins(1)));
        let mut details = Vec::new();
        for code in ["400", "401", "404", "405", "413", "463", "479", "999"] {
            let Refusal::Final(failure) = of(code) else {
                panic!("{code} is final")
            };
            assert_eq!(failure.code, format!("rejected_{code}"));
            assert!(failure.detail.ends_with('.'), "{}", failure.detail);
            details.push(failure.detail);
        }
        let count = details.len();
        details.sort();
        details.dedup();
        assert_eq!(details.len(), count, "every code has its own sentence");
        for code in ["401", "403", "406"] {
            assert!(matches!(of(code), Refusal::Final(_)), "{code}");
        }
        assert!(matches!(not_on_whatsapp(), Refusal::Final(failure) if failure.code == "not_on_whatsapp"));
    }
}
