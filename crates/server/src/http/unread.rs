//! Reads what is left of a body when its request is refused before all of it has come.
//!
//! Many programs write a whole request before they read a word of the answer. Closing the connection while they write
//! would take from them why they are refused.

use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::EXPECT;
use axum::middleware::Next;
use axum::response::Response;
use futures::StreamExt as _;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::layers::MAX_BODY_BYTES;

/// What is read for nothing is at most this much: as much again as is taken. Who sends more finds the connection closed.
const MOST: u64 = MAX_BODY_BYTES as u64;
/// And takes no longer than this.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers a refused request only when its body is over, unless that costs too much.
pub(crate) async fn hear_out(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let unread = Unread::default();
    // Who asks first whether the body is wanted has not written it, and a look at it would say yes.
    let is_asked = request.headers().contains_key(EXPECT);
    let request = request.map(|body| Body::new(unread.lend(body, is_asked)));
    let response = next.run(request).await;
    let status = response.status();
    if (status.is_client_error() || status.is_server_error())
        && let Some(body) = unread.take()
    {
        // Where it takes too long the answer goes out all the same.
        let _ = tokio::time::timeout(PATIENCE, read_out(body)).await;
    }
    response
}

async fn read_out(body: Body) {
    let mut left = MOST;
    if body.size_hint().lower() > left {
        return;
    }
    let mut pieces = body.into_data_stream();
    while let Some(Ok(piece)) = pieces.next().await {
        match left.checked_sub(piece.len() as u64) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// A body that nobody reads any more.
#[derive(Clone, Default)]
struct Unread(Arc<Mutex<Option<Body>>>);

impl Unread {
    fn lend(&self, body: Body, is_asked: bool) -> Lent {
        Lent {
            body,
            is_kept_back: is_asked,
            unread: self.clone(),
        }
    }

    fn put(&self, body: Body) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
    }

    fn take(&self) -> Option<Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A body that comes back when whoever reads it lets go of it.
struct Lent {
    body: Body,
    /// Nobody has read of it, and nobody is to do so but who wants it.
    is_kept_back: bool,
    unread: Unread,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.is_kept_back = false;
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.is_kept_back {
            self.unread.put(mem::take(&mut self.body));
        }
    }
}
