//! Webhooks: endpoints of other programs that are told about events.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::webhooks::{self, Changes, From as ReplayFrom, NewWebhook};
use pesan_model::patch::given;
use pesan_model::webhook::{Envelope, Webhook};
use pesan_model::{AccountId, Flaw, Timestamp, WebhookId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Made;
use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Create, Json, NoBody, Path, REPEATABLE};
use crate::http::page::Page;
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_webhooks, create_webhook))
        .routes(routes!(get_webhook, update_webhook, delete_webhook))
        .routes(routes!(rotate_secret))
        .routes(routes!(test_webhook))
        .routes(routes!(replay_webhook))
}

/// A new webhook.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewWebhookBody {
    /// Where it is.
    url: String,
    /// What it is told: names of events, `message.*` or `*`.
    events: Vec<String>,
    /// The shape of what is sent; `native` when it is left out.
    envelope: Option<Envelope>,
    /// Only events of these accounts; all when it is left out or empty.
    #[serde(default)]
    accounts: Vec<AccountId>,
}

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedWebhook {
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    url: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    events: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    accounts: Option<Vec<AccountId>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    envelope: Option<Envelope>,
    /// Switches it on or off.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    enabled: Option<bool>,
}

/// A webhook that was just made.
#[derive(Serialize, ToSchema)]
struct CreatedWebhook {
    #[serde(flatten)]
    webhook: Webhook,
    /// What its messages are signed with. It is shown once; a repeated request does not show it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret: Option<String>,
}

/// A new secret. The old one stays valid beside it for a day.
#[derive(Serialize, ToSchema)]
struct NewSecret {
    secret: String,
}

/// From where to send again: one of the two.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Replay {
    /// With the event after this place in the log.
    after_seq: Option<i64>,
    /// With the first event at or after this time.
    since: Option<Timestamp>,
}

/// What a replay did.
#[derive(Serialize, ToSchema)]
struct Replayed {
    /// Deliveries that were added.
    deliveries: usize,
    /// The place of the first event that was looked at.
    first_seq: i64,
    /// True when events before `first_seq` were asked for and are not kept any more: what happened then must be read in
    /// another way.
    has_gap: bool,
    /// The place it came to.
    last_seq: i64,
    /// False when there is more: ask again with `after_seq` = `last_seq`.
    is_complete: bool,
}

/// Lists the webhooks. There are at most fifty, so that they are one page.
#[utoipa::path(get, path = "/v1/webhooks", tag = "webhooks", operation_id = "listWebhooks",
    responses((status = 200, description = "The webhooks.", body = Page<Webhook>)))]
async fn list_webhooks(State(server): State<Shared>, Auth(caller): Auth) -> Answer<JsonBody<Page<Webhook>>> {
    Ok(JsonBody(Page::whole(webhooks::list(&server.app, &caller).await?)))
}

/// Makes a webhook. Its secret is in this answer and nowhere else: a repeated request answers with the same `id` but without
/// `secret`.
#[utoipa::path(post, path = "/v1/webhooks", tag = "webhooks", operation_id = "createWebhook",
    request_body = NewWebhookBody,
    params(("Idempotency-Key" = Option<String>, Header, description = REPEATABLE)), responses(
    (status = 201, description = "The webhook. Without `secret` when this repeats an earlier request.", body = CreatedWebhook),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn create_webhook(
    State(server): State<Shared>,
    Auth(caller): Auth,
    request: Create<NewWebhookBody>,
) -> Answer<Made<CreatedWebhook>> {
    let new = NewWebhook {
        url: request.body.url,
        events: request.body.events,
        accounts: request.body.accounts,
        envelope: request.body.envelope.unwrap_or(Envelope::Native),
    };
    let created = webhooks::create(&server.app, &caller, new, request.idempotency).await?;
    Ok(Made {
        status: StatusCode::CREATED,
        location: format!("/v1/webhooks/{}", created.webhook.id),
        is_replayed: created.secret.is_none(),
        body: CreatedWebhook {
            webhook: created.webhook,
            secret: created.secret,
        },
    })
}

/// Shows a webhook.
#[utoipa::path(get, path = "/v1/webhooks/{id}", tag = "webhooks", operation_id = "getWebhook",
    params(("id" = WebhookId, Path)), responses(
    (status = 200, description = "The webhook.", body = Webhook),
    (status = 404, description = "There is no such webhook.", body = Problem, content_type = "application/problem+json"),
))]
async fn get_webhook(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<WebhookId>,
) -> Answer<JsonBody<Webhook>> {
    Ok(JsonBody(webhooks::get(&server.app, &caller, id).await?))
}

