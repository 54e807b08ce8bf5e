use std::path::PathBuf;

use pesan_model::Address;
use wacore::proto_helpers::MessageExt;

use super::*;
use crate::inbound::InboundContent;
use crate::linked_device::convert_in;

fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

fn outgoing(to: &str, content: OutgoingContent) -> Outgoing {
    Outgoing {
        wa_id: "3EB0A".into(),
        to: address(to),
        content,
        reply_to: None,
    }
}

fn quoted(sender: Option<&str>) -> Quoted {
    Quoted {
        wa_id: "3EB0B".into(),
        sender: sender.map(address),
        preview: Some("before".into()),
    }
}

fn built(out: &Outgoing, uploaded: Option<&Remote>) -> wa::Message {
    let us: Jid = "1000001:4@lid".parse().expect("a JID");
    message(out, &Author { us: &us }, uploaded).expect("complete")
}

fn remote(kind: MediaKind) -> Remote {
    Remote {
        kind,
        direct_path: "/v/1".into(),
        url: "https://media.example/v/1".into(),
        media_key: vec![1; 32],
        file_sha256: vec![2; 32],
        file_enc_sha256: vec![3; 32],
        length: 10,
        key_at: 1_700_000_000,
        sidecar: vec![4; 10],
    }
}

fn media(kind: MediaKind) -> OutgoingMedia {
    OutgoingMedia {
        kind,
        file: PathBuf::from("unused"),
        mime: "application/x-test".into(),
        size: 10,
        caption: Some("look".into()),
        file_name: Some("list.pdf".into()),
        voice: true,
        seconds: Some(3),
        uploaded: None,
    }
}

#[test]
fn plain_text_is_a_bare_conversation() {
    let sent = built(
        &outgoing("6280000000001@s.whatsapp.net", OutgoingContent::Text("halo".into())),
        None,
    );
    assert_eq!(
        sent,
        wa::Message {
            conversation: Some("halo".into()),
            ..Default::default()
        }
    );
}

#[test]
fn a_reply_names_the_message_and_its_author() {
    let mut out = outgoing("120363000000000001@g.us", OutgoingContent::Text("yes".into()));
    out.reply_to = Some(quoted(Some("1000002@lid")));
    let sent = built(&out, None);
    assert_eq!(sent.extended_text_message.text.as_deref(), Some("yes"));
    let context = sent.extended_text_message.context_info.as_option().expect("a quote");
    assert_eq!(context.stanza_id.as_deref(), Some("3EB0B"));
    assert_eq!(context.participant.as_deref(), Some("1000002@lid"));
    assert_eq!(context.quoted_message.conversation.as_deref(), Some("before"));

    out.reply_to = Some(quoted(None));
    let sent = built(&out, None);
    let context = sent.extended_text_message.context_info.as_option().expect("a quote");
    assert_eq!(
        context.participant.as_deref(),
        Some("1000001@lid"),
        "our own, without the device"
    );
}

#[test]
fn a_reaction_has_a_participant_in_groups_only() {
    let content = |sender| OutgoingContent::Reaction {
        target: quoted(sender),
        emoji: "👍".into(),
    };
    let key = |out: &Outgoing| {
        let sent = built(out, None);
        assert_eq!(sent.reaction_message.text.as_deref(), Some("👍"));
        let key = sent.reaction_message.key.as_option().expect("a key").clone();
        assert_eq!(key.id.as_deref(), Some("3EB0B"));
        key
    };

    let theirs = key(&outgoing(
        "6280000000001@s.whatsapp.net",
        content(Some("6280000000001@s.whatsapp.net")),
    ));
    assert_eq!(theirs.remote_jid.as_deref(), Some("6280000000001@s.whatsapp.net"));
    assert_eq!((theirs.from_me, theirs.participant), (Some(false), None));

    let ours = key(&outgoing("6280000000001@s.whatsapp.net", content(None)));
    assert_eq!((ours.from_me, ours.participant), (Some(true), None));

    let group = key(&outgoing("120363000000000001@g.us", content(Some("1000002@lid"))));
    assert_eq!(
        (group.from_me, group.participant.as_deref()),
        (Some(false), Some("1000002@lid"))
    );

    let group = key(&outgoing("120363000000000001@g.us", content(None)));
    assert_eq!(
        (group.from_me, group.participant.as_deref()),
        (Some(true), Some("1000001@lid"))
    );
}

