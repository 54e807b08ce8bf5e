//! What the server's refusal of one message means.

use std::time::Duration;

use crate::provider::Refusal;

/// The code of ours for a number without WhatsApp.
const NOT_ON_WHATSAPP: &str = "not_on_whatsapp";

/// The number has no WhatsApp.
pub(super) fn not_on_whatsapp() -> Refusal {
    Refusal::Final {
        code: NOT_ON_WHATSAPP.into(),
        detail: "This number is not on WhatsApp.".into(),
    }
}

/// Nobody has this hidden id.
pub(super) fn nobody() -> Refusal {
    Refusal::Final {
        code: NOT_ON_WHATSAPP.into(),
        detail: "Nobody on WhatsApp has this address.".into(),
    }
}

/// What a refusal with this code means, whether somebody waits for it or not. A refused message was certainly not
/// accepted, so the passing ones can be tried again.
pub(super) fn of(code: &str) -> Refusal {
    let retry = |seconds: Option<u64>| Refusal::Passing {
        after: seconds.map(Duration::from_secs),
        reason: format!("WhatsApp refused it for now (code {code})"),
    };
    let rejected = |detail: &str| Refusal::Final {
        code: code.to_owned(),
        detail: detail.to_owned(),
    };
    match code {
        "400" => rejected("WhatsApp did not understand this message."),
        "401" | "403" => {
            rejected("This account may not write here. In a group, only admins may write, or it was removed.")
        }
        "404" => rejected("WhatsApp does not know the recipient any more."),
        "405" | "406" => rejected("WhatsApp does not accept this message from this account."),
        // 409 and 421: members or devices changed meanwhile; the library asks anew by itself. The others pass.
        "408" | "409" | "421" | "500" | "502" | "503" | "504" => retry(None),
        "413" => rejected("The message is too large for WhatsApp."),
        "429" => retry(Some(60)),
        "463" => rejected(
            "WhatsApp does not let this account write to people who have not written first. Wait, or let them write first.",
        ),
        "479" => rejected("WhatsApp did not accept the form of this message or of its recipient."),
        _ => rejected("WhatsApp refused this message."),
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
            let Refusal::Final { code: told, detail } = of(code) else {
                panic!("{code} is final")
            };
            assert_eq!(told, code);
            assert!(detail.ends_with('.'), "{detail}");
            details.push(detail);
        }
        let count = details.len();
        details.sort();
        details.dedup();
        assert_eq!(details.len(), count, "every code has its own sentence");
        assert!(matches!(
            (of("401"), of("403")),
            (Refusal::Final { .. }, Refusal::Final { .. })
        ));
        assert!(matches!(of("406"), Refusal::Final { .. }));
        assert!(matches!(not_on_whatsapp(), Refusal::Final { code, .. } if code == "not_on_whatsapp"));
    }
}
