//! The HTTP server: the native API under `/v1`, the web app, the API reference, health and figures.
//!
//! Handlers translate between HTTP and the use cases of `app` and decide nothing. To add an endpoint: a handler with its
//! `#[utoipa::path]` in `api/<noun>.rs`, its line in [`audited`] when it changes something, and `make openapi`.

mod api;
pub mod audited;
mod auth;
pub mod connections;
mod docs;
mod extract;
mod figures;
mod health;
mod layers;
mod page;
pub(crate) mod problem;
pub(crate) mod qr;
#[cfg(feature = "sandbox")]
pub mod sandbox;
mod ui;
mod unread;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::PrometheusHandle;
use pesan_app::App;
use pesan_model::inbox::{ChatPresence, SettingsChanged, SettingsPart};
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{PartialSchema as _, ToSchema as _};
use utoipa_axum::router::OpenApiRouter;

use problem::Problem;

/// What handlers need.
pub struct Server {
    /// The application.
    pub app: Arc<App>,
    /// Figures for `/metrics`.
    pub metrics: PrometheusHandle,
    /// What was decided at start.
    pub settings: HttpSettings,
}

/// What was decided at start about HTTP.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Where people reach this server, without a slash at the end.
    pub public_url: String,
    /// Whether the last entry of `X-Forwarded-For` was written by a proxy of our own.
    pub trust_forwarded_for: bool,
    /// Whether accounts connect to a simulated network.
    pub is_sandbox: bool,
}

impl HttpSettings {
    /// Whether people reach this server over https, so that cookies never travel otherwise.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// The state of all handlers.
pub(crate) type Shared = Arc<Server>;

/// Everything the server answers.
pub fn router(server: Server) -> Router {
    router_with(server, |_| Router::new())
}

/// The same with what stands beside the API.
fn router_with(server: Server, beside: impl FnOnce(&Shared) -> Router<Shared>) -> Router {
    let server = Arc::new(server);
    let (api, _) = api_router(Some(&server)).split_for_parts();
    let router = api
        .merge(docs::routes())
        .merge(beside(&server))
        .fallback(ui::serve)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(server.clone());
    layers::around(router, &server)
}

/// The description of the API. The same text is committed as `openapi.json`.
pub fn openapi() -> OpenApi {
    let mut document = api_router(None).into_openapi();
    document.info = utoipa::openapi::InfoBuilder::new()
        .title("Pesan")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "WhatsApp messaging on your own server. Programs send `Authorization: Bearer <API key>`; browsers use a \
             session cookie. Errors are problems (RFC 9457) with a stable `code`. Lists are pages: send `next` as \
             `after`. `Idempotency-Key` makes creates safe to repeat: a repeat does nothing and answers with what the \
             first one made, as it is now; only the text of an API key is not shown again.",
        ))
        .license(Some(
            utoipa::openapi::LicenseBuilder::new()
                .name("MIT")
                .identifier(Some("MIT"))
                .build(),
        ))
        .build();
    document.servers = None;
    document.tags = Some(TAGS.map(tag).into());
    let components = document.components.get_or_insert_default();
    // Told by live streams only: no request and no answer names it.
    components
        .schemas
        .insert(ChatPresence::name().into_owned(), ChatPresence::schema());
    components
        .schemas
        .insert(SettingsChanged::name().into_owned(), SettingsChanged::schema());
    components.schemas.insert(
        <SettingsPart as utoipa::ToSchema>::name().into_owned(),
        SettingsPart::schema(),
    );
    components.add_security_scheme(
        "key",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some("An API key, `psk_…`."))
                .build(),
        ),
    );
    components.add_security_scheme(
        "browser",
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(auth::COOKIE_NAME))),
    );
    components
        .responses
        .insert("Problem".to_owned(), anything_wrong().into());
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.patch,
            &mut item.delete,
        ];
        for operation in operations.into_iter().flatten() {
            let problem = utoipa::openapi::Ref::from_response_name("Problem");
            operation
                .responses
                .responses
                .insert("default".to_owned(), problem.into());
        }
    }
    document.security = Some(vec![
        utoipa::openapi::SecurityRequirement::new::<_, [String; 0], String>("key", []),
        utoipa::openapi::SecurityRequirement::new::<_, [String; 0], String>("browser", []),
    ]);
    document
}

/// What every operation can answer besides what it says of itself.
fn anything_wrong() -> utoipa::openapi::Response {
    utoipa::openapi::ResponseBuilder::new()
        .description(
            "What went wrong. 400: the body cannot be read. 401: no key or session that is known. 403: it may not do \
             this. 404: there is no such thing. 408: it took too long. 413: too large. 415: a body of another type than \
             is read here. 422: a field is wrong, and `errors` says which. 429: too much at once, `Retry-After` says \
             until when. 500: a fault of the server. 503: it cannot do this right now.",
        )
        .content(
            "application/problem+json",
            utoipa::openapi::ContentBuilder::new()
                .schema(Some(utoipa::openapi::Ref::from_schema_name("Problem")))
                .build(),
        )
        .build()
}

/// The nouns of the API in the order in which somebody new meets them.
const TAGS: [(&str, &str); 20] = [
    ("accounts", "WhatsApp numbers: link them, see how they are."),
    ("messages", "Send, and see what became of it."),
    ("chats", "Threads and what was said in them."),
    ("search", "Finding chats, people and messages."),
    (
        "inbox",
        "How a team shares its chats: tags, teams, and who looks after what.",
    ),
    ("contacts", "People."),
    ("notes", "What colleagues write for each other about people and groups."),
    ("reminders", "What to be reminded of, and when."),
    ("donations", "What people gave, and what that says of them."),
    ("statistics", "What was counted day by day."),
    ("media", "Files."),
    ("webhooks", "Addresses of yours that are told what happens."),
    ("events", "What happened, to be read or followed live."),
    ("session", "Logging in and out in a browser."),
    ("organization", "What your organization decided about itself."),
    ("users", "The people who work here."),
    ("keys", "API keys for programs."),
    ("audit", "Who changed what."),
    ("setup", "The first start."),
    ("health", "Whether all is well."),
];

fn tag((name, description): (&str, &str)) -> utoipa::openapi::Tag {
    utoipa::openapi::tag::TagBuilder::new()
        .name(name)
        .description(Some(description))
        .build()
}

/// The text that is committed as `openapi.json`.
pub fn openapi_text() -> String {
    let mut text = openapi().to_pretty_json().expect("the description is plain data");
    text.push('\n');
    text
}

/// The routes with their descriptions. Without a server only the descriptions are meant.
fn api_router(server: Option<&Shared>) -> OpenApiRouter<Shared> {
    let open = OpenApiRouter::new().merge(api::open());
    let mut closed = api::closed();
    if let Some(server) = server {
        closed = closed.route_layer(from_fn_with_state(server.clone(), auth::require_caller));
    }
    let versioned = open.merge(closed).route_layer(from_fn(auth::refuse_other_sites));
    versioned.merge(health::routes()).merge(figures::routes())
}

async fn method_not_allowed() -> Response {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This address does not take this method.",
    )
    .into_response()
}
