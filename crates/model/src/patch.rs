//! Changes in which null is not the same as left out.

use serde::{Deserialize, Deserializer};

/// Reads a field that is there, null or not. With `#[serde(default, deserialize_with = "present")]` a field that is left out
/// is `None`, null is `Some(None)`.
///
/// # Errors
/// When the value is not one.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
