//! Media, reactions, replies, edits.

use base64::Engine as _;
use wacore::download::MediaType;
use wanet::{Attachment, Edit, Network, NewPhone, Options, PhoneMessage, Reaction};
use whatsapp_rust::UploadOptions;
use whatsapp_rust::prelude::*;
use whatsapp_rust::waproto::whatsapp::message::protocol_message::Type;

use crate::client::{PATIENCE, TestClient, jid};

const ADA: &str = "15550100001";
const BOB: &str = "15550100002";

fn b64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn media_travel_both_ways() {
    let network = Network::start(Options::default()).await.expect("it starts");
    network
        .add_phone(&NewPhone {
            phone: BOB.into(),
            ..NewPhone::default()
        })
        .expect("added");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let picture: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();

    let up = ada
        .client
        .upload(picture.clone(), MediaType::Image, UploadOptions::default())
        .await
        .expect("uploaded");
    let options = whatsapp_rust::media::ImageOptions {
        caption: Some("a lake".into()),
        ..Default::default()
    };
    ada.client
        .send_message(jid(BOB), whatsapp_rust::media::image_message(up, options))
        .await
        .expect("sent");
    let seen = network
        .wait_message(BOB, PATIENCE, |m| m.kind == "image")
        .await
        .expect("seen");
    assert_eq!(seen.text.as_deref(), Some("a lake"));
    assert_eq!(seen.media.as_ref().map(|m| m.size), Some(picture.len() as u64));
    assert_eq!(network.phone_media(BOB, &seen.id).expect("it decrypts").0, picture);

    let file = |data: &[u8]| Attachment {
        data: b64(data),
        ..Attachment::default()
    };
    let base = PhoneMessage {
        to: ADA.into(),
        ..PhoneMessage::default()
    };
    let image = Attachment {
        caption: Some("a hill".into()),
        ..file(&picture)
    };
    let note = Attachment {
        voice_note: true,
        seconds: Some(3),
        ..file(b"opus")
    };
    let paper = Attachment {
        file_name: Some("a.pdf".into()),
        mime_type: Some("application/pdf".into()),
        ..file(b"pdf")
    };
    for message in [
        PhoneMessage {
            image: Some(image),
            ..base.clone()
        },
        PhoneMessage {
            audio: Some(note),
            ..base.clone()
        },
        PhoneMessage {
            document: Some(paper),
            ..base.clone()
        },
        PhoneMessage {
            video: Some(file(b"film")),
            ..base.clone()
        },
    ] {
        network.phone_send(BOB, &message).expect("sent");
    }
    let message = |what: &'static str, fits: fn(&whatsapp_rust::waproto::whatsapp::Message) -> bool| {
        ada.heard.first(what, move |event| match event {
            Event::Messages(batch) => batch
                .iter()
                .find(|m| fits(&m.message))
                .map(|m| std::sync::Arc::clone(&m.message)),
            _ => None,
        })
    };
    let got = message("the image", |m| m.image_message.as_option().is_some()).await;
    let image = got.image_message.as_option().expect("an image");
    assert_eq!(image.caption.as_deref(), Some("a hill"));
    assert_eq!(ada.client.download(image).await.expect("downloaded"), picture);
    let got = message("the voice note", |m| m.audio_message.as_option().is_some()).await;
    assert_eq!(
        ada.client
            .download(got.audio_message.as_option().expect("a note"))
            .await
            .expect("downloaded"),
        b"opus"
    );
    let got = message("the document", |m| m.document_message.as_option().is_some()).await;
    assert_eq!(
        got.document_message.as_option().and_then(|d| d.file_name.as_deref()),
        Some("a.pdf")
    );
    message("the video", |m| m.video_message.as_option().is_some()).await;
    assert_eq!(network.stats().unknown, std::collections::BTreeMap::new());
    ada.stop().await;
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn phones_react_reply_edit_and_take_back() {
    let network = Network::start(Options::default()).await.expect("it starts");
    network
        .add_phone(&NewPhone {
            phone: BOB.into(),
            ..NewPhone::default()
        })
        .expect("added");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let sent = ada
        .client
        .send_text(jid(BOB), "what do you think?")
        .await
        .expect("sent");
    network
        .wait_message(BOB, PATIENCE, |m| m.id == *sent.message_id)
        .await
        .expect("seen");
    let about = sent.message_id.clone();
    let base = PhoneMessage {
        to: ADA.into(),
        ..PhoneMessage::default()
    };
    let reaction = Reaction {
        message_id: about.clone(),
        emoji: "👍".into(),
    };
    network
        .phone_send(
            BOB,
            &PhoneMessage {
                reaction: Some(reaction),
                ..base.clone()
            },
        )
        .expect("sent");
    ada.heard
        .first("the reaction", |event| match event {
            Event::Messages(batch) => batch.iter().find_map(|m| {
                let reaction = m.message.reaction_message.as_option()?;
                (reaction.key.as_option()?.id.as_deref() == Some(&about)).then_some(())
            }),
            _ => None,
        })
        .await;
    let reply = PhoneMessage {
        text: Some("good".into()),
        reply_to: Some(about.clone()),
        ..base.clone()
    };
    let id = network.phone_send(BOB, &reply).expect("sent");
    let (_, message) = ada.text("good").await;
    let context = message
        .extended_text_message
        .as_option()
        .and_then(|m| m.context_info.as_option());
    assert_eq!(context.and_then(|c| c.stanza_id.as_deref()), Some(about.as_str()));
    let edit = Edit {
        message_id: id.clone(),
        text: "very good".into(),
    };
    network
        .phone_send(
            BOB,
            &PhoneMessage {
                edit: Some(edit),
                ..base.clone()
            },
        )
        .expect("sent");
    network
        .phone_send(
            BOB,
            &PhoneMessage {
                revoke: Some(id),
                ..base.clone()
            },
        )
        .expect("sent");
    for kind in [Type::MESSAGE_EDIT, Type::REVOKE] {
        ada.heard
            .first("the edit and the revocation", |event| match event {
                Event::Messages(batch) => batch
                    .iter()
                    .find_map(|m| (m.message.protocol_message.as_option()?.r#type == Some(kind)).then_some(())),
                _ => None,
            })
            .await;
    }
    let nothing = network.phone_send(BOB, &base).expect_err("nothing to send");
    assert!(nothing.to_string().contains("exactly one"));
    ada.stop().await;
    network.shutdown().await;
}
