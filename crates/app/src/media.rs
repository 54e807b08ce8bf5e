//! Files: stored once on disk under the hash of their content, streamed in and out.

mod voice_note;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use pesan_model::{Flaw, MediaId, OrganizationId, Permission};
pub use pesan_store::media::{MediaState, StoredMedia};
use pesan_store::{Error as StoreError, Tx, media};
use sha2::{Digest, Sha256};
use tokio::fs;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

pub(crate) use self::voice_note::VOICE_NOTE;
use self::voice_note::VoiceNote;
use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, Result};
use crate::idempotency::{self, KeyText, once};
use crate::net;

/// What the sender says of a file.
#[derive(Debug, Clone, Default)]
pub struct Described {
    /// Its type, as claimed.
    pub mime: Option<String>,
    /// Its name.
    pub file_name: Option<String>,
}

/// What storing a file answers.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The file.
    pub media: StoredMedia,
    /// True when the same `Idempotency-Key` had stored it before.
    pub is_replay: bool,
}

/// What a file turned out to be.
#[derive(Clone, Copy)]
pub(crate) struct Content {
    pub(crate) sha256: [u8; 32],
    pub(crate) size: u64,
}

/// A file that came in whole, and what it turned out to be. It is gone with this unless it is put into its place.
pub(crate) struct Incoming {
    temporary: Temporary,
    content: Content,
    mime: String,
    file_name: Option<String>,
}

impl Incoming {
    /// One that is in memory.
    pub(crate) async fn from_bytes(app: &App, bytes: Vec<u8>, described: Described) -> Result<Self> {
        let piece = futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from(bytes))]);
        Self::from_stream(app, piece, described).await
    }

    /// One that is fetched from an address.
    pub(crate) async fn from_link(app: &App, link: &str, limit: u64) -> Result<Self> {
        let temporary = Temporary::new(app).await?;
        let download = app
            .net
            .download_to(link, &temporary.0, limit)
            .await
            .map_err(not_fetched)?;
        let described = Described {
            mime: download.mime,
            // A name that the other server made up is no reason to refuse its file.
            file_name: download.file_name.filter(|name| is_file_name(name)),
        };
        Self::look_at(temporary, described).await
    }

    /// One that comes in pieces, of at most as many bytes as the settings allow.
    async fn from_stream<S, E>(app: &App, mut pieces: S, described: Described) -> Result<Self>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let limit = app.settings.max_upload_bytes;
        let temporary = Temporary::new(app).await?;
        let mut file = fs::File::create(&temporary.0).await.map_err(disk)?;
        let mut size = 0_u64;
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|_| Error::field("/file", Flaw::UploadBrokeOff))?;
            size += piece.len() as u64;
            if size > limit {
                return Err(Error::TooLarge { limit_bytes: limit });
            }
            file.write_all(&piece).await.map_err(disk)?;
        }
        file.flush().await.map_err(disk)?;
        drop(file);
        Self::look_at(temporary, described).await
    }

    async fn look_at(temporary: Temporary, described: Described) -> Result<Self> {
        if let Some(name) = &described.file_name
            && !is_file_name(name)
        {
            return Err(Error::field("/file_name", Flaw::NotAFileName { max: MAX_FILE_NAME }));
        }
        Ok(Self {
            mime: type_of(&temporary.0, &described).await?,
            content: digest(&temporary).await?,
            temporary,
            file_name: described.file_name,
        })
    }

    pub(crate) fn mime(&self) -> &str {
        &self.mime
    }

    pub(crate) fn size(&self) -> u64 {
        self.content.size
    }

    /// Where it is now.
    pub(crate) fn path(&self) -> &Path {
        &self.temporary.0
    }

    /// A row for it, to be stored once it is in its place.
    pub(crate) fn row(&self, app: &App) -> StoredMedia {
        StoredMedia {
            id: MediaId::new(&*app.clock, &*app.random),
            state: MediaState::Ready,
            sha256: Some(self.content.sha256),
            mime: self.mime.clone(),
            size: Some(self.content.size),
            file_name: self.file_name.clone(),
            remote: None,
            error: None,
            created_at: app.clock.now(),
        }
    }
}

