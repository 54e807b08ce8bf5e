//! What was counted day by day.

use axum::Json as JsonBody;
use axum::extract::State;
use pesan_app::statistics::{self, Period};
use pesan_model::statistics::Statistics;
use pesan_model::{AccountId, Day};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::Query;
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(get_statistics))
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
