//! The load: each account and each phone write to each other, one after the other in each chat.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::{Sent, Stage};

/// A message that is not accepted for so long never will be. On a machine that is busy with other things, many starts in a
/// row can be killed before they take anything.
const PATIENCE: Duration = Duration::from_secs(600);

/// Starts everybody.
pub(super) fn start(stage: &Arc<Stage>) -> Vec<JoinHandle<()>> {
    let mut talkers = Vec::new();
    for line in 0..stage.lines.len() {
        for phone in &stage.people {
            talkers.push(crate::spawn(from_pesan(stage.clone(), line, phone.clone())));
            talkers.push(crate::spawn(from_phone(stage.clone(), line, phone.clone())));
        }
    }
    talkers
}

async fn from_pesan(stage: Arc<Stage>, line: usize, phone: String) {
    let account = stage.lines[line].account.id;
    let mut over = stage.over.subscribe();
    for number in 0_u64.. {
        let text = format!("out {line} {phone} {number}");
        let body = json!({"account_id": account, "to": phone, "type": "text", "text": {"body": text}});
        let key = format!("chaos-{line}-{phone}-{number}");
        let deadline = Instant::now() + PATIENCE;
        match stage.api.send_until_accepted(&key, &body, deadline).await {
            Ok((message, posted)) => {
                stage.posts.fetch_add(u64::from(posted), Ordering::Relaxed);
                stage.accepted.lock().push(Sent {
                    line,
                    phone: phone.clone(),
                    number,
                    wa_id: message.wa_id.clone(),
                    message: Some(message),
                    text,
                });
            }
            Err(error) => {
                stage.problems.lock().push(format!("{key}: {error}"));
                return;
            }
        }
        if is_over(stage.pause, &mut over).await {
            return;
        }
    }
}

async fn from_phone(stage: Arc<Stage>, line: usize, phone: String) {
    let to = stage.lines[line].number.clone();
    let mut over = stage.over.subscribe();
    for number in 0_u64.. {
        let text = format!("in {line} {phone} {number}");
        match stage.phones.write(&phone, &to, &text).await {
            Ok(wa_id) => stage.written.lock().push(Sent {
                line,
                phone: phone.clone(),
                number,
                message: None,
                wa_id,
                text,
            }),
            Err(error) => {
                stage.problems.lock().push(format!("phone {line}-{number}: {error}"));
                return;
            }
        }
        if is_over(stage.pause, &mut over).await {
            return;
        }
    }
}

/// Pauses; true when the load is over.
async fn is_over(pause: Duration, over: &mut tokio::sync::watch::Receiver<bool>) -> bool {
    tokio::time::timeout(pause, over.wait_for(|over| *over)).await.is_ok()
}
