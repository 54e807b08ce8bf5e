//! The whole product as a process runs it, with an account that is linked by its QR code to a phone of the simulated
//! network, and a program that is told by webhook.

mod hook;
mod mailbox;
mod waiting;

use std::sync::Arc;
use std::time::Duration;

use pesan::config::Config;
use pesan::run::{Opened, Running, Waits};
use pesan_app::Caller;
use pesan_app::access::keys::{self, NewKey};
use pesan_app::access::organizations;
use pesan_app::access::users::NewUser;
use pesan_app::fleet::FleetOptions;
use pesan_model::Permission;
use pesan_providers::linked_device::Patience;
use pesan_store::StoreOptions;
use pesan_store::testing::TestDatabase;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use wanet::{Network, Options};

use hook::Hook;
pub(crate) use mailbox::Mailbox;
pub(crate) use waiting::PatientTimer;

/// How long a fact may take.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// How long the product waits for WhatsApp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// As it is shipped.
    AsShipped,
    /// As short as a busy machine allows: an answer 3 s; 2 s of silence and 3 s for the answer to a question.
    Quick,
}

impl Pace {
    pub(crate) fn patience(self) -> Patience {
        match self {
            Self::AsShipped => Patience::default(),
            Self::Quick => Patience {
                ack: Duration::from_secs(3),
                quiet: Duration::from_secs(2),
                ping: Duration::from_secs(3),
                ..Patience::default()
            },
        }
    }
}

/// A running Pesan.
pub(crate) struct Product {
    /// The account that is linked.
    pub(crate) account: String,
    pub(crate) network: Network,
    /// What the fleet waits with.
    pub(crate) timer: Arc<PatientTimer>,
    /// How often the account was linked.
    links: usize,
    running: Running,
    url: String,
    key: String,
    http: reqwest::Client,
    stream: Stream,
    hook: Hook,
    _data: tempfile::TempDir,
    _database: Option<TestDatabase>,
}

/// What the live stream has told.
struct Stream {
    response: reqwest::Response,
    unread: Vec<u8>,
    told: Vec<Value>,
}

impl Product {
    /// Starts Pesan on this network, on SQLite in the data folder when no database is given. No account is linked yet.
    pub(crate) async fn start(database: Option<TestDatabase>, pace: Pace) -> Self {
        Self::start_as(database, pace, None).await
    }

    /// The same with a mail server, which hears of a drop at once.
    pub(crate) async fn start_with_mail(database: Option<TestDatabase>, pace: Pace, smtp_url: &str) -> Self {
        Self::start_as(database, pace, Some(smtp_url)).await
    }

