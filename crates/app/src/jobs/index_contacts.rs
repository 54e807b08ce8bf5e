//! Makes the people findable who were there before people could be searched for. New ones are from the start.

use std::sync::Arc;
use std::time::Duration;

use pesan_store::contact::search;

use crate::context::App;
use crate::error::{Error, Result};

/// People in one transaction: few, because each of them is locked until it ends.
const BATCH: usize = 10;
/// Until the next try after a failure.
const PAUSE: Duration = Duration::from_secs(10);

/// Runs until all are done, or the process ends; the next start goes on.
pub async fn run(app: Arc<App>) {
    run_with(&app, PAUSE).await;
}

/// As [`run`], with this pause after a failure.
pub async fn run_with(app: &Arc<App>, pause: Duration) {
    while let Err(error) = index_all(app).await {
        tracing::warn!(%error, "could not make all contacts findable; trying again");
        tokio::select! {
            () = app.lifecycle.soft().cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Writes the words of everybody who has none. Says how many there were.
pub async fn index_all(app: &Arc<App>) -> Result<usize> {
    let mut done = 0;
    while !app.lifecycle.soft().is_cancelled() {
        let found = app
            .store
            .read::<_, Error, _>(|tx| Box::pin(async move { Ok(search::list_unindexed(tx, BATCH).await?) }))
            .await?;
        if found.is_empty() {
            break;
        }
        done += found.len();
        app.store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    for (organization, contact) in found {
                        search::index(tx, organization, contact).await?;
                    }
                    Ok(())
                })
            })
            .await?;
    }
    Ok(done)
}
