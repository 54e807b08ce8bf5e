//! Messages, of an account that is not connected: they wait.

use axum::http::Method;
use pesan_store::testing::both;
use serde_json::{Value, json};

use crate::support::{OWNER, TestServer};

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
        let path = path.replace("/cancel", "/resume");
        let queued = server.post(&path, &json!({})).await.expect(200);
        assert_eq!((&queued["id"], &queued["status"]), (&first["id"], &json!("queued")));
        assert_eq!(ask().await["problem"]["code"], "session_disconnected");
        server.post(&path, &json!({})).await.problem(409, "not_cancelled");
    }
}

#[tokio::test]
async fn several_messages_are_sent_with_one_request_and_each_has_a_result_of_its_own() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let account = server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201);
        let text = |to: &str, body: &str| json!({"account_id": account["id"], "to": to, "type": "text", "text": {"body": body}});
        let mut twice_typed = text("6280000000001", "halo");
        twice_typed["image"] = json!({"link": "http://127.0.0.1/a.png"});
        let batch = json!({"messages": [
            text("6280000000001", "satu"),
            text("12", "dua"),
            text("6280000000002", &"x".repeat(4097)),
            "tiga",
            twice_typed,
            {"account_id": "acc_01jd0000000000000000000000", "to": "6280000000001", "type": "text", "text": {"body": "x"}},
            text("6280000000001", "empat"),
        ]});
        let ask = async |path: &str, body: &Value| {
            let asked = server.ask(Method::POST, path).header("idempotency-key", "one");
            asked.json(body).send().await
        };
        let answer = ask("/v1/messages/batch", &batch).await.expect(200);
        let results = answer["results"].as_array().expect("a list");
        let told: Vec<_> = results
            .iter()
            .map(|result| {
                (
                    result["status"].as_u64().expect("a status"),
                    &result["problem"]["errors"][0]["pointer"],
                )
            })
            .collect();
        let none = Value::Null;
        let expected = [
            (202, &none),
            (422, &json!("/to")),
            (422, &json!("/text/body")),
            (422, &json!("")),
            (422, &json!("/image")),
            (422, &json!("/account_id")),
            (202, &none),
        ];
        assert_eq!(told, expected, "{}", database.kind);
        assert_eq!(results[0]["message"]["text"]["body"], "satu");
        assert_eq!(results[6]["message"]["problem"]["code"], "session_disconnected");
        assert_eq!(results[1].get("message"), None);

        // A repeat queues nothing anew; the same key for something else is refused before anything is queued.
        let again = ask("/v1/messages/batch", &batch).await.expect(200);
        assert_eq!(again["results"][6]["message"]["id"], results[6]["message"]["id"]);
        let other = json!({"messages": [text("6280000000003", "lain")]});
        let refused = ask("/v1/messages/batch", &other).await.expect(422);
        assert_eq!(refused["code"], "idempotency_key_reused");
        let single = text("6280000000001", "kelima");
        ask("/v1/messages", &single).await.expect(202);
        let chat = results[0]["message"]["chat_id"].as_str().expect("an id");
        let list = server.get(&format!("/v1/chats/{chat}/messages")).await.expect(200);
        let words: Vec<_> = list["data"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|message| &message["text"]["body"])
            .collect();
        assert_eq!(words, ["kelima", "empat", "satu"], "newest first");
        assert_eq!(
            server.get("/v1/chats").await.expect(200)["data"]
                .as_array()
                .map(Vec::len),
            Some(1)
        );

        for (count, code) in [(0, "empty"), (101, "too_many_entries")] {
            let batch = json!({"messages": vec![text("6280000000001", "x"); count]});
            let refused = server.post("/v1/messages/batch", &batch).await.expect(422);
            let error = &refused["errors"][0];
            assert_eq!((&error["pointer"], &error["code"]), (&json!("/messages"), &json!(code)));
        }
    }
}

#[tokio::test]
async fn behind_a_message_that_may_be_sent_later_nothing_of_a_batch_is_tried() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let account = server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201);
        let text = json!({"account_id": account["id"], "to": "6280000000001", "type": "text", "text": {"body": "x"}});
        let wrong = json!({"account_id": account["id"], "to": "1", "type": "text", "text": {"body": "x"}});
        // Somebody in a browser sends thirty messages a minute.
        let messages = [vec![text.clone(); 31], vec![wrong]].concat();
        let batch = json!({ "messages": messages });
        let asked = server
            .ask_without_key(Method::POST, "/v1/messages/batch")
            .header("cookie", &server.log_in(OWNER).await)
            .header("origin", "http://pesan.test");
        let answer = asked.json(&batch).send().await.expect(200);
        let statuses: Vec<_> = answer["results"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|result| result["status"].as_u64().expect("a status"))
            .collect();
        assert_eq!(statuses, [vec![202; 30], vec![429; 2]].concat(), "{}", database.kind);
    }
}
