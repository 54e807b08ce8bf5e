//! The network against the real, unmodified whatsapp-rust client.

#![recursion_limit = "512"]

mod client;
mod companions;
mod disturbed;
mod groups;
mod kept;
mod kinds;
mod talk;
