//! What an account's task reports of it.

use std::time::Duration;

use pesan_model::{AccountState, StateReason};
use pesan_providers::inbound::Identity;
use pesan_store::account;

use crate::accounts::report::Report;

/// In this state, and wanted.
pub(super) fn state(state: AccountState) -> Report {
    Report {
        state,
        reason: None,
        identity: None,
        is_new_link: false,
        not_before: None,
        is_wanted: true,
    }
}

/// It starts, for this reason.
pub(super) fn starting(reason: StateReason) -> Report {
    Report {
        reason: Some(reason),
        ..state(AccountState::Starting)
    }
}

/// WhatsApp goes on to limit its number.
pub(super) fn limited(left: Duration) -> Report {
    Report {
        reason: Some(StateReason::still_limited(left.as_secs())),
        ..state(AccountState::Restricted)
    }
}

/// In this state, and who it is on WhatsApp.
pub(super) fn with_identity(new: AccountState, identity: Identity) -> Report {
    let identity = account::Identity {
        phone: identity.phone.map(|phone| phone.to_string()),
        lid: identity.lid,
        push_name: identity.push_name,
    };
    Report {
        identity: Some(identity),
        ..state(new)
    }
}
