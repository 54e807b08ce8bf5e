//! Asks WhatsApp for the name of a group that we only know by a message.

use std::sync::Arc;
use std::time::Duration;

use pesan_model::retry::{FETCH_MEDIA, wait_after, with_jitter};
use pesan_model::{Address, ChatId, Event};
use pesan_providers::ProviderError;
use pesan_store::chat;
use pesan_store::job::{self, Job};

use crate::context::App;
use crate::error::{Error, Result};
use crate::{events, worker};

/// Groups that are asked about at once.
const CONCURRENT: usize = 4;
/// How long a question waits for its account to be connected.
const DISCONNECTED_WAIT: Duration = Duration::from_mins(1);

/// Runs until the process ends.
pub async fn run(app: Arc<App>) {
    worker::run(app, job::REFRESH_GROUP, CONCURRENT, refresh).await;
}

async fn refresh(app: Arc<App>, job: Job) {
    let organization = job.organization_id();
    let found = Arc::new(ask(&app, &job).await);
    let saved = worker::write_down(&app.lifecycle, "write down the name of a group", || {
        save(&app, job.clone(), found.clone())
    });
    if saved.await.is_some() {
        events::announce(&app, organization);
    }
}

async fn ask(app: &Arc<App>, job: &Job) -> Result<String, ProviderError> {
    let (organization, id) = (job.organization_id(), ChatId::from(job.subject()));
    let failed = |error: &dyn std::fmt::Display| ProviderError::Failed(error.to_string());
    let chat = app
        .store
        .read(move |tx| Box::pin(async move { chat::get(tx, organization, id).await }))
        .await
        .map_err(|error: pesan_store::Error| failed(&error))?;
    let address: Address = chat.address.parse().map_err(|error| failed(&error))?;
    let provider = app
        .connections
        .get(job.partition().into())
        .ok_or(ProviderError::NotConnected)?;
    Ok(provider.group(&address).await?.subject)
}

async fn save(app: &Arc<App>, job: Job, found: Arc<Result<String, ProviderError>>) -> Result<()> {
    let owned = app.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let (organization, id, now) = (job.organization_id(), ChatId::from(job.subject()), owned.clock.now());
                match &*found {
                    Ok(subject) => {
                        chat::set_subject(tx, organization, id, subject).await?;
                        job::finish(tx, job::REFRESH_GROUP, &job).await?;
                        let chat = chat::get(tx, organization, id).await?;
                        events::record(&owned, tx, organization, vec![Event::ChatUpdated(chat)]).await?;
                    }
                    Err(ProviderError::NotConnected) => {
                        job::snooze_until(tx, &job, now.plus(DISCONNECTED_WAIT)).await?;
                    }
                    Err(_) => match wait_after(FETCH_MEDIA, job.attempts()) {
                        Some(wait) => job::retry_at(tx, &job, now.plus(with_jitter(wait, &*owned.random))).await?,
                        None => {
                            job::finish(tx, job::REFRESH_GROUP, &job).await?;
                        }
                    },
                }
                Ok(())
            })
        })
        .await
}
