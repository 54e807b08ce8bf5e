//! The server: HTTP, command line, configuration and telemetry around `pesan_app`. The binary `pesan` is a thin
//! wrapper, so that tests can use the real router.

pub mod cli;
pub mod config;
pub mod data_dir;
#[cfg(feature = "sandbox")]
pub mod demo;
pub mod http;
pub mod run;
pub mod telemetry;
