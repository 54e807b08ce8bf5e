//! The use cases and workers on both databases, with a scripted provider and a clock that the test moves.

mod inbound;
mod messaging;
mod support;
