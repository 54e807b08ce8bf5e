//! Reminds people when the time has come. The reminder, its event, its mail and the end of the work are one transaction, so
//! it is told once, also when the process ends in between.

use std::sync::Arc;
use std::time::Duration;

use pesan_store::job::{self, Job};

use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, Result};
use crate::{events, reminders, worker};

/// Reminders that are told at once.
const CONCURRENT: usize = 4;
/// The wait before it is tried again when the database does not answer.
const AGAIN: Duration = Duration::from_secs(2);

/// Runs until the process ends.
pub async fn run(app: Arc<App>) {
    worker::run(app, job::REMIND, CONCURRENT, remind).await;
}

async fn remind(app: Arc<App>, job: Job) {
    let organization = job.organization_id();
    loop {
        match fire(&app, job.clone()).await {
            Ok(()) => {
                app.bus.publish(Signal::Jobs(job::SEND_MAIL));
                return events::announce(&app, organization);
            }
            Err(error) => tracing::warn!(%error, "could not remind somebody; trying again"),
        }
        tokio::select! {
            // The claim is taken over by the next start.
            () = app.lifecycle.soft().cancelled() => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

async fn fire(app: &Arc<App>, job: Job) -> Result<()> {
    let key = app.organization_key(job.organization_id()).await?;
    let owned = app.clone();
    app.store
        .write::<_, Error, _>(move |tx| Box::pin(async move { reminders::fire(&owned, tx, &job, &key).await }))
        .await
}
