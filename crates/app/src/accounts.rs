//! Accounts: made, renamed, paced, connected, paused, logged out and deleted by people; put into states by the fleet.
//!
//! The database says what should run; the fleet makes it so. Use cases write what is wanted and hint at the fleet, and
//! the fleet reports back ([`report`]) what became of it.

mod activity;
mod control;
mod drop;
mod lookup;
pub(crate) mod report;

use std::sync::Arc;

use pesan_model::account::{Account, StateChange};
use pesan_model::pacing::Pacing;
use pesan_model::visible::seen;
use pesan_model::{
    AccountId, AccountState, Event, Flaw, OrganizationId, Permission, ProviderKind, StateReason, TeamId, UserId,
};
use pesan_store::account::NewState;
use pesan_store::account::activity::Handler;
use pesan_store::{Tx, account, job};
use uuid::Uuid;

pub use activity::list as activity;
pub use control::{connect, delete, logout, pause};
pub(crate) use drop::is_dropped;
pub use lookup::{check_number, profile_picture, qr};

use crate::access::{Caller, remote_links};
use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, FieldError, Result};
use crate::events;
use crate::idempotency::{IdempotencyKey, once};
use crate::inbox::organize;

/// Most characters of a name.
const MAX_NAME: usize = 100;

/// What a new account is.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// What people call it.
    pub name: String,
    /// How fast it may send; as configured when it is left out.
    pub pacing: Option<Pacing>,
}

impl NewAccount {
    /// With the configured pace.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            pacing: None,
        }
    }
}

/// What is to be changed of an account.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    /// A new name.
    pub name: Option<String>,
    /// A new pacing; `Some(None)` turns it off.
    pub pacing: Option<Option<Pacing>>,
    /// Who looks after chats that begin on it; `Some(None)` for nobody.
    pub assignee_id: Option<Option<UserId>>,
    /// The team that they belong to; `Some(None)` for none.
    pub team_id: Option<Option<TeamId>>,
}

/// What a create gave.
#[derive(Debug, Clone)]
pub struct Created {
    /// The account.
    pub account: Account,
    /// True when the same `Idempotency-Key` had made it before.
    pub is_replay: bool,
}

/// Makes an account. It is not connected yet.
pub async fn create(app: &Arc<App>, caller: &Caller, new: NewAccount, key: Option<IdempotencyKey>) -> Result<Created> {
    caller.require(Permission::AccountsManage)?;
    let mut wrong = Vec::new();
    let name = checked_name(&new.name, &mut wrong);
    check_pacing(new.pacing, &mut wrong);
    all_right(wrong)?;
    let (organization, who, owned) = (caller.organization_id, caller.clone(), app.clone());
    let created = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let app = owned;
                let now = app.clock.now();
                let id = AccountId::new(&*app.clock, &*app.random);
                if let Some(first) = once(tx, &who, "account", key.as_ref(), (id.uuid(), now)).await? {
                    let account = account::get(tx, organization, first.into()).await?;
                    return Ok(Created {
                        account,
                        is_replay: true,
                    });
                }
                let account = Account {
                    id,
                    name,
                    provider: ProviderKind::LinkedDevice,
                    state: AccountState::Created,
                    reason: None,
                    advice: AccountState::Created.advice().to_owned(),
                    state_since: now,
                    phone: None,
                    lid: None,
                    push_name: None,
                    pacing: Some(new.pacing.unwrap_or(app.settings.limits.account_pacing)),
                    queued: 0,
                    assignee_id: None,
                    team_id: None,
                    limited_until: None,
                    last_connected_at: None,
                    created_at: now,
                };
                account::insert(tx, organization, &account).await?;
                account::add_history(tx, organization, id, &new_state(&app, AccountState::Created, None), now).await?;
                events::record(&app, tx, organization, vec![Event::AccountCreated(account.clone())]).await?;
                Ok(Created {
                    account,
                    is_replay: false,
                })
            })
        })
        .await?;
    if !created.is_replay {
        events::announce(app, organization);
    }
    Ok(created)
}

/// The account.
pub async fn get(app: &Arc<App>, caller: &Caller, id: AccountId) -> Result<Account> {
    caller.require(Permission::AccountsRead)?;
    find(app, caller, id).await
}

/// A page of accounts, oldest first.
pub async fn list(app: &Arc<App>, caller: &Caller, after: Option<AccountId>, limit: usize) -> Result<Vec<Account>> {
    caller.require(Permission::AccountsRead)?;
    let organization = caller.organization_id;
    let page = app
        .store
        .read(move |tx| Box::pin(async move { account::list(tx, organization, after, limit).await }))
        .await?;
    Ok(page)
}

