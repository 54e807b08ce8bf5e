//! The caller.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::access::{keys, organizations, preferences, users};
use pesan_model::access::{ApiKey, Language, Preferences, User};
use pesan_model::{OrganizationId, Permission};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Json, NoBody};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(get_me))
        .routes(routes!(set_preferences))
        .routes(routes!(send_test_mail))
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
    /// What the person set for themselves.
    #[schema(required = true)]
    preferences: Option<Preferences>,
    organization: OrganizationName,
    permissions: Vec<Permission>,
    /// Whether mail goes out from here.
    mail: bool,
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
        preferences: preferences::find(&server.app, &caller).await?,
        mail: server.app.mail.is_some(),
        organization: OrganizationName {
            id: caller.organization_id,
            name: organizations::name(&server.app, &caller).await?,
        },
        permissions: caller.permissions,
    }))
}

/// What a person sets for themselves. What is left out is unset.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPreferences {
    language: Option<Language>,
    /// By its IANA name: `Asia/Jakarta`.
    time_zone: Option<String>,
    mail_on_drop: Option<bool>,
    mail_on_reminder: Option<bool>,
}

/// Sets what the caller set for themselves, all of it.
#[utoipa::path(put, path = "/v1/me/preferences", tag = "session", operation_id = "setPreferences",
    request_body = NewPreferences, responses(
    (status = 200, description = "What is set now.", body = Preferences),
    (status = 409, description = "A program asks.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn set_preferences(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Json(body): Json<NewPreferences>,
) -> Answer<JsonBody<Preferences>> {
    let new = Preferences {
        language: body.language,
        time_zone: body.time_zone,
        mail_on_drop: body.mail_on_drop,
        mail_on_reminder: body.mail_on_reminder,
    };
    Ok(JsonBody(preferences::set(&server.app, &caller, new).await?))
}

/// Sends the caller a mail, to see that mail arrives.
#[utoipa::path(post, path = "/v1/me/test-mail", tag = "session", operation_id = "sendTestMail", responses(
    (status = 202, description = "It is on its way."),
    (status = 409, description = "Mail is not set up, or a program asks.", body = Problem, content_type = "application/problem+json"),
))]
async fn send_test_mail(State(server): State<Shared>, Auth(caller): Auth, _: NoBody) -> Answer<StatusCode> {
    preferences::send_test(&server.app, &caller).await?;
    Ok(StatusCode::ACCEPTED)
}
