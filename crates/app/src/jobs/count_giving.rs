//! Counts once an hour how much the donors of each organization give.

use std::sync::Arc;
use std::time::Duration;

use pesan_store::organization;

use crate::context::App;
use crate::donations::giving;
use crate::error::{Error, Result};

const EVERY: Duration = Duration::from_hours(1);

/// Runs until the process ends.
pub async fn run(app: Arc<App>) {
    loop {
        if let Err(error) = count_all(&app).await {
            tracing::warn!(%error, "could not count what donors give; trying again in an hour");
        }
        tokio::select! {
            () = app.lifecycle.soft().cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Counts the donors of every organization.
pub async fn count_all(app: &Arc<App>) -> Result<()> {
    let organizations = app
        .store
        .read::<_, Error, _>(|tx| Box::pin(async move { Ok(organization::list_ids(tx).await?) }))
        .await?;
    for organization in organizations {
        if app.lifecycle.soft().is_cancelled() {
            break;
        }
        // What is wrong with one is no reason to leave the others out.
        if let Err(error) = giving::count(app, organization).await {
            tracing::warn!(%error, %organization, "could not count what the donors of an organization give");
        }
    }
    Ok(())
}
