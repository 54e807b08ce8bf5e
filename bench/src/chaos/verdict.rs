//! The end of the crash test: every message is looked for at both sides. Names ids only, never texts.

mod counts;
mod facts;
mod incoming;
mod outgoing;
mod webhooks;

use std::time::Duration;

use tokio::time::Instant;

use self::counts::Counts;
use self::facts::{Facts, Files};
use super::said::Kind;
use super::{Sent, Stage};
use crate::Result;
use crate::receiver::Receiver;

/// How many messages each log-in may ask the phone for, on average.
const MOST_ASKED: u64 = 3;

/// What came of it.
pub(super) struct Verdict {
    pub(super) counts: Counts,
    pub(super) problems: Vec<String>,
}

/// Waits until nothing is missing, at most until the deadline; then judges.
pub(super) async fn wait_and_judge(stage: &Stage, receiver: &Receiver, deadline: Instant) -> Result<Verdict> {
    let mut files = Files::default();
    loop {
        let facts = facts::collect(stage, receiver, &mut files).await?;
        let mut verdict = judge(&facts);
        let is_open = verdict.counts.lost + verdict.counts.stuck + verdict.counts.unread + verdict.counts.unfetched > 0;
        if is_open && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_secs(1)).await;
            continue;
        }
        let counted = stage.phones.counted().await?;
        verdict.counts.dropped_by_network = counted.duplicates_dropped;
        verdict.counts.network_retries = counted.retries;
        verdict.counts.undecryptable_at_first = counted.phone_undecryptable;
        verdict.counts.logins = counted.logins;
        verdict.counts.asked_of_phones = counted.wanted_again;
        // Each start asks once for what is left of each account, and a kill takes at most what was on its way.
        let most = counted.logins * MOST_ASKED;
        if counted.wanted_again > most {
            let asked = counted.wanted_again;
            verdict
                .problems
                .push(format!("phones were asked {asked} times, {most} at most are expected"));
        }
        for (stanza, count) in counted.unknown {
            verdict
                .problems
                .push(format!("the network did not understand {stanza}, {count} times"));
        }
        for id in receiver.wrong() {
            verdict
                .problems
                .push(format!("{id}: a bad signature, or another body under the same id"));
        }
        return Ok(verdict);
    }
}

fn judge(facts: &Facts<'_>) -> Verdict {
    let mut verdict = Verdict {
        counts: Counts {
            accepted: facts.accepted.len(),
            written: facts.written.len(),
            past: facts.past.len(),
            ..Counts::default()
        },
        problems: Vec::new(),
    };
    let all = || facts.accepted.iter().chain(&facts.written);
    let of = |kind| all().filter(|sent: &&Sent| sent.said.kind() == kind).count();
    verdict.counts.pictures = of(Kind::Image);
    verdict.counts.replies = of(Kind::Reply);
    verdict.counts.reactions = of(Kind::Reaction);
    outgoing::judge(facts, &mut verdict);
    incoming::judge(facts, &mut verdict);
    webhooks::judge(facts, &mut verdict);
    verdict
}
