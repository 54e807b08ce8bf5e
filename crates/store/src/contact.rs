//! People, and the identities WhatsApp knows them by.
//!
//! A row is one WhatsApp identity. Where somebody said that several rows are one person, all but one of them name the one
//! that stays (`merged_into`): it carries the name, the fields, the tags, the notes and the donations, and the others keep
//! their identities and chats. [`merge`] joins and parts them, [`search`] finds them, [`tag`] has their tags,
//! [`alias`] other ways to write their numbers.

pub mod alias;
pub mod erase;
pub mod merge;
pub mod search;
pub mod tag;

use pesan_model::chat::Contact;
use pesan_model::custom_field::FieldValues;
use pesan_model::visible::seen;
use pesan_model::{ContactId, OrganizationId, TagId, Timestamp};

use crate::value::Value;
use crate::{Error, Tx, args, rows, statistic};

rows! {
    /// A person's row.
    pub struct ContactRow {
        id: ContactId,
        name: Option<String>,
        push_name: Option<String>,
        phone: Option<String>,
        lid: Option<String>,
        language: Option<String>,
        opted_out_at: Option<Timestamp>,
        fields: FieldValues,
        merged_into: Option<ContactId>,
        is_unwelcomed: bool,
        erased_at: Option<Timestamp>,
        created_at: Timestamp,
    }
}

impl ContactRow {
    /// Its id.
    pub fn id(&self) -> ContactId {
        self.id
    }

    /// The row that stands for the person: this one, or the one it was merged into.
    pub fn person_id(&self) -> ContactId {
        self.merged_into.unwrap_or(self.id)
    }

    /// Whether somebody merged it into another one.
    pub fn is_merged(&self) -> bool {
        self.merged_into.is_some()
    }

    /// When everything about them was deleted, but for what they gave.
    pub fn erased_at(&self) -> Option<Timestamp> {
        self.erased_at
    }

    /// When they asked not to be written to.
    pub fn opted_out_at(&self) -> Option<Timestamp> {
        self.opted_out_at
    }

    /// Whether they are new and have written nothing readable yet.
    pub fn is_unwelcomed(&self) -> bool {
        self.is_unwelcomed
    }

