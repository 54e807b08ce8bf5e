//! The admin interface over HTTP.

mod wrong;

use serde_json::{Value, json};
use wanet::{Network, Options};

struct Admin {
    web: reqwest::Client,
    root: String,
}

impl Admin {
    async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let method = method.parse().expect("a method");
        let mut call = self.web.request(method, format!("{}{path}", self.root));
        if !body.is_null() {
            call = call.json(&body);
        }
        let answer = call.send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }
}

async fn start() -> (Network, Admin) {
    drop(rustls::crypto::ring::default_provider().install_default());
    let network = Network::start(Options::default()).await.expect("it starts");
    let web = reqwest::Client::builder().build().expect("a web client");
    let root = network.admin_url();
    (network, Admin { web, root })
}

#[tokio::test]
async fn phones_are_added_used_and_read() {
    let (network, admin) = start().await;
    let (status, ada) = admin
        .call(
            "POST",
            "/admin/phones",
            json!({"phone": "+1 555-010-0001", "push_name": "Ada"}),
        )
        .await;
    assert_eq!(
        (status, &ada["phone"], &ada["lid"]),
        (201, &json!("15550100001"), &json!("100015550100001@lid"))
    );
    admin
        .call("POST", "/admin/phones", json!({"phone": "15550100002"}))
        .await;
    let (status, sent) = admin
        .call(
            "POST",
            "/admin/phones/15550100001/messages",
            json!({"to": "+1 (555) 010-0002", "text": "hello"}),
        )
        .await;
    assert_eq!(status, 201);
    let (_, seen) = admin
        .call("GET", "/admin/phones/15550100002/messages?wait_ms=20000", Value::Null)
        .await;
    let first = &seen[0];
    assert_eq!(first["id"], sent["id"]);
    assert_eq!(first["text"], json!("hello"));
    assert_eq!(
        (&first["from"], &first["push_name"]),
        (&json!("15550100001"), &json!("Ada"))
    );
    let ids = json!({"ids": [sent["id"]]});
    assert_eq!(admin.call("POST", "/admin/phones/15550100002/read", ids).await.0, 204);
    let (status, group) = admin
        .call(
            "POST",
            "/admin/groups",
            json!({"creator": "15550100001", "subject": "We", "members": ["15550100002"]}),
        )
        .await;
    assert_eq!(status, 201);
    let path = format!("/admin/groups/{}", group["id"].as_str().expect("an id"));
    assert_eq!(
        admin
            .call("PATCH", &path, json!({"by": "15550100001", "subject": "Us"}))
            .await
            .0,
        204
    );
    let (_, stats) = admin.call("GET", "/admin/stats", Value::Null).await;
    assert_eq!(
        (&stats["accounts"], &stats["groups"], &stats["unknown"]),
        (&json!(2), &json!(1), &json!({}))
    );
    network.shutdown().await;
}

#[tokio::test]
async fn faults_are_listed_and_removed() {
    let (network, admin) = start().await;
    let (status, fault) = admin
        .call(
            "POST",
            "/admin/faults",
            json!({"kind": "delay_ack", "ms": 5, "phone": "15550100001", "stanza_id": "A1"}),
        )
        .await;
    assert_eq!(
        (status, &fault["kind"], &fault["count"]),
        (201, &json!("delay_ack"), &json!(1))
    );
    let (_, all) = admin.call("GET", "/admin/faults", Value::Null).await;
    assert_eq!(all.as_array().map(Vec::len), Some(1));
    assert_eq!(fault["stanza_id"], json!("A1"));
    let one = format!("/admin/faults/{}", fault["id"]);
    assert_eq!(admin.call("DELETE", &one, Value::Null).await.0, 204);
    assert_eq!(network.faults(), []);
    admin
        .call(
            "POST",
            "/admin/faults",
            json!({"kind": "drop_ack", "phone": "15550100001"}),
        )
        .await;
    assert_eq!(admin.call("DELETE", "/admin/faults", Value::Null).await.0, 204);
    assert_eq!(network.faults(), []);
    network.shutdown().await;
}

#[tokio::test]
async fn the_interface_describes_itself() {
    let (network, admin) = start().await;
    let (status, api) = admin.call("GET", "/admin/openapi.json", Value::Null).await;
    assert_eq!(status, 200);
    for path in [
        "/admin/phones",
        "/admin/phones/{phone}/scan",
        "/admin/mock-phone/scan-qr",
        "/admin/faults",
    ] {
        assert!(api["paths"][path].is_object(), "{path} is described");
    }
    assert_eq!(api, serde_json::to_value(wanet::openapi()).expect("it has a JSON form"));
    network.shutdown().await;
}
