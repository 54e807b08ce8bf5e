//! What people said and what WhatsApp tells, in any order, and at the same time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pesan_model::content::{Content, Text};
use pesan_model::custom_field::{FieldValue, FieldValues};
use pesan_model::donation::{Donation, DonationMethod, DonationStatus};
use pesan_model::inbox::Tag;
use pesan_model::message::Message;
use pesan_model::note::Note;
use pesan_model::{AccountId, ChatId, Currency, Day, Direction, DonationId, MessageStatus, NoteId, TagColor, TagId};
use sqlx::Connection as _;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::*;
use crate::contact::{self, Details, Known};
use crate::testing::{self, TestDatabase};
use crate::{Store, StoreOptions, chat, message, note};

/// Longer than anything should take; only ever waited for when a test fails.
const DEADLINE: Duration = Duration::from_secs(30);

/// Runs a transaction whose body is an expression on `$tx`.
macro_rules! write {
    ($people:expr, |$tx:ident| $body:expr) => {
        $people
            .store
            .write::<_, Error, _>(move |$tx| Box::pin(async move { $body.await }))
            .await
    };
}

/// Runs a transaction, and a second one while the first is still open. The first does some more (`$then`) once the second
/// waits for it. Gives what came of the second.
macro_rules! while_open {
    ($people:expr, |$first:ident| $held:expr, $then:expr, |$second:ident| $waiting:expr) => {{
        let (opened, is_open) = oneshot::channel();
        let (close, is_closing) = oneshot::channel();
        let first = $people.store.write::<_, Error, _>(move |$first| {
            Box::pin(async move {
                $held.await?;
                opened.send(()).expect("the second waits for it");
                is_closing.await.expect("the first is told to go on");
                $then.await
            })
        });
        let second = async {
            is_open.await.expect("the first is open");
            let second = $people
                .store
                .write::<_, Error, _>(move |$second| Box::pin(async move { $waiting.await }));
            let go_on = async {
                $people.wait_for_a_lock().await;
                close.send(()).expect("the first waits for it");
            };
            tokio::join!(second, go_on).0
        };
        let both = async { tokio::join!(first, second) };
        let (first, second) = tokio::time::timeout(DEADLINE, both).await.expect("in time");
        first.expect("the first is done");
        second
    }};
}

fn nothing() -> std::future::Ready<Result<(), Error>> {
    std::future::ready(Ok(()))
}

/// An organization with people.
struct People {
    store: Store,
    organization: OrganizationId,
    postgres: Option<String>,
    count: u128,
    donations: usize,
    notes: usize,
    tags: Vec<TagId>,
    /// Which row was given which tag.
    tagged: BTreeSet<(ContactId, TagId)>,
}

impl People {
    async fn new(database: &TestDatabase) -> Self {
        let organization = OrganizationId::from(Uuid::from_u128(7));
        let people = Self {
            store: database.open().await,
            organization,
            postgres: match &database.options {
                StoreOptions::Postgres { url, .. } => Some(url.clone()),
                StoreOptions::Sqlite { .. } => None,
            },
            count: 0,
            donations: 0,
            notes: 0,
            tags: (1..=3).map(|number| Uuid::from_u128(number).into()).collect(),
            tagged: BTreeSet::new(),
        };
        let sql = "INSERT INTO organization (id, name, event_seq, audit_seq, data_key, master_key_id, created_at) \
             VALUES ($1, $2, 0, 0, $3, $4, 0)";
        write!(people, |tx| tx
            .execute(sql, args![organization, "Test", vec![1_u8], "m"]))
        .expect("an organization");
        for id in people.tags.clone() {
            let tag = Tag {
                id,
                name: id.to_string(),
                color: TagColor::Gray,
                created_at: Timestamp::from_millis(0),
            };
            write!(people, |tx| crate::tag::insert(tx, organization, &tag)).expect("a tag");
        }
        people
    }

