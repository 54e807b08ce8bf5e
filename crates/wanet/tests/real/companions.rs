//! Several companions on one account, and unlinking.

use std::sync::Arc;

use wacore::store::InMemoryBackend;
use wanet::{Network, NewPhone, Options, PastChat, PastMessage};
use whatsapp_rust::prelude::*;

use crate::client::{PATIENCE, TestClient, jid};

const ADA: &str = "15550100001";
const BOB: &str = "15550100002";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn companions_of_one_account_see_each_others_messages() {
    let network = Network::start(Options::default()).await.expect("it starts");
    let (bob, _) = TestClient::linked(&network, BOB, "Bob").await;
    let (desk, _) = TestClient::linked(&network, ADA, "Ada").await;
    desk.client.send_text(jid(BOB), "from the desk").await.expect("sent");
    bob.text("from the desk").await;

    let tablet = TestClient::start(&network, Arc::new(InMemoryBackend::new())).await;
    let device = tablet.link(&network, ADA).await;
    assert_eq!(device.device, 2);
    bob.heard
        .first("the new device", |e| {
            matches!(e, Event::DeviceListUpdate(_)).then_some(())
        })
        .await;
    network
        .wait_stats(PATIENCE, |stats| stats.queued == 0)
        .await
        .expect("the desk was told, too");

    bob.client.send_text(jid(ADA), "to all of you").await.expect("sent");
    desk.text("to all of you").await;
    tablet.text("to all of you").await;

    let again = desk
        .client
        .send_text(jid(BOB), "again from the desk")
        .await
        .expect("sent");
    let (info, _) = tablet.text("again from the desk").await;
    desk.heard
        .first("that the tablet has its copy", |event| match event {
            Event::Receipt(receipt) => {
                let has_copy = receipt.r#type.as_wire_str() == "sender";
                (has_copy && receipt.message_ids.contains(&again.message_id)).then_some(())
            }
            _ => None,
        })
        .await;
    // What comes of it is told to every companion of its author, not only to the one that wrote it.
    let receipt = async |client: &TestClient, what: &str, kind: &str| {
        client
            .heard
            .first(what, |event| match event {
                Event::Receipt(receipt) => {
                    let is_of_bob = receipt.r#type.as_wire_str() == kind && receipt.source.sender.user.ends_with(BOB);
                    (is_of_bob && receipt.message_ids.contains(&again.message_id)).then_some(())
                }
                _ => None,
            })
            .await;
    };
    let (at_bob, _) = bob.text("again from the desk").await;
    for client in [&desk, &tablet] {
        receipt(client, "that it was delivered", "delivery").await;
    }
    bob.client
        .mark_as_read(&at_bob.source.chat, None, &[&*again.message_id])
        .await
        .expect("marked");
    for client in [&desk, &tablet] {
        receipt(client, "that it was read", "read").await;
    }
    assert!(info.source.is_from_me);
    assert!(info.source.chat.user.ends_with(BOB), "by whichever address");
    network.phone_send_text(ADA, BOB, "from the phone").expect("sent");
    for client in [&desk, &tablet, &bob] {
        client.text("from the phone").await;
    }
    network
        .wait_stats(PATIENCE, |stats| stats.queued == 0)
        .await
        .expect("all is acknowledged");
    assert_eq!(network.stats().unknown, std::collections::BTreeMap::new());
    for client in [desk, tablet, bob] {
        client.stop().await;
    }
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unlinked_companion_is_told_and_cannot_come_back() {
    let network = Network::start(Options::default()).await.expect("it starts");
    let (ada, device) = TestClient::linked(&network, ADA, "Ada").await;
    network.unlink(ADA, device.device).expect("unlinked");
    ada.heard
        .first("the log-out", |e| matches!(e, Event::LoggedOut(_)).then_some(()))
        .await;
    assert!(network.phone(ADA).expect("the phone").devices.is_empty());
    let backend = ada.stop().await;
    let ghost = TestClient::start(&network, backend).await;
    ghost
        .heard
        .first("the refusal", |event| match event {
            Event::LoggedOut(_) | Event::ConnectFailure(_) => Some(()),
            _ => None,
        })
        .await;
    assert!(network.stats().refused_logins >= 1);
    ghost.stop().await;
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_logs_itself_out() {
    let network = Network::start(Options::default()).await.expect("it starts");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    ada.client.logout().await;
    network
        .wait_stats(PATIENCE, |stats| stats.devices == 0)
        .await
        .expect("the device is gone");
    ada.stop().await;
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_companion_learns_the_name_and_the_past() {
    let network = Network::start(Options::default()).await.expect("it starts");
    let message = PastMessage {
        id: "OLD1".into(),
        from_me: false,
        text: "long ago".into(),
        timestamp: 1_700_000_000,
    };
    let past = PastChat {
        with: BOB.into(),
        messages: vec![message],
    };
    let new = NewPhone {
        phone: ADA.into(),
        push_name: Some("Ada L.".into()),
        history: vec![past],
        ..NewPhone::default()
    };
    network.add_phone(&new).expect("added");
    let ada = TestClient::start(&network, Arc::new(InMemoryBackend::new())).await;
    ada.link(&network, ADA).await;
    let chats = ada
        .heard
        .first("the history", |event| match event {
            Event::HistorySync(history) => history.get().map(|history| history.conversations.len()),
            _ => None,
        })
        .await;
    assert_eq!(chats, 1);
    assert_eq!(ada.client.push_name(), "Ada L.");
    assert_eq!(network.stats().unknown, std::collections::BTreeMap::new());
    ada.stop().await;
    network.shutdown().await;
}
