//! What a person does on the phone of the account.

use crate::faults::world::{BUDI, SARI, TOKO, on_both};
use crate::product::{PATIENCE, Pace};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_that_is_read_on_the_phone_is_read_here() {
    on_both(Pace::AsShipped, async |world| {
        let first = world.network.phone_send_text(SARI, TOKO, "Satu").expect("sent");
        let second = world.network.phone_send_text(SARI, TOKO, "Dua").expect("sent");
        world.received(&first).await;
        let message = world.received(&second).await;
        let chat = message["chat_id"].as_str().expect("a chat");
        let path = format!("/v1/chats/{chat}");
        assert_eq!(world.get(&path).await["unread"], 2);
        let is_second = |message: &wanet::InboxMessage| message.id == second;
        let on_phone = world.network.wait_message(TOKO, PATIENCE, is_second).await;
        on_phone.expect("on the phone too");
        world
            .network
            .phone_read(TOKO, std::slice::from_ref(&second))
            .expect("read");
        let is_read = |event: &serde_json::Value| event["id"] == chat && event["unread"] == 0;
        world.event("chat.updated", is_read).await;
        assert_eq!(world.get(&path).await["unread"], 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_on_the_phone_is_delivered_here_too() {
    on_both(Pace::AsShipped, async |world| {
        for text in ["Satu", "Dua", "Tiga"] {
            let sent = world.network.phone_send_text(TOKO, BUDI, text).expect("sent");
            let is_it = |event: &serde_json::Value| event["wa_id"] == sent.as_str();
            world.event("message.sent", is_it).await;
            world.event("message.delivered", is_it).await;
        }
    })
    .await;
}
