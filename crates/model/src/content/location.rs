//! A place that somebody shows.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// Millionths of a degree, which are 11 cm.
const PARTS: f64 = 1_000_000.0;

/// Degrees north or east, to the millionth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Degrees(i32);

impl Degrees {
    /// How far north; negative in the south. `None` for what is nowhere.
    pub fn north(degrees: f64) -> Option<Self> {
        Self::within(degrees, 90.0)
    }

    /// How far east; negative in the west. `None` for what is nowhere.
    pub fn east(degrees: f64) -> Option<Self> {
        Self::within(degrees, 180.0)
    }

    fn within(degrees: f64, most: f64) -> Option<Self> {
        // What is no number is not within anything.
        (-most..=most)
            .contains(&degrees)
            .then(|| Self((degrees * PARTS).round() as i32))
    }
}

impl Serialize for Degrees {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / PARTS)
    }
}

impl<'de> Deserialize<'de> for Degrees {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::east(f64::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("is no place on Earth"))
    }
}

/// A place that somebody shows, or where they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Location {
    /// Degrees north; negative in the south.
    #[schema(value_type = f64)]
    pub latitude: Degrees,
    /// Degrees east; negative in the west.
    #[schema(value_type = f64)]
    pub longitude: Degrees,
    /// What the place is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What the sender wrote under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// True when the sender shows where they go for a while: this is where they began. Where they go is not followed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_live: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_numbers_of_a_place_on_earth() {
        let json = |degrees: Option<Degrees>| serde_json::to_value(degrees.expect("a place")).expect("serializes");
        assert_eq!(json(Degrees::north(-6.175_392_4)), -6.175_392);
        assert_eq!(json(Degrees::east(180.0)), 180.0);
        assert_eq!((Degrees::north(90.1), Degrees::east(-180.1)), (None, None));
        for nowhere in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX] {
            assert_eq!((Degrees::north(nowhere), Degrees::east(nowhere)), (None, None));
        }
        assert_eq!(
            serde_json::from_str::<Degrees>("106.827153").ok(),
            Degrees::east(106.827_153)
        );
        assert!(serde_json::from_str::<Degrees>("1000").is_err());
    }
}
