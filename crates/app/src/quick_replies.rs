//! Quick replies: texts that are written often, called by a short word.
//!
//! Their variables are filled in here and nowhere else: whoever shows them asks for them filled in for a chat.

use std::sync::Arc;

use pesan_model::custom_field::{CustomField, FieldKind, FieldValue};
use pesan_model::quick_reply::{FilledText, MAX_BODY, QuickReply, check_body, check_shortcut};
use pesan_model::template::{Filled, Purpose, Template, Values};
use pesan_model::{ChatId, Flaw, Permission, QuickReplyId};
use pesan_store::{Error as StoreError, Tx, chat, contact, custom_field, quick_reply, user};

use crate::access::{Caller, Principal};
use crate::context::App;
use crate::error::{Error, FieldError, Result};
use crate::idempotency::{IdempotencyKey, once};
use crate::templates;

/// Most quick replies of an organization.
pub const MAX: u64 = 500;

/// What somebody says of a quick reply; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct QuickReplyChange {
    /// The word that calls it.
    pub shortcut: Option<String>,
    /// What it says.
    pub body: Option<String>,
}

/// All of them, by their words; filled in for a chat where one is named.
pub async fn list(app: &Arc<App>, caller: &Caller, chat_id: Option<ChatId>) -> Result<Vec<QuickReply>> {
    caller.require(Permission::MessagesRead)?;
    let caller = caller.clone();
    let mut replies = app
        .store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let mut replies = quick_reply::list(tx, caller.organization_id).await?;
                let Some(chat_id) = chat_id else { return Ok(replies) };
                let values = values_of_chat(tx, &caller, chat_id).await?;
                for reply in &mut replies {
                    let template = Template::parse(&reply.body).map_err(|flaw| Error::field("/body", flaw))?;
                    reply.filled = Some(filled(template.fill(&values)));
                }
                Ok(replies)
            })
        })
        .await?;
    // Databases do not agree on the order of letters.
    replies.sort_by_cached_key(|reply| reply.shortcut.to_lowercase());
    Ok(replies)
}

/// Makes one, and says whether an earlier request with the same key did.
///
/// # Errors
/// [`Error::Conflict`] with `shortcut_taken` when there is one with this word.
pub async fn create(
    app: &Arc<App>,
    caller: &Caller,
    (shortcut, body): (String, String),
    idempotency: Option<IdempotencyKey>,
) -> Result<(QuickReply, bool)> {
    caller.require(Permission::OrganizationManage)?;
    let now = app.clock.now();
    let made = QuickReply {
        id: QuickReplyId::new(&*app.clock, &*app.random),
        shortcut,
        body,
        filled: None,
        created_at: now,
        updated_at: now,
    };
    let caller = caller.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let organization = caller.organization_id;
                let key = (made.id.uuid(), now);
                if let Some(earlier) = once(tx, &caller, "create_quick_reply", idempotency.as_ref(), key).await? {
                    return Ok((quick_reply::get(tx, organization, earlier.into()).await?, true));
                }
                check(&made, &custom_field::list(tx, organization).await?)?;
                if quick_reply::count(tx, organization).await? >= MAX {
                    return Err(Error::Conflict {
                        code: "too_many_quick_replies",
                        detail: format!("an organization has at most {MAX} quick replies"),
                    });
                }
                quick_reply::insert(tx, organization, &made).await?;
                Ok((made, false))
            })
        })
        .await
        .map_err(taken)
}

/// Changes one; what is `None` stays.
///
/// # Errors
/// [`Error::Conflict`] with `shortcut_taken` when another one has this word.
pub async fn update(app: &Arc<App>, caller: &Caller, id: QuickReplyId, change: QuickReplyChange) -> Result<QuickReply> {
    caller.require(Permission::OrganizationManage)?;
    let (organization, now) = (caller.organization_id, app.clock.now());
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let before = quick_reply::get_for_change(tx, organization, id).await?;
                let after = QuickReply {
                    shortcut: change.shortcut.unwrap_or_else(|| before.shortcut.clone()),
                    body: change.body.unwrap_or_else(|| before.body.clone()),
                    ..before.clone()
                };
                if after == before {
                    return Ok(before);
                }
                check(&after, &custom_field::list(tx, organization).await?)?;
                let after = QuickReply {
                    updated_at: now,
                    ..after
                };
                quick_reply::update(tx, organization, &after).await?;
                Ok(after)
            })
        })
        .await
        .map_err(taken)
}

