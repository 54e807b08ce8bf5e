//! What is known of a person as a donor: totals, scores and segment, computed when it is asked for.

use std::sync::Arc;
use std::time::Duration;

use pesan_model::donation::DonationTotals;
use pesan_model::donor::{self, Cuts, Donor, DonorRules, Facts, Talk};
use pesan_model::{ContactId, Permission, Timestamp};
use pesan_store::contact::{self, ContactRow};
use pesan_store::donor_basis::{self, Basis};
use pesan_store::{Tx, donation, message};

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
    let (mut totals, facts, Basis { rules, cuts, .. }) = app
        .store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let person = contact::person(tx, organization, id).await?;
                let basis = donor_basis::read(tx, organization, now).await?;
                let totals = donation::totals(tx, organization, person.id()).await?;
                let facts = facts(tx, (&person, &totals), &basis, organization, now).await?;
                Ok(((person.id(), totals), facts, basis))
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

/// What is known of a person, with their conversation.
async fn facts(
    tx: &mut Tx<'_>,
    (person, totals): (&ContactRow, &[DonationTotals]),
    basis: &Basis,
    organization: pesan_model::OrganizationId,
    now: Timestamp,
) -> Result<Facts> {
    let facts = basis.facts(tx, organization, (person, totals)).await?;
    let turns = message::list_turns(tx, organization, person.id(), now.minus(TALK), TALK_MESSAGES).await?;
    let talk = turns
        .iter()
        .map(|chat| donor::talk(chat))
        .fold(Talk::default(), |sum, chat| Talk {
            replies: sum.replies + chat.replies,
            started: sum.started + chat.started,
        });
    Ok(Facts { talk, ..facts })
}
