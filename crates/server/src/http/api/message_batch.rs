//! Sending several messages with one request.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::messaging;
use pesan_model::Flaw;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::messages::{AcceptedMessage, NewMessageBody};
use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Create, part};
use crate::http::problem::{Answer, Problem};

/// The most messages of one request.
const MAX_MESSAGES: usize = 100;

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(send_messages))
}

/// Messages to send.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMessages {
    /// 1 to 100, each as for `POST /v1/messages`. Those of one chat are sent in this order.
    // Each is read by itself, so that a wrong one keeps no other from being sent.
    #[schema(value_type = Vec<NewMessageBody>, min_items = 1, max_items = 100)]
    messages: Vec<Value>,
}

/// What became of each message.
#[derive(Serialize, ToSchema)]
struct SentMessages {
    /// In the order of the request.
    results: Vec<SentMessage>,
}

/// What became of a message: it is there, or the reason why it is not.
#[derive(Serialize, ToSchema)]
struct SentMessage {
    /// What `POST /v1/messages` would have answered with: 202 when the message is queued.
    status: u16,
    /// The message, queued.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Box<AcceptedMessage>>,
    /// Why it was not queued. Pointers begin at this message.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

/// Sends several messages, each for itself: a wrong one keeps no other from being queued. What is answered with 202 is stored
/// and will be sent in its turn. After one that can pass when it is tried later (429, or 500 and above) the rest is not tried
/// and has the same problem, so that the order stays.
#[utoipa::path(post, path = "/v1/messages/batch", tag = "messages", operation_id = "sendMessages",
    request_body = NewMessages,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to repeat: with the same key and the \
        same request, messages that were queued are answered as they are now, and only the others are tried.")), responses(
    (status = 200, description = "What became of each message.", body = SentMessages),
    (status = 422, description = "There are none or too many messages, or the key came with another request; nothing was queued.", body = Problem, content_type = "application/problem+json"),
))]
async fn send_messages(
    State(server): State<Shared>,
    Auth(caller): Auth,
    request: Create<NewMessages>,
) -> Answer<JsonBody<SentMessages>> {
    let messages = request.body.messages;
    if messages.is_empty() {
        return Err(Problem::field("/messages", Flaw::Empty));
    }
    if messages.len() > MAX_MESSAGES {
        return Err(Problem::field("/messages", Flaw::TooManyEntries { max: MAX_MESSAGES }));
    }
    messaging::begin_batch(&server.app, &caller, request.idempotency.as_ref()).await?;
    let mut results = Vec::with_capacity(messages.len());
    let mut stopped: Option<Problem> = None;
    for (index, message) in messages.iter().enumerate() {
        let outcome = match &stopped {
            Some(problem) => Err(problem.clone()),
            None => {
                let key = request.idempotency.as_ref().map(|key| key.part(index));
                match part::<NewMessageBody>(message).and_then(NewMessageBody::into_new) {
                    Ok(new) => messaging::send(&server.app, &caller, new, key)
                        .await
                        .map_err(Problem::from),
                    Err(problem) => Err(problem),
                }
            }
        };
        results.push(match outcome {
            Ok(sent) => SentMessage {
                status: StatusCode::ACCEPTED.as_u16(),
                message: Some(Box::new(sent.into())),
                problem: None,
            },
            Err(problem) => {
                if problem.passes() {
                    stopped = Some(problem.clone());
                }
                SentMessage {
                    status: problem.status(),
                    message: None,
                    problem: Some(problem),
                }
            }
        });
    }
    Ok(JsonBody(SentMessages { results }))
}
