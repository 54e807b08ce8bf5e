//! Opens chats that were put aside, when their time has come.

use std::sync::Arc;

use pesan_model::ChatId;
use pesan_store::job::{self, Job};

use crate::context::App;
use crate::error::{Error, Result};
use crate::inbox::organize::{self, Woken};
use crate::{events, worker};

/// Chats that are opened at once.
const CONCURRENT: usize = 8;

/// Runs until the process ends.
pub async fn run(app: Arc<App>) {
    worker::run(app, job::END_SNOOZE, CONCURRENT, wake).await;
}

async fn wake(app: Arc<App>, job: Job) {
    let organization = job.organization_id();
    let opened = worker::write_down(&app.lifecycle, "end a snooze", || open(&app, job.clone()));
    if opened.await.is_some() {
        events::announce(&app, organization);
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
