//! Receiving: a phone writes, Pesan commits, a webhook is told.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::Bench;
use crate::Result;
use crate::figures::{figure, percentile_ms, say};
use crate::programs::{Counting, Pesan};
use crate::quick_http::QuickHttp;
use crate::receiver::Receiver;

const ACCOUNTS: usize = 4;
const PHONES: usize = 50;
const WRITERS: u32 = 8;
const RATE: u32 = 200;
const SECONDS: u32 = 30;
/// Sessions are new at first.
const WARM_UP: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct Sent {
    id: String,
}

/// Phones write 200 messages a second; the time from before a phone writes to the webhook's arrival is taken.
pub async fn run() -> Result<()> {
    let bench = Bench::new(Counting::On).await?;
    let (pesan, _) = Pesan::start(&bench.options).await?;
    let lines = bench.link(ACCOUNTS).await?;
    let people = bench.people(PHONES).await?;
    let receiver = Receiver::start(0, 0).await?;
    let hook = bench.api.create_webhook(&receiver.url, &["message.received"]).await?;
    receiver.set_secret(&hook.secret)?;
    let numbers: Vec<String> = lines.iter().filter_map(|account| account.phone.clone()).collect();
    if numbers.len() < ACCOUNTS {
        return Err("a connected account does not show its number".into());
    }
    let written: Arc<Mutex<HashMap<String, Instant>>> = Arc::default();
    let started = Instant::now();
    let writers = (0..WRITERS).map(|writer| {
        let (host, written) = (bench.phones.host().to_owned(), written.clone());
        let (people, numbers) = (people.clone(), numbers.clone());
        crate::spawn(async move {
            let mut http = QuickHttp::connect(&host, None).await?;
            let gap = Duration::from_secs(1) * WRITERS / RATE;
            for turn in 0..RATE * SECONDS / WRITERS {
                let due = started + gap * turn + gap * writer / WRITERS;
                tokio::time::sleep_until(due).await;
                let number = (turn * WRITERS + writer) as usize;
                let to = numbers[number % numbers.len()].trim_start_matches('+');
                let phone = &people[number / numbers.len() % people.len()];
                let body = json!({"to": to, "text": format!("A short text, number {turn}")}).to_string();
                let before = Instant::now();
                let answer = http.post(&format!("/admin/phones/{phone}/messages"), &body).await?;
                let sent: Sent = serde_json::from_slice(&answer.body)?;
                written.lock().insert(sent.id, before);
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        })
    });
    for writer in futures::future::join_all(writers).await {
        writer??;
    }
    let took = started.elapsed();
    let deadline = Instant::now() + Duration::from_secs(30);
    let count = written.lock().len();
    while receiver.accepted() < count && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    if receiver.accepted() < count || !receiver.wrong().is_empty() {
        return Err(format!("{count} messages were written, {} were told", receiver.accepted()).into());
    }
    let mut latencies = latencies(&written.lock(), &receiver, started + WARM_UP);
    let rate = count as f64 / took.as_secs_f64();
    figure("received_to_webhook_p50", percentile_ms(&mut latencies, 50.0), "ms", "");
    figure(
        "received_to_webhook_p99",
        percentile_ms(&mut latencies, 99.0),
        "ms",
        "<= 250",
    );
    say(&format!(
        "received_to_webhook rate {rate:.0}/s, {} messages after {} s",
        latencies.len(),
        WARM_UP.as_secs()
    ));
    pesan.kill().await
}

fn latencies(written: &HashMap<String, Instant>, receiver: &Receiver, from: Instant) -> Vec<Duration> {
    let ledger = receiver.ledger();
    let taken = ledger.values().filter_map(|received| {
        let before = *written.get(&received.wa_id)?;
        let at = received.accepted_at?;
        (before > from).then(|| at - before)
    });
    taken.collect()
}
