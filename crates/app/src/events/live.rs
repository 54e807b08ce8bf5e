//! The live stream: the log from any place on, then what is recorded from now on, without gaps or doubles.
//!
//! A subscriber only remembers the place it has reached. Whenever somebody hints that the log grew, and every few seconds
//! in case a hint was lost, it looks for what comes after that place. Looking is shared: each organization that somebody
//! watches has a *tail* in memory, its newest events already written as JSON, and one look at the database serves
//! everybody who watches. Only who is further behind reads pages of its own.
//!
//! Whoever loses the right to watch is let go before the next event: at once when it was taken on this node, and within
//! five seconds when it was taken on another or ran out.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::Stream;
use parking_lot::Mutex;
use pesan_model::event::LoggedEvent;
use pesan_model::inbox::{ChatPresence, SettingsChanged};
use pesan_model::{AccountId, OrganizationId, Permission};
use pesan_store::event;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

use crate::access::{Caller, Principal, authenticate};
use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, Result};

/// Newest events kept for everybody who watches an organization.
const TAIL: usize = 512;
/// Events read at once by who is further behind, and by the tail.
const PAGE: usize = 500;
/// How often the log is looked at, and the caller, when nobody hints.
const POLL: Duration = Duration::from_secs(5);

/// One thing of a live stream.
#[derive(Debug, Clone)]
pub enum Live {
    /// The stream begins after this place. Said first to who named none, so that they can come back to it.
    Ready(i64),
    /// The named place is not in the log: too old, or never reached. The stream goes on after this place instead, and
    /// what happened in between must be read in another way.
    Resync(i64),
    /// An event of the log.
    Event(Arc<LiveEvent>),
    /// The account has a new QR code. Not in the log, and only told to who may see the code.
    Qr(AccountId),
    /// A colleague looks at a chat or writes in it. Not in the log, and not told to themselves.
    Presence(Arc<ChatPresence>),
    /// Somebody changed something that colleagues share. Not in the log.
    Settings(SettingsChanged),
}

/// An event and its JSON, written once for everybody.
#[derive(Debug)]
pub struct LiveEvent {
    /// The event.
    pub logged: LoggedEvent,
    /// The same as JSON, as `GET /v1/events` shows it.
    pub json: String,
}

impl LiveEvent {
    fn new(logged: LoggedEvent) -> Result<Arc<Self>> {
        let json = serde_json::to_string(&logged).map_err(|error| Error::internal("write an event as JSON", error))?;
        Ok(Arc::new(Self { logged, json }))
    }
}

/// The tails of the organizations that somebody watches.
#[derive(Default)]
pub struct Tails(Mutex<HashMap<OrganizationId, Weak<Tail>>>);

/// The newest events of one organization.
struct Tail {
    /// Counts the hints: whoever has looked since the last one need not look again.
    hints: AtomicU64,
    kept: tokio::sync::Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// In order, without gaps; the last is at place `last`.
    events: VecDeque<Arc<LiveEvent>>,
    /// The place up to which the log was read; none before the first look.
    last: Option<i64>,
    /// How many hints had come when it was last read, and when that was.
    seen: u64,
    read_at: Duration,
}

impl Tails {
    /// The log of this organization grew.
    pub(super) fn grew(&self, organization: OrganizationId) {
        if let Some(tail) = self.0.lock().get(&organization).and_then(Weak::upgrade) {
            tail.hints.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Events that were told may have been replaced in the log: they are read from there anew.
    pub(crate) async fn read_anew(&self, organization: OrganizationId) {
        let tail = self.0.lock().get(&organization).and_then(Weak::upgrade);
        if let Some(tail) = tail {
            *tail.kept.lock().await = Kept::default();
        }
    }

    /// How many watch.
    pub(crate) fn watchers(&self) -> usize {
        self.0.lock().values().map(Weak::strong_count).sum()
    }

    fn of(&self, organization: OrganizationId) -> Arc<Tail> {
        let mut tails = self.0.lock();
        if let Some(tail) = tails.get(&organization).and_then(Weak::upgrade) {
            return tail;
        }
        tails.retain(|_, tail| tail.strong_count() > 0);
        let tail = Arc::new(Tail {
            hints: AtomicU64::new(0),
            kept: tokio::sync::Mutex::default(),
        });
        tails.insert(organization, Arc::downgrade(&tail));
        tail
    }
}

impl Tail {
    /// What comes after `cursor`, from memory or from the log; empty when there is nothing yet.
    async fn after(&self, app: &App, organization: OrganizationId, cursor: i64) -> Result<Vec<Arc<LiveEvent>>> {
        {
            let mut kept = self.kept.lock().await;
            let hints = self.hints.load(Ordering::SeqCst);
            let now = app.clock.monotonic();
            let is_fresh = kept.last.is_some() && kept.seen == hints && now.saturating_sub(kept.read_at) < POLL / 2;
            if !is_fresh {
                kept.read_on(app, organization).await?;
                kept.seen = hints;
                kept.read_at = now;
            }
            if kept.last.is_some_and(|last| last <= cursor) {
                return Ok(Vec::new());
            }
            if let Some(first) = kept.events.front().map(|event| event.logged.seq)
                && first <= cursor + 1
            {
                let skipped = usize::try_from(cursor + 1 - first).unwrap_or(usize::MAX);
                return Ok(kept.events.iter().skip(skipped).cloned().collect());
            }
        }
        // Further behind than the tail reaches.
        page(app, organization, cursor).await
    }
}

impl Kept {
    async fn read_on(&mut self, app: &App, organization: OrganizationId) -> Result<()> {
        let mut last = if let Some(last) = self.last {
            last
        } else {
            let end = app
                .store
                .read::<_, Error, _>(move |tx| Box::pin(async move { Ok(event::last_seq(tx, organization).await?) }))
                .await?;
            (end - TAIL as i64).max(0)
        };
        loop {
            let read = page(app, organization, last).await?;
            let is_end = read.len() < PAGE;
            for event in read {
                last = event.logged.seq;
                self.events.push_back(event);
                if self.events.len() > TAIL {
                    self.events.pop_front();
                }
            }
            self.last = Some(last);
            if is_end {
                return Ok(());
            }
        }
    }
}

async fn page(app: &App, organization: OrganizationId, after: i64) -> Result<Vec<Arc<LiveEvent>>> {
    let events = app
        .store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(event::list_after(tx, organization, after, PAGE).await?) })
        })
        .await?;
    events.into_iter().map(LiveEvent::new).collect()
}

