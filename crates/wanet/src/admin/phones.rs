//! Phones over HTTP: adding them, scanning, writing, reading, and what else people do with them.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Hubs;
use super::problem::Problem;
use super::request::{Body, Path, Query, Raw, Text};
use crate::accounts::{LinkedDevice, NewPhone, PhoneInfo};
use crate::error::Error;
use crate::ids::Address;
use crate::inbox::{Happening, InboxMessage};
use crate::network::typing_state;
use crate::phone::content::PhoneMessage;

/// Add a phone, or change one.
#[utoipa::path(post, path = "/admin/phones", request_body = NewPhone, responses((status = 201, body = PhoneInfo)))]
pub(super) async fn add_phone(
    State(hub): Hubs,
    Body(new): Body<NewPhone>,
) -> Result<(StatusCode, Json<PhoneInfo>), Problem> {
    Ok((StatusCode::CREATED, Json(hub.add_phone(&new)?)))
}

/// All phones.
#[utoipa::path(get, path = "/admin/phones", responses((status = 200, body = [PhoneInfo])))]
pub(super) async fn list_phones(State(hub): Hubs) -> Json<Vec<PhoneInfo>> {
    Json(hub.phones_info())
}

/// One phone.
#[utoipa::path(get, path = "/admin/phones/{phone}", params(("phone" = String, Path)),
    responses((status = 200, body = PhoneInfo), (status = 404, body = Problem)))]
pub(super) async fn get_phone(State(hub): Hubs, Path(phone): Path<String>) -> Result<Json<PhoneInfo>, Problem> {
    Ok(Json(hub.phone_info(hub.known(&phone)?)?))
}

/// The phone scans the QR code in the body.
#[utoipa::path(post, path = "/admin/phones/{phone}/scan", params(("phone" = String, Path)), request_body = String,
    responses((status = 200, body = LinkedDevice), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn scan(
    State(hub): Hubs,
    Path(phone): Path<String>,
    Text(qr): Text,
) -> Result<Json<LinkedDevice>, Problem> {
    let address = hub.scan(hub.known(&phone)?, &qr).await?;
    Ok(Json(hub.device_info(address)?))
}

/// A phone chosen by the client's push name scans the QR code in the body: the same name is the same phone.
#[utoipa::path(post, path = "/admin/mock-phone/scan-qr", request_body = String,
    responses((status = 200, body = LinkedDevice), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn scan_by_name(State(hub): Hubs, Text(qr): Text) -> Result<Json<LinkedDevice>, Problem> {
    let phone = hub.phone_for_client(&qr)?;
    let address = hub.scan(phone, &qr).await?;
    Ok(Json(hub.device_info(address)?))
}

/// The id of what was sent.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct Sent {
    /// The WhatsApp id of the message.
    id: String,
}

/// Send a message from a phone.
#[utoipa::path(post, path = "/admin/phones/{phone}/messages", params(("phone" = String, Path)),
    request_body = PhoneMessage, responses((status = 201, body = Sent), (status = 404, body = Problem),
    (status = 409, body = Problem)))]
pub(super) async fn send(
    State(hub): Hubs,
    Path(phone): Path<String>,
    Body(message): Body<PhoneMessage>,
) -> Result<(StatusCode, Json<Sent>), Problem> {
    let phone = hub.known(&phone)?;
    let work = tokio::task::spawn_blocking(move || hub.phone_sends(phone, &message));
    let id = work.await.map_err(|e| Error::Signal(e.to_string()))??;
    Ok((StatusCode::CREATED, Json(Sent { id })))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Since {
    /// Only what came after this number.
    after: Option<u64>,
    /// If there is nothing yet, wait at most so many milliseconds for it.
    wait_ms: Option<u64>,
}

/// What a phone has seen, in clear.
#[utoipa::path(get, path = "/admin/phones/{phone}/messages", params(("phone" = String, Path), Since),
    responses((status = 200, body = [InboxMessage]), (status = 404, body = Problem)))]
pub(super) async fn messages(
    State(hub): Hubs,
    Path(phone): Path<String>,
    Query(since): Query<Since>,
) -> Result<Json<Vec<InboxMessage>>, Problem> {
    let (phone, after) = (hub.known(&phone)?, since.after.unwrap_or(0));
    let within = Duration::from_millis(since.wait_ms.unwrap_or(0).min(60_000));
    let found = hub
        .wait(within, || {
            hub.inbox(phone, after).ok().filter(|found| !found.is_empty())
        })
        .await;
    Ok(Json(found.unwrap_or_default()))
}