/// Changes a webhook. Switched off, what waits for it is cancelled; a replay brings it back.
#[utoipa::path(patch, path = "/v1/webhooks/{id}", tag = "webhooks", operation_id = "updateWebhook",
    request_body = ChangedWebhook, params(("id" = WebhookId, Path)), responses(
    (status = 200, description = "The webhook as it is now.", body = Webhook),
    (status = 404, description = "There is no such webhook.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn update_webhook(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<WebhookId>,
    Json(body): Json<ChangedWebhook>,
) -> Answer<JsonBody<Webhook>> {
    let changes = Changes {
        url: body.url,
        events: body.events,
        accounts: body.accounts,
        envelope: body.envelope,
        enabled: body.enabled,
    };
    Ok(JsonBody(webhooks::update(&server.app, &caller, id, changes).await?))
}

/// Deletes a webhook with its deliveries.
#[utoipa::path(delete, path = "/v1/webhooks/{id}", tag = "webhooks", operation_id = "deleteWebhook",
    params(("id" = WebhookId, Path)), responses(
    (status = 204, description = "Deleted."),
    (status = 404, description = "There is no such webhook.", body = Problem, content_type = "application/problem+json"),
))]
async fn delete_webhook(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<WebhookId>,
) -> Answer<StatusCode> {
    webhooks::delete(&server.app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a new secret. For a day messages are signed with both.
#[utoipa::path(post, path = "/v1/webhooks/{id}/rotate-secret", tag = "webhooks", operation_id = "rotateWebhookSecret",
    params(("id" = WebhookId, Path)), responses(
    (status = 200, description = "The new secret.", body = NewSecret),
    (status = 404, description = "There is no such webhook.", body = Problem, content_type = "application/problem+json"),
))]
async fn rotate_secret(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<WebhookId>,
    _: NoBody,
) -> Answer<JsonBody<NewSecret>> {
    let secret = webhooks::rotate_secret(&server.app, &caller, id).await?;
    Ok(JsonBody(NewSecret { secret }))
}

/// Sends a test event to this webhook.
#[utoipa::path(post, path = "/v1/webhooks/{id}/test", tag = "webhooks", operation_id = "testWebhook",
    params(("id" = WebhookId, Path)), responses(
    (status = 202, description = "It will be sent."),
    (status = 404, description = "There is no such webhook.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "It is switched off.", body = Problem, content_type = "application/problem+json"),
))]
async fn test_webhook(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<WebhookId>,
    _: NoBody,
) -> Answer<StatusCode> {
    webhooks::test(&server.app, &caller, id).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Sends what the log has from a point on again, under the ids the events had. Where the log does not go back so far, the
/// answer says so.
#[utoipa::path(post, path = "/v1/webhooks/{id}/replay", tag = "webhooks", operation_id = "replayWebhook",
    request_body = Replay, params(("id" = WebhookId, Path)), responses(
    (status = 202, description = "What will be sent.", body = Replayed),
    (status = 404, description = "There is no such webhook.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "It is switched off.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn replay_webhook(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<WebhookId>,
    Json(body): Json<Replay>,
) -> Answer<(StatusCode, JsonBody<Replayed>)> {
    let from = match (body.after_seq, body.since) {
        (Some(seq), None) => ReplayFrom::AfterSeq(seq),
        (None, Some(since)) => ReplayFrom::Since(since),
        (None, None) => return Err(Problem::field("/after_seq", Flaw::RequiredWithout { other: "since" })),
        (Some(_), Some(_)) => return Err(Problem::field("/since", Flaw::NotTogether { other: "after_seq" })),
    };
    let done = webhooks::replay(&server.app, &caller, id, from).await?;
    let replayed = Replayed {
        deliveries: done.deliveries,
        first_seq: done.first_seq,
        has_gap: done.has_gap,
        last_seq: done.last_seq,
        is_complete: done.is_complete,
    };
    Ok((StatusCode::ACCEPTED, JsonBody(replayed)))
}
