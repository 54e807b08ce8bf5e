//! Files. The content is on disk, named for its hash; here is what is known of it.

use pesan_model::{MediaId, OrganizationId, Timestamp};

use crate::{Error, Tx, args, rows};

/// Where a file's content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaState {
    /// On disk.
    Ready,
    /// Still at WhatsApp.
    Pending,
    /// It cannot be had any more.
    Failed,
}

impl MediaState {
    fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Pending => "pending",
            Self::Failed => "failed",
        }
    }

    fn from_name(name: &str) -> Result<Self, Error> {
        [Self::Ready, Self::Pending, Self::Failed]
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or_else(|| Error::corrupt("media state", name))
    }
}

rows! {
    struct MediaRow {
        id: MediaId,
        state: String,
        sha256: Option<Vec<u8>>,
        mime: String,
        size: Option<u64>,
        file_name: Option<String>,
        remote: Option<Vec<u8>>,
        error: Option<String>,
        created_at: Timestamp,
    }
}

/// A file's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMedia {
    /// Its id.
    pub id: MediaId,
    /// Where its content is.
    pub state: MediaState,
    /// SHA-256 of its content, once it is on disk.
    pub sha256: Option<[u8; 32]>,
    /// For example `image/jpeg`.
    pub mime: String,
    /// Bytes, where known.
    pub size: Option<u64>,
    /// The name it is saved under.
    pub file_name: Option<String>,
    /// Where it is at WhatsApp, encrypted.
    pub remote: Option<Vec<u8>>,
    /// Why it cannot be had.
    pub error: Option<String>,
    /// When we heard of it.
    pub created_at: Timestamp,
}

impl MediaRow {
    fn into_media(self) -> Result<StoredMedia, Error> {
        let sha256 = self.sha256.map(hash).transpose()?;
        Ok(StoredMedia {
            id: self.id,
            state: MediaState::from_name(&self.state)?,
            sha256,
            mime: self.mime,
            size: self.size,
            file_name: self.file_name,
            remote: self.remote,
            error: self.error,
            created_at: self.created_at,
        })
    }
}

/// Adds a file.
pub async fn insert(tx: &mut Tx<'_>, organization_id: OrganizationId, media: &StoredMedia) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO media (id, organization_id, state, sha256, mime, size, file_name, remote, error, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        args![
            media.id,
            organization_id,
            media.state.name(),
            media.sha256.as_ref().map(<[u8; 32]>::as_slice),
            &media.mime,
            media.size,
            media.file_name.as_ref(),
            media.remote.as_ref(),
            media.error.as_ref(),
            media.created_at
        ],
    )
    .await?;
    Ok(())
}

/// The file.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: MediaId) -> Result<StoredMedia, Error> {
    let sql = format!(
        "SELECT {} FROM media WHERE organization_id = $1 AND id = $2",
        MediaRow::COLUMNS
    );
    tx.fetch_one::<MediaRow>("media", &sql, args![organization_id, id])
        .await?
        .into_media()
}

/// A file of the organization with this content, if there is one.
pub async fn find_by_content(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    sha256: &[u8; 32],
) -> Result<Option<StoredMedia>, Error> {
    let sql = format!(
        "SELECT {} FROM media WHERE organization_id = $1 AND sha256 = $2 ORDER BY id LIMIT 1",
        MediaRow::COLUMNS
    );
    tx.fetch_optional::<MediaRow>(&sql, args![organization_id, sha256])
        .await?
        .map(MediaRow::into_media)
        .transpose()
}

/// The content is on disk now.
pub async fn set_ready(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: MediaId,
    (sha256, size): (&[u8; 32], u64),
) -> Result<(), Error> {
    tx.execute(
        "UPDATE media SET state = $1, sha256 = $2, size = $3, error = NULL WHERE organization_id = $4 AND id = $5",
        args![MediaState::Ready.name(), sha256, size, organization_id, id],
    )
    .await?;
    Ok(())
}

/// The content cannot be had.
pub async fn set_failed(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: MediaId,
    error: &str,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE media SET state = $1, error = $2 WHERE organization_id = $3 AND id = $4",
        args![MediaState::Failed.name(), error, organization_id, id],
    )
    .await?;
    Ok(())
}

