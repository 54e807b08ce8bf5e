//! What a webhook may be.

use pesan_model::event::{is_valid_pattern, matches};
use pesan_model::webhook::{Envelope, Webhook};
use pesan_model::{AccountId, Event, OrganizationId};
use pesan_store::{Tx, webhook};

use super::envelope::SIMPLE_NAMES;
use crate::context::App;
use crate::error::{Error, FieldError, Result};

const MAX_EVENTS: usize = 50;
const MAX_ACCOUNTS: usize = 1000;

fn wrong(pointer: impl Into<String>, detail: impl Into<String>) -> FieldError {
    FieldError {
        pointer: pointer.into(),
        detail: detail.into(),
    }
}

/// Everything that can be said without the database; repetitions are taken out.
pub(super) fn webhook(app: &App, webhook: &mut Webhook) -> Result<()> {
    let mut errors = Vec::new();
    if let Err(refusal) = app.net.check(&webhook.url) {
        errors.push(wrong("/url", refusal.to_string()));
    }
    if webhook.events.is_empty() || webhook.events.len() > MAX_EVENTS {
        errors.push(wrong("/events", format!("must name 1 to {MAX_EVENTS} events")));
    }
    for (index, pattern) in webhook.events.iter().enumerate() {
        let of_envelope: &[&str] = match webhook.envelope {
            Envelope::Native => &[],
            Envelope::Simple => &SIMPLE_NAMES,
        };
        if !is_valid_pattern(pattern) && !of_envelope.iter().any(|name| matches(pattern, name)) {
            let mut names: Vec<&str> = of_envelope.iter().chain(Event::NAMES.iter()).copied().collect();
            names.sort_unstable();
            names.dedup();
            errors.push(wrong(
                format!("/events/{index}"),
                format!(
                    "is neither an event ({}) nor a pattern such as `message.*` or `*`",
                    names.join(", ")
                ),
            ));
        }
    }
    if webhook.accounts.len() > MAX_ACCOUNTS {
        errors.push(wrong("/accounts", format!("must name at most {MAX_ACCOUNTS} accounts")));
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
            return Err(Error::field(format!("/accounts/{index}"), "there is no such account"));
        }
    }
    Ok(())
}
