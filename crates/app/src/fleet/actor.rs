//! One account: takes its lease, connects, listens, connects again, until it should not run any more.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use pesan_model::reconnect::Disconnect;
use pesan_model::{AccountId, AccountState, ReasonCode, Timestamp};
use pesan_providers::{Connection, Provider};
use pesan_store::{Error as StoreError, OrganizationKey, account, lease as stored_lease};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use super::Shared;
use super::lease::{self, HeldLease, Taken};
use super::policy::{Failures, Next};
use super::records::LeasedRecords;
use super::reports::{self, limited, starting, state, with_identity};
use super::sink::ConnectionSink;
use crate::accounts::report::{Outcome, Report, Reporter, report};
use crate::bus::Signal;
use crate::connections::QrCode;
use crate::error;

/// How long an account that starts may hold up the others that wait to start.
const GATE_PATIENCE: Duration = Duration::from_secs(5);
/// How long a connection may take until the first word from WhatsApp.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// How long a device may take to write what is outstanding.
const CLOSE_PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait when the database does not answer.
const DATABASE_PAUSE: Duration = Duration::from_secs(1);

/// What an account's task is told.
pub(super) enum Message {
    /// Look at the database: somebody may have changed what is wanted.
    Look,
    /// A connection changed.
    Connection {
        /// Which one.
        number: u64,
        /// How.
        connection: Connection,
    },
}

/// Why an account stops listening to a connection.
enum End {
    /// The connection ended, after it was ready for so long.
    Disconnected(Disconnect, Option<Duration>),
    /// Somebody asked for a new start.
    Restart,
    /// It does not run here any more.
    Stop,
}

/// What an account's task was given.
pub(super) struct Actor {
    pub(super) shared: Arc<Shared>,
    pub(super) account: AccountId,
    pub(super) inbox: UnboundedReceiver<Message>,
    pub(super) sender: UnboundedSender<Message>,
}

/// An account that this node holds.
struct Run {
    shared: Arc<Shared>,
    key: OrganizationKey,
    reporter: Reporter,
    lease: Arc<HeldLease>,
    inbox: UnboundedReceiver<Message>,
    sender: UnboundedSender<Message>,
    /// The state that was last stored.
    state: AccountState,
    failures: Failures,
    /// Until when WhatsApp limits the number.
    not_before: Option<Timestamp>,
    /// Somebody may have changed what is wanted, and it was not looked at yet.
    must_look: bool,
    /// Which connection is the present one.
    number: u64,
    provider: Option<Arc<dyn Provider>>,
}

impl Actor {
    /// Runs the account until it stops.
    pub(super) async fn run(self) {
        let (shared, account) = (self.shared.clone(), self.account);
        let soft = shared.app.lifecycle.soft().clone();
        match self.take().boxed().await {
            Ok(Some(taken)) => {
                let mut run = self.begin(taken);
                let lost = run.lease.lost().clone();
                tokio::select! {
                    biased;
                    () = lost.cancelled() => tracing::warn!(%account, "the lease is lost; the device is stopped"),
                    () = soft.cancelled() => {}
                    () = run.serve() => {}
                }
                run.finish().boxed().await;
                shared.forget(account);
            }
            Ok(None) => {
                shared.forget(account);
                if self.inbox.is_empty() {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%account, %error, "an account could not be started");
                soft.run_until_cancelled(shared.timer.sleep(DATABASE_PAUSE)).await;
                shared.forget(account);
            }
        }
        if !soft.is_cancelled() {
            // Somebody may have wanted it again while it stopped.
            shared.app.bus.publish(Signal::Account(account));
        }
    }

    /// Takes the lease. None when the account is not for us.
    async fn take(&self) -> error::Result<Option<(Arc<HeldLease>, account::Wanted, OrganizationKey)>> {
        let app = &self.shared.app;
        let (lease, wanted) = match lease::take(app, self.account).await? {
            Taken::Held(lease, wanted) => (lease, wanted),
            Taken::Busy | Taken::Unwanted => return Ok(None),
        };
        self.shared.hold(&lease);
        let key = app.organization_key(wanted.organization_id()).await?;
        Ok(Some((lease, wanted, key)))
    }

