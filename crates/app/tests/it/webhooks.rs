//! Webhooks against a real HTTP receiver.

use std::sync::atomic::Ordering;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use pesan_app::jobs::{deliver_webhook, retention};
use pesan_app::webhooks::{self, Changes, CreatedWebhook, From, NewWebhook};
use pesan_app::{Caller, Error, Signal, events};
use pesan_model::chat::{Activity, Contact, Typing};
use pesan_model::content::{Content, Text};
use pesan_model::message::Message;
use pesan_model::webhook::{Delivery, DeliveryState, Envelope, Webhook};
use pesan_model::{
    AccountId, ChatId, Clock, ContactId, Direction, Event, MessageId, MessageStatus, SystemRandom, WebhookId,
};
use pesan_store::delivery::Part;
use pesan_store::testing;
use sha2::Sha256;
use uuid::Uuid;

use crate::receiver::{Receiver, Reply};
use crate::support::{TestApp, within};

fn message(number: u128, chat: u128) -> Message {
    let at = pesan_model::Timestamp::from_secs(1_700_000_000);
    Message {
        id: MessageId::from(Uuid::from_u128(number)),
        account_id: AccountId::from(Uuid::from_u128(1)),
        chat_id: ChatId::from(Uuid::from_u128(chat)),
        direction: Direction::In,
        wa_id: format!("3EB0{number}"),
        chat: "6280000000001@s.whatsapp.net".into(),
        chat_name: "Siti".into(),
        sender: "6280000000001@s.whatsapp.net".into(),
        sent_by: None,
        automatic: None,
        contact_id: None,
        push_name: Some("Siti".into()),
        kind: "text".into(),
        content: Content::Text(Text { body: "halo".into() }),
        metadata: None,
        reply_to: None,
        status: MessageStatus::Received,
        error: None,
        attempts: 0,
        retries: 0,
        created_at: at,
        sent_at: Some(at),
        delivered_at: None,
        read_at: None,
        failed_at: None,
        send_at: None,
        deleted_at: None,
        edited_at: None,
        revoked_at: None,
    }
}

pub(crate) fn received(number: u128, chat: u128) -> Event {
    Event::MessageReceived(message(number, chat))
}

pub(crate) fn id_of(number: u128) -> String {
    MessageId::from(Uuid::from_u128(number)).to_string()
}

impl TestApp {
    pub(crate) fn run_webhooks(&self) {
        self.app
            .lifecycle
            .spawn("webhooks", deliver_webhook::run(self.app.clone()));
    }

