//! Chats and their messages.

use std::time::Duration;

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::access::{Caller, Principal};
use pesan_app::inbox::{self, Assignee, Filter, ThreadPart};
use pesan_model::chat::{Activity, Chat};
use pesan_model::donor::Segment;
use pesan_model::inbox::ChatCounters;
use pesan_model::message::Message;
use pesan_model::{AccountId, ChatId, ChatStatus, Flaw, MessageId, TagId, TeamId, Timestamp};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Json, NoBody, Path, Query};
use crate::http::page::{self, Page, PageQuery, Place};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_chats))
        .routes(routes!(count_chats))
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
    /// Only of this status.
    status: Option<ChatStatus>,
    /// Only those that somebody looks after: `me`, `none` for nobody, or the id of a person.
    #[param(value_type = Option<String>)]
    assignee: Option<AskedAssignee>,
    /// Only of this team.
    team_id: Option<TeamId>,
    /// Only with this tag.
    tag_id: Option<TagId>,
    /// Only with unread messages.
    unread: Option<bool>,
    /// Only with a star.
    starred: Option<bool>,
    /// Only those in which somebody waits for an answer for so many minutes or longer, 0 to 525600.
    #[param(minimum = 0, maximum = 525_600)]
    waiting: Option<u32>,
    /// Only those about whose person, or in a group about which, a reminder is due that is not done.
    reminder_due: Option<bool>,
    /// Only with people of this segment, as it was found out within the last minutes. Needs `donations:read`.
    segment: Option<Segment>,
    /// Most items, 1 to 200; 50 when it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Who looks after a chat, as a query names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AskedAssignee {
    Me,
    Is(Assignee),
}

impl<'de> Deserialize<'de> for AskedAssignee {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "me" => Ok(Self::Me),
            "none" => Ok(Self::Is(Assignee::Nobody)),
            id => id
                .parse()
                .map(|id| Self::Is(Assignee::User(id)))
                .map_err(|_| D::Error::custom(Flaw::NotAnAssignee)),
        }
    }
}

/// Most minutes that a query may ask for: a year.
const MAX_WAITING: u32 = 525_600;

/// What a query asks for.
fn filter(query: &ChatQuery, caller: &Caller, now: Timestamp) -> Answer<Filter> {
    let assignee = match query.assignee {
        None => None,
        Some(AskedAssignee::Is(assignee)) => Some(assignee),
        Some(AskedAssignee::Me) => match caller.principal {
            Principal::User(id) => Some(Assignee::User(id)),
            Principal::Key(_) | Principal::System => {
                return Err(Problem::field("#query/assignee", Flaw::OnlyForPeople));
            }
        },
    };
    if query.waiting.is_some_and(|minutes| minutes > MAX_WAITING) {
        let max = u64::from(MAX_WAITING);
        return Err(Problem::field("#query/waiting", Flaw::OutOfRange { min: 0, max }));
    }
    let waited = |minutes: u32| now.minus(Duration::from_mins(u64::from(minutes)));
    Ok(Filter {
        account_id: query.account_id,
        status: query.status,
        assignee,
        team_id: query.team_id,
        tag_id: query.tag_id,
        unread_only: query.unread.unwrap_or_default(),
        starred_only: query.starred.unwrap_or_default(),
        waiting_since: query.waiting.map(waited),
        reminder_due_only: query.reminder_due.unwrap_or_default(),
        segment: query.segment,
    })
}

/// What the other side shall see.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewActivity {
    activity: Activity,
}

