//! What happened with a person: one list made of several, each read by an index from the same place on.

use std::sync::Arc;

use pesan_model::timeline::{Happening, TimelineEntry};
use pesan_model::{ContactId, Permission, Timestamp};
use pesan_store::contact::{self, merge};
use pesan_store::note::{self, About};
use pesan_store::{donation, reminder};
use uuid::Uuid;

use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, Result};

/// A page of a person's timeline, newest first. Donations are in it for who may see them.
pub async fn list(
    app: &Arc<App>,
    caller: &Caller,
    id: ContactId,
    before: Option<(Timestamp, Uuid)>,
    limit: usize,
) -> Result<Vec<TimelineEntry>> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    let may_see_donations = caller.may(Permission::DonationsRead);
    let entry = |at, happening| TimelineEntry { at, happening };
    let mut entries = app
        .store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let person = contact::person(tx, organization, id).await?;
                let id = person.id();
                let mut entries = Vec::new();
                if may_see_donations {
                    let of_person = donation::Filter {
                        contact_id: Some(id),
                        ..donation::Filter::default()
                    };
                    let donations = donation::list(tx, organization, &of_person, before, limit).await?;
                    let placed = donations
                        .into_iter()
                        .map(|(donation, at)| entry(at, Happening::Donation(donation)));
                    entries.extend(placed);
                }
                let notes = note::list(tx, organization, About::Contact(id), before, limit).await?;
                entries.extend(
                    notes
                        .into_iter()
                        .map(|note| entry(note.created_at, Happening::Note(note))),
                );
                let reminders = reminder::list_made(tx, organization, id, before, limit).await?;
                let made = |reminder: pesan_model::reminder::Reminder| {
                    entry(reminder.created_at, Happening::Reminder(reminder))
                };
                entries.extend(reminders.into_iter().map(made));
                let merges = merge::list(tx, organization, id, before, limit).await?;
                entries.extend(
                    merges
                        .into_iter()
                        .map(|merge| entry(merge.merged_at, Happening::Merge(merge))),
                );
                let person = contact::tag::show(tx, organization, person).await?;
                let met = entry(person.created_at, Happening::FirstContact(person));
                entries.extend(Some(met).filter(|met| before.is_none_or(|before| (met.at, met.key()) < before)));
                Ok(entries)
            })
        })
        .await?;
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.at, entry.key())));
    entries.truncate(limit);
    Ok(entries)
}
