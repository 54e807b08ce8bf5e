//! What handlers take from a request. Whatever is wrong with it is answered with a problem that names the field.

mod strict;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use futures::StreamExt as _;
use pesan_app::idempotency::{IdempotencyKey, KeyText};
use pesan_model::Flaw;
use pesan_model::flaw::JsonType;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path as FieldPath, Segment};
use sha2::{Digest, Sha256};

use self::strict::BadBody;
use super::Shared;
use super::layers::MAX_BODY_BYTES;
use super::problem::Problem;

/// What `Idempotency-Key` does, for the description of the API.
pub(crate) const REPEATABLE: &str = "Makes it safe to repeat: the same key with the same request answers with what the first \
     one made, as it is now, or with 404 when that was deleted since.";

/// The body as JSON.
pub(crate) struct Json<T>(pub(crate) T);

/// The body of a create as JSON, with the key that makes it safe to repeat.
pub(crate) struct Create<T> {
    pub(crate) body: T,
    pub(crate) idempotency: Option<IdempotencyKey>,
}

/// The body of a request that takes none: nothing, or an object without fields.
pub(crate) struct NoBody;

/// The query of the address.
pub(crate) struct Query<T>(pub(crate) T);

/// The ids in the address. What is no id of the right kind is simply not there.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Shared> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, Problem> {
        require_json(request.headers())?;
        parse(&whole(request).await?).map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<Shared> for Create<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, Problem> {
        require_json(request.headers())?;
        let key = idempotency_key(request.headers())?;
        // The same body for another thing is another request.
        let mut hash = Sha256::new().chain_update(request.uri().path()).chain_update([0]);
        let body = json(&whole(request).await?)?;
        let idempotency = key.map(|key| {
            fingerprint(&body, &mut hash);
            key.of(hash.finalize().into())
        });
        let body = part(&body)?;
        Ok(Self { body, idempotency })
    }
}

impl FromRequest<Shared> for NoBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, Problem> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Nothing {}
        let bytes = whole(request).await?;
        if !bytes.trim_ascii().is_empty() {
            let Nothing {} = parse(&bytes)?;
        }
        Ok(Self)
    }
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        ensure_text(query)?;
        let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded(query));
        serde_path_to_error::deserialize(deserializer)
            .map(Self)
            .map_err(|error| {
                let path = pointer(error.path());
                wrong_query(&path, &error.into_inner().to_string())
            })
    }
}

/// What is no text would be read as the letter that stands for such bytes.
fn ensure_text(query: &str) -> Result<(), Problem> {
    for pair in query.split('&') {
        if !is_text(pair) {
            let (name, _) = form_urlencoded(pair).next().unwrap_or_default();
            return Err(Problem::field(format!("#query/{}", escaped(&name)), Flaw::NotUnicode));
        }
    }
    Ok(())
}

/// Whether the bytes that `%…` stands for are UTF-8, with what is around them.
fn is_text(encoded: &str) -> bool {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits
            .filter(|digits| *first == b'%' && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    std::str::from_utf8(&bytes).is_ok()
}

fn form_urlencoded(query: &str) -> url::form_urlencoded::Parse<'_> {
    url::form_urlencoded::parse(query.as_bytes())
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(Problem::not_found()),
        }
    }
}

/// What the caller sent as `Idempotency-Key`, if anything.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<KeyText>, Problem> {
    let key = headers.get("idempotency-key");
    Ok(key
        .map(|key| KeyText::new(key.to_str().unwrap_or_default()))
        .transpose()?)
}

fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"));
    if is_json {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "Send the body as JSON, with `Content-Type: application/json`.",
    ))
}

/// The whole body, of at most [`MAX_BODY_BYTES`]. Of a larger one the field is named that had begun and not ended there.
async fn whole(request: Request) -> Result<Vec<u8>, Problem> {
    let mut pieces = request.into_body().into_data_stream();
    let mut read = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "unreadable_body",
                "The body did not arrive whole.",
            )
        })?;
        let room = MAX_BODY_BYTES - read.len();
        read.extend_from_slice(&piece[..piece.len().min(room)]);
        if piece.len() > room {
            return Err(too_large(&strict::open_place(&read)));
        }
    }
    Ok(read)
}

