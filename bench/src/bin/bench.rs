//! The benchmarks. Build with `--release`, together with `pesan --features sandbox` and `wanet`.

use clap::{Parser, ValueEnum};
use pesan_bench::programs::DatabaseKind;
use pesan_bench::{Result, benchmarks, install_tls};

/// Measures Pesan; one line for each figure.
#[derive(Parser)]
struct Arguments {
    /// Which; all when left out.
    names: Vec<Name>,
    /// How many accounts `many` links.
    #[arg(long, default_value_t = 1000)]
    accounts: usize,
    /// How many chats `scale` makes.
    #[arg(long, default_value_t = 1_000_000)]
    chats: u64,
    /// How many messages `scale` makes.
    #[arg(long, default_value_t = 10_000_000)]
    messages: u64,
    /// Which database `scale` fills; each of them when left out.
    #[arg(long, value_enum)]
    db: Option<DatabaseKind>,
}

// As in the product, so that the comparisons are between equals.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// Every one of these but `scale`.
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
    /// Lists and threads of a million chats, on each database. Takes long, and much of the disk.
    Scale,
}

#[tokio::main]
async fn main() -> Result<()> {
    install_tls();
    let arguments = Arguments::parse();
    let names = if arguments.names.is_empty() || arguments.names.contains(&Name::All) {
        let every = Name::value_variants().iter();
        every.copied().filter(|name| *name != Name::Scale).collect()
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
            Name::Scale => {
                let size = benchmarks::scale::Size {
                    chats: arguments.chats,
                    messages: arguments.messages,
                };
                let databases = arguments
                    .db
                    .as_ref()
                    .map_or(DatabaseKind::value_variants(), std::slice::from_ref);
                benchmarks::scale::run(databases, size).await?;
            }
        }
    }
    Ok(())
}
