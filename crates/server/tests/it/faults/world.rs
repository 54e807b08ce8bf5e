//! A Pesan whose account is linked, two people with phones, and what goes wrong between them.

use std::ops::{Deref, DerefMut};

use axum::http::Method;
use pesan_store::testing::postgres;
use serde_json::{Value, json};
use wanet::{FaultKind, NewFault, NewPhone};

use crate::product::{PATIENCE, Pace, Product};

/// The number of the linked account.
pub(crate) const TOKO: &str = "6280000000301";
/// Somebody whose phone confirms nothing by itself.
pub(crate) const SARI: &str = "6280000000302";
/// Somebody whose phone confirms what reaches it.
pub(crate) const BUDI: &str = "6280000000303";

/// Everything that takes part.
pub(crate) struct World {
    product: Product,
    /// How long the account's history was when it had been linked.
    linked: usize,
    /// Messages that were sent again because a device could not read them.
    pub(crate) retries: u64,
}

impl Deref for World {
    type Target = Product;

    fn deref(&self) -> &Product {
        &self.product
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Product {
        &mut self.product
    }
}

/// Runs a test on SQLite and on PostgreSQL, at the same time.
pub(crate) async fn on_both(pace: Pace, test: impl AsyncFn(&mut World)) {
    let run = async |database| {
        let mut world = World::start(Product::start(database, pace).await).await;
        test(&mut world).await;
        world.product.end_after(world.retries).await;
    };
    let database = postgres().await;
    // Boxed, because a whole product is large for the stack of a test.
    futures::join!(Box::pin(run(None)), Box::pin(run(Some(database))));
}

/// A fault of the account's device, once.
pub(crate) fn of_toko(fault: FaultKind) -> NewFault {
    NewFault::once(fault).phone(TOKO).device(1)
}

/// The same with the next message to somebody.
pub(crate) fn to(person: &str, fault: FaultKind) -> NewFault {
    NewFault {
        chat: Some(person.to_owned()),
        ..of_toko(fault).stanza("message")
    }
}

impl World {
    async fn start(mut product: Product) -> Self {
        for (phone, name, confirms) in [(TOKO, "Toko", false), (SARI, "Sari", false), (BUDI, "Budi", true)] {
            let new = NewPhone {
                phone: phone.to_owned(),
                push_name: Some(name.to_owned()),
                delivered_receipts: Some(confirms),
                ..NewPhone::default()
            };
            product.network.add_phone(&new).expect("the phone is added");
        }
        product.link(TOKO).await;
        let linked = product.history().await.len();
        Self {
            product,
            linked,
            retries: 0,
        }
    }

    /// Orders a fault, as a tester does.
    pub(crate) async fn disturb(&self, fault: &NewFault) -> Value {
        self.admin(Method::POST, "/admin/faults", &json!(fault)).await
    }

    /// Sends a text.
    pub(crate) async fn send(&self, to: &str, text: &str) -> String {
        self.send_to(&format!("+{to}"), &json!({"type": "text", "text": {"body": text}}))
            .await
    }

    /// Sends a text while the account is not connected: it is kept, and the answer says so.
    pub(crate) async fn send_offline(&self, to: &str, text: &str) -> String {
        let body = json!({"account_id": self.account, "to": format!("+{to}"), "type": "text", "text": {"body": text}});
        let kept = self.post("/v1/messages", &body).await;
        assert_eq!(kept["session_disconnected"], true, "{kept}");
        assert_eq!(kept["problem"]["code"], "session_disconnected");
        assert_eq!(kept["problem"]["detail"], self.account().await["advice"]);
        assert_eq!(kept["status"], "queued");
        kept["id"].as_str().expect("an id").to_owned()
    }

    /// A message as the API shows it.
    pub(crate) async fn message(&self, id: &str) -> Value {
        self.get(&format!("/v1/messages/{id}")).await
    }

    /// Checks that a message of ours was shown once, and gives how often it arrived at the server.
    pub(crate) async fn shown_once(&self, person: &str, id: &str) -> u64 {
        let wa_id = self.message(id).await["wa_id"].as_str().expect("an id").to_owned();
        let seen = self
            .network
            .wait_message(person, PATIENCE, |seen| seen.id == wa_id)
            .await;
        seen.expect("it arrives");
        let path = format!("/admin/phones/{person}/messages");
        let inbox = self.admin(Method::GET, &path, &Value::Null).await;
        let inbox = inbox.as_array().expect("a list").iter();
        let same: Vec<_> = inbox.filter(|seen| seen["id"] == wa_id.as_str()).collect();
        assert_eq!(same.len(), 1, "{same:?}");
        assert_eq!(same[0]["shown"], 1, "{same:?}");
        same[0]["arrivals"].as_u64().expect("a number")
    }

    /// Checks that nothing of a message of ours is at a person's phone.
    pub(crate) async fn never_shown(&self, person: &str, id: &str) {
        let wa_id = self.message(id).await["wa_id"].as_str().expect("an id").to_owned();
        let inbox = self.network.phone_messages(person, 0).expect("an inbox");
        assert!(inbox.iter().all(|seen| seen.id != wa_id));
    }

    /// The texts that a person has seen, in order.
    pub(crate) fn texts(&self, person: &str) -> Vec<String> {
        let inbox = self.network.phone_messages(person, 0).expect("an inbox");
        inbox.into_iter().filter_map(|seen| seen.text).collect()
    }

    /// What was told of a message, in order, without what it is about.
    pub(crate) async fn told_of(&self, id: &str) -> Vec<String> {
        let log = self.log().await;
        let about = log.iter().filter(|event| event["data"]["id"] == id);
        let kind = |event: &Value| {
            event["type"]
                .as_str()
                .and_then(|kind| kind.strip_prefix("message."))
                .map(str::to_owned)
        };
        about.filter_map(kind).collect()
    }

    /// Waits until the account's history since it was linked is exactly this, oldest first.
    pub(crate) async fn goes_through(&mut self, steps: &[&str]) {
        loop {
            let history = self.history().await;
            let since = &history[self.linked..];
            if since.len() >= steps.len() {
                assert_eq!(since, steps);
                return;
            }
            assert_eq!(since, &steps[..since.len()], "as far as it is");
            self.next_event().await;
        }
    }
}
