//! What organizations decided about themselves: one document each.

use pesan_model::OrganizationId;
use pesan_model::organization::OrganizationSettings;

use crate::{Error, Tx, args};

/// What the organization decided; the defaults when it never decided anything.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId) -> Result<OrganizationSettings, Error> {
    let found: Option<(String,)> = tx
        .fetch_optional(
            "SELECT document FROM organization_setting WHERE organization_id = $1",
            args![organization_id],
        )
        .await?;
    found.map_or_else(|| Ok(OrganizationSettings::default()), |(document,)| read(&document))
}

fn read(document: &str) -> Result<OrganizationSettings, Error> {
    serde_json::from_str(document).map_err(|error| Error::corrupt("organization settings", error))
}

/// Writes what the organization decided.
pub async fn set(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    settings: &OrganizationSettings,
) -> Result<(), Error> {
    let document = serde_json::to_string(settings).map_err(|error| Error::corrupt("organization settings", error))?;
    tx.execute(
        "INSERT INTO organization_setting (organization_id, document) VALUES ($1, $2) \
         ON CONFLICT (organization_id) DO UPDATE SET document = excluded.document",
        args![organization_id, document],
    )
    .await?;
    Ok(())
}

/// Every organization that decided something, with what it did. For work of the process itself, never for a request.
pub async fn list(tx: &mut Tx<'_>) -> Result<Vec<(OrganizationId, OrganizationSettings)>, Error> {
    let found: Vec<(OrganizationId, String)> = tx
        .fetch_all(
            "SELECT organization_id, document FROM organization_setting ORDER BY organization_id",
            args![],
        )
        .await?;
    let settings = |(id, document): (OrganizationId, String)| Ok((id, read(&document)?));
    found.into_iter().map(settings).collect()
}
