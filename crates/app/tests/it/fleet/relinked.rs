//! What becomes of what waits when an account is linked to a phone again.

use pesan_app::messaging;
use pesan_model::reconnect::Disconnect;
use pesan_model::{AccountState, MessageId, MessageStatus};
use pesan_providers::Connection;
use pesan_providers::fake::Answer;
use pesan_providers::inbound::Identity;
use pesan_store::{job, testing};

use super::{Node, identity};
use crate::messaging::{send, text};
use crate::support::within;

async fn outcome(node: &Node, id: MessageId) -> (MessageStatus, Option<String>) {
    let message = messaging::get(&node.test.app, &node.test.caller, id)
        .await
        .expect("there");
    (message.status, message.error.map(|error| error.code))
}

#[tokio::test]
async fn what_may_have_left_is_not_sent_again_by_a_new_link_and_nothing_leaves_from_another_number() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let (id, provider) = node.connected().await;
        node.test.run_outbox();
        provider.answer_next(Answer::Unknown);
        let unanswered = send(&node.test, text(id, "+1 555-000-0001", "satu")).await.message;
        within(provider.wait_for_sends(1)).await;
        node.test.until_retried_later(job::SEND_MESSAGE).await;
        provider
            .connection(Connection::Disconnected(Disconnect::LoggedOut))
            .await;
        node.wait_for_state(id, AccountState::LoggedOut).await;
        let waiting = send(&node.test, text(id, "+1 555-000-0002", "dua")).await.message;

        node.connect(id).await;
        let provider = node.provider(id, 2).await;
        provider.connection(Connection::Paired(identity())).await;
        node.wait_for_state(id, AccountState::Syncing).await;
        assert_eq!(
            outcome(&node, unanswered.id).await,
            (MessageStatus::Failed, Some("unconfirmed".into())),
            "{}",
            database.kind
        );
        assert_eq!(outcome(&node, waiting.id).await, (MessageStatus::Queued, None));

        provider
            .connection(Connection::Disconnected(Disconnect::LoggedOut))
            .await;
        node.wait_for_state(id, AccountState::LoggedOut).await;
        node.connect(id).await;
        let provider = node.provider(id, 3).await;
        let another = Identity {
            phone: "628000000002".parse().ok(),
            ..identity()
        };
        provider.connection(Connection::Paired(another.clone())).await;
        provider.connection(Connection::Connected(another)).await;
        node.wait_for_state(id, AccountState::Connected).await;
        assert_eq!(
            outcome(&node, waiting.id).await,
            (MessageStatus::Failed, Some("number_changed".into())),
            "{}",
            database.kind
        );
        assert!(provider.sent().is_empty());
        messaging::retry(&node.test.app, &node.test.caller, waiting.id)
            .await
            .expect("a person decides");
        within(provider.wait_for_sends(1)).await;
        node.stop().await;
    }
}
