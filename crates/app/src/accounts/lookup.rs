//! What is asked of a running account: its QR code, and what WhatsApp knows of other people.

use std::sync::Arc;
use std::time::Duration;

use pesan_model::account::NumberStatus;
use pesan_model::{AccountId, AccountState, Address, Permission, Phone, Timestamp};
use pesan_providers::{Provider, ProviderError};
use pesan_store::contact::alias;
use pesan_store::number_check::{self, StoredCheck};

use crate::access::Caller;
use crate::connections::QrCode;
use crate::context::App;
use crate::error::{Error, Result};
use crate::events;
use crate::inbound::people;

/// How long WhatsApp may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a number that is on WhatsApp is not asked about again.
const FOUND_KEPT: Duration = Duration::from_secs(24 * 3600);
/// The same for one that is not: people do install WhatsApp.
const ABSENT_KEPT: Duration = Duration::from_secs(3600);

/// The QR code that the account shows now.
///
/// # Errors
/// [`Error::Conflict`] with the code `no_qr` when it shows none.
pub async fn qr(app: &Arc<App>, caller: &Caller, id: AccountId) -> Result<QrCode> {
    caller.require(Permission::AccountsConnect)?;
    let account = super::find(app, caller, id).await?;
    let qr = match account.state {
        AccountState::NeedScan => app.connections.qr(id, app.clock.now()),
        AccountState::Created
        | AccountState::Starting
        | AccountState::PairingCode
        | AccountState::PasskeyRequired
        | AccountState::Syncing
        | AccountState::Connected
        | AccountState::Reconnecting
        | AccountState::Restricted
        | AccountState::LoggedOut
        | AccountState::Banned
        | AccountState::Paused => None,
    };
    qr.ok_or_else(|| Error::Conflict {
        code: "no_qr",
        detail: format!("there is no QR code now. {}", account.advice),
    })
}

/// Whether a number is on WhatsApp. The answer is kept for a day, or for an hour when it is not. When WhatsApp knows the number
/// in another form, whoever we know by either has both from then on.
///
/// # Errors
/// [`Error::Unavailable`] with the code `session_disconnected` when nobody can be asked.
pub async fn check_number(app: &Arc<App>, caller: &Caller, id: AccountId, phone: &Phone) -> Result<NumberStatus> {
    // A program that may only send asks too: before the first message to a number.
    caller
        .require(Permission::MessagesRead)
        .or_else(|_| caller.require(Permission::MessagesSend))?;
    let account = super::find(app, caller, id).await?;
    let now = app.clock.now();
    let asked = phone.clone();
    let kept = app
        .store
        .read(move |tx| Box::pin(async move { number_check::get(tx, id, &asked, now.minus(FOUND_KEPT)).await }))
        .await?;
    if let Some(check) = kept.filter(|check| is_fresh(check, now)) {
        return Ok(status(phone, &check));
    }
    let provider = connected(app, id, account.state)?;
    let answer = in_time(provider.check_numbers(std::slice::from_ref(phone)), account.state).await?;
    let found = answer.into_iter().next().ok_or_else(|| Error::Unavailable {
        code: "whatsapp_failed",
        detail: "WhatsApp gave no answer about this number".to_owned(),
    })?;
    let check = StoredCheck::new(
        found.address.map(|address| address.to_string()),
        found.lid.map(|lid| lid.to_string()),
        now,
    );
    let (asked, kept, owned) = (phone.clone(), check.clone(), app.clone());
    let organization = caller.organization_id;
    let is_told = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let mut events = Vec::new();
                number_check::put(tx, id, &asked, &kept).await?;
                if let Some(other) = kept.other_form(&asked) {
                    people::respell_met(&owned, tx, organization, (&asked, &other), &mut events).await?;
                }
                let is_told = !events.is_empty();
                events::record(&owned, tx, organization, events).await?;
                Ok(is_told)
            })
        })
        .await?;
    if is_told {
        events::announce(app, organization);
    }
    Ok(status(phone, &check))
}

fn is_fresh(check: &StoredCheck, now: Timestamp) -> bool {
    check.address().is_some() || now.since(check.checked_at()) < ABSENT_KEPT
}

fn status(phone: &Phone, check: &StoredCheck) -> NumberStatus {
    NumberStatus {
        phone: phone.to_string(),
        exists: check.address().is_some(),
        address: check.address().map(str::to_owned),
        checked_at: check.checked_at(),
    }
}

/// Where the profile picture of a person is; none when there is none or it is hidden.
///
/// # Errors
/// [`Error::Unavailable`] with the code `session_disconnected` when nobody can be asked.
pub async fn profile_picture(app: &Arc<App>, caller: &Caller, id: AccountId, phone: &Phone) -> Result<Option<String>> {
    caller.require(Permission::MessagesRead)?;
    let account = super::find(app, caller, id).await?;
    let provider = connected(app, id, account.state)?;
    let (organization, typed) = (caller.organization_id, phone.clone());
    let known = app
        .store
        .read::<_, Error, _>(move |tx| Box::pin(async move { Ok(alias::find(tx, organization, &typed).await?) }))
        .await?;
    // WhatsApp has pictures of the numbers it knows, in its own form.
    let number = known.and_then(|contact| contact.phone()?.parse().ok());
    let of = Address::Phone(number.unwrap_or_else(|| phone.clone()));
    in_time(provider.profile_picture(&of), account.state).await
}

fn connected(app: &App, id: AccountId, state: AccountState) -> Result<Arc<dyn Provider>> {
    app.connections.get(id).ok_or_else(|| disconnected(state))
}

fn disconnected(state: AccountState) -> Error {
    let detail = match state {
        // It is connected elsewhere, or was a moment ago.
        AccountState::Connected => AccountState::Reconnecting.advice(),
        state => state.advice(),
    };
    Error::Unavailable {
        code: "session_disconnected",
        detail: detail.to_owned(),
    }
}

async fn in_time<T>(answer: impl Future<Output = Result<T, ProviderError>>, state: AccountState) -> Result<T> {
    let answer = tokio::time::timeout(PATIENCE, answer).await;
    match answer.unwrap_or(Err(ProviderError::Timeout)) {
        Ok(answer) => Ok(answer),
        Err(ProviderError::NotConnected) => Err(disconnected(state)),
        Err(ProviderError::NotFound) => Err(Error::NotFound { what: "person" }),
        Err(error @ (ProviderError::Timeout | ProviderError::Damaged(_) | ProviderError::Failed(_))) => {
            tracing::warn!(%error, "WhatsApp did not answer a question");
            Err(Error::Unavailable {
                code: "whatsapp_failed",
                detail: "WhatsApp did not answer; try again in a moment".to_owned(),
            })
        }
    }
}
