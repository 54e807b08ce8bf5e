//! The people we talk to.

pub(crate) mod consent;
pub mod fields;
pub mod merging;
pub mod timeline;

use std::collections::BTreeMap;
use std::sync::Arc;

use pesan_model::automatic::Wish;
use pesan_model::chat::Contact;
use pesan_model::custom_field::{CustomField, FieldValue};
use pesan_model::{AccountId, ContactId, Event, Flaw, Permission, Phone};
use pesan_store::contact::search::{self, Search};
use pesan_store::contact::{self, ContactRow, Details, Known, merge};
use pesan_store::{account, custom_field};

use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, FieldError, Result};
use crate::events;
use crate::inbox::log;
use crate::words::trimmed;

/// Most letters of a name.
const MAX_NAME: usize = 100;

/// A page of people, newest first.
pub async fn list(app: &Arc<App>, caller: &Caller, before: Option<ContactId>, limit: usize) -> Result<Vec<Contact>> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    let rows = app
        .store
        .read(move |tx| Box::pin(async move { contact::list(tx, organization, before, limit).await }))
        .await?;
    Ok(rows.into_iter().map(ContactRow::into_contact).collect())
}

/// Where a page of a search begins: behind this word of this person.
pub type SearchPlace = (Vec<u8>, ContactId);

/// A page of the people with a name or number that begins like this, by the word that was found. With each their place.
pub async fn search(
    app: &Arc<App>,
    caller: &Caller,
    text: &str,
    after: Option<SearchPlace>,
    limit: usize,
) -> Result<Vec<(Contact, SearchPlace)>> {
    caller.require(Permission::MessagesRead)?;
    let (organization, search) = (caller.organization_id, Search::new(text));
    let found = app
        .store
        .read(move |tx| Box::pin(async move { search::find(tx, organization, &search, after, limit).await }))
        .await?;
    let placed = |found: search::Found| {
        let place = (found.word, found.row.id());
        (found.row.into_contact(), place)
    };
    Ok(found.into_iter().map(placed).collect())
}

/// The person. The id of a record that was merged is the person's too.
pub async fn get(app: &Arc<App>, caller: &Caller, id: ContactId) -> Result<Contact> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    let row = app
        .store
        .read(move |tx| Box::pin(async move { contact::person(tx, organization, id).await }))
        .await?;
    Ok(row.into_contact())
}

/// The person with this number, asked for through one of the organization's accounts.
pub async fn find_by_phone(app: &Arc<App>, caller: &Caller, account: AccountId, phone: &Phone) -> Result<Contact> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    let known = Known {
        phone: Some(phone.digits().to_owned()),
        ..Known::default()
    };
    let found = app
        .store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                account::get(tx, organization, account).await?;
                match contact::find_by_identity(tx, organization, &known).await?.first() {
                    Some(row) => Ok(Some(contact::get(tx, organization, row.person_id()).await?)),
                    None => Ok(None),
                }
            })
        })
        .await?;
    found
        .map(ContactRow::into_contact)
        .ok_or(Error::NotFound { what: "contact" })
}

/// What changes of a person; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ContactChange {
    /// What to call them.
    pub name: Option<Option<String>>,
    /// The language to write to them in.
    pub language: Option<Option<String>>,
    /// Whether they do not want to be written to.
    pub opted_out: Option<bool>,
    /// Values of the organization's fields by their keys; `None` clears one.
    pub fields: BTreeMap<String, Option<FieldValue>>,
}

/// Changes a person.
pub async fn update(app: &Arc<App>, caller: &Caller, id: ContactId, change: ContactChange) -> Result<Contact> {
    caller.require(Permission::ContactsWrite)?;
    let (organization, owned, asker) = (caller.organization_id, app.clone(), caller.clone());
    let contact = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let before = contact::lock_person(tx, organization, id).await?;
                let fields = custom_field::list(tx, organization).await?;
                let is_opt_out = change.opted_out == Some(true);
                let was_opted_out = before.opted_out_at().is_some();
                let details = changed(&owned, before.details(), change, &fields)?;
                if is_opt_out {
                    merge::keep_opt_out(tx, organization, before.id()).await?;
                }
                if details == before.details() {
                    return Ok(before.into_contact());
                }
                let row = contact::set_details(tx, organization, before.id(), &details).await?;
                let mut events = vec![Event::ContactUpdated(row.clone().into_contact())];
                if was_opted_out != row.opted_out_at().is_some() {
                    let wish = if was_opted_out { Wish::OptIn } else { Wish::OptOut };
                    let by = log::actor(tx, &asker).await?;
                    events.extend(consent::tell(&owned, tx, organization, (&row, wish), &by).await?);
                }
                events::record(&owned, tx, organization, events).await?;
                Ok(row.into_contact())
            })
        })
        .await?;
    events::announce(app, organization);
    Ok(contact)
}

fn changed(app: &App, mut details: Details, change: ContactChange, fields: &[CustomField]) -> Result<Details> {
    if change.fields.len() > fields::MAX_FIELDS {
        let max = fields::MAX_FIELDS;
        return Err(Error::field("/fields", Flaw::TooManyEntries { max }));
    }
    let mut errors = Vec::new();
    if let Some(name) = change.name {
        details.name = name.map(|name| {
            let (name, wrong) = trimmed(&name, "/name", MAX_NAME);
            errors.extend(wrong);
            name
        });
    }
    if let Some(language) = change.language {
        if language.as_deref().is_some_and(|language| !is_language(language)) {
            errors.push(FieldError::new("/language", Flaw::NotALanguage));
        }
        details.language = language;
    }
    if let Some(opted_out) = change.opted_out {
        let since = details.opted_out_at.unwrap_or_else(|| app.clock.now());
        details.opted_out_at = opted_out.then_some(since);
    }
    for (key, value) in change.fields {
        let field = fields.iter().find(|field| field.key == key);
        let wrong = match (field, value) {
            (_, None) => {
                details.fields.remove(&key);
                continue;
            }
            (None, Some(_)) => Some(Flaw::NotACustomField),
            (Some(field), Some(value)) => {
                let wrong = field.check(&value);
                details.fields.insert(key.clone(), value);
                wrong
            }
        };
        let pointer = || format!("/fields/{}", key.replace('~', "~0").replace('/', "~1"));
        errors.extend(wrong.map(|flaw| FieldError::new(pointer(), flaw)));
    }
    if errors.is_empty() {
        Ok(details)
    } else {
        Err(Error::Invalid(errors))
    }
}

/// As BCP 47 writes them, without knowing which there are.
fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let is_primary = parts
        .next()
        .is_some_and(|part| (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase()));
    let is_further =
        |part: &str| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_primary && text.len() <= 35 && parts.all(is_further)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_written_as_tags() {
        for right in ["id", "en", "ar", "pt-BR", "zh-Hant-TW", "jav"] {
            assert!(is_language(right), "{right}");
        }
        for wrong in ["", "i", "ID", "Indonesian", "id_ID", "id-", "id-x"] {
            assert!(!is_language(wrong), "{wrong}");
        }
    }
}
