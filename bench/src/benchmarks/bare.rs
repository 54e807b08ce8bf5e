//! What Pesan is compared with: whatsapp-rust alone with everything in memory, and Baileys. Neither keeps anything.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;
use wacore::net::{HttpClient, HttpRequest, HttpResponse};
use wacore::store::InMemoryBackend;
use whatsapp_rust::prelude::*;
use whatsapp_rust_tokio_transport::TokioWebSocketTransportFactory;

use super::Bench;
use super::end_to_end::{ACCOUNTS, PHONES, Window};
use crate::Result;
use crate::figures::{cpu_seconds_of, say};
use crate::programs::Counting;

/// Sends of one client that are not acknowledged yet.
const OUTSTANDING: usize = 32;
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a client may take until it is connected.
const LINK_PATIENCE: Duration = Duration::from_secs(15);
/// How often a client is linked anew: with the library's own store in memory, now and then one loses what it was
/// told at linking to two tasks that save at the same time, and never logs in.
const LINKS: usize = 3;

/// There is nothing on the web for a simulated network.
struct NoWeb;

#[whatsapp_rust::async_trait]
impl HttpClient for NoWeb {
    async fn execute(&self, _request: HttpRequest) -> Result<HttpResponse, whatsapp_rust::anyhow::Error> {
        Err(std::io::Error::other("there is no web here").into())
    }
}

struct Sender {
    client: Arc<Client>,
    acknowledged: Arc<Semaphore>,
    // Ends the client when it is dropped.
    _handle: BotHandle,
}

/// Messages a second that as many clients as Pesan has accounts send, each acknowledged by the network.
pub(super) async fn whatsapp_rust(window: Window) -> Result<f64> {
    let bench = Bench::new(Counting::On).await?;
    let people = bench.people(PHONES).await?;
    let links = (0..ACCOUNTS).map(|number| link(&bench, number));
    let senders: Vec<Result<Sender>> = futures::stream::iter(links).buffered(4).collect().await;
    let mut tasks = Vec::new();
    for sender in senders {
        let (sender, people) = (Arc::new(sender?), people.clone());
        for lane in 0..4 {
            let (sender, people) = (sender.clone(), people.clone());
            tasks.push(crate::spawn(async move {
                // Four chats at a time; in each one after the other.
                for to in people.iter().skip(lane).step_by(4).cycle() {
                    let Ok(permit) = sender.acknowledged.acquire().await else {
                        return;
                    };
                    // Given back by the acknowledgement.
                    permit.forget();
                    if sender.client.send_text(Jid::pn(to), "A short text").await.is_err() {
                        sender.acknowledged.add_permits(1);
                    }
                }
            }));
        }
    }
    let rate = acknowledged(&bench, std::process::id(), window).await?;
    for task in tasks {
        task.abort();
    }
    Ok(rate)
}

/// What the network acknowledged in the window, and what it took both sides.
async fn acknowledged(bench: &Bench, sender: u32, window: Window) -> Result<f64> {
    tokio::time::sleep(window.warm_up).await;
    let (before, started) = (bench.phones.counted().await?, Instant::now());
    let cpu = (cpu_seconds_of(sender), cpu_seconds_of(bench.wanet.pid()));
    tokio::time::sleep(window.length).await;
    let after = bench.phones.counted().await?;
    let seconds = started.elapsed().as_secs_f64();
    say(&format!(
        "sender {} acknowledgements, {} new messages, {} at phones in {seconds:.1} s; processor: sender {:.1} s, network {:.1} s",
        after.acks_sent - before.acks_sent,
        after.messages - before.messages,
        after.phone_messages - before.phone_messages,
        cpu_seconds_of(sender) - cpu.0,
        cpu_seconds_of(bench.wanet.pid()) - cpu.1
    ));
    // A repeated id is acknowledged as well, and is no new message.
    let new = (after.messages - before.messages).min(after.acks_sent - before.acks_sent);
    Ok(new as f64 / seconds)
}

/// Links a client, anew where it does not connect.
async fn link(bench: &Bench, number: usize) -> Result<Sender> {
    let phone = format!("62800000{number:05}");
    bench.phones.add(&phone).await?;
    for _ in 1..LINKS {
        if let Ok(linked) = tokio::time::timeout(LINK_PATIENCE, link_once(bench, &phone)).await {
            return linked;
        }
        say("a bare client did not connect and is linked anew");
    }
    tokio::time::timeout(LINK_PATIENCE, link_once(bench, &phone)).await?
}

async fn link_once(bench: &Bench, phone: &str) -> Result<Sender> {
    let acknowledged = Arc::new(Semaphore::new(OUTSTANDING));
    let code = Arc::new(Mutex::new(None));
    let (heard, told, counted) = (Arc::new(Notify::new()), code.clone(), acknowledged.clone());
    let (connected, ear) = (Arc::new(Notify::new()), heard.clone());
    let online = connected.clone();
    let bot = Bot::builder()
        .with_backend_arc(Arc::new(InMemoryBackend::new()) as Arc<dyn whatsapp_rust::store::traits::Backend>)
        .with_transport_factory(TokioWebSocketTransportFactory::new().with_url(&bench.wanet.ws))
        .with_http_client(NoWeb)
        .with_runtime(TokioRuntime)
        .with_version((2, 3000, 1_043_857_760))
        .with_event_delivery(EventDelivery::Ordered { capacity: 4096 })
        .on_event(move |event: Arc<Event>, _client| {
            let (told, ear, counted, online) = (told.clone(), ear.clone(), counted.clone(), online.clone());
            async move {
                match &*event {
                    Event::PairingQrCode(qr) => {
                        *told.lock() = Some(qr.code.clone());
                        ear.notify_one();
                    }
                    Event::Connected(_) => online.notify_one(),
                    Event::ServerAck(ack) if ack.error.is_none() => counted.add_permits(1),
                    _ => {}
                }
            }
        })
        .build()
        .await?;
    let client = bot.client();
    let handle = bot.spawn();
    heard.notified().await;
    let shown = code.lock().take().ok_or("no QR code")?;
    bench.phones.scan(phone, &shown).await?;
    connected.notified().await;
    Ok(Sender {
        client,
        acknowledged,
        _handle: handle,
    })
}

/// Messages a second that one Baileys process sends, each acknowledged by the network.
pub(super) async fn baileys(window: Window) -> Result<f64> {
    let bench = Bench::new(Counting::On).await?;
    let people = bench.people(PHONES).await?;
    let number = "6280000000000";
    bench.phones.add(number).await?;
    let mut child = Command::new("node")
        .arg("bench/baileys/sender.mjs")
        .arg(&bench.wanet.ws)
        .arg(OUTSTANDING.to_string())
        .args(&people)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()?;
    let stdout = child.stdout.take().ok_or("its standard output is piped")?;
    let mut lines = BufReader::new(stdout).lines();
    let code = tokio::time::timeout(PATIENCE, lines.next_line())
        .await??
        .ok_or("Baileys ended")?;
    bench.phones.scan(number, &code).await?;
    let ready = tokio::time::timeout(PATIENCE, lines.next_line())
        .await??
        .ok_or("Baileys ended")?;
    say(&format!("baileys {ready}"));
    let rate = acknowledged(&bench, child.id().unwrap_or(0), window).await?;
    child.kill().await?;
    Ok(rate)
}
