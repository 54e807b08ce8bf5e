//! Donations, and what they come to for each person: the totals change in the transaction of every donation.

use pesan_model::donation::{Donation, DonationMethod, DonationStatus, DonationTotals, streak};
use pesan_model::{ContactId, Currency, Day, DonationId, MediaId, OrganizationId, Timestamp};

use crate::value::IntoValue as _;
use crate::{Error, Tx, args, contact, rows, statistic};

rows! {
    struct DonationRow {
        id: DonationId,
        contact_id: ContactId,
        amount: i64,
        currency: Currency,
        method: DonationMethod,
        given_on: Day,
        fund: Option<String>,
        status: DonationStatus,
        note: Option<String>,
        media_id: Option<MediaId>,
        recorded_by: String,
        at: Timestamp,
        created_at: Timestamp,
        updated_at: Timestamp,
    }

    struct TotalRow {
        currency: Currency,
        lifetime_value: i64,
        gifts: u32,
        largest: i64,
        first_on: Day,
        last_on: Day,
        streak_years: u32,
    }
}

/// A donation with its place in lists.
pub type Placed = (Donation, Timestamp);

impl DonationRow {
    fn into_placed(self) -> Placed {
        let donation = Donation {
            id: self.id,
            contact_id: self.contact_id,
            amount: self.amount,
            currency: self.currency,
            method: self.method,
            given_on: self.given_on,
            fund: self.fund,
            status: self.status,
            note: self.note,
            media_id: self.media_id,
            recorded_by: self.recorded_by,
            created_at: self.created_at,
            updated_at: self.updated_at,
        };
        (donation, self.at)
    }
}

impl From<TotalRow> for DonationTotals {
    fn from(row: TotalRow) -> Self {
        Self {
            currency: row.currency,
            lifetime_value: row.lifetime_value,
            gifts: row.gifts,
            average: row.lifetime_value / i64::from(row.gifts).max(1),
            largest: row.largest,
            first_on: row.first_on,
            last_on: row.last_on,
            streak_years: row.streak_years,
        }
    }
}

/// How far from noon of its day the place of a donation can be.
const NEAR_MILLIS: i64 = 36 * 3_600_000;

/// The place of a donation in lists: when it was written down, if that was on its day or near it, else noon of its day.
fn place(donation: &Donation) -> Timestamp {
    let noon = donation.given_on.noon();
    if (donation.created_at.millis() - noon.millis()).abs() <= NEAR_MILLIS {
        donation.created_at
    } else {
        noon
    }
}

/// Adds a donation to its person, whose row is locked ([`crate::contact::lock_person`]).
pub async fn insert(tx: &mut Tx<'_>, organization_id: OrganizationId, donation: &Donation) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO donation (id, organization_id, contact_id, origin_id, amount, currency, method, given_on, fund, \
         status, note, media_id, recorded_by, at, created_at, updated_at) \
         VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        args![
            donation.id,
            organization_id,
            donation.contact_id,
            donation.amount,
            donation.currency,
            donation.method.name(),
            donation.given_on,
            donation.fund.as_ref(),
            donation.status.name(),
            donation.note.as_ref(),
            donation.media_id,
            &donation.recorded_by,
            place(donation),
            donation.created_at,
            donation.updated_at
        ],
    )
    .await?;
    statistic::add_donation(tx, organization_id, donation);
    match donation.status {
        DonationStatus::Confirmed => add(tx, organization_id, donation).await,
        DonationStatus::Pending | DonationStatus::Refunded => Ok(()),
    }
}

/// Writes a corrected donation. Its person, whose row is locked, stays.
pub async fn update(tx: &mut Tx<'_>, organization_id: OrganizationId, donation: &Donation) -> Result<(), Error> {
    let before = get(tx, organization_id, donation.id).await?;
    statistic::remove_donation(tx, organization_id, &before);
    statistic::add_donation(tx, organization_id, donation);
    tx.execute(
        "UPDATE donation SET amount = $1, currency = $2, method = $3, given_on = $4, fund = $5, status = $6, note = $7, \
         media_id = $8, at = $9, updated_at = $10 WHERE organization_id = $11 AND id = $12",
        args![
            donation.amount,
            donation.currency,
            donation.method.name(),
            donation.given_on,
            donation.fund.as_ref(),
            donation.status.name(),
            donation.note.as_ref(),
            donation.media_id,
            place(donation),
            donation.updated_at,
            organization_id,
            donation.id
        ],
    )
    .await?;
    recount(tx, organization_id, donation.contact_id).await
}

