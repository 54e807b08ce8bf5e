//! The rows behind two figures, the newest day first: messages that were given up, and people we met.

use pesan_model::{ContactId, Day, MessageId, OrganizationId};
use uuid::Uuid;

use super::sums::Range;
use crate::{Error, Tx, args};

/// A row's place: the day it counts on, and its id.
pub type Place<I> = (Day, I);

/// The messages that were given up on these days and were not deleted since: those behind `before`.
pub async fn failed(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    range: Range,
    before: Option<Place<MessageId>>,
    limit: usize,
) -> Result<Vec<Place<MessageId>>, Error> {
    let (day, id) = before.map_or((range.to, Uuid::max()), |(day, id)| (day, id.uuid()));
    let mut values = args![organization_id, range.from, range.to, day, id, limit];
    // Each has an index of its own: an account with few of them is not looked for among all.
    let among = match range.account_id {
        Some(account_id) => {
            values.extend(args![account_id]);
            "account_id = $7 AND organization_id = $1"
        }
        None => "organization_id = $1",
    };
    let sql = format!(
        "SELECT counted_on, id FROM message WHERE {among} AND status = 'failed' AND deleted_at IS NULL \
         AND counted_on >= $2 AND counted_on <= $3 AND (counted_on, id) < ($4, $5) \
         ORDER BY counted_on DESC, id DESC LIMIT $6"
    );
    tx.fetch_all(&sql, values).await
}

/// The people we met on these days: those behind `before`. Whoever was joined with somebody else is not among them.
pub async fn met(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (from, to): (Day, Day),
    before: Option<Place<ContactId>>,
    limit: usize,
) -> Result<Vec<Place<ContactId>>, Error> {
    let (day, id) = before.map_or((to, Uuid::max()), |(day, id)| (day, id.uuid()));
    tx.fetch_all(
        "SELECT counted_on, id FROM contact WHERE organization_id = $1 AND merged_into IS NULL \
         AND counted_on >= $2 AND counted_on <= $3 AND (counted_on, id) < ($4, $5) \
         ORDER BY counted_on DESC, id DESC LIMIT $6",
        args![organization_id, from, to, day, id, limit],
    )
    .await
}
