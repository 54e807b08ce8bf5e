//! Chats: their lists, and that what is counted of them is what a count would find.

use pesan_model::access::User;
use pesan_model::account::Account;
use pesan_model::chat::Chat;
use pesan_model::donor::Segment;
use pesan_model::inbox::{Tag, Team};
use pesan_model::message::Message;
use pesan_model::reminder::{Reminder, ReminderStatus};
use pesan_model::{
    AccountId, AccountState, Address, ChatId, ChatStatus, Clock, ContactId, Content, Direction, MessageId,
    MessageStatus, MockClock, OrganizationId, ProviderKind, ReminderId, Role, SystemRandom, TagColor, TagId, TeamId,
    Timestamp, UserId,
};
use pesan_store::chat::{Arrival, Assignee, Filter, NewChat, Update};
use pesan_store::contact::Known;
use pesan_store::organization::Organization;
use pesan_store::testing::{self, TestDatabase};
use pesan_store::{
    Error, Store, StoreOptions, account, chat, chat_counter, contact, message, organization, reminder, tag, team, user,
};
use sqlx::Connection as _;
use uuid::Uuid;

/// Runs a transaction whose body is an expression on `$tx`.
macro_rules! write {
    ($store:expr, |$tx:ident| $body:expr) => {
        $store
            .write::<_, Error, _>(move |$tx| Box::pin(async move { $body.await }))
            .await
            .expect("written")
    };
}

macro_rules! read {
    ($store:expr, |$tx:ident| $body:expr) => {
        $store
            .read::<_, Error, _>(move |$tx| Box::pin(async move { $body.await }))
            .await
            .expect("read")
    };
}

/// An organization with two accounts, two people, two tags and a team.
struct Fixture {
    store: Store,
    clock: MockClock,
    organization: OrganizationId,
    accounts: Vec<AccountId>,
    users: Vec<UserId>,
    tags: Vec<TagId>,
    team: TeamId,
}

impl Fixture {
    async fn new(database: &TestDatabase) -> Self {
        let store = database.open().await;
        let clock = MockClock::at(Timestamp::from_millis(1_700_000_000_000));
        let id = OrganizationId::new(&clock, &SystemRandom);
        let now = clock.now();
        let row = Organization {
            id,
            name: "Test".into(),
            data_key: vec![1],
            master_key_id: "m".into(),
        };
        write!(store, |tx| organization::insert(tx, &row, now));
        let mut fixture = Self {
            store,
            clock,
            organization: id,
            accounts: Vec::new(),
            users: Vec::new(),
            tags: Vec::new(),
            team: Uuid::nil().into(),
        };
        for name in ["One", "Two"] {
            let account = fixture.add_account(name).await;
            fixture.accounts.push(account);
            let user = fixture.add_user(name).await;
            fixture.users.push(user);
            let tag = fixture.add_tag(name).await;
            fixture.tags.push(tag);
        }
        fixture.team = fixture.add_team().await;
        fixture
    }

    async fn add_account(&self, name: &str) -> AccountId {
        let now = self.clock.now();
        let new = Account {
            id: AccountId::new(&self.clock, &SystemRandom),
            name: name.into(),
            provider: ProviderKind::LinkedDevice,
            state: AccountState::Created,
            reason: None,
            advice: AccountState::Created.advice().into(),
            state_since: now,
            limited_until: None,
            phone: None,
            lid: None,
            push_name: None,
            pacing: None,
            queued: 0,
            assignee_id: None,
            team_id: None,
            last_connected_at: None,
            created_at: now,
        };
        let (organization, id) = (self.organization, new.id);
        write!(self.store, |tx| account::insert(tx, organization, &new));
        id
    }

    async fn add_user(&self, name: &str) -> UserId {
        let id = UserId::new(&self.clock, &SystemRandom);
        let new = User {
            id,
            organization_id: self.organization,
            email: format!("{id}@example.com"),
            name: name.into(),
            role: Role::Agent,
            created_at: self.clock.now(),
        };
        write!(self.store, |tx| user::insert(tx, &new, "hash"));
        id
    }

    async fn add_tag(&self, name: &str) -> TagId {
        let new = Tag {
            id: TagId::new(&self.clock, &SystemRandom),
            name: name.into(),
            color: TagColor::Blue,
            created_at: self.clock.now(),
        };
        let (organization, id) = (self.organization, new.id);
        write!(self.store, |tx| tag::insert(tx, organization, &new));
        id
    }

