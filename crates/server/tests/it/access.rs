//! Setting up, logging in, people, keys and the audit log.

use std::collections::BTreeSet;
use std::task::Poll;
use std::time::Duration;

use axum::http::Method;
use pesan_model::Permission;
use pesan_store::testing::both;
use serde_json::{Value, json};

use crate::support::{OWNER, PASSWORD, TestServer};

fn owner(token: &str) -> Value {
    json!({"token": token, "organization": "Toko", "name": "Sari", "email": "Sari@Example.com ", "password": PASSWORD})
}

#[tokio::test]
async fn whoever_has_the_link_becomes_owner_once() {
    for database in both().await {
        let server = TestServer::empty(&database).await;
        let setup = server
            .ask_without_key(Method::GET, "/v1/setup")
            .send()
            .await
            .expect(200);
        assert_eq!(setup["needs_owner"], true);
        let void = server.setup_token().await;
        let token = server.setup_token().await;
        let ask = |body: Value| {
            server
                .ask_without_key(Method::POST, "/v1/setup/owner")
                .json(&body)
                .send()
        };
        let problem = ask(owner(&void)).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/token");
        let made = ask(owner(&token)).await;
        let cookie = made.header("set-cookie").to_owned();
        let user = made.expect(201);
        assert_eq!(
            (&user["email"], &user["role"]),
            (&json!("sari@example.com"), &json!("owner"))
        );
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && !cookie.contains("Secure"));
        ask(owner(&token)).await.problem(409, "already_set_up");
        let me = server.ask_without_key(Method::GET, "/v1/me").header("cookie", &cookie);
        assert_eq!(me.send().await.expect(200)["organization"]["name"], "Toko");
    }
}

#[tokio::test]
async fn over_https_the_session_never_travels_without_it() {
    for database in both().await {
        let server = TestServer::empty(&database).await.behind_https();
        let token = server.setup_token().await;
        let made = server
            .ask_without_key(Method::POST, "/v1/setup/owner")
            .json(&owner(&token))
            .send()
            .await;
        let is_secure = |cookie: &str| cookie.split("; ").any(|part| part == "Secure");
        assert!(is_secure(made.header("set-cookie")));
        assert_eq!(made.header("strict-transport-security"), "max-age=31536000");
        let cookie = made.header("set-cookie").split(';').next().expect("a cookie");
        let out = server
            .ask_without_key(Method::POST, "/v1/logout")
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin")
            .send()
            .await;
        assert!(out.header("set-cookie").contains("Max-Age=0") && is_secure(out.header("set-cookie")));
    }
}

#[tokio::test]
async fn wrong_fields_of_the_first_owner_are_named_together() {
    for database in both().await {
        let server = TestServer::empty(&database).await;
        let token = server.setup_token().await;
        let body = json!({"token": token, "organization": " ", "name": "", "email": "nobody", "password": "short"});
        let answer = server
            .ask_without_key(Method::POST, "/v1/setup/owner")
            .json(&body)
            .send()
            .await;
        let problem = answer.problem(422, "invalid");
        let pointers: Vec<_> = problem["errors"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|error| &error["pointer"])
            .collect();
        assert_eq!(pointers, ["/organization", "/email", "/name", "/password"]);
    }
}

#[tokio::test]
async fn a_session_ends_with_log_out_with_a_new_password_and_after_a_day_without_use() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let me = async |cookie: &str| {
            let ask = server.ask_without_key(Method::GET, "/v1/me").header("cookie", cookie);
            ask.send().await.status.as_u16()
        };
        let (one, two) = (server.log_in(OWNER).await, server.log_in(OWNER).await);
        assert_eq!(me(&one).await, 200);
        let out = server
            .ask_without_key(Method::POST, "/v1/logout")
            .header("cookie", &one)
            .send()
            .await;
        assert!(out.header("set-cookie").contains("Max-Age=0"));
        out.expect(204);
        assert_eq!((me(&one).await, me(&two).await), (401, 200));

        let id = server.get("/v1/users").await.expect(200)["data"][0]["id"].clone();
        let path = format!("/v1/users/{}", id.as_str().expect("an id"));
        server
            .patch(&path, &json!({"password": "another password"}))
            .await
            .expect(200);
        assert_eq!(me(&two).await, 401);
        server.patch(&path, &json!({"password": PASSWORD})).await.expect(200);

        let three = server.log_in(OWNER).await;
        server.clock.advance(Duration::from_hours(23));
        assert_eq!(me(&three).await, 200, "used within a day");
        server.clock.advance(Duration::from_hours(23));
        assert_eq!(me(&three).await, 200, "used again within a day");
        server.clock.advance(Duration::from_hours(25));
        assert_eq!(me(&three).await, 401);
    }
}

