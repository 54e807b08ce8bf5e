//! What people gave.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::donations::{self, DonationChange};
use pesan_model::currency::CurrencyInfo;
use pesan_model::donation::{Donation, DonationMethod, DonationStatus};
use pesan_model::patch::{given, present};
use pesan_model::{ContactId, Currency, Day, DonationId, MediaId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::Made;
use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Create, Json, Path, Query, REPEATABLE};
use crate::http::page::{Page, PageQuery, Place};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_donations, record_donation))
        .routes(routes!(get_donation, correct_donation, delete_donation))
        .routes(routes!(list_currencies))
}

/// Which donations.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DonationQuery {
    /// Only of this person.
    contact_id: Option<ContactId>,
    /// Only those given on this day or later.
    from: Option<Day>,
    /// Only those given on this day or earlier.
    to: Option<Day>,
    /// Most items, 1 to 200; 50 when it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A donation to write down.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewDonation {
    /// Who gave it.
    contact_id: ContactId,
    /// How much, in the currency's smallest unit (ISO 4217): 125000000 is Rp 1.250.000.
    #[schema(example = 125_000_000)]
    amount: i64,
    /// In which currency; the organization's when it is left out.
    currency: Option<Currency>,
    /// How it came; `other` when it is left out.
    method: Option<DonationMethod>,
    /// On which day, where the organization is; today when it is left out.
    given_on: Option<Day>,
    /// What for.
    fund: Option<String>,
    /// Whether it counts; `confirmed` when it is left out.
    status: Option<DonationStatus>,
    /// Something about it.
    note: Option<String>,
    /// The receipt: a file that was uploaded.
    media_id: Option<MediaId>,
}

/// What is corrected; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out, null and a value are three things")]
struct CorrectedDonation {
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    amount: Option<i64>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    currency: Option<Currency>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    method: Option<DonationMethod>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    given_on: Option<Day>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    fund: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    status: Option<DonationStatus>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    note: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<MediaId>)]
    media_id: Option<Option<MediaId>>,
}

/// Lists the donations, newest first.
#[utoipa::path(get, path = "/v1/donations", tag = "donations", operation_id = "listDonations", params(DonationQuery),
    responses(
    (status = 200, description = "A page of donations.", body = Page<Donation>),
    (status = 404, description = "There is no such person.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A parameter is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn list_donations(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<DonationQuery>,
) -> Answer<JsonBody<Page<Donation>>> {
    let filter = donations::Filter {
        contact_id: query.contact_id,
        from: query.from,
        to: query.to,
    };
    let page = PageQuery::new(query.limit, query.after);
    let before = page.after::<Place<Uuid>>()?.map(|Place(at, id)| (at, id));
    let found = donations::list(&server.app, &caller, filter, before, page.fetch()?).await?;
    let page = page.page(found, |(donation, at)| Place(*at, donation.id.uuid()).to_string())?;
    Ok(JsonBody(page.map(|(donation, _)| donation)))
}

/// Writes a donation down.
#[utoipa::path(post, path = "/v1/donations", tag = "donations", operation_id = "recordDonation",
    request_body = NewDonation,
    params(("Idempotency-Key" = Option<String>, Header, description = REPEATABLE)), responses(
    (status = 201, description = "The donation.", body = Donation),
    (status = 404, description = "There is no such person.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn record_donation(
    State(server): State<Shared>,
    Auth(caller): Auth,
    request: Create<NewDonation>,
) -> Answer<Made<Donation>> {
    let body = request.body;
    let new = donations::NewDonation {
        contact_id: body.contact_id,
        amount: body.amount,
        currency: body.currency,
        method: body.method.unwrap_or(DonationMethod::Other),
        given_on: body.given_on,
        fund: body.fund,
        status: body.status.unwrap_or(DonationStatus::Confirmed),
        note: body.note,
        media_id: body.media_id,
    };
    let (donation, is_replayed) = donations::record(&server.app, &caller, new, request.idempotency).await?;
    Ok(Made {
        status: StatusCode::CREATED,
        location: format!("/v1/donations/{}", donation.id),
        is_replayed,
        body: donation,
    })
}

/// Shows a donation.
#[utoipa::path(get, path = "/v1/donations/{id}", tag = "donations", operation_id = "getDonation",
    params(("id" = DonationId, Path)), responses(
    (status = 200, description = "The donation.", body = Donation),
    (status = 404, description = "There is no such donation.", body = Problem,
        content_type = "application/problem+json"),
))]
async fn get_donation(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<DonationId>,
) -> Answer<JsonBody<Donation>> {
    Ok(JsonBody(donations::get(&server.app, &caller, id).await?))
}

/// Corrects a donation.
#[utoipa::path(patch, path = "/v1/donations/{id}", tag = "donations", operation_id = "correctDonation",
    request_body = CorrectedDonation, params(("id" = DonationId, Path)), responses(
    (status = 200, description = "The donation as it is now.", body = Donation),
    (status = 404, description = "There is no such donation.", body = Problem,
        content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn correct_donation(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<DonationId>,
    Json(body): Json<CorrectedDonation>,
) -> Answer<JsonBody<Donation>> {
    let change = DonationChange {
        amount: body.amount,
        currency: body.currency,
        method: body.method,
        given_on: body.given_on,
        fund: body.fund,
        status: body.status,
        note: body.note,
        media_id: body.media_id,
    };
    Ok(JsonBody(donations::correct(&server.app, &caller, id, change).await?))
}

/// Deletes a donation: it counts no more. The audit log keeps who did it.
#[utoipa::path(delete, path = "/v1/donations/{id}", tag = "donations", operation_id = "deleteDonation",
    params(("id" = DonationId, Path)), responses(
    (status = 204, description = "Deleted."),
    (status = 404, description = "There is no such donation.", body = Problem,
        content_type = "application/problem+json"),
))]
async fn delete_donation(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<DonationId>,
) -> Answer<StatusCode> {
    donations::delete(&server.app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the currencies, and how many decimals their amounts have. They come as one page.
#[utoipa::path(get, path = "/v1/currencies", tag = "donations", operation_id = "listCurrencies",
    responses((status = 200, description = "All currencies of ISO 4217.", body = Page<CurrencyInfo>)))]
async fn list_currencies(Auth(caller): Auth) -> Answer<JsonBody<Page<CurrencyInfo>>> {
    caller.require(pesan_model::Permission::DonationsRead)?;
    let all = Currency::all().into_iter().map(Currency::info).collect();
    Ok(JsonBody(Page::whole(all)))
}
