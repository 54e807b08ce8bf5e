//! `pesan bench seed`: one organization with as many chats and messages as a large charity has after years.
//!
//! What is made depends on the numbers and on nothing else, so that two databases hold the same. Nothing in it is
//! anybody's: the numbers are of a range that nobody has, and the texts are words strewn by chance.

use std::ops::Range;
use std::sync::Arc;

use clap::Args;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use pesan_app::access::keys::{self, NewKey};
use pesan_app::access::organizations;
use pesan_app::access::users::{self, NewUser};
use pesan_app::accounts::{self, NewAccount};
use pesan_app::inbox::{tags, teams};
use pesan_app::{App, Caller};
use pesan_model::content::{Content, Text};
use pesan_model::message::Message;
use pesan_model::{
    AccountId, ChatId, ChatStatus, Clock as _, Direction, MessageStatus, OrganizationId, Permission, Role, SystemClock,
    TagColor, TagId, TeamId, Timestamp, UserId,
};
use pesan_store::seed::{self, NewChat};
use serde_json::json;
use uuid::Uuid;

use super::super::{Common, made_up_password, print};
use crate::run::{Opened, StartError};

const ACCOUNTS: u64 = 20;
const AGENTS: u64 = 20;
const TEAMS: u64 = 5;
const TAGS: u64 = 10;
/// Rows of one transaction.
const CHUNK: u64 = 50_000;
/// Some chats have this many messages more than the others: a thread that goes deep.
const LONG: u64 = 20_000;
/// Chats fall into so much time.
const YEAR_MS: i64 = 365 * 24 * 60 * 60 * 1000;
/// Between two messages of a chat, and of a long one.
const PAUSE_MS: i64 = 60 * 60 * 1000;
const SHORT_PAUSE_MS: i64 = 20 * 1000;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    common: Common,
    /// How many chats.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=50_000_000))]
    chats: u64,
    /// How many messages; one in each chat at least.
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1..=500_000_000))]
    messages: u64,
}

/// What chats refer to.
struct World {
    organization: OrganizationId,
    accounts: Vec<AccountId>,
    agents: Vec<UserId>,
    teams: Vec<TeamId>,
    tags: Vec<TagId>,
    plan: Plan,
}

/// How chats and messages are spread.
#[derive(Debug, Clone, Copy)]
struct Plan {
    chats: u64,
    messages: u64,
    /// Messages of every chat.
    each: u64,
    /// When the newest message was.
    end: Timestamp,
}

impl Plan {
    fn new(chats: u64, messages: u64, end: Timestamp) -> Self {
        // A tenth goes to the long chats.
        let each = (messages - messages / 10).max(chats) / chats;
        Self {
            chats,
            messages,
            each,
            end,
        }
    }

    /// When the newest message of a chat was. Neighbours in the list of chats are not neighbours in the table.
    fn last_at(&self, chat: u64) -> i64 {
        // Odd and not divisible by 5, so it meets every place of a round number of chats once.
        let place = chat.wrapping_mul(7_654_321) % self.chats;
        self.end.millis() - (place as i64) * (YEAR_MS / self.chats as i64).max(1)
    }

    /// The chat of a message, and when it was. Every chat has its first message before any has its second, as it is
    /// in a table that grew.
    fn message(&self, number: u64) -> (u64, i64) {
        let (round, chat) = (number / self.chats, number % self.chats);
        if round < self.each {
            return (chat, self.last_at(chat) - (self.each - 1 - round) as i64 * PAUSE_MS);
        }
        let extra = number - self.each * self.chats;
        let (chat, place) = (extra / LONG % self.chats, extra % LONG);
        (chat, self.last_at(chat) - (place as i64 + 1) * SHORT_PAUSE_MS)
    }
}

