//! Quick replies: texts that are written often, called by a short word.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::quick_replies::{self, QuickReplyChange};
use pesan_model::patch::given;
use pesan_model::quick_reply::{FilledText, QuickReply};
use pesan_model::template::Purpose;
use pesan_model::{ChatId, QuickReplyId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Made;
use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Create, Json, Path, Query, REPEATABLE};
use crate::http::page::Page;
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_quick_replies, create_quick_reply))
        .routes(routes!(update_quick_reply, delete_quick_reply))
        .routes(routes!(preview_text))
}

/// For which chat.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct QuickReplyQuery {
    /// Fills each text in for this chat.
    chat_id: Option<ChatId>,
}

/// A new quick reply.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewQuickReply {
    /// The word that calls it, without the slash: 1 to 32 letters, digits, `-` and `_`; large and small letters are the
    /// same.
    shortcut: String,
    /// What it says, 1 to 4,096 characters. `{{contact.name}}`, `{{contact.first_name}}`, `{{contact.phone}}`,
    /// `{{contact.fields.…}}`, `{{user.name}}` and `{{organization.name}}` stand for what is known;
    /// `{{contact.first_name|Kak}}` says what to write when nothing is.
    body: String,
}

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedQuickReply {
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    shortcut: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    body: Option<String>,
}

/// A text that is being written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TextToPreview {
    /// The text with its variables.
    body: String,
    /// Fills it in for this chat; for somebody who does not exist when it is left out.
    chat_id: Option<ChatId>,
    /// What it is for; a quick reply when it is left out.
    #[serde(default)]
    purpose: TextPurpose,
}

/// What a text is for.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TextPurpose {
    /// Somebody looks at it before it is sent.
    #[default]
    QuickReply,
    /// It is sent by itself: every variable that may have no value needs words for that.
    Automatic,
}

/// Lists all quick replies, by their shortcuts. They come as one page.
#[utoipa::path(get, path = "/v1/quick-replies", tag = "inbox", operation_id = "listQuickReplies",
    params(QuickReplyQuery), responses(
    (status = 200, description = "All of them.", body = Page<QuickReply>),
    (status = 404, description = "There is no such chat.", body = Problem, content_type = "application/problem+json"),
))]
async fn list_quick_replies(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<QuickReplyQuery>,
) -> Answer<JsonBody<Page<QuickReply>>> {
    let all = quick_replies::list(&server.app, &caller, query.chat_id).await?;
    Ok(JsonBody(Page::whole(all)))
}

/// Makes a quick reply.
#[utoipa::path(post, path = "/v1/quick-replies", tag = "inbox", operation_id = "createQuickReply",
    request_body = NewQuickReply,
    params(("Idempotency-Key" = Option<String>, Header, description = REPEATABLE)), responses(
    (status = 201, description = "The quick reply.", body = QuickReply),
    (status = 409, description = "There is one with this shortcut.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn create_quick_reply(
    State(server): State<Shared>,
    Auth(caller): Auth,
    request: Create<NewQuickReply>,
) -> Answer<Made<QuickReply>> {
    let new = (request.body.shortcut, request.body.body);
    let (reply, is_replayed) = quick_replies::create(&server.app, &caller, new, request.idempotency).await?;
    Ok(Made {
        status: StatusCode::CREATED,
        location: format!("/v1/quick-replies/{}", reply.id),
        is_replayed,
        body: reply,
    })
}

/// Changes a quick reply.
#[utoipa::path(patch, path = "/v1/quick-replies/{id}", tag = "inbox", operation_id = "updateQuickReply",
    request_body = ChangedQuickReply, params(("id" = QuickReplyId, Path)), responses(
    (status = 200, description = "The quick reply as it is now.", body = QuickReply),
    (status = 404, description = "There is no such quick reply.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "There is one with this shortcut.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn update_quick_reply(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<QuickReplyId>,
    Json(body): Json<ChangedQuickReply>,
) -> Answer<JsonBody<QuickReply>> {
    let change = QuickReplyChange {
        shortcut: body.shortcut,
        body: body.body,
    };
    Ok(JsonBody(quick_replies::update(&server.app, &caller, id, change).await?))
}

/// Deletes a quick reply.
#[utoipa::path(delete, path = "/v1/quick-replies/{id}", tag = "inbox", operation_id = "deleteQuickReply",
    params(("id" = QuickReplyId, Path)), responses(
    (status = 204, description = "Deleted."),
    (status = 404, description = "There is no such quick reply.", body = Problem, content_type = "application/problem+json"),
))]
async fn delete_quick_reply(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<QuickReplyId>,
) -> Answer<StatusCode> {
    quick_replies::delete(&server.app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows what a text with variables would say, and what is wrong with it. Nothing is stored.
#[utoipa::path(post, path = "/v1/quick-replies/preview", tag = "inbox", operation_id = "previewText",
    request_body = TextToPreview, responses(
    (status = 200, description = "The text, filled in.", body = FilledText),
    (status = 404, description = "There is no such chat.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn preview_text(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Json(body): Json<TextToPreview>,
) -> Answer<JsonBody<FilledText>> {
    let purpose = match body.purpose {
        TextPurpose::QuickReply => Purpose::Reply,
        TextPurpose::Automatic => Purpose::Automatic,
    };
    let filled = quick_replies::preview(&server.app, &caller, body.body, (purpose, body.chat_id)).await?;
    Ok(JsonBody(filled))
}
