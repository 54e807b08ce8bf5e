//! The crash test: Pesan is killed at random instants while it sends and receives, and in the end every message is
//! looked for.

mod said;
mod talk;
mod verdict;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use clap::Args;
use parking_lot::Mutex;
use pesan_model::account::Account;
use pesan_model::message::Message;
use pesan_store::testing::TestDatabase;
use tokio::sync::watch;
use tokio::time::Instant;

use self::said::Said;
use crate::Result;
use crate::figures::say;
use crate::pesan::Api;
use crate::phones::{PastChat, PastMessage, Phones};
use crate::programs::{DatabaseKind, Pesan, PesanOptions, Programs, Wanet, WanetOptions};
use crate::receiver::Receiver;
use crate::seeded::Seeded;

/// How the test runs.
#[derive(Debug, Clone, Args)]
pub struct ChaosOptions {
    /// How often Pesan is killed.
    #[arg(long, default_value_t = 20)]
    pub kills: u32,
    /// On which database.
    #[arg(long, value_enum, default_value_t = DatabaseKind::Sqlite)]
    pub db: DatabaseKind,
    /// The same seed kills after the same times and fails the same webhooks.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many accounts.
    #[arg(long, default_value_t = 3)]
    pub accounts: usize,
    /// How many phones each account talks with.
    #[arg(long, default_value_t = 4)]
    pub phones: usize,
    /// How long it may take after the last kill until all is done.
    #[arg(long, default_value_t = 150)]
    pub drain_seconds: u64,
    /// Keep the data folder and the logs, here.
    #[arg(long)]
    pub keep: Option<std::path::PathBuf>,
}

/// Of a hundred webhook requests, so many fail.
const FAILING_PERCENT: u64 = 30;
/// 5 s become 1 ms, 10 h become 7 s: several failures in a row still fit into a test.
const RETRY_DIVISOR: u32 = 5_000;
/// Pesan lives at least and at most so long, from its start.
const LIFE: (Duration, Duration) = (Duration::from_millis(150), Duration::from_millis(4_500));

/// Of so many kills many have met a message on its way; of twenty it is possible that none did.
const MEETS_EVERYTHING: u32 = 500;
/// With so many kills one in so many must have met a message that had reached the network, and was sent again.
const KILLS_PER_REPEAT: u32 = 10;
/// Between two messages of one sender in one chat, at least.
const PAUSE: Duration = Duration::from_millis(150);
/// Phones remember 50,000 messages (wanet's `--inbox-limit`): fewer than that are exchanged with each.
const MESSAGES_PER_PHONE: u32 = 40_000;

/// Messages that each account has got from each phone before it was linked.
const PAST_MESSAGES: u32 = 400;
/// When the first of them was written, in seconds.
const PAST: u64 = 1_700_000_000;

/// An account and its number.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) account: Account,
    pub(crate) number: String,
}

/// Something that was accepted from us or from a phone.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// Which account, by its place.
    pub(crate) line: usize,
    /// The phone at the other side.
    pub(crate) phone: String,
    /// Its place among those of this sender in this chat.
    pub(crate) number: u64,
    /// Pesan's message; absent for what phones wrote.
    pub(crate) message: Option<Message>,
    /// WhatsApp's id.
    pub(crate) wa_id: String,
    /// What it says.
    pub(crate) said: Said,
}

/// What the talkers share.
pub(crate) struct Stage {
    pub(crate) api: Api,
    pub(crate) phones: Phones,
    pub(crate) lines: Vec<Line>,
    pub(crate) people: Vec<String>,
    pub(crate) accepted: Mutex<Vec<Sent>>,
    pub(crate) written: Mutex<Vec<Sent>>,
    /// What phones wrote before the accounts were linked.
    pub(crate) past: Vec<Sent>,
    pub(crate) posts: AtomicU64,
    pub(crate) problems: Mutex<Vec<String>>,
    /// Between two messages of one sender in one chat.
    pub(crate) pause: Duration,
    pub(crate) over: watch::Sender<bool>,
}

