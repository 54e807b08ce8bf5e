//! Keys for programs.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::access::keys;
use pesan_model::access::ApiKey;
use pesan_model::{ApiKeyId, Permission};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Made;
use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Create, Path, Query, REPEATABLE};
use crate::http::page::{Page, PageQuery};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_keys, create_key))
        .routes(routes!(revoke_key))
}

/// A new key for a program.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKey {
    /// What it is for.
    name: String,
    /// What it may do: nothing that you may not.
    scopes: Vec<Permission>,
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
struct CreatedApiKey {
    #[serde(flatten)]
    api_key: ApiKey,
    /// The key itself. It is shown once; a repeated request does not show it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// Lists the keys, newest first.
#[utoipa::path(get, path = "/v1/keys", tag = "keys", operation_id = "listKeys", params(PageQuery),
    responses((status = 200, description = "A page of keys.", body = Page<ApiKey>)))]
async fn list_keys(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<PageQuery>,
) -> Answer<JsonBody<Page<ApiKey>>> {
    let found = keys::list(&server.app, &caller, query.after()?, query.fetch()?).await?;
    Ok(JsonBody(query.page(found, |key| key.id.to_string())?))
}

/// Makes a key. The key itself is in this answer and nowhere else: a repeated request answers with the same `id` but
/// without `key`.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", operation_id = "createKey", request_body = NewKey,
    params(("Idempotency-Key" = Option<String>, Header, description = REPEATABLE)), responses(
    (status = 201, description = "The key. Without `key` when this repeats an earlier request.", body = CreatedApiKey),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn create_key(
    State(server): State<Shared>,
    Auth(caller): Auth,
    request: Create<NewKey>,
) -> Answer<Made<CreatedApiKey>> {
    let new = keys::NewKey {
        name: request.body.name,
        scopes: request.body.scopes,
    };
    let created = keys::create(&server.app, &caller, new, request.idempotency).await?;
    Ok(Made {
        status: StatusCode::CREATED,
        location: format!("/v1/keys/{}", created.api_key.id),
        is_replayed: created.key.is_none(),
        body: CreatedApiKey {
            api_key: created.api_key,
            key: created.key,
        },
    })
}

/// Revokes a key, at once.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "keys", operation_id = "revokeKey", params(("id" = ApiKeyId, Path)),
    responses(
    (status = 204, description = "Revoked."),
    (status = 404, description = "There is no such key.", body = Problem, content_type = "application/problem+json"),
))]
async fn revoke_key(State(server): State<Shared>, Auth(caller): Auth, Path(id): Path<ApiKeyId>) -> Answer<StatusCode> {
    keys::revoke(&server.app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
