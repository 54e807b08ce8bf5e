//! An account: one connected WhatsApp number, and the states it goes through.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::id::{AccountId, QuarantineId, TeamId, UserId};
use crate::pacing::Pacing;
use crate::reason::{ReasonCode, StateReason};

/// How an account is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// A linked device of a phone, over the WhatsApp Web protocol.
    LinkedDevice,
}

impl ProviderKind {
    /// The name in the API and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::LinkedDevice => "linked_device",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        (name == Self::LinkedDevice.name()).then_some(Self::LinkedDevice)
    }
}

/// What an account is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// Made, never connected.
    Created,
    /// Connecting.
    Starting,
    /// A QR code waits for a phone.
    NeedScan,
    /// A pairing code waits for a phone.
    PairingCode,
    /// WhatsApp asks for a passkey.
    PasskeyRequired,
    /// Linked; the first synchronisation runs.
    Syncing,
    /// Ready to send and receive.
    Connected,
    /// The connection was lost; it is tried again by itself.
    Reconnecting,
    /// WhatsApp limits this number for a while.
    Restricted,
    /// The phone or WhatsApp unlinked this device. It must be linked again.
    LoggedOut,
    /// WhatsApp banned this number.
    Banned,
    /// Somebody stopped it.
    Paused,
}

impl AccountState {
    /// Every state.
    pub const ALL: [Self; 12] = [
        Self::Created,
        Self::Starting,
        Self::NeedScan,
        Self::PairingCode,
        Self::PasskeyRequired,
        Self::Syncing,
        Self::Connected,
        Self::Reconnecting,
        Self::Restricted,
        Self::LoggedOut,
        Self::Banned,
        Self::Paused,
    ];

    /// The name in the API and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Starting => "starting",
            Self::NeedScan => "need_scan",
            Self::PairingCode => "pairing_code",
            Self::PasskeyRequired => "passkey_required",
            Self::Syncing => "syncing",
            Self::Connected => "connected",
            Self::Reconnecting => "reconnecting",
            Self::Restricted => "restricted",
            Self::LoggedOut => "logged_out",
            Self::Banned => "banned",
            Self::Paused => "paused",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// True when a person must act before messages flow again.
    pub fn needs_person(self) -> bool {
        match self {
            Self::Created
            | Self::NeedScan
            | Self::PairingCode
            | Self::PasskeyRequired
            | Self::LoggedOut
            | Self::Banned
            | Self::Paused => true,
            Self::Starting | Self::Syncing | Self::Connected | Self::Reconnecting | Self::Restricted => false,
        }
    }

    /// True when an account in this state should be running: it is started again after a restart of the process.
    pub fn wants_connection(self) -> bool {
        match self {
            Self::Starting | Self::Syncing | Self::Connected | Self::Reconnecting | Self::Restricted => true,
            Self::Created
            | Self::NeedScan
            | Self::PairingCode
            | Self::PasskeyRequired
            | Self::LoggedOut
            | Self::Banned
            | Self::Paused => false,
        }
    }

    /// One sentence that tells a person what it means and what to do.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Created => "This account is not linked yet. Connect it and scan the QR code with the phone.",
            Self::Starting => "Connecting to WhatsApp.",
            Self::NeedScan => "Open WhatsApp on the phone, choose Linked devices, and scan the QR code.",
            Self::PairingCode => "Enter the pairing code on the phone.",
            Self::PasskeyRequired => "WhatsApp asks for the passkey of this number. Confirm it on the phone.",
            Self::Syncing => "Linked. The first synchronisation is running.",
            Self::Connected => "Connected.",
            Self::Reconnecting => "The connection was lost. It is being restored by itself.",
            Self::Restricted => "WhatsApp limits this number for a while. Messages wait in the queue.",
            Self::LoggedOut => "This device was unlinked. Connect the account and scan a new QR code.",
            Self::Banned => "WhatsApp banned this number. Appeal in the app on the phone.",
            Self::Paused => "This account was paused. Connect it to go on.",
        }
    }

    /// The same where it is known why: some reasons ask for something else than their state.
    pub fn advice_because(self, reason: Option<&StateReason>) -> &'static str {
        match (self, reason.and_then(StateReason::known)) {
            (Self::Reconnecting, Some(ReasonCode::Replaced)) => {
                "Stop the other program that is connected as this device. Pesan tries again by itself, and stays \
                 connected once the other one is gone."
            }
            (Self::Reconnecting, Some(ReasonCode::Outdated)) => {
                "Update Pesan. Until then it tries again by itself, which will hardly help."
            }
            (Self::LoggedOut, Some(ReasonCode::LoggedOutOffline | ReasonCode::LoggedOutUnconfirmed)) => {
                "Remove the device on the phone, under Linked devices. To use the account again, connect it and scan a \
                 new QR code."
            }
            (state, _) => state.advice(),
        }
    }
}