#[tokio::test]
async fn log_ins_are_limited_and_say_nothing_about_who_is_known() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let log_in = |email: &str, ip: &str| {
            server
                .ask_without_key(Method::POST, "/v1/login")
                .header("x-forwarded-for", ip)
                .json(&json!({"email": email, "password": "wrong password"}))
                .send()
        };
        let known = log_in(OWNER, "192.0.2.1").await.problem(401, "log_in_failed");
        let unknown = log_in("nobody@example.com", "192.0.2.1")
            .await
            .problem(401, "log_in_failed");
        assert_eq!(known, unknown);
        for _ in 0..9 {
            log_in(OWNER, "192.0.2.1").await.problem(401, "log_in_failed");
        }
        let limited = log_in(OWNER, "192.0.2.1").await;
        assert_eq!(limited.header("retry-after"), "10");
        limited.problem(429, "too_many_requests");
        log_in(OWNER, "192.0.2.2").await.problem(401, "log_in_failed");
        server.clock.advance(Duration::from_secs(10));
        log_in(OWNER, "192.0.2.1").await.problem(401, "log_in_failed");
    }
}

#[tokio::test]
async fn other_sites_cannot_use_a_browsers_session() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let cookie = server.log_in(OWNER).await;
        let ask = |headers: &[(&str, &str)]| {
            let mut ask = server
                .ask_without_key(Method::POST, "/v1/keys")
                .header("cookie", &cookie)
                .json(&json!({"name": "Shop", "scopes": ["messages:send"]}));
            for (name, value) in headers {
                ask = ask.header(name, value);
            }
            ask.send()
        };
        ask(&[("sec-fetch-site", "cross-site")])
            .await
            .problem(403, "cross_site");
        ask(&[("origin", "http://evil.test")]).await.problem(403, "cross_site");
        ask(&[("sec-fetch-site", "same-origin")]).await.expect(201);
        ask(&[("origin", "http://pesan.test")]).await.expect(201);
    }
}

#[tokio::test]
async fn a_key_is_shown_once_and_can_do_no_more_than_its_maker() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let made = server
            .post(
                "/v1/keys",
                &json!({"name": "Shop", "scopes": ["keys:manage", "events:read"]}),
            )
            .await;
        let made = made.expect(201);
        let key = made["key"].as_str().expect("the key").to_owned();
        assert!(key.starts_with("psk_") && key.starts_with(made["hint"].as_str().expect("a hint")));
        let list = server.get("/v1/keys").await;
        assert!(!list.text().contains(&key));
        let with_key = |method, path: &str, body: Value| {
            let ask = server
                .ask_without_key(method, path)
                .header("authorization", &format!("Bearer {key}"));
            ask.json(&body).send()
        };
        with_key(Method::GET, "/v1/events", Value::Null).await.expect(200);
        with_key(Method::GET, "/v1/accounts", Value::Null)
            .await
            .problem(403, "forbidden");
        let more = json!({"name": "More", "scopes": ["events:read", "messages:send"]});
        let problem = with_key(Method::POST, "/v1/keys", more).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/scopes/1");

        let path = format!("/v1/keys/{}", made["id"].as_str().expect("an id"));
        server.delete(&path).await.expect(204);
        with_key(Method::GET, "/v1/events", Value::Null)
            .await
            .problem(401, "unauthenticated");
        server.delete(&path).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn repeating_the_creation_of_a_key_does_not_show_it_again() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let ask = |body: Value| {
            server
                .ask(Method::POST, "/v1/keys")
                .header("idempotency-key", "a")
                .json(&body)
                .send()
        };
        let first = ask(json!({"name": "Shop", "scopes": ["events:read"]}))
            .await
            .expect(201);
        let again = ask(json!({"name": "Shop", "scopes": ["events:read"]})).await;
        assert_eq!(again.header("idempotency-replayed"), "true");
        let again = again.expect(201);
        assert_eq!(again["id"], first["id"]);
        assert!(again.get("key").is_none());
        ask(json!({"name": "Other", "scopes": ["events:read"]}))
            .await
            .problem(422, "idempotency_key_reused");
    }
}

