//! A server on an empty database, without a socket: requests go through the router.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::Response;
use futures::StreamExt as _;
use pesan::http::{HttpSettings, Server, connections, router};
use pesan::telemetry;
use pesan_app::access::keys::{self, NewKey};
use pesan_app::access::users::NewUser;
use pesan_app::access::{organizations, setup};
use pesan_app::{App, Caller, Settings, context, net};
use pesan_model::{Clock as _, MockClock, OrganizationId, Permission, QuarantineId, SystemRandom, Timestamp};
use pesan_store::quarantine::{self, NewQuarantined, Quarantined};
use pesan_store::testing::TestDatabase;
use pesan_store::{Keyring, MasterKey};
use serde_json::Value;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

/// Longer than anything should take; only ever waited for when a test fails.
const DEADLINE: Duration = Duration::from_secs(30);

/// The codes of problems that the description of the API lists.
static CODES: LazyLock<Value> = LazyLock::new(|| {
    let document = serde_json::to_value(pesan::http::openapi()).expect("plain data");
    document["components"]["schemas"]["Problem"]["properties"]["code"]["x-codes"].clone()
});

pub(crate) const OWNER: &str = "owner@example.com";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A server with one organization, its owner, and a key that may do everything.
pub(crate) struct TestServer {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<MockClock>,
    pub(crate) organization: OrganizationId,
    pub(crate) key: String,
    router: Router,
    _data: tempfile::TempDir,
}

/// A request that is being put together.
pub(crate) struct Ask<'a> {
    server: &'a TestServer,
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

/// An answer that goes on.
pub(crate) struct LiveStream {
    pieces: BodyDataStream,
    text: String,
}

/// A piece of it.
pub(crate) struct LiveEvent {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) data: Value,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

fn settings(is_sandbox: bool) -> HttpSettings {
    HttpSettings {
        public_url: "http://pesan.test".to_owned(),
        trust_forwarded_for: true,
        is_sandbox,
    }
}

impl TestServer {
    /// On this database, set up.
    pub(crate) async fn new(database: &TestDatabase) -> Self {
        let mut server = Self::empty(database).await;
        let (organization, key) = server.add_organization("Toko", OWNER).await;
        server.organization = organization;
        server.key = key;
        server
    }

    /// On this database, before anybody created an owner.
    pub(crate) async fn empty(database: &TestDatabase) -> Self {
        let data = tempfile::tempdir().expect("a temporary folder");
        let clock = Arc::new(MockClock::at(Timestamp::from_secs(1_700_000_000)));
        let app = App::new(context::Parts {
            store: database.open().await,
            clock: clock.clone(),
            random: Arc::new(SystemRandom),
            keyring: Keyring::new(MasterKey::new([7; 32])),
            net: net::Client::new(net::Targets::PrivateToo).expect("a client"),
            mail: None,
            settings: Settings {
                data_dir: data.path().to_owned(),
                node: "test".to_owned(),
                start: "test/1".to_owned(),
                allow_private_targets: true,
                max_upload_bytes: 1024 * 1024,
                event_retention: Some(Duration::from_hours(24)),
                delivery_retention: None,
                webhook_waits: pesan_model::retry::WEBHOOK.into(),
                public_url: "http://pesan.test".to_owned(),
                limits: pesan_app::context::Limits::default(),
            },
        });
        let router = router(Server {
            app: app.clone(),
            metrics: telemetry::metrics(),
            settings: settings(false),
        });
        Self {
            organization: OrganizationId::new(&*clock, &SystemRandom),
            app,
            clock,
            key: String::new(),
            router,
            _data: data,
        }
    }

    /// The same, reached over https.
    pub(crate) fn behind_https(mut self) -> Self {
        self.router = router(Server {
            app: self.app.clone(),
            metrics: telemetry::metrics(),
            settings: HttpSettings {
                public_url: "https://pesan.test".to_owned(),
                ..settings(false)
            },
        });
        self
    }

    /// The same with the phones of a simulated network.
    #[cfg(feature = "sandbox")]
    pub(crate) fn beside(mut self, network: Arc<wanet::Network>) -> Self {
        let server = Server {
            app: self.app.clone(),
            metrics: telemetry::metrics(),
            settings: settings(true),
        };
        self.router = pesan::http::sandbox::router(server, network);
        self
    }

    /// Something that is kept aside on an account; its id.
    pub(crate) async fn quarantined(&self, account: &str, item: &[u8]) -> String {
        let organization = self.organization;
        let key = self.app.organization_key(organization).await.expect("a key");
        let id = QuarantineId::new(&*self.clock, &SystemRandom);
        let new = NewQuarantined {
            id,
            account_id: account.parse().expect("an id"),
            kind: "acknowledgement",
            fingerprint: [u8::try_from(item.len()).expect("short"); 32],
            reason: "it was refused",
            item,
            created_at: self.clock.now(),
        };
        let row = Quarantined::seal(&key, &new, &SystemRandom);
        self.app
            .store
            .write::<_, pesan_store::Error, _>(move |tx| {
                Box::pin(async move { quarantine::insert(tx, organization, &row).await })
            })
            .await
            .expect("kept aside");
        id.to_string()
    }

