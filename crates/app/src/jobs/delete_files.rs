//! Deletes the files on the disk that no row names any more: those of deleted accounts and organizations, and those
//! whose upload was cut off before it had a row.
//!
//! Nothing is written down about what is still to be deleted: a crash only means that the next round finds it.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use pesan_store::media;
use tokio::fs;

use crate::context::App;
use crate::error::{Error, Result};
use crate::media::path_of;

/// Files that are looked up in one transaction.
const BATCH: usize = 500;

/// Goes over all files once. Says how many it deleted.
pub async fn sweep(app: &Arc<App>) -> Result<u64> {
    let mut deleted = 0;
    for number in 0..=u8::MAX {
        if app.lifecycle.soft().is_cancelled() {
            break;
        }
        let folder = app.settings.data_dir.join("media").join(format!("{number:02x}"));
        let found = contents(&folder).await.map_err(disk)?;
        for batch in found.chunks(BATCH) {
            for sha256 in unused(app, batch.to_vec()).await? {
                deleted += u64::from(delete(app, sha256).await?);
            }
        }
    }
    Ok(deleted)
}

/// The hashes that the files in a folder are named for.
async fn contents(folder: &Path) -> std::io::Result<Vec<[u8; 32]>> {
    let mut entries = match fs::read_dir(folder).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    while let Some(entry) = entries.next_entry().await? {
        let mut sha256 = [0; 32];
        // What has another name was not put there by us.
        if hex::decode_to_slice(entry.file_name().as_encoded_bytes(), &mut sha256).is_ok() {
            found.push(sha256);
        }
    }
    Ok(found)
}

async fn unused(app: &Arc<App>, candidates: Vec<[u8; 32]>) -> Result<Vec<[u8; 32]>> {
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let mut unused = Vec::new();
                for sha256 in candidates {
                    if !media::is_content_used(tx, &sha256).await? {
                        unused.push(sha256);
                    }
                }
                Ok(unused)
            })
        })
        .await
}

/// Deletes one unless it was stored again meanwhile. Nobody is between file and row while this looks.
async fn delete(app: &Arc<App>, sha256: [u8; 32]) -> Result<bool> {
    let _alone = app.files.write().await;
    if unused(app, vec![sha256]).await?.is_empty() {
        return Ok(false);
    }
    match fs::remove_file(path_of(app, &sha256)).await {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(disk(error)),
    }
}

fn disk(error: std::io::Error) -> Error {
    Error::internal("delete files", error)
}
