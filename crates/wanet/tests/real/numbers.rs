//! Numbers that people write in another way than the network.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use wanet::{Network, NewPhone, Options};
use whatsapp_rust::prelude::*;

use crate::client::{PATIENCE, TestClient, jid};

const ADA: &str = "15550100001";
/// Somebody, and the number as people write it.
const BIA: &str = "15550100002";
const AS_WRITTEN: &str = "155590100002";

fn options(dir: &Path) -> Options {
    Options {
        state_dir: Some(dir.to_owned()),
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        ..Options::default()
    }
}

/// Under which address a number is said to be on WhatsApp, if it is.
async fn looked_up(client: &TestClient, number: &str) -> Option<Jid> {
    let found = client.client.contacts().is_on_whatsapp(&[jid(number)]).await;
    let found = found.expect("an answer").into_iter().find(|found| found.is_registered);
    found.map(|found| found.jid)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_way_to_write_a_number_leads_to_its_phone_and_is_nobodys_address() {
    let dir = tempfile::tempdir().expect("a directory");
    let network = Network::start(options(dir.path())).await.expect("it starts");
    let bia = NewPhone {
        phone: BIA.into(),
        aliases: Some(vec!["+1 5559 010 0002".into()]),
        ..NewPhone::default()
    };
    let added = network.add_phone(&bia).expect("added");
    assert_eq!(added.aliases, [AS_WRITTEN]);
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    for number in [BIA, AS_WRITTEN] {
        assert_eq!(looked_up(&ada, number).await, Some(jid(BIA)), "{number}");
    }
    let lost = ada.client.send_text(jid(AS_WRITTEN), "to nobody").await.expect("taken");
    assert_eq!(ada.acked(&lost.message_id).await.as_deref(), Some("404"));
    ada.client.send_text(jid(BIA), "to Bia").await.expect("sent");
    network
        .wait_message(BIA, PATIENCE, |message| message.text.as_deref() == Some("to Bia"))
        .await
        .expect("seen");
    let seen = network.phone_messages(BIA, 0).expect("an inbox");
    assert_eq!(seen.len(), 1, "{seen:?}");
    let backend = ada.stop().await;
    network.shutdown().await;

    let network = Network::start(options(dir.path())).await.expect("it starts again");
    let ada = TestClient::start(&network, backend).await;
    ada.connected().await;
    assert_eq!(looked_up(&ada, AS_WRITTEN).await, Some(jid(BIA)));
    let without = NewPhone {
        aliases: Some(Vec::new()),
        ..bia
    };
    network.add_phone(&without).expect("changed");
    assert_eq!(looked_up(&ada, AS_WRITTEN).await, None, "it was taken back");
    ada.stop().await;
    network.shutdown().await;
}