/// Deletes a donation: it is in no list and does not count. Its row stays. The row of its person is locked.
pub async fn delete(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    donation: &Donation,
    now: Timestamp,
) -> Result<(), Error> {
    let before = get(tx, organization_id, donation.id).await?;
    statistic::remove_donation(tx, organization_id, &before);
    tx.execute(
        "UPDATE donation SET deleted_at = $1 WHERE organization_id = $2 AND id = $3",
        args![now, organization_id, donation.id],
    )
    .await?;
    recount(tx, organization_id, donation.contact_id).await
}

/// The donation, unless it was deleted.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: DonationId) -> Result<Donation, Error> {
    let sql = format!(
        "SELECT {} FROM donation WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL",
        DonationRow::COLUMNS
    );
    let row: DonationRow = tx.fetch_one("donation", &sql, args![organization_id, id]).await?;
    Ok(row.into_placed().0)
}

/// The donation once nobody else changes what its person gave, until the transaction ends.
pub async fn get_for_change(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: DonationId,
) -> Result<Donation, Error> {
    loop {
        let person = get(tx, organization_id, id).await?.contact_id;
        let locked = match contact::lock_person(tx, organization_id, person).await {
            // It became part of another one while this waited for it.
            Err(Error::NotFound { .. }) => continue,
            locked => locked?,
        };
        // The donation may have gone to somebody else meanwhile, with a merge or the end of one.
        let donation = get(tx, organization_id, id).await?;
        if donation.contact_id == locked.id() {
            return Ok(donation);
        }
    }
}

/// Which donations are listed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Only of this person.
    pub contact_id: Option<ContactId>,
    /// Only those given on this day or later.
    pub from: Option<Day>,
    /// Only those given on this day or earlier.
    pub to: Option<Day>,
}

/// A page of donations, newest first: those before `before`.
pub async fn list(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    filter: &Filter,
    before: Option<(Timestamp, uuid::Uuid)>,
    limit: usize,
) -> Result<Vec<Placed>, Error> {
    let (mut at, id) = before.unwrap_or((Timestamp::from_millis(i64::MAX), uuid::Uuid::max()));
    // The place is near the day, so that days bound how much of the list is walked.
    let mut conditions = vec![
        "organization_id = $1".to_owned(),
        "(at, id) < ($2, $3)".to_owned(),
        "deleted_at IS NULL".to_owned(),
    ];
    if let Some(to) = filter.to {
        at = at.min(Timestamp::from_millis(to.noon().millis() + NEAR_MILLIS + 1));
    }
    let mut values = args![organization_id, at, id, limit];
    let mut hold = |condition: &str, value: crate::value::Value| {
        values.push(value);
        conditions.push(format!("{condition} ${}", values.len()));
    };
    if let Some(contact_id) = filter.contact_id {
        hold("contact_id =", contact_id.into_value());
    }
    if let Some(from) = filter.from {
        hold("given_on >=", from.into_value());
        hold("at >=", (from.noon().millis() - NEAR_MILLIS).into_value());
    }
    if let Some(to) = filter.to {
        hold("given_on <=", to.into_value());
    }
    let sql = format!(
        "SELECT {} FROM donation WHERE {} ORDER BY at DESC, id DESC LIMIT $4",
        DonationRow::COLUMNS,
        conditions.join(" AND ")
    );
    let rows: Vec<DonationRow> = tx.fetch_all(&sql, values).await?;
    Ok(rows.into_iter().map(DonationRow::into_placed).collect())
}

