//! The linked device with the real protocol library against a simulated WhatsApp network.
#![recursion_limit = "512"]

mod accounts;
mod commits;
mod faults;
mod history;
mod messages;
mod resend;
mod support;
