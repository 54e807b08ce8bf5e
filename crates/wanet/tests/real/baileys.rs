//! The network against the real, unmodified Baileys client: with emulated phones, and with whatsapp-rust.

use std::fmt::Write as _;

use base64::Engine as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wacore::download::MediaType;
use wanet::{Attachment, Network, NewPhone, Options, PhoneMessage, Reaction};
use whatsapp_rust::UploadOptions;
use whatsapp_rust::prelude::*;

use crate::client::{PATIENCE, TestClient, jid};
use crate::peer::Peer;

const ADA: &str = "15550100001";
const GRACE: &str = "15550100002";
const EVE: &str = "15550100003";

fn b64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string can be written");
        text
    })
}

async fn network(phones: &[&str]) -> Network {
    let network = Network::start(Options::default()).await.expect("it starts");
    for phone in phones {
        let new = NewPhone {
            phone: (*phone).into(),
            ..NewPhone::default()
        };
        network.add_phone(&new).expect("the phone is added");
    }
    network
}

/// Links a Baileys client to the phone.
async fn linked(network: &Network, phone: &str, name: &str) -> Peer {
    let peer = Peer::start(&network.ws_url(), network.cert_pem(), name);
    let code = peer.qr().await;
    network.scan(phone, &code).await.expect("the scan succeeds");
    let connected = peer.event(json!({ "event": "connected" })).await;
    assert_eq!(connected["phone"], phone);
    peer
}

