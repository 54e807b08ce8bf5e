//! What the segment of somebody follows from, as it is stored.

use pesan_model::donation::DonationTotals;
use pesan_model::donor::{self, Cuts, DonorRules, Facts, Segment, Talk, Window};
use pesan_model::{Day, OrganizationId, Timestamp};

use crate::contact::ContactRow;
use crate::{Error, Tx, donation, donor_rules, giving};

/// What is the same for everybody of an organization on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// The day that it is there.
    pub today: Day,
    /// The rules.
    pub rules: DonorRules,
    /// How much the others give.
    pub cuts: Cuts,
}

/// What segments go by at a moment.
pub async fn read(tx: &mut Tx<'_>, organization_id: OrganizationId, now: Timestamp) -> Result<Basis, Error> {
    let rules = donor_rules::get(tx, organization_id).await?;
    let cuts = giving::cuts(tx, organization_id, rules.currency).await?;
    Ok(Basis {
        today: Day::at(now, &rules.time_zone),
        rules,
        cuts,
    })
}

impl Basis {
    /// The segment of a person.
    pub async fn segment_of(
        &self,
        tx: &mut Tx<'_>,
        organization_id: OrganizationId,
        person: &ContactRow,
    ) -> Result<Segment, Error> {
        let totals = donation::totals(tx, organization_id, person.id()).await?;
        let facts = self.facts(tx, organization_id, (person, &totals)).await?;
        Ok(donor::segment(&facts, &self.rules, &self.cuts).0)
    }

    /// What is known of a person, but for the conversation, by which no segment goes.
    pub async fn facts(
        &self,
        tx: &mut Tx<'_>,
        organization_id: OrganizationId,
        (person, totals): (&ContactRow, &[DonationTotals]),
    ) -> Result<Facts, Error> {
        let (today, rules) = (self.today, &self.rules);
        let first = totals.iter().map(|total| total.first_on).min();
        let last = totals.iter().map(|total| total.last_on).max();
        let (mut year, mut year_of_last) = (Window::default(), Window::default());
        if let Some(last) = last {
            let id = person.id();
            year = giving::window(tx, organization_id, id, (today.max(last), rules.currency)).await?;
            year_of_last = giving::window(tx, organization_id, id, (last, rules.currency)).await?;
        }
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
            days: first.zip(last),
            streak_years: in_last_year.map(|total| total.streak_years).max().unwrap_or_default(),
            year,
            year_of_last,
            talk: Talk::default(),
        })
    }
}
