//! Donations: what they come to, and what they say of people.

use std::collections::BTreeMap;
use std::time::Duration;

use pesan_app::donations::{self, DonationChange, NewDonation, donors, giving, rules};
use pesan_app::jobs::follow_segments;
use pesan_app::{Error, contacts, inbox};
use pesan_model::donation::{Donation, DonationMethod, DonationStatus, DonationTotals, streak};
use pesan_model::donor::{Donor, Segment, Why};
use pesan_model::{ContactId, Currency, Day, DonationId, MergeId, Permission};
use pesan_store::testing;

use crate::people::{person, write};
use crate::support::TestApp;

const SITI: &str = "6280000000001";

/// The day it is in tests.
fn today() -> Day {
    // 1,700,000,000 seconds are 2023-11-15, 05:13 in Jakarta.
    Day::new(2023, 11, 15).expect("a day")
}

pub(crate) fn gift(contact_id: ContactId, amount: i64, days_ago: u32) -> NewDonation {
    NewDonation {
        contact_id,
        amount,
        currency: None,
        method: DonationMethod::Qris,
        given_on: Some(today().minus_days(days_ago)),
        fund: None,
        status: DonationStatus::Confirmed,
        note: None,
        media_id: None,
    }
}

pub(crate) async fn give(test: &TestApp, new: NewDonation) -> Donation {
    let (donation, is_replayed) = donations::record(&test.app, &test.caller, new, None)
        .await
        .expect("recorded");
    assert!(!is_replayed);
    donation
}

pub(crate) async fn donor(test: &TestApp, id: ContactId) -> Donor {
    donors::get(&test.app, &test.caller, id).await.expect("a donor")
}

async fn listed(test: &TestApp, id: ContactId) -> Vec<Donation> {
    let of_person = donations::Filter {
        contact_id: Some(id),
        ..donations::Filter::default()
    };
    let page = donations::list(&test.app, &test.caller, of_person, None, 1_000)
        .await
        .expect("listed");
    page.into_iter().map(|(donation, _)| donation).collect()
}

#[tokio::test]
async fn a_donation_changes_totals_segment_and_scores_at_once() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let before = donor(&test, siti).await;
        assert_eq!(
            (before.segment, before.segment_why),
            (Segment::New, Why::FirstContact { days: 0 }),
            "{}",
            database.kind
        );
        assert_eq!((before.totals.len(), before.days_since_last), (0, None));

        give(&test, gift(siti, 125_000_000, 42)).await;
        let first = donor(&test, siti).await;
        let total = &first.totals[0];
        assert_eq!(
            (total.lifetime_value, total.gifts, total.average),
            (125_000_000, 1, 125_000_000)
        );
        assert_eq!(first.days_since_last, Some(42));
        assert_eq!(
            (first.segment, first.segment_why),
            (Segment::New, Why::FirstGift { days: 42 })
        );
        assert!(first.engagement.score > before.engagement.score);

        give(&test, gift(siti, 5_000_000, 40)).await;
        give(&test, gift(siti, 5_000_001, 0)).await;
        let third = donor(&test, siti).await;
        assert_eq!(third.segment, Segment::Loyal);
        assert_eq!(
            (third.totals[0].lifetime_value, third.totals[0].average),
            (135_000_001, 45_000_000)
        );
        assert_eq!(third.engagement.recency.why, Why::LastGift { days: 0 });
        assert_eq!(
            third.engagement.frequency.why,
            Why::GiftsInYear { gifts: 3, needed: None }
        );
        assert_eq!(
            third.engagement.conversation.why,
            Why::Conversation { replies: 0, started: 1 }
        );
        let names = test.event_names().await;
        assert_eq!(names.iter().filter(|name| **name == "donation.recorded").count(), 3);
    }
}

