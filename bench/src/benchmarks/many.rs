//! Many accounts that do nothing: their memory, and how fast they come back after a crash.

use std::time::Duration;

use futures::StreamExt as _;
use pesan_model::AccountState;
use tokio::time::Instant;

use super::Bench;
use crate::Result;
use crate::figures::{Memory, cpu_seconds_of, figure, memory_of, say};
use crate::programs::{Counting, Pesan};

/// How many are linked at the same time.
const LINKING: usize = 8;
/// How long nothing happens before memory is read.
const IDLE: Duration = Duration::from_secs(45);
const RESTARTS: usize = 3;

/// Links so many accounts, measures, kills Pesan and measures again.
pub async fn run(accounts: usize) -> Result<()> {
    let bench = Bench::new(Counting::On).await?;
    let (pesan, _) = Pesan::start(&bench.options).await?;
    let empty = memory_of(pesan.pid());
    let started = Instant::now();
    let links = (0..accounts).map(|number| {
        let (api, phones) = (bench.api.clone(), bench.phones.clone());
        async move {
            let phone = format!("62800000{number:05}");
            phones.add(&phone).await?;
            api.link(&phones, &phone).await
        }
    });
    let mut links = futures::stream::iter(links).buffer_unordered(LINKING);
    while let Some(linked) = links.next().await {
        linked?;
    }
    figure("link_1000_accounts", started.elapsed().as_secs_f64(), "s", "");
    tokio::time::sleep(IDLE).await;
    let linked = memory_of(pesan.pid());
    tell("after_linking", accounts, empty, linked);

    let mut pesan = pesan;
    let mut seconds = Vec::new();
    for _ in 0..RESTARTS {
        pesan.kill().await?;
        let started = Instant::now();
        pesan = Pesan::start(&bench.options).await?.0;
        loop {
            if bench.phones.counted().await?.online_devices >= accounts as u64 {
                let all = bench.api.accounts().await?;
                let connected = all.iter().filter(|account| account.state == AccountState::Connected);
                if connected.count() >= accounts {
                    break;
                }
            }
            if started.elapsed() > Duration::from_secs(180) {
                return Err("the accounts do not come back".into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        seconds.push(started.elapsed().as_secs_f64());
        say(&format!(
            "restart took {:.1} s, {:.1} s of processor time",
            started.elapsed().as_secs_f64(),
            cpu_seconds_of(pesan.pid())
        ));
    }
    tokio::time::sleep(IDLE).await;
    let restarted = memory_of(pesan.pid());
    tell("after_restart", accounts, empty, restarted);
    let worst = linked.pss_kib.max(restarted.pss_kib);
    figure(
        "memory_per_idle_account",
        worst as f64 / accounts as f64,
        "KiB",
        "<= 700",
    );
    figure(
        "restart_to_all_connected",
        crate::figures::median(&mut seconds),
        "s",
        "<= 30",
    );
    let idle = (cpu_seconds_of(pesan.pid()), Instant::now());
    tokio::time::sleep(Duration::from_secs(10)).await;
    let used = (cpu_seconds_of(pesan.pid()) - idle.0) / idle.1.elapsed().as_secs_f64();
    figure("processor_of_idle_accounts", used * 100.0, "% of one core", "");
    pesan.kill().await
}

fn tell(when: &str, accounts: usize, empty: Memory, now: Memory) {
    say(&format!(
        "memory {when}: pss {} KiB, rss {} KiB; without accounts pss {} KiB; {:.0} KiB for each account, {:.0} KiB without \
         what the empty server needs",
        now.pss_kib,
        now.rss_kib,
        empty.pss_kib,
        now.pss_kib as f64 / accounts as f64,
        now.pss_kib.saturating_sub(empty.pss_kib) as f64 / accounts as f64
    ));
}
