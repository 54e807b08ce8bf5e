//! The people of an organization.

use std::sync::Arc;

use pesan_model::access::User;
use pesan_model::{Flaw, OrganizationId, Permission, Role, UserId};
use pesan_store::{browser_session, user};

use super::audit::Note;
use super::{Caller, Principal, password};
use crate::context::App;
use crate::error::{Error, FieldError, Result};
use crate::events;
use crate::idempotency::{IdempotencyKey, once};
use crate::inbox::organize;
use crate::words::one_line;

/// Most characters of a name.
pub(super) const MAX_NAME: usize = 100;

/// What somebody new is.
pub struct NewUser {
    /// What they log in with.
    pub email: String,
    /// What to call them.
    pub name: String,
    /// What they type.
    pub password: String,
}

/// What changes of a person; the rest stays.
#[derive(Default)]
pub struct UserChanges {
    /// What to call them.
    pub name: Option<String>,
    /// What they may do.
    pub role: Option<Role>,
    /// What they type. Ends their log-ins.
    pub password: Option<String>,
}

/// The organization's people, oldest first, after `after`.
pub async fn list(app: &Arc<App>, caller: &Caller, after: Option<UserId>, limit: usize) -> Result<Vec<User>> {
    caller.require(Permission::MembersManage)?;
    let organization_id = caller.organization_id;
    let users = app
        .store
        .read(move |tx| Box::pin(async move { user::list(tx, organization_id, after, limit).await }))
        .await?;
    Ok(users)
}

/// The caller, when it is a person.
pub async fn find_self(app: &Arc<App>, caller: &Caller) -> Result<Option<User>> {
    let Principal::User(id) = caller.principal else {
        return Ok(None);
    };
    Ok(Some(read(app, caller.organization_id, id).await?))
}

/// Adds a person with a role, and says whether an earlier request with the same key did. Only owners add owners.
pub async fn create(
    app: &Arc<App>,
    caller: &Caller,
    (new, role): (NewUser, Role),
    idempotency: Option<IdempotencyKey>,
) -> Result<(User, bool)> {
    caller.require(Permission::MembersManage)?;
    require_for(caller, role)?;
    let (new, errors) = checked(new);
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let user = User {
        id: UserId::new(&*app.clock, &*app.random),
        organization_id: caller.organization_id,
        email: new.email,
        name: new.name,
        role,
        created_at: app.clock.now(),
    };
    let password_hash = app.access.passwords.hash(new.password, &*app.random).await?;
    let note = Note::new(app, caller, "user.create", Some(user.id.to_string()));
    let caller = caller.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let made = (user.id.uuid(), user.created_at);
                if let Some(earlier) = once(tx, &caller, "create_user", idempotency.as_ref(), made).await? {
                    let user = user::get(tx, caller.organization_id, earlier.into()).await?;
                    return Ok((user, true));
                }
                user::insert(tx, &user, &password_hash).await?;
                note.append(tx).await?;
                Ok((user, false))
            })
        })
        .await
        .map_err(email_taken)
}

/// Changes a person. Everybody may change their own name and password.
pub async fn update(app: &Arc<App>, caller: &Caller, id: UserId, changes: UserChanges) -> Result<User> {
    let is_self = caller.principal == Principal::User(id);
    if !is_self || changes.role.is_some() {
        caller.require(Permission::MembersManage)?;
    }
    let before = read(app, caller.organization_id, id).await?;
    if !is_self || changes.role.is_some_and(|role| role != before.role) {
        require_for(caller, before.role)?;
        changes.role.map_or(Ok(()), |role| require_for(caller, role))?;
    }
    let mut errors = Vec::new();
    if let Some(name) = &changes.name {
        errors.extend(check_name(name.trim()));
    }
    if let Some(password) = &changes.password {
        errors.extend(password::check(password, "/password"));
    }
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let password_hash = match changes.password {
        Some(password) => Some(app.access.passwords.hash(password, &*app.random).await?),
        None => None,
    };
    let (name, role) = (changes.name, changes.role);
    let organization_id = caller.organization_id;
    let note = Note::new(app, caller, "user.update", Some(id.to_string()));
    let user = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let owners = user::count_owners(tx, organization_id).await?;
                let mut user = user::get(tx, organization_id, id).await?;
                if user.role != before.role {
                    return Err(changed_meanwhile());
                }
                user.name = name.map_or(user.name, |name| name.trim().to_owned());
                user.role = role.unwrap_or(user.role);
                if before.role == Role::Owner && user.role != Role::Owner && owners == 1 {
                    return Err(last_owner());
                }
                user::update(tx, &user).await?;
                if let Some(hash) = password_hash {
                    user::set_password(tx, organization_id, id, &hash).await?;
                    browser_session::delete_of_user(tx, organization_id, id).await?;
                }
                note.append(tx).await?;
                Ok(user)
            })
        })
        .await?;
    app.access.callers.clear();
    Ok(user)
}

