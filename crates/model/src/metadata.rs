//! What a program keeps with a message of its own.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A JSON object that whoever sends a message gives along and finds again wherever the message is shown. Nobody else
/// looks into it, and the other person never sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Metadata(pub Map<String, Value>);

impl Metadata {
    /// Most bytes of its shortest form as JSON.
    pub const MAX_BYTES: usize = 4096;

    /// Its shortest form as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).expect("JSON can be written as JSON")
    }
}

impl utoipa::PartialSchema for Metadata {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Type};
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some(
                "A JSON object of the sender, at most 4,096 bytes: shown wherever the message is, and looked at by nobody.",
            ))
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .examples([serde_json::json!({"order": 1042})])
            .into()
    }
}

impl utoipa::ToSchema for Metadata {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_object_is_metadata_and_its_form_is_the_shortest() {
        let read: Metadata = serde_json::from_str("{ \"order\" : 1042, \"tags\": [\"a\"] }").expect("an object");
        assert_eq!(read.to_json(), r#"{"order":1042,"tags":["a"]}"#);
        assert_eq!(serde_json::to_value(&read).expect("JSON"), Value::Object(read.0));
        for other in ["[]", "null", "1", "\"x\""] {
            assert!(serde_json::from_str::<Metadata>(other).is_err(), "{other}");
        }
    }
}
