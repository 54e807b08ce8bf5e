//! The admin interface over HTTP: phones, their use, groups, faults and counters, described by OpenAPI.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accounts::{LinkedDevice, NewPhone, PhoneInfo};
use crate::error::Error;
use crate::faults::{Fault, NewFault};
use crate::groups::GroupChange;
use crate::hub::Hub;
use crate::ids::Address;
use crate::inbox::{Happening, InboxMessage};
use crate::network::{group_id, typing_state};
use crate::phone::content::PhoneMessage;
use crate::stats::Stats;

type Hubs = State<Arc<Hub>>;

/// What is wrong with a request, after RFC 9457.
#[derive(Serialize, ToSchema)]
struct Problem {
    /// The HTTP status once more.
    status: u16,
    /// What kind of problem, in a few words.
    title: &'static str,
    /// What exactly is wrong.
    detail: String,
    /// Which field of the request is meant.
    field: Option<&'static str>,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, title, field) = match &self {
            Self::Invalid { field, .. } => (StatusCode::BAD_REQUEST, "The request is wrong", Some(*field)),
            Self::NotFound { field, .. } => (StatusCode::NOT_FOUND, "There is no such thing", Some(*field)),
            Self::Conflict { field, .. } => (StatusCode::CONFLICT, "That cannot be done now", Some(*field)),
            Self::Handshake(_) | Self::Signal(_) | Self::Io { .. } => {
                (StatusCode::INTERNAL_SERVER_ERROR, "The network failed", None)
            }
        };
        let problem = Problem {
            status: status.as_u16(),
            title,
            detail: self.to_string(),
            field,
        };
        let body = serde_json::to_vec(&problem).expect("a problem has a JSON form");
        (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}

/// JSON whose errors are problems.
struct Body<T>(T);

impl<S: Send + Sync, T: serde::de::DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let parsed: Result<Json<T>, JsonRejection> = Json::from_request(request, state).await;
        parsed
            .map(|Json(value)| Self(value))
            .map_err(|rejection| Error::invalid("body", rejection.body_text()))
    }
}

#[derive(OpenApi)]
#[openapi(info(
    title = "wanet admin",
    description = "Phones, groups, faults and counters of a simulated WhatsApp network."
))]
struct Doc;

fn documented() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::with_openapi(Doc::openapi())
        .routes(routes!(add_phone, list_phones))
        .routes(routes!(get_phone))
        .routes(routes!(scan))
        .routes(routes!(scan_by_name))
        .routes(routes!(send, messages))
        .routes(routes!(medium))
        .routes(routes!(read))
        .routes(routes!(typing))
        .routes(routes!(presence))
        .routes(routes!(block))
        .routes(routes!(picture))
        .routes(routes!(happenings))
        .routes(routes!(devices))
        .routes(routes!(unlink))
        .routes(routes!(create_group))
        .routes(routes!(change_group))
        .routes(routes!(set_fault, list_faults, clear_faults))
        .routes(routes!(clear_fault))
        .routes(routes!(stats))
}

/// The OpenAPI description of the admin interface.
pub fn openapi() -> utoipa::openapi::OpenApi {
    documented().into_openapi()
}

/// All routes under `/admin`.
pub(crate) fn routes() -> axum::Router<Arc<Hub>> {
    let (router, api) = documented().split_for_parts();
    router.route(
        "/admin/openapi.json",
        axum::routing::get(move || async move { Json(api) }),
    )
}

/// Add a phone, or change one.
#[utoipa::path(post, path = "/admin/phones", request_body = NewPhone, responses((status = 201, body = PhoneInfo)))]
async fn add_phone(State(hub): Hubs, Body(new): Body<NewPhone>) -> Result<(StatusCode, Json<PhoneInfo>), Error> {
    Ok((StatusCode::CREATED, Json(hub.add_phone(&new)?)))
}

/// All phones.
#[utoipa::path(get, path = "/admin/phones", responses((status = 200, body = [PhoneInfo])))]
async fn list_phones(State(hub): Hubs) -> Json<Vec<PhoneInfo>> {
    Json(hub.phones_info())
}

