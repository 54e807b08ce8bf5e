//! Sending: a message is accepted, made durable with the WhatsApp id it will always have, and queued in its chat.
//!
//! Handing it to WhatsApp is the work of [`crate::outbox`].

pub(crate) mod automatic;
mod cancel;
mod compose;
mod delete;
mod opening;
mod retry;
pub(crate) mod target;
mod user_sends;
mod words;

pub use cancel::{cancel, resume};
pub use delete::delete;
pub use retry::{MAX_RETRIES, retry};
pub(crate) use user_sends::UserSends;

use std::sync::Arc;

use pesan_model::message::Message;
use pesan_model::{
    AccountId, AccountState, Address, Content, Direction, Event, Flaw, JobId, MediaId, MessageId, MessageStatus,
    Metadata, OrganizationId, Permission, Timestamp,
};
use pesan_providers::provider::new_wa_id;
use pesan_store::chat::{self, Arrival};
use pesan_store::contact::ContactRow;
use pesan_store::job::{self, NewJob};
use pesan_store::{Error as StoreError, Tx, account, message};

use crate::access::Caller;
use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, Result};
use crate::events;
use crate::idempotency::{self, IdempotencyKey, once};

use self::opening::Strangers;

/// A message that somebody asks to send.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// Through which account.
    pub account_id: AccountId,
    /// To whom: a number in any form, or a WhatsApp address.
    pub to: String,
    /// What it says.
    pub content: NewContent,
    /// The message it answers, in the same chat.
    pub reply_to: Option<MessageId>,
    /// Not before this time.
    pub send_at: Option<Timestamp>,
    /// What is given along for whoever sends it.
    pub metadata: Option<Metadata>,
}

/// What a new message says.
#[derive(Debug, Clone)]
pub enum NewContent {
    /// Plain text.
    Text {
        /// 1 to 4,096 characters.
        body: String,
    },
    /// A file.
    Media(NewMedia),
    /// An emoji on another message.
    Reaction {
        /// The message it is on.
        message_id: MessageId,
        /// One emoji; empty takes it back.
        emoji: String,
    },
}

/// A file to send.
#[derive(Debug, Clone)]
pub struct NewMedia {
    /// How it is shown.
    pub kind: pesan_model::content::MediaKind,
    /// Where it comes from.
    pub source: MediaSource,
    /// The text under it.
    pub caption: Option<String>,
    /// The name a document is saved under.
    pub file_name: Option<String>,
    /// A voice note.
    pub voice: bool,
}

/// Where a file comes from.
#[derive(Debug, Clone)]
pub enum MediaSource {
    /// It was uploaded before.
    Stored(MediaId),
    /// It is fetched from this address now.
    Link(String),
    /// It is in the request, as base64 or as a data URL.
    Data(String),
}

/// What sending answers.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The message, queued; or as it is now, for a repeat.
    pub message: Message,
    /// What its account is doing: unless it is connected, the message waits.
    pub account_state: AccountState,
    /// What to do about that.
    pub account_advice: &'static str,
    /// True when the same `Idempotency-Key` had made it before.
    pub is_replay: bool,
}

/// Accepts a message: when this returns, it is durable and will be sent in its turn.
pub async fn send(app: &Arc<App>, caller: &Caller, new: NewMessage, key: Option<IdempotencyKey>) -> Result<Sent> {
    caller.require(Permission::MessagesSend)?;
    let address = compose::address(&new.to)?;
    compose::check_time(app, new.send_at)?;
    compose::check_metadata(new.metadata.as_ref())?;
    let organization = caller.organization_id;
    // A repeat must not fetch a file again that is gone by now, nor count as another message.
    if let Some(first) = idempotency::find(app, caller, OPERATION, key.as_ref()).await? {
        return replay(app, organization, first.into()).await;
    }
    let counted = app.user_sends.take(app, caller)?;
    let sent = send_new(app, caller, address, new, key).await;
    match &sent {
        // WhatsApp was asked about the number, which is to be done no oftener than something is sent.
        Err(Error::Invalid(fields)) if fields.iter().any(|field| field.pointer == "/to") => {}
        Ok(sent) if !sent.is_replay => wake(app, &sent.message, organization),
        Ok(_) | Err(_) => app.user_sends.give_back(&counted),
    }
    sent
}

