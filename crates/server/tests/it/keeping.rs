//! How long things are kept, exports and erasure, through the API; and that colleagues hear of changed settings.

use axum::http::Method;
use pesan_store::testing::both;
use serde_json::{Value, json};

use crate::support::TestServer;

/// Somebody whom a message waits for, and the account it is on.
async fn somebody(server: &TestServer) -> (Value, String) {
    let account = server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201)["id"].clone();
    let message = json!({"account_id": account, "to": "+62 800-0000-0001", "type": "text", "text": {"body": "halo"}});
    let sent = server.post("/v1/messages", &message).await.expect(202);
    let contact = sent["contact_id"].as_str().expect("somebody");
    (account, format!("/v1/contacts/{contact}"))
}

#[tokio::test]
async fn how_long_things_are_kept_is_decided_and_refused_field_by_field() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let nothing = json!({"message_days": null, "file_days": null, "event_days": null, "audit_days": null});
        let shown = server.get("/v1/organization").await.expect(200);
        assert_eq!(shown["settings"]["retention"], nothing, "{}", database.kind);
        let decide = |kept: &Value| json!({"settings": {"retention": kept}});
        let changed = server
            .patch(
                "/v1/organization",
                &decide(&json!({"message_days": 365, "audit_days": 30})),
            )
            .await
            .expect(200);
        assert_eq!(changed["settings"]["retention"]["message_days"], 365);
        assert_eq!(changed["settings"]["retention"]["file_days"], Value::Null);
        for (kept, pointer) in [
            (json!({"message_days": 0}), "/settings/retention/message_days"),
            (json!({"file_days": 3651}), "/settings/retention/file_days"),
            (json!({"event_days": "soon"}), "/settings/retention/event_days"),
            (json!({"audit_days": 29}), "/settings/retention/audit_days"),
            (json!({"notes_days": 3}), "/settings/retention/notes_days"),
        ] {
            let problem = server
                .patch("/v1/organization", &decide(&kept))
                .await
                .problem(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{kept}");
        }
        let forever = server
            .patch("/v1/organization", &decide(&Value::Null))
            .await
            .expect(200);
        assert_eq!(forever["settings"]["retention"], nothing);
    }
}

#[tokio::test]
async fn an_export_is_one_file_and_after_an_erasure_there_is_nobody() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let (_, contact) = somebody(&server).await;
        let note = json!({"body": "catatan"});
        server.post(&format!("{contact}/notes"), &note).await.expect(201);
        let answer = server.ask(Method::GET, &format!("{contact}/export")).send().await;
        let id = &contact["/v1/contacts/".len()..];
        assert_eq!(
            answer.header("content-disposition"),
            format!("attachment; filename=\"contact-{id}.json\"")
        );
        let export = answer.expect(200);
        assert_eq!(export["contact"]["id"], id, "{}", database.kind);
        assert_eq!(export["notes"][0]["body"], "catatan");
        assert_eq!(export["messages"][0]["text"]["body"], "halo");
        assert_eq!(
            (export["chats"].as_array().map(Vec::len), &export["files"]),
            (Some(1), &json!([]))
        );

        server.delete(&contact).await.expect(204);
        server.get(&contact).await.problem(404, "not_found");
        server.delete(&contact).await.problem(404, "not_found");
        server.get(&format!("{contact}/export")).await.problem(404, "not_found");
        assert_eq!(server.get("/v1/chats").await.expect(200)["data"], json!([]));
        let audit = server.get("/v1/audit?limit=10").await.expect(200);
        let actions: Vec<&Value> = audit["data"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|entry| &entry["action"])
            .collect();
        assert_eq!(actions[..2], ["contact.erase", "contact.export"]);
        assert!(!audit.to_string().contains("62800"), "{audit}");
    }
}

#[tokio::test]
async fn an_account_says_who_is_given_its_chats_and_what_goes_over_it() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let (account, _) = somebody(&server).await;
        let path = format!("/v1/accounts/{}", account.as_str().expect("an id"));
        let owner = server.get("/v1/users").await.expect(200)["data"][0]["id"].clone();
        let changed = server.patch(&path, &json!({"assignee_id": owner})).await.expect(200);
        assert_eq!(
            (&changed["assignee_id"], &changed["team_id"]),
            (&owner, &Value::Null),
            "{}",
            database.kind
        );
        for (body, pointer) in [
            (json!({"assignee_id": "usr_01jd0000000000000000000000"}), "/assignee_id"),
            (json!({"team_id": "team_01jd0000000000000000000000"}), "/team_id"),
        ] {
            let problem = server.patch(&path, &body).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], pointer);
        }
        let activity = server.get("/v1/accounts/activity").await.expect(200);
        let expected = json!({
            "account_id": account, "last_received_at": null, "last_sent_at": null, "sent_today": 0, "drops": 0
        });
        assert_eq!(activity["data"], json!([expected]));
    }
}

#[tokio::test]
async fn colleagues_hear_live_what_of_the_settings_changed_and_the_log_does_not() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let mut stream = server.ask(Method::GET, "/v1/stream").stream().await;
        let ready = stream.next_of_any_kind().await;
        server.post("/v1/tags", &json!({"name": "Zakat"})).await.expect(201);
        let heard = stream.next_of_any_kind().await;
        assert_eq!(
            (heard.name.as_str(), heard.id.as_str(), &heard.data),
            ("settings.changed", "", &json!({"what": "tags"})),
            "{}",
            database.kind
        );
        server
            .post("/v1/tags", &json!({"name": ""}))
            .await
            .problem(422, "invalid");
        server.post("/v1/teams", &json!({"name": "Donatur"})).await.expect(201);
        assert_eq!(stream.next_of_any_kind().await.data, json!({"what": "teams"}));
        server
            .patch("/v1/organization", &json!({"name": "Yayasan Baru"}))
            .await
            .expect(200);
        assert_eq!(stream.next_of_any_kind().await.data, json!({"what": "organization"}));
        let reply = json!({"shortcut": "salam", "body": "Halo"});
        server.post("/v1/quick-replies", &reply).await.expect(201);
        assert_eq!(stream.next_of_any_kind().await.data, json!({"what": "quick_replies"}));
        let new = json!({"email": "agus@example.com", "name": "Agus", "role": "agent", "password": "a long password"});
        server.post("/v1/users", &new).await.expect(201);
        assert_eq!(stream.next_of_any_kind().await.data, json!({"what": "members"}));
        let events = server.get(&format!("/v1/events?after={}", ready.id)).await.expect(200);
        assert_eq!(events["data"], json!([]));
    }
}