    /// Values of the organization's own fields.
    pub fn fields(&self) -> &FieldValues {
        &self.fields
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

    /// The name given here, else the one they give themselves.
    pub fn given_name(&self) -> Option<&str> {
        let names = [self.name.as_deref(), self.push_name.as_deref()];
        names.into_iter().flatten().find(|name| !name.trim().is_empty())
    }

    /// The name given here, the one they give themselves, and the number.
    pub(crate) fn names(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        (self.name.as_deref(), self.push_name.as_deref(), self.phone.as_deref())
    }

    /// When we first met.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// As the API shows it, with these tags and other numbers, in digits. [`tag::show`] knows which they are.
    pub fn into_contact(self, tag_ids: Vec<TagId>, other_numbers: &[String]) -> Contact {
        Contact {
            id: self.id,
            name: match self.erased_at {
                Some(_) => ERASED.to_owned(),
                None => display_name(self.name.as_deref(), self.push_name.as_deref(), self.phone.as_deref()),
            },
            own_name: self.name,
            push_name: self.push_name,
            phone: self.phone.map(|digits| format!("+{digits}")),
            other_numbers: other_numbers.iter().map(|digits| format!("+{digits}")).collect(),
            lid: self.lid,
            language: self.language,
            opted_out_at: self.opted_out_at,
            fields: self.fields,
            tag_ids,
            erased_at: self.erased_at,
            created_at: self.created_at,
        }
    }
}

/// What somebody is called of whom nothing is left but what they gave.
const ERASED: &str = "Erased contact";

/// What to call somebody: a name set here, else the one they give themselves, else the number.
pub(crate) fn display_name(name: Option<&str>, push_name: Option<&str>, phone: Option<&str>) -> String {
    let given = [name, push_name].into_iter().flatten().find_map(seen);
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
    let counted_on = statistic::add_contact(tx, organization_id, now).await?;
    tx.execute(
        "INSERT INTO contact (id, organization_id, name, push_name, phone, lid, created_at, counted_on) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            id,
            organization_id,
            None::<String>,
            known.push_name.as_ref(),
            known.phone.as_ref(),
            known.lid.as_ref(),
            now,
            counted_on
        ],
    )
    .await?;
    if let Some(phone) = &known.phone {
        alias::release(tx, organization_id, phone).await?;
    }
    search::index(tx, organization_id, id).await?;
    Ok(ContactRow {
        id,
        name: None,
        push_name: known.push_name.clone(),
        phone: known.phone.clone(),
        lid: known.lid.clone(),
        language: None,
        opted_out_at: None,
        fields: FieldValues::new(),
        merged_into: None,
        is_unwelcomed: false,
        erased_at: None,
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
    // The person before the row: whoever joins and parts people takes them in this order.
    lock_person(tx, organization_id, id).await?;
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
    let updated: ContactRow = tx.fetch_one("contact", &sql, values).await?;
    if let Some(phone) = &known.phone {
        alias::release(tx, organization_id, phone).await?;
    }
    search::index(tx, organization_id, updated.person_id()).await?;
    Ok(updated)
}

/// What people set of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// What to call them.
    pub name: Option<String>,
    /// The language to write to them in.
    pub language: Option<String>,
    /// When they asked not to be written to.
    pub opted_out_at: Option<Timestamp>,
    /// Values of the organization's own fields.
    pub fields: FieldValues,
}

impl ContactRow {
    /// What people set of them.
    pub fn details(&self) -> Details {
        Details {
            name: self.name.clone(),
            language: self.language.clone(),
            opted_out_at: self.opted_out_at,
            fields: self.fields.clone(),
        }
    }
}

/// Sets what people set of a person.
pub async fn set_details(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: ContactId,
    details: &Details,
) -> Result<ContactRow, Error> {
    let fields = serde_json::to_string(&details.fields).map_err(|error| Error::corrupt("fields", error))?;
    let sql = format!(
        "UPDATE contact SET name = $1, language = $2, opted_out_at = $3, fields = $4 \
         WHERE organization_id = $5 AND id = $6 RETURNING {}",
        ContactRow::COLUMNS
    );
    let values = args![
        details.name.as_ref(),
        details.language.as_ref(),
        details.opted_out_at,
        fields,
        organization_id,
        id
    ];
    let row: ContactRow = tx.fetch_one("contact", &sql, values).await?;
    search::index(tx, organization_id, row.person_id()).await?;
    Ok(row)
}

/// Somebody is new, and is to be welcomed once they have written something readable.
pub async fn await_welcome(tx: &mut Tx<'_>, organization_id: OrganizationId, id: ContactId) -> Result<(), Error> {
    tx.execute(
        "UPDATE contact SET is_unwelcomed = TRUE WHERE organization_id = $1 AND id = $2",
        args![organization_id, id],
    )
    .await?;
    Ok(())
}

/// Somebody new is welcomed now. False when they were before.
pub async fn take_welcome(tx: &mut Tx<'_>, organization_id: OrganizationId, id: ContactId) -> Result<bool, Error> {
    let taken = tx
        .execute(
            "UPDATE contact SET is_unwelcomed = FALSE WHERE organization_id = $1 AND id = $2 AND is_unwelcomed = TRUE",
            args![organization_id, id],
        )
        .await?;
    Ok(taken == 1)
}

/// The row of whoever this row is: itself, or the one it was merged into.
pub async fn person(tx: &mut Tx<'_>, organization_id: OrganizationId, id: ContactId) -> Result<ContactRow, Error> {
    let row = get(tx, organization_id, id).await?;
    match row.merged_into {
        Some(person) => get(tx, organization_id, person).await,
        None => Ok(row),
    }
}

/// As [`person`], and nobody else changes what hangs on the person until the transaction ends.
pub async fn lock_person(tx: &mut Tx<'_>, organization_id: OrganizationId, id: ContactId) -> Result<ContactRow, Error> {
    loop {
        let person = get(tx, organization_id, id).await?.person_id();
        let Some(locked) = lock(tx, organization_id, person).await? else {
            continue;
        };
        // They may have been joined with somebody or parted from them while this waited.
        if get(tx, organization_id, id).await?.person_id() == locked.id {
            return Ok(locked);
        }
    }
}

/// The row, which nobody else changes until the transaction ends; `None` when it went meanwhile.
async fn lock(tx: &mut Tx<'_>, organization_id: OrganizationId, id: ContactId) -> Result<Option<ContactRow>, Error> {
    let sql = format!(
        "UPDATE contact SET created_at = created_at WHERE organization_id = $1 AND id = $2 RETURNING {}",
        ContactRow::COLUMNS
    );
    tx.fetch_optional(&sql, args![organization_id, id]).await
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
    tx.fetch_all(&list_statement(), args![organization_id, before, limit])
        .await
}

fn list_statement() -> String {
    format!(
        "SELECT {} FROM contact WHERE organization_id = $1 AND merged_into IS NULL AND erased_at IS NULL AND id < $2 \
         ORDER BY id DESC LIMIT $3",
        ContactRow::COLUMNS
    )
}

/// `$2, $3, …` for these people, and the values with the organization's first.
fn among(organization_id: OrganizationId, ids: impl Iterator<Item = ContactId>) -> (String, Vec<Value>) {
    let mut values = args![organization_id];
    let mut places = Vec::new();
    for id in ids {
        values.extend(args![id]);
        places.push(format!("${}", values.len()));
    }
    (places.join(", "), values)
}
