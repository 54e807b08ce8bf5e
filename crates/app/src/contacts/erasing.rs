//! Erasing somebody: everything that is stored about a person goes, once and for all.
//!
//! What they gave stays, because sums and accounts are made of it, but it names nobody any more. Counts stay too: they are
//! of nobody. The audit log says that it was done, by whom, and to which id. The person goes in one transaction; the event
//! log, which can be long, is gone through afterwards by a job, which is there from that transaction on and goes on where it
//! was when the process ends.

use std::sync::Arc;

use pesan_model::chat::ErasedContact;
use pesan_model::{ChatId, ContactId, Event, JobId, OrganizationId, Permission, id};
use pesan_store::contact::erase::{self, Outcome};
use pesan_store::contact::{self, ContactRow, alias};
use pesan_store::erasure::{self, Erasure, Traces};
use pesan_store::event::{self, EventText};
use pesan_store::job::{self, Job, NewJob};
use pesan_store::{Error as StoreError, Tx, chat};
use uuid::Uuid;

use crate::access::Caller;
use crate::access::audit::Note;
use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, Result};
use crate::events;
use crate::inbox::organize;

/// Events that are looked at in one go.
const LOOKED_AT: usize = 1_000;

/// Erases a person with all the records that were joined: their chats and files, what they wrote in groups, notes,
/// reminders, tags, fields, names and numbers, and, by a job, what the event log tells of them.
///
/// # Errors
/// [`Error::Conflict`] with the code `being_sent` while a message to them is handed to WhatsApp.
pub async fn erase(app: &Arc<App>, caller: &Caller, id: ContactId) -> Result<()> {
    caller.require(Permission::ContactsManage)?;
    let organization = caller.organization_id;
    let (owned, asker) = (app.clone(), caller.clone());
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let person = contact::lock_person(tx, organization, id).await?;
                let (traces, mut erased) = known(tx, organization, &person).await?;
                let outcome = erase::erase(tx, organization, person.id(), owned.clock.now()).await?;
                let Outcome::Erased { chats, groups } = outcome else {
                    return Err(Error::Conflict {
                        code: "being_sent",
                        detail: "a message to them is being sent right now; try it again in a moment".to_owned(),
                    });
                };
                erased.chat_ids = chats;
                let mut happened = organize::updated(tx, organization, groups).await?;
                let erasure = id::new_uuid(&*owned.clock, &*owned.random);
                erasure::insert(tx, organization, (erasure, &traces, &erased)).await?;
                look_later(&owned, tx, organization, erasure).await?;
                let target = Some(person.id().to_string());
                Note::new(&owned, &asker, "contact.erase", target).append(tx).await?;
                happened.push(Event::ContactErased(erased));
                let told = happened.len();
                events::record(&owned, tx, organization, happened).await?;
                Ok(erasure::set_upto(tx, organization, erasure, told).await?)
            })
        })
        .await?;
    app.bus.publish(Signal::Jobs(job::FORGET_TRACES));
    events::announce(app, organization);
    Ok(())
}

/// Adds the work of looking through the log.
async fn look_later(app: &App, tx: &mut Tx<'_>, organization: OrganizationId, erasure: Uuid) -> Result<(), StoreError> {
    let now = app.clock.now();
    let work = NewJob {
        id: JobId::new(&*app.clock, &*app.random),
        organization_id: organization,
        kind: job::FORGET_TRACES,
        partition: organization.uuid(),
        lane: erasure,
        subject: erasure,
        run_at: now,
    };
    job::insert(tx, &work, now).await
}

/// What is known of somebody before they are erased: what events about them are known by, and who they are.
async fn known(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    person: &ContactRow,
) -> Result<(Traces, ErasedContact), StoreError> {
    let rows = erase::identities(tx, organization, person.id()).await?;
    let chats = chat::list_ids_of_person(tx, organization, person.id(), usize::MAX).await?;
    let aliases = alias::list_of(tx, organization, person.id()).await?;
    let names = rows.iter().flat_map(names).chain(chats.iter().map(ChatId::to_string));
    let names = names.chain(aliases.iter().flat_map(|digits| forms(digits)));
    let traces = Traces {
        names: names.collect(),
        groups: erase::groups(tx, organization, &rows).await?,
    };
    let others = rows.iter().map(ContactRow::id).filter(|id| *id != person.id());
    let erased = ErasedContact {
        id: person.id(),
        other_ids: others.collect(),
        chat_ids: chats,
    };
    Ok((traces, erased))
}

/// How events write a number.
fn forms(digits: &str) -> [String; 2] {
    [format!("+{digits}\""), format!("{digits}@")]
}

/// What a row is called by in events.
fn names(row: &ContactRow) -> Vec<String> {
    let mut names = vec![row.id().to_string()];
    names.extend(row.phone().into_iter().flat_map(forms));
    names.extend(row.lid().map(str::to_owned));
    names
}

/// Looks at the next events of the log, and puts `contact.erased` in the place of each that tells of somebody who was erased.
/// Says whether there are more.
pub async fn forget_some(app: &Arc<App>, job: Job) -> Result<bool> {
    let (organization, id) = (job.organization_id(), job.subject());
    let found = app
        .store
        .read::<_, Error, _>(move |tx| Box::pin(async move { Ok(look(tx, organization, id).await?) }))
        .await?;
    let Some((erasure, seen, told)) = found else {
        // Done, but for the work itself.
        finish(app, job).await?;
        return Ok(false);
    };
    let (is_last, is_told) = (seen >= erasure.upto, !told.is_empty());
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let instead = Event::ContactErased(erasure.erased);
                for seq in told {
                    event::replace(tx, organization, seq, &instead).await?;
                }
                if !is_last {
                    return Ok(erasure::advance(tx, organization, erasure.id, seen).await?);
                }
                erasure::finish(tx, organization, erasure.id).await?;
                job::finish(tx, job::FORGET_TRACES, &job).await?;
                Ok(())
            })
        })
        .await?;
    if is_told {
        app.tails.read_anew(organization).await;
    }
    Ok(!is_last)
}

/// The next events of the log that tell of them, with the place up to which was looked.
async fn look(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    id: Uuid,
) -> Result<Option<(Erasure, i64, Vec<i64>)>, StoreError> {
    let Some(erasure) = erasure::find(tx, organization, id).await? else {
        return Ok(None);
    };
    let place = (erasure.place, erasure.upto);
    let texts = event::list_texts(tx, organization, place, LOOKED_AT).await?;
    let last = texts.last().filter(|_| texts.len() == LOOKED_AT);
    let seen = last.map_or(erasure.upto, EventText::seq);
    let told = texts.iter().filter(|text| erasure.traces.are_in(text));
    let told = told.map(EventText::seq).collect();
    Ok(Some((erasure, seen, told)))
}

async fn finish(app: &Arc<App>, job: Job) -> Result<()> {
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                job::finish(tx, job::FORGET_TRACES, &job).await?;
                Ok(())
            })
        })
        .await
}
