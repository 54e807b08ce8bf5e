//! Accounts and their QR codes.

use axum::http::Method;
use pesan_app::connections::QrCode;
use pesan_model::{AccountId, AccountState, Clock as _};
use pesan_store::testing::both;
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::TestServer;

#[tokio::test]
async fn an_account_is_made_changed_and_deleted() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let account = server
            .post("/v1/accounts", &json!({"name": " Toko "}))
            .await
            .expect(201);
        assert_eq!(
            (&account["name"], &account["state"]),
            (&json!("Toko"), &json!("created"))
        );
        assert_eq!(account["pacing"], json!({"per_minute": 10, "burst": 50}));
        let path = format!("/v1/accounts/{}", account["id"].as_str().expect("an id"));
        let change = |body: Value| {
            let server = &server;
            let path = path.clone();
            async move { server.patch(&path, &body).await }
        };
        assert_eq!(change(json!({"pacing": null})).await.expect(200)["pacing"], Value::Null);
        assert_eq!(
            change(json!({"name": "Kantor"})).await.expect(200)["pacing"],
            Value::Null
        );
        let pacing = json!({"per_minute": 60, "burst": 5});
        assert_eq!(change(json!({"pacing": pacing})).await.expect(200)["pacing"], pacing);
        let (range, number) = ("must be 1 to 6000", "must be a whole number from 1 to 6000");
        for (wrong, detail) in [
            (json!(0), range),
            (json!(6001), range),
            (json!(-1), number),
            (json!(1.5), number),
            (json!("x"), number),
        ] {
            let pacing = json!({"per_minute": wrong, "burst": 5});
            let problem = change(json!({"pacing": pacing})).await.problem(422, "invalid");
            let error = &problem["errors"][0];
            assert_eq!(
                (&error["pointer"], &error["detail"]),
                (&json!("/pacing/per_minute"), &json!(detail)),
                "{wrong}"
            );
        }
        server.delete(&path).await.expect(204);
        server.get(&path).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_qr_code_comes_in_every_form() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let account = server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201);
        let id = account["id"].as_str().expect("an id");
        let path = format!("/v1/accounts/{id}/qr");
        let problem = server.get(&path).await.problem(409, "no_qr");
        assert_eq!(problem["account"]["state"], "created");
        assert!(problem["account"]["advice"].as_str().expect("advice").ends_with('.'));

        let id: AccountId = id.parse().expect("an id");
        let organization = server.organization;
        let now = server.clock.now();
        let state = pesan_store::account::NewState {
            history_id: uuid::Uuid::from_u128(1),
            state: AccountState::NeedScan,
            reason: None,
            is_wanted: true,
        };
        let set = server.app.store.write::<_, pesan_store::Error, _>(move |tx| {
            Box::pin(async move { pesan_store::account::set_state(tx, organization, id, &state, now).await })
        });
        set.await.expect("a state");
        let code = QrCode {
            code: "2@made-up,for,a,test".to_owned(),
            expires_at: now.plus(Duration::from_secs(20)),
        };
        server.app.connections.set_qr(id, code);
        let json = server.get(&path).await.expect(200);
        assert_eq!(json["code"], "2@made-up,for,a,test");
        assert!(
            json["png"]
                .as_str()
                .expect("a picture")
                .starts_with("data:image/png;base64,")
        );
        assert_eq!(json["expires_at"], now.plus(Duration::from_secs(20)).to_string());
        for (kind, begin) in [
            ("image/png", "\u{fffd}PNG"),
            ("image/svg+xml", "<svg"),
            ("text/plain", "█"),
        ] {
            let answer = server.ask(Method::GET, &path).header("accept", kind).send().await;
            assert_eq!(answer.status, 200);
            assert!(answer.header("content-type").starts_with(kind));
            assert!(answer.text().starts_with(begin), "{kind}");
        }
        server.clock.advance(Duration::from_secs(21));
        server.get(&path).await.problem(409, "no_qr");
    }
}

#[tokio::test]
async fn what_could_not_be_stored_is_listed_tried_again_and_deleted() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let account = server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201);
        let account = account["id"].as_str().expect("an id");
        let good = br#"{"Acknowledged": {"wa_id": "3EB0", "error": null, "at": null}}"#;
        let good = server.quarantined(account, good).await;
        let odd = server.quarantined(account, br#"{"Odd": "secret"}"#).await;
        let list = format!("/v1/accounts/{account}/quarantine");
        let page = server.get(&format!("{list}?limit=1")).await.expect(200);
        let entry = json!({
            "id": good, "kind": "acknowledgement", "reason": "it was refused",
            "created_at": server.clock.now().to_string(),
        });
        assert_eq!(page, json!({"data": [entry], "next": good}), "{}", database.kind);
        let gauge = server.ask_without_key(Method::GET, "/metrics").send().await.text();
        assert!(gauge.lines().any(|line| line == "pesan_quarantined 2"), "{gauge}");

        let retry = async |id: &str| server.post(&format!("/v1/quarantine/{id}/retry"), &json!({})).await;
        retry(&good).await.expect(204);
        retry(&good).await.problem(404, "not_found");
        retry(&odd).await.problem(409, "still_refused");
        let left = server.get(&list).await.expect(200);
        assert_eq!(left["data"].as_array().map(Vec::len), Some(1));
        let reason = left["data"][0]["reason"].as_str().expect("a reason");
        assert!(
            reason.contains("another version") && !reason.contains("secret"),
            "{reason}"
        );
        server.delete(&format!("/v1/quarantine/{odd}")).await.expect(204);
        assert_eq!(server.get(&list).await.expect(200)["data"], json!([]));

        let log = server.get("/v1/audit?limit=2").await.expect(200);
        let entries: Vec<_> = log["data"].as_array().expect("a list").iter().collect();
        let told: Vec<_> = entries
            .iter()
            .map(|entry| (&entry["action"], &entry["target"]))
            .collect();
        assert_eq!(
            told,
            [
                (&json!("quarantine.delete"), &json!(odd)),
                (&json!("quarantine.retry"), &json!(good))
            ]
        );
    }
}
