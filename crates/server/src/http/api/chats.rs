//! Chats and their messages.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::inbox::{self, Filter};
use pesan_model::chat::{Activity, Chat};
use pesan_model::message::Message;
use pesan_model::{AccountId, ChatId, MessageId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Json, Path, Query};
use crate::http::page::{Page, PageQuery, Place};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_chats))
        .routes(routes!(get_chat))
        .routes(routes!(list_chat_messages))
        .routes(routes!(mark_chat_read))
        .routes(routes!(set_chat_activity))
}

/// Which chats.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ChatQuery {
    /// Only of this account.
    account_id: Option<AccountId>,
    /// Only with unread messages.
    unread: Option<bool>,
    /// Most items, 1 to 200; 50 when it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before.
    after: Option<String>,
}

/// What the other side shall see.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewActivity {
    activity: Activity,
}

/// Lists the chats, the one with the newest message first.
#[utoipa::path(get, path = "/v1/chats", tag = "chats", operation_id = "listChats", params(ChatQuery),
    responses((status = 200, description = "A page of chats.", body = Page<Chat>)))]
async fn list_chats(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<ChatQuery>,
) -> Answer<JsonBody<Page<Chat>>> {
    let page = PageQuery::new(query.limit, query.after);
    let filter = Filter {
        account_id: query.account_id,
        unread_only: query.unread.unwrap_or_default(),
    };
    let before = page.after::<Place<ChatId>>()?.map(|Place(at, id)| (at, id));
    let found = inbox::chats(&server.app, &caller, filter, before, page.fetch()?).await?;
    Ok(JsonBody(page.page(found, |chat| {
        Place(chat.last_message_at, chat.id).to_string()
    })?))
}

/// Shows a chat.
#[utoipa::path(get, path = "/v1/chats/{id}", tag = "chats", operation_id = "getChat", params(("id" = ChatId, Path)),
    responses(
    (status = 200, description = "The chat.", body = Chat),
    (status = 404, description = "There is no such chat.", body = Problem, content_type = "application/problem+json"),
))]
async fn get_chat(State(server): State<Shared>, Auth(caller): Auth, Path(id): Path<ChatId>) -> Answer<JsonBody<Chat>> {
    Ok(JsonBody(inbox::chat(&server.app, &caller, id).await?))
}

/// Lists the messages of a chat, newest first.
#[utoipa::path(get, path = "/v1/chats/{id}/messages", tag = "chats", operation_id = "listChatMessages",
    params(("id" = ChatId, Path), PageQuery), responses(
    (status = 200, description = "A page of messages.", body = Page<Message>),
    (status = 404, description = "There is no such chat.", body = Problem, content_type = "application/problem+json"),
))]
async fn list_chat_messages(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ChatId>,
    Query(query): Query<PageQuery>,
) -> Answer<JsonBody<Page<Message>>> {
    let before = query.after::<Place<MessageId>>()?.map(|Place(at, id)| (at, id));
    let found = inbox::messages(&server.app, &caller, id, before, query.fetch()?).await?;
    let page = query.page(found, |(message, at)| Place(*at, message.id).to_string())?;
    Ok(JsonBody(page.map(|(message, _)| message)))
}

/// Marks everything in a chat as read, here and on WhatsApp.
#[utoipa::path(post, path = "/v1/chats/{id}/read", tag = "chats", operation_id = "markChatRead",
    params(("id" = ChatId, Path)), responses(
    (status = 200, description = "The chat as it is now.", body = Chat),
    (status = 404, description = "There is no such chat.", body = Problem, content_type = "application/problem+json"),
))]
async fn mark_chat_read(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ChatId>,
) -> Answer<JsonBody<Chat>> {
    Ok(JsonBody(inbox::mark_read(&server.app, &caller, id).await?))
}

/// Shows the other side that somebody is typing, recording, or has stopped.
#[utoipa::path(post, path = "/v1/chats/{id}/typing", tag = "chats", operation_id = "setChatActivity",
    request_body = NewActivity, params(("id" = ChatId, Path)), responses(
    (status = 204, description = "Shown."),
    (status = 404, description = "There is no such chat.", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The account is not connected.", body = Problem, content_type = "application/problem+json"),
))]
async fn set_chat_activity(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ChatId>,
    Json(body): Json<NewActivity>,
) -> Answer<StatusCode> {
    inbox::set_activity(&server.app, &caller, id, body.activity).await?;
    Ok(StatusCode::NO_CONTENT)
}
