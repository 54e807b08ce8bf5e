//! Files as large as phones send them, over the admin interface.

use base64::Engine as _;
use serde_json::{Value, json};
use wanet::{Network, NewPhone, Options};
use whatsapp_rust::prelude::*;

use crate::client::TestClient;

const ADA: &str = "15550100001";
const BOB: &str = "15550100002";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_many_megabytes_reaches_a_client() {
    let network = Network::start(Options::default()).await.expect("it starts");
    let bob = NewPhone {
        phone: BOB.into(),
        ..NewPhone::default()
    };
    network.add_phone(&bob).expect("added");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let film: Vec<u8> = (0..12_000_000_u32).map(|n| (n % 251) as u8).collect();
    let data = base64::engine::general_purpose::STANDARD.encode(&film);
    let web = reqwest::Client::builder().build().expect("a web client");
    let sent = web
        .post(format!("{}/admin/phones/{BOB}/messages", network.admin_url()))
        .json(&json!({"to": ADA, "video": {"data": data, "caption": "the harbour"}}))
        .send()
        .await
        .expect("an answer");
    assert_eq!(sent.status(), 201);
    let sent: Value = sent.json().await.expect("JSON");
    let video = ada
        .heard
        .first("the film", |event| match event {
            Event::Messages(batch) => batch.iter().find_map(|m| {
                let video = m.message.video_message.as_option().cloned();
                video.filter(|_| sent["id"] == *m.info.id)
            }),
            _ => None,
        })
        .await;
    assert_eq!(video.caption.as_deref(), Some("the harbour"));
    assert!(ada.client.download(&video).await.expect("downloaded") == film);
    ada.stop().await;
    network.shutdown().await;
}
