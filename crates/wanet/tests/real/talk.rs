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
    let id = sent.message_id.to_string();
    ada.heard
        .first("the delivery", |event| match event {
            Event::Receipt(receipt) => receipt.message_ids.iter().any(|i| *i == id).then_some(()),
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
