//! The real whatsapp-rust client, as a test uses it.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use parking_lot::Mutex;
use tokio::sync::Notify;
use wacore::net::{HttpClient, HttpRequest, HttpResponse};
use wacore::store::InMemoryBackend;
use wanet::{LinkedDevice, Network, NewPhone};
use whatsapp_rust::prelude::*;
use whatsapp_rust_tokio_transport::{Connector, TokioWebSocketTransportFactory};

/// How long a fact may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

struct Web(reqwest::Client);

#[whatsapp_rust::async_trait]
impl HttpClient for Web {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, whatsapp_rust::anyhow::Error> {
        let method = request.method.parse()?;
        let mut call = self.0.request(method, &request.url);
        for (name, value) in &request.headers {
            call = call.header(name, value);
        }
        let answer = call.body(request.body.unwrap_or_default()).send().await?;
        let status_code = answer.status().as_u16();
        Ok(HttpResponse {
            status_code,
            body: answer.bytes().await?.to_vec(),
        })
    }
}

/// A connection that trusts the network's certificate.
fn transport(url: &str, cert_pem: &str) -> TokioWebSocketTransportFactory {
    let body: String = cert_pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = base64::engine::general_purpose::STANDARD
        .decode(body)
        .expect("the certificate is PEM");
    let mut roots = rustls::RootCertStore::empty();
    roots.add(der.into()).expect("the certificate can be trusted");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("usual versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = Connector::Rustls(tokio_rustls::TlsConnector::from(Arc::new(config)));
    TokioWebSocketTransportFactory::new()
        .with_url(url)
        .with_connector(connector)
}

/// Everything a client was told.
#[derive(Default)]
pub(crate) struct Heard {
    events: Mutex<Vec<Arc<Event>>>,
    rang: Notify,
}

impl Heard {
    /// The first event, of those so far and those to come, that means something.
    pub(crate) async fn first<T>(&self, what: &str, meaning: impl Fn(&Event) -> Option<T>) -> T {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let rang = self.rang.notified();
            tokio::pin!(rang);
            rang.as_mut().enable();
            if let Some(found) = self.events.lock().iter().find_map(|event| meaning(event)) {
                return found;
            }
            assert!(
                tokio::time::timeout_at(deadline, rang).await.is_ok(),
                "waited in vain for {what}"
            );
        }
    }

    pub(crate) fn all<T>(&self, meaning: impl Fn(&Event) -> Option<T>) -> Vec<T> {
        self.events.lock().iter().filter_map(|event| meaning(event)).collect()
    }

    /// Forgets what was heard so far.
    pub(crate) fn forget(&self) {
        self.events.lock().clear();
    }
}

/// A running client.
pub(crate) struct TestClient {
    pub(crate) client: Arc<Client>,
    pub(crate) heard: Arc<Heard>,
    pub(crate) backend: Arc<InMemoryBackend>,
    handle: BotHandle,
}

impl TestClient {
    pub(crate) async fn start(network: &Network, backend: Arc<InMemoryBackend>) -> Self {
        Self::start_at(&network.ws_url(), network.cert_pem(), backend).await
    }

    pub(crate) async fn start_at(url: &str, cert_pem: &str, backend: Arc<InMemoryBackend>) -> Self {
        Self::start_as(url, cert_pem, backend, None).await
    }

    /// A new client with a name.
    pub(crate) async fn start_named(network: &Network, name: &str) -> Self {
        let backend = Arc::new(InMemoryBackend::new());
        Self::start_as(&network.ws_url(), network.cert_pem(), backend, Some(name)).await
    }