/// A message shows the file no more, or is gone: so is the file, unless something else has it. Its content is looked at
/// later.
pub async fn release(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: MediaId,
    now: Timestamp,
) -> Result<(), Error> {
    let deleted: Option<(Option<Vec<u8>>,)> = tx
        .fetch_optional(
            "DELETE FROM media WHERE id = $1 AND organization_id = $2 \
             AND NOT EXISTS (SELECT 1 FROM message WHERE message.media_id = $1) \
             AND NOT EXISTS (SELECT 1 FROM donation WHERE donation.media_id = $1) RETURNING sha256",
            args![id, organization_id],
        )
        .await?;
    match deleted {
        Some((Some(sha256),)) => loosen(tx, &sha256, now).await,
        Some((None,)) | None => Ok(()),
    }
}

/// The content is about to be stored, or a row that named it is gone: it is looked at again later. Waits for whoever is
/// looking at it now.
pub async fn loosen(tx: &mut Tx<'_>, sha256: &[u8], now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO loose_file (sha256, since) VALUES ($1, $2) \
         ON CONFLICT (sha256) DO UPDATE SET since = excluded.since",
        args![sha256, now],
    )
    .await?;
    Ok(())
}

/// A file and its age: the place in a list of files.
pub type Aged = (Timestamp, MediaId);

/// Up to `limit` files whose content is kept since before `before`, the oldest first: those after `after`.
pub async fn list_kept(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    before: Timestamp,
    after: Option<Aged>,
    limit: usize,
) -> Result<Vec<Aged>, Error> {
    let (at, id) = after.map_or((Timestamp::from_millis(i64::MIN), uuid::Uuid::nil()), |(at, id)| {
        (at, id.uuid())
    });
    tx.fetch_all(
        "SELECT created_at, id FROM media WHERE organization_id = $1 AND sha256 IS NOT NULL AND created_at < $2 \
         AND (created_at, id) > ($3, $4) ORDER BY created_at, id LIMIT $5",
        args![organization_id, before, at, id, limit],
    )
    .await
}

/// Forgets the content of a file, unless a donation has it, or a message that is newer than `before` or still to be sent.
/// What showed it goes on saying that there was a file. Says whether it was forgotten.
pub async fn forget_content(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: MediaId,
    (before, why): (Timestamp, &str),
    now: Timestamp,
) -> Result<bool, Error> {
    let unneeded = "organization_id = $1 AND id = $2 AND sha256 IS NOT NULL AND NOT EXISTS (SELECT 1 FROM message \
         WHERE message.media_id = $2 AND (message.at >= $3 OR message.status = 'queued')) \
         AND NOT EXISTS (SELECT 1 FROM donation WHERE donation.media_id = $2)";
    let sql = format!("SELECT sha256 FROM media WHERE {unneeded}");
    let found: Option<(Vec<u8>,)> = tx.fetch_optional(&sql, args![organization_id, id, before]).await?;
    let Some((sha256,)) = found else { return Ok(false) };
    let sql = format!("UPDATE media SET state = $4, sha256 = NULL, remote = NULL, error = $5 WHERE {unneeded}");
    let values = args![organization_id, id, before, MediaState::Failed.name(), why];
    if tx.execute(&sql, values).await? == 0 {
        return Ok(false);
    }
    loosen(tx, &sha256, now).await?;
    Ok(true)
}

/// Up to `limit` contents that perhaps no row names since before `before`, the longest first. For the process itself.
pub async fn list_loose(tx: &mut Tx<'_>, before: Timestamp, limit: usize) -> Result<Vec<[u8; 32]>, Error> {
    let rows: Vec<(Vec<u8>,)> = tx
        .fetch_all(
            "SELECT sha256 FROM loose_file WHERE since < $1 ORDER BY since, sha256 LIMIT $2",
            args![before, limit],
        )
        .await?;
    rows.into_iter().map(|(sha256,)| hash(sha256)).collect()
}

/// Looks at a content again, and not later any more. True when no file of any organization has it since before `before`:
/// nobody stores it until the transaction ends.
pub async fn is_waste(tx: &mut Tx<'_>, sha256: &[u8; 32], before: Timestamp) -> Result<bool, Error> {
    let looked_at = tx
        .execute(
            "DELETE FROM loose_file WHERE sha256 = $1 AND since < $2",
            args![sha256, before],
        )
        .await?;
    let named = tx
        .fetch_optional::<(MediaId,)>("SELECT id FROM media WHERE sha256 = $1 LIMIT 1", args![sha256])
        .await?;
    Ok(looked_at > 0 && named.is_none())
}

fn hash(bytes: Vec<u8>) -> Result<[u8; 32], Error> {
    bytes
        .try_into()
        .map_err(|_| Error::corrupt("media hash", "has the wrong length"))
}
