//! Reminds people when the time has come. The reminder, its event and the end of the work are one transaction, so it is
//! told once, also when the process ends in between.

use std::sync::Arc;

use pesan_store::job::{self, Job};

use crate::context::App;
use crate::error::Error;
use crate::{events, reminders, worker};

/// Reminders that are told at once.
const CONCURRENT: usize = 4;

/// Runs until the process ends.
pub async fn run(app: Arc<App>) {
    worker::run(app, job::REMIND, CONCURRENT, remind).await;
}

async fn remind(app: Arc<App>, job: Job) {
    let (organization, owned) = (job.organization_id(), app.clone());
    let done = app
        .store
        .write::<_, Error, _>(move |tx| Box::pin(async move { reminders::fire(&owned, tx, &job).await }))
        .await;
    match done {
        Ok(()) => events::announce(&app, organization),
        // The claim is taken over by the next start.
        Err(error) => tracing::error!(%error, "could not remind somebody"),
    }
}
