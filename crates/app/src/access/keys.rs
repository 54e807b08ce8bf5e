//! Keys for programs.

use std::sync::Arc;

use pesan_model::access::ApiKey;
use pesan_model::{ApiKeyId, Flaw, Permission};
use pesan_store::api_key;

use super::audit::Note;
use super::{Caller, Principal, token};
use crate::context::App;
use crate::error::{Error, FieldError, Result};
use crate::idempotency::{IdempotencyKey, once};
use crate::words::one_line;

/// The prefix and four characters: enough to tell keys apart, not enough to guess one.
const HINT_LEN: usize = token::KEY_PREFIX.len() + 4;

/// Most characters of a name.
const MAX_NAME: usize = 100;

/// What a new key is for.
pub struct NewKey {
    /// For people.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Permission>,
}

/// A key that was just made.
pub struct CreatedKey {
    /// What is stored of it.
    pub api_key: ApiKey,
    /// The key itself. It is shown this once; none when an earlier request made it.
    pub key: Option<String>,
}

/// The organization's keys, newest first, before `before`.
pub async fn list(app: &Arc<App>, caller: &Caller, before: Option<ApiKeyId>, limit: usize) -> Result<Vec<ApiKey>> {
    caller.require(Permission::KeysManage)?;
    let organization_id = caller.organization_id;
    let keys = app
        .store
        .read(move |tx| Box::pin(async move { api_key::list(tx, organization_id, before, limit).await }))
        .await?;
    Ok(keys)
}

/// The caller, when it is a program.
pub async fn find_self(app: &Arc<App>, caller: &Caller) -> Result<Option<ApiKey>> {
    let Principal::Key(id) = caller.principal else {
        return Ok(None);
    };
    let organization_id = caller.organization_id;
    let key = app
        .store
        .read(move |tx| Box::pin(async move { api_key::get(tx, organization_id, id).await }))
        .await?;
    Ok(Some(key))
}

/// Makes a key. It can do nothing that its maker cannot.
pub async fn create(
    app: &Arc<App>,
    caller: &Caller,
    new: NewKey,
    idempotency: Option<IdempotencyKey>,
) -> Result<CreatedKey> {
    caller.require(Permission::KeysManage)?;
    let (name, bad_name) = one_line(&new.name, "/name", MAX_NAME);
    let (mut scopes, mut errors) = (new.scopes, Vec::from_iter(bad_name));
    if scopes.is_empty() {
        errors.push(FieldError::new("/scopes", Flaw::NoPermission));
    }
    for (index, scope) in scopes.iter().enumerate() {
        if caller.require(*scope).is_err() {
            let permission = scope.name();
            errors.push(FieldError::new(
                format!("/scopes/{index}"),
                Flaw::PermissionNotYours { permission },
            ));
        }
    }
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    scopes.sort_unstable();
    scopes.dedup();
    let key = token::generate_key(&*app.random);
    let api_key = ApiKey {
        id: ApiKeyId::new(&*app.clock, &*app.random),
        name,
        hint: key[..HINT_LEN].to_owned(),
        scopes,
        created_at: app.clock.now(),
        last_used_at: None,
    };
    let hash = token::hash(&key);
    let note = Note::new(app, caller, "api_key.create", Some(api_key.id.to_string()));
    let caller = caller.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let made = (api_key.id.uuid(), api_key.created_at);
                if let Some(earlier) = once(tx, &caller, "create_key", idempotency.as_ref(), made).await? {
                    let api_key = api_key::get(tx, caller.organization_id, earlier.into()).await?;
                    return Ok(CreatedKey { api_key, key: None });
                }
                api_key::insert(tx, caller.organization_id, &api_key, &hash).await?;
                note.append(tx).await?;
                Ok(CreatedKey {
                    api_key,
                    key: Some(key),
                })
            })
        })
        .await
}

/// Revokes a key, at once.
pub async fn revoke(app: &Arc<App>, caller: &Caller, id: ApiKeyId) -> Result<()> {
    caller.require(Permission::KeysManage)?;
    let organization_id = caller.organization_id;
    let note = Note::new(app, caller, "api_key.revoke", Some(id.to_string()));
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                api_key::delete(tx, organization_id, id).await?;
                note.append(tx).await
            })
        })
        .await?;
    app.access.callers.clear();
    Ok(())
}