/// Stores a file that comes in pieces, of at most as many bytes as the settings allow.
///
/// # Errors
/// [`Error::Conflict`] with `idempotency_key_reused` when the key came with another file, name or type before.
pub async fn store_stream<S, E>(
    app: &Arc<App>,
    caller: &Caller,
    pieces: S,
    described: Described,
    key: Option<KeyText>,
) -> Result<Stored>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    caller.require(Permission::MessagesSend)?;
    let file = Incoming::from_stream(app, pieces, described).await?;
    keep(app, caller, file, key).await
}

fn not_fetched(error: net::Error) -> Error {
    let not_had = |reason| Error::field("/file", Flaw::NotFetched { reason });
    match error {
        net::Error::TooLarge { limit_bytes } => Error::TooLarge { limit_bytes },
        net::Error::File(error) => disk(error),
        net::Error::Setup(_) => Error::internal("fetch a file", error),
        net::Error::Timeout => not_had("the server took too long to send it".to_owned()),
        net::Error::Refused(_)
        | net::Error::Connect(_)
        | net::Error::Broken(_)
        | net::Error::Status(_)
        | net::Error::TooManyRedirects => not_had(error.to_string()),
    }
}

/// The name under which the keys of uploads are remembered.
const OPERATION: &str = "media";

async fn keep(app: &Arc<App>, caller: &Caller, file: Incoming, key: Option<KeyText>) -> Result<Stored> {
    let organization = caller.organization_id;
    let key = key.map(|key| key.of(fingerprint(&file.content, &file.mime, file.file_name.as_deref())));
    // Another file under a known key must not come to lie on the disk without a row.
    if let Some(first) = idempotency::find(app, caller, OPERATION, key.as_ref()).await? {
        return replay(app, organization, first.into()).await;
    }
    let row = file.row(app);
    place(app, file).await?;
    let caller = caller.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let same = find_same(tx, organization, &row).await?;
                let id = same.as_ref().map_or(row.id, |same| same.id).uuid();
                if let Some(first) = once(tx, &caller, OPERATION, key.as_ref(), (id, row.created_at)).await? {
                    let media = media::get(tx, organization, first.into()).await?;
                    return Ok(Stored { media, is_replay: true });
                }
                let media = match same {
                    Some(same) => same,
                    None => {
                        media::insert(tx, organization, &row).await?;
                        row
                    }
                };
                Ok(Stored {
                    media,
                    is_replay: false,
                })
            })
        })
        .await
}

/// The same file under the same name: one row, so that sending it a thousand times is one upload.
async fn find_same(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    row: &StoredMedia,
) -> Result<Option<StoredMedia>, StoreError> {
    let Some(sha256) = &row.sha256 else { return Ok(None) };
    let found = media::find_by_content(tx, organization, sha256).await?;
    Ok(found.filter(|found| found.mime == row.mime && found.file_name == row.file_name))
}

/// Stores the row of a file that is in its place, unless there is one that says the same.
pub(crate) async fn name(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    row: StoredMedia,
) -> Result<StoredMedia, StoreError> {
    if let Some(same) = find_same(tx, organization, &row).await? {
        return Ok(same);
    }
    media::insert(tx, organization, &row).await?;
    Ok(row)
}

/// What makes two uploads the same request. Not the body as it came: every form draws its boundary anew.
fn fingerprint(content: &Content, mime: &str, file_name: Option<&str>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(content.sha256);
    for text in [mime, file_name.unwrap_or_default()] {
        hash.update(text.as_bytes());
        hash.update([0]);
    }
    hash.finalize().into()
}

/// What an earlier upload with the same key stored.
async fn replay(app: &Arc<App>, organization: OrganizationId, first: MediaId) -> Result<Stored> {
    let media = app
        .store
        .read::<_, Error, _>(move |tx| Box::pin(async move { Ok(media::get(tx, organization, first).await?) }))
        .await?;
    Ok(Stored { media, is_replay: true })
}

/// The most characters of a file's name.
pub(crate) const MAX_FILE_NAME: usize = 255;

/// True for a name that can be shown and saved: no path, no control characters, of a bearable length.
pub(crate) fn is_file_name(name: &str) -> bool {
    (1..=MAX_FILE_NAME).contains(&name.chars().count())
        && name != "."
        && name != ".."
        && !name.contains(['/', '\\'])
        && !name.chars().any(char::is_control)
}