/// Accepts a message that nobody has accepted before.
async fn send_new(
    app: &Arc<App>,
    caller: &Caller,
    address: Address,
    new: NewMessage,
    key: Option<IdempotencyKey>,
) -> Result<Sent> {
    let content = compose::content(app, caller, &new).await?;
    let request = Arc::new(Checked {
        caller: caller.clone(),
        account: new.account_id,
        address,
        content,
        reply_to: new.reply_to,
        send_at: new.send_at,
        metadata: new.metadata,
        key,
    });
    let mut attempt = 1;
    // Nobody can be asked about a stranger while the account is not connected here.
    let mut strangers = match app.connections.get(request.account) {
        Some(_) => Strangers::AskFirst,
        None => Strangers::Welcome(None),
    };
    loop {
        let (owned, checked, asked) = (app.clone(), request.clone(), strangers.clone());
        let accepted = app
            .store
            .write::<_, Unaccepted, _>(move |tx| Box::pin(async move { accept(&owned, tx, &checked, &asked).await }))
            .await;
        match accepted {
            Ok(sent) => return Ok(sent),
            Err(Unaccepted::Stranger) => {
                let told = opening::ensure_on_whatsapp(app, caller, request.account, &request.address).await?;
                strangers = Strangers::Welcome(told);
            }
            // The same person wrote to us at this very moment; the second time the chat is there.
            Err(Unaccepted::Failed(Error::Conflict {
                code: "already_exists", ..
            })) if attempt < TRIES => attempt += 1,
            Err(Unaccepted::Failed(error)) => return Err(error),
        }
    }
}

/// Checks that the caller may send, and that a key for several messages came with no other request. Each message is then
/// sent with its part of the key.
pub async fn begin_batch(app: &Arc<App>, caller: &Caller, key: Option<&IdempotencyKey>) -> Result<()> {
    caller.require(Permission::MessagesSend)?;
    let Some(key) = key.cloned() else { return Ok(()) };
    let (app, caller) = (app.clone(), caller.clone());
    let store = app.store.clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                let batch = (JobId::new(&*app.clock, &*app.random).uuid(), app.clock.now());
                once(tx, &caller, BATCH_OPERATION, Some(&key), batch).await?;
                Ok(())
            })
        })
        .await
}

/// Why a message was not accepted.
enum Unaccepted {
    /// The account never wrote to this address, and WhatsApp was not asked about it.
    Stranger,
    Failed(Error),
}

