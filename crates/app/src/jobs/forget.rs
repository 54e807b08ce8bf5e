//! Deletes what an organization does not keep any longer: messages, files, events, the audit log. In small steps, so that
//! nobody waits for it. What waits to be sent or told stays, and so does what was counted.

use std::sync::Arc;
use std::time::Duration;

use pesan_model::organization::Retention;
use pesan_model::{ChatId, Event, OrganizationId, Timestamp};
use pesan_store::{audit, chat, media, message, organization_setting};

use crate::context::App;
use crate::error::{Error, Result};
use crate::events;
use crate::jobs::retention::{self, until_few};

/// Chats and files that are looked up at once.
const LOOKED_UP: usize = 100;
/// Rows deleted in one transaction.
const BATCH: usize = 200;
/// What is said of a file that was deleted.
const WHY: &str = "files are kept for a time only, and this one is older";

/// Deletes everything that is older than its organization keeps it. Says how many rows that were.
pub async fn sweep(app: &Arc<App>) -> Result<u64> {
    let decided = app
        .store
        .read::<_, Error, _>(|tx| Box::pin(async move { Ok(organization_setting::list(tx).await?) }))
        .await?;
    let mut deleted = 0;
    for (organization, settings) in decided {
        if settings.retention == Retention::default() {
            continue;
        }
        // What is wrong with one is no reason to leave the others out.
        match sweep_organization(app, organization, settings.retention).await {
            Ok(count) => deleted += count,
            Err(error) => tracing::warn!(%error, %organization, "could not delete what is kept for a time only"),
        }
    }
    Ok(deleted)
}

async fn sweep_organization(app: &Arc<App>, organization: OrganizationId, kept: Retention) -> Result<u64> {
    let now = app.clock.now();
    let before = |days: Option<u32>| days.map(|days| now.minus(Duration::from_hours(24 * u64::from(days))));
    let mut deleted = 0;
    if let Some(before) = before(kept.message_days) {
        deleted += forget_messages(app, organization, before).await?;
    }
    if let Some(before) = before(kept.file_days) {
        deleted += forget_files(app, organization, before).await?;
    }
    if let Some(before) = before(kept.event_days) {
        deleted += retention::forget_events_of(app, organization, before).await?;
    }
    if let Some(before) = before(kept.audit_days) {
        deleted += until_few(app, BATCH, || forget_audit(app, organization, before)).await?;
    }
    Ok(deleted)
}

async fn forget_audit(app: &Arc<App>, organization: OrganizationId, before: Timestamp) -> Result<u64> {
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(audit::delete_before(tx, organization, before, BATCH).await?) })
        })
        .await
}

async fn forget_messages(app: &Arc<App>, organization: OrganizationId, before: Timestamp) -> Result<u64> {
    let (mut deleted, mut after) = (0, None);
    loop {
        let chats = app
            .store
            .read::<_, Error, _>(move |tx| {
                Box::pin(async move { Ok(chat::list_with_old(tx, organization, before, after, LOOKED_UP).await?) })
            })
            .await?;
        for id in &chats {
            deleted += until_few(app, BATCH, || forget_in_chat(app, organization, *id, before)).await?;
        }
        after = chats.last().copied();
        if chats.len() < LOOKED_UP || app.lifecycle.soft().is_cancelled() {
            return Ok(deleted);
        }
    }
}

/// Deletes some old messages of a chat, with the files that nothing else shows.
async fn forget_in_chat(app: &Arc<App>, organization: OrganizationId, id: ChatId, before: Timestamp) -> Result<u64> {
    let owned = app.clone();
    let deleted = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let gone = message::delete_before(tx, organization, id, before, BATCH).await?;
                if gone.is_empty() {
                    return Ok(0);
                }
                let unread = gone.iter().filter(|gone| gone.was_unread).count();
                let is_changed = chat::forget_gone(tx, organization, id, (unread, before)).await?;
                let now = owned.clock.now();
                for file in gone.iter().filter_map(|gone| gone.media_id) {
                    media::release(tx, organization, file, now).await?;
                }
                if is_changed {
                    let chat = chat::get(tx, organization, id).await?;
                    events::record(&owned, tx, organization, vec![Event::ChatUpdated(chat)]).await?;
                }
                Ok(gone.len() as u64)
            })
        })
        .await?;
    if deleted > 0 {
        events::announce(app, organization);
    }
    Ok(deleted)
}

async fn forget_files(app: &Arc<App>, organization: OrganizationId, before: Timestamp) -> Result<u64> {
    let (mut deleted, mut after) = (0, None);
    loop {
        let files = app
            .store
            .read::<_, Error, _>(move |tx| {
                Box::pin(async move { Ok(media::list_kept(tx, organization, before, after, LOOKED_UP).await?) })
            })
            .await?;
        after = files.last().copied();
        let is_last = files.len() < LOOKED_UP || app.lifecycle.soft().is_cancelled();
        let owned = app.clone();
        deleted += app
            .store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    let (mut deleted, now) = (0, owned.clock.now());
                    for (_, id) in files {
                        deleted += u64::from(media::forget_content(tx, organization, id, (before, WHY), now).await?);
                    }
                    Ok(deleted)
                })
            })
            .await?;
        if is_last {
            return Ok(deleted);
        }
    }
}
