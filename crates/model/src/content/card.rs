//! People whose numbers somebody passes on.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::address::Phone;

/// Contact cards: one or several people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Contacts {
    /// The people, in the order in which they were sent.
    pub cards: Vec<ContactCard>,
}

/// Somebody whose numbers were passed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContactCard {
    /// What the sender calls them.
    pub name: String,
    /// Where they work, where the card says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Their numbers.
    pub numbers: Vec<CardNumber>,
}

/// A number on a contact card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CardNumber {
    /// As it is written on the card.
    pub written: String,
    /// With the plus and its country, as it can be written to; absent where the card does not tell the country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "+6280000000001")]
    pub phone: Option<Phone>,
}
