//! A program that is told by webhook and says yes to everything.

use axum::Router;
use axum::extract::{Json, State};
use axum::http::StatusCode;
use axum::routing::post;
use pesan_app::Lifecycle;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::PATIENCE;

/// The program. It ends with the test.
pub(super) struct Hook {
    pub(super) url: String,
    told: watch::Sender<Vec<Value>>,
    lifecycle: Lifecycle,
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.lifecycle.hard().cancel();
    }
}

impl Hook {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let hook = Self {
            url: format!("http://{}/", listener.local_addr().expect("bound")),
            told: watch::Sender::default(),
            lifecycle: Lifecycle::default(),
        };
        let routes = Router::new().route("/", post(listen)).with_state(hook.told.clone());
        hook.lifecycle.spawn("hook", async move {
            axum::serve(listener, routes).await.expect("it listens until the end");
        });
        hook
    }

    /// Waits until it was told all these events.
    pub(super) async fn was_told(&self, log: &[Value]) {
        let missing = |told: &Vec<Value>| {
            let is_missing = |event: &&Value| !told.iter().any(|told| told["id"] == event["id"]);
            log.iter().filter(is_missing).cloned().collect::<Vec<_>>()
        };
        let mut told = self.told.subscribe();
        let all = tokio::time::timeout(PATIENCE, told.wait_for(|told| missing(told).is_empty())).await;
        let all = all.unwrap_or_else(|_| panic!("never told: {}", Value::from(missing(&self.told.borrow()))));
        let all = all.expect("the sender is in self");
        for event in log {
            assert!(all.contains(event), "{event} was told as it is in the log");
        }
    }
}

async fn listen(State(told): State<watch::Sender<Vec<Value>>>, Json(event): Json<Value>) -> StatusCode {
    told.send_modify(|told| told.push(event));
    StatusCode::NO_CONTENT
}