    async fn add_team(&self) -> TeamId {
        let new = Team {
            id: TeamId::new(&self.clock, &SystemRandom),
            name: "Team".into(),
            member_ids: self.users.clone(),
            created_at: self.clock.now(),
        };
        let (organization, id) = (self.organization, new.id);
        write!(self.store, |tx| team::insert(tx, organization, &new));
        id
    }

    async fn add_contact(&self, known: Known) -> ContactId {
        let (organization, now) = (self.organization, self.clock.now());
        let id = ContactId::new(&self.clock, &SystemRandom);
        write!(self.store, |tx| contact::insert(tx, organization, id, &known, now));
        id
    }

    async fn add_chat(&self, account: AccountId, contact: Option<ContactId>, number: u64) -> ChatId {
        let (organization, now) = (self.organization, self.clock.now());
        let new = NewChat {
            id: ChatId::new(&self.clock, &SystemRandom),
            account_id: account,
            address: format!("{}@s.whatsapp.net", 15_550_000_000 + number)
                .parse::<Address>()
                .expect("an address"),
            contact_id: contact,
        };
        let id = new.id;
        write!(self.store, |tx| chat::insert(tx, organization, &new, now));
        id
    }

    async fn add_message(&self, chat: &Chat, arrival: Arrival) -> MessageId {
        let (organization, now) = (self.organization, self.clock.now());
        let id = MessageId::new(&self.clock, &SystemRandom);
        let direction = if arrival == Arrival::Written {
            Direction::Out
        } else {
            Direction::In
        };
        let new = Message {
            id,
            account_id: chat.account_id,
            chat_id: chat.id,
            direction,
            wa_id: id.to_string(),
            chat: chat.address.clone(),
            chat_name: chat.name.clone(),
            sender: "15550000001@s.whatsapp.net".into(),
            sent_by: None,
            automatic: None,
            contact_id: None,
            push_name: None,
            kind: "text".into(),
            content: Content::Text(pesan_model::content::Text { body: "x".into() }),
            metadata: None,
            reply_to: None,
            status: MessageStatus::Received,
            error: None,
            attempts: 0,
            retries: 0,
            created_at: now,
            sent_at: None,
            delivered_at: None,
            read_at: None,
            failed_at: None,
            send_at: None,
            deleted_at: None,
            edited_at: None,
            revoked_at: None,
        };
        let chat_id = chat.id;
        self.store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    message::insert(tx, organization, &new, now, None).await?;
                    chat::add_message(tx, organization, chat_id, (id, now), arrival).await
                })
            })
            .await
            .expect("written");
        id
    }

    /// A reminder about the chat's person comes due, or all are done.
    async fn remind(&self, chat: &Chat, is_due: bool) {
        let (organization, now) = (self.organization, self.clock.now());
        let about = (chat.contact_id, Some(chat.id));
        let new = Reminder {
            id: ReminderId::new(&self.clock, &SystemRandom),
            owner_id: None,
            contact_id: chat.contact_id,
            chat_id: Some(chat.id),
            about: None,
            text: "Call".into(),
            due_at: now,
            time_zone: "Asia/Jakarta".parse().expect("a zone"),
            status: ReminderStatus::Open,
            fired_at: None,
            created_by: "test".into(),
            created_at: now,
            updated_at: now,
        };
        self.store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    if is_due {
                        reminder::insert(tx, organization, &new).await?;
                        let fired = Reminder {
                            fired_at: Some(now),
                            ..new
                        };
                        reminder::update(tx, organization, &fired).await?;
                    } else {
                        let filter = reminder::Filter {
                            contact_id: about.0,
                            ..reminder::Filter::default()
                        };
                        for open in reminder::list(tx, organization, (ReminderStatus::Open, &filter), None, 100).await?
                        {
                            let done = Reminder {
                                status: ReminderStatus::Done,
                                ..open
                            };
                            reminder::update(tx, organization, &done).await?;
                        }
                    }
                    chat::follow_reminders(tx, organization, about).await
                })
            })
            .await
            .expect("written");
    }

    async fn update(&self, id: ChatId, update: Update) {
        let organization = self.organization;
        write!(self.store, |tx| chat::update(tx, organization, id, &update));
    }

    async fn list(&self, filter: Filter) -> Vec<Chat> {
        let organization = self.organization;
        read!(self.store, |tx| chat::list(tx, organization, &filter, None, 1000))
    }
}

/// A source of choices that is the same each time.
struct Choices(u64);