    /// Until a transaction waits for another one. On SQLite none does: they queue up before they begin.
    async fn wait_for_a_lock(&self) {
        let Some(url) = &self.postgres else { return };
        let mut connection = sqlx::PgConnection::connect(url).await.expect("connects");
        let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
             AND wait_event_type = 'Lock'";
        loop {
            let waiting: i64 = sqlx::query_scalar(sql)
                .fetch_one(&mut connection)
                .await
                .expect("counted");
            if waiting > 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    fn next(&mut self) -> Uuid {
        self.count += 1;
        Uuid::from_u128(self.count)
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + self.count as i64)
    }

    /// Somebody, younger than those before.
    async fn add(&mut self) -> ContactId {
        let (organization, id) = (self.organization, ContactId::from(self.next()));
        let known = Known {
            phone: Some(format!("62800{:08}", self.count)),
            ..Known::default()
        };
        let now = self.now();
        write!(self, |tx| contact::insert(tx, organization, id, &known, now)).expect("added");
        id
    }

    async fn several<const N: usize>(&mut self) -> [ContactId; N] {
        let mut found = Vec::new();
        for _ in 0..N {
            found.push(self.add().await);
        }
        found.try_into().expect("as many")
    }

    /// Somebody writes something down about the person that a row belongs to.
    async fn set(&self, id: ContactId, set: impl FnOnce(&mut Details) + Send + 'static) {
        let organization = self.organization;
        write!(self, |tx| async move {
            let person = lock_person(tx, organization, id).await?;
            let mut details = person.details();
            set(&mut details);
            set_details(tx, organization, person.id, &details).await
        })
        .expect("set");
    }

    async fn name(&self, id: ContactId, name: &'static str) {
        self.set(id, move |details| details.name = Some(name.to_owned())).await;
    }

    async fn opt_out(&mut self, id: ContactId) {
        self.next();
        let (now, organization) = (self.now(), self.organization);
        write!(self, |tx| async move {
            let person = lock_person(tx, organization, id).await?;
            let mut details = person.details();
            details.opted_out_at = details.opted_out_at.or(Some(now));
            keep_opt_out(tx, organization, person.id).await?;
            set_details(tx, organization, person.id, &details).await
        })
        .expect("opted out");
    }

    async fn give(&mut self, id: ContactId) -> DonationId {
        let (donation, note, now) = (self.next(), self.next(), self.now());
        let organization = self.organization;
        self.donations += 1;
        self.notes += 1;
        write!(self, |tx| async move {
            let contact_id = lock_person(tx, organization, id).await?.id;
            let donation = Donation {
                id: donation.into(),
                contact_id,
                amount: 1_000,
                currency: Currency::IDR,
                method: DonationMethod::Cash,
                given_on: Day::new(2026, 11, 20).expect("a day"),
                fund: None,
                status: DonationStatus::Confirmed,
                note: None,
                media_id: None,
                recorded_by: "system".into(),
                created_at: now,
                updated_at: now,
            };
            donation::insert(tx, organization, &donation).await?;
            let note = Note {
                id: NoteId::from(note),
                contact_id: Some(contact_id),
                chat_id: None,
                author: "system".into(),
                author_name: "System".into(),
                body: "halo".into(),
                is_pinned: false,
                created_at: now,
                edited_at: None,
            };
            note::insert(tx, organization, &note).await
        })
        .expect("given");
        donation.into()
    }

    /// Gives the person that a row belongs to a tag, or takes it from them.
    async fn tag(&mut self, id: ContactId, tag: TagId, is_given: bool) {
        let organization = self.organization;
        let person = write!(self, |tx| async move {
            let person = lock_person(tx, organization, id).await?.id;
            let mut tags = tag::list_of(tx, organization, person).await?;
            tags.retain(|had| *had != tag);
            tags.extend(is_given.then_some(tag));
            tag::set(tx, organization, person, &tags).await?;
            Ok(person)
        })
        .expect("tagged");
        let rows: Vec<(ContactId, Option<Uuid>)> = self.all("SELECT id, merged_into FROM contact").await;
        let is_of = |(id, into): &(ContactId, Option<Uuid>)| *id == person || *into == Some(person.uuid());
        let given = rows.into_iter().filter(is_of).map(|(id, _)| (id, tag));
        let of_person: BTreeSet<_> = given.filter(|given| self.tagged.contains(given)).collect();
        if !is_given {
            self.tagged.retain(|given| !of_person.contains(given));
        } else if of_person.is_empty() {
            self.tagged.insert((person, tag));
        }
    }

    /// The places of the tags of the person that a row belongs to.
    async fn tags_of(&self, id: ContactId) -> Vec<usize> {
        let (organization, person) = (self.organization, self.row(id).await.person_id());
        let found = write!(self, |tx| tag::list_of(tx, organization, person)).expect("tags");
        let place = |tag: TagId| self.tags.iter().position(|known| *known == tag).expect("a known one");
        found.into_iter().map(place).collect()
    }

    /// `None` when they are one person already.
    async fn try_join(&mut self, into: ContactId, other: ContactId) -> Option<MergeId> {
        let (id, organization) = (MergeId::from(self.next()), self.organization);
        let (merge, now) = (
            NewMerge {
                id,
                into,
                other,
                merged_by: "system".into(),
            },
            self.now(),
        );
        let merge = write!(self, |tx| join(tx, organization, &merge, now));
        merge.expect("joined").map(|merge| merge.id)
    }

    async fn join(&mut self, into: ContactId, other: ContactId) -> MergeId {
        self.try_join(into, other).await.expect("they were two")
    }

    async fn part(&mut self, person: ContactId, merge: MergeId) -> Result<Parted, Error> {
        let (organization, now) = (self.organization, self.now());
        write!(self, |tx| part(tx, organization, (person, merge), now))
    }

    async fn absorb(&mut self, gone: ContactId, kept: ContactId) {
        let organization = self.organization;
        write!(self, |tx| absorb(tx, organization, gone, kept)).expect("absorbed");
        let now_of = |row: ContactId| if row == gone { kept } else { row };
        self.tagged = self.tagged.iter().map(|(row, tag)| (now_of(*row), *tag)).collect();
    }

    async fn row(&self, id: ContactId) -> ContactRow {
        let organization = self.organization;
        write!(self, |tx| get(tx, organization, id)).expect("somebody")
    }

    /// The name, and whether they asked not to be written to, of the person that a row belongs to.
    async fn known_as(&self, id: ContactId) -> (Option<String>, bool) {
        let person = self.row(self.row(id).await.person_id()).await;
        (person.name.clone(), person.opted_out_at.is_some())
    }

    /// How many donations the person has that a row belongs to.
    async fn gifts(&self, id: ContactId) -> u32 {
        let (organization, person) = (self.organization, self.row(id).await.person_id());
        let totals = write!(self, |tx| donation::totals(tx, organization, person)).expect("totals");
        totals.iter().map(|total| total.gifts).sum()
    }

    /// That everything fits together.
    async fn check(&self, when: &str) -> Vec<(ContactId, MergeId)> {
        type Pair = (ContactId, ContactId);
        let rows: Vec<(ContactId, Option<Uuid>)> = self.all("SELECT id, merged_into FROM contact").await;
        let merges: Vec<(MergeId, ContactId, ContactId)> = self
            .all("SELECT id, into_id, other_id FROM contact_merge WHERE undone_at IS NULL ORDER BY id")
            .await;
        let mut over = BTreeMap::new();
        for (_, into, other) in &merges {
            assert_eq!(over.insert(*other, *into), None, "said twice, {when}");
        }
        let person = |row: ContactId| {
            let mut top = row;
            for _ in 0..=merges.len() {
                top = *over.get(&top).unwrap_or(&top);
            }
            assert!(!over.contains_key(&top), "parts of each other, {when}");
            top
        };
        for (row, merged_into) in &rows {
            let top = person(*row);
            assert_eq!(*merged_into, (top != *row).then_some(top.uuid()), "{when}");
        }
        for (table, count) in [("donation", self.donations), ("note", self.notes)] {
            let sql = format!("SELECT contact_id, origin_id FROM {table}");
            let hanging: Vec<Pair> = self.all(&sql).await;
            assert_eq!(hanging.len(), count, "nothing is lost, {when}");
            for (contact, origin) in hanging {
                assert_eq!(contact, person(origin), "{table} {when}");
            }
        }
        let tagged: Vec<(ContactId, ContactId, TagId)> =
            self.all("SELECT contact_id, origin_id, tag_id FROM contact_tag").await;
        let mut given = BTreeSet::new();
        for (contact, origin, tag) in tagged {
            assert_eq!(contact, person(origin), "tags {when}");
            given.insert((origin, tag));
        }
        assert_eq!(given, self.tagged, "tags stay with the row they were given to, {when}");
        let counted: Vec<(ContactId, i64)> = self
            .all("SELECT contact_id, CAST(SUM(amount) AS BIGINT) FROM donation GROUP BY contact_id ORDER BY 1")
            .await;
        let kept: Vec<(ContactId, i64)> = self
            .all("SELECT contact_id, lifetime_value FROM donation_total ORDER BY 1")
            .await;
        assert_eq!(kept, counted, "{when}");
        let words: Vec<(ContactId,)> = self.all("SELECT DISTINCT contact_id FROM contact_word").await;
        let found: BTreeSet<_> = words.into_iter().map(|(row,)| row).collect();
        let people: BTreeSet<_> = rows.iter().map(|(row, _)| person(*row)).collect();
        assert_eq!(found, people, "people are found, and only people, {when}");
        merges.iter().map(|(merge, into, _)| (person(*into), *merge)).collect()
    }

    async fn all<T: crate::row::FromRow + Send + 'static>(&self, sql: &str) -> Vec<T> {
        let sql = sql.to_owned();
        write!(self, |tx| tx.fetch_all(&sql, args![])).expect("read")
    }
}

