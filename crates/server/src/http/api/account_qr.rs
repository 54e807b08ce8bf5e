//! The QR code of an account, in the form that was asked for.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use pesan_app::accounts;
use pesan_model::{AccountId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::Path;
use crate::http::problem::{Answer, Problem};
use crate::http::qr::Picture;

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(get_qr))
}

/// A QR code that links the account to the phone that scans it.
#[derive(Serialize, ToSchema)]
struct Qr {
    /// What it says.
    code: String,
    /// The picture, as a data URL.
    png: String,
    /// It is void from then on; ask again.
    expires_at: Timestamp,
}

/// How the code is wanted.
enum Form {
    Json,
    Png,
    Svg,
    Text,
}

impl Form {
    /// The first of the types that are accepted which we have; JSON when none is named.
    fn of(headers: &HeaderMap) -> Self {
        let accepted = headers
            .get(ACCEPT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        accepted
            .split(',')
            .find_map(|part| match part.split(';').next()?.trim() {
                "image/png" | "image/*" => Some(Self::Png),
                "image/svg+xml" => Some(Self::Svg),
                "text/plain" => Some(Self::Text),
                "application/json" => Some(Self::Json),
                _ => None,
            })
            .unwrap_or(Self::Json)
    }
}

/// Shows the QR code that waits for a phone: as JSON with a picture, as PNG, SVG, or text for a terminal.
#[utoipa::path(get, path = "/v1/accounts/{id}/qr", tag = "accounts", operation_id = "getAccountQr",
    params(("id" = AccountId, Path)), responses(
    (status = 200, description = "The code.", content(
        (Qr = "application/json"), (Vec<u8> = "image/png"), (String = "image/svg+xml"), (String = "text/plain"))),
    (status = 404, description = "There is no such account.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The account shows no code now (`no_qr`).", body = Problem, content_type = "application/problem+json"),
))]
async fn get_qr(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<AccountId>,
    headers: HeaderMap,
) -> Answer<Response> {
    let qr = match accounts::qr(&server.app, &caller, id).await {
        Ok(qr) => qr,
        Err(error) => {
            let problem = Problem::from(error);
            if !problem.has_code("no_qr") {
                return Err(problem);
            }
            let account = accounts::get(&server.app, &caller, id).await?;
            return Err(problem.about(&account));
        }
    };
    let picture = Picture::of(&qr.code).ok_or_else(Problem::internal)?;
    let vary = [(VARY, "accept")];
    Ok(match Form::of(&headers) {
        Form::Png => (vary, [(CONTENT_TYPE, "image/png")], picture.png()).into_response(),
        Form::Svg => (vary, [(CONTENT_TYPE, "image/svg+xml")], picture.svg()).into_response(),
        Form::Text => (vary, [(CONTENT_TYPE, "text/plain; charset=utf-8")], picture.text()).into_response(),
        Form::Json => (
            vary,
            JsonBody(Qr {
                png: picture.data_url(),
                code: qr.code,
                expires_at: qr.expires_at,
            }),
        )
            .into_response(),
    })
}
