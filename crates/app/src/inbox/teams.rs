//! Teams: some of the people, who look after chats together.

use std::sync::Arc;

use pesan_model::inbox::{Colleague, Team};
use pesan_model::{Flaw, OrganizationId, Permission, TeamId, UserId};
use pesan_store::{Tx, team, user};

use super::{checked_name, organize};
use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, FieldError, Result};
use crate::events;
use crate::idempotency::{IdempotencyKey, once};

/// Most teams of an organization.
pub const MAX: u64 = 200;
/// Most people in a team.
pub const MAX_MEMBERS: usize = 500;

/// Everybody who can look after chats, oldest first, after `after`.
pub async fn colleagues(
    app: &Arc<App>,
    caller: &Caller,
    after: Option<UserId>,
    limit: usize,
) -> Result<Vec<Colleague>> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    Ok(app
        .store
        .read(move |tx| Box::pin(async move { user::list_names(tx, organization, after, limit).await }))
        .await?)
}

/// All teams, by name.
pub async fn list(app: &Arc<App>, caller: &Caller) -> Result<Vec<Team>> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    Ok(app
        .store
        .read(move |tx| Box::pin(async move { team::list(tx, organization).await }))
        .await?)
}

/// Makes a team, and says whether an earlier request with the same key did.
///
/// # Errors
/// [`Error::Conflict`] with `team_exists` when there is one of this name.
pub async fn create(
    app: &Arc<App>,
    caller: &Caller,
    (name, member_ids): (String, Vec<UserId>),
    idempotency: Option<IdempotencyKey>,
) -> Result<(Team, bool)> {
    caller.require(Permission::OrganizationManage)?;
    let made = Team {
        id: TeamId::new(&*app.clock, &*app.random),
        name: checked_name(&name)?,
        member_ids: checked_count(member_ids)?,
        created_at: app.clock.now(),
    };
    let caller = caller.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let organization = caller.organization_id;
                let key = (made.id.uuid(), made.created_at);
                if let Some(earlier) = once(tx, &caller, "create_team", idempotency.as_ref(), key).await? {
                    return Ok((team::get(tx, organization, earlier.into()).await?, true));
                }
                check_members(tx, organization, &made.member_ids).await?;
                if team::count(tx, organization).await? >= MAX {
                    return Err(Error::Conflict {
                        code: "too_many_teams",
                        detail: format!("an organization has at most {MAX} teams"),
                    });
                }
                team::insert(tx, organization, &made).await?;
                Ok((team::get(tx, organization, made.id).await?, false))
            })
        })
        .await
        .map_err(taken)
}

/// Renames a team or changes who is in it; what is `None` stays.
///
/// # Errors
/// [`Error::Conflict`] with `team_exists` when there is another one of this name.
pub async fn update(
    app: &Arc<App>,
    caller: &Caller,
    id: TeamId,
    (name, member_ids): (Option<String>, Option<Vec<UserId>>),
) -> Result<Team> {
    caller.require(Permission::OrganizationManage)?;
    let name = name.map(|name| checked_name(&name)).transpose()?;
    let member_ids = member_ids.map(checked_count).transpose()?;
    let organization = caller.organization_id;
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let mut changed = team::get_for_change(tx, organization, id).await?;
                if let Some(member_ids) = member_ids {
                    check_members(tx, organization, &member_ids).await?;
                    changed.member_ids = member_ids;
                }
                changed.name = name.unwrap_or(changed.name);
                team::update(tx, organization, &changed).await?;
                Ok(team::get(tx, organization, id).await?)
            })
        })
        .await
        .map_err(taken)
}

/// Deletes a team; its chats belong to none.
pub async fn delete(app: &Arc<App>, caller: &Caller, id: TeamId) -> Result<()> {
    caller.require(Permission::OrganizationManage)?;
    let (owned, organization) = (app.clone(), caller.organization_id);
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let chats = organize::of_team(tx, organization, id).await?;
                team::delete(tx, organization, id).await?;
                let updated = organize::updated(tx, organization, chats).await?;
                events::record(&owned, tx, organization, updated).await
            })
        })
        .await?;
    events::announce(app, organization);
    Ok(())
}

/// Without doubles, when they are not too many.
fn checked_count(mut member_ids: Vec<UserId>) -> Result<Vec<UserId>> {
    if member_ids.len() > MAX_MEMBERS {
        return Err(Error::field("/member_ids", Flaw::TooManyEntries { max: MAX_MEMBERS }));
    }
    let mut seen = std::collections::BTreeSet::new();
    member_ids.retain(|id| seen.insert(*id));
    Ok(member_ids)
}

async fn check_members(tx: &mut Tx<'_>, organization: OrganizationId, member_ids: &[UserId]) -> Result<()> {
    let mut wrong = Vec::new();
    for (index, id) in member_ids.iter().enumerate() {
        if user::find_name(tx, organization, *id).await?.is_none() {
            wrong.push(FieldError::new(format!("/member_ids/{index}"), Flaw::NoSuchPerson));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid(wrong))
    }
}

fn taken(error: Error) -> Error {
    match error {
        Error::Conflict {
            code: "already_exists", ..
        } => Error::Conflict {
            code: "team_exists",
            detail: "there is a team of this name already".to_owned(),
        },
        error => error,
    }
}
