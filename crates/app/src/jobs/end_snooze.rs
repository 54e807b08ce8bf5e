//! Opens chats that were put aside, when their time has come.

use std::sync::Arc;
use std::time::Duration;

use pesan_model::ChatId;
use pesan_store::job::{self, Job};

use crate::context::App;
use crate::error::{Error, Result};
use crate::inbox::organize::{self, Woken};
use crate::{events, worker};

/// Chats that are opened at once.
const CONCURRENT: usize = 8;
/// The wait before it is tried again when the database does not answer.
const AGAIN: Duration = Duration::from_secs(2);

/// Runs until the process ends.
pub async fn run(app: Arc<App>) {
    worker::run(app, job::END_SNOOZE, CONCURRENT, wake).await;
}

async fn wake(app: Arc<App>, job: Job) {
    let organization = job.organization_id();
    loop {
        match open(&app, job.clone()).await {
            Ok(()) => return events::announce(&app, organization),
            Err(error) => tracing::warn!(%error, "could not end a snooze; trying again"),
        }
        tokio::select! {
            // The claim is taken over by the next start.
            () = app.lifecycle.soft().cancelled() => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

async fn open(app: &Arc<App>, job: Job) -> Result<()> {
    let owned = app.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let chat = ChatId::from(job.subject());
                match organize::end_snooze(&owned, tx, job.organization_id(), chat).await? {
                    Woken::Again(until) => Ok(job::snooze_until(tx, &job, until).await?),
                    Woken::Open(told) => {
                        job::finish(tx, job::END_SNOOZE, &job).await?;
                        events::record(&owned, tx, job.organization_id(), told).await
                    }
                }
            })
        })
        .await
}
