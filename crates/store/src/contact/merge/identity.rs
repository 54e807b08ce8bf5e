//! WhatsApp tells that two rows are one identity.

use std::collections::BTreeSet;

use pesan_model::{ContactId, Day, OrganizationId, Timestamp};

use super::filled::Filled;
use super::{
    HANGING, MergeRow, add_filled, find, give_back, keep_opt_out, lock_both, members, parts, save_filled, seat,
};
use crate::contact::{ContactRow, Details, alias, get, search, set_details, tag};
use crate::{Error, Tx, args, chat, donation, statistic};

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
    let details = unite(tx, organization_id, (&gone, &kept)).await?;
    tx.execute(
        "UPDATE message SET contact_id = $1 WHERE organization_id = $2 AND contact_id = $3",
        args![kept.id, organization_id, gone.id],
    )
    .await?;
    chat::merge_of_contact(tx, organization_id, gone.id, kept.id).await?;
    alias::follow(tx, organization_id, (gone.id, kept.id)).await?;
    tag::drop_doubled(tx, organization_id, (gone.id, kept.id)).await?;
    for table in HANGING {
        // What was made for the row that goes was made for the one that stays.
        tx.execute(
            &format!("UPDATE {table} SET origin_id = $1 WHERE organization_id = $2 AND origin_id = $3"),
            args![kept.id, organization_id, gone.id],
        )
        .await?;
    }
    let target = above(tx, organization_id, kept.id)
        .await?
        .last()
        .map_or(kept.id, |merge| merge.into_id);
    for member in members(tx, organization_id, kept.id).await? {
        seat(tx, organization_id, member, target).await?;
    }
    let went: Option<(Option<Day>, bool)> = tx
        .fetch_optional(
            "DELETE FROM contact WHERE organization_id = $1 AND id = $2 RETURNING counted_on, is_unwelcomed",
            args![organization_id, gone.id],
        )
        .await?;
    if let Some((Some(day), _)) = went {
        statistic::remove_contact(tx, organization_id, day);
    }
    // Whoever was welcomed under either name was.
    let is_unwelcomed = went.is_none_or(|(_, is_unwelcomed)| is_unwelcomed);
    let sql = "UPDATE contact SET push_name = COALESCE(push_name, $1), phone = COALESCE(phone, $2), \
         lid = COALESCE(lid, $3), is_unwelcomed = (is_unwelcomed AND $4) WHERE organization_id = $5 AND id = $6";
    tx.execute(
        sql,
        args![
            gone.push_name.as_ref(),
            gone.phone.as_ref(),
            gone.lid.as_ref(),
            is_unwelcomed,
            organization_id,
            kept.id
        ],
    )
    .await?;
    set_details(tx, organization_id, kept.id, &details).await?;
    let touched = BTreeSet::from([target, kept.id, gone.person_id(), kept.person_id()]);
    for person in touched.into_iter().filter(|person| *person != gone.id) {
        donation::recount(tx, organization_id, person).await?;
        search::index(tx, organization_id, person).await?;
    }
    get(tx, organization_id, kept.id).await
}

/// Makes one of what people said of the two rows, and of what they set of them. Gives what is set of the row that stays.
async fn unite(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (gone, kept): (&ContactRow, &ContactRow),
) -> Result<Details, Error> {
    let over_gone = above(tx, organization_id, gone.id).await?;
    let over_kept = above(tx, organization_id, kept.id).await?;
    let is_in = |over: &[MergeRow], row: ContactId| over.iter().any(|merge| merge.into_id == row);
    // Where one was a part of the other, that one took over what it lacked then; what is set of it since is what counts.
    for (over, part, whole) in [(&over_kept, kept, gone), (&over_gone, gone, kept)] {
        let own = over.iter().find(|merge| merge.other_id == part.id);
        if let Some(merge) = own.filter(|_| is_in(over, whole.id)) {
            let left = void(tx, organization_id, merge, (merge.filled()?, Some(whole.id))).await?;
            let is_asked = is_asked_of(tx, organization_id, part.id, part.opted_out_at()).await?;
            give_back_only(tx, organization_id, part.id, &left).await?;
            rename_in_merges(tx, organization_id, (gone.id, kept.id)).await?;
            if is_asked {
                keep_opt_out(tx, organization_id, kept.id).await?;
            }
            return Ok(whole.details());
        }
    }
    let mut offered = gone.details();
    let mut meeting = None;
    // Something was said of both: it holds for the one that stays.
    if let ([of_gone, ..], [_, ..]) = (over_gone.as_slice(), over_kept.as_slice()) {
        meeting = over_gone
            .iter()
            .map(|merge| merge.into_id)
            .find(|row| is_in(&over_kept, *row));
        let mut taken = of_gone.filled()?;
        if meeting.is_none() {
            // Whoever asked not to be written to is not written to under either name.
            taken.opted_out_at = None;
            let person = get(tx, organization_id, gone.person_id()).await?;
            offered.opted_out_at = offered.opted_out_at.or(person.opted_out_at);
        }
        let left = void(tx, organization_id, of_gone, (taken, meeting)).await?;
        // The row where both meet had it from the one, and has it from the other from now on.
        if let Some(merge) = over_kept.iter().find(|merge| Some(merge.into_id) == meeting) {
            add_filled(tx, organization_id, merge, left).await?;
        }
    }
    if is_asked_of(tx, organization_id, gone.id, offered.opted_out_at).await? {
        keep_opt_out(tx, organization_id, kept.id).await?;
    }
    let mut details = kept.details();
    let taken = Filled::fill(&mut details, offered.clone());
    give_back_only(tx, organization_id, gone.id, &taken).await?;
    rename_in_merges(tx, organization_id, (gone.id, kept.id)).await?;
    // Whoever the one was a part of knows what was set of it, and hears now what was set of the other one.
    let news = if over_kept.is_empty() { kept.details() } else { offered };
    hand_up(tx, organization_id, kept.id, (&news, meeting)).await?;
    Ok(details)
}

