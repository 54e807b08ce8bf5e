//! Messages, of an account that is not connected: they wait.

use pesan_store::testing::both;
use serde_json::{Value, json};

use crate::support::TestServer;

/// A message that waits.
async fn send(server: &TestServer, body: &str) -> Value {
    let account = server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201);
    let message = json!({
        "account_id": account["id"], "to": "6280000000001", "type": "text", "text": {"body": body}
    });
    server.post("/v1/messages", &message).await.expect(202)
}

#[tokio::test]
async fn a_deleted_message_is_in_no_list_but_answers_by_its_id() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let message = send(&server, "halo").await;
        assert_eq!(message["deleted_at"], Value::Null);
        let (id, chat) = (
            message["id"].as_str().expect("an id"),
            message["chat_id"].as_str().expect("an id"),
        );
        let path = format!("/v1/messages/{id}");
        for _ in 0..2 {
            server.delete(&path).await.expect(204);
        }
        let list = server.get(&format!("/v1/chats/{chat}/messages")).await.expect(200);
        assert_eq!(list["data"], json!([]), "{}", database.kind);
        let chat = server.get(&format!("/v1/chats/{chat}")).await.expect(200);
        assert_eq!(chat["last_message"], Value::Null);
        let known = server.get(&path).await.expect(200);
        assert_eq!(
            (&known["status"], &known["text"]["body"]),
            (&json!("cancelled"), &json!("halo"))
        );
        assert!(known["deleted_at"].is_string());
        let entry = &server.get("/v1/audit?limit=1").await.expect(200)["data"][0];
        assert_eq!(
            (&entry["action"], &entry["target"]),
            (&json!("message.delete"), &json!(id))
        );
        let events = server.get("/v1/events?limit=200").await.expect(200);
        let told: Vec<_> = events["data"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|event| &event["type"])
            .collect();
        assert_eq!(
            told.iter().filter(|name| **name == "message.deleted").count(),
            1,
            "{told:?}"
        );
    }
}
