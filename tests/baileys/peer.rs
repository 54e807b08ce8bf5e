//! A person with a Baileys client (`peer.mjs`), as a Rust test uses it. Included by the tests that need one.

use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::Notify;

/// How long a fact may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Everything the peer has told, in order.
#[derive(Default)]
struct Told {
    lines: Mutex<Vec<Value>>,
    rang: Notify,
}

/// A running peer. Dropping it ends the process.
pub(crate) struct Peer {
    told: Arc<Told>,
    input: tokio::sync::Mutex<ChildStdin>,
    orders: AtomicU64,
    _process: Child,
    _certificate: tempfile::NamedTempFile,
}

impl Peer {
    /// Starts a person who is not linked yet; the certificate is the one of the media host.
    pub(crate) fn start(ws_url: &str, cert_pem: &str, name: &str) -> Self {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/baileys");
        assert!(
            dir.join("node_modules/@whiskeysockets/baileys").is_dir(),
            "Baileys is not installed: run `make deps`, or `npm ci` in tests/baileys"
        );
        let certificate = tempfile::NamedTempFile::new().expect("a file for the certificate");
        std::fs::write(certificate.path(), cert_pem).expect("the certificate is written");
        let mut process = Command::new("node")
            .arg(dir.join("peer.mjs"))
            .env("NODE_EXTRA_CA_CERTS", certificate.path())
            .env("PEER_URL", ws_url)
            .env("PEER_NAME", name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node is installed, version 20 or later");
        let input = process.stdin.take().expect("the input is a pipe");
        let output = process.stdout.take().expect("the output is a pipe");
        let told = Arc::new(Told::default());
        let listener = Arc::clone(&told);
        #[expect(
            clippy::disallowed_methods,
            reason = "the listener ends with the process it listens to"
        )]
        tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let line = serde_json::from_str(&line).unwrap_or_else(|_| json!({ "event": "noise", "line": line }));
                listener.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                listener.rang.notify_waiters();
            }
        });
        Self {
            told,
            input: tokio::sync::Mutex::new(input),
            orders: AtomicU64::new(1),
            _process: process,
            _certificate: certificate,
        }
    }

    /// The first line, of those so far and those to come, that means something.
    pub(crate) async fn first<T>(&self, what: &str, meaning: impl Fn(&Value) -> Option<T>) -> T {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let rang = self.told.rang.notified();
            tokio::pin!(rang);
            rang.as_mut().enable();
            let told = self.told.lines.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(found) = told.iter().find_map(&meaning) {
                return found;
            }
            assert!(
                tokio::time::timeout_at(deadline, rang).await.is_ok(),
                "Baileys was expected to tell {what}, but told only {}",
                Value::from(told)
            );
        }
    }

    /// The first event of a kind that has these fields.
    pub(crate) async fn event(&self, fields: Value) -> Value {
        let wanted = fields.as_object().expect("fields are an object").clone();
        let fits = |line: &Value| wanted.iter().all(|(name, value)| line.get(name) == Some(value));
        self.first(&fields.to_string(), |line| fits(line).then(|| line.clone()))
            .await
    }

    /// Gives an order and returns the answer.
    pub(crate) async fn order(&self, mut order: Value) -> Value {
        let number = self.orders.fetch_add(1, Ordering::Relaxed);
        order["order"] = number.into();
        let line = format!("{order}\n");
        let written = self.input.lock().await.write_all(line.as_bytes()).await;
        written.expect("the peer takes orders");
        let answer = self.event(json!({ "answer": number })).await;
        assert!(answer.get("error").is_none(), "Baileys could not {order}: {answer}");
        answer
    }

    /// Sends something and returns its WhatsApp id.
    pub(crate) async fn send(&self, mut message: Value) -> String {
        message["do"] = "send".into();
        let answer = self.order(message).await;
        answer["id"].as_str().expect("an id").to_owned()
    }

    /// The QR code it shows.
    pub(crate) async fn qr(&self) -> String {
        let qr = self.event(json!({ "event": "qr" })).await;
        qr["code"].as_str().expect("a code").to_owned()
    }
}
