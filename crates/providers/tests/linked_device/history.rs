//! The history that a phone sends after it was linked is taken in to its end, whatever happens meanwhile.

use std::collections::BTreeSet;

use pesan_model::reconnect::Disconnect;
use pesan_providers::Inbound;
use pesan_providers::session_records::HISTORY;
use wanet::{NewPhone, PastChat, PastMessage};

use crate::support::{BUDI, DEADLINE, Linked, SARI, Sink, Told, World};

const WARUNG: &str = "628000000050";
/// Of these, one of each conversation: together more than one commit takes.
const EACH: usize = 200;
/// In the second commit.
const LATER: &str = "BUDI150";

/// The ids of the history of [`WARUNG`].
fn ids() -> BTreeSet<String> {
    let of = |name| (0..EACH).map(move |number| format!("{name}{number}"));
    of("SARI").chain(of("BUDI")).collect()
}

fn conversation(name: &str, with: &str) -> PastChat {
    let message = |number: usize| PastMessage {
        id: format!("{name}{number}"),
        from_me: number.is_multiple_of(2),
        text: format!("text {number}"),
        timestamp: 1_700_000_000 + number as u64,
    };
    PastChat {
        with: with.into(),
        messages: (0..EACH).map(message).collect(),
    }
}

/// A world with a phone that has a history.
async fn world() -> World {
    let world = World::new().await;
    let new = NewPhone {
        phone: WARUNG.into(),
        push_name: Some("Warung".into()),
        history: vec![conversation("SARI", SARI), conversation("BUDI", BUDI)],
        ..NewPhone::default()
    };
    world.network.add_phone(&new).expect("a new phone");
    world
}

/// Links the phone, with a sink that is disturbed in the middle of the history.
async fn linked(world: &World, disturb: fn(&Sink)) -> Linked {
    let mut linked = Linked::unlinked();
    linked.sink.disturb_only(LATER);
    disturb(&linked.sink);
    linked.open(world).await;
    let code = linked.sink.qr().await;
    world.network.scan(WARUNG, &code).await.expect("scanned");
    assert_eq!(linked.sink.disconnected(0).await, Disconnect::RestartRequired);
    linked.open(world).await;
    linked
}

/// The ids of the messages that were told, each as often as it was told.
fn told(sink: &Sink) -> Vec<String> {
    sink.messages().into_iter().map(|message| message.wa_id).collect()
}

/// Waits until the whole history was told and nothing of it is kept any more.
async fn taken_in(linked: &Linked) {
    for id in ids() {
        linked.sink.message(&id, 0).await;
    }
    tokio::time::timeout(DEADLINE, linked.records.wait_for_count(HISTORY, 0))
        .await
        .expect("it is not kept longer than it is needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_committed_of_the_history_comes_with_the_next_connection() {
    let world = world().await;
    let mut linked = linked(&world, Sink::refuse).await;
    assert_eq!(linked.sink.disconnected(1).await, Disconnect::Lost);
    let before = told(&linked.sink);
    assert!(!before.is_empty() && before.len() < ids().len(), "{}", before.len());
    linked.sink.accept();
    linked.open(&world).await;
    taken_in(&linked).await;
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_that_was_being_taken_in_when_the_process_died_is_taken_in_by_the_next_one() {
    let world = world().await;
    let mut linked = linked(&world, Sink::hold).await;
    linked.sink.hangs().await;
    let dead = linked.die();
    linked.open(&world).await;
    taken_in(&linked).await;
    let again = told(&linked.sink);
    assert_eq!(again.len(), ids().len(), "each message once");
    dead.bury().await;
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_new_is_not_held_up_by_the_history() {
    let world = world().await;
    let linked = linked(&world, Sink::hold).await;
    linked.sink.hangs().await;
    let id = world.network.phone_send_text(SARI, WARUNG, "new").expect("sent");
    linked.sink.release();
    linked.sink.message(&id, 0).await;
    taken_in(&linked).await;
    let fits = |told: &Told| matches!(told, Told::In(Inbound::Message(message)) if !message.from_history);
    assert_eq!(linked.sink.told().iter().filter(|told| fits(told)).count(), 1);
    world.end([linked]).await;
}