fn known(name: &str) -> (Option<String>, bool) {
    (Some(name.to_owned()), false)
}

#[tokio::test]
async fn what_was_set_since_a_merge_stays_when_the_other_row_is_the_one_that_goes() {
    for database in testing::both().await {
        let mut people = People::new(&database).await;
        let [kept, gone] = people.several().await;
        people.name(kept, "Lama").await;
        people.set(kept, |details| details.language = Some("id".into())).await;
        people.join(gone, kept).await;
        people.name(gone, "Baru").await;
        people
            .set(gone, |details| {
                details.language = None;
                let city = FieldValue::Text("Bogor".into());
                details.fields = FieldValues::from([("city".to_owned(), city)]);
            })
            .await;
        people.absorb(gone, kept).await;
        let row = people.row(kept).await;
        assert_eq!(row.name.as_deref(), Some("Baru"), "{}", database.kind);
        assert_eq!((row.language, row.fields.len()), (None, 1), "{}", database.kind);
        assert!(people.check(database.kind).await.is_empty());
    }
}

#[tokio::test]
async fn a_person_hears_what_was_set_of_a_row_that_turns_out_to_be_theirs() {
    for database in testing::both().await {
        // The row that stays is a part of somebody.
        let mut people = People::new(&database).await;
        let [kept, person, gone] = people.several().await;
        let merge = people.join(person, kept).await;
        people.name(gone, "Siti").await;
        people.opt_out(gone).await;
        people.absorb(gone, kept).await;
        assert_eq!(
            people.known_as(person).await,
            (Some("Siti".into()), true),
            "{}",
            database.kind
        );
        people.part(person, merge).await.expect("parted");
        assert_eq!(people.known_as(person).await, (None, false), "{}", database.kind);
        assert_eq!(people.known_as(kept).await, (Some("Siti".into()), true));

        // The row that goes is a part of somebody.
        let [kept, person, gone] = people.several().await;
        let merge = people.join(person, gone).await;
        people.name(kept, "Budi").await;
        people.opt_out(kept).await;
        people.absorb(gone, kept).await;
        assert_eq!(people.row(kept).await.person_id(), person);
        assert_eq!(
            people.known_as(kept).await,
            (Some("Budi".into()), true),
            "{}",
            database.kind
        );
        people.part(person, merge).await.expect("parted");
        assert_eq!(people.known_as(person).await, (None, false), "{}", database.kind);
        assert_eq!(people.known_as(kept).await, (Some("Budi".into()), true));
        people.check(database.kind).await;
    }
}

