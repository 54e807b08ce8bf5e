//! The web app, which `build.rs` puts into the binary.
//!
//! Every address that is not a file is a page of the app and gets `index.html`. Under `/assets/` and `/v1/` what is not
//! there is a 404, and so it is for programs everywhere: a page in the place of a script or an answer would only be
//! confusing.

use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

/// A file of the web app.
pub(crate) struct File {
    /// Its path below the root, without a slash at the front.
    pub(crate) path: &'static str,
    /// Changes with its content.
    pub(crate) etag: &'static str,
    pub(crate) content: &'static [u8],
    /// The same, compressed when the web app was built.
    pub(crate) brotli: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/web_files.rs"));

/// The file at this path.
pub(crate) fn find(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

/// Answers whatever no route does.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let is_page = !["v1/", "assets/", "docs/"]
        .iter()
        .any(|prefix| path.starts_with(prefix))
        && path != "v1"
        && !is_program(&headers);
    if !matches!(method, Method::GET | Method::HEAD) {
        return Problem::not_found().into_response();
    }
    match find(path).or_else(|| if is_page { find("index.html") } else { None }) {
        Some(file) => send(file, &headers),
        None if is_page => (
            StatusCode::NOT_FOUND,
            "This build has no web app in it; it was made with PESAN_WITHOUT_UI=1. The API is at /v1, its reference at /docs.\n",
        )
            .into_response(),
        None => Problem::not_found().into_response(),
    }
}

/// Whether whoever asks comes with a key, or takes JSON and no pages.
fn is_program(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get(ACCEPT)
        .and_then(|types| types.to_str().ok())
        .unwrap_or_default();
    headers.contains_key(AUTHORIZATION) || accepted.contains("json") && !accepted.contains("text/html")
}

/// Answers with a file, or that it has not changed.
pub(crate) fn send(file: &'static File, headers: &HeaderMap) -> Response {
    // Files below `assets/` have a hash of their content in their name.
    let caching = if file.path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let common = [(ETAG, file.etag), (CACHE_CONTROL, caching)];
    let is_known = headers
        .get(IF_NONE_MATCH)
        .and_then(|known| known.to_str().ok())
        .is_some_and(|known| {
            known
                .split(',')
                .any(|tag| tag.trim().trim_start_matches("W/") == file.etag)
        });
    if is_known {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let mime = mime_guess::from_path(file.path).first_or_octet_stream();
    let mut mime = mime.to_string();
    if mime.starts_with("text/") {
        mime.push_str("; charset=utf-8");
    }
    let mime = [(CONTENT_TYPE, mime)];
    match file.brotli {
        Some(brotli) if takes_brotli(headers) => {
            let encoding = [(CONTENT_ENCODING, "br"), (VARY, "accept-encoding")];
            (common, mime, encoding, brotli).into_response()
        }
        // Whoever takes something else gets it compressed on the way (`layers.rs`).
        Some(_) | None => (common, mime, file.content).into_response(),
    }
}

fn takes_brotli(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|encoding| {
            let mut parts = encoding.split(';').map(str::trim);
            let is_brotli = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br"));
            let is_refused = parts
                .filter_map(|part| part.strip_prefix("q="))
                .any(|weight| weight.parse() == Ok(0.0_f32));
            is_brotli && !is_refused
        })
}
