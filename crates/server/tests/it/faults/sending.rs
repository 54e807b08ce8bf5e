//! What goes wrong with a message on its way out.

use axum::http::Method;
use serde_json::{Value, json};
use wanet::{FaultKind, NewFault};

use super::world::{BUDI, SARI, on_both, to};
use crate::product::Pace;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_message_without_an_answer_is_sent_again_and_shown_once() {
    on_both(Pace::Quick, async |world| {
        world.disturb(&to(SARI, FaultKind::DropAck)).await;
        let id = world.send(SARI, "Halo").await;
        let sent = world.message_event("message.sent", &id).await;
        assert_eq!((&sent["status"], &sent["attempts"]), (&json!("sent"), &json!(2)));
        assert!(sent["error"].is_null(), "{sent}");
        assert_eq!(world.shown_once(SARI, &id).await, 2);
        assert_eq!(world.told_of(&id).await, ["queued", "sent"]);
        world.goes_through(&[]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_receipt_proves_what_no_answer_said() {
    on_both(Pace::Quick, async |world| {
        world.disturb(&to(BUDI, FaultKind::DropAck)).await;
        let id = world.send(BUDI, "Halo").await;
        let next = world.send(BUDI, "Lagi").await;
        let delivered = world.message_event("message.delivered", &id).await;
        assert_eq!(
            (&delivered["status"], &delivered["attempts"]),
            (&json!("delivered"), &json!(1))
        );
        assert!(delivered["sent_at"].is_string());
        world.message_event("message.delivered", &next).await;
        assert_eq!(world.told_of(&id).await, ["queued", "sent", "delivered"]);
        assert_eq!(world.shown_once(BUDI, &id).await, 1);
        assert_eq!(world.texts(BUDI), ["Halo", "Lagi"]);
    })
    .await;
}

/// No answer to any message to Sari, until the faults are cleared.
fn no_answers() -> NewFault {
    NewFault {
        count: None,
        ..to(SARI, FaultKind::DropAck)
    }
}

fn assert_unconfirmed(failed: &Value) {
    assert_eq!((&failed["status"], &failed["attempts"]), (&json!("failed"), &json!(3)));
    assert_eq!(failed["error"]["code"], "unconfirmed");
    let detail = failed["error"]["detail"].as_str().expect("a sentence");
    assert!(detail.contains("may have arrived"), "{detail}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_message_that_is_never_confirmed_fails_and_a_person_decides() {
    on_both(Pace::Quick, async |world| {
        world.disturb(&no_answers()).await;
        let id = world.send(SARI, "Halo").await;
        let failed = world.message_event("message.failed", &id).await;
        assert_unconfirmed(&failed);
        assert_eq!(world.shown_once(SARI, &id).await, 3);
        world.admin(Method::DELETE, "/admin/faults", &Value::Null).await;
        let again = world.post(&format!("/v1/messages/{id}/retry"), &json!({})).await;
        assert_eq!(
            (&again["status"], &again["wa_id"]),
            (&json!("queued"), &failed["wa_id"])
        );
        let sent = world.message_event("message.sent", &id).await;
        assert!(sent["error"].is_null(), "{sent}");
        assert_eq!(world.shown_once(SARI, &id).await, 4);
        assert_eq!(world.told_of(&id).await, ["queued", "failed", "queued", "sent"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_late_receipt_heals_a_message_that_was_never_confirmed() {
    on_both(Pace::Quick, async |world| {
        world.disturb(&no_answers()).await;
        let id = world.send(SARI, "Halo").await;
        let failed = world.message_event("message.failed", &id).await;
        assert_unconfirmed(&failed);
        let read = json!({"ids": [failed["wa_id"]]});
        world
            .admin(Method::POST, &format!("/admin/phones/{SARI}/read"), &read)
            .await;
        let read = world.message_event("message.read", &id).await;
        assert_eq!(read["status"], "read");
        assert!(read["error"].is_null(), "{read}");
        assert_eq!(world.told_of(&id).await, ["queued", "failed", "sent", "read"]);
        world.shown_once(SARI, &id).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn an_answer_that_comes_late_changes_nothing_for_the_other_person() {
    on_both(Pace::Quick, async |world| {
        world.disturb(&to(SARI, FaultKind::DelayAck { ms: 300 })).await;
        let patient = world.send(SARI, "Halo").await;
        let sent = world.message_event("message.sent", &patient).await;
        assert_eq!(sent["attempts"], 1, "it was waited for");
        // Longer than is waited for, shorter than until the next try.
        let ms = u64::try_from(Pace::Quick.patience().ack.as_millis()).expect("short") + 500;
        world.disturb(&to(SARI, FaultKind::DelayAck { ms })).await;
        let late = world.send(SARI, "Lagi").await;
        world.message_event("message.sent", &late).await;
        for id in [&patient, &late] {
            world.shown_once(SARI, id).await;
            assert_eq!(world.told_of(id).await, ["queued", "sent"]);
        }
        assert_eq!(world.texts(SARI), ["Halo", "Lagi"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn an_answer_that_comes_twice_is_told_once() {
    on_both(Pace::AsShipped, async |world| {
        world.disturb(&to(SARI, FaultKind::DuplicateAck { copies: 2 })).await;
        let id = world.send(SARI, "Halo").await;
        world.message_event("message.sent", &id).await;
        // What comes after the copies is heard after them.
        let next = world.send(SARI, "Lagi").await;
        world.message_event("message.sent", &next).await;
        assert_eq!(world.told_of(&id).await, ["queued", "sent"]);
        assert_eq!(world.message(&id).await["attempts"], 1);
        assert_eq!(world.shown_once(SARI, &id).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_refused_message_fails_with_a_reason_and_holds_up_nothing() {
    on_both(Pace::AsShipped, async |world| {
        let mut sentences = Vec::new();
        for code in [400, 401, 404, 405, 413, 463, 479, 999] {
            world.disturb(&to(SARI, FaultKind::Nack { code, ms: 0 })).await;
            let id = world.send(SARI, "Halo").await;
            let next = world.send(SARI, "Lagi").await;
            let failed = world.message_event("message.failed", &id).await;
            assert_eq!(failed["error"]["code"], format!("rejected_{code}"));
            assert_eq!(failed["attempts"], 1, "{code}");
            sentences.push(failed["error"]["detail"].as_str().expect("a sentence").to_owned());
            world.message_event("message.sent", &next).await;
            world.never_shown(SARI, &id).await;
            assert_eq!(world.told_of(&id).await, ["queued", "failed"]);
            if code == 463 {
                // Sari wrote first, say, and a person tries again.
                world.post(&format!("/v1/messages/{id}/retry"), &json!({})).await;
                let sent = world.message_event("message.sent", &id).await;
                assert!(sent["error"].is_null(), "{sent}");
                world.shown_once(SARI, &id).await;
            }
        }
        let all = sentences.len();
        sentences.sort();
        sentences.dedup();
        assert_eq!(sentences.len(), all, "each says something else: {sentences:?}");
        assert!(sentences.iter().all(|sentence| sentence.ends_with('.')));
        world.goes_through(&[]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_refusal_that_passes_is_overcome() {
    on_both(Pace::Quick, async |world| {
        for code in [408, 500, 503] {
            world.disturb(&to(SARI, FaultKind::Nack { code, ms: 0 })).await;
            let id = world.send(SARI, "Halo").await;
            let sent = world.message_event("message.sent", &id).await;
            assert_eq!(sent["attempts"], 2, "{code}");
            assert_eq!(world.told_of(&id).await, ["queued", "sent"]);
            world.shown_once(SARI, &id).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_refusal_that_does_not_pass_fails_after_four_tries() {
    on_both(Pace::Quick, async |world| {
        let refused = to(SARI, FaultKind::Nack { code: 503, ms: 0 }).times(4);
        world.disturb(&refused).await;
        let id = world.send(SARI, "Halo").await;
        let failed = world.message_event("message.failed", &id).await;
        assert_eq!(
            (&failed["error"]["code"], &failed["attempts"]),
            (&json!("send_failed"), &json!(4))
        );
        let detail = failed["error"]["detail"].as_str().expect("a sentence");
        assert!(detail.contains("after 4 tries") && detail.contains("503"), "{detail}");
        world.never_shown(SARI, &id).await;
        let next = world.send(SARI, "Lagi").await;
        world.message_event("message.sent", &next).await;
    })
    .await;
}

/// A refusal that comes after nobody waits for it any more, and before the next try.
fn late_refusal(code: u16) -> FaultKind {
    let ms = u64::try_from(Pace::Quick.patience().ack.as_millis()).expect("short") + 500;
    FaultKind::Nack { code, ms }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_refusal_that_comes_late_fails_the_message_for_the_same_reason() {
    on_both(Pace::Quick, async |world| {
        world.disturb(&to(SARI, FaultKind::Nack { code: 463, ms: 0 })).await;
        let in_time = world.send(SARI, "Halo").await;
        let in_time = world.message_event("message.failed", &in_time).await;
        world.disturb(&to(SARI, late_refusal(463))).await;
        let id = world.send(SARI, "Halo").await;
        let next = world.send(SARI, "Lagi").await;
        let failed = world.message_event("message.failed", &id).await;
        assert_eq!(failed["error"], in_time["error"]);
        assert_eq!(failed["error"]["code"], "rejected_463");
        assert_eq!(failed["attempts"], 1);
        world.message_event("message.sent", &next).await;
        world.never_shown(SARI, &id).await;
        assert_eq!(world.told_of(&id).await, ["queued", "failed"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_refusal_that_comes_late_and_passes_is_overcome() {
    on_both(Pace::Quick, async |world| {
        world.disturb(&to(SARI, late_refusal(503))).await;
        let id = world.send(SARI, "Halo").await;
        let next = world.send(SARI, "Lagi").await;
        let sent = world.message_event("message.sent", &id).await;
        assert_eq!(sent["attempts"], 2);
        assert!(sent["error"].is_null(), "{sent}");
        world.message_event("message.sent", &next).await;
        assert_eq!(world.told_of(&id).await, ["queued", "sent"]);
        world.shown_once(SARI, &id).await;
        assert_eq!(world.texts(SARI), ["Halo", "Lagi"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_message_that_got_lost_is_sent_again_before_the_next_one() {
    on_both(Pace::Quick, async |world| {
        world.disturb(&to(SARI, FaultKind::DropStanza)).await;
        let lost = world.send(SARI, "Halo").await;
        let next = world.send(SARI, "Lagi").await;
        let sent = world.message_event("message.sent", &lost).await;
        assert_eq!(sent["attempts"], 2);
        world.message_event("message.sent", &next).await;
        assert_eq!(world.shown_once(SARI, &lost).await, 1);
        world.shown_once(SARI, &next).await;
        assert_eq!(world.texts(SARI), ["Halo", "Lagi"]);
        assert_eq!(world.told_of(&lost).await, ["queued", "sent"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_message_that_arrives_damaged_is_sent_again_and_shown_once() {
    on_both(Pace::AsShipped, async |world| {
        world
            .disturb(&NewFault::once(FaultKind::CorruptCiphertext).phone(BUDI))
            .await;
        let id = world.send(BUDI, "Halo").await;
        let delivered = world.message_event("message.delivered", &id).await;
        assert_eq!(
            delivered["attempts"], 1,
            "the answer came; only the other phone asked again"
        );
        assert_eq!(world.shown_once(BUDI, &id).await, 1);
        assert_eq!(world.texts(BUDI), ["Halo"]);
        assert_eq!(world.told_of(&id).await, ["queued", "sent", "delivered"]);
        world.retries = 1;
    })
    .await;
}
