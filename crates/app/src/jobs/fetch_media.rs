//! Fetches the files of messages that came in, apart from the messages themselves.

use std::sync::Arc;
use std::time::Duration;

use pesan_model::retry::{FETCH_MEDIA, wait_after, with_jitter};
use pesan_model::{Event, MediaId};
use pesan_providers::ProviderError;
use pesan_providers::provider::RemoteMedia;
use pesan_store::job::{self, Job};
use pesan_store::media::{self, MediaState};
use pesan_store::message;

use crate::context::App;
use crate::error::{Error, Result};
use crate::events;
use crate::inbound::REMOTE_COLUMN;
use crate::media::{Content, Temporary, digest, settle};
use crate::worker;

/// Files that are fetched at once.
const CONCURRENT: usize = 8;
/// How long a file waits for its account to be connected.
const DISCONNECTED_WAIT: Duration = Duration::from_mins(1);

/// Runs until the process ends.
pub async fn run(app: Arc<App>) {
    worker::run(app, job::FETCH_MEDIA, CONCURRENT, fetch).await;
}

async fn fetch(app: Arc<App>, job: Job) {
    let result = fetch_file(&app, &job).await;
    if let Err(error) = &result {
        tracing::debug!(media = %MediaId::from(job.subject()), %error, "a file was not fetched");
    }
    let (organization, result) = (job.organization_id(), Arc::new(result));
    let saved = worker::write_down(&app.lifecycle, "write down a fetched file", || {
        save(&app, job.clone(), result.clone())
    });
    if saved.await.is_some() {
        events::announce(&app, organization);
    }
}

/// Why a file was not fetched.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Ours(#[from] Error),
    #[error("it was deleted")]
    Deleted,
}

async fn fetch_file(app: &Arc<App>, job: &Job) -> Result<Content, FetchError> {
    let (organization, id) = (job.organization_id(), MediaId::from(job.subject()));
    let stored = app
        .store
        .read(move |tx| Box::pin(async move { media::get(tx, organization, id).await }))
        .await
        .map_err(|error: pesan_store::Error| FetchError::Ours(error.into()))?;
    let sealed = match (stored.state, stored.remote) {
        (MediaState::Pending | MediaState::Failed, Some(sealed)) => sealed,
        (MediaState::Ready, _) | (_, None) => return Err(FetchError::Deleted),
    };
    let key = app.organization_key(organization).await?;
    let opened = key
        .open(REMOTE_COLUMN, id.uuid().as_bytes(), &sealed)
        .map_err(Error::from)?;
    let remote = String::from_utf8(opened).map_err(|error| Error::internal("read where a file is", error))?;
    let provider = app
        .connections
        .get(job.partition().into())
        .ok_or(ProviderError::NotConnected)?;
    let temporary = Temporary::new(app).await?;
    provider.fetch_media(&RemoteMedia(remote), &temporary.0).await?;
    let content = digest(&temporary).await?;
    settle(app, temporary, &content).await?;
    Ok(content)
}

async fn save(app: &Arc<App>, job: Job, result: Arc<Result<Content, FetchError>>) -> Result<()> {
    let owned = app.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let (organization, id, now) = (job.organization_id(), MediaId::from(job.subject()), owned.clock.now());
                let failed = match &*result {
                    Ok(content) => {
                        media::set_ready(tx, organization, id, (&content.sha256, content.size)).await?;
                        job::finish(tx, job::FETCH_MEDIA, &job).await?;
                        let messages = message::list_by_media(tx, organization, id).await?;
                        let ready = messages.into_iter().map(Event::MessageMediaReady).collect();
                        return events::record(&owned, tx, organization, ready).await;
                    }
                    Err(failed) => failed,
                };
                match failed {
                    FetchError::Deleted => {
                        job::finish(tx, job::FETCH_MEDIA, &job).await?;
                    }
                    FetchError::Provider(ProviderError::NotConnected) => {
                        job::snooze_until(tx, &job, now.plus(DISCONNECTED_WAIT)).await?;
                    }
                    failed => match wait_after(FETCH_MEDIA, job.attempts()) {
                        Some(wait) => job::retry_at(tx, &job, now.plus(with_jitter(wait, &*owned.random))).await?,
                        None => {
                            media::set_failed(tx, organization, id, &failed.to_string()).await?;
                            job::finish(tx, job::FETCH_MEDIA, &job).await?;
                        }
                    },
                }
                Ok(())
            })
        })
        .await
}
