//! What goes wrong with a connection.

use std::time::Duration;

use tokio::time::Instant;
use wanet::{FaultKind, Moment};

use super::world::{SARI, TOKO, of_toko, on_both, to};
use crate::product::Pace;

const LOST: &str = "reconnecting connection_lost";
const CONNECTED: &str = "connected";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_broken_connection_comes_back_and_nothing_is_lost() {
    on_both(Pace::AsShipped, async |world| {
        let cut = FaultKind::Cut { moment: Moment::Before };
        assert_eq!(world.disturb(&of_toko(cut)).await["happened"], 1);
        let mut wa_ids = Vec::new();
        for text in ["Satu", "Dua", "Tiga"] {
            wa_ids.push(world.network.phone_send_text(SARI, TOKO, text).expect("sent"));
        }
        let out = world.send(SARI, "Empat").await;
        world.goes_through(&[LOST, CONNECTED]).await;
        world.message_event("message.sent", &out).await;
        world.shown_once(SARI, &out).await;
        let last = world.received(&wa_ids[2]).await;
        let chat = last["chat_id"].as_str().expect("a chat");
        let page = world.get(&format!("/v1/chats/{chat}/messages")).await;
        let messages = page["data"].as_array().expect("a list").iter().rev();
        let came: Vec<_> = messages.filter(|message| message["direction"] == "in").collect();
        let came: Vec<_> = came
            .iter()
            .map(|message| message["wa_id"].as_str().expect("an id"))
            .collect();
        assert_eq!(came, wa_ids);
        let account = world.account().await;
        assert_eq!(
            (&account["state"], &account["reason"]),
            (&"connected".into(), &serde_json::Value::Null)
        );
    })
    .await;
}

/// What breaks the connection around a message, and how often the message arrives at the server in all.
const AROUND: [(Moment, u64); 2] = [(Moment::Before, 1), (Moment::After, 2)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_connection_that_breaks_around_a_message_sends_it_once() {
    on_both(Pace::Quick, async |world| {
        for (moment, arrivals) in AROUND {
            world.disturb(&to(SARI, FaultKind::Cut { moment })).await;
            let id = world.send(SARI, "Halo").await;
            world.message_event("message.sent", &id).await;
            assert_eq!(world.shown_once(SARI, &id).await, arrivals, "{moment:?}");
            assert_eq!(world.told_of(&id).await, ["queued", "sent"]);
        }
        world.goes_through(&[LOST, CONNECTED, LOST, CONNECTED]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_mute_connection_is_noticed_and_mended_in_the_stated_time() {
    let shipped = Pace::AsShipped.patience();
    assert_eq!(
        shipped.quiet + shipped.ping,
        Duration::from_secs(35),
        "as docs/operating.md says"
    );
    on_both(Pace::Quick, async |world| {
        let before = world.network.stats().logins;
        let mute_since = Instant::now();
        world
            .disturb(&of_toko(FaultKind::HalfOpen { moment: Moment::Before }))
            .await;
        let wa_id = world.network.phone_send_text(SARI, TOKO, "Ada orang?").expect("sent");
        world.goes_through(&["reconnecting no_reception", CONNECTED]).await;
        let patience = Pace::Quick.patience();
        // A second to come back, and some for a busy machine.
        let stated = patience.quiet + patience.ping + Duration::from_secs(10);
        assert!(mute_since.elapsed() < stated, "it took {:?}", mute_since.elapsed());
        let message = world.received(&wa_id).await;
        assert_eq!(
            world.told_of(message["id"].as_str().expect("an id")).await,
            ["received"]
        );
        assert_eq!(world.network.stats().logins, before + 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_connection_that_falls_mute_around_a_message_sends_it_once() {
    on_both(Pace::Quick, async |world| {
        for (moment, arrivals) in AROUND {
            world.disturb(&to(SARI, FaultKind::HalfOpen { moment })).await;
            let id = world.send(SARI, "Halo").await;
            world.message_event("message.sent", &id).await;
            assert_eq!(world.shown_once(SARI, &id).await, arrivals, "{moment:?}");
            assert_eq!(world.told_of(&id).await, ["queued", "sent"]);
        }
        let mute = "reconnecting no_reception";
        world.goes_through(&[mute, CONNECTED, mute, CONNECTED]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_stream_that_ends_with_a_code_is_opened_again() {
    on_both(Pace::AsShipped, async |world| {
        let mut steps = Vec::new();
        for (code, reason) in [
            (515, "reconnecting stream_error_515"),
            (503, "reconnecting refused_503"),
            (599, "reconnecting refused_599"),
        ] {
            world.disturb(&of_toko(FaultKind::StreamError { code })).await;
            steps.extend([reason, CONNECTED]);
            world.goes_through(&steps).await;
            let id = world.send(SARI, "Halo").await;
            world.message_event("message.sent", &id).await;
            assert_eq!(world.shown_once(SARI, &id).await, 1);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_new_start_around_a_message_sends_it_once() {
    on_both(Pace::Quick, async |world| {
        world.disturb(&to(SARI, FaultKind::StreamError { code: 515 })).await;
        let id = world.send(SARI, "Halo").await;
        world.message_event("message.sent", &id).await;
        assert_eq!(world.shown_once(SARI, &id).await, 2);
        world.goes_through(&["reconnecting stream_error_515", CONNECTED]).await;
    })
    .await;
}

const REPLACED: &str = "reconnecting stream_replaced";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn an_account_that_was_replaced_waits_before_it_comes_back() {
    on_both(Pace::AsShipped, async |world| {
        let logins = world.network.stats().logins;
        world.disturb(&of_toko(FaultKind::ConflictReplaced)).await;
        world.goes_through(&[REPLACED]).await;
        let reason = world.account().await["reason"]["detail"].clone();
        assert!(
            reason.as_str().is_some_and(|text| text.contains("must be stopped")),
            "{reason}"
        );
        let id = world.send_offline(SARI, "Halo").await;
        assert_eq!(
            world.network.stats().logins,
            logins,
            "fighting it would disconnect both for ever"
        );
        world
            .timer
            .finish(Duration::from_secs(150)..=Duration::from_secs(300))
            .await;
        world.goes_through(&[REPLACED, CONNECTED]).await;
        world.message_event("message.sent", &id).await;
        assert_eq!(world.shown_once(SARI, &id).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn an_account_that_was_replaced_comes_back_when_a_person_connects_it() {
    on_both(Pace::AsShipped, async |world| {
        world.disturb(&of_toko(FaultKind::ConflictReplaced)).await;
        world.goes_through(&[REPLACED]).await;
        world.connect().await;
        world
            .goes_through(&[REPLACED, "starting connect_requested", CONNECTED])
            .await;
        let id = world.send(SARI, "Halo").await;
        world.message_event("message.sent", &id).await;
        assert_eq!(world.shown_once(SARI, &id).await, 1);
    })
    .await;
}
