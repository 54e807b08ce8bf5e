//! The people we talk to.

pub(crate) mod consent;
pub mod erasing;
pub mod export;
pub mod fields;
pub mod merging;
pub(crate) mod tagging;
pub mod timeline;

use std::collections::BTreeMap;
use std::sync::Arc;

use pesan_model::automatic::Wish;
use pesan_model::chat::Contact;
use pesan_model::custom_field::{CustomField, FieldValue};
use pesan_model::{AccountId, ContactId, Event, Flaw, OrganizationId, Permission, Phone, TagId};
use pesan_store::contact::search::{self, Search};
use pesan_store::contact::{self, ContactRow, Details, alias, merge, tag};
use pesan_store::{Error as StoreError, Tx, account, custom_field};

use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, FieldError, Result};
use crate::events;
use crate::inbox::{self, log};
use crate::words::one_line;

/// Most letters of a name.
const MAX_NAME: usize = 100;

/// A page of people, newest first: all, or those with a tag.
///
/// # Errors
/// [`Error::Invalid`] for a tag that is not there.
pub async fn list(
    app: &Arc<App>,
    caller: &Caller,
    with_tag: Option<TagId>,
    before: Option<ContactId>,
    limit: usize,
) -> Result<Vec<Contact>> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let rows = match with_tag {
                    Some(id) => tagging::list(tx, organization, id, before, limit).await?,
                    None => contact::list(tx, organization, before, limit).await?,
                };
                Ok(tag::show_all(tx, organization, rows).await?)
            })
        })
        .await
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
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let found = search::find(tx, organization, &search, after, limit).await?;
                let (words, rows): (Vec<_>, Vec<_>) = found.into_iter().map(|found| (found.word, found.row)).unzip();
                let people = tag::show_all(tx, organization, rows).await?;
                let placed = |(contact, word): (Contact, Vec<u8>)| {
                    let place = (word, contact.id);
                    (contact, place)
                };
                Ok(people.into_iter().zip(words).map(placed).collect())
            })
        })
        .await
}

/// The person. The id of a record that was merged is the person's too.
pub async fn get(app: &Arc<App>, caller: &Caller, id: ContactId) -> Result<Contact> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    Ok(app
        .store
        .read::<_, pesan_store::Error, _>(move |tx| {
            Box::pin(async move {
                let person = contact::person(tx, organization, id).await?;
                tag::show(tx, organization, person).await
            })
        })
        .await?)
}

/// The person with this number, or whose number is written so too, asked for through one of the organization's accounts.
pub async fn find_by_phone(app: &Arc<App>, caller: &Caller, account: AccountId, phone: &Phone) -> Result<Contact> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    let phone = phone.clone();
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                account::get(tx, organization, account).await?;
                let found = alias::find(tx, organization, &phone).await?;
                let row = found.ok_or(Error::NotFound { what: "contact" })?;
                let person = contact::get(tx, organization, row.person_id()).await?;
                Ok(tag::show(tx, organization, person).await?)
            })
        })
        .await
}

/// A person about whom something is written down, locked as by [`contact::lock_person`]. Nothing is written about somebody
/// who was erased: they are not there.
pub(crate) async fn lock_known(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    id: ContactId,
) -> Result<ContactRow, StoreError> {
    let person = contact::lock_person(tx, organization, id).await?;
    match person.erased_at() {
        Some(_) => Err(StoreError::NotFound { what: "contact" }),
        None => Ok(person),
    }
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
    /// All their tags.
    pub tag_ids: Option<Vec<TagId>>,
}

/// Changes a person. Nothing happens when they are so already.
///
/// # Errors
/// [`Error::Invalid`] for what does not fit, and for a tag that is not there.
pub async fn update(app: &Arc<App>, caller: &Caller, id: ContactId, change: ContactChange) -> Result<Contact> {
    caller.require(Permission::ContactsWrite)?;
    let (organization, owned, asker) = (caller.organization_id, app.clone(), caller.clone());
    let contact = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let before = lock_known(tx, organization, id).await?;
                let had = tag::list_of(tx, organization, before.id()).await?;
                let is_opt_out = change.opted_out == Some(true);
                let was_opted_out = before.opted_out_at().is_some();
                let (details, tag_ids) = checked(&owned, tx, organization, (&before, &had), change).await?;
                if is_opt_out {
                    merge::keep_opt_out(tx, organization, before.id()).await?;
                }
                if details == before.details() && tag_ids == had {
                    return Ok(tag::show(tx, organization, before).await?);
                }
                if tag_ids != had {
                    tag::set(tx, organization, before.id(), &tag_ids).await?;
                }
                let row = if details == before.details() {
                    before
                } else {
                    contact::set_details(tx, organization, before.id(), &details).await?
                };
                let contact = tag::show(tx, organization, row).await?;
                let mut events = vec![Event::ContactUpdated(contact.clone())];
                if was_opted_out != contact.opted_out_at.is_some() {
                    let wish = if was_opted_out { Wish::OptIn } else { Wish::OptOut };
                    let by = log::actor(tx, &asker).await?;
                    events.extend(consent::tell(&owned, tx, organization, (contact.clone(), wish), &by).await?);
                }
                events::record(&owned, tx, organization, events).await?;
                Ok(contact)
            })
        })
        .await?;
    events::announce(app, organization);
    Ok(contact)
}

/// What is to be set of a person, and all their tags, once everything in the change fits.
async fn checked(
    app: &App,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    (before, had): (&ContactRow, &[TagId]),
    mut change: ContactChange,
) -> Result<(Details, Vec<TagId>)> {
    let fields = custom_field::list(tx, organization).await?;
    let (tag_ids, mut errors) = match change.tag_ids.take() {
        Some(given) => inbox::tags::check(tx, organization, given, had).await?,
        None => (had.to_vec(), Vec::new()),
    };
    match changed(app, before.details(), change, &fields) {
        Ok(details) if errors.is_empty() => Ok((details, tag_ids)),
        Ok(_) => Err(Error::Invalid(errors)),
        Err(Error::Invalid(wrong)) => {
            errors.splice(0..0, wrong);
            Err(Error::Invalid(errors))
        }
        Err(error) => Err(error),
    }
}

fn changed(app: &App, mut details: Details, change: ContactChange, fields: &[CustomField]) -> Result<Details> {
    if change.fields.len() > fields::MAX_FIELDS {
        let max = fields::MAX_FIELDS;
        return Err(Error::field("/fields", Flaw::TooManyEntries { max }));
    }
    let mut errors = Vec::new();
    if let Some(name) = change.name {
        details.name = name.map(|name| {
            let (name, wrong) = one_line(&name, "/name", MAX_NAME);
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
