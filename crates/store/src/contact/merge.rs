//! Rows that are one person: said by somebody, until they take it back, or told by WhatsApp, for ever ([`absorb`]).
//!
//! The merges that were not undone make trees: each names a row and the one it became a part of. The row at the top
//! stands for the person, and all others point to it (`merged_into`).

mod filled;
mod identity;

use std::collections::BTreeSet;

use pesan_model::chat::Contact;
use pesan_model::timeline::Merge;
use pesan_model::{ContactId, MergeId, OrganizationId, Timestamp};

use self::filled::Filled;
pub use self::identity::absorb;
use super::{ContactRow, alias, get, lock, lock_person, search, set_details, tag};
use crate::{Error, Tx, args, donation, rows};

/// What hangs on a person: each row knows the person and the row it was made for.
const HANGING: [&str; 4] = ["contact_tag", "donation", "note", "reminder"];

rows! {
    struct MergeRow {
        id: MergeId,
        into_id: ContactId,
        other_id: ContactId,
        filled: String,
        merged_by: String,
        merged_at: Timestamp,
        undone_at: Option<Timestamp>,
    }
}

impl MergeRow {
    fn filled(&self) -> Result<Filled, Error> {
        serde_json::from_str(&self.filled).map_err(|error| Error::corrupt("merge", error))
    }

    fn shown(self, other: Contact) -> Merge {
        Merge {
            id: self.id,
            contact_id: self.into_id,
            other,
            merged_by: self.merged_by,
            merged_at: self.merged_at,
            undone_at: self.undone_at,
        }
    }
}

/// Somebody says that two rows are one person.
#[derive(Debug, Clone)]
pub struct NewMerge {
    /// Its id.
    pub id: MergeId,
    /// Who stays.
    pub into: ContactId,
    /// Who becomes part of them.
    pub other: ContactId,
    /// Who says so.
    pub merged_by: String,
}

/// Joins two people. The one that stays keeps what it has, takes over what it lacks, and carries all tags, notes, reminders
/// and donations; the other one keeps its row, its identities and its chats. `None` when they are one person already.
pub async fn join(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    merge: &NewMerge,
    now: Timestamp,
) -> Result<Option<Merge>, Error> {
    let (into, other) = lock_both(tx, organization_id, merge.into, merge.other).await?;
    if into.id == other.id {
        return Ok(None);
    }
    let mut details = into.details();
    let filled = Filled::fill(&mut details, other.details());
    tx.execute(
        // It is found by the words of the person from now on.
        "UPDATE contact SET merged_into = $1, is_indexed = TRUE WHERE organization_id = $2 AND id = $3",
        args![into.id, organization_id, other.id],
    )
    .await?;
    tx.execute(
        "UPDATE contact SET merged_into = $1 WHERE organization_id = $2 AND merged_into = $3",
        args![into.id, organization_id, other.id],
    )
    .await?;
    move_all(tx, organization_id, other.id, into.id).await?;
    tx.execute(
        "INSERT INTO contact_merge (id, organization_id, into_id, other_id, filled, merged_by, merged_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![
            merge.id,
            organization_id,
            into.id,
            other.id,
            filled.text()?,
            &merge.merged_by,
            now
        ],
    )
    .await?;
    donation::recount(tx, organization_id, other.id).await?;
    donation::recount(tx, organization_id, into.id).await?;
    search::forget(tx, organization_id, other.id).await?;
    set_details(tx, organization_id, into.id, &details).await?;
    let numbers = alias::list_of(tx, organization_id, other.id).await?;
    Ok(Some(Merge {
        id: merge.id,
        contact_id: into.id,
        // Its tags are the person's now.
        other: other.into_contact(Vec::new(), &numbers),
        merged_by: merge.merged_by.clone(),
        merged_at: now,
        undone_at: None,
    }))
}

/// Two people who came apart.
#[derive(Debug, Clone)]
pub struct Parted {
    /// The one that stayed.
    pub person: ContactRow,
    /// The one that was part of it.
    pub other: ContactRow,
}

