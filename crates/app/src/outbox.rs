//! Hands queued messages to WhatsApp: in order in each chat, at the pace of each account, never twice under two ids.
//!
//! For each account that is connected here, *pump* claims as many heads of chats as the pace and the free slots allow.
//! Each is handed over by a task of its own; what came of it is one transaction. A message whose outcome is unknown is
//! handed over again with the same WhatsApp id, which WhatsApp shows once.

mod deliver;
pub(crate) mod outcome;
mod prepare;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use pesan_model::message::{Message, MessageError};
use pesan_model::{AccountId, JobId, MessageStatus, OrganizationId, Timestamp};
use pesan_store::job::scheduled::{self, Due};
use pesan_store::job::{self, Claim};
use pesan_store::{Error as StoreError, Tx, account, message};
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;

use self::prepare::Prepared;
use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, Result};
use crate::events;

/// Sends of one account that may be under way at once when it is not paced.
const SLOTS_UNPACED: usize = 32;
/// As many when it is: what waits in memory has already used up its pace.
const SLOTS_PACED: usize = 4;
/// Messages whose time has come that join their chats in one transaction.
const MAX_DUE: usize = 500;
/// How often every account is looked at although nothing hinted at it.
const SAFETY_INTERVAL: Duration = Duration::from_secs(5);

/// What is known of an account's queue without looking.
#[derive(Debug, Default)]
struct Lane {
    in_flight: BTreeSet<JobId>,
    is_pumping: bool,
    /// Something happened while it was pumped: look again.
    is_dirty: bool,
    /// The last look took as much as it was allowed: there may be more.
    is_limited: bool,
    /// A claim failed, and may be committed all the same.
    is_unclear: bool,
}

impl Lane {
    /// Whether nothing has to be remembered of it.
    fn is_idle(&self) -> bool {
        self.in_flight.is_empty() && !self.is_unclear
    }
}

/// The send loop of this process.
pub(crate) struct Outbox {
    app: Arc<App>,
    lanes: Mutex<HashMap<AccountId, Lane>>,
    due: Mutex<BTreeSet<(Timestamp, AccountId)>>,
    due_changed: Notify,
}

/// Runs until the process ends; what is under way is finished.
pub async fn run(app: Arc<App>) {
    let outbox = Arc::new(Outbox {
        app: app.clone(),
        lanes: Mutex::default(),
        due: Mutex::default(),
        due_changed: Notify::new(),
    });
    // Listening comes before looking, so that nothing falls between.
    let mut signals = app.bus.subscribe();
    outbox.poke_all();
    loop {
        // Here and not only when the wait is over: hints that never pause would put that off for ever.
        outbox.poke_due();
        let wait = outbox.until_due();
        tokio::select! {
            () = app.lifecycle.soft().cancelled() => break,
            signal = signals.recv() => match signal {
                Ok(Signal::Outbox(account)) => outbox.poke(account),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => outbox.poke_all(),
                Err(RecvError::Closed) => break,
            },
            () = outbox.due_changed.notified() => {}
            () = tokio::time::sleep(wait.unwrap_or(SAFETY_INTERVAL)) => {
                if wait.is_none() {
                    outbox.poke_all();
                }
            }
        }
    }
}

impl Outbox {
    fn poke_all(self: &Arc<Self>) {
        for account in self.app.connections.accounts() {
            self.poke(account);
        }
    }

    fn poke_due(self: &Arc<Self>) {
        let now = self.app.clock.now();
        loop {
            let first = self.due.lock().first().copied();
            match first {
                Some((at, account)) if at <= now => {
                    self.due.lock().remove(&(at, account));
                    self.poke(account);
                }
                _ => return,
            }
        }
    }

    /// How long until the first account is due; `None` when that is later than the next look at all of them.
    fn until_due(&self) -> Option<Duration> {
        let (at, _) = *self.due.lock().first()?;
        // A millisecond more than nothing, so that a clock that stands still does not make this spin.
        let wait = at.since(self.app.clock.now()).max(Duration::from_millis(1));
        (wait < SAFETY_INTERVAL).then_some(wait)
    }

