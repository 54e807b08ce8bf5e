//! What happens around every request: ids, logs, figures, limits, security headers, panics.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY};
use axum::http::header::{X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use pesan_app::net::DOWNLOAD_DEADLINE;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};

use super::problem::Problem;
use super::{Shared, unread};

/// A body that is read into memory is at most this large. 16 MiB of a picture are 22 MiB as base64; larger files are
/// uploaded, which streams them.
pub(crate) const MAX_BODY_BYTES: usize = 24 * 1024 * 1024;
/// An answer begins within this time. Streams may go on for ever after that.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// The same where a file may have to be fetched from a link first: its own deadline comes before, so that what is wrong
/// is the link and not the request.
const LINK_TIMEOUT: Duration = DOWNLOAD_DEADLINE.saturating_add(ANSWER_TIMEOUT);
/// The same where a whole file has to arrive first.
const UPLOAD_TIMEOUT: Duration = Duration::from_mins(10);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const CONTENT_POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
     style-src 'self' 'unsafe-inline'; script-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'";

/// Puts everything around the routes.
pub(crate) fn around(router: Router, server: &Shared) -> Router {
    router
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn(end_in_time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(server.clone(), observe))
        .layer(from_fn(unread::hear_out))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(server.clone(), secure))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(from_fn(only_own_request_ids))
}

/// Ids are ours: one from outside could be anything and would stand in the log.
async fn only_own_request_ids(mut request: Request, next: Next) -> Response {
    request.headers_mut().remove(REQUEST_ID);
    next.run(request).await
}

async fn end_in_time(request: Request, next: Next) -> Response {
    let timeout = answer_timeout(request.method(), request.uri().path());
    within(timeout, next.run(request)).await
}

async fn within(timeout: Duration, answer: impl Future<Output = Response>) -> Response {
    match tokio::time::timeout(timeout, answer).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "timeout",
            "This took too long. It may still be done; look before you repeat it.",
        )
        .into_response(),
    }
}

fn answer_timeout(method: &Method, path: &str) -> Duration {
    match path {
        "/v1/media" => UPLOAD_TIMEOUT,
        "/v1/messages" if method == Method::POST => LINK_TIMEOUT,
        _ => ANSWER_TIMEOUT,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape the layer wants")]
fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no text");
    tracing::error!(panic = text, "a request panicked");
    Problem::internal().into_response()
}

/// Counts and logs requests. Addresses are logged as routes, because real ones hold numbers and names.
async fn observe(State(server): State<Shared>, request: Request, next: Next) -> Response {
    let started = server.app.clock.monotonic();
    let method = request.method().as_str().to_owned();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("other", MatchedPath::as_str)
        .to_owned();
    let request_id = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let response = next.run(request).await;
    let took = server.app.clock.monotonic().saturating_sub(started);
    let status = response.status().as_u16();
    let labels = [
        ("method", method.clone()),
        ("route", route.clone()),
        ("status", status.to_string()),
    ];
    metrics::counter!("pesan_http_requests_total", &labels).increment(1);
    metrics::histogram!("pesan_http_request_seconds", "method" => method.clone(), "route" => route.clone())
        .record(took.as_secs_f64());
    if response.status().is_server_error() {
        tracing::warn!(method, route, status, request_id, "a request failed");
    } else {
        tracing::debug!(
            method,
            route,
            status,
            request_id,
            millis = took.as_millis() as u64,
            "answered a request"
        );
    }
    response
}

async fn secure(State(server): State<Shared>, request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/v1/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(CONTENT_SECURITY_POLICY, CONTENT_POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(X_FRAME_OPTIONS, "DENY");
    set(REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    // Nothing here is for search engines, and no link to it either.
    set(HeaderName::from_static("x-robots-tag"), "noindex, nofollow");
    // The microphone is for voice notes.
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(self)",
    );
    if is_api {
        set(CACHE_CONTROL, "no-store");
    }
    if server.settings.is_https() {
        set(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_takes_too_long_is_answered_with_when_to_come_back() {
        let answer = within(Duration::ZERO, std::future::pending()).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()["retry-after"], "5");
    }

    #[test]
    fn a_request_with_a_link_outlasts_the_largest_document_from_a_slow_server() {
        let largest = pesan_model::content::MediaKind::Document.max_bytes();
        let at_a_megabyte_each_second = Duration::from_secs(largest / 1_000_000);
        assert!(DOWNLOAD_DEADLINE > at_a_megabyte_each_second);
        assert!(answer_timeout(&Method::POST, "/v1/messages") > DOWNLOAD_DEADLINE);
        assert_eq!(answer_timeout(&Method::GET, "/v1/messages"), ANSWER_TIMEOUT);
        assert_eq!(answer_timeout(&Method::POST, "/v1/accounts"), ANSWER_TIMEOUT);
        assert_eq!(answer_timeout(&Method::POST, "/v1/media"), UPLOAD_TIMEOUT);
    }
}
