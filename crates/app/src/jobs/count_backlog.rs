//! Counts what was there before it was counted day by day. What is new is counted from the start.

use std::sync::Arc;

use pesan_store::statistic::backlog;

use super::PAUSE;
use crate::context::App;
use crate::error::{Error, Result};

/// Rows in one transaction: few, because each of them is locked until it ends.
const BATCH: usize = 50;

/// Runs until all is counted, or the process ends.
pub async fn run(app: Arc<App>) {
    super::until_done(app, PAUSE, "count what was there before", count_until_none).await;
}

/// Says whether nothing is left.
async fn count_until_none(app: Arc<App>) -> Result<bool> {
    count_all(&app).await?;
    app.store
        .read::<_, Error, _>(|tx| Box::pin(async move { Ok(!backlog::is_any_left(tx).await?) }))
        .await
}

/// Counts everything that is not counted yet. Says how many rows there were.
pub async fn count_all(app: &Arc<App>) -> Result<usize> {
    let mut done = 0;
    while !app.lifecycle.soft().is_cancelled() {
        let found = app
            .store
            .write::<_, Error, _>(|tx| {
                Box::pin(async move {
                    let messages = backlog::count_messages(tx, BATCH).await?;
                    Ok(messages + backlog::count_contacts(tx, BATCH).await?)
                })
            })
            .await?;
        done += found;
        if found == 0 {
            break;
        }
    }
    Ok(done)
}
