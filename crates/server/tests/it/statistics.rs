//! What was counted day by day, over the API.

use pesan_store::testing::both;
use serde_json::{Value, json};

use crate::support::TestServer;

#[tokio::test]
async fn every_day_of_the_period_is_there_with_its_figures() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let account = server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201)["id"].clone();
        let message = json!({"account_id": account, "to": "6280000000001", "type": "text", "text": {"body": "x"}});
        server.post("/v1/messages", &message).await.expect(202);
        let contact = server.get("/v1/contacts").await.expect(200)["data"][0]["id"].clone();
        for amount in [150, 50] {
            let donation = json!({"contact_id": contact, "amount": amount, "given_on": "2023-11-14"});
            server.post("/v1/donations", &donation).await.expect(201);
        }
        let found = server.get("/v1/statistics?days=7").await.expect(200);
        assert_eq!(
            (&found["from"], &found["to"], &found["time_zone"], &found["is_complete"]),
            (
                &json!("2023-11-09"),
                &json!("2023-11-15"),
                &json!("Asia/Jakarta"),
                &json!(true)
            ),
            "{}",
            database.kind
        );
        let days = found["days"].as_array().expect("days");
        assert_eq!(days.len(), 7);
        let sum = json!([{"currency": "IDR", "amount": 200, "gifts": 2}]);
        assert_eq!(days[5]["day"], "2023-11-14");
        assert_eq!((&days[5]["donations"], &days[5]["new_contacts"]), (&sum, &json!(0)));
        // 22:13 in UTC is the next day in Jakarta.
        assert_eq!(
            (&days[6]["donations"], &days[6]["new_contacts"]),
            (&json!([]), &json!(1))
        );
        assert_eq!(
            (&found["total"]["donations"], &found["total"]["new_contacts"]),
            (&sum, &json!(1))
        );
        let met = server.get("/v1/statistics/new-contacts?days=7").await.expect(200);
        assert_eq!(
            (
                &met["data"][0]["id"],
                met["data"].as_array().map(Vec::len),
                &met["next"]
            ),
            (&contact, Some(1), &Value::Null)
        );
        let before = server
            .get("/v1/statistics/new-contacts?to=2023-11-14")
            .await
            .expect(200);
        assert_eq!(before["data"], json!([]));
        let failed = server.get("/v1/statistics/failed-messages").await.expect(200);
        assert_eq!(failed["data"], json!([]));
        let none = json!({"received": 0, "sent": 0, "delivered": 0, "read": 0, "played": 0, "failed": 0});
        assert_eq!(found["total"]["messages"], none, "what waits counts nowhere");
        assert_eq!(found["accounts"], json!([]));
        let buckets = found["reply_times"]["buckets"].as_array().expect("buckets");
        assert_eq!(
            (&buckets[0]["up_to_secs"], &buckets[13]["up_to_secs"]),
            (&json!(60), &Value::Null)
        );

        let path = format!("/v1/statistics?account_id={}", account.as_str().expect("an id"));
        let of_account = server.get(&path).await.expect(200);
        assert_eq!(of_account["days"].as_array().map(Vec::len), Some(30));
        assert_eq!(
            (&of_account["total"]["donations"], &of_account["total"]["new_contacts"]),
            (&Value::Null, &Value::Null)
        );

        let listed = server
            .get("/v1/donations?from=2023-11-14&to=2023-11-14&limit=1")
            .await
            .expect(200);
        assert_eq!(
            (listed["data"].as_array().map(Vec::len), listed["next"].is_string()),
            (Some(1), true)
        );
        let next = listed["next"].as_str().expect("a place");
        let rest = server
            .get(&format!("/v1/donations?from=2023-11-14&after={next}"))
            .await
            .expect(200);
        assert_eq!(
            (rest["data"].as_array().map(Vec::len), &rest["next"]),
            (Some(1), &Value::Null)
        );
        for empty in ["from=2023-11-15", "to=2023-11-13"] {
            let listed = server.get(&format!("/v1/donations?{empty}")).await.expect(200);
            assert_eq!(listed["data"], json!([]), "{empty}");
        }
    }
}

#[tokio::test]
async fn whatever_is_wrong_with_a_period_is_said_at_its_parameter() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        for (query, pointer, code) in [
            ("from=2023-11-15&to=2023-11-14", "#query/to", "earlier_than"),
            ("from=2022-11-01&to=2023-11-15", "#query/to", "too_many_days"),
            ("from=yesterday", "#query/from", "not_a_day"),
            ("to=2023-02-30", "#query/to", "not_a_day"),
            ("days=0", "#query/days", "out_of_range"),
            ("days=367", "#query/days", "out_of_range"),
            ("days=x", "#query/days", "not_a_whole_number"),
            ("days=7&from=2023-11-01", "#query/days", "not_together"),
            ("account_id=x", "#query/account_id", "not_an_id"),
            ("since=2023-11-01", "#query/since", "unknown_parameter"),
        ] {
            for path in ["", "/failed-messages"] {
                let problem = server
                    .get(&format!("/v1/statistics{path}?{query}"))
                    .await
                    .problem(422, "invalid");
                let error = &problem["errors"][0];
                assert_eq!(
                    (&error["pointer"], &error["code"]),
                    (&json!(pointer), &json!(code)),
                    "{path} {query}"
                );
            }
        }
        for (query, pointer, code) in [
            ("from=2023-11-15&to=2023-11-14", "#query/to", "earlier_than"),
            (
                "account_id=acc_01jd0000000000000000000000",
                "#query/account_id",
                "unknown_parameter",
            ),
            ("after=2023-11-14", "#query/after", "not_a_page"),
            (
                "after=2023-11-14.msg_01jd0000000000000000000000",
                "#query/after",
                "not_a_page",
            ),
            ("limit=0", "#query/limit", "out_of_range"),
        ] {
            let problem = server
                .get(&format!("/v1/statistics/new-contacts?{query}"))
                .await
                .problem(422, "invalid");
            let error = &problem["errors"][0];
            assert_eq!(
                (&error["pointer"], &error["code"]),
                (&json!(pointer), &json!(code)),
                "{query}"
            );
        }
        for path in ["", "/failed-messages"] {
            let unknown = format!("/v1/statistics{path}?account_id=acc_01jd0000000000000000000000");
            server.get(&unknown).await.problem(404, "not_found");
        }
        let problem = server.get("/v1/donations?from=2023-11-15&to=2023-11-14").await;
        let problem = problem.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["code"], "earlier_than");
    }
}
