//! What goes wrong, and what is made of it.

use std::time::Duration;

use pesan_model::reconnect::Disconnect;
use pesan_providers::inbound::InboundContent;
use pesan_providers::linked_device::Patience;
use pesan_providers::provider::{Provider, Refusal, SendError};
use pesan_providers::{Inbound, RecordKind};
use wanet::{FaultKind, Moment, NewFault};

use crate::support::{BUDI, DEADLINE, SARI, TOKO, Told, World, text};

fn of_toko(fault: FaultKind) -> NewFault {
    NewFault::once(fault).phone(TOKO)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_message_is_rejected_or_tried_again_by_its_code() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    for code in [463, 479, 400] {
        world
            .network
            .set_fault(of_toko(FaultKind::Nack { code, ms: 0 }).stanza("message"))
            .expect("armed");
        let refused = linked.device().send(&text(SARI, "halo")).await;
        assert!(
            matches!(&refused, Err(SendError::Rejected(why)) if why.code == format!("rejected_{code}")),
            "{refused:?}"
        );
    }
    world
        .network
        .set_fault(of_toko(FaultKind::Nack { code: 503, ms: 0 }).stanza("message"))
        .expect("armed");
    let out = text(SARI, "halo");
    assert!(matches!(linked.device().send(&out).await, Err(SendError::Retry { .. })));
    linked.device().send(&out).await.expect("accepted the second time");
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_an_answer_is_unknown_and_the_same_id_again_arrives_once() {
    let world = World::impatient().await;
    let linked = world.linked(TOKO).await;
    linked.device().send(&text(SARI, "before")).await.expect("accepted");
    world
        .network
        .set_fault(of_toko(FaultKind::DropAck).stanza("message"))
        .expect("armed");
    let out = text(SARI, "did it arrive?");
    let unknown = linked.device().send(&out).await;
    assert!(matches!(unknown, Err(SendError::Unknown { .. })), "{unknown:?}");
    linked.device().send(&out).await.expect("accepted");
    let got = world
        .network
        .wait_message(SARI, DEADLINE, |message| message.id == out.wa_id)
        .await
        .expect("arrived");
    world
        .network
        .wait_stats(DEADLINE, |stats| stats.duplicates_dropped == 1)
        .await
        .expect("dropped by the server");
    assert_eq!(got.shown, 1);
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_word_that_comes_late_is_told() {
    let world = World::impatient().await;
    let linked = world.linked(TOKO).await;
    linked.device().send(&text(SARI, "before")).await.expect("accepted");
    world
        .network
        .set_fault(of_toko(FaultKind::DelayAck { ms: 4_000 }).stanza("message"))
        .expect("armed");
    let out = text(SARI, "slow");
    assert!(matches!(
        linked.device().send(&out).await,
        Err(SendError::Unknown { .. })
    ));
    let fits = |told: &Told| match told {
        Told::In(Inbound::Acknowledged {
            wa_id,
            refusal: None,
            at: Some(_),
        }) if *wa_id == out.wa_id => Some(()),
        _ => None,
    };
    linked.sink.wait("the late word", fits).await;
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_comes_late_says_what_it_would_have_said_in_time() {
    let world = World::impatient().await;
    let linked = world.linked(TOKO).await;
    linked.device().send(&text(SARI, "before")).await.expect("accepted");
    for code in [463, 503] {
        let late = FaultKind::Nack { code, ms: 4_000 };
        world.network.set_fault(of_toko(late).stanza("message")).expect("armed");
        let out = text(SARI, "slow");
        assert!(matches!(
            linked.device().send(&out).await,
            Err(SendError::Unknown { .. })
        ));
        let fits = |told: &Told| match told {
            Told::In(Inbound::Acknowledged {
                wa_id,
                refusal: Some(refusal),
                ..
            }) if *wa_id == out.wa_id => Some(refusal.clone()),
            _ => None,
        };
        match (code, linked.sink.wait("the late refusal", fits).await) {
            (463, Refusal::Final(failure)) => {
                assert_eq!(failure.code, "rejected_463");
                assert!(failure.detail.contains("written first"), "{}", failure.detail);
            }
            (503, Refusal::Passing { after: None, reason }) => assert!(reason.contains("503"), "{reason}"),
            (code, other) => panic!("{code} means {other:?}"),
        }
    }
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_in_the_middle_of_a_send_leaves_it_unknown_and_the_next_one_settles_it() {
    let world = World::new().await;
    let mut linked = world.linked(TOKO).await;
    linked.device().send(&text(SARI, "before")).await.expect("accepted");
    let cut = FaultKind::Cut { moment: Moment::After };
    world.network.set_fault(of_toko(cut).stanza("message")).expect("armed");
    let out = text(SARI, "in the middle");
    let unknown = linked.device().send(&out).await;
    assert!(matches!(unknown, Err(SendError::Unknown { .. })), "{unknown:?}");
    assert_eq!(linked.sink.disconnected(1).await, Disconnect::Lost);
    assert!(matches!(linked.device().send(&out).await, Err(SendError::NotConnected)));
    linked.open(&world).await;
    linked.sink.connected(1).await;
    linked.device().send(&out).await.expect("accepted");
    let got = world
        .network
        .wait_message(SARI, DEADLINE, |message| message.id == out.wa_id)
        .await
        .expect("arrived");
    assert_eq!((got.shown, got.arrivals), (1, 2));
    world.end([linked]).await;
}

/// What is stored when a message is prepared, and when a connection ends.
const MESSAGE_AND_DEVICE: &[RecordKind] = &[RecordKind("sent"), RecordKind("device")];

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_prepared_when_the_connection_ends_is_not_waited_for() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    linked.device().send(&text(SARI, "before")).await.expect("accepted");
    linked.records.hold(MESSAGE_AND_DEVICE);
    let out = text(SARI, "too late");
    let ending = async {
        linked.records.hang(1).await;
        let cut = FaultKind::Cut { moment: Moment::Before };
        world.network.set_fault(of_toko(cut)).expect("armed");
        // The library has let go of the connection, and knows no more that it had caught up with it.
        linked.records.hang(2).await;
        linked.records.release();
    };
    // Half of what the library would wait for the next connection.
    let both = tokio::time::timeout(DEADLINE / 2, async { tokio::join!(linked.device().send(&out), ending) });
    let (sent, ()) = both.await.expect("it ends with the connection");
    assert!(
        matches!(sent, Err(SendError::Unknown { .. } | SendError::NotConnected)),
        "{sent:?}"
    );
    assert_eq!(linked.sink.disconnected(1).await, Disconnect::Lost);
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_open_connection_is_noticed() {
    let world = World::impatient().await;
    let linked = world.linked(TOKO).await;
    world
        .network
        .set_fault(of_toko(FaultKind::HalfOpen { moment: Moment::Before }))
        .expect("armed");
    assert_eq!(linked.sink.disconnected(1).await, Disconnect::Silent);
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_open_connection_that_the_library_gives_up_first_is_silent_too() {
    // Ours is the later one: the library gives up 20 seconds after it wrote something in vain, when it looks, which is
    // every 15 to 30 seconds.
    let patience = Patience {
        ping: DEADLINE,
        ..Patience::default()
    };
    let world = World::with(patience, wanet::Options::default()).await;
    let linked = world.linked(TOKO).await;
    linked.device().send(&text(SARI, "before")).await.expect("accepted");
    let half_open = FaultKind::HalfOpen { moment: Moment::Before };
    world
        .network
        .set_fault(of_toko(half_open).stanza("message"))
        .expect("armed");
    let out = text(SARI, "into nothing");
    let (sent, reason) = tokio::join!(linked.device().send(&out), linked.sink.disconnected(1));
    assert!(matches!(sent, Err(SendError::Unknown { .. })), "{sent:?}");
    assert_eq!(reason, Disconnect::Silent);
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_that_answers_is_kept() {
    let world = World::impatient().await;
    let linked = world.linked(TOKO).await;
    // Longer than both waits after which a silent connection is given up.
    let quiet = world
        .network
        .wait_stats(Duration::from_secs(6), |stats| stats.online_devices == 0)
        .await;
    assert!(quiet.is_err(), "it is still online");
    linked.device().send(&text(SARI, "still here")).await.expect("accepted");
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reason_of_an_end_is_told_exactly() {
    let world = World::new().await;
    let mut linked = world.linked(TOKO).await;
    let while_connected = [
        (FaultKind::StreamError { code: 515 }, Disconnect::RestartRequired),
        (FaultKind::StreamError { code: 503 }, Disconnect::Refused(503)),
        (FaultKind::ConflictReplaced, Disconnect::Replaced),
        (FaultKind::Cut { moment: Moment::Before }, Disconnect::Lost),
    ];
    let mut ends = 1;
    for (connections, (fault, expected)) in while_connected.into_iter().enumerate() {
        world.network.set_fault(of_toko(fault)).expect("armed");
        assert_eq!(linked.sink.disconnected(ends).await, expected);
        ends += 1;
        linked.open(&world).await;
        linked.sink.connected(connections + 1).await;
    }
    linked.shut_down().await;
    let at_log_in = [
        (403, Disconnect::Refused(403)),
        (405, Disconnect::Outdated),
        (503, Disconnect::Refused(503)),
        (499, Disconnect::Refused(499)),
        (401, Disconnect::LoggedOut),
    ];
    for (code, expected) in at_log_in {
        world
            .network
            .set_fault(of_toko(FaultKind::RefuseLogin { code }))
            .expect("armed");
        linked.open(&world).await;
        assert_eq!(linked.sink.disconnected(ends).await, expected, "{code}");
        ends += 1;
    }
    linked.open(&world).await;
    linked.sink.connected(5).await;
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_short_handshake_becomes_a_full_one() {
    let world = World::new().await;
    let mut linked = world.linked(TOKO).await;
    linked.shut_down().await;
    world
        .network
        .set_fault(NewFault::once(FaultKind::RefuseResumption))
        .expect("armed");
    linked.open(&world).await;
    linked.sink.connected(1).await;
    assert_eq!(world.network.stats().handshakes_xxfallback, 1);
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_message_is_announced_and_healed() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let first = world.network.phone_send_text(SARI, TOKO, "before").expect("sent");
    linked.sink.message(&first, 0).await;
    // After an answer the session is settled, and the next message is an ordinary one.
    let answer = text(SARI, "yes?");
    linked.device().send(&answer).await.expect("accepted");
    world
        .network
        .wait_message(SARI, DEADLINE, |message| message.id == answer.wa_id)
        .await
        .expect("arrived");
    world
        .network
        .set_fault(of_toko(FaultKind::CorruptCiphertext).device(1))
        .expect("armed");
    let id = world
        .network
        .phone_send_text(SARI, TOKO, "damaged on the way")
        .expect("sent");
    let announced = linked.sink.message(&id, 0).await;
    assert!(
        matches!(announced.content, InboundContent::Undecryptable { .. }),
        "{:?}",
        (
            announced.content,
            world.network.faults(),
            world.network.stats().retries,
            linked.sink.told()
        )
    );
    let healed = linked.sink.message(&id, 1).await;
    assert!(matches!(healed.content, InboundContent::Text(body) if body == "damaged on the way"));
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_ours_that_arrives_damaged_is_sent_again_from_the_records() {
    let world = World::new().await;
    let (toko, budi) = tokio::join!(world.linked(TOKO), world.linked(BUDI));
    let first = text(BUDI, "before");
    toko.device().send(&first).await.expect("accepted");
    budi.sink.message(&first.wa_id, 0).await;
    world
        .network
        .set_fault(NewFault::once(FaultKind::CorruptCiphertext).phone(BUDI).device(1))
        .expect("armed");
    let out = text(BUDI, "damaged on the way");
    toko.device().send(&out).await.expect("accepted");
    let fits = |told: &Told| match told {
        Told::In(Inbound::Message(message)) if message.wa_id == out.wa_id => match &message.content {
            InboundContent::Text(body) => Some(body.clone()),
            _ => None,
        },
        _ => None,
    };
    assert_eq!(budi.sink.wait("the healed message", fits).await, "damaged on the way");
    world.end([toko, budi]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_committed_is_delivered_again() {
    let world = World::new().await;
    let mut linked = world.linked(TOKO).await;
    linked.sink.refuse();
    let id = world.network.phone_send_text(SARI, TOKO, "hold this").expect("sent");
    assert_eq!(linked.sink.disconnected(1).await, Disconnect::Lost);
    assert!(linked.sink.messages().is_empty());
    linked.sink.accept();
    linked.open(&world).await;
    let got = linked.sink.message(&id, 0).await;
    assert!(matches!(got.content, InboundContent::Text(body) if body == "hold this"));
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_fails_while_a_message_comes_in_loses_nothing() {
    let world = World::new().await;
    let mut linked = world.linked(TOKO).await;
    let first = world.network.phone_send_text(SARI, TOKO, "before").expect("sent");
    linked.sink.message(&first, 0).await;
    linked.records.break_down();
    let id = world
        .network
        .phone_send_text(SARI, TOKO, "in the outage")
        .expect("sent");
    assert_eq!(linked.sink.disconnected(1).await, Disconnect::Lost);
    linked.records.mend();
    linked.open(&world).await;
    let fits = |told: &Told| match told {
        Told::In(Inbound::Message(message)) if message.wa_id == id => match &message.content {
            InboundContent::Text(body) => Some(body.clone()),
            _ => None,
        },
        _ => None,
    };
    assert_eq!(
        linked.sink.wait("the message of the outage", fits).await,
        "in the outage"
    );
    world.end([linked]).await;
}
