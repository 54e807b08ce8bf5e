//! What survives a restart of the network.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use wanet::{Network, NewPhone, Options};

use crate::client::{PATIENCE, TestClient, jid};

const ADA: &str = "15550100001";
const BOB: &str = "15550100002";

fn options(dir: &Path) -> Options {
    Options {
        state_dir: Some(dir.to_owned()),
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        ..Options::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_sessions_and_waiting_messages_survive() {
    let dir = tempfile::tempdir().expect("a directory");
    let network = Network::start(options(dir.path())).await.expect("it starts");
    network
        .add_phone(&NewPhone {
            phone: BOB.into(),
            ..NewPhone::default()
        })
        .expect("added");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    ada.client.send_text(jid(BOB), "before").await.expect("sent");
    network
        .wait_message(BOB, PATIENCE, |m| m.text.as_deref() == Some("before"))
        .await
        .expect("seen");
    network.phone_send_text(BOB, ADA, "before too").expect("sent");
    ada.text("before too").await;
    network
        .wait_stats(PATIENCE, |stats| stats.queued == 0)
        .await
        .expect("all is acknowledged");
    let backend = ada.stop().await;
    network.phone_send_text(BOB, ADA, "while away").expect("sent");
    let root = network.noise_root();
    network.shutdown().await;

    let network = Network::start(options(dir.path())).await.expect("it starts again");
    assert_eq!(network.noise_root(), root);
    assert_eq!(network.stats().queued, 1);
    let ada = TestClient::start(&network, backend).await;
    ada.text("while away").await;
    assert_eq!(network.stats().handshakes_ik, 1, "the server is the same to the client");
    ada.client.send_text(jid(BOB), "after").await.expect("sent");
    network
        .wait_message(BOB, PATIENCE, |m| m.text.as_deref() == Some("after"))
        .await
        .expect("seen");
    network.phone_send_text(BOB, ADA, "after too").expect("sent");
    ada.text("after too").await;
    assert_eq!(network.stats().retries, 0, "the sessions were kept");
    ada.stop().await;
    network.shutdown().await;
}
