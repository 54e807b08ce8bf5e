//! The benchmarks. Build with `--release`, together with `pesan --features sandbox` and `wanet`.

use clap::{Parser, ValueEnum};
use pesan_bench::{Result, benchmarks, install_tls};

/// Measures Pesan; one line for each figure.
#[derive(Parser)]
struct Arguments {
    /// Which; all when left out.
    names: Vec<Name>,
    /// How many accounts `many` links.
    #[arg(long, default_value_t = 1000)]
    accounts: usize,
}

// As in the product, so that the comparisons are between equals.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// Every one of these.
    All,
    /// Starting on empty data, and the size of the program.
    Start,
    /// Accepting messages without HTTP.
    Inside,
    /// Accepting messages over HTTP, 64 clients.
    Accept,
    /// Receiving at 200 a second, to the webhook.
    Receive,
    /// Accepted to acknowledged, compared with bare whatsapp-rust and Baileys.
    EndToEnd,
    /// 200 browsers that come back at once.
    Reconnect,
    /// Memory of 1,000 idle accounts, and how fast they come back.
    Many,
    /// Memory of the simulated network itself.
    Network,
}

#[tokio::main]
async fn main() -> Result<()> {
    install_tls();
    let arguments = Arguments::parse();
    let names = if arguments.names.is_empty() || arguments.names.contains(&Name::All) {
        Name::value_variants().to_vec()
    } else {
        arguments.names
    };
    for name in names {
        match name {
            // It stands for the others.
            Name::All => {}
            Name::Start => benchmarks::start::run().await?,
            Name::Inside => benchmarks::inside::run().await?,
            Name::Accept => benchmarks::accept::run().await?,
            Name::Receive => benchmarks::receive::run().await?,
            Name::EndToEnd => benchmarks::end_to_end::run().await?,
            Name::Reconnect => benchmarks::reconnect::run().await?,
            Name::Many => benchmarks::many::run(arguments.accounts).await?,
            Name::Network => benchmarks::network::run().await?,
        }
    }
    Ok(())
}