/// Whether somebody asked for silence under this row, and not only under one that became a part of it: then they did so under
/// whatever row it becomes one with, whatever else is known of that because of merges.
async fn is_asked_of(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    row: ContactId,
    opted_out_at: Option<Timestamp>,
) -> Result<bool, Error> {
    let mut is_own = opted_out_at.is_some();
    for merge in parts(tx, organization_id, row).await? {
        is_own &= merge.filled()?.opted_out_at != opted_out_at;
    }
    Ok(is_own)
}

/// The merges that make a row a part of others, from its own upwards.
async fn above(tx: &mut Tx<'_>, organization_id: OrganizationId, row: ContactId) -> Result<Vec<MergeRow>, Error> {
    let (mut found, mut below) = (Vec::<MergeRow>::new(), row);
    while let Some(merge) = find(tx, organization_id, "other_id", below.uuid()).await? {
        if found.iter().any(|known| known.id == merge.id) {
            return Err(Error::corrupt("merge", "rows are a part of each other"));
        }
        below = merge.into_id;
        found.push(merge);
    }
    Ok(found)
}

/// Deletes a merge as if nobody had said it. What was taken over by it is given back, up to one row that keeps it. Gives
/// what that one keeps.
async fn void(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    merge: &MergeRow,
    (taken, until): (Filled, Option<ContactId>),
) -> Result<Filled, Error> {
    tx.execute(
        "DELETE FROM contact_merge WHERE organization_id = $1 AND id = $2",
        args![organization_id, merge.id],
    )
    .await?;
    give_back(tx, organization_id, merge, (taken, until)).await
}

/// The parts of a row become parts of the other one, which has only this of what they gave: that alone they take away.
async fn give_back_only(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    row: ContactId,
    had: &Filled,
) -> Result<(), Error> {
    for merge in parts(tx, organization_id, row).await? {
        let mut filled = merge.filled()?;
        let both = filled.split_off(had);
        save_filled(tx, organization_id, merge.id, &both).await?;
    }
    Ok(())
}

/// Offers what is set of a row to those that it is a part of, below `until`. They give back what they take of it when the
/// row is taken out of them.
async fn hand_up(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    row: ContactId,
    (offered, until): (&Details, Option<ContactId>),
) -> Result<(), Error> {
    for merge in above(tx, organization_id, row).await? {
        if Some(merge.into_id) == until {
            break;
        }
        let mut details = get(tx, organization_id, merge.into_id).await?.details();
        let taken = Filled::fill(&mut details, offered.clone());
        if taken != Filled::default() {
            set_details(tx, organization_id, merge.into_id, &details).await?;
            add_filled(tx, organization_id, &merge, taken).await?;
        }
    }
    Ok(())
}

/// What was said of the row that goes was said of the one that stays.
async fn rename_in_merges(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (gone, kept): (ContactId, ContactId),
) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM contact_merge WHERE organization_id = $1 AND ((into_id = $2 AND other_id = $3) \
         OR (into_id = $3 AND other_id = $2))",
        args![organization_id, gone, kept],
    )
    .await?;
    for column in ["into_id", "other_id"] {
        tx.execute(
            &format!("UPDATE contact_merge SET {column} = $1 WHERE organization_id = $2 AND {column} = $3"),
            args![kept, organization_id, gone],
        )
        .await?;
    }
    Ok(())
}