/// One phone.
#[utoipa::path(get, path = "/admin/phones/{phone}", params(("phone" = String, Path)),
    responses((status = 200, body = PhoneInfo), (status = 404, body = Problem)))]
async fn get_phone(State(hub): Hubs, Path(phone): Path<String>) -> Result<Json<PhoneInfo>, Error> {
    Ok(Json(hub.phone_info(hub.known(&phone)?)?))
}

/// The phone scans the QR code in the body.
#[utoipa::path(post, path = "/admin/phones/{phone}/scan", params(("phone" = String, Path)), request_body = String,
    responses((status = 200, body = LinkedDevice), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn scan(State(hub): Hubs, Path(phone): Path<String>, qr: String) -> Result<Json<LinkedDevice>, Error> {
    let address = hub.scan(hub.known(&phone)?, &qr).await?;
    Ok(Json(hub.device_info(address)?))
}

/// A phone chosen by the client's push name scans the QR code in the body: the same name is the same phone.
#[utoipa::path(post, path = "/admin/mock-phone/scan-qr", request_body = String,
    responses((status = 200, body = LinkedDevice), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn scan_by_name(State(hub): Hubs, qr: String) -> Result<Json<LinkedDevice>, Error> {
    let phone = hub.phone_for_client(&qr)?;
    let address = hub.scan(phone, &qr).await?;
    Ok(Json(hub.device_info(address)?))
}

/// The id of what was sent.
#[derive(Serialize, Deserialize, ToSchema)]
struct Sent {
    /// The WhatsApp id of the message.
    id: String,
}

/// Send a message from a phone.
#[utoipa::path(post, path = "/admin/phones/{phone}/messages", params(("phone" = String, Path)),
    request_body = PhoneMessage, responses((status = 201, body = Sent), (status = 400, body = Problem),
    (status = 404, body = Problem)))]
async fn send(
    State(hub): Hubs,
    Path(phone): Path<String>,
    Body(message): Body<PhoneMessage>,
) -> Result<(StatusCode, Json<Sent>), Error> {
    let phone = hub.known(&phone)?;
    let work = tokio::task::spawn_blocking(move || hub.phone_sends(phone, &message));
    let id = work.await.map_err(|e| Error::Signal(e.to_string()))??;
    Ok((StatusCode::CREATED, Json(Sent { id })))
}

#[derive(Deserialize, IntoParams)]
struct Since {
    /// Only what came after this number.
    after: Option<u64>,
    /// If there is nothing yet, wait at most so many milliseconds for it.
    wait_ms: Option<u64>,
}

/// What a phone has seen, in clear.
#[utoipa::path(get, path = "/admin/phones/{phone}/messages", params(("phone" = String, Path), Since),
    responses((status = 200, body = [InboxMessage]), (status = 404, body = Problem)))]
async fn messages(
    State(hub): Hubs,
    Path(phone): Path<String>,
    Query(since): Query<Since>,
) -> Result<Json<Vec<InboxMessage>>, Error> {
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
async fn medium(State(hub): Hubs, Path((phone, id)): Path<(String, String)>) -> Result<Response, Error> {
    let (bytes, mime) = hub.phone_media(hub.known(&phone)?, &id)?;
    Ok(([(header::CONTENT_TYPE, mime)], bytes).into_response())
}

/// Messages to mark.
#[derive(Serialize, Deserialize, ToSchema)]
struct Marks {
    /// Their WhatsApp ids.
    ids: Vec<String>,
    /// As played, not only read.
    #[serde(default)]
    played: bool,
}

/// The phone marks messages as read or played.
#[utoipa::path(post, path = "/admin/phones/{phone}/read", params(("phone" = String, Path)), request_body = Marks,
    responses((status = 204), (status = 404, body = Problem)))]
