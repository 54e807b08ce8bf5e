//! People: finding, changing, joining and parting them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pesan_app::contacts::fields::{self, FieldChange, NewField};
use pesan_app::contacts::{self, ContactChange, merging, timeline};
use pesan_app::donations::{self, NewDonation, donors};
use pesan_app::notes::{self, About, NewNote};
use pesan_app::reminders::{self, Filter, NewReminder};
use pesan_app::{Error, Principal, inbox, jobs};
use pesan_model::access::User;
use pesan_model::custom_field::{FieldKind, FieldValue};
use pesan_model::donation::{DonationMethod, DonationStatus};
use pesan_model::reminder::ReminderStatus;
use pesan_model::timeline::{Happening, Merge, TimelineEntry};
use pesan_model::{Clock as _, ContactId, Role, SystemRandom, UserId};
use pesan_providers::inbound::{InboundMessage, Person};
use pesan_store::{testing, user};

use crate::inbound::{message, receive_message};
use crate::people::{chats, chats_of, contact, person, write};
use crate::support::{TestApp, within};

const SITI: &str = "6281200000001";
const SITI_TOO: &str = "6281200000002";
const BUDI: &str = "15550000003";

async fn found(test: &TestApp, text: &str) -> Vec<String> {
    let page = contacts::search(&test.app, &test.caller, text, None, 50)
        .await
        .expect("searched");
    page.into_iter().map(|(contact, _)| contact.name).collect()
}

fn named(name: &str) -> ContactChange {
    ContactChange {
        name: Some(Some(name.to_owned())),
        ..ContactChange::default()
    }
}

async fn change(test: &TestApp, id: ContactId, change: ContactChange) {
    contacts::update(&test.app, &test.caller, id, change)
        .await
        .expect("changed");
}

async fn merge(test: &TestApp, into: ContactId, other: ContactId) -> Merge {
    let merged = merging::merge(&test.app, &test.caller, (into, other), None).await;
    merged.expect("merged").0
}

#[tokio::test]
async fn people_are_found_by_the_beginning_of_each_name_and_by_their_number_in_any_form() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti Nurhaliza").await;
        person(&test, account, BUDI, "Budi Nurcahyo").await;
        for (typed, names) in [
            ("siti", vec!["Siti Nurhaliza"]),
            ("HALIZA", vec![]),
            ("nur", vec!["Budi Nurcahyo", "Siti Nurhaliza"]),
            ("nur si", vec!["Siti Nurhaliza"]),
            ("081200000001", vec!["Siti Nurhaliza"]),
            ("6281200000001", vec!["Siti Nurhaliza"]),
            ("+62 812-0000-0001", vec!["Siti Nurhaliza"]),
            ("812-0000", vec!["Siti Nurhaliza"]),
            ("+1 (555) 000", vec!["Budi Nurcahyo"]),
            ("budi +1", vec!["Budi Nurcahyo"]),
            ("0899", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(found(&test, typed).await, names, "{typed} on {}", database.kind);
        }
        change(&test, siti, named("Ibu Haji Fatimah")).await;
        assert_eq!(found(&test, "fatim").await, ["Ibu Haji Fatimah"]);
        assert_eq!(
            found(&test, "nurhal").await,
            ["Ibu Haji Fatimah"],
            "the name she gives herself too"
        );
    }
}

#[tokio::test]
async fn every_page_of_a_search_goes_on_where_the_one_before_ended() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        for number in 0..23 {
            let name = format!("Ahmad {} Ahmadi", char::from(b'a' + number));
            person(&test, account, &format!("62800000030{number:02}"), &name).await;
        }
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = contacts::search(&test.app, &test.caller, "ahm", after, 5)
                .await
                .expect("searched");
            let Some((_, place)) = page.last() else { break };
            after = Some(place.clone());
            seen.extend(page.into_iter().map(|(contact, _)| contact.id));
        }
        assert_eq!(seen.len(), 23, "{}", database.kind);
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 23, "nobody comes twice, although two words of each fit");
    }
}

#[tokio::test]
async fn people_from_before_the_search_are_made_findable() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        person(&test, account, SITI, "Siti").await;
        testing::forget_words(&test.app.store).await;
        assert_eq!(found(&test, "siti").await, Vec::<String>::new());
        assert_eq!(
            jobs::index_contacts::index_all(&test.app).await.expect("indexed"),
            1,
            "{}",
            database.kind
        );
        assert_eq!(found(&test, "siti").await, ["Siti"]);
        assert_eq!(jobs::index_contacts::index_all(&test.app).await.expect("indexed"), 0);
    }
}

