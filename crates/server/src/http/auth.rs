//! Who asks: API keys and browser sessions, and that a browser asks for its own page.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, HOST, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use futures::FutureExt as _;
use pesan_app::access::audit;
use pesan_app::access::authenticate::{Credentials, authenticate};
use pesan_app::{Caller, Error, events};
use tokio::sync::oneshot;
use tracing::Instrument as _;

use super::api::REPLAYED;
use super::audited::{Audited, audited, settings_part};
use super::problem::{Answer, Problem, chain};
use super::{Server, Shared};

/// The cookie that holds a browser's session token.
pub(crate) const COOKIE_NAME: &str = "pesan_session";

/// The caller of a route behind [`require_caller`].
pub(crate) struct Auth(pub(crate) Caller);

/// From which network address a request comes, as far as that is known.
pub(crate) struct ClientIp(pub(crate) Option<String>);

impl<S: Sync> FromRequestParts<S> for Auth {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Absent only on a route that is not behind `require_caller`; then nobody is let in.
        parts
            .extensions
            .get::<Caller>()
            .cloned()
            .map(Self)
            .ok_or_else(|| Error::Unauthenticated.into())
    }
}

impl FromRequestParts<Shared> for ClientIp {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Problem> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
        Ok(Self(client_ip(state, &parts.headers, peer)))
    }
}

/// Lets only known callers through, and writes their changes to the audit log.
pub(crate) async fn require_caller(State(server): State<Shared>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let headers = request.headers().clone();
    let caller = match identify(&server, &headers, peer).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned())
        .unwrap_or_default();
    let action = match audited(request.method(), &route) {
        Some(Audited::Here(action)) => Some(action),
        Some(Audited::ByUseCase) => None,
        // What changes nothing that is written down can be given up in the middle.
        Some(Audited::Never) | None => {
            request.extensions_mut().insert(caller);
            return next.run(request).await;
        }
    };
    let (target, part) = (last_id(request.uri().path()), settings_part(&route));
    request.extensions_mut().insert(caller.clone());
    let owned = server.clone();
    let change = async move {
        let response = next.run(request).await;
        if let Some(action) = action.filter(|_| is_made(&response)) {
            note(&owned, &caller, action, made_by(&response).or(target)).await;
        }
        if let Some(what) = part.filter(|_| is_made(&response)) {
            events::settings_changed(&owned.app, caller.organization_id, what);
        }
        response
    };
    to_the_end(&server, change).await
}

/// Whether the change was made, and now.
fn is_made(response: &Response) -> bool {
    response.status().is_success() && !response.headers().contains_key(REPLAYED)
}

/// What was made, if something was.
fn made_by(response: &Response) -> Option<String> {
    last_id(response.headers().get(LOCATION)?.to_str().ok()?)
}

/// Writes a change to the audit log.
async fn note(server: &Arc<Server>, caller: &Caller, action: &'static str, target: Option<String>) {
    // The change is made; failing the request would tell the caller otherwise.
    if let Err(error) = audit::record(&server.app, caller, action, target).await {
        tracing::error!(action, error = %chain(&error), "a change is missing in the audit log");
    }
}

/// Runs a change to its end although whoever asked for it hangs up: half of it would be done, or all of it with no entry in
/// the audit log.
async fn to_the_end(server: &Arc<Server>, change: impl Future<Output = Response> + Send + 'static) -> Response {
    let (sender, receiver) = oneshot::channel();
    server.app.lifecycle.spawn("change", async move {
        let result = AssertUnwindSafe(change.in_current_span()).catch_unwind().await;
        // Whoever asked may be gone; the change is made all the same.
        let _ = sender.send(result);
    });
    match receiver.await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        Err(_) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "shutting_down",
            "The server is being stopped; it may or may not have made the change.",
        )
        .into_response(),
    }
}

