//! The server: HTTP, command line, configuration and telemetry around `pesan_app`. The binary `pesan` is a thin
//! wrapper, so that tests can use the real router.

pub mod config;
pub mod data_dir;
pub mod http;
pub mod telemetry;
