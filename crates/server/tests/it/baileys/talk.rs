//! A running Pesan with one account that is linked by its QR code, and Grace, who uses Baileys.

use std::fmt::Write as _;
use std::ops::{Deref, DerefMut};

use pesan_store::testing::{TestDatabase, postgres};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wanet::{FaultKind, NewFault, NewPhone};

use crate::peer::Peer;
use crate::product::{Pace, Product};

/// The number of the linked account.
pub(crate) const OWN: &str = "6280000000201";
/// The number of the person with Baileys.
pub(crate) const GRACE: &str = "6280000000202";
/// Somebody with only a phone.
pub(crate) const EVE: &str = "6280000000203";

/// Everything that takes part in a conversation.
pub(crate) struct Talk {
    pub(crate) grace: Peer,
    product: Product,
}

impl Deref for Talk {
    type Target = Product;

    fn deref(&self) -> &Product {
        &self.product
    }
}

impl DerefMut for Talk {
    fn deref_mut(&mut self) -> &mut Product {
        &mut self.product
    }
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
        let mut product = Product::start(database, Pace::AsShipped).await;
        for (phone, name) in [(OWN, "Toko"), (GRACE, "Grace"), (EVE, "Eve")] {
            // The receipts in these tests come from the programs, not from the phones behind them.
            let new = NewPhone {
                phone: phone.to_owned(),
                push_name: Some(name.to_owned()),
                delivered_receipts: Some(false),
                ..NewPhone::default()
            };
            product.network.add_phone(&new).expect("the phone is added");
        }
        let grace = Peer::start(&product.network.ws_url(), product.network.cert_pem(), "Grace");
        product.link(OWN).await;
        let talk = Self { grace, product };
        let code = talk.grace.qr().await;
        talk.network.scan(GRACE, &code).await.expect("Baileys is linked");
        talk.grace.event(json!({"event": "connected"})).await;
        talk
    }

    /// Sends a message to Grace and gives its id.
    pub(crate) async fn send(&self, message: &Value) -> String {
        self.send_to(&format!("+{GRACE}"), message).await
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
        let Self { grace, product } = self;
        product.end_after(retries).await;
        drop(grace);
    }
}
