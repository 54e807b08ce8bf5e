//! What people show of themselves, and to whom: pictures, texts, and tokens that open doors.

use std::time::Duration;

use wacore::store::traits::TcTokenEntry;
use wanet::{Network, NewPhone, Options, SaltWay};
use whatsapp_rust::prelude::*;

use crate::client::{PATIENCE, TestClient, jid};

const ADA: &str = "15550100001";
const BOB: &str = "15550100002";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_picture_and_a_new_text_are_told_to_those_who_are_online() {
    let network = Network::start(Options::default()).await.expect("it starts");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let (bob, _) = TestClient::linked(&network, BOB, "Bob").await;
    let set = ada.client.profile().set_profile_picture(vec![0xff, 0xd8, 1]).await;
    let id = set.expect("set").id;
    for client in [&ada, &bob] {
        let told = |event: &Event| match event {
            Event::PictureUpdate(update) if update.jid == jid(ADA) => update.picture_id.clone(),
            _ => None,
        };
        assert_eq!(client.heard.first("the picture", told).await, id);
    }
    ada.client.profile().remove_profile_picture().await.expect("removed");
    let gone = |event: &Event| match event {
        Event::PictureUpdate(update) => (update.removed && update.jid == jid(ADA)).then_some(()),
        _ => None,
    };
    bob.heard.first("that it is gone", gone).await;
    let picture = bob.client.contacts().get_profile_picture(&jid(ADA), false).await;
    assert!(picture.expect("answered").is_none());

    ada.client.profile().set_status_text("At sea").await.expect("set");
    let told = |event: &Event| match event {
        Event::UserAboutUpdate(update) if update.jid == jid(ADA) => Some(update.status.clone()),
        _ => None,
    };
    assert_eq!(bob.heard.first("the text", told).await, "At sea");
    network
        .wait_stats(PATIENCE, |stats| stats.queued == 0)
        .await
        .expect("all is acknowledged");
    assert_eq!(network.stats().unknown, std::collections::BTreeMap::new());
    ada.stop().await;
    bob.stop().await;
    network.shutdown().await;
}

/// The token a client has of somebody, when it comes.
async fn token_of(client: &TestClient, somebody: &TestClient) -> TcTokenEntry {
    let key = somebody.client.lid().expect("linked").user.to_string();
    let found = async {
        loop {
            let entry = client.client.tc_token().get(&key).await.expect("read");
            if let Some(entry) = entry.filter(|entry| !entry.token.is_empty()) {
                return entry;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, found).await.expect("a token comes")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hears_only_of_known_people_refuses_strangers_until_they_have_a_token() {
    let network = Network::start(Options::default()).await.expect("it starts");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let (bob, _) = TestClient::linked(&network, BOB, "Bob").await;
    let shy = NewPhone {
        phone: ADA.into(),
        known_only: Some(true),
        ..NewPhone::default()
    };
    network.add_phone(&shy).expect("changed");
    network.phone_picture(ADA, vec![0xff, 0xd8, 1]).expect("set");
    let stranger = bob.client.send_text(jid(ADA), "who are you?").await.expect("sent");
    assert_eq!(bob.acked(&stranger.message_id).await.as_deref(), Some("463"));
    let picture = bob.client.contacts().get_profile_picture(&jid(ADA), false).await;
    assert!(picture.expect("answered").is_none(), "it is not for strangers");

    ada.client.send_text(jid(BOB), "I am Ada").await.expect("sent");
    bob.text("I am Ada").await;
    assert_eq!(token_of(&bob, &ada).await.token.len(), 32);
    let known = bob.client.send_text(jid(ADA), "I am Bob").await.expect("sent");
    assert_eq!(bob.acked(&known.message_id).await, None);
    ada.text("I am Bob").await;
    assert_eq!(ada.texts("who are you?"), 0);
    let picture = bob.client.contacts().get_profile_picture(&jid(ADA), false).await;
    assert!(picture.expect("answered").is_some());
    ada.stop().await;
    bob.stop().await;
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_may_make_a_token_with_the_salt_of_the_own_account() {
    for way in [SaltWay::History, SaltWay::Settings] {
        let network = Network::start(Options::default()).await.expect("it starts");
        for phone in [
            NewPhone {
                phone: ADA.into(),
                known_only: Some(true),
                ..NewPhone::default()
            },
            NewPhone {
                phone: BOB.into(),
                salt: Some(way),
                ..NewPhone::default()
            },
        ] {
            network.add_phone(&phone).expect("added");
        }
        let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
        let (bob, _) = TestClient::linked(&network, BOB, "Bob").await;
        let salted = async {
            let store = bob.client.persistence_manager();
            while store.get_device_snapshot().nct_salt.is_none() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, salted).await.expect("the salt comes");
        let startup = bob.client.wait_for_startup_sync(Duration::from_secs(30));
        startup.await.expect("the properties are known");
        let ada_lid = ada.client.lid().expect("linked").to_non_ad();
        let sent = bob.client.send_text(ada_lid, "may I?").await.expect("sent");
        assert_eq!(bob.acked(&sent.message_id).await, None);
        ada.text("may I?").await;
        ada.stop().await;
        bob.stop().await;
        network.shutdown().await;
    }
}
