//! Fields of contacts that an organization defines for itself.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::contacts::fields::{self, FieldChange, NewField};
use pesan_model::CustomFieldId;
use pesan_model::custom_field::{CustomField, FieldKind};
use pesan_model::patch::given;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Made;
use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Create, Json, Path, REPEATABLE};
use crate::http::page::Page;
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_custom_fields, create_custom_field))
        .routes(routes!(update_custom_field, delete_custom_field))
}

/// A field to define.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCustomField {
    /// What programs and templates call it: small letters, digits and underscores. It never changes.
    key: String,
    /// What people call it.
    label: String,
    /// What its values are. It never changes.
    #[serde(rename = "type")]
    kind: FieldKind,
    /// What can be chosen, where the type is `choice`.
    #[serde(default)]
    choices: Vec<String>,
}

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedCustomField {
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    label: Option<String>,
    /// Contacts keep a value that is no choice any more.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    choices: Option<Vec<String>>,
}

/// Lists the fields, oldest first. They come as one page.
#[utoipa::path(get, path = "/v1/custom-fields", tag = "contacts", operation_id = "listCustomFields",
    responses((status = 200, description = "All fields.", body = Page<CustomField>)))]
async fn list_custom_fields(State(server): State<Shared>, Auth(caller): Auth) -> Answer<JsonBody<Page<CustomField>>> {
    Ok(JsonBody(Page::whole(fields::list(&server.app, &caller).await?)))
}

/// Defines a field. One that was deleted comes back under its key, with the values that contacts still have.
#[utoipa::path(post, path = "/v1/custom-fields", tag = "contacts", operation_id = "createCustomField",
    request_body = NewCustomField,
    params(("Idempotency-Key" = Option<String>, Header, description = REPEATABLE)), responses(
    (status = 201, description = "The field.", body = CustomField),
    (status = 409, description = "The key is taken.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn create_custom_field(
    State(server): State<Shared>,
    Auth(caller): Auth,
    request: Create<NewCustomField>,
) -> Answer<Made<CustomField>> {
    let new = NewField {
        key: request.body.key,
        label: request.body.label,
        kind: request.body.kind,
        choices: request.body.choices,
    };
    let (field, is_replayed) = fields::create(&server.app, &caller, new, request.idempotency).await?;
    Ok(Made {
        status: StatusCode::CREATED,
        location: format!("/v1/custom-fields/{}", field.id),
        is_replayed,
        body: field,
    })
}

/// Changes a field.
#[utoipa::path(patch, path = "/v1/custom-fields/{id}", tag = "contacts", operation_id = "updateCustomField",
    request_body = ChangedCustomField, params(("id" = CustomFieldId, Path)), responses(
    (status = 200, description = "The field as it is now.", body = CustomField),
    (status = 404, description = "There is no such field.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn update_custom_field(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<CustomFieldId>,
    Json(body): Json<ChangedCustomField>,
) -> Answer<JsonBody<CustomField>> {
    let change = FieldChange {
        label: body.label,
        choices: body.choices,
    };
    Ok(JsonBody(fields::update(&server.app, &caller, id, change).await?))
}

/// Deletes a field. Contacts keep their values, and have them again when it is defined again.
#[utoipa::path(delete, path = "/v1/custom-fields/{id}", tag = "contacts", operation_id = "deleteCustomField",
    params(("id" = CustomFieldId, Path)), responses(
    (status = 204, description = "Deleted."),
    (status = 404, description = "There is no such field.", body = Problem, content_type = "application/problem+json"),
))]
async fn delete_custom_field(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<CustomFieldId>,
) -> Answer<StatusCode> {
    fields::delete(&server.app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
