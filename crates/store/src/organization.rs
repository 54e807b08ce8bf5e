//! Organizations: the tenants.

use pesan_model::{OrganizationId, Timestamp};

use crate::{Error, Tx, args, dialect};

/// A tenant's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Its data key, wrapped with the master key.
    pub data_key: Vec<u8>,
    /// Which master key wrapped it.
    pub master_key_id: String,
}

/// Adds an organization with its wrapped data key.
pub async fn insert(tx: &mut Tx<'_>, organization: &Organization, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO organization (id, name, event_seq, audit_seq, data_key, master_key_id, created_at) \
         VALUES ($1, $2, 0, 0, $3, $4, $5)",
        args![
            organization.id,
            &organization.name,
            &organization.data_key,
            &organization.master_key_id,
            now
        ],
    )
    .await?;
    Ok(())
}

/// The organization.
pub async fn get(tx: &mut Tx<'_>, id: OrganizationId) -> Result<Organization, Error> {
    let (name, data_key, master_key_id): (String, Vec<u8>, String) = tx
        .fetch_one(
            "organization",
            "SELECT name, data_key, master_key_id FROM organization WHERE id = $1",
            args![id],
        )
        .await?;
    Ok(Organization {
        id,
        name,
        data_key,
        master_key_id,
    })
}

/// Renames an organization. Nobody else changes it until the transaction ends.
pub async fn set_name(tx: &mut Tx<'_>, id: OrganizationId, name: &str) -> Result<(), Error> {
    tx.execute("UPDATE organization SET name = $1 WHERE id = $2", args![name, id])
        .await?;
    Ok(())
}

/// Nobody else changes what the organization decided until the transaction ends.
pub async fn lock(tx: &mut Tx<'_>, id: OrganizationId) -> Result<(), Error> {
    let sql = format!("SELECT id FROM organization WHERE id = $1{}", dialect::for_update(tx));
    let _: (OrganizationId,) = tx.fetch_one("organization", &sql, args![id]).await?;
    Ok(())
}

/// The ids of all organizations, oldest first. For work of the process itself, never for a request.
pub async fn list_ids(tx: &mut Tx<'_>) -> Result<Vec<OrganizationId>, Error> {
    let ids: Vec<(OrganizationId,)> = tx.fetch_all("SELECT id FROM organization ORDER BY id", args![]).await?;
    Ok(ids.into_iter().map(|(id,)| id).collect())
}
