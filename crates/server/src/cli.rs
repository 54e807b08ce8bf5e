//! The command line.

mod bench;
mod demo;
mod key;
mod recount;
mod serve;
mod user;

use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, Parser, Subcommand};
use pesan_model::{Random as _, SystemRandom};
use tokio::runtime::Runtime;

use crate::config::{Config, Overrides};
use crate::run::StartError;
use crate::{http, telemetry};

/// WhatsApp messaging on your own server.
#[derive(Debug, Parser)]
#[command(name = "pesan", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve(Common),
    /// Run the server with a simulated WhatsApp network and sample data.
    Demo(demo::Options),
    /// Add people, list them, set a password. The server must not run.
    User(user::Options),
    /// Add, list and revoke API keys. The server must not run.
    Key(key::Options),
    /// Count anew what is shown of each day: messages, answers, contacts, donations. The server must not run.
    Recount(Common),
    /// Print the description of the API.
    Openapi,
    /// Measure how fast a running server accepts messages, or make a large database to measure on.
    Bench(bench::Options),
}

/// What every command that uses the data takes. Every setting can also stand in the file, or in the environment as
/// `PESAN_<SECTION>__<NAME>`.
#[derive(Debug, Args)]
struct Common {
    /// The configuration file (TOML).
    #[arg(long, global = true, env = "PESAN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the server listens.
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// The data folder.
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// A PostgreSQL database (`postgres://…`) instead of SQLite in the data folder.
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// A simulated WhatsApp network on this machine. This build connects to no other.
    #[arg(long, global = true, value_name = "URL", hide = cfg!(not(feature = "sandbox")))]
    sandbox_ws: Option<String>,
}

impl Common {
    /// The configuration, with logging started.
    fn load(self) -> Result<Config, StartError> {
        let overrides = Overrides {
            listen: self.listen,
            data_dir: self.data,
            database_url: self.database_url,
            sandbox_ws: self.sandbox_ws,
        };
        let config = Config::load(self.config.as_deref(), std::env::vars(), overrides)?;
        telemetry::log(&config.log);
        Ok(config)
    }
}

impl Cli {
    /// Does what was asked. False when the process should end with a failure that was logged already.
    ///
    /// It is no future, so that all that it awaits is compiled with this library and not once more with the binary.
    pub fn run(self, runtime: &Runtime) -> Result<bool, StartError> {
        runtime.block_on(async {
            match self.command {
                Command::Serve(options) => serve::run(options.load()?).await,
                Command::Demo(options) => demo::run(options).await,
                Command::User(options) => user::run(options).await.map(|()| true),
                Command::Key(options) => key::run(options).await.map(|()| true),
                Command::Recount(options) => recount::run(options).await.map(|()| true),
                Command::Openapi => {
                    print(&http::openapi_text())?;
                    Ok(true)
                }
                Command::Bench(options) => bench::run(options).await.map(|()| true),
            }
        })
    }
}

/// A password that nobody guesses.
pub(crate) fn made_up_password() -> String {
    let mut bytes = [0_u8; 15];
    SystemRandom.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Writes to standard output. Whoever closed it does not want to know; a full disk is a failure.
fn print(text: &str) -> Result<(), StartError> {
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(StartError::Other(format!("could not write the answer: {error}")))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_takes_settings_anywhere() {
        Cli::command().debug_assert();
        for line in [
            "pesan serve --data x --listen 127.0.0.1:1",
            "pesan user list --data x",
            "pesan user --data x add --email a@example.com --name A",
            "pesan key add --name a --scopes messages:send,messages:read --database-url postgres://x",
            "pesan demo --listen 127.0.0.1:1 --data x --json",
            "pesan key list --organization org_01jd0000000000000000000000",
            "pesan recount --data x",
            "pesan openapi",
            "pesan bench --api-key x --account acc_01jd0000000000000000000000 --to 1 --url https://x --clients 1",
            "pesan bench seed --data x --chats 10 --messages 100",
        ] {
            Cli::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
        for line in [
            "pesan",
            "pesan key add --name a --scopes everything",
            "pesan user add --email a",
            "pesan user add --email a@example.com --name A --new-organization B --role agent",
            "pesan bench",
            "pesan bench seed --chats 0",
            "pesan bench --api-key x --account acc_01jd0000000000000000000000 --to 1 --url x",
            "pesan bench --api-key x --account acc_01jd0000000000000000000000 --to 1 --clients 0",
            "pesan bench --api-key x --account acc_01jd0000000000000000000000 --to 1 --messages 0",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }

    #[test]
    fn only_a_sandbox_build_speaks_of_a_simulated_network() {
        let help = Cli::try_parse_from(["pesan", "serve", "--help"]).expect_err("help is printed instead");
        let help = help.to_string();
        assert_eq!(help.contains("--sandbox-ws"), cfg!(feature = "sandbox"), "{help}");
    }
}
