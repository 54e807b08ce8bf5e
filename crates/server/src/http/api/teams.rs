//! Teams, and everybody who can look after chats.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::inbox::teams;
use pesan_model::inbox::{Colleague, Team};
use pesan_model::patch::given;
use pesan_model::{TeamId, UserId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Made;
use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Create, Json, Path, Query, REPEATABLE};
use crate::http::page::{Page, PageQuery};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_colleagues))
        .routes(routes!(list_teams, create_team))
        .routes(routes!(update_team, delete_team))
}

/// A new team.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTeam {
    /// What it is called, 1 to 50 characters; large and small letters are the same.
    name: String,
    /// Who is in it, at most 500.
    #[serde(default)]
    member_ids: Vec<UserId>,
}

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedTeam {
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// Everybody who is in it.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    member_ids: Option<Vec<UserId>>,
}

/// Lists everybody who can look after chats, oldest first.
#[utoipa::path(get, path = "/v1/colleagues", tag = "inbox", operation_id = "listColleagues", params(PageQuery),
    responses((status = 200, description = "A page of people.", body = Page<Colleague>)))]
async fn list_colleagues(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<PageQuery>,
) -> Answer<JsonBody<Page<Colleague>>> {
    let found = teams::colleagues(&server.app, &caller, query.after()?, query.fetch()?).await?;
    Ok(JsonBody(query.page(found, |colleague| colleague.id.to_string())?))
}

/// Lists all teams, by name.
#[utoipa::path(get, path = "/v1/teams", tag = "inbox", operation_id = "listTeams",
    responses((status = 200, description = "All of them.", body = Page<Team>)))]
async fn list_teams(State(server): State<Shared>, Auth(caller): Auth) -> Answer<JsonBody<Page<Team>>> {
    Ok(JsonBody(Page::whole(teams::list(&server.app, &caller).await?)))
}

/// Makes a team.
#[utoipa::path(post, path = "/v1/teams", tag = "inbox", operation_id = "createTeam", request_body = NewTeam,
    params(("Idempotency-Key" = Option<String>, Header, description = REPEATABLE)), responses(
    (status = 201, description = "The team.", body = Team),
    (status = 409, description = "There is one of this name.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn create_team(State(server): State<Shared>, Auth(caller): Auth, request: Create<NewTeam>) -> Answer<Made<Team>> {
    let new = (request.body.name, request.body.member_ids);
    let (team, is_replayed) = teams::create(&server.app, &caller, new, request.idempotency).await?;
    Ok(Made {
        status: StatusCode::CREATED,
        location: format!("/v1/teams/{}", team.id),
        is_replayed,
        body: team,
    })
}

/// Renames a team or changes who is in it.
#[utoipa::path(patch, path = "/v1/teams/{id}", tag = "inbox", operation_id = "updateTeam", request_body = ChangedTeam,
    params(("id" = TeamId, Path)), responses(
    (status = 200, description = "The team as it is now.", body = Team),
    (status = 404, description = "There is no such team.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "There is one of this name.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn update_team(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<TeamId>,
    Json(body): Json<ChangedTeam>,
) -> Answer<JsonBody<Team>> {
    let changed = teams::update(&server.app, &caller, id, (body.name, body.member_ids)).await?;
    Ok(JsonBody(changed))
}

/// Deletes a team; its chats belong to none.
#[utoipa::path(delete, path = "/v1/teams/{id}", tag = "inbox", operation_id = "deleteTeam", params(("id" = TeamId, Path)),
    responses(
    (status = 204, description = "Deleted."),
    (status = 404, description = "There is no such team.", body = Problem, content_type = "application/problem+json"),
))]
async fn delete_team(State(server): State<Shared>, Auth(caller): Auth, Path(id): Path<TeamId>) -> Answer<StatusCode> {
    teams::delete(&server.app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
