//! Files to and from WhatsApp's media servers, streamed between disk and network.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use sha2::{Digest, Sha256};
use wacore::upload::UploadSource;
use whatsapp_rust::{Client, ErrorChainExt, IqError};

use super::remote_media::{Remote, media_type};
use crate::provider::{OutgoingMedia, ProviderError, SendError};

/// An encrypted file without a name, so that nothing is left behind when the process dies.
struct Encrypted {
    file: File,
    length: u64,
}

impl UploadSource for Encrypted {
    fn len(&self) -> u64 {
        self.length
    }

    // Attempts follow each other, so they can share one position in the file.
    fn reader_from(&self, offset: u64) -> std::io::Result<Box<dyn Read + Send>> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Box::new(file))
    }
}

/// Encrypts and uploads a file.
pub(super) async fn upload(client: &Client, media: &OutgoingMedia) -> Result<Remote, SendError> {
    let kind = media_type(media.kind);
    let path = media.file.clone();
    let encrypt = move || -> std::io::Result<_> {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let mut file = tempfile::tempfile_in(folder)?;
        let source = std::io::BufReader::new(File::open(&path)?);
        let info = {
            let mut writer = std::io::BufWriter::new(&mut file);
            let info =
                wacore::upload::encrypt_media_streaming(source, &mut writer, kind).map_err(std::io::Error::other)?;
            std::io::Write::flush(&mut writer)?;
            info
        };
        let length = file.stream_position()?;
        Ok((Encrypted { file, length }, info))
    };
    let local = |error: &dyn std::fmt::Display| SendError::Retry {
        after: None,
        reason: format!("the file could not be encrypted: {error}"),
    };
    let (source, info) = tokio::task::spawn_blocking(encrypt)
        .await
        .map_err(|error| local(&error))?
        .map_err(|error| local(&error))?;
    let uploaded = client.upload_stream(source, info, kind).await.map_err(|error| {
        if !client.is_connected() {
            return SendError::NotConnected;
        }
        SendError::Retry {
            after: None,
            reason: format!("the file could not be uploaded: {error}"),
        }
    })?;
    Ok(Remote {
        kind: media.kind,
        direct_path: uploaded.direct_path,
        url: uploaded.url,
        media_key: uploaded.media_key.to_vec(),
        file_sha256: uploaded.file_sha256.to_vec(),
        file_enc_sha256: uploaded.file_enc_sha256.to_vec(),
        length: uploaded.file_length,
        key_at: uploaded.media_key_timestamp,
        sidecar: uploaded.streaming_sidecar.unwrap_or_default(),
    })
}

/// Fetches and decrypts a file into `path`; nothing is left there when it fails.
pub(super) async fn download(client: &Client, remote: Remote, path: &Path) -> Result<(), ProviderError> {
    let result = download_and_check(client, remote, path).await;
    if result.is_err() {
        // Best effort: the caller hears of the failure that matters.
        let _ = tokio::fs::remove_file(path).await;
    }
    result
}

async fn download_and_check(client: &Client, remote: Remote, path: &Path) -> Result<(), ProviderError> {
    let failed = |error: std::io::Error| ProviderError::Failed(format!("could not write the file: {error}"));
    let target = path.to_owned();
    let file = blocking(move || {
        File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(target)
    })
    .await
    .map_err(failed)?;
    let file = client
        .download_to_writer(&remote, file)
        .await
        .map_err(|error| download_error(client, &error))?;
    let (sum, length) = blocking(move || hash(file)).await.map_err(failed)?;
    if !remote.file_sha256.is_empty() && sum[..] != remote.file_sha256[..] {
        return Err(ProviderError::Damaged(
            "its checksum is another one than announced".into(),
        ));
    }
    if remote.length != 0 && length != remote.length {
        return Err(ProviderError::Damaged(format!(
            "it has {length} bytes instead of {}",
            remote.length
        )));
    }
    Ok(())
}

fn download_error(client: &Client, error: &whatsapp_rust::anyhow::Error) -> ProviderError {
    match error.http_status() {
        Some(404 | 410) => return ProviderError::NotFound,
        Some(status) => return ProviderError::Failed(format!("WhatsApp's media server answered {status}")),
        None => {}
    }
    match error.downcast_ref::<IqError>() {
        Some(IqError::Timeout) => return ProviderError::Timeout,
        _ if !client.is_connected() => return ProviderError::NotConnected,
        _ => {}
    }
    let text = error.to_string();
    if ["MAC", "HMAC", "hash", "SHA", "padding", "mismatch"]
        .iter()
        .any(|word| text.contains(word))
    {
        return ProviderError::Damaged(text);
    }
    ProviderError::Failed(text)
}

/// The file's SHA-256 and length; syncs it, so that what is reported complete stays so.
fn hash(mut file: File) -> std::io::Result<([u8; 32], u64)> {
    file.seek(SeekFrom::Start(0))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut length = 0;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        length += count as u64;
    }
    file.sync_all()?;
    Ok((hasher.finalize().into(), length))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> std::io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)?
}
