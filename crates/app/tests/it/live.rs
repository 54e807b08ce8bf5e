//! The live stream.

use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt};
use pesan_app::events::{self, Live};
use pesan_app::{Caller, Error, Result, Signal};
use pesan_model::chat::Contact;
use pesan_model::{AccountId, ContactId, Event, Permission, Role, SystemRandom};
use pesan_store::testing;
use uuid::Uuid;

use crate::support::{TestApp, within};

async fn emit(test: &TestApp, count: usize) {
    let events = (0..count)
        .map(|_| {
            Event::ContactCreated(Contact {
                id: ContactId::new(&*test.clock, &SystemRandom),
                name: "Siti".into(),
                own_name: None,
                push_name: None,
                phone: None,
                other_numbers: Vec::new(),
                lid: None,
                language: None,
                opted_out_at: None,
                fields: pesan_model::custom_field::FieldValues::new(),
                tag_ids: vec![],
                erased_at: None,
                created_at: pesan_model::Timestamp::from_secs(0),
            })
        })
        .collect();
    let (app, organization) = (test.app.clone(), test.caller.organization_id);
    test.app
        .store
        .write::<_, Error, _>(move |tx| Box::pin(async move { events::record(&app, tx, organization, events).await }))
        .await
        .expect("recorded");
    events::announce(&test.app, organization);
}

async fn places(stream: &mut (impl Stream<Item = Result<Live>> + Unpin), count: usize) -> Vec<i64> {
    let mut places = Vec::new();
    within(async {
        while places.len() < count {
            match stream.next().await {
                Some(Ok(Live::Event(event))) => {
                    assert!(event.json.contains(&event.logged.id.to_string()));
                    places.push(event.logged.seq);
                }
                Some(Ok(Live::Ready(_))) if places.is_empty() => {}
                other => panic!("no event: {other:?}"),
            }
        }
    })
    .await;
    places
}

#[tokio::test]
async fn a_stream_replays_and_follows_without_gaps_or_doubles() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        emit(&test, 1500).await;
        let subscribe = |after| events::subscribe(test.app.clone(), test.caller.clone(), after);
        let mut from_start = Box::pin(subscribe(Some(0)).await.expect("subscribed"));
        let mut from_middle = Box::pin(subscribe(Some(1400)).await.expect("subscribed"));
        let mut from_now = Box::pin(subscribe(None).await.expect("subscribed"));
        assert_eq!(places(&mut from_middle, 50).await, (1401..=1450).collect::<Vec<_>>());
        let following = async {
            for _ in 0..50 {
                emit(&test, 3).await;
            }
        };
        let (all, rest, new, ()) = tokio::join!(
            places(&mut from_start, 1650),
            places(&mut from_middle, 200),
            places(&mut from_now, 150),
            following
        );
        assert_eq!(all, (1..=1650).collect::<Vec<_>>());
        assert_eq!(rest, (1451..=1650).collect::<Vec<_>>());
        assert_eq!(new, (1501..=1650).collect::<Vec<_>>());
        test.app.lifecycle.soft().cancel();
        assert!(within(from_start.next()).await.is_none(), "it ends with the process");
        test.stop().await;
    }
}

#[tokio::test]
async fn two_hundred_browsers_that_come_back_are_served_at_once() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        emit(&test, 2000).await;
        let app = Arc::new(test);
        let browsers = (0..200).map(|number| {
            let app = app.clone();
            async move {
                let after = if number % 10 == 0 { 1000 } else { 1800 };
                let stream = events::subscribe(app.app.clone(), app.caller.clone(), Some(after)).await;
                let mut stream = Box::pin(stream.expect("subscribed"));
                let count = usize::try_from(2000 - after).expect("positive");
                assert_eq!(places(&mut stream, count).await.len(), count);
            }
        });
        let served = tokio::time::timeout(Duration::from_secs(10), futures::future::join_all(browsers)).await;
        assert!(served.is_ok(), "{}: not served in time", database.kind);
        Arc::into_inner(app).expect("everybody is gone").stop().await;
    }
}

#[tokio::test]
async fn codes_are_hinted_at_only_to_who_may_see_them() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let account = AccountId::from(Uuid::from_u128(1));
        let mut reader = Caller::system(test.caller.organization_id);
        reader.permissions = vec![Permission::EventsRead];
        let mut agent = reader.clone();
        agent.permissions = Caller::permissions_of(Role::Agent);
        let mut agent = Box::pin(
            events::subscribe(test.app.clone(), agent, None)
                .await
                .expect("subscribed"),
        );
        let mut reader = Box::pin(
            events::subscribe(test.app.clone(), reader, None)
                .await
                .expect("subscribed"),
        );
        test.app.bus.publish(Signal::Qr(test.caller.organization_id, account));
        assert!(matches!(within(agent.next()).await, Some(Ok(Live::Ready(0)))));
        assert!(matches!(within(agent.next()).await, Some(Ok(Live::Qr(id))) if id == account));
        emit(&test, 1).await;
        assert_eq!(places(&mut reader, 1).await, [1]);
        let mut nobody = Caller::system(test.caller.organization_id);
        nobody.permissions = vec![Permission::MessagesRead];
        let refused = events::subscribe(test.app.clone(), nobody, None).await.map(drop);
        assert!(matches!(refused, Err(Error::Forbidden(_))));
        drop((agent, reader));
        test.stop().await;
    }
}