/// Refuses what another site makes a browser do. Keys are not sent by browsers on their own, so they are exempt.
pub(crate) async fn refuse_other_sites(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if request.method().is_safe() || headers.contains_key(AUTHORIZATION) || is_own_site(headers) {
        return next.run(request).await;
    }
    Problem::new(
        StatusCode::FORBIDDEN,
        "cross_site",
        "Browsers may ask this only from Pesan's own pages.",
    )
    .into_response()
}

/// As browsers tell it. Programs that are not browsers send neither header.
fn is_own_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (text(ORIGIN.as_str()), text(HOST.as_str())) {
        (None, _) => true,
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, authority)| authority == host),
        (Some(_), None) => false,
    }
}

async fn identify(server: &Server, headers: &HeaderMap, peer: Option<SocketAddr>) -> Answer<Caller> {
    let ip = client_ip(server, headers, peer);
    if let Some(header) = headers.get(AUTHORIZATION) {
        let key = header
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, key)| key.trim())
            .ok_or(Error::Unauthenticated)?;
        return Ok(authenticate(&server.app, Credentials::Key(key), ip).await?);
    }
    let token = session_token(headers).ok_or(Error::Unauthenticated)?;
    Ok(authenticate(&server.app, Credentials::Session(&token), ip).await?)
}

/// The last part of a path that is an id of ours.
fn last_id(path: &str) -> Option<String> {
    path.rsplit('/')
        .find(|part| part.split_once('_').is_some_and(|(_, id)| id.len() == 26))
        .map(str::to_owned)
}

fn client_ip(server: &Server, headers: &HeaderMap, peer: Option<SocketAddr>) -> Option<String> {
    if server.settings.trust_forwarded_for {
        // The last entry is the one that our own proxy wrote.
        let forwarded = headers
            .get("x-forwarded-for")
            .and_then(|value| value.to_str().ok()?.rsplit(',').next())
            .and_then(|ip| ip.trim().parse::<std::net::IpAddr>().ok());
        if let Some(ip) = forwarded {
            return Some(ip.to_string());
        }
    }
    peer.map(|peer| peer.ip().to_string())
}

/// The session token that a browser sent.
pub(crate) fn session_token(headers: &HeaderMap) -> Option<String> {
    let cookies = CookieJar::from_headers(headers);
    cookies.get(COOKIE_NAME).map(|cookie| cookie.value().to_owned())
}

/// The header that gives a browser its session token.
pub(crate) fn session_cookie(server: &Server, token: &str) -> [(HeaderName, String); 1] {
    // Browsers forget it when the server does.
    cookie(server, token, server.app.settings.limits.session_idle.as_secs())
}

/// The header that takes it back.
pub(crate) fn spent_cookie(server: &Server) -> [(HeaderName, String); 1] {
    cookie(server, "", 0)
}

fn cookie(server: &Server, token: &str, secs: u64) -> [(HeaderName, String); 1] {
    let secure = if server.settings.is_https() { "; Secure" } else { "" };
    let value = format!("{COOKIE_NAME}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={secs}{secure}");
    [(SET_COOKIE, value)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_site_may_change_things() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().expect("a header value"));
            }
            headers
        };
        assert!(is_own_site(&headers(&[])));
        assert!(is_own_site(&headers(&[("sec-fetch-site", "same-origin")])));
        assert!(is_own_site(&headers(&[("origin", "http://a:1"), ("host", "a:1")])));
        assert!(!is_own_site(&headers(&[("sec-fetch-site", "cross-site")])));
        assert!(!is_own_site(&headers(&[("sec-fetch-site", "same-site")])));
        assert!(!is_own_site(&headers(&[("origin", "http://a:2"), ("host", "a:1")])));
        assert!(!is_own_site(&headers(&[("origin", "null"), ("host", "a:1")])));
        assert!(!is_own_site(&headers(&[("origin", "http://a")])));
    }

    #[test]
    fn the_target_is_the_last_id_of_the_path() {
        let id = "acc_01jd00000000000000000000aa";
        assert_eq!(last_id(&format!("/v1/accounts/{id}/connect")).as_deref(), Some(id));
        assert_eq!(last_id("/v1/accounts"), None);
    }
}
