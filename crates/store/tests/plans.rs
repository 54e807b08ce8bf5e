//! The hottest queries, on tables large enough that reading one whole would be seen: none does.

use pesan_model::account::Account;
use pesan_model::content::{Content, Text};
use pesan_model::message::Message;
use pesan_model::{
    AccountId, AccountState, Address, ChatId, ChatStatus, Clock, ContactId, Day, Direction, Event, EventId, JobId,
    MessageId, MessageStatus, MockClock, OrganizationId, Phone, ProviderKind, SystemRandom, Timestamp,
};
use pesan_store::contact::{Known, alias, search};
use pesan_store::idempotency::Remembered;
use pesan_store::job::{Claim, NewJob};
use pesan_store::organization::Organization;
use pesan_store::seed::NewChat;
use pesan_store::statistic::lists;
use pesan_store::statistic::sums::Range;
use pesan_store::testing::{self, Plan, TestDatabase};
use pesan_store::{
    Error, Store, account, chat, chat_counter, contact, event, idempotency, job, media, message, organization, seed,
};
use uuid::Uuid;

const CHATS: u64 = 3_000;
const MESSAGES: u64 = 30_000;
/// One of so many messages was given up.
const FAILED: u64 = 7;
/// Pages of lists.
const PAGE: usize = 50;
const KIND: &str = "send_message";

/// Runs a transaction, whose body is an expression on `$tx`.
macro_rules! write {
    ($store:expr, |$tx:ident| $body:expr) => {
        $store
            .write::<_, Error, _>(move |$tx| Box::pin(async move { $body.await }))
            .await
            .expect("written")
    };
}

struct Fixture {
    store: Store,
    clock: MockClock,
    organization: OrganizationId,
    account: AccountId,
}

fn account_of(id: AccountId, at: Timestamp) -> Account {
    Account {
        id,
        name: "Kantor".into(),
        provider: ProviderKind::LinkedDevice,
        state: AccountState::Created,
        reason: None,
        advice: AccountState::Created.advice().into(),
        state_since: at,
        limited_until: None,
        phone: None,
        lid: None,
        push_name: None,
        pacing: None,
        queued: 0,
        assignee_id: None,
        team_id: None,
        last_connected_at: None,
        created_at: at,
    }
}

fn chat_id(number: u64) -> ChatId {
    Uuid::from_u128(u128::from(number) + 1).into()
}

fn message_id(number: u64) -> MessageId {
    Uuid::from_u128(u128::from(number) + 1).into()
}

fn at(number: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + number as i64)
}

impl Fixture {
    /// Chats, messages, work and events of one organization.
    async fn new(database: &TestDatabase) -> Self {
        let store = database.open().await;
        let clock = MockClock::at(at(MESSAGES));
        let organization = OrganizationId::new(&clock, &SystemRandom);
        let account = AccountId::new(&clock, &SystemRandom);
        let fixture = Self {
            store,
            clock,
            organization,
            account,
        };
        let row = Organization {
            id: organization,
            name: "Test".into(),
            data_key: vec![1],
            master_key_id: "m".into(),
        };
        let now = fixture.clock.now();
        write!(fixture.store, |tx| organization::insert(tx, &row, now));
        let new = account_of(account, now);
        write!(fixture.store, |tx| account::insert(tx, organization, &new));
        fixture.seed().await;
        fixture.queue().await;
        write!(fixture.store, |tx| seed::analyze(tx));
        fixture
    }

    async fn seed(&self) {
        let organization = self.organization;
        let indexes = write!(self.store, |tx| seed::take_indexes(tx));
        assert!(indexes.len() > 20, "{indexes:?}");
        let chats: Vec<_> = (0..CHATS).map(|number| self.chat(number)).collect();
        write!(self.store, |tx| seed::insert_chats(tx, organization, &chats));
        let messages: Vec<_> = (0..MESSAGES).map(|number| self.message(number)).collect();
        write!(self.store, |tx| seed::insert_messages(tx, organization, &messages));
        for index in indexes {
            write!(self.store, |tx| seed::put_index(tx, &index));
        }
        write!(self.store, |tx| seed::count_chats(tx, organization));
    }

    fn chat(&self, number: u64) -> NewChat {
        NewChat {
            id: chat_id(number),
            account_id: self.account,
            contact_id: ContactId::from(Uuid::from_u128(u128::from(number) + 1)),
            phone: format!("62800{number:08}"),
            push_name: format!("Orang {number}"),
            status: (ChatStatus::Open, None),
            assignee_id: None,
            team_id: None,
            tag_ids: Vec::new(),
            is_starred: number.is_multiple_of(100),
            unread: u32::from(number.is_multiple_of(10)),
            waiting_since: None,
            last_message: (message_id(MESSAGES - CHATS + number), at(MESSAGES - CHATS + number)),
            created_at: at(0),
        }
    }

