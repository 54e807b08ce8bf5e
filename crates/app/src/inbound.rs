//! What comes in from WhatsApp: one transaction for each batch, committed before WhatsApp is told that we have it.
//!
//! The same thing may come twice (after a crash, or by several ways) and changes nothing the second time: a message is
//! known by account, chat, sender and WhatsApp's id; receipts only climb. What can never be stored is kept aside
//! ([`quarantine`]).

mod automatic;
mod changes;
mod content;
mod messages;
pub(crate) mod people;
mod quarantine;
mod receipts;
pub(crate) mod rules;

pub(crate) use content::REMOTE_COLUMN;
pub(crate) use quarantine::{is_lasting, reason};

use std::collections::BTreeSet;
use std::sync::Arc;

use pesan_model::chat::Typing;
use pesan_model::message::Message;
use pesan_model::organization::OrganizationSettings;
use pesan_model::{AccountId, Event, MediaId, MessageId, OrganizationId, QuarantineId};
use pesan_providers::{Inbound, Received};
use pesan_store::quarantine::Quarantined;
use pesan_store::{Error as StoreError, OrganizationKey, Tx, chat, job};

use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, Result};
use crate::{events, messaging};

/// How often a batch is tried when another transaction got in the way.
const TRIES: u32 = 3;

/// Stores what came in on an account. `Ok` means committed, and says what of it is still to be read.
pub async fn receive(app: &Arc<App>, account: AccountId, batch: Vec<Inbound>) -> Result<Received> {
    let organization = app.organization_of(account).await?;
    let key = app.organization_key(organization).await?;
    let place = Place {
        organization,
        account,
        key: &key,
    };
    let batch = Arc::new(batch);
    match store(app, place, batch.clone(), Aside::Nothing).await {
        Err(error) if is_lasting(&error) => {
            // Something in it can never be stored: the rest is stored without it.
            let mut unread = Vec::new();
            for item in batch.iter() {
                unread.extend(store_or_keep_aside(app, place, item).await?);
            }
            Ok(Received { unread })
        }
        stored => stored.map(|unread| Received { unread }),
    }
}

/// Stores something that was kept aside, and keeps it aside no longer, in one transaction. `Ok` means committed.
pub(crate) async fn take_back(
    app: &Arc<App>,
    (organization, account): (OrganizationId, AccountId),
    id: QuarantineId,
    item: Inbound,
) -> Result<()> {
    let key = app.organization_key(organization).await?;
    let place = Place {
        organization,
        account,
        key: &key,
    };
    let items = match item {
        // Nobody is typing any more.
        Inbound::Activity { .. } => Vec::new(),
        item => vec![item],
    };
    store(app, place, Arc::new(items), Aside::Release(id)).await?;
    Ok(())
}

/// What becomes of the quarantine while something is stored.
#[derive(Clone)]
enum Aside {
    Nothing,
    /// This is put into it.
    Keep(Box<Quarantined>),
    /// This is taken out of it.
    Release(QuarantineId),
}

/// Whose things came in.
#[derive(Clone, Copy)]
struct Place<'a> {
    organization: OrganizationId,
    account: AccountId,
    key: &'a OrganizationKey,
}

/// Stores one thing. When that fails for good, it is kept aside, with a line in its thread where it has one.
async fn store_or_keep_aside(app: &Arc<App>, place: Place<'_>, item: &Inbound) -> Result<Vec<String>> {
    let alone = Arc::new(vec![item.clone()]);
    let mut strikes = 0;
    let refused = loop {
        match store(app, place, alone.clone(), Aside::Nothing).await {
            Err(error) if is_lasting(&error) => {
                strikes += 1;
                if strikes == quarantine::STRIKES {
                    break error;
                }
            }
            stored => return stored,
        }
    };
    let row = Aside::Keep(Box::new(quarantine::row(
        app,
        place.account,
        place.key,
        (item, &refused),
    )?));
    let placeholder = Arc::new(quarantine::placeholder(item).into_iter().collect::<Vec<_>>());
    match store(app, place, placeholder, row.clone()).await {
        Err(error) if is_lasting(&error) => store(app, place, Arc::default(), row).await?,
        stored => stored?,
    };
    quarantine::count(place.account, item, &refused);
    // What it says is kept, if it says anything.
    Ok(Vec::new())
}

/// Stores things, and changes what is kept aside, in one transaction. `Ok` means committed, and names the messages of which
/// nobody knows what they say.
async fn store(app: &Arc<App>, place: Place<'_>, items: Arc<Vec<Inbound>>, aside: Aside) -> Result<Vec<String>> {
    for attempt in 1..=TRIES {
        match store_once(app, place, items.clone(), aside.clone()).await {
            // Two accounts can meet the same new person at the same moment; the second time the row is there.
            Err(Error::Conflict { .. } | Error::Unavailable { .. }) if attempt < TRIES => {}
            Err(error) => return Err(error),
            Ok(outcome) => {
                if outcome.has_events {
                    events::announce(app, place.organization);
                }
                if outcome.is_sending {
                    app.bus.publish(Signal::Outbox(place.account));
                }
                for kind in outcome.work {
                    app.bus.publish(Signal::Jobs(kind));
                }
                return Ok(outcome.unread);
            }
        }
    }
    Err(Error::Unavailable {
        code: "database_unavailable",
        detail: "the database is unavailable".to_owned(),
    })
}

