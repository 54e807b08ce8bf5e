//! Who looks after a chat, and what is done with it.

use std::sync::Arc;

use pesan_model::chat::Chat;
use pesan_model::inbox::{ChatActor, ChatChange};
use pesan_model::{
    AccountId, ChatId, ChatStatus, Event, Flaw, JobId, OrganizationId, Permission, TagId, TeamId, Timestamp, UserId,
};
use pesan_store::account::activity::Handler;
use pesan_store::chat::Update;
use pesan_store::job::{self, NewJob};
use pesan_store::{Error as StoreError, Tx, account, chat, chat_log, team, user};

use super::{log, tags};
use crate::access::Caller;
use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, FieldError, Result};
use crate::events;

/// A chat is put aside for at most this long: a year.
const MAX_SNOOZE: std::time::Duration = std::time::Duration::from_hours(366 * 24);
/// When something changes many chats at once, live streams and webhooks are told of so many of them: the newest that are
/// not closed.
const TOLD: usize = 500;

/// What changes of a chat; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ChatUpdate {
    /// What is done with it.
    pub status: Option<ChatStatus>,
    /// Puts it aside until then; `Some(None)` opens it when it is.
    pub snoozed_until: Option<Option<Timestamp>>,
    /// Who looks after it.
    pub assignee_id: Option<Option<UserId>>,
    /// The team it belongs to.
    pub team_id: Option<Option<TeamId>>,
    /// Whether it has a star.
    pub is_starred: Option<bool>,
    /// All its tags.
    pub tag_ids: Option<Vec<TagId>>,
}

/// What becomes of the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Stay,
    Become(ChatStatus, Option<Timestamp>),
    /// Open when it is put aside.
    Wake,
}

impl ChatUpdate {
    /// What becomes of the status, once status and time fit each other.
    fn step(&self, now: Timestamp) -> Result<Step> {
        let wrong = |flaw: Flaw| Err(Error::field("/snoozed_until", flaw));
        match (self.status, self.snoozed_until) {
            (None, None) => Ok(Step::Stay),
            (None, Some(None)) => Ok(Step::Wake),
            (None | Some(ChatStatus::Snoozed), Some(Some(until))) => {
                if until <= now {
                    return wrong(Flaw::NotAhead);
                }
                if until > now.plus(MAX_SNOOZE) {
                    return wrong(Flaw::TooFarAhead);
                }
                Ok(Step::Become(ChatStatus::Snoozed, Some(until)))
            }
            (Some(ChatStatus::Snoozed), None | Some(None)) => wrong(Flaw::Required),
            (Some(ChatStatus::Open | ChatStatus::Closed), Some(Some(_))) => {
                wrong(Flaw::NotTogether { other: "status" })
            }
            (Some(status @ (ChatStatus::Open | ChatStatus::Closed)), None | Some(None)) => {
                Ok(Step::Become(status, None))
            }
        }
    }
}

/// Changes who looks after a chat and what is done with it. Nothing happens when it is so already.
///
/// # Errors
/// [`Error::Invalid`] for a person, team or tag that is not there, and for a time that does not fit.
pub async fn update(app: &Arc<App>, caller: &Caller, id: ChatId, change: ChatUpdate) -> Result<Chat> {
    caller.require(Permission::MessagesSend)?;
    let step = change.step(app.clock.now())?;
    let (owned, organization, asker) = (app.clone(), caller.organization_id, caller.clone());
    let (chat, is_changed) = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let before = chat::get_for_change(tx, organization, id).await?;
                let tag_ids = check_targets(tx, organization, &change, &before.tag_ids).await?;
                let status = match step {
                    Step::Stay => None,
                    Step::Become(status, until) => Some((status, until)),
                    Step::Wake => (before.status == ChatStatus::Snoozed).then_some((ChatStatus::Open, None)),
                };
                let update = Update {
                    status,
                    assignee_id: change.assignee_id,
                    team_id: change.team_id,
                    is_starred: change.is_starred,
                    tag_ids,
                };
                let by = log::actor(tx, &asker).await?;
                let after = apply(&owned, tx, organization, (&before, &update), &by).await?;
                let is_changed = before != after;
                if is_changed {
                    events::record(&owned, tx, organization, vec![Event::ChatUpdated(after.clone())]).await?;
                }
                Ok((after, is_changed))
            })
        })
        .await?;
    if is_changed {
        events::announce(app, organization);
        if chat.snoozed_until.is_some() {
            app.bus.publish(Signal::Jobs(job::END_SNOOZE));
        }
    }
    Ok(chat)
}