    /// Another organization with its owner, and a key that may do everything in it.
    pub(crate) async fn add_organization(&self, name: &str, email: &str) -> (OrganizationId, String) {
        let owner = NewUser {
            email: email.to_owned(),
            name: "Sari".to_owned(),
            password: PASSWORD.to_owned(),
        };
        let user = organizations::create(&self.app, name, owner)
            .await
            .expect("an organization");
        let key = self.add_key(user.organization_id, &Permission::ALL).await;
        (user.organization_id, key)
    }

    /// A key with these scopes.
    pub(crate) async fn add_key(&self, organization: OrganizationId, scopes: &[Permission]) -> String {
        let new = NewKey {
            name: "Test".to_owned(),
            scopes: scopes.to_vec(),
        };
        let created = keys::create(&self.app, &Caller::system(organization), new, None).await;
        created.expect("a key").key.expect("it is new")
    }

    /// The token of the link that the first start prints.
    pub(crate) async fn setup_token(&self) -> String {
        setup::issue_token(&self.app)
            .await
            .expect("works")
            .expect("there is no owner")
    }

    /// Takes connections on a port of this machine, as long as the test runs.
    pub(crate) async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let routes = self.router.clone();
        let end = std::future::pending();
        let serving = connections::serve(listener, routes, connections::HEAD_TIMEOUT, end);
        self.app.lifecycle.spawn("listen", serving);
        address
    }

    /// A request with the key.
    pub(crate) fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        self.ask_without_key(method, path)
            .header("authorization", &format!("Bearer {}", self.key))
    }

    /// A request without credentials.
    pub(crate) fn ask_without_key(&self, method: Method, path: &str) -> Ask<'_> {
        Ask {
            server: self,
            method,
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path).send().await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path).json(body).send().await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::PATCH, path).json(body).send().await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path).send().await
    }

    /// Logs in and gives the cookie.
    pub(crate) async fn log_in(&self, email: &str) -> String {
        let answer = self
            .ask_without_key(Method::POST, "/v1/login")
            .json(&serde_json::json!({"email": email, "password": PASSWORD}))
            .send()
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let cookie = answer.header("set-cookie").split(';').next().expect("a cookie");
        cookie.to_owned()
    }
}

impl Ask<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string().into_bytes());
        self.header("content-type", "application/json")
    }

    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = Some(body.to_vec());
        self
    }

    /// Reads the answer as a live stream.
    pub(crate) async fn stream(self) -> LiveStream {
        let response = self.respond().await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        LiveStream {
            pieces: response.into_body().into_data_stream(),
            text: String::new(),
        }
    }

    pub(crate) async fn send(self) -> Answer {
        let (parts, body) = self.respond().await.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a whole body");
        Answer {
            status: parts.status,
            headers: parts.headers,
            bytes: bytes.to_vec(),
        }
    }

    async fn respond(self) -> Response {
        let mut request = Request::builder()
            .method(self.method)
            .uri(self.path)
            .header("host", "pesan.test");
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let request = request
            .body(Body::from(self.body.unwrap_or_default()))
            .expect("a request");
        self.server.router.clone().oneshot(request).await.expect("an answer")
    }
}

impl LiveStream {
    /// The next event; comments are skipped, and so are hints that settings changed, which nearly every request gives.
    pub(crate) async fn next_event(&mut self) -> LiveEvent {
        loop {
            let event = self.next_of_any_kind().await;
            if event.name != "settings.changed" {
                return event;
            }
        }
    }

    /// The next event or hint; comments are skipped.
    pub(crate) async fn next_of_any_kind(&mut self) -> LiveEvent {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| {
                    block
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(str::trim_start)
                };
                if let (Some(name), Some(data)) = (field("event:"), field("data:")) {
                    return LiveEvent {
                        id: field("id:").unwrap_or_default().to_owned(),
                        name: name.to_owned(),
                        data: serde_json::from_str(data).expect("JSON"),
                    };
                }
            }
            let piece = tokio::time::timeout(DEADLINE, self.pieces.next())
                .await
                .expect("an event in time");
            let piece = piece.expect("the stream goes on").expect("it is readable");
            self.text.push_str(std::str::from_utf8(&piece).expect("text"));
        }
    }

    /// Waits for its end, and gives what it still told.
    pub(crate) async fn rest(&mut self) -> String {
        let end = async {
            while let Some(piece) = self.pieces.next().await {
                let piece = piece.expect("it is readable");
                self.text.push_str(std::str::from_utf8(&piece).expect("text"));
            }
        };
        tokio::time::timeout(DEADLINE, end).await.expect("an end in time");
        std::mem::take(&mut self.text)
    }
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).unwrap_or_else(|| panic!("no header {name}"));
        value.to_str().expect("text")
    }

    /// Checks the status and gives the body.
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if self.bytes.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    /// Checks that it is a problem with this status and code, and gives it.
    pub(crate) fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        let listed = CODES.as_array().expect("a list of codes");
        assert!(
            listed.contains(&problem["code"]),
            "`{code}` is not in the list of codes of the API"
        );
        assert_eq!(problem["status"], status);
        problem
    }
}