/// One connected WhatsApp number, as the API and events show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// Ours.
    pub id: AccountId,
    /// What people call it.
    pub name: String,
    /// How it is connected.
    pub provider: ProviderKind,
    /// What it is doing.
    pub state: AccountState,
    /// Why.
    pub reason: Option<StateReason>,
    /// What that means for a person, and what to do.
    pub advice: String,
    /// Since when.
    pub state_since: Timestamp,
    /// Until when WhatsApp limits the number, while it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limited_until: Option<Timestamp>,
    /// The linked number, once it is known, with the plus.
    pub phone: Option<String>,
    /// WhatsApp's own id of the account.
    pub lid: Option<String>,
    /// The name shown to other people.
    pub push_name: Option<String>,
    /// How fast it may send; none when pacing is off.
    pub pacing: Option<Pacing>,
    /// Messages that wait to be sent.
    pub queued: u64,
    /// Who looks after chats that begin on it.
    #[serde(default)]
    #[schema(required = true)]
    pub assignee_id: Option<UserId>,
    /// The team that chats belong to that begin on it.
    #[serde(default)]
    #[schema(required = true)]
    pub team_id: Option<TeamId>,
    /// When it was last connected.
    pub last_connected_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What goes over an account, and how steadily it is connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountActivity {
    /// The account.
    pub account_id: AccountId,
    /// When the last message came in.
    pub last_received_at: Option<Timestamp>,
    /// When the last message left.
    pub last_sent_at: Option<Timestamp>,
    /// Messages that left today, where the organization is.
    pub sent_today: u64,
    /// How often it was connected and lost that within 30 days, but for when somebody here wanted so.
    pub drops: u64,
}

/// Whether a number is on WhatsApp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NumberStatus {
    /// The number, with the plus.
    pub phone: String,
    /// Whether it is on WhatsApp.
    pub exists: bool,
    /// WhatsApp's address of it. It can be another number: some countries have two forms.
    pub address: Option<String>,
    /// When WhatsApp was asked.
    pub checked_at: Timestamp,
}

/// One entry of an account's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StateChange {
    /// The state it came into.
    pub state: AccountState,
    /// Why.
    pub reason: Option<StateReason>,
    /// When.
    pub at: Timestamp,
}

/// Something that came in on an account and could not be stored. It is kept aside, whole and encrypted; what it says is
/// not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuarantineEntry {
    /// Its id.
    pub id: QuarantineId,
    /// What it is: `message`, `group`, `receipt`, `acknowledgement`, `person` or `activity`.
    pub kind: String,
    /// Why it could not be stored the last time, in technical words.
    pub reason: String,
    /// Since when it is kept aside.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_api() {
        for state in AccountState::ALL {
            assert_eq!(serde_json::to_value(state).expect("serializes"), state.name());
            assert_eq!(AccountState::from_name(state.name()), Some(state));
            assert!(state.advice().ends_with('.'));
        }
        assert_eq!(AccountState::from_name("gone"), None);
        assert_eq!(
            ProviderKind::from_name(ProviderKind::LinkedDevice.name()),
            Some(ProviderKind::LinkedDevice)
        );
        assert_eq!(ProviderKind::from_name("pigeon"), None);
        assert_eq!(ProviderKind::LinkedDevice.name(), "linked_device");
        assert_eq!(
            serde_json::to_value(ProviderKind::LinkedDevice).expect("serializes"),
            "linked_device"
        );
    }

    #[test]
    fn advice_fits_the_reason() {
        let advice = |state: AccountState, code: ReasonCode| state.advice_because(Some(&code.into()));
        for (state, code, word) in [
            (
                AccountState::Reconnecting,
                ReasonCode::Replaced,
                "Stop the other program",
            ),
            (AccountState::Reconnecting, ReasonCode::Outdated, "Update Pesan"),
            (AccountState::LoggedOut, ReasonCode::LoggedOutOffline, "on the phone"),
            (
                AccountState::LoggedOut,
                ReasonCode::LoggedOutUnconfirmed,
                "on the phone",
            ),
        ] {
            assert!(advice(state, code).contains(word), "{code:?}");
            assert_ne!(advice(state, code), state.advice());
        }
        // A reason that stayed behind says nothing about another state.
        assert_eq!(
            advice(AccountState::Connected, ReasonCode::Replaced),
            AccountState::Connected.advice()
        );
        assert_eq!(
            advice(AccountState::Reconnecting, ReasonCode::ConnectionLost),
            AccountState::Reconnecting.advice()
        );
        assert_eq!(
            AccountState::LoggedOut.advice_because(None),
            AccountState::LoggedOut.advice()
        );
    }

    #[test]
    fn an_account_that_needs_a_person_is_not_started_by_itself() {
        for state in AccountState::ALL {
            assert_ne!(state.needs_person(), state.wants_connection(), "{state:?}");
        }
        assert!(AccountState::LoggedOut.needs_person() && AccountState::Reconnecting.wants_connection());
    }
}
