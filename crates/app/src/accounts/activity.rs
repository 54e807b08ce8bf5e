//! What goes over accounts, and how steadily they are connected.

use std::sync::Arc;
use std::time::Duration;

use pesan_model::account::{Account, AccountActivity};
use pesan_model::{AccountId, AccountState, Day, OrganizationId, Permission, Timestamp};
use pesan_store::account::activity;
use pesan_store::{Error as StoreError, Tx, account, donor_rules};

use super::drop::is_wanted_here;
use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, Result};

/// How far back drops count.
const DROPS: Duration = Duration::from_hours(30 * 24);

/// What goes over a page of accounts, oldest first.
pub async fn list(
    app: &Arc<App>,
    caller: &Caller,
    after: Option<AccountId>,
    limit: usize,
) -> Result<Vec<AccountActivity>> {
    caller.require(Permission::AccountsRead)?;
    let (organization, now) = (caller.organization_id, app.clock.now());
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let zone = donor_rules::get(tx, organization).await?.time_zone;
                let today = Day::at(now, &zone);
                let mut found = Vec::new();
                for account in account::list(tx, organization, after, limit).await? {
                    found.push(of_account(tx, organization, &account, (today, now)).await?);
                }
                Ok(found)
            })
        })
        .await
}

async fn of_account(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    account: &Account,
    (today, now): (Day, Timestamp),
) -> Result<AccountActivity, StoreError> {
    let [last_received_at, last_sent_at] = activity::last_messages(tx, organization, account.id).await?;
    let ends = activity::ends_since(tx, organization, account.id, now.minus(DROPS)).await?;
    Ok(AccountActivity {
        account_id: account.id,
        last_received_at,
        last_sent_at,
        sent_today: activity::sent_on(tx, organization, account.id, today).await?,
        drops: drops(&ends),
    })
}

/// How often an account that was connected lost that, by itself or from outside, by what it became. A new start of the
/// process is none.
fn drops(ends: &[(AccountState, Option<String>, u64)]) -> u64 {
    let is_drop = |state: AccountState, code: Option<&str>| match state {
        AccountState::Reconnecting
        | AccountState::NeedScan
        | AccountState::PairingCode
        | AccountState::PasskeyRequired
        | AccountState::Restricted
        | AccountState::Banned => true,
        AccountState::LoggedOut => !code.is_some_and(is_wanted_here),
        AccountState::Created
        | AccountState::Starting
        | AccountState::Syncing
        | AccountState::Connected
        | AccountState::Paused => false,
    };
    ends.iter()
        .filter(|(state, code, _)| is_drop(*state, code.as_deref()))
        .map(|(.., times)| times)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_connections_that_were_lost_unasked_are_drops() {
        use AccountState::{LoggedOut, NeedScan, Paused, Reconnecting, Starting};
        let ends = |state, code: Option<&str>, times| drops(&[(state, code.map(str::to_owned), times)]);
        assert_eq!(drops(&[]), 0);
        assert_eq!(ends(Reconnecting, None, 3), 3);
        assert_eq!(ends(NeedScan, None, 1), 1);
        assert_eq!((ends(Paused, None, 2), ends(Starting, None, 2)), (0, 0));
        assert_eq!(ends(LoggedOut, Some("logged_out_by_user"), 1), 0);
        assert_eq!(ends(LoggedOut, Some("logged_out"), 1), 1);
        assert_eq!(ends(LoggedOut, None, 1), 1);
        assert_eq!(
            drops(&[(Reconnecting, None, 2), (Paused, None, 4), (LoggedOut, None, 1)]),
            3
        );
    }
}