struct Outcome {
    has_events: bool,
    /// A message was queued.
    is_sending: bool,
    /// Kinds of work that was added to the queue.
    work: BTreeSet<&'static str>,
    /// WhatsApp's ids of messages that stand unread in their threads.
    unread: Vec<String>,
}

/// What every handler of one batch shares.
pub(crate) struct Batch<'a> {
    app: &'a Arc<App>,
    organization: OrganizationId,
    account: AccountId,
    key: &'a OrganizationKey,
    events: Vec<Event>,
    work: BTreeSet<&'static str>,
    /// Messages that were accepted or refused although we never heard so: they must not be sent again.
    settled: Vec<MessageId>,
    /// Files that nobody is to fetch any more.
    unwanted: Vec<MediaId>,
    /// Messages that Pesan sends by itself.
    queued: Vec<Message>,
    /// WhatsApp's ids of messages that stand unread in their threads.
    unread: Vec<String>,
    /// Whether receipts wait for their messages, once somebody asked for it.
    has_early: Option<bool>,
    /// What the organization decided, once somebody asked for it.
    settings: Option<Arc<OrganizationSettings>>,
}

async fn store_once(app: &Arc<App>, place: Place<'_>, items: Arc<Vec<Inbound>>, aside: Aside) -> Result<Outcome> {
    let (organization, account) = (place.organization, place.account);
    let (app, key) = (app.clone(), place.key.clone());
    let store = app.store.clone();
    store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let mut batch = Batch {
                    app: &app,
                    organization,
                    account,
                    key: &key,
                    events: Vec::new(),
                    work: BTreeSet::new(),
                    settled: Vec::new(),
                    unwanted: Vec::new(),
                    queued: Vec::new(),
                    unread: Vec::new(),
                    has_early: None,
                    settings: None,
                };
                for item in items.iter() {
                    handle(&mut batch, tx, item).await?;
                }
                // The lane of a chat is locked after the chat and its messages, here as where people send.
                for id in &batch.settled {
                    job::finish_subject(tx, job::SEND_MESSAGE, id.uuid()).await?;
                }
                for file in &batch.unwanted {
                    job::finish_subject(tx, job::FETCH_MEDIA, file.uuid()).await?;
                }
                for message in &batch.queued {
                    messaging::enqueue(&app, tx, organization, message).await?;
                }
                match &aside {
                    Aside::Nothing => {}
                    Aside::Keep(row) => pesan_store::quarantine::insert(tx, organization, row).await?,
                    Aside::Release(id) => pesan_store::quarantine::delete(tx, organization, *id).await?,
                }
                let (has_events, is_sending, work) = (!batch.events.is_empty(), !batch.queued.is_empty(), batch.work);
                if has_events {
                    events::record(&app, tx, organization, batch.events).await?;
                }
                Ok(Outcome {
                    has_events,
                    is_sending,
                    work,
                    unread: batch.unread,
                })
            })
        })
        .await
}

async fn handle(batch: &mut Batch<'_>, tx: &mut Tx<'_>, item: &Inbound) -> Result<(), StoreError> {
    match item {
        Inbound::Message(message) => messages::receive(batch, tx, message).await,
        Inbound::Group(notice) => messages::receive_group_notice(batch, tx, notice).await,
        Inbound::Acknowledged { wa_id, refusal, at } => {
            receipts::acknowledge(batch, tx, wa_id, (refusal.as_ref(), *at)).await
        }
        Inbound::Receipt(receipt) => receipts::receive(batch, tx, receipt).await,
        Inbound::Activity { chat, from, activity } => {
            let found = messages::find_chat(batch, tx, chat).await?;
            batch.events.push(Event::ChatTyping(Typing {
                account_id: batch.account,
                chat_id: found.map(|chat| chat.id),
                chat: chat.to_string(),
                from: from.to_string(),
                activity: *activity,
            }));
            Ok(())
        }
        Inbound::Person(person) => {
            let known = people::known(person);
            people::resolve_met(batch.app, tx, batch.organization, &known, &mut batch.events).await?;
            Ok(())
        }
    }
}

impl Batch<'_> {
    /// The chat changed without a new message.
    async fn chat_updated(&mut self, tx: &mut Tx<'_>, id: pesan_model::ChatId) -> Result<(), StoreError> {
        let chat = chat::get(tx, self.organization, id).await?;
        self.events.push(Event::ChatUpdated(chat));
        Ok(())
    }
}