impl From<Error> for Unaccepted {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Unaccepted {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// How often a message is accepted anew when another transaction made its chat or contact first.
const TRIES: u32 = 3;

/// A message whose fields are right, as far as that can be known outside the transaction.
struct Checked {
    caller: Caller,
    account: AccountId,
    address: Address,
    content: compose::Draft,
    reply_to: Option<MessageId>,
    send_at: Option<Timestamp>,
    metadata: Option<Metadata>,
    key: Option<IdempotencyKey>,
}

/// Stores a message and queues it.
async fn accept(app: &Arc<App>, tx: &mut Tx<'_>, new: &Checked, strangers: &Strangers) -> Result<Sent, Unaccepted> {
    let (organization, account) = (new.caller.organization_id, new.account);
    let (account_state, account_advice) = account::standing(tx, organization, account).await.map_err(no_account)?;
    let (id, now) = (MessageId::new(&*app.clock, &*app.random), app.clock.now());
    if let Some(first) = once(tx, &new.caller, OPERATION, new.key.as_ref(), (id.uuid(), now)).await? {
        let message = message::get(tx, organization, first.into()).await?;
        return Ok(Sent {
            message,
            account_state,
            account_advice,
            is_replay: true,
        });
    }
    let mut events = Vec::new();
    let chat = opening::open(app, tx, new, strangers, &mut events).await?;
    let place = (organization, chat.key.id);
    if let Some(answered) = new.reply_to {
        target::get(tx, place, (answered, "/reply_to"), now).await?;
    }
    let content = compose::finish(tx, place, new.content.clone(), now).await?;
    let message = Message {
        id,
        account_id: account,
        chat_id: chat.key.id,
        direction: Direction::Out,
        wa_id: new_wa_id(&*app.random),
        chat: chat.key.address.to_string(),
        chat_name: chat.key.name(chat.contact.as_ref()),
        sender: String::new(),
        sent_by: Some(new.caller.principal.to_string()),
        automatic: None,
        contact_id: chat.contact.as_ref().map(ContactRow::id),
        push_name: None,
        kind: content.kind().to_owned(),
        content,
        metadata: new.metadata.clone(),
        reply_to: new.reply_to,
        status: MessageStatus::Queued,
        error: None,
        attempts: 0,
        retries: 0,
        created_at: now,
        sent_at: None,
        delivered_at: None,
        read_at: None,
        failed_at: None,
        send_at: new.send_at,
        deleted_at: None,
        edited_at: None,
        revoked_at: None,
    };
    message::insert(tx, organization, &message, now, None).await?;
    if !matches!(message.content, Content::Reaction(_)) {
        chat::add_message(tx, organization, message.chat_id, (message.id, now), Arrival::Written).await?;
    }
    enqueue(app, tx, organization, &message).await?;
    events.push(Event::MessageQueued(message.clone()));
    events::record(app, tx, organization, events).await?;
    Ok(Sent {
        message,
        account_state,
        account_advice,
        is_replay: false,
    })
}

/// The names under which the keys of messages are remembered, and those of several at once.
const OPERATION: &str = "message";
const BATCH_OPERATION: &str = "messages";

/// What an earlier request with the same key made.
async fn replay(app: &Arc<App>, organization: OrganizationId, first: MessageId) -> Result<Sent> {
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let message = message::get(tx, organization, first).await?;
                let (account_state, account_advice) = account::standing(tx, organization, message.account_id).await?;
                Ok(Sent {
                    message,
                    account_state,
                    account_advice,
                    is_replay: true,
                })
            })
        })
        .await
}

fn no_account(error: StoreError) -> Error {
    match error {
        StoreError::NotFound { .. } => Error::field("/account_id", Flaw::NoSuchAccount),
        error => error.into(),
    }
}

/// What was deleted is not sent again.
fn refuse_deleted(message: &Message) -> Result<()> {
    if message.deleted_at.is_none() {
        return Ok(());
    }
    Err(Error::Conflict {
        code: "deleted",
        detail: "the message was deleted and is not sent again".to_owned(),
    })
}

fn wake(app: &App, message: &Message, organization: OrganizationId) {
    app.bus.publish(Signal::Outbox(message.account_id));
    events::announce(app, organization);
}

/// Puts a message into the queue, at the end of its chat: now, or when its time has come.
pub(crate) async fn enqueue(
    app: &App,
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    message: &Message,
) -> Result<(), StoreError> {
    let id = JobId::new(&*app.clock, &*app.random);
    let now = app.clock.now();
    job::insert(tx, &send_job(id, organization_id, message, now), now).await
}

/// As [`enqueue`], before what was accepted after it. Its place in the chat follows from its id, which is older than those
/// of all that.
async fn enqueue_in_place(
    app: &App,
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    message: &Message,
) -> Result<(), StoreError> {
    let now = app.clock.now();
    let work = send_job(message.id.uuid().into(), organization_id, message, now);
    job::insert_in_place(tx, &work, now).await
}

fn send_job(id: JobId, organization_id: OrganizationId, message: &Message, now: Timestamp) -> NewJob {
    let later = message.send_at.filter(|at| *at > now);
    NewJob {
        id,
        organization_id,
        kind: job::SEND_MESSAGE,
        partition: message.account_id.uuid(),
        // What is scheduled for later does not hold up what is sent now.
        lane: later.map_or(message.chat_id.uuid(), |_| message.id.uuid()),
        subject: message.id.uuid(),
        run_at: later.unwrap_or(now),
    }
}

/// The message, deleted or not.
pub async fn get(app: &Arc<App>, caller: &Caller, id: MessageId) -> Result<Message> {
    caller.require(Permission::MessagesRead)?;
    let organization = caller.organization_id;
    Ok(app
        .store
        .read(move |tx| Box::pin(async move { message::get(tx, organization, id).await }))
        .await?)
}