impl Choices {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).expect("small")
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// Every filter that a list can have alone, and some together.
fn filters(fixture: &Fixture, now: Timestamp) -> Vec<Filter> {
    let none = Filter::default;
    let mut filters = vec![none()];
    for account_id in &fixture.accounts {
        let account_id = Some(*account_id);
        filters.push(Filter { account_id, ..none() });
    }
    for assignee in [
        Assignee::Nobody,
        Assignee::User(fixture.users[0]),
        Assignee::User(fixture.users[1]),
    ] {
        let assignee = Some(assignee);
        filters.push(Filter { assignee, ..none() });
        filters.push(Filter {
            assignee,
            unread_only: true,
            account_id: Some(fixture.accounts[0]),
            ..none()
        });
    }
    for tag_id in &fixture.tags {
        let tag_id = Some(*tag_id);
        filters.push(Filter { tag_id, ..none() });
        filters.push(Filter {
            tag_id,
            starred_only: true,
            ..none()
        });
    }
    filters.push(Filter {
        team_id: Some(fixture.team),
        ..none()
    });
    filters.push(Filter {
        unread_only: true,
        ..none()
    });
    filters.push(Filter {
        starred_only: true,
        ..none()
    });
    filters.push(Filter {
        waiting_since: Some(now),
        ..none()
    });
    filters.push(Filter {
        reminder_due_only: true,
        ..none()
    });
    let with_status = |status: &ChatStatus| {
        let status = *status;
        filters.iter().map(move |filter| Filter {
            status: Some(status),
            ..filter.clone()
        })
    };
    let with: Vec<Filter> = ChatStatus::ALL.iter().flat_map(with_status).collect();
    filters.extend(with);
    filters
}

fn matches(filter: &Filter, chat: &Chat) -> bool {
    let is = |asked: bool, fact: bool| !asked || fact;
    filter.account_id.is_none_or(|id| id == chat.account_id)
        && filter.status.is_none_or(|status| status == chat.status)
        && filter.assignee.is_none_or(|assignee| match assignee {
            Assignee::Nobody => chat.assignee_id.is_none(),
            Assignee::User(id) => chat.assignee_id == Some(id),
        })
        && filter.team_id.is_none_or(|id| chat.team_id == Some(id))
        && filter.tag_id.is_none_or(|id| chat.tag_ids.contains(&id))
        && is(filter.unread_only, chat.unread > 0)
        && is(filter.starred_only, chat.is_starred)
        && is(filter.reminder_due_only, chat.reminder_due)
        && filter
            .waiting_since
            .is_none_or(|since| chat.waiting_since.is_some_and(|at| at <= since))
}

/// Compares counters and lists with what the chats themselves say.
async fn check(fixture: &Fixture, step: &str) {
    let (organization, me) = (fixture.organization, fixture.users[0]);
    let all = fixture.list(Filter::default()).await;
    let counters = read!(fixture.store, |tx| chat_counter::get(tx, organization, Some(me)));
    let count = |fact: &dyn Fn(&Chat) -> bool| all.iter().filter(|chat| fact(chat)).count() as u64;
    let is_open = |chat: &Chat| chat.status == ChatStatus::Open;
    for (account, found) in std::iter::once((None, counters.total)).chain(
        counters
            .accounts
            .iter()
            .map(|account| (Some(account.account_id), account.counts)),
    ) {
        let here = |chat: &Chat| account.is_none_or(|id| id == chat.account_id);
        let expected = [
            count(&|chat| here(chat) && is_open(chat)),
            count(&|chat| here(chat) && is_open(chat) && chat.assignee_id.is_none()),
            count(&|chat| here(chat) && is_open(chat) && chat.assignee_id == Some(me)),
            count(&|chat| here(chat) && chat.unread > 0),
            count(&|chat| here(chat) && chat.is_starred),
            count(&|chat| here(chat) && chat.reminder_due),
        ];
        let found = [
            found.open,
            found.unassigned,
            found.mine,
            found.unread,
            found.starred,
            found.reminder_due,
        ];
        assert_eq!(found, expected, "{step}");
    }
    for user in &fixture.users {
        let found = counters.assignees.iter().find(|assignee| assignee.user_id == *user);
        let expected = count(&|chat| is_open(chat) && chat.assignee_id == Some(*user));
        assert_eq!(found.map_or(0, |assignee| assignee.open), expected, "{step}");
    }
    for filter in filters(fixture, fixture.clock.now()) {
        let listed: Vec<_> = fixture
            .list(filter.clone())
            .await
            .into_iter()
            .map(|chat| chat.id)
            .collect();
        let expected: Vec<_> = all
            .iter()
            .filter(|chat| matches(&filter, chat))
            .map(|chat| chat.id)
            .collect();
        assert_eq!(listed, expected, "{step}: {filter:?}");
    }
}

