//! Connections to WhatsApp: one trait for what Pesan asks of them, one sink for what they receive, and the linked device.
//!
//! Nothing here knows the database or HTTP. A provider keeps its protocol state through [`SessionRecords`] and hands
//! everything that comes in to an [`InboundSink`]. To add a provider, add a folder here, a variant of
//! [`pesan_model::ProviderKind`], and the arm that opens it in `app::fleet`.

#[cfg(any(test, feature = "testing"))]
pub mod fake;
pub mod inbound;
pub mod linked_device;
pub mod provider;
pub mod session_records;

pub use inbound::{Connection, Inbound, InboundSink, ReceiveError, Received};
pub use provider::{Accepted, Connector, Outgoing, OutgoingContent, Provider, ProviderError, SendError};
pub use session_records::{RecordError, RecordKind, RecordWrite, SessionRecords};
