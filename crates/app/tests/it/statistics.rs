//! What is counted day by day is what a count of everything finds, whatever happened and in whatever order.

use std::collections::{BTreeMap, BTreeSet};

use pesan_app::inbox::ChatUpdate;
use pesan_app::jobs::count_backlog;
use pesan_app::statistics::{self, Period};
use pesan_app::{accounts, contacts, donations, inbox, messaging};
use pesan_model::donation::DonationStatus;
use pesan_model::message::MessageError;
use pesan_model::statistics::{DonationSum, MessageCounts, Statistics, Times, time_bucket};
use pesan_model::{
    AccountId, Address, ChatStatus, Clock as _, Currency, Day, Direction, MessageId, MessageStatus, SystemRandom,
    Timestamp, Zone,
};
use pesan_providers::Inbound;
use pesan_providers::inbound::{GroupNotice, InboundContent, InboundMessage, Person, Receipt};
use pesan_providers::provider::Refusal;
use pesan_store::Error as StoreError;
use pesan_store::testing::{self, MessageFacts};
use tokio::sync::oneshot;

use crate::donations::{gift, give};
use crate::inbound::{message, receive, receive_message};
use crate::messaging::{send, text};
use crate::support::TestApp;

const GROUP: &str = "120363000000000001@g.us";
const PEOPLE: u64 = 6;

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    /// A number below `end`.
    fn roll(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Which stories are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Story {
    /// What can be counted from the threads alone.
    Plain,
    /// Chats are closed without an answer too, and people turn out to be one.
    Tangled,
}

fn number(index: u64) -> String {
    format!("1555000{index:04}")
}

fn zone() -> Zone {
    "Asia/Jakarta".parse().expect("a zone")
}

/// A number of things happen.
async fn live(test: &TestApp, accounts: &[AccountId], story: Story, seed: u64) {
    let mut dice = Dice(seed);
    let mut unreadable: Vec<(AccountId, InboundMessage)> = Vec::new();
    let mut gifts = Vec::new();
    for step in 0..160_u64 {
        // Sometimes the same moment, sometimes the next day.
        let pause = [0, 1_000, 40_000, 1_900_000, 9 * 3_600_000][usize::try_from(dice.roll(5)).expect("small")];
        test.clock.advance_millis(pause);
        let account = accounts[usize::try_from(dice.roll(accounts.len() as u64)).expect("small")];
        let person = dice.roll(PEOPLE);
        let came = from(test, person, &format!("M{step}"));
        match dice.roll(16) {
            0..=2 => receive_message(test, account, came).await,
            3 => {
                let content = InboundContent::Reaction {
                    target: "M0".into(),
                    emoji: "👍".into(),
                };
                receive_message(test, account, InboundMessage { content, ..came }).await;
            }
            4 => {
                let content = InboundContent::Undecryptable { reason: "late".into() };
                let came = InboundMessage { content, ..came };
                receive_message(test, account, came.clone()).await;
                unreadable.push((account, came));
            }
            5 => {
                let Some((account, came)) = unreadable.pop() else {
                    continue;
                };
                // A reaction is nothing that somebody waits with; what could not be read may have been one.
                let content = match (story, dice.roll(2)) {
                    (Story::Tangled, 0) => InboundContent::Reaction {
                        target: "M0".into(),
                        emoji: "🙏".into(),
                    },
                    (Story::Tangled | Story::Plain, _) => InboundContent::Text("jelas".into()),
                };
                receive_message(test, account, InboundMessage { content, ..came }).await;
            }
            6..=8 => drop(send(test, text(account, &number(person), "halo")).await),
            9 => {
                let came = InboundMessage {
                    direction: Direction::Out,
                    sender: Person::default(),
                    ..came
                };
                receive_message(test, account, came).await;
            }
            10 | 11 => tell(test, &mut dice).await,
            12 => decide(test, &mut dice).await,
            13 => {
                let direction = [Direction::In, Direction::Out][usize::try_from(dice.roll(2)).expect("small")];
                let days = i64::try_from(dice.roll(5)).expect("small");
                let came = InboundMessage {
                    wa_id: format!("H{step}"),
                    direction,
                    at: Timestamp::from_millis(test.clock.now().millis() - days * 50_000_000 - 1_000),
                    from_history: true,
                    ..came
                };
                receive_message(test, account, came).await;
            }
            14 => {
                let notice = GroupNotice {
                    group: GROUP.parse().expect("a group"),
                    wa_id: format!("N{step}"),
                    by: came.sender.clone(),
                    action: "add".into(),
                    participants: vec![],
                    subject: None,
                    at: test.clock.now(),
                };
                let chat: Address = GROUP.parse().expect("a group");
                let said = Inbound::Message(Box::new(InboundMessage { chat, ..came }));
                receive(test, account, vec![Inbound::Group(notice), said]).await;
            }
            _ => {
                donate(test, &mut dice, &mut gifts).await;
                if story == Story::Tangled {
                    tangle(test, &mut dice, account, step).await;
                }
            }
        }
    }
}

fn from(test: &TestApp, person: u64, wa_id: &str) -> InboundMessage {
    InboundMessage {
        chat: number(person).parse().expect("a number"),
        sender: Person {
            phone: number(person).parse().ok(),
            lid: None,
            push_name: Some(format!("Orang {person}")),
        },
        ..message(test, wa_id, "halo")
    }
}

/// Any of the messages that went out, with its WhatsApp id.
async fn any_out(test: &TestApp, dice: &mut Dice) -> Option<(MessageFacts, String)> {
    let all = testing::all_messages(&test.app.store, test.caller.organization_id).await;
    let out: Vec<_> = all.into_iter().filter(|message| message.direction == "out").collect();
    let chosen = out
        .get(usize::try_from(dice.roll(out.len().max(1) as u64)).expect("small"))?
        .clone();
    let chat = messaging::get(&test.app, &test.caller, chosen.id)
        .await
        .expect("there")
        .chat;
    Some((chosen, chat))
}

/// WhatsApp tells something of a message.
async fn tell(test: &TestApp, dice: &mut Dice) {
    let Some((chosen, chat)) = any_out(test, dice).await else {
        return;
    };
    let now = test.clock.now();
    let chat: Address = chat.parse().expect("an address");
    let word = match dice.roll(5) {
        0 => Inbound::Acknowledged {
            wa_id: chosen.wa_id,
            refusal: None,
            at: Some(now),
        },
        1 => Inbound::Acknowledged {
            wa_id: chosen.wa_id,
            refusal: Some(Refusal::Final(MessageError::refused("463").told("No."))),
            at: Some(now),
        },
        kind => Inbound::Receipt(Receipt {
            chat: chat.clone(),
            peer: None,
            from: chat,
            from_self: false,
            wa_ids: vec![chosen.wa_id],
            status: [MessageStatus::Delivered, MessageStatus::Read, MessageStatus::Played]
                [usize::try_from(kind - 2).expect("small")],
            at: now,
        }),
    };
    receive(test, chosen.account_id, vec![word]).await;
}

/// A person does something with a message that went out. What cannot be done now is refused.
async fn decide(test: &TestApp, dice: &mut Dice) {
    let Some((chosen, _)) = any_out(test, dice).await else {
        return;
    };
    match dice.roll(4) {
        0 => drop(messaging::cancel(&test.app, &test.caller, chosen.id).await),
        3 => drop(messaging::resume(&test.app, &test.caller, chosen.id).await),
        1 => drop(messaging::retry(&test.app, &test.caller, chosen.id).await),
        _ => drop(messaging::delete(&test.app, &test.caller, chosen.id).await),
    }
}

async fn donate(test: &TestApp, dice: &mut Dice, gifts: &mut Vec<pesan_model::DonationId>) {
    let people = contacts::list(&test.app, &test.caller, None, None, 1)
        .await
        .expect("listed");
    let Some(person) = people.first() else { return };
    match (dice.roll(4), gifts.last().copied()) {
        (0, Some(id)) => {
            let change = donations::DonationChange {
                amount: Some(7),
                currency: Some("USD".parse::<Currency>().expect("a currency")),
                given_on: Some("2023-11-01".parse().expect("a day")),
                ..donations::DonationChange::default()
            };
            donations::correct(&test.app, &test.caller, id, change)
                .await
                .expect("corrected");
        }
        (1, Some(id)) => {
            let change = donations::DonationChange {
                status: Some(DonationStatus::Refunded),
                ..donations::DonationChange::default()
            };
            donations::correct(&test.app, &test.caller, id, change)
                .await
                .expect("corrected");
        }
        (2, Some(id)) => {
            donations::delete(&test.app, &test.caller, id).await.expect("deleted");
            gifts.pop();
        }
        _ => {
            let days = u32::try_from(dice.roll(3)).expect("small");
            gifts.push(give(test, gift(person.id, 1_000, days)).await.id);
        }
    }
}

/// A chat is closed, or WhatsApp tells that a hidden id is one of the numbers.
async fn tangle(test: &TestApp, dice: &mut Dice, account: AccountId, step: u64) {
    if dice.roll(2) == 0 {
        let open = inbox::chats(&test.app, &test.caller, inbox::Filter::default(), None, 50)
            .await
            .expect("listed");
        let Some(chat) = open.first() else { return };
        let change = ChatUpdate {
            status: Some(ChatStatus::Closed),
            ..ChatUpdate::default()
        };
        inbox::update(&test.app, &test.caller, chat.id, change)
            .await
            .expect("closed");
        return;
    }
    let person = dice.roll(PEOPLE);
    let lid = format!("1000000{person}@lid");
    let hidden = Person {
        phone: None,
        lid: Some(lid.clone()),
        push_name: None,
    };
    let came = InboundMessage {
        chat: lid.parse().expect("an id"),
        sender: hidden.clone(),
        ..message(test, &format!("L{step}"), "siapa")
    };
    // The same message can come under both addresses.
    let again = from(test, person, &came.wa_id);
    receive_message(test, account, came).await;
    if dice.roll(2) == 0 {
        receive_message(test, account, again).await;
    }
    let told = Person {
        phone: number(person).parse().ok(),
        ..hidden
    };
    receive(test, account, vec![Inbound::Person(told)]).await;
}

/// What is counted of an account on a day, by somebody who reads everything.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Naive {
    messages: MessageCounts,
    chats: BTreeSet<pesan_model::ChatId>,
    replies: Times,
    reads: Times,
}

