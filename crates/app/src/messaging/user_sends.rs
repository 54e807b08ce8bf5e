//! How much one person may send in a minute: a slip of the finger must not become a broadcast.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use pesan_model::UserId;
use pesan_model::pacing::{Bucket, Pacing};

use crate::access::{Caller, Principal};
use crate::context::App;
use crate::error::{Error, Result};

/// People who sent nothing for so long are forgotten: their bucket is full again anyway.
const FORGET_AFTER: Duration = Duration::from_mins(2);
/// Beyond this many people somebody is forgotten.
const CAPACITY: usize = 10_000;

/// What each person has left. Kept in memory: a restart is no reason to be strict.
#[derive(Default)]
pub(crate) struct UserSends(Mutex<HashMap<UserId, Bucket>>);

impl UserSends {
    /// Counts a message of a person, or says when they may send the next one.
    pub(super) fn take(&self, app: &App, caller: &Caller) -> Result<()> {
        let (Principal::User(user), rate @ 1..) = (caller.principal, app.settings.limits.user_sends_per_minute) else {
            return Ok(());
        };
        let pacing = Pacing {
            per_minute: rate,
            burst: rate,
        };
        let now = app.clock.now();
        let mut buckets = self.0.lock();
        if buckets.len() >= CAPACITY {
            buckets.retain(|_, bucket| now.since(bucket.at) < FORGET_AFTER);
        }
        let bucket = buckets.get(&user).copied().unwrap_or_else(|| Bucket::full(pacing, now));
        match bucket.take(pacing, now) {
            Ok(left) => {
                buckets.insert(user, left);
                Ok(())
            }
            Err(retry_after) => Err(Error::TooMany { retry_after }),
        }
    }
}
