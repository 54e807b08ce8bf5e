//! Hands one message over and writes down what came of it.

use std::sync::Arc;

use pesan_model::message::Message;
use pesan_model::{Address, Event, MessageStatus};
use pesan_providers::provider::OutgoingContent;
use pesan_providers::{Accepted, Provider, SendError};
use pesan_store::{Error as StoreError, Tx, job, message};

use super::outcome::{self, Next};
use super::prepare::{UPLOADED_COLUMN, Work};
use crate::context::App;
use crate::error::{Error, Result};
use crate::inbound::people;
use crate::inbound::rules::not_before_sending;
use crate::{events, worker};

/// Hands `work` over. Every outcome is written down. `false` when this has let nothing new be claimed.
pub(super) async fn deliver(app: &Arc<App>, provider: &dyn Provider, mut work: Work) -> bool {
    let started = app.clock.monotonic();
    let result = match upload(app, provider, &mut work).await {
        Ok(()) => provider.send(&work.outgoing).await,
        Err(error) => Err(error),
    };
    let took = app.clock.monotonic().saturating_sub(started);
    metrics::histogram!("pesan_send_seconds").record(took.as_secs_f64());
    let label = match &result {
        Ok(_) => "accepted",
        Err(SendError::Retry { .. }) => "retry",
        Err(SendError::NotConnected) => "not_connected",
        Err(SendError::Elsewhere { .. }) => "elsewhere",
        Err(SendError::Rejected(_)) => "rejected",
        Err(SendError::Unknown { .. }) => "unknown",
    };
    metrics::counter!("pesan_sends_total", "result" => label).increment(1);
    let (work, result) = (Arc::new(work), Arc::new(result));
    let saved = worker::write_down(&app.lifecycle, "write down the result of a send", || {
        save(app, work.clone(), result.clone())
    });
    let Some(goes_on) = saved.await else { return true };
    if matches!(&*result, Err(SendError::NotConnected)) {
        wake_when_connected(app, provider, &work).await;
    }
    events::announce(app, work.organization);
    goes_on
}

/// Puts the file of a message on WhatsApp's servers and keeps where it is before the message goes, so that a repeat is
/// the same to the byte.
async fn upload(app: &Arc<App>, provider: &dyn Provider, work: &mut Work) -> Result<(), SendError> {
    let OutgoingContent::Media(media) = &mut work.outgoing.content else {
        return Ok(());
    };
    if media.uploaded.is_some() {
        return Ok(());
    }
    let uploaded = provider.upload(media).await?;
    let (organization, id) = (work.organization, work.message.id);
    let sealed = work.key.seal(
        UPLOADED_COLUMN,
        id.uuid().as_bytes(),
        uploaded.0.as_bytes(),
        &*app.random,
    );
    app.store
        .write(move |tx| Box::pin(async move { message::save_uploaded(tx, organization, id, &sealed).await }))
        .await
        .map_err(|error: StoreError| SendError::Retry {
            after: None,
            reason: error.to_string(),
        })?;
    media.uploaded = Some(uploaded);
    Ok(())
}

/// `false` when nothing waits in the chat.
async fn save(app: &Arc<App>, work: Arc<Work>, result: Arc<Result<Accepted, SendError>>) -> Result<bool> {
    let owned = app.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let organization = work.organization;
                let mut happened = Vec::new();
                // People and chats come before messages, as where things come in.
                if let (Err(SendError::Elsewhere { phone: told }), Address::Phone(typed)) =
                    (&*result, &work.outgoing.to)
                {
                    people::respell(&owned, tx, organization, (typed, told), &mut happened).await?;
                }
                // A receipt or a late acknowledgement may have come first.
                let mut message = message::get_for_change(tx, organization, work.message.id).await?;
                let (goes_on, event) = match &*result {
                    Ok(accepted) => (
                        job::finish(tx, job::SEND_MESSAGE, &work.job).await?,
                        accept(&owned, tx, &work, &mut message, accepted).await?,
                    ),
                    Err(error) => (true, refuse(&owned, tx, &work, &mut message, error).await?),
                };
                happened.extend(event);
                events::record(&owned, tx, organization, happened).await?;
                Ok(goes_on)
            })
        })
        .await
}

/// What waits for its account is woken when that is connected. If the next connection was quicker than the end of this
/// try, the message was not waiting yet, and is woken here.
async fn wake_when_connected(app: &App, provider: &dyn Provider, work: &Work) {
    let account = work.message.account_id;
    let is_new = |present: &Arc<dyn Provider>| !std::ptr::addr_eq(Arc::as_ptr(present), provider);
    if !app.connections.get(account).as_ref().is_some_and(is_new) {
        return;
    }
    let now = app.clock.now();
    let woken = app
        .store
        .write::<_, StoreError, _>(move |tx| {
            Box::pin(async move { job::wake_partition(tx, job::SEND_MESSAGE, account.uuid(), now).await })
        })
        .await;
    if let Err(error) = woken {
        tracing::warn!(%account, %error, "a message was not woken; it waits for its time");
    }
}

async fn accept(
    app: &App,
    tx: &mut Tx<'_>,
    work: &Work,
    message: &mut Message,
    accepted: &Accepted,
) -> Result<Option<Event>, StoreError> {
    if !message.status.can_become(MessageStatus::Sent) {
        return Ok(None);
    }
    message.status = MessageStatus::Sent;
    message.error = None;
    let at = accepted.at.unwrap_or_else(|| app.clock.now());
    message.sent_at = Some(not_before_sending(message, at));
    message::save_status(tx, work.organization, message).await?;
    Ok(Some(Event::MessageSent(message.clone())))
}

async fn refuse(
    app: &App,
    tx: &mut Tx<'_>,
    work: &Work,
    message: &mut Message,
    error: &SendError,
) -> Result<Option<Event>, StoreError> {
    if message.status != MessageStatus::Queued {
        job::finish(tx, job::SEND_MESSAGE, &work.job).await?;
        return Ok(None);
    }
    let now = app.clock.now();
    match outcome::after(
        error,
        &app.settings.limits,
        work.job.attempts(),
        (work.first_wire_at, now),
    ) {
        Next::Retry(wait) if matches!(error, SendError::Elsewhere { .. }) => {
            job::lane::retry_in_place(tx, job::SEND_MESSAGE, &work.job, now.plus(wait)).await?;
        }
        Next::Retry(wait) => job::retry_at(tx, &work.job, now.plus(wait)).await?,
        Next::Snooze(wait) => {
            job::snooze_until(tx, &work.job, now.plus(wait)).await?;
            message.attempts = work.job.attempts().saturating_sub(1);
            message::save_status(tx, work.organization, message).await?;
        }
        Next::Fail(why) => {
            job::finish(tx, job::SEND_MESSAGE, &work.job).await?;
            super::fail(app, tx, work.organization, (&mut *message, why)).await?;
            return Ok(Some(Event::MessageFailed(message.clone())));
        }
    }
    let has_left = match error {
        SendError::Unknown { .. } => true,
        SendError::NotConnected | SendError::Elsewhere { .. } | SendError::Retry { .. } | SendError::Rejected(_) => {
            work.may_have_left
        }
    };
    if !has_left {
        message::reset_wire(tx, work.organization, message.id).await?;
    }
    Ok(None)
}
