//! Fields of contacts that organizations define. A deleted one keeps its key: values that contacts still have never meet
//! another type under it.

use pesan_model::custom_field::{CustomField, FieldKind};
use pesan_model::{CustomFieldId, OrganizationId, Timestamp};

use crate::{Error, Tx, args, dialect, rows};

rows! {
    struct FieldRow {
        id: CustomFieldId,
        key: String,
        label: String,
        kind: FieldKind,
        choices: String,
        created_at: Timestamp,
        deleted_at: Option<Timestamp>,
    }
}

impl FieldRow {
    fn into_field(self) -> Result<CustomField, Error> {
        Ok(CustomField {
            id: self.id,
            key: self.key,
            label: self.label,
            kind: self.kind,
            choices: serde_json::from_str(&self.choices).map_err(|error| Error::corrupt("choices", error))?,
            created_at: self.created_at,
        })
    }
}

fn text(choices: &[String]) -> Result<String, Error> {
    serde_json::to_string(choices).map_err(|error| Error::corrupt("choices", error))
}

/// Adds a field. [`Error::Conflict`] when its key is taken.
pub async fn insert(tx: &mut Tx<'_>, organization_id: OrganizationId, field: &CustomField) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO custom_field (id, organization_id, key, label, kind, choices, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![
            field.id,
            organization_id,
            &field.key,
            &field.label,
            field.kind.name(),
            text(&field.choices)?,
            field.created_at
        ],
    )
    .await?;
    Ok(())
}

/// All fields, oldest first.
pub async fn list(tx: &mut Tx<'_>, organization_id: OrganizationId) -> Result<Vec<CustomField>, Error> {
    let sql = format!(
        "SELECT {} FROM custom_field WHERE organization_id = $1 AND deleted_at IS NULL ORDER BY id",
        FieldRow::COLUMNS
    );
    let rows: Vec<FieldRow> = tx.fetch_all(&sql, args![organization_id]).await?;
    rows.into_iter().map(FieldRow::into_field).collect()
}

/// The field, unless it was deleted.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: CustomFieldId) -> Result<CustomField, Error> {
    let sql = format!(
        "SELECT {} FROM custom_field WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL",
        FieldRow::COLUMNS
    );
    let row: FieldRow = tx.fetch_one("custom field", &sql, args![organization_id, id]).await?;
    row.into_field()
}

/// As [`get`], and nobody else changes it until the transaction ends.
pub async fn get_for_change(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: CustomFieldId,
) -> Result<CustomField, Error> {
    let sql = format!(
        "SELECT {} FROM custom_field WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL{}",
        FieldRow::COLUMNS,
        dialect::for_update(tx)
    );
    let row: FieldRow = tx.fetch_one("custom field", &sql, args![organization_id, id]).await?;
    row.into_field()
}

/// The field with this key, and whether it was deleted.
pub async fn find_by_key(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    key: &str,
) -> Result<Option<(CustomField, bool)>, Error> {
    let sql = format!(
        "SELECT {} FROM custom_field WHERE organization_id = $1 AND key = $2",
        FieldRow::COLUMNS
    );
    let row: Option<FieldRow> = tx.fetch_optional(&sql, args![organization_id, key]).await?;
    row.map(|row| {
        let is_deleted = row.deleted_at.is_some();
        Ok((row.into_field()?, is_deleted))
    })
    .transpose()
}

/// Writes label and choices; a deleted one is back.
pub async fn update(tx: &mut Tx<'_>, organization_id: OrganizationId, field: &CustomField) -> Result<(), Error> {
    tx.execute(
        "UPDATE custom_field SET label = $1, choices = $2 WHERE organization_id = $3 AND id = $4",
        args![&field.label, text(&field.choices)?, organization_id, field.id],
    )
    .await?;
    Ok(())
}

/// Defines a deleted field again, with the values that contacts kept.
pub async fn revive(tx: &mut Tx<'_>, organization_id: OrganizationId, field: &CustomField) -> Result<(), Error> {
    tx.execute(
        "UPDATE custom_field SET deleted_at = NULL WHERE organization_id = $1 AND id = $2",
        args![organization_id, field.id],
    )
    .await?;
    update(tx, organization_id, field).await
}

/// Deletes a field; contacts keep their values.
pub async fn delete(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: CustomFieldId,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE custom_field SET deleted_at = $1 WHERE organization_id = $2 AND id = $3",
        args![now, organization_id, id],
    )
    .await?;
    Ok(())
}
