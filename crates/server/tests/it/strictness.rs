//! What a request says and nothing reads is refused, and what says the same is the same request.

use axum::http::Method;
use pesan_store::testing::{self, both};
use serde_json::{Value, json};

use crate::support::TestServer;

/// The id of what was made.
async fn make(server: &TestServer, path: &str, body: Value) -> String {
    let made = server.post(path, &body).await;
    assert!(matches!(made.status.as_u16(), 201 | 202), "{path}: {}", made.text());
    made.json()["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn null_is_no_value_for_what_cannot_be_null() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let account = make(&server, "/v1/accounts", json!({"name": "Toko"})).await;
        let hook = json!({"url": "https://example.com/hook", "events": ["*"]});
        let webhook = make(&server, "/v1/webhooks", hook).await;
        let tag = make(&server, "/v1/tags", json!({"name": "Baru"})).await;
        let team = make(&server, "/v1/teams", json!({"name": "Baru"})).await;
        let quick_reply = make(&server, "/v1/quick-replies", json!({"shortcut": "hi", "body": "x"})).await;
        let field = json!({"key": "city", "label": "City", "type": "text"});
        let field = make(&server, "/v1/custom-fields", field).await;
        let message = json!({"account_id": account, "to": "6280000000001", "type": "text", "text": {"body": "x"}});
        let message = server.post("/v1/messages", &message).await.expect(202);
        let chat = message["chat_id"].as_str().expect("an id");
        let contact = message["contact_id"].as_str().expect("an id");
        let note = make(&server, &format!("/v1/contacts/{contact}/notes"), json!({"body": "x"})).await;
        let donation = make(&server, "/v1/donations", json!({"contact_id": contact, "amount": 1})).await;
        let user = server.get("/v1/users").await.expect(200)["data"][0]["id"].clone();
        let reminder = json!({
            "contact_id": contact, "owner_id": user, "text": "x", "due_at": "2023-12-01T00:00:00Z", "time_zone": "UTC"
        });
        let reminder = make(&server, "/v1/reminders", reminder).await;
        let user = user.as_str().expect("an id");
        let cases: [(String, &[&str]); 14] = [
            (format!("accounts/{account}"), &["name"]),
            (
                format!("webhooks/{webhook}"),
                &["url", "events", "accounts", "envelope", "enabled"],
            ),
            (format!("tags/{tag}"), &["name", "color"]),
            (format!("teams/{team}"), &["name", "member_ids"]),
            (format!("quick-replies/{quick_reply}"), &["shortcut", "body"]),
            (format!("custom-fields/{field}"), &["label", "choices"]),
            (format!("chats/{chat}"), &["status", "is_starred"]),
            (format!("contacts/{contact}"), &["opted_out", "fields"]),
            (format!("notes/{note}"), &["body", "is_pinned"]),
            (
                format!("donations/{donation}"),
                &["amount", "currency", "method", "given_on", "status"],
            ),
            (
                format!("reminders/{reminder}"),
                &["owner_id", "text", "due_at", "time_zone", "status"],
            ),
            (format!("users/{user}"), &["name", "role", "password"]),
            ("organization".to_owned(), &["name", "settings"]),
            (
                "donor-rules".to_owned(),
                &["currency", "time_zone", "vip_top_percent", "loyal_gifts", "new_days"],
            ),
        ];
        for (path, fields) in cases {
            let path = format!("/v1/{path}");
            for field in fields {
                let answer = server.patch(&path, &json!({(*field): null})).await;
                let problem = answer.problem(422, "invalid");
                let pointer = json!(format!("/{field}"));
                assert_eq!(problem["errors"][0]["pointer"], pointer, "{path}: {problem}");
            }
            server.patch(&path, &json!({})).await.expect(200);
        }
    }
}

