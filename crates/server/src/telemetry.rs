//! Logs to standard error, figures for Prometheus.

use std::io::IsTerminal as _;
use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use pesan_app::App;
use tracing::subscriber::set_global_default;
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Seconds: from a cached read to a request that is given up.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Starts logging. Once for each process; later calls change nothing.
pub fn log(settings: &Log) {
    let filter = settings
        .level
        .parse::<EnvFilter>()
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // Not `try_init`: that would also take what libraries write with the `log` crate, and the protocol library names
    // phone numbers there. What matters of it comes as account states. An error says that an earlier call was first.
    let _ = match settings.format {
        LogFormat::Text => set_global_default(builder.finish()),
        LogFormat::Json => set_global_default(builder.json().finish()),
    };
}

/// The figures of this process.
pub fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)
                .and_then(PrometheusBuilder::install_recorder)
                .expect("the recorder is installed once, with buckets")
        })
        .clone()
}

/// Folds samples together, which would otherwise grow until somebody asks for `/metrics`.
pub fn keep_up(app: &App, handle: PrometheusHandle) {
    let soft = app.lifecycle.soft().clone();
    app.lifecycle.spawn("metrics", async move {
        let mut ticks = tokio::time::interval(UPKEEP_EVERY);
        while soft.run_until_cancelled(ticks.tick()).await.is_some() {
            handle.run_upkeep();
        }
    });
}
