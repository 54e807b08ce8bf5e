//! What goes over accounts, who is given their chats, and what states they were in.

use pesan_model::{AccountId, AccountState, Day, OrganizationId, TeamId, Timestamp, UserId};

use crate::{Error, Tx, args};

/// To whom chats are given that begin on the account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Handler {
    /// Who looks after them.
    pub assignee_id: Option<UserId>,
    /// The team that they belong to.
    pub team_id: Option<TeamId>,
}

/// To whom chats are given that begin on the account.
pub async fn handler(tx: &mut Tx<'_>, organization_id: OrganizationId, id: AccountId) -> Result<Handler, Error> {
    let (assignee_id, team_id): (Option<UserId>, Option<TeamId>) = tx
        .fetch_one(
            "account",
            "SELECT assignee_id, team_id FROM account WHERE organization_id = $1 AND id = $2",
            args![organization_id, id],
        )
        .await?;
    Ok(Handler { assignee_id, team_id })
}

/// Sets to whom they are given.
pub async fn set_handler(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: AccountId,
    handler: Handler,
) -> Result<(), Error> {
    let changed = tx
        .execute(
            "UPDATE account SET assignee_id = $1, team_id = $2 WHERE organization_id = $3 AND id = $4",
            args![handler.assignee_id, handler.team_id, organization_id, id],
        )
        .await?;
    super::found(changed)
}

/// When the last message came in on the account, and when the last one left.
pub async fn last_messages(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: AccountId,
) -> Result<[Option<Timestamp>; 2], Error> {
    let mut found = [None; 2];
    for (place, column) in found.iter_mut().zip(["last_received_at", "last_sent_at"]) {
        // A message of a day may have left before one of the day before: it counts where it was when it was counted.
        let sql = format!(
            "SELECT {column} FROM account_day WHERE organization_id = $1 AND account_id = $2 \
             AND {column} IS NOT NULL ORDER BY day DESC LIMIT 1"
        );
        let last: Option<(Timestamp,)> = tx.fetch_optional(&sql, args![organization_id, id]).await?;
        *place = last.map(|(at,)| at);
    }
    Ok(found)
}

/// How many messages left on a day.
pub async fn sent_on(tx: &mut Tx<'_>, organization_id: OrganizationId, id: AccountId, day: Day) -> Result<u64, Error> {
    let found: Option<(u64,)> = tx
        .fetch_optional(
            "SELECT sent FROM account_day WHERE organization_id = $1 AND account_id = $2 AND day = $3",
            args![organization_id, id, day],
        )
        .await?;
    Ok(found.map_or(0, |(sent,)| sent))
}

/// Into which states an account came out of `connected` since `since`, each with the code of its reason, and how often.
pub async fn ends_since(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: AccountId,
    since: Timestamp,
) -> Result<Vec<(AccountState, Option<String>, u64)>, Error> {
    tx.fetch_all(
        "SELECT state, reason_code, COUNT(*) FROM (\
         SELECT at, state, reason_code, LAG(state) OVER (ORDER BY id) AS was FROM account_state \
         WHERE organization_id = $1 AND account_id = $2 AND id >= COALESCE((\
         SELECT id FROM account_state WHERE organization_id = $1 AND account_id = $2 AND at < $3 \
         ORDER BY id DESC LIMIT 1), $4)) step WHERE at >= $3 AND was = $5 GROUP BY state, reason_code",
        args![organization_id, id, since, uuid::Uuid::nil(), AccountState::Connected],
    )
    .await
}
