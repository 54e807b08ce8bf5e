//! A linked device of a phone, over the WhatsApp Web protocol.
//!
//! [`LinkedDevices`] opens connections. One [`LinkedDevice`] is one connection: when it ends, for whatever reason, the sink
//! hears why, and the object is spent. Nothing is reconnected here; the next connection is a new object that starts from
//! what is in the [`SessionRecords`](crate::SessionRecords), so that no state of a lost connection lives on.
//!
//! - `backend` keeps the protocol library's state in session records.
//! - `connection` runs the library and watches that something comes in; `ending` knows why it ended.
//! - `events` sorts what the library tells into `queue`, which takes it to the sink in order, and to `acks`.
//! - `history` keeps what the phone tells of the past until it is stored.
//! - `gate` holds back what the library writes until what came in before is committed; `lost` sees that nothing gets lost
//!   in silence between the library's own storing and ours, and `resend` asks the phone for what stands unread.
//! - `sending`, `media` and `asking` do what the app wants; `refusal` says what the server's codes mean.
//! - `convert_in`, `convert_out`, `jid`, `vcard` and `remote_media` translate; `votes` opens what people chose of a poll.

mod acks;
mod asking;
mod backend;
mod connection;
mod convert_in;
mod convert_out;
mod device;
mod ending;
mod events;
mod gate;
mod history;
mod http;
mod identity;
mod jid;
mod lost;
mod media;
mod network;
mod queue;
mod refusal;
mod remote_media;
mod resend;
mod sending;
mod vcard;
mod votes;

pub use device::{LinkedDevice, LinkedDevices, Patience, Presence, Settings, Spawn};
pub use network::{Network, NetworkError};
#[cfg(any(test, feature = "testing"))]
pub use votes::seal_vote;
pub use votes::{Ballot, open_vote};