#[tokio::test]
async fn counters_and_lists_follow_every_change_whatever_the_order() {
    for database in testing::both().await {
        let mut fixture = Fixture::new(&database).await;
        let mut choices = Choices(0x5eed);
        let mut people: Vec<ContactId> = Vec::new();
        for number in 0..150 {
            fixture.clock.advance_millis(1000);
            let chats = fixture.list(Filter::default()).await;
            let organization = fixture.organization;
            let kind = if chats.len() < 4 { 0 } else { choices.below(18) };
            if kind == 0 {
                let known = Known {
                    phone: Some(format!("{}", 15_550_100_000 + number)),
                    ..Known::default()
                };
                let contact = fixture.add_contact(known).await;
                people.push(contact);
                let account = choices.of(&fixture.accounts);
                fixture.add_chat(account, Some(contact), number).await;
                check(&fixture, "a new chat").await;
                continue;
            }
            let chat = chats[choices.below(chats.len())].clone();
            let id = chat.id;
            let step = match kind {
                1..=3 => {
                    fixture.add_message(&chat, Arrival::Received).await;
                    "a message came in"
                }
                4 => {
                    fixture.add_message(&chat, Arrival::Written).await;
                    "a message went out"
                }
                5 => {
                    let message = fixture.add_message(&chat, Arrival::Received).await;
                    write!(fixture.store, |tx| chat::forget_message(
                        tx,
                        organization,
                        (id, message)
                    ));
                    "a message was deleted"
                }
                6 => {
                    let unread = u32::try_from(choices.below(2)).expect("small");
                    write!(fixture.store, |tx| chat::set_unread(tx, organization, id, unread));
                    "it was read or marked unread"
                }
                7 | 8 => {
                    let status = choices.of(ChatStatus::ALL);
                    let until = (status == ChatStatus::Snoozed).then(|| fixture.clock.now());
                    let status = Some((status, until));
                    let update = Update {
                        status,
                        ..Update::default()
                    };
                    fixture.update(id, update).await;
                    "its status changed"
                }
                9 | 10 => {
                    let assignee_id = Some(choices.of(&[None, Some(fixture.users[0]), Some(fixture.users[1])]));
                    let update = Update {
                        assignee_id,
                        ..Update::default()
                    };
                    fixture.update(id, update).await;
                    "it was assigned"
                }
                11 => {
                    let update = Update {
                        is_starred: Some(!chat.is_starred),
                        team_id: Some(choices.of(&[None, Some(fixture.team)])),
                        ..Update::default()
                    };
                    fixture.update(id, update).await;
                    "its star and team changed"
                }
                12 | 13 => {
                    let count = choices.below(3);
                    let update = Update {
                        tag_ids: Some(fixture.tags[..count].to_vec()),
                        ..Update::default()
                    };
                    fixture.update(id, update).await;
                    "its tags changed"
                }
                16 | 17 => {
                    let is_due = choices.below(2) == 0;
                    fixture.remind(&chat, is_due).await;
                    "its reminders came due or were done"
                }
                14 if people.len() > 1 => {
                    let from = people.remove(choices.below(people.len()));
                    let into = people[choices.below(people.len())];
                    write!(fixture.store, |tx| contact::merge::absorb(tx, organization, from, into));
                    "two people became one"
                }
                _ => {
                    let gone = fixture.users.remove(1);
                    fixture
                        .store
                        .write::<_, Error, _>(move |tx| {
                            Box::pin(async move {
                                user::lock(tx, organization, gone).await?;
                                chat::unassign_all(tx, organization, gone, 10).await?;
                                user::delete(tx, organization, gone).await
                            })
                        })
                        .await
                        .expect("written");
                    let new = fixture.add_user("New").await;
                    fixture.users.push(new);
                    "somebody left"
                }
            };
            check(&fixture, &format!("{} {number}: {step}", database.kind)).await;
        }
        let (organization, gone) = (fixture.organization, fixture.accounts.remove(0));
        let now = fixture.clock.now();
        write!(fixture.store, |tx| account::delete(tx, organization, gone, now));
        check(&fixture, "an account was deleted").await;
        let gone = fixture.tags.remove(0);
        write!(fixture.store, |tx| tag::delete(tx, organization, gone));
        let gone = fixture.team;
        write!(fixture.store, |tx| team::delete(tx, organization, gone));
        check(&fixture, "a tag and a team were deleted").await;
        fixture.store.close().await;
    }
}

