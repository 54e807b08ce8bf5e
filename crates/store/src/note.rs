//! Private notes.

use pesan_model::note::Note;
use pesan_model::{ChatId, ContactId, NoteId, OrganizationId, Timestamp};

use crate::{Error, Tx, args, dialect, rows};

rows! {
    struct NoteRow {
        id: NoteId,
        contact_id: Option<ContactId>,
        chat_id: Option<ChatId>,
        author: String,
        author_name: String,
        body: String,
        is_pinned: bool,
        created_at: Timestamp,
        edited_at: Option<Timestamp>,
    }
}

impl From<NoteRow> for Note {
    fn from(row: NoteRow) -> Self {
        Self {
            id: row.id,
            contact_id: row.contact_id,
            chat_id: row.chat_id,
            author: row.author,
            author_name: row.author_name,
            body: row.body,
            is_pinned: row.is_pinned,
            created_at: row.created_at,
            edited_at: row.edited_at,
        }
    }
}

/// What notes are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A person.
    Contact(ContactId),
    /// A group.
    Chat(ChatId),
}

impl About {
    fn condition(self) -> (&'static str, uuid::Uuid) {
        match self {
            Self::Contact(id) => ("contact_id", id.uuid()),
            Self::Chat(id) => ("chat_id", id.uuid()),
        }
    }
}

/// Adds a note.
pub async fn insert(tx: &mut Tx<'_>, organization_id: OrganizationId, note: &Note) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO note (id, organization_id, contact_id, origin_id, chat_id, author, author_name, body, is_pinned, \
         created_at) VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9)",
        args![
            note.id,
            organization_id,
            note.contact_id,
            note.chat_id,
            &note.author,
            &note.author_name,
            &note.body,
            note.is_pinned,
            note.created_at
        ],
    )
    .await?;
    Ok(())
}

/// The note.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: NoteId) -> Result<Note, Error> {
    let sql = format!(
        "SELECT {} FROM note WHERE organization_id = $1 AND id = $2",
        NoteRow::COLUMNS
    );
    let row: NoteRow = tx.fetch_one("note", &sql, args![organization_id, id]).await?;
    Ok(row.into())
}

/// As [`get`], and nobody else changes it until the transaction ends.
pub async fn get_for_change(tx: &mut Tx<'_>, organization_id: OrganizationId, id: NoteId) -> Result<Note, Error> {
    let sql = format!(
        "SELECT {} FROM note WHERE organization_id = $1 AND id = $2{}",
        NoteRow::COLUMNS,
        dialect::for_update(tx)
    );
    let row: NoteRow = tx.fetch_one("note", &sql, args![organization_id, id]).await?;
    Ok(row.into())
}

/// Writes its words and whether it is pinned.
pub async fn update(tx: &mut Tx<'_>, organization_id: OrganizationId, note: &Note) -> Result<(), Error> {
    tx.execute(
        "UPDATE note SET body = $1, is_pinned = $2, edited_at = $3 WHERE organization_id = $4 AND id = $5",
        args![&note.body, note.is_pinned, note.edited_at, organization_id, note.id],
    )
    .await?;
    Ok(())
}

/// Deletes a note.
pub async fn delete(tx: &mut Tx<'_>, organization_id: OrganizationId, id: NoteId) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM note WHERE organization_id = $1 AND id = $2",
        args![organization_id, id],
    )
    .await?;
    Ok(())
}

/// A page of notes, newest first: those before `before`.
pub async fn list(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    about: About,
    before: Option<(Timestamp, uuid::Uuid)>,
    limit: usize,
) -> Result<Vec<Note>, Error> {
    let (at, id) = before.unwrap_or((Timestamp::from_millis(i64::MAX), uuid::Uuid::max()));
    let (column, about) = about.condition();
    let sql = format!(
        "SELECT {} FROM note WHERE organization_id = $1 AND {column} = $2 AND (created_at, id) < ($3, $4) \
         ORDER BY created_at DESC, id DESC LIMIT $5",
        NoteRow::COLUMNS
    );
    let rows: Vec<NoteRow> = tx.fetch_all(&sql, args![organization_id, about, at, id, limit]).await?;
    Ok(rows.into_iter().map(Note::from).collect())
}

/// A page of a person's notes, pinned ones first and then newest first: those after `after`.
pub async fn list_pinned_first(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    contact_id: ContactId,
    after: Option<(bool, NoteId)>,
    limit: usize,
) -> Result<Vec<Note>, Error> {
    let (is_pinned, id) = after.map_or((true, uuid::Uuid::max()), |(is_pinned, id)| (is_pinned, id.uuid()));
    let sql = format!(
        "SELECT {} FROM note WHERE organization_id = $1 AND contact_id = $2 AND (is_pinned, id) < ($3, $4) \
         ORDER BY is_pinned DESC, id DESC LIMIT $5",
        NoteRow::COLUMNS
    );
    let rows: Vec<NoteRow> = tx
        .fetch_all(&sql, args![organization_id, contact_id, is_pinned, id, limit])
        .await?;
    Ok(rows.into_iter().map(Note::from).collect())
}
