//! An account that was connected and stays away: after a while people get mail about it, once for each drop.

use pesan_model::account::Account;
use pesan_model::{AccountState, JobId, OrganizationId};
use pesan_store::Tx;
use pesan_store::account::alert;
use pesan_store::job::{self, NewJob};

use crate::context::App;
use crate::error::Result;

/// Whether an account that is logged out for this reason is so because somebody here wanted it.
pub(super) fn is_wanted_here(code: &str) -> bool {
    matches!(
        code,
        "logged_out_by_user" | "logged_out_offline" | "logged_out_unconfirmed"
    )
}

/// True while somebody should be told that the account does not work: it did, and nobody here stopped it.
pub(crate) fn is_dropped(account: &Account) -> bool {
    let by_person = account
        .reason
        .as_ref()
        .is_some_and(|reason| is_wanted_here(&reason.code));
    account.last_connected_at.is_some()
        && match account.state {
            AccountState::Connected | AccountState::Paused | AccountState::Created => false,
            AccountState::LoggedOut => !by_person,
            AccountState::Starting
            | AccountState::NeedScan
            | AccountState::PairingCode
            | AccountState::PasskeyRequired
            | AccountState::Syncing
            | AccountState::Reconnecting
            | AccountState::Restricted
            | AccountState::Banned => true,
        }
}

/// Counts the time from the first state that is a drop, and forgets it with the first that is none.
pub(super) async fn watch(app: &App, tx: &mut Tx<'_>, organization: OrganizationId, changed: &Account) -> Result<()> {
    let wait = app.settings.limits.drop_alert;
    if app.mail.is_none() || wait.is_zero() {
        return Ok(());
    }
    let id = changed.id;
    if !is_dropped(changed) {
        job::finish_waiting(tx, job::ALERT_DROP, id.uuid()).await?;
        alert::set_alerted(tx, organization, id, None).await?;
        return Ok(());
    }
    if alert::alerted_at(tx, organization, id).await?.is_some() {
        return Ok(());
    }
    let now = app.clock.now();
    let alert = NewJob {
        id: JobId::new(&*app.clock, &*app.random),
        organization_id: organization,
        kind: job::ALERT_DROP,
        partition: id.uuid(),
        lane: id.uuid(),
        subject: id.uuid(),
        run_at: now.plus(wait),
    };
    job::insert(tx, &alert, now).await?;
    Ok(())
}
