//! Accepting messages over HTTP: 64 clients, each answer after its commit.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::Bench;
use crate::Result;
use crate::figures::{figure, median, percentile_ms, say};
use crate::programs::{Counting, Pesan};
use crate::quick_http::QuickHttp;

const ACCOUNTS: usize = 8;
const PHONES: usize = 64;
const CLIENTS: usize = 64;
const MESSAGES_PER_CLIENT: usize = 250;
const RUNS: usize = 5;

/// Links a few accounts at their default pace, and posts messages to them.
pub async fn run() -> Result<()> {
    let bench = Bench::new(Counting::On).await?;
    let (pesan, _) = Pesan::start(&bench.options).await?;
    let lines = bench.link(ACCOUNTS).await?;
    let people = bench.people(PHONES).await?;
    let (mut rates, mut slowest, mut middle) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..=RUNS {
        let started = Instant::now();
        let clients = (0..CLIENTS).map(|client| {
            let (host, key) = (bench.options.host(), bench.api.key.clone());
            let account = lines[client % ACCOUNTS].id;
            let people = people.clone();
            crate::spawn(async move {
                let mut took: Vec<Duration> = Vec::with_capacity(MESSAGES_PER_CLIENT);
                let mut http = QuickHttp::connect(&host, Some(&key)).await?;
                for message in 0..MESSAGES_PER_CLIENT {
                    let to = &people[(client / ACCOUNTS * 8 + message % 8) % people.len()];
                    let body = json!({"account_id": account, "to": to, "type": "text",
                        "text": {"body": format!("A short text, number {message}")}})
                    .to_string();
                    let asked = Instant::now();
                    let answer = http.post("/v1/messages", &body).await?;
                    if answer.status != 202 {
                        return Err(format!("a message was answered with {}", answer.status).into());
                    }
                    took.push(asked.elapsed());
                }
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(took)
            })
        });
        let mut all = Vec::new();
        for client in futures::future::join_all(clients).await {
            all.extend(client??);
        }
        let rate = all.len() as f64 / started.elapsed().as_secs_f64();
        // The first run asks about the numbers and makes the chats.
        if run > 0 {
            rates.push(rate);
            middle.push(percentile_ms(&mut all, 50.0));
            slowest.push(percentile_ms(&mut all, 99.0));
        }
    }
    figure("accepted_sends_rate", median(&mut rates), "messages/s", ">= 2000");
    figure("accepted_sends_p50", median(&mut middle), "ms", "");
    figure("accepted_sends_p99", median(&mut slowest), "ms", "<= 100");
    say(&format!(
        "accepted_sends clients {CLIENTS}, runs {RUNS} of {}",
        CLIENTS * MESSAGES_PER_CLIENT
    ));
    pesan.kill().await
}
