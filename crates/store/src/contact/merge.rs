//! Rows that are one person: told by WhatsApp, for ever, or said by somebody, until they take it back.

use std::collections::BTreeSet;

use pesan_model::custom_field::FieldValues;
use pesan_model::timeline::Merge;
use pesan_model::{ContactId, MergeId, OrganizationId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ContactRow, Details, get, lock_person, search, set_details};
use crate::{Error, Tx, args, chat, donation, rows};

/// What hangs on a person: each row knows the person and the row it was made for.
const HANGING: [&str; 3] = ["donation", "note", "reminder"];

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
}

/// What the row that stays took over from the other one, because it had none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Filled {
    name: Option<String>,
    language: Option<String>,
    opted_out_at: Option<Timestamp>,
    fields: FieldValues,
}

impl Filled {
    /// Fills the gaps of `details`, and says with what.
    fn fill(details: &mut Details, other: Details) -> Self {
        fn take<T: Clone>(gap: &mut Option<T>, value: Option<T>) -> Option<T> {
            if gap.is_some() {
                return None;
            }
            gap.clone_from(&value);
            value
        }
        let mut fields = other.fields;
        fields.retain(|key, _| !details.fields.contains_key(key));
        details.fields.extend(fields.clone());
        Self {
            name: take(&mut details.name, other.name),
            language: take(&mut details.language, other.language),
            opted_out_at: take(&mut details.opted_out_at, other.opted_out_at),
            fields,
        }
    }

    /// Takes back what is still as it was filled; what somebody set since stays.
    fn take_back(&self, details: &mut Details) {
        fn clear<T: PartialEq>(value: &mut Option<T>, filled: Option<&T>) {
            if filled.is_some() && value.as_ref() == filled {
                *value = None;
            }
        }
        clear(&mut details.name, self.name.as_ref());
        clear(&mut details.language, self.language.as_ref());
        clear(&mut details.opted_out_at, self.opted_out_at.as_ref());
        details.fields.retain(|key, value| self.fields.get(key) != Some(value));
    }

    /// Splits off what `taken` has too.
    fn split_off(&mut self, taken: &Self) -> Self {
        fn split<T: PartialEq>(mine: &mut Option<T>, taken: Option<&T>) -> Option<T> {
            if mine.as_ref() == taken { mine.take() } else { None }
        }
        let (both, fields) = std::mem::take(&mut self.fields)
            .into_iter()
            .partition(|(key, value)| taken.fields.get(key) == Some(value));
        self.fields = fields;
        Self {
            name: split(&mut self.name, taken.name.as_ref()),
            language: split(&mut self.language, taken.language.as_ref()),
            opted_out_at: split(&mut self.opted_out_at, taken.opted_out_at.as_ref()),
            fields: both,
        }
    }

