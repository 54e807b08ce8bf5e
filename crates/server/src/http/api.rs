//! The native API, a file for each noun.

mod account_qr;
mod accounts;
mod audit;
mod chat_state;
mod chats;
mod contact_export;
mod contact_merges;
mod contacts;
mod custom_fields;
mod deliveries;
mod donations;
mod donors;
mod events;
mod invitations;
mod keys;
mod log_in;
mod me;
mod media;
mod message_batch;
mod messages;
mod notes;
mod organization;
mod quarantine;
mod quick_replies;
mod reminders;
mod remote_links;
mod search;
mod setup;
mod statistics;
mod stream;
mod tags;
mod teams;
mod users;
mod webhooks;

use axum::http::header::LOCATION;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;

use super::Shared;

/// What everybody may ask.
pub(crate) fn open() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(setup::routes())
        .merge(invitations::open_routes())
        .merge(remote_links::open_routes())
        .merge(log_in::open_routes())
}

/// What only known callers may ask.
pub(crate) fn closed() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(log_in::closed_routes())
        .merge(me::routes())
        .merge(keys::routes())
        .merge(users::routes())
        .merge(invitations::closed_routes())
        .merge(organization::routes())
        .merge(audit::routes())
        .merge(accounts::routes())
        .merge(account_qr::routes())
        .merge(remote_links::closed_routes())
        .merge(quarantine::routes())
        .merge(messages::routes())
        .merge(message_batch::routes())
        .merge(chats::routes())
        .merge(chat_state::routes())
        .merge(search::routes())
        .merge(tags::routes())
        .merge(teams::routes())
        .merge(quick_replies::routes())
        .merge(contacts::routes())
        .merge(contact_export::routes())
        .merge(contact_merges::routes())
        .merge(custom_fields::routes())
        .merge(notes::routes())
        .merge(reminders::routes())
        .merge(donations::routes())
        .merge(donors::routes())
        .merge(statistics::routes())
        .merge(media::routes())
        .merge(events::routes())
        .merge(stream::routes())
        .merge(webhooks::routes())
        .merge(deliveries::routes())
}

/// Says that an earlier request did it.
pub(super) const REPLAYED: &str = "idempotency-replayed";

/// The answer to a create: 201 (or 202 for what is queued), where the thing is, and whether an earlier request made it.
pub(crate) struct Made<T> {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) is_replayed: bool,
    pub(crate) body: T,
}

impl<T: Serialize> IntoResponse for Made<T> {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(self.body)).into_response();
        if let Ok(location) = HeaderValue::from_str(&self.location) {
            response.headers_mut().insert(LOCATION, location);
        }
        if self.is_replayed {
            response
                .headers_mut()
                .insert(HeaderName::from_static(REPLAYED), HeaderValue::from_static("true"));
        }
        response
    }
}
