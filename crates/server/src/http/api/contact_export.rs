//! Everything that is held about a person, as one file.
//!
//! It is written piece by piece while it is read, because somebody may have a hundred thousand messages.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures::stream;
use pesan_app::App;
use pesan_app::contacts::export::{self, Export};
use pesan_model::export::Dossier;
use pesan_model::message::Message;
use pesan_model::{ContactId, MediaId, MessageId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::media::Stored;
use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::Path;
use crate::http::problem::{Answer, Problem, chain};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(export_contact))
}

/// Everything that is held about a person.
#[derive(Serialize, ToSchema)]
struct ContactExport {
    #[serde(flatten)]
    dossier: Dossier,
    /// The messages of the chats with them, and those that they wrote in groups: chat by chat, oldest first.
    messages: Vec<Message>,
    /// The files that these messages show, and receipts of donations. `GET /v1/media/{id}/content` has what is in one.
    files: Vec<Stored>,
}

/// Files that are looked up at once.
const FILES: usize = 200;

/// Exports everything that is held about a person, as a file of JSON. The audit log says who did.
#[utoipa::path(get, path = "/v1/contacts/{id}/export", tag = "contacts", operation_id = "exportContact",
    params(("id" = ContactId, Path)), responses(
    (status = 200, description = "All of it.", body = ContactExport),
    (status = 404, description = "There is no such person.", body = Problem, content_type = "application/problem+json"),
))]
async fn export_contact(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<ContactId>,
) -> Answer<Response> {
    let export = export::begin(&server.app, &caller, id).await?;
    let name = format!("attachment; filename=\"contact-{}.json\"", export.dossier.contact.id);
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    let body = Body::from_stream(written(server.app.clone(), export));
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CONTENT_DISPOSITION, name),
    ];
    Ok((headers, body).into_response())
}

/// How far the file is written.
enum Place {
    /// Nothing is.
    Beginning,
    /// The messages of this part from here on come next.
    Messages(usize, Option<(Timestamp, MessageId)>),
    /// The files come next.
    Files,
    /// All is.
    End,
}

struct Writer {
    app: Arc<App>,
    export: Export,
    place: Place,
    /// Whether a message was written already.
    is_begun: bool,
    files: BTreeSet<MediaId>,
}

fn written(app: Arc<App>, export: Export) -> impl futures::Stream<Item = Result<String, WriteError>> + Send {
    let files = export
        .dossier
        .donations
        .iter()
        .filter_map(|donation| donation.media_id)
        .collect();
    let writer = Writer {
        app,
        export,
        place: Place::Beginning,
        is_begun: false,
        files,
    };
    stream::try_unfold(writer, |mut writer| async move {
        // The answer has begun: whoever reads it sees that it breaks off, and here it is said why.
        let piece = writer.next().await.inspect_err(|error| {
            tracing::warn!(error = %chain(error), "an export broke off");
        })?;
        Ok(piece.map(|piece| (piece, writer)))
    })
}

/// Why the file breaks off.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error(transparent)]
    Read(#[from] pesan_app::Error),
    #[error("could not write what is held about somebody as JSON")]
    Json(#[from] serde_json::Error),
}

impl Writer {
    /// The next piece; none at the end.
    async fn next(&mut self) -> Result<Option<String>, WriteError> {
        match self.place {
            Place::Beginning => {
                self.place = Place::Messages(0, None);
                let mut text = serde_json::to_string(&self.export.dossier)?;
                // The object goes on.
                text.pop();
                text.push_str(",\"messages\":[");
                Ok(Some(text))
            }
            Place::Messages(index, after) => self.messages(index, after).await.map(Some),
            Place::Files => {
                self.place = Place::End;
                let mut files = Vec::new();
                let ids: Vec<MediaId> = self.files.iter().copied().collect();
                for some in ids.chunks(FILES) {
                    let found = self.export.files(&self.app, some.to_vec()).await?;
                    files.extend(found.into_iter().map(Stored::from));
                }
                Ok(Some(format!("],\"files\":{}}}", serde_json::to_string(&files)?)))
            }
            Place::End => Ok(None),
        }
    }

    async fn messages(&mut self, index: usize, after: Option<(Timestamp, MessageId)>) -> Result<String, WriteError> {
        let Some(part) = self.export.parts.get(index).copied() else {
            self.place = Place::Files;
            return Ok(String::new());
        };
        let (messages, next) = self.export.messages(&self.app, part, after).await?;
        self.place = match next {
            Some(place) => Place::Messages(index, Some(place)),
            None => Place::Messages(index + 1, None),
        };
        let mut text = String::new();
        for message in messages {
            self.files.extend(message.content.media().map(|media| media.media_id));
            if std::mem::replace(&mut self.is_begun, true) {
                text.push(',');
            }
            text.push_str(&serde_json::to_string(&message)?);
        }
        Ok(text)
    }
}
