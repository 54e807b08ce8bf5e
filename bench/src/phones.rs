//! The simulated phones, through the admin interface of `wanet`.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::{Client, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Result;
use crate::programs::Wanet;

/// A message on a phone.
#[derive(Debug, Deserialize)]
pub struct Shown {
    /// Its place among those of the phone.
    pub seq: u64,
    /// WhatsApp's id.
    pub id: String,
    /// `in` or `out`.
    pub direction: String,
    /// The other side.
    pub chat: String,
    /// `text`, `image`, `reaction`, ….
    pub kind: String,
    /// What it says.
    pub text: Option<String>,
    /// The emoji of a reaction.
    pub reaction: Option<String>,
    /// WhatsApp's id of the message that it answers or reacts to.
    pub reply_to: Option<String>,
    /// How often its stanza arrived at the server.
    pub arrivals: u32,
    /// How often it reached the screen.
    pub shown: u32,
}

/// What the network counted.
#[derive(Debug, Deserialize)]
pub struct Counted {
    /// Devices that are logged in.
    pub online_devices: u64,
    /// Messages that were relayed.
    pub messages: u64,
    /// Messages that were acknowledged and dropped because their id had been used.
    pub duplicates_dropped: u64,
    /// Messages sent again because a device asked for it.
    pub retries: u64,
    /// Messages that phones could not decrypt at first.
    pub phone_undecryptable: u64,
    /// How often phones were asked for a message again.
    pub wanted_again: u64,
    /// Messages that reached phones.
    pub phone_messages: u64,
    /// Acknowledgements of messages.
    pub acks_sent: u64,
    /// Log-ins.
    pub logins: u64,
    /// Stanzas that the network does not understand.
    pub unknown: BTreeMap<String, u64>,
}

/// What two phones have said to each other before one of them was linked.
#[derive(Debug, Clone, Serialize)]
pub struct PastChat {
    /// The other phone.
    pub with: String,
    /// Oldest first.
    pub messages: Vec<PastMessage>,
}

/// One message of it.
#[derive(Debug, Clone, Serialize)]
pub struct PastMessage {
    /// WhatsApp's id.
    pub id: String,
    /// Whether the phone that is linked wrote it.
    pub from_me: bool,
    /// What it says.
    pub text: String,
    /// When, in seconds.
    pub timestamp: u64,
}

#[derive(Deserialize)]
struct Sent {
    id: String,
}

/// The admin interface.
#[derive(Clone)]
pub struct Phones {
    client: Client,
    url: String,
}

impl Phones {
    /// Of a running network.
    pub fn of(wanet: &Wanet) -> Result<Self> {
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(60)).build()?;
        let url = wanet.admin.trim_end_matches('/').trim_end_matches("/admin").to_owned();
        Ok(Self { client, url })
    }

    /// The address of the admin interface as host and port.
    pub fn host(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    async fn read<T: DeserializeOwned>(answer: Response) -> Result<T> {
        if answer.status().is_success() {
            return Ok(answer.json().await?);
        }
        Err(format!("wanet: {} {}", answer.status(), answer.text().await?).into())
    }

    /// Adds a phone.
    pub async fn add(&self, phone: &str) -> Result<()> {
        self.add_with_history(phone, &[]).await
    }

    /// Adds a phone that tells nobody what reached it.
    pub async fn add_silent(&self, phone: &str) -> Result<()> {
        self.make(phone, json!({"delivered_receipts": false})).await
    }

    /// Adds a phone that has talked with other phones before.
    pub async fn add_with_history(&self, phone: &str, history: &[PastChat]) -> Result<()> {
        self.make(phone, json!({"history": history})).await
    }

    async fn make(&self, phone: &str, mut body: serde_json::Value) -> Result<()> {
        let url = format!("{}/admin/phones", self.url);
        body["phone"] = phone.into();
        body["push_name"] = format!("Phone {}", &phone[phone.len() - 4..]).into();
        let _: serde_json::Value = Self::read(self.client.post(url).json(&body).send().await?).await?;
        Ok(())
    }

    /// Scans a QR code; returns once the companion is linked.
    pub async fn scan(&self, phone: &str, code: &str) -> Result<()> {
        let url = format!("{}/admin/phones/{phone}/scan", self.url);
        let answer = self.client.post(url).body(code.to_owned()).send().await?;
        let _: serde_json::Value = Self::read(answer).await?;
        Ok(())
    }

    /// Sends a message from a phone; gives WhatsApp's id.
    pub async fn send(&self, phone: &str, body: &serde_json::Value) -> Result<String> {
        let url = format!("{}/admin/phones/{phone}/messages", self.url);
        let sent: Sent = Self::read(self.client.post(url).json(body).send().await?).await?;
        Ok(sent.id)
    }

    /// Everything on a phone after a place, 0 being before everything.
    pub async fn shown(&self, phone: &str, after: u64) -> Result<Vec<Shown>> {
        let url = format!("{}/admin/phones/{phone}/messages?after={after}", self.url);
        Self::read(self.client.get(url).send().await?).await
    }

    /// The file of a message on a phone, in clear; nothing when it cannot be had.
    pub async fn file(&self, phone: &str, id: &str) -> Result<Option<Vec<u8>>> {
        let url = format!("{}/admin/phones/{phone}/messages/{id}/media", self.url);
        let answer = self.client.get(url).send().await?;
        if !answer.status().is_success() {
            return Ok(None);
        }
        Ok(Some(answer.bytes().await?.to_vec()))
    }

    /// What the network counted so far.
    pub async fn counted(&self) -> Result<Counted> {
        let url = format!("{}/admin/stats", self.url);
        Self::read(self.client.get(url).send().await?).await
    }
}
