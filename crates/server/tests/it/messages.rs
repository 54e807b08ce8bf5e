//! Messages, of an account that is not connected: they wait.

use axum::http::Method;
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

#[tokio::test]
async fn a_message_shows_who_sent_it_and_what_was_given_along() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let account = server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201);
        let ask = |metadata: Value| {
            json!({
                "account_id": account["id"], "to": "6280000000001", "type": "text", "text": {"body": "halo"},
                "metadata": metadata
            })
        };
        let given = json!({"order": 1042, "tags": ["a", null], "nested": {"kept": true}});
        let sent = server.post("/v1/messages", &ask(given.clone())).await.expect(202);
        assert_eq!((&sent["metadata"], &sent["retries"]), (&given, &json!(0)));
        assert_eq!(sent["chat_name"], "+6280000000001", "{}", database.kind);
        let entry = &server.get("/v1/audit?limit=1").await.expect(200)["data"][0];
        assert_eq!(sent["sent_by"], entry["actor"], "as in the audit log");
        let path = format!("/v1/messages/{}", sent["id"].as_str().expect("an id"));
        let shown = server.get(&path).await.expect(200);
        assert_eq!((&shown["metadata"], &shown["sent_by"]), (&given, &sent["sent_by"]));
        let events = server.get("/v1/events?limit=200").await.expect(200);
        let queued = events["data"]
            .as_array()
            .expect("a list")
            .last()
            .expect("an event")
            .clone();
        assert_eq!(
            (&queued["data"]["metadata"], &queued["data"]["sent_by"]),
            (&given, &sent["sent_by"])
        );

        let without = server.post("/v1/messages", &ask(Value::Null)).await.expect(202);
        assert_eq!(without["metadata"], Value::Null);
        for wrong in [json!([]), json!("x"), json!(1), json!({"note": "x".repeat(4096 - 10)})] {
            let problem = server.post("/v1/messages", &ask(wrong)).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], "/metadata");
        }
        let longest = json!({"note": "x".repeat(4096 - 11)});
        server.post("/v1/messages", &ask(longest)).await.expect(202);
    }
}

#[tokio::test]
async fn a_repeat_says_that_it_waits_only_while_it_waits() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let account = server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201);
        let body = json!({
            "account_id": account["id"], "to": "6280000000001", "type": "text", "text": {"body": "halo"}
        });
        let ask = async || {
            let asked = server
                .ask(Method::POST, "/v1/messages")
                .header("idempotency-key", "one");
            asked.json(&body).send().await.expect(202)
        };
        let first = ask().await;
        for waiting in [&first, &ask().await] {
            assert_eq!(waiting["session_disconnected"], true);
            assert_eq!(waiting["problem"]["code"], "session_disconnected");
        }
        let path = format!("/v1/messages/{}/cancel", first["id"].as_str().expect("an id"));
        server.post(&path, &json!({})).await.expect(200);
        let again = ask().await;
        assert_eq!((&again["id"], &again["status"]), (&first["id"], &json!("cancelled")));
        assert_eq!(
            (&again["session_disconnected"], &again["problem"]),
            (&Value::Null, &Value::Null),
            "{}",
            database.kind
        );
    }
}