/// Takes a merge apart again: each has what was made for it, and the one that stayed gives back what it took over, unless
/// somebody changed it since.
pub async fn part(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (person, id): (ContactId, MergeId),
    now: Timestamp,
) -> Result<Parted, Error> {
    let person = lock_person(tx, organization_id, person).await?;
    let merge = find(tx, organization_id, "id", id.uuid())
        .await?
        .ok_or(Error::NotFound { what: "merge" })?;
    let other = get(tx, organization_id, merge.other_id).await?;
    if other.merged_into != Some(person.id) {
        return Err(Error::NotFound { what: "merge" });
    }
    for member in members(tx, organization_id, other.id).await? {
        if get(tx, organization_id, member).await?.merged_into == Some(person.id) {
            seat(tx, organization_id, member, other.id).await?;
        }
    }
    tx.execute(
        "UPDATE contact_merge SET undone_at = $1 WHERE organization_id = $2 AND id = $3",
        args![now, organization_id, id],
    )
    .await?;
    give_back(tx, organization_id, &merge, (merge.filled()?, None)).await?;
    for id in [person.id, other.id] {
        donation::recount(tx, organization_id, id).await?;
        search::index(tx, organization_id, id).await?;
    }
    Ok(Parted {
        person: get(tx, organization_id, person.id).await?,
        other: get(tx, organization_id, other.id).await?,
    })
}

/// The merge with this value, if it was not undone. There is one of a row at most.
async fn find(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    column: &'static str,
    value: uuid::Uuid,
) -> Result<Option<MergeRow>, Error> {
    let sql = format!(
        "SELECT {} FROM contact_merge WHERE organization_id = $1 AND {column} = $2 AND undone_at IS NULL",
        MergeRow::COLUMNS
    );
    tx.fetch_optional(&sql, args![organization_id, value]).await
}

/// A row and those that had become part of it before it became part of another one.
async fn members(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    row: ContactId,
) -> Result<BTreeSet<ContactId>, Error> {
    let (mut found, mut open) = (BTreeSet::new(), vec![row]);
    while let Some(next) = open.pop() {
        if !found.insert(next) {
            continue;
        }
        let parts = parts(tx, organization_id, next).await?;
        open.extend(parts.into_iter().map(|merge| merge.other_id));
    }
    Ok(found)
}

/// A row becomes a part of a person, or stands for one itself, with all that was made for it.
async fn seat(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    row: ContactId,
    person: ContactId,
) -> Result<(), Error> {
    let into = (row != person).then_some(person);
    tx.execute(
        "UPDATE contact SET merged_into = $1 WHERE organization_id = $2 AND id = $3",
        args![into, organization_id, row],
    )
    .await?;
    for table in HANGING {
        tx.execute(
            &format!("UPDATE {table} SET contact_id = $1 WHERE organization_id = $2 AND origin_id = $3"),
            args![person, organization_id, row],
        )
        .await?;
    }
    Ok(())
}

/// A merge does not hold any more. The row that took over what the other one had (`taken`) gives it back, and so do those
/// that took it over from that row, up to one (`until`) that keeps it. Gives what that one keeps.
async fn give_back(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    merge: &MergeRow,
    (mut taken, until): (Filled, Option<ContactId>),
) -> Result<Filled, Error> {
    let mut holder = merge.into_id;
    while taken != Filled::default() && Some(holder) != until {
        let mut details = get(tx, organization_id, holder).await?.details();
        let given = taken.take_back(&mut details);
        // What another part of it has too takes that place.
        for part in parts(tx, organization_id, holder).await? {
            let offered = given.same_of(get(tx, organization_id, part.other_id).await?.details());
            let later = Filled::fill(&mut details, offered);
            add_filled(tx, organization_id, &part, later).await?;
        }
        set_details(tx, organization_id, holder, &details).await?;
        let Some(above) = find(tx, organization_id, "other_id", holder.uuid()).await? else {
            return Ok(Filled::default());
        };
        let mut kept = above.filled()?;
        taken = kept.split_off(&taken);
        save_filled(tx, organization_id, above.id, &kept).await?;
        holder = above.into_id;
    }
    Ok(taken)
}

/// The merges that made other rows a part of this one, oldest first.
async fn parts(tx: &mut Tx<'_>, organization_id: OrganizationId, into: ContactId) -> Result<Vec<MergeRow>, Error> {
    let sql = format!(
        "SELECT {} FROM contact_merge WHERE organization_id = $1 AND into_id = $2 AND undone_at IS NULL ORDER BY id",
        MergeRow::COLUMNS
    );
    tx.fetch_all(&sql, args![organization_id, into]).await
}

