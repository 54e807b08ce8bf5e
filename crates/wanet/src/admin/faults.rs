//! Faults over HTTP.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::IntoParams;

use super::Hubs;
use super::problem::Problem;
use super::request::{self, Body, Path};
use crate::error::Error;
use crate::faults::{Fault, Moment, NewFault};

/// The fields of all kinds of faults. An order is read as this first, because serde forgets which field is wrong where a kind
/// stands among other fields.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    kind: String,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    ms: Option<u64>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    copies: Option<u32>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    moment: Option<Moment>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stanza: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stanza_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[expect(clippy::option_option, reason = "null is forever, and what is left out is once")]
    count: Option<Option<u32>>,
}

/// What is there is not null, unless its type says so.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl Given {
    fn order(&self) -> Result<NewFault, Problem> {
        let given = serde_json::to_value(self).expect("what was read from JSON has a JSON form");
        let order: NewFault = serde_json::from_value(given.clone()).map_err(|error| {
            let words = error.to_string();
            let place = if words.starts_with("unknown variant") {
                "kind"
            } else {
                ""
            };
            request::wrong(place, &words)
        })?;
        // A code for a fault that has none is meant for another one.
        let known = serde_json::to_value(&order).expect("an order has a JSON form");
        let mut names = given.as_object().into_iter().flatten().map(|(name, _)| name);
        match names.find(|name| known.get(name.as_str()).is_none()) {
            Some(name) => Err(Problem::wrong(name, "a fault of this kind has none")),
            None => Ok(order),
        }
    }
}

/// Arm a fault, or let it strike at once.
#[utoipa::path(post, path = "/admin/faults", request_body = NewFault, responses((status = 201, body = Fault)))]
pub(super) async fn set_fault(
    State(hub): Hubs,
    Body(given): Body<Given>,
) -> Result<(StatusCode, Json<Fault>), Problem> {
    Ok((StatusCode::CREATED, Json(hub.set_fault(given.order()?)?)))
}

/// All faults and how often they happened.
#[utoipa::path(get, path = "/admin/faults", responses((status = 200, body = [Fault])))]
pub(super) async fn list_faults(State(hub): Hubs) -> Json<Vec<Fault>> {
    Json(hub.world.lock().faults.list())
}

/// Remove all faults.
#[utoipa::path(delete, path = "/admin/faults", responses((status = 204)))]
pub(super) async fn clear_faults(State(hub): Hubs) -> StatusCode {
    hub.world.lock().faults.remove(None);
    StatusCode::NO_CONTENT
}

/// A fault in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OneFault {
    /// Its number.
    id: u64,
}

/// Remove a fault.
#[utoipa::path(delete, path = "/admin/faults/{id}", params(OneFault),
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn clear_fault(State(hub): Hubs, Path(fault): Path<OneFault>) -> Result<StatusCode, Problem> {
    match hub.world.lock().faults.remove(Some(fault.id)) {
        0 => Err(Error::not_found("id", "no such fault").into()),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}
