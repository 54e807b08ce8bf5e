//! The server through its real router, on SQLite and on PostgreSQL.

mod access;
mod accounts;
#[cfg(feature = "sandbox")]
mod baileys;
mod bodies;
mod coming_back;
mod crm;
#[cfg(feature = "sandbox")]
mod faults;
mod inbox;
mod keeping;
#[cfg(feature = "sandbox")]
mod mail;
mod matrix;
mod messages;
mod names;
mod openapi;
#[cfg(feature = "sandbox")]
mod own_phone;
#[cfg(feature = "sandbox")]
mod product;
mod program;
mod remote_links;
mod replies;
mod requests;
#[cfg(feature = "sandbox")]
mod sandbox;
mod search;
mod statistics;
mod stream;
mod strictness;
mod support;
mod ui;
#[cfg(feature = "sandbox")]
mod variants;

#[cfg(feature = "sandbox")]
#[path = "../../../../tests/baileys/peer.rs"]
mod peer;