#[tokio::test]
async fn making_people_findable_goes_on_after_a_failure() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        person(&test, account, SITI, "Siti").await;
        testing::forget_words(&test.app.store).await;
        testing::rename_table(&test.app.store, "contact_word", "away").await;
        let failures = std::sync::atomic::AtomicU32::new(0);
        let index = async |app: Arc<pesan_app::App>| {
            let done = jobs::index_contacts::index_all(&app).await;
            if done.is_err() {
                failures.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                testing::rename_table(&app.store, "away", "contact_word").await;
            }
            done.map(|_| true)
        };
        let app = test.app.clone();
        within(jobs::until_done(app, Duration::ZERO, "make people findable", index)).await;
        assert_eq!(failures.into_inner(), 1, "it failed once, and was done then");
        assert_eq!(found(&test, "siti").await, ["Siti"], "{}", database.kind);
    }
}

#[tokio::test]
async fn an_opt_out_that_somebody_says_outlives_the_merge_that_told_it_first() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let other = person(&test, account, SITI_TOO, "Siti kantor").await;
        let opt_out = || ContactChange {
            opted_out: Some(true),
            ..ContactChange::default()
        };
        change(&test, other, opt_out()).await;
        for is_said in [false, true] {
            let merge = merge(&test, siti, other).await;
            assert!(contact(&test, siti).await.opted_out_at.is_some());
            if is_said {
                change(&test, siti, opt_out()).await;
            }
            merging::unmerge(&test.app, &test.caller, siti, merge.id)
                .await
                .expect("parted");
            let opted_out_at = contact(&test, siti).await.opted_out_at;
            assert_eq!(opted_out_at.is_some(), is_said, "{}", database.kind);
            assert!(contact(&test, other).await.opted_out_at.is_some());
        }
    }
}

#[tokio::test]
async fn somebody_with_many_numbers_is_found_by_name_and_by_each_of_them() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti Zubaidah").await;
        for number in 0..8 {
            let other = person(&test, account, &format!("628120000010{number}"), "Kantor").await;
            merge(&test, siti, other).await;
        }
        for typed in ["zubai", "kantor", "0812000000", "0812-0000-0107", "6281200000104"] {
            assert_eq!(
                found(&test, typed).await,
                ["Siti Zubaidah"],
                "{typed} on {}",
                database.kind
            );
        }
    }
}

#[tokio::test]
async fn what_is_set_of_a_person_is_kept_told_and_checked() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let city = NewField {
            key: "city".into(),
            label: "City".into(),
            kind: FieldKind::Choice,
            choices: vec!["Bandung".into(), "Jakarta".into()],
        };
        fields::create(&test.app, &test.caller, city.clone(), None)
            .await
            .expect("defined");
        let bandung = FieldValue::Text("Bandung".into());
        let all = ContactChange {
            name: Some(Some("  Ibu Siti ".into())),
            language: Some(Some("id".into())),
            opted_out: Some(true),
            fields: BTreeMap::from([("city".to_owned(), Some(bandung.clone()))]),
            tag_ids: None,
        };
        change(&test, siti, all.clone()).await;
        let kept = contact(&test, siti).await;
        assert_eq!(
            (kept.name.as_str(), kept.own_name.as_deref()),
            ("Ibu Siti", Some("Ibu Siti"))
        );
        assert_eq!(
            (kept.language.as_deref(), kept.fields.get("city")),
            (Some("id"), Some(&bandung))
        );
        assert!(kept.opted_out_at.is_some());
        let told = test.events().await;
        let [.., updated, opted_out, _] = told.as_slice() else {
            panic!("{told:?}");
        };
        assert_eq!(updated.event, pesan_model::Event::ContactUpdated(kept.clone()));
        assert_eq!(opted_out.event, pesan_model::Event::ContactOptedOut(kept));
        assert_eq!(chats(&test).await[0].name, "Ibu Siti", "{}", database.kind);
        change(&test, siti, all).await;
        assert_eq!(test.events().await.len(), told.len(), "what is so already is not told");

        let wrong = ContactChange {
            name: Some(Some(" ".into())),
            language: Some(Some("Bahasa".into())),
            fields: BTreeMap::from([
                ("city".to_owned(), Some(FieldValue::Text("Medan".into()))),
                ("a/b".to_owned(), Some(bandung)),
            ]),
            ..ContactChange::default()
        };
        let Err(Error::Invalid(errors)) = contacts::update(&test.app, &test.caller, siti, wrong).await else {
            panic!("it is refused");
        };
        let said: Vec<_> = errors
            .iter()
            .map(|error| (error.pointer.as_str(), error.flaw.to_string()))
            .collect();
        let said: Vec<_> = said.iter().map(|(pointer, words)| (*pointer, words.as_str())).collect();
        assert_eq!(
            said,
            [
                ("/name", "must have 1 to 100 characters"),
                ("/language", "must be a language such as id or pt-BR"),
                ("/fields/a~1b", "is not a field of this organization"),
                ("/fields/city", "must be one of Bandung, Jakarta"),
            ]
        );
        let cleared = ContactChange {
            name: Some(None),
            language: Some(None),
            opted_out: Some(false),
            fields: BTreeMap::from([("city".to_owned(), None), ("gone".to_owned(), None)]),
            tag_ids: None,
        };
        change(&test, siti, cleared).await;
        let kept = contact(&test, siti).await;
        assert_eq!((kept.name.as_str(), kept.own_name, kept.language), ("Siti", None, None));
        assert_eq!((kept.opted_out_at, kept.fields.len()), (None, 0));
    }
}

