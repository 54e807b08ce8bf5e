//! Pairing, texts both ways, receipts.

use wanet::{Direction, Network, NewPhone, Options};
use whatsapp_rust::prelude::*;

use crate::client::{PATIENCE, TestClient, jid};

const ADA: &str = "15550100001";
const BOB: &str = "15550100002";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_links_by_qr_and_talks_with_a_phone() {
    let network = Network::start(Options::default()).await.expect("it starts");
    network
        .add_phone(&NewPhone {
            phone: BOB.into(),
            ..NewPhone::default()
        })
        .expect("added");
    let (ada, device) = TestClient::linked(&network, ADA, "Ada").await;
    assert_eq!(device.device, 1);

    let sent = ada.client.send_text(jid(BOB), "hello").await.expect("sent");
    let seen = network
        .wait_message(BOB, PATIENCE, |message| message.text.as_deref() == Some("hello"))
        .await
        .expect("the phone shows it");
    assert_eq!(
        (seen.id.as_str(), seen.from.as_str(), seen.direction),
        (&*sent.message_id, ADA, Direction::In)
    );
    assert_eq!(
        (seen.push_name.as_str(), seen.device, seen.arrivals, seen.shown),
        ("Ada", 1, 1, 1)
    );
    assert_eq!(ada.acked(&sent.message_id).await, None);
    let id = sent.message_id.clone();
    ada.heard
        .first("the delivery", |event| match event {
            Event::Receipt(receipt) => receipt.message_ids.contains(&id).then_some(()),
            _ => None,
        })
        .await;
    let own = network
        .wait_message(ADA, PATIENCE, |m| m.text.as_deref() == Some("hello"))
        .await
        .expect("own copy");
    assert_eq!((own.direction, own.chat.as_str()), (Direction::Out, BOB));

    let id = network.phone_send_text(BOB, ADA, "hi there").expect("the phone sends");
    let (info, _) = ada.text("hi there").await;
    assert_eq!(&*info.id, id);
    network
        .wait_message(BOB, PATIENCE, |m| {
            m.id == id && m.receipts.iter().any(|r| r.device == 1)
        })
        .await
        .expect("the client confirms");
    assert_eq!(network.stats().unknown, std::collections::BTreeMap::new());
    ada.stop().await;
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_clients_talk_and_see_typing_and_reading() {
    let network = Network::start(Options::default()).await.expect("it starts");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let (bob, _) = TestClient::linked(&network, BOB, "Bob").await;
    let sent = ada.client.send_text(jid(BOB), "how are you?").await.expect("sent");
    let (info, _) = bob.text("how are you?").await;
    assert_eq!(info.push_name, "Ada");
    bob.client
        .mark_as_read(&info.source.chat, None, &[&*sent.message_id])
        .await
        .expect("marked");
    ada.heard
        .first("the read receipt", |event| match event {
            Event::Receipt(receipt) => {
                let read = receipt.r#type.as_wire_str() == "read";
                (read && receipt.message_ids.contains(&sent.message_id)).then_some(())
            }
            _ => None,
        })
        .await;
    ada.client.chatstate().send_composing(&jid(BOB)).await.expect("sent");
    bob.heard
        .first("typing", |event| match event {
            Event::ChatPresence(_) => Some(()),
            _ => None,
        })
        .await;
    network.phone_typing(BOB, ADA, "recording").expect("typed");
    ada.heard
        .first("typing", |event| matches!(event, Event::ChatPresence(_)).then_some(()))
        .await;
    assert_eq!(network.stats().unknown, std::collections::BTreeMap::new());
    ada.stop().await;
    bob.stop().await;
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_while_a_client_was_away_comes_in_order_and_once() {
    let network = Network::start(Options::default()).await.expect("it starts");
    network
        .add_phone(&NewPhone {
            phone: BOB.into(),
            ..NewPhone::default()
        })
        .expect("added");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let backend = ada.stop().await;
    for n in 0..150 {
        network
            .phone_send_text(BOB, ADA, &format!("waiting {n}"))
            .expect("sent");
    }
    let ada = TestClient::start(&network, backend).await;
    ada.text("waiting 149").await;
    let order = ada.heard.all(|event| match event {
        Event::Messages(batch) => Some(
            batch
                .iter()
                .filter_map(|m| m.message.text_content().map(str::to_owned))
                .collect::<Vec<_>>(),
        ),
        _ => None,
    });
    let wanted: Vec<String> = (0..150).map(|n| format!("waiting {n}")).collect();
    assert_eq!(order.concat(), wanted);
    network
        .wait_stats(PATIENCE, |stats| stats.queued == 0)
        .await
        .expect("all is acknowledged");
    assert!(network.stats().handshakes_ik >= 1, "the second connection resumed");
    ada.stop().await;
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_are_looked_up_and_pictures_fetched() {
    let network = Network::start(Options::default()).await.expect("it starts");
    network
        .add_phone(&NewPhone {
            phone: BOB.into(),
            ..NewPhone::default()
        })
        .expect("added");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let found = ada
        .client
        .contacts()
        .is_on_whatsapp(&[jid(BOB), jid("15550199999")])
        .await
        .expect("answered");
    let known: Vec<bool> = found.iter().map(|one| one.is_registered).collect();
    assert_eq!(
        known.iter().filter(|known| **known).count(),
        1,
        "one of the two has WhatsApp: {known:?}"
    );
    assert!(
        ada.client
            .contacts()
            .get_profile_picture(&jid(BOB), false)
            .await
            .expect("answered")
            .is_none()
    );
    network.phone_picture(BOB, vec![0xff, 0xd8, 1, 2, 3]).expect("set");
    let picture = ada
        .client
        .contacts()
        .get_profile_picture(&jid(BOB), false)
        .await
        .expect("answered");
    assert!(picture.is_some_and(|picture| picture.url.contains("/media/")));
    let lost = ada
        .client
        .send_text(jid("15550199999"), "anybody?")
        .await
        .expect("written");
    assert!(ada.acked(&lost.message_id).await.is_some(), "nobody is there");
    network.phone_block(BOB, ADA, true).expect("blocked");
    let sent = ada.client.send_text(jid(BOB), "blocked").await.expect("sent");
    assert_eq!(
        ada.acked(&sent.message_id).await,
        None,
        "a blocked sender notices nothing"
    );
    assert!(network.phone_messages(BOB, 0).expect("an inbox").is_empty());
    assert_eq!(network.stats().unknown, std::collections::BTreeMap::new());
    ada.stop().await;
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_talks_over_tls() {
    let network = Network::start(Options::default()).await.expect("it starts");
    for phone in [ADA, BOB] {
        network
            .add_phone(&NewPhone {
                phone: phone.into(),
                ..NewPhone::default()
            })
            .expect("added");
    }
    let backend = std::sync::Arc::new(wacore::store::InMemoryBackend::new());
    let ada = TestClient::start_at(&network.wss_url(), network.cert_pem(), backend).await;
    ada.link(&network, ADA).await;
    network.phone_send_text(BOB, ADA, "over TLS").expect("sent");
    ada.text("over TLS").await;
    ada.stop().await;
    network.shutdown().await;
}
