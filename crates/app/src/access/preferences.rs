//! What people set for themselves.

use std::sync::Arc;

use jiff::tz::TimeZone;
use pesan_model::access::{Language, Preferences};
use pesan_model::{Flaw, UserId};
use pesan_store::{job, user};

use super::{Caller, Principal};
use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, Result};
use crate::mail::{self, Mail};

/// The caller's, when it is a person.
pub async fn find(app: &Arc<App>, caller: &Caller) -> Result<Option<Preferences>> {
    let Principal::User(id) = caller.principal else {
        return Ok(None);
    };
    let organization_id = caller.organization_id;
    let found = app
        .store
        .read(move |tx| Box::pin(async move { user::preferences(tx, organization_id, id).await }))
        .await?;
    Ok(Some(found))
}

/// Sets the caller's, all of them.
pub async fn set(app: &Arc<App>, caller: &Caller, preferences: Preferences) -> Result<Preferences> {
    let id = person(caller)?;
    if let Some(zone) = &preferences.time_zone
        && TimeZone::get(zone).is_err()
    {
        return Err(Error::field("/time_zone", Flaw::NotATimeZone));
    }
    let organization_id = caller.organization_id;
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                user::set_preferences(tx, organization_id, id, &preferences).await?;
                Ok(preferences)
            })
        })
        .await
}

/// Sends the caller a mail, to see that mail arrives.
pub async fn send_test(app: &Arc<App>, caller: &Caller) -> Result<()> {
    let id = person(caller)?;
    mail::require(app)?;
    let organization_id = caller.organization_id;
    let key = app.organization_key(organization_id).await?;
    let owned = app.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let preferences = user::preferences(tx, organization_id, id).await?;
                let mail = Mail {
                    to: user::get(tx, organization_id, id).await?.email,
                    content: mail::test(preferences.language.unwrap_or(Language::En)),
                };
                mail::write(&owned, tx, organization_id, &key, &mail).await
            })
        })
        .await?;
    app.bus.publish(Signal::Jobs(job::SEND_MAIL));
    Ok(())
}

fn person(caller: &Caller) -> Result<UserId> {
    match caller.principal {
        Principal::User(id) => Ok(id),
        Principal::Key(_) | Principal::System => Err(Error::Conflict {
            code: "not_a_person",
            detail: "this is set by people who logged in, not by programs with a key".to_owned(),
        }),
    }
}
