//! A program that is told by webhook: a small HTTP server whose answers change while it runs.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use pesan_app::Lifecycle;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::support::within;

/// How it answers.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// With this status.
    Status(u16),
    /// With this status and a `Retry-After`.
    RetryAfter(u16, String),
    /// With 500 to what has this text in it, and with 200 to everything else.
    Refuses(String),
    /// Not at all.
    Never,
}

/// What it was told.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) body: Value,
}

impl Told {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// Requests that wait for an answer that never comes.
#[derive(Debug, Default)]
struct Waiting {
    now: AtomicUsize,
    most: AtomicUsize,
}

/// The program. It ends with the test.
pub(crate) struct Receiver {
    pub(crate) url: String,
    pub(crate) connections: Arc<AtomicUsize>,
    waiting: Arc<Waiting>,
    reply: Arc<Mutex<Reply>>,
    told: Arc<Mutex<Vec<Told>>>,
    changed: Arc<Notify>,
    lifecycle: Lifecycle,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.lifecycle.hard().cancel();
    }
}

impl Receiver {
    pub(crate) async fn new(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let receiver = Self {
            url: format!("http://{}/", listener.local_addr().expect("bound")),
            connections: Arc::default(),
            waiting: Arc::default(),
            reply: Arc::new(Mutex::new(reply)),
            told: Arc::default(),
            changed: Arc::default(),
            lifecycle: Lifecycle::default(),
        };
        let (reply, told, changed) = (receiver.reply.clone(), receiver.told.clone(), receiver.changed.clone());
        let (connections, lifecycle) = (receiver.connections.clone(), receiver.lifecycle.clone());
        let waiting = receiver.waiting.clone();
        receiver.lifecycle.spawn("receiver", async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (reply, told, changed) = (reply.clone(), told.clone(), changed.clone());
                let waiting = waiting.clone();
                lifecycle.spawn("receiver's connection", async move {
                    // A connection that breaks is the test's business, not ours.
                    let _ = serve(stream, &reply, &told, (&changed, &waiting)).await;
                });
            }
        });
        receiver
    }

    /// Answers like this from now on.
    pub(crate) fn reply(&self, reply: Reply) {
        *self.reply.lock() = reply;
    }

    /// Everything it was told so far.
    pub(crate) fn told(&self) -> Vec<Told> {
        self.told.lock().clone()
    }

    /// The most requests that waited at once for an answer that never came.
    pub(crate) fn most_waiting(&self) -> usize {
        self.waiting.most.load(Ordering::SeqCst)
    }

    /// Waits until it was told so much.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Told> {
        within(async {
            loop {
                let changed = self.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                let told = self.told();
                if told.len() >= count {
                    return told;
                }
                changed.await;
            }
        })
        .await
    }
}

async fn serve(
    mut stream: TcpStream,
    reply: &Mutex<Reply>,
    told: &Mutex<Vec<Told>>,
    (changed, waiting): (&Notify, &Waiting),
) -> std::io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let head_end = loop {
            if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        };
        let head = String::from_utf8_lossy(&buffer[..head_end]).into_owned();
        let mut lines = head.lines();
        let path = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
        let headers: HashMap<String, String> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length: usize = headers
            .get("content-length")
            .map_or(0, |text| text.parse().expect("a length"));
        while buffer.len() < head_end + length {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        }
        let bytes = buffer[head_end..head_end + length].to_vec();
        buffer.drain(..head_end + length);
        let (answer, last) = (reply.lock().clone(), bytes.clone());
        told.lock().push(Told {
            path: path.to_owned(),
            headers,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            bytes,
        });
        changed.notify_waiters();
        let text = match answer {
            Reply::Status(status) => format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\nok"),
            Reply::Refuses(text) => {
                let is_refused = last.windows(text.len()).any(|part| part == text.as_bytes());
                let status = if is_refused { 500 } else { 200 };
                format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\nok")
            }
            Reply::RetryAfter(status, after) => {
                format!("HTTP/1.1 {status} X\r\nretry-after: {after}\r\ncontent-length: 0\r\n\r\n")
            }
            Reply::Never => {
                let now = waiting.now.fetch_add(1, Ordering::SeqCst) + 1;
                waiting.most.fetch_max(now, Ordering::SeqCst);
                // Until the other side gives up.
                while stream.read_buf(&mut buffer).await.is_ok_and(|read| read > 0) {}
                waiting.now.fetch_sub(1, Ordering::SeqCst);
                return Ok(());
            }
        };
        stream.write_all(text.as_bytes()).await?;
    }
}
