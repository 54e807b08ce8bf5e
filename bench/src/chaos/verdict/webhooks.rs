//! What the receiver of webhooks was told.

use std::collections::{BTreeMap, HashMap};

use super::Verdict;
use super::facts::Facts;
use crate::chaos::Sent;
use crate::receiver::Received;

/// Each message reached the receiver under one id: what was received, and what was sent.
pub(super) fn judge(facts: &Facts<'_>, verdict: &mut Verdict) {
    let mut ids: HashMap<(&str, &str), Vec<&Received>> = HashMap::new();
    for received in facts.ledger.values() {
        verdict.counts.webhook_tries += received.tries;
        verdict.counts.webhook_repeats += received.accepted.saturating_sub(1);
        ids.entry((&received.event, &received.wa_id))
            .or_default()
            .push(received);
    }
    let mut told = |event: &'static str, sent: &[Sent], order: &mut BTreeMap<(usize, String), Vec<(i64, usize)>>| {
        let mut count = 0;
        for sent in sent {
            match ids.get(&(event, sent.wa_id.as_str())).map(Vec::as_slice) {
                Some([one]) if one.accepted > 0 => {
                    count += 1;
                    let chat = (sent.line, one.chat.clone());
                    order.entry(chat).or_default().push((one.seq, one.place));
                }
                None | Some([] | [_]) => {
                    verdict.counts.stuck += 1;
                    verdict
                        .problems
                        .push(format!("{event} of WhatsApp id {} was not told", sent.wa_id));
                }
                Some(more) => {
                    verdict.counts.doubled += 1;
                    let times = more.len();
                    verdict
                        .problems
                        .push(format!("{event} of WhatsApp id {} has {times} webhook ids", sent.wa_id));
                }
            }
        }
        count
    };
    let mut order = BTreeMap::new();
    let received = told("message.received", &facts.written, &mut order);
    let sent = told("message.sent", &facts.accepted, &mut order);
    verdict.counts.told = received;
    verdict.counts.sent_events = sent;
    for places in order.values_mut() {
        places.sort_unstable();
        let disorder = places.windows(2).filter(|pair| pair[0].1 > pair[1].1).count();
        if disorder > 0 {
            verdict.counts.out_of_order += disorder;
            verdict
                .problems
                .push(format!("webhooks of a chat came out of order in {disorder} places"));
        }
    }
}
