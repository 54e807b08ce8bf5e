//! How many messages a second the network carries between two real clients in this process, and how much memory it takes
//! for many accounts. Run it in release: `cargo run --release -p wanet --example throughput -- 20000`.

#![recursion_limit = "512"]

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use wacore::net::{HttpClient, HttpRequest, HttpResponse};
use wacore::store::InMemoryBackend;
use wanet::{Network, NewPhone, Options, PhoneMode};
use whatsapp_rust::prelude::*;
use whatsapp_rust_tokio_transport::TokioWebSocketTransportFactory;

struct NoWeb;

#[whatsapp_rust::async_trait]
impl HttpClient for NoWeb {
    async fn execute(&self, _: HttpRequest) -> Result<HttpResponse, whatsapp_rust::anyhow::Error> {
        Err(whatsapp_rust::anyhow::anyhow!("this client only writes texts"))
    }
}

/// What a client has heard.
#[derive(Default)]
struct Heard {
    texts: AtomicUsize,
    changed: Notify,
    qr: parking_lot::Mutex<Option<String>>,
}

async fn start(network: &Network, phone: &str) -> (Arc<Client>, Arc<Heard>, BotHandle) {
    let heard = Arc::new(Heard::default());
    let ear = Arc::clone(&heard);
    let bot = Bot::builder()
        .with_backend_arc(Arc::new(InMemoryBackend::new()) as Arc<dyn whatsapp_rust::store::traits::Backend>)
        .with_transport_factory(TokioWebSocketTransportFactory::new().with_url(network.ws_url()))
        .with_http_client(NoWeb)
        .with_runtime(TokioRuntime)
        .with_version((2, 3000, 1_043_857_760))
        .with_event_delivery(EventDelivery::Ordered { capacity: 65_536 })
        .on_event(move |event: Arc<Event>, _client| {
            let ear = Arc::clone(&ear);
            async move {
                match &*event {
                    Event::Messages(batch) => {
                        ear.texts.fetch_add(batch.iter().count(), Ordering::Relaxed);
                    }
                    Event::PairingQrCode(qr) => *ear.qr.lock() = Some(qr.code.clone()),
                    _ => return,
                }
                ear.changed.notify_waiters();
            }
        })
        .build()
        .await
        .expect("the client is set up");
    network
        .add_phone(&NewPhone {
            phone: phone.into(),
            ..NewPhone::default()
        })
        .expect("added");
    let (client, handle) = (bot.client(), bot.spawn());
    let code = wait(&heard, || heard.qr.lock().clone()).await;
    network.scan(phone, &code).await.expect("linked");
    client
        .wait_for_connected(Duration::from_secs(30))
        .await
        .expect("connected");
    (client, heard, handle)
}

async fn wait<T>(heard: &Heard, found: impl Fn() -> Option<T>) -> T {
    loop {
        let changed = heard.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        if let Some(found) = found() {
            return found;
        }
        changed.await;
    }
}

/// Resident memory in MiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
        .unwrap_or(0)
        / 1024
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let network = Network::start(Options {
        phones: PhoneMode::Count,
        ..Options::default()
    })
    .await?;
    let (one, _, one_handle) = start(&network, "15550100001").await;
    let (_, heard, other_handle) = start(&network, "15550100002").await;
    let to = Jid::pn("15550100002");
    one.send_text(to.clone(), "first").await?;
    wait(&heard, || (heard.texts.load(Ordering::Relaxed) >= 1).then_some(())).await;
    let began = tokio::time::Instant::now();
    for _ in 0..count {
        one.send_text(to.clone(), "a text of an ordinary length, as people write them")
            .await?;
    }
    wait(&heard, || (heard.texts.load(Ordering::Relaxed) > count).then_some(())).await;
    let seconds = began.elapsed().as_secs_f64();
    let rate = count as f64 / seconds;
    let stats = network.stats();
    let before = resident();
    network.seed(5_000);
    let figures = serde_json::json!({
        "messages": count,
        "seconds": seconds,
        "messages_per_second": rate,
        "relayed": stats.messages,
        "unknown": stats.unknown,
        "mib_before_5000_accounts": before,
        "mib_with_5000_accounts": resident(),
    });
    writeln!(std::io::stdout(), "{figures}")?;
    one_handle.shutdown().await;
    other_handle.shutdown().await;
    network.shutdown().await;
    Ok(())
}
