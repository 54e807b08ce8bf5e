//! Checks what a new message says, and gets its file.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pesan_model::content::{Media, MediaKind, Reaction, Text};
use pesan_model::{
    Address, Capabilities, ChatId, Content, Flaw, MediaId, MessageId, Metadata, OrganizationId, ProviderKind, Timestamp,
};
use pesan_store::media::{MediaState, StoredMedia};
use pesan_store::{Error as StoreError, Tx, message};

use super::{MediaSource, NewContent, NewMedia, NewMessage, words};
use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, FieldError, Result};
use crate::media;

/// Messages are scheduled at most a year ahead.
const MAX_SCHEDULE: Duration = Duration::from_hours(366 * 24);

/// Reads whom it is for.
pub(super) fn address(to: &str) -> Result<Address> {
    to.parse()
        .map_err(|error: pesan_model::address::AddressError| Error::field("/to", error))
}

/// Checks when it is for.
pub(super) fn check_time(app: &App, send_at: Option<Timestamp>) -> Result<()> {
    let Some(send_at) = send_at else { return Ok(()) };
    if send_at > app.clock.now().plus(MAX_SCHEDULE) {
        return Err(Error::field("/send_at", Flaw::TooFarAhead));
    }
    Ok(())
}

/// Checks what is given along.
pub(super) fn check_metadata(metadata: Option<&Metadata>) -> Result<()> {
    let bytes = metadata.map_or(0, |metadata| metadata.to_json().len());
    if bytes > Metadata::MAX_BYTES {
        let max = Metadata::MAX_BYTES;
        return Err(Error::field("/metadata", Flaw::TooManyBytes { max }));
    }
    Ok(())
}

/// What it says, as far as it can be known outside the transaction.
#[derive(Clone)]
pub(super) enum Draft {
    /// Complete.
    Ready(Content),
    /// An emoji on this message.
    Reaction { message_id: MessageId, emoji: String },
}

/// Checks the content; fetches and stores the file of one that has one.
pub(super) async fn content(app: &Arc<App>, caller: &Caller, new: &NewMessage) -> Result<Draft> {
    let capabilities = Capabilities::of(ProviderKind::LinkedDevice);
    match &new.content {
        NewContent::Text { body } => {
            check_text("/text/body", body, (1, capabilities.text_chars))?;
            Ok(Draft::Ready(Content::Text(Text { body: body.clone() })))
        }
        NewContent::Reaction { message_id, emoji } => {
            if !emoji.is_empty() && !words::is_emoji(emoji) {
                return Err(Error::field("/reaction/emoji", Flaw::NotAnEmoji));
            }
            Ok(Draft::Reaction {
                message_id: *message_id,
                emoji: emoji.clone(),
            })
        }
        NewContent::Media(new) => {
            let kind = new.kind.name();
            if !capabilities.media.contains(&new.kind) {
                return Err(Error::field("/type", Flaw::CannotSend { kind }));
            }
            ensure_fitting(new)?;
            if let Some(caption) = &new.caption {
                check_text(&format!("/{kind}/caption"), caption, (0, capabilities.caption_chars))?;
            }
            if new.file_name.as_ref().is_some_and(|name| !media::is_file_name(name)) {
                return Err(Error::field(
                    format!("/{kind}/file_name"),
                    Flaw::NotAFileName {
                        max: media::MAX_FILE_NAME,
                    },
                ));
            }
            let stored = file(app, caller, new).await?;
            check_file(new, &stored)?;
            let (mut mime, mut seconds) = (stored.mime, None);
            if let (true, Some(sha256)) = (new.voice, &stored.sha256) {
                let Some(note) = media::voice_note(app, sha256).await? else {
                    return Err(Error::field(format!("/{kind}/voice"), Flaw::NotAVoiceNote));
                };
                // Whatever whoever gave the file calls it: phones play a voice note under this name only.
                media::VOICE_NOTE.clone_into(&mut mime);
                seconds = note.seconds;
            }
            Ok(Draft::Ready(new.kind.content(Media {
                media_id: stored.id,
                mime,
                size: stored.size,
                caption: new.caption.clone().filter(|caption| !caption.is_empty()),
                file_name: new.file_name.clone().or(stored.file_name),
                voice: new.voice,
                seconds,
            })))
        }
    }
}

/// What WhatsApp would leave out without a word is refused.
fn ensure_fitting(new: &NewMedia) -> Result<()> {
    let kind = new.kind.name();
    let is_audio = new.kind == MediaKind::Audio;
    let given = [
        ("caption", is_audio && new.caption.is_some()),
        ("file_name", is_audio && new.file_name.is_some()),
        ("voice", !is_audio && new.voice),
    ];
    match given.into_iter().find(|(_, is_odd)| *is_odd) {
        Some((field, _)) => Err(Error::field(format!("/{kind}/{field}"), Flaw::NotOfThisKind { kind })),
        None => Ok(()),
    }
}