    fn begin(self, (lease, wanted, key): (Arc<HeldLease>, account::Wanted, OrganizationKey)) -> Run {
        let reporter = Reporter {
            account: self.account,
            organization: wanted.organization_id(),
            epoch: lease.epoch,
        };
        Run {
            shared: self.shared,
            key,
            reporter,
            lease,
            inbox: self.inbox,
            sender: self.sender,
            state: wanted.state(),
            failures: Failures::default(),
            not_before: wanted.not_before(),
            must_look: false,
            number: 0,
            provider: None,
        }
    }
}

/// What a new connection holds up, and how long, until its first word.
struct Patience {
    permit: Option<OwnedSemaphorePermit>,
    gate: BoxFuture<'static, ()>,
    start: BoxFuture<'static, ()>,
}

impl Patience {
    /// Lets the others go on after a while, and ends when the first word is overdue. Can be dropped and waited for again.
    async fn overdue(patience: &mut Option<Self>) {
        let Some(patience) = patience else {
            return std::future::pending().await;
        };
        if patience.permit.is_some() {
            (&mut patience.gate).await;
            patience.permit = None;
        }
        (&mut patience.start).await;
    }
}

impl Run {
    /// Connects until a person or WhatsApp says stop.
    async fn serve(&mut self) {
        if self.state != AccountState::Starting && self.limited_for().is_none() {
            let resumed = starting(ReasonCode::Resumed.into());
            if self.report(resumed).boxed().await.is_some() {
                return;
            }
        }
        loop {
            let end = match self.open().boxed().await {
                Ok(patience) => self.listen(patience).await,
                Err(end) => end,
            };
            let again = match end {
                End::Disconnected(disconnect, lasted) => {
                    self.drop_connection();
                    self.after(&disconnect, lasted).boxed().await
                }
                end @ (End::Restart | End::Stop) => Some(end),
            };
            match again {
                Some(End::Stop) => return,
                Some(End::Restart) => {
                    self.close().boxed().await;
                    self.failures.forget();
                    self.state = AccountState::Starting;
                }
                Some(End::Disconnected(..)) | None => {}
            }
        }
    }

    /// Opens a connection as soon as WhatsApp lets the number connect.
    async fn open(&mut self) -> Result<Option<Patience>, End> {
        if let Some(left) = self.limited_for()
            && let Some(end) = self.sit_out(left).await
        {
            return Err(end);
        }
        self.connect().await
    }

    /// How long WhatsApp goes on to limit the number.
    fn limited_for(&self) -> Option<Duration> {
        let left = self.not_before?.since(self.shared.app.clock.now());
        (!left.is_zero()).then_some(left)
    }

    /// Waits until a limit is over that was told before this start. Gives an end when it should not go on.
    async fn sit_out(&mut self, left: Duration) -> Option<End> {
        if self.state != AccountState::Restricted
            && let Some(end) = self.report(limited(left)).await
        {
            return Some(end);
        }
        if let Some(end) = self.wait(left).await {
            return Some(end);
        }
        self.report(starting(ReasonCode::LimitOver.into())).await
    }

    /// Waits so long. Gives an end when it should not go on.
    async fn wait(&mut self, time: Duration) -> Option<End> {
        let sleep = self.shared.timer.sleep(time);
        tokio::select! {
            biased;
            end = self.verdict() => Some(end),
            () = sleep => {
                self.not_before = None;
                None
            }
        }
    }