/// Lists the chats, the one with the newest message first.
#[utoipa::path(get, path = "/v1/chats", tag = "chats", operation_id = "listChats", params(ChatQuery),
    responses(
    (status = 200, description = "A page of chats.", body = Page<Chat>),
    (status = 404, description = "There is no such account.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn list_chats(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<ChatQuery>,
) -> Answer<JsonBody<Page<Chat>>> {
    let filter = filter(&query, &caller, server.app.clock.now())?;
    let page = PageQuery::new(query.limit, query.after);
    let before = page.after::<Place<ChatId>>()?.map(|Place(at, id)| (at, id));
    let found = inbox::chats(&server.app, &caller, filter, before, page.fetch()?).await?;
    Ok(JsonBody(page.page(found, |chat| {
        Place(chat.last_message_at, chat.id).to_string()
    })?))
}

/// Counts the chats, in all, of each account and of each person. `mine` are those of the person who asks.
#[utoipa::path(get, path = "/v1/chats/counters", tag = "chats", operation_id = "countChats",
    responses((status = 200, description = "How many there are.", body = ChatCounters)))]
async fn count_chats(State(server): State<Shared>, Auth(caller): Auth) -> Answer<JsonBody<ChatCounters>> {
    Ok(JsonBody(inbox::counters(&server.app, &caller).await?))
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

/// Which part of a thread.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ThreadQuery {
    /// The part around this message, instead of the newest.
    around: Option<MessageId>,
    /// `previous` of a page: the newer part beside it.
    before: Option<String>,
    /// Most items, 1 to 200; 50 when it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of a page: the older part beside it.
    after: Option<String>,
}

/// A part of a thread, newest first.
#[derive(Serialize, ToSchema)]
struct ThreadPage {
    /// The messages.
    data: Vec<Message>,
    /// Send it as `after` for the older part; null at the beginning of the thread.
    #[schema(required = true)]
    next: Option<String>,
    /// Send it as `before` for the newer part; null at the end of the thread, and on a page that was asked for with
    /// `after`.
    #[schema(required = true)]
    previous: Option<String>,
}

fn place_of((message, at): &(Message, Timestamp)) -> String {
    Place(*at, message.id).to_string()
}

impl ThreadPage {
    fn of(part: ThreadPart) -> Self {
        let next = part.messages.last().filter(|_| part.is_older).map(place_of);
        let previous = part.messages.first().filter(|_| part.is_newer).map(place_of);
        Self {
            data: part.messages.into_iter().map(|(message, _)| message).collect(),
            next,
            previous,
        }
    }
}

/// Lists the messages of a chat, newest first; or those around one of them.
#[utoipa::path(get, path = "/v1/chats/{id}/messages", tag = "chats", operation_id = "listChatMessages",
    params(("id" = ChatId, Path), ThreadQuery), responses(
    (status = 200, description = "A page of messages.", body = ThreadPage),
    (status = 404, description = "There is no such chat.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The chat has no such message, or a parameter is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn list_chat_messages(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ChatId>,
    Query(query): Query<ThreadQuery>,
) -> Answer<JsonBody<ThreadPage>> {
    for (is_given, name, other) in [
        (query.around.is_some() && query.after.is_some(), "around", "after"),
        (query.around.is_some() && query.before.is_some(), "around", "before"),
        (query.before.is_some() && query.after.is_some(), "before", "after"),
    ] {
        if is_given {
            return Err(Problem::field(format!("#query/{name}"), Flaw::NotTogether { other }));
        }
    }
    let limit = page::limit(query.limit)?;
    if let Some(around) = query.around {
        let part = inbox::messages_around(&server.app, &caller, id, around, limit).await?;
        return Ok(JsonBody(ThreadPage::of(part)));
    }
    if let Some(before) = query.before {
        let flaw = |()| Problem::field("#query/before", Flaw::NotAPage);
        let Place(at, message) = before.parse::<Place<MessageId>>().map_err(flaw)?;
        let part = inbox::messages_after(&server.app, &caller, id, (at, message), limit).await?;
        return Ok(JsonBody(ThreadPage::of(part)));
    }
    let older = PageQuery::new(query.limit, query.after);
    let before = older.after::<Place<MessageId>>()?.map(|Place(at, id)| (at, id));
    let mut messages = inbox::messages(&server.app, &caller, id, before, limit + 1).await?;
    let is_older = messages.len() > limit;
    messages.truncate(limit);
    Ok(JsonBody(ThreadPage::of(ThreadPart {
        messages,
        is_newer: false,
        is_older,
    })))
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
    _: NoBody,
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
