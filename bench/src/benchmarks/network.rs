//! The simulated network itself: the memory that its accounts take.

use crate::Result;
use crate::figures::{figure, memory_of};
use crate::programs::{Programs, Wanet, WanetOptions};

const ACCOUNTS: u64 = 5_000;

/// Starts it with 5,000 accounts, each with one companion that has uploaded its keys, and reads its memory.
pub async fn run() -> Result<()> {
    let programs = Programs::beside_this_one()?;
    let options = WanetOptions {
        seeded_accounts: ACCOUNTS,
        ..WanetOptions::default()
    };
    let wanet = Wanet::start(&programs, &options).await?;
    let kib = memory_of(wanet.pid()).rss_kib as f64;
    figure("wanet_5000_accounts", kib / 1024.0, "MiB", "<= 1000");
    Ok(())
}
