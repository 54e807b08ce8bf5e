//! The live stream.

use std::time::Duration;

use axum::http::Method;
use pesan_app::jobs::retention;
use pesan_model::Permission;
use pesan_store::testing::both;
use serde_json::{Value, json};

use crate::support::{Answer, LiveStream, OWNER, PASSWORD, TestServer};

const AGENT: &str = "agent@example.com";

/// Watches, is told of one thing, and loses the right to watch. What happens then is not told, and the stream ends.
async fn ends_after(server: &TestServer, mut stream: LiveStream, taken: impl Future<Output = Answer>) {
    server.post("/v1/accounts", &json!({"name": "Seen"})).await.expect(201);
    assert_eq!(next_account(&mut stream).await, "Seen");
    let change = async {
        let answer = taken.await;
        assert!(answer.status.is_success(), "{}", answer.text());
        server
            .post("/v1/accounts", &json!({"name": "Secret"}))
            .await
            .expect(201);
    };
    let (rest, ()) = tokio::join!(stream.rest(), change);
    assert!(!rest.contains("Secret"), "{rest}");
}

/// The name of the account that the next event of the log is about.
async fn next_account(stream: &mut LiveStream) -> String {
    loop {
        let event = stream.next_event().await;
        if event.name != "ready" {
            return event.data["data"]["name"].as_str().expect("a name").to_owned();
        }
    }
}

/// A colleague of the owner and their path.
async fn add_agent(server: &TestServer) -> String {
    let new = json!({"email": AGENT, "name": "Agus", "role": "agent", "password": PASSWORD});
    let agent = server.post("/v1/users", &new).await.expect(201);
    format!("/v1/users/{}", agent["id"].as_str().expect("an id"))
}

/// What the browser of somebody watches.
async fn watch(server: &TestServer, email: &str) -> LiveStream {
    let cookie = server.log_in(email).await;
    watch_as(server, &cookie).await
}

async fn watch_as(server: &TestServer, cookie: &str) -> LiveStream {
    let ask = server
        .ask_without_key(Method::GET, "/v1/stream")
        .header("cookie", cookie);
    ask.stream().await
}

/// The path of the key that the test itself does not use, and what it watches.
async fn watch_with_key(server: &TestServer) -> (String, LiveStream) {
    let new = json!({"name": "Reader", "scopes": ["events:read"]});
    let made: Value = server.post("/v1/keys", &new).await.expect(201);
    let text = |field: &str| made[field].as_str().expect("text").to_owned();
    let ask = server
        .ask_without_key(Method::GET, "/v1/stream")
        .header("authorization", &format!("Bearer {}", text("key")));
    (format!("/v1/keys/{}", text("id")), ask.stream().await)
}

#[tokio::test]
async fn events_are_told_as_they_happen_and_again_from_any_place() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        server.post("/v1/accounts", &json!({"name": "One"})).await.expect(201);
        let ask = server.ask(Method::GET, "/v1/stream?after=0");
        let mut stream = ask.stream().await;
        let first = stream.next_event().await;
        assert_eq!((first.id.as_str(), first.name.as_str()), ("1", "account.created"));
        assert_eq!(first.data["data"]["name"], "One");
        server.post("/v1/accounts", &json!({"name": "Two"})).await.expect(201);
        assert_eq!(stream.next_event().await.data["data"]["name"], "Two");

        let ask = server
            .ask(Method::GET, "/v1/stream?after=0")
            .header("last-event-id", "1");
        assert_eq!(ask.stream().await.next_event().await.id, "2", "the header wins");
        let ask = server.ask(Method::GET, "/v1/stream").header("last-event-id", "x");
        ask.send().await.problem(422, "invalid");
        let log = server.get("/v1/events?after=1").await.expect(200);
        assert_eq!((&log["data"][0]["seq"], &log["next_after"]), (&json!(2), &json!(2)));
    }
}

#[tokio::test]
async fn a_stream_ends_when_the_process_does() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let mut stream = server.ask(Method::GET, "/v1/stream").stream().await;
        server.app.lifecycle.soft().cancel();
        stream.rest().await;
    }
}

#[tokio::test]
async fn only_those_who_may_read_events_can_watch() {
    for database in both().await {
        let mut server = TestServer::new(&database).await;
        server.key = server.add_key(server.organization, &[Permission::MessagesRead]).await;
        server.get("/v1/stream").await.problem(403, "forbidden");
    }
}

#[tokio::test]
async fn a_stream_ends_when_its_key_is_revoked() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let (key, stream) = watch_with_key(&server).await;
        ends_after(&server, stream, server.delete(&key)).await;
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_log_in_it_belongs_to() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let cookie = server.log_in(OWNER).await;
        let mut other = watch(&server, OWNER).await;
        let stream = watch_as(&server, &cookie).await;
        let log_out = server
            .ask_without_key(Method::POST, "/v1/logout")
            .header("cookie", &cookie)
            .send();
        ends_after(&server, stream, log_out).await;
        let told = (next_account(&mut other).await, next_account(&mut other).await);
        assert_eq!(told.1, "Secret", "the other log-in goes on");
    }
}

#[tokio::test]
async fn a_stream_ends_when_the_password_changes_or_the_role_or_the_person_is_removed() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let agent = add_agent(&server).await;
        let stream = watch(&server, AGENT).await;
        ends_after(&server, stream, server.patch(&agent, &json!({"role": "admin"}))).await;

        let stream = watch(&server, AGENT).await;
        let password = json!({"password": "another long password"});
        ends_after(&server, stream, server.patch(&agent, &password)).await;

        server.patch(&agent, &json!({"password": PASSWORD})).await.expect(200);
        let stream = watch(&server, AGENT).await;
        ends_after(&server, stream, server.delete(&agent)).await;
    }
}

