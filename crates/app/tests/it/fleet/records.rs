//! The records of an account in its table, as its owner reads and writes them.

use std::time::Duration;

use pesan_model::{Clock, Timestamp};
use pesan_providers::session_records::MemoryRecords;
use pesan_providers::{RecordKind, RecordWrite, SessionRecords};
use pesan_store::{session_record, testing};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::{KIND, Node, put};

/// Everything that can be asked of records.
#[derive(Debug, Clone)]
enum Call {
    Get(Vec<Vec<u8>>),
    First,
    List(Vec<u8>),
    Write(Vec<RecordWrite>),
    Take(Vec<u8>),
    DeleteExpired(i64),
}

/// Few keys, so that calls meet; among them an empty one and one that is the end of all.
fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(vec![0_u8, b'a', b'b', 0xff]), 0..3)
}

fn write(kind: RecordKind) -> impl Strategy<Value = RecordWrite> {
    let value = prop::collection::vec(any::<u8>(), 0..40);
    let expiry = prop::option::of(0_i64..9);
    prop_oneof![
        6 => (key(), value, expiry).prop_map(move |(key, value, expiry)| RecordWrite::Put {
            kind,
            key,
            value,
            expires_at: expiry.map(Timestamp::from_secs),
        }),
        2 => key().prop_map(move |key| RecordWrite::Delete { kind, key }),
        1 => key().prop_map(move |prefix| RecordWrite::DeletePrefix { kind, prefix }),
    ]
}

fn call(kind: RecordKind) -> impl Strategy<Value = Call> {
    prop_oneof![
        2 => prop::collection::vec(key(), 0..4).prop_map(Call::Get),
        1 => Just(Call::First),
        2 => key().prop_map(Call::List),
        5 => prop::collection::vec(write(kind), 0..6).prop_map(Call::Write),
        2 => key().prop_map(Call::Take),
        1 => (0_i64..9).prop_map(Call::DeleteExpired),
    ]
}

async fn answer(records: &dyn SessionRecords, kind: RecordKind, call: &Call) -> String {
    match call.clone() {
        Call::Get(keys) => format!("{:?}", records.get(kind, &keys).await),
        Call::First => format!("{:?}", records.first(kind).await),
        Call::List(prefix) => format!("{:?}", records.list(kind, &prefix).await),
        Call::Write(writes) => format!("{:?}", records.write(writes).await),
        Call::Take(key) => format!("{:?}", records.take(kind, &key).await),
        Call::DeleteExpired(at) => format!("{:?}", records.delete_expired(kind, Timestamp::from_secs(at)).await),
    }
}

#[tokio::test]
async fn every_call_gives_the_same_answer_as_records_in_memory() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let (id, _provider) = node.connected().await;
        let records = node.records(id);
        let memory = MemoryRecords::new();
        // Another kind beside it is never touched.
        let kind = RecordKind("session");
        records.write(vec![put(b"a", b"beside")]).await.expect("written");
        let mut runner = TestRunner::deterministic();
        let calls = prop::collection::vec(call(kind), 600);
        let calls = calls.new_tree(&mut runner).expect("calls").current();
        for (number, call) in calls.iter().enumerate() {
            assert_eq!(
                answer(&*records, kind, call).await,
                answer(&memory, kind, call).await,
                "{} at {number}: {call:?}",
                database.kind
            );
        }
        let beside = records.list(KIND, b"").await.expect("listed");
        assert!(beside.contains(&(b"a".to_vec(), b"beside".to_vec())));
        node.stop().await;
    }
}

#[tokio::test]
async fn records_are_encrypted_and_read_as_they_were_written() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let (id, _provider) = node.connected().await;
        let records = node.records(id);
        records
            .write(vec![put(b"a1", b"one"), put(b"a2", b"two"), put(b"b1", b"three")])
            .await
            .expect("written");
        let found = records
            .get(KIND, &[b"b1".to_vec(), b"none".to_vec(), b"a1".to_vec()])
            .await
            .expect("read");
        assert_eq!(
            found,
            [Some(b"three".to_vec()), None, Some(b"one".to_vec())],
            "{}",
            database.kind
        );
        let listed = records.list(KIND, b"a").await.expect("listed");
        assert_eq!(
            listed,
            [(b"a1".to_vec(), b"one".to_vec()), (b"a2".to_vec(), b"two".to_vec())]
        );
        let stored = node
            .test
            .app
            .store
            .read(move |tx| Box::pin(async move { session_record::list(tx, id, KIND.0, b"").await }))
            .await
            .expect("read");
        assert!(
            stored
                .iter()
                .all(|(_, sealed)| !sealed.windows(3).any(|part| part == b"one" || part == b"two"))
        );
        assert_eq!(records.take(KIND, b"a1").await.expect("taken"), Some(b"one".to_vec()));
        assert_eq!(records.take(KIND, b"a1").await.expect("taken"), None);
        let now = node.test.clock.now();
        let dated = RecordWrite::Put {
            kind: KIND,
            key: b"old".to_vec(),
            value: vec![],
            expires_at: Some(now.minus(Duration::from_secs(1))),
        };
        records.write(vec![dated]).await.expect("written");
        assert_eq!(records.delete_expired(KIND, now).await.expect("deleted"), 1);
        node.stop().await;
    }
}
