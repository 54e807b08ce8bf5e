//! Groups over HTTP.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Hubs;
use super::problem::Problem;
use super::request::{Body, Path};
use crate::error::Error;
use crate::groups::GroupChange;
use crate::hub::Hub;
use crate::network::group_id;

/// A group to make.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewGroup {
    /// The phone that makes it.
    creator: String,
    /// What it is called.
    subject: String,
    /// The other phones in it.
    members: Vec<String>,
}

/// The id of a group.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct GroupId {
    /// With `@g.us`.
    id: String,
}

/// Make a group.
#[utoipa::path(post, path = "/admin/groups", request_body = NewGroup,
    responses((status = 201, body = GroupId), (status = 404, body = Problem)))]
pub(super) async fn create_group(
    State(hub): Hubs,
    Body(new): Body<NewGroup>,
) -> Result<(StatusCode, Json<GroupId>), Problem> {
    let members = all_known(&hub, "members", &new.members)?;
    let id = hub.create_group(hub.known_as("creator", &new.creator)?, &new.subject, &members)?;
    Ok((
        StatusCode::CREATED,
        Json(GroupId {
            id: format!("{id}@g.us"),
        }),
    ))
}

/// A change of a group.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangedGroup {
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
pub(super) async fn change_group(
    State(hub): Hubs,
    Path(group): Path<String>,
    Body(change): Body<ChangedGroup>,
) -> Result<StatusCode, Problem> {
    let (by, group) = (hub.known_as("by", &change.by)?, group_id(&group));
    let add = all_known(&hub, "add", &change.add)?;
    let remove = all_known(&hub, "remove", &change.remove)?;
    if !add.is_empty() {
        hub.change_group(by, group, &GroupChange::Add(add))?;
    }
    if let Some(subject) = change.subject {
        hub.change_group(by, group, &GroupChange::Subject(subject))?;
    }
    if !remove.is_empty() {
        hub.change_group(by, group, &GroupChange::Remove(remove))?;
    }
    Ok(StatusCode::NO_CONTENT)
}

fn all_known(hub: &Hub, field: &'static str, phones: &[String]) -> Result<Vec<u64>, Error> {
    phones.iter().map(|phone| hub.known_as(field, phone)).collect()
}
