//! The people we talk to.

use std::collections::BTreeMap;
use std::str::FromStr;

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pesan_app::Error;
use pesan_app::contacts::{self, ContactChange, SearchPlace, erasing, timeline};
use pesan_model::chat::Contact;
use pesan_model::custom_field::FieldValue;
use pesan_model::patch::{given, present};
use pesan_model::timeline::TimelineEntry;
use pesan_model::{ContactId, Flaw, TagId};
use serde::Deserialize;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Json, Path, Query};
use crate::http::page::{Page, PageQuery, Place};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_contacts))
        .routes(routes!(get_contact, update_contact, erase_contact))
        .routes(routes!(list_contact_timeline))
}

/// Which people.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ContactQuery {
    /// Beginnings of names (`sit nur`), or a number in any form: `0812…`, `62812…`, `+62 812-…`.
    search: Option<String>,
    /// Only with this tag. Not together with `search`.
    tag_id: Option<TagId>,
    /// Most items, 1 to 200; 50 when it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before.
    after: Option<String>,
}

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out, null and a value are three things")]
struct ChangedContact {
    /// What to call them; null for the name they give themselves.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    /// The language to write to them in: `id`, `pt-BR`; null when it is not known.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<String>>,
    /// Whether they asked not to be written to.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    opted_out: Option<bool>,
    /// Values of the organization's fields by their keys; null clears one, what is left out stays.
    #[serde(default)]
    #[schema(required = false, schema_with = field_changes)]
    fields: BTreeMap<String, Option<FieldValue>>,
    /// All their tags, at most 20; null or an empty list for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<TagId>>)]
    tag_ids: Option<Option<Vec<TagId>>>,
}

/// A value or null for each key, which the macro cannot say of a map.
fn field_changes() -> Schema {
    let change = OneOfBuilder::new()
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .item(Ref::from_schema_name("FieldValue"))
        .build();
    ObjectBuilder::new()
        .description(Some(
            "Values of the organization's fields by their keys; null clears one, what is left out stays.",
        ))
        .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(Schema::OneOf(change)))))
        .into()
}

/// Where a page of a search begins, as text.
pub(super) struct Behind(pub(super) SearchPlace);

impl std::fmt::Display for Behind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", URL_SAFE_NO_PAD.encode(&self.0.0), self.0.1)
    }
}

impl FromStr for Behind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (word, id) = text.split_once('.').ok_or(())?;
        let word = URL_SAFE_NO_PAD.decode(word).map_err(|_| ())?;
        Ok(Self((word, id.parse().map_err(|_| ())?)))
    }
}

/// Lists the people, all or those with a tag, newest first; or finds some, by the word that was found.
#[utoipa::path(get, path = "/v1/contacts", tag = "contacts", operation_id = "listContacts", params(ContactQuery),
    responses((status = 200, description = "A page of people.", body = Page<Contact>)))]
async fn list_contacts(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<ContactQuery>,
) -> Answer<JsonBody<Page<Contact>>> {
    let page = PageQuery::new(query.limit, query.after);
    let Some(text) = query.search else {
        let found = contacts::list(&server.app, &caller, query.tag_id, page.after()?, page.fetch()?).await?;
        return Ok(JsonBody(page.page(found, |contact| contact.id.to_string())?));
    };
    if query.tag_id.is_some() {
        return Err(Error::field("#query/tag_id", Flaw::NotTogether { other: "search" }).into());
    }
    let after = page.after::<Behind>()?.map(|Behind(place)| place);
    let found = contacts::search(&server.app, &caller, &text, after, page.fetch()?).await?;
    let page = page.page(found, |(_, place)| Behind(place.clone()).to_string())?;
    Ok(JsonBody(page.map(|(contact, _)| contact)))
}

/// Shows a person. The id of a record that was merged shows the person it is part of.
#[utoipa::path(get, path = "/v1/contacts/{id}", tag = "contacts", operation_id = "getContact",
    params(("id" = ContactId, Path)), responses(
    (status = 200, description = "The person.", body = Contact),
    (status = 404, description = "There is no such person.", body = Problem, content_type = "application/problem+json"),
))]
async fn get_contact(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ContactId>,
) -> Answer<JsonBody<Contact>> {
    Ok(JsonBody(contacts::get(&server.app, &caller, id).await?))
}

/// Changes a person.
#[utoipa::path(patch, path = "/v1/contacts/{id}", tag = "contacts", operation_id = "updateContact",
    request_body = ChangedContact, params(("id" = ContactId, Path)), responses(
    (status = 200, description = "The person as they are now.", body = Contact),
    (status = 404, description = "There is no such person.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn update_contact(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ContactId>,
    Json(body): Json<ChangedContact>,
) -> Answer<JsonBody<Contact>> {
    let change = ContactChange {
        name: body.name,
        language: body.language,
        opted_out: body.opted_out,
        fields: body.fields,
        tag_ids: body.tag_ids.map(Option::unwrap_or_default),
    };
    Ok(JsonBody(contacts::update(&server.app, &caller, id, change).await?))
}

/// Erases a person: their chats, messages, files, notes, reminders, tags, names and numbers. What they gave stays and names
/// nobody. It cannot be undone.
#[utoipa::path(delete, path = "/v1/contacts/{id}", tag = "contacts", operation_id = "eraseContact",
    params(("id" = ContactId, Path)), responses(
    (status = 204, description = "Nothing about the person is left. What the event log tells of them goes within seconds, in a long log within minutes."),
    (status = 404, description = "There is no such person.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "A message to them is being sent right now.", body = Problem, content_type = "application/problem+json"),
))]
async fn erase_contact(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ContactId>,
) -> Answer<StatusCode> {
    erasing::erase(&server.app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists what happened with a person, newest first.
#[utoipa::path(get, path = "/v1/contacts/{id}/timeline", tag = "contacts", operation_id = "listContactTimeline",
    params(("id" = ContactId, Path), PageQuery), responses(
    (status = 200, description = "A page of the timeline.", body = Page<TimelineEntry>),
    (status = 404, description = "There is no such person.", body = Problem, content_type = "application/problem+json"),
))]
async fn list_contact_timeline(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ContactId>,
    Query(query): Query<PageQuery>,
) -> Answer<JsonBody<Page<TimelineEntry>>> {
    let before = query.after::<Place<Uuid>>()?.map(|Place(at, key)| (at, key));
    let found = timeline::list(&server.app, &caller, id, before, query.fetch()?).await?;
    Ok(JsonBody(
        query.page(found, |entry| Place(entry.at, entry.key()).to_string())?,
    ))
}