/// Deletes one.
pub async fn delete(app: &Arc<App>, caller: &Caller, id: QuickReplyId) -> Result<()> {
    caller.require(Permission::OrganizationManage)?;
    let organization = caller.organization_id;
    app.store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(quick_reply::delete(tx, organization, id).await?) }))
        .await
}

/// What a text would say that is being written: in a chat, or to somebody who does not exist.
pub async fn preview(
    app: &Arc<App>,
    caller: &Caller,
    body: String,
    (purpose, chat_id): (Purpose, Option<ChatId>),
) -> Result<FilledText> {
    caller.require(Permission::MessagesRead)?;
    let length = body.chars().count();
    if length > MAX_BODY {
        let (max, length) = (MAX_BODY, Some(length));
        return Err(Error::field("/body", Flaw::TooLong { max, length }));
    }
    let template = Template::parse(&body).map_err(|flaw| Error::field("/body", flaw))?;
    let caller = caller.clone();
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let fields = custom_field::list(tx, caller.organization_id).await?;
                if let Some(flaw) = template.check(purpose, |key| fields.iter().any(|field| field.key == key)) {
                    return Err(Error::field("/body", flaw));
                }
                let values = match chat_id {
                    Some(chat_id) => values_of_chat(tx, &caller, chat_id).await?,
                    None => example(tx, &caller, &fields).await?,
                };
                Ok(filled(template.fill(&values)))
            })
        })
        .await
}

fn check(reply: &QuickReply, fields: &[CustomField]) -> Result<()> {
    let is_field = |key: &str| fields.iter().any(|field| field.key == key);
    let wrong = [
        ("/shortcut", check_shortcut(&reply.shortcut)),
        ("/body", check_body(&reply.body, is_field)),
    ];
    let errors: Vec<_> = wrong
        .into_iter()
        .filter_map(|(pointer, flaw)| flaw.map(|flaw| FieldError::new(pointer, flaw)))
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid(errors))
    }
}

/// What is known in a chat. Nothing is of a person in a group.
async fn values_of_chat(tx: &mut Tx<'_>, caller: &Caller, id: ChatId) -> Result<Values> {
    let organization = caller.organization_id;
    let chat = chat::get(tx, organization, id).await?;
    let person = match chat.contact_id {
        Some(contact) => Some(contact::person(tx, organization, contact).await?),
        None => None,
    };
    let user_name = sender(tx, caller).await?;
    Ok(templates::values(tx, organization, person.as_ref(), user_name).await?)
}

/// Programs are nobody who could sign a message.
async fn sender(tx: &mut Tx<'_>, caller: &Caller) -> Result<Option<String>, StoreError> {
    match caller.principal {
        Principal::User(id) => Ok(Some(user::get(tx, caller.organization_id, id).await?.name)),
        Principal::Key(_) | Principal::System => Ok(None),
    }
}

/// Somebody of whom everything is known.
async fn example(tx: &mut Tx<'_>, caller: &Caller, fields: &[CustomField]) -> Result<Values> {
    let user_name = sender(tx, caller).await?;
    let value = |field: &CustomField| match field.kind {
        FieldKind::Text => FieldValue::Text(field.label.clone()),
        FieldKind::Number => FieldValue::Number(7.into()),
        FieldKind::Date => FieldValue::Text("2026-11-20".to_owned()),
        FieldKind::Choice => FieldValue::Text(field.choices.first().cloned().unwrap_or_default()),
        FieldKind::Boolean => FieldValue::Boolean(true),
    };
    Ok(Values {
        contact_name: Some("Siti Rahma".to_owned()),
        contact_phone: Some("+6280000000001".to_owned()),
        contact_fields: fields.iter().map(|field| (field.key.clone(), value(field))).collect(),
        ..templates::values(tx, caller.organization_id, None, user_name).await?
    })
}

fn filled(filled: Filled) -> FilledText {
    FilledText {
        text: filled.text,
        missing: filled.missing,
    }
}

fn taken(error: Error) -> Error {
    match error {
        Error::Conflict {
            code: "already_exists", ..
        } => Error::Conflict {
            code: "shortcut_taken",
            detail: "there is a quick reply with this shortcut already".to_owned(),
        },
        error => error,
    }
}
