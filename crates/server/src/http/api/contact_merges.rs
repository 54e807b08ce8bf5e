//! Records that somebody says are one person.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::contacts::merging;
use pesan_model::chat::Contact;
use pesan_model::timeline::Merge;
use pesan_model::{ContactId, MergeId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::Made;
use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Create, Json, Path, Query, REPEATABLE};
use crate::http::page::{Page, PageQuery, Place};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(merge_contact))
        .routes(routes!(unmerge_contact))
        .routes(routes!(list_contact_merges))
}

/// Who is the same person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMerge {
    /// The record that becomes part of this one.
    other_id: ContactId,
}

/// What is taken apart.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UndoneMerge {
    /// Which merge.
    merge_id: MergeId,
}

/// Two people who came apart.
#[derive(Serialize, ToSchema)]
struct Parted {
    /// The one that stayed.
    contact: Contact,
    /// The one that was part of it.
    other: Contact,
}

/// Joins another record to a person. It can be undone: nothing of the other one is lost.
#[utoipa::path(post, path = "/v1/contacts/{id}/merge", tag = "contacts", operation_id = "mergeContact",
    request_body = NewMerge, params(("id" = ContactId, Path),
    ("Idempotency-Key" = Option<String>, Header, description = REPEATABLE)), responses(
    (status = 201, description = "The merge: its id is what undoes it.", body = Merge),
    (status = 404, description = "There is no such person.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "They are one person already.", body = Problem, content_type = "application/problem+json"),
))]
async fn merge_contact(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ContactId>,
    request: Create<NewMerge>,
) -> Answer<Made<Merge>> {
    let both = (id, request.body.other_id);
    let (merge, is_replayed) = merging::merge(&server.app, &caller, both, request.idempotency).await?;
    Ok(Made {
        status: StatusCode::CREATED,
        location: format!("/v1/contacts/{}", merge.contact_id),
        is_replayed,
        body: merge,
    })
}

/// Takes a merge apart: each has what was theirs again.
#[utoipa::path(post, path = "/v1/contacts/{id}/unmerge", tag = "contacts", operation_id = "unmergeContact",
    request_body = UndoneMerge, params(("id" = ContactId, Path)), responses(
    (status = 200, description = "The two people.", body = Parted),
    (status = 404, description = "There is no such person or merge.", body = Problem,
        content_type = "application/problem+json"),
))]
async fn unmerge_contact(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ContactId>,
    Json(body): Json<UndoneMerge>,
) -> Answer<JsonBody<Parted>> {
    let (contact, other) = merging::unmerge(&server.app, &caller, id, body.merge_id).await?;
    Ok(JsonBody(Parted { contact, other }))
}

/// Lists what was joined to a person, newest first.
#[utoipa::path(get, path = "/v1/contacts/{id}/merges", tag = "contacts", operation_id = "listContactMerges",
    params(("id" = ContactId, Path), PageQuery), responses(
    (status = 200, description = "A page of merges.", body = Page<Merge>),
    (status = 404, description = "There is no such person.", body = Problem, content_type = "application/problem+json"),
))]
async fn list_contact_merges(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ContactId>,
    Query(query): Query<PageQuery>,
) -> Answer<JsonBody<Page<Merge>>> {
    let before = query.after::<Place<Uuid>>()?.map(|Place(at, id)| (at, id));
    let found = merging::list(&server.app, &caller, id, before, query.fetch()?).await?;
    Ok(JsonBody(query.page(found, |merge| {
        Place(merge.merged_at, merge.id.uuid()).to_string()
    })?))
}
