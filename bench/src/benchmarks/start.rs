//! Starting on an empty data folder, and the size of the program as it is shipped, which `make build` builds.

use super::Bench;
use crate::Result;
use crate::figures::{figure, median};
use crate::programs::{Counting, Pesan};

const RUNS: usize = 9;

/// From the start of the process until it serves, each time on empty data.
pub async fn run() -> Result<()> {
    let mut milliseconds = Vec::new();
    let bench = Bench::new(Counting::On).await?;
    // Before anything is measured: without it the figures would not be whole.
    let shipped = bench
        .programs
        .path("../dist/pesan")
        .map_err(|error| format!("the size of what is shipped cannot be measured: {error}; run `make build` first"))?;
    for run in 0..RUNS {
        let mut options = bench.options.clone();
        options.data = bench.folder.path().join(format!("start-{run}"));
        let (pesan, took) = Pesan::start(&options).await?;
        milliseconds.push(took.as_secs_f64() * 1000.0);
        pesan.kill().await?;
    }
    figure("cold_start", median(&mut milliseconds), "ms", "<= 300");
    let bytes = std::fs::metadata(shipped)?.len() as f64;
    figure("binary_as_shipped", bytes / 1e6, "MB", "<= 60");
    Ok(())
}
