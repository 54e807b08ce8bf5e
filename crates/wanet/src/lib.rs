#![doc = include_str!("../README.md")]
#![recursion_limit = "512"]

mod admin;
mod app_state;
mod clock;
mod conn;
mod crypto;
mod error;
mod faults;
mod groups;
mod history;
mod hub;
mod ids;
mod inbox;
mod line;
mod log;
mod login;
mod media;
mod network;
mod noise;
mod notifications;
mod options;
mod outbox;
mod pairing;
mod phone;
mod prekeys;
mod presence;
mod receipts;
mod relay;
mod router;
mod saved;
mod stats;
mod tls;
mod usync;
mod wire;
mod world;

pub use admin::openapi;
pub use error::Error;
pub use faults::{Fault, FaultKind, Moment, NewFault};
pub use history::{PastChat, PastMessage};
pub use ids::Family;
pub use inbox::{Direction, Happening, InboxMedia, InboxMessage, InboxReceipt};
pub use network::{LinkedDevice, Network, NewPhone, PhoneInfo};
pub use options::{Options, PhoneMode};
pub use phone::content::{Attachment, Edit, PhoneMessage, Reaction};
pub use stats::Stats;
