//! Closes open chats in which nobody wrote, and with which nothing was done, for as many days as their organization decided.
//!
//! Nothing is written down about what is still to be closed: a crash only means that the next round finds it.

use std::sync::Arc;
use std::time::Duration;

use pesan_model::{OrganizationId, Timestamp};
use pesan_store::{chat, organization_setting};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::access::organizations::SETTINGS_CHANGED;
use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, Result};
use crate::events;
use crate::inbox::organize;

const EVERY: Duration = Duration::from_hours(1);
/// Chats that are looked up at once; each is closed in a transaction of its own, so that nobody waits for it.
const BATCH: usize = 100;

/// Runs until the process ends: once an hour, and when an organization decided anew.
pub async fn run(app: Arc<App>) {
    let mut signals = app.bus.subscribe();
    loop {
        if let Err(error) = sweep(&app).await {
            tracing::warn!(%error, "could not close quiet chats; trying again in an hour");
        }
        tokio::select! {
            () = app.lifecycle.soft().cancelled() => return,
            () = hinted(&mut signals) => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn hinted(signals: &mut Receiver<Signal>) {
    loop {
        match signals.recv().await {
            Ok(Signal::Jobs(SETTINGS_CHANGED)) | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}

/// Closes every quiet chat of every organization that wants it. Says how many that were.
pub async fn sweep(app: &Arc<App>) -> Result<u64> {
    let decided = app
        .store
        .read::<_, Error, _>(|tx| Box::pin(async move { Ok(organization_setting::list(tx).await?) }))
        .await?;
    let mut closed = 0;
    for (organization, settings) in decided {
        if let Some(days) = settings.auto_close_days {
            let before = app.clock.now().minus(Duration::from_hours(24 * u64::from(days)));
            match sweep_organization(app, organization, before).await {
                Ok(count) => closed += count,
                // What is wrong with one is no reason to leave the others out.
                Err(error) => tracing::warn!(%error, %organization, "could not close an organization's quiet chats"),
            }
        }
    }
    Ok(closed)
}

async fn sweep_organization(app: &Arc<App>, organization: OrganizationId, before: Timestamp) -> Result<u64> {
    let mut closed = 0;
    loop {
        let quiet = app
            .store
            .read::<_, Error, _>(move |tx| {
                Box::pin(async move { Ok(chat::list_quiet(tx, organization, before, BATCH).await?) })
            })
            .await?;
        let is_last = quiet.len() < BATCH;
        let mut progress = 0;
        for id in quiet {
            if app.lifecycle.soft().is_cancelled() {
                return Ok(closed);
            }
            let owned = app.clone();
            let is_closed = app
                .store
                .write::<_, Error, _>(move |tx| {
                    Box::pin(async move { organize::close_quiet(&owned, tx, organization, (id, before)).await })
                })
                .await?;
            progress += u64::from(is_closed);
        }
        if progress > 0 {
            events::announce(app, organization);
        }
        closed += progress;
        // Without progress somebody else closes them.
        if is_last || progress == 0 {
            return Ok(closed);
        }
    }
}
