//! Inviting people by a link.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use pesan_app::access::invitations;
use pesan_model::access::{Invitation, User};
use pesan_model::{InvitationId, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Made;
use crate::http::Shared;
use crate::http::auth::{Auth, ClientIp, session_cookie};
use crate::http::extract::{Create, Json, Path, Query, REPEATABLE};
use crate::http::page::{Page, PageQuery};
use crate::http::problem::{Answer, Problem};

pub(crate) fn open_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(look_up_invitation))
        .routes(routes!(accept_invitation))
}

pub(crate) fn closed_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_invitations, create_invitation))
        .routes(routes!(revoke_invitation))
}

/// Who is to join.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewInvitation {
    /// What they will log in with. The link goes there by mail where mail is set up.
    email: String,
    /// What to call them; they can change it.
    name: String,
    /// What they will be. Only owners invite owners.
    role: Role,
}

/// An invitation that was just made.
#[derive(Serialize, ToSchema)]
struct CreatedInvitation {
    #[serde(flatten)]
    invitation: Invitation,
    /// The link that lets them in, once. It is shown this once; a repeated request does not show it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    /// Whether it goes out by mail too.
    mailed: bool,
}

/// What is behind the `#` of the link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InvitationToken {
    token: String,
}

/// What a link is for.
#[derive(Serialize, ToSchema)]
struct Welcome {
    organization: String,
    email: String,
    name: String,
    role: Role,
}

/// Somebody joins.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Acceptance {
    /// What is behind the `#` of the link.
    token: String,
    /// What to call them.
    name: String,
    /// At least 10 characters.
    password: String,
}

/// Lists the open invitations, oldest first.
#[utoipa::path(get, path = "/v1/invitations", tag = "users", operation_id = "listInvitations", params(PageQuery),
    responses((status = 200, description = "A page of invitations.", body = Page<Invitation>)))]
async fn list_invitations(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<PageQuery>,
) -> Answer<JsonBody<Page<Invitation>>> {
    let found = invitations::list(&server.app, &caller, query.after()?, query.fetch()?).await?;
    Ok(JsonBody(query.page(found, |invitation| invitation.id.to_string())?))
}

/// Invites somebody: the answer holds the link, which goes out by mail too where mail is set up. An earlier link for the
/// same address no longer works.
#[utoipa::path(post, path = "/v1/invitations", tag = "users", operation_id = "createInvitation",
    request_body = NewInvitation,
    params(("Idempotency-Key" = Option<String>, Header, description = REPEATABLE)), responses(
    (status = 201, description = "The invitation. Without `link` when this repeats an earlier request.", body = CreatedInvitation),
    (status = 409, description = "Somebody logs in with this address already.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn create_invitation(
    State(server): State<Shared>,
    Auth(caller): Auth,
    request: Create<NewInvitation>,
) -> Answer<Made<CreatedInvitation>> {
    let new = invitations::NewInvitation {
        email: request.body.email,
        name: request.body.name,
        role: request.body.role,
    };
    let created = invitations::create(&server.app, &caller, new, request.idempotency).await?;
    Ok(Made {
        status: StatusCode::CREATED,
        location: format!("/v1/invitations/{}", created.invitation.id),
        is_replayed: created.link.is_none(),
        body: CreatedInvitation {
            invitation: created.invitation,
            link: created.link,
            mailed: created.is_mailed,
        },
    })
}

/// Takes an invitation back: its link no longer works.
#[utoipa::path(delete, path = "/v1/invitations/{id}", tag = "users", operation_id = "revokeInvitation",
    params(("id" = InvitationId, Path)), responses(
    (status = 204, description = "Taken back."),
    (status = 404, description = "There is no such invitation.", body = Problem, content_type = "application/problem+json"),
))]
async fn revoke_invitation(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<InvitationId>,
) -> Answer<StatusCode> {
    invitations::revoke(&server.app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says what an invitation's link is for.
#[utoipa::path(post, path = "/v1/invitations/look-up", tag = "setup", operation_id = "lookUpInvitation", security(()),
    request_body = InvitationToken, responses(
    (status = 200, description = "Who was invited to what.", body = Welcome),
    (status = 410, description = "It was used, taken back, or has run out.", body = Problem, content_type = "application/problem+json"),
))]
async fn look_up_invitation(
    State(server): State<Shared>,
    Json(body): Json<InvitationToken>,
) -> Answer<JsonBody<Welcome>> {
    let welcome = invitations::look_up(&server.app, &body.token).await?;
    Ok(JsonBody(Welcome {
        organization: welcome.organization,
        email: welcome.invitation.email,
        name: welcome.invitation.name,
        role: welcome.invitation.role,
    }))
}

/// Joins an organization, and logs the browser in. Works once.
#[utoipa::path(post, path = "/v1/invitations/accept", tag = "setup", operation_id = "acceptInvitation", security(()),
    request_body = Acceptance, responses(
    (status = 201, description = "The new member, logged in.", body = User),
    (status = 410, description = "It was used, taken back, or has run out.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn accept_invitation(
    State(server): State<Shared>,
    ClientIp(ip): ClientIp,
    Json(body): Json<Acceptance>,
) -> Answer<impl IntoResponse> {
    let joined = invitations::accept(&server.app, &body.token, (body.name, body.password), ip).await?;
    let cookie = session_cookie(&server, &joined.token);
    Ok((StatusCode::CREATED, cookie, JsonBody(joined.user)))
}