#[tokio::test]
async fn a_field_that_was_deleted_comes_back_with_its_values_under_its_key_only() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let new = |key: &str, kind| NewField {
            key: key.into(),
            label: "Kota".into(),
            kind,
            choices: vec![],
        };
        let create = async |new: NewField| fields::create(&test.app, &test.caller, new, None).await;
        let (city, _) = create(new("city", FieldKind::Text)).await.expect("defined");
        assert!(matches!(
            create(new("city", FieldKind::Text)).await,
            Err(Error::Conflict { code: "key_taken", .. })
        ));
        for (wrong, pointer) in [
            (new("1x", FieldKind::Text), "/key"),
            (new("x", FieldKind::Choice), "/choices"),
        ] {
            let Err(Error::Invalid(errors)) = create(wrong).await else {
                panic!("{pointer} is wrong")
            };
            assert_eq!(errors[0].pointer, pointer);
        }
        let label = FieldChange {
            label: Some("Kota asal".into()),
            choices: None,
        };
        let changed = fields::update(&test.app, &test.caller, city.id, label)
            .await
            .expect("changed");
        assert_eq!(changed.label, "Kota asal");
        fields::delete(&test.app, &test.caller, city.id).await.expect("deleted");
        assert_eq!(
            fields::list(&test.app, &test.caller).await.expect("listed"),
            vec![],
            "{}",
            database.kind
        );
        let deleted_again = fields::delete(&test.app, &test.caller, city.id).await;
        assert!(matches!(deleted_again, Err(Error::NotFound { .. })));
        let other_type = create(new("city", FieldKind::Number)).await;
        assert!(matches!(other_type, Err(Error::Conflict { code: "key_taken", .. })));
        let (back, _) = create(new("city", FieldKind::Text)).await.expect("defined");
        assert_eq!((back.id, back.label.as_str()), (city.id, "Kota"));
    }
}

/// A colleague who can be reminded.
async fn colleague(test: &TestApp) -> UserId {
    let user = User {
        id: UserId::new(&*test.clock, &SystemRandom),
        organization_id: test.caller.organization_id,
        email: "sari@example.com".into(),
        name: "Sari".into(),
        role: Role::Agent,
        created_at: test.clock.now(),
    };
    let id = user.id;
    test.app
        .store
        .write(move |tx| Box::pin(async move { user::insert(tx, &user, "x").await }))
        .await
        .expect("a colleague");
    id
}

/// A note, a donation and a reminder for a person.
async fn fill(test: &TestApp, id: ContactId, owner_id: UserId, text: &str) {
    let note = NewNote {
        body: text.into(),
        is_pinned: false,
    };
    notes::create(&test.app, &test.caller, (About::Contact(id), note), None)
        .await
        .expect("a note");
    let donation = NewDonation {
        contact_id: id,
        amount: 1_000,
        currency: None,
        method: DonationMethod::Cash,
        given_on: None,
        fund: Some(text.into()),
        status: DonationStatus::Confirmed,
        note: None,
        media_id: None,
    };
    donations::record(&test.app, &test.caller, donation, None)
        .await
        .expect("a donation");
    let reminder = NewReminder {
        owner_id: Some(owner_id),
        contact_id: Some(id),
        chat_id: None,
        text: text.into(),
        due_at: test.clock.now().plus(Duration::from_hours(1)),
        time_zone: None,
    };
    reminders::create(&test.app, &test.caller, reminder, None)
        .await
        .expect("a reminder");
}

