//! A mail server that takes everything and lets it be read.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use pesan_app::Lifecycle;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How long a mail may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A mail as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) to: String,
    /// Headers and text, with soft line breaks taken out.
    pub(crate) text: String,
}

/// The server.
pub(crate) struct Mailbox {
    /// For the settings.
    pub(crate) url: String,
    mails: Arc<Mutex<Vec<Received>>>,
    came: watch::Receiver<usize>,
    lifecycle: Lifecycle,
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.lifecycle.hard().cancel();
    }
}

impl Mailbox {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("smtp://{}", listener.local_addr().expect("an address"));
        let mails: Arc<Mutex<Vec<Received>>> = Arc::default();
        let (come, came) = watch::channel(0);
        let kept = mails.clone();
        let lifecycle = Lifecycle::default();
        lifecycle.spawn("mailbox", async move {
            while let Ok((client, _)) = listener.accept().await {
                // One after the other is enough. A client that leaves early is no news.
                let _ = talk(client, &kept).await;
                come.send_replace(kept.lock().expect("no test panics with it").len());
            }
        });
        Self {
            url,
            mails,
            came,
            lifecycle,
        }
    }

    /// Waits for the mail number `number` (from 0).
    pub(crate) async fn mail(&mut self, number: usize) -> Received {
        let enough = self.came.wait_for(|count| *count > number);
        let came = tokio::time::timeout(PATIENCE, enough).await;
        came.expect("it arrives in time").expect("the server runs");
        self.mails.lock().expect("no test panics with it")[number].clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.mails.lock().expect("no test panics with it").len()
    }
}

async fn talk(client: TcpStream, mails: &Mutex<Vec<Received>>) -> std::io::Result<()> {
    let mut client = BufReader::new(client);
    client.write_all(b"220 mailbox\r\n").await?;
    let (mut line, mut to) = (String::new(), String::new());
    loop {
        line.clear();
        if client.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        let answer = match command.split([' ', ':']).next().unwrap_or_default() {
            "RCPT" => {
                let address = command.split(['<', '>']).nth(1).unwrap_or_default();
                address.clone_into(&mut to);
                "250 ok"
            }
            "DATA" => {
                client.write_all(b"354 go on\r\n").await?;
                let text = read_mail(&mut client).await?;
                mails
                    .lock()
                    .expect("no test panics with it")
                    .push(Received { to: to.clone(), text });
                "250 taken"
            }
            "QUIT" => {
                client.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 ok",
        };
        client.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

async fn read_mail(client: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if client.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(text.replace("=\r\n", "").replace("=3D", "="));
        }
        text.push_str(&line);
    }
}
