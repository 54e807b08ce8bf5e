//! Links by which somebody far away links an account: what they show, to whom, until when, and that they are good for
//! nothing else.

use std::time::Duration;

use axum::http::Method;
use pesan_app::connections::QrCode;
use pesan_model::{AccountId, AccountState, Clock as _, Permission};
use pesan_store::account::{self, NewState};
use pesan_store::testing::both;
use serde_json::{Value, json};

use crate::support::{Answer, TestServer};

/// A link, and its token.
struct Link {
    id: String,
    account: String,
    token: String,
}

async fn account(server: &TestServer) -> String {
    let made = server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201);
    made["id"].as_str().expect("an id").to_owned()
}

async fn link(server: &TestServer, account: &str) -> Link {
    let path = format!("/v1/accounts/{account}/remote-links");
    let made = server.post(&path, &json!({})).await.expect(201);
    let url = made["url"].as_str().expect("a link");
    let (page, token) = url.split_once('#').expect("a token");
    assert_eq!(page, "http://pesan.test/link");
    Link {
        id: made["id"].as_str().expect("an id").to_owned(),
        account: account.to_owned(),
        token: token.to_owned(),
    }
}

/// Asks as a browser without a log-in does, at one of the two addresses.
async fn visit(server: &TestServer, what: &str, token: &str, cookie: Option<&str>) -> Answer {
    let mut ask = server
        .ask_without_key(Method::POST, &format!("/v1/remote-links/{what}"))
        .header("sec-fetch-site", "same-origin")
        .json(&json!({"token": token}));
    if let Some(cookie) = cookie {
        ask = ask.header("cookie", cookie);
    }
    ask.send().await
}

/// Opens the link; gives the cookie.
async fn open(server: &TestServer, link: &Link) -> String {
    let opened = visit(server, "look", &link.token, None).await;
    let cookie = opened.header("set-cookie").to_owned();
    opened.expect(200);
    for part in ["Path=/v1/remote-links", "HttpOnly", "SameSite=Strict", "Max-Age=600"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    cookie.split(';').next().expect("a cookie").to_owned()
}

#[tokio::test]
async fn over_https_its_cookie_never_travels_without_it() {
    let server = TestServer::new(&pesan_store::testing::sqlite()).await.behind_https();
    let account = account(&server).await;
    let link = link(&server, &account).await;
    let opened = visit(&server, "look", &link.token, None).await;
    assert_eq!(opened.status, 200);
    assert!(opened.header("set-cookie").ends_with("; Secure"));
}

/// The account waits for a phone, or is in another state.
async fn put_into(server: &TestServer, account: &str, state: AccountState) {
    let id: AccountId = account.parse().expect("an id");
    let (organization, now) = (server.organization, server.clock.now());
    let new = NewState {
        history_id: pesan_model::id::new_uuid(&*server.clock, &pesan_model::SystemRandom),
        state,
        reason: None,
        is_wanted: true,
    };
    server
        .app
        .store
        .write::<_, pesan_store::Error, _>(move |tx| {
            Box::pin(async move { account::set_state(tx, organization, id, &new, now).await })
        })
        .await
        .expect("set");
    let qr = QrCode {
        code: "a code".to_owned(),
        expires_at: now.plus(Duration::from_secs(20)),
    };
    server.app.connections.set_qr(id, qr);
}

#[tokio::test]
async fn whoever_has_the_link_sees_the_name_and_the_code_and_nothing_else() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let link = link(&server, &account(&server).await).await;
        let cookie = open(&server, &link).await;
        put_into(&server, &link.account, AccountState::NeedScan).await;
        let seen = visit(&server, "look", &link.token, Some(&cookie)).await;
        assert_eq!(seen.header("cache-control"), "no-store");
        assert_eq!(seen.header("referrer-policy"), "no-referrer");
        assert_eq!(seen.header("x-robots-tag"), "noindex, nofollow");
        assert!(!seen.headers.contains_key("set-cookie"), "it has it already");
        let seen = seen.expect(200);
        let names: Vec<_> = seen.as_object().expect("an object").keys().collect();
        assert_eq!(names, ["account_name", "expires_at", "png", "qr_expires_at", "state"]);
        assert_eq!(
            (&seen["account_name"], &seen["state"]),
            (&json!("Toko"), &json!("need_scan"))
        );
        assert!(
            seen["png"]
                .as_str()
                .expect("a picture")
                .starts_with("data:image/png;base64,")
        );
        let log = server.get("/v1/audit").await.expect(200);
        let actions: Vec<_> = log["data"]
            .as_array()
            .expect("entries")
            .iter()
            .map(|entry| entry["action"].as_str().expect("a name"))
            .filter(|action| action.starts_with("remote_link") || *action == "account.connect")
            .collect();
        assert_eq!(
            actions,
            ["remote_link.open", "account.connect", "remote_link.create"],
            "{}",
            database.kind
        );
        assert!(
            !log.to_string().contains(&link.token),
            "the token is written down nowhere"
        );
    }
}

