//! Tags: words that chats and people are found by.

use std::collections::BTreeMap;
use std::sync::Arc;

use pesan_model::inbox::Tag;
use pesan_model::{Flaw, OrganizationId, Permission, TagColor, TagId};
use pesan_store::{Error as StoreError, Tx, tag};

use super::{checked_name, organize};
use crate::access::Caller;
use crate::contacts::tagging;
use crate::context::App;
use crate::error::{Error, FieldError, Result};
use crate::events;
use crate::idempotency::{IdempotencyKey, once};

/// Most tags of an organization.
pub const MAX: u64 = 500;
/// Most tags of a chat or a person.
const MAX_EACH: usize = 20;

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

/// Deletes a tag; the chats and people that had it have it no more.
pub async fn delete(app: &Arc<App>, caller: &Caller, id: TagId) -> Result<()> {
    caller.require(Permission::OrganizationManage)?;
    let (owned, organization) = (app.clone(), caller.organization_id);
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let chats = organize::of_tag(tx, organization, id).await?;
                let people = tagging::of_tag(tx, organization, id).await?;
                tag::delete(tx, organization, id).await?;
                let mut updated = organize::updated(tx, organization, chats).await?;
                updated.extend(tagging::updated(tx, organization, &people).await?);
                events::record(&owned, tx, organization, updated).await
            })
        })
        .await?;
    events::announce(app, organization);
    Ok(())
}

/// All tags that a chat or a person is to have, without doubles, oldest first, and what is wrong with them. Those that are
/// there stay until the transaction ends. Whoever was joined of several may have more tags than are given to anybody:
/// some of them can be taken away.
pub(crate) async fn check(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    given: Vec<TagId>,
    had: &[TagId],
) -> Result<(Vec<TagId>, Vec<FieldError>), StoreError> {
    let given: BTreeMap<TagId, usize> = given.into_iter().zip(0..).collect();
    let mut wrong = Vec::new();
    if given.len() > MAX_EACH && given.keys().any(|tag_id| !had.contains(tag_id)) {
        wrong.push(FieldError::new("/tag_ids", Flaw::TooManyEntries { max: MAX_EACH }));
        return Ok((Vec::new(), wrong));
    }
    for (tag_id, index) in &given {
        if !tag::is_there(tx, organization, *tag_id).await? {
            wrong.push(FieldError::new(format!("/tag_ids/{index}"), Flaw::NoSuchTag));
        }
    }
    Ok((given.into_keys().collect(), wrong))
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
