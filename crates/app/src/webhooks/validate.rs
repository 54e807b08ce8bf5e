//! What a webhook may be.

use pesan_model::event::{is_valid_pattern, matches};
use pesan_model::webhook::{Envelope, Webhook};
use pesan_model::{AccountId, Event, Flaw, OrganizationId};
use pesan_store::{Tx, webhook};

use super::envelope::SIMPLE_NAMES;
use crate::context::App;
use crate::error::{Error, FieldError, Result};

const MAX_EVENTS: usize = 50;
const MAX_ACCOUNTS: usize = 1000;

/// Everything that can be said without the database; repetitions are taken out.
pub(super) fn webhook(app: &App, webhook: &mut Webhook) -> Result<()> {
    let mut errors = Vec::new();
    if let Err(refusal) = app.net.check(&webhook.url) {
        errors.push(FieldError::new("/url", refusal));
    }
    if webhook.events.is_empty() || webhook.events.len() > MAX_EVENTS {
        errors.push(FieldError::new(
            "/events",
            Flaw::WrongNumberOfEvents {
                min: 1,
                max: MAX_EVENTS,
            },
        ));
    }
    for (index, pattern) in webhook.events.iter().enumerate() {
        let of_envelope: &[&'static str] = match webhook.envelope {
            Envelope::Native => &[],
            Envelope::Simple => &SIMPLE_NAMES,
        };
        if !is_valid_pattern(pattern) && !of_envelope.iter().any(|name| matches(pattern, name)) {
            let mut names: Vec<&'static str> = of_envelope.iter().chain(Event::NAMES.iter()).copied().collect();
            names.sort_unstable();
            names.dedup();
            let flaw = Flaw::NotAnEvent { events: names };
            errors.push(FieldError::new(format!("/events/{index}"), flaw));
        }
    }
    if webhook.accounts.len() > MAX_ACCOUNTS {
        errors.push(FieldError::new(
            "/accounts",
            Flaw::TooManyAccounts { max: MAX_ACCOUNTS },
        ));
    }
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let mut seen = Vec::new();
    webhook.events.retain(|pattern| {
        let is_new = !seen.contains(pattern);
        seen.push(pattern.clone());
        is_new
    });
    webhook.accounts.sort_unstable();
    webhook.accounts.dedup();
    Ok(())
}

/// The accounts must be the organization's.
pub(super) async fn accounts(tx: &mut Tx<'_>, organization: OrganizationId, accounts: &[AccountId]) -> Result<()> {
    for (index, account) in accounts.iter().enumerate() {
        if !webhook::has_account(tx, organization, *account).await? {
            return Err(Error::field(format!("/accounts/{index}"), Flaw::NoSuchAccount));
        }
    }
    Ok(())
}
