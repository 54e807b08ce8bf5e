//! Accounts, the history of their states, and what is left of their pacing.

pub mod activity;
pub mod alert;

use pesan_model::account::{Account, StateChange};
use pesan_model::pacing::{Bucket, Pacing};
use pesan_model::{
    AccountId, AccountState, MediaId, OrganizationId, ProviderKind, StateReason, TeamId, Timestamp, UserId,
};
use uuid::Uuid;

use crate::job::SEND_MESSAGE;
use crate::{Error, Tx, args, media, rows};

rows! {
    struct AccountRow {
        id: AccountId,
        name: String,
        provider: ProviderKind,
        state: AccountState,
        reason_code: Option<String>,
        reason_detail: Option<String>,
        state_since: Timestamp,
        not_before: Option<Timestamp>,
        phone: Option<String>,
        lid: Option<String>,
        push_name: Option<String>,
        pacing_per_minute: Option<u32>,
        pacing_burst: Option<u32>,
        queued: u64,
        assignee_id: Option<UserId>,
        team_id: Option<TeamId>,
        last_connected_at: Option<Timestamp>,
        created_at: Timestamp,
    }

    struct HistoryRow {
        id: Uuid,
        state: AccountState,
        reason_code: Option<String>,
        reason_detail: Option<String>,
        at: Timestamp,
    }

    /// An account that should run.
    pub struct Wanted {
        id: AccountId,
        organization_id: OrganizationId,
        state: AccountState,
        not_before: Option<Timestamp>,
    }
}

impl Wanted {
    /// Its id.
    pub fn id(&self) -> AccountId {
        self.id
    }

    /// Whose it is.
    pub fn organization_id(&self) -> OrganizationId {
        self.organization_id
    }

    /// Its state.
    pub fn state(&self) -> AccountState {
        self.state
    }

    /// Until when WhatsApp limits its number.
    pub fn not_before(&self) -> Option<Timestamp> {
        self.not_before
    }
}

fn reason(code: Option<String>, detail: Option<String>) -> Option<StateReason> {
    Some(StateReason {
        code: code?,
        detail: detail.unwrap_or_default(),
    })
}

fn pacing(per_minute: Option<u32>, burst: Option<u32>) -> Option<Pacing> {
    Some(Pacing {
        per_minute: per_minute?,
        burst: burst?,
    })
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        let reason = reason(row.reason_code, row.reason_detail);
        Self {
            id: row.id,
            name: row.name,
            provider: row.provider,
            state: row.state,
            advice: row.state.advice_because(reason.as_ref()).to_owned(),
            reason,
            state_since: row.state_since,
            limited_until: row.not_before.filter(|_| row.state == AccountState::Restricted),
            phone: row.phone,
            lid: row.lid,
            push_name: row.push_name,
            pacing: pacing(row.pacing_per_minute, row.pacing_burst),
            queued: row.queued,
            assignee_id: row.assignee_id,
            team_id: row.team_id,
            last_connected_at: row.last_connected_at,
            created_at: row.created_at,
        }
    }
}

/// Accounts with the number of their messages that wait.
fn select(rest: &str) -> String {
    format!(
        "SELECT {} FROM (SELECT account.*, (SELECT COUNT(*) FROM job \
         WHERE job.kind = $1 AND job.partition = account.id) AS queued FROM account) AS account WHERE {rest}",
        AccountRow::COLUMNS
    )
}

/// Adds an account as it is. It is not wanted yet.
pub async fn insert(tx: &mut Tx<'_>, organization_id: OrganizationId, account: &Account) -> Result<(), Error> {
    let full = account.pacing.map(|pacing| Bucket::full(pacing, account.created_at));
    tx.execute(
        "INSERT INTO account (id, organization_id, name, provider, state, reason_code, reason_detail, state_since, \
         is_wanted, phone, lid, push_name, pacing_per_minute, pacing_burst, bucket_millitokens, bucket_at, \
         last_connected_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        args![
            account.id,
            organization_id,
            &account.name,
            account.provider,
            account.state,
            account.reason.as_ref().map(|reason| &reason.code),
            account.reason.as_ref().map(|reason| &reason.detail),
            account.state_since,
            false,
            account.phone.as_ref(),
            account.lid.as_ref(),
            account.push_name.as_ref(),
            account.pacing.map(|pacing| pacing.per_minute),
            account.pacing.map(|pacing| pacing.burst),
            full.map_or(0, |bucket| bucket.millitokens),
            account.created_at,
            account.last_connected_at,
            account.created_at
        ],
    )
    .await?;
    Ok(())
}

/// The account.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: AccountId) -> Result<Account, Error> {
    let sql = select("organization_id = $2 AND id = $3");
    let row: AccountRow = tx
        .fetch_one("account", &sql, args![SEND_MESSAGE, organization_id, id])
        .await?;
    Ok(row.into())
}

