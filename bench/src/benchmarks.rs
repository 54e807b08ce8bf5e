//! The benchmarks: each a function that prints its figures. Every one starts its own network and its own Pesan, each in
//! a process of its own, on an encrypted SQLite database.

pub mod accept;
pub mod bare;
pub mod end_to_end;
pub mod inside;
pub mod many;
pub mod network;
pub mod receive;
pub mod reconnect;
pub mod scale;
pub mod start;

use futures::StreamExt as _;
use pesan_model::account::Account;

use crate::Result;
use crate::pesan::Api;
use crate::phones::Phones;
use crate::programs::{Counting, PesanOptions, Programs, Wanet, WanetOptions};

/// A running network, and a Pesan that is set up and not running.
pub(crate) struct Bench {
    pub(crate) programs: Programs,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) wanet: Wanet,
    pub(crate) phones: Phones,
    pub(crate) options: PesanOptions,
    pub(crate) api: Api,
}

impl Bench {
    async fn new(counting: Counting) -> Result<Self> {
        let programs = Programs::beside_this_one()?;
        let folder = tempfile::Builder::new().prefix("pesan-bench").tempdir()?;
        let network = WanetOptions {
            counting,
            ..WanetOptions::default()
        };
        let wanet = Wanet::start(&programs, &network).await?;
        let options = PesanOptions::new(&programs, &folder.path().join("data"), &wanet.ws)?;
        let api = Api::new(&options, Api::first_key(&options).await?)?;
        Ok(Self {
            phones: Phones::of(&wanet)?,
            programs,
            folder,
            wanet,
            options,
            api,
        })
    }

    /// Links so many accounts.
    async fn link(&self, accounts: usize) -> Result<Vec<Account>> {
        let links = (0..accounts).map(|number| async move {
            let phone = format!("62800000{number:05}");
            self.phones.add(&phone).await?;
            self.api.link(&self.phones, &phone).await
        });
        let linked: Vec<Result<Account>> = futures::stream::iter(links).buffered(4).collect().await;
        linked.into_iter().collect()
    }

    /// Adds so many phones to write to.
    async fn people(&self, count: usize) -> Result<Vec<String>> {
        let mut people = Vec::new();
        for number in 0..count {
            let phone = format!("1555010{number:04}");
            self.phones.add(&phone).await?;
            people.push(phone);
        }
        Ok(people)
    }
}