async fn read(State(hub): Hubs, Path(phone): Path<String>, Body(marks): Body<Marks>) -> Result<StatusCode, Error> {
    let kind = if marks.played { "played" } else { "read" };
    hub.phone_reads(hub.known(&phone)?, &marks.ids, kind)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A keyboard at work.
#[derive(Serialize, Deserialize, ToSchema)]
struct Typing {
    /// A phone, or a group id with `@g.us`.
    to: String,
    /// `composing`, `recording` or `paused`.
    state: String,
}

/// Somebody types on the phone.
#[utoipa::path(post, path = "/admin/phones/{phone}/typing", params(("phone" = String, Path)), request_body = Typing,
    responses((status = 204), (status = 404, body = Problem)))]
async fn typing(State(hub): Hubs, Path(phone): Path<String>, Body(typing): Body<Typing>) -> Result<StatusCode, Error> {
    hub.phone_types(hub.known(&phone)?, &typing.to, typing_state(&typing.state)?)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether a phone is online.
#[derive(Serialize, Deserialize, ToSchema)]
struct Presence {
    /// It is.
    available: bool,
}

/// The phone comes online or goes.
#[utoipa::path(post, path = "/admin/phones/{phone}/presence", params(("phone" = String, Path)),
    request_body = Presence, responses((status = 204), (status = 404, body = Problem)))]
async fn presence(
    State(hub): Hubs,
    Path(phone): Path<String>,
    Body(presence): Body<Presence>,
) -> Result<StatusCode, Error> {
    hub.set_available(hub.known(&phone)?, presence.available);
    Ok(StatusCode::NO_CONTENT)
}

/// Whom a phone blocks.
#[derive(Serialize, Deserialize, ToSchema)]
struct Block {
    /// A phone.
    phone: String,
    /// Whether it is blocked from now on.
    blocked: bool,
}

/// The phone blocks somebody, or no longer. What the blocked write is acknowledged and never delivered.
#[utoipa::path(post, path = "/admin/phones/{phone}/block", params(("phone" = String, Path)), request_body = Block,
    responses((status = 204), (status = 404, body = Problem)))]
async fn block(State(hub): Hubs, Path(phone): Path<String>, Body(block): Body<Block>) -> Result<StatusCode, Error> {
    hub.block(hub.known(&phone)?, hub.known(&block.phone)?, block.blocked)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets the profile picture in the body; an empty body removes it.
#[utoipa::path(put, path = "/admin/phones/{phone}/picture", params(("phone" = String, Path)),
    request_body(content = Vec<u8>, content_type = "image/jpeg"),
    responses((status = 204), (status = 404, body = Problem)))]
async fn picture(State(hub): Hubs, Path(phone): Path<String>, body: axum::body::Bytes) -> Result<StatusCode, Error> {
    hub.set_picture(hub.known(&phone)?, body.to_vec());
    Ok(StatusCode::NO_CONTENT)
}

/// Typing and group changes a phone has seen.
#[utoipa::path(get, path = "/admin/phones/{phone}/happenings", params(("phone" = String, Path), Since),
    responses((status = 200, body = [Happening]), (status = 404, body = Problem)))]
async fn happenings(
    State(hub): Hubs,
    Path(phone): Path<String>,
    Query(since): Query<Since>,
) -> Result<Json<Vec<Happening>>, Error> {
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
async fn devices(State(hub): Hubs, Path(phone): Path<String>) -> Result<Json<Vec<LinkedDevice>>, Error> {
    Ok(Json(hub.phone_info(hub.known(&phone)?)?.devices))
}

/// The phone removes a companion.
#[utoipa::path(delete, path = "/admin/phones/{phone}/devices/{device}",
    params(("phone" = String, Path), ("device" = u16, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn unlink(State(hub): Hubs, Path((phone, device)): Path<(String, u16)>) -> Result<StatusCode, Error> {
    let phone = hub.known(&phone)?;
    if hub.unlink(Address::new(phone, device)) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Error::not_found("device", "no such companion"))
    }
}

/// A group to make.
#[derive(Serialize, Deserialize, ToSchema)]
struct NewGroup {
    /// The phone that makes it.
    creator: String,
    /// What it is called.
    subject: String,
    /// The other phones in it.
    members: Vec<String>,
}

/// The id of a group.
#[derive(Serialize, Deserialize, ToSchema)]
struct GroupId {
    /// With `@g.us`.
    id: String,
}

/// Make a group.
#[utoipa::path(post, path = "/admin/groups", request_body = NewGroup,
    responses((status = 201, body = GroupId), (status = 404, body = Problem)))]
