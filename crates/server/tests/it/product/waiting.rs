//! What a fleet waits with in a test: short waits are shorter, long ones end when the test says so.

use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::time::Duration;

use futures::future::BoxFuture;
use pesan_app::fleet::{SystemTimer, Timer};
use tokio::sync::{oneshot, watch};

use super::PATIENCE;

/// What the fleet does now and then: renewing and watching leases, letting the next account start, giving up a start.
const REGULAR: [Duration; 4] = [
    Duration::from_millis(500),
    Duration::from_secs(3),
    Duration::from_secs(5),
    Duration::from_secs(60),
];
/// Waits up to this length end by themselves, in a tenth of the time.
const SHORT: Duration = Duration::from_secs(120);

/// Waits that are longer than a test.
#[derive(Default)]
pub(crate) struct PatientTimer {
    held: Mutex<Vec<(Duration, oneshot::Sender<()>)>>,
    changed: watch::Sender<()>,
}

impl Timer for PatientTimer {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if REGULAR.contains(&duration) {
            return SystemTimer.sleep(duration);
        }
        if duration <= SHORT {
            return SystemTimer.sleep(duration / 10);
        }
        let (wake, woken) = oneshot::channel();
        self.held.lock().expect("no test panics with it").push((duration, wake));
        self.changed.send_replace(());
        Box::pin(async move {
            // Never when the test has ended.
            if woken.await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

impl PatientTimer {
    /// Ends a long wait of such a length, as soon as there is one.
    pub(crate) async fn finish(&self, length: RangeInclusive<Duration>) {
        let mut changed = self.changed.subscribe();
        let found = async {
            loop {
                changed.mark_unchanged();
                if self.wake(&length) {
                    return;
                }
                changed.changed().await.expect("the sender is in self");
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, found).await;
        assert!(in_time.is_ok(), "nobody waits for {length:?}");
    }

    fn wake(&self, length: &RangeInclusive<Duration>) -> bool {
        let mut held = self.held.lock().expect("no test panics with it");
        held.retain(|(_, wake)| !wake.is_closed());
        let Some(place) = held.iter().position(|(duration, _)| length.contains(duration)) else {
            return false;
        };
        held.swap_remove(place).1.send(()).is_ok()
    }
}