fn check_text(pointer: &str, text: &str, (least, most): (usize, usize)) -> Result<()> {
    if least > 0 && words::is_blank(text) {
        return Err(Error::field(pointer, Flaw::Empty));
    }
    let length = text.chars().count();
    if length > most {
        return Err(Error::field(
            pointer,
            Flaw::TooLong {
                max: most,
                length: Some(length),
            },
        ));
    }
    Ok(())
}

/// The field that gives the file.
fn place(new: &NewMedia) -> String {
    let field = match &new.source {
        MediaSource::Stored(_) => "media_id",
        MediaSource::Link(_) => "link",
        MediaSource::Data(_) => "data",
    };
    format!("/{}/{field}", new.kind.name())
}

async fn file(app: &Arc<App>, caller: &Caller, new: &NewMedia) -> Result<StoredMedia> {
    let pointer = place(new);
    match &new.source {
        MediaSource::Stored(id) => stored(app, caller, pointer, *id).await,
        MediaSource::Link(link) => {
            let limit = new.kind.max_bytes().min(app.settings.max_upload_bytes);
            media::store_from_link(app, caller, link, limit)
                .await
                .map_err(|error| at(error, pointer))
        }
        MediaSource::Data(data) => {
            let (mime, text) =
                data_url(data).map_or((None, data.as_str()), |(mime, text)| (Some(mime.to_owned()), text));
            let bytes = STANDARD
                .decode(text.trim())
                .map_err(|_| Error::field(pointer.as_str(), Flaw::NotBase64))?;
            let described = media::Described {
                mime,
                file_name: new.file_name.clone(),
            };
            media::store_bytes(app, caller, bytes, described)
                .await
                .map_err(|error| at(error, pointer))
        }
    }
}

/// The type and the base64 of a data URL. Its words have no case.
fn data_url(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_at_checked(5)?;
    let (head, data) = rest.split_once(',')?;
    let (mime, coding) = head.rsplit_once(';')?;
    (scheme.eq_ignore_ascii_case("data:") && coding.trim().eq_ignore_ascii_case("base64")).then_some((mime, data))
}

/// A file that was too large or not to be had is a wrong field of the message.
fn at(error: Error, pointer: String) -> Error {
    match error {
        Error::TooLarge { limit_bytes } => Error::field(pointer, Flaw::FileTooLarge { max_bytes: limit_bytes }),
        Error::Invalid(fields) => Error::Invalid(
            fields
                .into_iter()
                .map(|field| FieldError::new(pointer.clone(), field.flaw))
                .collect(),
        ),
        error => error,
    }
}

async fn stored(app: &Arc<App>, caller: &Caller, pointer: String, id: MediaId) -> Result<StoredMedia> {
    let organization = caller.organization_id;
    let found = app
        .store
        .read(move |tx| Box::pin(async move { pesan_store::media::get(tx, organization, id).await }))
        .await
        .map_err(|error| match error {
            StoreError::NotFound { .. } => Error::field(pointer.as_str(), Flaw::NoSuchFile),
            error => error.into(),
        })?;
    if found.state != MediaState::Ready {
        return Err(Error::field(pointer, Flaw::FileNotStored));
    }
    Ok(found)
}

fn check_file(new: &NewMedia, file: &StoredMedia) -> Result<()> {
    let kind = new.kind;
    let name = kind.name();
    if !kind.accepts(&file.mime) {
        return Err(Error::field(
            format!("/{name}"),
            Flaw::WrongFileType {
                mime: file.mime.clone(),
                kind: name,
            },
        ));
    }
    if file.size.unwrap_or(0) > kind.max_bytes() {
        let max_bytes = kind.max_bytes();
        return Err(Error::field(place(new), Flaw::FileTooLarge { max_bytes }));
    }
    if file.size == Some(0) {
        return Err(Error::field(place(new), Flaw::FileEmpty));
    }
    Ok(())
}

/// Completes the content inside the transaction: a reaction needs the message it is on.
pub(super) async fn finish(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    chat: ChatId,
    draft: Draft,
) -> Result<Content> {
    match draft {
        Draft::Ready(content) => Ok(content),
        Draft::Reaction { message_id, emoji } => {
            let pointer = "/reaction/message_id";
            let target = match message::get(tx, organization, message_id).await {
                Ok(target) if target.chat_id == chat && target.deleted_at.is_none() => target,
                Ok(_) | Err(StoreError::NotFound { .. }) => {
                    return Err(Error::field(pointer, Flaw::NoSuchMessage));
                }
                Err(error) => return Err(error.into()),
            };
            Ok(Content::Reaction(Reaction {
                message_id: Some(message_id),
                wa_id: Some(target.wa_id),
                emoji,
            }))
        }
    }
}

/// The message it answers is in the same chat.
pub(super) async fn check_reply(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    chat: ChatId,
    answered: MessageId,
) -> Result<()> {
    match message::get(tx, organization, answered).await {
        Ok(message) if message.chat_id == chat && message.deleted_at.is_none() => Ok(()),
        Ok(_) | Err(StoreError::NotFound { .. }) => Err(Error::field("/reply_to", Flaw::NoSuchMessage)),
        Err(error) => Err(error.into()),
    }
}
