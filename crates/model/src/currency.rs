//! Currencies of ISO 4217. An amount is a whole number of the currency's smallest unit, as the standard counts it: the
//! rupiah has two decimals there, so Rp 1.250.000 is 125,000,000.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// A currency by its code: `IDR`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(&'static str);

/// Why a text is no currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a currency such as IDR (ISO 4217)")]
pub struct CurrencyError;

/// A currency as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CurrencyInfo {
    /// Its code.
    pub code: Currency,
    /// How many decimals an amount has: 2 for `IDR`, 0 for `JPY`, 3 for `KWD`.
    pub decimals: u32,
}

/// Those with two decimals.
const TWO: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY \
    COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR \
    IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD \
    NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC \
    SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";
/// Those without.
const NONE: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
/// Those with three.
const THREE: &str = "BHD IQD JOD KWD LYD OMR TND";

impl Currency {
    /// The rupiah.
    pub const IDR: Self = Self("IDR");

    /// Every currency that is in use, by code.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<_> = [TWO, NONE, THREE]
            .into_iter()
            .flat_map(str::split_whitespace)
            .map(Self)
            .collect();
        all.sort_unstable();
        all
    }

    /// The code.
    pub fn code(self) -> &'static str {
        self.0
    }

    /// How many decimals an amount has.
    pub fn decimals(self) -> u32 {
        let is_in = |list: &str| list.split_whitespace().any(|code| code == self.0);
        if is_in(NONE) {
            0
        } else if is_in(THREE) {
            3
        } else {
            2
        }
    }

    /// As lists show it.
    pub fn info(self) -> CurrencyInfo {
        CurrencyInfo {
            code: self,
            decimals: self.decimals(),
        }
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        [TWO, NONE, THREE]
            .into_iter()
            .flat_map(str::split_whitespace)
            .find(|code| *code == text)
            .map(Self)
            .ok_or(CurrencyError)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[A-Z]{3}$"))
            .examples(["IDR"])
            .into()
    }
}

impl ToSchema for Currency {}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().expect("a currency")
    }

    #[test]
    fn decimals_are_those_of_the_standard() {
        for (code, decimals) in [("IDR", 2), ("USD", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("IQD", 3)] {
            assert_eq!(
                currency(code).info(),
                CurrencyInfo {
                    code: currency(code),
                    decimals
                }
            );
        }
        assert_eq!(Currency::IDR, currency("IDR"));
    }

    #[test]
    fn codes_are_known_and_listed_once() {
        for wrong in ["", "idr", "Rp", "XXX", "IDR "] {
            assert_eq!(wrong.parse::<Currency>(), Err(CurrencyError), "{wrong}");
        }
        let all = Currency::all();
        assert!(all.len() > 150 && all.windows(2).all(|pair| pair[0] < pair[1]));
        let shown = (
            Currency::IDR.code(),
            Currency::IDR.to_string(),
            format!("{:?}", Currency::IDR),
        );
        assert_eq!(shown, ("IDR", "IDR".to_owned(), "IDR".to_owned()));
        let json = serde_json::to_value(Currency::IDR).expect("serializes");
        assert_eq!(json, "IDR");
        assert_eq!(serde_json::from_value::<Currency>(json).expect("parses"), Currency::IDR);
    }
}
