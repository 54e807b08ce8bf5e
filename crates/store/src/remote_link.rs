//! Links by which somebody far away sees the QR code of an account.

use pesan_model::remote_link::RemoteLink;
use pesan_model::{AccountId, ApiKeyId, OrganizationId, RemoteLinkId, Timestamp, UserId};

use crate::{Error, Tx, args, rows};

rows! {
    struct RemoteLinkRow {
        id: RemoteLinkId,
        account_id: AccountId,
        created_at: Timestamp,
        expires_at: Timestamp,
        opened_at: Option<Timestamp>,
    }

    /// A link that somebody has the token of, good or not.
    pub struct FoundLink {
        id: RemoteLinkId,
        organization_id: OrganizationId,
        account_id: AccountId,
        browser_hash: Option<Vec<u8>>,
        user_id: Option<UserId>,
        key_id: Option<ApiKeyId>,
        expires_at: Timestamp,
        ended_at: Option<Timestamp>,
        ended_by: Option<String>,
    }
}

impl From<RemoteLinkRow> for RemoteLink {
    fn from(row: RemoteLinkRow) -> Self {
        Self {
            id: row.id,
            account_id: row.account_id,
            created_at: row.created_at,
            expires_at: row.expires_at,
            opened_at: row.opened_at,
        }
    }
}

impl FoundLink {
    /// Its id.
    pub fn id(&self) -> RemoteLinkId {
        self.id
    }

    /// Whose it is.
    pub fn organization_id(&self) -> OrganizationId {
        self.organization_id
    }

    /// Whose QR code it shows.
    pub fn account_id(&self) -> AccountId {
        self.account_id
    }

    /// Who made it, if a person did.
    pub fn user_id(&self) -> Option<UserId> {
        self.user_id
    }

    /// Who made it, if a program did.
    pub fn key_id(&self) -> Option<ApiKeyId> {
        self.key_id
    }

    /// It works until then.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Whether it works at `now`.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }

    /// Whether it is used up: its account was linked.
    pub fn is_linked(&self) -> bool {
        self.ended_by.as_deref() == Some(Ending::Linked.name())
    }

    /// Whether a browser opened it.
    pub fn is_opened(&self) -> bool {
        self.browser_hash.is_some()
    }

    /// Whether this browser opened it.
    pub fn is_opened_by(&self, browser_hash: &[u8; 32]) -> bool {
        self.browser_hash.as_deref() == Some(browser_hash.as_slice())
    }
}

/// Why links end before their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The account was linked.
    Linked,
    /// They were taken back.
    Revoked,
}

impl Ending {
    fn name(self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::Revoked => "revoked",
        }
    }
}

/// Adds a link.
pub async fn insert(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (link, token_hash): (&RemoteLink, &[u8; 32]),
    (user_id, key_id): (Option<UserId>, Option<ApiKeyId>),
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO remote_link (id, organization_id, account_id, token_hash, user_id, key_id, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            link.id,
            organization_id,
            link.account_id,
            token_hash,
            user_id,
            key_id,
            link.created_at,
            link.expires_at
        ],
    )
    .await?;
    Ok(())
}

/// The link.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: RemoteLinkId) -> Result<RemoteLink, Error> {
    let sql = format!(
        "SELECT {} FROM remote_link WHERE organization_id = $1 AND id = $2",
        RemoteLinkRow::COLUMNS
    );
    let row: RemoteLinkRow = tx.fetch_one("remote link", &sql, args![organization_id, id]).await?;
    Ok(row.into())
}

/// The links of an account that work at `now`.
pub async fn list(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    account_id: AccountId,
    now: Timestamp,
) -> Result<Vec<RemoteLink>, Error> {
    let sql = format!(
        "SELECT {} FROM remote_link WHERE organization_id = $1 AND account_id = $2 AND ended_at IS NULL \
         AND expires_at > $3 ORDER BY id",
        RemoteLinkRow::COLUMNS
    );
    let rows: Vec<RemoteLinkRow> = tx.fetch_all(&sql, args![organization_id, account_id, now]).await?;
    Ok(rows.into_iter().map(RemoteLink::from).collect())
}

/// The link with this token. Before the organization is known.
pub async fn find_by_token(tx: &mut Tx<'_>, token_hash: &[u8; 32]) -> Result<Option<FoundLink>, Error> {
    let sql = format!("SELECT {} FROM remote_link WHERE token_hash = $1", FoundLink::COLUMNS);
    tx.fetch_optional(&sql, args![token_hash]).await
}

/// Gives a link to the browser that opens it first. False when another one was faster, or it works no more. Of two at the
/// same time one succeeds.
pub async fn open(tx: &mut Tx<'_>, id: RemoteLinkId, browser_hash: &[u8; 32], now: Timestamp) -> Result<bool, Error> {
    let opened = tx
        .execute(
            "UPDATE remote_link SET browser_hash = $1, opened_at = $2 \
             WHERE id = $3 AND browser_hash IS NULL AND ended_at IS NULL AND expires_at > $2",
            args![browser_hash, now, id],
        )
        .await?;
    Ok(opened == 1)
}

/// Takes a link back. False when it works no more, or there is none.
pub async fn revoke(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: RemoteLinkId,
    now: Timestamp,
) -> Result<bool, Error> {
    let revoked = tx
        .execute(
            "UPDATE remote_link SET ended_at = $1, ended_by = $2 \
             WHERE organization_id = $3 AND id = $4 AND ended_at IS NULL AND expires_at > $1",
            args![now, Ending::Revoked.name(), organization_id, id],
        )
        .await?;
    Ok(revoked == 1)
}

/// Ends every link of an account that works at `now`. Gives those that did.
pub async fn end_all(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    account_id: AccountId,
    (ending, now): (Ending, Timestamp),
) -> Result<Vec<RemoteLinkId>, Error> {
    let ended: Vec<(RemoteLinkId,)> = tx
        .fetch_all(
            "UPDATE remote_link SET ended_at = $1, ended_by = $2 WHERE organization_id = $3 AND account_id = $4 \
             AND ended_at IS NULL AND expires_at > $1 RETURNING id",
            args![now, ending.name(), organization_id, account_id],
        )
        .await?;
    Ok(ended.into_iter().map(|(id,)| id).collect())
}

/// Forgets links that ran out before `before`.
pub async fn delete_expired(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM remote_link WHERE expires_at < $1", args![before])
        .await
}