fn too_large(pointer: &str) -> Problem {
    Problem::too_large(
        pointer,
        MAX_BODY_BYTES as u64,
        format!(
            "The body is too large: at most {} MB. Upload larger files first with `POST /v1/media`, and name them by their id.",
            MAX_BODY_BYTES / (1024 * 1024)
        ),
    )
}

fn json(bytes: &[u8]) -> Result<Value, Problem> {
    strict::parse(bytes).map_err(|bad| match bad {
        BadBody::Malformed(error) => malformed(&error),
        BadBody::Wrong(wrong) => Problem::field(wrong.pointer, wrong.flaw),
    })
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    part(&json(bytes)?)
}

/// Hashes what JSON says, and not how it is written: blanks, escapes and the order of fields are no difference.
fn fingerprint(value: &Value, hash: &mut Sha256) {
    match value {
        Value::Null => tell(hash, b'n', b""),
        Value::Bool(is_true) => tell(hash, b'b', &[u8::from(*is_true)]),
        Value::Number(number) => tell(hash, b'd', number.to_string().as_bytes()),
        Value::String(text) => tell(hash, b's', text.as_bytes()),
        Value::Array(values) => {
            tell(hash, b'a', &values.len().to_be_bytes());
            for value in values {
                fingerprint(value, hash);
            }
        }
        Value::Object(fields) => {
            tell(hash, b'o', &fields.len().to_be_bytes());
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            for (name, value) in fields {
                tell(hash, b's', name.as_bytes());
                fingerprint(value, hash);
            }
        }
    }
}

/// What kind of value it is and how long comes first, so that no two bodies are hashed as the same bytes.
fn tell(hash: &mut Sha256, kind: u8, bytes: &[u8]) {
    hash.update([kind]);
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

/// Reads a part of a body, as strictly as a whole one. Pointers begin at the part.
pub(crate) fn part<T: DeserializeOwned>(value: &Value) -> Result<T, Problem> {
    strict::read(value).map_err(|wrong| Problem::field(wrong.pointer, wrong.flaw))
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "malformed_json",
        format!(
            "The body is not JSON: line {}, column {}.",
            error.line(),
            error.column()
        ),
    )
}

/// What is wrong with the query, where it belongs and in words for people.
fn wrong_query(path: &str, cause: &str) -> Problem {
    let named = |prefix: &str| {
        let rest = cause.strip_prefix(prefix)?;
        rest.split('`').next().map(escaped)
    };
    let wrong = |path: &str, flaw: Flaw| Problem::field(format!("#query{path}"), flaw);
    let at_field = [
        ("missing field `", Flaw::Required),
        ("unknown field `", Flaw::UnknownParameter),
        ("duplicate field `", Flaw::GivenTwice),
    ];
    for (prefix, flaw) in at_field {
        if let Some(name) = named(prefix) {
            return wrong(&format!("/{name}"), flaw);
        }
    }
    if cause.starts_with("unknown variant") {
        let allowed = cause.split('`').skip(3).step_by(2).map(str::to_owned).collect();
        return wrong(path, Flaw::NotOneOf { allowed });
    }
    let flaw = match cause {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            Flaw::NotAWholeNumber { min: None, max: None }
        }
        "number too large to fit in target type" | "number too small to fit in target type" => Flaw::NumberTooLarge,
        "provided string was not `true` or `false`" => Flaw::WrongType {
            expected: JsonType::Boolean,
        },
        // Our own types speak plainly.
        cause => Flaw::of_words(cause.to_owned()),
    };
    wrong(path, flaw)
}

fn pointer(path: &FieldPath) -> String {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", escaped(key))),
            Segment::Enum { variant } => Some(format!("/{}", escaped(variant))),
            Segment::Unknown => None,
        })
        .collect()
}