/// A medium a phone has received, in clear.
#[utoipa::path(get, path = "/admin/phones/{phone}/messages/{id}/media",
    params(("phone" = String, Path), ("id" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream"), (status = 404, body = Problem)))]
pub(super) async fn medium(State(hub): Hubs, Path((phone, id)): Path<(String, String)>) -> Result<Response, Problem> {
    let (bytes, mime) = hub.phone_media(hub.known(&phone)?, &id)?;
    Ok(([(header::CONTENT_TYPE, mime)], bytes).into_response())
}

/// Messages to mark.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Marks {
    /// Their WhatsApp ids.
    ids: Vec<String>,
    /// As played, not only read.
    #[serde(default)]
    played: bool,
}

/// The phone marks messages as read or played.
#[utoipa::path(post, path = "/admin/phones/{phone}/read", params(("phone" = String, Path)), request_body = Marks,
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn read(
    State(hub): Hubs,
    Path(phone): Path<String>,
    Body(marks): Body<Marks>,
) -> Result<StatusCode, Problem> {
    let kind = if marks.played { "played" } else { "read" };
    hub.phone_reads(hub.known(&phone)?, &marks.ids, kind)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A keyboard at work.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Typing {
    /// A phone, or a group id with `@g.us`.
    to: String,
    /// `composing`, `recording` or `paused`.
    state: String,
}

/// Somebody types on the phone.
#[utoipa::path(post, path = "/admin/phones/{phone}/typing", params(("phone" = String, Path)), request_body = Typing,
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn typing(
    State(hub): Hubs,
    Path(phone): Path<String>,
    Body(typing): Body<Typing>,
) -> Result<StatusCode, Problem> {
    hub.phone_types(hub.known(&phone)?, &typing.to, typing_state(&typing.state)?)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether a phone is online.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Presence {
    /// It is.
    available: bool,
}

/// The phone comes online or goes.
#[utoipa::path(post, path = "/admin/phones/{phone}/presence", params(("phone" = String, Path)),
    request_body = Presence, responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn presence(
    State(hub): Hubs,
    Path(phone): Path<String>,
    Body(presence): Body<Presence>,
) -> Result<StatusCode, Problem> {
    hub.set_available(hub.known(&phone)?, presence.available);
    Ok(StatusCode::NO_CONTENT)
}

/// Whom a phone blocks.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Block {
    /// A phone.
    phone: String,
    /// Whether it is blocked from now on.
    blocked: bool,
}

/// The phone blocks somebody, or no longer. What the blocked write is acknowledged and never delivered.
#[utoipa::path(post, path = "/admin/phones/{phone}/block", params(("phone" = String, Path)), request_body = Block,
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn block(
    State(hub): Hubs,
    Path(phone): Path<String>,
    Body(block): Body<Block>,
) -> Result<StatusCode, Problem> {
    let (phone, whom) = (hub.known(&phone)?, hub.known(&block.phone)?);
    hub.block(phone, whom, block.blocked)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets the profile picture in the body; an empty body removes it.
#[utoipa::path(put, path = "/admin/phones/{phone}/picture", params(("phone" = String, Path)),
    request_body(content = Vec<u8>, content_type = "image/jpeg"),
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn picture(
    State(hub): Hubs,
    Path(phone): Path<String>,
    Raw(body): Raw,
) -> Result<StatusCode, Problem> {
    hub.set_picture(hub.known(&phone)?, body);
    Ok(StatusCode::NO_CONTENT)
}

/// Typing and group changes a phone has seen.
#[utoipa::path(get, path = "/admin/phones/{phone}/happenings", params(("phone" = String, Path), Since),
    responses((status = 200, body = [Happening]), (status = 404, body = Problem)))]
pub(super) async fn happenings(
    State(hub): Hubs,
    Path(phone): Path<String>,
    Query(since): Query<Since>,
) -> Result<Json<Vec<Happening>>, Problem> {
    let (phone, after) = (hub.known(&phone)?, since.after.unwrap_or(0));
    let within = Duration::from_millis(since.wait_ms.unwrap_or(0).min(60_000));
    let found = hub
        .wait(within, || {
            hub.happenings(phone, after).ok().filter(|found| !found.is_empty())
        })
        .await;
    Ok(Json(found.unwrap_or_default()))
}

/// The companions of a phone.
#[utoipa::path(get, path = "/admin/phones/{phone}/devices", params(("phone" = String, Path)),
    responses((status = 200, body = [LinkedDevice]), (status = 404, body = Problem)))]
pub(super) async fn devices(State(hub): Hubs, Path(phone): Path<String>) -> Result<Json<Vec<LinkedDevice>>, Problem> {
    Ok(Json(hub.phone_info(hub.known(&phone)?)?.devices))
}

/// A companion in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Companion {
    /// Its phone.
    phone: String,
    /// Its number, from 1.
    device: u16,
}

/// The phone removes a companion.
#[utoipa::path(delete, path = "/admin/phones/{phone}/devices/{device}",
    params(Companion),
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn unlink(State(hub): Hubs, Path(companion): Path<Companion>) -> Result<StatusCode, Problem> {
    let phone = hub.known(&companion.phone)?;
    if hub.unlink(Address::new(phone, companion.device)) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Error::not_found("device", "no such companion").into())
    }
}
