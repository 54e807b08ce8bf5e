//! Donations: written down, corrected and deleted, and what they say of the people who gave them.

pub mod donors;
pub mod giving;
pub mod rules;
pub mod segments;

use std::sync::Arc;

use pesan_model::donation::{Donation, DonationMethod, DonationStatus};
use pesan_model::{ContactId, Currency, Day, DonationId, Event, Flaw, MediaId, Permission, Timestamp};
use pesan_store::{Error as StoreError, Tx, chat, contact, donation, donor_rules, media};
use uuid::Uuid;

pub use pesan_store::donation::Filter;

use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, FieldError, Result};
use crate::idempotency::{IdempotencyKey, once};
use crate::words::{one_line, or_none, trimmed};
use crate::{contacts, events};

/// The most that one donation can be: Rp 1 trillion. What it guards against is a slip of the finger.
const MAX_AMOUNT: i64 = 100_000_000_000_000;
/// Nothing was given before.
const FIRST_YEAR: i64 = 1900;
const MAX_FUND: usize = 100;
const MAX_NOTE: usize = 1_000;

/// A donation to write down.
#[derive(Debug, Clone)]
pub struct NewDonation {
    /// Who gave it.
    pub contact_id: ContactId,
    /// How much, in the currency's smallest unit.
    pub amount: i64,
    /// In which currency; the organization's when left out.
    pub currency: Option<Currency>,
    /// How it came.
    pub method: DonationMethod,
    /// On which day; today when left out.
    pub given_on: Option<Day>,
    /// What for.
    pub fund: Option<String>,
    /// Whether it counts.
    pub status: DonationStatus,
    /// Something about it.
    pub note: Option<String>,
    /// The receipt.
    pub media_id: Option<MediaId>,
}

/// What is corrected of a donation; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct DonationChange {
    /// How much.
    pub amount: Option<i64>,
    /// In which currency. Another one needs the amount anew.
    pub currency: Option<Currency>,
    /// How it came.
    pub method: Option<DonationMethod>,
    /// On which day.
    pub given_on: Option<Day>,
    /// What for.
    pub fund: Option<Option<String>>,
    /// Whether it counts.
    pub status: Option<DonationStatus>,
    /// Something about it.
    pub note: Option<Option<String>>,
    /// The receipt.
    pub media_id: Option<Option<MediaId>>,
}

/// Writes a donation down. Says whether an earlier request did it.
pub async fn record(
    app: &Arc<App>,
    caller: &Caller,
    new: NewDonation,
    idempotency: Option<IdempotencyKey>,
) -> Result<(Donation, bool)> {
    caller.require(Permission::DonationsWrite)?;
    let (organization, owned, caller) = (caller.organization_id, app.clone(), caller.clone());
    let recorded = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let now = owned.clock.now();
                let id = DonationId::new(&*owned.clock, &*owned.random);
                if let Some(earlier) =
                    once(tx, &caller, "record_donation", idempotency.as_ref(), (id.uuid(), now)).await?
                {
                    return Ok((donation::get(tx, organization, earlier.into()).await?, true));
                }
                let person = contacts::lock_known(tx, organization, new.contact_id).await?;
                let rules = donor_rules::get(tx, organization).await?;
                let today = Day::at(now, &rules.time_zone);
                let donation = Donation {
                    id,
                    contact_id: person.id(),
                    amount: new.amount,
                    currency: new.currency.unwrap_or(rules.currency),
                    method: new.method,
                    given_on: new.given_on.unwrap_or(today),
                    fund: new.fund,
                    status: new.status,
                    note: new.note,
                    media_id: new.media_id,
                    recorded_by: caller.principal.to_string(),
                    created_at: now,
                    updated_at: now,
                };
                let donation = checked(tx, &caller, (donation, Vec::new()), today).await?;
                donation::insert(tx, organization, &donation).await?;
                giving::count_first(tx, organization, &rules, now).await?;
                chat::follow_person(tx, organization, donation.contact_id, now).await?;
                events::record(
                    &owned,
                    tx,
                    organization,
                    vec![Event::DonationRecorded(donation.clone())],
                )
                .await?;
                Ok((donation, false))
            })
        })
        .await?;
    events::announce(app, organization);
    Ok(recorded)
}