fn nothing_unknown(network: &Network) {
    let stats = network.stats();
    assert_eq!(stats.unknown, std::collections::BTreeMap::new());
    assert_eq!((stats.retries, stats.phone_undecryptable), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn baileys_talks_with_a_phone() {
    let network = network(&[EVE, GRACE]).await;
    let grace = linked(&network, GRACE, "Grace").await;

    let id = grace.send(json!({ "to": EVE, "text": "good morning" })).await;
    let seen = network.wait_message(EVE, PATIENCE, |m| m.id == id).await.expect("seen");
    assert_eq!(
        (seen.text.as_deref(), seen.from.as_str()),
        (Some("good morning"), GRACE)
    );
    grace
        .event(json!({ "event": "receipt", "id": id, "status": "delivered", "from": EVE }))
        .await;
    network.phone_read(EVE, std::slice::from_ref(&id)).expect("read");
    grace
        .event(json!({ "event": "receipt", "id": id, "status": "read", "from": EVE }))
        .await;

    let about = network.phone_send_text(EVE, GRACE, "how are you?").expect("sent");
    let told = grace.event(json!({ "event": "message", "id": about })).await;
    assert_eq!((&told["text"], &told["from"]), (&json!("how are you?"), &json!(EVE)));
    grace.order(json!({ "do": "read", "ids": [about] })).await;
    network
        .wait_message(EVE, PATIENCE, |m| {
            m.id == about && m.receipts.iter().any(|r| r.kind == "read")
        })
        .await
        .expect("the phone sees that it was read");

    let reply = grace
        .send(json!({ "to": EVE, "text": "fine", "reply_to": about }))
        .await;
    let seen = network
        .wait_message(EVE, PATIENCE, |m| m.id == reply)
        .await
        .expect("seen");
    assert_eq!(seen.reply_to.as_deref(), Some(about.as_str()));
    let reaction = grace
        .send(json!({ "to": EVE, "reaction": { "message_id": about, "emoji": "🌞" } }))
        .await;
    let seen = network
        .wait_message(EVE, PATIENCE, |m| m.id == reaction)
        .await
        .expect("seen");
    assert_eq!(
        (seen.reaction.as_deref(), seen.reply_to.as_deref()),
        (Some("🌞"), Some(about.as_str()))
    );

    let base = PhoneMessage {
        to: GRACE.into(),
        ..PhoneMessage::default()
    };
    let back = PhoneMessage {
        text: Some("glad".into()),
        reply_to: Some(id.clone()),
        ..base.clone()
    };
    let back = network.phone_send(EVE, &back).expect("sent");
    grace
        .event(json!({ "event": "message", "id": back, "text": "glad", "reply_to": id }))
        .await;
    let heart = Reaction {
        message_id: id.clone(),
        emoji: "❤️".into(),
    };
    let heart = PhoneMessage {
        reaction: Some(heart),
        ..base
    };
    let heart = network.phone_send(EVE, &heart).expect("sent");
    let told = grace.event(json!({ "event": "message", "id": heart })).await;
    assert_eq!(told["reaction"], json!({ "message_id": id, "emoji": "❤️" }));

    grace
        .order(json!({ "do": "typing", "to": EVE, "state": "composing" }))
        .await;
    network
        .wait_stats(PATIENCE, |_| {
            let happenings = network.phone_happenings(EVE, 0).expect("a list");
            happenings.iter().any(|h| h.kind == "composing" && h.from == GRACE)
        })
        .await
        .expect("the phone sees it typing");
    network.phone_typing(EVE, GRACE, "recording").expect("told");
    grace
        .event(json!({ "event": "typing", "from": EVE, "state": "recording" }))
        .await;
    nothing_unknown(&network);
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn baileys_exchanges_media_with_a_phone() {
    let network = network(&[EVE, GRACE]).await;
    let grace = linked(&network, GRACE, "Grace").await;
    let bytes: Vec<u8> = (0..150_000_u32).map(|n| (n % 251) as u8).collect();

    let sent = [
        (
            "image",
            json!({ "image": { "data": b64(&bytes), "caption": "a lake", "mime_type": "image/jpeg" } }),
        ),
        (
            "document",
            json!({ "document": { "data": b64(&bytes), "mime_type": "application/pdf", "file_name": "a.pdf" } }),
        ),
        ("audio", json!({ "voice": { "data": b64(&bytes), "seconds": 3 } })),
        (
            "video",
            json!({ "video": { "data": b64(&bytes), "mime_type": "video/mp4" } }),
        ),
    ];
    for (kind, mut message) in sent {
        message["to"] = EVE.into();
        let id = grace.send(message).await;
        let seen = network.wait_message(EVE, PATIENCE, |m| m.id == id).await.expect("seen");
        assert_eq!(seen.kind, kind);
        assert_eq!(seen.media.expect("a medium").voice_note, kind == "audio");
        assert!(network.phone_media(EVE, &id).expect("it decrypts").0 == bytes, "{kind}");
    }

    let file = || Attachment {
        data: b64(&bytes),
        ..Attachment::default()
    };
    let base = PhoneMessage {
        to: GRACE.into(),
        ..PhoneMessage::default()
    };
    let image = PhoneMessage {
        image: Some(Attachment {
            caption: Some("a hill".into()),
            ..file()
        }),
        ..base.clone()
    };
    let document = PhoneMessage {
        document: Some(Attachment {
            file_name: Some("b.pdf".into()),
            ..file()
        }),
        ..base.clone()
    };
    let voice = PhoneMessage {
        audio: Some(Attachment {
            voice_note: true,
            seconds: Some(4),
            ..file()
        }),
        ..base
    };
    for (kind, message) in [("image", image), ("document", document), ("audio", voice)] {
        let id = network.phone_send(EVE, &message).expect("sent");
        let told = grace.event(json!({ "event": "message", "id": id, "kind": kind })).await;
        assert_eq!(told["media"]["sha256"], sha256(&bytes), "{kind}: {told}");
        assert_eq!(told["media"]["voice_note"], kind == "audio");
        assert_eq!(
            told["text"],
            if kind == "image" { json!("a hill") } else { Value::Null }
        );
    }
    nothing_unknown(&network);
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn baileys_and_whatsapp_rust_talk_through_the_network() {
    let network = network(&[GRACE]).await;
    let grace = linked(&network, GRACE, "Grace").await;
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;

    let sent = ada.client.send_text(jid(GRACE), "hello Grace").await.expect("sent");
    let told = grace
        .event(json!({ "event": "message", "id": sent.message_id, "text": "hello Grace", "from": ADA }))
        .await;
    grace.order(json!({ "do": "read", "ids": [told["id"]] })).await;
    for wanted in ["Delivered", "Read"] {
        ada.heard
            .first(wanted, |event| match event {
                Event::Receipt(receipt) => (receipt.message_ids.contains(&sent.message_id)
                    && format!("{:?}", receipt.r#type) == wanted)
                    .then_some(()),
                _ => None,
            })
            .await;
    }

    let id = grace
        .send(json!({ "to": ADA, "text": "hello Ada", "reply_to": sent.message_id }))
        .await;
    let (info, message) = ada.text("hello Ada").await;
    assert_eq!(info.id, id);
    let context = message
        .extended_text_message
        .as_option()
        .and_then(|m| m.context_info.as_option());
    assert_eq!(context.and_then(|c| c.stanza_id.as_deref()), Some(&*sent.message_id));
    ada.client
        .mark_as_read(&info.source.chat, None, &[&info.id])
        .await
        .expect("read");
    for status in ["delivered", "read"] {
        grace
            .event(json!({ "event": "receipt", "id": id, "status": status, "from": ADA }))
            .await;
    }

    ada.client.chatstate().send_composing(&jid(GRACE)).await.expect("told");
    grace
        .event(json!({ "event": "typing", "from": ADA, "state": "composing" }))
        .await;
    grace
        .order(json!({ "do": "typing", "to": ADA, "state": "composing" }))
        .await;
    ada.heard
        .first("typing", |event| matches!(event, Event::ChatPresence(_)).then_some(()))
        .await;

    let picture: Vec<u8> = (0..90_000_u32).map(|n| (n % 249) as u8).collect();
    let up = ada
        .client
        .upload(picture.clone(), MediaType::Image, UploadOptions::default())
        .await
        .expect("uploaded");
    let image = whatsapp_rust::media::image_message(up, whatsapp_rust::media::ImageOptions::default());
    let sent = ada.client.send_message(jid(GRACE), image).await.expect("sent");
    let told = grace
        .event(json!({ "event": "message", "id": sent.message_id, "kind": "image" }))
        .await;
    assert_eq!(told["media"]["sha256"], sha256(&picture), "{told}");
    grace
        .send(json!({ "to": ADA, "voice": { "data": b64(&picture) } }))
        .await;
    let got = ada
        .heard
        .first("the voice note", |event| match event {
            Event::Messages(batch) => batch.iter().find_map(|m| m.message.audio_message.as_option().cloned()),
            _ => None,
        })
        .await;
    assert_eq!(got.ptt, Some(true));
    assert!(ada.client.download(&got).await.expect("downloaded") == picture);
    nothing_unknown(&network);
    ada.stop().await;
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_made_by_baileys_reaches_everybody() {
    let network = network(&[GRACE, EVE]).await;
    let grace = linked(&network, GRACE, "Grace").await;
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;

    let made = grace
        .order(json!({ "do": "create_group", "subject": "Walkers", "members": [ADA, EVE] }))
        .await;
    let group = made["group"].as_str().expect("a group").to_owned();
    ada.heard
        .first("the group", |e| matches!(e, Event::GroupUpdate(_)).then_some(()))
        .await;

    let id = grace.send(json!({ "to": group, "text": "who walks?" })).await;
    let (info, _) = ada.text("who walks?").await;
    assert!(info.source.is_group);
    network.wait_message(EVE, PATIENCE, |m| m.id == id).await.expect("seen");
    for from in [ADA, EVE] {
        grace
            .event(json!({ "event": "receipt", "id": id, "status": "delivered", "from": from }))
            .await;
    }

    let group_jid: Jid = group.parse().expect("a JID");
    ada.client.send_text(group_jid, "I do").await.expect("sent");
    let told = grace
        .event(json!({ "event": "message", "text": "I do", "chat": group, "from": ADA }))
        .await;
    network.phone_send_text(EVE, &group, "so do I").expect("sent");
    grace
        .event(json!({ "event": "message", "text": "so do I", "chat": group, "from": EVE }))
        .await;
    grace
        .send(json!({ "to": group, "reaction": { "message_id": told["id"], "emoji": "👍" } }))
        .await;
    network
        .wait_message(EVE, PATIENCE, |m| m.reaction.as_deref() == Some("👍"))
        .await
        .expect("seen");

    grace
        .order(json!({ "do": "rename_group", "group": group, "subject": "Runners" }))
        .await;
    ada.heard
        .first("the new subject", |event| match event {
            Event::GroupUpdate(update) => format!("{update:?}").contains("Runners").then_some(()),
            _ => None,
        })
        .await;
    nothing_unknown(&network);
    ada.stop().await;
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn baileys_reconnects_and_hears_what_it_missed() {
    let network = network(&[EVE, GRACE]).await;
    let grace = linked(&network, GRACE, "Grace").await;
    network.phone_send_text(EVE, GRACE, "before").expect("sent");
    grace.event(json!({ "event": "message", "text": "before" })).await;
    let cut = wanet::FaultKind::Cut {
        moment: wanet::Moment::Before,
    };
    network
        .set_fault(wanet::NewFault::once(cut).phone(GRACE))
        .expect("it strikes");
    // What Baileys is decrypting when its connection ends it loses: it stops telling before it stops decrypting.
    grace.event(json!({ "event": "closed", "code": 428 })).await;
    for n in 0..5 {
        network
            .phone_send_text(EVE, GRACE, &format!("missed {n}"))
            .expect("sent");
    }
    for n in 0..5 {
        grace
            .event(json!({ "event": "message", "text": format!("missed {n}") }))
            .await;
    }
    network
        .wait_stats(PATIENCE, |stats| stats.queued == 0)
        .await
        .expect("all is acknowledged");
    nothing_unknown(&network);
    network.shutdown().await;
}
