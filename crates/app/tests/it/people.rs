//! People for tests of what hangs on them.

use pesan_app::{contacts, inbox};
use pesan_model::chat::{Chat, Contact};
use pesan_model::{AccountId, ChatId, Clock as _, ContactId};
use pesan_providers::inbound::{InboundMessage, Person};
use pesan_store::chat;

use crate::inbound::{message, receive_message};
use crate::support::TestApp;

/// Somebody with this number and name who wrote to us.
pub(crate) async fn person(test: &TestApp, account: AccountId, number: &str, name: &str) -> ContactId {
    write(test, account, (number, name), "halo").await;
    let page = contacts::search(&test.app, &test.caller, number, None, 10).await;
    let found = page.expect("found");
    found.first().expect("somebody").0.id
}

/// They write.
pub(crate) async fn write(test: &TestApp, account: AccountId, (number, name): (&str, &str), body: &str) {
    let wa_id = format!("{number}-{}-{body}", test.clock.now().millis());
    let came = InboundMessage {
        chat: number.parse().expect("a number"),
        sender: Person {
            phone: number.parse().ok(),
            lid: None,
            push_name: Some(name.to_owned()),
        },
        ..message(test, &wa_id, body)
    };
    receive_message(test, account, came).await;
}

pub(crate) async fn contact(test: &TestApp, id: ContactId) -> Contact {
    contacts::get(&test.app, &test.caller, id).await.expect("somebody")
}

/// All chats, the one with the newest message first.
pub(crate) async fn chats(test: &TestApp) -> Vec<Chat> {
    inbox::chats(&test.app, &test.caller, chat::Filter::default(), None, 50)
        .await
        .expect("listed")
}

/// The chats with a person.
pub(crate) async fn chats_of(test: &TestApp, id: ContactId) -> Vec<ChatId> {
    let chats = chats(test).await.into_iter();
    chats
        .filter(|chat| chat.contact_id == Some(id))
        .map(|chat| chat.id)
        .collect()
}