#[tokio::test]
async fn an_opt_out_holds_wherever_whatsapp_moves_somebody() {
    for database in testing::both().await {
        let mut people = People::new(&database).await;
        let [kept, gone, first, second] = people.several().await;
        people.join(first, kept).await;
        people.join(second, gone).await;
        people.opt_out(second).await;
        people.absorb(gone, kept).await;
        for row in [kept, first, second] {
            assert!(people.known_as(row).await.1, "{}", database.kind);
        }
        // What two parts of a person have, the one still has when the other one is taken out.
        let [person, one, two] = people.several().await;
        people.opt_out(one).await;
        people.opt_out(two).await;
        let merge = people.join(person, one).await;
        people.join(person, two).await;
        people.part(person, merge).await.expect("parted");
        assert!(people.known_as(person).await.1, "{}", database.kind);
        people.check(database.kind).await;
    }
}

#[tokio::test]
async fn a_chain_of_merges_that_whatsapp_closes_makes_no_ring() {
    for database in testing::both().await {
        let mut people = People::new(&database).await;
        let [one, two, three] = people.several().await;
        for row in [one, two, three] {
            people.give(row).await;
        }
        people.name(one, "Satu").await;
        people.join(two, one).await;
        let outer = people.join(three, two).await;
        people.name(three, "Tiga").await;
        people.absorb(three, one).await;
        people.check(database.kind).await;
        assert_eq!(people.known_as(two).await, known("Tiga"), "{}", database.kind);
        assert_eq!(people.gifts(one).await, 3);
        let parted = people.part(one, outer).await.expect("parted");
        assert_eq!((parted.person.id, parted.other.id), (one, two));
        people.check(database.kind).await;
        assert_eq!((people.gifts(one).await, people.gifts(two).await), (2, 1));
        assert_eq!(
            people.known_as(two).await,
            (None, false),
            "it has only what was its own"
        );
    }
}

