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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Png,
    Svg,
    Text,
}

impl Form {
    /// The most wanted of the types that are accepted which we have, the first of equals; JSON when none is named.
    fn of(headers: &HeaderMap) -> Self {
        let accepted = headers
            .get(ACCEPT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let mut best = (0.0, Self::Json);
        for part in accepted.split(',') {
            let mut words = part.split(';').map(|word| word.trim().to_ascii_lowercase());
            let form = match words.next().as_deref() {
                Some("image/png" | "image/*") => Self::Png,
                Some("image/svg+xml") => Self::Svg,
                Some("text/plain") => Self::Text,
                Some("application/json") => Self::Json,
                _ => continue,
            };
            let weight = words.find_map(|word| word.strip_prefix("q=").map(|weight| weight.parse().unwrap_or(0.0)));
            let weight: f32 = weight.unwrap_or(1.0);
            if weight > best.0 {
                best = (weight, form);
            }
        }
        best.1
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_most_wanted_form_is_given() {
        for (accepted, form) in [
            ("", Form::Json),
            ("*/*", Form::Json),
            ("image/png;q=0.5, image/svg+xml", Form::Svg),
            ("image/png, image/svg+xml", Form::Png),
            ("image/png;q=0, text/plain;q=0.1", Form::Text),
            ("IMAGE/SVG+XML; Q=0.9, application/json;q=0.8", Form::Svg),
            ("text/html, image/*;q=0.2", Form::Png),
            ("image/png;q=x", Form::Json),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accepted));
            assert_eq!(Form::of(&headers), form, "{accepted}");
        }
        assert_eq!(Form::of(&HeaderMap::new()), Form::Json);
    }
}
