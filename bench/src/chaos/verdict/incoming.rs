//! What phones sent.

use std::collections::HashMap;

use pesan_model::message::Message;
use pesan_model::{Content, Direction};

use super::Verdict;
use super::facts::Facts;
use crate::chaos::Sent;
use crate::chaos::said::{Said, digest, picture};

/// Each message of a phone is stored once, also what it wrote before the account was linked.
pub(super) fn judge(facts: &Facts<'_>, verdict: &mut Verdict) {
    let mut stored: HashMap<(usize, &str), Vec<&Message>> = HashMap::new();
    for (line, messages) in facts.stored.iter().enumerate() {
        for message in messages.iter().filter(|message| message.direction == Direction::In) {
            stored.entry((line, &message.wa_id)).or_default().push(message);
        }
    }
    for sent in facts.written.iter().chain(&facts.past) {
        match stored.remove(&(sent.line, sent.wa_id.as_str())).as_deref() {
            // The phone has it, and each start asks for it.
            Some([once]) if matches!(once.content, Content::Undecryptable(_)) => {
                verdict.counts.unread += 1;
                verdict.problems.push(format!(
                    "WhatsApp id {} is a line that says that it was lost, and the phone did not tell it",
                    sent.wa_id
                ));
            }
            Some([once]) => {
                verdict.counts.stored += usize::from(judge_content(facts, verdict, (sent, once)));
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
    // A line that no phone wrote.
    for (_, wa_id) in stored.keys() {
        verdict.counts.doubled += 1;
        verdict
            .problems
            .push(format!("WhatsApp id {wa_id} is stored and no phone wrote it"));
    }
}

/// What is stored says what was sent: the words, the picture, the message that is answered or has the emoji on it. False when
/// it does not.
pub(super) fn judge_content(facts: &Facts<'_>, verdict: &mut Verdict, (sent, stored): (&Sent, &Message)) -> bool {
    let (id, kind) = (stored.id, stored.content.kind());
    if !sent.said.is_stored_as(stored, |wa_id| facts.id_of(sent.line, wa_id)) {
        verdict.counts.changed += 1;
        let said = sent.said.kind();
        verdict.problems.push(format!(
            "{id} is stored as {kind} and does not say what was sent ({said:?})"
        ));
        return false;
    }
    let (Said::Image { caption }, Some(file)) = (&sent.said, stored.content.media()) else {
        return true;
    };
    match facts.files.here.get(&file.media_id) {
        Some(Some(found)) if *found == digest(&picture(caption)) => {
            verdict.counts.files += 1;
            true
        }
        Some(Some(_)) => {
            verdict.counts.changed += 1;
            verdict.problems.push(format!("{id} has another picture"));
            false
        }
        Some(None) => {
            verdict.counts.lost += 1;
            verdict.problems.push(format!("the picture of {id} is gone"));
            false
        }
        None => {
            verdict.counts.unfetched += 1;
            verdict.problems.push(format!("the picture of {id} was not fetched"));
            false
        }
    }
}
