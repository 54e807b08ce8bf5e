//! `pesan demo`

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::run::StartError;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Where the server listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The data folder. A second start goes on with what is there.
    #[arg(long, value_name = "FOLDER", default_value = "pesan-demo")]
    data: PathBuf,
    /// Print one line of JSON when ready, for scripts.
    #[arg(long)]
    json: bool,
}

#[cfg(not(feature = "sandbox"))]
pub(super) async fn run(_: Options) -> Result<bool, StartError> {
    // Takes the place of an asynchronous start.
    std::future::ready(Err(StartError::Other(
        "this build has no simulated WhatsApp network: it connects to WhatsApp. For the demo, build with \
         `--features sandbox`, or run `make demo`"
            .to_owned(),
    )))
    .await
}

#[cfg(feature = "sandbox")]
pub(super) async fn run(options: Options) -> Result<bool, StartError> {
    let place = crate::demo::Place {
        listen: options.listen,
        data: options.data,
    };
    let demo = crate::demo::Demo::start(&place).await?;
    super::print(&if options.json {
        format!("{}\n", demo.json())
    } else {
        demo.text()
    })?;
    Ok(demo.until_end().await)
}
