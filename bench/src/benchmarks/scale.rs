//! Pages of one organization with very many chats and messages, on each database.

use std::time::Duration;

use pesan_store::testing::TestDatabase;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::Result;
use crate::figures::{memory_of, percentile_ms, say};
use crate::pesan::Api;
use crate::programs::{DatabaseKind, Pesan, PesanOptions, Programs, Wanet, WanetOptions};
use crate::seeded::Seeded;

/// Requests of each kind that are measured.
const REQUESTS: usize = 200;
/// Messages of a page of what was found.
const SEARCH_PAGE: usize = 50;
const SEARCH_TARGET: &str = " (target p95 <= 500 ms)";

/// How large the organization is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Chats.
    pub chats: u64,
    /// Messages.
    pub messages: u64,
}

/// What `pesan bench seed` tells of what it made.
#[derive(Deserialize)]
struct Seed {
    api_key: String,
    account_id: String,
    assignee_id: String,
    team_id: String,
    tag_id: String,
    long_chat_id: String,
    first_at: u64,
    last_at: u64,
    common_word: String,
    rare_word: String,
}

/// What a search answers.
#[derive(Deserialize)]
struct Found {
    messages: Option<FoundMessages>,
}

#[derive(Deserialize)]
struct FoundMessages {
    data: Vec<Value>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Value>,
    next: Option<String>,
}

/// Fills the databases and measures each.
pub async fn run(databases: &[DatabaseKind], size: Size) -> Result<()> {
    let programs = Programs::beside_this_one()?;
    let wanet = Wanet::start(&programs, &WanetOptions::default()).await?;
    for database in databases {
        let folder = tempfile::Builder::new().prefix("pesan-bench").tempdir()?;
        let mut options = PesanOptions::new(&programs, &folder.path().join("data"), &wanet.ws)?;
        let server = database.start().await;
        options.database_url = server.as_ref().and_then(TestDatabase::url);
        let name = match database {
            DatabaseKind::Sqlite => "sqlite",
            DatabaseKind::Postgres => "postgres",
        };
        measure(name, &options, size).await?;
        drop(server);
    }
    Ok(())
}

async fn measure(database: &str, options: &PesanOptions, size: Size) -> Result<()> {
    let started = Instant::now();
    let mut command = options.command()?;
    command.args(["bench", "seed"]);
    command.args([
        "--chats",
        &size.chats.to_string(),
        "--messages",
        &size.messages.to_string(),
    ]);
    let output = command.output().await?;
    if !output.status.success() {
        return Err(format!("nothing was seeded; see {}", options.log.display()).into());
    }
    let seed: Seed = serde_json::from_slice(&output.stdout)?;
    say(&format!(
        "scale_{database} seeded {} chats and {} messages in {:.0} s",
        size.chats,
        size.messages,
        started.elapsed().as_secs_f64()
    ));
    let (pesan, took) = Pesan::start(options).await?;
    say(&format!("scale_{database}_start {:.0} ms", took.as_secs_f64() * 1000.0));
    let api = Api::new(options, seed.api_key.clone())?;
    let mut measured = Measured {
        database,
        api: &api,
        chance: Seeded::new(7),
        seed: &seed,
    };
    measured.lists().await?;
    measured.threads().await?;
    measured.counters().await?;
    measured.searches().await?;
    let memory = memory_of(pesan.pid());
    say(&format!(
        "scale_{database}_memory {} MiB resident",
        memory.rss_kib / 1024
    ));
    pesan.kill().await
}

struct Measured<'a> {
    database: &'a str,
    api: &'a Api,
    chance: Seeded,
    seed: &'a Seed,
}

