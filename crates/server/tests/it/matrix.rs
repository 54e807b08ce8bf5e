//! Every route of the API, from its description, so that new routes are covered by themselves.

use axum::http::Method;
use pesan::http::audited::{Audited, CHANGES};
use pesan_store::testing::both;
use serde_json::{Value, json};

use crate::support::TestServer;

/// Method, path, and whether anybody may ask.
fn routes() -> Vec<(Method, String, bool)> {
    let document = serde_json::to_value(pesan::http::openapi()).expect("plain data");
    let paths = document["paths"].as_object().expect("paths");
    let mut routes = Vec::new();
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().expect("operations") {
            let method: Method = method.to_uppercase().parse().expect("a method");
            let is_open = operation["security"] == json!([{}]);
            routes.push((method, path.clone(), is_open));
        }
    }
    routes
}

#[tokio::test]
async fn nothing_but_the_door_is_open() {
    let open: Vec<_> = routes()
        .into_iter()
        .filter(|(_, _, is_open)| *is_open)
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    let door = [
        "GET /livez",
        "GET /metrics",
        "GET /readyz",
        "POST /v1/invitations/accept",
        "POST /v1/invitations/look-up",
        "POST /v1/login",
        "POST /v1/remote-links/look",
        "POST /v1/remote-links/renew",
        "GET /v1/setup",
        "POST /v1/setup/owner",
    ];
    let mut sorted = open.clone();
    sorted.sort_unstable_by_key(|route| route.split(' ').nth(1).map(str::to_owned));
    assert_eq!(sorted, door);
}

#[tokio::test]
async fn without_valid_credentials_every_route_says_401() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        for (method, path, is_open) in routes() {
            if is_open {
                continue;
            }
            let path = filled(&path, &Value::Null);
            let credentials = [
                None,
                Some(("authorization", "Bearer psk_wrong")),
                Some(("authorization", "Basic eDp5")),
                Some(("cookie", "pesan_session=wrong")),
            ];
            for header in credentials {
                let mut ask = server.ask_without_key(method.clone(), &path);
                if let Some((name, value)) = header {
                    ask = ask.header(name, value);
                }
                ask.send().await.problem(401, "unauthenticated");
            }
        }
    }
}

#[tokio::test]
async fn what_belongs_to_another_organization_is_not_there() {
    for database in both().await {
        let mut server = TestServer::new(&database).await;
        let things = things(&server).await;
        let (_, key) = server.add_organization("Another", "another@example.com").await;
        server.key = key;
        for (method, path, _) in routes() {
            if !path.contains('{') {
                continue;
            }
            let filled = filled(&path, &things);
            let body = body(&path);
            let answer = server.ask(method.clone(), &filled).json(&body).send().await;
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
            answer.problem(404, "not_found");
        }
        let lists = [
            "/v1/accounts",
            "/v1/chats",
            "/v1/contacts",
            "/v1/contacts?search=628",
            "/v1/webhooks",
            "/v1/tags",
            "/v1/teams",
            "/v1/quick-replies",
            "/v1/donations",
            "/v1/reminders",
            "/v1/custom-fields",
        ];
        for path in lists {
            let page = server.get(path).await.expect(200);
            assert_eq!(page["data"], json!([]), "{path}");
        }
        let events = server.get("/v1/events").await.expect(200);
        assert_eq!(events["data"], json!([]));
    }
}

#[tokio::test]
async fn a_key_without_scopes_for_it_is_refused_everywhere() {
    for database in both().await {
        let mut server = TestServer::new(&database).await;
        let things = things(&server).await;
        let reader = server
            .add_key(server.organization, &[pesan_model::Permission::AuditRead])
            .await;
        server.key = reader;
        // Everybody may ask who they are, read the audit log (the one scope of this key), and log out.
        // What people set for themselves needs no scope, and is refused to keys in another way.
        let allowed = [
            "/v1/me",
            "/v1/me/preferences",
            "/v1/me/test-mail",
            "/v1/audit",
            "/v1/logout",
        ];
        for (method, path, is_open) in routes() {
            if is_open || allowed.contains(&path.as_str()) {
                continue;
            }
            let answer = server
                .ask(method.clone(), &filled(&path, &things))
                .json(&body(&path))
                .send()
                .await;
            assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
        }
    }
}

#[test]
fn every_change_says_whether_it_is_audited() {
    let changes: Vec<_> = routes()
        .into_iter()
        .filter(|(method, _, _)| !method.is_safe())
        .map(|(method, path, _)| (method.to_string(), path))
        .collect();
    for (method, path) in &changes {
        assert!(
            CHANGES
                .iter()
                .any(|(known_method, known_path, _)| known_method == method && known_path == path),
            "{method} {path} is missing in http/audited.rs"
        );
    }
    assert_eq!(changes.len(), CHANGES.len(), "http/audited.rs has routes that are gone");
    assert!(CHANGES.iter().any(|(_, _, audited)| *audited == Audited::ByUseCase));
}