/// How `waited` is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    /// As it is stored.
    Stored,
    /// From the threads, history aside: nobody waits in it.
    OfNew,
    /// From the threads.
    OfAll,
}

fn naive(all: &[MessageFacts], waiting: Waiting) -> BTreeMap<(AccountId, Day), Naive> {
    let mut days: BTreeMap<(AccountId, Day), Naive> = BTreeMap::new();
    let mut waits: BTreeMap<pesan_model::ChatId, Timestamp> = BTreeMap::new();
    for message in all {
        if ["reaction", "group_change"].contains(&message.kind.as_str()) {
            continue;
        }
        let is_history = message.wa_id.starts_with('H') && waiting == Waiting::OfNew;
        let mut waited = None;
        if message.direction == "in" && !is_history {
            waits.entry(message.chat_id).or_insert(message.at);
        } else if message.direction == "out" && !is_history {
            let since = waits.remove(&message.chat_id);
            waited = since.map(|since| message.at.millis() - since.millis());
        }
        if waiting == Waiting::Stored {
            waited = message.waited.filter(|waited| *waited >= 0);
        }
        let (at, rank) = match message.status.as_str() {
            "received" => (message.at, 0),
            "sent" => (message.sent_at.expect("it was sent"), 1),
            "delivered" => (message.sent_at.expect("it was sent"), 2),
            "read" => (message.sent_at.expect("it was sent"), 3),
            "played" => (message.sent_at.expect("it was sent"), 4),
            "failed" => (message.failed_at.expect("it was given up"), 0),
            "queued" | "cancelled" => continue,
            other => panic!("{other}"),
        };
        let day = days.entry((message.account_id, Day::at(at, &zone()))).or_default();
        day.chats.insert(message.chat_id);
        day.messages.received += u64::from(message.status == "received");
        day.messages.failed += u64::from(message.status == "failed");
        day.messages.sent += u64::from(rank >= 1);
        day.messages.delivered += u64::from(rank >= 2);
        day.messages.read += u64::from(rank >= 3);
        day.messages.played += u64::from(rank >= 4);
        if let Some(waited) = waited.filter(|_| rank >= 1) {
            day.replies
                .add(time_bucket(waited + (at.millis() - message.at.millis()).max(0)), 1);
        }
        if let (true, Some(read_at)) = (rank >= 3, message.read_at) {
            day.reads.add(time_bucket(read_at.millis() - at.millis()), 1);
        }
    }
    days
}