#[tokio::test]
async fn a_request_that_takes_no_body_takes_none() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let account = make(&server, "/v1/accounts", json!({"name": "Toko"})).await;
        let message = json!({"account_id": account, "to": "6280000000001", "type": "text", "text": {"body": "x"}});
        let message = server.post("/v1/messages", &message).await.expect(202);
        let chat = message["chat_id"].as_str().expect("an id");
        for what in ["read", "unread"] {
            let path = format!("/v1/chats/{chat}/{what}");
            let problem = server.post(&path, &json!({"upto": 1})).await.problem(422, "invalid");
            assert_eq!(
                (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
                (&json!("/upto"), &json!("unknown_field"))
            );
            server.post(&path, &json!([])).await.problem(422, "invalid");
            let ask = || server.ask(Method::POST, &path);
            ask().body(b"x").send().await.problem(400, "malformed_json");
            for nothing in [&b""[..], b" \n", b"{}", b" { } "] {
                ask().body(nothing).send().await.expect(200);
            }
        }
    }
}

#[tokio::test]
async fn what_nobody_can_see_is_no_name_and_no_note() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let account = make(&server, "/v1/accounts", json!({"name": "Toko"})).await;
        let message = json!({"account_id": account, "to": "6280000000001", "type": "text", "text": {"body": "x"}});
        let message = server.post("/v1/messages", &message).await.expect(202);
        let notes = format!("/v1/chats/{}/notes", message["chat_id"].as_str().expect("an id"));
        for nothing in ["\u{202e}", "\u{200b}\u{200d}", " \u{feff} "] {
            for (path, body, pointer) in [
                ("/v1/accounts", json!({"name": nothing}), "/name"),
                ("/v1/tags", json!({"name": nothing}), "/name"),
                ("/v1/teams", json!({"name": nothing}), "/name"),
                ("/v1/keys", json!({"name": nothing, "scopes": ["audit:read"]}), "/name"),
                ("/v1/quick-replies", json!({"shortcut": "x", "body": nothing}), "/body"),
                (&notes, json!({"body": nothing}), "/body"),
            ] {
                let problem = server.post(path, &body).await.problem(422, "invalid");
                assert_eq!(problem["errors"][0]["pointer"], pointer, "{path}: {nothing:?}");
            }
            let changed = server.patch("/v1/organization", &json!({"name": nothing})).await;
            changed.problem(422, "invalid");
        }
        server
            .post(&notes, &json!({"body": "\0\0"}))
            .await
            .problem(422, "invalid");
        // Within a name such letters have their use.
        make(&server, "/v1/tags", json!({"name": "می\u{200c}خواهم"})).await;
    }
}

#[tokio::test]
async fn the_same_body_written_otherwise_is_the_same_request() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let ask = async |body: &str| {
            let ask = server.ask(Method::POST, "/v1/tags").header("idempotency-key", "a");
            let ask = ask.header("content-type", "application/json");
            ask.body(body.as_bytes()).send().await
        };
        let first = ask(r#"{"name":"Baru","color":"blue"}"#).await.expect(201);
        let again = ask("{ \"color\": \"blue\",\n \"name\": \"B\\u0061ru\" }").await;
        assert_eq!(again.header("idempotency-replayed"), "true", "{}", database.kind);
        assert_eq!(again.expect(201)["id"], first["id"]);
        ask(r#"{"name":"Baru","color":"red"}"#)
            .await
            .problem(422, "idempotency_key_reused");
        ask(r#"{"name":"Baru"}"#).await.problem(422, "idempotency_key_reused");
    }
}

#[tokio::test]
async fn the_secret_of_a_webhook_is_shown_once() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let ask = async || {
            let ask = server.ask(Method::POST, "/v1/webhooks").header("idempotency-key", "a");
            let hook = json!({"url": "https://example.com/hook", "events": ["*"]});
            ask.json(&hook).send().await
        };
        let first = ask().await.expect(201);
        assert!(
            first["secret"]
                .as_str()
                .is_some_and(|secret| secret.starts_with("whsec_"))
        );
        let rotate = format!("/v1/webhooks/{}/rotate-secret", first["id"].as_str().expect("an id"));
        for _ in 0..2 {
            let again = ask().await;
            assert_eq!(again.header("idempotency-replayed"), "true", "{}", database.kind);
            let again = again.expect(201);
            assert_eq!((&again["id"], again.get("secret")), (&first["id"], None));
            server.ask(Method::POST, &rotate).send().await.expect(200);
        }
    }
}

