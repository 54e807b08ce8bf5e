//! A webhook receiver that fails when its seed says so, and remembers everything by `webhook-id`.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use parking_lot::Mutex;
use serde::Deserialize;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::Result;
use crate::seeded::number_of;

/// What came under one `webhook-id`.
#[derive(Debug, Clone)]
pub struct Received {
    /// The event's name.
    pub event: String,
    /// The event's place in the log.
    pub seq: i64,
    /// WhatsApp's id of the message it is about.
    pub wa_id: String,
    /// The chat of the message.
    pub chat: String,
    /// How often it came.
    pub tries: u64,
    /// How often it was answered with 200.
    pub accepted: u64,
    /// When it was first accepted.
    pub accepted_at: Option<Instant>,
    /// Its place among those that were accepted, from 0.
    pub place: usize,
    /// The first body, to see that the same id always says the same.
    digest: u64,
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "type")]
    event: String,
    seq: i64,
    data: BodyData,
}

#[derive(Deserialize)]
struct BodyData {
    #[serde(default)]
    wa_id: String,
    #[serde(default)]
    chat_id: String,
}

#[derive(Default)]
struct Ledger {
    by_id: HashMap<String, Received>,
    accepted: usize,
    wrong: Vec<String>,
    secret: Vec<u8>,
}

struct Shared {
    ledger: Mutex<Ledger>,
    seed: u64,
    failing_percent: u64,
}

/// A running receiver.
pub struct Receiver {
    shared: Arc<Shared>,
    /// Where it is.
    pub url: String,
    task: tokio::task::JoinHandle<()>,
}

impl Receiver {
    /// Starts one that fails so many of a hundred requests.
    pub async fn start(seed: u64, failing_percent: u64) -> Result<Self> {
        let shared = Arc::new(Shared {
            ledger: Mutex::default(),
            seed,
            failing_percent,
        });
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let url = format!("http://{}/hook", listener.local_addr()?);
        let router = Router::new().route("/hook", post(hook)).with_state(shared.clone());
        let task = crate::spawn(async move {
            // It ends with the program.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { shared, url, task })
    }

    /// From now on signatures are checked with this secret.
    pub fn set_secret(&self, secret: &str) -> Result<()> {
        let text = secret.strip_prefix("whsec_").ok_or("the secret has another form")?;
        self.shared.ledger.lock().secret = STANDARD.decode(text)?;
        Ok(())
    }

    /// Everything so far, by `webhook-id`.
    pub fn ledger(&self) -> HashMap<String, Received> {
        self.shared.ledger.lock().by_id.clone()
    }

    /// How many ids were accepted.
    pub fn accepted(&self) -> usize {
        self.shared.ledger.lock().accepted
    }

    /// Ids of requests with a wrong signature, or with another content than before.
    pub fn wrong(&self) -> Vec<String> {
        self.shared.ledger.lock().wrong.clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn hook(State(shared): State<Arc<Shared>>, headers: HeaderMap, bytes: Bytes) -> StatusCode {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let id = header("webhook-id").to_owned();
    let mut ledger = shared.ledger.lock();
    let mut signed = Hmac::<Sha256>::new_from_slice(&ledger.secret).expect("any length is a key");
    signed.update(format!("{id}.{}.", header("webhook-timestamp")).as_bytes());
    signed.update(&bytes);
    let right = format!("v1,{}", STANDARD.encode(signed.finalize().into_bytes()));
    let is_signed = header("webhook-signature").split(' ').any(|given| given == right);
    let Ok(body) = serde_json::from_slice::<Body>(&bytes) else {
        ledger.wrong.push(id);
        return StatusCode::BAD_REQUEST;
    };
    let digest = number_of(0, &String::from_utf8_lossy(&bytes), 0);
    let place = ledger.accepted;
    let received = ledger.by_id.entry(id.clone()).or_insert_with(|| Received {
        event: body.event,
        seq: body.seq,
        wa_id: body.data.wa_id,
        chat: body.data.chat_id,
        tries: 0,
        accepted: 0,
        accepted_at: None,
        place: 0,
        digest,
    });
    received.tries += 1;
    let is_wrong = !is_signed || received.digest != digest;
    let fails = number_of(shared.seed, &id, received.tries) % 100 < shared.failing_percent;
    if !fails {
        received.accepted += 1;
    }
    let is_first = !fails && received.accepted == 1;
    if is_first {
        received.accepted_at = Some(Instant::now());
        received.place = place;
        ledger.accepted += 1;
    }
    if is_wrong {
        ledger.wrong.push(id);
    }
    if fails {
        StatusCode::INTERNAL_SERVER_ERROR
    } else {
        StatusCode::OK
    }
}
