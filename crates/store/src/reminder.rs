//! Reminders. When the time of one comes is work in the queue ([`crate::job::REMIND`]).

use pesan_model::reminder::{Reminder, ReminderStatus};
use pesan_model::{ChatId, ContactId, OrganizationId, ReminderId, Timestamp, UserId, Zone};

use crate::contact::display_name;
use crate::{Error, Tx, args, rows};

rows! {
    struct ReminderView {
        id: ReminderId,
        owner_id: Option<UserId>,
        contact_id: Option<ContactId>,
        chat_id: Option<ChatId>,
        text: String,
        due_at: Timestamp,
        time_zone: Zone,
        status: ReminderStatus,
        fired_at: Option<Timestamp>,
        created_by: String,
        created_at: Timestamp,
        updated_at: Timestamp,
        name: Option<String>,
        push_name: Option<String>,
        phone: Option<String>,
        subject: Option<String>,
    }
}

const VIEW: &str = "SELECT r.id, r.owner_id, r.contact_id, r.chat_id, r.body, r.due_at, r.time_zone, r.status, \
     r.fired_at, r.created_by, r.created_at, r.updated_at, k.name, k.push_name, k.phone, c.subject FROM reminder r \
     LEFT JOIN contact k ON k.id = r.contact_id LEFT JOIN chat c ON c.id = r.chat_id";

impl From<ReminderView> for Reminder {
    fn from(row: ReminderView) -> Self {
        let about = match row.contact_id {
            Some(_) => Some(display_name(
                row.name.as_deref(),
                row.push_name.as_deref(),
                row.phone.as_deref(),
            )),
            None => row.subject,
        };
        Self {
            id: row.id,
            owner_id: row.owner_id,
            contact_id: row.contact_id,
            chat_id: row.chat_id,
            about,
            text: row.text,
            due_at: row.due_at,
            time_zone: row.time_zone,
            status: row.status,
            fired_at: row.fired_at,
            created_by: row.created_by,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Adds a reminder.
pub async fn insert(tx: &mut Tx<'_>, organization_id: OrganizationId, reminder: &Reminder) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO reminder (id, organization_id, owner_id, contact_id, origin_id, chat_id, body, due_at, time_zone, \
         status, created_by, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        args![
            reminder.id,
            organization_id,
            reminder.owner_id,
            reminder.contact_id,
            reminder.chat_id,
            &reminder.text,
            reminder.due_at,
            &reminder.time_zone,
            reminder.status.name(),
            &reminder.created_by,
            reminder.created_at,
            reminder.updated_at
        ],
    )
    .await?;
    Ok(())
}

/// The reminder.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: ReminderId) -> Result<Reminder, Error> {
    let sql = format!("{VIEW} WHERE r.organization_id = $1 AND r.id = $2");
    let row: ReminderView = tx.fetch_one("reminder", &sql, args![organization_id, id]).await?;
    Ok(row.into())
}

/// The reminder, which nobody else changes until the transaction ends.
pub async fn get_for_change(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: ReminderId,
) -> Result<Reminder, Error> {
    tx.execute(
        "UPDATE reminder SET updated_at = updated_at WHERE organization_id = $1 AND id = $2",
        args![organization_id, id],
    )
    .await?;
    get(tx, organization_id, id).await
}

/// Writes what can change.
pub async fn update(tx: &mut Tx<'_>, organization_id: OrganizationId, reminder: &Reminder) -> Result<(), Error> {
    tx.execute(
        "UPDATE reminder SET owner_id = $1, body = $2, due_at = $3, time_zone = $4, status = $5, fired_at = $6, \
         updated_at = $7 WHERE organization_id = $8 AND id = $9",
        args![
            reminder.owner_id,
            &reminder.text,
            reminder.due_at,
            &reminder.time_zone,
            reminder.status.name(),
            reminder.fired_at,
            reminder.updated_at,
            organization_id,
            reminder.id
        ],
    )
    .await?;
    Ok(())
}

/// Whether the time of a reminder about a person, or about a group, has come and it is not done.
pub(crate) async fn is_due(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    person: Option<ContactId>,
    group: Option<ChatId>,
) -> Result<bool, Error> {
    let (about, id) = match person {
        Some(person) => ("contact_id = $2", person.uuid()),
        None => (
            "chat_id = $2 AND contact_id IS NULL",
            group.map_or(uuid::Uuid::nil(), ChatId::uuid),
        ),
    };
    let sql = format!(
        "SELECT id FROM reminder WHERE organization_id = $1 AND {about} AND status = $3 AND fired_at IS NOT NULL LIMIT 1"
    );
    let values = args![organization_id, id, ReminderStatus::Open.name()];
    let found: Option<(ReminderId,)> = tx.fetch_optional(&sql, values).await?;
    Ok(found.is_some())
}

/// Which reminders to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this owner.
    pub owner_id: Option<UserId>,
    /// About this person.
    pub contact_id: Option<ContactId>,
    /// About this chat.
    pub chat_id: Option<ChatId>,
    /// Due by then.
    pub due_by: Option<Timestamp>,
}

/// A page of the reminders with a status, the one that is due first before the others: those after `after`.
pub async fn list(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (status, filter): (ReminderStatus, &Filter),
    after: Option<(Timestamp, ReminderId)>,
    limit: usize,
) -> Result<Vec<Reminder>, Error> {
    let (due_at, id) = after.map_or((Timestamp::from_millis(i64::MIN), uuid::Uuid::nil()), |(due_at, id)| {
        (due_at, id.uuid())
    });
    let mut values = args![organization_id, status.name(), due_at, id, limit];
    let mut conditions = String::new();
    let wanted = [
        ("r.owner_id =", filter.owner_id.map(|id| args![id])),
        ("r.contact_id =", filter.contact_id.map(|id| args![id])),
        ("r.chat_id =", filter.chat_id.map(|id| args![id])),
        ("r.due_at <=", filter.due_by.map(|time| args![time])),
    ];
    for (condition, value) in wanted {
        let Some(value) = value else { continue };
        values.extend(value);
        let condition = format!(" AND {condition} ${}", values.len());
        conditions.push_str(&condition);
    }
    let sql = format!(
        "{VIEW} WHERE r.organization_id = $1 AND r.status = $2 AND (r.due_at, r.id) > ($3, $4){conditions} \
         ORDER BY r.due_at, r.id LIMIT $5"
    );
    let rows: Vec<ReminderView> = tx.fetch_all(&sql, values).await?;
    Ok(rows.into_iter().map(Reminder::from).collect())
}

/// A page of what was to be reminded of about a person, newest first: those made before `before`.
pub async fn list_made(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    contact_id: ContactId,
    before: Option<(Timestamp, uuid::Uuid)>,
    limit: usize,
) -> Result<Vec<Reminder>, Error> {
    let (at, id) = before.unwrap_or((Timestamp::from_millis(i64::MAX), uuid::Uuid::max()));
    let sql = format!(
        "{VIEW} WHERE r.organization_id = $1 AND r.contact_id = $2 AND (r.created_at, r.id) < ($3, $4) \
         ORDER BY r.created_at DESC, r.id DESC LIMIT $5"
    );
    let rows: Vec<ReminderView> = tx
        .fetch_all(&sql, args![organization_id, contact_id, at, id, limit])
        .await?;
    Ok(rows.into_iter().map(Reminder::from).collect())
}
