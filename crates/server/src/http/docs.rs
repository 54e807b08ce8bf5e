//! The description of the API, and the page that shows it without fetching anything from elsewhere.

use std::sync::OnceLock;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use super::Shared;

const PAGE: &str = include_str!("docs/page.html");
const STYLE: &str = include_str!("docs/page.css");
const SCRIPT: &str = include_str!("docs/init.js");

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/openapi.json", get(document))
        .route("/docs", get(async || Html(PAGE)))
        .route(
            "/docs/init.js",
            get(async || file("text/javascript; charset=utf-8", SCRIPT)),
        )
        .route("/docs/page.css", get(async || file("text/css; charset=utf-8", STYLE)))
}

async fn document() -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(super::openapi_text).as_str();
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], text).into_response()
}

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], text).into_response()
}
