//! The people of the organization.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::access::users::{self, UserChanges};
use pesan_model::access::User;
use pesan_model::patch::given;
use pesan_model::{Role, UserId};
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
        .routes(routes!(list_users, create_user))
        .routes(routes!(update_user, delete_user))
}

/// Somebody new.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewUser {
    /// What they log in with.
    email: String,
    /// What to call them.
    name: String,
    /// What they may do. Only owners make owners.
    role: Role,
    /// At least 10 characters.
    password: String,
}

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedUser {
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    role: Option<Role>,
    /// At least 10 characters. Ends their log-ins.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    password: Option<String>,
}

/// Lists the people, oldest first.
#[utoipa::path(get, path = "/v1/users", tag = "users", operation_id = "listUsers", params(PageQuery),
    responses((status = 200, description = "A page of people.", body = Page<User>)))]
async fn list_users(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<PageQuery>,
) -> Answer<JsonBody<Page<User>>> {
    let found = users::list(&server.app, &caller, query.after()?, query.fetch()?).await?;
    Ok(JsonBody(query.page(found, |user| user.id.to_string())?))
}

/// Adds a person.
#[utoipa::path(post, path = "/v1/users", tag = "users", operation_id = "createUser", request_body = NewUser,
    params(("Idempotency-Key" = Option<String>, Header, description = REPEATABLE)), responses(
    (status = 201, description = "The person.", body = User),
    (status = 409, description = "The address is taken.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn create_user(State(server): State<Shared>, Auth(caller): Auth, request: Create<NewUser>) -> Answer<Made<User>> {
    let new = users::NewUser {
        email: request.body.email,
        name: request.body.name,
        password: request.body.password,
    };
    let (user, is_replayed) =
        users::create(&server.app, &caller, (new, request.body.role), request.idempotency).await?;
    Ok(Made {
        status: StatusCode::CREATED,
        location: format!("/v1/users/{}", user.id),
        is_replayed,
        body: user,
    })
}

/// Changes a person. Everybody may change their own name and password.
#[utoipa::path(patch, path = "/v1/users/{id}", tag = "users", operation_id = "updateUser", request_body = ChangedUser,
    params(("id" = UserId, Path)), responses(
    (status = 200, description = "The person as they are now.", body = User),
    (status = 404, description = "There is no such person.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The last owner stays.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn update_user(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<UserId>,
    Json(body): Json<ChangedUser>,
) -> Answer<JsonBody<User>> {
    let changes = UserChanges {
        name: body.name,
        role: body.role,
        password: body.password,
    };
    Ok(JsonBody(users::update(&server.app, &caller, id, changes).await?))
}

/// Removes a person and ends their log-ins.
#[utoipa::path(delete, path = "/v1/users/{id}", tag = "users", operation_id = "deleteUser", params(("id" = UserId, Path)),
    responses(
    (status = 204, description = "Removed."),
    (status = 404, description = "There is no such person.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The last owner stays.", body = Problem, content_type = "application/problem+json"),
))]
async fn delete_user(State(server): State<Shared>, Auth(caller): Auth, Path(id): Path<UserId>) -> Answer<StatusCode> {
    users::delete(&server.app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
