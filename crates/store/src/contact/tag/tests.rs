//! What people are tagged with, and how those with a tag are found.

use pesan_model::inbox::Tag;
use pesan_model::{TagColor, Timestamp};
use uuid::Uuid;

use super::*;
use crate::contact::{self, Known};
use crate::testing::{self, Plan, TestDatabase};
use crate::{Store, seed};

const PEOPLE: u128 = 2_000;
const PAGE: usize = 50;

/// Runs a transaction whose body is an expression on `$tx`.
macro_rules! write {
    ($store:expr, |$tx:ident| $body:expr) => {
        $store
            .write::<_, Error, _>(move |$tx| Box::pin(async move { $body.await }))
            .await
            .expect("written")
    };
}

fn organization(number: u128) -> OrganizationId {
    Uuid::from_u128(7_000 + number).into()
}

fn person(number: u128) -> ContactId {
    Uuid::from_u128(number).into()
}

fn tag(number: u128) -> TagId {
    Uuid::from_u128(number).into()
}

async fn add_organization(tx: &mut Tx<'_>, number: u128) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO organization (id, name, event_seq, audit_seq, data_key, master_key_id, created_at) \
         VALUES ($1, $2, 0, 0, $3, $4, 0)",
        args![organization(number), "Test", vec![1_u8], "m"],
    )
    .await?;
    Ok(())
}

/// An organization with people and with two tags.
async fn fill(tx: &mut Tx<'_>, count: u128) -> Result<(), Error> {
    add_organization(tx, 0).await?;
    let now = Timestamp::from_millis(0);
    for number in 1..=2 {
        let new = Tag {
            id: tag(number),
            name: format!("Tag {number}"),
            color: TagColor::Gray,
            created_at: now,
        };
        crate::tag::insert(tx, organization(0), &new).await?;
    }
    for number in 1..=count {
        let known = Known {
            phone: Some(format!("62800{number:08}")),
            ..Known::default()
        };
        contact::insert(tx, organization(0), person(number), &known, now).await?;
    }
    Ok(())
}

async fn filled(database: &TestDatabase, count: u128) -> Store {
    let store = database.open().await;
    write!(store, |tx| fill(tx, count));
    store
}

#[tokio::test]
async fn a_person_has_the_tags_that_were_set_last_and_an_organization_only_its_own_people() {
    for database in testing::both().await {
        let store = filled(&database, 3).await;
        let organization_id = organization(0);
        for tags in [vec![tag(1), tag(2)], vec![tag(2)], vec![tag(2), tag(1)], vec![]] {
            let given = tags.clone();
            write!(store, |tx| set(tx, organization_id, person(2), &given));
            let has = write!(store, |tx| list_of(tx, organization_id, person(2)));
            let mut expected = tags;
            expected.sort_unstable();
            assert_eq!(has, expected, "{}", database.kind);
        }
        for number in [1, 3] {
            write!(store, |tx| set(tx, organization_id, person(number), &[tag(1)]));
        }
        let shown = write!(store, |tx| async {
            let rows = contact::list(tx, organization_id, None, PAGE).await?;
            show_all(tx, organization_id, rows).await
        });
        let shown: Vec<_> = shown
            .into_iter()
            .map(|contact| (contact.id, contact.tag_ids.len()))
            .collect();
        assert_eq!(shown, [(person(3), 1), (person(2), 0), (person(1), 1)]);
        let newest = write!(store, |tx| list_ids(tx, organization_id, tag(1), None, 1));
        assert_eq!(newest, [person(3)]);
        let older = write!(store, |tx| list_ids(tx, organization_id, tag(1), Some(person(3)), PAGE));
        assert_eq!(older, [person(1)]);
        write!(store, |tx| add_organization(tx, 1));
        let foreign = write!(store, |tx| async {
            let ids = list_ids(tx, organization(1), tag(1), None, PAGE).await?;
            let rows = list_by_ids(tx, organization(1), &[person(1)]).await?;
            let is_there = crate::tag::is_there(tx, organization(1), tag(1)).await?;
            Ok((ids.len(), rows.len(), is_there))
        });
        assert_eq!(foreign, (0, 0, false), "{}", database.kind);
        write!(store, |tx| crate::tag::delete(tx, organization_id, tag(1)));
        let left = write!(store, |tx| list_of(tx, organization_id, person(1)));
        assert_eq!(left, []);
    }
}

#[tokio::test]
async fn those_with_a_tag_are_walked_along_an_index_and_nothing_is_sorted() {
    for database in testing::both().await {
        let store = filled(&database, PEOPLE).await;
        let organization_id = organization(0);
        write!(store, |tx| async {
            for number in 1..=PEOPLE {
                set(tx, organization_id, person(number), &[tag(1)]).await?;
            }
            seed::analyze(tx).await
        });
        for before in [None, Some(person(PEOPLE / 2))] {
            let (plans, shown): (Vec<Plan>, usize) = write!(store, |tx| async {
                testing::avoid_scans(tx).await?;
                testing::watch_plans(tx);
                let ids = list_ids(tx, organization_id, tag(1), before, PAGE).await?;
                let rows = list_by_ids(tx, organization_id, &ids).await?;
                let shown = show_all(tx, organization_id, rows).await?;
                Ok((testing::take_plans(tx), shown.len()))
            });
            assert_eq!((plans.len(), shown), (4, PAGE), "{}", database.kind);
            for plan in plans {
                let is_sorted = plan.is_sorted() || plan.lines.iter().any(|line| line.contains("Sort"));
                assert!(!plan.is_scan() && !is_sorted, "{}\n{plan}", database.kind);
                assert!(plan.rows_read() <= 2.0 * PAGE as f64, "{}\n{plan}", database.kind);
            }
        }
    }
}
