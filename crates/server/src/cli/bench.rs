//! `pesan bench`: how fast a running server accepts messages, seen from outside; [`seed`] makes a large database to measure.

mod seed;

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use pesan_model::{AccountId, Clock as _, SystemClock};
use serde_json::{Value, json};
use url::Url;

use super::print;
use crate::http::problem::chain;
use crate::run::StartError;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Options {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    load: Option<Load>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Fill a new database with chats and messages of nobody.
    Seed(seed::Options),
}

#[derive(Debug, Args)]
struct Load {
    /// The server.
    #[arg(long, default_value = "http://127.0.0.1:8080", value_parser = address)]
    url: Url,
    /// An API key with `messages:send`.
    #[arg(long, env = "PESAN_API_KEY", hide_env_values = true)]
    api_key: String,
    /// Through which account. The messages are really sent.
    #[arg(long)]
    account: AccountId,
    /// To whom.
    #[arg(long)]
    to: String,
    /// How many clients send at once; no more than there are messages.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    clients: u32,
    /// How many messages, all into one chat.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    messages: u32,
}

fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err("must begin with http:// or https://".to_owned())
    }
}

/// What one client does, one message after another.
struct Client {
    http: reqwest::Client,
    options: Arc<Load>,
}

impl Client {
    /// Sends so many messages and says how long each took.
    async fn send(self, count: u32) -> Result<Vec<Duration>, String> {
        let body = json!({
            "account_id": self.options.account,
            "to": self.options.to,
            "type": "text",
            "text": {"body": "A message of a measurement"},
        });
        let mut times = Vec::new();
        for _ in 0..count {
            let started = SystemClock.monotonic();
            let answer = self
                .http
                .post(format!(
                    "{}/v1/messages",
                    self.options.url.as_str().trim_end_matches('/')
                ))
                .bearer_auth(&self.options.api_key)
                .json(&body)
                .send()
                .await
                .map_err(|error| format!("the server does not answer: {}", chain(&error)))?;
            let status = answer.status();
            let text = answer.text().await.map_err(|error| error.to_string())?;
            if status.as_u16() != 202 {
                return Err(format!("the server answered {status}: {}", told(&text)));
            }
            times.push(SystemClock.monotonic().saturating_sub(started));
        }
        Ok(times)
    }
}

/// What a problem says, in one line; anything else as it came.
fn told(text: &str) -> String {
    let problem: Value = serde_json::from_str(text).unwrap_or_default();
    let Some(detail) = problem["detail"].as_str() else {
        return text.to_owned();
    };
    let fields = problem["errors"].as_array().into_iter().flatten().map(|field| {
        let part = |name: &str| field[name].as_str().unwrap_or_default().to_owned();
        format!(" {} {}.", part("pointer"), part("detail"))
    });
    detail.to_owned() + &fields.collect::<String>()
}

/// The time that so many percent did not exceed, of times in order (nearest rank).
fn percentile(times: &[Duration], percent: usize) -> Duration {
    let rank = (times.len() * percent).div_ceil(100);
    times.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

pub(super) async fn run(options: Options) -> Result<(), StartError> {
    match (options.action, options.load) {
        (Some(Action::Seed(options)), _) => seed::run(options).await,
        (None, Some(load)) => send(load).await,
        (None, None) => Err(StartError::Other("say what to measure: see --help".to_owned())),
    }
}

async fn send(options: Load) -> Result<(), StartError> {
    let http = reqwest::Client::builder()
        .no_proxy()
        .timeout(REQUEST_TIMEOUT)
        .build()
        .map_err(|error| StartError::Other(error.to_string()))?;
    let options = Arc::new(options);
    let clients = options.clients.min(options.messages);
    let started = SystemClock.monotonic();
    let mut running: FuturesUnordered<_> = (0..clients)
        .map(|number| {
            // The first clients send one more where it does not divide.
            let count = options.messages / clients + u32::from(number < options.messages % clients);
            let client = Client {
                http: http.clone(),
                options: options.clone(),
            };
            client.send(count)
        })
        .collect();
    let mut times = Vec::new();
    while let Some(sent) = running.next().await {
        times.extend(sent.map_err(StartError::Other)?);
    }
    let took = SystemClock.monotonic().saturating_sub(started);
    times.sort_unstable();
    let at = |percent| percentile(&times, percent).as_secs_f64() * 1000.0;
    print(&format!(
        "{} messages accepted in {:.2} s by {clients} clients: {:.0} a second, p50 {:.1} ms, p99 {:.1} ms\n",
        times.len(),
        took.as_secs_f64(),
        times.len() as f64 / took.as_secs_f64().max(f64::EPSILON),
        at(50),
        at(99),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        for (percent, millis) in [(50, 50), (99, 99), (100, 100)] {
            assert_eq!(percentile(&times, percent), Duration::from_millis(millis));
        }
        assert_eq!(percentile(&times[..10], 50), Duration::from_millis(5));
        assert_eq!(percentile(&times[..10], 99), Duration::from_millis(10));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }

    #[test]
    fn a_refusal_is_told_with_its_fields() {
        let problem = r#"{"detail":"Some fields are not valid.","errors":[{"pointer":"/to","detail":"is missing"}]}"#;
        assert_eq!(told(problem), "Some fields are not valid. /to is missing.");
        assert_eq!(told("Bad gateway"), "Bad gateway");
    }
}
