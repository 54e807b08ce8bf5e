//! Receipts of messages that are not here yet, until the message comes or nobody expects it any more.

use pesan_model::{AccountId, MessageStatus, OrganizationId, Timestamp};

use crate::{Error, Tx, args};

/// A receipt of one message.
#[derive(Debug)]
pub struct EarlyReceipt<'a> {
    /// WhatsApp's id of the message.
    pub wa_id: &'a str,
    /// Who gave it, as a WhatsApp address.
    pub sender: &'a str,
    /// What it says.
    pub status: MessageStatus,
    /// All of it, as JSON.
    pub receipt: &'a str,
}

/// Keeps a receipt. One that is kept already stays as it is.
pub async fn keep(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    account_id: AccountId,
    (early, now): (&EarlyReceipt<'_>, Timestamp),
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO early_receipt (organization_id, account_id, wa_id, sender, status, receipt, came_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        args![
            organization_id,
            account_id,
            early.wa_id,
            early.sender,
            early.status,
            early.receipt,
            now
        ],
    )
    .await?;
    Ok(())
}

/// Whether an account has any.
pub async fn has_any(tx: &mut Tx<'_>, organization_id: OrganizationId, account_id: AccountId) -> Result<bool, Error> {
    let found: Option<(String,)> = tx
        .fetch_optional(
            "SELECT wa_id FROM early_receipt WHERE account_id = $1 AND organization_id = $2 LIMIT 1",
            args![account_id, organization_id],
        )
        .await?;
    Ok(found.is_some())
}

/// Takes out the receipts of a message that has come, as JSON, in no order.
pub async fn take(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    account_id: AccountId,
    wa_id: &str,
) -> Result<Vec<String>, Error> {
    let taken: Vec<(String,)> = tx
        .fetch_all(
            "DELETE FROM early_receipt WHERE account_id = $1 AND wa_id = $2 AND organization_id = $3 RETURNING receipt",
            args![account_id, wa_id, organization_id],
        )
        .await?;
    Ok(taken.into_iter().map(|(receipt,)| receipt).collect())
}

/// Forgets those that came before a time, at most `limit` at once. Says how many.
pub async fn delete_before(tx: &mut Tx<'_>, before: Timestamp, limit: usize) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM early_receipt WHERE (account_id, wa_id, sender, status) IN (\
         SELECT account_id, wa_id, sender, status FROM early_receipt WHERE came_at < $1 ORDER BY came_at LIMIT $2)",
        args![before, limit],
    )
    .await
}