    pub(crate) async fn emit(&self, caller: &Caller, events: Vec<Event>) {
        let (app, organization) = (self.app.clone(), caller.organization_id);
        self.app
            .store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move { events::record(&app, tx, organization, events).await })
            })
            .await
            .expect("recorded");
        events::announce(&self.app, organization);
    }

    pub(crate) async fn webhook(&self, receiver: &Receiver, events: &[&str], envelope: Envelope) -> CreatedWebhook {
        let new = NewWebhook {
            url: receiver.url.clone(),
            events: events.iter().map(|&name| name.to_owned()).collect(),
            accounts: vec![],
            envelope,
        };
        webhooks::create(&self.app, &self.caller, new, None)
            .await
            .expect("a webhook")
    }

    /// Moves the clock and has everybody look.
    fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.app.bus.publish(Signal::Jobs("deliver_webhook"));
    }

    async fn deliveries(&self, webhook: WebhookId, state: Option<DeliveryState>) -> Vec<Delivery> {
        let part = Part {
            state,
            before: None,
            limit: 1000,
        };
        webhooks::list_deliveries(&self.app, &self.caller, webhook, part)
            .await
            .expect("deliveries")
    }

    /// Waits until so many deliveries are in this state.
    pub(crate) async fn wait_for(&self, webhook: WebhookId, state: DeliveryState, count: usize) -> Vec<Delivery> {
        within(async {
            loop {
                let found = self.deliveries(webhook, Some(state)).await;
                if found.len() >= count {
                    return found;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    /// Waits until a delivery was tried so often and the try was stored.
    async fn wait_for_tries(&self, webhook: WebhookId, tries: u32) -> Delivery {
        within(async {
            loop {
                let found = self.deliveries(webhook, None).await;
                if let Some(delivery) = found.into_iter().find(|delivery| delivery.attempts >= tries) {
                    return delivery;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    /// The same for the delivery of one event, by its place in the log.
    async fn wait_for_tries_of(&self, webhook: WebhookId, seq: i64, tries: u32) -> Delivery {
        within(async {
            loop {
                let found = self.deliveries(webhook, None).await;
                let is_meant = |delivery: &Delivery| delivery.event_seq == seq && delivery.attempts >= tries;
                if let Some(delivery) = found.into_iter().find(is_meant) {
                    return delivery;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    async fn get(&self, webhook: WebhookId) -> Webhook {
        webhooks::get(&self.app, &self.caller, webhook).await.expect("found")
    }
}

fn signature(secret: &str, parts: &[&[u8]]) -> String {
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").expect("the prefix"))
        .expect("base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length");
    for part in parts {
        mac.update(part);
    }
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn events_reach_a_webhook_signed_and_under_their_own_ids() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let receiver = Receiver::new(Reply::Status(204)).await;
        let created = test.webhook(&receiver, &["message.*"], Envelope::Native).await;
        test.run_webhooks();
        let typing = Event::ChatTyping(Typing {
            account_id: AccountId::from(Uuid::from_u128(1)),
            chat_id: None,
            chat: "6280000000001@s.whatsapp.net".into(),
            from: "6280000000001@s.whatsapp.net".into(),
            activity: Activity::Typing,
        });
        test.emit(&test.caller, vec![typing, received(1, 1), received(2, 2)])
            .await;
        let told = receiver.wait_for(2).await;
        let logged = test.events().await;
        for told in &told {
            let seq = told.body["seq"].as_i64().expect("a place");
            let event = &logged[usize::try_from(seq).expect("positive") - 1];
            assert_eq!(serde_json::to_value(event).expect("JSON"), told.body);
            assert_eq!(told.path, "/");
            assert_eq!(told.header("content-type"), "application/json");
            assert_eq!(told.header("webhook-id"), event.id.to_string());
            let at = told.header("webhook-timestamp");
            let parts = [event.id.to_string(), ".".into(), at.into(), ".".into()].concat();
            assert_eq!(
                told.header("webhook-signature"),
                signature(
                    created.secret.as_deref().expect("shown"),
                    &[parts.as_bytes(), &told.bytes]
                )
            );
        }
        let done = test.wait_for(created.webhook.id, DeliveryState::Delivered, 2).await;
        let found = webhooks::get_delivery(&test.app, &test.caller, created.webhook.id, done[0].id)
            .await
            .expect("found");
        assert_eq!((found.attempts.len(), found.attempts[0].status), (1, Some(204)));
        assert_eq!((found.delivery.attempts, found.delivery.last_status), (1, Some(204)));
        assert!(
            test.deliveries(created.webhook.id, None).await.len() == 2,
            "typing was not asked for"
        );
        test.stop().await;
    }
}

#[tokio::test]
async fn a_failing_event_holds_back_its_chat_until_it_got_through() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let receiver = Receiver::new(Reply::Status(500)).await;
        let webhook = test.webhook(&receiver, &["*"], Envelope::Native).await.webhook.id;
        test.run_webhooks();
        test.emit(
            &test.caller,
            (1..=20).map(|number| received(number, number % 2)).collect(),
        )
        .await;
        receiver.wait_for(2).await;
        test.wait_for_tries(webhook, 1).await;
        receiver.reply(Reply::Status(200));
        within(async {
            while test
                .deliveries(webhook, None)
                .await
                .iter()
                .filter(|d| d.attempts > 0)
                .count()
                < 2
            {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(receiver.told().len(), 2, "only the first of each chat was tried");
        test.pass(Duration::from_secs(7));
        test.wait_for(webhook, DeliveryState::Delivered, 20).await;
        for chat in [0, 1] {
            let chat = ChatId::from(Uuid::from_u128(chat)).to_string();
            let mut places: Vec<i64> = receiver.told()[2..]
                .iter()
                .filter(|told| told.body["data"]["chat_id"] == chat)
                .map(|told| told.body["seq"].as_i64().expect("a place"))
                .collect();
            assert_eq!(places.len(), 10);
            assert!(places.is_sorted(), "{places:?}");
            places.dedup();
            assert_eq!(places.len(), 10);
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn retries_follow_the_table_and_what_alone_is_refused_for_an_hour_lets_later_events_pass() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let receiver = Receiver::new(Reply::Refuses(id_of(1))).await;
        let webhook = test.webhook(&receiver, &["*"], Envelope::Native).await.webhook.id;
        test.run_webhooks();
        test.emit(&test.caller, vec![received(1, 1)]).await;
        let first = test.wait_for_tries(webhook, 1).await;
        test.emit(&test.caller, vec![received(2, 1)]).await;
        let mut next = first.next_attempt_at.expect("another try");
        let others = |number| vec![received(number, 2)];
        for (tries, wait) in [(2, 30), (3, 120), (4, 300), (5, 900), (6, 1800)] {
            assert!(next > test.clock.now());
            test.emit(&test.caller, others(100 + u128::from(tries))).await;
            test.wait_for(webhook, DeliveryState::Delivered, tries as usize - 1)
                .await;
            test.pass(next.since(test.clock.now()));
            let tried = test.wait_for_tries(webhook, tries).await;
            let waits = tried.next_attempt_at.expect("another try").since(test.clock.now());
            assert!(waits >= Duration::from_secs(wait) && waits <= Duration::from_secs(wait * 6 / 5));
            next = tried.next_attempt_at.expect("another try");
        }
        let told_of = |number| {
            receiver
                .told()
                .iter()
                .filter(|told| told.body["data"]["id"] == id_of(number))
                .count()
        };
        assert_eq!((told_of(1), told_of(2)), (6, 0), "the second event waits");
        // Others arrive, so the receiver does not want this one: the later ones of its chat go on.
        test.emit(&test.caller, others(200)).await;
        test.wait_for(webhook, DeliveryState::Delivered, 6).await;
        test.pass(next.since(test.clock.now()));
        test.wait_for(webhook, DeliveryState::Delivered, 7).await;
        assert_eq!((told_of(1), told_of(2)), (7, 1));
        receiver.reply(Reply::Status(200));
        test.pass(Duration::from_hours(2));
        test.wait_for(webhook, DeliveryState::Delivered, 8).await;
        assert_eq!(told_of(1), 8);
        test.stop().await;
    }
}

#[tokio::test]
async fn the_order_of_a_chat_survives_an_outage_of_the_receiver_and_everything_comes_when_it_is_back() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let receiver = Receiver::new(Reply::Status(503)).await;
        let webhook = test.webhook(&receiver, &["*"], Envelope::Native).await.webhook.id;
        test.run_webhooks();
        test.emit(
            &test.caller,
            (1..=6).map(|number| received(number, number % 2)).collect(),
        )
        .await;
        // More than 15 hours: nine tries of the first event of each chat, and none of a later one.
        let mut tried = [0; 2];
        for tries in 1..=9 {
            let mut next = None;
            for (chat, count) in tried.iter_mut().enumerate() {
                let first = test.wait_for_tries_of(webhook, 1 + chat as i64, tries).await;
                next = next.max(first.next_attempt_at);
                *count = first.attempts;
            }
            test.pass(next.expect("another try").since(test.clock.now()));
        }
        test.wait_for_tries_of(webhook, 1, 10).await;
        test.wait_for_tries_of(webhook, 2, 10).await;
        assert_eq!(receiver.told().len(), 20, "the later ones wait");

        // Something else is taken: hours before their next try, so do all others arrive, although one more fails.
        receiver.reply(Reply::Refuses(id_of(3)));
        let before = receiver.told().len();
        test.emit(&test.caller, vec![received(7, 7)]).await;
        test.wait_for(webhook, DeliveryState::Delivered, 5).await;
        test.wait_for_tries_of(webhook, 3, 1).await;
        receiver.reply(Reply::Status(200));
        test.pass(Duration::from_secs(7));
        test.wait_for(webhook, DeliveryState::Delivered, 7).await;
        for chat in [0, 1] {
            let chat = ChatId::from(Uuid::from_u128(chat)).to_string();
            let told = receiver.told()[before..].to_vec();
            let of_chat = told.iter().filter(|told| told.body["data"]["chat_id"] == chat);
            let mut places: Vec<_> = of_chat
                .map(|told| told.body["seq"].as_i64().expect("a place"))
                .collect();
            assert!(places.is_sorted(), "{places:?}");
            places.dedup();
            assert_eq!(places.len(), 3);
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn what_is_never_taken_lets_later_events_pass_also_where_little_else_happens() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let receiver = Receiver::new(Reply::Refuses(id_of(1))).await;
        let webhook = test.webhook(&receiver, &["*"], Envelope::Native).await.webhook.id;
        test.run_webhooks();
        test.emit(&test.caller, vec![received(1, 1)]).await;
        test.wait_for_tries_of(webhook, 1, 1).await;
        test.emit(&test.caller, vec![received(2, 1)]).await;
        // One other event every 40 minutes looks as if the receiver came back from an outage, each time.
        for round in 0..4 {
            test.pass(Duration::from_mins(40));
            test.wait_for_tries_of(webhook, 1, 2 + 2 * round).await;
            test.emit(&test.caller, vec![received(100 + u128::from(round), 2)])
                .await;
            test.wait_for_tries_of(webhook, 1, 3 + 2 * round).await;
        }
        let delivered = test.wait_for(webhook, DeliveryState::Delivered, 5).await;
        assert!(delivered.iter().any(|delivery| delivery.event_seq == 2));
        test.stop().await;
    }
}

#[tokio::test]
async fn what_was_under_way_when_the_process_died_is_delivered_under_the_same_id() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let receiver = Receiver::new(Reply::Never).await;
        let webhook = test.webhook(&receiver, &["*"], Envelope::Native).await.webhook.id;
        test.run_webhooks();
        test.emit(&test.caller, vec![received(1, 1), received(2, 1)]).await;
        let first = receiver.wait_for(1).await;
        // Dies: no chance to store anything.
        test.app.lifecycle.hard().cancel();
        let (clock, organization) = (test.clock.clone(), test.caller.organization_id);
        test.stop().await;
        clock.advance_millis(1);
        receiver.reply(Reply::Status(200));
        let test = TestApp::start(&database, clock, organization).await;
        test.run_webhooks();
        let told = receiver.wait_for(3).await;
        assert_eq!(told[1].header("webhook-id"), first[0].header("webhook-id"));
        assert_eq!(told[1].bytes, first[0].bytes);
        assert_eq!(told[2].body["data"]["id"], id_of(2));
        test.wait_for(webhook, DeliveryState::Delivered, 2).await;
        test.stop().await;
    }
}

#[tokio::test]
async fn an_endpoint_that_is_gone_or_fails_for_days_is_switched_off() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let receiver = Receiver::new(Reply::Status(410)).await;
        let webhook = test.webhook(&receiver, &["*"], Envelope::Native).await.webhook.id;
        test.run_webhooks();
        test.emit(&test.caller, (1..=5).map(|number| received(number, 1)).collect())
            .await;
        test.wait_for(webhook, DeliveryState::Cancelled, 4).await;
        assert_eq!(test.deliveries(webhook, Some(DeliveryState::Failed)).await.len(), 1);
        let gone = test.get(webhook).await;
        assert!(!gone.enabled && gone.disabled_reason.expect("a reason").contains("410"));
        test.emit(&test.caller, vec![received(6, 1)]).await;
        assert_eq!(
            test.deliveries(webhook, None).await.len(),
            5,
            "nothing more is addressed to it"
        );

        receiver.reply(Reply::Status(500));
        let failing = test.webhook(&receiver, &["*"], Envelope::Native).await.webhook.id;
        test.emit(&test.caller, vec![received(7, 1)]).await;
        test.wait_for_tries(failing, 1).await;
        test.pass(Duration::from_secs(5 * 24 * 3600));
        within(async {
            while test.get(failing).await.enabled {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let reason = test.get(failing).await.disabled_reason.expect("a reason");
        assert!(reason.contains("five days"), "{reason}");
        test.wait_for(failing, DeliveryState::Cancelled, 0).await;
        test.stop().await;
    }
}

#[tokio::test]
async fn an_endpoint_that_asks_for_time_gets_it() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let receiver = Receiver::new(Reply::RetryAfter(503, "120".into())).await;
        let webhook = test.webhook(&receiver, &["*"], Envelope::Native).await.webhook.id;
        test.run_webhooks();
        test.emit(&test.caller, vec![received(1, 1)]).await;
        let delivery = test.wait_for_tries(webhook, 1).await;
        let next = delivery.next_attempt_at.expect("another try");
        assert_eq!(next, test.clock.now().plus(Duration::from_secs(120)));
        assert_eq!(delivery.last_error.as_deref(), Some("answered 503"));
        receiver.reply(Reply::Status(200));
        test.pass(Duration::from_secs(120));
        test.wait_for(webhook, DeliveryState::Delivered, 1).await;
        test.stop().await;
    }
}

#[tokio::test]
async fn switched_off_nothing_is_sent_and_a_replay_brings_it_all_in_order() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let receiver = Receiver::new(Reply::Status(200)).await;
        let webhook = test
            .webhook(&receiver, &["message.*"], Envelope::Native)
            .await
            .webhook
            .id;
        test.emit(&test.caller, (1..=3).map(|number| received(number, 1)).collect())
            .await;
        let switch = |enabled| Changes {
            enabled: Some(enabled),
            ..Changes::default()
        };
        webhooks::update(&test.app, &test.caller, webhook, switch(false))
            .await
            .expect("off");
        assert_eq!(test.deliveries(webhook, Some(DeliveryState::Cancelled)).await.len(), 3);
        test.run_webhooks();
        let since = test.clock.now().plus(Duration::from_millis(1));
        test.clock.advance_millis(1);
        test.emit(&test.caller, (4..=6).map(|number| received(number, 1)).collect())
            .await;
        let refused = webhooks::replay(&test.app, &test.caller, webhook, From::AfterSeq(0)).await;
        assert!(matches!(
            refused,
            Err(Error::Conflict {
                code: "webhook_disabled",
                ..
            })
        ));
        let on = webhooks::update(&test.app, &test.caller, webhook, switch(true))
            .await
            .expect("on");
        assert!(on.enabled && on.disabled_reason.is_none());
        assert!(receiver.told().is_empty());

        let replayed = webhooks::replay(&test.app, &test.caller, webhook, From::AfterSeq(0))
            .await
            .expect("replayed");
        assert_eq!(
            (replayed.deliveries, replayed.last_seq, replayed.is_complete),
            (6, 6, true)
        );
        assert_eq!((replayed.first_seq, replayed.has_gap), (1, false));
        let told = receiver.wait_for(6).await;
        let ids: Vec<String> = test.events().await.iter().map(|event| event.id.to_string()).collect();
        let heard: Vec<&str> = told.iter().map(|told| told.header("webhook-id")).collect();
        assert_eq!(heard, ids);
        let replayed = webhooks::replay(&test.app, &test.caller, webhook, From::Since(since))
            .await
            .expect("replayed");
        assert_eq!(replayed.deliveries, 3);
        let told = receiver.wait_for(9).await;
        assert_eq!(told[6].body["data"]["id"], id_of(4));
        test.stop().await;
    }
}

#[tokio::test]
async fn a_delivery_can_be_tried_again_and_a_webhook_tested() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let receiver = Receiver::new(Reply::Status(500)).await;
        let other = Receiver::new(Reply::Status(200)).await;
        let webhook = test
            .webhook(&receiver, &["message.*"], Envelope::Native)
            .await
            .webhook
            .id;
        let second = test.webhook(&other, &["*"], Envelope::Native).await.webhook.id;
        test.run_webhooks();
        test.emit(&test.caller, vec![received(1, 1)]).await;
        let delivery = test.wait_for_tries(webhook, 1).await;
        receiver.reply(Reply::Status(200));
        for tries in 2..=3 {
            // The first time it waits for its retry, the second time it was delivered.
            webhooks::redeliver(&test.app, &test.caller, webhook, delivery.id)
                .await
                .expect("asked for");
            test.wait_for_tries(webhook, tries).await;
            test.wait_for(webhook, DeliveryState::Delivered, 1).await;
        }
        let told = receiver.told();
        assert!(
            told.iter()
                .all(|told| told.header("webhook-id") == delivery.event_id.to_string())
        );
        let found = webhooks::get_delivery(&test.app, &test.caller, webhook, delivery.id)
            .await
            .expect("found");
        let statuses: Vec<_> = found.attempts.iter().map(|attempt| attempt.status).collect();
        assert_eq!(statuses, [Some(500), Some(200), Some(200)]);
        let wrong = webhooks::redeliver(&test.app, &test.caller, second, delivery.id).await;
        assert!(matches!(wrong, Err(Error::NotFound { what: "delivery" })));

        webhooks::test(&test.app, &test.caller, webhook)
            .await
            .expect("asked for");
        let told = receiver.wait_for(4).await;
        assert_eq!(told[3].body["type"], "webhook.test");
        assert_eq!(told[3].body["data"]["id"], webhook.to_string());
        test.wait_for(second, DeliveryState::Delivered, 1).await;
        assert_eq!(
            test.deliveries(second, None).await.len(),
            1,
            "the test was not its business"
        );
        test.stop().await;
    }
}

#[tokio::test]
async fn while_a_secret_changes_both_are_used() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let receiver = Receiver::new(Reply::Status(200)).await;
        let created = test.webhook(&receiver, &["*"], Envelope::Native).await;
        test.run_webhooks();
        let new = webhooks::rotate_secret(&test.app, &test.caller, created.webhook.id)
            .await
            .expect("rotated");
        let old = created.secret.expect("shown");
        assert_ne!(new, old);
        let signed = |told: &crate::receiver::Told, secret: &str| {
            let head = format!("{}.{}.", told.header("webhook-id"), told.header("webhook-timestamp"));
            signature(secret, &[head.as_bytes(), &told.bytes])
        };
        test.emit(&test.caller, vec![received(1, 1)]).await;
        let told = receiver.wait_for(1).await;
        assert_eq!(
            told[0].header("webhook-signature"),
            format!("{} {}", signed(&told[0], &new), signed(&told[0], &old))
        );
        test.clock.advance(Duration::from_secs(24 * 3600));
        test.emit(&test.caller, vec![received(2, 1)]).await;
        let told = receiver.wait_for(2).await;
        assert_eq!(told[1].header("webhook-signature"), signed(&told[1], &new));
        test.stop().await;
    }
}

#[tokio::test]
async fn the_simple_envelope_is_short_and_signed_as_a_whole() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let receiver = Receiver::new(Reply::Status(200)).await;
        let created = test.webhook(&receiver, &["*"], Envelope::Simple).await;
        test.run_webhooks();
        let contact = Event::ContactCreated(Contact {
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
            created_at: test.clock.now(),
        });
        test.emit(&test.caller, vec![contact, received(1, 1)]).await;
        let told = receiver.wait_for(1).await;
        assert_eq!(told[0].body["event"], "message.received");
        assert_eq!(told[0].body["data"]["message"], "halo");
        let mut mac = Hmac::<Sha256>::new_from_slice(created.secret.expect("shown").as_bytes()).expect("any length");
        mac.update(&told[0].bytes);
        let expected = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        assert_eq!(told[0].header("x-pesan-signature"), expected);
        let event = &test.events().await[1];
        assert_eq!(told[0].header("x-pesan-event-id"), event.id.to_string());
        test.wait_for(created.webhook.id, DeliveryState::Delivered, 1).await;
        assert_eq!(test.deliveries(created.webhook.id, None).await.len(), 1);
        test.stop().await;
    }
}

#[tokio::test]
async fn webhooks_that_cannot_be_right_are_refused_field_by_field() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let new = NewWebhook {
            url: "ftp://user@example.com/".into(),
            events: vec!["*".into(), "message.gone".into()],
            accounts: vec![],
            envelope: Envelope::Native,
        };
        let Err(Error::Invalid(errors)) = webhooks::create(&test.app, &test.caller, new.clone(), None).await else {
            panic!("it was not refused");
        };
        let pointers: Vec<&str> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/url", "/events/1"]);
        let metadata = NewWebhook {
            url: "http://169.254.169.254/".into(),
            events: vec![],
            ..new.clone()
        };
        let Err(Error::Invalid(errors)) = webhooks::create(&test.app, &test.caller, metadata, None).await else {
            panic!("it was not refused");
        };
        assert_eq!(errors.len(), 2);
        let good = NewWebhook {
            url: "https://example.com/".into(),
            events: vec!["*".into(), "*".into()],
            ..new
        };
        let foreign = NewWebhook {
            accounts: vec![AccountId::from(Uuid::from_u128(5))],
            ..good.clone()
        };
        let Err(Error::Invalid(errors)) = webhooks::create(&test.app, &test.caller, foreign, None).await else {
            panic!("it was not refused");
        };
        assert_eq!(errors[0].pointer, "/accounts/0");
        for _ in 0..webhooks::MAX_WEBHOOKS {
            let created = webhooks::create(&test.app, &test.caller, good.clone(), None)
                .await
                .expect("made");
            assert_eq!(created.webhook.events, ["*"]);
        }
        let refused = webhooks::create(&test.app, &test.caller, good, None).await;
        assert!(matches!(
            refused,
            Err(Error::Conflict {
                code: "too_many_webhooks",
                ..
            })
        ));
        test.stop().await;
    }
}

#[tokio::test]
async fn another_organizations_webhooks_do_not_exist() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let stranger = TestApp::new(&database).await.caller.clone();
        let receiver = Receiver::new(Reply::Status(200)).await;
        let webhook = test.webhook(&receiver, &["*"], Envelope::Native).await.webhook.id;
        test.run_webhooks();
        test.emit(&stranger, vec![received(1, 1)]).await;
        test.emit(&test.caller, vec![received(2, 1)]).await;
        test.wait_for(webhook, DeliveryState::Delivered, 1).await;
        let told = receiver.told();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].body["data"]["id"], id_of(2));
        let delivery = test.deliveries(webhook, None).await[0].id;
        let app = &test.app;
        let part = Part {
            state: None,
            before: None,
            limit: 10,
        };
        let missing = [
            webhooks::get(app, &stranger, webhook).await.map(drop),
            webhooks::update(app, &stranger, webhook, Changes::default())
                .await
                .map(drop),
            webhooks::delete(app, &stranger, webhook).await,
            webhooks::rotate_secret(app, &stranger, webhook).await.map(drop),
            webhooks::test(app, &stranger, webhook).await,
            webhooks::replay(app, &stranger, webhook, From::AfterSeq(0))
                .await
                .map(drop),
            webhooks::list_deliveries(app, &stranger, webhook, part).await.map(drop),
            webhooks::get_delivery(app, &stranger, webhook, delivery)
                .await
                .map(drop),
            webhooks::redeliver(app, &stranger, webhook, delivery).await,
        ];
        for (index, result) in missing.into_iter().enumerate() {
            assert!(matches!(result, Err(Error::NotFound { .. })), "{index}: {result:?}");
        }
        assert!(webhooks::list(app, &stranger).await.expect("listed").is_empty());
        webhooks::delete(app, &test.caller, webhook).await.expect("deleted");
        assert!(matches!(
            webhooks::get(app, &test.caller, webhook).await,
            Err(Error::NotFound { .. })
        ));
        test.stop().await;
    }
}

