//! What an organization decides about itself.
//!
//! To add a setting: a field of [`OrganizationSettings`] with its default, one of [`SettingsChange`], and its check. It is
//! kept in one JSON document, so no migration is needed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::automatic::{AutomaticText, OptOut};
use crate::flaw::Flaw;
use crate::hours::BusinessHours;
use crate::id::OrganizationId;
use crate::patch::present;

/// Most days that a setting may name.
pub const MAX_DAYS: u32 = 3650;
/// The audit log is kept so long at least, so that nobody changes something and wipes the trace of it.
const MIN_AUDIT_DAYS: u32 = 30;

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
    /// When somebody is there; always when it is null.
    #[schema(required = true)]
    pub business_hours: Option<BusinessHours>,
    /// What somebody new gets, once, for the first message they write.
    #[schema(required = true)]
    pub welcome: AutomaticText,
    /// What somebody gets who writes while nobody is there: once in a chat for each time that nobody is.
    #[schema(required = true)]
    pub away: AutomaticText,
    /// How people say that they do not want to be written to.
    #[schema(required = true)]
    pub opt_out: OptOut,
    /// How long things are kept.
    #[schema(required = true)]
    pub retention: Retention,
}

/// How long things are kept, in days; for ever where it is null. What waits to be sent or told is never deleted, and what
/// was counted stays counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Messages, from when they were said. Files go with the last message that shows them.
    #[schema(required = true, minimum = 1, maximum = 3650)]
    pub message_days: Option<u32>,
    /// Files, from when they came. Their messages stay, and receipts of donations.
    #[schema(required = true, minimum = 1, maximum = 3650)]
    pub file_days: Option<u32>,
    /// Events, from when they happened.
    #[schema(required = true, minimum = 1, maximum = 3650)]
    pub event_days: Option<u32>,
    /// The audit log.
    #[schema(required = true, minimum = 30, maximum = 3650)]
    pub audit_days: Option<u32>,
}

impl Retention {
    /// The fields that are wrong, each with what is wrong with it.
    fn wrong(&self) -> Vec<(String, Flaw)> {
        let max = u64::from(MAX_DAYS);
        let days = [
            ("message_days", self.message_days, 1),
            ("file_days", self.file_days, 1),
            ("event_days", self.event_days, 1),
            ("audit_days", self.audit_days, MIN_AUDIT_DAYS),
        ];
        days.into_iter()
            .filter(|(_, days, min)| days.is_some_and(|days| !(*min..=MAX_DAYS).contains(&days)))
            .map(|(name, _, min)| {
                let min = u64::from(min);
                (format!("/{name}"), Flaw::OutOfRange { min, max })
            })
            .collect()
    }
}

/// What changes of the settings; what is left out stays, null is the default again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsChange {
    /// An open chat is closed after so many days without a message, 1 to 3650; never when it is null.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 3650)]
    pub auto_close_days: Option<Option<u32>>,
    /// When somebody is there; always when it is null.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<BusinessHours>)]
    pub business_hours: Option<Option<BusinessHours>>,
    /// What somebody new gets. Every variable that may have no value needs words for that.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<AutomaticText>)]
    pub welcome: Option<Option<AutomaticText>>,
    /// What somebody gets who writes while nobody is there.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<AutomaticText>)]
    pub away: Option<Option<AutomaticText>>,
    /// How people say that they do not want to be written to.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<OptOut>)]
    pub opt_out: Option<Option<OptOut>>,
    /// How long things are kept; what is left out of it is kept for ever.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Retention>)]
    pub retention: Option<Option<Retention>>,
}

impl OrganizationSettings {
    /// Takes the changes over.
    pub fn apply(&mut self, change: SettingsChange) {
        self.auto_close_days = change.auto_close_days.unwrap_or(self.auto_close_days);
        if let Some(hours) = change.business_hours {
            self.business_hours = hours;
        }
        if let Some(text) = change.welcome {
            self.welcome = text.unwrap_or_default();
        }
        if let Some(text) = change.away {
            self.away = text.unwrap_or_default();
        }
        if let Some(rules) = change.opt_out {
            self.opt_out = rules.unwrap_or_default();
        }
        if let Some(retention) = change.retention {
            self.retention = retention.unwrap_or_default();
        }
    }
}

