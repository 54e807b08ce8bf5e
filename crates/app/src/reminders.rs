//! Reminders: made, put off, done, and told when their time comes.

use std::sync::Arc;
use std::time::Duration;

use pesan_model::access::Language;
use pesan_model::reminder::{Reminder, ReminderStatus};
use pesan_model::{
    ChatId, ContactId, Event, Flaw, JobId, OrganizationId, Permission, ReminderId, Timestamp, UserId, Zone,
};
use pesan_store::job::{self, Job, NewJob};
pub use pesan_store::reminder::Filter;
use pesan_store::{Error as StoreError, OrganizationKey, Tx, chat, contact, donor_rules, reminder, user};

use crate::access::{Caller, Principal};
use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, FieldError, Result};
use crate::idempotency::{IdempotencyKey, once};
use crate::inbox::organize;
use crate::mail::{self, Mail};
use crate::words::trimmed;
use crate::{contacts, events};

/// Most letters of a reminder.
const MAX_TEXT: usize = 500;
/// How far ahead one can be.
const MAX_YEARS: u32 = 10;
const YEAR: Duration = Duration::from_hours(366 * 24);

/// A reminder to make.
#[derive(Debug, Clone)]
pub struct NewReminder {
    /// Who is reminded; the caller when left out.
    pub owner_id: Option<UserId>,
    /// About which person.
    pub contact_id: Option<ContactId>,
    /// About which chat.
    pub chat_id: Option<ChatId>,
    /// Of what.
    pub text: String,
    /// When.
    pub due_at: Timestamp,
    /// Where the one lives who chose the time; where the caller lives when left out.
    pub time_zone: Option<Zone>,
}

/// What changes of a reminder; what is `None` stays. A later time puts it off.
#[derive(Debug, Clone, Default)]
pub struct ReminderChange {
    /// Who is reminded.
    pub owner_id: Option<UserId>,
    /// Of what.
    pub text: Option<String>,
    /// When. It reminds again then.
    pub due_at: Option<Timestamp>,
    /// Where the one lives who chose the time.
    pub time_zone: Option<Zone>,
    /// Whether it is still to be done.
    pub status: Option<ReminderStatus>,
}

/// Makes a reminder. Says whether an earlier request did it.
pub async fn create(
    app: &Arc<App>,
    caller: &Caller,
    new: NewReminder,
    idempotency: Option<IdempotencyKey>,
) -> Result<(Reminder, bool)> {
    caller.require(Permission::ContactsWrite)?;
    let (organization, owned, caller) = (caller.organization_id, app.clone(), caller.clone());
    let created = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let now = owned.clock.now();
                let id = ReminderId::new(&*owned.clock, &*owned.random);
                let contact_id = about(tx, organization, &new).await?;
                if let Some(earlier) =
                    once(tx, &caller, "create_reminder", idempotency.as_ref(), (id.uuid(), now)).await?
                {
                    return Ok((reminder::get(tx, organization, earlier.into()).await?, true));
                }
                let owner_id = match (new.owner_id, caller.principal) {
                    (Some(owner), _) | (None, Principal::User(owner)) => owner,
                    (None, Principal::Key(_) | Principal::System) => {
                        return Err(Error::field("/owner_id", Flaw::Required));
                    }
                };
                let time_zone = match new.time_zone {
                    Some(zone) => zone,
                    None => zone_of(tx, &caller).await?,
                };
                let made = Reminder {
                    id,
                    owner_id: Some(owner_id),
                    contact_id,
                    chat_id: new.chat_id,
                    about: None,
                    text: new.text,
                    due_at: new.due_at,
                    time_zone,
                    status: ReminderStatus::Open,
                    fired_at: None,
                    created_by: caller.principal.to_string(),
                    created_at: now,
                    updated_at: now,
                };
                let made = checked(tx, organization, made, Some(now)).await?;
                reminder::insert(tx, organization, &made).await?;
                schedule(&owned, tx, organization, &made).await?;
                let made = reminder::get(tx, organization, id).await?;
                events::record(&owned, tx, organization, vec![Event::ReminderCreated(made.clone())]).await?;
                Ok((made, false))
            })
        })
        .await?;
    announce(app, organization);
    Ok(created)
}

