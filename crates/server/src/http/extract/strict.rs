//! Reads a body from its JSON without the liberties that `serde` takes, and says what is wrong in words for people.
//!
//! `serde_json` would take a list for an object, keep the last of two fields with one name, and call a wrong type a
//! mistake in the text. Here only an object is an object, a field is given once, and whatever is wrong is known by the
//! pointer of its place.

use std::fmt::{self, Display};

use pesan_model::Flaw;
use pesan_model::flaw::JsonType;
use serde::Deserialize;
use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, Expected, IgnoredAny, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde_json::{Map, Value};

use super::{escaped, pointer};

/// Why bytes are not the body that was asked for.
#[derive(Debug)]
pub(super) enum BadBody {
    /// They are not JSON.
    Malformed(serde_json::Error),
    /// They are, but a place in it is wrong.
    Wrong(Wrong),
}

/// A wrong place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Where (RFC 6901).
    pub(super) pointer: String,
    /// What is wrong with it.
    pub(super) flaw: Flaw,
}

/// Reads a whole body as JSON.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, BadBody> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let Unique(value) = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let place = pointer(error.path());
        let cause = error.into_inner();
        let wrong = |pointer, flaw| BadBody::Wrong(Wrong { pointer, flaw });
        match twice(&cause) {
            Some(name) => wrong(format!("{place}/{}", escaped(&name)), Flaw::GivenTwice),
            None if is_no_text(&cause) => wrong(place, Flaw::NotUnicode),
            None => BadBody::Malformed(cause),
        }
    })?;
    deserializer.end().map_err(BadBody::Malformed)?;
    Ok(value)
}

/// Reads what a type asks for from JSON: a whole body, or a part of it.
pub(super) fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Wrong> {
    T::deserialize(Strict(value))
}

/// What had begun and not ended where a body was cut off. The whole when that is in no field, or no JSON.
pub(super) fn open_place(start: &[u8]) -> String {
    let mut deserializer = serde_json::Deserializer::from_slice(start);
    match serde_path_to_error::deserialize::<_, Skipped>(&mut deserializer) {
        Err(error) if error.inner().is_eof() => pointer(error.path()),
        Ok(Skipped) | Err(_) => String::new(),
    }
}

/// How `serde_json` tells of texts that no text can be: bytes that are not UTF-8, and halves of a pair that stand for
/// nothing alone.
const NO_TEXT: [&str; 3] = [
    "invalid unicode code point",
    "lone leading surrogate in hex escape",
    "unexpected end of hex escape",
];

fn is_no_text(error: &serde_json::Error) -> bool {
    let text = error.to_string();
    NO_TEXT.iter().any(|told| text.starts_with(told))
}

/// A value that is read past and not kept. Unlike [`IgnoredAny`], for which `serde_json` names no places.
struct Skipped;

impl<'de> Deserialize<'de> for Skipped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Skipped {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while let Some(Self) = list.next_element()? {}
        Ok(self)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self, A::Error> {
        while let Some((IgnoredAny, Self)) = object.next_entry()? {}
        Ok(self)
    }
}

/// A value without two fields of one name anywhere in it.
struct Unique(Value);

/// How [`Unique`] tells of the second one; `serde_json` adds the line and column behind it.
const TWICE: &str = "twice: ";

fn twice(error: &serde_json::Error) -> Option<String> {
    let text = error.to_string();
    let quoted = text.strip_prefix(TWICE)?;
    // The name is written as JSON, so its end is known whatever it holds.
    let mut name = serde_json::Deserializer::from_str(quoted).into_iter::<String>();
    name.next()?.ok()
}

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_str<E>(self, value: &str) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
                let mut values = Vec::new();
                while let Some(Unique(value)) = list.next_element()? {
                    values.push(value);
                }
                Ok(Value::Array(values))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
                let mut fields = Map::new();
                while let Some(name) = object.next_key::<String>()? {
                    if fields.contains_key(&name) {
                        return Err(A::Error::custom(format_args!("{TWICE}{}", Value::from(name))));
                    }
                    let Unique(value) = object.next_value()?;
                    fields.insert(name, value);
                }
                Ok(Value::Object(fields))
            }
        }
        deserializer.deserialize_any(Any).map(Self)
    }
}

