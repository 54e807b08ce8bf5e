//! What people do with an account: connect, pause, log out, delete.

use std::sync::Arc;
use std::time::Duration;

use pesan_model::account::Account;
use pesan_model::{AccountId, AccountState, Event, Permission, ReasonCode};
use pesan_providers::Provider;
use pesan_providers::session_records::HISTORY;
use pesan_store::account::NewState;
use pesan_store::{account, lease, session_record};

use super::{change_state, new_state};
use crate::access::Caller;
use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, Result};
use crate::events;

/// How long WhatsApp may take to unlink a device.
const LOGOUT_PATIENCE: Duration = Duration::from_secs(10);

/// Wants an account connected from now on. One that was logged out is linked anew: its old credentials are deleted, but
/// not the history that came in and waits to be stored.
/// Changes nothing when it is connected or on the way.
pub async fn connect(app: &Arc<App>, caller: &Caller, id: AccountId) -> Result<Account> {
    caller.require(Permission::AccountsConnect)?;
    let (organization, owned) = (caller.organization_id, app.clone());
    let connected = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let now = account::get(tx, organization, id).await?;
                let is_wanted = account::wanted(tx, id).await?.is_some();
                match now.state {
                    AccountState::Starting
                    | AccountState::NeedScan
                    | AccountState::PairingCode
                    | AccountState::PasskeyRequired
                    | AccountState::Syncing
                    | AccountState::Connected
                    | AccountState::Restricted
                        if is_wanted =>
                    {
                        return Ok(now);
                    }
                    AccountState::LoggedOut => {
                        // Whatever still runs with the old credentials can write nothing any more.
                        lease::revoke(tx, id).await?;
                        session_record::delete_all_but(tx, id, HISTORY.0).await?;
                        // It may be linked to another number.
                        account::set_not_before(tx, organization, id, None).await?;
                    }
                    AccountState::Starting
                    | AccountState::NeedScan
                    | AccountState::PairingCode
                    | AccountState::PasskeyRequired
                    | AccountState::Syncing
                    | AccountState::Connected
                    | AccountState::Restricted
                    | AccountState::Created
                    | AccountState::Reconnecting
                    | AccountState::Banned
                    | AccountState::Paused => {}
                }
                let starting = NewState {
                    is_wanted: true,
                    ..new_state(
                        &owned,
                        AccountState::Starting,
                        Some(ReasonCode::ConnectRequested.into()),
                    )
                };
                change_state(&owned, tx, organization, id, starting).await
            })
        })
        .await?;
    changed(app, caller, id);
    Ok(connected)
}

/// Stops an account until somebody connects it again. It stays linked, and what is queued waits.
///
/// # Errors
/// [`Error::Conflict`] with the code `not_running` when it is stopped for another reason.
pub async fn pause(app: &Arc<App>, caller: &Caller, id: AccountId) -> Result<Account> {
    caller.require(Permission::AccountsManage)?;
    let (organization, owned) = (caller.organization_id, app.clone());
    let paused = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let now = account::get(tx, organization, id).await?;
                if now.state == AccountState::Paused {
                    return Ok(now);
                }
                if account::wanted(tx, id).await?.is_none() {
                    return Err(Error::Conflict {
                        code: "not_running",
                        detail: format!("the account is not running: it is {}", now.state.name()),
                    });
                }
                let paused = new_state(&owned, AccountState::Paused, Some(ReasonCode::PausedByUser.into()));
                change_state(&owned, tx, organization, id, paused).await
            })
        })
        .await?;
    changed(app, caller, id);
    Ok(paused)
}

/// Unlinks the device at WhatsApp and stops the account. The credentials stay until it is linked anew.
///
/// # Errors
/// [`Error::Conflict`] with the code `not_linked` when it never was linked.
pub async fn logout(app: &Arc<App>, caller: &Caller, id: AccountId) -> Result<Account> {
    caller.require(Permission::AccountsManage)?;
    let before = super::find(app, caller, id).await?;
    // The fleet ends the connection of an account that is stopped, but not before WhatsApp was told over it.
    let leaving = app.connections.leave(id);
    let (state, reason) = match before.state {
        AccountState::LoggedOut => return Ok(before),
        AccountState::Created => {
            return Err(Error::Conflict {
                code: "not_linked",
                detail: "the account is not linked to a phone".to_owned(),
            });
        }
        AccountState::NeedScan | AccountState::PairingCode | AccountState::PasskeyRequired => {
            (AccountState::Created, ReasonCode::LinkingCancelled)
        }
        AccountState::Starting
        | AccountState::Syncing
        | AccountState::Connected
        | AccountState::Reconnecting
        | AccountState::Restricted
        | AccountState::Banned
        | AccountState::Paused => {
            // Until WhatsApp has heard of it nobody knows, whenever the process dies.
            let reason = match &leaving.provider {
                Some(_) => ReasonCode::LoggedOutUnconfirmed,
                None => ReasonCode::LoggedOutOffline,
            };
            (AccountState::LoggedOut, reason)
        }
    };
    // First the database, so that the end of the connection is not taken for the phone's doing.
    let mut after = stop(app, caller, id, (state, reason)).await?;
    if let Some(provider) = &leaving.provider {
        let is_unlinked = unlink(&**provider).await;
        let known = match (is_unlinked, state == AccountState::LoggedOut) {
            (true, true) => Some(ReasonCode::LoggedOutByUser),
            // Somebody may have scanned the code at that moment.
            (false, false) => Some(ReasonCode::LoggedOutUnconfirmed),
            (true, false) | (false, true) => None,
        };
        if let Some(reason) = known {
            after = stop(app, caller, id, (AccountState::LoggedOut, reason)).await?;
        }
    }
    drop(leaving);
    changed(app, caller, id);
    Ok(after)
}

/// Tells WhatsApp to unlink the device, and says whether that worked.
async fn unlink(provider: &dyn Provider) -> bool {
    match tokio::time::timeout(LOGOUT_PATIENCE, provider.logout()).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "WhatsApp did not unlink the device");
            false
        }
        Err(_) => {
            tracing::warn!("WhatsApp did not answer to the log-out");
            false
        }
    }
}

/// Writes a state in which the account does not run.
async fn stop(
    app: &Arc<App>,
    caller: &Caller,
    id: AccountId,
    (state, reason): (AccountState, ReasonCode),
) -> Result<Account> {
    let (organization, owned) = (caller.organization_id, app.clone());
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let stopped = new_state(&owned, state, Some(reason.into()));
                change_state(&owned, tx, organization, id, stopped).await
            })
        })
        .await
}

/// Deletes an account and everything that belongs to it. When it is connected, it is logged out first.
pub async fn delete(app: &Arc<App>, caller: &Caller, id: AccountId) -> Result<()> {
    caller.require(Permission::AccountsManage)?;
    super::find(app, caller, id).await?;
    if let Some(provider) = app.connections.get(id) {
        // It goes in any case; the phone shows the device until WhatsApp notices.
        unlink(&*provider).await;
    }
    let (organization, owned) = (caller.organization_id, app.clone());
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let deleted = account::get(tx, organization, id).await?;
                account::delete(tx, organization, id, owned.clock.now()).await?;
                events::record(&owned, tx, organization, vec![Event::AccountDeleted(deleted)]).await
            })
        })
        .await?;
    app.forget_account(id);
    changed(app, caller, id);
    Ok(())
}

/// Tells the fleet, live streams and webhooks after a commit.
fn changed(app: &App, caller: &Caller, id: AccountId) {
    app.bus.publish(Signal::Account(id));
    events::announce(app, caller.organization_id);
}