    async fn start_as(database: Option<TestDatabase>, pace: Pace, smtp_url: Option<&str>) -> Self {
        let network = Network::start(Options::default()).await.expect("the network starts");
        let data = tempfile::tempdir().expect("a temporary folder");
        let mut config = Config::default();
        config.http.listen = ([127, 0, 0, 1], 0).into();
        config.data.dir = data.path().to_owned();
        config.outbound.allow_private_targets = true;
        config.sandbox.ws = Some(network.ws_url());
        config.mail.smtp_url = smtp_url.map(str::to_owned);
        if let Some(database) = &database {
            match &database.options {
                StoreOptions::Postgres { url, .. } => config.database.url = Some(url.clone()),
                StoreOptions::Sqlite { .. } => {}
            }
        }
        let mut opened = Opened::new(&config).await.expect("the data opens");
        if smtp_url.is_some() {
            let app = Arc::get_mut(&mut opened.app).expect("nothing runs yet");
            app.settings.limits.drop_alert = Duration::from_millis(1);
        }
        if pace == Pace::Quick {
            let app = Arc::get_mut(&mut opened.app).expect("nothing runs yet");
            let limits = &mut app.settings.limits;
            limits.unconfirmed_wait = Duration::from_secs(1);
            limits.send_waits = limits.send_waits.iter().map(|wait| *wait / 20).collect();
        }
        let key = new_key(&opened).await;
        let timer = Arc::new(PatientTimer::default());
        let waits = Waits {
            device: pace.patience(),
            fleet: FleetOptions {
                timer: timer.clone(),
                ..FleetOptions::default()
            },
        };
        let running = opened.start_with(&config, waits).await.expect("the server starts");
        let url = format!("http://{}", running.address);
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let response = http
            .get(format!("{url}/v1/stream?after=0"))
            .bearer_auth(&key)
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), 200);
        let product = Self {
            account: String::new(),
            network,
            timer,
            links: 0,
            running,
            url,
            key,
            http,
            stream: Stream {
                response,
                unread: Vec::new(),
                told: Vec::new(),
            },
            hook: Hook::start().await,
            _data: data,
            _database: database,
        };
        let hook = json!({"url": product.hook.url, "events": ["*"], "envelope": "native"});
        product.post("/v1/webhooks", &hook).await;
        product
    }

    /// Makes an account without a pace and links it by the QR code that the API shows.
    pub(crate) async fn link(&mut self, phone: &str) {
        let account = self.post("/v1/accounts", &json!({"name": "Toko"})).await;
        account["id"].as_str().expect("an id").clone_into(&mut self.account);
        let unpaced = self
            .ask(Method::PATCH, &self.account_path(""))
            .json(&json!({"pacing": null}));
        answer(unpaced).await;
        self.connect().await;
        self.scan(phone).await;
    }

    /// Connects the account, as a person does.
    pub(crate) async fn connect(&self) {
        self.post(&self.account_path("/connect"), &json!({})).await;
    }

    /// Shows the account's QR code to a phone and waits until it is connected.
    pub(crate) async fn scan(&mut self, phone: &str) {
        let before = self
            .log()
            .await
            .iter()
            .filter(|event| is_state(event, "connected"))
            .count();
        self.nth_event("need_scan", self.links, |event| is_state(event, "need_scan"))
            .await;
        self.links += 1;
        let qr = self.get(&self.account_path("/qr")).await;
        let code = qr["code"].as_str().expect("a code");
        self.network.scan(phone, code).await.expect("the account is linked");
        self.nth_event("connected", before, |event| is_state(event, "connected"))
            .await;
    }

    /// The path of the account, and what comes after it.
    pub(crate) fn account_path(&self, rest: &str) -> String {
        format!("/v1/accounts/{}{rest}", self.account)
    }

    /// The account as the API shows it.
    pub(crate) async fn account(&self) -> Value {
        self.get(&self.account_path("")).await
    }

    /// The account's history, oldest first: each state, and the code of its reason behind it.
    pub(crate) async fn history(&self) -> Vec<String> {
        let page = self.get(&self.account_path("/history?limit=200")).await;
        let entries = page["data"].as_array().expect("a list").iter().rev();
        entries.map(state_and_reason).collect()
    }

    /// Waits for the next event of the live stream.
    pub(crate) async fn next_event(&mut self) {
        let more = tokio::time::timeout(PATIENCE, self.stream.more()).await;
        assert!(more.is_ok(), "nothing more happened");
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

    pub(crate) async fn delete(&self, path: &str) -> Value {
        answer(self.ask(Method::DELETE, path)).await
    }

    /// Asks without a key: the status and the body.
    pub(crate) async fn open_post(&self, path: &str, body: &Value) -> (u16, Value) {
        any_answer(self.http.post(format!("{}{path}", self.url)).json(body)).await
    }

    /// Asks for what may fail: the status and the body.
    pub(crate) async fn failing_post(&self, path: &str, body: &Value) -> (u16, Value) {
        any_answer(self.ask(Method::POST, path).json(body)).await
    }

    /// Asks the admin interface of the network.
    pub(crate) async fn admin(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = self.http.request(method, format!("{}{path}", self.network.admin_url()));
        answer(request.json(body)).await
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
        self.nth_event(kind, 0, |event| event["type"] == kind && fits(&event["data"]))
            .await
    }

    /// Waits until the live stream tells of something, `earlier` times before, and gives it.
    async fn nth_event(&mut self, what: &str, earlier: usize, fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let found = self.stream.told.iter().filter(|event| fits(event)).nth(earlier);
            if let Some(found) = found {
                return found["data"].clone();
            }
            let more = tokio::time::timeout_at(deadline, self.stream.more()).await;
            assert!(
                more.is_ok(),
                "waited in vain for {what}; told: {}",
                Value::from(self.stream.told.clone())
            );
        }
    }

    /// All events so far that are in the log.
    pub(crate) fn told(&self) -> &[Value] {
        &self.stream.told
    }

    /// The whole log.
    pub(crate) async fn log(&self) -> Vec<Value> {
        let (mut log, mut after) = (Vec::new(), json!(0));
        loop {
            let page = self.get(&format!("/v1/events?after={after}&limit=200")).await;
            let events = page["data"].as_array().expect("a list");
            if events.is_empty() {
                return log;
            }
            log.extend(events.iter().cloned());
            after = page["next_after"].clone();
        }
    }

    /// Ends everything. The network understood all it heard, so many messages were sent again because a device could not
    /// read them, and the webhook was told everything that is in the log.
    pub(crate) async fn end_after(self, retries: u64) {
        let stats = self.network.stats();
        assert_eq!(stats.unknown, std::collections::BTreeMap::new());
        assert_eq!(stats.retries, retries);
        // First, because the account may be on its way to the next state: the log then has more.
        let history = self.history().await;
        let log = self.log().await;
        self.hook.was_told(&log).await;
        let states = log.iter().filter(|event| event["type"] == "account.state_changed");
        let told: Vec<_> = states.map(|event| state_and_reason(&event["data"])).collect();
        assert!(
            told.starts_with(&history[1..]),
            "{told:?} tells every change of state in {history:?}"
        );
        self.end().await;
    }

    /// Ends everything; no task died.
    pub(crate) async fn end(self) {
        drop((self.stream, self.http));
        assert!(self.running.end(std::future::pending()).await, "no task died");
        self.network.shutdown().await;
    }
}

/// A state and the code of its reason behind it.
fn state_and_reason(entry: &Value) -> String {
    let state = entry["state"].as_str().expect("a state");
    match entry["reason"]["code"].as_str() {
        Some(code) => format!("{state} {code}"),
        None => state.to_owned(),
    }
}

fn is_state(event: &Value, state: &str) -> bool {
    event["type"] == "account.state_changed" && event["data"]["state"] == state
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

/// Status and body of any answer.
async fn any_answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    (status, response.json().await.expect("JSON"))
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
