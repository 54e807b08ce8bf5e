//! How people give over time: what the scores of donors are made of.

use pesan_model::donor::{Cuts, Window};
use pesan_model::{ContactId, Currency, Day, OrganizationId, Timestamp};

use crate::{Error, Tx, args};

/// Days of a window.
const YEAR: u32 = 365;

/// What a person gave in the twelve months until a day: how many gifts in all, and how much in the currency.
pub async fn window(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    contact_id: ContactId,
    (until, currency): (Day, Currency),
) -> Result<Window, Error> {
    let (gifts, amount): (u32, i64) = tx
        .fetch_one(
            "donation",
            "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN currency = $1 THEN amount ELSE 0 END), 0) AS BIGINT) \
             FROM donation WHERE organization_id = $2 AND contact_id = $3 AND given_on > $4 AND given_on <= $5 \
             AND status = 'confirmed' AND deleted_at IS NULL",
            args![currency, organization_id, contact_id, until.minus_days(YEAR), until],
        )
        .await?;
    Ok(Window { gifts, amount })
}

/// How many donors gave how much in the twelve months until a day, from small to large.
pub async fn counts(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (until, currency): (Day, Currency),
) -> Result<Vec<(i64, u64)>, Error> {
    tx.fetch_all(
        "SELECT total, COUNT(*) FROM (SELECT CAST(SUM(amount) AS BIGINT) AS total FROM donation \
         WHERE organization_id = $1 AND currency = $2 AND given_on > $3 AND given_on <= $4 AND status = 'confirmed' \
         AND deleted_at IS NULL GROUP BY contact_id) given GROUP BY total ORDER BY total",
        args![organization_id, currency, until.minus_days(YEAR), until],
    )
    .await
}

/// How much the donors of an organization give in this currency, as it was counted last.
pub async fn cuts(tx: &mut Tx<'_>, organization_id: OrganizationId, currency: Currency) -> Result<Cuts, Error> {
    let found: Option<(u64, String)> = tx
        .fetch_optional(
            "SELECT givers, amounts FROM giving_cut WHERE organization_id = $1 AND currency = $2",
            args![organization_id, currency],
        )
        .await?;
    let Some((givers, amounts)) = found else {
        return Ok(Cuts::default());
    };
    let amounts = serde_json::from_str(&amounts).map_err(|error| Error::corrupt("giving", error))?;
    Ok(Cuts { amounts, givers })
}

/// Keeps what was counted.
pub async fn save_cuts(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (cuts, currency): (&Cuts, Currency),
    now: Timestamp,
) -> Result<(), Error> {
    let amounts = serde_json::to_string(&cuts.amounts).map_err(|error| Error::corrupt("giving", error))?;
    tx.execute(
        "INSERT INTO giving_cut (organization_id, currency, givers, amounts, counted_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (organization_id) DO UPDATE SET currency = excluded.currency, givers = excluded.givers, \
         amounts = excluded.amounts, counted_at = excluded.counted_at",
        args![organization_id, currency, cuts.givers, amounts, now],
    )
    .await?;
    Ok(())
}