#[tokio::test]
async fn the_log_begins_at_0() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        for wrong in ["-1", "-9223372036854775808", "x"] {
            let problem = server.get(&format!("/v1/events?after={wrong}")).await;
            let problem = problem.problem(422, "invalid");
            assert_eq!(
                (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
                (&json!("#query/after"), &json!("not_a_whole_number"))
            );
        }
        server.get("/v1/events?after=0").await.expect(200);
    }
}

#[tokio::test]
async fn a_form_is_known_in_any_case_and_a_name_is_text() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let form = "--Q\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
             content-type: text/plain\r\n\r\nhalo\r\n--Q--\r\n";
        let ask = server.ask(Method::POST, "/v1/media");
        let ask = ask.header("content-type", "Multipart/Form-Data; boundary=Q");
        let stored = ask.body(form.as_bytes()).send().await.expect(201);
        assert_eq!(
            (&stored["mime"], &stored["size"], &stored["file_name"]),
            (&json!("text/plain"), &json!(4), &json!("a.txt"))
        );
        let ask = server.ask(Method::POST, "/v1/media?file_name=a%ff.txt");
        let ask = ask.header("content-type", "text/plain").body(b"halo");
        let problem = ask.send().await.problem(422, "invalid");
        assert_eq!(
            (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
            (&json!("#query/file_name"), &json!("not_unicode"))
        );
    }
}

#[tokio::test]
async fn a_part_that_a_file_does_not_have_is_a_problem() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let ask = server.ask(Method::POST, "/v1/media");
        let stored = ask.header("content-type", "text/plain").body(b"halo").send().await;
        let path = format!(
            "/v1/media/{}/content",
            stored.expect(201)["id"].as_str().expect("an id")
        );
        let part = async |range: &str| server.ask(Method::GET, &path).header("range", range).send().await;
        let wrong = part("bytes=10-20").await;
        assert_eq!(wrong.header("content-range"), "bytes */4");
        wrong.problem(416, "range_not_satisfiable");
        let right = part("bytes=1-2").await;
        assert_eq!((right.status.as_u16(), right.bytes.as_slice()), (206, &b"al"[..]));
    }
}

#[tokio::test]
async fn a_full_disk_is_told_until_there_is_room_again_and_reading_goes_on() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let ready = async || server.ask_without_key(Method::GET, "/readyz").send().await;
        server.get("/v1/tags").await.expect(200);
        testing::fill_disk(&server.app.store).await;
        ready().await.expect(200);
        // What fits into the pages that SQLite has is taken.
        let mut refused = None;
        for number in 0..2_000 {
            let name = format!("{number}{}", "x".repeat(40));
            let answer = server.post("/v1/tags", &json!({"name": name})).await;
            if answer.status == 503 {
                refused = Some(answer);
                break;
            }
        }
        let refused = refused.expect("at last there is no room");
        refused.problem(503, "database_unavailable");
        for _ in 0..2 {
            let problem = ready().await.problem(503, "database_unavailable");
            let detail = problem["detail"].as_str().expect("text");
            assert!(detail.contains("disk is full"), "{}: {detail}", database.kind);
        }
        server.get("/v1/tags").await.expect(200);
        testing::empty_disk(&server.app.store).await;
        ready().await.expect(200);
        server.post("/v1/tags", &json!({"name": "Baru"})).await.expect(201);
        // Also in another minute, when it cannot be noted that the key was used.
        testing::fill_disk(&server.app.store).await;
        server.clock.advance(std::time::Duration::from_mins(2));
        server.get("/v1/tags").await.expect(200);
    }
}