/// One thing of each kind that can be made without a network.
async fn things(server: &TestServer) -> Value {
    let id = |value: Value| value["id"].clone();
    let account = id(server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201));
    let media = server
        .ask(Method::POST, "/v1/media")
        .header("content-type", "image/png")
        .body(b"\x89PNG\r\n\x1a\n");
    let media = id(media.send().await.expect(201));
    let key = id(server
        .post("/v1/keys", &json!({"name": "Shop", "scopes": ["events:read"]}))
        .await
        .expect(201));
    let webhook = json!({"url": "https://example.com/hook", "events": ["*"], "envelope": "native"});
    let webhook = id(server.post("/v1/webhooks", &webhook).await.expect(201));
    let user = server.get("/v1/users").await.expect(200)["data"][0]["id"].clone();
    let invited = json!({"email": "sari@example.com", "name": "Sari", "role": "agent"});
    let invitation = id(server.post("/v1/invitations", &invited).await.expect(201));
    let tag = id(server.post("/v1/tags", &json!({"name": "New"})).await.expect(201));
    let team = id(server.post("/v1/teams", &json!({"name": "New"})).await.expect(201));
    let quick_reply = id(server
        .post("/v1/quick-replies", &json!({"shortcut": "hi", "body": "x"}))
        .await
        .expect(201));
    let link = format!("/v1/accounts/{}/remote-links", account.as_str().expect("an id"));
    let link = id(server.post(&link, &json!({})).await.expect(201));
    let message = json!({"account_id": account, "to": "6280000000001", "type": "text", "text": {"body": "x"}});
    let message = server.post("/v1/messages", &message).await.expect(202);
    let quarantined = server.quarantined(account.as_str().expect("an id"), b"{}").await;
    let contact = id(server.get("/v1/contacts").await.expect(200)["data"][0].clone());
    let note = format!("/v1/contacts/{}/notes", contact.as_str().expect("an id"));
    let note = id(server.post(&note, &json!({"body": "x"})).await.expect(201));
    let donation = json!({"contact_id": contact, "amount": 1});
    let donation = id(server.post("/v1/donations", &donation).await.expect(201));
    let reminder = json!({
        "contact_id": contact, "owner_id": user, "text": "x", "due_at": "2023-12-01T00:00:00Z", "time_zone": "UTC"
    });
    let reminder = id(server.post("/v1/reminders", &reminder).await.expect(201));
    let field = json!({"key": "city", "label": "City", "type": "text"});
    let field = id(server.post("/v1/custom-fields", &field).await.expect(201));
    json!({
        "messages": message["id"], "chats": message["chat_id"], "accounts": account, "media": media, "keys": key,
        "webhooks": webhook, "users": user, "contacts": contact, "notes": note, "donations": donation,
        "reminders": reminder, "custom-fields": field, "invitations": invitation, "quarantine": quarantined,
        "tags": tag, "teams": team, "quick-replies": quick_reply, "remote-links": link,
    })
}

/// The path with ids in it: those of `things`, or some that do not exist.
fn filled(path: &str, things: &Value) -> String {
    let noun = path.split('/').nth(2).unwrap_or_default();
    let prefix = match noun {
        "accounts" => "acc",
        "chats" => "chat",
        "contacts" => "con",
        "invitations" => "inv",
        "custom-fields" => "fld",
        "donations" => "don",
        "keys" => "key",
        "media" => "med",
        "messages" => "msg",
        "quarantine" => "qrt",
        "quick-replies" => "qrp",
        "remote-links" => "rlk",
        "tags" => "tag",
        "teams" => "team",
        "notes" => "note",
        "reminders" => "rem",
        "users" => "usr",
        "webhooks" => "whk",
        _ => "x",
    };
    let unknown = format!("{prefix}_01jd0000000000000000000000");
    let id = things[noun].as_str().unwrap_or(&unknown);
    path.replace("{id}", id)
        .replace("{dlv}", "dlv_01jd0000000000000000000000")
        .replace("{phone}", "6280000000001")
}

/// A body that is right, so that nothing but the caller is wrong.
fn body(path: &str) -> Value {
    match path {
        "/v1/accounts" | "/v1/accounts/{id}" | "/v1/users/{id}" | "/v1/tags" | "/v1/teams" => json!({"name": "Toko"}),
        "/v1/keys" => json!({"name": "Shop", "scopes": ["audit:read"]}),
        "/v1/users" => json!({"email": "x@example.com", "name": "X", "role": "agent", "password": "long enough pw"}),
        "/v1/invitations" => json!({"email": "x@example.com", "name": "X", "role": "agent"}),
        "/v1/messages" => json!({
            "account_id": "acc_01jd0000000000000000000000", "to": "6280000000001", "type": "text", "text": {"body": "x"}
        }),
        "/v1/messages/batch" => json!({"messages": ["x"]}),
        "/v1/quick-replies" => json!({"shortcut": "x", "body": "x"}),
        "/v1/chats/{id}/typing" => json!({"activity": "typing"}),
        "/v1/chats/{id}/presence" => json!({"state": "viewing"}),
        "/v1/chats/{id}" => json!({"status": "closed"}),
        "/v1/quick-replies/preview" | "/v1/chats/{id}/notes" | "/v1/contacts/{id}/notes" => json!({"body": "x"}),
        "/v1/contacts/{id}/merge" => json!({"other_id": "con_01jd0000000000000000000000"}),
        "/v1/contacts/{id}/unmerge" => json!({"merge_id": "mrg_01jd0000000000000000000000"}),
        "/v1/donations" => json!({"contact_id": "con_01jd0000000000000000000000", "amount": 1}),
        "/v1/reminders" => json!({
            "contact_id": "con_01jd0000000000000000000000", "text": "x", "due_at": "2023-12-01T00:00:00Z",
            "time_zone": "UTC"
        }),
        "/v1/custom-fields" => json!({"key": "x", "label": "X", "type": "text"}),
        "/v1/webhooks" => json!({"url": "https://example.com/hook", "events": ["*"]}),
        "/v1/webhooks/{id}" => json!({"enabled": true}),
        "/v1/webhooks/{id}/replay" => json!({"after_seq": 0}),
        _ => json!({}),
    }
}
