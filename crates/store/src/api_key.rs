//! Keys for programs. Only the hash of a key is stored.

use pesan_model::access::ApiKey;
use pesan_model::{ApiKeyId, OrganizationId, Permission, Timestamp};

use crate::{Error, Tx, args, rows};

rows! {
    /// A stored key.
    struct ApiKeyRow {
        id: ApiKeyId,
        organization_id: OrganizationId,
        name: String,
        hint: String,
        scopes: String,
        created_at: Timestamp,
        last_used_at: Option<Timestamp>,
    }
}

impl ApiKeyRow {
    fn into_key(self) -> Result<(OrganizationId, ApiKey), Error> {
        let scopes: Vec<Permission> =
            serde_json::from_str(&self.scopes).map_err(|error| Error::corrupt("scopes of an API key", error))?;
        let key = ApiKey {
            id: self.id,
            name: self.name,
            hint: self.hint,
            scopes,
            created_at: self.created_at,
            last_used_at: self.last_used_at,
        };
        Ok((self.organization_id, key))
    }
}

/// Adds a key.
pub async fn insert(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    key: &ApiKey,
    key_hash: &[u8; 32],
) -> Result<(), Error> {
    let scopes = serde_json::to_string(&key.scopes).map_err(|error| Error::corrupt("scopes of an API key", error))?;
    tx.execute(
        "INSERT INTO api_key (id, organization_id, name, hint, key_hash, scopes, created_at, last_used_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            key.id,
            organization_id,
            &key.name,
            &key.hint,
            key_hash,
            scopes,
            key.created_at,
            key.last_used_at
        ],
    )
    .await?;
    Ok(())
}

/// The key with this hash, and whose it is. Before the organization is known.
pub async fn find_by_hash(tx: &mut Tx<'_>, key_hash: &[u8; 32]) -> Result<Option<(OrganizationId, ApiKey)>, Error> {
    let sql = format!("SELECT {} FROM api_key WHERE key_hash = $1", ApiKeyRow::COLUMNS);
    let row: Option<ApiKeyRow> = tx.fetch_optional(&sql, args![key_hash]).await?;
    row.map(ApiKeyRow::into_key).transpose()
}

/// The organization's key with this id, unless it was revoked.
pub async fn find(tx: &mut Tx<'_>, organization_id: OrganizationId, id: ApiKeyId) -> Result<Option<ApiKey>, Error> {
    let sql = format!(
        "SELECT {} FROM api_key WHERE organization_id = $1 AND id = $2",
        ApiKeyRow::COLUMNS
    );
    let row: Option<ApiKeyRow> = tx.fetch_optional(&sql, args![organization_id, id]).await?;
    Ok(row.map(ApiKeyRow::into_key).transpose()?.map(|(_, key)| key))
}

/// The organization's key with this id.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: ApiKeyId) -> Result<ApiKey, Error> {
    find(tx, organization_id, id)
        .await?
        .ok_or(Error::NotFound { what: "API key" })
}

/// The organization's keys, newest first, before `before`.
pub async fn list(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    before: Option<ApiKeyId>,
    limit: usize,
) -> Result<Vec<ApiKey>, Error> {
    let sql = format!(
        "SELECT {} FROM api_key WHERE organization_id = $1 AND ($2 OR id < $3) ORDER BY id DESC LIMIT $4",
        ApiKeyRow::COLUMNS
    );
    let rows: Vec<ApiKeyRow> = tx
        .fetch_all(&sql, args![organization_id, before.is_none(), before, limit])
        .await?;
    rows.into_iter().map(|row| Ok(row.into_key()?.1)).collect()
}

/// Notes when it was used.
pub async fn touch(tx: &mut Tx<'_>, organization_id: OrganizationId, id: ApiKeyId, at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE api_key SET last_used_at = $1 WHERE organization_id = $2 AND id = $3",
        args![at, organization_id, id],
    )
    .await?;
    Ok(())
}

/// Revokes a key.
pub async fn delete(tx: &mut Tx<'_>, organization_id: OrganizationId, id: ApiKeyId) -> Result<(), Error> {
    let deleted = tx
        .execute(
            "DELETE FROM api_key WHERE organization_id = $1 AND id = $2",
            args![organization_id, id],
        )
        .await?;
    if deleted == 0 {
        return Err(Error::NotFound { what: "API key" });
    }
    Ok(())
}