/// Corrects a donation.
pub async fn correct(app: &Arc<App>, caller: &Caller, id: DonationId, change: DonationChange) -> Result<Donation> {
    caller.require(Permission::DonationsWrite)?;
    let (organization, owned, caller) = (caller.organization_id, app.clone(), caller.clone());
    let corrected = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let before = donation::get_for_change(tx, organization, id).await?;
                let rules = donor_rules::get(tx, organization).await?;
                let now = owned.clock.now();
                let after = Donation {
                    amount: change.amount.unwrap_or(before.amount),
                    currency: change.currency.unwrap_or(before.currency),
                    method: change.method.unwrap_or(before.method),
                    given_on: change.given_on.unwrap_or(before.given_on),
                    fund: change.fund.unwrap_or_else(|| before.fund.clone()),
                    status: change.status.unwrap_or(before.status),
                    note: change.note.unwrap_or_else(|| before.note.clone()),
                    media_id: change.media_id.unwrap_or(before.media_id),
                    ..before.clone()
                };
                // The same number is another amount in a currency with other decimals.
                let wrong = (after.currency != before.currency && change.amount.is_none())
                    .then(|| FieldError::new("/amount", Flaw::OfAnotherCurrency));
                let after = (after, wrong.into_iter().collect());
                let mut after = checked(tx, &caller, after, Day::at(now, &rules.time_zone)).await?;
                if after == before {
                    return Ok(before);
                }
                after.updated_at = now;
                donation::update(tx, organization, &after).await?;
                chat::follow_person(tx, organization, after.contact_id, now).await?;
                events::record(&owned, tx, organization, vec![Event::DonationChanged(after.clone())]).await?;
                Ok(after)
            })
        })
        .await?;
    events::announce(app, organization);
    Ok(corrected)
}

/// Deletes a donation: it is in no list any more and counts no more.
pub async fn delete(app: &Arc<App>, caller: &Caller, id: DonationId) -> Result<()> {
    caller.require(Permission::DonationsWrite)?;
    let (organization, owned) = (caller.organization_id, app.clone());
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let donation = donation::get_for_change(tx, organization, id).await?;
                let now = owned.clock.now();
                donation::delete(tx, organization, &donation, now).await?;
                chat::follow_person(tx, organization, donation.contact_id, now).await?;
                events::record(&owned, tx, organization, vec![Event::DonationDeleted(donation)]).await
            })
        })
        .await?;
    events::announce(app, organization);
    Ok(())
}

/// The donation.
pub async fn get(app: &Arc<App>, caller: &Caller, id: DonationId) -> Result<Donation> {
    caller.require(Permission::DonationsRead)?;
    let organization = caller.organization_id;
    Ok(app
        .store
        .read(move |tx| Box::pin(async move { donation::get(tx, organization, id).await }))
        .await?)
}

/// A page of donations, newest first. With each its place, which is the keyset of the next page.
pub async fn list(
    app: &Arc<App>,
    caller: &Caller,
    mut filter: Filter,
    before: Option<(Timestamp, Uuid)>,
    limit: usize,
) -> Result<Vec<(Donation, Timestamp)>> {
    caller.require(Permission::DonationsRead)?;
    if let (Some(from), Some(to)) = (filter.from, filter.to)
        && to < from
    {
        return Err(Error::field("#query/to", Flaw::EarlierThan { other: "from" }));
    }
    let organization = caller.organization_id;
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                if let Some(id) = filter.contact_id {
                    filter.contact_id = Some(contact::person(tx, organization, id).await?.id());
                }
                Ok(donation::list(tx, organization, &filter, before, limit).await?)
            })
        })
        .await
}

/// A donation in normal form, unless something is wrong with it already. Nothing was given after today; but somewhere it is
/// tomorrow already.
async fn checked(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (mut donation, mut errors): (Donation, Vec<FieldError>),
    today: Day,
) -> Result<Donation> {
    let mut wrong = |pointer: &str, flaw| errors.push(FieldError::new(pointer, flaw));
    if !(1..=MAX_AMOUNT).contains(&donation.amount) {
        let max = MAX_AMOUNT.unsigned_abs();
        wrong("/amount", Flaw::OutOfRange { min: 1, max });
    }
    if donation.given_on.days_since(today) > 1 {
        wrong("/given_on", Flaw::InTheFuture);
    }
    if donation.given_on.year() < FIRST_YEAR {
        wrong("/given_on", Flaw::TooLongAgo);
    }
    if let Some(media_id) = donation.media_id {
        match media::get(tx, caller.organization_id, media_id).await {
            Ok(_) => {}
            Err(StoreError::NotFound { .. }) => wrong("/media_id", Flaw::NoSuchFile),
            Err(error) => return Err(error.into()),
        }
    }
    let (fund, bad_fund) = or_none(one_line, donation.fund.as_deref(), "/fund", MAX_FUND);
    let (note, bad_note) = or_none(trimmed, donation.note.as_deref(), "/note", MAX_NOTE);
    (donation.fund, donation.note) = (fund, note);
    errors.extend(bad_fund.into_iter().chain(bad_note));
    if errors.is_empty() {
        Ok(donation)
    } else {
        Err(Error::Invalid(errors))
    }
}
