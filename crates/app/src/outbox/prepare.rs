//! From a claimed job to what the provider is asked to send.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use pesan_model::content::Reaction;
use pesan_model::message::{Message, MessageError};
use pesan_model::retry::UNCONFIRMED_HORIZON;
use pesan_model::{Content, Direction, Event, FailureCode, MessageStatus, OrganizationId, Timestamp};
use pesan_providers::Outgoing;
use pesan_providers::provider::{OutgoingContent, OutgoingMedia, Quoted, RemoteMedia};
use pesan_store::job::{self, Job};
use pesan_store::{Error as StoreError, OrganizationKey, Tx, media, message};

use crate::context::App;
use crate::error::Result;
use crate::events;
use crate::media::path_of;
use crate::messaging::target::is_unsent;

/// The column that an upload's reference is sealed for.
pub(super) const UPLOADED_COLUMN: &str = "message.uploaded";

/// A message on its way to WhatsApp.
pub(super) struct Work {
    pub(super) organization: OrganizationId,
    pub(super) key: OrganizationKey,
    pub(super) job: Job,
    pub(super) message: Message,
    /// When it was first handed over without an answer, this time included.
    pub(super) first_wire_at: Timestamp,
    /// Whether that was at an earlier try: it may have left then.
    pub(super) may_have_left: bool,
    pub(super) outgoing: Outgoing,
}

/// What became of a claimed job.
pub(super) enum Prepared {
    /// It can be handed over.
    Work(Box<Work>),
    /// It can never be sent; the message has failed.
    Failed,
    /// There is nothing to send now.
    Nothing,
}

/// How long a message waits that cannot be read. A newer version may have written it, and one may be started that can.
const UNREADABLE_WAIT: Duration = Duration::from_hours(1);