async fn asked(test: &TestApp, account_id: Option<AccountId>) -> Statistics {
    statistics::get(&test.app, &test.caller, whole_year(test, account_id))
        .await
        .expect("statistics")
}

fn whole_year(test: &TestApp, account_id: Option<AccountId>) -> Period {
    Period {
        to: Some(Day::at(test.clock.now(), &zone()).next()),
        days: Some(statistics::MAX_DAYS),
        account_id,
        ..Period::default()
    }
}

/// How many messages are listed as given up, page by page, the newest day first and none twice.
async fn listed_failed(test: &TestApp, account_id: Option<AccountId>) -> u64 {
    let (period, mut places, mut before) = (whole_year(test, account_id), Vec::new(), None);
    loop {
        let page = statistics::list_failed(&test.app, &test.caller, period, before, 3)
            .await
            .expect("listed");
        let Some((_, last)) = page.last() else { break };
        before = Some(*last);
        for (message, place) in page {
            assert_eq!((message.status, message.id), (MessageStatus::Failed, place.1));
            assert!(account_id.is_none_or(|account_id| account_id == message.account_id));
            places.push(place);
        }
    }
    assert!(places.is_sorted_by(|one, other| one > other), "{places:?}");
    places.len() as u64
}

/// The same of the people who were met.
async fn listed_met(test: &TestApp) -> u64 {
    let (period, mut places, mut before) = (whole_year(test, None), Vec::new(), None);
    loop {
        let page = statistics::list_met(&test.app, &test.caller, period, before, 2)
            .await
            .expect("listed");
        let Some((_, last)) = page.last() else { break };
        before = Some(*last);
        places.extend(page.into_iter().map(|(_, place)| place));
    }
    assert!(places.is_sorted_by(|one, other| one > other), "{places:?}");
    places.len() as u64
}

