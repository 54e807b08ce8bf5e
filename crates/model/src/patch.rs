//! Changes in which null is not the same as left out.

use serde::{Deserialize, Deserializer};

/// Reads a field that is there and is not null. With `#[serde(default, deserialize_with = "given")]` a field that is left out is
/// `None`, and null is as wrong as for a field that must be there: it would be taken for left out.
///
/// # Errors
/// When the value is not one.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Reads a field that is there, null or not. With `#[serde(default, deserialize_with = "present")]` a field that is left out
/// is `None`, null is `Some(None)`.
///
/// # Errors
/// When the value is not one.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