/// As RFC 6901 writes a name in a pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its parsing is tested")]
    struct Asked {
        limit: u8,
        is_open: Option<bool>,
        kind: Option<Kind>,
        since: Option<pesan_model::Timestamp>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Text,
        Image,
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_query_is_said_in_plain_words_at_its_parameter() {
        let whole = "must be a whole number";
        let time = "is not a time such as 2026-11-20T10:00:00Z";
        for (query, pointer, code, detail) in [
            ("", "#query/limit", "required", "is missing"),
            ("limit=x", "#query/limit", "not_a_whole_number", whole),
            ("limit=", "#query/limit", "not_a_whole_number", whole),
            ("limit=256", "#query/limit", "number_too_large", "is too large"),
            ("limit=1&limit=2", "#query/limit", "given_twice", "is given twice"),
            (
                "limit=1&colour=2",
                "#query/colour",
                "unknown_parameter",
                "is not a parameter of this request",
            ),
            (
                "limit=1&is_open=x",
                "#query/is_open",
                "wrong_type",
                "must be true or false",
            ),
            (
                "limit=1&kind=x",
                "#query/kind",
                "not_one_of",
                "must be one of text, image",
            ),
            ("limit=1&since=x", "#query/since", "not_a_time", time),
        ] {
            let uri = format!("/?{query}");
            let (mut parts, ()) = axum::http::Request::get(uri).body(()).expect("a request").into_parts();
            let Err(problem) = Query::<Asked>::from_request_parts(&mut parts, &()).await else {
                panic!("{query} is right")
            };
            let problem = serde_json::to_value(problem).expect("serializes");
            let error = &problem["errors"][0];
            assert_eq!(
                (&error["pointer"], &error["code"], &error["detail"]),
                (&pointer.into(), &code.into(), &detail.into()),
                "{query}"
            );
        }
        let (mut parts, ()) = axum::http::Request::get("/?limit=1&kind=image")
            .body(())
            .expect("a request")
            .into_parts();
        let right = Query::<Asked>::from_request_parts(&mut parts, &()).await;
        assert!(matches!(right, Ok(Query(asked)) if asked.limit == 1));
    }

    #[tokio::test]
    async fn bytes_that_are_no_text_are_told_at_their_parameter() {
        for (query, pointer) in [
            ("kind=%ff", "#query/kind"),
            ("limit=1&kind=a%C3", "#query/kind"),
            ("%ff=1", "#query/\u{fffd}"),
        ] {
            let uri = format!("/?{query}");
            let (mut parts, ()) = axum::http::Request::get(uri).body(()).expect("a request").into_parts();
            let Err(problem) = Query::<Asked>::from_request_parts(&mut parts, &()).await else {
                panic!("{query} is right")
            };
            let problem = serde_json::to_value(problem).expect("serializes");
            let error = &problem["errors"][0];
            assert_eq!(
                (&error["pointer"], &error["code"]),
                (&pointer.into(), &"not_unicode".into()),
                "{query}"
            );
        }
        for text in ["", "a=b+c", "a=%C3%A9", "a=100%", "a=%zz&b=%f", "a=%EF%BF%BD"] {
            assert!(is_text(text), "{text}");
        }
    }

    #[test]
    fn a_body_is_the_same_however_it_is_written_and_another_one_is_not() {
        let hash = |body: &str| {
            let mut hash = Sha256::new();
            fingerprint(&json(body.as_bytes()).expect("JSON"), &mut hash);
            hash.finalize()
        };
        let body = r#"{"a":"x","b":{"c":[1,null,true],"d":"é"}}"#;
        let same = "\n{ \"b\" : {\"d\":\"\\u00e9\", \"c\" :[ 1,null , true]},\t\"a\":\"x\"} ";
        assert_eq!(hash(body), hash(same));
        let others = [
            r#"{"a":"x","b":{"c":[1,true,null],"d":"é"}}"#,
            r#"{"a":"x","b":{"c":[1,null,true,"d"],"d":"é"}}"#,
            r#"{"a":"x","b":{"c":["1",null,true],"d":"é"}}"#,
            r#"{"a":"x","b":{"c":[1,null,false],"d":"é"}}"#,
            r#"{"a":"x","c":[1,null,true],"b":{"d":"é"}}"#,
            r#"{"A":"x","b":{"c":[1,null,true],"d":"é"}}"#,
            r#"[{"a":"x","b":{"c":[1,null,true],"d":"é"}}]"#,
            "{}",
            "[]",
            "null",
        ];
        let hashes: std::collections::BTreeSet<_> =
            others.iter().map(|other| hash(other)).chain([hash(body)]).collect();
        assert_eq!(hashes.len(), others.len() + 1);
    }

    #[test]
    fn what_is_not_json_is_a_bad_request() {
        for body in ["{", "{\"limit\":1} x"] {
            let problem = parse::<Asked>(body.as_bytes()).expect_err("is wrong");
            let problem = serde_json::to_value(problem).expect("serializes");
            assert_eq!(
                (&problem["status"], &problem["code"]),
                (&400.into(), &"malformed_json".into())
            );
        }
    }
}
