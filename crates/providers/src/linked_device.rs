//! A linked device of a phone, over the WhatsApp Web protocol.
//!
//! [`backend`] keeps the protocol library's state in [`SessionRecords`](crate::SessionRecords).

mod backend;