#[tokio::test]
async fn parts_of_a_row_that_goes_follow_it_to_another_person_and_keep_what_they_gave() {
    for database in testing::both().await {
        let mut people = People::new(&database).await;
        let [kept, first, second, gone, part, older] = people.several().await;
        for row in [kept, first, second, gone, part] {
            people.give(row).await;
        }
        let said = people.join(first, kept).await;
        people.join(gone, part).await;
        people.join(second, gone).await;
        people.absorb(gone, kept).await;
        people.check(database.kind).await;
        assert_eq!(
            (people.gifts(first).await, people.gifts(second).await),
            (4, 1),
            "{}",
            database.kind
        );
        people.part(first, said).await.expect("parted");
        people.check(database.kind).await;
        assert_eq!(
            (people.gifts(first).await, people.gifts(part).await),
            (1, 3),
            "{}",
            database.kind
        );
        people.absorb(part, older).await;
        people.check(database.kind).await;
        assert_eq!(people.gifts(older).await, 3, "{}", database.kind);
    }
}

#[tokio::test]
async fn a_join_that_is_taken_apart_gives_the_tags_back_and_a_tag_that_both_had_counts_once() {
    for database in testing::both().await {
        let mut people = People::new(&database).await;
        let [person, other] = people.several().await;
        let [first, second, third] = people.tags[..] else {
            panic!("three tags")
        };
        people.tag(person, first, true).await;
        people.tag(other, first, true).await;
        people.tag(other, second, true).await;
        let merge = people.join(person, other).await;
        assert_eq!(people.tags_of(person).await, [0, 1], "{}", database.kind);
        // What is given to the person now stays with them; what is given again is there already.
        people.tag(other, third, true).await;
        people.tag(person, second, true).await;
        people.part(person, merge).await.expect("parted");
        assert_eq!(people.tags_of(person).await, [0, 2], "{}", database.kind);
        assert_eq!(people.tags_of(other).await, [0, 1]);
        // What is taken from the person is taken from all who they are.
        let merge = people.join(person, other).await;
        people.tag(person, first, false).await;
        people.part(person, merge).await.expect("parted");
        assert_eq!(people.tags_of(person).await, [2], "{}", database.kind);
        assert_eq!(people.tags_of(other).await, [1]);
        people.check(database.kind).await;
    }
}

