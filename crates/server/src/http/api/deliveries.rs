//! What was sent to a webhook, and how it went.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::webhooks::{self, Part};
use pesan_model::webhook::{Attempt, Delivery, DeliveryState};
use pesan_model::{DeliveryId, WebhookId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{NoBody, Path, Query};
use crate::http::page::{Page, PageQuery};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_deliveries))
        .routes(routes!(get_delivery))
        .routes(routes!(redeliver))
}

/// Which deliveries.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DeliveryQuery {
    /// Only in this state.
    state: Option<DeliveryState>,
    /// Most items, 1 to 200; 50 when it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A delivery and every try of it.
#[derive(Serialize, ToSchema)]
struct DeliveryWithAttempts {
    #[serde(flatten)]
    delivery: Delivery,
    /// First to last. Their number is `attempts`.
    tries: Vec<Attempt>,
}

/// Lists what was sent to a webhook, newest first.
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries", tag = "webhooks", operation_id = "listDeliveries",
    params(("id" = WebhookId, Path), DeliveryQuery), responses(
    (status = 200, description = "A page of deliveries.", body = Page<Delivery>),
    (status = 404, description = "There is no such webhook.", body = Problem, content_type = "application/problem+json"),
))]
async fn list_deliveries(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<WebhookId>,
    Query(query): Query<DeliveryQuery>,
) -> Answer<JsonBody<Page<Delivery>>> {
    let page = PageQuery::new(query.limit, query.after);
    let part = Part {
        state: query.state,
        before: page.after()?,
        limit: page.fetch()?,
    };
    let found = webhooks::list_deliveries(&server.app, &caller, id, part).await?;
    Ok(JsonBody(page.page(found, |delivery| delivery.id.to_string())?))
}

/// Shows a delivery and every try of it.
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries/{dlv}", tag = "webhooks", operation_id = "getDelivery",
    params(("id" = WebhookId, Path), ("dlv" = DeliveryId, Path)), responses(
    (status = 200, description = "The delivery.", body = DeliveryWithAttempts),
    (status = 404, description = "There is no such delivery.", body = Problem, content_type = "application/problem+json"),
))]
async fn get_delivery(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path((id, dlv)): Path<(WebhookId, DeliveryId)>,
) -> Answer<JsonBody<DeliveryWithAttempts>> {
    let found = webhooks::get_delivery(&server.app, &caller, id, dlv).await?;
    Ok(JsonBody(DeliveryWithAttempts {
        delivery: found.delivery,
        tries: found.attempts,
    }))
}

/// Sends a delivery again, whatever became of it.
#[utoipa::path(post, path = "/v1/webhooks/{id}/deliveries/{dlv}/redeliver", tag = "webhooks",
    operation_id = "redeliver", params(("id" = WebhookId, Path), ("dlv" = DeliveryId, Path)), responses(
    (status = 202, description = "It will be sent."),
    (status = 404, description = "There is no such delivery.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The webhook is switched off.", body = Problem, content_type = "application/problem+json"),
))]
async fn redeliver(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path((id, dlv)): Path<(WebhookId, DeliveryId)>,
    _: NoBody,
) -> Answer<StatusCode> {
    webhooks::redeliver(&server.app, &caller, id, dlv).await?;
    Ok(StatusCode::ACCEPTED)
}