#[tokio::test]
async fn only_the_first_browser_gets_in() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let link = link(&server, &account(&server).await).await;
        visit(&server, "renew", &link.token, None)
            .await
            .problem(410, "remote_link_void");
        let cookie = open(&server, &link).await;
        for other in [None, Some("pesan_remote_link=another"), Some("pesan_session=x")] {
            for what in ["look", "renew"] {
                visit(&server, what, &link.token, other)
                    .await
                    .problem(410, "remote_link_void");
            }
        }
        visit(&server, "look", &link.token, Some(&cookie)).await.expect(200);
        visit(&server, "renew", &link.token, Some(&cookie)).await.expect(200);
        // A browser that has one link open can open another one, and both go on.
        let second = self::link(&server, &account(&server).await).await;
        visit(&server, "look", &second.token, Some(&cookie)).await.expect(200);
        visit(&server, "look", &second.token, Some(&cookie)).await.expect(200);
        visit(&server, "look", &link.token, Some(&cookie)).await.expect(200);
    }
}

#[tokio::test]
async fn a_link_ends_after_ten_minutes_when_it_is_taken_back_and_when_there_is_a_newer_one() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let account = account(&server).await;
        let late = link(&server, &account).await;
        let cookie = open(&server, &late).await;
        server.clock.advance(Duration::from_secs(599));
        visit(&server, "look", &late.token, Some(&cookie)).await.expect(200);
        server.clock.advance(Duration::from_secs(1));
        visit(&server, "look", &late.token, Some(&cookie))
            .await
            .problem(410, "remote_link_void");
        server
            .delete(&format!("/v1/remote-links/{}", late.id))
            .await
            .problem(404, "not_found");

        let taken_back = link(&server, &account).await;
        let cookie = open(&server, &taken_back).await;
        let path = format!("/v1/accounts/{account}/remote-links");
        let listed = server.get(&path).await.expect(200);
        assert_eq!(listed["data"][0]["id"], taken_back.id.as_str());
        assert!(listed["data"][0]["opened_at"].is_string() && listed["data"][0]["url"].is_null());
        server
            .delete(&format!("/v1/remote-links/{}", taken_back.id))
            .await
            .expect(204);
        for what in ["look", "renew"] {
            visit(&server, what, &taken_back.token, Some(&cookie))
                .await
                .problem(410, "remote_link_void");
        }
        server
            .delete(&format!("/v1/remote-links/{}", taken_back.id))
            .await
            .problem(404, "not_found");

        let older = link(&server, &account).await;
        let newer = link(&server, &account).await;
        visit(&server, "look", &older.token, None)
            .await
            .problem(410, "remote_link_void");
        open(&server, &newer).await;
        assert_eq!(
            server.get(&path).await.expect(200)["data"].as_array().map(Vec::len),
            Some(1)
        );
    }
}

