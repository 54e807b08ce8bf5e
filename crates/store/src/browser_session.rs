//! Log-ins of browsers. Only the hash of a session's token is stored.

use pesan_model::access::User;
use pesan_model::{OrganizationId, Timestamp, UserId};

use crate::{Error, Tx, args, user};

/// Adds a log-in.
pub async fn insert(
    tx: &mut Tx<'_>,
    token_hash: &[u8; 32],
    user: UserId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO browser_session (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        args![token_hash, user, now, expires_at],
    )
    .await?;
    Ok(())
}

/// Whose log-in this is, and until when, unless it has ended.
pub async fn find(tx: &mut Tx<'_>, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<(User, Timestamp)>, Error> {
    let found: Option<(UserId, OrganizationId, Timestamp)> = tx
        .fetch_optional(
            "SELECT app_user.id, app_user.organization_id, browser_session.expires_at FROM browser_session \
             JOIN app_user ON app_user.id = browser_session.user_id \
             WHERE browser_session.token_hash = $1 AND browser_session.expires_at > $2",
            args![token_hash, now],
        )
        .await?;
    let Some((id, organization_id, expires_at)) = found else {
        return Ok(None);
    };
    Ok(Some((user::get(tx, organization_id, id).await?, expires_at)))
}

/// Lets it live longer.
pub async fn extend(tx: &mut Tx<'_>, token_hash: &[u8; 32], expires_at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE browser_session SET expires_at = $1 WHERE token_hash = $2",
        args![expires_at, token_hash],
    )
    .await?;
    Ok(())
}

/// Ends one log-in.
pub async fn delete(tx: &mut Tx<'_>, token_hash: &[u8; 32]) -> Result<(), Error> {
    tx.execute("DELETE FROM browser_session WHERE token_hash = $1", args![token_hash])
        .await?;
    Ok(())
}

/// Ends all log-ins of a person of this organization.
pub async fn delete_of_user(tx: &mut Tx<'_>, organization_id: OrganizationId, user: UserId) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM browser_session WHERE user_id IN \
         (SELECT id FROM app_user WHERE organization_id = $1 AND id = $2)",
        args![organization_id, user],
    )
    .await?;
    Ok(())
}

/// Forgets log-ins that have ended.
pub async fn delete_expired(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM browser_session WHERE expires_at <= $1", args![now])
        .await
}