/// Where a stream begins, and what is said about that first.
async fn begin(app: &App, organization: OrganizationId, after: Option<i64>) -> Result<(i64, Option<Live>)> {
    let (kept, last) = app
        .store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let kept = event::seq_before_kept(tx, organization).await?;
                Ok((kept, event::last_seq(tx, organization).await?))
            })
        })
        .await?;
    Ok(match after {
        None => (last, Some(Live::Ready(last))),
        Some(after) if after > last => (last, Some(Live::Resync(last))),
        Some(after) if after < kept => (kept, Some(Live::Resync(kept))),
        Some(after) => (after, None),
    })
}

/// Everything after place `after` (from now on when there is none), for as long as the process takes on work and the
/// caller keeps its rights. The stream ends after an error; who comes back names the last place it got.
pub async fn subscribe(
    app: Arc<App>,
    caller: Caller,
    after: Option<i64>,
) -> Result<impl Stream<Item = Result<Live>> + Send> {
    caller.require(Permission::EventsRead)?;
    // Before the first look, so that nothing falls between the two.
    let hints = app.bus.subscribe();
    let access = app.access.changes();
    let organization = caller.organization_id;
    let (cursor, first) = begin(&app, organization, after).await?;
    let subscriber = Subscriber {
        tail: app.tails.of(organization),
        may_see_codes: caller.require(Permission::AccountsConnect).is_ok(),
        app,
        caller,
        access,
        checked_at: None,
        organization,
        cursor,
        hints,
        ready: first.into_iter().collect(),
        should_look: true,
    };
    Ok(futures::stream::unfold(Some(subscriber), |subscriber| async move {
        let mut subscriber = subscriber?;
        match subscriber.next().await {
            Ok(Some(item)) => Some((Ok(item), Some(subscriber))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    }))
}

struct Subscriber {
    app: Arc<App>,
    tail: Arc<Tail>,
    caller: Caller,
    /// Changes of people, keys and log-ins.
    access: watch::Receiver<()>,
    /// When it was last certain that the caller may watch; never at first, so that a change meanwhile counts.
    checked_at: Option<Duration>,
    organization: OrganizationId,
    may_see_codes: bool,
    /// The place reached.
    cursor: i64,
    hints: broadcast::Receiver<Signal>,
    ready: VecDeque<Live>,
    should_look: bool,
}

impl Subscriber {
    /// The next thing; none when the process ends or the caller may not watch any more.
    async fn next(&mut self) -> Result<Option<Live>> {
        let soft = self.app.lifecycle.soft().clone();
        loop {
            if !self.may_go_on().await? {
                return Ok(None);
            }
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if soft.is_cancelled() {
                return Ok(None);
            }
            if self.should_look {
                // What was hinted at so far is covered by the look that follows.
                while let Ok(signal) = self.hints.try_recv() {
                    self.note(signal);
                }
                let found = self.tail.after(&self.app, self.organization, self.cursor).await?;
                self.should_look = !found.is_empty();
                for event in found {
                    self.cursor = event.logged.seq;
                    self.ready.push_back(Live::Event(event));
                }
                continue;
            }
            tokio::select! {
                () = soft.cancelled() => return Ok(None),
                hint = self.hints.recv() => match hint {
                    Ok(signal) => self.note(signal),
                    Err(RecvError::Lagged(_)) => self.should_look = true,
                    Err(RecvError::Closed) => return Ok(None),
                },
                _ = self.access.changed() => self.checked_at = None,
                () = tokio::time::sleep(POLL) => self.should_look = true,
            }
        }
    }

    /// Looks at the caller again when something changed or the last look is old.
    async fn may_go_on(&mut self) -> Result<bool> {
        let now = self.app.clock.monotonic();
        if self.access.has_changed().unwrap_or(true) {
            self.checked_at = None;
        }
        if self.checked_at.is_some_and(|at| now.saturating_sub(at) < POLL) {
            return Ok(true);
        }
        // Marked as seen before the look, so that what changes during it is looked at once more.
        self.access.mark_unchanged();
        self.checked_at = Some(now);
        authenticate::still_holds(&self.app, &self.caller).await
    }

    fn note(&mut self, signal: Signal) {
        match signal {
            Signal::Events(organization) => self.should_look |= organization == self.organization,
            Signal::Qr(organization, account) => {
                if organization == self.organization && self.may_see_codes {
                    self.ready.push_back(Live::Qr(account));
                }
            }
            Signal::Presence(organization, presence) => {
                let is_own = self.caller.principal == Principal::User(presence.user_id);
                if organization == self.organization && !is_own {
                    self.ready.push_back(Live::Presence(presence));
                }
            }
            Signal::Settings(organization, what) => {
                if organization == self.organization {
                    self.ready.push_back(Live::Settings(SettingsChanged { what }));
                }
            }
            Signal::Outbox(_) | Signal::Jobs(_) | Signal::Account(_) => {}
        }
    }
}
