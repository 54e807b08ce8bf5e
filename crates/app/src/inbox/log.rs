//! The log of a chat: what people, programs, messages and time did with it. Written in the transaction of the change.

use std::collections::BTreeMap;
use std::sync::Arc;

use pesan_model::chat::Chat;
use pesan_model::inbox::{ChatActor, ChatChange, ChatLogEntry};
use pesan_model::{ChatId, ChatLogId, ChatStatus, OrganizationId, Permission, TagId};
use pesan_store::{Error as StoreError, Tx, api_key, chat, chat_log, tag, team, user};

use crate::access::{Caller, Principal};
use crate::context::App;
use crate::error::{Error, Result};

/// A page of a chat's log, newest first.
pub async fn list(
    app: &Arc<App>,
    caller: &Caller,
    id: ChatId,
    before: Option<ChatLogId>,
    limit: usize,
) -> Result<Vec<ChatLogEntry>> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                chat::get(tx, organization, id).await?;
                Ok(chat_log::list(tx, organization, id, before, limit).await?)
            })
        })
        .await
}

/// Who asks, with the name they have now.
pub(crate) async fn actor(tx: &mut Tx<'_>, caller: &Caller) -> Result<ChatActor, StoreError> {
    let organization = caller.organization_id;
    Ok(match caller.principal {
        Principal::User(id) => ChatActor::User {
            id,
            name: user::find_name(tx, organization, id).await?.unwrap_or_default(),
        },
        Principal::Key(id) => ChatActor::Key {
            id,
            name: api_key::find(tx, organization, id)
                .await?
                .map(|key| key.name)
                .unwrap_or_default(),
        },
        Principal::System => ChatActor::System,
    })
}

/// Adds lines to the log of a chat.
pub(crate) async fn write(
    app: &App,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    (chat_id, by): (ChatId, &ChatActor),
    changes: Vec<ChatChange>,
) -> Result<(), StoreError> {
    for change in changes {
        let entry = ChatLogEntry {
            id: ChatLogId::new(&*app.clock, &*app.random),
            at: app.clock.now(),
            by: by.clone(),
            change,
        };
        chat_log::insert(tx, organization, chat_id, &entry).await?;
    }
    Ok(())
}

/// What the log says of a chat that was `before` and is `after`.
pub(crate) async fn changes(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    (before, after): (&Chat, &Chat),
) -> Result<Vec<ChatChange>, StoreError> {
    let mut changes = Vec::new();
    if (before.status, before.snoozed_until) != (after.status, after.snoozed_until) {
        changes.push(match (after.status, after.snoozed_until) {
            (ChatStatus::Snoozed, Some(until)) => ChatChange::Snoozed { until },
            (ChatStatus::Closed, _) => ChatChange::Closed,
            (ChatStatus::Open | ChatStatus::Snoozed, _) => ChatChange::Opened,
        });
    }
    if before.assignee_id != after.assignee_id {
        changes.push(match after.assignee_id {
            Some(user_id) => ChatChange::Assigned {
                user_id,
                name: user::find_name(tx, organization, user_id).await?.unwrap_or_default(),
            },
            None => ChatChange::Unassigned,
        });
    }
    if before.team_id != after.team_id {
        changes.push(match after.team_id {
            Some(team_id) => ChatChange::TeamSet {
                team_id,
                name: team::get(tx, organization, team_id).await?.name,
            },
            None => ChatChange::TeamCleared,
        });
    }
    if before.is_starred != after.is_starred {
        changes.push(if after.is_starred {
            ChatChange::Starred
        } else {
            ChatChange::Unstarred
        });
    }
    if before.tag_ids != after.tag_ids {
        changes.extend(of_tags(tx, organization, (&before.tag_ids, &after.tag_ids)).await?);
    }
    Ok(changes)
}

async fn of_tags(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    (before, after): (&[TagId], &[TagId]),
) -> Result<Vec<ChatChange>, StoreError> {
    let known = tag::list(tx, organization).await?;
    let names: BTreeMap<TagId, String> = known.into_iter().map(|tag| (tag.id, tag.name)).collect();
    let name = |id: &TagId| names.get(id).cloned().unwrap_or_default();
    let given = after.iter().filter(|id| !before.contains(id));
    let given = given.map(|id| ChatChange::Tagged {
        tag_id: *id,
        name: name(id),
    });
    let taken = before.iter().filter(|id| !after.contains(id));
    let taken = taken.map(|id| ChatChange::Untagged {
        tag_id: *id,
        name: name(id),
    });
    Ok(given.chain(taken).collect())
}