/// JSON that is read by what a type asks for, and taken for nothing else.
struct Strict<'a>(&'a Value);

impl<'de> Deserializer<'de> for Strict<'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), _, _) => visitor.visit_u64(value),
                (None, Some(value), _) => visitor.visit_i64(value),
                (None, None, value) => visitor.visit_f64(value.unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(values) => visitor.visit_seq(List {
                values: values.iter(),
                place: 0,
            }),
            Value::Object(fields) => visitor.visit_map(Fields {
                fields: fields.iter(),
                field: None,
            }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.0.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.0.is_array() {
            self.deserialize_any(visitor)
        } else {
            Err(Wrong::here(must_be("a sequence")))
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.0.is_object() {
            self.deserialize_any(visitor)
        } else {
            Err(Wrong::here(must_be("a map")))
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(BorrowedStrDeserializer::new(name)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                Err(Wrong::here(one_of(names)))
            }
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple
        tuple_struct identifier ignored_any
    }
}

struct List<'a> {
    values: std::slice::Iter<'a, Value>,
    place: usize,
}

impl<'de> SeqAccess<'de> for List<'de> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        let Some(value) = self.values.next() else {
            return Ok(None);
        };
        let place = self.place;
        self.place += 1;
        let element = seed.deserialize(Strict(value)).map_err(|wrong| wrong.within(place))?;
        Ok(Some(element))
    }
}

struct Fields<'a> {
    fields: serde_json::map::Iter<'a>,
    field: Option<(&'a str, &'a Value)>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        let Some((name, value)) = self.fields.next() else {
            return Ok(None);
        };
        self.field = Some((name, value));
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Wrong> {
        let (name, value) = self.field.take().expect("a value is asked for after its name");
        seed.deserialize(Strict(value))
            .map_err(|wrong| wrong.within(escaped(name)))
    }
}

impl Wrong {
    /// The value itself has this flaw.
    fn here(flaw: Flaw) -> Self {
        Self {
            pointer: String::new(),
            flaw,
        }
    }

    /// As seen from around it.
    fn within(self, place: impl Display) -> Self {
        Self {
            pointer: format!("/{place}{}", self.pointer),
            ..self
        }
    }
}

impl std::error::Error for Wrong {}

impl Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.flaw.fmt(f)
    }
}

/// What types say of a value that they do not take.
impl serde::de::Error for Wrong {
    fn custom<T: Display>(message: T) -> Self {
        Self::here(Flaw::of_words(message.to_string()))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::here(must_be(&expected.to_string()))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::here(must_be(&expected.to_string()))
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::here(Flaw::WrongNumberOfEntries)
    }

    fn unknown_variant(_: &str, names: &'static [&'static str]) -> Self {
        Self::here(one_of(names))
    }

    fn missing_field(name: &'static str) -> Self {
        Self::here(Flaw::Required).within(escaped(name))
    }

    fn unknown_field(name: &str, _: &'static [&'static str]) -> Self {
        Self::here(Flaw::UnknownField).within(escaped(name))
    }
}

/// What a type of ours calls itself to programmers.
fn must_be(expected: &str) -> Flaw {
    let whole = |min, max| Flaw::NotAWholeNumber { min, max };
    // Types of ours that know their range say "a whole number from 1 to 6000".
    if let Some((min, max)) = expected
        .strip_prefix("a whole number from ")
        .and_then(|range| range.split_once(" to "))
    {
        return whole(min.parse().ok(), max.parse().ok());
    }
    let expected = match expected {
        "u8" => return whole(Some(0), Some(u8::MAX.into())),
        "u16" => return whole(Some(0), Some(u16::MAX.into())),
        "u32" => return whole(Some(0), Some(u32::MAX.into())),
        "u64" | "usize" => return whole(Some(0), None),
        "i8" | "i16" | "i32" | "i64" | "isize" => return whole(None, None),
        "f32" | "f64" => JsonType::Number,
        "a boolean" => JsonType::Boolean,
        "a sequence" => JsonType::List,
        "a map" => JsonType::Object,
        _ if expected.contains("string") => JsonType::String,
        _ if expected.starts_with("struct ") => JsonType::Object,
        _ => JsonType::Unknown,
    };
    Flaw::WrongType { expected }
}

