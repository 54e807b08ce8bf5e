//! The TLS listener with its self-signed certificate, made for loopback.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rcgen::generate_simple_self_signed;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::error::Error;
use crate::hub::Hub;

const PATIENCE: Duration = Duration::from_secs(10);

type Accepted = (TlsStream<TcpStream>, SocketAddr);

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
    ready: mpsc::Receiver<Accepted>,
    address: SocketAddr,
}

impl TlsListener {
    pub(crate) fn start(listener: TcpListener, identity: &Identity, hub: &Arc<Hub>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let acceptor = TlsAcceptor::from(Arc::clone(&identity.config));
        let (sender, ready) = mpsc::channel(64);
        let workers = Arc::clone(hub);
        hub.spawn(async move {
            loop {
                let Ok((stream, peer)) = listener.accept().await else {
                    continue;
                };
                workers.spawn(greet(acceptor.clone(), stream, peer, sender.clone()));
            }
        });
        Ok(Self { ready, address })
    }
}

/// One handshake. A client that does not finish it is let go.
async fn greet(acceptor: TlsAcceptor, stream: TcpStream, peer: SocketAddr, ready: mpsc::Sender<Accepted>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a socket option was refused");
    }
    match tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            if ready.send((stream, peer)).await.is_err() {
                tracing::debug!("the network is shutting down");
            }
        }
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake was not finished"),
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