    async fn start_as(url: &str, cert_pem: &str, backend: Arc<InMemoryBackend>, name: Option<&str>) -> Self {
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        drop(
            tracing_subscriber::fmt()
                .with_env_filter(filter)
                .with_test_writer()
                .try_init(),
        );
        drop(rustls::crypto::ring::default_provider().install_default());
        let certificate = reqwest::Certificate::from_pem(cert_pem.as_bytes()).expect("the certificate is PEM");
        let web = reqwest::Client::builder()
            .tls_certs_merge([certificate])
            .build()
            .expect("a web client");
        let heard = Arc::new(Heard::default());
        let ear = Arc::clone(&heard);
        let mut builder = Bot::builder()
            .with_backend_arc(Arc::clone(&backend) as Arc<dyn whatsapp_rust::store::traits::Backend>)
            .with_transport_factory(transport(url, cert_pem))
            .with_http_client(Web(web))
            .with_runtime(TokioRuntime)
            .with_wanted_pre_key_count(60)
            .with_version((2, 3000, 1_043_857_760))
            .with_event_delivery(EventDelivery::Ordered { capacity: 4096 })
            .on_event(move |event: Arc<Event>, _client| {
                let ear = Arc::clone(&ear);
                async move {
                    ear.events.lock().push(event);
                    ear.rang.notify_waiters();
                }
            });
        if let Some(name) = name {
            builder = builder.with_push_name(name);
        }
        let bot = builder.build().await.expect("the client is set up");
        let client = bot.client();
        let handle = bot.spawn();
        Self {
            client,
            heard,
            backend,
            handle,
        }
    }

    /// Adds the phone and links a fresh client to it.
    pub(crate) async fn linked(network: &Network, phone: &str, name: &str) -> (Self, LinkedDevice) {
        let new = NewPhone {
            phone: phone.into(),
            push_name: Some(name.into()),
            ..NewPhone::default()
        };
        network.add_phone(&new).expect("the phone is added");
        let client = Self::start(network, Arc::new(InMemoryBackend::new())).await;
        let device = client.link(network, phone).await;
        (client, device)
    }

    /// Shows its QR code to a phone and waits until it is connected.
    ///
    /// The library's two tasks that save the device can write an older state over a newer one, and the link is lost: then
    /// it shows another code, which is scanned like the first.
    pub(crate) async fn link(&self, network: &Network, phone: &str) -> LinkedDevice {
        let (mut scanned, mut device) = (Vec::new(), None);
        loop {
            let next = self
                .heard
                .first("a QR code and the connection", |event| match event {
                    Event::PairingQrCode(qr) if !scanned.contains(&qr.code) => Some(Some(qr.code.clone())),
                    Event::Connected(_) => Some(None),
                    _ => None,
                })
                .await;
            match (next, device.take()) {
                (Some(code), _) => {
                    device = Some(network.scan(phone, &code).await.expect("the scan succeeds"));
                    scanned.push(code);
                }
                (None, linked) => return linked.expect("it connects after a scan"),
            }
        }
    }

    pub(crate) async fn connected(&self) {
        self.heard
            .first("the connection", |event| {
                matches!(event, Event::Connected(_)).then_some(())
            })
            .await;
    }

    /// Waits for a text.
    pub(crate) async fn text(
        &self,
        wanted: &str,
    ) -> (Arc<MessageInfo>, Arc<whatsapp_rust::waproto::whatsapp::Message>) {
        self.heard
            .first(wanted, |event| match event {
                Event::Messages(batch) => batch.iter().find_map(|m| {
                    let found = m.message.text_content() == Some(wanted);
                    found.then(|| (Arc::clone(&m.info), Arc::clone(&m.message)))
                }),
                _ => None,
            })
            .await
    }

    /// How often a text was received.
    pub(crate) fn texts(&self, wanted: &str) -> usize {
        let batches = self.heard.all(|event| match event {
            Event::Messages(batch) => Some(
                batch
                    .iter()
                    .filter(|m| m.message.text_content() == Some(wanted))
                    .count(),
            ),
            _ => None,
        });
        batches.into_iter().sum()
    }

    /// Waits until the server acknowledged a message; the error if it refused.
    pub(crate) async fn acked(&self, id: &str) -> Option<String> {
        self.heard
            .first("the acknowledgement", |event| match event {
                Event::ServerAck(ack) if ack.id == id => Some(ack.error.as_ref().map(ToString::to_string)),
                _ => None,
            })
            .await
    }

    pub(crate) async fn stop(self) -> Arc<InMemoryBackend> {
        self.handle.shutdown().await;
        self.backend
    }
}

pub(crate) fn jid(phone: &str) -> Jid {
    Jid::pn(phone)
}