#[test]
fn every_kind_of_file_carries_its_keys_and_comes_back_as_it_was_sent() {
    for kind in [
        MediaKind::Image,
        MediaKind::Video,
        MediaKind::Document,
        MediaKind::Audio,
        MediaKind::Sticker,
    ] {
        let out = outgoing("6280000000001@s.whatsapp.net", OutgoingContent::Media(media(kind)));
        let sent = built(&out, Some(&remote(kind)));
        let (content, reply_to) = convert_in::content(&sent).expect("content");
        let InboundContent::Media(got) = content else {
            panic!("{kind:?} is a file")
        };
        assert_eq!(
            (got.kind, got.mime.as_str(), got.size),
            (kind, "application/x-test", Some(10))
        );
        assert_eq!(reply_to, None);
        let file = Remote::from_media(&got.remote).expect("readable");
        assert_eq!(
            (file.direct_path.as_str(), file.media_key, file.length),
            ("/v/1", vec![1; 32], 10)
        );
        let captioned = matches!(kind, MediaKind::Image | MediaKind::Video | MediaKind::Document);
        assert_eq!(got.caption.as_deref(), captioned.then_some("look"), "{kind:?}");
        assert_eq!(
            got.file_name.as_deref(),
            (kind == MediaKind::Document).then_some("list.pdf")
        );
        assert_eq!(got.voice, kind == MediaKind::Audio);
        let timed = matches!(kind, MediaKind::Audio | MediaKind::Video);
        assert_eq!(got.seconds, timed.then_some(3));
    }
}

/// What every kind of file says of itself: address, key time, hash and the message it answers.
macro_rules! said {
    ($file:expr) => {{
        let file = $file.as_option().expect("of this kind");
        (
            file.url.clone(),
            file.media_key_timestamp,
            file.file_sha256.clone(),
            file.context_info.stanza_id.clone(),
        )
    }};
}

#[test]
fn every_kind_of_file_says_where_it_is_how_old_its_key_is_and_what_it_answers() {
    for kind in [
        MediaKind::Image,
        MediaKind::Video,
        MediaKind::Document,
        MediaKind::Audio,
        MediaKind::Sticker,
    ] {
        let mut out = outgoing("6280000000001@s.whatsapp.net", OutgoingContent::Media(media(kind)));
        out.reply_to = Some(quoted(None));
        let said_by = |remote: &Remote| {
            let sent = built(&out, Some(remote));
            match kind {
                MediaKind::Image => said!(sent.image_message),
                MediaKind::Video => said!(sent.video_message),
                MediaKind::Document => said!(sent.document_message),
                MediaKind::Audio => said!(sent.audio_message),
                MediaKind::Sticker => said!(sent.sticker_message),
            }
        };
        let (url, hash, answered) = ("https://media.example/v/1", vec![2; 32], Some("3EB0B".to_owned()));
        assert_eq!(
            said_by(&remote(kind)),
            (Some(url.into()), Some(1_700_000_000), Some(hash), answered.clone()),
            "{kind:?}"
        );
        let bare = Remote {
            url: String::new(),
            file_sha256: Vec::new(),
            ..remote(kind)
        };
        assert_eq!(said_by(&bare), (None, Some(1_700_000_000), None, answered), "{kind:?}");
    }
}

#[test]
fn sound_and_film_can_be_played_while_they_load_and_a_document_shows_its_name() {
    let sent = |kind| {
        built(
            &outgoing("6280000000001@s.whatsapp.net", OutgoingContent::Media(media(kind))),
            Some(&remote(kind)),
        )
    };
    let sidecar = Some(vec![4; 10]);
    assert_eq!(sent(MediaKind::Video).video_message.streaming_sidecar, sidecar);
    assert_eq!(sent(MediaKind::Audio).audio_message.streaming_sidecar, sidecar);
    let document = sent(MediaKind::Document);
    assert_eq!(document.document_message.file_name.as_deref(), Some("list.pdf"));
    assert_eq!(document.document_message.title.as_deref(), Some("list.pdf"));
}

#[test]
fn a_file_without_its_upload_is_not_built_and_a_reply_with_a_file_keeps_its_quote() {
    let mut out = outgoing(
        "6280000000001@s.whatsapp.net",
        OutgoingContent::Media(media(MediaKind::Image)),
    );
    let us: Jid = "6280000000009@s.whatsapp.net".parse().expect("a JID");
    assert!(message(&out, &Author { us: &us }, None).is_none());
    out.reply_to = Some(quoted(None));
    let sent = built(&out, Some(&remote(MediaKind::Image)));
    assert_eq!(sent.get_caption(), Some("look"));
    let (_, reply_to) = convert_in::content(&sent).expect("content");
    assert_eq!(reply_to.as_deref(), Some("3EB0B"));
}

#[test]
fn the_same_message_gives_the_same_bytes() {
    let out = outgoing(
        "6280000000001@s.whatsapp.net",
        OutgoingContent::Media(media(MediaKind::Video)),
    );
    let bytes = |uploaded| waproto::codec::message_to_vec(&built(&out, uploaded));
    assert_eq!(
        bytes(Some(&remote(MediaKind::Video))),
        bytes(Some(&remote(MediaKind::Video)))
    );
}
