//! Makes the messages and groups findable that were there before they could be searched for, the newest first. New ones are
//! from the start.

use std::sync::Arc;

use pesan_model::MessageId;
use pesan_store::chat::search as chats;
use pesan_store::message::search::{self as messages, Taking};

use super::PAUSE;
use crate::context::App;
use crate::error::{Error, Result};

/// Messages in one transaction: few enough that whoever writes meanwhile hardly waits.
const BATCH: usize = 200;
/// Chats that are read at once.
const CHATS: usize = 500;

/// Runs until all are done, or the process ends.
pub async fn run(app: Arc<App>) {
    super::until_done(app, PAUSE, "make all messages findable", async |app| {
        index_all(&app).await.map(|()| true)
    })
    .await;
}

/// Makes everything findable that is not.
pub async fn index_all(app: &Arc<App>) -> Result<()> {
    while !app.lifecycle.soft().is_cancelled() && index_groups(app, CHATS).await? {}
    while !app.lifecycle.soft().is_cancelled() && index_some(app, BATCH).await? {}
    Ok(())
}

/// Makes the next messages findable. False when there are none left.
pub async fn index_some(app: &Arc<App>, limit: usize) -> Result<bool> {
    let ids = app
        .store
        .read::<_, Error, _>(move |tx| Box::pin(async move { Ok(messages::list_older(tx, limit).await?) }))
        .await?;
    // The last of a batch comes again as the first of the next one.
    let is_last = ids.len() < limit;
    let last = ids.last().copied().filter(|_| !is_last);
    let left_out = if ids.is_empty() {
        Vec::new()
    } else {
        take(app, ids, Taking::Free).await?
    };
    for id in left_out {
        take(app, vec![id], Taking::One).await?;
    }
    app.store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(messages::advance(tx, last).await?) }))
        .await?;
    Ok(!is_last)
}

async fn take(app: &Arc<App>, ids: Vec<MessageId>, taking: Taking) -> Result<Vec<MessageId>> {
    app.store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(messages::index_older(tx, &ids, taking).await?) }))
        .await
}

/// Makes the groups among the next chats findable. False when there are none left.
async fn index_groups(app: &Arc<App>, limit: usize) -> Result<bool> {
    let found = app
        .store
        .read::<_, Error, _>(move |tx| Box::pin(async move { Ok(chats::list_older(tx, limit).await?) }))
        .await?;
    let is_last = found.len() < limit;
    let last = found.last().map(|(id, _)| *id).filter(|_| !is_last);
    for (id, _) in found.into_iter().filter(|(_, is_group)| *is_group) {
        app.store
            .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(chats::index_older(tx, id).await?) }))
            .await?;
    }
    app.store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(chats::advance(tx, last).await?) }))
        .await?;
    Ok(!is_last)
}
