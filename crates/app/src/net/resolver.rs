//! Names to addresses: what a name resolves to is checked, and exactly what was checked is connected to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::target::{self, Refusal, Targets};

/// Where addresses of names come from.
pub(super) trait Lookup: Send + Sync {
    /// Every address of the name.
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The operating system.
pub(super) struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Lets only allowed addresses through.
pub(super) struct Guard {
    targets: Targets,
    lookup: Arc<dyn Lookup>,
}

impl Guard {
    pub(super) fn new(targets: Targets, lookup: Arc<dyn Lookup>) -> Self {
        Self { targets, lookup }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let targets = self.targets;
        let found = self.lookup.lookup(name.as_str().to_owned());
        Box::pin(async move {
            let allowed: Vec<SocketAddr> = found
                .await?
                .into_iter()
                .filter(|&ip| target::allows(ip, targets))
                .map(|ip| SocketAddr::new(ip, 0))
                .collect();
            if allowed.is_empty() {
                return Err(Refusal::Network.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
