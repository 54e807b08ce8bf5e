//! The TLS listener with its self-signed certificate, made for loopback.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::generate_simple_self_signed;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::error::Error;

/// A certificate and the configuration that uses it.
pub(crate) struct Identity {
    pub cert_pem: String,
    config: Arc<ServerConfig>,
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::io("making a certificate", io::Error::other(error.to_string()))
}

impl Identity {
    /// A certificate for loopback, valid in this process only unless it is stored by the caller.
    pub(crate) fn generate(dir: Option<&std::path::Path>) -> Result<Self, Error> {
        let (cert_path, key_path) = (dir.map(|d| d.join("tls.pem")), dir.map(|d| d.join("tls.key")));
        if let (Some(cert_path), Some(key_path)) = (&cert_path, &key_path)
            && let (Ok(cert), Ok(key)) = (std::fs::read_to_string(cert_path), std::fs::read_to_string(key_path))
        {
            return Self::from_pem(&cert, &key);
        }
        let names = vec![
            "127.0.0.1".to_owned(),
            "::1".to_owned(),
            "localhost".to_owned(),
            "wanet".to_owned(),
        ];
        let made = generate_simple_self_signed(names).map_err(failed)?;
        let (cert, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        if let (Some(cert_path), Some(key_path)) = (cert_path, key_path) {
            std::fs::write(key_path, &key).map_err(|e| Error::io("storing the TLS key", e))?;
            std::fs::write(cert_path, &cert).map_err(|e| Error::io("storing the TLS certificate", e))?;
        }
        Self::from_pem(&cert, &key)
    }

    fn from_pem(cert: &str, key: &str) -> Result<Self, Error> {
        let chain = vec![der(cert)?.into()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(der(key)?));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(failed)?;
        Ok(Self {
            cert_pem: cert.to_owned(),
            config: Arc::new(config),
        })
    }
}

/// The bytes of a PEM block.
fn der(pem: &str) -> Result<Vec<u8>, Error> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    crate::crypto::unb64(&body).ok_or_else(|| failed("not PEM"))
}

/// Accepts TLS connections; handshakes do not hold each other up.
pub(crate) struct TlsListener {
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl TlsListener {
    pub(crate) fn start(listener: TcpListener, identity: &Identity, stop: CancellationToken) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let acceptor = TlsAcceptor::from(Arc::clone(&identity.config));
        let (sender, ready) = mpsc::channel(64);
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    () = stop.cancelled() => return,
                    accepted = listener.accept() => accepted,
                };
                let Ok((stream, peer)) = accepted else { continue };
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "a socket option was refused");
                    }
                    match acceptor.accept(stream).await {
                        Ok(stream) => {
                            if sender.send((stream, peer)).await.is_err() {
                                tracing::debug!("the network is shutting down");
                            }
                        }
                        Err(error) => tracing::debug!(%error, "a TLS handshake failed"),
                    }
                });
            }
        });
        Ok(Self { ready, address })
    }
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address)
    }
}
