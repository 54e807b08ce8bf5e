//! Links by which somebody far away links an account, while the account runs.

use pesan_app::access::remote_links::{self, Seen, Visitor};
use pesan_app::{Error, accounts};
use pesan_model::AccountState;
use pesan_model::reconnect::Disconnect;
use pesan_model::remote_link::RemoteLinkState;
use pesan_providers::Connection;
use pesan_store::testing;

use super::{Node, identity, qr};

fn token_of(url: &str) -> &str {
    url.split_once('#').expect("a token").1
}

async fn look(node: &Node, token: &str, browser: Option<&str>) -> Result<Seen, Error> {
    let visitor = Visitor {
        token,
        browser,
        ip: Some("192.0.2.1".to_owned()),
    };
    remote_links::look(&node.test.app, visitor).await
}

fn is_void(looked: &Result<Seen, Error>) -> bool {
    matches!(
        looked,
        Err(Error::Gone {
            code: "remote_link_void",
            ..
        })
    )
}

#[tokio::test]
async fn a_link_shows_the_code_to_its_browser_and_ends_when_the_phone_is_linked() {
    for database in testing::both().await {
        let node = Node::new(&database).await;
        let (app, caller) = (node.test.app.clone(), node.test.caller.clone());
        let id = node.create().await;
        let created = remote_links::create(&app, &caller, id, None).await.expect("a link");
        let url = created.url.expect("it is new");
        let token = token_of(&url);

        // Opening it begins to link.
        let opened = look(&node, token, None).await.expect("opened");
        assert_eq!(
            (opened.account_name.as_str(), opened.state),
            ("Kantor", RemoteLinkState::Preparing)
        );
        let browser = opened.browser.expect("the first browser");
        let provider = node.provider(id, 1).await;
        provider.connection(qr("first")).await;
        node.wait_for_state(id, AccountState::NeedScan).await;
        let seen = look(&node, token, Some(&browser)).await.expect("shown");
        assert_eq!(seen.qr.expect("a code").code, "first", "{}", database.kind);
        assert!(is_void(&look(&node, token, None).await), "another browser");
        assert!(is_void(&look(&node, token, Some("another")).await));

        provider.connection(Connection::Connected(identity())).await;
        node.wait_for_state(id, AccountState::Connected).await;
        let seen = look(&node, token, Some(&browser)).await.expect("told");
        assert_eq!((seen.state, seen.qr.is_none()), (RemoteLinkState::Connected, true));
        assert!(is_void(&look(&node, token, None).await));
        assert_eq!(remote_links::list(&app, &caller, id).await.expect("listed"), []);
        let refused = remote_links::create(&app, &caller, id, None).await.err();
        assert!(matches!(
            refused,
            Some(Error::Conflict {
                code: "nothing_to_scan",
                ..
            })
        ));

        // The link stays used when the account needs a scan again.
        provider
            .connection(Connection::Disconnected(Disconnect::LoggedOut))
            .await;
        node.wait_for_state(id, AccountState::LoggedOut).await;
        accounts::connect(&app, &caller, id).await.expect("wanted");
        node.provider(id, 2).await.connection(qr("second")).await;
        node.wait_for_state(id, AccountState::NeedScan).await;
        let seen = look(&node, token, Some(&browser)).await.expect("told");
        assert_eq!((seen.state, seen.qr.is_none()), (RemoteLinkState::Connected, true));
        let visitor = Visitor {
            token,
            browser: Some(&browser),
            ip: None,
        };
        assert!(is_void(&remote_links::renew(&app, visitor).await));
        node.stop().await;
    }
}