#[tokio::test]
async fn pending_refunded_and_deleted_donations_do_not_count() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let pending = give(
            &test,
            NewDonation {
                status: DonationStatus::Pending,
                ..gift(siti, 100, 1)
            },
        )
        .await;
        assert_eq!(donor(&test, siti).await.totals, vec![]);
        let confirmed = DonationChange {
            status: Some(DonationStatus::Confirmed),
            ..DonationChange::default()
        };
        let change = donations::correct(&test.app, &test.caller, pending.id, confirmed)
            .await
            .expect("corrected");
        assert_eq!(
            (change.status, change.created_at),
            (DonationStatus::Confirmed, pending.created_at)
        );
        assert_eq!(donor(&test, siti).await.totals[0].gifts, 1, "{}", database.kind);
        let refunded = DonationChange {
            status: Some(DonationStatus::Refunded),
            ..DonationChange::default()
        };
        donations::correct(&test.app, &test.caller, pending.id, refunded)
            .await
            .expect("corrected");
        assert_eq!(donor(&test, siti).await.totals, vec![]);
        assert_eq!(listed(&test, siti).await.len(), 1, "it stays in the list");

        donations::delete(&test.app, &test.caller, pending.id)
            .await
            .expect("deleted");
        assert_eq!(listed(&test, siti).await, vec![]);
        for gone in [
            donations::get(&test.app, &test.caller, pending.id).await.map(|_| ()),
            donations::delete(&test.app, &test.caller, pending.id).await,
        ] {
            assert!(matches!(gone, Err(Error::NotFound { what: "donation" })));
        }
        let names = test.event_names().await;
        let tail = [
            "donation.recorded",
            "donation.changed",
            "donation.changed",
            "donation.deleted",
        ];
        assert!(names.ends_with(&tail), "{names:?}");
    }
}

#[tokio::test]
async fn a_wrong_donation_is_refused_with_every_wrong_field() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let wrong = NewDonation {
            given_on: Some("2023-11-17".parse().expect("a day")),
            fund: Some("x".repeat(101)),
            note: Some("x".repeat(1_001)),
            media_id: Some(uuid::Uuid::from_u128(7).into()),
            ..gift(siti, 0, 0)
        };
        let Err(Error::Invalid(errors)) = donations::record(&test.app, &test.caller, wrong, None).await else {
            panic!("it is refused");
        };
        let pointers: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/amount", "/given_on", "/media_id", "/fund", "/note"]);
        let tomorrow = NewDonation {
            given_on: Some("2023-11-16".parse().expect("a day")),
            ..gift(siti, 1, 0)
        };
        give(&test, tomorrow).await;
        assert_eq!(
            donor(&test, siti).await.days_since_last,
            Some(0),
            "it is tomorrow somewhere"
        );
        let too_old = NewDonation {
            given_on: Some("1899-12-31".parse().expect("a day")),
            ..gift(siti, 1, 0)
        };
        let refused = donations::record(&test.app, &test.caller, too_old, None).await;
        assert!(matches!(refused, Err(Error::Invalid(errors)) if errors[0].pointer == "/given_on"));
        let plain = give(
            &test,
            NewDonation {
                fund: Some("  ".into()),
                given_on: None,
                ..gift(siti, 1, 0)
            },
        )
        .await;
        assert_eq!(
            (plain.fund, plain.given_on, plain.currency),
            (None, today(), Currency::IDR)
        );
    }
}

#[tokio::test]
async fn another_currency_needs_its_own_amount() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let gift = give(&test, gift(siti, 125_000_000, 0)).await;
        let in_yen = |amount| DonationChange {
            currency: Some("JPY".parse().expect("a currency")),
            amount,
            ..DonationChange::default()
        };
        let refused = donations::correct(&test.app, &test.caller, gift.id, in_yen(None)).await;
        let Err(Error::Invalid(errors)) = refused else {
            panic!("it is refused on {}", database.kind);
        };
        let wrong: Vec<_> = errors
            .iter()
            .map(|error| (error.pointer.as_str(), error.flaw.to_string()))
            .collect();
        assert_eq!(
            wrong,
            [("/amount", "must be given anew, in the new currency".to_owned())]
        );
        let same = DonationChange {
            currency: Some(gift.currency),
            ..DonationChange::default()
        };
        let kept = donations::correct(&test.app, &test.caller, gift.id, same).await;
        assert_eq!(kept.expect("it is the same one"), gift);
        let corrected = donations::correct(&test.app, &test.caller, gift.id, in_yen(Some(12_000)))
            .await
            .expect("corrected");
        assert_eq!((corrected.amount, corrected.currency.code()), (12_000, "JPY"));
    }
}

