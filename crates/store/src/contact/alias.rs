//! Other ways to write people's numbers.
//!
//! WhatsApp knows some numbers in another form than people write them (Brazil's ninth digit), and says so when it is asked
//! about one. A contact's `phone` is WhatsApp's form, and what was asked for is a row here, on the row of that identity: it
//! moves with chats when people are joined and parted.

use std::collections::BTreeMap;

use pesan_model::{ContactId, OrganizationId, Phone};

use super::{ContactRow, Known, search};
use crate::{Error, Tx, args, dialect};

/// The row of whoever has a number, or is meant by it.
pub async fn find(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    phone: &Phone,
) -> Result<Option<ContactRow>, Error> {
    if let Some(own) = find_own(tx, organization_id, phone).await? {
        return Ok(Some(own));
    }
    let columns: Vec<_> = ContactRow::COLUMNS
        .split(", ")
        .map(|column| format!("k.{column}"))
        .collect();
    let sql = format!(
        "SELECT {} FROM contact_alias a JOIN contact k ON k.id = a.contact_id \
         WHERE a.organization_id = $1 AND a.phone = $2",
        columns.join(", ")
    );
    tx.fetch_optional(&sql, args![organization_id, phone.digits()]).await
}

/// The row of whoever has a number under which WhatsApp knows them.
pub async fn find_own(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    phone: &Phone,
) -> Result<Option<ContactRow>, Error> {
    let known = Known {
        phone: Some(phone.digits().to_owned()),
        ..Known::default()
    };
    Ok(super::find_by_identity(tx, organization_id, &known).await?.pop())
}

/// A number, which is nobody's own, is another way to write that of a contact. False when that was known.
pub async fn put(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (phone, contact): (&Phone, &ContactRow),
) -> Result<bool, Error> {
    let put = tx
        .execute(
            "INSERT INTO contact_alias (organization_id, phone, contact_id) VALUES ($1, $2, $3) \
             ON CONFLICT (organization_id, phone) DO UPDATE SET contact_id = excluded.contact_id \
             WHERE contact_alias.contact_id <> excluded.contact_id",
            args![organization_id, phone.digits(), contact.id()],
        )
        .await?;
    if put > 0 {
        search::index(tx, organization_id, contact.person_id()).await?;
    }
    Ok(put > 0)
}

/// Somebody has this number: it is no other way to write another one, whatever was told before.
pub(super) async fn release(tx: &mut Tx<'_>, organization_id: OrganizationId, phone: &str) -> Result<(), Error> {
    let released: Option<(ContactId,)> = tx
        .fetch_optional(
            "DELETE FROM contact_alias WHERE organization_id = $1 AND phone = $2 RETURNING contact_id",
            args![organization_id, phone],
        )
        .await?;
    if let Some((contact,)) = released {
        let person = super::get(tx, organization_id, contact).await?.person_id();
        search::index(tx, organization_id, person).await?;
    }
    Ok(())
}

/// The other ways to write the numbers of these people, in digits: of the row itself, and of those that are a part of it.
pub async fn list(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    contacts: impl Iterator<Item = ContactId>,
) -> Result<BTreeMap<ContactId, Vec<String>>, Error> {
    let (places, values) = super::among(organization_id, contacts);
    // Few rows are a part of others, and few numbers belong to these people, which SQLite does not guess.
    let index = dialect::indexed_by(tx, "contact_merged");
    let of_contact = dialect::indexed_by(tx, "contact_alias_contact");
    let sql = format!(
        "SELECT a.contact_id, a.phone FROM contact_alias a{of_contact} \
         WHERE a.organization_id = $1 AND a.contact_id IN ({places}) \
         UNION ALL SELECT k.merged_into, a.phone FROM contact k{index} JOIN contact_alias a ON a.contact_id = k.id \
         WHERE k.organization_id = $1 AND k.merged_into IN ({places})"
    );
    let mut found: BTreeMap<ContactId, Vec<String>> = BTreeMap::new();
    for (contact, phone) in tx.fetch_all::<(ContactId, String)>(&sql, values).await? {
        found.entry(contact).or_default().push(phone);
    }
    for numbers in found.values_mut() {
        numbers.sort_unstable();
    }
    Ok(found)
}

/// As [`list`], of one.
pub async fn list_of(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    contact: ContactId,
) -> Result<Vec<String>, Error> {
    let mut found = list(tx, organization_id, std::iter::once(contact)).await?;
    Ok(found.remove(&contact).unwrap_or_default())
}

/// WhatsApp told that one row is the identity of another one.
pub(super) async fn follow(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (gone, kept): (ContactId, ContactId),
) -> Result<(), Error> {
    tx.execute(
        "UPDATE contact_alias SET contact_id = $1 WHERE organization_id = $2 AND contact_id = $3",
        args![kept, organization_id, gone],
    )
    .await?;
    Ok(())
}

/// Deletes the other ways to write the number of a row.
pub(super) async fn forget(tx: &mut Tx<'_>, organization_id: OrganizationId, row: ContactId) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM contact_alias WHERE organization_id = $1 AND contact_id = $2",
        args![organization_id, row],
    )
    .await?;
    Ok(())
}
