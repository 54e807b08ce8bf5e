//! `pesan serve`

use pesan_app::access::setup;

use super::print;
use crate::config::Config;
use crate::run::{Opened, StartError};

/// Serves until the process is told to end.
pub(super) async fn run(config: Config) -> Result<bool, StartError> {
    if cfg!(feature = "sandbox") && config.sandbox.ws.is_none() {
        return Err(StartError::Other(
            "this build is for a simulated WhatsApp network on this machine: name it with --sandbox-ws URL".to_owned(),
        ));
    }
    let running = Opened::to_serve(&config).await?.start(&config).await?;
    let url = config.public_url_at(running.address);
    if let Some(token) = setup::issue_token(running.app()).await? {
        // To standard output and not to the log: who has the link owns the server.
        print(&format!(
            "Pesan is ready. Open this link to create the owner; it works once:\n\n  {url}/setup#token={token}\n\n"
        ))?;
    } else {
        print(&format!("Pesan is ready: {url}\n"))?;
    }
    Ok(running.until_end().await)
}
