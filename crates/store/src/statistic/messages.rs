//! What a message counts, and where.

use pesan_model::message::Message;
use pesan_model::statistics::time_bucket;
use pesan_model::{AccountId, ChatId, Day, Direction, MessageId, MessageStatus, OrganizationId, Timestamp};

use super::{ACTIVE_CHATS, COLUMNS, Measure, day_at};
use crate::{Error, Tx, args, rows};

rows! {
    /// What of a message is counted.
    pub(crate) struct Standing {
        account_id: AccountId,
        chat_id: ChatId,
        direction: Direction,
        kind: String,
        status: MessageStatus,
        at: Timestamp,
        sent_at: Option<Timestamp>,
        read_at: Option<Timestamp>,
        failed_at: Option<Timestamp>,
        waited: Option<i64>,
        is_counted: bool,
        counted_on: Option<Day>,
    }
}

/// Says that nobody waited for a message.
pub(crate) const NOBODY_WAITED: i64 = -1;

impl Standing {
    /// What is counted of a message that is to be added, but for its day.
    pub(crate) fn of_new(message: &Message, at: Timestamp) -> Self {
        Self {
            account_id: message.account_id,
            chat_id: message.chat_id,
            direction: message.direction,
            kind: message.content.kind().to_owned(),
            status: message.status,
            at,
            sent_at: message.sent_at,
            read_at: message.read_at,
            failed_at: message.failed_at,
            waited: Some(NOBODY_WAITED),
            is_counted: true,
            counted_on: None,
        }
    }

    /// Whether it is something that people wrote to each other, whatever became of it.
    pub(super) fn is_said(&self) -> bool {
        !matches!(self.kind.as_str(), "reaction" | "group_change")
    }

    /// When it counts; never while it waits.
    fn moment(&self) -> Option<Timestamp> {
        if !self.is_said() {
            return None;
        }
        match self.status {
            MessageStatus::Received => Some(self.at),
            MessageStatus::Sent | MessageStatus::Delivered | MessageStatus::Read | MessageStatus::Played => {
                Some(self.sent_at.unwrap_or(self.at))
            }
            MessageStatus::Failed => Some(self.failed_at.unwrap_or(self.at)),
            MessageStatus::Queued | MessageStatus::Cancelled => None,
        }
    }

    /// Whether WhatsApp accepted it.
    fn is_sent(&self) -> bool {
        matches!(
            self.status,
            MessageStatus::Sent | MessageStatus::Delivered | MessageStatus::Read | MessageStatus::Played
        )
    }

    /// In which columns of its day it counts.
    fn columns(&self) -> [bool; COLUMNS.len()] {
        let (received, sent, delivered, read, played, failed) = match self.status {
            MessageStatus::Received => (true, false, false, false, false, false),
            MessageStatus::Sent => (false, true, false, false, false, false),
            MessageStatus::Delivered => (false, true, true, false, false, false),
            MessageStatus::Read => (false, true, true, true, false, false),
            MessageStatus::Played => (false, true, true, true, true, false),
            MessageStatus::Failed => (false, false, false, false, false, true),
            MessageStatus::Queued | MessageStatus::Cancelled => (false, false, false, false, false, false),
        };
        // That a chat is active is known by the chat's own days.
        [received, sent, delivered, read, played, failed, false]
    }

    /// What took how long.
    fn times(&self) -> impl Iterator<Item = (Measure, usize)> {
        // It was accepted then, and can have left much later: it was put off, or there was no connection.
        let late = (self.sent_at.unwrap_or(self.at).millis() - self.at.millis()).max(0);
        let waited = self.waited.filter(|waited| *waited >= 0 && self.is_sent());
        let waited = waited.map(|waited| waited + late);
        let read = match (self.direction, self.status, self.read_at) {
            (Direction::Out, MessageStatus::Read | MessageStatus::Played, Some(read_at)) => {
                Some(read_at.millis() - self.sent_at.unwrap_or(self.at).millis())
            }
            _ => None,
        };
        let times = [(Measure::Reply, waited), (Measure::Read, read)];
        times
            .into_iter()
            .filter_map(|(measure, time)| Some((measure, time_bucket(time?))))
    }
}

/// What of a message is counted, of one that nobody else changes until the transaction ends.
pub(crate) async fn standing(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: MessageId,
) -> Result<Standing, Error> {
    let sql = format!(
        "SELECT {} FROM message WHERE organization_id = $1 AND id = $2",
        Standing::COLUMNS
    );
    tx.fetch_one("message", &sql, args![organization_id, id]).await
}

/// The day on which a message counts that is to be added; none while it waits.
pub(crate) async fn day_of(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    message: &Standing,
) -> Result<Option<Day>, Error> {
    match message.moment() {
        Some(moment) => Ok(Some(day_at(tx, organization_id, moment).await?)),
        None => Ok(None),
    }
}

/// A message is there, which counts on the day that it says.
pub(crate) fn add(tx: &mut Tx<'_>, organization_id: OrganizationId, message: &Standing) {
    shift(tx, organization_id, message, 1);
}

/// As [`add`], but for the days of its chat: [`count_chat_days`] counts those of all chats at the end.
pub(crate) fn add_in_bulk(tx: &mut Tx<'_>, organization_id: OrganizationId, message: &Standing) {
    if let Some(day) = message.counted_on {
        count(tx, organization_id, (message, day), 1);
    }
}