/// What is known of a file.
pub async fn get(app: &Arc<App>, caller: &Caller, id: MediaId) -> Result<StoredMedia> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    Ok(app
        .store
        .read(move |tx| Box::pin(async move { media::get(tx, organization, id).await }))
        .await?)
}

/// A file's description and where its content is on this machine.
///
/// # Errors
/// [`Error::Conflict`] with `media_pending` while it is still at WhatsApp, [`Error::Gone`] when it cannot be had.
pub async fn open(app: &Arc<App>, caller: &Caller, id: MediaId) -> Result<(StoredMedia, PathBuf)> {
    let found = get(app, caller, id).await?;
    match (found.state, found.sha256) {
        (MediaState::Ready, Some(sha256)) => Ok((found, path_of(app, &sha256))),
        (MediaState::Pending, _) => Err(Error::Conflict {
            code: "media_pending",
            detail: "the file is still being fetched from WhatsApp".to_owned(),
        }),
        (MediaState::Ready | MediaState::Failed, _) => Err(Error::Gone {
            code: "media_gone",
            detail: found
                .error
                .unwrap_or_else(|| "the file can no longer be had from WhatsApp".to_owned()),
        }),
    }
}

/// Where content with this hash is on disk.
pub(crate) fn path_of(app: &App, sha256: &[u8; 32]) -> PathBuf {
    let name = hex::encode(sha256);
    app.settings.data_dir.join("media").join(&name[..2]).join(name)
}

/// Where files are until they are complete.
pub(crate) fn incoming(app: &App) -> PathBuf {
    app.settings.data_dir.join("media").join("incoming")
}

/// A file on its way in: deleted unless it is kept.
pub(crate) struct Temporary(pub(crate) PathBuf);

impl Temporary {
    pub(crate) async fn new(app: &App) -> Result<Self> {
        let folder = incoming(app);
        fs::create_dir_all(&folder).await.map_err(disk)?;
        let name = pesan_model::id::new_uuid(&*app.clock, &*app.random)
            .simple()
            .to_string();
        Ok(Self(folder.join(name)))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Already moved to its place, or never made: both are fine.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Reads a complete file once, for its hash and size.
pub(crate) async fn digest(temporary: &Temporary) -> Result<Content> {
    let mut file = fs::File::open(&temporary.0).await.map_err(disk)?;
    let (mut hash, mut size, mut buffer) = (Sha256::new(), 0_u64, vec![0_u8; 64 * 1024]);
    loop {
        let length = file.read(&mut buffer).await.map_err(disk)?;
        if length == 0 {
            break;
        }
        hash.update(&buffer[..length]);
        size += length as u64;
    }
    Ok(Content {
        sha256: hash.finalize().into(),
        size,
    })
}

/// Moves a file to its place. Should no row come to name it, it is deleted after a while.
pub(crate) async fn place(app: &App, file: Incoming) -> Result<()> {
    settle(app, file.temporary, &file.content).await
}

/// Moves a complete file to its place, safe against a power cut: a row never names a file that is not there. Should no
/// row come to name it, it is deleted after a while.
pub(crate) async fn settle(app: &App, temporary: Temporary, content: &Content) -> Result<()> {
    let (sha256, now) = (content.sha256, app.clock.now());
    app.store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(media::loosen(tx, &sha256, now).await?) }))
        .await?;
    let file = fs::File::open(&temporary.0).await.map_err(disk)?;
    file.sync_all().await.map_err(disk)?;
    let path = path_of(app, &content.sha256);
    let folder = path.parent().expect("a file has a folder").to_owned();
    fs::create_dir_all(&folder).await.map_err(disk)?;
    fs::rename(&temporary.0, &path).await.map_err(disk)?;
    fs::File::open(&folder)
        .await
        .map_err(disk)?
        .sync_all()
        .await
        .map_err(disk)?;
    Ok(())
}

