//! Messages: sending, and what became of them.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::inbox;
use pesan_app::messaging::{self, MediaSource, NewContent, NewMedia, NewMessage, Sent};
use pesan_model::content::MediaKind;
use pesan_model::message::Message;
use pesan_model::{AccountId, AccountState, Flaw, MediaId, MessageId, MessageStatus, Metadata, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Made;
use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Create, NoBody, Path, REPEATABLE};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(send_message))
        .routes(routes!(get_message, delete_message))
        .routes(routes!(cancel_message))
        .routes(routes!(resume_message))
        .routes(routes!(retry_message))
        .routes(routes!(mark_message_played))
}

/// A message to send: the field named by `type` says what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMessageBody {
    /// Through which account.
    account_id: AccountId,
    /// To whom: a number with country code, or a WhatsApp address (`…@s.whatsapp.net`, `…@g.us`, or the `…@lid` of
    /// somebody who wrote before).
    #[schema(example = "+62 800-0000-0001")]
    to: String,
    /// What kind.
    #[serde(rename = "type")]
    kind: NewKind,
    text: Option<NewText>,
    image: Option<NewFile>,
    video: Option<NewFile>,
    document: Option<NewFile>,
    audio: Option<NewFile>,
    reaction: Option<NewReaction>,
    /// The message it answers, in the same chat: one that the other side has, or gets before.
    reply_to: Option<MessageId>,
    /// Not before this time, within a year. When it comes, the message goes behind what waits in its chat.
    send_at: Option<Timestamp>,
    /// Shown wherever the message is, and looked at by nobody: for a number of yours, for example.
    metadata: Option<Metadata>,
}

/// The kinds that can be sent.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum NewKind {
    Text,
    Image,
    Video,
    Document,
    Audio,
    Reaction,
}

/// Plain text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewText {
    /// 1 to 4,096 characters.
    #[schema(min_length = 1, max_length = 4096)]
    body: String,
}

/// A file: exactly one of `media_id`, `link` and `data`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewFile {
    /// It was uploaded with `POST /v1/media`.
    media_id: Option<MediaId>,
    /// It is fetched from this address.
    link: Option<String>,
    /// It is here, as base64 or as a data URL: for files up to 16 MiB. Larger ones are uploaded first.
    data: Option<String>,
    /// The text under it, at most 1,024 characters.
    #[schema(max_length = 1024)]
    caption: Option<String>,
    /// The name a document is saved under.
    file_name: Option<String>,
    /// Sound as a voice note that was recorded in the chat.
    #[serde(default)]
    voice: bool,
}

/// An emoji on another message.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewReaction {
    /// The message it is on: one that the other side has, or gets before.
    message_id: MessageId,
    /// One emoji; empty takes the reaction back.
    emoji: String,
}

/// A message that will be sent.
#[derive(Serialize, ToSchema)]
pub(super) struct AcceptedMessage {
    #[serde(flatten)]
    message: Message,
    /// True when the account is not connected: the message waits until it is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    session_disconnected: bool,
    /// What to do about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Waiting>,
}

/// Why a message waits.
#[derive(Serialize, ToSchema)]
struct Waiting {
    /// Always `session_disconnected`.
    #[schema(value_type = String)]
    code: &'static str,
    /// What the account is doing, and what to do.
    #[schema(value_type = String)]
    detail: &'static str,
}

impl From<Sent> for AcceptedMessage {
    fn from(sent: Sent) -> Self {
        // A repeat shows the message as it is by now.
        let is_waiting = sent.account_state != AccountState::Connected && sent.message.status == MessageStatus::Queued;
        Self {
            message: sent.message,
            session_disconnected: is_waiting,
            problem: is_waiting.then_some(Waiting {
                code: "session_disconnected",
                detail: sent.account_advice,
            }),
        }
    }
}

impl NewMessageBody {
    pub(super) fn into_new(self) -> Answer<NewMessage> {
        let given: Vec<&str> = [
            ("text", self.text.is_some()),
            ("image", self.image.is_some()),
            ("video", self.video.is_some()),
            ("document", self.document.is_some()),
            ("audio", self.audio.is_some()),
            ("reaction", self.reaction.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_given)| is_given.then_some(name))
        .collect();
        let content = match self.kind {
            NewKind::Text => self.text.map(|text| NewContent::Text { body: text.body }),
            NewKind::Reaction => self.reaction.map(|reaction| NewContent::Reaction {
                message_id: reaction.message_id,
                emoji: reaction.emoji,
            }),
            NewKind::Image => media(MediaKind::Image, self.image)?,
            NewKind::Video => media(MediaKind::Video, self.video)?,
            NewKind::Document => media(MediaKind::Document, self.document)?,
            NewKind::Audio => media(MediaKind::Audio, self.audio)?,
        };
        let name = self.kind.name();
        if let Some(extra) = given.into_iter().find(|extra| *extra != name) {
            return Err(Problem::field(format!("/{extra}"), Flaw::NotOfThisType { kind: name }));
        }
        Ok(NewMessage {
            account_id: self.account_id,
            to: self.to,
            content: content.ok_or_else(|| Problem::field(format!("/{name}"), Flaw::Required))?,
            reply_to: self.reply_to,
            send_at: self.send_at,
            metadata: self.metadata,
        })
    }
}

impl NewKind {
    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => MediaKind::Image.name(),
            Self::Video => MediaKind::Video.name(),
            Self::Document => MediaKind::Document.name(),
            Self::Audio => MediaKind::Audio.name(),
            Self::Reaction => "reaction",
        }
    }
}