/// How many failed messages were deleted: they still count, and are not listed.
fn deleted_failures(all: &[MessageFacts], account: Option<AccountId>) -> u64 {
    let is_one = |message: &&MessageFacts| {
        message.status == "failed"
            && message.deleted_at.is_some()
            && !["reaction", "group_change"].contains(&message.kind.as_str())
            && account.is_none_or(|account| account == message.account_id)
    };
    all.iter().filter(is_one).count() as u64
}

/// Compares what is kept with what is found by reading everything.
async fn compare(test: &TestApp, accounts: &[AccountId], waiting: Waiting, about: &str) {
    let organization = test.caller.organization_id;
    let all = testing::all_messages(&test.app.store, organization).await;
    let naive = naive(&all, waiting);
    for account in accounts {
        let found = asked(test, Some(*account)).await;
        let (mut replies, mut reads, mut sum) = (Times::default(), Times::default(), MessageCounts::default());
        for day in &found.days {
            let expected = naive.get(&(*account, day.day)).cloned().unwrap_or_default();
            let shown = (day.figures.messages, day.active_chats, day.figures.replies);
            let counted = (expected.messages, expected.chats.len() as u64, expected.replies.count());
            assert_eq!(shown, counted, "{about}: {account} on {}", day.day);
            assert_eq!(day.figures.median_reply_secs, expected.replies.median_secs(), "{about}");
            replies.add_all(&expected.replies);
            reads.add_all(&expected.reads);
            sum.add(&expected.messages);
        }
        assert_eq!(found.reply_times, replies.distribution(), "{about}");
        assert_eq!(found.read_times, reads.distribution(), "{about}");
        assert_eq!(found.total.messages, sum, "{about}");
        let gone = deleted_failures(&all, Some(*account));
        assert_eq!(listed_failed(test, Some(*account)).await, sum.failed - gone, "{about}");
        assert_eq!((found.total.new_contacts, found.total.donations), (None, None));
    }
    let found = asked(test, None).await;
    assert!(found.is_complete, "{about}");
    let mut met: BTreeMap<Day, u64> = BTreeMap::new();
    for created_at in testing::all_contacts(&test.app.store, organization).await {
        *met.entry(Day::at(created_at, &zone())).or_default() += 1;
    }
    assert_eq!(listed_met(test).await, met.values().sum::<u64>(), "{about}");
    let left = found.total.messages.failed - deleted_failures(&all, None);
    assert_eq!(listed_failed(test, None).await, left, "{about}");
    let page = donations::list(&test.app, &test.caller, donations::Filter::default(), None, 1_000)
        .await
        .expect("listed");
    let mut given: BTreeMap<(Day, Currency), (i64, u64)> = BTreeMap::new();
    for (donation, _) in page {
        if donation.status == DonationStatus::Confirmed {
            let (amount, gifts) = given.entry((donation.given_on, donation.currency)).or_default();
            *amount += donation.amount;
            *gifts += 1;
        }
    }
    for day in &found.days {
        let expected: Vec<_> = given
            .iter()
            .filter(|((given_on, _), _)| *given_on == day.day)
            .map(|((_, currency), (amount, gifts))| DonationSum {
                currency: *currency,
                amount: *amount,
                gifts: *gifts,
            })
            .collect();
        assert_eq!(day.figures.donations.as_ref(), Some(&expected), "{about}: {}", day.day);
        let met = met.get(&day.day).copied().unwrap_or(0);
        assert_eq!(day.figures.new_contacts, Some(met), "{about}: {}", day.day);
        let messages = accounts
            .iter()
            .filter_map(|account| naive.get(&(*account, day.day)))
            .fold(MessageCounts::default(), |mut sum, day| {
                sum.add(&day.messages);
                sum
            });
        assert_eq!(day.figures.messages, messages, "{about}: {}", day.day);
    }
}

