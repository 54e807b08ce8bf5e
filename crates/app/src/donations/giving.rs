//! How much all donors of an organization give: what one of them is compared with. Counted now and then, because it reads
//! a year of donations.

use std::sync::Arc;

use pesan_model::donor::{Cuts, DonorRules};
use pesan_model::{Day, OrganizationId, Timestamp};
use pesan_store::{Tx, donor_rules, giving};

use super::segments;
use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, Result};

/// Counts an organization's donors anew.
pub async fn count(app: &Arc<App>, organization: OrganizationId) -> Result<()> {
    let now = app.clock.now();
    let (found, rules) = app
        .store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let rules = donor_rules::get(tx, organization).await?;
                let before = giving::cuts(tx, organization, rules.currency).await?;
                let after = counted(tx, organization, &rules, now).await?;
                Ok((Some(after).filter(|after| *after != before), rules))
            })
        })
        .await?;
    // What is as it was must not cost a commit every hour.
    let Some(cuts) = found else { return Ok(()) };
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(giving::save_cuts(tx, organization, (&cuts, rules.currency), now).await?) })
        })
        .await?;
    app.bus.publish(Signal::Jobs(segments::BASIS_CHANGED));
    Ok(())
}

/// Counts the donors of an organization that has had none: until the next count, the first one would be compared with
/// nobody.
pub(super) async fn count_first(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    rules: &DonorRules,
    now: Timestamp,
) -> Result<()> {
    if giving::cuts(tx, organization, rules.currency).await?.givers > 0 {
        return Ok(());
    }
    let cuts = counted(tx, organization, rules, now).await?;
    Ok(giving::save_cuts(tx, organization, (&cuts, rules.currency), now).await?)
}

/// What the donors give right now.
pub(super) async fn counted(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    rules: &DonorRules,
    now: Timestamp,
) -> Result<Cuts> {
    let today = Day::at(now, &rules.time_zone);
    let counts = giving::counts(tx, organization, (today, rules.currency)).await?;
    Ok(Cuts::from_counts(&counts))
}
