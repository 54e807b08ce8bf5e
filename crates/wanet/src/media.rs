//! The media host: keeps what clients upload, encrypted as it is, and gives it back, whole or in part.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use parking_lot::Mutex;
use serde::Deserialize;
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use crate::crypto;
use crate::hub::Hub;

const LARGEST: usize = 256 * 1024 * 1024;

/// Encrypted files by name.
#[derive(Default)]
pub(crate) struct MediaStore {
    files: Mutex<HashMap<String, Bytes>>,
    dir: Option<std::path::PathBuf>,
}

impl MediaStore {
    /// Keeps files in a directory so that they survive a restart.
    pub(crate) fn in_dir(dir: std::path::PathBuf) -> std::io::Result<Self> {
        std::fs::create_dir_all(&dir)?;
        Ok(Self {
            files: Mutex::default(),
            dir: Some(dir),
        })
    }

    /// Stores a file and says under which path it can be fetched.
    pub(crate) fn put(&self, bytes: Bytes) -> std::io::Result<String> {
        let name = crypto::b64url(&crypto::sha256(&bytes));
        match &self.dir {
            Some(dir) => {
                let partial = dir.join(format!("{name}.part"));
                std::fs::write(&partial, &bytes)?;
                std::fs::rename(&partial, dir.join(&name))?;
            }
            None => {
                self.files.lock().insert(name.clone(), bytes);
            }
        }
        Ok(format!("/media/{name}"))
    }

    /// A file by its path.
    pub(crate) fn get(&self, path: &str) -> Option<Bytes> {
        let name = path.split('?').next()?.rsplit('/').next()?;
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return None;
        }
        match &self.dir {
            Some(dir) => std::fs::read(dir.join(name)).ok().map(Bytes::from),
            None => self.files.lock().get(name).cloned(),
        }
    }

    /// How much is kept in memory.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.lock().values().map(|file| file.len() as u64).sum()
    }
}

/// The routes of the media host.
pub(crate) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/mms/{kind}/{hash}", post(upload))
        .route("/media/{name}", get(download))
        .layer(DefaultBodyLimit::max(LARGEST))
}

#[derive(Deserialize)]
struct UploadQuery {
    resume: Option<String>,
}

async fn upload(
    State(hub): State<Arc<Hub>>,
    Path((_kind, hash)): Path<(String, String)>,
    Query(query): Query<UploadQuery>,
    body: Bytes,
) -> Response {
    if query.resume.is_some() && body.is_empty() {
        return Json(serde_json::json!({ "resume": "0" })).into_response();
    }
    let expected = hash.trim_end_matches('=');
    if crypto::b64url(&crypto::sha256(&body)) != expected {
        return (StatusCode::BAD_REQUEST, "the hash in the path is not that of the body").into_response();
    }
    match hub.media.put(body) {
        Ok(path) => {
            let url = format!("https://{}{path}", hub.settings.media_host);
            Json(serde_json::json!({ "url": url, "direct_path": path })).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "media could not be stored");
            StatusCode::INSUFFICIENT_STORAGE.into_response()
        }
    }
}

async fn download(State(hub): State<Arc<Hub>>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = hub.media.get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let content = (header::CONTENT_TYPE, "application/octet-stream".to_owned());
    let Some(range) = range else {
        return ([content], file).into_response();
    };
    let Some((from, to)) = parse_range(range, file.len()) else {
        let size = (header::CONTENT_RANGE, format!("bytes */{}", file.len()));
        return (StatusCode::RANGE_NOT_SATISFIABLE, [size]).into_response();
    };
    let part = (header::CONTENT_RANGE, format!("bytes {from}-{to}/{}", file.len()));
    (StatusCode::PARTIAL_CONTENT, [content, part], file.slice(from..=to)).into_response()
}

/// First and last byte of `bytes=from-to`, `bytes=from-` or `bytes=-count`.
fn parse_range(range: &str, size: usize) -> Option<(usize, usize)> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let last = size.checked_sub(1)?;
    let (from, to) = match (from, to) {
        ("", count) => (size.saturating_sub(count.parse().ok()?), last),
        (from, "") => (from.parse().ok()?, last),
        (from, to) => (from.parse().ok()?, to.parse::<usize>().ok()?.min(last)),
    };
    (from <= to).then_some((from, to))
}

impl Hub {
    /// Where clients send their media.
    pub(crate) fn media_conn(&self) -> Node {
        let host = NodeBuilder::new("host")
            .attr("hostname", self.settings.media_host.clone())
            .attr("type", "primary")
            .build();
        NodeBuilder::new("media_conn")
            .attr("auth", "simulated")
            .attr("ttl", 86_400)
            .attr("auth_ttl", 86_400)
            .attr("max_buckets", 12)
            .children([host])
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_clipped() {
        assert_eq!(parse_range("bytes=0-3", 10), Some((0, 3)));
        assert_eq!(parse_range("bytes=4-", 10), Some((4, 9)));
        assert_eq!(parse_range("bytes=-3", 10), Some((7, 9)));
        assert_eq!(parse_range("bytes=5-99", 10), Some((5, 9)));
        assert_eq!(parse_range("bytes=10-", 10), None);
        assert_eq!(parse_range("bytes=0-", 0), None);
        assert_eq!(parse_range("lines=1-2", 10), None);
    }
}
