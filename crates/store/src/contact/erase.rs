//! Erasing somebody: everything about them goes, but for what they gave, which stays and names nobody.
//!
//! What was counted of them day by day stays counted. If they gave nothing, their row goes too; else it stays without
//! name, number and fields, because sums of what people gave hang on it.

use std::collections::{BTreeMap, BTreeSet};

use pesan_model::{ChatId, ContactId, MediaId, OrganizationId, ReminderId, Timestamp};

use super::{ContactRow, alias, search};
use crate::{Error, Tx, args, chat, job, media, message};

/// The rows of somebody: the one that stands for the person, and those that are a part of it.
pub async fn identities(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    person: ContactId,
) -> Result<Vec<ContactRow>, Error> {
    let sql = format!(
        "SELECT {columns} FROM contact WHERE organization_id = $1 AND id = $2 UNION ALL \
         SELECT {columns} FROM contact WHERE organization_id = $1 AND merged_into = $2",
        columns = ContactRow::COLUMNS
    );
    let mut rows: Vec<ContactRow> = tx.fetch_all(&sql, args![organization_id, person]).await?;
    rows.sort_unstable_by_key(|row| (row.id != person, row.id));
    Ok(rows)
}

/// The groups in which somebody wrote, under any of their identities.
pub async fn groups(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    identities: &[ContactRow],
) -> Result<Vec<ChatId>, Error> {
    let mut found = BTreeSet::new();
    for row in identities {
        let chats: Vec<(ChatId,)> = tx
            .fetch_all(
                "SELECT DISTINCT m.chat_id FROM message m JOIN chat c ON c.id = m.chat_id \
                 WHERE m.organization_id = $1 AND m.contact_id = $2 AND c.is_group",
                args![organization_id, row.id],
            )
            .await?;
        found.extend(chats.into_iter().map(|(id,)| id));
    }
    Ok(found.into_iter().collect())
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// They are erased: the chats with them are gone, and these groups changed.
    Erased {
        /// Chats that are gone.
        chats: Vec<ChatId>,
        /// Groups in which they wrote.
        groups: Vec<ChatId>,
    },
    /// A message to them is being sent right now: nothing may be committed.
    BeingSent,
}

/// Erases somebody, whose row is locked ([`super::lock_person`]).
pub async fn erase(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    person: ContactId,
    now: Timestamp,
) -> Result<Outcome, Error> {
    let rows = identities(tx, organization_id, person).await?;
    let mut chats = chat::list_ids_of_person(tx, organization_id, person, usize::MAX).await?;
    chats.sort_unstable();
    // Reminders before chats, and chats before the queue's lanes, as everybody takes them.
    let reminders = remove_reminders(tx, organization_id, person, &chats).await?;
    let mut locked: BTreeSet<ChatId> = chats.iter().copied().collect();
    locked.extend(groups(tx, organization_id, &rows).await?);
    for chat in locked {
        chat::get_for_change(tx, organization_id, chat).await?;
    }
    let mut files = BTreeSet::new();
    let groups = remove_from_groups(tx, organization_id, &rows, &mut files).await?;
    for id in reminders {
        job::finish_subject(tx, job::REMIND, id.uuid()).await?;
    }
    for chat in &chats {
        match chat::delete(tx, organization_id, *chat).await? {
            Some(shown) => files.extend(shown),
            None => return Ok(Outcome::BeingSent),
        }
    }
    files.extend(receipts(tx, organization_id, person).await?);
    remove_hanging(tx, organization_id, &rows).await?;
    settle_row(tx, organization_id, (person, &rows), now).await?;
    for file in files {
        media::release(tx, organization_id, file, now).await?;
    }
    Ok(Outcome::Erased { chats, groups })
}

/// Deletes their reminders, which are still in the queue then.
async fn remove_reminders(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    person: ContactId,
    chats: &[ChatId],
) -> Result<Vec<ReminderId>, Error> {
    let about = [("contact_id", person.uuid())]
        .into_iter()
        .chain(chats.iter().map(|chat| ("chat_id", chat.uuid())));
    let mut removed = Vec::new();
    for (column, id) in about {
        let sql = format!("DELETE FROM reminder WHERE organization_id = $1 AND {column} = $2 RETURNING id");
        let found: Vec<(ReminderId,)> = tx.fetch_all(&sql, args![organization_id, id]).await?;
        removed.extend(found.into_iter().map(|(id,)| id));
    }
    Ok(removed)
}

