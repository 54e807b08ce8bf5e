//! What is known of a person as a donor: totals, scores and segment, computed when it is asked for.

use std::sync::Arc;
use std::time::Duration;

use pesan_model::donation::DonationTotals;
use pesan_model::donor::{self, Cuts, Donor, DonorRules, Facts, Talk, Window};
use pesan_model::{ContactId, Day, Permission, Timestamp};
use pesan_store::contact::{self, ContactRow};
use pesan_store::{Tx, donation, donor_rules, giving, message};

use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, Result};

/// How far back a conversation counts.
const TALK: Duration = Duration::from_hours(90 * 24);
/// Messages of a chat that are looked at: long before, the score of the conversation is full.
const TALK_MESSAGES: usize = 300;

/// The person as a donor.
pub async fn get(app: &Arc<App>, caller: &Caller, id: ContactId) -> Result<Donor> {
    caller.require(Permission::MessagesRead)?;
    caller.require(Permission::DonationsRead)?;
    let (organization, now) = (caller.organization_id, app.clock.now());
    let (mut totals, facts, rules, cuts) = app
        .store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let person = contact::person(tx, organization, id).await?;
                let rules = donor_rules::get(tx, organization).await?;
                let totals = donation::totals(tx, organization, person.id()).await?;
                let facts = facts(tx, (&person, &totals), &rules, organization, now).await?;
                let cuts = giving::cuts(tx, organization, rules.currency).await?;
                Ok(((person.id(), totals), facts, rules, cuts))
            })
        })
        .await?;
    // The organization's currency first, the others by their codes.
    totals.1.sort_by_key(|total| total.currency != rules.currency);
    Ok(shown(totals, &facts, &rules, &cuts))
}

fn shown(
    (contact_id, totals): (ContactId, Vec<DonationTotals>),
    facts: &Facts,
    rules: &DonorRules,
    cuts: &Cuts,
) -> Donor {
    let (segment, segment_why) = donor::segment(facts, rules, cuts);
    Donor {
        contact_id,
        currency: rules.currency,
        totals,
        days_since_last: facts.days.map(|(_, last)| facts.today.days_since(last).max(0)),
        segment,
        segment_why,
        engagement: donor::engagement(facts, cuts),
    }
}

async fn facts(
    tx: &mut Tx<'_>,
    (person, totals): (&ContactRow, &[DonationTotals]),
    rules: &DonorRules,
    organization: pesan_model::OrganizationId,
    now: Timestamp,
) -> Result<Facts> {
    let today = Day::at(now, &rules.time_zone);
    let first = totals.iter().map(|total| total.first_on).min();
    let last = totals.iter().map(|total| total.last_on).max();
    let days = first.zip(last);
    let (mut year, mut year_of_last) = (Window::default(), Window::default());
    if let Some(last) = last {
        year = giving::window(tx, organization, person.id(), (today.max(last), rules.currency)).await?;
        year_of_last = giving::window(tx, organization, person.id(), (last, rules.currency)).await?;
    }
    let turns = message::list_turns(tx, organization, person.id(), now.minus(TALK), TALK_MESSAGES).await?;
    let talk = turns
        .iter()
        .map(|chat| donor::talk(chat))
        .fold(Talk::default(), |sum, chat| Talk {
            replies: sum.replies + chat.replies,
            started: sum.started + chat.started,
        });
    let in_last_year = totals
        .iter()
        .filter(|total| last.is_some_and(|last| total.last_on.year() == last.year()));
    Ok(Facts {
        today,
        currency: rules.currency,
        known_since: Day::at(person.created_at(), &rules.time_zone),
        opted_out_at: person.opted_out_at(),
        lifetime_value: totals
            .iter()
            .find(|total| total.currency == rules.currency)
            .map_or(0, |total| total.lifetime_value),
        days,
        streak_years: in_last_year.map(|total| total.streak_years).max().unwrap_or_default(),
        year,
        year_of_last,
        talk,
    })
}
