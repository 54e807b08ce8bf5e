//! The tags of people: set, told, listed, joined and parted.

use pesan_app::contacts::{self, ContactChange, merging, timeline};
use pesan_app::inbox::{self, ChatUpdate, tags};
use pesan_app::{Caller, Error, Result};
use pesan_model::chat::Contact;
use pesan_model::timeline::Happening;
use pesan_model::{ContactId, Event, Permission, TagColor, TagId};
use pesan_store::testing;

use crate::people::{chats, contact, person, write};
use crate::support::TestApp;

const SITI: &str = "6281200000001";
const SITI_TOO: &str = "6281200000002";

async fn tag(test: &TestApp, name: &str) -> TagId {
    let made = tags::create(&test.app, &test.caller, (name.to_owned(), TagColor::Green), None).await;
    made.expect("a tag").0.id
}

/// Tags in the order in which they were made.
async fn several(test: &TestApp, count: usize) -> Vec<TagId> {
    let mut made = Vec::new();
    for number in 0..count {
        made.push(tag(test, &format!("Tag {number}")).await);
    }
    made
}

async fn try_set(test: &TestApp, id: ContactId, tag_ids: &[TagId]) -> Result<Contact> {
    let change = ContactChange {
        tag_ids: Some(tag_ids.to_vec()),
        ..ContactChange::default()
    };
    contacts::update(&test.app, &test.caller, id, change).await
}

async fn set(test: &TestApp, id: ContactId, tag_ids: &[TagId]) -> Contact {
    try_set(test, id, tag_ids).await.expect("tagged")
}

async fn tags_of(test: &TestApp, id: ContactId) -> Vec<TagId> {
    contact(test, id).await.tag_ids
}

async fn with_tag(test: &TestApp, tag: TagId, before: Option<ContactId>, limit: usize) -> Vec<Contact> {
    contacts::list(&test.app, &test.caller, Some(tag), before, limit)
        .await
        .expect("listed")
}

/// The pointers of the fields that are wrong.
fn pointers<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
    match result {
        Err(Error::Invalid(fields)) => fields.into_iter().map(|field| field.pointer).collect(),
        other => panic!("no wrong field: {other:?}"),
    }
}

#[tokio::test]
async fn tags_of_a_person_are_set_told_and_shown_everywhere_and_what_is_so_already_is_not_told() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let made = several(&test, 2).await;
        assert_eq!(tags_of(&test, siti).await, [], "{}", database.kind);
        let before = test.events().await.len();
        for given in [vec![made[1], made[0], made[1]], vec![made[0], made[1]]] {
            assert_eq!(set(&test, siti, &given).await.tag_ids, made);
        }
        let told = test.events().await;
        assert_eq!(told.len(), before + 1, "what is so already is not told");
        let shown = contact(&test, siti).await;
        assert_eq!(shown.tag_ids, made, "{}", database.kind);
        assert_eq!(told[before].event, Event::ContactUpdated(shown.clone()));
        let found = contacts::search(&test.app, &test.caller, "siti", None, 10).await;
        assert_eq!(found.expect("found")[0].0, shown);
        let listed = contacts::list(&test.app, &test.caller, None, None, 10).await;
        assert_eq!(listed.expect("listed"), std::slice::from_ref(&shown));
        let number = format!("+{SITI}").parse().expect("a number");
        let by_number = contacts::find_by_phone(&test.app, &test.caller, account, &number).await;
        assert_eq!(by_number.expect("found"), shown);
        let entries = timeline::list(&test.app, &test.caller, siti, None, 10).await;
        assert_eq!(
            entries.expect("listed").pop().expect("an entry").happening,
            Happening::FirstContact(shown)
        );

        // Other changes leave them, and are told with them.
        write(&test, account, (SITI, "Siti Aminah"), "nama baru").await;
        let change = ContactChange {
            opted_out: Some(true),
            ..ContactChange::default()
        };
        contacts::update(&test.app, &test.caller, siti, change)
            .await
            .expect("changed");
        let (mut renamed, mut silent) = (0, 0);
        for told in &test.events().await[before + 1..] {
            match &told.event {
                Event::ContactUpdated(person) => {
                    assert_eq!(person.tag_ids, made, "{}", database.kind);
                    renamed += 1;
                }
                Event::ContactOptedOut(person) => {
                    assert_eq!(person.tag_ids, made, "{}", database.kind);
                    silent += 1;
                }
                _ => {}
            }
        }
        assert_eq!((renamed, silent), (2, 1));
        assert_eq!(set(&test, siti, &[]).await.tag_ids, []);
        assert_eq!(tags_of(&test, siti).await, []);
    }
}

