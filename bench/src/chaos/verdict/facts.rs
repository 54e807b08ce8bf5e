//! Everything that can be seen from outside, at the end.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use pesan_model::message::Message;
use pesan_model::{MediaId, MessageId};

use crate::Result;
use crate::chaos::said::digest;
use crate::chaos::{Sent, Stage};
use crate::pesan::File;
use crate::phones::Shown;
use crate::receiver::{Received, Receiver};

/// What was sent, and what became of it.
pub(super) struct Facts<'a> {
    pub(super) accepted: Vec<Sent>,
    pub(super) written: Vec<Sent>,
    /// What phones wrote before the accounts were linked.
    pub(super) past: Vec<Sent>,
    /// What is on each phone.
    pub(super) screens: HashMap<String, Vec<Shown>>,
    /// Every message in Pesan, by account.
    pub(super) stored: Vec<Vec<Message>>,
    /// Under which id Pesan has which message of WhatsApp's, by account.
    ids: HashMap<(usize, String), MessageId>,
    /// Every webhook request.
    pub(super) ledger: HashMap<String, Received>,
    pub(super) files: &'a Files,
}

impl Facts<'_> {
    /// Under which id an account's message is stored.
    pub(super) fn id_of(&self, line: usize, wa_id: &str) -> Option<MessageId> {
        self.ids.get(&(line, wa_id.to_owned())).copied()
    }
}

/// The files that were looked at so far. They do not change, so none is fetched twice.
#[derive(Default)]
pub(super) struct Files {
    /// Of Pesan: the digest, or nothing when it cannot be had any more. What is missing here is still at WhatsApp.
    pub(super) here: HashMap<MediaId, Option<[u8; 32]>>,
    /// Of phones, by phone and message.
    pub(super) there: HashMap<(String, String), Option<[u8; 32]>>,
}

impl Files {
    async fn fetch_here(&mut self, stage: &Stage, messages: &[Message]) -> Result<()> {
        for file in messages.iter().filter_map(|message| message.content.media()) {
            if let Entry::Vacant(place) = self.here.entry(file.media_id) {
                match stage.api.file(file.media_id).await? {
                    File::Here(bytes) => place.insert(Some(digest(&bytes))),
                    File::Gone => place.insert(None),
                    File::Waits => continue,
                };
            }
        }
        Ok(())
    }

    async fn fetch_there(&mut self, stage: &Stage, phone: &str, screen: &[Shown]) -> Result<()> {
        for shown in screen.iter().filter(|shown| shown.kind == "image") {
            if let Entry::Vacant(place) = self.there.entry((phone.to_owned(), shown.id.clone())) {
                let bytes = stage.phones.file(phone, &shown.id).await?;
                place.insert(bytes.map(|bytes| digest(&bytes)));
            }
        }
        Ok(())
    }
}

pub(super) async fn collect<'a>(stage: &Stage, receiver: &Receiver, files: &'a mut Files) -> Result<Facts<'a>> {
    let numbers: Vec<&str> = stage.lines.iter().map(|line| line.number.as_str()).collect();
    let mut screens = HashMap::new();
    for phone in &stage.people {
        let mut screen = stage.phones.shown(phone, 0).await?;
        // Only what came from our accounts.
        screen.retain(|shown| shown.direction == "in" && numbers.contains(&shown.chat.as_str()));
        files.fetch_there(stage, phone, &screen).await?;
        screens.insert(phone.clone(), screen);
    }
    let (mut stored, mut ids) = (Vec::new(), HashMap::new());
    for (place, line) in stage.lines.iter().enumerate() {
        let mut messages = Vec::new();
        for chat in stage.api.chats(line.account.id).await? {
            messages.extend(stage.api.messages(chat.id).await?);
        }
        files.fetch_here(stage, &messages).await?;
        ids.extend(
            messages
                .iter()
                .map(|message| ((place, message.wa_id.clone()), message.id)),
        );
        stored.push(messages);
    }
    Ok(Facts {
        accepted: stage.accepted.lock().clone(),
        written: stage.written.lock().clone(),
        past: stage.past.clone(),
        screens,
        stored,
        ids,
        ledger: receiver.ledger(),
        files,
    })
}
