//! The end of the crash test: every message is looked for at both sides. Names ids only, never texts.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::Duration;

use pesan_model::message::Message;
use pesan_model::{Content, Direction, MessageStatus};
use tokio::time::Instant;

use super::{Sent, Stage};
use crate::Result;
use crate::phones::Shown;
use crate::receiver::{Received, Receiver};

/// How many messages each log-in may ask the phone for, on average.
const MOST_ASKED: u64 = 3;

/// What came of it.
pub(super) struct Verdict {
    pub(super) counts: Counts,
    pub(super) problems: Vec<String>,
}

/// What happened how often.
#[derive(Debug, Default)]
pub(super) struct Counts {
    accepted: usize,
    sent_events: usize,
    shown: usize,
    wire_repeats: u64,
    dropped_by_network: u64,
    written: usize,
    stored: usize,
    past: usize,
    told: usize,
    webhook_tries: u64,
    webhook_repeats: u64,
    logins: u64,
    network_retries: u64,
    undecryptable_at_first: u64,
    lost: usize,
    doubled: usize,
    stuck: usize,
    out_of_order: usize,
    /// There, and nobody knows what they say.
    unread: usize,
    /// How often phones were asked for what a kill took.
    asked_of_phones: u64,
    /// There, and saying something else.
    changed: usize,
}

impl Counts {
    /// How often a message was sent again that had reached the network before.
    pub(super) fn repeats(&self) -> u64 {
        self.wire_repeats
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "logins={} | out: accepted={} shown={} sent_events={} wire_repeats={} dropped_by_network={} | in: past={} written={} \
             stored={} told={} webhook_tries={} webhook_repeats={} | decryption_retries={} undecryptable_at_first={} \
             asked_of_phones={} | lost={} doubled={} stuck={} out_of_order={} unread={} changed={}",
            self.logins,
            self.accepted,
            self.shown,
            self.sent_events,
            self.wire_repeats,
            self.dropped_by_network,
            self.past,
            self.written,
            self.stored,
            self.told,
            self.webhook_tries,
            self.webhook_repeats,
            self.network_retries,
            self.undecryptable_at_first,
            self.asked_of_phones,
            self.lost,
            self.doubled,
            self.stuck,
            self.out_of_order,
            self.unread,
            self.changed
        )
    }
}

/// Everything that can be seen from outside.
struct Facts {
    accepted: Vec<Sent>,
    written: Vec<Sent>,
    /// What phones wrote before the accounts were linked.
    past: Vec<Sent>,
    /// What is on each phone.
    screens: HashMap<String, Vec<Shown>>,
    /// Every message in Pesan, by account.
    stored: Vec<Vec<Message>>,
    /// Every webhook request.
    ledger: HashMap<String, Received>,
}

