//! Linking an account by somebody far away.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use pesan_app::access::remote_links::{self, Seen, Visitor};
use pesan_model::remote_link::{RemoteLink, RemoteLinkState};
use pesan_model::{AccountId, RemoteLinkId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Made;
use crate::http::Shared;
use crate::http::auth::{Auth, ClientIp};
use crate::http::extract::{Create, Json, Path, REPEATABLE};
use crate::http::page::Page;
use crate::http::problem::{Answer, Problem};
use crate::http::qr::Picture;

/// The cookie of the browser that opened a link.
const COOKIE_NAME: &str = "pesan_remote_link";

pub(crate) fn open_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(look_at_remote_link))
        .routes(routes!(renew_remote_link))
}

pub(crate) fn closed_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_remote_links, create_remote_link))
        .routes(routes!(revoke_remote_link))
}

/// Nothing needs to be said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRemoteLink {}

/// A link that was just made.
#[derive(Serialize, ToSchema)]
struct CreatedRemoteLink {
    #[serde(flatten)]
    link: RemoteLink,
    /// The link. It is shown this once; a repeated request does not show it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// What is behind the `#` of the link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RemoteLinkToken {
    token: String,
}

/// What whoever has the link sees.
#[derive(Serialize, ToSchema)]
struct RemoteLinkView {
    /// The name of the account.
    account_name: String,
    /// Where linking stands.
    state: RemoteLinkState,
    /// The QR code that waits for a phone, as a data URL.
    #[schema(required = true)]
    png: Option<String>,
    /// The code is void from then on; ask again.
    #[schema(required = true)]
    qr_expires_at: Option<Timestamp>,
    /// The link works until then.
    expires_at: Timestamp,
}

/// Lists the links of an account that work: one at most.
#[utoipa::path(get, path = "/v1/accounts/{id}/remote-links", tag = "accounts", operation_id = "listRemoteLinks",
    params(("id" = AccountId, Path)), responses(
    (status = 200, description = "The links.", body = Page<RemoteLink>),
    (status = 404, description = "There is no such account.", body = Problem, content_type = "application/problem+json"),
))]
async fn list_remote_links(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<AccountId>,
) -> Answer<JsonBody<Page<RemoteLink>>> {
    let found = remote_links::list(&server.app, &caller, id).await?;
    Ok(JsonBody(Page::whole(found)))
}

/// Makes a link by which somebody far away links the account: for ten minutes, the first browser that opens it shows the
/// QR code without a log-in. It ends when the account is linked. An earlier link of the account no longer works.
#[utoipa::path(post, path = "/v1/accounts/{id}/remote-links", tag = "accounts", operation_id = "createRemoteLink",
    request_body = NewRemoteLink, params(("id" = AccountId, Path),
    ("Idempotency-Key" = Option<String>, Header, description = REPEATABLE)), responses(
    (status = 201, description = "The link. Without `url` when this repeats an earlier request.", body = CreatedRemoteLink),
    (status = 404, description = "There is no such account.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The account is linked already, or cannot be linked now (`nothing_to_scan`).", body = Problem, content_type = "application/problem+json"),
))]
async fn create_remote_link(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<AccountId>,
    request: Create<NewRemoteLink>,
) -> Answer<Made<CreatedRemoteLink>> {
    let NewRemoteLink {} = request.body;
    let created = remote_links::create(&server.app, &caller, id, request.idempotency).await?;
    Ok(Made {
        status: StatusCode::CREATED,
        location: format!("/v1/remote-links/{}", created.link.id),
        is_replayed: created.url.is_none(),
        body: CreatedRemoteLink {
            link: created.link,
            url: created.url,
        },
    })
}

/// Takes a link back: it no longer works, whoever has it open.
#[utoipa::path(delete, path = "/v1/remote-links/{id}", tag = "accounts", operation_id = "revokeRemoteLink",
    params(("id" = RemoteLinkId, Path)), responses(
    (status = 204, description = "Taken back."),
    (status = 404, description = "There is no such link, or it works no more.", body = Problem, content_type = "application/problem+json"),
))]
async fn revoke_remote_link(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<RemoteLinkId>,
) -> Answer<StatusCode> {
    remote_links::revoke(&server.app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows what is behind a link: the account's name, where linking stands, and the QR code. The first browser that asks gets
/// a cookie, and no other one is answered from then on.
#[utoipa::path(post, path = "/v1/remote-links/look", tag = "setup", operation_id = "lookAtRemoteLink", security(()),
    request_body = RemoteLinkToken, responses(
    (status = 200, description = "What is to be seen.", body = RemoteLinkView),
    (status = 404, description = "There never was such a link.", body = Problem, content_type = "application/problem+json"),
    (status = 410, description = "It was used, taken back, opened elsewhere, or has run out (`remote_link_void`).", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too often.", body = Problem, content_type = "application/problem+json"),
))]
async fn look_at_remote_link(
    State(server): State<Shared>,
    ClientIp(ip): ClientIp,
    headers: HeaderMap,
    Json(body): Json<RemoteLinkToken>,
) -> Answer<Response> {
    let browser = browser(&headers);
    let visitor = Visitor {
        token: &body.token,
        browser: browser.as_deref(),
        ip,
    };
    let seen = remote_links::look(&server.app, visitor).await?;
    shown(&server, seen)
}

/// Asks for a new QR code after the last one ran out. Only the browser that opened the link may.
#[utoipa::path(post, path = "/v1/remote-links/renew", tag = "setup", operation_id = "renewRemoteLink", security(()),
    request_body = RemoteLinkToken, responses(
    (status = 200, description = "What is to be seen.", body = RemoteLinkView),
    (status = 404, description = "There never was such a link.", body = Problem, content_type = "application/problem+json"),
    (status = 410, description = "It was used, taken back, opened elsewhere, or has run out (`remote_link_void`).", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too often.", body = Problem, content_type = "application/problem+json"),
))]
async fn renew_remote_link(
    State(server): State<Shared>,
    ClientIp(ip): ClientIp,
    headers: HeaderMap,
    Json(body): Json<RemoteLinkToken>,
) -> Answer<Response> {
    let browser = browser(&headers);
    let visitor = Visitor {
        token: &body.token,
        browser: browser.as_deref(),
        ip,
    };
    let seen = remote_links::renew(&server.app, visitor).await?;
    shown(&server, seen)
}

fn browser(headers: &HeaderMap) -> Option<String> {
    let cookies = CookieJar::from_headers(headers);
    cookies.get(COOKIE_NAME).map(|cookie| cookie.value().to_owned())
}

fn shown(server: &Shared, seen: Seen) -> Answer<Response> {
    let png = match &seen.qr {
        Some(qr) => Some(Picture::of(&qr.code).ok_or_else(Problem::internal)?.data_url()),
        None => None,
    };
    let view = RemoteLinkView {
        account_name: seen.account_name,
        state: seen.state,
        png,
        qr_expires_at: seen.qr.map(|qr| qr.expires_at),
        expires_at: seen.expires_at,
    };
    let Some(browser) = seen.browser else {
        return Ok(JsonBody(view).into_response());
    };
    let secure = if server.settings.is_https() { "; Secure" } else { "" };
    let secs = seen.expires_at.since(server.app.clock.now()).as_secs();
    // Sent to these two addresses only, and never along with what another site asks.
    let cookie =
        format!("{COOKIE_NAME}={browser}; Path=/v1/remote-links; HttpOnly; SameSite=Strict; Max-Age={secs}{secure}");
    Ok(([(SET_COOKIE, cookie)], JsonBody(view)).into_response())
}
