//! What a companion could not read it asks its phone for.

use std::sync::Arc;

use wanet::{Attachment, Family, Network, NewPhone, Options, PhoneMessage, Reaction};
use whatsapp_rust::prelude::*;
use whatsapp_rust::waproto::whatsapp as wa;

use crate::client::{PATIENCE, TestClient};

const ADA: &str = "15550100001";
const BOB: &str = "15550100002";
const EVE: &str = "15550100003";

async fn pair() -> (Network, TestClient) {
    let network = Network::start(Options::default()).await.expect("it starts");
    for phone in [BOB, EVE] {
        let new = NewPhone {
            phone: phone.into(),
            push_name: Some("Bob".into()),
            ..NewPhone::default()
        };
        network.add_phone(&new).expect("added");
    }
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    (network, ada)
}

async fn end(network: Network, ada: TestClient) {
    network
        .wait_stats(PATIENCE, |stats| stats.queued == 0)
        .await
        .expect("all is acknowledged");
    assert_eq!(network.stats().unknown, std::collections::BTreeMap::new());
    ada.stop().await;
    network.shutdown().await;
}

/// A message as it came, by its id.
async fn came(ada: &TestClient, id: &str) -> (Arc<MessageInfo>, Arc<wa::Message>) {
    ada.heard.first("the message", |event| told(event, id, false)).await
}

/// The same as the phone told it.
async fn told_again(ada: &TestClient, id: &str) -> (Arc<MessageInfo>, Arc<wa::Message>) {
    ada.heard.first("the answer", |event| told(event, id, true)).await
}

fn told(event: &Event, id: &str, by_phone: bool) -> Option<(Arc<MessageInfo>, Arc<wa::Message>)> {
    let Event::Messages(batch) = event else { return None };
    let mut all = batch.iter();
    let found = all.find(|m| m.info.id == id && m.info.unavailable_request_id.is_some() == by_phone)?;
    Some((Arc::clone(&found.info), Arc::clone(&found.message)))
}

async fn ask(ada: &TestClient, info: &Arc<MessageInfo>) {
    ada.client
        .send_pdo_placeholder_resend_request(info)
        .await
        .expect("asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_tells_its_companion_again_what_came_and_what_it_wrote() {
    let (network, ada) = pair().await;
    let from_bob = |message: PhoneMessage| {
        let message = PhoneMessage {
            to: ADA.into(),
            ..message
        };
        network.phone_send(BOB, &message).expect("sent")
    };
    let text = from_bob(PhoneMessage {
        text: Some("hello".into()),
        ..PhoneMessage::default()
    });
    let ids = [
        text.clone(),
        from_bob(PhoneMessage {
            text: Some("an answer by LID".into()),
            reply_to: Some(text.clone()),
            addressing: Some(Family::Lid),
            ..PhoneMessage::default()
        }),
        from_bob(PhoneMessage {
            image: Some(Attachment {
                data: "aGVsbG8=".into(),
                caption: Some("a picture".into()),
                ..Attachment::default()
            }),
            ..PhoneMessage::default()
        }),
        from_bob(PhoneMessage {
            reaction: Some(Reaction {
                message_id: text.clone(),
                emoji: "👍".into(),
            }),
            ..PhoneMessage::default()
        }),
        network.phone_send_text(ADA, BOB, "from the phone").expect("sent"),
    ];
    for id in &ids {
        let (info, message) = came(&ada, id).await;
        ask(&ada, &info).await;
        let (again, same) = told_again(&ada, id).await;
        assert_eq!(
            (again.source.is_from_me, again.source.chat.user.ends_with(BOB)),
            (info.source.is_from_me, true)
        );
        assert_eq!(same, message, "what it says is the same");
    }
    assert_eq!(network.stats().wanted_again, ids.len() as u64);
    end(network, ada).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_names_the_member_of_a_group_as_the_group_does() {
    let (network, ada) = pair().await;
    let members = [ADA.to_owned(), EVE.to_owned()];
    let group = network.create_group(BOB, "Walkers", &members).expect("made");
    let id = network.phone_send_text(EVE, &group, "who walks?").expect("sent");
    let (info, _) = came(&ada, &id).await;
    ask(&ada, &info).await;
    let (again, message) = told_again(&ada, &id).await;
    assert_eq!(message.text_content(), Some("who walks?"));
    let source = &again.source;
    assert!(source.is_group && source.sender.is_lid() && source.sender.user.ends_with(EVE));
    end(network, ada).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_has_it_not_says_so() {
    let (network, ada) = pair().await;
    let id = network.phone_send_text(BOB, ADA, "hello").expect("sent");
    let (info, _) = came(&ada, &id).await;
    let unknown = MessageInfo {
        id: "3EB0000000000000000000".into(),
        ..(*info).clone()
    };
    ask(&ada, &Arc::new(unknown)).await;
    network
        .wait_stats(PATIENCE, |stats| stats.wanted_again == 1 && stats.queued == 0)
        .await
        .expect("it is answered, and the answer is taken");
    let told = ada.heard.all(|event| match event {
        Event::Messages(batch) => batch
            .iter()
            .find(|m| m.info.unavailable_request_id.is_some())
            .map(|_| ()),
        _ => None,
    });
    assert!(told.is_empty(), "there is nothing in the answer");
    end(network, ada).await;
}
