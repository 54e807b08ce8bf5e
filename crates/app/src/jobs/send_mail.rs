//! Hands mail over to its server.

use std::sync::Arc;

use pesan_model::retry::{MAIL, wait_after, with_jitter};
use pesan_store::job::{self, Job};
use pesan_store::mail as stored;

use crate::context::App;
use crate::error::{Error, Result};
use crate::mail::{self, TransportError};
use crate::worker;

/// Mails that are handed over at once.
const CONCURRENT: usize = 2;

/// Runs until the process ends.
pub async fn run(app: Arc<App>) {
    worker::run(app, job::SEND_MAIL, CONCURRENT, send).await;
}

async fn send(app: Arc<App>, job: Job) {
    let outcome = Arc::new(hand_over(&app, &job).await);
    worker::write_down(&app.lifecycle, "write down what became of a mail", || {
        save(&app, job.clone(), outcome.clone())
    })
    .await;
}

async fn hand_over(app: &Arc<App>, job: &Job) -> Result<(), TransportError> {
    let passing = |error: Error| TransportError::Passing(error.to_string());
    let (organization, id) = (job.organization_id(), job.subject());
    let found = app
        .store
        .read::<_, Error, _>(move |tx| Box::pin(async move { Ok(stored::find_waiting(tx, organization, id).await?) }))
        .await
        .map_err(passing)?;
    let Some(found) = found else { return Ok(()) };
    let key = app.organization_key(organization).await.map_err(passing)?;
    let mail = mail::open(&key, &found).map_err(|error| TransportError::Lasting(error.to_string()))?;
    let Some(transport) = &app.mail else {
        return Err(TransportError::Passing("no mail server is set up any more".to_owned()));
    };
    transport.send(id, &mail).await
}

async fn save(app: &Arc<App>, job: Job, outcome: Arc<Result<(), TransportError>>) -> Result<()> {
    let owned = app.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let (organization, id, now) = (job.organization_id(), job.subject(), owned.clock.now());
                let wait = wait_after(MAIL, job.attempts());
                let error = match &*outcome {
                    Ok(()) => None,
                    Err(error @ TransportError::Passing(_)) => {
                        if let Some(wait) = wait {
                            job::retry_at(tx, &job, now.plus(with_jitter(wait, &*owned.random))).await?;
                            return Ok(());
                        }
                        Some(error.to_string())
                    }
                    Err(error @ TransportError::Lasting(_)) => Some(error.to_string()),
                };
                if error.is_some() {
                    tracing::warn!(mail = %id, "a mail could not be handed over; it is given up");
                }
                stored::settle(tx, organization, id, (now, error.as_deref())).await?;
                job::finish(tx, job::SEND_MAIL, &job).await?;
                Ok(())
            })
        })
        .await
}
