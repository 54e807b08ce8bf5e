//! The people we talk to.

use axum::Json as JsonBody;
use axum::extract::State;
use pesan_app::contacts;
use pesan_model::ContactId;
use pesan_model::chat::Contact;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Path, Query};
use crate::http::page::{Page, PageQuery};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_contacts))
        .routes(routes!(get_contact))
}

/// Lists the people, newest first.
#[utoipa::path(get, path = "/v1/contacts", tag = "contacts", operation_id = "listContacts", params(PageQuery),
    responses((status = 200, description = "A page of people.", body = Page<Contact>)))]
async fn list_contacts(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<PageQuery>,
) -> Answer<JsonBody<Page<Contact>>> {
    let found = contacts::list(&server.app, &caller, query.after()?, query.fetch()?).await?;
    Ok(JsonBody(query.page(found, |contact| contact.id.to_string())?))
}

/// Shows a person.
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