async fn two_accounts(test: &TestApp) -> Vec<AccountId> {
    vec![test.account(None).await.0, test.account(None).await.0]
}

#[tokio::test]
async fn what_is_kept_is_what_a_count_of_everything_finds() {
    for seed in 1..=3 {
        for database in testing::both().await {
            let test = TestApp::new(&database).await;
            let accounts = two_accounts(&test).await;
            live(&test, &accounts, Story::Plain, seed).await;
            let about = format!("{} {seed}", database.kind);
            compare(&test, &accounts, Waiting::OfNew, &about).await;
        }
    }
}

#[tokio::test]
async fn it_stays_so_when_people_turn_out_to_be_one_and_when_it_is_counted_anew() {
    for seed in 11..=13 {
        for database in testing::both().await {
            let test = TestApp::new(&database).await;
            let mut accounts = two_accounts(&test).await;
            live(&test, &accounts, Story::Tangled, seed).await;
            let about = format!("{} {seed}", database.kind);
            compare(&test, &accounts, Waiting::Stored, &about).await;

            statistics::begin_anew(&test.app).await.expect("forgotten");
            assert!(!asked(&test, None).await.is_complete);
            count_backlog::count_all(&test.app).await.expect("counted");
            compare(&test, &accounts, Waiting::Stored, &format!("{about}, anew")).await;

            let gone = accounts.pop().expect("an account");
            accounts::delete(&test.app, &test.caller, gone).await.expect("deleted");
            compare(
                &test,
                &accounts,
                Waiting::Stored,
                &format!("{about}, without an account"),
            )
            .await;
        }
    }
}

