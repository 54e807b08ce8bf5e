//! Private notes about people and groups.

use std::str::FromStr;

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::notes::{self, About, NoteChange};
use pesan_model::note::Note;
use pesan_model::patch::given;
use pesan_model::{ChatId, ContactId, NoteId};
use serde::Deserialize;
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
        .routes(routes!(list_chat_notes, create_chat_note))
        .routes(routes!(list_contact_notes, create_contact_note))
        .routes(routes!(update_note, delete_note))
}

/// A note to write.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewNote {
    /// What it says: at most 4,000 characters.
    body: String,
    /// Whether it stays on top.
    #[serde(default)]
    is_pinned: bool,
}

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedNote {
    /// What it says. Only who wrote it and who may manage contacts can change it.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    body: Option<String>,
    /// Whether it stays on top. Everybody can change it.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    is_pinned: Option<bool>,
}

/// A place in a list with the pinned ones on top.
struct Below(bool, NoteId);

impl std::fmt::Display for Below {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", u8::from(self.0), self.1)
    }
}

impl FromStr for Below {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (is_pinned, id) = text.split_once('.').ok_or(())?;
        let is_pinned = match is_pinned {
            "0" => false,
            "1" => true,
            _ => return Err(()),
        };
        Ok(Self(is_pinned, id.parse().map_err(|_| ())?))
    }
}

/// Lists the notes about a group, or about the person a chat is with, newest first.
#[utoipa::path(get, path = "/v1/chats/{id}/notes", tag = "notes", operation_id = "listChatNotes",
    params(("id" = ChatId, Path), PageQuery), responses(
    (status = 200, description = "A page of notes.", body = Page<Note>),
    (status = 404, description = "There is no such chat.", body = Problem, content_type = "application/problem+json"),
))]
async fn list_chat_notes(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ChatId>,
    Query(query): Query<PageQuery>,
) -> Answer<JsonBody<Page<Note>>> {
    let before = query.after::<Place<Uuid>>()?.map(|Place(at, id)| (at, id));
    let found = notes::list_of_chat(&server.app, &caller, id, before, query.fetch()?).await?;
    Ok(JsonBody(query.page(found, |note| {
        Place(note.created_at, note.id.uuid()).to_string()
    })?))
}

/// Writes a note about a group, or about the person a chat is with.
#[utoipa::path(post, path = "/v1/chats/{id}/notes", tag = "notes", operation_id = "createChatNote",
    request_body = NewNote, params(("id" = ChatId, Path),
    ("Idempotency-Key" = Option<String>, Header, description = REPEATABLE)), responses(
    (status = 201, description = "The note.", body = Note),
    (status = 404, description = "There is no such chat.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn create_chat_note(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ChatId>,
    request: Create<NewNote>,
) -> Answer<Made<Note>> {
    create(&server, &caller, About::Chat(id), request).await
}

/// Lists the notes about a person: the pinned ones first, then the newest.
#[utoipa::path(get, path = "/v1/contacts/{id}/notes", tag = "notes", operation_id = "listContactNotes",
    params(("id" = ContactId, Path), PageQuery), responses(
    (status = 200, description = "A page of notes.", body = Page<Note>),
    (status = 404, description = "There is no such person.", body = Problem, content_type = "application/problem+json"),
))]
async fn list_contact_notes(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ContactId>,
    Query(query): Query<PageQuery>,
) -> Answer<JsonBody<Page<Note>>> {
    let after = query.after::<Below>()?.map(|Below(is_pinned, id)| (is_pinned, id));
    let found = notes::list_of_contact(&server.app, &caller, id, after, query.fetch()?).await?;
    Ok(JsonBody(
        query.page(found, |note| Below(note.is_pinned, note.id).to_string())?,
    ))
}

/// Writes a note about a person.
#[utoipa::path(post, path = "/v1/contacts/{id}/notes", tag = "notes", operation_id = "createContactNote",
    request_body = NewNote, params(("id" = ContactId, Path),
    ("Idempotency-Key" = Option<String>, Header, description = REPEATABLE)), responses(
    (status = 201, description = "The note.", body = Note),
    (status = 404, description = "There is no such person.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn create_contact_note(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ContactId>,
    request: Create<NewNote>,
) -> Answer<Made<Note>> {
    create(&server, &caller, About::Contact(id), request).await
}

async fn create(
    server: &Shared,
    caller: &pesan_app::Caller,
    about: About,
    request: Create<NewNote>,
) -> Answer<Made<Note>> {
    let new = notes::NewNote {
        body: request.body.body,
        is_pinned: request.body.is_pinned,
    };
    let (note, is_replayed) = notes::create(&server.app, caller, (about, new), request.idempotency).await?;
    Ok(Made {
        status: StatusCode::CREATED,
        location: format!("/v1/notes/{}", note.id),
        is_replayed,
        body: note,
    })
}

/// Changes a note.
#[utoipa::path(patch, path = "/v1/notes/{id}", tag = "notes", operation_id = "updateNote", request_body = ChangedNote,
    params(("id" = NoteId, Path)), responses(
    (status = 200, description = "The note as it is now.", body = Note),
    (status = 403, description = "Somebody else wrote it.", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such note.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn update_note(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<NoteId>,
    Json(body): Json<ChangedNote>,
) -> Answer<JsonBody<Note>> {
    let change = NoteChange {
        body: body.body,
        is_pinned: body.is_pinned,
    };
    Ok(JsonBody(notes::update(&server.app, &caller, id, change).await?))
}

/// Deletes a note.
#[utoipa::path(delete, path = "/v1/notes/{id}", tag = "notes", operation_id = "deleteNote",
    params(("id" = NoteId, Path)), responses(
    (status = 204, description = "Deleted."),
    (status = 403, description = "Somebody else wrote it.", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such note.", body = Problem, content_type = "application/problem+json"),
))]
async fn delete_note(State(server): State<Shared>, Auth(caller): Auth, Path(id): Path<NoteId>) -> Answer<StatusCode> {
    notes::delete(&server.app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