/// Everything that a person has, in words.
async fn has(test: &TestApp, id: ContactId) -> (Vec<String>, Vec<String>, Vec<String>, usize, i64) {
    let person = contact(test, id).await;
    let notes = notes::list_of_contact(&test.app, &test.caller, id, None, 50)
        .await
        .expect("notes");
    let of_person = donations::Filter {
        contact_id: Some(id),
        ..donations::Filter::default()
    };
    let donations = donations::list(&test.app, &test.caller, of_person, None, 50)
        .await
        .expect("donations");
    let filter = Filter {
        contact_id: Some(id),
        ..Filter::default()
    };
    let wanted = (ReminderStatus::Open, filter);
    let reminders = reminders::list(&test.app, &test.caller, wanted, None, 50)
        .await
        .expect("reminders");
    let totals = donors::get(&test.app, &test.caller, id).await.expect("a donor").totals;
    let mut chats: Vec<_> = chats_of(test, person.id)
        .await
        .iter()
        .map(ToString::to_string)
        .collect();
    chats.sort_unstable();
    let mut texts: Vec<_> = notes
        .into_iter()
        .map(|note| format!("note {}", note.body))
        .chain(
            donations
                .into_iter()
                .map(|(donation, _)| format!("donation {}", donation.fund.unwrap_or_default())),
        )
        .chain(
            reminders
                .into_iter()
                .map(|reminder| format!("reminder {}", reminder.text)),
        )
        .collect();
    texts.sort_unstable();
    let mut facts = vec![format!("{:?}", person.own_name), format!("{:?}", person.language)];
    facts.extend(person.fields.iter().map(|(key, value)| format!("{key} {value:?}")));
    let value = totals.iter().map(|total| total.lifetime_value).sum();
    (texts, chats, facts, totals.len(), value)
}

#[tokio::test]
async fn a_merge_is_taken_apart_into_exactly_what_each_had() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let owner = colleague(&test).await;
        let city = NewField {
            key: "city".into(),
            label: "City".into(),
            kind: FieldKind::Text,
            choices: vec![],
        };
        fields::create(&test.app, &test.caller, city, None)
            .await
            .expect("defined");
        let siti = person(&test, account, SITI, "Siti").await;
        let other = person(&test, account, SITI_TOO, "Siti kantor").await;
        change(
            &test,
            other,
            ContactChange {
                name: Some(Some("Siti Aminah".into())),
                language: Some(Some("id".into())),
                fields: BTreeMap::from([("city".to_owned(), Some(FieldValue::Text("Bogor".into())))]),
                ..ContactChange::default()
            },
        )
        .await;
        change(&test, siti, named("Bu Siti")).await;
        fill(&test, siti, owner, "satu").await;
        fill(&test, other, owner, "dua").await;
        let before = (has(&test, siti).await, has(&test, other).await);

        let merge = merge(&test, siti, other).await;
        assert_eq!((merge.contact_id, merge.other.id), (siti, other));
        let one = has(&test, siti).await;
        assert_eq!((one.0.len(), one.1.len(), one.4), (6, 2, 2_000), "{}", database.kind);
        assert_eq!(one.2, ["Some(\"Bu Siti\")", "Some(\"id\")", "city Text(\"Bogor\")"]);
        assert_eq!(has(&test, other).await, one, "the old id is hers too");
        let names: Vec<_> = chats(&test).await.into_iter().map(|chat| chat.name).collect();
        assert_eq!(names, ["Bu Siti", "Bu Siti"]);
        assert_eq!(found(&test, SITI_TOO).await, ["Bu Siti"]);
        assert_eq!(found(&test, "amin").await, ["Bu Siti"]);
        let listed = contacts::list(&test.app, &test.caller, None, None, 50)
            .await
            .expect("listed");
        assert_eq!(listed.len(), 1);

        // What comes now belongs to her, and each chat goes on by itself.
        fill(&test, other, owner, "tiga").await;
        write(&test, account, (SITI_TOO, "Siti kantor"), "dari kantor").await;
        assert_eq!(chats(&test).await.len(), 2);
        let with_third = has(&test, siti).await;
        assert_eq!(with_third.4, 3_000);

        let parted = merging::unmerge(&test.app, &test.caller, siti, merge.id)
            .await
            .expect("parted");
        assert_eq!((parted.0.id, parted.1.id), (siti, other));
        let (mut siti_has, other_has) = (has(&test, siti).await, has(&test, other).await);
        assert_eq!(other_has, before.1, "{}", database.kind);
        siti_has.0.retain(|text| !text.ends_with("tiga"));
        siti_has.4 -= 1_000;
        assert_eq!(siti_has, before.0);
        let names = test.event_names().await;
        assert!(names.ends_with(&["contact.updated", "contact.unmerged"]), "{names:?}");
        assert_eq!(found(&test, SITI_TOO).await, ["Siti Aminah"]);
        let again = merging::unmerge(&test.app, &test.caller, siti, merge.id).await;
        assert!(matches!(again, Err(Error::NotFound { what: "merge" })));
    }
}

