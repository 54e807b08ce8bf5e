//! What handlers take from a request. Whatever is wrong with it is answered with a problem that names the field.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use pesan_app::idempotency::{IdempotencyKey, KeyText};
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path as FieldPath, Segment};
use sha2::{Digest, Sha256};

use super::Shared;
use super::problem::Problem;

/// The body as JSON.
pub(crate) struct Json<T>(pub(crate) T);

/// The body of a create as JSON, with the key that makes it safe to repeat.
pub(crate) struct Create<T> {
    pub(crate) body: T,
    pub(crate) idempotency: Option<IdempotencyKey>,
}

/// The query of the address.
pub(crate) struct Query<T>(pub(crate) T);

/// The ids in the address. What is no id of the right kind is simply not there.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Shared> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Shared) -> Result<Self, Problem> {
        require_json(request.headers())?;
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable)?;
        parse(&bytes).map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<Shared> for Create<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Shared) -> Result<Self, Problem> {
        require_json(request.headers())?;
        let key = idempotency_key(request.headers())?;
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable)?;
        let idempotency = key.map(|key| key.of(Sha256::digest(&bytes).into()));
        let body = parse(&bytes)?;
        Ok(Self { body, idempotency })
    }
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded(query));
        serde_path_to_error::deserialize(deserializer)
            .map(Self)
            .map_err(|error| {
                let path = pointer(error.path());
                Problem::field(format!("#query{path}"), plain(&error.into_inner().to_string()))
            })
    }
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

/// A body that did not arrive whole.
#[expect(clippy::needless_pass_by_value, reason = "the shape `map_err` wants")]
pub(crate) fn unreadable(rejection: BytesRejection) -> Problem {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "The body is too large. Upload large files with `POST /v1/media`.",
        ),
        _ => Problem::new(
            StatusCode::BAD_REQUEST,
            "unreadable_body",
            "The body did not arrive whole.",
        ),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = pointer(error.path());
        let cause = error.into_inner();
        if cause.is_data() {
            wrong_field(&path, &cause.to_string())
        } else {
            malformed(&cause)
        }
    })?;
    deserializer.end().map_err(|error| malformed(&error))?;
    Ok(value)
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

/// A missing or unknown field is reported where it belongs, not at the object around it.
fn wrong_field(path: &str, cause: &str) -> Problem {
    let named = |prefix: &str| {
        let rest = cause.strip_prefix(prefix)?;
        rest.split('`').next().map(str::to_owned)
    };
    if let Some(field) = named("missing field `") {
        return Problem::field(format!("{path}/{}", escaped(&field)), "is missing");
    }
    if let Some(field) = named("unknown field `") {
        let escaped = escaped(&field);
        let path = path.strip_suffix(&format!("/{escaped}")).unwrap_or(path);
        return Problem::field(format!("{path}/{escaped}"), "is not a field of this request");
    }
    Problem::field(path, plain(cause))
}

/// Without the place in the text, which means nothing to who sent an object.
fn plain(cause: &str) -> String {
    cause.split(" at line ").next().unwrap_or(cause).to_owned()
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
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only its parsing is tested")]
        inner: Inner,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only its parsing is tested")]
        numbers: Vec<u8>,
    }

    fn problem(body: &str) -> serde_json::Value {
        serde_json::to_value(parse::<Outer>(body.as_bytes()).expect_err("is wrong")).expect("serializes")
    }

    #[test]
    fn problems_point_at_the_field() {
        assert_eq!(
            problem(r#"{"inner":{"numbers":[1,"x"]}}"#)["errors"][0]["pointer"],
            "/inner/numbers/1"
        );
        assert_eq!(problem(r#"{"inner":{}}"#)["errors"][0]["pointer"], "/inner/numbers");
        assert_eq!(
            problem(r#"{"inner":{"numbers":[],"a/b":1}}"#)["errors"][0]["pointer"],
            "/inner/a~1b"
        );
        assert_eq!(problem("{}")["errors"][0]["detail"], "is missing");
    }

    #[test]
    fn what_is_not_json_is_a_bad_request() {
        assert_eq!(problem("{")["status"], 400);
        assert_eq!(problem(r#"{"inner":{"numbers":[]}} x"#)["code"], "malformed_json");
    }
}
