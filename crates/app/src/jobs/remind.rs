//! Reminds people when the time has come. The reminder, its event, its mail and the end of the work are one transaction, so
//! it is told once, also when the process ends in between.

use std::sync::Arc;

use pesan_store::job::{self, Job};

use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, Result};
use crate::{events, reminders, worker};

/// Reminders that are told at once.
const CONCURRENT: usize = 4;

/// Runs until the process ends.
pub async fn run(app: Arc<App>) {
    worker::run(app, job::REMIND, CONCURRENT, remind).await;
}

async fn remind(app: Arc<App>, job: Job) {
    let organization = job.organization_id();
    let fired = worker::write_down(&app.lifecycle, "remind somebody", || fire(&app, job.clone()));
    if fired.await.is_some() {
        app.bus.publish(Signal::Jobs(job::SEND_MAIL));
        events::announce(&app, organization);
    }
}

async fn fire(app: &Arc<App>, job: Job) -> Result<()> {
    let key = app.organization_key(job.organization_id()).await?;
    let owned = app.clone();
    app.store
        .write::<_, Error, _>(move |tx| Box::pin(async move { reminders::fire(&owned, tx, &job, &key).await }))
        .await
}