#[tokio::test]
async fn a_stream_goes_on_when_somebody_else_changes() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let agent = add_agent(&server).await;
        let mut stream = watch(&server, AGENT).await;
        let (key, _) = watch_with_key(&server).await;
        server.delete(&key).await.expect(204);
        server.patch(&agent, &json!({"name": "Agus W."})).await.expect(200);
        server.post("/v1/accounts", &json!({"name": "One"})).await.expect(201);
        assert_eq!(next_account(&mut stream).await, "One");
    }
}

#[tokio::test]
async fn a_stream_ends_soon_after_its_log_in_ran_out() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let stream = watch(&server, OWNER).await;
        let runs_out = async {
            server.clock.advance(Duration::from_hours(24));
            server.get("/v1/me").await
        };
        ends_after(&server, stream, runs_out).await;
    }
}

#[tokio::test]
async fn a_key_that_is_revoked_on_another_node_stops_watching_soon_after() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let mut other = TestServer::empty(&database).await;
        other.key.clone_from(&server.key);
        let (key, stream) = watch_with_key(&server).await;
        let revoked = async {
            let answer = other.delete(&key).await;
            server.clock.advance(Duration::from_secs(5));
            answer
        };
        ends_after(&server, stream, revoked).await;
    }
}

#[tokio::test]
async fn a_stream_tells_nothing_of_another_organization() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let (_, stranger) = server.add_organization("Warung", "other@example.com").await;
        let mut streams = Vec::new();
        for path in ["/v1/stream", "/v1/stream?after=0"] {
            streams.push(server.ask(Method::GET, path).stream().await);
        }
        let theirs = server
            .ask_without_key(Method::POST, "/v1/accounts")
            .header("authorization", &format!("Bearer {stranger}"))
            .json(&json!({"name": "Theirs"}));
        theirs.send().await.expect(201);
        server.post("/v1/accounts", &json!({"name": "Ours"})).await.expect(201);
        for mut stream in streams {
            assert_eq!(next_account(&mut stream).await, "Ours");
        }
    }
}

#[tokio::test]
async fn a_stream_says_first_where_it_begins() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        server
            .post("/v1/accounts", &json!({"name": "Before"}))
            .await
            .expect(201);
        let mut stream = server.ask(Method::GET, "/v1/stream").stream().await;
        let first = stream.next_event().await;
        assert_eq!((first.name.as_str(), first.id.as_str()), ("ready", "1"));
        assert_eq!(first.data, json!({"seq": 1}));
        drop(stream);
        server
            .post("/v1/accounts", &json!({"name": "Missed"}))
            .await
            .expect(201);
        let back = server.ask(Method::GET, "/v1/stream").header("last-event-id", &first.id);
        assert_eq!(back.stream().await.next_event().await.data["data"]["name"], "Missed");
    }
}

#[tokio::test]
async fn a_place_that_was_never_reached_is_answered_with_resync() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        server
            .post("/v1/accounts", &json!({"name": "Before"}))
            .await
            .expect(201);
        let ask = server
            .ask(Method::GET, "/v1/stream")
            .header("last-event-id", "999999999");
        let mut stream = ask.stream().await;
        let first = stream.next_event().await;
        assert_eq!((first.name.as_str(), first.id.as_str()), ("resync", "1"));
        let log = server.get("/v1/events?after=999999999").await.expect(200);
        assert_eq!(log, json!({"data": [], "next_after": 1, "has_gap": true}));
        server.post("/v1/accounts", &json!({"name": "After"})).await.expect(201);
        assert_eq!(stream.next_event().await.data["data"]["name"], "After");
    }
}

#[tokio::test]
async fn a_place_older_than_what_is_kept_is_answered_with_resync_and_what_is_kept() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        for name in ["One", "Two"] {
            server.post("/v1/accounts", &json!({"name": name})).await.expect(201);
        }
        server.clock.advance(Duration::from_hours(25));
        server.post("/v1/accounts", &json!({"name": "Kept"})).await.expect(201);
        let asked = || server.ask(Method::GET, "/v1/stream?after=1").stream();
        assert_eq!(asked().await.next_event().await.data["data"]["name"], "Two");
        let log = async |after: i64| {
            let page = server
                .get(&format!("/v1/events?limit=1&after={after}"))
                .await
                .expect(200);
            (page["data"][0]["seq"].clone(), page["has_gap"].clone())
        };
        assert_eq!(log(0).await, (json!(1), json!(false)));
        retention::sweep(&server.app).await.expect("swept");
        assert_eq!(log(1).await, (json!(3), json!(true)), "the second is not kept");
        assert_eq!(log(2).await, (json!(3), json!(false)));
        let mut stream = asked().await;
        let first = stream.next_event().await;
        assert_eq!((first.name.as_str(), first.id.as_str()), ("resync", "2"));
        assert_eq!(stream.next_event().await.data["data"]["name"], "Kept");
    }
}

#[tokio::test]
async fn a_replay_from_a_place_that_is_not_in_the_log_is_refused() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let new = json!({"url": "http://127.0.0.1:9/", "events": ["*"]});
        let webhook = server.post("/v1/webhooks", &new).await.expect(201);
        let path = format!("/v1/webhooks/{}/replay", webhook["id"].as_str().expect("an id"));
        for place in [1_000_000_000_i64, -1] {
            let answer = server.post(&path, &json!({"after_seq": place})).await;
            assert_eq!(answer.problem(422, "invalid")["errors"][0]["pointer"], "/after_seq");
        }
        server.post(&path, &json!({"after_seq": 0})).await.expect(202);
    }
}