/// A page of an account's history, newest first. With each entry its id, which is the keyset of the next page.
pub async fn history(
    app: &Arc<App>,
    caller: &Caller,
    id: AccountId,
    before: Option<Uuid>,
    limit: usize,
) -> Result<Vec<(Uuid, StateChange)>> {
    caller.require(Permission::AccountsRead)?;
    let organization = caller.organization_id;
    let page = app
        .store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                account::get(tx, organization, id).await?;
                Ok(account::history(tx, organization, id, before, limit).await?)
            })
        })
        .await?;
    Ok(page)
}

/// Renames an account, changes its pacing, or says to whom chats are given that begin on it.
pub async fn update(app: &Arc<App>, caller: &Caller, id: AccountId, change: AccountChange) -> Result<Account> {
    caller.require(Permission::AccountsManage)?;
    let mut wrong = Vec::new();
    let pacing = change.pacing;
    let name = change.name.as_deref().map(|name| checked_name(name, &mut wrong));
    check_pacing(pacing.flatten(), &mut wrong);
    all_right(wrong)?;
    let (organization, now) = (caller.organization_id, app.clock.now());
    let changed = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                if let Some(name) = name {
                    account::set_name(tx, organization, id, &name).await?;
                }
                set_handler(tx, organization, id, &change).await?;
                if let Some(pacing) = pacing {
                    account::set_pacing(tx, organization, id, pacing, now).await?;
                    // What waits for its turn at the old pace is looked at again.
                    job::wake_partition(tx, job::SEND_MESSAGE, id.uuid(), now).await?;
                }
                Ok(account::get(tx, organization, id).await?)
            })
        })
        .await?;
    if pacing.is_some() {
        app.bus.publish(Signal::Outbox(id));
    }
    Ok(changed)
}

/// Sets to whom chats are given that begin on the account, once it is sure that they are there.
async fn set_handler(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    id: AccountId,
    change: &AccountChange,
) -> Result<()> {
    if change.assignee_id.is_none() && change.team_id.is_none() {
        return Ok(());
    }
    let before = account::activity::handler(tx, organization, id).await?;
    let handler = Handler {
        assignee_id: change.assignee_id.unwrap_or(before.assignee_id),
        team_id: change.team_id.unwrap_or(before.team_id),
    };
    all_right(organize::check_holders(tx, organization, handler.assignee_id, handler.team_id).await?)?;
    Ok(account::activity::set_handler(tx, organization, id, handler).await?)
}

/// The account, without asking for a permission.
pub(crate) async fn find(app: &App, caller: &Caller, id: AccountId) -> Result<Account> {
    let organization = caller.organization_id;
    let found = app
        .store
        .read(move |tx| Box::pin(async move { account::get(tx, organization, id).await }))
        .await?;
    Ok(found)
}

fn new_state(app: &App, state: AccountState, reason: Option<StateReason>) -> NewState {
    NewState {
        history_id: pesan_model::id::new_uuid(&*app.clock, &*app.random),
        state,
        reason,
        is_wanted: false,
    }
}

/// Writes a new state with its history and its event. The last thing before the commit.
async fn change_state(
    app: &App,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    id: AccountId,
    new: NewState,
) -> Result<Account> {
    account::set_state(tx, organization, id, &new, app.clock.now()).await?;
    let changed = account::get(tx, organization, id).await?;
    drop::watch(app, tx, organization, &changed).await?;
    if matches!(changed.state, AccountState::Syncing | AccountState::Connected) {
        remote_links::use_up(app, tx, organization, id).await?;
    }
    events::record(app, tx, organization, vec![Event::AccountStateChanged(changed.clone())]).await?;
    Ok(changed)
}

fn checked_name(name: &str, wrong: &mut Vec<FieldError>) -> String {
    let name = name.trim();
    let flaw = if seen(name).is_none() {
        Flaw::Empty
    } else if name.chars().count() > MAX_NAME {
        Flaw::TooLong {
            max: MAX_NAME,
            length: None,
        }
    } else if name.chars().any(char::is_control) {
        Flaw::NotOneLine
    } else {
        return name.to_owned();
    };
    wrong.push(FieldError::new("/name", flaw));
    String::new()
}

fn check_pacing(pacing: Option<Pacing>, wrong: &mut Vec<FieldError>) {
    let Some(pacing) = pacing else { return };
    for (pointer, figure, range) in [
        ("/pacing/per_minute", pacing.per_minute, Pacing::PER_MINUTE),
        ("/pacing/burst", pacing.burst, Pacing::BURST),
    ] {
        if !range.contains(&figure) {
            let (min, max) = (u64::from(*range.start()), u64::from(*range.end()));
            wrong.push(FieldError::new(pointer, Flaw::OutOfRange { min, max }));
        }
    }
}

fn all_right(wrong: Vec<FieldError>) -> Result<()> {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid(wrong))
    }
}
