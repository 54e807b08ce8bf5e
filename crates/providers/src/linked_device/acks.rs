//! Who waits for the server's word on which message.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pesan_model::{Address, Timestamp};
use tokio::sync::oneshot;

/// The server's word on a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ack {
    /// When, as the server says it.
    pub(super) at: Option<Timestamp>,
    /// The refusal's code.
    pub(super) error: Option<String>,
    /// The thread as the server knows it.
    pub(super) address: Option<Address>,
}

/// Why nobody can wait for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The connection is over.
    Closed,
    /// Somebody waits for this id already.
    InFlight,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    waiting: HashMap<String, oneshot::Sender<Ack>>,
}

/// The messages that wait for the server's word on this connection.
#[derive(Debug, Default)]
pub(super) struct Acks(Mutex<State>);

impl Acks {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for `id` from now on; stops when the result is dropped.
    pub(super) fn wait_for<'a>(&'a self, id: &'a str) -> Result<Waiter<'a>, Refused> {
        let mut state = self.state();
        if state.closed {
            return Err(Refused::Closed);
        }
        if state.waiting.contains_key(id) {
            return Err(Refused::InFlight);
        }
        let (sender, answer) = oneshot::channel();
        state.waiting.insert(id.to_owned(), sender);
        Ok(Waiter { acks: self, id, answer })
    }

    /// Hands the server's word to who waits for it; gives it back when nobody does.
    pub(super) fn arrived(&self, id: &str, ack: Ack) -> Option<Ack> {
        match self.state().waiting.remove(id) {
            Some(waiting) => waiting.send(ack).err(),
            None => Some(ack),
        }
    }

    /// The connection is over: everybody who waits is told so.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.waiting.clear();
    }
}

/// Somebody waits for the server's word on a message.
#[derive(Debug)]
pub(super) struct Waiter<'a> {
    acks: &'a Acks,
    id: &'a str,
    answer: oneshot::Receiver<Ack>,
}

impl Waiter<'_> {
    /// The word, or `None` when the connection ended first.
    pub(super) async fn answer(&mut self) -> Option<Ack> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.acks.state().waiting.remove(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ack() -> Ack {
        Ack {
            at: None,
            error: None,
            address: None,
        }
    }

    #[tokio::test]
    async fn the_word_goes_to_who_waits_and_comes_back_when_nobody_does() {
        let acks = Acks::default();
        let mut waiter = acks.wait_for("A").expect("free");
        assert_eq!(acks.wait_for("A").err(), Some(Refused::InFlight));
        assert_eq!(acks.arrived("B", ack()), Some(ack()));
        assert_eq!(acks.arrived("A", ack()), None);
        assert_eq!(waiter.answer().await, Some(ack()));
        assert_eq!(acks.arrived("A", ack()), Some(ack()), "told once");
    }

    #[tokio::test]
    async fn who_stops_waiting_frees_the_id_and_the_late_word_comes_back() {
        let acks = Acks::default();
        drop(acks.wait_for("A").expect("free"));
        assert_eq!(acks.arrived("A", ack()), Some(ack()));
        drop(acks.wait_for("A").expect("free again"));
    }

    #[tokio::test]
    async fn the_end_of_the_connection_ends_all_waiting() {
        let acks = Acks::default();
        let mut waiter = acks.wait_for("A").expect("free");
        acks.close();
        assert_eq!(waiter.answer().await, None);
        assert_eq!(acks.wait_for("B").err(), Some(Refused::Closed));
    }
}
