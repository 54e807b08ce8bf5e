//! What the variables of texts stand for.

use pesan_model::OrganizationId;
use pesan_model::template::Values;
use pesan_store::contact::ContactRow;
use pesan_store::{Error as StoreError, Tx, organization};

/// What is known of a person, of whoever writes to them, and of the organization.
pub(crate) async fn values(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    person: Option<&ContactRow>,
    user_name: Option<String>,
) -> Result<Values, StoreError> {
    Ok(Values {
        contact_name: person.and_then(ContactRow::given_name).map(str::to_owned),
        contact_phone: person.and_then(ContactRow::phone).map(|digits| format!("+{digits}")),
        contact_fields: person.map(|person| person.fields().clone()).unwrap_or_default(),
        user_name,
        organization_name: Some(organization::get(tx, organization_id).await?.name),
    })
}
