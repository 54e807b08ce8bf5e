//! Makes the people findable who were there before people could be searched for. New ones are from the start.

use std::sync::Arc;

use pesan_store::contact::search;

use super::PAUSE;
use crate::context::App;
use crate::error::{Error, Result};

/// People in one transaction: few, because each of them is locked until it ends.
const BATCH: usize = 10;

/// Runs until all are done, or the process ends.
pub async fn run(app: Arc<App>) {
    super::until_done(app, PAUSE, "make all contacts findable", async |app| {
        index_all(&app).await.map(|_| true)
    })
    .await;
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