#[tokio::test]
async fn those_who_give_most_are_vips_once_there_are_enough_donors_to_compare() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let mut people = Vec::new();
        for number in 1..=20 {
            let id = person(&test, account, &format!("62800000001{number:02}"), "Donatur").await;
            give(&test, gift(id, 1_000 * number, 100)).await;
            people.push(id);
        }
        assert_eq!(
            donor(&test, people[19]).await.segment,
            Segment::Active,
            "not counted yet"
        );
        giving::count(&test.app, test.caller.organization_id)
            .await
            .expect("counted");
        let top = donor(&test, people[19]).await;
        assert_eq!(
            (top.segment, top.segment_why),
            (
                Segment::Vip,
                Why::TopGiver {
                    percent: 5,
                    amount: 20_000,
                    currency: Currency::IDR
                }
            ),
            "{}",
            database.kind
        );
        let scores = [0, 9, 19].map(|place: usize| people[place]);
        let mut percents = Vec::new();
        for id in scores {
            percents.push(donor(&test, id).await.engagement.amount.score);
        }
        assert_eq!(percents, [5, 50, 100]);
        assert_eq!(donor(&test, people[18]).await.segment, Segment::Active);

        let change = rules::RulesChange {
            vip_lifetime_value: Some(Some(1_000)),
            ..rules::RulesChange::default()
        };
        rules::update(&test.app, &test.caller, change).await.expect("changed");
        assert_eq!(donor(&test, people[0]).await.segment, Segment::Vip, "the rule changed");
    }
}

#[tokio::test]
async fn rules_are_checked_and_another_currency_asks_for_its_own_amount() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let wrong = rules::RulesChange {
            vip_top_percent: Some(101),
            loyal_gifts: Some(0),
            lapsed_days: Some(90),
            currency: Some("USD".parse().expect("a currency")),
            ..rules::RulesChange::default()
        };
        let Err(Error::Invalid(errors)) = rules::update(&test.app, &test.caller, wrong).await else {
            panic!("it is refused");
        };
        let pointers: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/vip_top_percent",
                "/vip_lifetime_value",
                "/loyal_gifts",
                "/lapsed_days"
            ]
        );
        let right = rules::RulesChange {
            currency: Some("USD".parse().expect("a currency")),
            vip_lifetime_value: Some(None),
            ..rules::RulesChange::default()
        };
        let changed = rules::update(&test.app, &test.caller, right).await.expect("changed");
        let kept = rules::get(&test.app, &test.caller).await.expect("kept");
        assert_eq!(
            (kept.currency.code(), kept.vip_lifetime_value),
            ("USD", None),
            "{}",
            database.kind
        );
        assert_eq!(kept, changed);
    }
}

/// Numbers that follow from a seed (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

/// What a person's donations come to, counted apart from the product.
fn recounted(donations: &[Donation]) -> Vec<DonationTotals> {
    let mut by_currency: BTreeMap<Currency, Vec<&Donation>> = BTreeMap::new();
    for donation in donations
        .iter()
        .filter(|donation| donation.status == DonationStatus::Confirmed)
    {
        by_currency.entry(donation.currency).or_default().push(donation);
    }
    let total = |(currency, gifts): (Currency, Vec<&Donation>)| {
        let lifetime_value = gifts.iter().map(|gift| gift.amount).sum();
        let days: Vec<Day> = gifts.iter().map(|gift| gift.given_on).collect();
        DonationTotals {
            currency,
            lifetime_value,
            gifts: gifts.len() as u32,
            average: lifetime_value / gifts.len() as i64,
            largest: gifts.iter().map(|gift| gift.amount).max().expect("one at least"),
            first_on: *days.iter().min().expect("one at least"),
            last_on: *days.iter().max().expect("one at least"),
            streak_years: streak(days.iter().map(|day| day.year()).collect()),
        }
    };
    by_currency.into_iter().map(total).collect()
}