#[tokio::test]
async fn two_that_change_the_same_chat_at_once_are_both_counted() {
    for database in testing::both().await {
        let fixture = Fixture::new(&database).await;
        let id = fixture.add_chat(fixture.accounts[0], None, 1).await;
        let organization = fixture.organization;
        let changes = (0..20).map(|number| {
            let (store, user) = (fixture.store.clone(), fixture.users[number % 2]);
            async move {
                let update = Update {
                    assignee_id: Some((number % 3 > 0).then_some(user)),
                    is_starred: Some(number % 2 == 0),
                    ..Update::default()
                };
                write!(store, |tx| chat::update(tx, organization, id, &update));
            }
        });
        futures::future::join_all(changes).await;
        check(&fixture, database.kind).await;
        fixture.store.close().await;
    }
}

#[tokio::test]
async fn chats_that_were_there_before_are_counted_when_the_schema_grows() {
    let organization = "01920000-0000-7000-8000-000000000001";
    let account = "01920000-0000-7000-8000-000000000002";
    for database in testing::both().await {
        let id = |text: &str| match &database.options {
            StoreOptions::Sqlite { .. } => format!("x'{}'", text.replace('-', "")),
            StoreOptions::Postgres { .. } => format!("'{text}'"),
        };
        let (organization, account) = (id(organization), id(account));
        let mut sql = vec!["CREATE TABLE schema_migration (name TEXT NOT NULL PRIMARY KEY);".to_owned()];
        for name in [
            "0001_init",
            "0002_message_deleted",
            "0003_quarantine",
            "0004_account_not_before",
            "0005_media_file",
            "0006_loose_file",
        ] {
            let path = format!("{}/migrations/{name}.sql", env!("CARGO_MANIFEST_DIR"));
            sql.push(std::fs::read_to_string(path).expect("a migration"));
            sql.push(format!("INSERT INTO schema_migration (name) VALUES ('{name}');"));
        }
        sql.push(format!(
            "INSERT INTO organization VALUES ({organization}, 'Test', 0, 0, {}, 'm', 0);\
             INSERT INTO account (id, organization_id, name, provider, state, state_since, is_wanted, \
             bucket_millitokens, bucket_at, created_at) \
             VALUES ({account}, {organization}, 'One', 'linked_device', 'created', 0, FALSE, 0, 0, 0);",
            match &database.options {
                StoreOptions::Sqlite { .. } => "x'01'",
                StoreOptions::Postgres { .. } => "'\\x01'",
            }
        ));
        for number in 0..3 {
            sql.push(format!(
                "INSERT INTO chat (id, organization_id, account_id, address, is_group, unread, last_message_at, \
                 created_at) VALUES ({}, {organization}, {account}, '{number}@g.us', TRUE, {number}, 0, 0);",
                id(&format!("01920000-0000-7000-8000-00000000001{number}"))
            ));
        }
        run(&database.options, &sql.concat()).await;
        let store = database.open().await;
        let of: OrganizationId = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001).into();
        let total = read!(store, |tx| chat_counter::get(tx, of, None)).total;
        assert_eq!(
            (total.open, total.unassigned, total.unread, total.starred),
            (3, 3, 2, 0)
        );
        let filter = Filter::default();
        let chats = read!(store, |tx| chat::list(tx, of, &filter, None, 10));
        assert!(chats.len() == 3 && chats.iter().all(|chat| chat.status == ChatStatus::Open));
        store.close().await;
    }
}

/// Runs statements past the store.
async fn run(options: &StoreOptions, sql: &str) {
    match options {
        StoreOptions::Sqlite { path } => rusqlite::Connection::open(path)
            .and_then(|connection| connection.execute_batch(sql))
            .expect("runs"),
        StoreOptions::Postgres { url, .. } => {
            let mut connection = sqlx::PgConnection::connect(url).await.expect("connects");
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
                .execute(&mut connection)
                .await
                .expect("runs");
        }
    }
}

