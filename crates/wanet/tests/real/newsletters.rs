//! Newsletters, which one person writes and many read.

use wanet::{Network, Options};
use whatsapp_rust::prelude::*;

use crate::client::TestClient;

const ADA: &str = "15550100001";
const BOB: &str = "15550100002";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newsletter_is_followed_read_and_reacted_to_and_written_by_its_owner_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = || Options {
        state_dir: Some(dir.path().to_owned()),
        ..Options::default()
    };
    let network = Network::start(options()).await.expect("it starts");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let (bob, _) = TestClient::linked(&network, BOB, "Bob").await;
    let (hers, his) = (ada.client.newsletter(), bob.client.newsletter());
    let news = hers.create("Weather", Some("Daily")).await.expect("made").jid;
    let found = his.get_metadata(&news).await.expect("found");
    let invite = found.invite_code.expect("a code");
    assert_eq!(his.get_metadata_by_invite(&invite).await.expect("found").jid, news);
    assert!(his.list_subscribed().await.expect("answered").is_empty());
    assert_eq!(his.join(&news).await.expect("joined").subscriber_count, 2);
    assert_eq!(his.list_subscribed().await.expect("answered").len(), 1);
    assert!(his.update(&news, Some("Storms"), None).await.is_err(), "it is not his");
    let changed = hers.update(&news, Some("Storms"), None).await.expect("changed");
    assert_eq!(
        (changed.name.as_str(), changed.description.as_deref()),
        ("Storms", Some("Daily"))
    );

    for text in ["Rain", "Sun"] {
        let sent = ada.client.send_text(news.clone(), text).await.expect("sent");
        assert_eq!(ada.acked(&sent.message_id).await, None);
    }
    bob.text("Sun").await;
    let refused = bob.client.send_text(news.clone(), "Snow").await.expect("written");
    assert_eq!(bob.acked(&refused.message_id).await.as_deref(), Some("403"));
    let posts = his.get_messages(&news, 50, None).await.expect("answered");
    assert_eq!(posts.iter().map(|post| post.server_id).collect::<Vec<_>>(), [1, 2]);
    let page = his.get_messages(&news, 1, Some(2)).await.expect("answered");
    assert_eq!(page.iter().map(|post| post.server_id).collect::<Vec<_>>(), [1]);

    assert!(hers.subscribe_live_updates(&news).await.expect("answered") > 0);
    his.send_reaction(&news, 2, "👍").await.expect("written");
    let reacted = |event: &Event| match event {
        Event::NewsletterLiveUpdate(update) if update.newsletter_jid == news => {
            let message = update.messages.first()?;
            Some((message.server_id, message.reactions.first()?.count))
        }
        _ => None,
    };
    assert_eq!(ada.heard.first("the reaction", reacted).await, (2, 1));
    his.leave(&news).await.expect("left");
    assert!(his.list_subscribed().await.expect("answered").is_empty());
    assert_eq!(network.stats().unknown, std::collections::BTreeMap::new());
    let backend = ada.stop().await;
    bob.stop().await;
    network.shutdown().await;

    let network = Network::start(options()).await.expect("it starts again");
    let ada = TestClient::start(&network, backend).await;
    ada.connected().await;
    let kept = ada
        .client
        .newsletter()
        .get_messages(&news, 50, None)
        .await
        .expect("answered");
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[1].reactions.len(), 1);
    ada.stop().await;
    network.shutdown().await;
}
