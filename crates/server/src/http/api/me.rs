//! The caller.

use axum::Json as JsonBody;
use axum::extract::State;
use pesan_app::access::{keys, organizations, users};
use pesan_model::access::{ApiKey, User};
use pesan_model::{OrganizationId, Permission};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::problem::Answer;

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(get_me))
}

/// Who asks, and what they may do.
#[derive(Serialize, ToSchema)]
struct Me {
    /// The person, when a browser asks.
    #[schema(required = true)]
    user: Option<User>,
    /// The key, when a program asks.
    #[schema(required = true)]
    api_key: Option<ApiKey>,
    organization: OrganizationName,
    permissions: Vec<Permission>,
}

/// An organization.
#[derive(Serialize, ToSchema)]
struct OrganizationName {
    id: OrganizationId,
    name: String,
}

/// Who asks, and what they may do.
#[utoipa::path(get, path = "/v1/me", tag = "session", operation_id = "getMe",
    responses((status = 200, description = "The caller.", body = Me)))]
async fn get_me(State(server): State<Shared>, Auth(caller): Auth) -> Answer<JsonBody<Me>> {
    Ok(JsonBody(Me {
        user: users::find_self(&server.app, &caller).await?,
        api_key: keys::find_self(&server.app, &caller).await?,
        organization: OrganizationName {
            id: caller.organization_id,
            name: organizations::name(&server.app, &caller).await?,
        },
        permissions: caller.permissions,
    }))
}