async fn create_group(State(hub): Hubs, Body(new): Body<NewGroup>) -> Result<(StatusCode, Json<GroupId>), Error> {
    let members = new
        .members
        .iter()
        .map(|m| hub.known(m))
        .collect::<Result<Vec<_>, _>>()?;
    let id = hub.create_group(hub.known(&new.creator)?, &new.subject, &members)?;
    Ok((
        StatusCode::CREATED,
        Json(GroupId {
            id: format!("{id}@g.us"),
        }),
    ))
}

/// A change of a group.
#[derive(Serialize, Deserialize, ToSchema)]
struct ChangedGroup {
    /// The member who changes it.
    by: String,
    /// Phones to add.
    #[serde(default)]
    add: Vec<String>,
    /// Phones to remove; `by` itself leaves.
    #[serde(default)]
    remove: Vec<String>,
    /// A new subject.
    #[serde(default)]
    subject: Option<String>,
}

/// Change a group.
#[utoipa::path(patch, path = "/admin/groups/{group}", params(("group" = String, Path)), request_body = ChangedGroup,
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn change_group(
    State(hub): Hubs,
    Path(group): Path<String>,
    Body(change): Body<ChangedGroup>,
) -> Result<StatusCode, Error> {
    let (by, group) = (hub.known(&change.by)?, group_id(&group));
    let phones = |list: &[String]| list.iter().map(|m| hub.known(m)).collect::<Result<Vec<_>, _>>();
    if !change.add.is_empty() {
        hub.change_group(by, group, &GroupChange::Add(phones(&change.add)?))?;
    }
    if let Some(subject) = change.subject {
        hub.change_group(by, group, &GroupChange::Subject(subject))?;
    }
    if !change.remove.is_empty() {
        hub.change_group(by, group, &GroupChange::Remove(phones(&change.remove)?))?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Arm a fault, or let it strike at once.
#[utoipa::path(post, path = "/admin/faults", request_body = NewFault,
    responses((status = 201, body = Fault), (status = 400, body = Problem)))]
async fn set_fault(
    State(hub): Hubs,
    Body(body): Body<serde_json::Map<String, serde_json::Value>>,
) -> Result<(StatusCode, Json<Fault>), Error> {
    let invalid = |error: serde_json::Error| Error::invalid("body", error.to_string());
    let order: NewFault = serde_json::from_value(body.clone().into()).map_err(invalid)?;
    // A mistyped `phone` would strike everybody.
    let known = serde_json::to_value(&order).map_err(invalid)?;
    if let Some(name) = body.keys().find(|name| known.get(name.as_str()).is_none()) {
        return Err(Error::invalid("body", format!("a fault of this kind has no {name}")));
    }
    Ok((StatusCode::CREATED, Json(hub.set_fault(order)?)))
}

/// All faults and how often they happened.
#[utoipa::path(get, path = "/admin/faults", responses((status = 200, body = [Fault])))]
async fn list_faults(State(hub): Hubs) -> Json<Vec<Fault>> {
    Json(hub.world.lock().faults.list())
}

/// Remove all faults.
#[utoipa::path(delete, path = "/admin/faults", responses((status = 204)))]
async fn clear_faults(State(hub): Hubs) -> StatusCode {
    hub.world.lock().faults.remove(None);
    StatusCode::NO_CONTENT
}

/// Remove a fault.
#[utoipa::path(delete, path = "/admin/faults/{id}", params(("id" = u64, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn clear_fault(State(hub): Hubs, Path(id): Path<u64>) -> Result<StatusCode, Error> {
    match hub.world.lock().faults.remove(Some(id)) {
        0 => Err(Error::not_found("id", "no such fault")),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// What was counted.
#[utoipa::path(get, path = "/admin/stats", responses((status = 200, body = Stats)))]
async fn stats(State(hub): Hubs) -> Json<Stats> {
    Json(hub.stats())
}