    /// Waits for its turn and opens a connection.
    async fn connect(&mut self) -> Result<Option<Patience>, End> {
        let gate = self.shared.gate.clone();
        let permit = tokio::select! {
            permit = gate.acquire_owned() => permit.expect("the gate is never closed"),
            end = self.verdict() => return Err(end),
        };
        self.number += 1;
        let records = Arc::new(LeasedRecords {
            app: self.shared.app.clone(),
            key: self.key.clone(),
            lease: self.lease.clone(),
        });
        let sink = Arc::new(ConnectionSink {
            app: self.shared.app.clone(),
            lease: self.lease.clone(),
            number: self.number,
            inbox: self.sender.clone(),
        });
        match self.shared.connector.open(self.reporter.account, records, sink).await {
            Ok(provider) => self.provider = Some(provider),
            Err(error) => {
                tracing::warn!(account = %self.reporter.account, %error, "a connection could not be opened");
                return Err(End::Disconnected(Disconnect::Lost, None));
            }
        }
        Ok(Some(Patience {
            permit: Some(permit),
            gate: self.shared.timer.sleep(GATE_PATIENCE),
            start: self.shared.timer.sleep(START_PATIENCE),
        }))
    }

    /// Listens to the present connection until it ends.
    async fn listen(&mut self, mut patience: Option<Patience>) -> End {
        let mut ready_since = None;
        if self.must_look
            && let Some(end) = self.look().boxed().await
        {
            return end;
        }
        loop {
            let message = tokio::select! {
                biased;
                message = self.inbox.recv() => message,
                () = Patience::overdue(&mut patience) => {
                    self.close().boxed().await;
                    return End::Disconnected(Disconnect::Silent, None);
                }
            };
            let end = match message {
                None => return End::Stop,
                Some(Message::Look) => self.look().boxed().await,
                Some(Message::Connection { number, .. }) if number != self.number => None,
                Some(Message::Connection {
                    connection: Connection::Connecting,
                    ..
                }) => None,
                Some(Message::Connection { connection, .. }) => {
                    patience = None;
                    let now = self.shared.app.clock.monotonic();
                    match connection {
                        Connection::Disconnected(disconnect) => {
                            let lasted = ready_since.map(|since| now.saturating_sub(since));
                            return End::Disconnected(disconnect, lasted);
                        }
                        Connection::Connected(_) => ready_since = Some(now),
                        Connection::Connecting
                        | Connection::Qr { .. }
                        | Connection::Paired(_)
                        | Connection::Syncing => {}
                    }
                    self.heard(connection).boxed().await
                }
            };
            if let Some(end) = end {
                return end;
            }
        }
    }

    /// Stores what the connection says. Gives an end when it should not go on.
    async fn heard(&mut self, connection: Connection) -> Option<End> {
        let app = self.shared.app.clone();
        let account = self.reporter.account;
        match connection {
            Connection::Connecting | Connection::Disconnected(_) => None,
            Connection::Qr { code, valid_for } => {
                let expires_at = app.clock.now().plus(valid_for);
                app.connections.set_qr(account, QrCode { code, expires_at });
                let end = self.report(state(AccountState::NeedScan)).await;
                app.bus.publish(Signal::Qr(self.reporter.organization, account));
                end
            }
            Connection::Paired(identity) => {
                app.connections.remove_qr(account);
                let linked = Report {
                    is_new_link: true,
                    ..with_identity(AccountState::Syncing, identity)
                };
                self.report(linked).await
            }
            Connection::Syncing => {
                app.connections.remove_qr(account);
                self.report(state(AccountState::Syncing)).await
            }
            Connection::Connected(identity) => {
                app.connections.remove_qr(account);
                // Before the report, which wakes what waits to be sent.
                if let Some(provider) = &self.provider {
                    app.connections.set(account, provider.clone());
                }
                self.report(with_identity(AccountState::Connected, identity)).await
            }
        }
    }

