//! What goes wrong with a message that comes in.

use serde_json::json;
use wanet::{FaultKind, Moment};

use super::world::{SARI, TOKO, World, of_toko, on_both};
use crate::product::Pace;

/// Waits for a message that could not be read and for its healing; one message stays.
async fn is_announced_and_healed(world: &mut World, wa_id: &str, text: &str) {
    let unreadable = world.received(wa_id).await;
    assert_eq!(unreadable["type"], "undecryptable", "{unreadable}");
    let id = unreadable["id"].as_str().expect("an id").to_owned();
    let healed = world.message_event("message.healed", &id).await;
    assert_eq!(
        (&healed["type"], &healed["text"]["body"]),
        (&json!("text"), &json!(text))
    );
    assert_eq!(world.told_of(&id).await, ["received", "healed"]);
    let chat = healed["chat_id"].as_str().expect("a chat");
    let page = world.get(&format!("/v1/chats/{chat}/messages")).await;
    let same = page["data"].as_array().expect("a list").iter();
    assert_eq!(same.filter(|message| message["wa_id"] == wa_id).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_damaged_message_is_announced_and_healed() {
    on_both(Pace::AsShipped, async |world| {
        let first = world.network.phone_send_text(SARI, TOKO, "Satu").expect("sent");
        world.received(&first).await;
        // After an answer the session is settled, and the next message is an ordinary one.
        let answer = world.send(SARI, "Dua").await;
        world.message_event("message.sent", &answer).await;
        world.shown_once(SARI, &answer).await;
        world.disturb(&of_toko(FaultKind::CorruptCiphertext)).await;
        let damaged = world.network.phone_send_text(SARI, TOKO, "Tiga").expect("sent");
        is_announced_and_healed(world, &damaged, "Tiga").await;
        let next = world.network.phone_send_text(SARI, TOKO, "Empat").expect("sent");
        let next = world.received(&next).await;
        assert_eq!(next["text"]["body"], "Empat");
        let chat = next["chat_id"].as_str().expect("a chat");
        assert_eq!(world.get(&format!("/v1/chats/{chat}")).await["unread"], 3);
        world.retries = 1;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_damaged_first_message_is_announced_and_healed() {
    on_both(Pace::AsShipped, async |world| {
        world.disturb(&of_toko(FaultKind::CorruptCiphertext)).await;
        let damaged = world.network.phone_send_text(SARI, TOKO, "Satu").expect("sent");
        is_announced_and_healed(world, &damaged, "Satu").await;
        let next = world.network.phone_send_text(SARI, TOKO, "Dua").expect("sent");
        assert_eq!(world.received(&next).await["text"]["body"], "Dua");
        world.retries = 1;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn a_connection_that_breaks_before_the_receipt_stores_the_message_once() {
    on_both(Pace::AsShipped, async |world| {
        for moment in [Moment::Before, Moment::After] {
            world
                .disturb(&of_toko(FaultKind::Cut { moment }).stanza("receipt"))
                .await;
            let wa_id = world.network.phone_send_text(SARI, TOKO, "Halo").expect("sent");
            let message = world.received(&wa_id).await;
            let next = world.network.phone_send_text(SARI, TOKO, "Lagi").expect("sent");
            world.received(&next).await;
            let id = message["id"].as_str().expect("an id");
            assert_eq!(world.told_of(id).await, ["received"]);
        }
        let lost = "reconnecting connection_lost";
        world.goes_through(&[lost, "connected", lost, "connected"]).await;
        let chats = world.get(&format!("/v1/chats?account_id={}", world.account)).await;
        assert_eq!(chats["data"][0]["unread"], 4);
    })
    .await;
}
