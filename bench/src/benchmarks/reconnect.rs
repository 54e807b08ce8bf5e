//! Browsers that lost their stream at the same moment come back at the same moment, each from where it was.

use std::time::Duration;

use futures::future::try_join_all;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::Bench;
use crate::Result;
use crate::figures::{figure, median, say};
use crate::programs::{Counting, Pesan};

const BROWSERS: u64 = 200;
/// Events that each browser has missed.
const MISSED: u64 = 200;
const ROUNDS: usize = 9;
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct Events {
    next_after: u64,
}

/// Prints the time from the first connection to the last event at the last browser, and what it took of the processor.
pub async fn run() -> Result<()> {
    let bench = Bench::new(Counting::On).await?;
    let (pesan, _) = Pesan::start(&bench.options).await?;
    let account: Value = bench.api.post("/v1/accounts", &json!({"name": "Front desk"})).await?;
    // Nothing is sent: what is queued is told as well, and to strangers twice, because they become contacts.
    for number in 0..MISSED {
        let body = json!({"account_id": account["id"], "to": format!("1555010{number:04}"), "type": "text",
            "text": {"body": "A short text"}});
        bench.api.post::<Value>("/v1/messages", &body).await?;
    }
    let last = last_event(&bench).await?;
    let mut seconds = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let browsers = (0..BROWSERS).map(|_| come_back(&bench, last - MISSED, last));
        let told = try_join_all(browsers).await?;
        seconds.push(started.elapsed().as_secs_f64());
        if told.iter().any(|told| *told != MISSED) {
            return Err("a browser was not told everything once".into());
        }
    }
    say(&format!(
        "reconnect {BROWSERS} browsers, {MISSED} missed events each, {ROUNDS} rounds: {}",
        seconds
            .iter()
            .map(|took| format!("{took:.2}"))
            .collect::<Vec<_>>()
            .join(" ")
    ));
    figure("reconnect_all_served", median(&mut seconds), "s", "<= 2");
    pesan.kill().await
}

async fn last_event(bench: &Bench) -> Result<u64> {
    let mut after = 0;
    loop {
        let page: Events = bench.api.get(&format!("/v1/events?limit=200&after={after}")).await?;
        if page.next_after == after {
            return Ok(after);
        }
        after = page.next_after;
    }
}

/// Opens a stream after `after`, reads to `last`, and says how many events came.
async fn come_back(bench: &Bench, after: u64, last: u64) -> Result<u64> {
    let reading = async {
        let host = bench.options.host();
        let mut stream = TcpStream::connect(&host).await?;
        let request = format!(
            "GET /v1/stream HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nLast-Event-ID: {after}\r\n\r\n",
            bench.api.key
        );
        stream.write_all(request.as_bytes()).await?;
        let end = format!("\nid: {last}\n");
        let mut text = Vec::new();
        let mut seen = 0;
        loop {
            if stream.read_buf(&mut text).await? == 0 {
                return Err("the stream ended early".into());
            }
            // A chunk's frame never falls into such a line: each event is written at once.
            let from = text.len().min(seen);
            seen = text.len().saturating_sub(end.len());
            if String::from_utf8_lossy(&text[from..]).contains(&end) {
                let text = String::from_utf8_lossy(&text);
                let ids = text.lines().filter_map(|line| line.strip_prefix("id: "));
                let ids: Vec<u64> = ids.filter_map(|id| id.parse().ok()).collect();
                let told = ids.iter().filter(|id| **id > after).count();
                return Ok(told as u64);
            }
        }
    };
    tokio::time::timeout(PATIENCE, reading).await?
}