/// Reads what the provider needs and writes down that the message is about to be handed over. One that cannot be read or
/// sent must not hold up the others of its account.
pub(super) async fn prepare(app: &Arc<App>, tx: &mut Tx<'_>, key: &OrganizationKey, claimed: Job) -> Result<Prepared> {
    let organization = claimed.organization_id();
    // Locked before the job's lane, as everywhere.
    let mut message = match message::get_for_change(tx, organization, claimed.subject().into()).await {
        Ok(message) if message.status == MessageStatus::Queued => message,
        Ok(_) | Err(StoreError::NotFound { .. }) => {
            job::finish(tx, job::SEND_MESSAGE, &claimed).await?;
            return Ok(Prepared::Nothing);
        }
        Err(error @ StoreError::Corrupt { .. }) => {
            tracing::error!(job = %claimed.id(), %error, "a queued message cannot be read; it is tried again later");
            job::snooze_until(tx, &claimed, app.clock.now().plus(UNREADABLE_WAIT)).await?;
            return Ok(Prepared::Nothing);
        }
        Err(error) => return Err(error.into()),
    };
    message.attempts = claimed.attempts();
    let now = app.clock.now();
    let (on_wire, sealed) = message::on_wire(tx, organization, message.id).await?;
    // WhatsApp knows an id again for a while only: later, the same message could be shown twice.
    if on_wire.is_some_and(|first| now.since(first) >= UNCONFIRMED_HORIZON) {
        return fail(app, tx, claimed, message, FailureCode::Unconfirmed.into()).await;
    }
    if on_wire.is_none() && is_on_unsent(tx, (organization, now), &message).await? {
        return fail(app, tx, claimed, message, FailureCode::TargetNotSent.into()).await;
    }
    let first_wire_at = on_wire.unwrap_or(now);
    message::mark_on_wire(tx, organization, message.id, (message.attempts, first_wire_at)).await?;
    let uploaded = sealed.and_then(|sealed| open_uploaded(key, &message, &sealed));
    let outgoing = match outgoing(app, tx, organization, (&message, uploaded)).await {
        Ok(outgoing) => outgoing,
        Err(error @ (StoreError::NotFound { .. } | StoreError::Corrupt { .. })) => {
            tracing::error!(message = %message.id, %error, "a queued message cannot be sent any more");
            let why = MessageError::from(FailureCode::Invalid)
                .told("This message cannot be sent: its file, or the message that it answers, is not there any more.");
            return fail(app, tx, claimed, message, why).await;
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Prepared::Work(Box::new(Work {
        organization,
        key: key.clone(),
        job: claimed,
        message,
        first_wire_at,
        may_have_left: on_wire.is_some(),
        outgoing,
    })))
}

/// The message is not sent any more.
async fn fail(app: &App, tx: &mut Tx<'_>, claimed: Job, mut message: Message, why: MessageError) -> Result<Prepared> {
    let organization = claimed.organization_id();
    job::finish(tx, job::SEND_MESSAGE, &claimed).await?;
    message.attempts = claimed.attempts().saturating_sub(1);
    super::fail(app, tx, organization, (&mut message, why)).await?;
    events::record(app, tx, organization, vec![Event::MessageFailed(message)]).await?;
    Ok(Prepared::Failed)
}

/// Whether it is a reaction on a message that failed or was cancelled since: nobody could see it.
async fn is_on_unsent(
    tx: &mut Tx<'_>,
    (organization, now): (OrganizationId, Timestamp),
    message: &Message,
) -> Result<bool, StoreError> {
    let Content::Reaction(Reaction {
        message_id: Some(target),
        ..
    }) = &message.content
    else {
        return Ok(false);
    };
    match message::get(tx, organization, *target).await {
        Ok(target) => Ok(is_unsent(&target, now)),
        // What the message is sent with says so.
        Err(StoreError::NotFound { .. } | StoreError::Corrupt { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn outgoing(
    app: &App,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    (message, uploaded): (&Message, Option<RemoteMedia>),
) -> Result<Outgoing, StoreError> {
    let reply_to = match message.reply_to {
        Some(id) => {
            let answered = message::get(tx, organization, id).await?;
            // What failed or was cancelled since is not said in a quote either.
            (!is_unsent(&answered, app.clock.now())).then(|| quoted(&answered))
        }
        None => None,
    };
    Ok(Outgoing {
        wa_id: message.wa_id.clone(),
        to: message.chat.parse().map_err(|_| corrupt("chat address"))?,
        content: outgoing_content(app, tx, organization, message, uploaded).await?,
        reply_to,
    })
}

fn corrupt(what: &'static str) -> StoreError {
    StoreError::Corrupt {
        what,
        detail: "cannot be sent".to_owned(),
    }
}

/// An upload that can no longer be read is only lost time: the file is uploaded again.
fn open_uploaded(key: &OrganizationKey, message: &Message, sealed: &[u8]) -> Option<RemoteMedia> {
    let opened = key.open(UPLOADED_COLUMN, message.id.uuid().as_bytes(), sealed).ok()?;
    String::from_utf8(opened).ok().map(RemoteMedia)
}

async fn outgoing_content(
    app: &App,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    message: &Message,
    uploaded: Option<RemoteMedia>,
) -> Result<OutgoingContent, StoreError> {
    match &message.content {
        Content::Text(text) => Ok(OutgoingContent::Text(text.body.clone())),
        Content::Reaction(reaction) => {
            let target = reaction.message_id.ok_or_else(|| corrupt("reaction"))?;
            let target = quoted(&message::get(tx, organization, target).await?);
            Ok(OutgoingContent::Reaction {
                target,
                emoji: reaction.emoji.clone(),
            })
        }
        Content::Image(_) | Content::Video(_) | Content::Document(_) | Content::Audio(_) | Content::Sticker(_) => {
            let shown = message.content.media().ok_or_else(|| corrupt("file"))?;
            let kind = match &message.content {
                Content::Image(_) => pesan_model::content::MediaKind::Image,
                Content::Video(_) => pesan_model::content::MediaKind::Video,
                Content::Audio(_) => pesan_model::content::MediaKind::Audio,
                Content::Sticker(_) => pesan_model::content::MediaKind::Sticker,
                _ => pesan_model::content::MediaKind::Document,
            };
            let stored = media::get(tx, organization, shown.media_id).await?;
            let sha256 = stored.sha256.ok_or_else(|| corrupt("file"))?;
            Ok(OutgoingContent::Media(OutgoingMedia {
                kind,
                file: path_of(app, &sha256),
                mime: shown.mime.clone(),
                size: stored.size.unwrap_or(0),
                caption: shown.caption.clone(),
                file_name: shown.file_name.clone(),
                voice: shown.voice,
                seconds: shown.seconds,
                uploaded,
            }))
        }
        Content::Location(_)
        | Content::Contacts(_)
        | Content::Poll(_)
        | Content::GroupChange(_)
        | Content::Undecryptable(_)
        | Content::Revoked(_)
        | Content::Unsupported(_) => Err(corrupt("content")),
    }
}

fn quoted(message: &Message) -> Quoted {
    Quoted {
        wa_id: message.wa_id.clone(),
        sender: match message.direction {
            Direction::Out => None,
            Direction::In => message.sender.parse().ok(),
        },
        preview: message.content.preview().map(Cow::into_owned),
    }
}