#[tokio::test]
async fn what_was_there_before_is_counted_bit_by_bit_while_life_goes_on() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let accounts = two_accounts(&test).await;
        live(&test, &accounts, Story::Plain, 21).await;
        testing::forget_counts(&test.app.store).await;
        // Messages that are not counted yet go on to change, and new ones come in.
        let more = live(&test, &accounts, Story::Plain, 22);
        let counting = async {
            for _ in 0..20 {
                count_backlog::count_all(&test.app).await.expect("counted");
                tokio::task::yield_now().await;
            }
        };
        futures::future::join(more, counting).await;
        count_backlog::count_all(&test.app).await.expect("counted");
        assert_eq!(count_backlog::count_all(&test.app).await.expect("counted"), 0);
        compare(&test, &accounts, Waiting::Stored, database.kind).await;
    }
}

#[tokio::test]
async fn who_waited_before_there_were_counts_is_found_out_from_the_threads() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let accounts = two_accounts(&test).await;
        live(&test, &accounts, Story::Plain, 31).await;
        testing::forget_counts(&test.app.store).await;
        count_backlog::count_all(&test.app).await.expect("counted");
        compare(&test, &accounts, Waiting::OfAll, database.kind).await;
    }
}

#[tokio::test]
async fn what_happens_at_once_all_counts() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let accounts = two_accounts(&test).await;
        let jobs = (0..40_u64).map(|index| {
            let (test, account) = (&test, accounts[usize::try_from(index % 2).expect("small")]);
            async move {
                receive_message(test, account, from(test, index % PEOPLE, &format!("M{index}"))).await;
                let sent = send(test, text(account, &number(index % PEOPLE), "halo")).await;
                let accepted = Inbound::Acknowledged {
                    wa_id: sent.message.wa_id,
                    refusal: None,
                    at: Some(test.clock.now()),
                };
                receive(test, account, vec![accepted]).await;
            }
        });
        futures::future::join_all(jobs).await;
        compare(&test, &accounts, Waiting::Stored, database.kind).await;
        assert_eq!(asked(&test, None).await.total.messages.sent, 40);
    }
}

#[tokio::test]
async fn what_came_of_a_send_and_what_comes_in_at_once_do_not_wait_for_each_other() {
    // SQLite writes one after the other anyway.
    let database = testing::postgres().await;
    let test = TestApp::new(&database).await;
    let accounts = two_accounts(&test).await;
    let organization = test.caller.organization_id;
    let sent = send(&test, text(accounts[0], &number(1), "halo")).await.message;
    let mut arrived = sent.clone();
    (arrived.id, arrived.wa_id) = (MessageId::new(&*test.clock, &SystemRandom), "M1".into());
    (arrived.direction, arrived.status) = (Direction::In, MessageStatus::Received);
    let (id, now) = (sent.id, test.clock.now());
    let (is_taken, taken) = oneshot::channel();
    let (is_counted, counted) = oneshot::channel();
    let writes_down = test.app.store.write::<_, StoreError, _>(move |tx| {
        Box::pin(async move {
            let mut message = pesan_store::message::get_for_change(tx, organization, id).await?;
            is_taken.send(()).expect("waited for");
            counted.await.expect("sent");
            (message.status, message.sent_at) = (MessageStatus::Sent, Some(now));
            pesan_store::message::save_status(tx, organization, &message).await
        })
    });
    let receives = test.app.store.write::<_, StoreError, _>(move |tx| {
        Box::pin(async move {
            assert!(pesan_store::message::insert(tx, organization, &arrived, now, None).await?);
            taken.await.expect("sent");
            is_counted.send(()).expect("waited for");
            let mut message = pesan_store::message::get_for_change(tx, organization, id).await?;
            (message.status, message.delivered_at) = (MessageStatus::Delivered, Some(now));
            pesan_store::message::save_status(tx, organization, &message).await
        })
    });
    let (written, received) = tokio::join!(writes_down, receives);
    written.expect("written down");
    received.expect("received");
    compare(&test, &accounts, Waiting::Stored, "postgres").await;
    let counts = asked(&test, None).await.total.messages;
    assert_eq!((counts.received, counts.sent, counts.delivered), (1, 1, 1));
}