/// Changes a reminder: puts it off, gives it to somebody else, or says that it is done.
pub async fn update(app: &Arc<App>, caller: &Caller, id: ReminderId, change: ReminderChange) -> Result<Reminder> {
    caller.require(Permission::ContactsWrite)?;
    let (organization, owned) = (caller.organization_id, app.clone());
    let updated = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let before = reminder::get_for_change(tx, organization, id).await?;
                let now = owned.clock.now();
                let new_time = change.due_at.filter(|due_at| *due_at != before.due_at);
                let after = Reminder {
                    owner_id: change.owner_id.or(before.owner_id),
                    text: change.text.unwrap_or_else(|| before.text.clone()),
                    due_at: change.due_at.unwrap_or(before.due_at),
                    time_zone: change.time_zone.unwrap_or_else(|| before.time_zone.clone()),
                    status: change.status.unwrap_or(before.status),
                    fired_at: before.fired_at.filter(|_| new_time.is_none()),
                    ..before.clone()
                };
                let mut after = checked(tx, organization, after, new_time.map(|_| now)).await?;
                if after == before {
                    return Ok(before);
                }
                after.updated_at = now;
                reminder::update(tx, organization, &after).await?;
                let mut events = vec![Event::ReminderUpdated(after.clone())];
                // Chats before the queue's lanes, as everybody takes them.
                if before.is_due() != after.is_due() {
                    events.extend(told_in_chats(tx, organization, &after).await?);
                }
                job::finish_subject(tx, job::REMIND, id.uuid()).await?;
                schedule(&owned, tx, organization, &after).await?;
                events::record(&owned, tx, organization, events).await?;
                Ok(after)
            })
        })
        .await?;
    announce(app, organization);
    Ok(updated)
}

/// The reminder.
pub async fn get(app: &Arc<App>, caller: &Caller, id: ReminderId) -> Result<Reminder> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    Ok(app
        .store
        .read(move |tx| Box::pin(async move { reminder::get(tx, organization, id).await }))
        .await?)
}

/// A page of the reminders with a status, the one that is due first before the others.
pub async fn list(
    app: &Arc<App>,
    caller: &Caller,
    (status, mut filter): (ReminderStatus, Filter),
    after: Option<(Timestamp, ReminderId)>,
    limit: usize,
) -> Result<Vec<Reminder>> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                if let Some(id) = filter.contact_id {
                    filter.contact_id = Some(contact::person(tx, organization, id).await?.id());
                }
                Ok(reminder::list(tx, organization, (status, &filter), after, limit).await?)
            })
        })
        .await
}

