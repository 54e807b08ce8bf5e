//! The crash test. Build it together with `pesan --features sandbox` and `wanet`, with the same profile.

use std::process::ExitCode;

use clap::Parser;
use pesan_bench::chaos::{ChaosOptions, run};
use pesan_bench::{Result, install_tls};

/// Kills Pesan at random while it sends and receives, then looks for every message.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    options: ChaosOptions,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    install_tls();
    let is_right = run(&Arguments::parse().options).await?;
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
