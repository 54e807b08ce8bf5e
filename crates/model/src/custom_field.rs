//! Fields of a contact that an organization defines for itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::day::Day;
use crate::flaw::{Flaw, JsonType};
use crate::id::CustomFieldId;
use crate::visible::seen;

/// A contact's values by the keys of their fields.
pub type FieldValues = BTreeMap<String, FieldValue>;

/// What a field of a contact is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CustomField {
    /// Ours.
    pub id: CustomFieldId,
    /// What programs and templates call it: `city`. It never changes.
    pub key: String,
    /// What people call it.
    pub label: String,
    /// What its values are. It never changes.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// What can be chosen, where the type is `choice`.
    pub choices: Vec<String>,
    /// When it was defined.
    pub created_at: Timestamp,
}

/// What the values of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Words.
    Text,
    /// A number.
    Number,
    /// A day: `2026-11-20`.
    Date,
    /// One of the field's choices.
    Choice,
    /// Yes or no.
    Boolean,
}

/// A value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum FieldValue {
    /// Yes or no.
    Boolean(bool),
    /// A number.
    #[schema(value_type = f64)]
    Number(serde_json::Number),
    /// Words, a day or a choice.
    Text(String),
}

/// Most letters of a value.
pub const MAX_VALUE_CHARS: usize = 1_000;

impl FieldKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Text, Self::Number, Self::Date, Self::Choice, Self::Boolean];

    /// The name in the API and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Date => "date",
            Self::Choice => "choice",
            Self::Boolean => "boolean",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl CustomField {
    /// Says what is wrong with a value for this field, if anything.
    pub fn check(&self, value: &FieldValue) -> Option<Flaw> {
        let wrong_type = |expected| Some(Flaw::WrongType { expected });
        match (self.kind, value) {
            (FieldKind::Text, FieldValue::Text(text)) => {
                let is_fine = (1..=MAX_VALUE_CHARS).contains(&text.chars().count()) && seen(text).is_some();
                (!is_fine).then_some(Flaw::WrongLength {
                    min: 1,
                    max: MAX_VALUE_CHARS,
                })
            }
            (FieldKind::Date, FieldValue::Text(text)) => text.parse::<Day>().err().map(|_| Flaw::NotADay),
            (FieldKind::Choice, FieldValue::Text(text)) if self.choices.contains(text) => None,
            (FieldKind::Choice, _) => Some(Flaw::NotOneOf {
                allowed: self.choices.clone(),
            }),
            (FieldKind::Number, FieldValue::Number(_)) | (FieldKind::Boolean, FieldValue::Boolean(_)) => None,
            (FieldKind::Text, _) => wrong_type(JsonType::String),
            (FieldKind::Date, _) => Some(Flaw::NotADay),
            (FieldKind::Number, _) => wrong_type(JsonType::Number),
            (FieldKind::Boolean, _) => wrong_type(JsonType::Boolean),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn field(kind: FieldKind) -> CustomField {
        CustomField {
            id: CustomFieldId::from(Uuid::from_u128(1)),
            key: "x".into(),
            label: "X".into(),
            kind,
            choices: vec!["a".into(), "b".into()],
            created_at: Timestamp::from_millis(0),
        }
    }

    fn value(json: serde_json::Value) -> FieldValue {
        serde_json::from_value(json).expect("a value")
    }

    #[test]
    fn names_are_those_of_the_api() {
        for kind in FieldKind::ALL {
            assert_eq!(serde_json::to_value(kind).expect("serializes"), kind.name());
            assert_eq!(FieldKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(FieldKind::from_name("x"), None);
    }

    #[test]
    fn each_kind_takes_its_own_values_only() {
        use serde_json::json;
        let fitting = [
            (FieldKind::Text, vec![json!("words")]),
            (FieldKind::Number, vec![json!(1), json!(-2.5)]),
            (FieldKind::Date, vec![json!("2026-11-20")]),
            (FieldKind::Choice, vec![json!("a"), json!("b")]),
            (FieldKind::Boolean, vec![json!(true), json!(false)]),
        ];
        let unfitting = [
            (FieldKind::Text, json!(1), "must be a string"),
            (FieldKind::Text, json!(" "), "must have 1 to 1000 characters"),
            (
                FieldKind::Text,
                json!("x".repeat(1_001)),
                "must have 1 to 1000 characters",
            ),
            (FieldKind::Number, json!("1"), "must be a number"),
            (FieldKind::Date, json!("yesterday"), "is not a day such as 2026-11-20"),
            (FieldKind::Date, json!(7), "is not a day such as 2026-11-20"),
            (FieldKind::Choice, json!("c"), "must be one of a, b"),
            (FieldKind::Choice, json!(true), "must be one of a, b"),
            (FieldKind::Boolean, json!("yes"), "must be true or false"),
        ];
        for (kind, values) in fitting {
            for fits in values {
                assert_eq!(field(kind).check(&value(fits)), None);
            }
        }
        for (kind, wrong, detail) in unfitting {
            let flaw = field(kind).check(&value(wrong)).expect("is wrong");
            assert_eq!(flaw.to_string(), detail);
        }
    }

    #[test]
    fn values_stay_what_they_are_as_json() {
        for json in [
            serde_json::json!(true),
            serde_json::json!(12.5),
            serde_json::json!("12"),
        ] {
            assert_eq!(serde_json::to_value(value(json.clone())).expect("serializes"), json);
        }
    }
}
