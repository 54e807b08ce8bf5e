//! The network against real, unmodified clients: whatsapp-rust and Baileys.

#![recursion_limit = "512"]

mod again;
mod baileys;
mod client;
mod companions;
mod conventions;
mod disturbed;
mod groups;
mod kept;
mod kinds;
mod large;
mod newsletters;
mod numbers;
mod profile;
mod talk;

#[path = "../../../../tests/baileys/peer.rs"]
mod peer;
