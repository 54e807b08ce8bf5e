//! What the fleet reports of an account that it runs.
//!
//! A report counts only while the node holds the account's lease and the account is still wanted: what a person decided
//! meanwhile is not overwritten by a connection that does not know it yet.

use std::sync::Arc;

use pesan_model::{AccountId, AccountState, Event, FailureCode, OrganizationId, StateReason, Timestamp};
use pesan_store::account::{Identity, NewState};
use pesan_store::lease::Holder;
use pesan_store::{Error as StoreError, Tx, account, job, lease, message};

use super::{change_state, new_state};
use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, Result};
use crate::{events, outbox};

/// Who reports.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reporter {
    pub(crate) account: AccountId,
    pub(crate) organization: OrganizationId,
    /// Of the lease.
    pub(crate) epoch: i64,
}

/// What became of an account.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) state: AccountState,
    pub(crate) reason: Option<StateReason>,
    /// Who it is on WhatsApp, when that was told.
    pub(crate) identity: Option<Identity>,
    /// Whether it was just linked to a phone.
    pub(crate) is_new_link: bool,
    /// Until when WhatsApp limits its number, when that was told.
    pub(crate) not_before: Option<Timestamp>,
    /// Whether the fleet goes on with it.
    pub(crate) is_wanted: bool,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is stored.
    Stored,
    /// Somebody stopped or deleted the account meanwhile.
    Unwanted,
    /// The lease is lost.
    Fenced,
}

/// Stores what became of an account. Says it again only when it is something new.
pub(crate) async fn report(app: &Arc<App>, reporter: Reporter, report: Report) -> Result<Outcome> {
    let owned = app.clone();
    let is_connected = report.state == AccountState::Connected;
    let stored = app
        .store
        .write::<_, Error, _>(move |tx| Box::pin(async move { store(&owned, tx, reporter, report).await }))
        .await;
    let (outcome, is_news) = stored?;
    if is_news {
        events::announce(app, reporter.organization);
    }
    if is_connected && outcome == Outcome::Stored {
        app.bus.publish(Signal::Outbox(reporter.account));
        app.bus.publish(Signal::Jobs(job::FETCH_MEDIA));
    }
    Ok(outcome)
}

/// Stores a report, and says whether there is a new event.
async fn store(app: &App, tx: &mut Tx<'_>, reporter: Reporter, report: Report) -> Result<(Outcome, bool)> {
    let (id, organization) = (reporter.account, reporter.organization);
    let holder = Holder {
        account_id: id,
        owner: &app.settings.node,
        epoch: reporter.epoch,
    };
    match lease::hold(tx, &holder).await {
        Ok(()) => {}
        Err(StoreError::Fenced) => return Ok((Outcome::Fenced, false)),
        Err(error) => return Err(error.into()),
    }
    if report.not_before.is_some() {
        // Whatever somebody decided meanwhile: it must not be connected too early later on.
        account::set_not_before(tx, organization, id, report.not_before).await?;
    }
    if account::wanted(tx, id).await?.is_none() {
        return Ok((Outcome::Unwanted, false));
    }
    let mut is_news = false;
    if let Some(identity) = &report.identity {
        if report.is_new_link {
            is_news = link_anew(app, tx, (organization, id), identity).await?;
        }
        account::set_identity(tx, organization, id, identity).await?;
    }
    if report.state == AccountState::Connected {
        let now = app.clock.now();
        account::set_last_connected(tx, organization, id, now).await?;
        job::wake_partition(tx, job::SEND_MESSAGE, id.uuid(), now).await?;
        job::wake_partition(tx, job::FETCH_MEDIA, id.uuid(), now).await?;
    }
    let before = account::get(tx, organization, id).await?;
    let code = |reason: &Option<StateReason>| reason.as_ref().map(|reason| reason.code.clone());
    if before.state == report.state && code(&before.reason) == code(&report.reason) {
        return Ok((Outcome::Stored, is_news));
    }
    let new = NewState {
        is_wanted: report.is_wanted,
        ..new_state(app, report.state, report.reason)
    };
    change_state(app, tx, organization, id, new).await?;
    Ok((Outcome::Stored, true))
}

/// The account has a new device at WhatsApp, which shows a message again that the old one may have sent: such messages
/// have failed, and a person decides. When it has another number, so has everything that waits. Says whether any did.
async fn link_anew(
    app: &App,
    tx: &mut Tx<'_>,
    (organization, id): (OrganizationId, AccountId),
    identity: &Identity,
) -> Result<bool> {
    let before = account::get(tx, organization, id).await?.phone;
    let has_other_number = matches!((&before, &identity.phone), (Some(before), Some(now)) if before != now);
    let mut failed = Vec::new();
    for (mut message, may_have_left) in message::list_queued(tx, organization, id, !has_other_number).await? {
        let why = if may_have_left {
            FailureCode::Unconfirmed
        } else {
            FailureCode::NumberChanged
        };
        outbox::fail(app, tx, organization, (&mut message, why.into())).await?;
        job::finish_subject(tx, job::SEND_MESSAGE, message.id.uuid()).await?;
        failed.push(Event::MessageFailed(message));
    }
    let is_any = !failed.is_empty();
    events::record(app, tx, organization, failed).await?;
    Ok(is_any)
}