/// The type of a file: what its first bytes say, else what was claimed, else what its name says.
async fn type_of(path: &Path, described: &Described) -> Result<String> {
    let mut start = Vec::with_capacity(8192);
    fs::File::open(path)
        .await
        .map_err(disk)?
        .take(8192)
        .read_to_end(&mut start)
        .await
        .map_err(disk)?;
    if start.is_empty() {
        return Err(Error::field("/file", Flaw::FileEmpty));
    }
    let claimed = described
        .mime
        .as_deref()
        .map(in_lower_case)
        .filter(|mime| !mime.is_empty() && !mime.starts_with("application/octet-stream"));
    let is_odd = |mime: &str| mime.len() > 200 || !mime.contains('/') || mime.chars().any(char::is_control);
    if claimed.as_deref().is_some_and(is_odd) {
        return Err(Error::field("/file", Flaw::NotAFileType));
    }
    let seen = seen(&start);
    let family = |mime: &str| mime.split('/').next().unwrap_or_default().to_owned();
    match (claimed, seen) {
        // MP4 and Ogg hold sound or film; the first bytes cannot tell which.
        (Some(claimed), Some(seen))
            if family(&claimed) == family(seen)
                || (family(&claimed) == "audio" && matches!(seen, "video/mp4" | "application/ogg" | "video/webm"))
                || !matches!(family(&claimed).as_str(), "image" | "video" | "audio") =>
        {
            Ok(claimed)
        }
        (Some(claimed), Some(found)) => Err(Error::field("/file", Flaw::FileOfOtherType { claimed, found })),
        (Some(claimed), None) if matches!(family(&claimed).as_str(), "image" | "video" | "audio") => {
            Err(Error::field("/file", Flaw::FileNotOfType { claimed }))
        }
        (Some(claimed), None) => Ok(claimed),
        (None, Some(seen)) => Ok(seen.to_owned()),
        (None, None) => {
            let by_name = described
                .file_name
                .as_deref()
                .and_then(|name| mime_guess::from_path(name).first());
            Ok(by_name.map_or_else(
                || "application/octet-stream".to_owned(),
                |mime| mime.essence_str().to_owned(),
            ))
        }
    }
}

/// Types have no case; what follows them, such as the name of a codec, is left as it is.
fn in_lower_case(mime: &str) -> String {
    let (essence, rest) = mime.split_at(mime.find(';').unwrap_or(mime.len()));
    let essence = essence.trim().to_ascii_lowercase();
    format!("{essence}{}", rest.trim_end())
}

/// What the first bytes say a file is.
fn seen(start: &[u8]) -> Option<&'static str> {
    let kind = infer::get(start).map(|kind| kind.mime_type());
    kind.or_else(|| match start {
        // Every brand of the family of MP4, of which there are more than any list knows.
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("video/mp4"),
        // A frame of MPEG sound without a tag before it: eleven set bits, and neither a reserved version nor layer.
        [0xff, second, ..] if second & 0xe0 == 0xe0 && second & 0x18 != 0x08 && second & 0x06 != 0 => {
            Some("audio/mpeg")
        }
        _ => None,
    })
}

/// Whether the file at this path is what WhatsApp plays as a voice note: Opus in Ogg. None when it is anything else.
pub(crate) async fn voice_note(path: &Path) -> Result<Option<VoiceNote>> {
    let mut file = fs::File::open(path).await.map_err(disk)?;
    let mut start = Vec::with_capacity(64);
    (&mut file).take(64).read_to_end(&mut start).await.map_err(disk)?;
    let Some(pre_skip) = voice_note::pre_skip(&start) else {
        return Ok(None);
    };
    let size = file.metadata().await.map_err(disk)?.len();
    let from = size.saturating_sub(voice_note::MAX_PAGE);
    file.seek(std::io::SeekFrom::Start(from)).await.map_err(disk)?;
    let mut end = Vec::new();
    file.take(voice_note::MAX_PAGE)
        .read_to_end(&mut end)
        .await
        .map_err(disk)?;
    Ok(Some(VoiceNote {
        seconds: voice_note::seconds(pre_skip, &end),
    }))
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn disk(error: std::io::Error) -> Error {
    tracing::error!(%error, "could not use the media folder");
    Error::Unavailable {
        code: "disk_unavailable",
        detail: "the server's disk is full or does not answer".to_owned(),
    }
}
