//! The time of day, the only place this crate asks for it. A network lives in real time; there is no business logic here to freeze.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "the network is its own world and lives in real time"
)]
pub(crate) fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_millis() as i64)
}

/// Seconds since 1970, the unit of WhatsApp's `t` attributes.
pub(crate) fn now() -> i64 {
    now_ms() / 1000
}