    /// Looks at an account's queue, now or as soon as the present look is over.
    fn poke(self: &Arc<Self>, account: AccountId) {
        {
            let mut lanes = self.lanes.lock();
            let lane = lanes.entry(account).or_default();
            lane.is_dirty = true;
            if lane.is_pumping {
                return;
            }
            lane.is_pumping = true;
        }
        let outbox = self.clone();
        self.app
            .lifecycle
            .spawn("outbox", async move { outbox.pump(account).await });
    }

    async fn pump(self: Arc<Self>, account: AccountId) {
        loop {
            {
                let mut lanes = self.lanes.lock();
                let lane = lanes.entry(account).or_default();
                if !lane.is_dirty || self.app.lifecycle.soft().is_cancelled() {
                    lane.is_pumping = false;
                    if lane.is_idle() {
                        lanes.remove(&account);
                    }
                    return;
                }
                lane.is_dirty = false;
            }
            if let Err(error) = self.claim_and_start(account).await {
                tracing::warn!(%account, %error, "could not look at an account's queue");
                self.wake_at(account, self.app.clock.now().plus(Duration::from_secs(1)));
            }
        }
    }

    async fn claim_and_start(self: &Arc<Self>, account: AccountId) -> Result<()> {
        let Some(provider) = self.app.connections.get(account) else {
            return Ok(());
        };
        let (known, is_unclear) = {
            let mut lanes = self.lanes.lock();
            let lane = lanes.entry(account).or_default();
            let known: Vec<JobId> = lane.in_flight.iter().copied().collect();
            // Until it is known that what follows is committed or not.
            (known, std::mem::replace(&mut lane.is_unclear, true))
        };
        let mut claimed = self.claim(account, known.clone(), is_unclear).await?;
        while !claimed.scheduled.is_empty() {
            self.join_chats(std::mem::take(&mut claimed.scheduled)).await?;
            claimed = self.claim(account, known.clone(), false).await?;
        }
        if let Some(at) = claimed.look_again_at {
            self.wake_at(account, at);
        }
        {
            let mut lanes = self.lanes.lock();
            let lane = lanes.entry(account).or_default();
            (lane.is_limited, lane.is_unclear) = (claimed.is_limited, false);
            lane.in_flight.extend(claimed.work.iter().map(|work| work.job.id()));
        }
        // It may have been replaced meanwhile, and what was woken for the new one must not go over the old one.
        let provider = self.app.connections.get(account).unwrap_or(provider);
        for work in claimed.work {
            let (outbox, provider) = (self.clone(), provider.clone());
            self.app.lifecycle.spawn("send", async move {
                let job = work.job.id();
                let goes_on = deliver::deliver(&outbox.app, &*provider, work).await;
                outbox.delivered(account, job, goes_on);
            });
        }
        Ok(())
    }

    /// A slot is free again. The queue is only looked at when that can find something: each look is a write. A look that
    /// is under way took this slot for busy, so it is repeated.
    fn delivered(self: &Arc<Self>, account: AccountId, job: JobId, goes_on: bool) {
        {
            let mut lanes = self.lanes.lock();
            let lane = lanes.entry(account).or_default();
            lane.in_flight.remove(&job);
            if !goes_on && !lane.is_limited && !lane.is_pumping {
                if lane.is_idle() {
                    lanes.remove(&account);
                }
                return;
            }
        }
        self.poke(account);
    }

    fn wake_at(&self, account: AccountId, at: Timestamp) {
        self.due.lock().insert((at, account));
        self.due_changed.notify_one();
    }

