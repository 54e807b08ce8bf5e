//! Keeps the segments that lists of chats are walked by in step with the day, the rules and what others give.
//!
//! Nothing is written down about who is still to be looked at: after a start everybody is, once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use pesan_model::OrganizationId;
use pesan_store::donor_basis::Basis;
use pesan_store::organization;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::bus::Signal;
use crate::context::App;
use crate::donations::segments::{self, BASIS_CHANGED};
use crate::error::{Error, Result};

const EVERY: Duration = Duration::from_mins(10);

/// What the segments of each organization went by when everybody was looked at last.
pub type Known = HashMap<OrganizationId, Basis>;

/// Runs until the process ends: every few minutes, and when somebody changed the rules.
pub async fn run(app: Arc<App>) {
    let mut signals = app.bus.subscribe();
    let mut known = Known::new();
    loop {
        if let Err(error) = follow_all(&app, &mut known).await {
            tracing::warn!(%error, "could not follow the segments of donors; trying again in some minutes");
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
            Ok(Signal::Jobs(BASIS_CHANGED)) | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}

/// Looks at everybody of each organization in which something changed for everybody. Says how many people moved.
pub async fn follow_all(app: &Arc<App>, known: &mut Known) -> Result<usize> {
    let organizations = app
        .store
        .read::<_, Error, _>(|tx| Box::pin(async move { Ok(organization::list_ids(tx).await?) }))
        .await?;
    let mut moved = 0;
    for organization in organizations {
        if app.lifecycle.soft().is_cancelled() {
            break;
        }
        // What is wrong with one is no reason to leave the others out.
        match follow(app, organization, known).await {
            Ok(count) => moved += count,
            Err(error) => tracing::warn!(%error, %organization, "could not follow the segments of an organization"),
        }
    }
    Ok(moved)
}

async fn follow(app: &Arc<App>, organization: OrganizationId, known: &mut Known) -> Result<usize> {
    let basis = segments::basis(app, organization).await?;
    if known.get(&organization) == Some(&basis) {
        return Ok(0);
    }
    let moved = segments::follow(app, organization).await?;
    known.insert(organization, basis);
    Ok(moved)
}
