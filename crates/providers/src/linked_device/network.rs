//! Where WhatsApp is, and that a sandbox build reaches nothing but this machine.

use std::sync::Arc;

use async_trait::async_trait;
use wacore::net::{Transport, TransportEvent, TransportFactory};
use whatsapp_rust_tokio_transport::TokioWebSocketTransportFactory;

/// Where WhatsApp is and how to reach it.
#[derive(Debug, Clone)]
pub struct Network {
    /// The WebSocket: `wss://web.whatsapp.com/ws/chat`, or that of a simulated network.
    pub ws_url: String,
    /// What `https://<media host>` is replaced by, for simulated networks that serve files over plain HTTP.
    pub media_base: Option<String>,
    /// Which version of WhatsApp Web we say we are. A network without web pages needs it; else it is looked up.
    pub version: Option<(u32, u32, u32)>,
    /// Fetches and uploads files.
    pub http: reqwest::Client,
}

/// Why an address may not be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// Not an address.
    #[error("{0} is not a URL")]
    NotAUrl(String),
    /// A sandbox build does not check who the other side is, so it talks to this machine only.
    #[error("this build is for a simulated network on this machine and refuses to connect to {0}")]
    NotLoopback(String),
}

/// Whether this build may connect to `url`.
pub(super) fn allowed(url: &str) -> Result<(), NetworkError> {
    let parsed = reqwest::Url::parse(url).map_err(|_| NetworkError::NotAUrl(url.to_owned()))?;
    let host = parsed.host_str().ok_or_else(|| NetworkError::NotAUrl(url.to_owned()))?;
    if cfg!(feature = "sandbox") && !is_loopback(host) {
        return Err(NetworkError::NotLoopback(host.to_owned()));
    }
    Ok(())
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// One way to open sockets for all accounts: the TLS settings are made once.
#[derive(Clone)]
pub(super) struct Sockets(Arc<TokioWebSocketTransportFactory>);

impl Sockets {
    pub(super) fn new(network: &Network) -> Result<Self, NetworkError> {
        allowed(&network.ws_url)?;
        let factory = TokioWebSocketTransportFactory::new()
            .with_url(network.ws_url.clone())
            .with_connector(whatsapp_rust_tokio_transport::default_tls_connector());
        Ok(Self(Arc::new(factory)))
    }
}

#[async_trait]
impl TransportFactory for Sockets {
    async fn create_transport(
        &self,
    ) -> whatsapp_rust::anyhow::Result<(
        Arc<dyn Transport>,
        whatsapp_rust::async_channel::Receiver<TransportEvent>,
    )> {
        self.0.create_transport().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(feature = "sandbox")]
    fn a_sandbox_build_refuses_every_host_but_this_machine() {
        for url in [
            "ws://127.0.0.1:8089/ws/chat",
            "wss://localhost:8090/ws/chat",
            "http://[::1]:1/",
            "ws://127.8.0.1/",
        ] {
            assert_eq!(allowed(url), Ok(()), "{url}");
        }
        for url in [
            "wss://web.whatsapp.com/ws/chat",
            "https://mmg.whatsapp.net/v/1",
            "ws://10.0.0.1/",
            "ws://127.0.0.1.example/",
        ] {
            let refused = allowed(url).expect_err(url);
            assert!(refused.to_string().contains("refuses to connect"), "{refused}");
        }
        assert_eq!(allowed("ws"), Err(NetworkError::NotAUrl("ws".into())));
    }

    #[test]
    #[cfg(not(feature = "sandbox"))]
    fn a_real_build_connects_anywhere_and_checks_certificates() {
        assert_eq!(allowed("wss://web.whatsapp.com/ws/chat"), Ok(()));
        assert_eq!(allowed("ws"), Err(NetworkError::NotAUrl("ws".into())));
    }
}