#[tokio::test]
async fn merges_of_merges_come_apart_one_by_one() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let owner = colleague(&test).await;
        let mut people = Vec::new();
        for (number, name) in [(SITI, "satu"), (SITI_TOO, "dua"), (BUDI, "tiga")] {
            let id = person(&test, account, number, name).await;
            fill(&test, id, owner, name).await;
            people.push(id);
        }
        let [one, two, three] = people[..] else { panic!("three") };
        change(&test, three, named("Ketiga")).await;
        let before = (has(&test, two).await, has(&test, three).await);
        let inner = merge(&test, two, three).await;
        let joined = has(&test, two).await;
        let outer = merge(&test, one, two).await;
        assert_eq!(has(&test, three).await.4, 3_000, "{}", database.kind);
        let same = merging::merge(&test.app, &test.caller, (three, two), None).await;
        assert!(matches!(
            same,
            Err(Error::Conflict {
                code: "same_person",
                ..
            })
        ));
        assert_eq!(contact(&test, one).await.own_name.as_deref(), Some("Ketiga"));

        // The inner one first: what it gave is taken back all the way up.
        merging::unmerge(&test.app, &test.caller, one, inner.id)
            .await
            .expect("parted");
        assert_eq!(has(&test, three).await, before.1);
        assert_eq!(contact(&test, one).await.own_name, None);
        merging::unmerge(&test.app, &test.caller, one, outer.id)
            .await
            .expect("parted");
        assert_eq!(has(&test, two).await, before.0);

        // The outer one first: the inner one stays together.
        let inner = merge(&test, two, three).await;
        let outer = merge(&test, one, two).await;
        merging::unmerge(&test.app, &test.caller, one, outer.id)
            .await
            .expect("parted");
        assert_eq!(has(&test, two).await, joined);
        assert_eq!(has(&test, three).await, joined);
        merging::unmerge(&test.app, &test.caller, two, inner.id)
            .await
            .expect("parted");
        assert_eq!((has(&test, two).await, has(&test, three).await), before);
    }
}

/// A message that tells number and LID of somebody at once.
fn both_identities(test: &TestApp, number: &str, lid: &str) -> InboundMessage {
    InboundMessage {
        chat: lid.parse().expect("an address"),
        sender: Person {
            phone: number.parse().ok(),
            lid: Some(lid.to_owned()),
            push_name: None,
        },
        ..message(test, &format!("both-{number}"), "halo lagi")
    }
}

/// Somebody of whom only the LID is known.
async fn hidden(test: &TestApp, account: pesan_model::AccountId, lid: &str) -> ContactId {
    let came = InboundMessage {
        chat: lid.parse().expect("an address"),
        sender: Person {
            phone: None,
            lid: Some(lid.to_owned()),
            push_name: Some("Tersembunyi".into()),
        },
        ..message(test, &format!("hidden-{lid}"), "halo")
    };
    receive_message(test, account, came).await;
    let chats = chats(test).await;
    chats
        .into_iter()
        .find(|chat| chat.address == lid)
        .and_then(|chat| chat.contact_id)
        .expect("a chat")
}

