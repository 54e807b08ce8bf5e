//! Events: recorded in the transaction of the change, told to live streams and webhooks afterwards.
//!
//! [`record`] writes the log and, in the same transaction, one delivery with its job for each webhook that wants the
//! event. [`announce`] wakes whoever carries them on; losing it delays them, never loses them.

mod fan_out;
pub mod live;

use pesan_model::event::LoggedEvent;
use pesan_model::inbox::SettingsPart;
use pesan_model::{Event, EventId, OrganizationId, Permission};
use pesan_store::{Tx, delivery, event, webhook};

use crate::access::Caller;
use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, Result};

pub(crate) use fan_out::{enqueue, job_id};
pub use live::{Live, LiveEvent, subscribe};

/// Makes the ids and the time that [`record`] needs, before the transaction.
pub fn stamped(app: &App, events: Vec<Event>) -> Vec<(EventId, Event)> {
    events
        .into_iter()
        .map(|event| (EventId::new(&*app.clock, &*app.random), event))
        .collect()
}

/// Records events as the last thing of a transaction. After the commit, call [`announce`].
pub async fn record(app: &App, tx: &mut Tx<'_>, organization: OrganizationId, events: Vec<Event>) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let webhooks = webhook::list_enabled(tx, organization).await?;
    let now = app.clock.now();
    let logged = event::append(tx, organization, stamped(app, events), now).await?;
    enqueue(app, tx, &webhooks, &logged).await?;
    Ok(())
}

/// Wakes live streams and webhook workers after a commit.
pub fn announce(app: &App, organization: OrganizationId) {
    app.tails.grew(organization);
    app.bus.publish(Signal::Events(organization));
    app.bus.publish(Signal::Jobs(delivery::queue::KIND));
}

/// Tells colleagues who look at it that something they share was changed. After the commit; losing it delays, because
/// browsers read it anew now and then.
pub fn settings_changed(app: &App, organization: OrganizationId, what: SettingsPart) {
    app.bus.publish(Signal::Settings(organization, what));
}

/// A page of the log.
#[derive(Debug)]
pub struct Page {
    /// The events, in the order they happened.
    pub events: Vec<LoggedEvent>,
    /// The place of the last of them; without any, where the next one comes after.
    pub next_after: i64,
    /// Whether there is something that this page should have had: it is not kept any longer, or the place asked for is of
    /// another log, as after a restored backup.
    pub has_gap: bool,
}

/// Up to `limit` events after place `after`.
pub async fn list_after(app: &App, caller: &Caller, after: i64, limit: usize) -> Result<Page> {
    caller.require(Permission::EventsRead)?;
    let organization = caller.organization_id;
    let (events, forgotten, last) = app
        .store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                // In this order, so that what is forgotten meanwhile is seen.
                let events = event::list_after(tx, organization, after, limit).await?;
                let forgotten = event::seq_before_kept(tx, organization).await?;
                let last = event::last_seq(tx, organization).await?;
                Ok((events, forgotten, last))
            })
        })
        .await?;
    let next_after = events.last().map_or(after.max(forgotten).min(last), |event| event.seq);
    Ok(Page {
        events,
        next_after,
        has_gap: after < forgotten || after > last,
    })
}