#[tokio::test]
async fn after_anything_that_happens_the_totals_are_what_a_recount_gives() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let mut numbers = Numbers(2026);
        let currencies: [Currency; 2] = [Currency::IDR, "USD".parse().expect("a currency")];
        let statuses = [
            DonationStatus::Confirmed,
            DonationStatus::Confirmed,
            DonationStatus::Pending,
            DonationStatus::Refunded,
        ];
        let mut people = Vec::new();
        for number in 1..=4 {
            people.push(person(&test, account, &format!("628000000020{number}"), "Donatur").await);
        }
        let (mut known, mut merges): (Vec<DonationId>, Vec<MergeId>) = (Vec::new(), Vec::new());
        for step in 0..160 {
            let amount = 1 + numbers.below(1_000) as i64;
            let given_on = today().minus_days(numbers.below(9 * 365) as u32);
            match numbers.below(10) {
                0..=4 => {
                    let new = NewDonation {
                        currency: Some(currencies[numbers.below(2)]),
                        status: statuses[numbers.below(4)],
                        given_on: Some(given_on),
                        ..gift(people[numbers.below(4)], amount, 0)
                    };
                    known.push(give(&test, new).await.id);
                }
                5 | 6 if !known.is_empty() => {
                    let id = known[numbers.below(known.len())];
                    let change = DonationChange {
                        amount: Some(amount),
                        currency: Some(currencies[numbers.below(2)]),
                        given_on: Some(given_on),
                        status: Some(statuses[numbers.below(4)]),
                        ..DonationChange::default()
                    };
                    donations::correct(&test.app, &test.caller, id, change)
                        .await
                        .expect("corrected");
                }
                7 if !known.is_empty() => {
                    let id = known.swap_remove(numbers.below(known.len()));
                    donations::delete(&test.app, &test.caller, id).await.expect("deleted");
                }
                8 => {
                    let both = (people[numbers.below(4)], people[numbers.below(4)]);
                    match contacts::merging::merge(&test.app, &test.caller, both, None).await {
                        Ok((merge, _)) => merges.push(merge.id),
                        Err(Error::Conflict {
                            code: "same_person", ..
                        }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
                9 if !merges.is_empty() => {
                    let id = merges[numbers.below(merges.len())];
                    for of in &people {
                        match contacts::merging::unmerge(&test.app, &test.caller, *of, id).await {
                            Ok(_) | Err(Error::NotFound { what: "merge" }) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                    merges.retain(|merge| *merge != id);
                }
                _ => {}
            }
            let mut all = 0;
            let mut seen = std::collections::BTreeSet::new();
            for id in &people {
                let donations = listed(&test, *id).await;
                let mut totals = donor(&test, *id).await.totals;
                totals.sort_by_key(|total| total.currency);
                assert_eq!(totals, recounted(&donations), "{} after step {step}", database.kind);
                if seen.insert(donor(&test, *id).await.contact_id) {
                    all += donations.len();
                }
            }
            assert_eq!(
                all,
                known.len(),
                "nothing is lost or doubled, {} after step {step}",
                database.kind
            );
        }
    }
}

#[tokio::test]
async fn a_conversation_counts_for_ninety_days() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let talk = async || donor(&test, siti).await.engagement.conversation;
        assert_eq!(talk().await.why, Why::Conversation { replies: 0, started: 1 });
        test.clock.advance(Duration::from_hours(25));
        write(&test, account, (SITI, "Siti"), "masih ada?").await;
        assert_eq!(
            talk().await.why,
            Why::Conversation { replies: 0, started: 2 },
            "{}",
            database.kind
        );
        test.clock.advance(Duration::from_hours(90 * 24));
        let later = talk().await;
        assert_eq!(
            (later.score, later.why),
            (0, Why::Conversation { replies: 0, started: 0 })
        );
    }
}

/// In which segments a chat with the person is found.
async fn found_in(test: &TestApp, id: ContactId) -> Vec<Segment> {
    let mut found = Vec::new();
    for segment in Segment::ALL {
        let filter = inbox::Filter {
            segment: Some(segment),
            ..inbox::Filter::default()
        };
        let listed = inbox::chats(&test.app, &test.caller, filter, None, 50)
            .await
            .expect("listed");
        if listed.iter().any(|chat| chat.contact_id == Some(id)) {
            found.push(segment);
        }
    }
    found
}

#[tokio::test]
async fn chats_are_listed_by_the_segment_of_their_person() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        assert_eq!(found_in(&test, siti).await, [Segment::New], "{}", database.kind);
        give(&test, gift(siti, 100, 300)).await;
        assert_eq!(found_in(&test, siti).await, [Segment::Active]);
        let large = give(&test, gift(siti, 2_500_000_000, 0)).await;
        assert_eq!(found_in(&test, siti).await, [Segment::Vip]);
        donations::delete(&test.app, &test.caller, large.id)
            .await
            .expect("deleted");
        assert_eq!(found_in(&test, siti).await, [Segment::Active]);
        let opted_out = async |opted_out| {
            let change = contacts::ContactChange {
                opted_out: Some(opted_out),
                ..contacts::ContactChange::default()
            };
            contacts::update(&test.app, &test.caller, siti, change)
                .await
                .expect("changed")
        };
        opted_out(true).await;
        assert_eq!(found_in(&test, siti).await, [Segment::OptedOut]);
        opted_out(false).await;

        let mut known = follow_segments::Known::new();
        let follow = async |known: &mut follow_segments::Known| {
            follow_segments::follow_all(&test.app, known).await.expect("followed")
        };
        assert_eq!(follow(&mut known).await, 0, "everybody is where they belong");
        test.clock.advance(Duration::from_hours(24 * 90));
        assert_eq!(found_in(&test, siti).await, [Segment::Active], "nobody has looked yet");
        assert_eq!((follow(&mut known).await, follow(&mut known).await), (1, 0));
        assert_eq!(found_in(&test, siti).await, [Segment::Lapsed]);
        let change = rules::RulesChange {
            lapsed_days: Some(1_000),
            long_lapsed_days: Some(2_000),
            ..rules::RulesChange::default()
        };
        rules::update(&test.app, &test.caller, change).await.expect("changed");
        assert_eq!(follow(&mut known).await, 1);
        assert_eq!(found_in(&test, siti).await, [Segment::Active]);
    }
}

