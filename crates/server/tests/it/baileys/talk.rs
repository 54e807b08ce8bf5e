//! A running Pesan with one account that is linked by its QR code, and Grace, who uses Baileys.

use std::fmt::Write as _;
use std::time::Duration;

use pesan::config::Config;
use pesan::run::{Opened, Running};
use pesan_app::Caller;
use pesan_app::access::keys::{self, NewKey};
use pesan_app::access::organizations;
use pesan_app::access::users::NewUser;
use pesan_model::Permission;
use pesan_store::StoreOptions;
use pesan_store::testing::{TestDatabase, postgres};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wanet::{FaultKind, Network, NewFault, NewPhone, Options};

use crate::peer::Peer;

/// The number of the linked account.
pub(crate) const OWN: &str = "6280000000201";
/// The number of the person with Baileys.
pub(crate) const GRACE: &str = "6280000000202";
/// Somebody with only a phone.
pub(crate) const EVE: &str = "6280000000203";

/// How long a fact may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Everything that takes part in a conversation.
pub(crate) struct Talk {
    pub(crate) grace: Peer,
    pub(crate) account: String,
    network: Network,
    running: Running,
    url: String,
    key: String,
    http: reqwest::Client,
    stream: Stream,
    _data: tempfile::TempDir,
    _database: Option<TestDatabase>,
}

/// What the live stream has told.
struct Stream {
    response: reqwest::Response,
    unread: Vec<u8>,
    told: Vec<Value>,
}

/// A conversation on each kind of database.
pub(crate) async fn talks() -> [Talk; 2] {
    let database = postgres().await;
    [Talk::start(None).await, Talk::start(Some(database)).await]
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string can be written");
        text
    })
}