#[tokio::test]
async fn of_two_rows_that_become_one_each_tag_is_kept_once_where_the_row_belongs_to() {
    for database in testing::both().await {
        let mut people = People::new(&database).await;
        let [kept, gone, person] = people.several().await;
        let [first, second, third] = people.tags[..] else {
            panic!("three tags")
        };
        for (row, tag) in [
            (kept, first),
            (gone, first),
            (gone, second),
            (person, second),
            (person, third),
        ] {
            people.tag(row, tag, true).await;
        }
        let merge = people.join(person, kept).await;
        people.absorb(gone, kept).await;
        assert_eq!(people.tags_of(kept).await, [0, 1, 2], "{}", database.kind);
        people.part(person, merge).await.expect("parted");
        assert_eq!(people.tags_of(kept).await, [0, 1], "{}", database.kind);
        assert_eq!(people.tags_of(person).await, [1, 2]);
        people.check(database.kind).await;
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

#[tokio::test]
async fn whatever_is_said_and_told_nothing_is_lost_and_everything_fits() {
    // The first two have lost what somebody asked for.
    for seed in [39, 45, 4_711] {
        for database in testing::both().await {
            let mut people = People::new(&database).await;
            let mut numbers = Numbers(seed);
            let (mut rows, mut merges, mut silent) = (Vec::new(), Vec::new(), BTreeSet::new());
            for step in 0..240 {
                while rows.len() < 7 {
                    rows.push(people.add().await);
                }
                let (one, other) = (rows[numbers.below(rows.len())], rows[numbers.below(rows.len())]);
                let what = match numbers.below(11) {
                    0 | 1 => {
                        people.give(one).await;
                        "a gift"
                    }
                    9 | 10 => {
                        let tag = people.tags[numbers.below(people.tags.len())];
                        let is_given = numbers.below(3) > 0;
                        people.tag(one, tag, is_given).await;
                        if is_given { "a tag" } else { "a tag that is taken away" }
                    }
                    2..=4 => {
                        people.try_join(one, other).await;
                        "a merge"
                    }
                    5 | 6 if !merges.is_empty() => {
                        let (person, merge) = merges[numbers.below(merges.len())];
                        people
                            .part(person, merge)
                            .await
                            .expect("what was said can be taken back");
                        "the end of a merge"
                    }
                    7 if one != other => {
                        let (gone, kept) = (one.max(other), one.min(other));
                        people.absorb(gone, kept).await;
                        rows.retain(|row| *row != gone);
                        if silent.remove(&gone) {
                            silent.insert(kept);
                        }
                        "two rows became one"
                    }
                    _ if numbers.below(6) == 0 => {
                        people.opt_out(one).await;
                        silent.insert(people.row(one).await.person_id());
                        "somebody opted out"
                    }
                    _ => {
                        people.name(one, ["Siti", "Budi", "Sri"][numbers.below(3)]).await;
                        "a name"
                    }
                };
                let when = format!("{} with {seed} after step {step}: {what}", database.kind);
                merges = people.check(&when).await;
                for row in &silent {
                    assert!(people.known_as(*row).await.1, "somebody asked for silence, {when}");
                }
            }
        }
    }
}

#[tokio::test]
async fn two_who_write_the_words_of_a_person_do_it_one_after_the_other() {
    for database in testing::both().await {
        let mut people = People::new(&database).await;
        let (id, organization) = (people.add().await, people.organization);
        let second = while_open!(people, |tx| search::index(tx, organization, id), nothing(), |tx| {
            search::index(tx, organization, id)
        });
        second.unwrap_or_else(|error| panic!("{error} on {}", database.kind));
        people.check(database.kind).await;
    }
}

#[tokio::test]
async fn a_row_that_was_merged_meanwhile_gets_no_words_of_its_own() {
    for database in testing::both().await {
        let mut people = People::new(&database).await;
        let [person, other] = people.several().await;
        let organization = people.organization;
        people.join(person, other).await;
        testing::forget_words(&people.store).await;
        loop {
            let found = write!(people, |tx| search::list_unindexed(tx, 1)).expect("listed");
            let [(_, id)] = found[..] else { break };
            write!(people, |tx| search::index(tx, organization, id)).expect("indexed");
        }
        people.check(database.kind).await;
    }
}

#[tokio::test]
async fn who_waited_for_a_person_has_the_one_that_the_row_belongs_to_by_then() {
    for database in testing::both().await {
        let mut people = People::new(&database).await;
        let [person, other] = people.several().await;
        let organization = people.organization;
        let gift = people.give(other).await;
        for what in ["person", "donation"] {
            let (merge, now) = (people.join(person, other).await, people.now());
            let is_locked = while_open!(
                people,
                |tx| part(tx, organization, (person, merge), now),
                nothing(),
                |tx| async move {
                    let found = match what {
                        "person" => lock_person(tx, organization, other).await?.id,
                        _ => donation::get_for_change(tx, organization, gift).await?.contact_id,
                    };
                    assert_eq!(found, other, "{what}");
                    if !tx.is_postgres() {
                        return Ok(true);
                    }
                    // Who locks a row writes it.
                    let sql = "SELECT id FROM contact WHERE id = $1 AND xmin = pg_current_xact_id()::xid";
                    let mine: Option<(ContactId,)> = tx.fetch_optional(sql, args![other]).await?;
                    Ok(mine.is_some())
                }
            );
            assert!(is_locked.expect("done"), "{what} on {}", database.kind);
        }
    }
}

#[tokio::test]
async fn two_people_are_locked_in_the_order_of_people_not_of_their_rows() {
    for database in testing::both().await {
        let mut people = People::new(&database).await;
        let [row, second, third] = people.several().await;
        let organization = people.organization;
        people.join(third, row).await;
        let both = while_open!(
            people,
            |tx| lock_person(tx, organization, second),
            lock_person(tx, organization, third),
            |tx| lock_both(tx, organization, row, second)
        );
        let (one, other) = both.expect("both");
        assert_eq!((one.id, other.id), (third, second), "{}", database.kind);
    }
}

#[tokio::test]
async fn a_contact_goes_with_its_organization_but_never_alone_while_something_hangs_on_it() {
    for database in testing::both().await {
        let mut people = People::new(&database).await;
        let [person, other] = people.several().await;
        let organization = people.organization;
        people.give(person).await;
        people.give(other).await;
        people.tag(other, people.tags[0], true).await;
        people.join(person, other).await;
        for id in [person, other] {
            let sql = "DELETE FROM contact WHERE id = $1";
            let deleted = write!(people, |tx| tx.execute(sql, args![id]));
            assert!(deleted.is_err(), "{}", database.kind);
        }
        people.check(database.kind).await;
        let sql = "DELETE FROM organization WHERE id = $1";
        write!(people, |tx| tx.execute(sql, args![organization])).expect("an organization takes all with it");
        let left: Vec<(ContactId,)> = people.all("SELECT contact_id FROM donation").await;
        assert!(left.is_empty());
    }
}

/// A message of ours, queued in this chat.
fn queued(id: Uuid, chat_id: ChatId, now: Timestamp) -> Message {
    let content = Content::Text(Text { body: "halo".into() });
    Message {
        id: id.into(),
        account_id: AccountId::from(Uuid::from_u128(8)),
        chat_id,
        direction: Direction::Out,
        wa_id: "3EB01".into(),
        chat: String::new(),
        chat_name: String::new(),
        sender: String::new(),
        sent_by: None,
        automatic: None,
        contact_id: None,
        push_name: None,
        kind: content.kind().to_owned(),
        content,
        metadata: None,
        reply_to: None,
        status: MessageStatus::Queued,
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
    }
}

impl People {
    /// A chat with somebody, on the one account.
    async fn chat(&mut self, contact: ContactId) -> ChatId {
        let (organization, id, now) = (self.organization, ChatId::from(self.next()), self.now());
        let chat = chat::NewChat {
            id,
            account_id: AccountId::from(Uuid::from_u128(8)),
            address: format!("62800{:08}@s.whatsapp.net", self.count)
                .parse()
                .expect("an address"),
            contact_id: Some(contact),
        };
        write!(self, |tx| async move {
            let sql = "INSERT INTO account (id, organization_id, name, provider, state, state_since, is_wanted, \
                 bucket_millitokens, bucket_at, created_at) \
                 VALUES ($1, $2, 'One', 'linked_device', 'created', 0, FALSE, 0, 0, 0) ON CONFLICT DO NOTHING";
            tx.execute(sql, args![chat.account_id, organization]).await?;
            chat::insert(tx, organization, &chat, now).await
        })
        .expect("a chat");
        id
    }
}

#[tokio::test]
async fn a_message_is_found_by_who_waits_for_it_while_its_chat_becomes_part_of_another() {
    for database in testing::both().await {
        let mut people = People::new(&database).await;
        let organization = people.organization;
        for is_receipt in [false, true] {
            let [kept, gone] = people.several().await;
            let (stays, goes) = (people.chat(kept).await, people.chat(gone).await);
            let queued = queued(people.next(), goes, people.now());
            let (id, account, wa_id) = (queued.id, queued.account_id, queued.wa_id.clone());
            let at = queued.created_at;
            write!(people, |tx| message::insert(tx, organization, &queued, at, None)).expect("queued");
            let found = while_open!(
                people,
                |tx| absorb(tx, organization, gone, kept),
                nothing(),
                |tx| async move {
                    if is_receipt {
                        let found = message::list_by_wa_id(tx, organization, account, &wa_id).await?;
                        return Ok(found
                            .into_iter()
                            .filter(|found| found.id == id)
                            .map(|found| found.chat_id)
                            .collect());
                    }
                    let found = message::get_for_change(tx, organization, id).await?;
                    Ok(vec![found.chat_id])
                }
            );
            let found: Vec<ChatId> = found.expect("found");
            assert_eq!(found, [stays], "{}", database.kind);
        }
    }
}
