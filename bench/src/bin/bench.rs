//! The benchmarks. Build with `--release`, together with `pesan --features sandbox` and `wanet`.

use clap::{Parser, ValueEnum};
use pesan_bench::{Result, benchmarks, install_tls};

/// Measures Pesan; one line for each figure.
#[derive(Parser)]
struct Arguments {
    /// Which; all when left out.
    names: Vec<Name>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// Accepting messages without HTTP.
    Inside,
}

#[tokio::main]
async fn main() -> Result<()> {
    install_tls();
    let arguments = Arguments::parse();
    let names = if arguments.names.is_empty() {
        Name::value_variants().to_vec()
    } else {
        arguments.names
    };
    for name in names {
        match name {
            Name::Inside => benchmarks::inside::run().await?,
        }
    }
    Ok(())
}
