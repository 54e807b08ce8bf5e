//! The web app and the API reference.

use axum::http::Method;
use pesan_store::testing::sqlite;

use crate::support::TestServer;

/// Rust can be tested without the web app; then there is no page to look at.
async fn server_with_ui() -> Option<TestServer> {
    let server = TestServer::new(&sqlite()).await;
    let has_ui = server.ask_without_key(Method::GET, "/").send().await.status == 200;
    has_ui.then_some(server)
}

#[tokio::test]
async fn every_page_of_the_app_is_its_index() {
    let Some(server) = server_with_ui().await else { return };
    let index = server.ask_without_key(Method::GET, "/").send().await;
    assert_eq!(index.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(index.header("cache-control"), "no-cache");
    let page = server.ask_without_key(Method::GET, "/accounts/somewhere").send().await;
    assert_eq!((page.status.as_u16(), &page.bytes), (200, &index.bytes));
    let tag = index.header("etag");
    let again = server
        .ask_without_key(Method::GET, "/")
        .header("if-none-match", tag)
        .send()
        .await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_missing_ones_are_missing() {
    let Some(server) = server_with_ui().await else { return };
    let index = server.ask_without_key(Method::GET, "/").send().await.text();
    let start = index.find("/assets/").expect("the index names its script");
    let path = index[start..].split('"').next().expect("a path");
    let asset = server.ask_without_key(Method::GET, path).send().await;
    assert_eq!(asset.status, 200);
    assert!(asset.header("cache-control").contains("immutable"));
    server
        .ask_without_key(Method::GET, "/assets/missing.js")
        .send()
        .await
        .problem(404, "not_found");
    server
        .ask_without_key(Method::POST, "/accounts")
        .send()
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn a_program_that_asks_for_what_is_not_there_is_told_so() {
    let Some(server) = server_with_ui().await else { return };
    let ask = |path: &'static str, name: &'static str, value: &'static str| {
        server.ask_without_key(Method::GET, path).header(name, value).send()
    };
    for (name, value) in [
        ("authorization", "Bearer psk_whatever"),
        ("accept", "application/json"),
        ("accept", "application/problem+json, application/json"),
    ] {
        ask("/messages", name, value).await.problem(404, "not_found");
    }
    for types in [
        "text/html,application/xhtml+xml,*/*;q=0.8",
        "*/*",
        "text/html, application/json",
    ] {
        assert_eq!(ask("/accounts", "accept", types).await.status, 200);
    }
}

#[tokio::test]
async fn what_the_app_is_made_of_comes_as_small_as_the_build_made_it() {
    let Some(server) = server_with_ui().await else { return };
    let index = server.ask_without_key(Method::GET, "/").send().await.text();
    let scripts: Vec<_> = index.split('"').filter(|part| part.contains(".js")).collect();
    assert_ne!(scripts.len(), 0);
    for path in scripts {
        let whole = server.ask_without_key(Method::GET, path).send().await;
        assert!(whole.headers.get("content-encoding").is_none(), "{path}");
        let of = async |accepted: &str| {
            server
                .ask_without_key(Method::GET, path)
                .header("accept-encoding", accepted)
                .send()
                .await
        };
        let small = of("gzip, deflate, br, zstd").await;
        assert_eq!(small.header("content-encoding"), "br", "{path}");
        assert_eq!(small.header("vary"), "accept-encoding");
        assert_eq!(small.header("content-type"), whole.header("content-type"));
        // It is no longer than what is sent of it on the way, and says how long it is.
        let length: usize = small.header("content-length").parse().expect("a number");
        assert_eq!(length, small.bytes.len());
        let other = of("gzip, br;q=0").await;
        assert_eq!(other.header("content-encoding"), "gzip", "{path}");
        assert!(small.bytes.len() < other.bytes.len(), "{path}");
        assert!(small.bytes.len() < whole.bytes.len(), "{path}");
    }
}

#[tokio::test]
async fn the_api_reference_needs_nothing_from_elsewhere() {
    let Some(server) = server_with_ui().await else { return };
    let page = server.ask_without_key(Method::GET, "/docs").send().await.text();
    assert!(!page.contains("http://") && !page.contains("https://"));
    for part in page
        .split('"')
        .filter(|part| part.starts_with("/docs/") || *part == "/openapi.json")
    {
        let answer = server.ask_without_key(Method::GET, part).send().await;
        assert_eq!(answer.status, 200, "{part}");
    }
}
