//! The live stream.

use axum::http::Method;
use pesan_model::Permission;
use pesan_store::testing::both;
use serde_json::json;

use crate::support::TestServer;

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
        assert!(stream.has_ended().await);
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
