//! Links by which somebody far away links an account, without a log-in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::account::AccountState;
use crate::clock::Timestamp;
use crate::id::{AccountId, RemoteLinkId};

/// A link, as the organization sees it: never the link itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemoteLink {
    /// Ours.
    pub id: RemoteLinkId,
    /// Whose QR code it shows.
    pub account_id: AccountId,
    /// When it was made.
    pub created_at: Timestamp,
    /// It works until then.
    pub expires_at: Timestamp,
    /// When a browser opened it first. No other one may use it since.
    #[schema(required = true)]
    pub opened_at: Option<Timestamp>,
}

/// Where linking stands, as whoever has the link is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RemoteLinkState {
    /// A code comes in a moment, or the phone has scanned one and is being linked.
    Preparing,
    /// A code waits for a phone.
    NeedScan,
    /// Something is to be confirmed on the phone.
    OnPhone,
    /// The phone was linked, and sends what it has.
    Syncing,
    /// Done.
    Connected,
    /// No more codes come until a new one is asked for.
    Ended,
    /// Only the organization can go on.
    Stopped,
}

impl RemoteLinkState {
    /// What is told of an account in this state.
    pub fn of(state: AccountState) -> Self {
        match state {
            AccountState::Starting | AccountState::Reconnecting => Self::Preparing,
            AccountState::NeedScan => Self::NeedScan,
            AccountState::PairingCode | AccountState::PasskeyRequired => Self::OnPhone,
            AccountState::Syncing => Self::Syncing,
            AccountState::Connected => Self::Connected,
            AccountState::Created | AccountState::LoggedOut => Self::Ended,
            AccountState::Restricted | AccountState::Banned | AccountState::Paused => Self::Stopped,
        }
    }
}
