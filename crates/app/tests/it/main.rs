//! The use cases and workers on both databases, with a scripted provider and a clock that the test moves.

mod accounts;
mod automatic;
mod changes;
mod contact_tags;
mod contacts;
mod deleting;
mod donations;
mod faults;
mod files;
mod fleet;
mod giving;
mod inbound;
mod inbox;
mod keeping;
mod live;
mod messaging;
mod notes;
mod people;
mod quarantine;
mod quick_replies;
mod receiver;
mod reminders;
mod search;
mod statistics;
mod support;
mod webhooks;