/// Waits until nothing is missing, at most until the deadline; then judges.
pub(super) async fn wait_and_judge(stage: &Stage, receiver: &Receiver, deadline: Instant) -> Result<Verdict> {
    loop {
        let facts = collect(stage, receiver).await?;
        let mut verdict = judge(&facts);
        let is_open = verdict.counts.lost + verdict.counts.stuck + verdict.counts.unread > 0;
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

async fn collect(stage: &Stage, receiver: &Receiver) -> Result<Facts> {
    let mut screens = HashMap::new();
    for phone in &stage.people {
        screens.insert(phone.clone(), stage.phones.shown(phone).await?);
    }
    let mut stored = Vec::new();
    for line in &stage.lines {
        let mut messages = Vec::new();
        for chat in stage.api.chats(line.account.id).await? {
            messages.extend(stage.api.messages(chat.id).await?);
        }
        stored.push(messages);
    }
    let numbers: HashMap<&str, usize> = stage.lines.iter().map(|line| line.number.as_str()).zip(0..).collect();
    for shown in screens.values_mut() {
        // Only what came from our accounts.
        shown.retain(|shown| shown.direction == "in" && numbers.contains_key(shown.chat.as_str()));
    }
    Ok(Facts {
        accepted: stage.accepted.lock().clone(),
        written: stage.written.lock().clone(),
        past: stage.past.clone(),
        screens,
        stored,
        ledger: receiver.ledger(),
    })
}

fn judge(facts: &Facts) -> Verdict {
    let mut verdict = Verdict {
        counts: Counts {
            accepted: facts.accepted.len(),
            written: facts.written.len(),
            past: facts.past.len(),
            ..Counts::default()
        },
        problems: Vec::new(),
    };
    outgoing(facts, &mut verdict);
    incoming(facts, &mut verdict);
    webhooks(facts, &mut verdict);
    verdict
}

/// Each accepted message is on the right phone once, in the order it was accepted in, and Pesan knows that it is sent.
fn outgoing(facts: &Facts, verdict: &mut Verdict) {
    let status: HashMap<_, _> = facts
        .stored
        .iter()
        .flatten()
        .map(|message| (message.id, message))
        .collect();
    let mut on_screen: HashMap<(&str, &str), Vec<&Shown>> = HashMap::new();
    for (phone, screen) in &facts.screens {
        for shown in screen {
            on_screen.entry((phone, &shown.id)).or_default().push(shown);
        }
    }
    let mut texts: BTreeMap<(usize, &str), Vec<(u64, u64)>> = BTreeMap::new();
    for sent in &facts.accepted {
        let name = sent
            .message
            .as_ref()
            .map_or_else(String::new, |message| message.id.to_string());
        let shown = on_screen
            .remove(&(sent.phone.as_str(), sent.wa_id.as_str()))
            .unwrap_or_default();
        match shown.as_slice() {
            [] => {
                verdict.counts.lost += 1;
                verdict.problems.push(format!("{name} is not on the phone"));
            }
            [once] if once.shown == 1 => {
                verdict.counts.shown += 1;
                verdict.counts.wire_repeats += u64::from(once.arrivals.saturating_sub(1));
                texts
                    .entry((sent.line, &sent.phone))
                    .or_default()
                    .push((sent.number, once.seq));
            }
            more => {
                verdict.counts.doubled += 1;
                let times: u32 = more.iter().map(|shown| shown.shown).sum();
                verdict.problems.push(format!("{name} is on the phone {times} times"));
            }
        }
        if shown.iter().any(|shown| shown.text.as_deref() != Some(&*sent.text)) {
            verdict.counts.changed += 1;
            verdict
                .problems
                .push(format!("{name} says something else on the phone"));
        }
        let stored = sent.message.as_ref().and_then(|message| status.get(&message.id));
        match stored.map(|message| message.status) {
            Some(MessageStatus::Sent | MessageStatus::Delivered | MessageStatus::Read | MessageStatus::Played) => {}
            Some(other) => {
                verdict.counts.stuck += 1;
                verdict.problems.push(format!("{name} is {}", other.name()));
            }
            None => {
                verdict.counts.lost += 1;
                verdict.problems.push(format!("{name} is not stored"));
            }
        }
    }
    // Everything accepted was taken out: what is left on a phone was sent under an id that nobody was told.
    for (_, wa_id) in on_screen.keys() {
        verdict.counts.doubled += 1;
        verdict
            .problems
            .push(format!("WhatsApp id {wa_id} is on a phone and was not accepted"));
    }
    for places in texts.values_mut() {
        places.sort_unstable();
        let disorder = places.windows(2).filter(|pair| pair[0].1 > pair[1].1).count();
        if disorder > 0 {
            verdict.counts.out_of_order += disorder;
            verdict
                .problems
                .push(format!("a chat is out of order at the phone in {disorder} places"));
        }
    }
}

/// Each message of a phone is stored once, also what it wrote before the account was linked.
fn incoming(facts: &Facts, verdict: &mut Verdict) {
    let mut stored: HashMap<(usize, &str), Vec<&Message>> = HashMap::new();
    for (line, messages) in facts.stored.iter().enumerate() {
        for message in messages.iter().filter(|message| message.direction == Direction::In) {
            stored.entry((line, &message.wa_id)).or_default().push(message);
        }
    }
    for sent in facts.written.iter().chain(&facts.past) {
        match stored.get(&(sent.line, sent.wa_id.as_str())).map(Vec::as_slice) {
            Some([once]) if once.content.preview().as_deref() == Some(&sent.text) => verdict.counts.stored += 1,
            // The phone has it, and each start asks for it.
            Some([once]) if matches!(once.content, Content::Undecryptable(_)) => {
                verdict.counts.unread += 1;
                verdict.problems.push(format!(
                    "WhatsApp id {} is a line that says that it was lost, and the phone did not tell it",
                    sent.wa_id
                ));
            }
            // Of another kind, or other words.
            Some([once]) => {
                verdict.counts.changed += 1;
                verdict.problems.push(format!(
                    "WhatsApp id {} is stored as {} and does not say what was written",
                    sent.wa_id,
                    once.content.kind()
                ));
            }
            None | Some([]) => {
                verdict.counts.lost += 1;
                verdict.problems.push(format!(
                    "WhatsApp id {} was written by a phone and is not stored",
                    sent.wa_id
                ));
            }
            Some(more) => {
                verdict.counts.doubled += 1;
                let times = more.len();
                verdict
                    .problems
                    .push(format!("WhatsApp id {} is stored {times} times", sent.wa_id));
            }
        }
    }
}

/// Each message reached the receiver under one id: what was received, and what was sent.
fn webhooks(facts: &Facts, verdict: &mut Verdict) {
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
