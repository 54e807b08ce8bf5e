//! What was counted day by day.

use std::fmt;
use std::str::FromStr;

use axum::Json as JsonBody;
use axum::extract::State;
use pesan_app::statistics::{self, Period};
use pesan_model::chat::Contact;
use pesan_model::message::Message;
use pesan_model::statistics::Statistics;
use pesan_model::{AccountId, ContactId, Day, MessageId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::Query;
use crate::http::page::{Page, PageQuery};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(get_statistics))
        .routes(routes!(list_failed_messages))
        .routes(routes!(list_new_contacts))
}

/// Which days, and of whom.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct StatisticsQuery {
    /// The first day; so that there are 30 days when it is left out.
    from: Option<Day>,
    /// How many days, 1 to 366, in place of the first one.
    #[param(minimum = 1, maximum = 366)]
    days: Option<u32>,
    /// The last day, at most 366 days with the first one; today when it is left out.
    to: Option<Day>,
    /// Only this account.
    account_id: Option<AccountId>,
}

/// Which days, of whom, and which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct FailedQuery {
    /// The first day; so that there are 30 days when it is left out.
    from: Option<Day>,
    /// How many days, 1 to 366, in place of the first one.
    #[param(minimum = 1, maximum = 366)]
    days: Option<u32>,
    /// The last day, at most 366 days with the first one; today when it is left out.
    to: Option<Day>,
    /// Only this account.
    account_id: Option<AccountId>,
    /// Most items, 1 to 200; 50 when it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Which days, and which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct MetQuery {
    /// The first day; so that there are 30 days when it is left out.
    from: Option<Day>,
    /// How many days, 1 to 366, in place of the first one.
    #[param(minimum = 1, maximum = 366)]
    days: Option<u32>,
    /// The last day, at most 366 days with the first one; today when it is left out.
    to: Option<Day>,
    /// Most items, 1 to 200; 50 when it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Where a page begins, as text: a day, and an id.
struct Behind<I>(Day, I);

impl<I: fmt::Display> fmt::Display for Behind<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl<I: FromStr> FromStr for Behind<I> {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (day, id) = text.split_once('.').ok_or(())?;
        Ok(Self(day.parse().map_err(|_| ())?, id.parse().map_err(|_| ())?))
    }
}

/// Shows what was counted from a day to another one: messages and what became of them, how long people waited for an
/// answer, active chats, new contacts and donations; each day, each account, and all together. Days are those of the
/// organization's time zone.
#[utoipa::path(get, path = "/v1/statistics", tag = "statistics", operation_id = "getStatistics", params(StatisticsQuery),
    responses(
    (status = 200, description = "The counts.", body = Statistics),
    (status = 404, description = "There is no such account.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A parameter is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn get_statistics(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<StatisticsQuery>,
) -> Answer<JsonBody<Statistics>> {
    let period = Period {
        from: query.from,
        days: query.days,
        to: query.to,
        account_id: query.account_id,
    };
    Ok(JsonBody(statistics::get(&server.app, &caller, period).await?))
}

/// Lists the messages behind `failed` of the counts: those that were given up, the newest day first, without what was
/// deleted here since.
#[utoipa::path(get, path = "/v1/statistics/failed-messages", tag = "statistics", operation_id = "listFailedMessages",
    params(FailedQuery), responses(
    (status = 200, description = "A page of messages.", body = Page<Message>),
    (status = 404, description = "There is no such account.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A parameter is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn list_failed_messages(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<FailedQuery>,
) -> Answer<JsonBody<Page<Message>>> {
    let period = Period {
        from: query.from,
        days: query.days,
        to: query.to,
        account_id: query.account_id,
    };
    let page = PageQuery::new(query.limit, query.after);
    let before = page.after::<Behind<MessageId>>()?.map(|Behind(day, id)| (day, id));
    let found = statistics::list_failed(&server.app, &caller, period, before, page.fetch()?).await?;
    let page = page.page(found, |(_, (day, id))| Behind(*day, *id).to_string())?;
    Ok(JsonBody(page.map(|(message, _)| message)))
}

/// Lists the people behind `new_contacts` of the counts: those we met, the newest day first, without whoever was joined
/// with somebody else since.
#[utoipa::path(get, path = "/v1/statistics/new-contacts", tag = "statistics", operation_id = "listNewContacts",
    params(MetQuery), responses(
    (status = 200, description = "A page of people.", body = Page<Contact>),
    (status = 422, description = "A parameter is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn list_new_contacts(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<MetQuery>,
) -> Answer<JsonBody<Page<Contact>>> {
    let period = Period {
        from: query.from,
        days: query.days,
        to: query.to,
        account_id: None,
    };
    let page = PageQuery::new(query.limit, query.after);
    let before = page.after::<Behind<ContactId>>()?.map(|Behind(day, id)| (day, id));
    let found = statistics::list_met(&server.app, &caller, period, before, page.fetch()?).await?;
    let page = page.page(found, |(_, (day, id))| Behind(*day, *id).to_string())?;
    Ok(JsonBody(page.map(|(contact, _)| contact)))
}
