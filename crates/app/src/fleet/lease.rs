//! The leases this node holds, and how it notices that it lost one.
//!
//! A lease lives [`LIFE`] and all of them are renewed every [`RENEW`] in one statement. Whoever holds one stops by itself
//! [`MARGIN`] before the others may take it, by the clock that never jumps and counted from *before* the renewal was
//! asked for. The epoch in the database is the second line: even a node that was frozen meanwhile can write nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pesan_model::{AccountId, Clock, Timestamp};
use pesan_store::{Error as StoreError, Tx, account, job, lease};
use tokio_util::sync::CancellationToken;

use super::Shared;
use crate::context::App;
use crate::error::{Error, Result};

/// How long a lease lives without being renewed.
pub(super) const LIFE: Duration = Duration::from_secs(12);
/// How often leases are renewed.
pub(super) const RENEW: Duration = Duration::from_secs(3);
/// How long before its end a lease is not trusted any more.
const MARGIN: Duration = Duration::from_secs(4);
/// How often it is looked whether leases ran out.
const WATCH: Duration = Duration::from_millis(500);

/// A lease that this node holds.
#[derive(Debug)]
pub(super) struct HeldLease {
    pub(super) account: AccountId,
    pub(super) epoch: i64,
    /// Until when it may be used: milliseconds of the monotonic clock.
    valid_until: AtomicU64,
    lost: CancellationToken,
}

impl HeldLease {
    fn new(account: AccountId, epoch: i64, asked_at: Duration) -> Arc<Self> {
        let held = Self {
            account,
            epoch,
            valid_until: AtomicU64::new(0),
            lost: CancellationToken::new(),
        };
        held.renewed(asked_at);
        Arc::new(held)
    }

    /// The database confirmed a request that was made at `asked_at`.
    fn renewed(&self, asked_at: Duration) {
        let until = asked_at + LIFE.saturating_sub(MARGIN);
        let millis = u64::try_from(until.as_millis()).unwrap_or(u64::MAX);
        self.valid_until.fetch_max(millis, Ordering::Relaxed);
    }

    /// True while the account may be used. Notices by itself that it ran out.
    pub(super) fn holds(&self, clock: &dyn Clock) -> bool {
        if clock.monotonic() >= Duration::from_millis(self.valid_until.load(Ordering::Relaxed)) {
            self.lose();
        }
        !self.lost.is_cancelled()
    }

    /// It belongs to somebody else now.
    pub(super) fn lose(&self) {
        self.lost.cancel();
    }

    /// Fires when it is lost.
    pub(super) fn lost(&self) -> &CancellationToken {
        &self.lost
    }
}

/// What became of a try to take a lease.
pub(super) enum Taken {
    /// It is ours. With it what the account is.
    Held(Arc<HeldLease>, account::Wanted),
    /// Another node has it.
    Busy,
    /// The account should not run, or is gone.
    Unwanted,
}

/// Takes the lease of an account that should run.
pub(super) async fn take(app: &App, id: AccountId) -> Result<Taken> {
    let asked_at = app.clock.monotonic();
    let (node, start, now) = (app.settings.node.clone(), app.settings.start.clone(), app.clock.now());
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let Some(wanted) = account::wanted(tx, id).await? else {
                    return Ok(Taken::Unwanted);
                };
                let before = lease::get(tx, id).await?;
                let epoch = lease::acquire(tx, id, &node, now, now.plus(LIFE)).await?;
                if epoch.is_some() && before.is_some_and(|before| !before.owner().is_empty() && before.owner() != node)
                {
                    take_over(tx, id, (&node, &start), now).await?;
                }
                Ok(epoch.map_or(Taken::Busy, |epoch| {
                    Taken::Held(HeldLease::new(id, epoch, asked_at), wanted)
                }))
            })
        })
        .await
}

/// Gives back what the node before had claimed of the account, and everything else if it runs none any more.
async fn take_over(
    tx: &mut Tx<'_>,
    id: AccountId,
    (node, start): (&str, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    for kind in [job::SEND_MESSAGE, job::FETCH_MEDIA, job::REFRESH_GROUP] {
        job::take_over_partition(tx, kind, id.uuid(), start).await?;
    }
    job::rescue_orphans(tx, node, start, now).await?;
    Ok(())
}

/// Gives a lease back, so that any node can take the account at once.
pub(super) async fn give_back(app: &App, held: &HeldLease) {
    let (node, account_id, epoch) = (app.settings.node.clone(), held.account, held.epoch);
    let released = app
        .store
        .write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                let holder = lease::Holder {
                    account_id,
                    owner: &node,
                    epoch,
                };
                lease::release(tx, &holder).await
            })
        })
        .await;
    if let Err(error) = released {
        tracing::warn!(%error, "a lease was not given back; it runs out by itself");
    }
}

/// Renews all leases until the process ends.
pub(super) async fn renew_all(shared: Arc<Shared>) {
    let app = &shared.app;
    loop {
        tokio::select! {
            () = app.lifecycle.soft().cancelled() => return,
            () = shared.timer.sleep(RENEW) => {}
        }
        let held = shared.leases();
        if held.is_empty() {
            continue;
        }
        let asked_at = app.clock.monotonic();
        let (node, until) = (app.settings.node.clone(), app.clock.now().plus(LIFE));
        let renewed = app
            .store
            .write::<_, StoreError, _>(move |tx| Box::pin(async move { lease::renew_all(tx, &node, until).await }))
            .await;
        match renewed {
            Ok(renewed) => {
                let epochs: std::collections::HashMap<_, _> = renewed.into_iter().collect();
                for lease in held {
                    match epochs.get(&lease.account) {
                        Some(epoch) if *epoch == lease.epoch => lease.renewed(asked_at),
                        Some(_) | None => lease.lose(),
                    }
                }
            }
            // They run out by themselves when this goes on.
            Err(error) => tracing::warn!(%error, "leases were not renewed"),
        }
    }
}

/// Notices leases that ran out, whatever the database does.
pub(super) async fn watch(shared: Arc<Shared>) {
    loop {
        tokio::select! {
            () = shared.app.lifecycle.soft().cancelled() => return,
            () = shared.timer.sleep(WATCH) => {}
        }
        for lease in shared.leases() {
            lease.holds(&*shared.app.clock);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pesan_model::{MockClock, Timestamp};
    use uuid::Uuid;

    #[test]
    fn a_lease_ends_for_its_holder_before_anybody_else_may_take_it() {
        let clock = MockClock::at(Timestamp::from_millis(1_000_000));
        let held = HeldLease::new(AccountId::from(Uuid::from_u128(1)), 1, clock.monotonic());
        clock.advance(Duration::from_millis(7_999));
        assert!(held.holds(&clock));
        held.renewed(clock.monotonic().saturating_sub(Duration::from_secs(2)));
        clock.advance(Duration::from_millis(5_999));
        assert!(held.holds(&clock));
        clock.advance(Duration::from_millis(1));
        assert!(!held.holds(&clock), "counted from before it was asked for");
        held.renewed(clock.monotonic());
        assert!(!held.holds(&clock), "what is lost is not found again");
    }
}
