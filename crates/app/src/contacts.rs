//! The people we talk to.

use std::sync::Arc;

use pesan_model::chat::Contact;
use pesan_model::{AccountId, ContactId, Permission, Phone};
use pesan_store::account;
use pesan_store::contact::{self, ContactRow, Known};

use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, Result};

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

/// The person.
pub async fn get(app: &Arc<App>, caller: &Caller, id: ContactId) -> Result<Contact> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    let row = app
        .store
        .read(move |tx| Box::pin(async move { contact::get(tx, organization, id).await }))
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
        .read(move |tx| {
            Box::pin(async move {
                account::get(tx, organization, account).await?;
                contact::find_by_identity(tx, organization, &known).await
            })
        })
        .await?;
    found
        .into_iter()
        .next()
        .map(ContactRow::into_contact)
        .ok_or(Error::NotFound { what: "contact" })
}
