//! Nothing is acknowledged before it is committed: not messages, and not receipts and group notices, which the library
//! acknowledges by itself.

use std::time::Duration;

use pesan_model::MessageStatus;
use pesan_model::reconnect::Disconnect;
use pesan_providers::Inbound;
use pesan_providers::provider::Provider;

use crate::support::{BUDI, Linked, SARI, Sink, TOKO, Told, World, all_acknowledged, delivered, text};

/// Long enough for an acknowledgement that is not held back to arrive.
const A_WHILE: Duration = Duration::from_secs(1);

/// Something that WhatsApp keeps for the account until it is acknowledged.
enum Thing {
    Receipt(String),
    Notice(&'static str),
}

impl Thing {
    fn is_in(&self, told: &Told) -> Option<()> {
        let is_it = match (self, told) {
            (Self::Receipt(wa_id), Told::In(Inbound::Receipt(receipt))) => {
                receipt.status == MessageStatus::Read && receipt.wa_ids.contains(wa_id)
            }
            (Self::Notice(action), Told::In(Inbound::Group(notice))) => notice.action == *action,
            _ => false,
        };
        is_it.then_some(())
    }
}

/// Lets a receipt and a group notice come to an account whose commits are disturbed by `disturb`, and hands what came.
async fn receipt(world: &World, linked: &Linked, disturb: impl FnOnce(&Sink)) -> Thing {
    let wa_id = delivered(world, linked).await;
    disturb(&linked.sink);
    world
        .network
        .phone_read(SARI, std::slice::from_ref(&wa_id))
        .expect("read");
    Thing::Receipt(wa_id)
}

async fn notice(world: &World, linked: &Linked, disturb: impl FnOnce(&Sink)) -> Thing {
    all_acknowledged(world).await;
    disturb(&linked.sink);
    let members = [TOKO.to_owned(), BUDI.to_owned()];
    world.network.create_group(SARI, "Pasar", &members).expect("created");
    Thing::Notice("create")
}

/// What could not be committed closes the connection, and comes again on the next one.
async fn comes_again_after_a_failure(world: World, mut linked: Linked, thing: Thing) {
    assert_eq!(linked.sink.disconnected(1).await, Disconnect::Lost);
    assert_eq!(linked.sink.told().iter().find_map(|told| thing.is_in(told)), None);
    assert!(world.network.stats().queued > 0, "it was not acknowledged");
    linked.sink.accept();
    linked.open(&world).await;
    linked
        .sink
        .wait("what was not committed", |told| thing.is_in(told))
        .await;
    all_acknowledged(&world).await;
    world.end([linked]).await;
}

/// The process dies while the commit runs: what came was not acknowledged, and comes to the next start.
async fn comes_again_after_a_crash(world: World, mut linked: Linked, thing: Thing) {
    linked.sink.hangs().await;
    let acknowledged = world.network.wait_stats(A_WHILE, |stats| stats.queued == 0).await;
    assert!(acknowledged.is_err(), "it is not committed and not acknowledged");
    let dead = linked.die();
    linked.open(&world).await;
    linked
        .sink
        .wait("what was not committed", |told| thing.is_in(told))
        .await;
    all_acknowledged(&world).await;
    dead.bury().await;
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_could_not_be_committed_comes_again() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let thing = receipt(&world, &linked, Sink::refuse).await;
    comes_again_after_a_failure(world, linked, thing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_notice_that_could_not_be_committed_comes_again() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let thing = notice(&world, &linked, Sink::refuse).await;
    comes_again_after_a_failure(world, linked, thing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_was_being_committed_when_the_process_died_comes_again() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let thing = receipt(&world, &linked, Sink::hold).await;
    comes_again_after_a_crash(world, linked, thing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_notice_that_was_being_committed_when_the_process_died_comes_again() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let thing = notice(&world, &linked, Sink::hold).await;
    comes_again_after_a_crash(world, linked, thing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_while_something_is_committed_goes_out_after_it() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let thing = receipt(&world, &linked, Sink::hold).await;
    linked.sink.hangs().await;
    let out = text(SARI, "after it");
    let (sent, ()) = tokio::join!(linked.device().send(&out), async {
        let early = world
            .network
            .wait_message(SARI, A_WHILE, |message| message.id == out.wa_id)
            .await;
        assert!(early.is_err(), "it waits for the commit");
        linked.sink.release();
    });
    sent.expect("accepted");
    linked.sink.wait("the receipt", |told| thing.is_in(told)).await;
    world.end([linked]).await;
}