impl Talk {
    /// Starts everything, on SQLite in the data folder when no database is given.
    pub(crate) async fn start(database: Option<TestDatabase>) -> Self {
        let network = Network::start(Options::default()).await.expect("the network starts");
        for (phone, name) in [(OWN, "Toko"), (GRACE, "Grace"), (EVE, "Eve")] {
            // The receipts in these tests come from the programs, not from the phones behind them.
            let new = NewPhone {
                phone: phone.to_owned(),
                push_name: Some(name.to_owned()),
                delivered_receipts: Some(false),
                ..NewPhone::default()
            };
            network.add_phone(&new).expect("the phone is added");
        }
        let data = tempfile::tempdir().expect("a temporary folder");
        let mut config = Config::default();
        config.http.listen = ([127, 0, 0, 1], 0).into();
        config.data.dir = data.path().to_owned();
        config.outbound.allow_private_targets = true;
        config.sandbox.ws = Some(network.ws_url());
        if let Some(database) = &database {
            match &database.options {
                StoreOptions::Postgres { url, .. } => config.database.url = Some(url.clone()),
                StoreOptions::Sqlite { .. } => {}
            }
        }
        let opened = Opened::new(&config).await.expect("the data opens");
        let key = new_key(&opened).await;
        let running = opened.start(&config).await.expect("the server starts");
        let url = format!("http://{}", running.address);
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let response = http
            .get(format!("{url}/v1/stream?after=0"))
            .bearer_auth(&key)
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), 200);
        let stream = Stream {
            response,
            unread: Vec::new(),
            told: Vec::new(),
        };
        let grace = Peer::start(&network.ws_url(), network.cert_pem(), "Grace");
        let mut talk = Self {
            grace,
            account: String::new(),
            network,
            running,
            url,
            key,
            http,
            stream,
            _data: data,
            _database: database,
        };
        talk.link().await;
        let code = talk.grace.qr().await;
        talk.network.scan(GRACE, &code).await.expect("Baileys is linked");
        talk.grace.event(json!({"event": "connected"})).await;
        talk
    }

    /// Links the account by the QR code that the API shows.
    async fn link(&mut self) {
        let account = self.post("/v1/accounts", &json!({"name": "Toko"})).await;
        account["id"].as_str().expect("an id").clone_into(&mut self.account);
        let path = format!("/v1/accounts/{}", self.account);
        let unpaced = self.ask(Method::PATCH, &path).json(&json!({"pacing": null}));
        answer(unpaced).await;
        self.post(&format!("{path}/connect"), &json!({})).await;
        self.state("need_scan").await;
        let qr = self.get(&format!("{path}/qr")).await;
        let code = qr["code"].as_str().expect("a code");
        self.network.scan(OWN, code).await.expect("the account is linked");
        self.state("connected").await;
    }

    async fn state(&mut self, state: &str) {
        self.event("account.state_changed", |data| data["state"] == state).await;
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.key)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        answer(self.ask(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        answer(self.ask(Method::POST, path).json(body)).await
    }

    /// Stores a file.
    pub(crate) async fn upload(&self, mime: &str, bytes: &[u8]) -> Value {
        let request = self.ask(Method::POST, "/v1/media").header("content-type", mime);
        answer(request.body(bytes.to_vec())).await
    }

    /// The content of a stored file.
    pub(crate) async fn content(&self, media_id: &str) -> Vec<u8> {
        let request = self.ask(Method::GET, &format!("/v1/media/{media_id}/content"));
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        response.bytes().await.expect("a whole file").to_vec()
    }

    /// Sends a message to Grace and gives its id.
    pub(crate) async fn send(&self, message: &Value) -> String {
        self.send_to(&format!("+{GRACE}"), message).await
    }

    /// Sends a message and gives its id.
    pub(crate) async fn send_to(&self, to: &str, message: &Value) -> String {
        let mut body = message.clone();
        body["account_id"] = self.account.as_str().into();
        body["to"] = to.into();
        let accepted = self.post("/v1/messages", &body).await;
        assert_eq!(accepted["status"], "queued");
        accepted["id"].as_str().expect("an id").to_owned()
    }

    /// The WhatsApp id of a message, once the network has taken it.
    pub(crate) async fn wa_id(&mut self, id: &str) -> String {
        let sent = self.message_event("message.sent", id).await;
        sent["wa_id"].as_str().expect("an id").to_owned()
    }

    /// Waits for an event about one of our messages.
    pub(crate) async fn message_event(&mut self, kind: &str, id: &str) -> Value {
        self.event(kind, |data| data["id"] == id).await
    }

    /// Waits for a message that came in.
    pub(crate) async fn received(&mut self, wa_id: &str) -> Value {
        self.event("message.received", |data| data["wa_id"] == wa_id).await
    }

    /// Waits until the live stream tells of something, and gives it.
    pub(crate) async fn event(&mut self, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let found = self
                .stream
                .told
                .iter()
                .find(|event| event["type"] == kind && fits(&event["data"]));
            if let Some(found) = found {
                return found["data"].clone();
            }
            let more = tokio::time::timeout_at(deadline, self.stream.more()).await;
            assert!(
                more.is_ok(),
                "waited in vain for {kind}; told: {}",
                Value::from(self.stream.told.clone())
            );
        }
    }

    /// All events so far that are in the log.
    pub(crate) fn told(&self) -> &[Value] {
        &self.stream.told
    }

    /// Disturbs the companion of a phone once.
    pub(crate) fn disturb(&self, fault: FaultKind, phone: &str) {
        let fault = NewFault::once(fault).phone(phone).device(1);
        self.network.set_fault(fault).expect("the network knows the fault");
    }

    /// Ends everything; the network understood all it heard, and everything could be decrypted at once.
    pub(crate) async fn end(self) {
        self.end_after(0).await;
    }

    /// Ends everything; the network understood all it heard, and so many messages were sent again.
    pub(crate) async fn end_after(self, retries: u64) {
        let stats = self.network.stats();
        assert_eq!(stats.unknown, std::collections::BTreeMap::new());
        assert_eq!(stats.retries, retries);
        drop((self.stream, self.http));
        assert!(self.running.end(std::future::pending()).await, "no task died");
        self.network.shutdown().await;
    }
}

impl Stream {
    /// Reads on until the next event, or further.
    async fn more(&mut self) {
        let chunk = self.response.chunk().await.expect("the stream goes on");
        self.unread.extend(chunk.expect("the stream does not end"));
        while let Some(end) = self.unread.windows(2).position(|two| two == b"\n\n") {
            let event: Vec<u8> = self.unread.drain(..end + 2).collect();
            let event = String::from_utf8(event).expect("text");
            let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
            // Without an id it is a hint or a heartbeat, not something from the log.
            if let (Some(_), Some(data)) = (field("id: "), field("data: ")) {
                self.told.push(serde_json::from_str(data).expect("JSON"));
            }
        }
    }
}

/// The body of a good answer.
async fn answer(request: RequestBuilder) -> Value {
    let response = request.send().await.expect("an answer");
    let status = response.status();
    let text = response.text().await.expect("a body");
    assert!(status.is_success(), "{status}: {text}");
    if text.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&text).expect("JSON")
    }
}

/// An organization with a key that may do everything in it.
async fn new_key(opened: &Opened) -> String {
    let owner = NewUser {
        email: crate::support::OWNER.to_owned(),
        name: "Sari".to_owned(),
        password: crate::support::PASSWORD.to_owned(),
    };
    let user = organizations::create(&opened.app, "Toko", owner)
        .await
        .expect("an organization");
    let new = NewKey {
        name: "Test".to_owned(),
        scopes: Permission::ALL.to_vec(),
    };
    let created = keys::create(&opened.app, &Caller::system(user.organization_id), new, None).await;
    created.expect("a key").key.expect("it is new")
}
