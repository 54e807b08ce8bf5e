//! Pesan's API, as far as the tests need it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use pesan_model::account::Account;
use pesan_model::chat::Chat;
use pesan_model::message::Message;
use pesan_model::{AccountId, AccountState, ChatId, MediaId, MessageId};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::Result;
use crate::phones::Phones;
use crate::programs::PesanOptions;

/// A page of a list.
#[derive(Debug, Deserialize)]
struct Page<T> {
    data: Vec<T>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

/// A webhook that was made.
#[derive(Debug, Deserialize)]
pub struct NewWebhook {
    /// Its id.
    pub id: String,
    /// What its signatures are made with.
    pub secret: String,
}

#[derive(Deserialize)]
struct Stored {
    id: MediaId,
}

/// A file of a message.
#[derive(Debug)]
pub enum File {
    /// What it says.
    Here(Vec<u8>),
    /// It is still at WhatsApp.
    Waits,
    /// It cannot be had any more.
    Gone,
}

/// The API with a key.
#[derive(Clone)]
pub struct Api {
    client: Client,
    url: String,
    /// The API key.
    pub key: String,
}

impl Api {
    /// For this server and key.
    pub fn new(options: &PesanOptions, key: String) -> Result<Self> {
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(20)).build()?;
        Ok(Self {
            client,
            url: options.url(),
            key,
        })
    }

