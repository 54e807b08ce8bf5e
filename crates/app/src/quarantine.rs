//! What came in and could not be stored: people see that it is there, have it stored again, or delete it.

use std::sync::Arc;

use pesan_model::account::QuarantineEntry;
use pesan_model::{AccountId, Permission, QuarantineId};
use pesan_store::quarantine;

use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, Result};
use crate::{accounts, inbound};

/// Up to `limit` things of an account after `after`, oldest first.
pub async fn list(
    app: &Arc<App>,
    caller: &Caller,
    account: AccountId,
    after: Option<QuarantineId>,
    limit: usize,
) -> Result<Vec<QuarantineEntry>> {
    caller.require(Permission::AccountsManage)?;
    accounts::find(app, caller, account).await?;
    let organization = caller.organization_id;
    Ok(app
        .store
        .read(move |tx| Box::pin(async move { quarantine::list(tx, organization, account, after, limit).await }))
        .await?)
}

/// Stores it again, as if it came in now. Then it is not kept aside any more.
///
/// # Errors
/// [`Error::Conflict`] with `still_refused` when it cannot be stored for whatever reason. That is its reason from now on.
pub async fn retry(app: &Arc<App>, caller: &Caller, id: QuarantineId) -> Result<()> {
    caller.require(Permission::AccountsManage)?;
    let organization = caller.organization_id;
    let row = app
        .store
        .read::<_, Error, _>(move |tx| Box::pin(async move { Ok(quarantine::get(tx, organization, id).await?) }))
        .await?;
    let opened = row.open(&app.organization_key(organization).await?)?;
    let reason = match serde_json::from_slice(&opened) {
        Ok(item) => match inbound::take_back(app, (organization, row.account_id()), id, item).await {
            Err(error) if inbound::is_lasting(&error) => inbound::reason(&error),
            stored => return stored,
        },
        // Not why in detail: that may have words of the message in it.
        Err(_) => "it was written by another version of Pesan and cannot be read".to_owned(),
    };
    // Somebody else may have stored or deleted it meanwhile; then it is not there.
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(quarantine::set_reason(tx, organization, id, &reason).await?) })
        })
        .await?;
    Err(Error::Conflict {
        code: "still_refused",
        detail: "it still cannot be stored; the list of what is kept aside says why".to_owned(),
    })
}

/// Deletes it for good.
pub async fn delete(app: &Arc<App>, caller: &Caller, id: QuarantineId) -> Result<()> {
    caller.require(Permission::AccountsManage)?;
    let organization = caller.organization_id;
    app.store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(quarantine::delete(tx, organization, id).await?) }))
        .await
}
