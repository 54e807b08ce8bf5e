//! From the accepted request to the network's acknowledgement, for as long as it takes to see that it lasts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::{Bench, bare};
use crate::Result;
use crate::figures::{cpu_seconds_of, figure, memory_of, say};
use crate::pesan::Api;
use crate::programs::{Counting, Pesan};
use crate::quick_http::QuickHttp;

pub(super) const ACCOUNTS: usize = 64;
pub(super) const PHONES: usize = 50;
const CLIENTS: usize = 64;
/// At most so many are accepted and not yet acknowledged.
const OUTSTANDING: u64 = 2_000;
const ACKNOWLEDGED: &str = "pesan_sends_total{result=\"accepted\"}";

/// What is measured of each sender.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) warm_up: Duration,
    pub(super) length: Duration,
}

const WINDOW: Window = Window {
    warm_up: Duration::from_secs(8),
    length: Duration::from_secs(40),
};

/// Pesan, bare whatsapp-rust and Baileys, one after the other, on the same network program.
pub async fn run() -> Result<()> {
    let pesan = pesan().await?;
    figure("end_to_end_rate", pesan, "messages/s", ">= 1000");
    let bare = bare::whatsapp_rust(WINDOW).await?;
    figure("bare_whatsapp_rust_rate", bare, "messages/s", "");
    figure("end_to_end_to_bare_whatsapp_rust", pesan / bare, "times", "");
    let baileys = bare::baileys(WINDOW).await?;
    figure("baileys_rate", baileys, "messages/s", "");
    figure("end_to_end_to_baileys", pesan / baileys, "times", "");
    Ok(())
}

async fn pesan() -> Result<f64> {
    let bench = Bench::new(Counting::On).await?;
    let (pesan, _) = Pesan::start(&bench.options).await?;
    let lines = bench.link(ACCOUNTS).await?;
    for account in &lines {
        bench.api.unpace(account.id).await?;
    }
    let people = bench.people(PHONES).await?;
    let (accepted, acknowledged) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let over = Arc::new(AtomicBool::new(false));
    let watching = crate::spawn(watch(bench.api.clone(), acknowledged.clone(), over.clone()));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (host, key) = (bench.options.host(), bench.api.key.clone());
            let (accepted, acknowledged, over) = (accepted.clone(), acknowledged.clone(), over.clone());
            let (account, people) = (lines[client % lines.len()].id, people.clone());
            crate::spawn(async move {
                let mut http = QuickHttp::connect(&host, Some(&key)).await?;
                for to in people.iter().cycle() {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    while accepted.load(Ordering::Relaxed) > acknowledged.load(Ordering::Relaxed) + OUTSTANDING {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    let body = json!({"account_id": account, "to": to, "type": "text",
                        "text": {"body": "A short text"}})
                    .to_string();
                    let answer = http.post("/v1/messages", &body).await?;
                    if answer.status != 202 {
                        return Err(format!("a message was answered with {}", answer.status).into());
                    }
                    accepted.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
            })
        })
        .collect();
    tokio::time::sleep(WINDOW.warm_up).await;
    let started = Instant::now();
    let first = (
        bench.api.counter(ACKNOWLEDGED).await?,
        bench.phones.counted().await?.acks_sent,
    );
    let cpu = (cpu_seconds_of(pesan.pid()), cpu_seconds_of(bench.wanet.pid()));
    let mut memory = vec![memory_of(pesan.pid()).rss_kib];
    for _ in 0..4 {
        tokio::time::sleep(WINDOW.length / 4).await;
        memory.push(memory_of(pesan.pid()).rss_kib);
    }
    let sent = bench.api.counter(ACKNOWLEDGED).await? - first.0;
    let acks = bench.phones.counted().await?.acks_sent - first.1;
    let seconds = started.elapsed().as_secs_f64();
    say(&format!(
        "end_to_end {sent:.0} messages and {acks} acknowledgements in {seconds:.1} s; processor: pesan {:.1} s, network {:.1} s",
        cpu_seconds_of(pesan.pid()) - cpu.0,
        cpu_seconds_of(bench.wanet.pid()) - cpu.1
    ));
    over.store(true, Ordering::Relaxed);
    for client in clients {
        client.await??;
    }
    watching.await??;
    let shown: Vec<String> = memory.iter().map(|kib| (kib / 1024).to_string()).collect();
    say(&format!(
        "end_to_end memory in MiB at each quarter: {}",
        shown.join(" ")
    ));
    let growth = memory[4] as f64 / memory[2] as f64;
    figure(
        "end_to_end_memory_growth_second_half",
        (growth - 1.0) * 100.0,
        "%",
        "flat",
    );
    pesan.kill().await?;
    Ok(sent / seconds)
}

/// Keeps the number of acknowledged messages up to date.
async fn watch(api: Api, acknowledged: Arc<AtomicU64>, over: Arc<AtomicBool>) -> Result<()> {
    while !over.load(Ordering::Relaxed) {
        acknowledged.store(api.counter(ACKNOWLEDGED).await? as u64, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}
