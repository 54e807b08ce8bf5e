//! Events of the past, sent again to one webhook.

use std::sync::Arc;

use pesan_model::{Flaw, Permission, Timestamp, WebhookId};
use pesan_store::event;

use super::enabled;
use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, Result};
use crate::events;

/// Events looked at in one transaction.
const PAGE: usize = 200;
/// Events looked at in one call.
const MAX_EVENTS: usize = 20_000;

/// Where a replay begins.
#[derive(Debug, Clone, Copy)]
pub enum From {
    /// With the event after this place in the log.
    AfterSeq(i64),
    /// With the first event at or after this time.
    Since(Timestamp),
}

/// What a replay did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// Deliveries that were added.
    pub deliveries: usize,
    /// The place of the first event that was looked at.
    pub first_seq: i64,
    /// True when events before `first_seq` were asked for and are not kept any more.
    pub has_gap: bool,
    /// The place it came to.
    pub last_seq: i64,
    /// False when there is more: call again with `last_seq`.
    pub is_complete: bool,
}

/// Sends what the log has, from a point up to now, to a webhook again: what its patterns and accounts cover today, under
/// the ids the events had, in order in each chat. A call does a bounded part and says where to go on.
pub async fn replay(app: &Arc<App>, caller: &Caller, id: WebhookId, from: From) -> Result<Replayed> {
    caller.require(Permission::WebhooksManage)?;
    let organization = caller.organization_id;
    let Start {
        mut cursor,
        end,
        has_gap,
    } = begin(app, caller, id, from).await?;
    let first_seq = cursor + 1;
    let (mut deliveries, mut seen) = (0, 0);
    while cursor < end && seen < MAX_EVENTS {
        let owned = app.clone();
        let (added, read, last) = app
            .store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    let webhook = enabled(tx, organization, id).await?;
                    let mut page = event::list_after(tx, organization, cursor, PAGE).await?;
                    page.retain(|event| event.seq <= end);
                    let last = page.last().map_or(end, |event| event.seq);
                    // Tests are not repeated.
                    page.retain(|event| event.event.only_webhook().is_none());
                    let added = events::enqueue(&owned, tx, std::slice::from_ref(&webhook), &page).await?;
                    Ok((added, page.len().max(1), last))
                })
            })
            .await?;
        deliveries += added;
        seen += read;
        cursor = last;
        events::announce(app, organization);
    }
    Ok(Replayed {
        deliveries,
        first_seq,
        has_gap,
        last_seq: cursor,
        is_complete: cursor >= end,
    })
}

struct Start {
    /// The place before the first event to be looked at.
    cursor: i64,
    /// The last place of the log.
    end: i64,
    has_gap: bool,
}

/// Where a replay begins and ends. What is not kept any more is left out, and told.
async fn begin(app: &Arc<App>, caller: &Caller, id: WebhookId, from: From) -> Result<Start> {
    let organization = caller.organization_id;
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                enabled(tx, organization, id).await?;
                let end = event::last_seq(tx, organization).await?;
                let forgotten = event::seq_before_kept(tx, organization).await?;
                let (cursor, has_gap) = match from {
                    From::AfterSeq(seq) if !(0..=end).contains(&seq) => {
                        return Err(Error::field("/after_seq", Flaw::NotAPlaceInTheLog { max: end }));
                    }
                    From::AfterSeq(seq) => (seq.max(forgotten), seq < forgotten),
                    From::Since(at) => {
                        let start = event::seq_before(tx, organization, at).await?;
                        // Nobody knows any more when what is forgotten happened.
                        (start, start == forgotten && forgotten > 0)
                    }
                };
                Ok(Start { cursor, end, has_gap })
            })
        })
        .await
}