/// Chance that depends on a number only (splitmix64).
fn chance(number: u64, of_what: u64) -> u64 {
    let mixed = number.wrapping_add(of_what.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// An id that follows from kind and number, and grows with it as real ones do.
fn id(kind: u64, at: i64, number: u64) -> Uuid {
    let random = (u128::from(kind) << 70) | u128::from(number);
    Uuid::from_u128(((at as u128) << 80) | (7 << 76) | (2 << 62) | (random & !(3 << 62)))
}

fn chat_id(plan: &Plan, chat: u64) -> Uuid {
    id(1, plan.end.millis() - YEAR_MS, chat)
}

fn contact_id(plan: &Plan, chat: u64) -> Uuid {
    id(2, plan.end.millis() - YEAR_MS, chat)
}

fn message_id(plan: &Plan, number: u64) -> Uuid {
    id(3, plan.end.millis() - YEAR_MS, number)
}

fn phone(chat: u64) -> String {
    format!("62800{chat:08}")
}

/// A word that nobody says: syllables by its rank.
fn word(rank: u64) -> String {
    const SYLLABLES: [&str; 20] = [
        "ba", "ka", "la", "ma", "na", "pa", "ra", "sa", "ta", "wa", "bi", "ki", "li", "mi", "ni", "pu", "ru", "su",
        "tu", "wu",
    ];
    let mut rest = rank + 20;
    let mut word = String::new();
    while rest > 0 {
        word.push_str(SYLLABLES[(rest % 20) as usize]);
        rest /= 20;
    }
    word
}

/// The word that is in every third message, and the one that is in every millionth.
const COMMON: &str = "salam";
const RARE: &str = "pelangi";

/// A few words, the common ones much more often than the rare ones.
fn text(number: u64) -> String {
    let mut words = Vec::new();
    if chance(number, 1).is_multiple_of(3) {
        words.push(COMMON.to_owned());
    }
    for place in 0..(3 + chance(number, 2) % 12) {
        let share = (chance(number, 10 + place) >> 11) as f64 / (1_u64 << 53) as f64;
        words.push(word((share.powi(4) * 50_000.0) as u64));
    }
    if number % 1_000_000 == 500_000 {
        words.push(RARE.to_owned());
    }
    words.join(" ")
}

fn pick<T: Copy>(from: &[T], by: u64) -> Option<T> {
    from.get((by % from.len().max(1) as u64) as usize).copied()
}

impl World {
    async fn make(app: &Arc<App>, owner: NewUser, plan: Plan) -> Result<Self, StartError> {
        let user = organizations::create(app, "A large charity", owner).await?;
        let organization = user.organization_id;
        let caller = Caller::system(organization);
        let mut world = Self {
            organization,
            accounts: Vec::new(),
            agents: Vec::new(),
            teams: Vec::new(),
            tags: Vec::new(),
            plan,
        };
        for number in 1..=ACCOUNTS {
            let new = NewAccount::named(format!("Number {number}"));
            world
                .accounts
                .push(accounts::create(app, &caller, new, None).await?.account.id);
        }
        for number in 1..=AGENTS {
            let new = NewUser {
                email: format!("agent{number}@example.com"),
                name: format!("Agent {number}"),
                password: made_up_password(),
            };
            let (agent, _) = users::create(app, &caller, (new, Role::Agent), None).await?;
            world.agents.push(agent.id);
        }
        for number in 1..=TEAMS {
            let (team, _) = teams::create(app, &caller, (format!("Team {number}"), Vec::new()), None).await?;
            world.teams.push(team.id);
        }
        for number in 1..=TAGS {
            let (tag, _) = tags::create(app, &caller, (format!("Tag {number}"), TagColor::Gray), None).await?;
            world.tags.push(tag.id);
        }
        Ok(world)
    }

    fn chat(&self, number: u64) -> NewChat {
        let plan = &self.plan;
        let last_at = Timestamp::from_millis(plan.last_at(number));
        let one_in = |of_what: u64, count: u64| chance(number, of_what).is_multiple_of(count);
        let status = match chance(number, 100) % 50 {
            0 => (ChatStatus::Snoozed, Some(plan.end)),
            1..=15 => (ChatStatus::Open, None),
            _ => (ChatStatus::Closed, None),
        };
        let is_open = status.0 == ChatStatus::Open;
        let name = |of_what: u64| {
            let mut name = word(chance(number, of_what) % 3_000);
            name[..1].make_ascii_uppercase();
            name
        };
        NewChat {
            id: chat_id(plan, number).into(),
            account_id: pick(&self.accounts, chance(number, 101)).expect("accounts were made"),
            contact_id: contact_id(plan, number).into(),
            phone: phone(number),
            push_name: format!("{} {}", name(102), name(103)),
            status,
            assignee_id: pick(&self.agents, chance(number, 104)).filter(|_| chance(number, 105) % 10 < 6),
            team_id: pick(&self.teams, chance(number, 106)).filter(|_| one_in(107, 3)),
            tag_ids: pick(&self.tags, chance(number, 108))
                .filter(|_| one_in(109, 5))
                .into_iter()
                .collect(),
            is_starred: one_in(110, 100),
            unread: u32::from(is_open && one_in(111, 6)),
            waiting_since: (is_open && one_in(112, 4)).then_some(last_at),
            last_message: (message_id(plan, (plan.each - 1) * plan.chats + number).into(), last_at),
            created_at: Timestamp::from_millis(plan.end.millis() - 2 * YEAR_MS),
        }
    }

    fn message(&self, number: u64) -> (Message, Timestamp) {
        let (chat, at) = self.plan.message(number);
        let at = Timestamp::from_millis(at);
        let direction = if chance(number, 3).is_multiple_of(2) {
            Direction::In
        } else {
            Direction::Out
        };
        let is_out = direction == Direction::Out;
        let content = Content::Text(Text { body: text(number) });
        let address = format!("{}@s.whatsapp.net", phone(chat));
        let message = Message {
            id: message_id(&self.plan, number).into(),
            account_id: pick(&self.accounts, chance(chat, 101)).expect("accounts were made"),
            chat_id: ChatId::from(chat_id(&self.plan, chat)),
            direction,
            wa_id: format!("3EB0{:016X}", chance(number, 4)),
            chat: address.clone(),
            chat_name: String::new(),
            sender: if is_out { String::new() } else { address },
            sent_by: None,
            automatic: None,
            contact_id: (!is_out).then(|| contact_id(&self.plan, chat).into()),
            push_name: None,
            kind: content.kind().to_owned(),
            content,
            metadata: None,
            reply_to: None,
            status: if is_out {
                MessageStatus::Read
            } else {
                MessageStatus::Received
            },
            error: None,
            attempts: 0,
            retries: 0,
            created_at: at,
            sent_at: is_out.then_some(at),
            delivered_at: None,
            read_at: Some(at),
            failed_at: None,
            send_at: None,
            deleted_at: None,
            edited_at: None,
            revoked_at: None,
        };
        (message, at)
    }
}

/// Which rows a transaction adds.
#[derive(Debug, Clone, Copy)]
enum What {
    Chats,
    Messages,
}

fn chunks(count: u64) -> impl Iterator<Item = Range<u64>> {
    (0..count.div_ceil(CHUNK)).map(move |chunk| chunk * CHUNK..((chunk + 1) * CHUNK).min(count))
}

async fn fill(app: &Arc<App>, world: &Arc<World>, what: What, count: u64) -> Result<(), StartError> {
    // Two at once: while one is written the next one is made.
    stream::iter(chunks(count))
        .map(|range| {
            let (app, world) = (app.clone(), world.clone());
            async move {
                let end = range.end;
                app.store
                    .write::<_, pesan_store::Error, _>(move |tx| {
                        Box::pin(async move {
                            match what {
                                What::Chats => {
                                    let chats: Vec<_> = range.map(|number| world.chat(number)).collect();
                                    seed::insert_chats(tx, world.organization, &chats).await
                                }
                                What::Messages => {
                                    let messages: Vec<_> = range.map(|number| world.message(number)).collect();
                                    seed::insert_messages(tx, world.organization, &messages).await
                                }
                            }
                        })
                    })
                    .await?;
                if end.is_multiple_of(1_000_000) {
                    tracing::info!("wrote {end} of {count} {what:?}");
                }
                Ok::<_, StartError>(())
            }
        })
        .buffer_unordered(2)
        .try_collect::<()>()
        .await
}

async fn write<T, F>(app: &Arc<App>, work: F) -> Result<T, StartError>
where
    T: Send + 'static,
    F: for<'t> FnOnce(&'t mut pesan_store::Tx<'_>) -> BoxFuture<'t, Result<T, pesan_store::Error>> + Send + 'static,
{
    Ok(app.store.write(work).await?)
}

pub(super) async fn run(options: Options) -> Result<(), StartError> {
    if options.messages < options.chats {
        return Err(StartError::Other("there must be a message for each chat".to_owned()));
    }
    let config = options.common.load()?;
    let opened = Opened::new(&config).await?;
    let app = &opened.app;
    if !organizations::list_ids(app).await?.is_empty() {
        return Err(StartError::Other(
            "this database is in use; sample chats only go into a new one".to_owned(),
        ));
    }
    let password = made_up_password();
    let owner = NewUser {
        email: "owner@example.com".to_owned(),
        name: "Owner".to_owned(),
        password: password.clone(),
    };
    let plan = Plan::new(options.chats, options.messages, SystemClock.now());
    let world = Arc::new(World::make(app, owner, plan).await?);
    let organization = world.organization;
    let new_key = NewKey {
        name: "Measuring".to_owned(),
        scopes: Permission::ALL.to_vec(),
    };
    let key = keys::create(app, &Caller::system(organization), new_key, None).await?;
    let indexes = write(app, |tx| Box::pin(seed::take_indexes(tx))).await?;
    fill(app, &world, What::Chats, plan.chats).await?;
    fill(app, &world, What::Messages, plan.messages).await?;
    tracing::info!("counting chats and their days");
    write(app, move |tx| Box::pin(seed::count_chats(tx, organization))).await?;
    for statement in indexes {
        tracing::info!("building an index");
        write(app, |tx| Box::pin(async move { seed::put_index(tx, &statement).await })).await?;
    }
    write(app, |tx| Box::pin(seed::analyze(tx))).await?;
    let told = json!({
        "organization_id": organization,
        "owner": {"email": "owner@example.com", "password": password},
        "api_key": key.key,
        "account_id": world.accounts.first(),
        "assignee_id": world.agents.first(),
        "team_id": world.teams.first(),
        "tag_id": world.tags.first(),
        "long_chat_id": ChatId::from(chat_id(&plan, 0)),
        "chats": plan.chats,
        "messages": plan.messages,
        "first_at": plan.end.millis() - YEAR_MS,
        "last_at": plan.end.millis(),
        "common_word": COMMON,
        "rare_word": RARE,
    });
    app.store.close().await;
    print(&format!("{told}\n"))
}
