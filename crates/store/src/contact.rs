//! People, and the identities WhatsApp knows them by.

use pesan_model::chat::Contact;
use pesan_model::{ContactId, OrganizationId, Timestamp};

use crate::{Error, Tx, args, rows};

rows! {
    /// A person's row.
    pub struct ContactRow {
        id: ContactId,
        name: Option<String>,
        push_name: Option<String>,
        phone: Option<String>,
        lid: Option<String>,
        created_at: Timestamp,
    }
}

impl ContactRow {
    /// Its id.
    pub fn id(&self) -> ContactId {
        self.id
    }

    /// Digits without the plus.
    pub fn phone(&self) -> Option<&str> {
        self.phone.as_deref()
    }

    /// As `…@lid`.
    pub fn lid(&self) -> Option<&str> {
        self.lid.as_deref()
    }

    /// The name they give themselves.
    pub fn push_name(&self) -> Option<&str> {
        self.push_name.as_deref()
    }

    /// The name given here, the one they give themselves, and the number.
    pub(crate) fn names(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        (self.name.as_deref(), self.push_name.as_deref(), self.phone.as_deref())
    }

    /// When we first met.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// As the API shows it.
    pub fn into_contact(self) -> Contact {
        Contact {
            id: self.id,
            name: display_name(self.name.as_deref(), self.push_name.as_deref(), self.phone.as_deref()),
            push_name: self.push_name,
            phone: self.phone.map(|digits| format!("+{digits}")),
            lid: self.lid,
            created_at: self.created_at,
        }
    }
}

/// What to call somebody: a name set here, else the one they give themselves, else the number.
pub(crate) fn display_name(name: Option<&str>, push_name: Option<&str>, phone: Option<&str>) -> String {
    let given = [name, push_name]
        .into_iter()
        .flatten()
        .find(|name| !name.trim().is_empty());
    match (given, phone) {
        (Some(name), _) => name.to_owned(),
        (None, Some(digits)) => format!("+{digits}"),
        (None, None) => "WhatsApp user".to_owned(),
    }
}

/// What is known of a person.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Digits without the plus.
    pub phone: Option<String>,
    /// As `…@lid`.
    pub lid: Option<String>,
    /// The name they give themselves.
    pub push_name: Option<String>,
}

/// The rows that have one of these identities, oldest first: none, one, or two that are the same person.
pub async fn find_by_identity(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    known: &Known,
) -> Result<Vec<ContactRow>, Error> {
    // Two queries by one index each: `OR` over two columns would not use both on SQLite.
    let sql = |column: &str| {
        format!(
            "SELECT {} FROM contact WHERE organization_id = $1 AND {column} = $2",
            ContactRow::COLUMNS
        )
    };
    let mut found: Vec<ContactRow> = Vec::new();
    for (column, value) in [("phone", &known.phone), ("lid", &known.lid)] {
        let Some(value) = value else { continue };
        let row: Option<ContactRow> = tx.fetch_optional(&sql(column), args![organization_id, value]).await?;
        found.extend(row.filter(|row| found.iter().all(|other| other.id != row.id)));
    }
    found.sort_by_key(|row| row.id);
    Ok(found)
}

/// Adds a person.
pub async fn insert(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: ContactId,
    known: &Known,
    now: Timestamp,
) -> Result<ContactRow, Error> {
    tx.execute(
        "INSERT INTO contact (id, organization_id, name, push_name, phone, lid, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![
            id,
            organization_id,
            None::<String>,
            known.push_name.as_ref(),
            known.phone.as_ref(),
            known.lid.as_ref(),
            now
        ],
    )
    .await?;
    Ok(ContactRow {
        id,
        name: None,
        push_name: known.push_name.clone(),
        phone: known.phone.clone(),
        lid: known.lid.clone(),
        created_at: now,
    })
}

/// Writes what is known; what is `None` stays.
pub async fn update(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: ContactId,
    known: &Known,
) -> Result<ContactRow, Error> {
    let sql = format!(
        "UPDATE contact SET push_name = COALESCE($1, push_name), phone = COALESCE($2, phone), lid = COALESCE($3, lid) \
         WHERE organization_id = $4 AND id = $5 RETURNING {}",
        ContactRow::COLUMNS
    );
    let values = args![
        known.push_name.as_ref(),
        known.phone.as_ref(),
        known.lid.as_ref(),
        organization_id,
        id
    ];
    tx.fetch_one("contact", &sql, values).await
}

/// The person.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: ContactId) -> Result<ContactRow, Error> {
    let sql = format!(
        "SELECT {} FROM contact WHERE organization_id = $1 AND id = $2",
        ContactRow::COLUMNS
    );
    tx.fetch_one("contact", &sql, args![organization_id, id]).await
}

/// A page of people, newest first: those before `before`.
pub async fn list(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    before: Option<ContactId>,
    limit: usize,
) -> Result<Vec<ContactRow>, Error> {
    let before = before.map_or(uuid::Uuid::max(), ContactId::uuid);
    let sql = format!(
        "SELECT {} FROM contact WHERE organization_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        ContactRow::COLUMNS
    );
    tx.fetch_all(&sql, args![organization_id, before, limit]).await
}

/// Makes `from` and `into` one person, who stays as `into`: chats, messages and names move over.
pub async fn merge(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    from: ContactId,
    into: ContactId,
) -> Result<ContactRow, Error> {
    let gone = get(tx, organization_id, from).await?;
    tx.execute(
        "UPDATE message SET contact_id = $1 WHERE organization_id = $2 AND contact_id = $3",
        args![into, organization_id, from],
    )
    .await?;
    crate::chat::merge_of_contact(tx, organization_id, from, into).await?;
    tx.execute(
        "DELETE FROM contact WHERE organization_id = $1 AND id = $2",
        args![organization_id, from],
    )
    .await?;
    let sql = format!(
        "UPDATE contact SET name = COALESCE(name, $1), push_name = COALESCE(push_name, $2), \
         phone = COALESCE(phone, $3), lid = COALESCE(lid, $4) WHERE organization_id = $5 AND id = $6 RETURNING {}",
        ContactRow::COLUMNS
    );
    tx.fetch_one(
        "contact",
        &sql,
        args![gone.name, gone.push_name, gone.phone, gone.lid, organization_id, into],
    )
    .await
}