    fn message(&self, number: u64) -> (Message, Timestamp) {
        let chat = number % CHATS;
        // Some were given up.
        let has_failed = number % FAILED == 1;
        let content = Content::Text(Text { body: "Halo".into() });
        let message = Message {
            id: message_id(number),
            account_id: self.account,
            chat_id: chat_id(chat),
            direction: if has_failed { Direction::Out } else { Direction::In },
            wa_id: format!("3EB0{number}"),
            chat: format!("62800{chat:08}@s.whatsapp.net"),
            chat_name: String::new(),
            sender: format!("62800{chat:08}@s.whatsapp.net"),
            sent_by: None,
            automatic: None,
            contact_id: Some(ContactId::from(Uuid::from_u128(u128::from(chat) + 1))),
            push_name: None,
            kind: content.kind().to_owned(),
            content,
            metadata: None,
            reply_to: None,
            status: if has_failed {
                MessageStatus::Failed
            } else {
                MessageStatus::Received
            },
            error: None,
            attempts: 0,
            retries: 0,
            created_at: at(number),
            sent_at: None,
            delivered_at: None,
            read_at: None,
            failed_at: has_failed.then_some(at(number)),
            send_at: None,
            deleted_at: None,
            edited_at: None,
            revoked_at: None,
        };
        (message, at(number))
    }

    /// Waiting work in a lane for each chat, and an event for each.
    async fn queue(&self) {
        let (organization, account) = (self.organization, self.account);
        let now = self.clock.now();
        let jobs: Vec<_> = (0..CHATS)
            .map(|number| NewJob {
                id: JobId::new(&self.clock, &SystemRandom),
                organization_id: organization,
                kind: KIND,
                partition: account.uuid(),
                lane: chat_id(number).uuid(),
                subject: message_id(number).uuid(),
                run_at: now,
            })
            .collect();
        write!(self.store, |tx| async {
            for job in &jobs {
                job::insert(tx, job, now).await?;
            }
            Ok(())
        });
        let made = account_of(account, now);
        let events: Vec<_> = (0..CHATS)
            .map(|_| {
                (
                    EventId::new(&self.clock, &SystemRandom),
                    Event::AccountCreated(made.clone()),
                )
            })
            .collect();
        write!(self.store, |tx| event::append(tx, organization, events, now));
    }
}

/// The plans of the statements of a piece of work, with its name.
macro_rules! plans {
    ($store:expr, $name:literal, |$tx:ident| $body:expr) => {{
        let plans: Vec<Plan> = write!($store, |$tx| async {
            testing::avoid_scans($tx).await?;
            testing::watch_plans($tx);
            let _ = $body.await?;
            Ok(testing::take_plans($tx))
        });
        assert!(!plans.is_empty(), "{} asks nothing", $name);
        plans.into_iter().map(|plan| ($name, plan)).collect::<Vec<_>>()
    }};
}

