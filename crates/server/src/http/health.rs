//! Whether the process lives, and whether it can work.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pesan_app::access::setup;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Shared;
use super::problem::Problem;

const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(live)).routes(routes!(ready))
}

/// It is well.
#[derive(Serialize, ToSchema)]
struct Health {
    /// Always `ok`.
    #[schema(value_type = String)]
    status: &'static str,
}

/// Whether the process runs.
#[utoipa::path(get, path = "/livez", tag = "health", operation_id = "live", security(()),
    responses((status = 200, description = "It runs.", body = Health)))]
async fn live() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Whether it can take requests: the database answers and takes what is written, and the process is not about to end.
#[utoipa::path(get, path = "/readyz", tag = "health", operation_id = "ready", security(()), responses(
    (status = 200, description = "It can take requests.", body = Health),
    (status = 503, description = "Not now.", body = Problem, content_type = "application/problem+json"),
))]
async fn ready(State(server): State<Shared>) -> Response {
    let problem = |code: &'static str, detail: &str| Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, detail);
    if server.app.lifecycle.soft().is_cancelled() {
        return problem("shutting_down", "The process is about to end.").into_response();
    }
    match tokio::time::timeout(PATIENCE, setup::check_database(&server.app)).await {
        Ok(Ok(())) => Json(Health { status: "ok" }).into_response(),
        Ok(Err(_)) if server.app.store.refuses_writes() => problem(
            "database_unavailable",
            "The database takes nothing that is written: its disk is full, or it may only be read.",
        )
        .into_response(),
        Ok(Err(_)) | Err(_) => problem("database_unavailable", "The database does not answer.").into_response(),
    }
}
