//! What Pesan does: use cases, the queue's workers, and the fleet of connected accounts.
//!
//! Knows no HTTP server, no SQL and no protocol. Use cases (one file or folder each) are the only place that opens a
//! business transaction; they never import `jobs` or `fleet`, and `worker` knows no job. Whoever calls a use case passes
//! the [`App`] and, for what people and programs ask, the [`Caller`].

pub mod access;
pub mod accounts;
pub mod bus;
pub mod connections;
pub mod contacts;
pub mod context;
pub mod donations;
pub mod error;
pub mod events;
pub mod figures;
pub mod fleet;
pub mod idempotency;
pub mod inbound;
pub mod inbox;
pub mod jobs;
pub mod lifecycle;
pub mod mail;
pub mod media;
pub mod messaging;
pub mod net;
pub mod notes;
pub mod outbox;
pub mod quarantine;
pub mod quick_replies;
pub mod reminders;
pub mod search;
pub mod statistics;
mod templates;
pub mod webhooks;
mod words;
mod worker;

pub use access::{Caller, Principal};
pub use bus::{LocalBus, Signal};
pub use context::{App, Settings};
pub use error::{Error, FieldError, Result};
pub use lifecycle::Lifecycle;
