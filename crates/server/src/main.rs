//! The binary: sets the process up and does what the command line says.

use std::process::ExitCode;

use clap::Parser as _;
use pesan::cli::Cli;

/// Keeps memory flat under many small allocations from several threads, where the system's allocator fragments.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    // What this process writes is for its owner only, whoever made the folder: messages, files, keys.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    // Before anything makes a TLS client. An error says that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("could not start: {error}")),
    };
    match cli.run(&runtime) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => fail(&error.to_string()),
    }
}

/// Says why on standard error, for people.
fn fail(why: &str) -> ExitCode {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "pesan: {why}");
    ExitCode::FAILURE
}
