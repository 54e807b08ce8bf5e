//! Every fault, and what the real client does about it.

use std::sync::Arc;

use wacore::types::presence::ReceiptType;
use wanet::{FaultKind, Moment, Network, NewFault, NewPhone, Options};
use whatsapp_rust::prelude::*;

use crate::client::{PATIENCE, TestClient, jid};

const ADA: &str = "15550100001";
const BOB: &str = "15550100002";

async fn pair() -> (Network, TestClient) {
    let network = Network::start(Options::default()).await.expect("it starts");
    network
        .add_phone(&NewPhone {
            phone: BOB.into(),
            ..NewPhone::default()
        })
        .expect("added");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    (network, ada)
}

async fn end(network: Network, ada: TestClient) {
    assert_eq!(network.stats().unknown, std::collections::BTreeMap::new());
    ada.stop().await;
    network.shutdown().await;
}

/// How many acknowledgements of a message the client got.
fn acks(ada: &TestClient, id: &str) -> usize {
    ada.heard
        .all(|e| matches!(e, Event::ServerAck(ack) if ack.id == id).then_some(()))
        .len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledgements_are_dropped_delayed_repeated_and_turned_into_refusals() {
    let (network, ada) = pair().await;
    let send = async |text: &str| ada.client.send_text(jid(BOB), text).await.expect("sent").message_id;

    network
        .set_fault(NewFault::once(FaultKind::DropAck).phone(ADA))
        .expect("armed");
    let dropped = send("dropped").await;
    network
        .wait_message(BOB, PATIENCE, |m| m.id == dropped)
        .await
        .expect("it is relayed all the same");
    let after = send("after").await;
    assert_eq!(ada.acked(&after).await, None);
    assert_eq!(acks(&ada, &dropped), 0);

    network
        .set_fault(NewFault::once(FaultKind::DelayAck { ms: 50 }).phone(ADA))
        .expect("armed");
    let late = send("late").await;
    let prompt = send("prompt").await;
    ada.acked(&prompt).await;
    assert_eq!(acks(&ada, &late), 0);
    assert_eq!(ada.acked(&late).await, None);

    network
        .set_fault(NewFault::once(FaultKind::DuplicateAck { copies: 2 }).phone(ADA))
        .expect("armed");
    let thrice = send("thrice").await;
    let next = send("next").await;
    ada.acked(&next).await;
    assert_eq!(acks(&ada, &thrice), 3);

    network
        .set_fault(NewFault::once(FaultKind::Nack { code: 479, ms: 0 }).phone(ADA))
        .expect("armed");
    let refused = send("refused").await;
    assert!(ada.acked(&refused).await.is_some_and(|error| error.contains("479")));
    let happened: Vec<u32> = network.faults().iter().map(|fault| fault.happened).collect();
    assert_eq!(happened, [1, 1, 1, 1]);
    assert!(
        network
            .phone_messages(BOB, 0)
            .expect("an inbox")
            .iter()
            .all(|m| m.id != refused)
    );
    end(network, ada).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_ciphertext_is_asked_for_again_in_both_directions() {
    let (network, ada) = pair().await;
    network
        .set_fault(NewFault::once(FaultKind::CorruptCiphertext).phone(BOB))
        .expect("armed");
    let sent = ada.client.send_text(jid(BOB), "mangled").await.expect("sent");
    let seen = network
        .wait_message(BOB, PATIENCE, |m| m.text.as_deref() == Some("mangled"))
        .await
        .expect("healed");
    assert_eq!((seen.arrivals, seen.shown), (1, 1));
    // The phone confirms after it has shown the message; the confirmation must not be counted below.
    let delivered = |event: &Event| match event {
        Event::Receipt(receipt) => {
            let is_it = receipt.r#type == ReceiptType::Delivered && receipt.message_ids.contains(&sent.message_id);
            is_it.then_some(())
        }
        _ => None,
    };
    ada.heard.first("the receipt", delivered).await;
    network
        .set_fault(NewFault::once(FaultKind::CorruptCiphertext).phone(ADA).device(1))
        .expect("armed");
    let taken =
        |least: u64| network.wait_stats(PATIENCE, move |stats| stats.queued == 0 && stats.acks_received >= least);
    let before = taken(0).await.expect("nothing waits").acks_received;
    network.phone_send_text(BOB, ADA, "mangled too").expect("sent");
    ada.text("mangled too").await;
    // One acknowledgement for each copy, and one for what the phone says, which is asked as well. Asking again is none: taken
    // for one it would cost the second copy its place in the queue, and a client that ends before it read that copy would
    // never see the message.
    let after = taken(before + 3).await.expect("both copies and the answer are taken");
    assert_eq!(after.acks_received, before + 3);
    assert_eq!((network.stats().retries, network.stats().wanted_again), (2, 1));
    assert_eq!(network.stats().phone_undecryptable, 1);
    end(network, ada).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_is_reopened_and_nothing_is_lost() {
    let (network, ada) = pair().await;
    ada.heard.forget();
    let fault = network
        .set_fault(NewFault::once(FaultKind::Cut { moment: Moment::Before }).phone(ADA))
        .expect("cut");
    assert_eq!(fault.happened, 1);
    network.phone_send_text(BOB, ADA, "meanwhile").expect("sent");
    ada.connected().await;
    ada.text("meanwhile").await;
    assert_eq!(ada.texts("meanwhile"), 1);
    end(network, ada).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_around_a_message_loses_it_or_its_acknowledgement() {
    let (network, ada) = pair().await;
    let cut = |moment| NewFault::once(FaultKind::Cut { moment }).phone(ADA).stanza("message");
    network.set_fault(cut(Moment::Before)).expect("armed");
    let lost = ada
        .client
        .send_text(jid(BOB), "lost")
        .await
        .expect("written")
        .message_id;
    network
        .wait_stats(PATIENCE, |stats| stats.logins >= 2)
        .await
        .expect("it comes back");
    assert!(
        network
            .phone_messages(BOB, 0)
            .expect("an inbox")
            .iter()
            .all(|m| m.id != lost)
    );
    ada.client.wait_for_connected(PATIENCE).await.expect("connected");
    let before = network.stats().logins;
    network.set_fault(cut(Moment::After)).expect("armed");
    let taken = ada
        .client
        .send_text(jid(BOB), "taken")
        .await
        .expect("written")
        .message_id;
    network
        .wait_message(BOB, PATIENCE, |m| m.id == taken)
        .await
        .expect("it was relayed");
    network
        .wait_stats(PATIENCE, |stats| stats.logins > before)
        .await
        .expect("it comes back");
    assert_eq!(acks(&ada, &lost) + acks(&ada, &taken), 0);
    end(network, ada).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_stanza_is_neither_relayed_nor_acknowledged() {
    let (network, ada) = pair().await;
    network
        .set_fault(NewFault::once(FaultKind::DropStanza).phone(ADA))
        .expect("armed");
    let lost = ada
        .client
        .send_text(jid(BOB), "lost")
        .await
        .expect("written")
        .message_id;
    let next = ada
        .client
        .send_text(jid(BOB), "next")
        .await
        .expect("written")
        .message_id;
    ada.acked(&next).await;
    assert_eq!(acks(&ada, &lost), 0);
    network
        .wait_message(BOB, PATIENCE, |m| m.id == next)
        .await
        .expect("seen");
    assert!(
        network
            .phone_messages(BOB, 0)
            .expect("an inbox")
            .iter()
            .all(|m| m.id != lost)
    );
    end(network, ada).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_open_connection_stays_open_and_mute() {
    let (network, ada) = pair().await;
    network
        .set_fault(NewFault::once(FaultKind::HalfOpen { moment: Moment::Before }).phone(ADA))
        .expect("armed");
    network.phone_send_text(BOB, ADA, "into the void").expect("sent");
    let stats = network.stats();
    assert_eq!(
        (stats.connections, stats.online_devices, stats.queued),
        (1, 1, 1),
        "it still looks connected"
    );
    ada.client.reconnect().await;
    ada.text("into the void").await;
    end(network, ada).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_ins_are_refused_with_any_code() {
    let (network, ada) = pair().await;
    let backend = ada.stop().await;
    for code in [503, 403] {
        network
            .set_fault(NewFault::once(FaultKind::RefuseLogin { code }).phone(ADA))
            .expect("armed");
        let ada = TestClient::start(&network, Arc::clone(&backend)).await;
        if code == 503 {
            ada.connected().await;
        } else {
            ada.heard
                .first("the refusal", |event| match event {
                    Event::ConnectFailure(_) | Event::LoggedOut(_) => Some(()),
                    _ => None,
                })
                .await;
        }
        ada.stop().await;
    }
    assert_eq!(network.stats().refused_logins, 2);
    network
        .set_fault(NewFault::once(FaultKind::RefuseLogin { code: 401 }).phone(ADA))
        .expect("armed");
    let ada = TestClient::start(&network, backend).await;
    ada.heard
        .first("the log-out", |e| matches!(e, Event::LoggedOut(_)).then_some(()))
        .await;
    end(network, ada).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_resumption_falls_back() {
    let (network, ada) = pair().await;
    let backend = ada.stop().await;
    network
        .set_fault(NewFault::once(FaultKind::RefuseResumption))
        .expect("armed");
    let ada = TestClient::start(&network, backend).await;
    ada.connected().await;
    assert_eq!(network.stats().handshakes_xxfallback, 1);
    end(network, ada).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_with_515_and_the_client_returns() {
    let (network, ada) = pair().await;
    ada.heard.forget();
    network
        .set_fault(NewFault::once(FaultKind::StreamError { code: 515 }).phone(ADA))
        .expect("struck");
    ada.connected().await;
    network
        .wait_stats(PATIENCE, |stats| stats.logins >= 2 && stats.online_devices == 1)
        .await
        .expect("it is back");
    end(network, ada).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_replaced() {
    let (network, ada) = pair().await;
    network
        .set_fault(NewFault::once(FaultKind::ConflictReplaced).phone(ADA))
        .expect("struck");
    ada.heard
        .first("the conflict", |e| matches!(e, Event::StreamReplaced(_)).then_some(()))
        .await;
    end(network, ada).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_connection_of_a_device_replaces_the_first() {
    let (network, first) = pair().await;
    let second = TestClient::start(&network, Arc::clone(&first.backend)).await;
    first
        .heard
        .first("the conflict", |e| matches!(e, Event::StreamReplaced(_)).then_some(()))
        .await;
    second.connected().await;
    first.stop().await;
    end(network, second).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_id_is_acknowledged_and_dropped_unless_the_memory_is_off() {
    for (id_memory, shown) in [(100, 1), (0, 2)] {
        let network = Network::start(Options {
            id_memory,
            ..Options::default()
        })
        .await
        .expect("it starts");
        network
            .add_phone(&NewPhone {
                phone: BOB.into(),
                ..NewPhone::default()
            })
            .expect("added");
        let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
        for _ in 0..2 {
            ada.heard.forget();
            let message = whatsapp_rust::waproto::whatsapp::Message {
                conversation: Some("once or twice".into()),
                ..Default::default()
            };
            let options = SendOptions::default().with_message_id("3EB0AAAABBBBCCCCDDDD");
            ada.client
                .send_message_with_options(jid(BOB), message, options)
                .await
                .expect("sent");
            assert_eq!(ada.acked("3EB0AAAABBBBCCCCDDDD").await, None);
        }
        let seen = network
            .wait_message(BOB, PATIENCE, |m| m.arrivals == 2 && m.shown == shown)
            .await
            .expect("both arrived");
        assert_eq!((seen.arrivals, seen.shown), (2, shown));
        assert_eq!(network.stats().duplicates_dropped, u64::from(2 - shown));
        end(network, ada).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_runs_low_on_keys_uploads_more() {
    let (network, ada) = pair().await;
    let keys = || network.phone(ADA).expect("the phone").devices[0].one_time_keys;
    let full = keys();
    assert!((30..=300).contains(&full), "a test client uploads few keys: {full}");
    let used = full - 5;
    for n in 0..used {
        let phone = (15_550_200_000 + n).to_string();
        network
            .add_phone(&NewPhone {
                phone: phone.clone(),
                ..NewPhone::default()
            })
            .expect("added");
        network.phone_send_text(&phone, ADA, "one key each").expect("sent");
    }
    network
        .wait_stats(PATIENCE, |_| keys() > 30)
        .await
        .expect("it has uploaded");
    end(network, ada).await;
}
