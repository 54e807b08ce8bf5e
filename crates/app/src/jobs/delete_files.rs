//! Deletes the files on the disk that nobody needs: those that no row names any more, those that never got a row, and
//! what an upload that was cut off left in the folder of incoming files.
//!
//! Only files that the database once knew are looked at ([`media::loosen`]), and each of them once. So a folder of files
//! beside another database keeps all of them, and a sweep costs nothing for those that stay.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use pesan_model::Timestamp;
use pesan_store::media;
use tokio::fs;

use crate::context::App;
use crate::error::{Error, Result};
use crate::media::{incoming, path_of};

/// How long a file stays that no row names. Longer than any upload takes, and long enough that after a mistake the backup
/// of the night before finds all of its files.
pub const GRACE: Duration = Duration::from_hours(48);

/// Files that are listed at once.
const BATCH: usize = 500;

/// Deletes what is not needed since [`GRACE`]. Says how many files that were.
pub async fn sweep(app: &Arc<App>) -> Result<u64> {
    let before = app.clock.now().minus(GRACE);
    Ok(delete_unnamed(app, before).await? + delete_cut_off(app, before).await?)
}

/// Deletes the files that no row names.
async fn delete_unnamed(app: &Arc<App>, before: Timestamp) -> Result<u64> {
    let (mut deleted, mut is_last) = (0, false);
    while !is_last && !app.lifecycle.soft().is_cancelled() {
        let loose = app
            .store
            .read::<_, Error, _>(move |tx| Box::pin(async move { Ok(media::list_loose(tx, before, BATCH).await?) }))
            .await?;
        is_last = loose.len() < BATCH;
        for sha256 in loose {
            match delete(app, sha256, before).await {
                Ok(is_deleted) => deleted += u64::from(is_deleted),
                Err(error) => {
                    tracing::warn!(%error, "a file could not be deleted; trying again in an hour");
                    is_last = true;
                }
            }
        }
    }
    Ok(deleted)
}

/// Deletes a file unless a row names it or somebody stores it again.
async fn delete(app: &Arc<App>, sha256: [u8; 32], before: Timestamp) -> Result<bool> {
    let path = path_of(app, &sha256);
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                // In the transaction although it is not the database's: whoever stores the same content waits for the
                // end of it before the file comes to its place.
                if media::is_waste(tx, &sha256, before).await? {
                    remove(std::fs::remove_file(&path))
                } else {
                    Ok(false)
                }
            })
        })
        .await
}

/// Deletes what came in and was never complete, or was cut off before it came to its place.
async fn delete_cut_off(app: &Arc<App>, before: Timestamp) -> Result<u64> {
    let mut deleted = 0;
    for path in older_than(incoming(app), before).await.map_err(disk)? {
        deleted += u64::from(remove(fs::remove_file(&path).await)?);
    }
    Ok(deleted)
}

/// The files in a folder that were last written before `before`.
async fn older_than(folder: PathBuf, before: Timestamp) -> std::io::Result<Vec<PathBuf>> {
    let mut entries = match fs::read_dir(folder).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    while let Some(entry) = entries.next_entry().await? {
        let written = match entry.metadata().await {
            Ok(metadata) if metadata.is_file() => metadata.modified()?,
            Ok(_) => continue,
            // Its upload ended meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let age = written.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        if i64::try_from(age).is_ok_and(|millis| Timestamp::from_millis(millis) < before) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Whether a file was deleted that may be gone already.
fn remove(removed: std::io::Result<()>) -> Result<bool> {
    match removed {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(disk(error)),
    }
}

fn disk(error: std::io::Error) -> Error {
    Error::internal("delete files", error)
}