#[tokio::test]
async fn what_hangs_on_a_record_follows_when_whatsapp_tells_that_two_are_one() {
    const LID: &str = "1000001@lid";
    for database in testing::both().await {
        for case in [
            "nobody said anything",
            "number merged",
            "lid merged",
            "into each other",
            "into two people",
        ] {
            let database = match database.kind {
                "sqlite" => testing::sqlite(),
                _ => testing::postgres().await,
            };
            let test = TestApp::new(&database).await;
            let (account, _) = test.account(None).await;
            let owner = colleague(&test).await;
            let base = person(&test, account, BUDI, "Budi").await;
            let base_too = person(&test, account, SITI_TOO, "Sri").await;
            let by_number = person(&test, account, SITI, "Siti").await;
            let by_lid = hidden(&test, account, LID).await;
            fill(&test, by_number, owner, "nomor").await;
            fill(&test, by_lid, owner, "lid").await;
            let (target, merged) = match case {
                "nobody said anything" => (by_number, None),
                "number merged" => (base, Some(merge(&test, base, by_number).await)),
                "lid merged" => (base, Some(merge(&test, base, by_lid).await)),
                "into each other" => (by_number, Some(merge(&test, by_lid, by_number).await)),
                _ => {
                    merge(&test, base_too, by_lid).await;
                    (base, Some(merge(&test, base, by_number).await))
                }
            };
            receive_message(&test, account, both_identities(&test, SITI, LID)).await;
            let all = has(&test, target).await;
            assert_eq!((all.0.len(), all.4), (6, 2_000), "{case} on {}", database.kind);
            assert_eq!(contact(&test, by_number).await.id, target, "{case}");
            let gone = contacts::get(&test.app, &test.caller, by_lid).await;
            assert!(
                matches!(gone, Err(Error::NotFound { .. })),
                "{case}: one record is left of the two"
            );
            assert_eq!(has(&test, base_too).await.4, 0, "{case}");
            let Some(merged) = merged else { continue };
            let parted = merging::unmerge(&test.app, &test.caller, target, merged.id).await;
            if target == by_number {
                assert!(parted.is_err(), "{case}: WhatsApp says they are one");
                continue;
            }
            parted.expect("what somebody said can be taken back");
            let all = has(&test, by_number).await;
            assert_eq!((all.0.len(), all.4), (6, 2_000), "{case} on {}", database.kind);
            assert_eq!(has(&test, base).await.4, 0, "{case}");
            assert_eq!(found(&test, SITI).await.len(), 1, "{case}");
        }
    }
}

#[tokio::test]
async fn the_timeline_tells_everything_once_and_page_by_page() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let owner = colleague(&test).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let other = person(&test, account, SITI_TOO, "Siti kantor").await;
        for text in ["satu", "dua"] {
            test.clock.advance(Duration::from_hours(1));
            fill(&test, siti, owner, text).await;
        }
        test.clock.advance(Duration::from_hours(1));
        merge(&test, siti, other).await;
        let page = async |before, limit| {
            timeline::list(&test.app, &test.caller, siti, before, limit)
                .await
                .expect("listed")
        };
        let all = page(None, 50).await;
        let kinds: Vec<_> = all.iter().map(kind).collect();
        assert_eq!(kinds[0], "merge", "{}", database.kind);
        assert_eq!(kinds.last(), Some(&"first_contact"));
        assert_eq!(all.len(), 8);
        assert!(
            all.windows(2)
                .all(|pair| (pair[0].at, pair[0].key()) > (pair[1].at, pair[1].key()))
        );
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let found = page(before, 3).await;
            let Some(last) = found.last() else { break };
            before = Some((last.at, last.key()));
            seen.extend(found);
        }
        assert_eq!(seen, all);

        let mut reader = test.caller.clone();
        reader
            .permissions
            .retain(|permission| permission.name() != "donations:read");
        let without = timeline::list(&test.app, &reader, siti, None, 50)
            .await
            .expect("listed");
        assert!(without.iter().all(|entry| kind(entry) != "donation"));
        assert_eq!(without.len(), 6);
    }
}

fn kind(entry: &TimelineEntry) -> &'static str {
    match entry.happening {
        Happening::FirstContact(_) => "first_contact",
        Happening::Donation(_) => "donation",
        Happening::Note(_) => "note",
        Happening::Reminder(_) => "reminder",
        Happening::Merge(_) => "merge",
    }
}

#[tokio::test]
async fn messages_to_either_number_of_one_person_go_where_they_belong() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let other = person(&test, account, SITI_TOO, "Siti kantor").await;
        merge(&test, siti, other).await;
        write(&test, account, (SITI_TOO, "Siti kantor"), "dua").await;
        let office = chats(&test)
            .await
            .into_iter()
            .find(|chat| chat.address.starts_with(SITI_TOO))
            .expect("a chat");
        let thread = inbox::messages(&test.app, &test.caller, office.id, None, 50)
            .await
            .expect("listed");
        assert_eq!((thread.len(), office.contact_id), (2, Some(siti)), "{}", database.kind);
        assert!(matches!(test.caller.principal, Principal::System));
    }
}