#[tokio::test]
async fn what_a_repeated_request_made_and_was_deleted_is_not_made_again() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        for (path, body) in [
            ("/v1/accounts", json!({"name": "Toko"})),
            ("/v1/tags", json!({"name": "Penting", "color": "red"})),
            ("/v1/teams", json!({"name": "Depan", "member_ids": []})),
            ("/v1/keys", json!({"name": "Shop", "scopes": ["events:read"]})),
            (
                "/v1/invitations",
                json!({"email": "siti@example.com", "name": "Siti", "role": "agent"}),
            ),
            (
                "/v1/webhooks",
                json!({"url": "https://example.com/x", "events": ["*"], "envelope": "native"}),
            ),
        ] {
            let create = || {
                let ask = server.ask(Method::POST, path).header("idempotency-key", "k1");
                ask.json(&body).send()
            };
            let count = async || server.get(path).await.expect(200)["data"].as_array().map(Vec::len);
            let before = count().await;
            let made = create().await.expect(201);
            let again = create().await.expect(201);
            assert_eq!(made["id"], again["id"], "{path}");
            let id = made["id"].as_str().expect("an id");
            server.delete(&format!("{path}/{id}")).await.expect(204);
            create().await.problem(404, "not_found");
            assert_eq!(count().await, before, "{path}");
        }
    }
}

#[tokio::test]
async fn a_used_key_says_so_to_the_minute() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let used = async || server.get("/v1/me").await.expect(200)["api_key"]["last_used_at"].clone();
        assert_eq!(used().await, "2023-11-14T22:13:20.000Z");
        server.clock.advance(Duration::from_secs(30));
        assert_eq!(used().await, "2023-11-14T22:13:20.000Z");
        server.clock.advance(Duration::from_secs(30));
        used().await;
        assert_eq!(used().await, "2023-11-14T22:14:20.000Z");
    }
}

#[tokio::test]
async fn only_owners_manage_owners_and_the_last_one_stays() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let new = |email: &str, role: &str| json!({"email": email, "name": "Budi", "role": role, "password": PASSWORD});
        let admin = server
            .post("/v1/users", &new("admin@example.com", "admin"))
            .await
            .expect(201);
        server
            .post("/v1/users", &new("agent@example.com", "agent"))
            .await
            .expect(201);
        server
            .post("/v1/users", &new("Admin@example.com", "agent"))
            .await
            .problem(409, "email_taken");
        let users = server.get("/v1/users").await.expect(200);
        let first = format!("/v1/users/{}", users["data"][0]["id"].as_str().expect("an id"));

        let cookie = server.log_in("admin@example.com").await;
        let as_admin = |method, path: &str, body: Value| {
            server
                .ask_without_key(method, path)
                .header("cookie", &cookie)
                .json(&body)
                .send()
        };
        as_admin(Method::POST, "/v1/users", new("x@example.com", "owner"))
            .await
            .problem(403, "forbidden");
        as_admin(Method::PATCH, &first, json!({"role": "agent"}))
            .await
            .problem(403, "forbidden");
        as_admin(Method::DELETE, &first, Value::Null)
            .await
            .problem(403, "forbidden");
        as_admin(Method::GET, "/v1/users", Value::Null).await.expect(200);

        let cookie = server.log_in("agent@example.com").await;
        let as_agent = server
            .ask_without_key(Method::GET, "/v1/users")
            .header("cookie", &cookie);
        as_agent.send().await.problem(403, "forbidden");
        let myself = server
            .ask_without_key(Method::GET, "/v1/me")
            .header("cookie", &cookie)
            .send()
            .await
            .expect(200);
        let path = format!("/v1/users/{}", myself["user"]["id"].as_str().expect("an id"));
        let rename = |body: Value| {
            server
                .ask_without_key(Method::PATCH, &path)
                .header("cookie", &cookie)
                .json(&body)
                .send()
        };
        assert_eq!(rename(json!({"name": "Budiman"})).await.expect(200)["name"], "Budiman");
        rename(json!({"role": "owner"})).await.problem(403, "forbidden");

        server
            .patch(&first, &json!({"role": "admin"}))
            .await
            .problem(409, "last_owner");
        server.delete(&first).await.problem(409, "last_owner");
        let second = format!("/v1/users/{}", admin["id"].as_str().expect("an id"));
        server.patch(&second, &json!({"role": "owner"})).await.expect(200);
        server.delete(&first).await.expect(204);
        server.delete(&second).await.problem(409, "last_owner");
    }
}