impl Measured<'_> {
    /// Asks for each path once to warm up, then for all of them, and prints how long they took.
    async fn time(&self, name: &str, paths: &[String], target: &str) -> Result<()> {
        let mut took: Vec<Duration> = Vec::with_capacity(paths.len());
        for path in paths {
            let asked = Instant::now();
            self.api.get::<Value>(path).await?;
            took.push(asked.elapsed());
        }
        let [p50, p95, p99] = [50.0, 95.0, 99.0].map(|percent| percentile_ms(&mut took, percent));
        say(&format!(
            "scale_{}_{name} p50 {p50:.1} ms, p95 {p95:.1} ms, p99 {p99:.1} ms, {} requests{target}",
            self.database,
            paths.len()
        ));
        Ok(())
    }

    /// A place in the list, anywhere: a time, and an id that is before or after every other one.
    fn anywhere(&mut self) -> String {
        let span = self.seed.last_at - self.seed.first_at;
        let at = self.seed.first_at + self.chance.next_number() % span;
        format!("{at}.{}", self.seed.long_chat_id)
    }

    async fn lists(&mut self) -> Result<()> {
        let Seed {
            account_id,
            assignee_id,
            team_id,
            tag_id,
            ..
        } = self.seed;
        let filters = [
            ("all", String::new()),
            ("open", "&status=open".to_owned()),
            ("closed", "&status=closed".to_owned()),
            ("snoozed", "&status=snoozed".to_owned()),
            ("account", format!("&status=open&account_id={account_id}")),
            ("assignee", format!("&status=open&assignee={assignee_id}")),
            ("unassigned", "&status=open&assignee=none".to_owned()),
            ("team", format!("&status=open&team_id={team_id}")),
            ("tag", format!("&status=open&tag_id={tag_id}")),
            ("unread", "&status=open&unread=true".to_owned()),
            ("starred", "&starred=true".to_owned()),
            ("waiting", "&waiting=1".to_owned()),
            (
                "tag_of_account_unread",
                format!("&tag_id={tag_id}&account_id={account_id}&unread=true"),
            ),
        ];
        for (name, filter) in filters {
            let path = format!("/v1/chats?limit=50{filter}");
            let page: Page = self.api.get(&path).await?;
            if page.data.is_empty() {
                say(&format!(
                    "scale_{}_list_{name} has no chat: not measured",
                    self.database
                ));
                continue;
            }
            self.time(
                &format!("list_{name}_first"),
                &vec![path.clone(); REQUESTS],
                " (target p95 <= 20 ms)",
            )
            .await?;
            let deep: Vec<_> = (0..REQUESTS)
                .map(|_| format!("{path}&after={}", self.anywhere()))
                .collect();
            self.time(&format!("list_{name}_deep"), &deep, " (target p95 <= 20 ms)")
                .await?;
        }
        Ok(())
    }

    async fn threads(&mut self) -> Result<()> {
        let mut paths = Vec::new();
        for _ in 0..REQUESTS {
            let page: Page = self
                .api
                .get(&format!("/v1/chats?limit=1&after={}", self.anywhere()))
                .await?;
            let chat = page.data.first().and_then(|chat| chat["id"].as_str());
            paths.extend(chat.map(|chat| format!("/v1/chats/{chat}/messages?limit=50")));
        }
        self.time("thread_first", &paths, " (target p95 <= 20 ms)").await?;
        let long = format!("/v1/chats/{}/messages?limit=50", self.seed.long_chat_id);
        let mut deep = vec![long.clone()];
        while deep.len() < REQUESTS {
            let path = deep.last().cloned().unwrap_or_default();
            let page: Page = self.api.get(&path).await?;
            let Some(next) = page.next else { break };
            deep.push(format!("{long}&after={next}"));
        }
        self.time("thread_deep", &deep, " (target p95 <= 20 ms)").await
    }

    async fn counters(&self) -> Result<()> {
        let paths = vec!["/v1/chats/counters".to_owned(); REQUESTS];
        self.time("counters", &paths, " (target p95 <= 5 ms)").await
    }

    /// Words of messages and names of people somewhere in the lists.
    async fn words(&mut self) -> Result<(Vec<String>, Vec<String>)> {
        let (mut words, mut names) = (Vec::new(), Vec::new());
        while names.len() < REQUESTS {
            let after = self.anywhere();
            let page: Page = self.api.get(&format!("/v1/chats?limit=1&after={after}")).await?;
            let Some(chat) = page.data.first() else { continue };
            names.extend(chat["name"].as_str().map(|name| name.replace(' ', "%20")));
            let id = chat["id"].as_str().unwrap_or_default();
            let thread: Page = self.api.get(&format!("/v1/chats/{id}/messages?limit=1")).await?;
            let body = thread.data.first().and_then(|message| message["text"]["body"].as_str());
            let body: Vec<&str> = body.unwrap_or_default().split(' ').collect();
            let place = self.chance.next_number() as usize % body.len();
            words.push(body[place].to_owned());
        }
        Ok((words, names))
    }

    async fn searches(&mut self) -> Result<()> {
        let (words, names) = self.words().await?;
        let Seed {
            common_word,
            rare_word,
            long_chat_id,
            ..
        } = self.seed;
        let both: Vec<_> = words.iter().map(|word| format!("{common_word}%20{word}")).collect();
        let in_chat: Vec<_> = words
            .iter()
            .map(|word| format!("{word}&chat_id={long_chat_id}"))
            .collect();
        for (name, asked) in [
            ("common_word", vec![common_word.clone(); REQUESTS]),
            ("rare_word", vec![rare_word.clone(); REQUESTS]),
            ("word_of_some_message", words),
            ("common_word_and_another", both),
            ("unknown_word", vec!["xyzzyx".to_owned(); REQUESTS]),
            ("word_in_one_long_chat", in_chat),
        ] {
            self.search(name, &asked).await?;
        }
        for kind in ["contacts", "chats"] {
            let paths: Vec<_> = names
                .iter()
                .map(|name| format!("/v1/search?kinds={kind}&limit=50&q={name}"))
                .collect();
            self.time(&format!("search_{kind}_by_name"), &paths, SEARCH_TARGET)
                .await?;
        }
        self.search_to_the_end("rare_word", rare_word).await
    }

    /// Times first pages, and says how many of them went back to the beginning or were full, which is all one can ask for.
    async fn search(&self, name: &str, asked: &[String]) -> Result<()> {
        let paths: Vec<_> = asked
            .iter()
            .map(|asked| format!("/v1/search?kinds=messages&limit={SEARCH_PAGE}&q={asked}"))
            .collect();
        let (mut whole, mut hits) = (0, 0);
        for path in &paths {
            let found: Found = self.api.get(path).await?;
            let Some(messages) = found.messages else { continue };
            hits += messages.data.len();
            whole += usize::from(messages.next.is_none() || messages.data.len() == SEARCH_PAGE);
        }
        say(&format!(
            "scale_{}_search_{name} {whole} of {} first pages were whole, the others said how far back they looked; {:.1} messages each",
            self.database,
            paths.len(),
            hits as f64 / paths.len() as f64
        ));
        self.time(&format!("search_{name}"), &paths, SEARCH_TARGET).await
    }

    /// How long it takes until everything was looked at, page by page.
    async fn search_to_the_end(&self, name: &str, word: &str) -> Result<()> {
        let path = format!("/v1/search?kinds=messages&limit={SEARCH_PAGE}&q={word}");
        let (started, mut pages, mut hits, mut after) = (Instant::now(), 0, 0, String::new());
        loop {
            let found: Found = self.api.get(&format!("{path}{after}")).await?;
            let messages = found.messages.ok_or("the search was for messages")?;
            pages += 1;
            hits += messages.data.len();
            let Some(next) = messages.next else { break };
            after = format!("&after={next}");
        }
        say(&format!(
            "scale_{}_search_{name}_to_the_end {:.0} ms, {pages} pages, {hits} messages",
            self.database,
            started.elapsed().as_secs_f64() * 1000.0
        ));
        Ok(())
    }
}