#[tokio::test]
async fn a_token_that_nobody_made_is_not_found_and_too_many_are_refused() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        for token in ["", "x", "#", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            for what in ["look", "renew"] {
                visit(&server, what, token, None).await.problem(404, "not_found");
            }
        }
        let mut last = None;
        for guess in 0..301 {
            last = Some(visit(&server, "look", &format!("guess {guess}"), None).await);
        }
        let refused = last.expect("an answer");
        assert!(!refused.header("retry-after").is_empty());
        refused.problem(429, "too_many_requests");
    }
}

#[tokio::test]
async fn a_link_opens_no_other_door() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let link = link(&server, &account(&server).await).await;
        let cookie = open(&server, &link).await;
        let secret = cookie.split_once('=').expect("a value").1.to_owned();
        for (method, path) in [
            (Method::GET, "/v1/me".to_owned()),
            (Method::GET, "/v1/accounts".to_owned()),
            (Method::GET, format!("/v1/accounts/{}/qr", link.account)),
            (Method::POST, format!("/v1/accounts/{}/connect", link.account)),
            (Method::GET, format!("/v1/accounts/{}/remote-links", link.account)),
            (Method::DELETE, format!("/v1/remote-links/{}", link.id)),
            (Method::GET, "/v1/stream".to_owned()),
        ] {
            for header in [
                ("cookie", cookie.clone()),
                ("cookie", format!("pesan_session={secret}")),
                ("cookie", format!("pesan_session={}", link.token)),
                ("authorization", format!("Bearer {}", link.token)),
            ] {
                let ask = server
                    .ask_without_key(method.clone(), &path)
                    .header(header.0, &header.1);
                ask.send().await.problem(401, "unauthenticated");
            }
        }
        // Neither token is good in the place of the other, or for an invitation.
        visit(&server, "look", &secret, Some(&cookie))
            .await
            .problem(404, "not_found");
        let body = json!({"token": link.token});
        let ask = server
            .ask_without_key(Method::POST, "/v1/invitations/look-up")
            .json(&body);
        ask.send().await.problem(410, "invitation_void");
        // Another site cannot make a browser ask.
        let ask = server
            .ask_without_key(Method::POST, "/v1/remote-links/look")
            .header("sec-fetch-site", "cross-site")
            .header("cookie", &cookie)
            .json(&body);
        ask.send().await.problem(403, "cross_site");
    }
}

#[tokio::test]
async fn only_who_may_connect_makes_links_and_they_go_with_whoever_made_them() {
    for database in both().await {
        let mut server = TestServer::new(&database).await;
        let account = account(&server).await;
        let path = format!("/v1/accounts/{account}/remote-links");
        let owner = server.key.clone();
        server.key = server.add_key(server.organization, &[Permission::AccountsRead]).await;
        server.post(&path, &json!({})).await.problem(403, "forbidden");
        server.key = server
            .add_key(server.organization, &[Permission::AccountsConnect])
            .await;
        let link = link(&server, &account).await;
        let cookie = open(&server, &link).await;
        server.key = owner;
        let keys = server.get("/v1/keys").await.expect(200);
        let mut keys = keys["data"].as_array().expect("keys").iter();
        let maker = keys
            .find(|key| key["scopes"] == json!(["accounts:connect"]))
            .expect("the key");
        let maker = maker["id"].as_str().expect("an id");
        server.delete(&format!("/v1/keys/{maker}")).await.expect(204);
        visit(&server, "look", &link.token, Some(&cookie))
            .await
            .problem(404, "not_found");

        for state in [AccountState::Connected, AccountState::Paused, AccountState::Banned] {
            put_into(&server, &account, state).await;
            server.post(&path, &json!({})).await.problem(409, "nothing_to_scan");
        }
        put_into(&server, &account, AccountState::LoggedOut).await;
        server
            .post(&path, &json!({"minutes": 60}))
            .await
            .problem(422, "invalid");
        let repeated = async || {
            let ask = server.ask(Method::POST, &path).header("idempotency-key", "k1");
            ask.json(&json!({})).send().await.expect(201)
        };
        let (first, again): (Value, Value) = (repeated().await, repeated().await);
        assert_eq!(first["id"], again["id"]);
        assert!(first["url"].is_string() && again["url"].is_null(), "it is shown once");
    }
}
