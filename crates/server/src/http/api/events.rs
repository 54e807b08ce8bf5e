//! The event log.

use axum::Json as JsonBody;
use axum::extract::State;
use pesan_app::events;
use pesan_model::Flaw;
use pesan_model::event::LoggedEvent;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::Query;
use crate::http::page;
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list_events))
}

/// Which events.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct EventQuery {
    /// Those after this place; from the beginning when it is left out.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// Most events, 1 to 200; 50 when it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// Events in the order they happened.
#[derive(Serialize, ToSchema)]
struct EventPage {
    data: Vec<LoggedEvent>,
    /// Send it as `after` for what comes next.
    next_after: i64,
    /// True when there was something after that place which is not kept any longer, or when the log never reached that
    /// place: what happened before `data` is to be read anew.
    has_gap: bool,
}

/// Lists events in the order they happened.
#[utoipa::path(get, path = "/v1/events", tag = "events", operation_id = "listEvents", params(EventQuery),
    responses(
    (status = 200, description = "The events after that place.", body = EventPage),
    (status = 422, description = "A parameter is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn list_events(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<EventQuery>,
) -> Answer<JsonBody<EventPage>> {
    let after = query.after.unwrap_or_default();
    if after < 0 {
        let flaw = Flaw::NotAWholeNumber {
            min: Some(0),
            max: None,
        };
        return Err(Problem::field("#query/after", flaw));
    }
    let page = events::list_after(&server.app, &caller, after, page::limit(query.limit)?).await?;
    Ok(JsonBody(EventPage {
        data: page.events,
        next_after: page.next_after,
        has_gap: page.has_gap,
    }))
}
