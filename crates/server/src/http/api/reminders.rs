//! What to be reminded of, and when.

use std::str::FromStr;

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::Principal;
use pesan_app::reminders::{self, Filter, ReminderChange};
use pesan_model::patch::given;
use pesan_model::reminder::{Reminder, ReminderStatus};
use pesan_model::{ChatId, ContactId, Flaw, ReminderId, Timestamp, UserId, Zone};
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Made;
use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Create, Json, Path, Query, REPEATABLE};
use crate::http::page::{Page, PageQuery, Place};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_reminders, create_reminder))
        .routes(routes!(get_reminder, update_reminder))
}

/// Which reminders.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ReminderQuery {
    /// Whose: `me`, or the id of a user. Everybody's when it is left out.
    #[param(value_type = Option<String>)]
    owner: Option<Owner>,
    /// Whether they are still to be done; `open` when it is left out.
    status: Option<ReminderStatus>,
    /// Only those whose time has come.
    due: Option<bool>,
    /// Only about this person.
    contact_id: Option<ContactId>,
    /// Only about this chat.
    chat_id: Option<ChatId>,
    /// Most items, 1 to 200; 50 when it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Somebody, by name or by who asks.
enum Owner {
    Me,
    User(UserId),
}

impl FromStr for Owner {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "me" {
            return Ok(Self::Me);
        }
        text.parse()
            .map(Self::User)
            .map_err(|_| "must be me, or the id of a user")
    }
}

impl<'de> Deserialize<'de> for Owner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A reminder to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewReminder {
    /// Who is reminded; the one who asks when it is left out.
    owner_id: Option<UserId>,
    /// About which person.
    contact_id: Option<ContactId>,
    /// About which chat, and the person it is with.
    chat_id: Option<ChatId>,
    /// Of what: at most 500 characters.
    text: String,
    /// When.
    due_at: Timestamp,
    /// Where the one lives who chose the time, so that it can be written as they meant it. As the one who asks set it, or
    /// else where the organization is, when it is left out.
    #[schema(value_type = Option<String>, example = "Asia/Jakarta")]
    time_zone: Option<Zone>,
}

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedReminder {
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    owner_id: Option<UserId>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    text: Option<String>,
    /// A later time puts it off: it reminds again then.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    due_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false, example = "Asia/Jakarta")]
    time_zone: Option<Zone>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    status: Option<ReminderStatus>,
}

/// Lists reminders, the one that is due first before the others.
#[utoipa::path(get, path = "/v1/reminders", tag = "reminders", operation_id = "listReminders", params(ReminderQuery),
    responses((status = 200, description = "A page of reminders.", body = Page<Reminder>)))]
async fn list_reminders(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<ReminderQuery>,
) -> Answer<JsonBody<Page<Reminder>>> {
    let page = PageQuery::new(query.limit, query.after);
    let owner_id = match (query.owner, caller.principal) {
        (None, _) => None,
        (Some(Owner::User(id)), _) | (Some(Owner::Me), Principal::User(id)) => Some(id),
        (Some(Owner::Me), Principal::Key(_) | Principal::System) => {
            return Err(Problem::field("#query/owner", Flaw::OnlyForPeople));
        }
    };
    let filter = Filter {
        owner_id,
        contact_id: query.contact_id,
        chat_id: query.chat_id,
        due_by: query.due.unwrap_or_default().then(|| server.app.clock.now()),
    };
    let wanted = (query.status.unwrap_or(ReminderStatus::Open), filter);
    let after = page.after::<Place<ReminderId>>()?.map(|Place(at, id)| (at, id));
    let found = reminders::list(&server.app, &caller, wanted, after, page.fetch()?).await?;
    Ok(JsonBody(page.page(found, |reminder| {
        Place(reminder.due_at, reminder.id).to_string()
    })?))
}

/// Makes a reminder.
#[utoipa::path(post, path = "/v1/reminders", tag = "reminders", operation_id = "createReminder",
    request_body = NewReminder,
    params(("Idempotency-Key" = Option<String>, Header, description = REPEATABLE)), responses(
    (status = 201, description = "The reminder.", body = Reminder),
    (status = 404, description = "There is no such person or chat.", body = Problem,
        content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn create_reminder(
    State(server): State<Shared>,
    Auth(caller): Auth,
    request: Create<NewReminder>,
) -> Answer<Made<Reminder>> {
    let new = reminders::NewReminder {
        owner_id: request.body.owner_id,
        contact_id: request.body.contact_id,
        chat_id: request.body.chat_id,
        text: request.body.text,
        due_at: request.body.due_at,
        time_zone: request.body.time_zone,
    };
    let (reminder, is_replayed) = reminders::create(&server.app, &caller, new, request.idempotency).await?;
    Ok(Made {
        status: StatusCode::CREATED,
        location: format!("/v1/reminders/{}", reminder.id),
        is_replayed,
        body: reminder,
    })
}

/// Shows a reminder.
#[utoipa::path(get, path = "/v1/reminders/{id}", tag = "reminders", operation_id = "getReminder",
    params(("id" = ReminderId, Path)), responses(
    (status = 200, description = "The reminder.", body = Reminder),
    (status = 404, description = "There is no such reminder.", body = Problem,
        content_type = "application/problem+json"),
))]
async fn get_reminder(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ReminderId>,
) -> Answer<JsonBody<Reminder>> {
    Ok(JsonBody(reminders::get(&server.app, &caller, id).await?))
}

/// Changes a reminder: puts it off, gives it to somebody else, or says that it is done.
#[utoipa::path(patch, path = "/v1/reminders/{id}", tag = "reminders", operation_id = "updateReminder",
    request_body = ChangedReminder, params(("id" = ReminderId, Path)), responses(
    (status = 200, description = "The reminder as it is now.", body = Reminder),
    (status = 404, description = "There is no such reminder.", body = Problem,
        content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn update_reminder(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ReminderId>,
    Json(body): Json<ChangedReminder>,
) -> Answer<JsonBody<Reminder>> {
    let change = ReminderChange {
        owner_id: body.owner_id,
        text: body.text,
        due_at: body.due_at,
        time_zone: body.time_zone,
        status: body.status,
    };
    Ok(JsonBody(reminders::update(&server.app, &caller, id, change).await?))
}