async fn plans_of(fixture: &Fixture) -> Vec<(&'static str, Plan)> {
    let (store, organization, account) = (&fixture.store, fixture.organization, fixture.account);
    let now = fixture.clock.now();
    let fresh = fixture.message(MESSAGES);
    let asked = Remembered {
        principal: "key".into(),
        operation: "messages.send",
        key: "1".into(),
        fingerprint: [1; 32],
        result: Uuid::nil(),
    };
    let known = Known {
        phone: Some("6280000000007".into()),
        lid: Some("7@lid".into()),
        push_name: None,
    };
    let [typed, told] = ["6280000000008", "628000000008"].map(|text| text.parse::<Phone>().expect("a number"));
    let (asked_for, somebody) = (typed.clone(), [ContactId::new(&fixture.clock, &SystemRandom)]);
    let deep = Some((at(MESSAGES / 2), message_id(MESSAGES / 2)));
    let work = NewJob {
        id: JobId::new(&fixture.clock, &SystemRandom),
        organization_id: organization,
        kind: KIND,
        partition: account.uuid(),
        lane: chat_id(1).uuid(),
        subject: message_id(MESSAGES).uuid(),
        run_at: now,
    };
    let made = vec![(
        EventId::new(&fixture.clock, &SystemRandom),
        Event::AccountCreated(account_of(account, now)),
    )];
    let day = Day::at(at(0), &"Asia/Jakarta".parse().expect("a zone"));
    let days = move |account_id| Range {
        from: day,
        to: day,
        account_id,
    };
    let claim = move |limit| Claim {
        claimed_by: "node/1",
        now,
        limit,
    };
    [
        plans!(store, "a page of chats", |tx| chat::list(
            tx,
            organization,
            &chat::Filter::default(),
            None,
            PAGE
        )),
        plans!(store, "a page of a thread", |tx| message::list_thread(
            tx,
            organization,
            chat_id(1),
            None,
            PAGE
        )),
        plans!(store, "a deep page of a thread", |tx| message::list_thread(
            tx,
            organization,
            chat_id(1),
            deep,
            PAGE
        )),
        plans!(store, "how many chats there are", |tx| chat_counter::get(
            tx,
            organization,
            None
        )),
        plans!(store, "a message is stored", |tx| message::insert(
            tx,
            organization,
            &fresh.0,
            fresh.1,
            None
        )),
        plans!(store, "a chat gets a message", |tx| chat::add_message(
            tx,
            organization,
            chat_id(1),
            (message_id(MESSAGES), now),
            chat::Arrival::Received
        )),
        plans!(store, "a receipt finds its message", |tx| message::list_by_wa_id(
            tx,
            organization,
            account,
            "3EB07"
        )),
        plans!(store, "who writes", |tx| contact::find_by_identity(
            tx,
            organization,
            &known
        )),
        plans!(store, "whom a typed number means", |tx| alias::find(
            tx,
            organization,
            &asked_for
        )),
        plans!(store, "other ways to write a number", |tx| alias::list(
            tx,
            organization,
            somebody.into_iter()
        )),
        plans!(store, "chats with another form of a number", |tx| chat::readdress(
            tx,
            organization,
            (&Address::Phone(typed.clone()), &Address::Phone(told.clone()))
        )),
        plans!(store, "somebody is looked for", |tx| search::find(
            tx,
            organization,
            &search::Search::new("orang 17"),
            None,
            PAGE
        )),
        plans!(store, "messages that were given up", |tx| lists::failed(
            tx,
            organization,
            days(None),
            None,
            PAGE
        )),
        plans!(store, "those of an account, deep down", |tx| lists::failed(
            tx,
            organization,
            days(Some(account)),
            Some((day, message_id(MESSAGES / 2))),
            PAGE
        )),
        plans!(store, "people who were met", |tx| lists::met(
            tx,
            organization,
            (day, day),
            None,
            PAGE
        )),
        plans!(store, "work is added", |tx| job::insert(tx, &work, now)),
        plans!(store, "work of an account is taken", |tx| job::claim_partition(
            tx,
            KIND,
            account.uuid(),
            &claim(16)
        )),
        plans!(store, "messages whose time has come", |tx| job::scheduled::list_due(
            tx, account, now, PAGE
        )),
        plans!(store, "work of any account is taken", |tx| job::claim_any(
            tx,
            KIND,
            &claim(16)
        )),
        plans!(store, "what happened is told", |tx| event::append(
            tx,
            organization,
            made,
            now
        )),
        plans!(store, "what was missed", |tx| event::list_after(
            tx,
            organization,
            (CHATS / 2) as i64,
            PAGE
        )),
        plans!(store, "the log, for somebody who was erased", |tx| event::list_texts(
            tx,
            organization,
            (0, (CHATS / 2) as i64),
            PAGE
        )),
        plans!(store, "chats with something old", |tx| chat::list_with_old(
            tx,
            organization,
            now,
            None,
            PAGE
        )),
        plans!(store, "files that are old", |tx| media::list_kept(
            tx,
            organization,
            now,
            None,
            PAGE
        )),
        plans!(store, "a repeated request", |tx| idempotency::find(
            tx,
            organization,
            &asked
        )),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[tokio::test]
async fn the_hottest_queries_read_no_table_whole() {
    for database in testing::both().await {
        let fixture = Fixture::new(&database).await;
        let listed = pages(&fixture).await;
        assert_eq!(listed, (PAGE, MESSAGES.div_ceil(CHATS) as usize), "the rows are there");
        for (name, plan) in plans_of(&fixture).await {
            assert!(!plan.is_scan(), "{} {name}\n{plan}", database.kind);
            assert!(
                plan.rows_read() <= CHATS as f64 / 2.0,
                "{} {name}\n{plan}",
                database.kind
            );
        }
        fixture.store.close().await;
    }
}

/// How many chats are on the first page, and how many messages are in a thread.
async fn pages(fixture: &Fixture) -> (usize, usize) {
    let organization = fixture.organization;
    let chats = write!(fixture.store, |tx| chat::list(
        tx,
        organization,
        &chat::Filter::default(),
        None,
        PAGE
    ));
    let messages = write!(fixture.store, |tx| message::list_thread(
        tx,
        organization,
        chat_id(1),
        None,
        PAGE
    ));
    (chats.len(), messages.len())
}

#[tokio::test]
async fn a_table_that_is_read_whole_is_noticed() {
    for database in testing::both().await {
        let fixture = Fixture::new(&database).await;
        testing::drop_index(&fixture.store, "contact_lid").await;
        let organization = fixture.organization;
        let known = Known {
            lid: Some("7@lid".into()),
            ..Known::default()
        };
        let plans = plans!(fixture.store, "who writes", |tx| contact::find_by_identity(
            tx,
            organization,
            &known
        ));
        assert!(
            plans
                .iter()
                .any(|(_, plan)| plan.is_scan() || plan.rows_read() > CHATS as f64 / 2.0),
            "{plans:?}"
        );
        fixture.store.close().await;
    }
}