#[tokio::test]
async fn a_role_that_changes_takes_effect_at_once() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let body = json!({"email": "admin@example.com", "name": "Budi", "role": "admin", "password": PASSWORD});
        let admin = server.post("/v1/users", &body).await.expect(201);
        let cookie = server.log_in("admin@example.com").await;
        let list = || {
            server
                .ask_without_key(Method::GET, "/v1/users")
                .header("cookie", &cookie)
                .send()
        };
        list().await.expect(200);
        let path = format!("/v1/users/{}", admin["id"].as_str().expect("an id"));
        server.patch(&path, &json!({"role": "agent"})).await.expect(200);
        list().await.problem(403, "forbidden");
        server.delete(&path).await.expect(204);
        list().await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn a_change_has_its_entry_although_whoever_asked_for_it_hangs_up() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        // The key is known from here on: what a request waits for first is its change.
        server.get("/v1/tags").await.expect(200);
        for number in 1..=20 {
            let name = json!({"name": format!("Tag {number}")});
            let mut asked = Box::pin(server.ask(Method::POST, "/v1/tags").json(&name).send());
            // It gets one step further each time before it is dropped.
            let mut steps = 0;
            std::future::poll_fn(|context| {
                steps += 1;
                if steps > number {
                    return Poll::Ready(());
                }
                asked.as_mut().poll(context).map(drop)
            })
            .await;
        }
        let log_of_tags = async || {
            let log = server.get("/v1/audit?limit=100").await.expect(200);
            let entries = log["data"].as_array().expect("a list").clone();
            let made = entries.into_iter().filter(|entry| entry["action"] == "tag.create");
            made.map(|entry| entry["target"].as_str().expect("an id").to_owned())
                .collect::<BTreeSet<_>>()
        };
        assert!(server.app.lifecycle.shut_down(Duration::from_secs(30)).await);
        let tags = server.get("/v1/tags").await.expect(200);
        let tags = tags["data"].as_array().expect("a list").clone();
        let tags: BTreeSet<_> = tags
            .iter()
            .map(|tag| tag["id"].as_str().expect("an id").to_owned())
            .collect();
        assert!(tags.len() > 1, "{}: some got far enough", database.kind);
        assert_eq!(tags, log_of_tags().await, "{}", database.kind);
    }
}

#[tokio::test]
async fn every_change_has_an_entry_in_the_audit_log() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let create = || {
            let ask = server.ask(Method::POST, "/v1/accounts").header("idempotency-key", "a");
            ask.json(&json!({"name": "Toko"})).send()
        };
        let account = create().await.expect(201);
        let id = account["id"].as_str().expect("an id");
        // What was done already is not done again.
        assert_eq!(create().await.header("idempotency-replayed"), "true");
        server
            .patch(&format!("/v1/accounts/{id}"), &json!({"name": "Kantor"}))
            .await
            .expect(200);
        server
            .patch(&format!("/v1/accounts/{id}"), &json!({"name": ""}))
            .await
            .problem(422, "invalid");
        let key = server
            .post("/v1/keys", &json!({"name": "Shop", "scopes": ["audit:read"]}))
            .await
            .expect(201);
        let log = server.get("/v1/audit?limit=3").await.expect(200);
        let entries: Vec<_> = log["data"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|entry| {
                (
                    entry["seq"].as_i64().expect("a place"),
                    &entry["action"],
                    &entry["target"],
                )
            })
            .collect();
        let newest = entries[0].0;
        assert_eq!(
            entries,
            [
                (newest, &json!("api_key.create"), &key["id"]),
                (newest - 1, &json!("account.update"), &json!(id)),
                (newest - 2, &json!("account.create"), &json!(id)),
            ]
        );
        assert!(
            log["data"][0]["actor"]
                .as_str()
                .expect("an actor")
                .starts_with("key:key_")
        );
        let reader = server.add_key(server.organization, &[Permission::EventsRead]).await;
        let ask = server
            .ask_without_key(Method::GET, "/v1/audit")
            .header("authorization", &format!("Bearer {reader}"));
        ask.send().await.problem(403, "forbidden");
    }
}
