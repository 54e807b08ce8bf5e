//! The use cases and workers on both databases, with a scripted provider and a clock that the test moves.

mod accounts;
mod contacts;
mod deleting;
mod donations;
mod files;
mod fleet;
mod giving;
mod inbound;
mod inbox;
mod live;
mod messaging;
mod notes;
mod people;
mod quarantine;
mod receiver;
mod reminders;
mod statistics;
mod support;
mod webhooks;
