//! Groups of phones and clients.

use wanet::{Network, NewPhone, Options};
use whatsapp_rust::prelude::*;
use whatsapp_rust::{GroupCreateOptions, GroupParticipantOptions};

use crate::client::{PATIENCE, TestClient, jid};

const ADA: &str = "15550100001";
const BOB: &str = "15550100002";
const EVE: &str = "15550100003";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_made_by_a_client_reaches_clients_and_phones() {
    let network = Network::start(Options::default()).await.expect("it starts");
    network
        .add_phone(&NewPhone {
            phone: EVE.into(),
            ..NewPhone::default()
        })
        .expect("added");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let (bob, _) = TestClient::linked(&network, BOB, "Bob").await;
    let people = [BOB, EVE].map(|phone| GroupParticipantOptions::builder().jid(jid(phone)).build());
    let options = GroupCreateOptions::builder()
        .subject("Walkers")
        .participants(people.to_vec())
        .build();
    let made = ada.client.groups().create_group(options).await.expect("made");
    let group = made.metadata.id.clone();
    bob.heard
        .first("the group", |e| matches!(e, Event::GroupUpdate(_)).then_some(()))
        .await;

    ada.client.send_text(group.clone(), "who walks?").await.expect("sent");
    let (info, _) = bob.text("who walks?").await;
    assert!(info.source.is_group);
    let seen = network
        .wait_message(EVE, PATIENCE, |m| m.text.as_deref() == Some("who walks?"))
        .await
        .expect("seen");
    assert_eq!(
        (seen.chat, seen.from.as_str(), seen.encryption.as_deref()),
        (group.to_string(), ADA, Some("skmsg"))
    );

    network.phone_send_text(EVE, &group.to_string(), "I do").expect("sent");
    ada.text("I do").await;
    bob.text("I do").await;
    bob.client.send_text(group.clone(), "me too").await.expect("sent");
    ada.text("me too").await;
    network
        .wait_message(EVE, PATIENCE, |m| m.text.as_deref() == Some("me too"))
        .await
        .expect("seen");
    network
        .wait_message(EVE, PATIENCE, |m| {
            m.text.as_deref() == Some("I do") && m.receipts.len() >= 2
        })
        .await
        .expect("the clients confirm");
    network
        .wait_stats(PATIENCE, |stats| stats.queued == 0)
        .await
        .expect("all is acknowledged");
    assert_eq!(network.stats().unknown, std::collections::BTreeMap::new());
    assert_eq!(network.stats().retries, 0);
    ada.stop().await;
    bob.stop().await;
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_made_by_a_phone_can_be_changed() {
    let network = Network::start(Options::default()).await.expect("it starts");
    for phone in [BOB, EVE] {
        network
            .add_phone(&NewPhone {
                phone: phone.into(),
                ..NewPhone::default()
            })
            .expect("added");
    }
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let group = network.create_group(BOB, "Readers", &[ADA.into()]).expect("made");
    let update = |what: &'static str, client: &TestClient| {
        let heard = std::sync::Arc::clone(&client.heard);
        async move {
            heard
                .first(what, |e| matches!(e, Event::GroupUpdate(_)).then_some(()))
                .await;
        }
    };
    update("the group", &ada).await;
    let groups = ada.client.groups().get_participating().await.expect("answered");
    assert_eq!(groups.len(), 1);
    network.phone_send_text(BOB, &group, "welcome").expect("sent");
    ada.text("welcome").await;

    ada.heard.forget();
    network.group_add(BOB, &group, &[EVE.into()]).expect("added");
    update("the new member", &ada).await;
    ada.client
        .send_text(group.parse::<Jid>().expect("a JID"), "hello Eve")
        .await
        .expect("sent");
    network
        .wait_message(EVE, PATIENCE, |m| m.text.as_deref() == Some("hello Eve"))
        .await
        .expect("seen");

    ada.heard.forget();
    network.group_subject(BOB, &group, "Writers").expect("renamed");
    update("the new subject", &ada).await;
    ada.heard.forget();
    network.group_remove(BOB, &group, &[EVE.into()]).expect("removed");
    update("who left", &ada).await;
    network.phone_send_text(BOB, &group, "without Eve").expect("sent");
    ada.text("without Eve").await;
    assert!(
        network
            .phone_messages(EVE, 0)
            .expect("an inbox")
            .iter()
            .all(|m| m.text.as_deref() != Some("without Eve"))
    );
    assert!(network.phone_send_text(EVE, &group, "let me in").is_err());
    assert!(
        network.group_add(ADA, &group, &[EVE.into()]).is_err(),
        "Ada is no administrator"
    );
    let kinds: Vec<String> = network
        .phone_happenings(EVE, 0)
        .expect("happenings")
        .into_iter()
        .map(|h| h.kind)
        .collect();
    assert_eq!(kinds, ["group_add", "group_subject", "group_remove"]);
    assert_eq!(network.stats().unknown, std::collections::BTreeMap::new());
    ada.stop().await;
    network.shutdown().await;
}