#[tokio::test]
async fn an_endpoint_that_hangs_does_not_hold_up_others() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let hanging = Receiver::new(Reply::Never).await;
        let healthy = Receiver::new(Reply::Status(200)).await;
        test.webhook(&hanging, &["*"], Envelope::Native).await;
        let webhook = test.webhook(&healthy, &["*"], Envelope::Native).await.webhook.id;
        test.run_webhooks();
        for round in 0..4 {
            let events = (1..=50).map(|number| received(round * 50 + number, number)).collect();
            test.emit(&test.caller, events).await;
        }
        // The receiver tells by itself; asking the database all the while would slow down what is waited for.
        healthy.wait_for(200).await;
        test.wait_for(webhook, DeliveryState::Delivered, 200).await;
        // On a slow machine its first tries are given up before the healthy one has everything. While their connections
        // close, the two that a failing webhook may have follow.
        assert!(hanging.most_waiting() <= 16 + 2, "it has no more under way than it may");
        assert!(
            healthy.connections.load(Ordering::SeqCst) <= 16,
            "connections are used again"
        );
        test.app.lifecycle.hard().cancel();
        test.stop().await;
    }
}

#[tokio::test]
async fn old_events_and_deliveries_are_forgotten() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let receiver = Receiver::new(Reply::Status(200)).await;
        let webhook = test.webhook(&receiver, &["*"], Envelope::Native).await.webhook.id;
        test.run_webhooks();
        test.emit(&test.caller, (1..=3).map(|number| received(number, 1)).collect())
            .await;
        test.wait_for(webhook, DeliveryState::Delivered, 3).await;
        assert_eq!(retention::sweep(&test.app).await.expect("swept"), 0);
        test.clock.advance(Duration::from_secs(30 * 24 * 3600 + 1));
        test.emit(&test.caller, vec![received(4, 1)]).await;
        test.wait_for(webhook, DeliveryState::Delivered, 4).await;
        assert_eq!(retention::sweep(&test.app).await.expect("swept"), 6);
        assert_eq!(test.events().await.len(), 1);
        assert_eq!(test.deliveries(webhook, None).await.len(), 1);

        // A replay says what it could not send any more, and where it began instead.
        let long_ago = test.clock.now().minus(Duration::from_hours(60 * 24));
        for (from, first_seq, has_gap, deliveries) in [
            (From::AfterSeq(0), 4, true, 1),
            (From::AfterSeq(2), 4, true, 1),
            (From::AfterSeq(3), 4, false, 1),
            (From::AfterSeq(4), 5, false, 0),
            (From::Since(long_ago), 4, true, 1),
        ] {
            let replayed = webhooks::replay(&test.app, &test.caller, webhook, from)
                .await
                .expect("replayed");
            assert_eq!(
                (replayed.first_seq, replayed.has_gap, replayed.deliveries),
                (first_seq, has_gap, deliveries),
                "{}: {from:?}",
                database.kind
            );
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn without_a_limit_every_event_is_kept_and_only_deliveries_are_forgotten() {
    for database in testing::both().await {
        let first = TestApp::new(&database).await;
        let (clock, organization) = (first.clock.clone(), first.caller.organization_id);
        first.stop().await;
        let test = TestApp::start_with(&database, clock, organization, |settings| {
            settings.event_retention = None;
        })
        .await;
        let receiver = Receiver::new(Reply::Status(200)).await;
        let webhook = test.webhook(&receiver, &["*"], Envelope::Native).await.webhook.id;
        test.run_webhooks();
        test.emit(&test.caller, (1..=3).map(|number| received(number, 1)).collect())
            .await;
        test.wait_for(webhook, DeliveryState::Delivered, 3).await;
        test.clock.advance(Duration::from_hours(10 * 366 * 24));
        assert_eq!(
            retention::sweep(&test.app).await.expect("swept"),
            3,
            "{}",
            database.kind
        );
        assert_eq!(test.deliveries(webhook, None).await.len(), 0);
        assert_eq!(test.events().await.len(), 3);
        let replayed = webhooks::replay(&test.app, &test.caller, webhook, From::AfterSeq(0))
            .await
            .expect("replayed");
        assert_eq!(
            (replayed.deliveries, replayed.first_seq, replayed.has_gap),
            (3, 1, false)
        );
        test.wait_for(webhook, DeliveryState::Delivered, 3).await;
        test.stop().await;
    }
}

#[tokio::test]
async fn a_change_does_not_undo_a_switch_off_that_comes_at_the_same_moment() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let receiver = Receiver::new(Reply::Status(200)).await;
        let organization = test.caller.organization_id;
        for round in 0..20 {
            let webhook = test.webhook(&receiver, &["*"], Envelope::Native).await.webhook.id;
            let change = Changes {
                url: Some(format!("{}{round}", receiver.url)),
                ..Changes::default()
            };
            let switch_off = test.app.store.write(move |tx| {
                Box::pin(async move { pesan_store::webhook::disable(tx, organization, webhook, "it is gone").await })
            });
            let (changed, disabled) =
                tokio::join!(webhooks::update(&test.app, &test.caller, webhook, change), switch_off);
            changed.expect("changed");
            disabled.expect("switched off");
            let after = test.get(webhook).await;
            assert!(!after.enabled, "{}: round {round}", database.kind);
            assert_eq!(after.disabled_reason.as_deref(), Some("it is gone"));
            assert!(after.url.ends_with(&format!("/{round}")), "{}", after.url);
            webhooks::delete(&test.app, &test.caller, webhook)
                .await
                .expect("deleted");
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn a_slow_start_of_the_worker_loses_nothing() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let receiver = Receiver::new(Reply::Status(200)).await;
        test.webhook(&receiver, &["*"], Envelope::Native).await;
        test.emit(&test.caller, vec![received(1, 1), received(2, 2)]).await;
        assert!(receiver.told().is_empty());
        test.run_webhooks();
        receiver.wait_for(2).await;
        test.stop().await;
    }
}
