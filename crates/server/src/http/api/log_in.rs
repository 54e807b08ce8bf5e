//! Logging in and out with a browser.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use pesan_app::access::log_in;
use pesan_model::access::User;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Shared;
use crate::http::auth::{Auth, ClientIp, session_cookie, session_token, spent_cookie};
use crate::http::extract::Json;
use crate::http::problem::{Answer, Problem};

pub(crate) fn open_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(create_session))
}

pub(crate) fn closed_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(log_out))
}

/// Who logs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LogIn {
    email: String,
    password: String,
}

/// Logs a browser in: the answer sets the session cookie.
#[utoipa::path(post, path = "/v1/login", tag = "session", operation_id = "logIn", security(()),
    request_body = LogIn, responses(
    (status = 200, description = "Who logged in.", body = User),
    (status = 401, description = "The address or the password is wrong.", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many tries; `Retry-After` says when to come back.", body = Problem, content_type = "application/problem+json"),
))]
async fn create_session(
    State(server): State<Shared>,
    ClientIp(ip): ClientIp,
    Json(body): Json<LogIn>,
) -> Answer<impl IntoResponse> {
    let logged_in = log_in::log_in(&server.app, &body.email, body.password, ip).await?;
    Ok((session_cookie(&server, &logged_in.token), JsonBody(logged_in.user)))
}

/// Logs this browser out.
#[utoipa::path(post, path = "/v1/logout", tag = "session", operation_id = "logOut",
    responses((status = 204, description = "Logged out.")))]
async fn log_out(State(server): State<Shared>, Auth(caller): Auth, headers: HeaderMap) -> Answer<impl IntoResponse> {
    if let Some(token) = session_token(&headers) {
        log_in::log_out(&server.app, &caller, &token).await?;
    }
    Ok((StatusCode::NO_CONTENT, spent_cookie(&server)))
}
