//! The load: each account and each phone write to each other, one after the other in each chat.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pesan_model::message::Message;
use pesan_model::{Content, Direction, MessageId};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::said::{Kind, Said, TURN, emoji, is_about_the_other, picture};
use super::{Sent, Stage};
use crate::Result;

/// A message that is not accepted for so long never will be. On a machine that is busy with other things, many starts in a
/// row can be killed before they take anything.
const PATIENCE: Duration = Duration::from_secs(600);

/// Of its own messages a talker answers or reacts to the last but one: once a picture, once an answer.
const BACK: usize = 2;

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
    let mut over = stage.over.subscribe();
    let mut writer = Writer {
        stage: &stage,
        line,
        phone: &phone,
        own: Vec::new(),
    };
    for number in 0_u64.. {
        match writer.write(number).await {
            Ok(sent) => stage.accepted.lock().push(sent),
            Err(error) => {
                let key = key(line, &phone, number);
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
    let mut over = stage.over.subscribe();
    let mut person = Person {
        stage: &stage,
        line,
        phone: &phone,
        own: Vec::new(),
        looked_until: 0,
        of_account: None,
    };
    for number in 0_u64.. {
        match person.write(number).await {
            Ok(sent) => stage.written.lock().push(sent),
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

fn key(line: usize, phone: &str, number: u64) -> String {
    format!("chaos-{line}-{phone}-{number}")
}

/// An account in one of its chats, through Pesan's API.
struct Writer<'a> {
    stage: &'a Stage,
    line: usize,
    phone: &'a str,
    /// What it said last and is no reaction. It may still wait to be sent: then it leaves before what is said to it.
    own: Vec<Message>,
}

impl Writer<'_> {
    async fn write(&mut self, number: u64) -> Result<Sent> {
        let (stage, deadline) = (self.stage, Instant::now() + PATIENCE);
        let text = format!("out {} {} {number}", self.line, self.phone);
        let (said, mut body) = match Kind::of(number) {
            Kind::Text => {
                let body = json!({"type": "text", "text": {"body": text}});
                (Said::Text(text), body)
            }
            Kind::Image => {
                let file = self.file(number, &text, deadline).await?;
                (Said::Image { caption: text }, json!({"type": "image", "image": file}))
            }
            Kind::Reply => {
                let (id, to) = self.target(number, deadline).await?;
                let body = json!({"type": "text", "text": {"body": text}, "reply_to": id});
                (Said::Reply { text, to }, body)
            }
            Kind::Reaction => {
                let ((id, to), emoji) = (self.target(number, deadline).await?, emoji(number));
                let body = json!({"type": "reaction", "reaction": {"message_id": id, "emoji": emoji}});
                (Said::Reaction { emoji, to }, body)
            }
        };
        body["account_id"] = json!(stage.lines[self.line].account.id);
        body["to"] = self.phone.into();
        let key = key(self.line, self.phone, number);
        let (message, posted) = stage.api.send_until_accepted(&key, &body, deadline).await?;
        stage.posts.fetch_add(u64::from(posted), Ordering::Relaxed);
        if said.kind() != Kind::Reaction {
            remember(&mut self.own, message.clone());
        }
        Ok(Sent {
            line: self.line,
            phone: self.phone.to_owned(),
            number,
            wa_id: message.wa_id.clone(),
            message: Some(message),
            said,
        })
    }

    /// The picture, once in the message itself and once stored before it.
    async fn file(&self, number: u64, caption: &str, deadline: Instant) -> Result<Value> {
        let bytes = picture(caption);
        if is_about_the_other(number) {
            let id = self
                .stage
                .api
                .upload_until_stored(&bytes, "image/png", deadline)
                .await?;
            return Ok(json!({"media_id": id, "caption": caption}));
        }
        Ok(json!({"data": STANDARD.encode(bytes), "caption": caption}))
    }

    /// What is answered or reacted to: its own message, or what the person wrote last.
    async fn target(&self, number: u64, deadline: Instant) -> Result<(MessageId, String)> {
        let own = &self.own[self.own.len() - BACK];
        let mut target = own;
        let newest;
        if is_about_the_other(number) {
            newest = self.stage.api.newest_until_answered(own.chat_id, deadline).await?;
            let is_theirs = |message: &&Message| {
                message.direction == Direction::In && matches!(message.content, Content::Text(_) | Content::Image(_))
            };
            target = newest.iter().find(is_theirs).unwrap_or(own);
        }
        Ok((target.id, target.wa_id.clone()))
    }
}

/// A phone in its chat with an account.
struct Person<'a> {
    stage: &'a Stage,
    line: usize,
    phone: &'a str,
    /// What it said last and is no reaction.
    own: Vec<String>,
    /// How far its screen was read.
    looked_until: u64,
    /// What the account said last that was on its screen by then and is no reaction.
    of_account: Option<String>,
}

impl Person<'_> {
    async fn write(&mut self, number: u64) -> Result<Sent> {
        let text = format!("in {} {} {number}", self.line, self.phone);
        let (said, mut body) = match Kind::of(number) {
            Kind::Text => {
                let body = json!({"text": text});
                (Said::Text(text), body)
            }
            Kind::Image => {
                let data = STANDARD.encode(picture(&text));
                let body = json!({"image": {"data": data, "mime_type": "image/png", "caption": text}});
                (Said::Image { caption: text }, body)
            }
            Kind::Reply => {
                let to = self.target(number).await?;
                let body = json!({"text": text, "reply_to": to});
                (Said::Reply { text, to }, body)
            }
            Kind::Reaction => {
                let (to, emoji) = (self.target(number).await?, emoji(number));
                let body = json!({"reaction": {"message_id": to, "emoji": emoji}});
                (Said::Reaction { emoji, to }, body)
            }
        };
        body["to"] = self.stage.lines[self.line].number.as_str().into();
        let wa_id = self.stage.phones.send(self.phone, &body).await?;
        if said.kind() != Kind::Reaction {
            remember(&mut self.own, wa_id.clone());
        }
        Ok(Sent {
            line: self.line,
            phone: self.phone.to_owned(),
            number,
            message: None,
            wa_id,
            said,
        })
    }

    /// What is answered or reacted to: its own message, or what the account said last.
    async fn target(&mut self, number: u64) -> Result<String> {
        let own = self.own[self.own.len() - BACK].clone();
        if !is_about_the_other(number) {
            return Ok(own);
        }
        let account = &self.stage.lines[self.line].number;
        for shown in self.stage.phones.shown(self.phone, self.looked_until).await? {
            self.looked_until = shown.seq;
            if shown.direction == "in" && shown.chat == *account && shown.kind != "reaction" {
                self.of_account = Some(shown.id);
            }
        }
        Ok(self.of_account.clone().unwrap_or(own))
    }
}

/// Keeps the last few.
fn remember<T>(own: &mut Vec<T>, said: T) {
    own.push(said);
    if own.len() > TURN as usize {
        own.remove(0);
    }
}

/// Pauses; true when the load is over.
async fn is_over(pause: Duration, over: &mut tokio::sync::watch::Receiver<bool>) -> bool {
    tokio::time::timeout(pause, over.wait_for(|over| *over)).await.is_ok()
}
