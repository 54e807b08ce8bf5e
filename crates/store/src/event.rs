//! The event log of each organization.
//!
//! Places follow the order of commit: the counter on the organization's row is taken by the last statement of a
//! transaction and held until it commits. On PostgreSQL that row lock is what keeps a reader from stepping over a
//! transaction that commits late. So: append as the last thing, and never wait for anything afterwards.

use pesan_model::event::LoggedEvent;
use pesan_model::{ChatId, Event, EventId, OrganizationId, Timestamp};

use crate::{Error, Tx, args, rows};

rows! {
    /// A stored event.
    struct EventRow {
        seq: i64,
        id: EventId,
        at: Timestamp,
        body: String,
    }
}

impl EventRow {
    fn into_logged(self, organization_id: OrganizationId) -> Result<LoggedEvent, Error> {
        let event = serde_json::from_str(&self.body).map_err(|error| Error::corrupt("event", error))?;
        Ok(LoggedEvent {
            id: self.id,
            organization_id,
            seq: self.seq,
            at: self.at,
            event,
        })
    }
}

/// Appends events and gives them their places. The last thing before the commit.
pub async fn append(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    events: Vec<(EventId, Event)>,
    now: Timestamp,
) -> Result<Vec<LoggedEvent>, Error> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let (last,): (i64,) = tx
        .fetch_one(
            "organization",
            "UPDATE organization SET event_seq = event_seq + $1 WHERE id = $2 RETURNING event_seq",
            args![events.len(), organization_id],
        )
        .await?;
    let first = last - events.len() as i64 + 1;
    let mut logged = Vec::with_capacity(events.len());
    for (seq, (id, event)) in (first..).zip(events) {
        let body = serde_json::to_string(&event).map_err(|error| Error::corrupt("event", error))?;
        tx.execute(
            "INSERT INTO event (organization_id, seq, id, name, account_id, chat_id, at, body) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            args![
                organization_id,
                seq,
                id,
                event.name(),
                event.account_id(),
                event.chat_id(),
                now,
                body
            ],
        )
        .await?;
        logged.push(LoggedEvent {
            id,
            organization_id,
            seq,
            at: now,
            event,
        });
    }
    Ok(logged)
}

/// Up to `limit` events after place `after`, in order.
pub async fn list_after(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    after: i64,
    limit: usize,
) -> Result<Vec<LoggedEvent>, Error> {
    let sql = format!(
        "SELECT {} FROM event WHERE organization_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        EventRow::COLUMNS
    );
    let rows: Vec<EventRow> = tx.fetch_all(&sql, args![organization_id, after, limit]).await?;
    rows.into_iter().map(|row| row.into_logged(organization_id)).collect()
}

/// The event at a place.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, seq: i64) -> Result<LoggedEvent, Error> {
    let sql = format!(
        "SELECT {} FROM event WHERE organization_id = $1 AND seq = $2",
        EventRow::COLUMNS
    );
    tx.fetch_one::<EventRow>("event", &sql, args![organization_id, seq])
        .await?
        .into_logged(organization_id)
}

/// The last place given.
pub async fn last_seq(tx: &mut Tx<'_>, organization_id: OrganizationId) -> Result<i64, Error> {
    let (seq,): (i64,) = tx
        .fetch_one(
            "organization",
            "SELECT event_seq FROM organization WHERE id = $1",
            args![organization_id],
        )
        .await?;
    Ok(seq)
}

/// The place before the first event that is still kept: from there, [`list_after`] skips nothing.
pub async fn seq_before_kept(tx: &mut Tx<'_>, organization_id: OrganizationId) -> Result<i64, Error> {
    let first: Option<(i64,)> = tx
        .fetch_optional(
            "SELECT seq FROM event WHERE organization_id = $1 ORDER BY seq LIMIT 1",
            args![organization_id],
        )
        .await?;
    match first {
        Some((seq,)) => Ok(seq - 1),
        None => last_seq(tx, organization_id).await,
    }
}

/// The place before the first event at or after a time: from there, [`list_after`] goes on with that event.
pub async fn seq_before(tx: &mut Tx<'_>, organization_id: OrganizationId, at: Timestamp) -> Result<i64, Error> {
    let first: Option<(i64,)> = tx
        .fetch_optional(
            "SELECT seq FROM event WHERE organization_id = $1 AND at >= $2 ORDER BY at, seq LIMIT 1",
            args![organization_id, at],
        )
        .await?;
    match first {
        Some((seq,)) => Ok(seq - 1),
        None => last_seq(tx, organization_id).await,
    }
}

/// The first place that a webhook still has to be told of.
pub async fn first_untold(tx: &mut Tx<'_>, organization_id: OrganizationId) -> Result<Option<i64>, Error> {
    let (untold,): (Option<i64>,) = tx
        .fetch_one(
            "delivery",
            "SELECT MIN(d.event_seq) FROM webhook w JOIN delivery d ON d.webhook_id = w.id \
             WHERE w.organization_id = $1 AND d.state = 'pending'",
            args![organization_id],
        )
        .await?;
    Ok(untold)
}

/// Deletes up to `limit` of an organization's events from before `before`, oldest first, of which none is at place `end` or
/// later. Says how many.
pub async fn delete_before(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (before, end): (Timestamp, Option<i64>),
    limit: usize,
) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM event WHERE organization_id = $1 AND seq < $4 AND seq IN (\
         SELECT seq FROM event WHERE organization_id = $1 AND at < $2 ORDER BY at, seq LIMIT $3)",
        args![organization_id, before, limit, end.unwrap_or(i64::MAX)],
    )
    .await
}

rows! {
    /// An event as it is stored.
    pub struct EventText {
        seq: i64,
        name: String,
        chat_id: Option<ChatId>,
        body: String,
    }
}

impl EventText {
    /// Its place.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// Its type.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The chat it is about.
    pub fn chat_id(&self) -> Option<ChatId> {
        self.chat_id
    }

    /// It, as JSON.
    pub fn body(&self) -> &str {
        &self.body
    }
}

/// Up to `limit` events after place `after` up to and with `upto`, in order, as they are stored.
pub async fn list_texts(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (after, upto): (i64, i64),
    limit: usize,
) -> Result<Vec<EventText>, Error> {
    let sql = format!(
        "SELECT {} FROM event WHERE organization_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4",
        EventText::COLUMNS
    );
    tx.fetch_all(&sql, args![organization_id, after, upto, limit]).await
}

/// Puts `event` at a place of the log, instead of what is there. The place stays, so that whoever reads on from one misses
/// nothing.
pub async fn replace(tx: &mut Tx<'_>, organization_id: OrganizationId, seq: i64, event: &Event) -> Result<(), Error> {
    let body = serde_json::to_string(event).map_err(|error| Error::corrupt("event", error))?;
    tx.execute(
        "UPDATE event SET name = $3, account_id = NULL, chat_id = NULL, body = $4 WHERE organization_id = $1 AND seq = $2",
        args![organization_id, seq, event.name(), body],
    )
    .await?;
    Ok(())
}
