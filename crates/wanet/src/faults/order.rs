//! Orders of faults.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Concerns, FaultKind};
use crate::error::Error;

/// A fault as it is ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewFault {
    /// What goes wrong.
    #[serde(flatten)]
    pub fault: FaultKind,
    /// Only for this account: the sender of a stanza, for `corrupt_ciphertext` its receiver.
    #[serde(default)]
    pub phone: Option<String>,
    /// Only for this device of the account.
    #[serde(default)]
    pub device: Option<u16>,
    /// Only for stanzas of this class, `message` or `receipt`.
    #[serde(default)]
    pub stanza: Option<String>,
    /// Only for the stanza with this id.
    #[serde(default, rename = "stanza_id")]
    pub id: Option<String>,
    /// Only for stanzas to this chat, a phone or a JID.
    #[serde(default)]
    pub chat: Option<String>,
    /// How often it happens; `null` means until it is removed.
    #[serde(default = "once")]
    pub count: Option<u32>,
}

#[expect(clippy::unnecessary_wraps, reason = "serde wants the type of the field")]
fn once() -> Option<u32> {
    Some(1)
}

impl NewFault {
    /// A fault that happens once, to anybody.
    pub fn once(fault: FaultKind) -> Self {
        Self {
            fault,
            phone: None,
            device: None,
            stanza: None,
            id: None,
            chat: None,
            count: Some(1),
        }
    }

    /// Only for this account.
    #[must_use]
    pub fn phone(mut self, phone: impl Into<String>) -> Self {
        self.phone = Some(phone.into());
        self
    }

    /// Only for this device of the account.
    #[must_use]
    pub fn device(mut self, device: u16) -> Self {
        self.device = Some(device);
        self
    }

    /// Only when a stanza of this class passes.
    #[must_use]
    pub fn stanza(mut self, class: impl Into<String>) -> Self {
        self.stanza = Some(class.into());
        self
    }

    /// Says what of an order can never happen: a fault that silently does nothing makes a test that cannot fail, and one that
    /// forgets whom it was for strikes everybody.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let of_a_stanza = [("stanza", &self.stanza), ("chat", &self.chat), ("stanza_id", &self.id)];
        let given = of_a_stanza.into_iter().find(|(_, value)| value.is_some());
        match self.fault.concerns() {
            Concerns::Acknowledgement if self.stanza.as_deref() == Some("receipt") => Err(Error::invalid(
                "stanza",
                "the acknowledgement of a receipt cannot be disturbed",
            )),
            Concerns::Connection if given.is_some() && self.stanza.is_none() => Err(Error::invalid(
                "stanza",
                "is needed with a chat or an id: without it the connection is disturbed at once",
            )),
            Concerns::LogIn => given.map_or(Ok(()), |(field, _)| {
                Err(Error::invalid(field, "no stanza, chat or id takes part in a log-in"))
            }),
            Concerns::Acknowledgement | Concerns::Stanza | Concerns::Connection => Ok(()),
        }?;
        if let Some(class) = self
            .stanza
            .as_deref()
            .filter(|class| !["message", "receipt"].contains(class))
        {
            return Err(Error::invalid(
                "stanza",
                format!("{class} is neither message nor receipt"),
            ));
        }
        if self.count == Some(0) {
            return Err(Error::invalid(
                "count",
                "0 never happens; null means until it is removed",
            ));
        }
        Ok(())
    }

    /// So many times.
    #[must_use]
    pub fn times(mut self, count: u32) -> Self {
        self.count = Some(count);
        self
    }
}