/// Runs the test. False when a message was lost, doubled, stuck or out of order.
pub async fn run(options: &ChaosOptions) -> Result<bool> {
    let programs = Programs::beside_this_one()?;
    let folder = tempfile::Builder::new().prefix("pesan-chaos").tempdir()?;
    let root = options.keep.clone().unwrap_or_else(|| folder.path().to_owned());
    std::fs::create_dir_all(&root)?;
    let wanet = Wanet::start(&programs, &WanetOptions::default()).await?;
    let phones = Phones::of(&wanet)?;
    let receiver = Receiver::start(options.seed, FAILING_PERCENT).await?;
    let mut served = PesanOptions::new(&programs, &root.join("data"), &wanet.ws)?;
    served.retry_divisor = RETRY_DIVISOR;
    let database = options.db.start().await;
    served.database_url = database.as_ref().and_then(TestDatabase::url);

    let api = Api::new(&served, Api::first_key(&served).await?)?;
    let (first, _) = Pesan::start(&served).await?;
    let stage = Arc::new(prepare(options, api, phones, &receiver).await?);
    say(&format!(
        "chaos {:?}: {} accounts linked, {} phones; seed {}",
        options.db,
        stage.lines.len(),
        stage.people.len(),
        options.seed
    ));

    let talkers = talk::start(&stage);
    let started = Instant::now();
    let alive = kill_often(options, &served, first).await?;
    let killing = started.elapsed();
    stage.over.send_replace(true);
    for talker in talkers {
        talker.await?;
    }
    let drained = Instant::now();
    let deadline = drained + Duration::from_secs(options.drain_seconds);
    let mut verdict = verdict::wait_and_judge(&stage, &receiver, deadline).await?;
    verdict.problems.extend(stage.problems.lock().drain(..));
    let least = u64::from(options.kills / KILLS_PER_REPEAT);
    let repeats = verdict.counts.repeats();
    if options.kills >= MEETS_EVERYTHING && repeats < least {
        verdict.problems.push(format!(
            "only {repeats} messages had to be sent again, {least} at least are expected: the kills met too few on their way \
             to prove anything"
        ));
    }
    alive.kill().await?;
    say(&format!(
        "chaos {:?} kills={} seed={} killing={:.0}s drain={:.0}s posts={} {}",
        options.db,
        options.kills,
        options.seed,
        killing.as_secs_f64(),
        drained.elapsed().as_secs_f64(),
        stage.posts.load(Ordering::Relaxed),
        verdict.counts
    ));
    for problem in &verdict.problems {
        say(&format!("VIOLATION {problem}"));
    }
    Ok(verdict.problems.is_empty())
}

async fn prepare(options: &ChaosOptions, api: Api, phones: Phones, receiver: &Receiver) -> Result<Stage> {
    let hook = api
        .create_webhook(&receiver.url, &["message.received", "message.sent", "message.failed"])
        .await?;
    receiver.set_secret(&hook.secret)?;
    let mut people = Vec::new();
    for number in 0..options.phones {
        let phone = format!("1555010{number:04}");
        // A receipt says as well as an acknowledgement that a message went out. Every other phone gives none, so that what
        // was on its way when Pesan was killed has to be sent again.
        if number % 2 == 0 {
            phones.add(&phone).await?;
        } else {
            phones.add_silent(&phone).await?;
        }
        people.push(phone);
    }
    let (mut lines, mut past) = (Vec::new(), Vec::new());
    for line in 0..options.accounts {
        let phone = format!("62800000{line:04}");
        let history: Vec<_> = people.iter().map(|person| past_chat(line, person)).collect();
        phones.add_with_history(&phone, &history).await?;
        let account = api.link(&phones, &phone).await?;
        api.unpace(account.id).await?;
        // From then on it is ours to keep.
        while api.chats(account.id).await?.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        past.extend(history.into_iter().flat_map(|chat| all_of(line, chat)));
        lines.push(Line { account, number: phone });
    }
    // Twice the average: a life is longer than it looks, because starting a process takes time as well.
    let lasts = (LIFE.0 + LIFE.1) * options.kills;
    let senders = u32::try_from(options.accounts * 2)?;
    Ok(Stage {
        pause: PAUSE.max(lasts * senders / MESSAGES_PER_PHONE),
        api,
        phones,
        lines,
        people,
        accepted: Mutex::default(),
        written: Mutex::default(),
        past,
        posts: AtomicU64::new(0),
        problems: Mutex::default(),
        over: watch::Sender::new(false),
    })
}

/// What a person wrote to an account before it was linked.
fn past_chat(line: usize, person: &str) -> PastChat {
    let message = |number: u32| PastMessage {
        id: format!("PAST-{line}-{person}-{number}"),
        from_me: false,
        text: format!("old message {number}"),
        timestamp: PAST + u64::from(number),
    };
    PastChat {
        with: person.to_owned(),
        messages: (0..PAST_MESSAGES).map(message).collect(),
    }
}

fn all_of(line: usize, chat: PastChat) -> impl Iterator<Item = Sent> {
    let PastChat { with, messages } = chat;
    messages.into_iter().zip(0..).map(move |(message, number)| Sent {
        line,
        phone: with.clone(),
        number,
        message: None,
        wa_id: message.id,
        said: Said::Text(message.text),
    })
}

/// Kills and starts again as often as asked; the last start is left alive.
async fn kill_often(options: &ChaosOptions, served: &PesanOptions, first: Pesan) -> Result<Pesan> {
    let mut chance = Seeded::new(options.seed);
    let mut pesan = first;
    let killed = AtomicU32::new(0);
    while killed.fetch_add(1, Ordering::Relaxed) < options.kills {
        // Not after it serves: starting up is a moment to be killed at like any other.
        tokio::time::sleep(chance.duration(LIFE.0, LIFE.1)).await;
        pesan.kill().await?;
        pesan = Pesan::spawn(served)?;
    }
    pesan.serving(served).await?;
    Ok(pesan)
}