    /// Puts messages whose time has come behind those that wait in their chats.
    async fn join_chats(&self, due: Vec<Due>) -> Result<()> {
        let app = self.app.clone();
        self.app
            .store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    let new_id = || JobId::new(&*app.clock, &*app.random);
                    Ok(scheduled::join_chats(tx, due, new_id).await?)
                })
            })
            .await
    }

    /// Claims what may be sent now, and takes it from the account's pace, in one transaction. While messages are due that
    /// are not in their chats yet, it claims nothing and tells them.
    async fn claim(&self, account: AccountId, known: Vec<JobId>, is_unclear: bool) -> Result<Claimed> {
        let app = self.app.clone();
        let organization = app.organization_of(account).await?;
        let key = app.organization_key(organization).await?;
        let store = app.store.clone();
        let claimed = store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    let now = app.clock.now();
                    if is_unclear {
                        give_back_unknown(&app, tx, (organization, account), &known).await?;
                    }
                    let scheduled = scheduled::list_due(tx, account, now, MAX_DUE).await?;
                    if !scheduled.is_empty() {
                        return Ok(Claimed {
                            scheduled,
                            ..Claimed::default()
                        });
                    }
                    let (pacing, bucket) = account::bucket(tx, account).await?;
                    let slots = if pacing.is_some() { SLOTS_PACED } else { SLOTS_UNPACED }.saturating_sub(known.len());
                    let due = |tx, now: Timestamp| next_look(tx, account, now);
                    let mut allowed = slots;
                    if let Some(pacing) = pacing {
                        let filled = bucket.refilled(pacing, now);
                        allowed = slots.min(usize::try_from(filled.millitokens / 1000).unwrap_or(0));
                        if allowed == 0 && slots > 0 {
                            let wait = bucket.take(pacing, now).err().unwrap_or_default();
                            let look = due(tx, now).await?;
                            return Ok(Claimed {
                                look_again_at: look.map(|at| at.max(now.plus(wait))),
                                ..Claimed::default()
                            });
                        }
                    }
                    if allowed == 0 {
                        return Ok(Claimed {
                            is_limited: true,
                            ..Claimed::default()
                        });
                    }
                    let claim = Claim {
                        claimed_by: &app.settings.start,
                        now,
                        limit: allowed,
                    };
                    let jobs = job::claim_partition(tx, job::SEND_MESSAGE, account.uuid(), &claim).await?;
                    let mut work = Vec::with_capacity(jobs.len());
                    let mut has_failed = false;
                    for job in jobs {
                        match prepare::prepare(&app, tx, &key, job).await? {
                            Prepared::Work(prepared) => work.push(*prepared),
                            Prepared::Failed => has_failed = true,
                            Prepared::Nothing => {}
                        }
                    }
                    if let Some(pacing) = pacing
                        && !work.is_empty()
                    {
                        let mut left = bucket.refilled(pacing, now);
                        left.millitokens -= work.len() as i64 * 1000;
                        account::set_bucket(tx, account, left).await?;
                    }
                    // Looked up last: what is not sent after all lets the next one of its chat be claimed.
                    let is_limited = work.len() >= allowed;
                    let look_again_at = if is_limited { None } else { due(tx, now).await? };
                    Ok(Claimed {
                        work,
                        look_again_at,
                        is_limited,
                        has_failed,
                        ..Claimed::default()
                    })
                })
            })
            .await?;
        if claimed.has_failed {
            events::announce(&self.app, organization);
        }
        Ok(claimed)
    }
}

/// Gives back what was claimed without being known here. None of it was handed over at that try.
async fn give_back_unknown(
    app: &App,
    tx: &mut Tx<'_>,
    (organization, account): (OrganizationId, AccountId),
    known: &[JobId],
) -> Result<(), StoreError> {
    let mine = (app.settings.start.as_str(), known);
    let given_back = job::give_back_unknown(tx, job::SEND_MESSAGE, Some(account.uuid()), mine, app.clock.now()).await?;
    for job in given_back.iter().filter(|job| job.attempts() == 0) {
        message::reset_wire(tx, organization, job.subject().into()).await?;
    }
    if !given_back.is_empty() {
        tracing::warn!(%account, count = given_back.len(), "took back what was claimed while the database went away");
    }
    Ok(())
}

/// Writes down that a message has failed. Its job is the caller's to finish.
pub(crate) async fn fail(
    app: &App,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    (message, why): (&mut Message, MessageError),
) -> Result<(), StoreError> {
    message.status = MessageStatus::Failed;
    message.error = Some(why);
    message.failed_at = Some(app.clock.now());
    message::save_status(tx, organization, message).await
}

async fn next_look(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let next = job::next_due(tx, job::SEND_MESSAGE, Some(account.uuid())).await?;
    Ok(next.map(|at| at.max(now)))
}

#[derive(Default)]
struct Claimed {
    work: Vec<prepare::Work>,
    /// Messages whose time has come, which must join their chats before anything is claimed.
    scheduled: Vec<Due>,
    look_again_at: Option<Timestamp>,
    is_limited: bool,
    /// Some of it can never be sent; its sender is to be told.
    has_failed: bool,
}
