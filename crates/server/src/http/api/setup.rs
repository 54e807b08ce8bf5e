//! The first start.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use pesan_app::access::setup;
use pesan_app::access::users::NewUser;
use pesan_model::access::User;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Shared;
use crate::http::auth::{ClientIp, session_cookie};
use crate::http::extract::Json;
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(get_setup))
        .routes(routes!(create_owner))
}

/// What a browser has to know before anybody logs in.
#[derive(Serialize, ToSchema)]
struct Setup {
    /// Nobody can log in yet; the link that was printed at the start makes the first owner.
    needs_owner: bool,
    /// Accounts connect to a simulated WhatsApp network.
    sandbox: bool,
    /// Of this server.
    #[schema(value_type = String)]
    version: &'static str,
}

/// The first owner and their organization.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewOwner {
    /// From the link that was printed at the start.
    token: String,
    /// The organization's name.
    organization: String,
    /// What to call the owner.
    name: String,
    /// What the owner logs in with.
    email: String,
    /// At least 10 characters.
    password: String,
}

/// Says whether there is an owner yet.
#[utoipa::path(get, path = "/v1/setup", tag = "setup", operation_id = "getSetup", security(()),
    responses((status = 200, description = "How far it is.", body = Setup)))]
async fn get_setup(State(server): State<Shared>) -> Answer<JsonBody<Setup>> {
    Ok(JsonBody(Setup {
        needs_owner: setup::needs_owner(&server.app).await?,
        sandbox: server.settings.is_sandbox,
        version: env!("CARGO_PKG_VERSION"),
    }))
}

/// Makes the organization and its owner, and logs the owner in. Works once.
#[utoipa::path(post, path = "/v1/setup/owner", tag = "setup", operation_id = "createOwner", security(()),
    request_body = NewOwner, responses(
    (status = 201, description = "The owner, logged in.", body = User),
    (status = 409, description = "There is an owner already.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field or the token is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn create_owner(
    State(server): State<Shared>,
    ClientIp(ip): ClientIp,
    Json(body): Json<NewOwner>,
) -> Answer<impl IntoResponse> {
    let owner = NewUser {
        email: body.email,
        name: body.name,
        password: body.password,
    };
    let made = setup::create_owner(&server.app, &body.token, &body.organization, owner, ip).await?;
    let cookie = session_cookie(&server, &made.token);
    Ok((StatusCode::CREATED, cookie, JsonBody(made.user)))
}
