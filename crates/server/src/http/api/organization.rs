//! The caller's organization and what it decided about itself.

use axum::Json as JsonBody;
use axum::extract::State;
use pesan_app::access::organizations;
use pesan_model::organization::{Organization, SettingsChange};
use pesan_model::patch::given;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::Json;
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(get_organization, update_organization))
}

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedOrganization {
    /// 1 to 100 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    settings: Option<SettingsChange>,
}

/// Shows the organization and what it decided.
#[utoipa::path(get, path = "/v1/organization", tag = "organization", operation_id = "getOrganization",
    responses((status = 200, description = "The organization.", body = Organization)))]
async fn get_organization(State(server): State<Shared>, Auth(caller): Auth) -> Answer<JsonBody<Organization>> {
    Ok(JsonBody(organizations::get(&server.app, &caller).await?))
}

/// Renames the organization or changes what it decided.
#[utoipa::path(patch, path = "/v1/organization", tag = "organization", operation_id = "updateOrganization",
    request_body = ChangedOrganization, responses(
    (status = 200, description = "The organization as it is now.", body = Organization),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn update_organization(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Json(body): Json<ChangedOrganization>,
) -> Answer<JsonBody<Organization>> {
    let change = body.settings.unwrap_or_default();
    let changed = organizations::update(&server.app, &caller, body.name, change).await?;
    Ok(JsonBody(changed))
}
