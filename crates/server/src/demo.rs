//! The demo: a simulated WhatsApp network in this process, an owner, an API key, and sample chats.
//!
//! The chats are made by real messages over the simulated network. A second start goes on with what is there.

mod seed;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use pesan_app::Caller;
use pesan_app::access::keys::{self, NewKey};
use pesan_app::access::organizations;
use pesan_app::access::users::{self, NewUser};
use pesan_model::{OrganizationId, Permission};
use serde::{Deserialize, Serialize};
use wanet::Network;

use crate::config::Config;
use crate::run::{Opened, Running, StartError};

const ORGANIZATION: &str = "Toko Sejahtera";
const EMAIL: &str = "owner@example.com";
const KEPT: &str = "demo.json";

/// Where a demo runs.
pub struct Place {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// The data folder.
    pub data: PathBuf,
}

/// A running demo.
pub struct Demo {
    running: Running,
    network: Arc<Network>,
    kept: Kept,
    url: String,
}

/// What a second start must know again.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    owner: Owner,
    api_key: String,
    organization_id: OrganizationId,
    is_seeded: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Owner {
    email: String,
    password: String,
}

/// The line that scripts read.
#[derive(Serialize)]
struct Line<'a> {
    url: &'a str,
    owner: &'a Owner,
    api_key: &'a str,
    organization_id: OrganizationId,
    wanet: Addresses,
}

#[derive(Serialize)]
struct Addresses {
    ws: String,
    admin: String,
}

impl Demo {
    /// Starts the network and the server, and fills both at the first start.
    pub async fn start(place: &Place) -> Result<Self, StartError> {
        let mut config = Config::default();
        config.http.listen = place.listen;
        config.data.dir.clone_from(&place.data);
        config.outbound.allow_private_targets = true;
        "warn".clone_into(&mut config.log.level);
        if let Ok(level) = std::env::var("PESAN_LOG__LEVEL") {
            config.log.level = level;
        }
        crate::telemetry::log(&config.log);
        let mut opened = Opened::to_serve(&config).await?;
        let network = Network::start(wanet::Options {
            state_dir: Some(place.data.join("wanet")),
            ..wanet::Options::default()
        })
        .await
        .map_err(|error| StartError::Other(format!("could not start the simulated network: {error}")))?;
        let network = Arc::new(network);
        config.sandbox.ws = Some(network.ws_url());
        opened.network = Some(network.clone());
        let mut kept = Kept::of(&opened).await?;
        let running = opened.start(&config).await?;
        if !kept.is_seeded {
            seed::run(running.app(), &network, &Caller::system(kept.organization_id)).await?;
            kept.is_seeded = true;
            running.keep(KEPT, &kept.text())?;
        }
        let url = config.public_url_at(running.address);
        Ok(Self {
            running,
            network,
            kept,
            url,
        })
    }

    /// What scripts read, in one line.
    pub fn json(&self) -> String {
        let line = Line {
            url: &self.url,
            owner: &self.kept.owner,
            api_key: &self.kept.api_key,
            organization_id: self.kept.organization_id,
            wanet: Addresses {
                ws: self.network.ws_url(),
                admin: self.network.admin_url(),
            },
        };
        serde_json::to_string(&line).expect("plain texts serialize")
    }

    /// What people read.
    pub fn text(&self) -> String {
        let Self { url, kept, network, .. } = self;
        let admin = network.admin_url();
        format!(
            "Pesan's demo is ready. Everything in it is simulated; nothing leaves this machine.\n\n\
             \x20 Web app        {url}\n\
             \x20 E-mail         {}\n\
             \x20 Password       {}\n\
             \x20 API key        {}\n\
             \x20 API reference  {url}/docs\n\
             \x20 Phones         {admin}/admin/phones\n\n\
             Link the account \"{}\": connect it in the web app, copy the text of its QR code, and let a phone scan it:\n\n\
             \x20 curl -X POST {admin}/admin/phones/{}/scan --data-raw '<text of the QR code>'\n\n\
             Stop with Ctrl+C. A second start goes on with the same data.\n",
            kept.owner.email,
            kept.owner.password,
            kept.api_key,
            seed::UNLINKED.name,
            seed::UNLINKED.phone,
        )
    }

    /// Serves until the process is told to end, then ends in order.
    pub async fn until_end(self) -> bool {
        let is_well = self.running.until_end().await;
        self.network.shutdown().await;
        is_well
    }
}

impl Kept {
    fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain texts serialize")
    }

    /// What the first start wrote, or a new owner and key.
    async fn of(opened: &Opened) -> Result<Self, StartError> {
        let path = opened.data.path().join(KEPT);
        if let Ok(text) = std::fs::read_to_string(&path) {
            return serde_json::from_str(&text)
                .map_err(|error| StartError::Other(format!("{} is damaged: {error}", path.display())));
        }
        let app = &opened.app;
        let owner = Owner {
            email: EMAIL.to_owned(),
            password: crate::cli::made_up_password(),
        };
        // A start that was killed here before left an owner whose password nobody knows.
        let user = match organizations::list_ids(app).await?.first() {
            Some(_) => users::set_password(app, EMAIL, owner.password.clone()).await?,
            None => {
                let new = NewUser {
                    email: EMAIL.to_owned(),
                    name: "Sari".to_owned(),
                    password: owner.password.clone(),
                };
                organizations::create(app, ORGANIZATION, new).await?
            }
        };
        let organization_id = user.organization_id;
        let new = NewKey {
            name: "Demo".to_owned(),
            scopes: Permission::ALL.to_vec(),
        };
        let created = keys::create(app, &Caller::system(organization_id), new, None).await?;
        let kept = Self {
            owner,
            api_key: created.key.unwrap_or_default(),
            organization_id,
            is_seeded: false,
        };
        opened.data.write(KEPT, &kept.text())?;
        Ok(kept)
    }
}
