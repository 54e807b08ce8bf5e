//! Fields of contacts that an organization defines for itself.

use std::sync::Arc;

use pesan_model::custom_field::{CustomField, FieldKind};
use pesan_model::{CustomFieldId, Flaw, Permission};
use pesan_store::custom_field;

use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, FieldError, Result};
use crate::idempotency::{IdempotencyKey, once};
use crate::words::one_line;

/// Most fields of an organization.
pub(super) const MAX_FIELDS: usize = 100;
/// Most choices of a field.
const MAX_CHOICES: usize = 100;
const MAX_KEY: usize = 40;
const MAX_LABEL: usize = 60;

/// A field to define.
#[derive(Debug, Clone)]
pub struct NewField {
    /// What programs and templates call it.
    pub key: String,
    /// What people call it.
    pub label: String,
    /// What its values are.
    pub kind: FieldKind,
    /// What can be chosen.
    pub choices: Vec<String>,
}

/// What changes of a field; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct FieldChange {
    /// What people call it.
    pub label: Option<String>,
    /// What can be chosen. Contacts keep a value that is no choice any more.
    pub choices: Option<Vec<String>>,
}

/// All fields, oldest first.
pub async fn list(app: &Arc<App>, caller: &Caller) -> Result<Vec<CustomField>> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    Ok(app
        .store
        .read(move |tx| Box::pin(async move { custom_field::list(tx, organization).await }))
        .await?)
}

/// Defines a field. One that was deleted comes back under its key, with the values that contacts still have.
///
/// # Errors
/// [`Error::Conflict`] with `key_taken` when there is one with this key, or there was one of another type.
pub async fn create(
    app: &Arc<App>,
    caller: &Caller,
    new: NewField,
    idempotency: Option<IdempotencyKey>,
) -> Result<(CustomField, bool)> {
    caller.require(Permission::ContactsManage)?;
    let field = CustomField {
        id: CustomFieldId::new(&*app.clock, &*app.random),
        key: new.key,
        label: new.label,
        kind: new.kind,
        choices: new.choices,
        created_at: app.clock.now(),
    };
    let mut field = checked(field)?;
    let caller = caller.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let organization = caller.organization_id;
                let known = custom_field::find_by_key(tx, organization, &field.key).await?;
                let revived = match &known {
                    Some((earlier, true)) if earlier.kind == field.kind => Some((earlier.id, earlier.created_at)),
                    _ => None,
                };
                let now = field.created_at;
                (field.id, field.created_at) = revived.unwrap_or((field.id, now));
                let made = (field.id.uuid(), now);
                if let Some(earlier) = once(tx, &caller, "create_custom_field", idempotency.as_ref(), made).await? {
                    return Ok((custom_field::get(tx, organization, earlier.into()).await?, true));
                }
                if known.is_some() && revived.is_none() {
                    return Err(key_taken());
                }
                if custom_field::list(tx, organization).await?.len() >= MAX_FIELDS {
                    return Err(Error::Conflict {
                        code: "too_many_fields",
                        detail: format!("an organization has at most {MAX_FIELDS} fields"),
                    });
                }
                if revived.is_some() {
                    custom_field::revive(tx, organization, &field).await?;
                } else {
                    custom_field::insert(tx, organization, &field).await?;
                }
                Ok((field, false))
            })
        })
        .await
}

/// Changes a field.
pub async fn update(app: &Arc<App>, caller: &Caller, id: CustomFieldId, change: FieldChange) -> Result<CustomField> {
    caller.require(Permission::ContactsManage)?;
    let organization = caller.organization_id;
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let mut field = custom_field::get_for_change(tx, organization, id).await?;
                field.label = change.label.unwrap_or(field.label);
                field.choices = change.choices.unwrap_or(field.choices);
                let field = checked(field)?;
                custom_field::update(tx, organization, &field).await?;
                Ok(field)
            })
        })
        .await
}

/// Deletes a field. Contacts keep their values, and have them again when it is defined again.
pub async fn delete(app: &Arc<App>, caller: &Caller, id: CustomFieldId) -> Result<()> {
    caller.require(Permission::ContactsManage)?;
    let (organization, now) = (caller.organization_id, app.clock.now());
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                custom_field::get(tx, organization, id).await?;
                Ok(custom_field::delete(tx, organization, id, now).await?)
            })
        })
        .await
}

fn checked(mut field: CustomField) -> Result<CustomField> {
    let mut errors = Vec::new();
    let mut wrong = |pointer: &str, flaw| errors.push(FieldError::new(pointer, flaw));
    let is_key = field.key.len() <= MAX_KEY
        && field.key.starts_with(|letter: char| letter.is_ascii_lowercase())
        && field
            .key
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !is_key {
        wrong("/key", Flaw::NotAKey { max: MAX_KEY });
    }
    let (label, bad_label) = one_line(&field.label, "/label", MAX_LABEL);
    field.label = label;
    if let Some(bad_label) = bad_label {
        wrong("/label", bad_label.flaw);
    }
    let is_choice = field.kind == FieldKind::Choice;
    if is_choice && !(1..=MAX_CHOICES).contains(&field.choices.len()) {
        let (min, max) = (1, MAX_CHOICES);
        wrong("/choices", Flaw::WrongNumberOfChoices { min, max });
    }
    if !is_choice && !field.choices.is_empty() {
        wrong("/choices", Flaw::NotOfAChoice);
    }
    // What is far too much is not looked at one by one.
    for place in 0..field.choices.len().min(MAX_CHOICES) {
        let pointer = format!("/choices/{place}");
        let (choice, bad_choice) = one_line(&field.choices[place], &pointer, MAX_LABEL);
        if let Some(bad_choice) = bad_choice {
            wrong(&pointer, bad_choice.flaw);
        } else if field.choices[..place].contains(&choice) {
            wrong(&pointer, Flaw::GivenTwice);
        }
        field.choices[place] = choice;
    }
    if errors.is_empty() {
        Ok(field)
    } else {
        Err(Error::Invalid(errors))
    }
}

fn key_taken() -> Error {
    Error::Conflict {
        code: "key_taken",
        detail: "there is a field with this key, or there was one of another type; take another key".to_owned(),
    }
}
