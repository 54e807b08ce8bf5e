//! What goes wrong when the account's device logs in.

use std::time::Duration;

use axum::http::Method;
use serde_json::Value;
use wanet::{FaultKind, Moment};

use super::world::{SARI, TOKO, World, of_toko, on_both};
use crate::product::Pace;

const LOST: &str = "reconnecting connection_lost";
const CONNECTED: &str = "connected";

/// Breaks the connection; the next log-in is refused.
async fn refuse(world: &World, code: u16) {
    world.disturb(&of_toko(FaultKind::RefuseLogin { code })).await;
    let cut = FaultKind::Cut { moment: Moment::Before };
    world.disturb(&of_toko(cut)).await;
}

/// Checks that a message that waited has left, once.
async fn leaves(world: &mut World, id: &str) {
    world.message_event("message.sent", id).await;
    assert_eq!(world.shown_once(SARI, id).await, 1);
    assert_eq!(world.told_of(id).await, ["queued", "sent"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_refusal_that_passes_is_tried_again() {
    on_both(Pace::AsShipped, async |world| {
        let mut steps = Vec::new();
        for (code, reason) in [(503, "reconnecting refused_503"), (499, "reconnecting refused_499")] {
            refuse(world, code).await;
            steps.extend([LOST, reason, CONNECTED]);
            world.goes_through(&steps).await;
        }
        let id = world.send(SARI, "Halo").await;
        leaves(world, &id).await;
        assert_eq!(world.network.stats().refused_logins, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_log_out_keeps_what_was_to_be_sent_until_the_account_is_linked_again() {
    on_both(Pace::AsShipped, async |world| {
        refuse(world, 401).await;
        let mut steps = vec![LOST, "logged_out logged_out_401"];
        world.goes_through(&steps).await;
        let first = world.send_offline(SARI, "Satu").await;
        steps.extend(["starting connect_requested", "need_scan", "syncing", CONNECTED]);
        world.connect().await;
        world.scan(TOKO).await;
        world.goes_through(&steps).await;
        leaves(world, &first).await;

        // The same when the phone unlinks the device while it is connected.
        let devices = format!("/admin/phones/{TOKO}/devices");
        let linked = world.admin(Method::GET, &devices, &Value::Null).await;
        let linked = linked.as_array().expect("a list").last().expect("a device")["device"].clone();
        world
            .admin(Method::DELETE, &format!("{devices}/{linked}"), &Value::Null)
            .await;
        steps.push("logged_out logged_out_401");
        world.goes_through(&steps).await;
        let second = world.send_offline(SARI, "Dua").await;
        steps.extend(["starting connect_requested", "need_scan", "syncing", CONNECTED]);
        world.connect().await;
        world.scan(TOKO).await;
        world.goes_through(&steps).await;
        leaves(world, &second).await;
        assert_eq!(world.texts(SARI), ["Satu", "Dua"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_ban_stops_the_account_until_a_person_connects_it_and_needs_no_new_link() {
    on_both(Pace::AsShipped, async |world| {
        let mut steps = Vec::new();
        let mut waiting = Vec::new();
        for (code, reason) in [(403, "banned refused_403"), (406, "banned refused_406")] {
            refuse(world, code).await;
            steps.extend([LOST, reason]);
            world.goes_through(&steps).await;
            let advice = world.account().await["advice"].clone();
            assert!(advice.as_str().is_some_and(|text| text.contains("Appeal")), "{advice}");
            waiting.push(world.send_offline(SARI, &code.to_string()).await);
            world.connect().await;
            steps.extend(["starting connect_requested", CONNECTED]);
            world.goes_through(&steps).await;
        }
        for id in waiting {
            leaves(world, &id).await;
        }
        assert_eq!(world.texts(SARI), ["403", "406"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_ban_for_a_while_is_waited_out() {
    on_both(Pace::AsShipped, async |world| {
        let ban = FaultKind::TemporaryBan {
            code: 101,
            seconds: 7_200,
        };
        world.disturb(&of_toko(ban)).await;
        let cut = FaultKind::Cut { moment: Moment::Before };
        world.disturb(&of_toko(cut)).await;
        let banned = "restricted temporary_ban_101";
        world.goes_through(&[LOST, banned]).await;
        let account = world.account().await;
        assert_eq!(
            account["reason"]["detail"],
            "WhatsApp limits this number for 120 minutes. It wrote to too many people who do not have it among their \
             contacts."
        );
        let id = world.send_offline(SARI, "Halo").await;
        // Asking for it earlier changes nothing: it would make the ban longer.
        world.connect().await;
        assert_eq!(world.account().await, account_with_queued(&account));
        // As long as was said, whatever failed before.
        world
            .timer
            .finish(Duration::from_mins(119)..=Duration::from_hours(2))
            .await;
        world.goes_through(&[LOST, banned, CONNECTED]).await;
        leaves(world, &id).await;
    })
    .await;
}

/// The same account with one message that waits.
fn account_with_queued(account: &Value) -> Value {
    let mut account = account.clone();
    account["queued"] = 1.into();
    account
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_version_that_is_too_old_is_tried_again_after_a_long_wait() {
    on_both(Pace::AsShipped, async |world| {
        refuse(world, 405).await;
        let outdated = "reconnecting client_outdated";
        world.goes_through(&[LOST, outdated]).await;
        let reason = world.account().await["reason"]["detail"].clone();
        assert!(reason.as_str().is_some_and(|text| text.contains("update")), "{reason}");
        let id = world.send_offline(SARI, "Halo").await;
        world
            .timer
            .finish(Duration::from_mins(30)..=Duration::from_mins(60))
            .await;
        world.goes_through(&[LOST, outdated, CONNECTED]).await;
        leaves(world, &id).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_refused_resumption_is_not_seen_by_anybody() {
    on_both(Pace::AsShipped, async |world| {
        let mut resumption = of_toko(FaultKind::RefuseResumption);
        // Nobody is known yet at that point.
        (resumption.phone, resumption.device) = (None, None);
        world.disturb(&resumption).await;
        let cut = FaultKind::Cut { moment: Moment::Before };
        world.disturb(&of_toko(cut)).await;
        world.goes_through(&[LOST, CONNECTED]).await;
        assert_eq!(world.network.stats().handshakes_xxfallback, 1);
        let id = world.send(SARI, "Halo").await;
        leaves(world, &id).await;
    })
    .await;
}
