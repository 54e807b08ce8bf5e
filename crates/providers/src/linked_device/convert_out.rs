//! From [`Outgoing`] to the protocol's message. Pure: the same outgoing message and upload give the same bytes.

use pesan_model::content::MediaKind;
use wacore_binary::Jid;
use waproto::buffa::MessageField;
use waproto::whatsapp as wa;

use super::jid::jid;
use super::remote_media::Remote;
use crate::provider::{Outgoing, OutgoingContent, OutgoingMedia, Quoted};

/// Who we are in a thread, for quotes and reactions that name the author.
pub(super) struct Author<'a> {
    /// Our JID in the form the thread uses, without a device.
    pub(super) us: &'a Jid,
}

/// What a file needs: its upload. `None` for messages without a file.
pub(super) fn message(out: &Outgoing, author: &Author<'_>, uploaded: Option<&Remote>) -> Option<wa::Message> {
    let context = out.reply_to.as_ref().map(|quoted| context(quoted, author));
    match &out.content {
        OutgoingContent::Text(body) => Some(text(body, context)),
        OutgoingContent::Reaction { target, emoji } => Some(reaction(out, target, emoji, author)),
        OutgoingContent::Media(media) => Some(file(media, uploaded?, context)),
    }
}

fn text(body: &str, context: Option<wa::ContextInfo>) -> wa::Message {
    match context {
        None => wa::Message {
            conversation: Some(body.to_owned()),
            ..Default::default()
        },
        Some(context) => wa::Message {
            extended_text_message: MessageField::some(wa::message::ExtendedTextMessage {
                text: Some(body.to_owned()),
                context_info: MessageField::some(context),
                ..Default::default()
            }),
            ..Default::default()
        },
    }
}

fn author_of(quoted: &Quoted, author: &Author<'_>) -> String {
    quoted
        .sender
        .as_ref()
        .map_or_else(|| author.us.to_non_ad_string(), |sender| jid(sender).to_string())
}

fn context(quoted: &Quoted, author: &Author<'_>) -> wa::ContextInfo {
    wa::ContextInfo {
        stanza_id: Some(quoted.wa_id.clone()),
        participant: Some(author_of(quoted, author)),
        quoted_message: MessageField::some(wa::Message {
            conversation: Some(quoted.preview.clone().unwrap_or_default()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn reaction(out: &Outgoing, target: &Quoted, emoji: &str, author: &Author<'_>) -> wa::Message {
    wa::Message {
        reaction_message: MessageField::some(wa::message::ReactionMessage {
            key: MessageField::some(wa::MessageKey {
                remote_jid: Some(jid(&out.to).to_string()),
                from_me: Some(target.sender.is_none()),
                id: Some(target.wa_id.clone()),
                participant: out.to.is_group().then(|| author_of(target, author)),
            }),
            text: Some(emoji.to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn file(media: &OutgoingMedia, remote: &Remote, context: Option<wa::ContextInfo>) -> wa::Message {
    let context_info = context.map(MessageField::some).unwrap_or_default();
    let some = |bytes: &[u8]| (!bytes.is_empty()).then(|| bytes.to_vec());
    let url = (!remote.url.is_empty()).then(|| remote.url.clone());
    let direct_path = Some(remote.direct_path.clone());
    let mimetype = Some(media.mime.clone());
    let caption = media.caption.clone();
    let (media_key, file_sha256, file_enc_sha256) = (
        some(&remote.media_key),
        some(&remote.file_sha256),
        some(&remote.file_enc_sha256),
    );
    let (file_length, media_key_timestamp) = (Some(remote.length), Some(remote.key_at));
    match media.kind {
        MediaKind::Image => wa::Message {
            image_message: MessageField::some(wa::message::ImageMessage {
                url,
                direct_path,
                mimetype,
                caption,
                media_key,
                file_sha256,
                file_enc_sha256,
                file_length,
                media_key_timestamp,
                context_info,
                ..Default::default()
            }),
            ..Default::default()
        },
        MediaKind::Video => wa::Message {
            video_message: MessageField::some(wa::message::VideoMessage {
                url,
                direct_path,
                mimetype,
                caption,
                media_key,
                file_sha256,
                file_enc_sha256,
                file_length,
                media_key_timestamp,
                seconds: media.seconds,
                streaming_sidecar: some(&remote.sidecar),
                context_info,
                ..Default::default()
            }),
            ..Default::default()
        },
        MediaKind::Document => wa::Message {
            document_message: MessageField::some(wa::message::DocumentMessage {
                url,
                direct_path,
                mimetype,
                caption,
                file_name: media.file_name.clone(),
                title: media.file_name.clone(),
                media_key,
                file_sha256,
                file_enc_sha256,
                file_length,
                media_key_timestamp,
                context_info,
                ..Default::default()
            }),
            ..Default::default()
        },
        MediaKind::Audio => wa::Message {
            audio_message: MessageField::some(wa::message::AudioMessage {
                url,
                direct_path,
                mimetype,
                media_key,
                file_sha256,
                file_enc_sha256,
                file_length,
                media_key_timestamp,
                seconds: media.seconds,
                ptt: Some(media.voice),
                streaming_sidecar: some(&remote.sidecar),
                context_info,
                ..Default::default()
            }),
            ..Default::default()
        },
        MediaKind::Sticker => wa::Message {
            sticker_message: MessageField::some(wa::message::StickerMessage {
                url,
                direct_path,
                mimetype,
                media_key,
                file_sha256,
                file_enc_sha256,
                file_length,
                media_key_timestamp,
                context_info,
                ..Default::default()
            }),
            ..Default::default()
        },
    }
}

#[cfg(test)]
mod tests;
