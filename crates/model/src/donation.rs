//! Donations, as the API and events show them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::currency::Currency;
use crate::day::Day;
use crate::id::{ContactId, DonationId, MediaId};

/// A gift of money that was written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Donation {
    /// Ours.
    pub id: DonationId,
    /// Who gave it.
    pub contact_id: ContactId,
    /// How much, in the currency's smallest unit: 125000000 is Rp 1.250.000.
    pub amount: i64,
    /// In which currency.
    pub currency: Currency,
    /// How it came.
    pub method: DonationMethod,
    /// On which day it was given, where the organization is.
    pub given_on: Day,
    /// What for, as people call it: `Zakat`, `Building`.
    pub fund: Option<String>,
    /// Whether it counts.
    pub status: DonationStatus,
    /// Something about it.
    pub note: Option<String>,
    /// The receipt: a stored file.
    pub media_id: Option<MediaId>,
    /// Who wrote it down: `user:usr_…` or `key:key_…`.
    pub recorded_by: String,
    /// When it was written down.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// Whether a donation counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DonationStatus {
    /// The money is there. Only these count.
    Confirmed,
    /// It was promised or is on its way.
    Pending,
    /// It was given back.
    Refunded,
}

/// How the money came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DonationMethod {
    /// From bank account to bank account.
    BankTransfer,
    /// By scanning a QRIS code.
    Qris,
    /// From an electronic wallet.
    EWallet,
    /// By card.
    Card,
    /// In cash.
    Cash,
    /// Otherwise.
    Other,
}

/// What a person gave in one currency. Only confirmed donations count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DonationTotals {
    /// The currency.
    pub currency: Currency,
    /// All of it, in the currency's smallest unit.
    pub lifetime_value: i64,
    /// How many donations.
    pub gifts: u32,
    /// What one was on average, rounded down.
    pub average: i64,
    /// The largest one.
    pub largest: i64,
    /// The day of the first.
    pub first_on: Day,
    /// The day of the last.
    pub last_on: Day,
    /// In how many years running there was one, ending with the year of the last.
    pub streak_years: u32,
}

impl DonationStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Confirmed, Self::Pending, Self::Refunded];

    /// The name in the API and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Pending => "pending",
            Self::Refunded => "refunded",
        }
    }

    /// The status with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

impl DonationMethod {
    /// Every method.
    pub const ALL: [Self; 6] = [
        Self::BankTransfer,
        Self::Qris,
        Self::EWallet,
        Self::Card,
        Self::Cash,
        Self::Other,
    ];

    /// The name in the API and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::BankTransfer => "bank_transfer",
            Self::Qris => "qris",
            Self::EWallet => "e_wallet",
            Self::Card => "card",
            Self::Cash => "cash",
            Self::Other => "other",
        }
    }

    /// The method with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// How many years running end with the latest of these. `years` is in any order and may repeat.
pub fn streak(mut years: Vec<i64>) -> u32 {
    years.sort_unstable_by(|one, other| other.cmp(one));
    years.dedup();
    let latest = years.first().copied().unwrap_or_default();
    let running = years
        .iter()
        .zip(0_i64..)
        .take_while(|(year, back)| **year == latest - back);
    running.count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_api() {
        for status in DonationStatus::ALL {
            assert_eq!(serde_json::to_value(status).expect("serializes"), status.name());
            assert_eq!(DonationStatus::from_name(status.name()), Some(status));
        }
        for method in DonationMethod::ALL {
            assert_eq!(serde_json::to_value(method).expect("serializes"), method.name());
            assert_eq!(DonationMethod::from_name(method.name()), Some(method));
        }
        assert_eq!(
            (DonationStatus::from_name("x"), DonationMethod::from_name("x")),
            (None, None)
        );
    }

    #[test]
    fn a_streak_ends_with_the_latest_year_and_at_the_first_gap() {
        assert_eq!(streak(vec![]), 0);
        assert_eq!(streak(vec![2024]), 1);
        assert_eq!(streak(vec![2022, 2024, 2023, 2024, 2020]), 3);
        assert_eq!(streak(vec![2026, 2024]), 1);
    }
}
