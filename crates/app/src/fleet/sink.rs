//! Where one connection of one account puts what it receives.

use std::sync::Arc;

use async_trait::async_trait;
use pesan_model::AccountId;
use pesan_providers::{Connection, Inbound, InboundSink, ReceiveError, Received};
use tokio::sync::mpsc::UnboundedSender;

use super::actor::Message;
use super::lease::HeldLease;
use crate::context::App;
use crate::inbound;

/// The sink of one connection.
pub(super) struct ConnectionSink {
    pub(super) app: Arc<App>,
    pub(super) lease: Arc<HeldLease>,
    /// Which connection of the account it is: what an earlier one still says is not listened to.
    pub(super) number: u64,
    pub(super) inbox: UnboundedSender<Message>,
}

#[async_trait]
impl InboundSink for ConnectionSink {
    async fn receive(&self, account: AccountId, batch: Vec<Inbound>) -> Result<Received, ReceiveError> {
        if !self.lease.holds(&*self.app.clock) {
            return Err(ReceiveError("the account belongs to another node".to_owned()));
        }
        inbound::receive(&self.app, account, batch)
            .await
            .map_err(|error| ReceiveError(error.to_string()))
    }

    async fn connection(&self, _account: AccountId, connection: Connection) {
        // Nobody listens any more when the account was stopped.
        let _ = self.inbox.send(Message::Connection {
            number: self.number,
            connection,
        });
    }
}
