//! Numbers that WhatsApp knows in another form than people write them: the product with the real client.

use axum::http::Method;
use serde_json::{Value, json};

use crate::faults::world::{BUDI, SARI, TOKO, World, on_both};
use crate::product::Pace;

/// Sari's number as she writes it.
const WRITTEN: &str = "628000000302";

/// The network is told how Sari writes her number.
async fn as_written(world: &World) {
    let phone = json!({"phone": SARI, "aliases": [WRITTEN]});
    world.admin(Method::POST, "/admin/phones", &phone).await;
}

async fn list(world: &World, path: &str) -> Vec<Value> {
    let page = world.get(path).await;
    page["data"].as_array().expect("a list").clone()
}

/// Checks that there is one chat and one person, who has both numbers; gives the chat.
async fn one_of_each(world: &World) -> Value {
    let chats = list(world, "/v1/chats").await;
    let contacts = list(world, "/v1/contacts").await;
    assert_eq!((chats.len(), contacts.len()), (1, 1), "{chats:?} {contacts:?}");
    let sari = world
        .get(&format!("/v1/contacts/{}", contacts[0]["id"].as_str().expect("an id")))
        .await;
    assert_eq!(sari["phone"], format!("+{SARI}"));
    assert_eq!(sari["other_numbers"], json!([format!("+{WRITTEN}")]));
    assert_eq!(chats[0]["contact_id"], sari["id"]);
    assert_eq!(chats[0]["address"], format!("{SARI}@s.whatsapp.net"));
    chats[0].clone()
}

/// Sari answers; the message as the API tells of it.
async fn answer(world: &mut World, text: &str) -> Value {
    let wa_id = world.network.phone_send_text(SARI, TOKO, text).expect("sent");
    world.received(&wa_id).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_as_it_is_written_reaches_its_phone_and_the_answer_comes_into_the_same_chat() {
    on_both(Pace::AsShipped, async |world| {
        as_written(world).await;
        let first = world.send(WRITTEN, "Satu").await;
        let sent = world.message_event("message.sent", &first).await;
        assert_eq!(world.shown_once(SARI, &first).await, 1);
        let answered = answer(world, "Dua").await;
        assert_eq!(answered["chat_id"], sent["chat_id"]);
        let second = world.send(WRITTEN, "Tiga").await;
        assert_eq!(
            world.message_event("message.sent", &second).await["chat_id"],
            sent["chat_id"]
        );
        world.shown_once(SARI, &second).await;
        assert_eq!(one_of_each(world).await["id"], sent["chat_id"]);
        assert_eq!(world.texts(SARI), ["Satu", "Dua", "Tiga"]);
        let check = world
            .get(&world.account_path(&format!("/contacts/{WRITTEN}/check")))
            .await;
        assert_eq!(
            (&check["exists"], &check["address"]),
            (&json!(true), &json!(format!("{SARI}@s.whatsapp.net")))
        );
        world.network.phone_picture(SARI, vec![1; 64]).expect("set");
        for number in [WRITTEN, SARI] {
            let picture = world.account_path(&format!("/contacts/{number}/picture"));
            assert!(world.get(&picture).await["url"].is_string(), "{number}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_queued_for_both_forms_leaves_once_and_ends_in_one_chat() {
    on_both(Pace::AsShipped, async |world| {
        as_written(world).await;
        world.post(&world.account_path("/pause"), &json!({})).await;
        world
            .event("account.state_changed", |data| data["state"] == "paused")
            .await;
        let mut ids = Vec::new();
        for (to, text) in [
            (WRITTEN, "a1"),
            (SARI, "b1"),
            (WRITTEN, "a2"),
            (SARI, "b2"),
            (WRITTEN, "a3"),
        ] {
            ids.push(world.send_offline(to, text).await);
        }
        world.connect().await;
        for id in &ids {
            world.message_event("message.sent", id).await;
            assert_eq!(world.shown_once(SARI, id).await, 1);
            assert_eq!(world.told_of(id).await, ["queued", "sent"]);
        }
        let texts = world.texts(SARI);
        for (letter, order) in [("a", vec!["a1", "a2", "a3"]), ("b", vec!["b1", "b2"])] {
            let texts: Vec<_> = texts.iter().filter(|text| text.starts_with(letter)).collect();
            assert_eq!(texts, order);
        }
        let answered = answer(world, "Terima kasih").await;
        let chat = one_of_each(world).await;
        assert_eq!(answered["chat_id"], chat["id"]);
        let path = format!("/v1/chats/{}/messages", chat["id"].as_str().expect("an id"));
        assert_eq!(list(world, &path).await.len(), 6);
        // Whoever has only one form of their number is asked about once and stays who they are.
        let other = world.send(BUDI, "Halo").await;
        world.message_event("message.sent", &other).await;
        assert_eq!(list(world, "/v1/chats").await.len(), 2);
    })
    .await;
}
