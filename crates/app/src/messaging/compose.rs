//! Checks what a new message says, and gets its file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pesan_model::content::{Media, MediaKind, Reaction, Text};
use pesan_model::visible::seen;
use pesan_model::{
    Address, Capabilities, ChatId, Content, Flaw, MediaId, MessageId, Metadata, OrganizationId, ProviderKind, Timestamp,
};
use pesan_store::media::{MediaState, StoredMedia};
use pesan_store::{Error as StoreError, Tx};

use super::{MediaSource, NewContent, NewMedia, NewMessage, target, words};
use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, FieldError, Result};
use crate::media::{self, Incoming};

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
    /// A file that came along: it lies in its place, and gets its row with the message.
    NewFile {
        kind: MediaKind,
        media: Media,
        row: StoredMedia,
    },
    /// An emoji on this message.
    Reaction { message_id: MessageId, emoji: String },
}

/// Checks the content; fetches the file of one that has one, and puts it into its place.
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
            with_file(app, caller, new).await
        }
    }
}

/// Looks at the file, and keeps one that came along only when it can be sent.
async fn with_file(app: &Arc<App>, caller: &Caller, new: &NewMedia) -> Result<Draft> {
    match file(app, caller, new).await? {
        File::Stored(stored) => {
            check_file(new, &stored.mime, stored.size)?;
            let path = stored.sha256.map(|sha256| media::path_of(app, &sha256));
            let media = shown(new, &stored, path.as_deref()).await?;
            Ok(Draft::Ready(new.kind.content(media)))
        }
        File::New(file) => {
            check_file(new, file.mime(), Some(file.size()))?;
            let row = file.row(app);
            let media = shown(new, &row, Some(file.path())).await?;
            media::place(app, file).await?;
            Ok(Draft::NewFile {
                kind: new.kind,
                media,
                row,
            })
        }
    }
}

/// How the file is shown whose content lies at this path.
async fn shown(new: &NewMedia, file: &StoredMedia, path: Option<&Path>) -> Result<Media> {
    let (mut mime, mut seconds) = (file.mime.clone(), None);
    if let (true, Some(path)) = (new.voice, path) {
        let Some(note) = media::voice_note(path).await? else {
            let kind = new.kind.name();
            return Err(Error::field(format!("/{kind}/voice"), Flaw::NotAVoiceNote));
        };
        // Whatever whoever gave the file calls it: phones play a voice note under this name only.
        media::VOICE_NOTE.clone_into(&mut mime);
        seconds = note.seconds;
    }
    Ok(Media {
        media_id: file.id,
        mime,
        size: file.size,
        caption: new.caption.clone().filter(|caption| !caption.is_empty()),
        file_name: new.file_name.clone().or_else(|| file.file_name.clone()),
        voice: new.voice,
        seconds,
    })
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
    if least > 0 && seen(text).is_none() {
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

/// The file of a message.
enum File {
    /// It was uploaded before.
    Stored(StoredMedia),
    /// It came along.
    New(Incoming),
}

async fn file(app: &Arc<App>, caller: &Caller, new: &NewMedia) -> Result<File> {
    let pointer = place(new);
    match &new.source {
        MediaSource::Stored(id) => stored(app, caller, pointer, *id).await.map(File::Stored),
        MediaSource::Link(link) => {
            let limit = new.kind.max_bytes().min(app.settings.max_upload_bytes);
            let fetched = Incoming::from_link(app, link, limit).await;
            fetched.map(File::New).map_err(|error| at(error, pointer))
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
            let taken = Incoming::from_bytes(app, bytes, described).await;
            taken.map(File::New).map_err(|error| at(error, pointer))
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

fn check_file(new: &NewMedia, mime: &str, size: Option<u64>) -> Result<()> {
    let kind = new.kind;
    let name = kind.name();
    if !kind.accepts(mime) {
        return Err(Error::field(
            format!("/{name}"),
            Flaw::WrongFileType {
                mime: mime.to_owned(),
                kind: name,
            },
        ));
    }
    if size.unwrap_or(0) > kind.max_bytes() {
        let max_bytes = kind.max_bytes();
        return Err(Error::field(place(new), Flaw::FileTooLarge { max_bytes }));
    }
    if size == Some(0) {
        return Err(Error::field(place(new), Flaw::FileEmpty));
    }
    Ok(())
}

/// Completes the content inside the transaction: a new file gets its row, and a reaction needs the message it is on.
pub(super) async fn finish(
    tx: &mut Tx<'_>,
    (organization, chat): (OrganizationId, ChatId),
    draft: Draft,
    now: Timestamp,
) -> Result<Content> {
    match draft {
        Draft::Ready(content) => Ok(content),
        Draft::NewFile { kind, media, row } => {
            let media_id = media::name(tx, organization, row).await?.id;
            Ok(kind.content(Media { media_id, ..media }))
        }
        Draft::Reaction { message_id, emoji } => {
            let named = (message_id, "/reaction/message_id");
            let on = target::get(tx, (organization, chat), named, now).await?;
            Ok(Content::Reaction(Reaction {
                message_id: Some(message_id),
                wa_id: Some(on.wa_id),
                emoji,
            }))
        }
    }
}
