//! The use cases and workers on both databases, with a scripted provider and a clock that the test moves.

mod accounts;
mod deleting;
mod files;
mod fleet;
mod inbound;
mod inbox;
mod live;
mod messaging;
mod quarantine;
mod receiver;
mod support;
mod webhooks;
