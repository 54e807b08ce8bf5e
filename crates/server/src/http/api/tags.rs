//! Tags: words that chats and people are found by.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::inbox::tags;
use pesan_model::inbox::Tag;
use pesan_model::patch::given;
use pesan_model::{TagColor, TagId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Made;
use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Create, Json, Path, REPEATABLE};
use crate::http::page::Page;
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_tags, create_tag))
        .routes(routes!(update_tag, delete_tag))
}

/// A new tag.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTag {
    /// The word, 1 to 50 characters; large and small letters are the same.
    name: String,
    /// What it looks like; grey when it is left out.
    color: Option<TagColor>,
}

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedTag {
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    color: Option<TagColor>,
}

/// Lists all tags, by name.
#[utoipa::path(get, path = "/v1/tags", tag = "inbox", operation_id = "listTags",
    responses((status = 200, description = "All of them.", body = Page<Tag>)))]
async fn list_tags(State(server): State<Shared>, Auth(caller): Auth) -> Answer<JsonBody<Page<Tag>>> {
    Ok(JsonBody(Page::whole(tags::list(&server.app, &caller).await?)))
}

/// Makes a tag.
#[utoipa::path(post, path = "/v1/tags", tag = "inbox", operation_id = "createTag", request_body = NewTag,
    params(("Idempotency-Key" = Option<String>, Header, description = REPEATABLE)), responses(
    (status = 201, description = "The tag.", body = Tag),
    (status = 409, description = "There is one of this name.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn create_tag(State(server): State<Shared>, Auth(caller): Auth, request: Create<NewTag>) -> Answer<Made<Tag>> {
    let new = (request.body.name, request.body.color.unwrap_or(TagColor::Gray));
    let (tag, is_replayed) = tags::create(&server.app, &caller, new, request.idempotency).await?;
    Ok(Made {
        status: StatusCode::CREATED,
        location: format!("/v1/tags/{}", tag.id),
        is_replayed,
        body: tag,
    })
}

/// Renames a tag or gives it another colour.
#[utoipa::path(patch, path = "/v1/tags/{id}", tag = "inbox", operation_id = "updateTag", request_body = ChangedTag,
    params(("id" = TagId, Path)), responses(
    (status = 200, description = "The tag as it is now.", body = Tag),
    (status = 404, description = "There is no such tag.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "There is one of this name.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn update_tag(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<TagId>,
    Json(body): Json<ChangedTag>,
) -> Answer<JsonBody<Tag>> {
    let changed = tags::update(&server.app, &caller, id, (body.name, body.color)).await?;
    Ok(JsonBody(changed))
}

/// Deletes a tag, and takes it from every chat and every person.
#[utoipa::path(delete, path = "/v1/tags/{id}", tag = "inbox", operation_id = "deleteTag", params(("id" = TagId, Path)),
    responses(
    (status = 204, description = "Deleted."),
    (status = 404, description = "There is no such tag.", body = Problem, content_type = "application/problem+json"),
))]
async fn delete_tag(State(server): State<Shared>, Auth(caller): Auth, Path(id): Path<TagId>) -> Answer<StatusCode> {
    tags::delete(&server.app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
