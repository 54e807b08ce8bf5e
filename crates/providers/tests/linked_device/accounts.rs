//! Linking, coming back, leaving.

use std::sync::Arc;
use std::time::Duration;

use pesan_model::reconnect::Disconnect;
use pesan_providers::inbound::Connection;
use pesan_providers::provider::{Provider, ProviderError, SendError};

use crate::support::{DEADLINE, Linked, SARI, TOKO, Told, World, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_scans_the_qr_code_links_the_account() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let identity = linked.sink.connected(0).await;
    assert_eq!(identity.phone.expect("known").digits(), TOKO);
    assert_eq!(identity.push_name.as_deref(), Some("Toko"));
    assert!(identity.lid.expect("known").ends_with("@lid"));

    let states: Vec<_> = linked
        .sink
        .told()
        .into_iter()
        .filter_map(|told| match told {
            Told::Connection(connection) => Some(connection),
            Told::In(_) => None,
        })
        .filter(|connection| !matches!(connection, Connection::Qr { .. }))
        .map(|connection| format!("{connection:?}"))
        .collect();
    assert_eq!(states[..3], ["Connecting", "Paired", "Disconnected(RestartRequired)"]);
    assert_eq!(states[3..5], ["Connecting", "Syncing"]);
    assert!(states[5].starts_with("Connected"), "{states:?}");
    assert_eq!(states.len(), 6);
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_account_comes_back_from_its_records_without_a_qr_code() {
    let world = World::new().await;
    let mut linked = world.linked(TOKO).await;
    linked.shut_down().await;
    world
        .network
        .phone_send_text(SARI, TOKO, "while you were away")
        .expect("sent");
    let before = world.network.stats().handshakes_ik;
    linked.open(&world).await;
    linked.sink.connected(1).await;
    assert_eq!(world.network.stats().handshakes_ik, before + 1, "the short handshake");
    let fits = |told: &Told| match told {
        Told::In(pesan_providers::Inbound::Message(message)) => Some((**message).clone()),
        _ => None,
    };
    let message = linked.sink.wait("the message that waited", fits).await;
    assert_eq!(message.sender.phone.expect("known").digits(), SARI);
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_unlinks_the_device_and_says_nothing_more() {
    let world = World::new().await;
    let mut linked = world.linked(TOKO).await;
    let device = Arc::clone(linked.device());
    tokio::time::timeout(DEADLINE, device.logout())
        .await
        .expect("in time")
        .expect("logged out");
    assert!(world.network.phone(TOKO).expect("a phone").devices.is_empty());
    assert!(matches!(device.logout().await, Err(ProviderError::NotConnected)));
    assert!(matches!(
        device.send(&text(SARI, "too late")).await,
        Err(SendError::NotConnected)
    ));
    let ends = linked
        .sink
        .told()
        .into_iter()
        .filter(|told| matches!(told, Told::Connection(Connection::Disconnected(_))));
    assert_eq!(ends.count(), 1, "the one after pairing");
    linked.device = None;
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_removed_on_the_phone_is_logged_out_now_and_at_the_next_log_in() {
    let world = World::new().await;
    let mut linked = world.linked(TOKO).await;
    let number = world.network.phone(TOKO).expect("a phone").devices[0].device;
    world.network.unlink(TOKO, number).expect("unlinked");
    assert_eq!(linked.sink.disconnected(1).await, Disconnect::LoggedOut);
    linked.open(&world).await;
    assert_eq!(linked.sink.disconnected(2).await, Disconnect::LoggedOut);
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shutting_down_or_dropping_a_device_ends_its_tasks_and_frees_it() {
    let world = World::new().await;
    let mut linked = world.linked(TOKO).await;
    linked.shut_down().await;
    tokio::time::timeout(DEADLINE, async {
        while !world.tasks.is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the task of the closed connection ended");

    linked.open(&world).await;
    linked.sink.connected(1).await;
    assert_eq!(world.tasks.len(), 1);
    linked.device = None;
    world
        .network
        .wait_stats(DEADLINE, |stats| stats.connections == 0)
        .await
        .expect("the connection is closed");
    let records = Arc::downgrade(&linked.records);
    let fits = || records.strong_count() == 1;
    tokio::time::timeout(DEADLINE, async {
        while !fits() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("nothing holds the connection any more");
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_lease_is_lost_closes_its_connection() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    linked.records.fence();
    let refused = linked.device().send(&text(SARI, "not ours any more")).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(linked.sink.disconnected(1).await, Disconnect::Lost);
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_cannot_be_reached_is_a_lost_connection() {
    let world = World::new().await;
    let mut account = Linked::unlinked();
    let World {
        network,
        devices,
        tasks,
        folder,
    } = world;
    network.shutdown().await;
    let records = Arc::clone(&account.records);
    let sink = Arc::clone(&account.sink);
    account.device = Some(devices.start(account.account, records, sink).await.expect("opened"));
    assert_eq!(account.sink.disconnected(0).await, Disconnect::Lost);
    tasks.close();
    tokio::time::timeout(Duration::from_secs(10), tasks.wait())
        .await
        .expect("every task ends");
    drop(folder);
}
