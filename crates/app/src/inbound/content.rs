//! What a message says, and its file, which is fetched later.

use pesan_model::content::{Media, Reaction, Text, Undecryptable, Unsupported};
use pesan_model::message::Message;
use pesan_model::{ChatId, Content, JobId, MediaId};
use pesan_providers::inbound::{InboundContent, InboundMedia};
use pesan_store::job::{self, NewJob};
use pesan_store::media::{self, MediaState, StoredMedia};
use pesan_store::{Error as StoreError, Tx, message};

use super::Batch;

/// What a message says. Its file is still to be fetched ([`fetch_later`]).
pub(super) async fn content_of(
    batch: &mut Batch<'_>,
    tx: &mut Tx<'_>,
    content: &InboundContent,
    chat: ChatId,
) -> Result<Content, StoreError> {
    Ok(match content {
        InboundContent::Text(body) => Content::Text(Text { body: body.clone() }),
        InboundContent::Media(media) => media_content(batch, tx, media).await?,
        InboundContent::Reaction { target, emoji } => Content::Reaction(Reaction {
            message_id: message::find_in_chat(tx, batch.organization, chat, target).await?,
            wa_id: Some(target.clone()),
            emoji: emoji.clone(),
        }),
        InboundContent::Location(location) => Content::Location(location.clone()),
        InboundContent::Contacts(contacts) => Content::Contacts(contacts.clone()),
        InboundContent::Poll { poll, .. } => Content::Poll(poll.clone()),
        InboundContent::Edit { .. } | InboundContent::Revoke { .. } | InboundContent::Vote { .. } => {
            unreachable!("these are no messages of their own")
        }
        InboundContent::Undecryptable { reason } => Content::Undecryptable(Undecryptable { reason: reason.clone() }),
        InboundContent::Unsupported { kind } => Content::Unsupported(Unsupported { kind: kind.clone() }),
    })
}

/// The column that a file's remote reference is sealed for.
pub(crate) const REMOTE_COLUMN: &str = "media.remote";

async fn media_content(batch: &mut Batch<'_>, tx: &mut Tx<'_>, media: &InboundMedia) -> Result<Content, StoreError> {
    let id = MediaId::new(&*batch.app.clock, &*batch.app.random);
    let row = id.uuid().into_bytes();
    let stored = StoredMedia {
        id,
        state: MediaState::Pending,
        sha256: None,
        mime: media.mime.clone(),
        size: media.size,
        file_name: media.file_name.clone(),
        remote: Some(
            batch
                .key
                .seal(REMOTE_COLUMN, &row, media.remote.0.as_bytes(), &*batch.app.random),
        ),
        error: None,
        created_at: batch.app.clock.now(),
    };
    media::insert(tx, batch.organization, &stored).await?;
    Ok(media.kind.content(Media {
        media_id: id,
        mime: media.mime.clone(),
        size: media.size,
        caption: media.caption.clone(),
        file_name: media.file_name.clone(),
        voice: media.voice,
        seconds: media.seconds,
    }))
}

/// The file of a message is fetched by a job, never in the way of the message.
pub(super) async fn fetch_later(batch: &mut Batch<'_>, tx: &mut Tx<'_>, message: &Message) -> Result<(), StoreError> {
    let Some(media) = message.content.media() else {
        return Ok(());
    };
    let now = batch.app.clock.now();
    let work = NewJob {
        id: JobId::new(&*batch.app.clock, &*batch.app.random),
        organization_id: batch.organization,
        kind: job::FETCH_MEDIA,
        partition: batch.account.uuid(),
        lane: media.media_id.uuid(),
        subject: media.media_id.uuid(),
        run_at: now,
    };
    batch.work.insert(job::FETCH_MEDIA);
    job::insert(tx, &work, now).await
}