/// Counts the days of all chats, none of which is counted yet.
pub(crate) async fn count_chat_days(tx: &mut Tx<'_>) -> Result<(), Error> {
    for sql in [
        "INSERT INTO chat_day (chat_id, day, messages) \
         SELECT chat_id, counted_on, COUNT(*) FROM message WHERE counted_on IS NOT NULL GROUP BY chat_id, counted_on",
        "UPDATE account_day SET active_chats = active.chats FROM (\
         SELECT chat.account_id, chat_day.day, COUNT(*) AS chats FROM chat_day JOIN chat ON chat.id = chat_day.chat_id \
         GROUP BY chat.account_id, chat_day.day) active \
         WHERE account_day.account_id = active.account_id AND account_day.day = active.day",
    ] {
        tx.execute(sql, Vec::new()).await?;
    }
    Ok(())
}

/// A message as it was is there no more.
pub(crate) fn remove(tx: &mut Tx<'_>, organization_id: OrganizationId, message: &Standing) {
    shift(tx, organization_id, message, -1);
}

fn shift(tx: &mut Tx<'_>, organization_id: OrganizationId, message: &Standing, sign: i64) {
    let Some(day) = message.counted_on else { return };
    count(tx, organization_id, (message, day), sign);
    move_chat(tx, (organization_id, message.account_id), (message.chat_id, day), sign);
}

/// A message becomes another one. Gives the day on which it counts then, which is to be written down with it.
pub(crate) async fn change(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (before, mut after): (&Standing, Standing),
) -> Result<Option<Day>, Error> {
    if !before.is_counted {
        // It is counted as it is then.
        return Ok(before.counted_on);
    }
    after.counted_on = if before.moment() == after.moment() {
        before.counted_on
    } else {
        day_of(tx, organization_id, &after).await?
    };
    if before.counted_on == after.counted_on {
        if let Some(day) = before.counted_on {
            count(tx, organization_id, (before, day), -1);
            count(tx, organization_id, (&after, day), 1);
        }
    } else {
        remove(tx, organization_id, before);
        add(tx, organization_id, &after);
    }
    Ok(after.counted_on)
}

/// Somebody had waited so long for a message that was just added.
pub(crate) async fn answer(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (id, waited): (MessageId, i64),
) -> Result<(), Error> {
    let sql = format!(
        "UPDATE message SET waited = $1 WHERE organization_id = $2 AND id = $3 RETURNING {}",
        Standing::COLUMNS
    );
    let after: Standing = tx
        .fetch_one("message", &sql, args![waited.max(0), organization_id, id])
        .await?;
    let before = Standing {
        waited: Some(NOBODY_WAITED),
        ..after.clone()
    };
    change(tx, organization_id, (&before, after)).await?;
    Ok(())
}

/// The messages of `gone` are those of `kept` from now on.
pub(crate) async fn merge_chats(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    account_id: AccountId,
    (gone, kept): (ChatId, ChatId),
) -> Result<(), Error> {
    let days: Vec<(Day, i64)> = tx
        .fetch_all(
            "DELETE FROM chat_day WHERE chat_id = $1 RETURNING day, messages",
            args![gone],
        )
        .await?;
    for (day, messages) in days {
        let counts = tx.statistics.days.entry((organization_id, account_id, day));
        counts.or_default()[ACTIVE_CHATS] -= 1;
        move_chat(tx, (organization_id, account_id), (kept, day), messages);
    }
    // What this transaction itself changed before is not written yet.
    let changes = &tx.statistics.chats;
    let changed: Vec<_> = changes.keys().filter(|(chat, _)| *chat == gone).copied().collect();
    for (_, day) in changed {
        if let Some((.., messages)) = tx.statistics.chats.remove(&(gone, day)) {
            move_chat(tx, (organization_id, account_id), (kept, day), messages);
        }
    }
    Ok(())
}

fn count(tx: &mut Tx<'_>, organization_id: OrganizationId, (message, day): (&Standing, Day), sign: i64) {
    let account_day = (organization_id, message.account_id, day);
    let counts = tx.statistics.days.entry(account_day).or_default();
    for (count, is_in) in counts.iter_mut().zip(message.columns()) {
        *count += sign * i64::from(is_in);
    }
    if sign > 0
        && let Some(moment) = message.moment()
        && (message.is_sent() || message.status == MessageStatus::Received)
    {
        let lasts = tx.statistics.lasts.entry(account_day).or_default();
        let last = &mut lasts[usize::from(message.is_sent())];
        *last = (*last).max(Some(moment));
    }
    for (measure, bucket) in message.times() {
        *tx.statistics.times.entry((account_day, measure, bucket)).or_default() += sign;
    }
}

/// A chat has so many messages more or less on a day.
fn move_chat(
    tx: &mut Tx<'_>,
    (organization_id, account_id): (OrganizationId, AccountId),
    (chat_id, day): (ChatId, Day),
    messages: i64,
) {
    let nothing = (organization_id, account_id, 0);
    tx.statistics.chats.entry((chat_id, day)).or_insert(nothing).2 += messages;
}
