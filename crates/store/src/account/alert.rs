//! Whether people know that an account is gone.

use pesan_model::{AccountId, OrganizationId, Timestamp};

use crate::{Error, Tx, args};

/// When people got mail about the present drop of the account.
pub async fn alerted_at(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: AccountId,
) -> Result<Option<Timestamp>, Error> {
    let (at,): (Option<Timestamp>,) = tx
        .fetch_one(
            "account",
            "SELECT alerted_at FROM account WHERE organization_id = $1 AND id = $2",
            args![organization_id, id],
        )
        .await?;
    Ok(at)
}

/// Notes that people got mail, or that the drop is over.
pub async fn set_alerted(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: AccountId,
    at: Option<Timestamp>,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE account SET alerted_at = $1 WHERE organization_id = $2 AND id = $3",
        args![at, organization_id, id],
    )
    .await?;
    Ok(())
}