/// Up to `limit` accounts after `after`, oldest first.
pub async fn list(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    after: Option<AccountId>,
    limit: usize,
) -> Result<Vec<Account>, Error> {
    let sql = select("organization_id = $2 AND id > $3 ORDER BY id LIMIT $4");
    let after = after.map_or_else(Uuid::nil, AccountId::uuid);
    let rows: Vec<AccountRow> = tx
        .fetch_all(&sql, args![SEND_MESSAGE, organization_id, after, limit])
        .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Whose it is. For work of the process itself, never for a request.
pub async fn organization_of(tx: &mut Tx<'_>, id: AccountId) -> Result<OrganizationId, Error> {
    let (organization_id,): (OrganizationId,) = tx
        .fetch_one(
            "account",
            "SELECT organization_id FROM account WHERE id = $1",
            args![id],
        )
        .await?;
    Ok(organization_id)
}

/// Renames it.
pub async fn set_name(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: AccountId,
    name: &str,
) -> Result<(), Error> {
    let changed = tx
        .execute(
            "UPDATE account SET name = $1 WHERE organization_id = $2 AND id = $3",
            args![name, organization_id, id],
        )
        .await?;
    found(changed)
}

/// Changes how fast it may send. Starts with a full bucket.
pub async fn set_pacing(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: AccountId,
    pacing: Option<Pacing>,
    now: Timestamp,
) -> Result<(), Error> {
    let full = pacing.map_or(0, |pacing| Bucket::full(pacing, now).millitokens);
    let changed = tx
        .execute(
            "UPDATE account SET pacing_per_minute = $1, pacing_burst = $2, bucket_millitokens = $3, bucket_at = $4 \
             WHERE organization_id = $5 AND id = $6",
            args![
                pacing.map(|pacing| pacing.per_minute),
                pacing.map(|pacing| pacing.burst),
                full,
                now,
                organization_id,
                id
            ],
        )
        .await?;
    found(changed)
}

/// How fast it may send, and what is left of its bucket.
pub async fn bucket(tx: &mut Tx<'_>, id: AccountId) -> Result<(Option<Pacing>, Bucket), Error> {
    let (per_minute, burst, millitokens, at): (Option<u32>, Option<u32>, i64, Timestamp) = tx
        .fetch_one(
            "account",
            "SELECT pacing_per_minute, pacing_burst, bucket_millitokens, bucket_at FROM account WHERE id = $1",
            args![id],
        )
        .await?;
    Ok((pacing(per_minute, burst), Bucket { millitokens, at }))
}

/// Keeps what is left of its bucket.
pub async fn set_bucket(tx: &mut Tx<'_>, id: AccountId, bucket: Bucket) -> Result<(), Error> {
    tx.execute(
        "UPDATE account SET bucket_millitokens = $1, bucket_at = $2 WHERE id = $3",
        args![bucket.millitokens, bucket.at, id],
    )
    .await?;
    Ok(())
}

/// A new state.
#[derive(Debug, Clone)]
pub struct NewState {
    /// A new id for the history.
    pub history_id: Uuid,
    /// The state.
    pub state: AccountState,
    /// Why.
    pub reason: Option<StateReason>,
    /// Whether it should be connected from now on.
    pub is_wanted: bool,
}

/// Puts it into a new state and adds that to its history.
pub async fn set_state(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: AccountId,
    new: &NewState,
    now: Timestamp,
) -> Result<(), Error> {
    let code = new.reason.as_ref().map(|reason| &reason.code);
    let detail = new.reason.as_ref().map(|reason| &reason.detail);
    let changed = tx
        .execute(
            "UPDATE account SET state = $1, reason_code = $2, reason_detail = $3, state_since = $4, is_wanted = $5 \
             WHERE organization_id = $6 AND id = $7",
            args![new.state, code, detail, now, new.is_wanted, organization_id, id],
        )
        .await?;
    found(changed)?;
    add_history(tx, organization_id, id, new, now).await
}

/// Adds an entry to its history.
pub async fn add_history(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: AccountId,
    new: &NewState,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO account_state (id, organization_id, account_id, state, reason_code, reason_detail, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![
            new.history_id,
            organization_id,
            id,
            new.state,
            new.reason.as_ref().map(|reason| &reason.code),
            new.reason.as_ref().map(|reason| &reason.detail),
            now
        ],
    )
    .await?;
    Ok(())
}

/// Up to `limit` entries of its history before entry `before`, newest first, each with its id.
pub async fn history(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: AccountId,
    before: Option<Uuid>,
    limit: usize,
) -> Result<Vec<(Uuid, StateChange)>, Error> {
    let sql = format!(
        "SELECT {} FROM account_state WHERE account_id = $1 AND organization_id = $2 AND id < $3 \
         ORDER BY id DESC LIMIT $4",
        HistoryRow::COLUMNS
    );
    let before = before.unwrap_or(Uuid::max());
    let rows: Vec<HistoryRow> = tx.fetch_all(&sql, args![id, organization_id, before, limit]).await?;
    let changes = rows.into_iter().map(|row| {
        let change = StateChange {
            state: row.state,
            reason: reason(row.reason_code, row.reason_detail),
            at: row.at,
        };
        (row.id, change)
    });
    Ok(changes.collect())
}

/// Who it is on WhatsApp, as far as that is told; what is not told stays.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// The number, with the plus.
    pub phone: Option<String>,
    /// WhatsApp's own id, as `…@lid`.
    pub lid: Option<String>,
    /// The name shown to other people.
    pub push_name: Option<String>,
}

