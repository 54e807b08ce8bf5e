//! Messages and all that belongs to them, both ways.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pesan_model::chat::Activity;
use pesan_model::content::MediaKind;
use pesan_model::{Direction, MessageStatus, Phone};
use pesan_providers::Inbound;
use pesan_providers::inbound::{InboundContent, Receipt};
use pesan_providers::linked_device::{Ballot, open_vote};
use pesan_providers::provider::{
    Outgoing, OutgoingContent, OutgoingMedia, Provider, ProviderError, Quoted, ReadKind, ReadMark, RemoteMedia,
    SendError,
};
use sha2::{Digest, Sha256};
use wanet::{Attachment, Card, Edit, NewPhone, PastChat, PastMessage, PhoneMessage, Place, Poll, Reaction, Vote};

use crate::support::{BUDI, DEADLINE, Linked, SARI, TOKO, Told, World, chat, outgoing, text};

async fn receipt(linked: &Linked, wa_id: &str, status: MessageStatus) -> Receipt {
    let fits = |told: &Told| match told {
        Told::In(Inbound::Receipt(receipt))
            if receipt.status == status && receipt.wa_ids.iter().any(|id| id == wa_id) =>
        {
            Some(receipt.clone())
        }
        _ => None,
    };
    linked.sink.wait("the receipt", fits).await
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Bytes that do not repeat, so that a mixed-up block is noticed.
fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at.wrapping_mul(31) ^ (at >> 8)) as u8).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_accepted_by_the_server_then_delivered_then_read() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let out = text(SARI, "halo");
    let accepted = linked.device().send(&out).await.expect("accepted");
    assert!(accepted.at.expect("told").secs() > 1_600_000_000);
    assert!(accepted.uploaded.is_none());
    let got = world
        .network
        .wait_message(SARI, DEADLINE, |message| message.id == out.wa_id)
        .await
        .expect("arrived");
    assert_eq!(
        (got.text.as_deref(), got.from.as_str(), got.arrivals),
        (Some("halo"), TOKO, 1)
    );
    let delivered = receipt(&linked, &out.wa_id, MessageStatus::Delivered).await;
    assert!(!delivered.from_self);
    world
        .network
        .phone_read(SARI, std::slice::from_ref(&out.wa_id))
        .expect("read");
    receipt(&linked, &out.wa_id, MessageStatus::Read).await;
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_come_in_order_with_number_lid_and_name() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let ids: Vec<_> = (0..20)
        .map(|number| {
            world
                .network
                .phone_send_text(SARI, TOKO, &format!("number {number}"))
                .expect("sent")
        })
        .collect();
    linked.sink.message(ids.last().expect("twenty"), 0).await;
    let got: Vec<_> = linked
        .sink
        .messages()
        .into_iter()
        .filter(|message| ids.contains(&message.wa_id))
        .collect();
    assert_eq!(got.iter().map(|message| message.wa_id.clone()).collect::<Vec<_>>(), ids);
    let first = &got[0];
    assert_eq!(first.direction, Direction::In);
    assert_eq!(first.sender.phone.as_ref().expect("known").digits(), SARI);
    assert!(first.sender.lid.as_ref().expect("known").ends_with("@lid"));
    assert_eq!(first.sender.push_name.as_deref(), Some("Sari"));
    assert!(matches!(&first.content, InboundContent::Text(body) if body == "number 0"));
    assert!(!first.from_history);
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_phone_itself_writes_comes_as_outgoing_with_the_other_person() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let id = world
        .network
        .phone_send_text(TOKO, SARI, "from the phone")
        .expect("sent");
    let got = linked.sink.message(&id, 0).await;
    assert_eq!(got.direction, Direction::Out);
    assert_eq!(got.peer.expect("known").phone.expect("known").digits(), SARI);
    assert!(matches!(got.content, InboundContent::Text(body) if body == "from the phone"));
    assert!(!receipt(&linked, &id, MessageStatus::Delivered).await.from_self);
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_phone_reads_is_told_as_our_own_reading() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let group = world
        .network
        .create_group(SARI, "Pasar", &[TOKO.to_owned()])
        .expect("created");
    for to in [TOKO, &group] {
        let id = world.network.phone_send_text(SARI, to, "halo").expect("sent");
        linked.sink.message(&id, 0).await;
        world
            .network
            .wait_message(TOKO, DEADLINE, |message| message.id == id)
            .await
            .expect("on the phone too");
        world.network.phone_read(TOKO, std::slice::from_ref(&id)).expect("read");
        assert!(receipt(&linked, &id, MessageStatus::Read).await.from_self, "{to}");
    }
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_messages_and_what_people_share_come_as_what_they_are() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let target = world.network.phone_send_text(SARI, TOKO, "halo").expect("sent");
    let own = world.network.phone_send_text(TOKO, SARI, "kabar").expect("sent");
    let say = async |phone: &str, message: PhoneMessage| {
        let to = if phone == TOKO { SARI } else { TOKO };
        let message = PhoneMessage {
            to: to.into(),
            ..message
        };
        let id = world.network.phone_send(phone, &message).expect("sent");
        linked.sink.message(&id, 0).await
    };
    let nothing = PhoneMessage::default;
    for (phone, target, direction) in [(SARI, &target, Direction::In), (TOKO, &own, Direction::Out)] {
        let edit = Edit {
            message_id: target.clone(),
            text: "halo semua".into(),
        };
        let edited = say(
            phone,
            PhoneMessage {
                edit: Some(edit),
                ..nothing()
            },
        )
        .await;
        assert_eq!(edited.direction, direction);
        assert!(
            matches!(&edited.content, InboundContent::Edit { target: of, words } if of == target && words == "halo semua")
        );
        let revoked = say(
            phone,
            PhoneMessage {
                revoke: Some(target.clone()),
                ..nothing()
            },
        )
        .await;
        assert_eq!(revoked.direction, direction);
        assert!(matches!(&revoked.content, InboundContent::Revoke { target: of, by_admin: false } if of == target));
    }
    let place = Place {
        latitude: -6.175_392,
        longitude: 106.827_153,
        live: true,
        ..Place::default()
    };
    let came = say(
        SARI,
        PhoneMessage {
            location: Some(place),
            ..nothing()
        },
    )
    .await;
    assert!(matches!(came.content, InboundContent::Location(location) if location.is_live));
    let card = |name: &str| Card {
        name: name.into(),
        phone: Some(BUDI.into()),
        vcard: None,
    };
    let came = say(
        SARI,
        PhoneMessage {
            contacts: vec![card("Budi; dkk"), card("Sari")],
            ..nothing()
        },
    )
    .await;
    let InboundContent::Contacts(contacts) = came.content else {
        panic!("contact cards")
    };
    let names: Vec<_> = contacts.cards.iter().map(|card| card.name.as_str()).collect();
    assert_eq!(names, ["Budi; dkk", "Sari"]);

    let poll = Poll {
        question: "Kapan?".into(),
        options: vec!["Sabtu".into(), "Minggu".into()],
        max_choices: 1,
    };
    let asked = say(
        SARI,
        PhoneMessage {
            poll: Some(poll),
            ..nothing()
        },
    )
    .await;
    let InboundContent::Poll {
        secret: Some(secret), ..
    } = asked.content
    else {
        panic!("a poll with its secret")
    };
    let on_phone = |message: &wanet::InboxMessage| message.id == asked.wa_id;
    let seen = world.network.wait_message(TOKO, DEADLINE, on_phone).await;
    seen.expect("the own phone has the poll");
    let vote = Vote {
        message_id: asked.wa_id.clone(),
        chosen: vec!["Minggu".into()],
    };
    let voted = say(
        TOKO,
        PhoneMessage {
            vote: Some(vote),
            ..nothing()
        },
    )
    .await;
    let InboundContent::Vote { target, vote } = voted.content else {
        panic!("a vote")
    };
    let ballot = Ballot {
        wa_id: &target,
        secret: &secret,
        options: &["Sabtu", "Minggu"],
    };
    let address = |phone: &str| vec![format!("{phone}@s.whatsapp.net")];
    assert_eq!(open_vote(&vote, ballot, &address(SARI), &address(TOKO)), Some(vec![1]));
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_linked_accounts_talk_to_each_other() {
    let world = World::new().await;
    let (toko, budi) = tokio::join!(world.linked(TOKO), world.linked(BUDI));
    let out = text(BUDI, "to a linked device");
    toko.device().send(&out).await.expect("accepted");
    let got = budi.sink.message(&out.wa_id, 0).await;
    assert!(matches!(got.content, InboundContent::Text(body) if body == "to a linked device"));
    receipt(&toko, &out.wa_id, MessageStatus::Delivered).await;
    let read = ReadMark {
        chat: got.chat.clone(),
        sender: None,
        wa_ids: vec![out.wa_id.clone()],
        kind: ReadKind::Read,
    };
    budi.device().mark_read(&read).await.expect("written");
    receipt(&toko, &out.wa_id, MessageStatus::Read).await;
    let answer = outgoing(&got.chat.to_string(), OutgoingContent::Text("back".into()));
    budi.device().send(&answer).await.expect("accepted");
    toko.sink.message(&answer.wa_id, 0).await;
    world.end([toko, budi]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_sends_to_different_people_are_under_way_at_once() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let outs: Vec<_> = (0..40)
        .map(|number| text([SARI, BUDI][number % 2], &format!("number {number}")))
        .collect();
    let sends = outs.iter().map(|out| linked.device().send(out));
    for accepted in futures::future::join_all(sends).await {
        accepted.expect("accepted");
    }
    for out in &outs {
        let to = if out.to == chat(SARI) { SARI } else { BUDI };
        let got = world
            .network
            .wait_message(to, DEADLINE, |message| message.id == out.wa_id)
            .await
            .expect("arrived");
        assert_eq!(got.shown, 1);
    }
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_and_reactions_reach_their_message_both_ways() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let question = world.network.phone_send_text(SARI, TOKO, "open today?").expect("sent");
    let got = linked.sink.message(&question, 0).await;

    let quoted = Quoted {
        wa_id: question.clone(),
        sender: Some(got.chat.clone()),
        preview: Some("open today?".into()),
    };
    let mut reply = text(SARI, "until nine");
    reply.reply_to = Some(quoted.clone());
    linked.device().send(&reply).await.expect("accepted");
    let at_sari = world
        .network
        .wait_message(SARI, DEADLINE, |message| message.id == reply.wa_id)
        .await
        .expect("arrived");
    assert_eq!(at_sari.reply_to.as_deref(), Some(question.as_str()));
    assert_eq!(at_sari.text.as_deref(), Some("until nine"));

    let reaction = outgoing(
        SARI,
        OutgoingContent::Reaction {
            target: quoted,
            emoji: "👍".into(),
        },
    );
    linked.device().send(&reaction).await.expect("accepted");
    let at_sari = world
        .network
        .wait_message(SARI, DEADLINE, |message| message.id == reaction.wa_id)
        .await
        .expect("arrived");
    assert_eq!(
        (at_sari.reaction.as_deref(), at_sari.reply_to.as_deref()),
        (Some("👍"), Some(question.as_str()))
    );

    let thanks = PhoneMessage {
        to: TOKO.into(),
        text: Some("thanks".into()),
        reply_to: Some(reply.wa_id.clone()),
        ..PhoneMessage::default()
    };
    let thanks = world.network.phone_send(SARI, &thanks).expect("sent");
    assert_eq!(
        linked.sink.message(&thanks, 0).await.reply_to.as_deref(),
        Some(reply.wa_id.as_str())
    );

    let heart = PhoneMessage {
        to: TOKO.into(),
        reaction: Some(Reaction {
            message_id: reply.wa_id.clone(),
            emoji: "❤️".into(),
        }),
        ..PhoneMessage::default()
    };
    let heart = world.network.phone_send(SARI, &heart).expect("sent");
    let got = linked.sink.message(&heart, 0).await;
    assert!(
        matches!(&got.content, InboundContent::Reaction { target, emoji } if *target == reply.wa_id && emoji == "❤️"),
        "{:?}",
        got.content
    );
    world.end([linked]).await;
}

fn media(kind: MediaKind, file: std::path::PathBuf, size: usize) -> OutgoingMedia {
    let mime = match kind {
        MediaKind::Image => "image/jpeg",
        MediaKind::Video => "video/mp4",
        MediaKind::Document => "application/pdf",
        MediaKind::Audio => "audio/mpeg",
        MediaKind::Sticker => "image/webp",
    };
    OutgoingMedia {
        kind,
        file,
        mime: mime.into(),
        size: size as u64,
        caption: Some("look".into()),
        file_name: Some("list.pdf".into()),
        voice: false,
        seconds: Some(3),
        uploaded: None,
    }
}

const VOICE_NOTE: &str = "audio/ogg; codecs=opus";

/// The same sound as what somebody said, not as music.
fn voice_note(sound: OutgoingMedia) -> OutgoingMedia {
    OutgoingMedia {
        mime: VOICE_NOTE.into(),
        voice: true,
        ..sound
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_file_arrives_as_it_is_on_disk() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    // The last is large enough for the check of earlier uploads, and for many chunks.
    let kinds = [
        (MediaKind::Image, false, 70_000, "image"),
        (MediaKind::Video, false, 200_001, "video"),
        (MediaKind::Audio, false, 40_000, "audio"),
        (MediaKind::Audio, true, 16, "audio"),
        (MediaKind::Document, false, 6_000_000, "document"),
    ];
    for (kind, is_voice_note, length, name) in kinds {
        let content = bytes(length);
        let made = media(kind, world.file(name, &content), length);
        let made = if is_voice_note { voice_note(made) } else { made };
        let mime = made.mime.clone();
        let out = outgoing(SARI, OutgoingContent::Media(made));
        let accepted = linked.device().send(&out).await.expect("accepted");
        assert!(accepted.uploaded.is_some());
        let got = world
            .network
            .wait_message(SARI, DEADLINE, |message| message.id == out.wa_id)
            .await
            .expect("arrived");
        let file = got.media.expect("a file");
        assert_eq!(
            (got.kind.as_str(), file.size, file.sha256),
            (name, length as u64, sha256(&content))
        );
        assert_eq!(
            (file.voice_note, file.mime_type),
            (is_voice_note, mime),
            "{name} is what it was sent as"
        );
        let (opened, _) = world.network.phone_media(SARI, &out.wa_id).expect("opened");
        assert!(opened == content, "{name} is another file");
    }
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_uploaded_once_is_sent_to_many_and_again_without_another_upload() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let file = world.file("flyer", &bytes(50_000));
    let mut flyer = media(MediaKind::Image, file, 50_000);
    flyer.uploaded = Some(linked.device().upload(&flyer).await.expect("uploaded"));
    let held = world.network.stats().media_bytes;
    for to in [SARI, BUDI] {
        let out = outgoing(to, OutgoingContent::Media(flyer.clone()));
        let accepted = linked.device().send(&out).await.expect("accepted");
        assert_eq!(accepted.uploaded, flyer.uploaded);
        world
            .network
            .wait_message(to, DEADLINE, |message| message.id == out.wa_id)
            .await
            .expect("arrived");
    }
    assert_eq!(world.network.stats().media_bytes, held);
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn received_files_are_fetched_and_checked() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let content = bytes(300_000);
    let attachment = |mime: &str| {
        Some(Attachment {
            data: STANDARD.encode(&content),
            mime_type: Some(mime.into()),
            caption: Some("the list".into()),
            file_name: Some("list.pdf".into()),
            seconds: Some(4),
            voice_note: mime == VOICE_NOTE,
        })
    };
    let to = || PhoneMessage {
        to: TOKO.into(),
        ..PhoneMessage::default()
    };
    let sent = [
        (
            MediaKind::Image,
            PhoneMessage {
                image: attachment("image/png"),
                ..to()
            },
        ),
        (
            MediaKind::Document,
            PhoneMessage {
                document: attachment("application/pdf"),
                ..to()
            },
        ),
        (
            MediaKind::Audio,
            PhoneMessage {
                audio: attachment("audio/mpeg"),
                ..to()
            },
        ),
        (
            MediaKind::Audio,
            PhoneMessage {
                audio: attachment(VOICE_NOTE),
                ..to()
            },
        ),
        (
            MediaKind::Video,
            PhoneMessage {
                video: attachment("video/mp4"),
                ..to()
            },
        ),
    ];
    for (kind, message) in sent {
        let is_voice_note = message.audio.as_ref().is_some_and(|sound| sound.voice_note);
        let id = world.network.phone_send(SARI, &message).expect("sent");
        let got = linked.sink.message(&id, 0).await;
        let InboundContent::Media(file) = got.content else {
            panic!("{kind:?} is a file, not {:?}", got.content)
        };
        assert_eq!((file.kind, file.size), (kind, Some(300_000)));
        assert_eq!(file.voice, is_voice_note, "{}", file.mime);
        let path = world.folder.path().join(&id);
        linked.device().fetch_media(&file.remote, &path).await.expect("fetched");
        assert!(
            std::fs::read(&path).expect("there") == content,
            "{kind:?} is another file"
        );

        let mut wrong: serde_json::Value = serde_json::from_str(&file.remote.0).expect("readable");
        wrong["file_sha256"] = STANDARD.encode([7; 32]).into();
        let damaged = linked
            .device()
            .fetch_media(&RemoteMedia(wrong.to_string()), &path)
            .await;
        assert!(matches!(damaged, Err(ProviderError::Damaged(_))), "{damaged:?}");
        assert!(!path.exists(), "nothing damaged is left behind");

        wrong["direct_path"] = "/media/gone".into();
        let gone = linked
            .device()
            .fetch_media(&RemoteMedia(wrong.to_string()), &path)
            .await;
        assert!(matches!(gone, Err(ProviderError::NotFound)), "{gone:?}");
    }
    let nonsense = linked
        .device()
        .fetch_media(&RemoteMedia("{}".into()), &world.folder.path().join("x"))
        .await;
    assert!(matches!(nonsense, Err(ProviderError::Failed(_))));
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_written_to_read_and_their_changes_told() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let members = [TOKO.to_owned(), BUDI.to_owned()];
    let group = world.network.create_group(SARI, "Pasar", &members).expect("created");
    let notice = |action: &'static str| {
        move |told: &Told| match told {
            Told::In(Inbound::Group(notice)) if notice.action == action => Some(notice.clone()),
            _ => None,
        }
    };
    let created = linked.sink.wait("the new group", notice("create")).await;
    assert_eq!(
        (created.group.to_string(), created.subject.as_deref()),
        (group.clone(), Some("Pasar"))
    );
    assert_eq!(created.participants.len(), 3);

    let info = linked.device().group(&chat(&group)).await.expect("told");
    assert_eq!((info.subject.as_str(), info.participants.len()), ("Pasar", 3));
    assert!(
        info.participants
            .iter()
            .any(|member| member.phone.as_ref().is_some_and(|phone| phone.digits() == BUDI))
    );
    assert_eq!(info.participants.iter().filter(|member| member.is_admin).count(), 1);

    let out = text(&group, "who brings rice?");
    linked.device().send(&out).await.expect("accepted");
    for member in [SARI, BUDI] {
        let got = world
            .network
            .wait_message(member, DEADLINE, |message| message.id == out.wa_id)
            .await
            .expect("arrived");
        assert_eq!((got.chat.as_str(), got.from.as_str()), (group.as_str(), TOKO));
    }
    let id = world.network.phone_send_text(BUDI, &group, "I do").expect("sent");
    let got = linked.sink.message(&id, 0).await;
    assert_eq!(got.chat.to_string(), group);
    assert_eq!(got.sender.phone.as_ref().expect("known").digits(), BUDI);
    assert!(got.peer.is_none());

    let sender = got.sender.lid.as_deref().map(chat);
    let mut reply = text(&group, "thanks");
    reply.reply_to = Some(Quoted {
        wa_id: id.clone(),
        sender: sender.clone(),
        preview: Some("I do".into()),
    });
    linked.device().send(&reply).await.expect("accepted");
    let at_budi = world
        .network
        .wait_message(BUDI, DEADLINE, |message| message.id == reply.wa_id)
        .await
        .expect("arrived");
    assert_eq!(at_budi.reply_to.as_deref(), Some(id.as_str()));
    let read = ReadMark {
        chat: chat(&group),
        sender,
        wa_ids: vec![id],
        kind: ReadKind::Read,
    };
    linked.device().mark_read(&read).await.expect("written");

    world
        .network
        .group_subject(SARI, &group, "Pasar Minggu")
        .expect("renamed");
    let renamed = linked.sink.wait("the new name", notice("subject")).await;
    assert_eq!(renamed.subject.as_deref(), Some("Pasar Minggu"));
    world
        .network
        .group_remove(SARI, &group, &[BUDI.to_owned()])
        .expect("removed");
    let removed = linked.sink.wait("the removal", notice("remove")).await;
    assert_eq!(removed.participants.len(), 1);
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_is_shown_and_seen() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    linked
        .device()
        .set_activity(&chat(SARI), Activity::Typing)
        .await
        .expect("written");
    linked
        .device()
        .set_activity(&chat(SARI), Activity::Recording)
        .await
        .expect("written");
    linked
        .device()
        .set_activity(&chat(SARI), Activity::Stopped)
        .await
        .expect("written");
    for (state, expected) in [
        ("composing", Activity::Typing),
        ("recording", Activity::Recording),
        ("paused", Activity::Stopped),
    ] {
        world.network.phone_typing(SARI, TOKO, state).expect("shown");
        let fits = |told: &Told| match told {
            Told::In(Inbound::Activity { activity, .. }) if *activity == expected => Some(()),
            _ => None,
        };
        linked.sink.wait(state, fits).await;
    }
    // In groups people go by their LIDs; a number that is known is told.
    let group = world
        .network
        .create_group(SARI, "Pasar", &[TOKO.to_owned()])
        .expect("created");
    let id = world.network.phone_send_text(SARI, &group, "halo").expect("sent");
    linked.sink.message(&id, 0).await;
    world.network.phone_typing(SARI, &group, "composing").expect("shown");
    let in_group = |told: &Told| match told {
        Told::In(Inbound::Activity { chat, from, .. }) if chat.is_group() => Some(from.to_string()),
        _ => None,
    };
    let from = linked.sink.wait("typing in the group", in_group).await;
    assert_eq!(from, chat(SARI).to_string());
    let seen = || {
        let seen = world.network.phone_happenings(SARI, 0).expect("a phone");
        seen.into_iter()
            .filter(|one| one.from == TOKO)
            .map(|one| one.kind)
            .collect::<Vec<_>>()
    };
    let want = ["composing", "recording", "paused"];
    world
        .network
        .wait_stats(DEADLINE, |_| seen() == want)
        .await
        .expect("Sari has seen all three");
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_checked_and_a_text_to_nobody_is_rejected() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let phones: Vec<Phone> = [SARI, "628000000999", BUDI]
        .map(|phone| phone.parse().expect("a number"))
        .into();
    let checks = linked.device().check_numbers(&phones).await.expect("told");
    let on: Vec<_> = checks.iter().map(|check| check.address.is_some()).collect();
    assert_eq!(on, [true, false, true]);
    assert_eq!(
        checks.iter().map(|check| check.phone.clone()).collect::<Vec<_>>(),
        phones
    );
    assert!(checks[0].lid.is_some() && checks[1].lid.is_none());
    let rejected = linked.device().send(&text("628000000999", "hello?")).await;
    assert!(
        matches!(&rejected, Err(SendError::Rejected(why)) if why.code == "not_on_whatsapp"),
        "{rejected:?}"
    );
    let mut to_nobody = text(SARI, "hello?");
    to_nobody.to = "999000@lid".parse().expect("an address");
    let rejected = linked.device().send(&to_nobody).await;
    assert!(
        matches!(&rejected, Err(SendError::Rejected(why))
            if why.code == "not_on_whatsapp" && why.detail.contains("Nobody")),
        "{rejected:?}"
    );
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_in_another_form_is_told_before_anything_leaves() {
    const WRITTEN: &str = "62800000002";
    let world = World::new().await;
    let sari = NewPhone {
        phone: SARI.into(),
        aliases: Some(vec![WRITTEN.into()]),
        ..NewPhone::default()
    };
    world.network.add_phone(&sari).expect("changed");
    let linked = world.linked(TOKO).await;
    let mut out = text(WRITTEN, "halo");
    for _ in 0..2 {
        let elsewhere = linked.device().send(&out).await;
        assert!(
            matches!(&elsewhere, Err(SendError::Elsewhere { phone }) if phone.digits() == SARI),
            "{elsewhere:?}"
        );
    }
    out.to = chat(SARI);
    linked.device().send(&out).await.expect("accepted");
    let is_it = |message: &wanet::InboxMessage| message.id == out.wa_id;
    let seen = world
        .network
        .wait_message(SARI, DEADLINE, is_it)
        .await
        .expect("arrived");
    assert_eq!(seen.arrivals, 1);
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn profile_pictures_are_found_where_there_are_any() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    assert_eq!(linked.device().profile_picture(&chat(SARI)).await.expect("told"), None);
    world.network.phone_picture(SARI, bytes(1_000)).expect("set");
    let url = linked
        .device()
        .profile_picture(&chat(SARI))
        .await
        .expect("told")
        .expect("there");
    assert!(url.starts_with("http"), "{url}");
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_the_phone_comes_marked_as_such() {
    let world = World::new().await;
    let past = |id: &str, from_me, body: &str, timestamp| PastMessage {
        id: id.into(),
        from_me,
        text: body.into(),
        timestamp,
    };
    let messages = vec![
        past("OLD1", false, "first", 1_700_000_000),
        past("OLD2", true, "second", 1_700_000_100),
    ];
    let phone = "628000000050";
    let new = NewPhone {
        phone: phone.into(),
        push_name: Some("Warung".into()),
        history: vec![PastChat {
            with: SARI.into(),
            messages,
        }],
        ..NewPhone::default()
    };
    world.network.add_phone(&new).expect("a new phone");
    let linked = world.linked(phone).await;
    let (first, second) = (
        linked.sink.message("OLD1", 0).await,
        linked.sink.message("OLD2", 0).await,
    );
    assert!(first.from_history && second.from_history);
    assert_eq!((first.direction, second.direction), (Direction::In, Direction::Out));
    assert_eq!(first.at.secs(), 1_700_000_000);
    assert!(matches!(second.content, InboundContent::Text(body) if body == "second"));
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_who_is_told_when_it_becomes_known() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    linked.device().send(&text(BUDI, "halo")).await.expect("accepted");
    let fits = |told: &Told| match told {
        Told::In(Inbound::Person(person)) if person.phone.as_ref().is_some_and(|phone| phone.digits() == BUDI) => {
            person.lid.clone()
        }
        _ => None,
    };
    assert!(linked.sink.wait("number and LID", fits).await.ends_with("@lid"));
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connected_device_does_not_keep_the_phone_silent() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let out: Outgoing = text(SARI, "halo");
    linked.device().send(&out).await.expect("accepted");
    // Delivered receipts of ours are plain although we are not online.
    let id = world.network.phone_send_text(SARI, TOKO, "halo").expect("sent");
    linked.sink.message(&id, 0).await;
    let plain = |id: &str| {
        let all = world.network.phone_messages(SARI, 0).expect("a phone");
        let receipts = all
            .into_iter()
            .find(|message| message.id == id)
            .map(|message| message.receipts);
        receipts
            .unwrap_or_default()
            .iter()
            .any(|receipt| receipt.kind == "delivered" && receipt.device != 0)
    };
    world
        .network
        .wait_stats(DEADLINE, |_| plain(&id))
        .await
        .expect("a plain receipt of the linked device");
    world.end([linked]).await;
}
