//! What JSON knows for a type.

use serde::Serialize;
use utoipa::ToSchema;

/// A type of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JsonType {
    /// Text in quotes.
    String,
    /// A number with or without a fraction.
    Number,
    /// `true` or `false`.
    Boolean,
    /// `[…]`.
    List,
    /// `{…}`.
    Object,
    /// One that has no name here.
    Unknown,
}

impl JsonType {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::String => "must be a string",
            Self::Number => "must be a number",
            Self::Boolean => "must be true or false",
            Self::List => "must be a list",
            Self::Object => "must be an object",
            Self::Unknown => "has the wrong type",
        }
    }
}