fn media(kind: MediaKind, file: Option<NewFile>) -> Answer<Option<NewContent>> {
    let Some(file) = file else { return Ok(None) };
    let source = match (file.media_id, file.link, file.data) {
        (Some(id), None, None) => MediaSource::Stored(id),
        (None, Some(link), None) => MediaSource::Link(link),
        (None, None, Some(data)) => MediaSource::Data(data),
        _ => {
            return Err(Problem::field(
                format!("/{}", kind.name()),
                Flaw::ExactlyOneOf {
                    fields: vec!["media_id", "link", "data"],
                },
            ));
        }
    };
    Ok(Some(NewContent::Media(NewMedia {
        kind,
        source,
        caption: file.caption,
        file_name: file.file_name,
        voice: file.voice,
    })))
}

/// Sends a message. When this answers, it is stored and will be sent in its turn, whatever happens to the server.
#[utoipa::path(post, path = "/v1/messages", tag = "messages", operation_id = "sendMessage",
    request_body = NewMessageBody,
    params(("Idempotency-Key" = Option<String>, Header, description = REPEATABLE)), responses(
    (status = 202, description = "The message, queued.", body = AcceptedMessage),
    (status = 422, description = "A field is wrong, or names something that does not exist; nothing was queued.", body = Problem, content_type = "application/problem+json"),
))]
async fn send_message(
    State(server): State<Shared>,
    Auth(caller): Auth,
    request: Create<NewMessageBody>,
) -> Answer<Made<AcceptedMessage>> {
    let new = request.body.into_new()?;
    let sent = messaging::send(&server.app, &caller, new, request.idempotency).await?;
    Ok(Made {
        status: StatusCode::ACCEPTED,
        location: format!("/v1/messages/{}", sent.message.id),
        is_replayed: sent.is_replay,
        body: sent.into(),
    })
}

/// Shows a message. One that was deleted has `deleted_at`.
#[utoipa::path(get, path = "/v1/messages/{id}", tag = "messages", operation_id = "getMessage",
    params(("id" = MessageId, Path)), responses(
    (status = 200, description = "The message.", body = Message),
    (status = 404, description = "There is no such message.", body = Problem, content_type = "application/problem+json"),
))]
async fn get_message(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<MessageId>,
) -> Answer<JsonBody<Message>> {
    Ok(JsonBody(messaging::get(&server.app, &caller, id).await?))
}

/// Deletes a message here, with nothing taken back from the other person. It leaves every list; asked for by its id it
/// still answers, with `deleted_at`. One that waits is cancelled. Deleting it again changes nothing.
#[utoipa::path(delete, path = "/v1/messages/{id}", tag = "messages", operation_id = "deleteMessage",
    params(("id" = MessageId, Path)), responses(
    (status = 204, description = "Deleted."),
    (status = 404, description = "There is no such message.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "It is being sent right now, or may have left without an answer (`being_sent`).", body = Problem, content_type = "application/problem+json"),
))]
async fn delete_message(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<MessageId>,
) -> Answer<StatusCode> {
    messaging::delete(&server.app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Cancels a message that still waits.
#[utoipa::path(post, path = "/v1/messages/{id}/cancel", tag = "messages", operation_id = "cancelMessage",
    params(("id" = MessageId, Path)), responses(
    (status = 200, description = "The message, cancelled.", body = Message),
    (status = 404, description = "There is no such message.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "It does not wait any more.", body = Problem, content_type = "application/problem+json"),
))]
async fn cancel_message(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<MessageId>,
    _: NoBody,
) -> Answer<JsonBody<Message>> {
    Ok(JsonBody(messaging::cancel(&server.app, &caller, id).await?))
}

/// Queues a cancelled message again, in its place: before what was written after it in its chat and still waits. A time before
/// which it was not to leave holds on; one that has passed is no reason to wait.
#[utoipa::path(post, path = "/v1/messages/{id}/resume", tag = "messages", operation_id = "resumeMessage",
    params(("id" = MessageId, Path)), responses(
    (status = 200, description = "The message, queued.", body = Message),
    (status = 404, description = "There is no such message.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "It was not cancelled (`not_cancelled`), or was deleted (`deleted`).", body = Problem,
        content_type = "application/problem+json"),
))]
async fn resume_message(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<MessageId>,
    _: NoBody,
) -> Answer<JsonBody<Message>> {
    Ok(JsonBody(messaging::resume(&server.app, &caller, id).await?))
}

/// Queues a failed message again, at most three times. The other person gets it once, even if it arrived the first time.
#[utoipa::path(post, path = "/v1/messages/{id}/retry", tag = "messages", operation_id = "retryMessage",
    params(("id" = MessageId, Path)), responses(
    (status = 200, description = "The message, queued.", body = Message),
    (status = 404, description = "There is no such message.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "It did not fail (`not_failed`), was deleted (`deleted`), or was retried three times \
        (`too_many_retries`).", body = Problem, content_type = "application/problem+json"),
))]
async fn retry_message(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<MessageId>,
    _: NoBody,
) -> Answer<JsonBody<Message>> {
    Ok(JsonBody(messaging::retry(&server.app, &caller, id).await?))
}

/// Tells the other side that a voice note of theirs was played. Marking its chat as read comes before, and apart from it.
#[utoipa::path(post, path = "/v1/messages/{id}/played", tag = "messages", operation_id = "markMessagePlayed",
    params(("id" = MessageId, Path)), responses(
    (status = 204, description = "Told."),
    (status = 404, description = "There is no such message.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "It is no voice note that came in.", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The account is not connected.", body = Problem, content_type = "application/problem+json"),
))]
async fn mark_message_played(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<MessageId>,
    _: NoBody,
) -> Answer<StatusCode> {
    inbox::mark_played(&server.app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