/// Makes this many chats: a tenth is closed, and few have a star, a tag, unread messages, somebody who waits or who looks
/// after them.
async fn fill(database: &TestDatabase, fixture: &Fixture, count: usize) {
    let id = |id: Uuid| match &database.options {
        StoreOptions::Sqlite { .. } => format!("x'{}'", id.simple()),
        StoreOptions::Postgres { .. } => format!("'{id}'::uuid"),
    };
    let organization = id(fixture.organization.uuid());
    let [one, two] = [0, 1].map(|index| id(fixture.accounts[index].uuid()));
    let (user, team, tag) = (
        id(fixture.users[0].uuid()),
        id(fixture.team.uuid()),
        id(fixture.tags[0].uuid()),
    );
    let (numbers, chat_id) = match &database.options {
        StoreOptions::Sqlite { .. } => (
            format!(
                "(WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < {count}) SELECT n FROM r)"
            ),
            "CAST(printf('%016d', n) AS BLOB)",
        ),
        StoreOptions::Postgres { .. } => (
            format!("(SELECT n FROM generate_series(1, {count}) n)"),
            "lpad(to_hex(n), 32, '0')::uuid",
        ),
    };
    let analyze = match &database.options {
        StoreOptions::Sqlite { .. } => "",
        StoreOptions::Postgres { .. } => "ANALYZE",
    };
    let sql = format!(
        "INSERT INTO chat (id, organization_id, account_id, address, is_group, unread, last_message_at, created_at, \
         status, assignee_id, team_id, is_starred, is_tagged, waiting_since, reminder_due, segment) \
         SELECT {chat_id}, {organization}, CASE WHEN n % 50 = 0 THEN {two} ELSE {one} END, n || '@g.us', TRUE, \
         CASE WHEN n % 40 = 1 THEN 1 ELSE 0 END, n, n, \
         CASE WHEN n % 10 = 3 THEN 'closed' WHEN n % 100 = 4 THEN 'snoozed' ELSE 'open' END, \
         CASE WHEN n % 60 = 2 THEN {user} END, CASE WHEN n % 70 = 5 THEN {team} END, n % 80 = 6, n % 90 = 7, \
         CASE WHEN n % 30 = 8 THEN n END, n % 85 = 9, \
         CASE WHEN n % 40 = 2 THEN 'lapsed' WHEN n % 3 = 1 THEN 'prospect' END FROM {numbers} numbers;\
         INSERT INTO chat_tag (tag_id, chat_id, status, last_message_at) \
         SELECT {tag}, id, status, last_message_at FROM chat WHERE is_tagged; {analyze}"
    );
    run(&database.options, &sql).await;
}

#[tokio::test]
async fn every_list_is_walked_along_an_index_from_any_place() {
    const CHATS: usize = 30_000;
    const PAGE: usize = 50;
    for database in testing::both().await {
        let fixture = Fixture::new(&database).await;
        fill(&database, &fixture, CHATS).await;
        let organization = fixture.organization;
        let mut asked: Vec<Filter> = filters(&fixture, Timestamp::from_millis(CHATS as i64));
        for segment in [Segment::Lapsed, Segment::Prospect] {
            for status in [None, Some(ChatStatus::Open), Some(ChatStatus::Closed)] {
                asked.push(Filter {
                    segment: Some(segment),
                    status,
                    ..Filter::default()
                });
            }
        }
        asked.retain(|filter| {
            // What most of an index does not have is looked at on the way.
            let is_narrow = filter.starred_only && filter.tag_id.is_some();
            !is_narrow && filter.assignee != Some(Assignee::User(fixture.users[1]))
        });
        for filter in asked {
            for place in [None, Some(CHATS / 2)] {
                let before = place.map(|at| (Timestamp::from_millis(at as i64), ChatId::from(Uuid::nil())));
                let shown = format!("{} {filter:?} {place:?}", database.kind);
                let asked = filter.clone();
                let plans = read!(fixture.store, |tx| async {
                    testing::watch_plans(tx);
                    chat::list(tx, organization, &asked, before, PAGE).await?;
                    Ok(testing::take_plans(tx))
                });
                for plan in plans {
                    // PostgreSQL, which says how many rows it read, may well sort a few, or read a small table.
                    let is_walked = !plan.is_sorted() && (database.kind == "postgres" || !plan.is_scan());
                    let is_walked = is_walked && plan.rows_read() <= CHATS as f64 / 20.0;
                    assert!(is_walked, "{shown}\n{plan}");
                }
            }
        }
        fixture.store.close().await;
    }
}