/// Changes a chat that is locked, with its log and the job that ends a snooze. The event is the caller's.
pub(crate) async fn apply(
    app: &App,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    (before, update): (&Chat, &Update),
    by: &ChatActor,
) -> Result<Chat, StoreError> {
    chat::update(tx, organization, before.id, update).await?;
    let after = chat::get(tx, organization, before.id).await?;
    if before.snoozed_until != after.snoozed_until {
        job::finish_subject(tx, job::END_SNOOZE, after.id.uuid()).await?;
        if let Some(until) = after.snoozed_until {
            job::insert(tx, &alarm(app, organization, &after, until), app.clock.now()).await?;
        }
    }
    let changes = log::changes(tx, organization, (before, &after)).await?;
    log::write(app, tx, organization, (after.id, by), changes).await?;
    Ok(after)
}

/// The work of opening a chat again.
fn alarm(app: &App, organization_id: OrganizationId, chat: &Chat, until: Timestamp) -> NewJob {
    NewJob {
        id: JobId::new(&*app.clock, &*app.random),
        organization_id,
        kind: job::END_SNOOZE,
        partition: chat.account_id.uuid(),
        lane: chat.id.uuid(),
        subject: chat.id.uuid(),
        run_at: until,
    }
}

/// Whether everybody and everything that the change names is there. Gives the tags without doubles, oldest first.
async fn check_targets(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    change: &ChatUpdate,
    had: &[TagId],
) -> Result<Option<Vec<TagId>>> {
    let (assignee_id, team_id) = (change.assignee_id.flatten(), change.team_id.flatten());
    let mut wrong = check_holders(tx, organization, assignee_id, team_id).await?;
    let mut tag_ids = None;
    if let Some(given) = &change.tag_ids {
        let (checked, refused) = tags::check(tx, organization, given.clone(), had).await?;
        tag_ids = Some(checked);
        wrong.extend(refused);
    }
    if wrong.is_empty() {
        Ok(tag_ids)
    } else {
        Err(Error::Invalid(wrong))
    }
}

/// What is wrong with whom something is given to: they are not there.
pub(crate) async fn check_holders(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    assignee_id: Option<UserId>,
    team_id: Option<TeamId>,
) -> Result<Vec<FieldError>> {
    let mut wrong = Vec::new();
    if let Some(user_id) = assignee_id
        && user::find_name(tx, organization, user_id).await?.is_none()
    {
        wrong.push(FieldError::new("/assignee_id", Flaw::NoSuchPerson));
    }
    if let Some(team_id) = team_id
        && !team::is_there(tx, organization, team_id).await?
    {
        wrong.push(FieldError::new("/team_id", Flaw::NoSuchTeam));
    }
    Ok(wrong)
}

/// Gives a chat that just began to whom its account says. Gives what is told of it.
pub(crate) async fn hand_over_new(
    app: &App,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    (account_id, id): (AccountId, ChatId),
) -> Result<Option<Event>, StoreError> {
    let mut handler = account::activity::handler(tx, organization, account_id).await?;
    // Whoever is being removed right now is given nothing any more.
    if let Some(user_id) = handler.assignee_id
        && user::find_name(tx, organization, user_id).await?.is_none()
    {
        handler.assignee_id = None;
    }
    if let Some(team_id) = handler.team_id
        && !team::is_there(tx, organization, team_id).await?
    {
        handler.team_id = None;
    }
    if handler == Handler::default() {
        return Ok(None);
    }
    let before = chat::get_for_change(tx, organization, id).await?;
    let update = Update {
        assignee_id: Some(handler.assignee_id),
        team_id: Some(handler.team_id),
        ..Update::default()
    };
    let after = apply(app, tx, organization, (&before, &update), &ChatActor::System).await?;
    Ok(Some(Event::ChatUpdated(after)))
}

/// Shows a chat as unread, so that it is not forgotten. Nobody outside is told.
pub async fn mark_unread(app: &Arc<App>, caller: &Caller, id: ChatId) -> Result<Chat> {
    caller.require(Permission::MessagesSend)?;
    let (owned, organization) = (app.clone(), caller.organization_id);
    let (chat, is_changed) = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let before = chat::get_for_change(tx, organization, id).await?;
                if before.unread > 0 {
                    return Ok((before, false));
                }
                chat::set_unread(tx, organization, id, 1).await?;
                let chat = chat::get(tx, organization, id).await?;
                events::record(&owned, tx, organization, vec![Event::ChatUpdated(chat.clone())]).await?;
                Ok((chat, true))
            })
        })
        .await?;
    if is_changed {
        events::announce(app, organization);
    }
    Ok(chat)
}

/// What became of a chat whose time had come.
pub(crate) enum Woken {
    /// It was put aside anew, until then.
    Again(Timestamp),
    /// It is open, and this is told of it; nothing when it was open before, or is gone.
    Open(Vec<Event>),
}