/// Deletes what they wrote in groups, and who came and went there as far as it names them. Gives the groups.
async fn remove_from_groups(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    rows: &[ContactRow],
    files: &mut BTreeSet<MediaId>,
) -> Result<Vec<ChatId>, Error> {
    let mut unread: BTreeMap<ChatId, usize> = BTreeMap::new();
    for row in rows {
        for gone in message::delete_in_groups(tx, organization_id, row.id).await? {
            files.extend(gone.media_id);
            *unread.entry(gone.chat_id).or_default() += usize::from(gone.was_unread);
        }
    }
    for (group, unread) in &unread {
        for address in rows.iter().flat_map(addresses) {
            message::delete_naming(tx, organization_id, *group, &address).await?;
        }
        let always = Timestamp::from_millis(i64::MIN);
        chat::forget_gone(tx, organization_id, *group, (*unread, always)).await?;
    }
    // How many chose what is not counted anew: a number names nobody.
    for address in rows.iter().flat_map(addresses) {
        for sql in [
            "DELETE FROM poll_vote WHERE organization_id = $1 AND voter = $2",
            "DELETE FROM early_receipt WHERE organization_id = $1 AND sender = $2",
        ] {
            tx.execute(sql, args![organization_id, &address]).await?;
        }
    }
    Ok(unread.into_keys().collect())
}

/// The addresses of a row.
fn addresses(row: &ContactRow) -> impl Iterator<Item = String> {
    let phone = row.phone.as_ref().map(|digits| format!("{digits}@s.whatsapp.net"));
    phone.into_iter().chain(row.lid.clone())
}

/// The files that prove what they gave.
async fn receipts(tx: &mut Tx<'_>, organization_id: OrganizationId, person: ContactId) -> Result<Vec<MediaId>, Error> {
    let found: Vec<(MediaId,)> = tx
        .fetch_all(
            "SELECT media_id FROM donation WHERE organization_id = $1 AND contact_id = $2 AND media_id IS NOT NULL",
            args![organization_id, person],
        )
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Deletes what hangs on any of the rows, and what their numbers were looked up for. Of donations it only takes what
/// could name somebody.
async fn remove_hanging(tx: &mut Tx<'_>, organization_id: OrganizationId, rows: &[ContactRow]) -> Result<(), Error> {
    for row in rows {
        for sql in [
            "DELETE FROM note WHERE organization_id = $1 AND (contact_id = $2 OR origin_id = $2)",
            "DELETE FROM contact_tag WHERE organization_id = $1 AND (contact_id = $2 OR origin_id = $2)",
            "DELETE FROM contact_merge WHERE organization_id = $1 AND (into_id = $2 OR other_id = $2)",
            "DELETE FROM donation WHERE organization_id = $1 AND contact_id = $2 AND deleted_at IS NOT NULL",
            "UPDATE donation SET origin_id = contact_id, note = NULL, media_id = NULL \
             WHERE organization_id = $1 AND contact_id = $2",
        ] {
            tx.execute(sql, args![organization_id, row.id]).await?;
        }
        let numbers = alias::list_of(tx, organization_id, row.id).await?;
        for phone in row.phone.iter().chain(&numbers) {
            tx.execute(
                "DELETE FROM number_check WHERE phone = $1 AND account_id IN (\
                 SELECT id FROM account WHERE organization_id = $2)",
                args![phone, organization_id],
            )
            .await?;
        }
        alias::forget(tx, organization_id, row.id).await?;
        search::forget(tx, organization_id, row.id).await?;
    }
    Ok(())
}

/// The rows go; that of the person stays without a name when something they gave hangs on it.
async fn settle_row(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (person, rows): (ContactId, &[ContactRow]),
    now: Timestamp,
) -> Result<(), Error> {
    for row in rows.iter().filter(|row| row.id != person) {
        tx.execute(
            "DELETE FROM contact WHERE organization_id = $1 AND id = $2",
            args![organization_id, row.id],
        )
        .await?;
    }
    let gave: Option<(ContactId,)> = tx
        .fetch_optional(
            "SELECT contact_id FROM donation WHERE organization_id = $1 AND contact_id = $2 LIMIT 1",
            args![organization_id, person],
        )
        .await?;
    let (sql, values) = match gave {
        Some(_) => (
            "UPDATE contact SET name = NULL, push_name = NULL, phone = NULL, lid = NULL, language = NULL, \
             opted_out_at = NULL, fields = '{}', is_unwelcomed = FALSE, is_indexed = TRUE, \
             erased_at = COALESCE(erased_at, $3) WHERE organization_id = $1 AND id = $2",
            args![organization_id, person, now],
        ),
        None => (
            "DELETE FROM contact WHERE organization_id = $1 AND id = $2",
            args![organization_id, person],
        ),
    };
    tx.execute(sql, values).await?;
    Ok(())
}
