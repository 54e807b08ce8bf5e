//! Waiting, as an argument: tests decide how long a wait lasts.

use std::time::Duration;

use futures::future::BoxFuture;

/// Waits.
pub trait Timer: Send + Sync + 'static {
    /// Ends after `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// Really waits.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemTimer;

impl Timer for SystemTimer {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