#[tokio::test]
async fn tags_that_are_not_there_or_too_many_are_refused_by_name_and_nothing_changes() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let made = several(&test, 21).await;
        let nobody = uuid::Uuid::nil().into();
        set(&test, siti, &made[..20]).await;
        let refused = try_set(&test, siti, &[made[0], nobody]).await;
        assert_eq!(pointers(refused), ["/tag_ids/1"], "{}", database.kind);
        assert_eq!(pointers(try_set(&test, siti, &made).await), ["/tag_ids"]);
        let wrong = ContactChange {
            name: Some(Some(" ".into())),
            tag_ids: Some(vec![nobody]),
            ..ContactChange::default()
        };
        let refused = contacts::update(&test.app, &test.caller, siti, wrong).await;
        assert_eq!(pointers(refused), ["/name", "/tag_ids/0"]);
        let half = ContactChange {
            name: Some(Some("Bu Siti".into())),
            tag_ids: Some(vec![nobody]),
            ..ContactChange::default()
        };
        let refused = contacts::update(&test.app, &test.caller, siti, half).await;
        assert_eq!(pointers(refused), ["/tag_ids/0"]);
        let kept = contact(&test, siti).await;
        assert_eq!((kept.own_name, kept.tag_ids), (None, made[..20].to_vec()));
        let refused = contacts::list(&test.app, &test.caller, Some(nobody), None, 10).await;
        assert_eq!(pointers(refused), ["#query/tag_id"]);
        let reader = Caller {
            permissions: vec![Permission::MessagesRead],
            ..test.caller.clone()
        };
        let change = ContactChange {
            tag_ids: Some(vec![]),
            ..ContactChange::default()
        };
        let refused = contacts::update(&test.app, &reader, siti, change).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))));
    }
}

#[tokio::test]
async fn those_with_a_tag_are_paged_newest_first_and_whoever_is_one_person_is_there_once() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let made = several(&test, 2).await;
        let mut people = Vec::new();
        for number in 0..7 {
            let id = person(&test, account, &format!("628120000010{number}"), "Donatur").await;
            set(&test, id, &made[usize::from(number == 3)..]).await;
            people.push(id);
        }
        merging::merge(&test.app, &test.caller, (people[1], people[5]), None)
            .await
            .expect("merged");
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = with_tag(&test, made[0], before, 2).await;
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            assert!(page.iter().all(|found| found.tag_ids == made));
            seen.extend(page.into_iter().map(|found| found.id));
        }
        let expected = [6, 4, 2, 1, 0].map(|place: usize| people[place]);
        assert_eq!(seen, expected, "{}", database.kind);
    }
}

#[tokio::test]
async fn a_tag_that_is_deleted_is_taken_from_chats_and_people_and_both_are_told() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let budi = person(&test, account, SITI_TOO, "Budi").await;
        let made = several(&test, 2).await;
        set(&test, siti, &made).await;
        set(&test, budi, &made[1..]).await;
        let chat = chats(&test).await.remove(0);
        let change = ChatUpdate {
            tag_ids: Some(made.clone()),
            ..ChatUpdate::default()
        };
        inbox::update(&test.app, &test.caller, chat.id, change)
            .await
            .expect("tagged");
        let before = test.events().await.len();
        tags::delete(&test.app, &test.caller, made[0]).await.expect("deleted");
        assert_eq!(tags_of(&test, siti).await, made[1..], "{}", database.kind);
        let told: Vec<_> = test.events().await[before..]
            .iter()
            .map(|told| told.event.clone())
            .collect();
        let chat = inbox::chat(&test.app, &test.caller, chat.id).await.expect("there");
        let siti = contact(&test, siti).await;
        assert_eq!(told, [Event::ChatUpdated(chat), Event::ContactUpdated(siti)]);
    }
}

#[tokio::test]
async fn a_join_tells_the_tags_of_both_and_the_end_of_it_gives_each_their_own() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let other = person(&test, account, SITI_TOO, "Siti kantor").await;
        let made = several(&test, 30).await;
        set(&test, siti, &made[..16]).await;
        set(&test, other, &made[15..30]).await;
        let (merge, _) = merging::merge(&test.app, &test.caller, (siti, other), None)
            .await
            .expect("merged");
        assert_eq!(tags_of(&test, other).await, made, "{}", database.kind);
        assert_eq!(merge.other.tag_ids, [], "a part has none of its own");
        let told = test.wait_for_events("contact.merged", 1).await;
        assert!(matches!(&told[0].event, Event::ContactMerged(person) if person.tag_ids == made));

        // They have more than anybody is given: some of them can be taken away, but none is added.
        let fewer = [&made[..20], &made[25..]].concat();
        assert_eq!(set(&test, siti, &fewer).await.tag_ids, fewer);
        let another = [fewer.as_slice(), &[tag(&test, "Lagi").await]].concat();
        assert_eq!(pointers(try_set(&test, siti, &another).await), ["/tag_ids"]);

        let (person, parted) = merging::unmerge(&test.app, &test.caller, siti, merge.id)
            .await
            .expect("parted");
        let expected = [&made[15..20], &made[25..]].concat();
        assert_eq!(
            (person.tag_ids, parted.tag_ids),
            (made[..16].to_vec(), expected.clone())
        );
        assert_eq!(tags_of(&test, other).await, expected, "{}", database.kind);
        let merges = merging::list(&test.app, &test.caller, siti, None, 10)
            .await
            .expect("listed");
        assert_eq!(merges[0].other.tag_ids, expected);
    }
}
