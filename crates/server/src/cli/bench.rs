//! `pesan bench`: how fast a running server accepts messages, seen from outside.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use pesan_model::{AccountId, Clock as _, SystemClock};
use serde_json::json;

use super::print;
use crate::run::StartError;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The server.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// An API key with `messages:send`.
    #[arg(long, env = "PESAN_API_KEY", hide_env_values = true)]
    api_key: String,
    /// Through which account. The messages are really sent.
    #[arg(long)]
    account: AccountId,
    /// To whom.
    #[arg(long)]
    to: String,
    /// How many clients send at once.
    #[arg(long, default_value_t = 64)]
    clients: usize,
    /// How many messages.
    #[arg(long, default_value_t = 10_000)]
    messages: usize,
}

/// What one client does, one message after another.
struct Client {
    http: reqwest::Client,
    options: Arc<Options>,
}

impl Client {
    /// Sends so many messages and says how long each took.
    async fn send(self, count: usize) -> Result<Vec<Duration>, String> {
        let body = json!({
            "account_id": self.options.account,
            "to": self.options.to,
            "type": "text",
            "text": {"body": "A message of a measurement"},
        });
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            let started = SystemClock.monotonic();
            let answer = self
                .http
                .post(format!("{}/v1/messages", self.options.url.trim_end_matches('/')))
                .bearer_auth(&self.options.api_key)
                .json(&body)
                .send()
                .await
                .map_err(|error| format!("the server does not answer: {error}"))?;
            let status = answer.status();
            let text = answer.text().await.map_err(|error| error.to_string())?;
            if status.as_u16() != 202 {
                return Err(format!("the server answered {status}: {text}"));
            }
            times.push(SystemClock.monotonic().saturating_sub(started));
        }
        Ok(times)
    }
}

pub(super) async fn run(options: Options) -> Result<(), StartError> {
    let http = reqwest::Client::builder()
        .no_proxy()
        .timeout(REQUEST_TIMEOUT)
        .build()
        .map_err(|error| StartError::Other(error.to_string()))?;
    let options = Arc::new(options);
    let clients = options.clients.clamp(1, options.messages.max(1));
    let started = SystemClock.monotonic();
    let mut running: FuturesUnordered<_> = (0..clients)
        .map(|number| {
            // The first clients send one more where it does not divide.
            let count = options.messages / clients + usize::from(number < options.messages % clients);
            let client = Client {
                http: http.clone(),
                options: options.clone(),
            };
            client.send(count)
        })
        .collect();
    let mut times = Vec::with_capacity(options.messages);
    while let Some(sent) = running.next().await {
        times.extend(sent.map_err(StartError::Other)?);
    }
    let took = SystemClock.monotonic().saturating_sub(started);
    times.sort_unstable();
    let at = |percent: usize| {
        let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
        times.get(index).copied().unwrap_or_default().as_secs_f64() * 1000.0
    };
    print(&format!(
        "{} messages accepted in {:.2} s by {clients} clients: {:.0} a second, p50 {:.1} ms, p99 {:.1} ms\n",
        times.len(),
        took.as_secs_f64(),
        times.len() as f64 / took.as_secs_f64().max(f64::EPSILON),
        at(50),
        at(99),
    ));
    Ok(())
}
