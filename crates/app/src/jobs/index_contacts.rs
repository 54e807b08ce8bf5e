//! Makes the people findable who were there before people could be searched for. New ones are from the start.

use std::sync::Arc;

use pesan_store::contact::search;

use crate::context::App;
use crate::error::{Error, Result};

/// People in one transaction.
const BATCH: usize = 100;

/// Runs until all are done, or the process ends; the next start goes on.
pub async fn run(app: Arc<App>) {
    if let Err(error) = index_all(&app).await {
        tracing::warn!(%error, "could not make all contacts findable; the next start goes on");
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