    /// Stores why the connection ended, and waits as long as that asks for. Gives an end when it should not go on.
    async fn after(&mut self, disconnect: &Disconnect, lasted: Option<Duration>) -> Option<End> {
        match self.failures.next(disconnect, lasted, &*self.shared.app.random) {
            Next::Stop { state, reason } => {
                let stopped = Report {
                    reason: Some(reason),
                    is_wanted: false,
                    ..reports::state(state)
                };
                self.report(stopped).boxed().await.or(Some(End::Stop))
            }
            // The server asks for a new connection right after linking: not worth a word.
            Next::Retry { after, .. } if after.is_zero() && self.state != AccountState::Connected => None,
            Next::Retry { after, state, reason } => {
                let until = self.shared.app.clock.now().plus(after);
                self.not_before = (state == AccountState::Restricted).then_some(until);
                let waiting = Report {
                    reason: Some(reason),
                    not_before: self.not_before,
                    ..reports::state(state)
                };
                if let Some(end) = self.report(waiting).boxed().await {
                    return Some(end);
                }
                self.wait(after).await
            }
        }
    }

    /// Waits until somebody wants something else. Can be dropped: what was not looked at then is looked at later.
    async fn verdict(&mut self) -> End {
        loop {
            if self.must_look
                && let Some(end) = self.look().boxed().await
            {
                return end;
            }
            match self.inbox.recv().await {
                None => return End::Stop,
                Some(Message::Look) => self.must_look = true,
                // There is no connection now, so an earlier one said it.
                Some(Message::Connection { .. }) => {}
            }
        }
    }

    /// Looks at the database whether the account should still run here.
    async fn look(&mut self) -> Option<End> {
        self.must_look = true;
        let (id, epoch) = (self.reporter.account, self.reporter.epoch);
        let found = self
            .shared
            .app
            .store
            .read::<_, StoreError, _>(move |tx| {
                Box::pin(async move { Ok((account::wanted(tx, id).await?, stored_lease::get(tx, id).await?)) })
            })
            .await;
        self.must_look = false;
        match found {
            Ok((Some(wanted), Some(lease))) if lease.epoch() == epoch => {
                let is_new_start = wanted.state() == AccountState::Starting && self.state != AccountState::Starting;
                is_new_start.then_some(End::Restart)
            }
            Ok(_) => Some(End::Stop),
            Err(error) => {
                tracing::warn!(account = %id, %error, "an account could not be looked at");
                None
            }
        }
    }

    /// Stores what became of the account. Gives an end when it should not run here any more.
    async fn report(&mut self, new: Report) -> Option<End> {
        loop {
            match report(&self.shared.app, self.reporter, new.clone()).await {
                Ok(Outcome::Stored) => {
                    self.state = new.state;
                    return None;
                }
                Ok(Outcome::Unwanted) => return Some(End::Stop),
                Ok(Outcome::Fenced) => {
                    self.lease.lose();
                    return Some(End::Stop);
                }
                Err(error) => {
                    tracing::warn!(account = %self.reporter.account, %error, "a state could not be stored");
                    self.shared.timer.sleep(DATABASE_PAUSE).await;
                }
            }
        }
    }

    /// Nobody sends over the connection any more, and no code is shown.
    fn hide(&self) {
        self.shared.app.connections.remove(self.reporter.account);
        self.shared.app.connections.remove_qr(self.reporter.account);
    }

    /// Forgets a connection that ended by itself.
    fn drop_connection(&mut self) {
        self.hide();
        self.provider = None;
    }

    /// Ends the connection, when nobody needs it to log the account out.
    async fn close(&mut self) {
        self.hide();
        let Some(provider) = self.provider.take() else {
            return;
        };
        tokio::select! {
            () = self.shared.app.connections.left(self.reporter.account) => {}
            // Another node may connect at any moment.
            () = self.lease.lost().cancelled() => {}
        }
        if tokio::time::timeout(CLOSE_PATIENCE, provider.shutdown()).await.is_err() {
            tracing::warn!(account = %self.reporter.account, "a device did not stop in time; it is dropped");
        }
    }

    /// Ends the connection and gives the lease back.
    async fn finish(&mut self) {
        self.close().await;
        if self.lease.holds(&*self.shared.app.clock) {
            lease::give_back(&self.shared.app, &self.lease).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_task<F: Future>(_: impl FnOnce(Actor) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn the_task_of_an_idle_account_is_small() {
        let bytes = size_of_task(Actor::run);
        assert!(bytes <= 2048, "{bytes} bytes for each account");
    }
}
