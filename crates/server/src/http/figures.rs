//! `/metrics`: counters and times that are kept as things happen, and what there is right now, read when somebody asks.

use std::fmt::Write as _;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use pesan_app::figures::{self, Figures};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Shared;
use super::problem::chain;

/// How long a scrape waits for the database. Without an answer it goes without what would have been counted.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(metrics))
}

/// Figures for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "health", operation_id = "metrics", security(()),
    responses((status = 200, description = "The figures.", body = String, content_type = "text/plain")))]
async fn metrics(State(server): State<Shared>) -> Response {
    let mut text = server.metrics.render();
    let app = &server.app;
    gauge(
        &mut text,
        ("pesan_live_streams", "Open live streams."),
        [(String::new(), figures::live_streams(app) as f64)],
    );
    match tokio::time::timeout(PATIENCE, figures::read(app)).await {
        Ok(Ok(figures)) => counted(&mut text, &figures),
        Ok(Err(error)) => tracing::warn!(error = %chain(&error), "could not count for /metrics"),
        Err(_) => tracing::warn!("the database took too long to count for /metrics"),
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

fn counted(text: &mut String, figures: &Figures) {
    let accounts = figures
        .accounts
        .iter()
        .map(|(state, count)| (format!("{{state=\"{}\"}}", state.name()), *count as f64));
    gauge(text, ("pesan_accounts", "Accounts by state."), accounts);
    let jobs = figures.jobs.iter().flat_map(|jobs| {
        [("running", jobs.running), ("due", jobs.due), ("waiting", jobs.waiting)]
            .map(|(state, count)| (format!("{{kind=\"{}\",state=\"{state}\"}}", jobs.kind), count as f64))
    });
    gauge(
        text,
        ("pesan_jobs", "Work in the queue: under way, due, or waiting."),
        jobs,
    );
    let oldest = figures
        .jobs
        .iter()
        .map(|jobs| (format!("{{kind=\"{}\"}}", jobs.kind), jobs.oldest.as_secs_f64()));
    gauge(
        text,
        ("pesan_oldest_job_seconds", "Age of the oldest work in the queue."),
        oldest,
    );
    gauge(
        text,
        (
            "pesan_quarantined",
            "Things that came in, could not be stored, and are kept aside.",
        ),
        [(String::new(), figures.quarantined as f64)],
    );
    gauge(
        text,
        ("pesan_database_bytes", "Size of the database."),
        [(String::new(), figures.database_bytes as f64)],
    );
}

/// Writes a figure that goes up and down, with its labels.
fn gauge(text: &mut String, (name, help): (&str, &str), values: impl IntoIterator<Item = (String, f64)>) {
    // Writing to text cannot fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
    for (labels, value) in values {
        let _ = writeln!(text, "{name}{labels} {value}");
    }
    text.push('\n');
}
