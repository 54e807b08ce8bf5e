//! What an organization's segments go by.

use pesan_model::OrganizationId;
use pesan_model::donor::DonorRules;

use crate::{Error, Tx, args};

/// The rules, or the defaults where nothing was set.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId) -> Result<DonorRules, Error> {
    let found: Option<(String,)> = tx
        .fetch_optional(
            "SELECT rules FROM donor_rules WHERE organization_id = $1",
            args![organization_id],
        )
        .await?;
    match found {
        Some((rules,)) => serde_json::from_str(&rules).map_err(|error| Error::corrupt("donor rules", error)),
        None => Ok(DonorRules::default()),
    }
}

/// Sets the rules.
pub async fn set(tx: &mut Tx<'_>, organization_id: OrganizationId, rules: &DonorRules) -> Result<(), Error> {
    let rules = serde_json::to_string(rules).map_err(|error| Error::corrupt("donor rules", error))?;
    tx.execute(
        "INSERT INTO donor_rules (organization_id, rules) VALUES ($1, $2) \
         ON CONFLICT (organization_id) DO UPDATE SET rules = excluded.rules",
        args![organization_id, rules],
    )
    .await?;
    Ok(())
}