/// Removes a person and ends their log-ins; nobody looks after their chats then. The last owner stays.
pub async fn delete(app: &Arc<App>, caller: &Caller, id: UserId) -> Result<()> {
    caller.require(Permission::MembersManage)?;
    let may_remove_owners = caller.require(Permission::OwnersManage);
    let organization_id = caller.organization_id;
    let note = Note::new(app, caller, "user.delete", Some(id.to_string()));
    let (owned, asker) = (app.clone(), caller.clone());
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                // First, because whoever changes a chat locks it before the organization.
                let updated = organize::unassign_all(&owned, tx, &asker, id).await?;
                let owners = user::count_owners(tx, organization_id).await?;
                let user = user::get(tx, organization_id, id).await?;
                if user.role == Role::Owner {
                    may_remove_owners?;
                    if owners == 1 {
                        return Err(last_owner());
                    }
                }
                user::delete(tx, organization_id, id).await?;
                note.append(tx).await?;
                events::record(&owned, tx, organization_id, updated).await
            })
        })
        .await?;
    app.access.callers.clear();
    events::announce(app, organization_id);
    Ok(())
}

/// Sets the password of whoever logs in with this address. For the command line on the machine itself.
pub async fn set_password(app: &Arc<App>, email: &str, password: String) -> Result<User> {
    if let Some(error) = password::check(&password, "/password") {
        return Err(Error::Invalid(vec![error]));
    }
    let email = normal_email(email);
    let found = app
        .store
        .read(move |tx| Box::pin(async move { user::find_for_log_in(tx, &email).await }))
        .await?;
    let (user, _) = found.ok_or(Error::NotFound { what: "user" })?;
    let changes = UserChanges {
        password: Some(password),
        ..UserChanges::default()
    };
    update(app, &Caller::system(user.organization_id), user.id, changes).await
}

async fn read(app: &Arc<App>, organization_id: OrganizationId, id: UserId) -> Result<User> {
    Ok(app
        .store
        .read(move |tx| Box::pin(async move { user::get(tx, organization_id, id).await }))
        .await?)
}

/// Only owners make, change and remove owners.
pub(super) fn require_for(caller: &Caller, role: Role) -> Result<()> {
    match role {
        Role::Owner => caller.require(Permission::OwnersManage),
        Role::Admin | Role::Agent => Ok(()),
    }
}

/// Addresses are compared without regard to case and outer blanks.
pub(super) fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// The same in normal form, and what is wrong with it.
pub(super) fn checked(new: NewUser) -> (NewUser, Vec<FieldError>) {
    let new = NewUser {
        email: normal_email(&new.email),
        name: new.name.trim().to_owned(),
        password: new.password,
    };
    let mut errors = Vec::new();
    errors.extend(check_email(&new.email));
    errors.extend(check_name(&new.name));
    errors.extend(password::check(&new.password, "/password"));
    (new, errors)
}

/// What is wrong with an address in normal form.
pub(super) fn check_email(email: &str) -> Option<FieldError> {
    let is_email = email.len() <= 254
        && !email.contains(|letter: char| letter.is_whitespace() || letter.is_control())
        && email
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
    (!is_email).then(|| FieldError::new("/email", Flaw::NotAnEmailAddress))
}

pub(super) fn check_name(name: &str) -> Option<FieldError> {
    one_line(name, "/name", MAX_NAME).1
}

/// A taken unique value of a person can only be the address.
pub(super) fn email_taken(error: Error) -> Error {
    match error {
        Error::Conflict {
            code: "already_exists", ..
        } => Error::Conflict {
            code: "email_taken",
            detail: "somebody logs in with this e-mail address already".to_owned(),
        },
        error => error,
    }
}

fn last_owner() -> Error {
    Error::Conflict {
        code: "last_owner",
        detail: "an organization needs an owner; make somebody else owner first".to_owned(),
    }
}

fn changed_meanwhile() -> Error {
    Error::Conflict {
        code: "changed_meanwhile",
        detail: "somebody else changed this at the same time; look again".to_owned(),
    }
}
