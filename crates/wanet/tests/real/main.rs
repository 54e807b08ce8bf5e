//! The network against the real, unmodified whatsapp-rust client.

#![recursion_limit = "512"]

mod client;
mod talk;
