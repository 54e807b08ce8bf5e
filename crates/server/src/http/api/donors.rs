//! What donations say of the people who gave them.

use axum::Json as JsonBody;
use axum::extract::State;
use pesan_app::donations::donors;
use pesan_app::donations::rules::{self, RulesChange};
use pesan_model::donor::{Donor, DonorRules};
use pesan_model::patch::{given, present};
use pesan_model::{ContactId, Currency, Zone};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Json, Path};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(get_donor))
        .routes(routes!(get_donor_rules, update_donor_rules))
}

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out, null and a value are three things")]
struct ChangedDonorRules {
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    currency: Option<Currency>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false, example = "Asia/Jakarta")]
    time_zone: Option<Zone>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    vip_top_percent: Option<u32>,
    /// In the currency's smallest unit; null for no such rule.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    vip_lifetime_value: Option<Option<i64>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    loyal_gifts: Option<u32>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    loyal_years: Option<u32>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    new_days: Option<u32>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    at_risk_days: Option<u32>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    lapsed_days: Option<u32>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    long_lapsed_days: Option<u32>,
}

/// Shows a person as a donor: what they gave, their segment and scores, and why.
#[utoipa::path(get, path = "/v1/contacts/{id}/donor", tag = "donations", operation_id = "getDonor",
    params(("id" = ContactId, Path)), responses(
    (status = 200, description = "The donor.", body = Donor),
    (status = 404, description = "There is no such person.", body = Problem, content_type = "application/problem+json"),
))]
async fn get_donor(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ContactId>,
) -> Answer<JsonBody<Donor>> {
    Ok(JsonBody(donors::get(&server.app, &caller, id).await?))
}

/// Shows what segments go by.
#[utoipa::path(get, path = "/v1/donor-rules", tag = "donations", operation_id = "getDonorRules",
    responses((status = 200, description = "The rules.", body = DonorRules)))]
async fn get_donor_rules(State(server): State<Shared>, Auth(caller): Auth) -> Answer<JsonBody<DonorRules>> {
    Ok(JsonBody(rules::get(&server.app, &caller).await?))
}

/// Changes what segments go by. Everybody's segment follows at once.
#[utoipa::path(patch, path = "/v1/donor-rules", tag = "donations", operation_id = "updateDonorRules",
    request_body = ChangedDonorRules, responses(
    (status = 200, description = "The rules as they are now.", body = DonorRules),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn update_donor_rules(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Json(body): Json<ChangedDonorRules>,
) -> Answer<JsonBody<DonorRules>> {
    let change = RulesChange {
        currency: body.currency,
        time_zone: body.time_zone,
        vip_top_percent: body.vip_top_percent,
        vip_lifetime_value: body.vip_lifetime_value,
        loyal_gifts: body.loyal_gifts,
        loyal_years: body.loyal_years,
        new_days: body.new_days,
        at_risk_days: body.at_risk_days,
        lapsed_days: body.lapsed_days,
        long_lapsed_days: body.long_lapsed_days,
    };
    Ok(JsonBody(rules::update(&server.app, &caller, change).await?))
}
