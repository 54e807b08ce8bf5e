//! Tags: words that chats are found by.

use std::sync::Arc;

use pesan_model::inbox::Tag;
use pesan_model::{Permission, TagColor, TagId};
use pesan_store::tag;

use super::{checked_name, organize};
use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, Result};
use crate::events;
use crate::idempotency::{IdempotencyKey, once};

/// Most tags of an organization.
pub const MAX: u64 = 500;

/// All tags, by name.
pub async fn list(app: &Arc<App>, caller: &Caller) -> Result<Vec<Tag>> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    Ok(app
        .store
        .read(move |tx| Box::pin(async move { tag::list(tx, organization).await }))
        .await?)
}

/// Makes a tag, and says whether an earlier request with the same key did.
///
/// # Errors
/// [`Error::Conflict`] with `tag_exists` when there is one of this name.
pub async fn create(
    app: &Arc<App>,
    caller: &Caller,
    (name, color): (String, TagColor),
    idempotency: Option<IdempotencyKey>,
) -> Result<(Tag, bool)> {
    caller.require(Permission::MessagesSend)?;
    let made = Tag {
        id: TagId::new(&*app.clock, &*app.random),
        name: checked_name(&name)?,
        color,
        created_at: app.clock.now(),
    };
    let caller = caller.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let organization = caller.organization_id;
                let key = (made.id.uuid(), made.created_at);
                if let Some(earlier) = once(tx, &caller, "create_tag", idempotency.as_ref(), key).await? {
                    return Ok((tag::get(tx, organization, earlier.into()).await?, true));
                }
                if tag::count(tx, organization).await? >= MAX {
                    return Err(Error::Conflict {
                        code: "too_many_tags",
                        detail: format!("an organization has at most {MAX} tags"),
                    });
                }
                tag::insert(tx, organization, &made).await?;
                Ok((made, false))
            })
        })
        .await
        .map_err(taken)
}

/// Renames a tag or gives it another colour; what is `None` stays.
///
/// # Errors
/// [`Error::Conflict`] with `tag_exists` when there is another one of this name.
pub async fn update(
    app: &Arc<App>,
    caller: &Caller,
    id: TagId,
    (name, color): (Option<String>, Option<TagColor>),
) -> Result<Tag> {
    caller.require(Permission::OrganizationManage)?;
    let name = name.map(|name| checked_name(&name)).transpose()?;
    let organization = caller.organization_id;
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let mut changed = tag::get(tx, organization, id).await?;
                changed.name = name.unwrap_or(changed.name);
                changed.color = color.unwrap_or(changed.color);
                tag::update(tx, organization, &changed).await?;
                Ok(changed)
            })
        })
        .await
        .map_err(taken)
}

/// Deletes a tag; the chats that had it have it no more.
pub async fn delete(app: &Arc<App>, caller: &Caller, id: TagId) -> Result<()> {
    caller.require(Permission::OrganizationManage)?;
    let (owned, organization) = (app.clone(), caller.organization_id);
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let chats = organize::of_tag(tx, organization, id).await?;
                tag::delete(tx, organization, id).await?;
                let updated = organize::updated(tx, organization, chats).await?;
                events::record(&owned, tx, organization, updated).await
            })
        })
        .await?;
    events::announce(app, organization);
    Ok(())
}

fn taken(error: Error) -> Error {
    match error {
        Error::Conflict {
            code: "already_exists", ..
        } => Error::Conflict {
            code: "tag_exists",
            detail: "there is a tag of this name already".to_owned(),
        },
        error => error,
    }
}