/// Opens a chat whose time has come. The events are the caller's.
pub(crate) async fn end_snooze(
    app: &App,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    id: ChatId,
) -> Result<Woken, StoreError> {
    let before = match chat::get_for_change(tx, organization, id).await {
        Ok(chat) => chat,
        // It went with its account, or became one with another.
        Err(StoreError::NotFound { .. }) => return Ok(Woken::Open(Vec::new())),
        Err(error) => return Err(error),
    };
    match before.snoozed_until {
        Some(until) if until > app.clock.now() => Ok(Woken::Again(until)),
        Some(_) => {
            let event = change_by_time(app, tx, organization, (&before, ChatStatus::Open)).await?;
            Ok(Woken::Open(vec![event]))
        }
        None => Ok(Woken::Open(Vec::new())),
    }
}

/// Closes a chat in which nobody wrote since `before`. Says whether it did.
pub(crate) async fn close_quiet(
    app: &App,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    (id, before): (ChatId, Timestamp),
) -> Result<bool> {
    let chat = match chat::get_for_change(tx, organization, id).await {
        Ok(chat) => chat,
        Err(StoreError::NotFound { .. }) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let is_quiet = chat.status == ChatStatus::Open
        && chat.last_message_at < before
        && chat_log::find_newest(tx, organization, id)
            .await?
            .is_none_or(|at| at < before);
    if !is_quiet {
        return Ok(false);
    }
    let event = change_by_time(app, tx, organization, (&chat, ChatStatus::Closed)).await?;
    events::record(app, tx, organization, vec![event]).await?;
    Ok(true)
}

async fn change_by_time(
    app: &App,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    (before, status): (&Chat, ChatStatus),
) -> Result<Event, StoreError> {
    let update = Update {
        status: Some((status, None)),
        ..Update::default()
    };
    chat::update(tx, organization, before.id, &update).await?;
    let after = chat::get(tx, organization, before.id).await?;
    let changes = log::changes(tx, organization, (before, &after)).await?;
    log::write(app, tx, organization, (after.id, &ChatActor::Time), changes).await?;
    Ok(Event::ChatUpdated(after))
}

/// Takes every chat from somebody who leaves, and gives what live streams and webhooks are told of it. Run before anything
/// else is locked.
pub(crate) async fn unassign_all(
    app: &App,
    tx: &mut Tx<'_>,
    caller: &Caller,
    user_id: UserId,
) -> Result<Vec<Event>, StoreError> {
    let organization = caller.organization_id;
    user::lock(tx, organization, user_id).await?;
    let by = log::actor(tx, caller).await?;
    let chats = chat::unassign_all(tx, organization, user_id, TOLD).await?;
    for id in &chats {
        log::write(app, tx, organization, (*id, &by), vec![ChatChange::Unassigned]).await?;
    }
    updated(tx, organization, chats).await
}

/// The newest chats of a team that is deleted next.
pub(crate) async fn of_team(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    id: TeamId,
) -> Result<Vec<ChatId>, StoreError> {
    chat::list_ids_of_team(tx, organization, id, TOLD).await
}

/// The newest chats with a tag that is deleted next.
pub(crate) async fn of_tag(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    id: TagId,
) -> Result<Vec<ChatId>, StoreError> {
    chat::list_ids_of_tag(tx, organization, id, TOLD).await
}

/// What is told of chats that changed.
pub(crate) async fn updated(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    chats: Vec<ChatId>,
) -> Result<Vec<Event>, StoreError> {
    let mut events = Vec::with_capacity(chats.len());
    for id in chats {
        events.push(Event::ChatUpdated(chat::get(tx, organization, id).await?));
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_time_fit_each_other_or_are_refused() {
        let now = Timestamp::from_secs(1_700_000_000);
        let later = now.plus(std::time::Duration::from_secs(1));
        let step = |status, snoozed_until| {
            let change = ChatUpdate {
                status,
                snoozed_until,
                ..ChatUpdate::default()
            };
            change.step(now).ok()
        };
        use ChatStatus::{Closed, Open, Snoozed};
        assert_eq!(step(None, None), Some(Step::Stay));
        assert_eq!(step(None, Some(None)), Some(Step::Wake));
        let snooze = Some(Step::Become(Snoozed, Some(later)));
        assert_eq!(step(None, Some(Some(later))), snooze);
        assert_eq!(step(Some(Snoozed), Some(Some(later))), snooze);
        assert_eq!(step(Some(Closed), Some(None)), Some(Step::Become(Closed, None)));
        assert_eq!(step(Some(Open), None), Some(Step::Become(Open, None)));
        for (status, until) in [
            (Some(Snoozed), None),
            (Some(Snoozed), Some(None)),
            (Some(Open), Some(Some(later))),
            (Some(Closed), Some(Some(later))),
            (None, Some(Some(now))),
            (None, Some(Some(now.plus(MAX_SNOOZE * 2)))),
        ] {
            assert_eq!(step(status, until), None, "{status:?} {until:?}");
        }
    }
}