    /// Makes an organization, its owner and an API key in an empty data folder, before the server runs.
    pub async fn first_key(options: &PesanOptions) -> Result<String> {
        let failed = |what: &str| format!("{what}; see {}", options.log.display());
        let owner = ["user", "add", "--email", "owner@example.com", "--name", "Owner"];
        if !options.command()?.args(owner).output().await?.status.success() {
            return Err(failed("no owner was made").into());
        }
        let key = ["key", "add", "--name", "bench", "--scopes", "*"];
        let output = options.command()?.args(key).output().await?;
        let text = String::from_utf8(output.stdout)?;
        let key = text.split_whitespace().find(|word| word.starts_with("psk_"));
        key.map(str::to_owned)
            .ok_or_else(|| failed("no API key was made").into())
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.key)
    }

    async fn read<T: DeserializeOwned>(path: &str, answer: Response) -> Result<T> {
        let status = answer.status();
        if status.is_success() {
            return Ok(answer.json().await?);
        }
        let problem: Value = answer.json().await.unwrap_or_default();
        Err(format!("{path}: {status} {}", problem["code"]).into())
    }

    /// Asks for something.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        Self::read(path, self.request(Method::GET, path).send().await?).await
    }

    /// Posts something.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T> {
        Self::read(path, self.request(Method::POST, path).json(body).send().await?).await
    }

    /// Every page of a list.
    pub async fn all<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>> {
        let mut all = Vec::new();
        let mut after = String::new();
        loop {
            let mark = if path.contains('?') { '&' } else { '?' };
            let page: Page<T> = self.get(&format!("{path}{mark}limit=200{after}")).await?;
            all.extend(page.data);
            match page.next {
                Some(next) => after = format!("&after={next}"),
                None => return Ok(all),
            }
        }
    }

    /// Repeats a request until it is answered. Connections may break, and the server may be away.
    async fn until_answered<T: DeserializeOwned>(
        &self,
        request: impl Fn() -> RequestBuilder + Send,
        deadline: Instant,
    ) -> Result<T> {
        loop {
            if let Ok(answer) = request().send().await {
                let status = answer.status();
                if status.is_success() {
                    // The connection may still break in the middle of the body.
                    if let Ok(read) = answer.json().await {
                        return Ok(read);
                    }
                } else if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
                    let problem: Value = answer.json().await.unwrap_or_default();
                    return Err(format!("refused: {status} {} {}", problem["code"], problem["errors"]).into());
                }
            }
            if Instant::now() > deadline {
                return Err("never answered".into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Posts a message with an `Idempotency-Key`, until it is accepted: that is what the key is for. Gives the message and
    /// how often it was posted.
    pub async fn send_until_accepted(&self, key: &str, body: &Value, deadline: Instant) -> Result<(Message, u32)> {
        let posted = AtomicU32::new(0);
        let request = || {
            posted.fetch_add(1, Ordering::Relaxed);
            let request = self.request(Method::POST, "/v1/messages");
            request.header("Idempotency-Key", key).json(body)
        };
        let message = self.until_answered(request, deadline).await?;
        Ok((message, posted.into_inner()))
    }

    /// Stores a file, however often that takes.
    pub async fn upload_until_stored(&self, bytes: &[u8], mime: &str, deadline: Instant) -> Result<MediaId> {
        let request = || {
            let request = self.request(Method::POST, "/v1/media");
            request.header("Content-Type", mime).body(bytes.to_vec())
        };
        let stored: Stored = self.until_answered(request, deadline).await?;
        Ok(stored.id)
    }

    /// The newest messages of a chat, newest first, however often that takes.
    pub async fn newest_until_answered(&self, chat: ChatId, deadline: Instant) -> Result<Vec<Message>> {
        let path = format!("/v1/chats/{chat}/messages?limit=50");
        let page: Page<Message> = self
            .until_answered(|| self.request(Method::GET, &path), deadline)
            .await?;
        Ok(page.data)
    }

    /// A stored file, if it is here.
    pub async fn file(&self, id: MediaId) -> Result<File> {
        let path = format!("/v1/media/{id}/content");
        let answer = self.request(Method::GET, &path).send().await?;
        match answer.status() {
            StatusCode::OK => Ok(File::Here(answer.bytes().await?.to_vec())),
            StatusCode::CONFLICT => Ok(File::Waits),
            StatusCode::GONE => Ok(File::Gone),
            status => Err(format!("{path}: {status}").into()),
        }
    }

    /// Makes an account.
    pub async fn create_account(&self, name: &str) -> Result<Account> {
        self.post("/v1/accounts", &json!({"name": name})).await
    }

    /// An account.
    pub async fn account(&self, id: AccountId) -> Result<Account> {
        self.get(&format!("/v1/accounts/{id}")).await
    }

    /// Makes an account and links it to a phone by its QR code.
    pub async fn link(&self, phones: &Phones, phone: &str) -> Result<Account> {
        let account = self.create_account("Kantor").await?;
        let path = format!("/v1/accounts/{}", account.id);
        let _: Account = self.post(&format!("{path}/connect"), &json!({})).await?;
        let deadline = Instant::now() + Duration::from_secs(60);
        let code = loop {
            let request = self.request(Method::GET, &format!("{path}/qr"));
            let answer = request.header("Accept", "application/json").send().await?;
            if answer.status().is_success() {
                break answer.json::<Code>().await?.code;
            }
            if Instant::now() > deadline {
                return Err(format!("{path}/qr: {}", answer.status()).into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        phones.scan(phone, &code).await?;
        self.until_connected(account.id, deadline).await
    }

    /// Waits until the account is connected.
    pub async fn until_connected(&self, id: AccountId, deadline: Instant) -> Result<Account> {
        loop {
            let account = self.account(id).await?;
            if account.state == AccountState::Connected {
                return Ok(account);
            }
            if Instant::now() > deadline {
                return Err(format!("{id} is {}", account.state.name()).into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Lets an account send as fast as it can.
    pub async fn unpace(&self, id: AccountId) -> Result<()> {
        let path = format!("/v1/accounts/{id}");
        let request = self.request(Method::PATCH, &path).json(&json!({"pacing": null}));
        let _: Account = Self::read(&path, request.send().await?).await?;
        Ok(())
    }

    /// Makes a webhook.
    pub async fn create_webhook(&self, url: &str, events: &[&str]) -> Result<NewWebhook> {
        let body = json!({"url": url, "events": events, "envelope": "native"});
        self.post("/v1/webhooks", &body).await
    }

    /// A message.
    pub async fn message(&self, id: MessageId) -> Result<Message> {
        self.get(&format!("/v1/messages/{id}")).await
    }

    /// Every chat of an account.
    pub async fn chats(&self, account: AccountId) -> Result<Vec<Chat>> {
        self.all(&format!("/v1/chats?account_id={account}")).await
    }

    /// Every message of a chat, newest first.
    pub async fn messages(&self, chat: ChatId) -> Result<Vec<Message>> {
        self.all(&format!("/v1/chats/{chat}/messages")).await
    }

    /// A counter in `/metrics`: the sum of the lines that begin so.
    pub async fn counter(&self, line: &str) -> Result<f64> {
        let text = self.request(Method::GET, "/metrics").send().await?.text().await?;
        let values = text.lines().filter(|text| text.starts_with(line));
        Ok(values
            .filter_map(|text| text.rsplit(' ').next()?.parse::<f64>().ok())
            .sum())
    }

    /// Every account.
    pub async fn accounts(&self) -> Result<Vec<Account>> {
        self.all("/v1/accounts").await
    }
}
