//! What other projects' test suites count on, and that nothing goes by unnoticed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use wacore::store::InMemoryBackend;
use wacore_binary::builder::NodeBuilder;
use wanet::{LinkedDevice, Network, NewPhone, Options};
use whatsapp_rust::prelude::*;

use crate::client::{PATIENCE, TestClient, jid};

const ADA: &str = "15550100001";
const BOB: &str = "15550100002";

/// Lets a phone of the network's choice scan the client's QR code.
async fn scan_by_name(network: &Network, client: &TestClient) -> LinkedDevice {
    let code = client
        .heard
        .first("a QR code", |event| match event {
            Event::PairingQrCode(qr) => Some(qr.code.clone()),
            _ => None,
        })
        .await;
    let web = reqwest::Client::builder().build().expect("a web client");
    let url = format!("{}/admin/mock-phone/scan-qr", network.admin_url());
    let answer = web.post(url).body(code).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let device = answer.json().await.expect("the device");
    client.connected().await;
    device
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_of_one_push_name_are_devices_of_one_phone() {
    let network = Network::start(Options::default()).await.expect("it starts");
    assert!(network.ws_url().ends_with("/ws/chat") && network.wss_url().ends_with("/ws/chat"));
    let mut devices = Vec::new();
    let mut clients = Vec::new();
    for name in ["Ada of the suite", "Ada of the suite", "Bob of the suite"] {
        let client = TestClient::start_named(&network, name).await;
        devices.push(scan_by_name(&network, &client).await);
        clients.push(client);
    }
    assert_eq!(devices[0].phone, devices[1].phone);
    assert_eq!((devices[0].device, devices[1].device), (1, 2));
    assert_ne!(devices[0].phone, devices[2].phone);
    clients[0]
        .client
        .profile()
        .set_push_name("Ada, renamed")
        .await
        .expect("renamed");
    clients[1]
        .heard
        .first("the new name", |e| {
            matches!(e, Event::SelfPushNameUpdated(_)).then_some(())
        })
        .await;
    let late = TestClient::start_named(&network, "Ada of the suite").await;
    let third = scan_by_name(&network, &late).await;
    assert_eq!(
        (&third.phone, third.device),
        (&devices[0].phone, 3),
        "whatever she is called now"
    );
    clients.push(late);
    let first = clients[0]
        .client
        .send_text(jid(&devices[2].phone), "hello")
        .await
        .expect("sent");
    assert_eq!(clients[0].acked(&first.message_id).await, None);
    clients[2].text("hello").await;
    let delivered = |event: &Event| match event {
        Event::Receipt(receipt) if receipt.message_ids.contains(&first.message_id) => {
            Some(receipt.source.sender.device)
        }
        _ => None,
    };
    clients[0].heard.first("the receipt", delivered).await;
    clients[0]
        .client
        .send_text(jid(&devices[2].phone), "and again")
        .await
        .expect("sent");
    clients[2].text("and again").await;
    let from_the_phone = clients[0]
        .heard
        .all(|event| delivered(event).filter(|device| *device == 0));
    assert!(from_the_phone.is_empty(), "nobody holds the phone");
    assert_eq!(network.stats().unknown, BTreeMap::new());
    for client in clients {
        client.stop().await;
    }
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_without_a_name_get_a_phone_each_that_gives_them_one() {
    let network = Network::start(Options::default()).await.expect("it starts");
    let mut phones = Vec::new();
    for _ in 0..2 {
        let client = TestClient::start(&network, Arc::new(InMemoryBackend::new())).await;
        phones.push(scan_by_name(&network, &client).await.phone);
        let name = |event: &Event| match event {
            Event::SelfPushNameUpdated(update) => Some(update.new_name.clone()),
            _ => None,
        };
        assert!(client.heard.first("a name", name).await.starts_with("Phone "));
        client.stop().await;
    }
    assert_ne!(phones[0], phones[1]);
    network.shutdown().await;
}

/// Bob types and then writes while Ada is away; how often Ada hears of the typing when she is back.
async fn typing_heard_after_being_away(chatstate_ttl: Duration) -> usize {
    let options = Options {
        chatstate_ttl,
        ..Options::default()
    };
    let network = Network::start(options).await.expect("it starts");
    let bob = NewPhone {
        phone: BOB.into(),
        ..NewPhone::default()
    };
    network.add_phone(&bob).expect("added");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let backend = ada.stop().await;
    network
        .wait_stats(PATIENCE, |stats| stats.online_devices == 0)
        .await
        .expect("the network has noticed");
    network.phone_typing(BOB, ADA, "composing").expect("typed");
    network.phone_send_text(BOB, ADA, "away").expect("sent");
    let ada = TestClient::start(&network, backend).await;
    ada.text("away").await;
    if !chatstate_ttl.is_zero() {
        ada.heard
            .first("typing", |event| matches!(event, Event::ChatPresence(_)).then_some(()))
            .await;
    }
    // What came with it would be here before an answer to something that is asked later.
    network.phone_send_text(BOB, ADA, "back").expect("sent");
    ada.text("back").await;
    let heard = ada
        .heard
        .all(|event| matches!(event, Event::ChatPresence(_)).then_some(()));
    ada.stop().await;
    network.shutdown().await;
    heard.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typing_waits_for_a_device_that_is_away_only_as_long_as_it_says_something() {
    assert_eq!(typing_heard_after_being_away(Duration::from_secs(30)).await, 1);
    assert_eq!(typing_heard_after_being_away(Duration::ZERO).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_whose_secret_is_known_is_linked_without_a_scan() {
    let shown = Network::start(Options::default()).await.expect("it starts");
    let client = TestClient::start_named(&shown, "Ada of the suite").await;
    let secret = client
        .heard
        .first("a QR code", |event| match event {
            Event::PairingQrCode(qr) => qr.code.split(',').nth(3).map(str::to_owned),
            _ => None,
        })
        .await;
    let backend = client.stop().await;
    shown.shutdown().await;
    let options = Options {
        adv_secret: Some(secret),
        ..Options::default()
    };
    let network = Network::start(options).await.expect("it starts");
    let client = TestClient::start(&network, backend).await;
    client.connected().await;
    client.stop().await;
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_understands_is_counted_by_name() {
    let network = Network::start(Options::default()).await.expect("it starts");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let pigeon = NodeBuilder::new("pigeon").attr("id", "1").build();
    let question = NodeBuilder::new("iq")
        .attr("id", "2")
        .attr("xmlns", "w:pigeons")
        .attr("type", "get")
        .children([NodeBuilder::new("loft").build()])
        .build();
    let told = |what: &'static str| {
        NodeBuilder::new("ib")
            .children([NodeBuilder::new(what).build()])
            .build()
    };
    let taken = NodeBuilder::new("ack").attr("id", "3").attr("class", "call").build();
    let nameless = NodeBuilder::new("ack").attr("class", "message").build();
    let to = |id: &'static str, to: &str| {
        NodeBuilder::new("message")
            .attr("id", id)
            .attr("to", to.parse::<Jid>().expect("a JID"))
            .attr("type", "text")
            .build()
    };
    // What is understood comes first: all of it has been looked at when the last is counted.
    let understood = [
        told("offline_batch"),
        told("unified_session"),
        to("4", "status@broadcast"),
    ];
    let odd = [
        pigeon.clone(),
        pigeon,
        told("pigeons"),
        NodeBuilder::new("ib").build(),
        taken,
        nameless,
        to("5", "1600000000@broadcast"),
        question,
    ];
    for node in understood.into_iter().chain(odd) {
        ada.client.send_node(node).await.expect("written");
    }
    let expected = [
        ("pigeon", 2),
        ("ib/pigeons", 1),
        ("ib", 1),
        ("ack/call", 1),
        ("ack/message", 1),
        ("message/text", 1),
        ("iq/w:pigeons/get/loft", 1),
    ];
    let expected: BTreeMap<String, u64> = expected
        .into_iter()
        .map(|(name, count)| (name.to_owned(), count))
        .collect();
    let counted = network.wait_stats(PATIENCE, |stats| stats.unknown == expected).await;
    assert!(counted.is_ok(), "{:?}", network.stats().unknown);
    ada.stop().await;
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_client_asks_is_refused_and_counted_in_every_namespace() {
    let network = Network::start(Options::default()).await.expect("it starts");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let asked = [
        ("passive", "set", "pigeons"),
        ("passive", "get", "active"),
        ("privacy", "get", "pigeons"),
        ("privacy", "set", "pigeons"),
        ("w:m", "set", "pigeons"),
        ("w:m", "get", "media_conn"),
        ("w:p", "get", "pigeons"),
        ("w:p", "set", "ping"),
        ("abt", "get", "pigeons"),
        ("blocklist", "set", "pigeons"),
        ("encrypt", "get", "pigeons"),
        ("encrypt", "set", "pigeons"),
        ("md", "set", "pigeons"),
        ("status", "set", "pigeons"),
        ("urn:xmpp:whatsapp:dirty", "set", "pigeons"),
        ("urn:xmpp:whatsapp:push", "set", "config"),
        ("usync", "get", "pigeons"),
        ("w:g2", "set", "pigeons"),
        ("w:mex", "get", "pigeons"),
        ("w:profile:picture", "get", "pigeons"),
        ("w:profile:picture", "set", "pigeons"),
        ("w:sync:app:state", "set", "pigeons"),
    ];
    let mut expected = BTreeMap::new();
    for (namespace, kind, child) in asked {
        let question = NodeBuilder::new("iq")
            .attr("xmlns", namespace)
            .attr("type", kind)
            .attr("to", Jid::new("", Server::Pn))
            .children([NodeBuilder::new(child).build()])
            .build();
        let answer = ada.client.send_iq_node(question, Some(PATIENCE)).await;
        let is_refused = matches!(answer, Err(IqError::ServerError { code: 501, .. }));
        assert!(is_refused, "{namespace} {kind} {child}: {answer:?}");
        expected.insert(format!("iq/{namespace}/{kind}/{child}"), 1);
    }
    assert_eq!(network.stats().unknown, expected);
    ada.stop().await;
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_handshake_is_a_full_one_and_the_next_ones_are_resumed() {
    let network = Network::start(Options::default()).await.expect("it starts");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let linked = network.stats();
    assert!(linked.handshakes_xx >= 1, "a stranger's");
    let backend = ada.stop().await;
    let ada = TestClient::start(&network, Arc::<InMemoryBackend>::clone(&backend)).await;
    ada.connected().await;
    let again = network.stats();
    assert_eq!(again.handshakes_ik, linked.handshakes_ik + 1);
    assert_eq!(
        (again.handshakes_xx, again.handshakes_xxfallback),
        (linked.handshakes_xx, 0)
    );
    ada.stop().await;
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_no_longer_blocked_is_heard_again() {
    let network = Network::start(Options::default()).await.expect("it starts");
    let bob = NewPhone {
        phone: BOB.into(),
        ..NewPhone::default()
    };
    network.add_phone(&bob).expect("added");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    for (blocked, text) in [(true, "unheard"), (false, "heard")] {
        network.phone_block(BOB, ADA, blocked).expect("changed");
        assert_eq!(
            network.phone(BOB).expect("the phone").blocked.len(),
            usize::from(blocked)
        );
        let sent = ada.client.send_text(jid(BOB), text).await.expect("sent");
        assert_eq!(
            ada.acked(&sent.message_id).await,
            None,
            "a blocked sender notices nothing"
        );
    }
    network
        .wait_message(BOB, PATIENCE, |seen| seen.text.as_deref() == Some("heard"))
        .await
        .expect("it arrives");
    assert_eq!(network.phone_messages(BOB, 0).expect("an inbox").len(), 1);
    ada.stop().await;
    network.shutdown().await;
}