impl SettingsChange {
    /// The fields that are wrong, each with what is wrong with it: `/opt_out/words/2`. `is_field` tells which fields people
    /// have here.
    pub fn wrong(&self, is_field: impl Fn(&str) -> bool + Copy) -> Vec<(String, Flaw)> {
        let mut wrong = Vec::new();
        if let Some(Some(days)) = self.auto_close_days
            && !(1..=MAX_DAYS).contains(&days)
        {
            let max = u64::from(MAX_DAYS);
            wrong.push(("/auto_close_days".to_owned(), Flaw::OutOfRange { min: 1, max }));
        }
        let below = |name: &'static str| move |(place, flaw): (String, Flaw)| (format!("/{name}{place}"), flaw);
        if let Some(Some(hours)) = &self.business_hours {
            wrong.extend(hours.wrong().into_iter().map(below("business_hours")));
        }
        for (name, text) in [("welcome", &self.welcome), ("away", &self.away)] {
            if let Some(Some(text)) = text {
                wrong.extend(text.wrong(is_field).map(|flaw| (format!("/{name}/text"), flaw)));
            }
        }
        if let Some(Some(rules)) = &self.opt_out {
            wrong.extend(rules.wrong(is_field).into_iter().map(below("opt_out")));
        }
        if let Some(Some(retention)) = &self.retention {
            wrong.extend(retention.wrong().into_iter().map(below("retention")));
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
        settings.apply(change(r#"{"auto_close_days": 7}"#));
        settings.apply(change("{}"));
        assert_eq!(settings.auto_close_days, Some(7));
        settings.apply(change(r#"{"auto_close_days": null}"#));
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
            let change = SettingsChange {
                auto_close_days: Some(Some(days)),
                ..SettingsChange::default()
            };
            change.wrong(|_| false).len()
        };
        assert_eq!((wrong(0), wrong(1), wrong(MAX_DAYS), wrong(MAX_DAYS + 1)), (1, 0, 0, 1));
        assert!(SettingsChange::default().wrong(|_| false).is_empty());
    }
    #[test]
    fn whatever_is_decided_is_taken_over_and_null_is_the_default_again() {
        let change: SettingsChange = serde_json::from_value(serde_json::json!({
            "business_hours": {
                "time_zone": "Asia/Jakarta", "intervals": [{"day": "monday", "from": "08:00", "to": "17:00"}]
            },
            "welcome": {"enabled": true, "text": "Halo"},
            "away": {"enabled": true, "text": "Besok"},
            "opt_out": {
                "enabled": false, "words": [], "opt_in_words": [], "reply": {"enabled": false, "text": ""},
                "opt_in_reply": {"enabled": false, "text": ""}
            },
            "retention": {"message_days": 365},
        }))
        .expect("a change");
        assert!(change.wrong(|_| false).is_empty());
        let mut settings = OrganizationSettings::default();
        settings.apply(change);
        assert!(settings.business_hours.is_some() && !settings.opt_out.enabled);
        assert_eq!(
            (settings.welcome.text.as_str(), settings.away.text.as_str()),
            ("Halo", "Besok")
        );
        let kept = settings.clone();
        settings.apply(SettingsChange::default());
        assert_eq!(settings, kept);
        assert_eq!(
            (settings.retention.message_days, settings.retention.file_days),
            (Some(365), None)
        );
        let nothing = r#"{"business_hours": null, "welcome": null, "away": null, "opt_out": null, "retention": null}"#;
        settings.apply(serde_json::from_str(nothing).expect("a change"));
        assert_eq!(settings, OrganizationSettings::default());
        assert!(settings.opt_out.enabled);
    }

    #[test]
    fn what_is_wrong_is_told_at_its_place() {
        let text = |text: &str| {
            Some(Some(AutomaticText {
                enabled: true,
                text: text.to_owned(),
            }))
        };
        let hours: BusinessHours = serde_json::from_value(serde_json::json!({
            "time_zone": "UTC", "intervals": [{"day": "monday", "from": "08:00", "to": "08:00"}]
        }))
        .expect("hours");
        let change = SettingsChange {
            auto_close_days: Some(Some(0)),
            business_hours: Some(Some(hours)),
            welcome: text("{{contact.fields.a|}}"),
            away: text("{{contact.fields.b|}}"),
            opt_out: Some(Some(OptOut {
                words: vec![String::new()],
                ..OptOut::default()
            })),
            retention: Some(Some(Retention {
                message_days: Some(0),
                file_days: Some(MAX_DAYS),
                event_days: None,
                audit_days: Some(29),
            })),
        };
        let places: Vec<_> = change
            .wrong(|key| key == "a")
            .into_iter()
            .map(|(place, _)| place)
            .collect();
        assert_eq!(
            places,
            [
                "/auto_close_days",
                "/business_hours/intervals/0/to",
                "/away/text",
                "/opt_out/words/0",
                "/retention/message_days",
                "/retention/audit_days"
            ]
        );
    }
}