/// What a person gave, in each currency, in the order of their codes.
pub async fn totals(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    contact_id: ContactId,
) -> Result<Vec<DonationTotals>, Error> {
    let sql = format!(
        "SELECT {} FROM donation_total WHERE organization_id = $1 AND contact_id = $2 ORDER BY currency",
        TotalRow::COLUMNS
    );
    let rows: Vec<TotalRow> = tx.fetch_all(&sql, args![organization_id, contact_id]).await?;
    Ok(rows.into_iter().map(DonationTotals::from).collect())
}

/// Adds one donation to the totals, without reading the others, unless it fills a gap between years.
async fn add(tx: &mut Tx<'_>, organization_id: OrganizationId, donation: &Donation) -> Result<(), Error> {
    let sql = format!(
        "SELECT {} FROM donation_total WHERE organization_id = $1 AND contact_id = $2 AND currency = $3",
        TotalRow::COLUMNS
    );
    let found: Option<TotalRow> = tx
        .fetch_optional(&sql, args![organization_id, donation.contact_id, donation.currency])
        .await?;
    let (given_on, amount) = (donation.given_on, donation.amount);
    let Some(before) = found else {
        let only = TotalRow {
            currency: donation.currency,
            lifetime_value: amount,
            gifts: 1,
            largest: amount,
            first_on: given_on,
            last_on: given_on,
            streak_years: 1,
        };
        return save(tx, organization_id, donation.contact_id, &only).await;
    };
    let streak_years = match given_on.year() - before.last_on.year() {
        1 => before.streak_years + 1,
        2.. => 1,
        // The year before the streak began: who knows how many there are before it.
        back if back == -i64::from(before.streak_years) => {
            return recount(tx, organization_id, donation.contact_id).await;
        }
        _ => before.streak_years,
    };
    let after = TotalRow {
        currency: before.currency,
        lifetime_value: before.lifetime_value + amount,
        gifts: before.gifts + 1,
        largest: before.largest.max(amount),
        first_on: before.first_on.min(given_on),
        last_on: before.last_on.max(given_on),
        streak_years,
    };
    save(tx, organization_id, donation.contact_id, &after).await
}

/// Writes the totals of a person anew from their donations.
pub async fn recount(tx: &mut Tx<'_>, organization_id: OrganizationId, contact_id: ContactId) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM donation_total WHERE organization_id = $1 AND contact_id = $2",
        args![organization_id, contact_id],
    )
    .await?;
    let counted: Vec<(Currency, i64, u32, i64, Day, Day)> = tx
        .fetch_all(
            "SELECT currency, CAST(SUM(amount) AS BIGINT), COUNT(*), MAX(amount), MIN(given_on), MAX(given_on) \
             FROM donation WHERE organization_id = $1 AND contact_id = $2 AND status = 'confirmed' \
             AND deleted_at IS NULL GROUP BY currency",
            args![organization_id, contact_id],
        )
        .await?;
    for (currency, lifetime_value, gifts, largest, first_on, last_on) in counted {
        let days: Vec<(Day,)> = tx
            .fetch_all(
                "SELECT MAX(given_on) FROM donation WHERE organization_id = $1 AND contact_id = $2 AND currency = $3 \
                 AND status = 'confirmed' AND deleted_at IS NULL GROUP BY SUBSTR(given_on, 1, 4)",
                args![organization_id, contact_id, currency],
            )
            .await?;
        let total = TotalRow {
            currency,
            lifetime_value,
            gifts,
            largest,
            first_on,
            last_on,
            streak_years: streak(days.into_iter().map(|(day,)| day.year()).collect()),
        };
        save(tx, organization_id, contact_id, &total).await?;
    }
    Ok(())
}

async fn save(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    contact_id: ContactId,
    total: &TotalRow,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO donation_total (contact_id, organization_id, currency, lifetime_value, gifts, largest, first_on, \
         last_on, streak_years) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (contact_id, currency) \
         DO UPDATE SET lifetime_value = excluded.lifetime_value, gifts = excluded.gifts, largest = excluded.largest, \
         first_on = excluded.first_on, last_on = excluded.last_on, streak_years = excluded.streak_years",
        args![
            contact_id,
            organization_id,
            total.currency,
            total.lifetime_value,
            total.gifts,
            total.largest,
            total.first_on,
            total.last_on,
            total.streak_years
        ],
    )
    .await?;
    Ok(())
}
