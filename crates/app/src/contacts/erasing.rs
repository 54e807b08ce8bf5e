//! Erasing somebody: everything that is stored about a person goes, once and for all.
//!
//! What they gave stays, because sums and accounts are made of it, but it names nobody any more. Counts stay too: they are
//! of nobody. The audit log says that it was done, by whom, and to which id.

use std::sync::Arc;

use pesan_model::chat::ErasedContact;
use pesan_model::{ChatId, ContactId, Event, OrganizationId, Permission};
use pesan_store::contact::erase::{self, Outcome};
use pesan_store::contact::{self, ContactRow};
use pesan_store::event::{self, Traces};
use pesan_store::{Error as StoreError, Tx, chat};

use crate::access::Caller;
use crate::access::audit::Note;
use crate::context::App;
use crate::error::{Error, Result};
use crate::events;
use crate::inbox::organize;

/// Places of the log that are looked through in one transaction.
const BATCH: i64 = 5_000;

/// Erases a person with all the records that were joined: their chats and files, what they wrote in groups, notes,
/// reminders, tags, fields, names and numbers, and what the event log tells of them.
///
/// # Errors
/// [`Error::Conflict`] with the code `being_sent` while a message to them is handed to WhatsApp.
pub async fn erase(app: &Arc<App>, caller: &Caller, id: ContactId) -> Result<()> {
    caller.require(Permission::ContactsManage)?;
    let organization = caller.organization_id;
    let about = about(app, organization, id).await?;
    // The long log first: should this be cut off, the person is still there, and it can be asked for again.
    let looked_at = forget_log(app, organization, &about, (None, None)).await?;
    let note = Note::new(app, caller, "contact.erase", Some(about.erased.id.to_string()));
    let (owned, erased) = (app.clone(), about.erased.clone());
    let last = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let person = contact::lock_person(tx, organization, id).await?;
                let outcome = erase::erase(tx, organization, person.id(), owned.clock.now()).await?;
                let Outcome::Erased { chats, groups } = outcome else {
                    return Err(Error::Conflict {
                        code: "being_sent",
                        detail: "a message to them is being sent right now; try it again in a moment".to_owned(),
                    });
                };
                let mut happened = organize::updated(tx, organization, groups).await?;
                happened.push(Event::ContactErased(ErasedContact {
                    id: person.id(),
                    chat_ids: chats,
                    ..erased
                }));
                note.append(tx).await?;
                let last = event::last_seq(tx, organization).await?;
                events::record(&owned, tx, organization, happened).await?;
                Ok(last)
            })
        })
        .await?;
    // What was told of them meanwhile, but for what was just told.
    forget_log(app, organization, &about, (Some(looked_at), Some(last))).await?;
    app.tails.read_anew(organization).await;
    events::announce(app, organization);
    Ok(())
}

/// What is known of somebody before they are erased.
#[derive(Debug, Clone)]
struct About {
    erased: ErasedContact,
    traces: Traces,
}

async fn about(app: &Arc<App>, organization: OrganizationId, id: ContactId) -> Result<About> {
    Ok(app
        .store
        .read::<_, StoreError, _>(move |tx| Box::pin(async move { find(tx, organization, id).await }))
        .await?)
}

async fn find(tx: &mut Tx<'_>, organization: OrganizationId, id: ContactId) -> Result<About, StoreError> {
    let person = contact::person(tx, organization, id).await?;
    let rows = erase::identities(tx, organization, person.id()).await?;
    let chats = chat::list_ids_of_person(tx, organization, person.id(), usize::MAX).await?;
    let groups = erase::groups(tx, organization, &rows).await?;
    let names = rows.iter().flat_map(names).chain(chats.iter().map(ChatId::to_string));
    Ok(About {
        traces: Traces {
            names: names.collect(),
            groups,
        },
        erased: ErasedContact {
            id: person.id(),
            other_ids: rows
                .iter()
                .map(ContactRow::id)
                .filter(|id| *id != person.id())
                .collect(),
            chat_ids: chats,
        },
    })
}

/// What a row is called by in events.
fn names(row: &ContactRow) -> Vec<String> {
    let mut names = vec![row.id().to_string()];
    if let Some(digits) = row.phone() {
        names.extend([format!("+{digits}\""), format!("{digits}@")]);
    }
    names.extend(row.lid().map(str::to_owned));
    names
}

/// Puts `contact.erased` in the place of each event about them, from after a place of the log up to another
/// one, or all of it. Gives how far it went.
async fn forget_log(
    app: &Arc<App>,
    organization: OrganizationId,
    about: &About,
    (after, upto): (Option<i64>, Option<i64>),
) -> Result<i64> {
    let (kept, last) = app
        .store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let kept = event::seq_before_kept(tx, organization).await?;
                Ok((kept, event::last_seq(tx, organization).await?))
            })
        })
        .await?;
    let last = upto.unwrap_or(last);
    let mut place = after.unwrap_or(kept);
    while place < last {
        let upto = last.min(place + BATCH);
        let (traces, erased) = (about.traces.clone(), Event::ContactErased(about.erased.clone()));
        app.store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    Ok(event::replace_traces(tx, organization, (place, upto), (&traces, &erased)).await?)
                })
            })
            .await?;
        place = upto;
    }
    Ok(last)
}
