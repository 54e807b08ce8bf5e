//! Who looks after a chat, what is done with it, and what was.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::inbox::{self, ChatUpdate};
use pesan_model::chat::Chat;
use pesan_model::inbox::{ChatLogEntry, PresenceState};
use pesan_model::patch::{given, present};
use pesan_model::{ChatId, ChatStatus, TagId, TeamId, Timestamp, UserId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Json, NoBody, Path, Query};
use crate::http::page::{Page, PageQuery};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(update_chat))
        .routes(routes!(mark_chat_unread))
        .routes(routes!(list_chat_log))
        .routes(routes!(set_chat_presence))
}

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out, null and a value are three things")]
struct ChangedChat {
    /// What is done with it. `snoozed` needs `snoozed_until`.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    status: Option<ChatStatus>,
    /// Puts it aside until then; null opens it when it is.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Timestamp>)]
    snoozed_until: Option<Option<Timestamp>>,
    /// Who looks after it; null for nobody.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<UserId>)]
    assignee_id: Option<Option<UserId>>,
    /// The team it belongs to; null for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<TeamId>)]
    team_id: Option<Option<TeamId>>,
    /// Whether it has a star.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    is_starred: Option<bool>,
    /// All its tags, at most 20; null or an empty list for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<TagId>>)]
    tag_ids: Option<Option<Vec<TagId>>>,
}

/// What a colleague does.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPresence {
    state: PresenceState,
}

/// Assigns, closes, opens, puts aside, stars or tags a chat.
#[utoipa::path(patch, path = "/v1/chats/{id}", tag = "inbox", operation_id = "updateChat", request_body = ChangedChat,
    params(("id" = ChatId, Path)), responses(
    (status = 200, description = "The chat as it is now.", body = Chat),
    (status = 404, description = "There is no such chat.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn update_chat(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ChatId>,
    Json(body): Json<ChangedChat>,
) -> Answer<JsonBody<Chat>> {
    let change = ChatUpdate {
        status: body.status,
        snoozed_until: body.snoozed_until,
        assignee_id: body.assignee_id,
        team_id: body.team_id,
        is_starred: body.is_starred,
        tag_ids: body.tag_ids.map(Option::unwrap_or_default),
    };
    Ok(JsonBody(inbox::update(&server.app, &caller, id, change).await?))
}

/// Shows a chat as unread, so that it is not forgotten. WhatsApp is not told.
#[utoipa::path(post, path = "/v1/chats/{id}/unread", tag = "inbox", operation_id = "markChatUnread",
    params(("id" = ChatId, Path)), responses(
    (status = 200, description = "The chat as it is now.", body = Chat),
    (status = 404, description = "There is no such chat.", body = Problem, content_type = "application/problem+json"),
))]
async fn mark_chat_unread(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ChatId>,
    _: NoBody,
) -> Answer<JsonBody<Chat>> {
    Ok(JsonBody(inbox::mark_unread(&server.app, &caller, id).await?))
}

/// Says who did what with a chat, newest first.
#[utoipa::path(get, path = "/v1/chats/{id}/log", tag = "inbox", operation_id = "listChatLog",
    params(("id" = ChatId, Path), PageQuery), responses(
    (status = 200, description = "A page of its log.", body = Page<ChatLogEntry>),
    (status = 404, description = "There is no such chat.", body = Problem, content_type = "application/problem+json"),
))]
async fn list_chat_log(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ChatId>,
    Query(query): Query<PageQuery>,
) -> Answer<JsonBody<Page<ChatLogEntry>>> {
    let found = inbox::chat_log(&server.app, &caller, id, query.after()?, query.fetch()?).await?;
    Ok(JsonBody(query.page(found, |entry| entry.id.to_string())?))
}

/// Shows colleagues that you look at a chat, write in it, or left it. It holds for half a minute: tell it again while it is
/// so.
#[utoipa::path(post, path = "/v1/chats/{id}/presence", tag = "inbox", operation_id = "setChatPresence",
    request_body = NewPresence, params(("id" = ChatId, Path)), responses(
    (status = 204, description = "Told."),
    (status = 404, description = "There is no such chat.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "A program has no colleagues.", body = Problem, content_type = "application/problem+json"),
))]
async fn set_chat_presence(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ChatId>,
    Json(body): Json<NewPresence>,
) -> Answer<StatusCode> {
    inbox::tell_presence(&server.app, &caller, id, body.state).await?;
    Ok(StatusCode::NO_CONTENT)
}
