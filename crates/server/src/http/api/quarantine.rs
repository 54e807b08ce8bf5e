//! What came in and could not be stored.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::quarantine;
use pesan_model::account::QuarantineEntry;
use pesan_model::{AccountId, QuarantineId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{NoBody, Path, Query};
use crate::http::page::{Page, PageQuery};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_quarantine))
        .routes(routes!(delete_quarantined))
        .routes(routes!(retry_quarantined))
}

/// Lists what came in on an account and could not be stored, oldest first.
#[utoipa::path(get, path = "/v1/accounts/{id}/quarantine", tag = "accounts", operation_id = "listQuarantine",
    params(("id" = AccountId, Path), PageQuery), responses(
    (status = 200, description = "A page of what is kept aside, without what it says.", body = Page<QuarantineEntry>),
    (status = 404, description = "There is no such account.", body = Problem, content_type = "application/problem+json"),
))]
async fn list_quarantine(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<AccountId>,
    Query(query): Query<PageQuery>,
) -> Answer<JsonBody<Page<QuarantineEntry>>> {
    let found = quarantine::list(&server.app, &caller, id, query.after()?, query.fetch()?).await?;
    Ok(JsonBody(query.page(found, |entry| entry.id.to_string())?))
}

/// Stores again what is kept aside. A message takes the place of the line that stands for it in its thread.
#[utoipa::path(post, path = "/v1/quarantine/{id}/retry", tag = "accounts", operation_id = "retryQuarantined",
    params(("id" = QuarantineId, Path)), responses(
    (status = 204, description = "Stored, and kept aside no longer."),
    (status = 404, description = "There is no such thing.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "It still cannot be stored, and stays where it is.", body = Problem,
        content_type = "application/problem+json"),
))]
async fn retry_quarantined(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<QuarantineId>,
    _: NoBody,
) -> Answer<StatusCode> {
    quarantine::retry(&server.app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes for good what is kept aside. The line that stands for it in its thread stays.
#[utoipa::path(delete, path = "/v1/quarantine/{id}", tag = "accounts", operation_id = "deleteQuarantined",
    params(("id" = QuarantineId, Path)), responses(
    (status = 204, description = "Deleted."),
    (status = 404, description = "There is no such thing.", body = Problem, content_type = "application/problem+json"),
))]
async fn delete_quarantined(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<QuarantineId>,
) -> Answer<StatusCode> {
    quarantine::delete(&server.app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