#[tokio::test]
async fn joined_people_are_listed_in_the_segment_of_both() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let other = person(&test, account, "6280000000002", "Siti kantor").await;
        give(&test, gift(other, 100, 300)).await;
        let (merge, _) = contacts::merging::merge(&test.app, &test.caller, (siti, other), None)
            .await
            .expect("joined");
        let in_segment = async |segment| {
            let filter = inbox::Filter {
                segment: Some(segment),
                ..inbox::Filter::default()
            };
            inbox::chats(&test.app, &test.caller, filter, None, 50)
                .await
                .expect("listed")
                .len()
        };
        assert_eq!(in_segment(Segment::Active).await, 2, "{}", database.kind);
        contacts::merging::unmerge(&test.app, &test.caller, siti, merge.id)
            .await
            .expect("separated");
        assert_eq!(
            (in_segment(Segment::Active).await, in_segment(Segment::New).await),
            (1, 1)
        );
    }
}

#[tokio::test]
async fn who_may_not_see_donations_may_not_ask_for_a_segment() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let caller = pesan_app::Caller {
            permissions: [Permission::MessagesRead].into(),
            ..test.caller.clone()
        };
        let filter = inbox::Filter {
            segment: Some(Segment::Vip),
            ..inbox::Filter::default()
        };
        let refused = inbox::chats(&test.app, &caller, filter, None, 50).await;
        assert!(matches!(refused, Err(Error::Forbidden { .. })), "{refused:?}");
    }
}