/// Notes what a row took over from the other one after the merge.
async fn add_filled(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    merge: &MergeRow,
    later: Filled,
) -> Result<(), Error> {
    if later == Filled::default() {
        return Ok(());
    }
    let mut filled = merge.filled()?;
    filled.add(later);
    save_filled(tx, organization_id, merge.id, &filled).await
}

async fn save_filled(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: MergeId,
    filled: &Filled,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE contact_merge SET filled = $1 WHERE organization_id = $2 AND id = $3",
        args![filled.text()?, organization_id, id],
    )
    .await?;
    Ok(())
}

/// Somebody says of a person, whose row is locked, that they asked not to be written to. If that was known only because of
/// a merge, it stays when the merge is undone.
pub async fn keep_opt_out(tx: &mut Tx<'_>, organization_id: OrganizationId, person: ContactId) -> Result<(), Error> {
    for merge in parts(tx, organization_id, person).await? {
        let mut filled = merge.filled()?;
        if filled.opted_out_at.take().is_some() {
            save_filled(tx, organization_id, merge.id, &filled).await?;
        }
    }
    Ok(())
}

/// A page of what was merged into a person, newest first: those before `before`.
pub async fn list(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    person: ContactId,
    before: Option<(Timestamp, uuid::Uuid)>,
    limit: usize,
) -> Result<Vec<Merge>, Error> {
    let (at, id) = before.unwrap_or((Timestamp::from_millis(i64::MAX), uuid::Uuid::max()));
    let sql = format!(
        "SELECT {} FROM contact_merge WHERE organization_id = $1 AND into_id = $2 AND (merged_at, id) < ($3, $4) \
         ORDER BY merged_at DESC, id DESC LIMIT $5",
        MergeRow::COLUMNS
    );
    let rows: Vec<MergeRow> = tx
        .fetch_all(&sql, args![organization_id, person, at, id, limit])
        .await?;
    let mut others = Vec::with_capacity(rows.len());
    for row in &rows {
        others.push(get(tx, organization_id, row.other_id).await?);
    }
    let others = tag::show_all(tx, organization_id, others).await?;
    Ok(rows
        .into_iter()
        .zip(others)
        .map(|(row, other)| row.shown(other))
        .collect())
}

/// The merge.
pub async fn get_merge(tx: &mut Tx<'_>, organization_id: OrganizationId, id: MergeId) -> Result<Merge, Error> {
    let sql = format!(
        "SELECT {} FROM contact_merge WHERE organization_id = $1 AND id = $2",
        MergeRow::COLUMNS
    );
    let row: MergeRow = tx.fetch_one("merge", &sql, args![organization_id, id]).await?;
    let other = get(tx, organization_id, row.other_id).await?;
    Ok(row.shown(tag::show(tx, organization_id, other).await?))
}

/// Gives all that hangs on one person to another one.
async fn move_all(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    from: ContactId,
    into: ContactId,
) -> Result<(), Error> {
    for table in HANGING {
        tx.execute(
            &format!("UPDATE {table} SET contact_id = $1 WHERE organization_id = $2 AND contact_id = $3"),
            args![into, organization_id, from],
        )
        .await?;
    }
    Ok(())
}

/// Locks the people that two rows belong to, always in the same order, so that two transactions never wait for each other.
async fn lock_both(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    one: ContactId,
    other: ContactId,
) -> Result<(ContactRow, ContactRow), Error> {
    loop {
        let first = get(tx, organization_id, one).await?.person_id();
        let second = get(tx, organization_id, other).await?.person_id();
        for person in BTreeSet::from([first, second]) {
            lock(tx, organization_id, person).await?;
        }
        // They may have been joined or parted while this waited.
        let now = (
            get(tx, organization_id, one).await?.person_id(),
            get(tx, organization_id, other).await?.person_id(),
        );
        if now == (first, second) {
            let first = get(tx, organization_id, first).await?;
            return Ok((first, get(tx, organization_id, second).await?));
        }
    }
}

#[cfg(test)]
mod tests;
