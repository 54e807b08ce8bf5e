//! Who was let in a moment ago, so that thousands of requests a second do not each ask the database.
//!
//! A change on this node empties it at once; a change on another node is seen when an entry is [`FRESH`] old.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::Caller;

/// How long somebody is let in without looking again.
const FRESH: Duration = Duration::from_secs(5);
/// More callers than this at once are not remembered one by one.
const CAPACITY: usize = 10_000;

/// Callers by the hash of their key or token.
#[derive(Default)]
pub(super) struct CallerCache {
    entries: Mutex<Entries>,
    /// Touched after every change, for whoever was let in and is still there.
    changed: watch::Sender<()>,
}

#[derive(Default)]
struct Entries {
    generation: u64,
    callers: HashMap<[u8; 32], (Duration, Caller)>,
}

impl CallerCache {
    /// Who this is, if that was looked up a moment ago. `now` is monotonic.
    pub(super) fn find(&self, hash: &[u8; 32], now: Duration) -> Option<Caller> {
        let entries = self.entries.lock();
        let (until, caller) = entries.callers.get(hash)?;
        (now < *until).then(|| caller.clone())
    }

    /// Read before the database is asked, for [`Self::remember`].
    pub(super) fn generation(&self) -> u64 {
        self.entries.lock().generation
    }

    /// Remembers what the database said, unless something was changed while it was asked.
    pub(super) fn remember(&self, hash: [u8; 32], caller: Caller, generation: u64, now: Duration) {
        let mut entries = self.entries.lock();
        if entries.generation != generation {
            return;
        }
        if entries.callers.len() >= CAPACITY {
            entries.callers.clear();
        }
        entries.callers.insert(hash, (now + FRESH, caller));
    }

    /// Tells of every change from now on.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Forgets everybody. After every change of people, keys and log-ins.
    pub(super) fn clear(&self) {
        {
            let mut entries = self.entries.lock();
            entries.generation += 1;
            entries.callers.clear();
        }
        self.changed.send_replace(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pesan_model::OrganizationId;
    use uuid::Uuid;

    fn caller() -> Caller {
        Caller::system(OrganizationId::from(Uuid::from_u128(1)))
    }

    #[test]
    fn a_caller_is_known_for_five_seconds() {
        let cache = CallerCache::default();
        cache.remember([1; 32], caller(), cache.generation(), Duration::ZERO);
        assert!(cache.find(&[1; 32], Duration::from_millis(4_999)).is_some());
        assert!(cache.find(&[1; 32], Duration::from_secs(5)).is_none());
        assert!(cache.find(&[2; 32], Duration::ZERO).is_none());
    }

    #[test]
    fn what_was_read_before_a_revocation_is_not_remembered_after_it() {
        let cache = CallerCache::default();
        let generation = cache.generation();
        cache.clear();
        cache.remember([1; 32], caller(), generation, Duration::ZERO);
        assert!(cache.find(&[1; 32], Duration::ZERO).is_none());
    }
}
