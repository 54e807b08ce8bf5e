//! The audit log.

use axum::Json as JsonBody;
use axum::extract::State;
use pesan_app::access::audit;
use pesan_model::access::AuditEntry;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::Query;
use crate::http::page::{Page, PageQuery};
use crate::http::problem::Answer;

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list_audit))
}

/// Who changed what, newest first.
#[utoipa::path(get, path = "/v1/audit", tag = "audit", operation_id = "listAudit", params(PageQuery),
    responses((status = 200, description = "A page of entries.", body = Page<AuditEntry>)))]
async fn list_audit(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<PageQuery>,
) -> Answer<JsonBody<Page<AuditEntry>>> {
    let found = audit::list(&server.app, &caller, query.after()?, query.fetch()?).await?;
    Ok(JsonBody(query.page(found, |entry| entry.seq.to_string())?))
}