/// The time of a reminder has come: it tells so, unless it was done, cancelled or put off meanwhile. The work is done
/// with it, in the same transaction.
pub(crate) async fn fire(app: &App, tx: &mut Tx<'_>, work: &Job, key: &OrganizationKey) -> Result<()> {
    let organization = work.organization_id();
    // The reminder first, then its place in the queue: who changes a reminder takes them in the same order.
    let found = reminder::get_for_change(tx, organization, ReminderId::from(work.subject())).await;
    let now = app.clock.now();
    let mut due = match found {
        Ok(due) if due.status == ReminderStatus::Open && due.fired_at.is_none() && due.due_at <= now => due,
        Ok(_) | Err(StoreError::NotFound { .. }) => {
            job::finish(tx, job::REMIND, work).await?;
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    due.fired_at = Some(now);
    reminder::update(tx, organization, &due).await?;
    // Chats before the queue's lanes, as everybody takes them.
    let told = told_in_chats(tx, organization, &due).await?;
    job::finish(tx, job::REMIND, work).await?;
    tell(app, tx, (organization, key), (due, told)).await
}

/// Everything that tells somebody of a reminder whose time has come, in the transaction that says that it did: whatever
/// is to be told besides the event is added here as work for the queue, and is then told once as well.
async fn tell(
    app: &App,
    tx: &mut Tx<'_>,
    (organization, key): (OrganizationId, &OrganizationKey),
    (due, mut told): (Reminder, Vec<Event>),
) -> Result<()> {
    if let Some(owner) = due.owner_id {
        let preferences = user::preferences(tx, organization, owner).await?;
        if preferences.mail_on_reminder.unwrap_or(true) {
            let zone = preferences.time_zone.as_ref().and_then(|zone| zone.parse().ok());
            let zone = zone.unwrap_or_else(|| due.time_zone.clone());
            let of_chat = due.chat_id.map(|chat| format!("/{chat}")).unwrap_or_default();
            let words = mail::Due {
                about: due.about.as_deref(),
                text: &due.text,
                at: &format!("{} ({zone})", zone.wall_clock(due.due_at)),
                link: &format!("{}/chats{of_chat}", app.settings.public_url),
            };
            let mail = Mail {
                to: user::get(tx, organization, owner).await?.email,
                content: mail::reminded(preferences.language.unwrap_or(Language::En), &words),
            };
            mail::write(app, tx, organization, key, &mail).await?;
        }
    }
    told.push(Event::ReminderDue(due));
    events::record(app, tx, organization, told).await
}

/// The chats that show that a reminder is due, or show it no more.
async fn told_in_chats(tx: &mut Tx<'_>, organization: OrganizationId, reminder: &Reminder) -> Result<Vec<Event>> {
    let about = (reminder.contact_id, reminder.chat_id);
    let chats = chat::follow_reminders(tx, organization, about).await?;
    Ok(organize::updated(tx, organization, chats).await?)
}

/// Where the caller lives: as they set it, else where the organization is.
async fn zone_of(tx: &mut Tx<'_>, caller: &Caller) -> Result<Zone> {
    let organization = caller.organization_id;
    if let Principal::User(id) = caller.principal {
        let set = user::preferences(tx, organization, id).await?.time_zone;
        if let Some(zone) = set.and_then(|zone| zone.parse().ok()) {
            return Ok(zone);
        }
    }
    Ok(donor_rules::get(tx, organization).await?.time_zone)
}

/// Whom a new reminder is about: the person, also when only a chat with them is named.
async fn about(tx: &mut Tx<'_>, organization: OrganizationId, new: &NewReminder) -> Result<Option<ContactId>> {
    let of_chat = match new.chat_id {
        Some(id) => chat::get(tx, organization, id).await?.contact_id,
        None => None,
    };
    let Some(id) = new.contact_id.or(of_chat) else {
        return match new.chat_id {
            Some(_) => Ok(None),
            None => Err(Error::field("/contact_id", Flaw::RequiredWithout { other: "chat_id" })),
        };
    };
    // Nobody merges the person before the reminder is there.
    Ok(Some(contacts::lock_known(tx, organization, id).await?.id()))
}

/// A reminder in normal form. With `now`, its time must be still to come.
async fn checked(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    mut reminder: Reminder,
    now: Option<Timestamp>,
) -> Result<Reminder> {
    let mut errors = Vec::new();
    let mut wrong = |pointer: &str, flaw| errors.push(FieldError::new(pointer, flaw));
    if let Some(now) = now {
        if reminder.due_at <= now {
            wrong("/due_at", Flaw::NotAhead);
        }
        if reminder.due_at > now.plus(YEAR * MAX_YEARS) {
            wrong("/due_at", Flaw::TooManyYearsAhead { years: MAX_YEARS });
        }
    }
    if let Some(owner) = reminder.owner_id {
        match user::get(tx, organization, owner).await {
            Ok(_) => {}
            Err(StoreError::NotFound { .. }) => wrong("/owner_id", Flaw::NoSuchPerson),
            Err(error) => return Err(error.into()),
        }
    }
    let (text, bad_text) = trimmed(&reminder.text, "/text", MAX_TEXT);
    reminder.text = text;
    errors.extend(bad_text);
    if errors.is_empty() {
        Ok(reminder)
    } else {
        Err(Error::Invalid(errors))
    }
}

/// Adds the work of reminding, where there is something to be reminded of.
async fn schedule(app: &App, tx: &mut Tx<'_>, organization: OrganizationId, reminder: &Reminder) -> Result<()> {
    if reminder.status != ReminderStatus::Open || reminder.fired_at.is_some() {
        return Ok(());
    }
    let subject = reminder.id.uuid();
    let work = NewJob {
        id: JobId::new(&*app.clock, &*app.random),
        organization_id: organization,
        kind: job::REMIND,
        partition: subject,
        lane: subject,
        subject,
        run_at: reminder.due_at,
    };
    Ok(job::insert(tx, &work, app.clock.now()).await?)
}

fn announce(app: &App, organization: OrganizationId) {
    events::announce(app, organization);
    app.bus.publish(Signal::Jobs(job::REMIND));
}