#[tokio::test]
async fn a_change_that_fails_counts_nothing() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let accounts = two_accounts(&test).await;
        receive_message(&test, accounts[0], from(&test, 1, "M1")).await;
        let organization = test.caller.organization_id;
        let all = testing::all_messages(&test.app.store, organization).await;
        let mut another = messaging::get(&test.app, &test.caller, all[0].id).await.expect("there");
        another.id = MessageId::new(&*test.clock, &SystemRandom);
        another.wa_id = "M2".into();
        let now = test.clock.now();
        let failed = test
            .app
            .store
            .write::<bool, StoreError, _>(move |tx| {
                Box::pin(async move {
                    assert!(pesan_store::message::insert(tx, organization, &another, now, None).await?);
                    Err(StoreError::Conflict)
                })
            })
            .await;
        assert!(matches!(failed, Err(StoreError::Conflict)), "{failed:?}");
        compare(&test, &accounts, Waiting::Stored, database.kind).await;
        assert_eq!(asked(&test, None).await.total.messages.received, 1, "{}", database.kind);
    }
}

#[tokio::test]
async fn a_day_begins_where_the_organization_is_and_stays_the_day_it_was() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        // 16:30 in UTC is 23:30 in Jakarta.
        test.clock.advance_millis(1_700_065_800_000 - test.clock.now().millis());
        receive_message(&test, account, from(&test, 1, "M1")).await;
        let sent = send(&test, text(account, &number(1), "halo")).await.message;
        let accepted = Inbound::Acknowledged {
            wa_id: sent.wa_id.clone(),
            refusal: None,
            at: Some(test.clock.now()),
        };
        receive(&test, account, vec![accepted]).await;
        test.clock.advance_millis(3_600_000);
        receive_message(&test, account, from(&test, 1, "M2")).await;
        let received = |found: &Statistics| -> Vec<_> {
            let days = found.days.iter().filter(|day| day.active_chats > 0);
            days.map(|day| (day.day.to_string(), day.figures.messages.received, day.active_chats))
                .collect()
        };
        let expected = [("2023-11-15".to_owned(), 1, 1), ("2023-11-16".to_owned(), 1, 1)];
        assert_eq!(received(&asked(&test, None).await), expected, "{}", database.kind);

        let moved = donations::rules::RulesChange {
            time_zone: Some("UTC".parse().expect("a zone")),
            ..donations::rules::RulesChange::default()
        };
        donations::rules::update(&test.app, &test.caller, moved)
            .await
            .expect("moved");
        // What counts already stays on its day, also when something of it changes.
        let read = Receipt {
            chat: number(1).parse().expect("a number"),
            peer: None,
            from: number(1).parse().expect("a number"),
            from_self: false,
            wa_ids: vec![sent.wa_id],
            status: MessageStatus::Read,
            at: test.clock.now(),
        };
        receive(&test, account, vec![Inbound::Receipt(read)]).await;
        let found = asked(&test, None).await;
        assert_eq!((received(&found), found.time_zone.name()), (expected.to_vec(), "UTC"));
        let first = found.days.iter().find(|day| day.active_chats > 0).expect("a day");
        assert_eq!((first.figures.messages.sent, first.figures.messages.read), (1, 1));
        assert_eq!(
            found.read_times.median_secs,
            Some(2_700),
            "within half an hour to an hour"
        );
    }
}

#[tokio::test]
async fn who_may_not_see_donations_sees_none_and_strangers_nothing() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let mut reader = test.caller.clone();
        reader.permissions = vec![
            pesan_model::Permission::AccountsRead,
            pesan_model::Permission::MessagesRead,
        ];
        let found = statistics::get(&test.app, &reader, Period::default())
            .await
            .expect("shown");
        assert_eq!(found.total.donations, None, "{}", database.kind);
        assert_eq!((found.total.new_contacts, found.days.len()), (Some(0), 30));
        reader.permissions.pop();
        assert!(statistics::get(&test.app, &reader, Period::default()).await.is_err());

        let stranger = TestApp::new(&database).await;
        let period = Period {
            account_id: Some(account),
            ..Period::default()
        };
        let refused = statistics::get(&stranger.app, &stranger.caller, period).await;
        assert!(matches!(refused, Err(pesan_app::Error::NotFound { .. })), "{refused:?}");
    }
}
