//! What the accounts sent.

use std::collections::{BTreeMap, HashMap};

use pesan_model::message::Message;
use pesan_model::{Direction, MessageStatus};

use super::Verdict;
use super::facts::Facts;
use super::incoming::judge_content;
use crate::chaos::Sent;
use crate::chaos::said::{Said, digest, picture};
use crate::phones::Shown;

/// Each accepted message is on the right phone once, in the order it was accepted in, and stored once as it was sent.
pub(super) fn judge(facts: &Facts<'_>, verdict: &mut Verdict) {
    let mut stored: HashMap<(usize, &str), Vec<&Message>> = HashMap::new();
    for (line, messages) in facts.stored.iter().enumerate() {
        for message in messages.iter().filter(|message| message.direction == Direction::Out) {
            stored.entry((line, &message.wa_id)).or_default().push(message);
        }
    }
    let mut on_screen: HashMap<(&str, &str), Vec<&Shown>> = HashMap::new();
    for (phone, screen) in &facts.screens {
        for shown in screen {
            on_screen.entry((phone, &shown.id)).or_default().push(shown);
        }
    }
    let mut places: BTreeMap<(usize, &str), Vec<(u64, u64)>> = BTreeMap::new();
    for sent in &facts.accepted {
        let id = sent.message.as_ref().map(|message| message.id);
        let name = id.map_or_else(String::new, |id| id.to_string());
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
                let chat = (sent.line, sent.phone.as_str());
                places.entry(chat).or_default().push((sent.number, once.seq));
            }
            more => {
                verdict.counts.doubled += 1;
                let times: u32 = more.iter().map(|shown| shown.shown).sum();
                verdict.problems.push(format!("{name} is on the phone {times} times"));
            }
        }
        if shown.iter().any(|shown| !sent.said.is_shown_as(shown)) {
            verdict.counts.changed += 1;
            verdict
                .problems
                .push(format!("{name} says something else on the phone"));
        }
        if !shown.is_empty() {
            judge_file(facts, verdict, (sent, &name));
        }
        match stored.remove(&(sent.line, sent.wa_id.as_str())).as_deref() {
            Some([once]) if Some(once.id) == id => judge_stored(facts, verdict, (sent, once)),
            None | Some([] | [_]) => {
                verdict.counts.lost += 1;
                verdict.problems.push(format!("{name} is not stored"));
            }
            Some(more) => {
                verdict.counts.doubled += 1;
                let times = more.len();
                verdict.problems.push(format!("{name} is stored {times} times"));
            }
        }
    }
    // Everything accepted was taken out: what is left was sent or stored under an id that nobody was told.
    for (_, wa_id) in on_screen.keys() {
        verdict.counts.doubled += 1;
        verdict
            .problems
            .push(format!("WhatsApp id {wa_id} is on a phone and was not accepted"));
    }
    for (_, wa_id) in stored.keys() {
        verdict.counts.doubled += 1;
        verdict
            .problems
            .push(format!("WhatsApp id {wa_id} is stored as ours and was not accepted"));
    }
    for places in places.values_mut() {
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

fn judge_stored(facts: &Facts<'_>, verdict: &mut Verdict, (sent, stored): (&Sent, &Message)) {
    match stored.status {
        MessageStatus::Sent | MessageStatus::Delivered | MessageStatus::Read | MessageStatus::Played => {}
        other => {
            verdict.counts.stuck += 1;
            let (id, name) = (stored.id, other.name());
            let why = stored.error.as_ref().map_or("", |error| error.code.as_str());
            verdict.problems.push(format!("{id} is {name} {why}"));
        }
    }
    judge_content(facts, verdict, (sent, stored));
}

/// The phone can open the picture, and it is the one that was sent.
fn judge_file(facts: &Facts<'_>, verdict: &mut Verdict, (sent, name): (&Sent, &str)) {
    let Said::Image { caption } = &sent.said else { return };
    let found = facts.files.there.get(&(sent.phone.clone(), sent.wa_id.clone()));
    match found {
        Some(Some(found)) if *found == digest(&picture(caption)) => verdict.counts.files += 1,
        Some(Some(_)) => {
            verdict.counts.changed += 1;
            verdict.problems.push(format!("{name} is another picture on the phone"));
        }
        Some(None) | None => {
            verdict.counts.lost += 1;
            verdict
                .problems
                .push(format!("the picture of {name} cannot be had on the phone"));
        }
    }
}
