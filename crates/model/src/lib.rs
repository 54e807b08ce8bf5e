//! The words of Pesan: ids, states, content, events and the pure rules about them.
//!
//! Nothing here does I/O. What touches a database is in `store`, what touches WhatsApp in `providers`,
//! and what people and programs may do is in `app`. To add an event, add a variant to [`event::Event`];
//! to add a kind of content, a variant to [`content::Content`]: the compiler names every other place.

pub mod access;
pub mod account;
pub mod address;
pub mod automatic;
pub mod capabilities;
pub mod chat;
pub mod clock;
pub mod codes;
pub mod content;
pub mod currency;
pub mod custom_field;
pub mod day;
pub mod donation;
pub mod donor;
pub mod event;
pub mod export;
pub mod failure;
pub mod flaw;
pub mod hours;
pub mod id;
pub mod inbox;
pub mod message;
pub mod metadata;
pub mod note;
pub mod organization;
pub mod pacing;
pub mod patch;
pub mod quick_reply;
pub mod reason;
pub mod reconnect;
pub mod reminder;
pub mod remote_link;
pub mod retry;
pub mod search;
pub mod statistics;
pub mod template;
mod text_serde;
pub mod timeline;
pub mod visible;
pub mod webhook;

pub use access::{Permission, Role};
pub use account::{AccountState, ProviderKind};
pub use address::{Address, Phone};
pub use automatic::AutomaticKind;
pub use capabilities::Capabilities;
pub use clock::{Clock, MockClock, Random, SystemClock, SystemRandom, Timestamp};
pub use content::Content;
pub use currency::Currency;
pub use day::{Day, Zone};
pub use event::Event;
pub use failure::FailureCode;
pub use flaw::Flaw;
pub use id::{
    AccountId, ApiKeyId, ChatId, ChatLogId, ContactId, CustomFieldId, DeliveryId, DonationId, EventId, InvitationId,
    JobId, MediaId, MergeId, MessageId, NoteId, OrganizationId, QuarantineId, QuickReplyId, ReminderId, RemoteLinkId,
    TagId, TeamId, UserId, WebhookId,
};
pub use inbox::{ChatStatus, TagColor};
pub use message::{Direction, MessageStatus};
pub use metadata::Metadata;
pub use reason::{ReasonCode, StateReason};
