//! The phones of the simulated network, as the banner of the web app asks for them.

use std::sync::Arc;

use pesan_store::testing::both;
use serde_json::json;
use wanet::{Network, NewPhone, Options};

use crate::support::TestServer;

const PHONES: &str = "/sandbox/phones";

#[tokio::test]
async fn what_is_wrong_with_a_letter_is_said_and_makes_no_phone() {
    for database in both().await {
        let network = Arc::new(Network::start(Options::default()).await.expect("a network"));
        let other = NewPhone {
            phone: "6280000000001".to_owned(),
            ..NewPhone::default()
        };
        network.add_phone(&other).expect("a phone");
        let server = TestServer::new(&database).await.beside(network.clone());
        let account = server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201)["id"].clone();
        let letter = json!({"account_id": account, "name": "Budi", "text": "Halo"});
        server.post(PHONES, &letter).await.problem(409, "not_linked");
        let unknown = json!({"account_id": "acc_01jd0000000000000000000000", "text": "Halo"});
        server.post(PHONES, &unknown).await.problem(404, "not_found");
        for (wrong, pointer, code) in [
            (json!({"account_id": account}), "/text", "required"),
            (json!({"account_id": "x", "text": "Halo"}), "/account_id", "not_an_id"),
            (
                json!({"account_id": account, "text": "Halo", "to": "x"}),
                "/to",
                "unknown_field",
            ),
        ] {
            let problem = server.post(PHONES, &wrong).await.problem(422, "invalid");
            let error = &problem["errors"][0];
            assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)));
        }
        // The phones of accounts, and those that others made, are not offered.
        assert_eq!(server.get(PHONES).await.expect(200), json!([]));
        network.shutdown().await;
    }
}

#[tokio::test]
async fn a_server_without_the_network_has_no_phones() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let account = server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201)["id"].clone();
        let letter = json!({"account_id": account, "text": "Halo"});
        let answer = server.post(PHONES, &letter).await;
        assert!(!answer.status.is_success(), "{}", answer.status);
    }
}
