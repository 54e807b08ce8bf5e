//! The event log, live (server-sent events).

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt as _};
use pesan_app::events::{self, Live};
use pesan_model::Flaw;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::Query;
use crate::http::problem::{Answer, Problem, chain};

/// A silent connection looks dead to what stands between.
const HEARTBEAT: Duration = Duration::from_secs(15);

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(stream_events))
}

/// From where on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StreamQuery {
    /// Begins with the events after this place; with what happens from now on when it is left out.
    after: Option<i64>,
}

/// Tells events as they happen. Each has its place in the log as `id`; a browser that comes back sends it as
/// `Last-Event-ID`, and nothing is missed. The stream ends when its key is revoked, its log-in ends, or the rights of
/// either change.
#[utoipa::path(get, path = "/v1/stream", tag = "events", operation_id = "streamEvents",
    params(StreamQuery, ("Last-Event-ID" = Option<i64>, Header, description = "Wins over `after`.")), responses(
    (status = 200, description = "`event` is the type, `data` a logged event. Five are not in the log: \
        `ready` (`{seq}`) comes first when no place was asked for and says where the stream begins; `resync` (`{seq}`) \
        comes first when the place asked for is older than what is kept, or was never reached: the stream goes on \
        after `seq`, and what happened before must be read anew; `account.qr` (`{account_id}`) hints at a new QR code; `chat.presence` \
        (`{chat_id, user_id, name, state}`) says what a colleague does in a chat, and holds for half a minute; `settings.changed` \
        (`{what}`) says that somebody changed something that colleagues share, which is to be read anew.", body = String, content_type = "text/event-stream"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn stream_events(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<StreamQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let last_id = headers
        .get("last-event-id")
        .map(|value| value.to_str().unwrap_or_default().parse::<i64>())
        .transpose()
        .map_err(|_| Problem::field("#header/Last-Event-ID", Flaw::NotAnEventOfThisStream))?;
    let live = events::subscribe(server.app.clone(), caller, last_id.or(query.after)).await?;
    let mut response = Sse::new(told(live))
        .keep_alive(KeepAlive::new().interval(HEARTBEAT))
        .into_response();
    // Some proxies hold answers back until they are complete.
    response.headers_mut().insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    Ok(response)
}

/// As events of the protocol. Ends at the first error: whoever watches comes back and goes on where it was.
fn told(
    live: impl Stream<Item = pesan_app::Result<Live>> + Send + 'static,
) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    live.scan((), |(), live| {
        let event = match live {
            Ok(Live::Event(event)) => Some(
                Event::default()
                    .id(event.logged.seq.to_string())
                    .event(event.logged.event.name())
                    .data(&event.json),
            ),
            Ok(Live::Ready(seq)) => Some(place("ready", seq)),
            Ok(Live::Resync(seq)) => Some(place("resync", seq)),
            Ok(Live::Qr(account_id)) => Some(
                Event::default()
                    .event("account.qr")
                    .data(json!({"account_id": account_id}).to_string()),
            ),
            Ok(Live::Settings(change)) => Event::default().event("settings.changed").json_data(change).ok(),
            Ok(Live::Presence(presence)) => Event::default().event("chat.presence").json_data(&*presence).ok(),
            Err(error) => {
                tracing::warn!(error = %chain(&error), "a live stream ended");
                None
            }
        };
        std::future::ready(event.map(Ok))
    })
}

/// A place in the log without an event; whoever comes back begins there.
fn place(name: &'static str, seq: i64) -> Event {
    Event::default()
        .id(seq.to_string())
        .event(name)
        .data(json!({"seq": seq}).to_string())
}
