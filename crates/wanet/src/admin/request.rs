//! What handlers take from a request. Whatever is wrong with it is a problem that names the field.

use axum::body::Body as Stream;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use futures::StreamExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::problem::Problem;

/// A file in base64 is a third larger than it is.
const LARGEST: usize = 64 * 1024 * 1024;

/// The body as JSON.
pub(super) struct Body<T>(pub(super) T);

/// The body as text.
pub(super) struct Text(pub(super) String);

/// The body as it is.
pub(super) struct Raw(pub(super) Vec<u8>);

/// The query of the address.
pub(super) struct Query<T>(pub(super) T);

/// What stands in the path.
pub(super) struct Path<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned + Serialize> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(wrong_type("is application/json here"));
        }
        parse(&whole(request.into_body()).await?).map(Self)
    }
}

impl<S: Sync> FromRequest<S> for Text {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Raw(bytes) = Raw::from_request(request, state).await?;
        String::from_utf8(bytes)
            .map(Self)
            .map_err(|_| Problem::wrong("body", "is no text in UTF-8"))
    }
}

impl<S: Sync> FromRequest<S> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if is_json(request.headers()) {
            return Err(wrong_type(
                "is anything but application/json here: the body is taken as it is",
            ));
        }
        whole(request.into_body()).await.map(Self)
    }
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(query))
            .map(Self)
            .map_err(|error| wrong(&error.path().to_string(), &error.inner().to_string()))
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        let rejection = match path {
            Ok(axum::extract::Path(value)) => return Ok(Self(value)),
            Err(rejection) => rejection,
        };
        let why = rejection.body_text();
        let PathRejection::FailedToDeserializePathParams(failed) = rejection else {
            return Err(Problem::wrong("path", &why));
        };
        Err(match failed.kind() {
            ErrorKind::ParseErrorAtKey { key, value, .. } => {
                Problem::wrong(key, &format!("{value:?} is not a number that it can be"))
            }
            ErrorKind::InvalidUtf8InPathParam { key } => Problem::wrong(key, "is no text in UTF-8"),
            _ => Problem::wrong("path", &why),
        })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    given
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn wrong_type(why: &str) -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "The body has another type",
        "content-type",
        why,
    )
}

/// The whole body. As much again as may come is read for nothing, so that who writes all of it before reading learns why it is
/// refused.
async fn whole(body: Stream) -> Result<Vec<u8>, Problem> {
    let mut pieces = body.into_data_stream();
    let (mut read, mut length) = (Vec::new(), 0);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Problem::wrong("body", "did not arrive whole"))?;
        length += piece.len();
        if length <= LARGEST {
            read.extend_from_slice(&piece);
        } else {
            read = Vec::new();
        }
        if length > 2 * LARGEST {
            break;
        }
    }
    if length > LARGEST {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The body is too large",
            "body",
            &format!("has {LARGEST} bytes at most"),
        ));
    }
    Ok(read)
}

fn parse<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<T, Problem> {
    let not_json = |error: &serde_json::Error| Problem::wrong("body", &format!("is not JSON: {error}"));
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read: T = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let cause = error.inner();
        if cause.is_data() {
            let words = cause.to_string();
            let words = words.rsplit_once(" at line ").map_or(&*words, |(words, _)| words);
            wrong(&error.path().to_string(), words)
        } else {
            not_json(cause)
        }
    })?;
    json.end().map_err(|error| not_json(&error))?;
    let given = serde_json::from_slice(bytes).map_err(|error| not_json(&error))?;
    let understood = serde_json::to_value(&read).expect("what was read from JSON has a JSON form");
    match list_for_object(&given, &understood) {
        Some(place) => Err(wrong(&place, "is a list, and must be an object")),
        None => Ok(read),
    }
}

/// Where a list was given and taken for an object, whose fields serde reads from a list as well.
fn list_for_object(given: &Value, understood: &Value) -> Option<String> {
    match (given, understood) {
        (Value::Array(_), Value::Object(_)) => Some(String::new()),
        (Value::Array(given), Value::Array(understood)) => {
            let mut pairs = given.iter().zip(understood).enumerate();
            pairs.find_map(|(index, (given, understood))| {
                let place = list_for_object(given, understood)?;
                Some(join(&format!("[{index}]"), &place))
            })
        }
        (Value::Object(given), Value::Object(understood)) => given
            .iter()
            .find_map(|(name, given)| Some(join(name, &list_for_object(given, understood.get(name)?)?))),
        _ => None,
    }
}

fn join(place: &str, inner: &str) -> String {
    match (place, inner) {
        ("", only) | (only, "") => only.to_owned(),
        (place, inner) if inner.starts_with('[') => format!("{place}{inner}"),
        (place, inner) => format!("{place}.{inner}"),
    }
}

/// A problem in serde's words, which name the field where its path does not.
pub(super) fn wrong(path: &str, words: &str) -> Problem {
    let path = path.trim_matches('.');
    let named = ["missing field `", "unknown field `", "duplicate field `"]
        .into_iter()
        .find_map(|start| words.strip_prefix(start)?.split('`').next());
    let field = match named {
        Some(name) if path.rsplit('.').next() == Some(name) => path.to_owned(),
        Some(name) => join(path, name),
        None => path.to_owned(),
    };
    Problem::wrong(if field.is_empty() { "body" } else { &field }, words)
}