fn one_of(names: &[&str]) -> Flaw {
    Flaw::NotOneOf {
        allowed: names.iter().map(|name| (*name).to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BadBody> {
        read(&super::parse(bytes)?).map_err(BadBody::Wrong)
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        inner: Option<Inner>,
        kind: Kind,
        flag: Option<bool>,
        text: Option<String>,
        time: Option<pesan_model::Timestamp>,
        account: Option<pesan_model::AccountId>,
        pacing: Option<pesan_model::pacing::Pacing>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its parsing is tested")]
    struct Inner {
        numbers: Vec<u8>,
        count: Option<u32>,
        large: Option<u64>,
        kinds: Option<Vec<Kind>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Text,
        Image,
    }

    #[test]
    fn what_is_wrong_is_said_in_plain_words_at_its_place() {
        let whole = "must be a whole number from 0 to 4294967295";
        let time = "is not a time such as 2026-11-20T10:00:00Z";
        for (body, pointer, detail) in [
            ("{}", "/kind", "is missing"),
            ("[]", "", "must be an object"),
            (r#"["x"]"#, "", "must be an object"),
            ("null", "", "must be an object"),
            (r#""x""#, "", "must be an object"),
            (r#"{"kind":null}"#, "/kind", "must be one of text, image"),
            (r#"{"kind":5}"#, "/kind", "must be one of text, image"),
            (r#"{"kind":["text"]}"#, "/kind", "must be one of text, image"),
            (r#"{"kind":{"text":null}}"#, "/kind", "must be one of text, image"),
            (r#"{"kind":"boss"}"#, "/kind", "must be one of text, image"),
            (
                r#"{"kind":"text","colour":1}"#,
                "/colour",
                "is not a field of this request",
            ),
            (r#"{"kind":"text","kind":"text"}"#, "/kind", "is given twice"),
            (r#"{"kind":"text","inner":[[1]]}"#, "/inner", "must be an object"),
            (r#"{"kind":"text","inner":"x"}"#, "/inner", "must be an object"),
            (r#"{"kind":"text","inner":{}}"#, "/inner/numbers", "is missing"),
            (
                r#"{"kind":"text","inner":{"numbers":1}}"#,
                "/inner/numbers",
                "must be a list",
            ),
            (
                r#"{"kind":"text","inner":{"numbers":[1,"x"]}}"#,
                "/inner/numbers/1",
                "must be a whole number from 0 to 255",
            ),
            (
                r#"{"kind":"text","inner":{"numbers":[1,256]}}"#,
                "/inner/numbers/1",
                "must be a whole number from 0 to 255",
            ),
            (
                r#"{"kind":"text","inner":{"numbers":[],"count":-1}}"#,
                "/inner/count",
                whole,
            ),
            (
                r#"{"kind":"text","inner":{"numbers":[],"count":1.5}}"#,
                "/inner/count",
                whole,
            ),
            (
                r#"{"kind":"text","inner":{"numbers":[],"large":-1}}"#,
                "/inner/large",
                "must be a whole number, not below 0",
            ),
            (
                r#"{"kind":"text","inner":{"numbers":[],"kinds":["text","x"]}}"#,
                "/inner/kinds/1",
                "must be one of text, image",
            ),
            (
                r#"{"kind":"text","inner":{"numbers":[],"a/b":1}}"#,
                "/inner/a~1b",
                "is not a field of this request",
            ),
            (
                r#"{"kind":"text","inner":{"a/\"b":1,"a/\"b":2}}"#,
                "/inner/a~1\"b",
                "is given twice",
            ),
            (r#"{"kind":"text","flag":"yes"}"#, "/flag", "must be true or false"),
            (r#"{"kind":"text","text":7}"#, "/text", "must be a string"),
            (r#"{"kind":"text","text":["x"]}"#, "/text", "must be a string"),
            (r#"{"kind":"text","time":"soon"}"#, "/time", time),
            (r#"{"kind":"text","time":"26-1-1"}"#, "/time", time),
            (r#"{"kind":"text","time":7}"#, "/time", "must be a string"),
            (
                r#"{"kind":"text","account":"acc_x"}"#,
                "/account",
                "not a valid id: expected `acc_` and 26 characters",
            ),
            (r#"{"kind":"text","account":7}"#, "/account", "must be a string"),
            (
                r#"{"kind":"text","pacing":{"per_minute":-1,"burst":1}}"#,
                "/pacing/per_minute",
                "must be a whole number from 1 to 6000",
            ),
            (
                r#"{"kind":"text","pacing":{"per_minute":1,"burst":1.5}}"#,
                "/pacing/burst",
                "must be a whole number from 1 to 10000",
            ),
        ] {
            match parse::<Outer>(body.as_bytes()) {
                Err(BadBody::Wrong(wrong)) => {
                    assert_eq!(
                        (wrong.pointer.as_str(), wrong.to_string().as_str()),
                        (pointer, detail),
                        "{body}"
                    );
                }
                other => panic!("{body}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_is_right_is_read() {
        let body = r#"{"kind":"image","inner":{"numbers":[1,2],"count":3,"large":4,"kinds":["text"]},"flag":true,
            "text":"a\u00e9","time":"2026-11-20T10:00:00Z","account":null,"pacing":{"per_minute":1,"burst":2}}"#;
        let read: Outer = parse(body.as_bytes()).expect("it is right");
        let inner = read.inner.expect("given");
        assert_eq!(
            (inner.numbers, inner.count, inner.large),
            (vec![1, 2], Some(3), Some(4))
        );
        assert_eq!((read.flag, read.text.as_deref()), (Some(true), Some("aé")));
        assert_eq!(read.time.expect("given").to_string(), "2026-11-20T10:00:00.000Z");
        assert!(read.account.is_none() && matches!(read.kind, Kind::Image));
        assert_eq!(read.pacing.expect("given").burst, 2);
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for body in ["", "{", "{}x", r#"{"kind":}"#, "{'kind':1}", "nan"] {
            assert!(
                matches!(parse::<Outer>(body.as_bytes()), Err(BadBody::Malformed(_))),
                "{body}"
            );
        }
    }

    #[test]
    fn what_is_no_text_is_wrong_at_its_place() {
        for (body, pointer) in [
            (b"{\"kind\":\"\xff\"}".as_slice(), "/kind"),
            (br#"{"inner":{"kinds":["text","\ud800"]}}"#, "/inner/kinds/1"),
            (br#"{"text":"\ud800\n"}"#, "/text"),
            (br#"{"text":"\ud800\u0041"}"#, "/text"),
            (br#"{"text":"\udc00"}"#, "/text"),
            (br#"{"\ud800":1}"#, ""),
        ] {
            match parse::<Outer>(body) {
                Err(BadBody::Wrong(wrong)) => {
                    assert_eq!((wrong.pointer.as_str(), wrong.flaw), (pointer, Flaw::NotUnicode));
                }
                other => panic!("{}: {other:?}", String::from_utf8_lossy(body)),
            }
        }
        // An escape that is none is no JSON.
        assert!(matches!(
            parse::<Outer>(br#"{"text":"\ud8"}"#),
            Err(BadBody::Malformed(_))
        ));
    }

    #[test]
    fn where_a_body_was_cut_off_is_known() {
        for (start, pointer) in [
            ("", ""),
            ("   ", ""),
            ("{", ""),
            (r#"{"ima"#, ""),
            (r#"{"image""#, ""),
            (r#"{"image":"#, "/image"),
            (r#"{"image":{"data":"AAAA"#, "/image/data"),
            (r#"{"image":{"data":"AA\"AA\"#, "/image/data"),
            (r#"{"image":{"data":"AAAA""#, "/image"),
            (r#"{"image":{"data":"AAAA"}"#, ""),
            (r#"{"a":[1,{"b/c~d":[null,true,-1,2.5,"x","y"#, "/a/1/b~1c~0d/5"),
            (r#"[[],[{"x":"y"}],"z"#, "/2"),
            // No JSON so far, or not even an object.
            (r#"{"image":{"data":AAAA"#, ""),
            (r"{'image':", ""),
            ("\"AAAA", ""),
            ("{} x", ""),
        ] {
            assert_eq!(open_place(start.as_bytes()), pointer, "{start}");
        }
        let half = "é".as_bytes()[0];
        let cut = [br#"{"text":"AA"#.as_slice(), &[half]].concat();
        assert_eq!(open_place(&cut), "/text", "in the middle of a letter");
        let deep = "[".repeat(100_000);
        assert_eq!(open_place(deep.as_bytes()), "", "too deep");
    }
}