/// Remembers who it is on WhatsApp.
pub async fn set_identity(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: AccountId,
    identity: &Identity,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE account SET phone = COALESCE($1, phone), lid = COALESCE($2, lid), \
         push_name = COALESCE($3, push_name) WHERE organization_id = $4 AND id = $5",
        args![
            identity.phone.as_ref(),
            identity.lid.as_ref(),
            identity.push_name.as_ref(),
            organization_id,
            id
        ],
    )
    .await?;
    Ok(())
}

/// Remembers until when WhatsApp limits its number; `None` when it does not.
pub async fn set_not_before(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: AccountId,
    not_before: Option<Timestamp>,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE account SET not_before = $1 WHERE organization_id = $2 AND id = $3",
        args![not_before, organization_id, id],
    )
    .await?;
    Ok(())
}

/// Remembers when it was last connected, which says too that WhatsApp does not limit its number.
pub async fn set_last_connected(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: AccountId,
    at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE account SET last_connected_at = $1, not_before = NULL WHERE organization_id = $2 AND id = $3",
        args![at, organization_id, id],
    )
    .await?;
    Ok(())
}

/// Whether it should be connected, and by whom it is owned; none when it does not exist. For the process itself.
pub async fn wanted(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Wanted>, Error> {
    let sql = format!(
        "SELECT {} FROM account WHERE id = $1 AND is_wanted = $2",
        Wanted::COLUMNS
    );
    tx.fetch_optional(&sql, args![id, true]).await
}

/// Every account that should run, with its state, that `node` may take: nobody holds its lease, or the node itself does. For the
/// process itself.
pub async fn list_available(
    tx: &mut Tx<'_>,
    node: &str,
    now: Timestamp,
) -> Result<Vec<(AccountId, AccountState)>, Error> {
    tx.fetch_all(
        "SELECT account.id, account.state FROM account LEFT JOIN lease ON lease.account_id = account.id \
             WHERE account.is_wanted = $1 \
             AND (lease.account_id IS NULL OR lease.owner = $2 OR lease.expires_at < $3) ORDER BY account.id",
        args![true, node, now],
    )
    .await
}

/// Deletes it with its chats, messages, history, credentials, waiting work, and the rows of files that no other
/// account's messages use. The files themselves are looked at later.
pub async fn delete(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: AccountId,
    now: Timestamp,
) -> Result<(), Error> {
    let files: Vec<(MediaId,)> = tx
        .fetch_all(
            "SELECT DISTINCT media_id FROM message WHERE account_id = $1 AND organization_id = $2 \
             AND media_id IS NOT NULL",
            args![id, organization_id],
        )
        .await?;
    tx.execute(
        "DELETE FROM job WHERE partition = $1 AND organization_id = $2",
        args![id, organization_id],
    )
    .await?;
    let deleted = tx
        .execute(
            "DELETE FROM account WHERE organization_id = $1 AND id = $2",
            args![organization_id, id],
        )
        .await?;
    found(deleted)?;
    for (file,) in files {
        media::release(tx, organization_id, file, now).await?;
    }
    Ok(())
}

/// How many accounts of all organizations are in each state. For metrics.
pub async fn count_by_state(tx: &mut Tx<'_>) -> Result<Vec<(AccountState, u64)>, Error> {
    tx.fetch_all("SELECT state, COUNT(*) FROM account GROUP BY state", args![])
        .await
}

fn found(changed: u64) -> Result<(), Error> {
    if changed == 0 {
        return Err(Error::NotFound { what: "account" });
    }
    Ok(())
}

/// The account's state and what to do about it, and nothing else: what accepting a message needs.
pub async fn standing(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: AccountId,
) -> Result<(AccountState, &'static str), Error> {
    let (state, code): (AccountState, Option<String>) = tx
        .fetch_one(
            "account",
            "SELECT state, reason_code FROM account WHERE organization_id = $1 AND id = $2",
            args![organization_id, id],
        )
        .await?;
    Ok((state, state.advice_because(reason(code, None).as_ref())))
}
