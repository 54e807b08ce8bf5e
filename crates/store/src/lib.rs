//! The database: SQL, migrations and nothing else.
//!
//! One SQL text serves SQLite and PostgreSQL. Queries are functions that take the transaction
//! (`message::insert(&mut tx, …)`); only use cases in `app` open one, through [`Store::write`] and [`Store::read`].
//! Every query on an organization's data takes the organization's id. To add a table: a migration, a file here with its
//! queries, and a type in `model`.

pub mod account;
pub mod api_key;
pub mod audit;
pub mod browser_session;
pub mod chat;
pub mod chat_counter;
pub mod chat_log;
pub mod contact;
pub mod custom_field;
mod db;
pub mod delivery;
mod dialect;
pub mod donation;
pub mod donor_basis;
pub mod donor_rules;
pub mod early_receipt;
pub mod erasure;
mod error;
pub mod event;
pub mod giving;
pub mod idempotency;
pub mod invitation;
pub mod job;
mod keyring;
pub mod lease;
pub mod mail;
pub mod media;
pub mod message;
mod migrate;
pub mod note;
pub mod number_check;
pub mod organization;
pub mod organization_setting;
mod postgres;
pub mod quarantine;
pub mod quick_reply;
pub mod reminder;
pub mod remote_link;
mod row;
pub mod search_backlog;
pub mod seed;
pub mod session_record;
pub mod setting;
mod sqlite;
pub mod statistic;
pub mod tag;
pub mod team;
#[cfg(feature = "testing")]
pub mod testing;
pub mod user;
mod value;
pub mod webhook;

pub use db::{Store, StoreOptions, Tx, size};
pub use error::Error;
pub use keyring::{Keyring, MasterKey, OrganizationKey};

pub(crate) use row::rows;
pub(crate) use value::args;
