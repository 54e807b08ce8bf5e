//! What an organization decides about itself.
//!
//! To add a setting: a field of [`OrganizationSettings`] with its default, one of [`SettingsChange`], and its check. It is
//! kept in one JSON document, so no migration is needed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::flaw::Flaw;
use crate::id::OrganizationId;
use crate::patch::present;

/// Most days that a setting may name.
pub const MAX_DAYS: u32 = 3650;

/// An organization, as its members see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Organization {
    /// Ours.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// What it decided.
    pub settings: OrganizationSettings,
}

/// What an organization decided. What it never decided is as it is by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OrganizationSettings {
    /// An open chat is closed after so many days without a message; never when it is null.
    #[schema(required = true)]
    pub auto_close_days: Option<u32>,
}

/// What changes of the settings; what is left out stays, null is the default again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsChange {
    /// An open chat is closed after so many days without a message, 1 to 3650; never when it is null.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 3650)]
    pub auto_close_days: Option<Option<u32>>,
}

impl OrganizationSettings {
    /// Takes the changes over.
    pub fn apply(&mut self, change: &SettingsChange) {
        if let Some(days) = change.auto_close_days {
            self.auto_close_days = days;
        }
    }
}

impl SettingsChange {
    /// The fields that are wrong, each with what is wrong with it.
    pub fn wrong(&self) -> Vec<(&'static str, Flaw)> {
        let mut wrong = Vec::new();
        if let Some(Some(days)) = self.auto_close_days
            && !(1..=MAX_DAYS).contains(&days)
        {
            let max = u64::from(MAX_DAYS);
            wrong.push(("auto_close_days", Flaw::OutOfRange { min: 1, max }));
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_stays_and_null_takes_it_back() {
        let mut settings = OrganizationSettings::default();
        let change = |text: &str| serde_json::from_str::<SettingsChange>(text).expect("a change");
        settings.apply(&change(r#"{"auto_close_days": 7}"#));
        settings.apply(&change("{}"));
        assert_eq!(settings.auto_close_days, Some(7));
        settings.apply(&change(r#"{"auto_close_days": null}"#));
        assert_eq!(settings, OrganizationSettings::default());
    }

    #[test]
    fn what_was_kept_before_a_setting_was_known_has_its_default() {
        let settings: OrganizationSettings = serde_json::from_str("{}").expect("settings");
        assert_eq!(settings, OrganizationSettings::default());
    }

    #[test]
    fn days_have_a_range() {
        let wrong = |days| {
            SettingsChange {
                auto_close_days: Some(Some(days)),
            }
            .wrong()
            .len()
        };
        assert_eq!((wrong(0), wrong(1), wrong(MAX_DAYS), wrong(MAX_DAYS + 1)), (1, 0, 0, 1));
        assert!(SettingsChange::default().wrong().is_empty());
    }
}