    fn text(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|error| Error::corrupt("merge", error))
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

/// Joins two people. The one that stays keeps what it has, takes over what it lacks, and carries all notes, reminders and
/// donations; the other one keeps its row, its identities and its chats. `None` when they are one person already.
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
    Ok(Some(Merge {
        id: merge.id,
        contact_id: into.id,
        other: other.into_contact(),
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
        let into = (member != other.id).then_some(other.id);
        tx.execute(
            "UPDATE contact SET merged_into = $1 WHERE organization_id = $2 AND id = $3",
            args![into, organization_id, member],
        )
        .await?;
        for table in HANGING {
            tx.execute(
                &format!(
                    "UPDATE {table} SET contact_id = $1 WHERE organization_id = $2 AND origin_id = $3 \
                     AND contact_id = $4"
                ),
                args![other.id, organization_id, member, person.id],
            )
            .await?;
        }
    }
    give_back(tx, organization_id, &merge).await?;
    tx.execute(
        "UPDATE contact_merge SET undone_at = $1 WHERE organization_id = $2 AND id = $3",
        args![now, organization_id, id],
    )
    .await?;
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
        let parts: Vec<(ContactId,)> = tx
            .fetch_all(
                "SELECT other_id FROM contact_merge WHERE organization_id = $1 AND into_id = $2 AND undone_at IS NULL",
                args![organization_id, next],
            )
            .await?;
        open.extend(parts.into_iter().map(|(part,)| part));
    }
    Ok(found)
}

/// The row that took over what the other one had gives it back, and so do those that took it over from that row.
async fn give_back(tx: &mut Tx<'_>, organization_id: OrganizationId, merge: &MergeRow) -> Result<(), Error> {
    let (mut taken, mut holder) = (merge.filled()?, merge.into_id);
    while taken != Filled::default() {
        let mut details = get(tx, organization_id, holder).await?.details();
        taken.take_back(&mut details);
        set_details(tx, organization_id, holder, &details).await?;
        let Some(above) = find(tx, organization_id, "other_id", holder.uuid()).await? else {
            break;
        };
        let mut kept = above.filled()?;
        taken = kept.split_off(&taken);
        tx.execute(
            "UPDATE contact_merge SET filled = $1 WHERE organization_id = $2 AND id = $3",
            args![kept.text()?, organization_id, above.id],
        )
        .await?;
        holder = above.into_id;
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
    let mut merges = Vec::with_capacity(rows.len());
    for row in rows {
        merges.push(shown(tx, organization_id, row).await?);
    }
    Ok(merges)
}

/// The merge.
pub async fn get_merge(tx: &mut Tx<'_>, organization_id: OrganizationId, id: MergeId) -> Result<Merge, Error> {
    let sql = format!(
        "SELECT {} FROM contact_merge WHERE organization_id = $1 AND id = $2",
        MergeRow::COLUMNS
    );
    let row: MergeRow = tx.fetch_one("merge", &sql, args![organization_id, id]).await?;
    shown(tx, organization_id, row).await
}

async fn shown(tx: &mut Tx<'_>, organization_id: OrganizationId, row: MergeRow) -> Result<Merge, Error> {
    Ok(Merge {
        id: row.id,
        contact_id: row.into_id,
        other: get(tx, organization_id, row.other_id).await?.into_contact(),
        merged_by: row.merged_by,
        merged_at: row.merged_at,
        undone_at: row.undone_at,
    })
}

/// WhatsApp tells that two rows are one identity: `gone` becomes part of `kept` for ever. Messages, chats and names move
/// over; what hangs on `gone` goes to the person that `kept` belongs to, or who `gone` belonged to when only that was
/// merged by somebody. Gives the row that stays.
pub async fn absorb(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    gone: ContactId,
    kept: ContactId,
) -> Result<ContactRow, Error> {
    lock_both(tx, organization_id, gone, kept).await?;
    let (gone, kept) = (
        get(tx, organization_id, gone).await?,
        get(tx, organization_id, kept).await?,
    );
    let before = gone.person_id();
    let said_of_kept = kept.merged_into.filter(|person| *person != gone.id);
    let target = said_of_kept.or(gone.merged_into).unwrap_or(kept.id);
    tx.execute(
        "UPDATE message SET contact_id = $1 WHERE organization_id = $2 AND contact_id = $3",
        args![kept.id, organization_id, gone.id],
    )
    .await?;
    chat::merge_of_contact(tx, organization_id, gone.id, kept.id).await?;
    for table in HANGING {
        // What was made for the row that goes follows the one that stays.
        tx.execute(
            &format!(
                "UPDATE {table} SET origin_id = $1, contact_id = $2 WHERE organization_id = $3 AND origin_id = $4 \
                 AND contact_id = $5"
            ),
            args![kept.id, target, organization_id, gone.id, before],
        )
        .await?;
    }
    for row in [gone.id, kept.id] {
        if row != target {
            move_all(tx, organization_id, row, target).await?;
        }
        tx.execute(
            "UPDATE contact SET merged_into = $1 WHERE organization_id = $2 AND merged_into = $3 AND id <> $1",
            args![target, organization_id, row],
        )
        .await?;
    }
    let into = (target != kept.id).then_some(target);
    tx.execute(
        "UPDATE contact SET merged_into = $1 WHERE organization_id = $2 AND id = $3",
        args![into, organization_id, kept.id],
    )
    .await?;
    rename_in_merges(tx, organization_id, (&gone, &kept)).await?;
    tx.execute(
        "DELETE FROM contact WHERE organization_id = $1 AND id = $2",
        args![organization_id, gone.id],
    )
    .await?;
    let mut details = kept.details();
    Filled::fill(&mut details, gone.details());
    let sql = "UPDATE contact SET push_name = COALESCE(push_name, $1), phone = COALESCE(phone, $2), \
         lid = COALESCE(lid, $3) WHERE organization_id = $4 AND id = $5";
    tx.execute(
        sql,
        args![gone.push_name, gone.phone, gone.lid, organization_id, kept.id],
    )
    .await?;
    let kept = set_details(tx, organization_id, kept.id, &details).await?;
    let touched = BTreeSet::from([Some(target), (before != gone.id).then_some(before)]);
    for person in touched.into_iter().flatten() {
        donation::recount(tx, organization_id, person).await?;
        search::index(tx, organization_id, person).await?;
    }
    if target != kept.id {
        donation::recount(tx, organization_id, kept.id).await?;
        search::forget(tx, organization_id, kept.id).await?;
    }
    Ok(kept)
}

/// What somebody said of the row that goes holds for the one that stays, unless something was said of that one too.
async fn rename_in_merges(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (gone, kept): (&ContactRow, &ContactRow),
) -> Result<(), Error> {
    let is_said_already = kept.is_merged() || gone.merged_into == Some(kept.id);
    tx.execute(
        "DELETE FROM contact_merge WHERE organization_id = $1 AND ((into_id = $2 AND other_id = $3) \
         OR (into_id = $3 AND other_id = $2) OR ($4 AND other_id = $2 AND undone_at IS NULL))",
        args![organization_id, gone.id, kept.id, is_said_already],
    )
    .await?;
    for column in ["into_id", "other_id"] {
        tx.execute(
            &format!("UPDATE contact_merge SET {column} = $1 WHERE organization_id = $2 AND {column} = $3"),
            args![kept.id, organization_id, gone.id],
        )
        .await?;
    }
    Ok(())
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

/// Locks two people, always in the same order, so that two transactions never wait for each other.
async fn lock_both(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    one: ContactId,
    other: ContactId,
) -> Result<(ContactRow, ContactRow), Error> {
    if one <= other {
        let one = lock_person(tx, organization_id, one).await?;
        return Ok((one, lock_person(tx, organization_id, other).await?));
    }
    let other = lock_person(tx, organization_id, other).await?;
    Ok((lock_person(tx, organization_id, one).await?, other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pesan_model::custom_field::FieldValue;

    fn details(name: Option<&str>, city: Option<&str>) -> Details {
        Details {
            name: name.map(str::to_owned),
            language: None,
            opted_out_at: None,
            fields: city
                .map(|city| ("city".to_owned(), FieldValue::Text(city.to_owned())))
                .into_iter()
                .collect(),
        }
    }

    fn text_of(details: &Details) -> (Option<&str>, Option<&FieldValue>) {
        (details.name.as_deref(), details.fields.get("city"))
    }

    #[test]
    fn only_gaps_are_filled_and_only_what_was_filled_is_taken_back() {
        let bandung = FieldValue::Text("Bandung".into());
        let mut stays = details(Some("Siti"), None);
        let filled = Filled::fill(&mut stays, details(Some("Sitti"), Some("Bandung")));
        assert_eq!(text_of(&stays), (Some("Siti"), Some(&bandung)));
        filled.take_back(&mut stays);
        assert_eq!(text_of(&stays), (Some("Siti"), None));

        let mut changed = details(None, None);
        let filled = Filled::fill(&mut changed, details(Some("Sitti"), Some("Bandung")));
        changed.name = Some("Siti".into());
        filled.take_back(&mut changed);
        assert_eq!(text_of(&changed), (Some("Siti"), None), "what somebody set since stays");
    }

    #[test]
    fn what_was_handed_on_is_split_off_where_it_is_the_same() {
        let mut above = Filled {
            name: Some("Siti".into()),
            fields: details(None, Some("Bandung")).fields,
            ..Filled::default()
        };
        let taken = Filled {
            name: Some("Sitti".into()),
            fields: details(None, Some("Bandung")).fields,
            ..Filled::default()
        };
        let both = above.split_off(&taken);
        assert_eq!((both.name, both.fields.len()), (None, 1));
        assert_eq!((above.name.as_deref(), above.fields.len()), (Some("Siti"), 0));
    }
}
