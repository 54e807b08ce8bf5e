//! Contacts, notes, reminders and donations through the router.

use axum::http::Method;
use pesan_model::Permission;
use pesan_store::testing::both;
use serde_json::{Value, json};

use crate::support::TestServer;

/// Somebody with this number.
async fn contact(server: &TestServer, number: &str) -> String {
    let account = server
        .post("/v1/accounts", &json!({"name": "Kantor"}))
        .await
        .expect(201);
    let message = json!({"account_id": account["id"], "to": number, "type": "text", "text": {"body": "halo"}});
    server.post("/v1/messages", &message).await.expect(202);
    let found = server.get(&format!("/v1/contacts?search={number}")).await.expect(200);
    text(&found["data"][0]["id"])
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// The first wrong field, and what is wrong with it.
fn wrong(problem: &Value) -> (&str, &str) {
    let error = &problem["errors"][0];
    (
        error["pointer"].as_str().expect("a pointer"),
        error["detail"].as_str().expect("a detail"),
    )
}

#[tokio::test]
async fn a_contact_is_changed_by_what_is_named_and_null_clears() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let id = contact(&server, "6280000000001").await;
        let path = format!("/v1/contacts/{id}");
        let field = json!({"key": "size", "label": "Size", "type": "number"});
        server.post("/v1/custom-fields", &field).await.expect(201);
        let change = async |body: Value| server.ask(Method::PATCH, &path).json(&body).send().await;
        let named = change(json!({"name": "Siti", "language": "id", "fields": {"size": 2.5}}))
            .await
            .expect(200);
        assert_eq!(
            (&named["name"], &named["own_name"]),
            (&json!("Siti"), &json!("Siti")),
            "{}",
            database.kind
        );
        assert_eq!(named["fields"], json!({"size": 2.5}));
        let same = change(json!({})).await.expect(200);
        assert_eq!(same, named);
        let cleared = change(json!({"name": null, "fields": {"size": null}, "opted_out": true}))
            .await
            .expect(200);
        assert_eq!(
            (&cleared["name"], &cleared["own_name"]),
            (&json!("+6280000000001"), &Value::Null)
        );
        assert_eq!((&cleared["language"], &cleared["fields"]), (&json!("id"), &json!({})));
        assert!(cleared["opted_out_at"].is_string());
        for (body, pointer, detail) in [
            (json!({"name": 7}), "/name", "must be a string"),
            (json!({"fields": {"size": "x"}}), "/fields/size", "must be a number"),
            (
                json!({"fields": {"x": 1}}),
                "/fields/x",
                "is not a field of this organization",
            ),
            (json!({"colour": 1}), "/colour", "is not a field of this request"),
        ] {
            let problem = change(body.clone()).await.problem(422, "invalid");
            assert_eq!(wrong(&problem), (pointer, detail), "{body}");
        }
        let entry = &server.get("/v1/audit?limit=1").await.expect(200)["data"][0];
        assert_eq!(
            (&entry["action"], &entry["target"]),
            (&json!("contact.update"), &json!(id))
        );
    }
}

#[tokio::test]
async fn a_search_goes_page_by_page_and_refuses_a_place_of_another_list() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        for number in 1..=5 {
            contact(&server, &format!("628000000000{number}")).await;
        }
        let (mut seen, mut after) = (0, String::new());
        loop {
            let page = server
                .get(&format!("/v1/contacts?search=0800&limit=2{after}"))
                .await
                .expect(200);
            seen += page["data"].as_array().expect("a list").len();
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(seen, 5, "{}", database.kind);
        let other = server.get("/v1/contacts?limit=2").await.expect(200);
        let path = format!("/v1/contacts?search=0800&after={}", text(&other["next"]));
        let problem = server.get(&path).await.problem(422, "invalid");
        assert_eq!(wrong(&problem).0, "#query/after");
    }
}

#[tokio::test]
async fn what_is_created_twice_with_one_key_is_there_once() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let id = contact(&server, "6280000000001").await;
        let other = contact(&server, "6280000000002").await;
        let owner = server.get("/v1/users").await.expect(200)["data"][0]["id"].clone();
        let creates = [
            (
                "/v1/donations".to_owned(),
                json!({"contact_id": id, "amount": 125_000_000}),
            ),
            (format!("/v1/contacts/{id}/notes"), json!({"body": "catatan"})),
            (
                "/v1/reminders".to_owned(),
                json!({"contact_id": id, "owner_id": owner, "text": "x", "due_at": "2023-12-01T00:00:00Z",
                    "time_zone": "Asia/Jakarta"}),
            ),
            (
                "/v1/custom-fields".to_owned(),
                json!({"key": "city", "label": "City", "type": "text"}),
            ),
            (format!("/v1/contacts/{id}/merge"), json!({"other_id": other})),
        ];
        for (path, body) in creates {
            let create = async |body: &Value| {
                let ask = server.ask(Method::POST, &path).header("idempotency-key", "k1");
                ask.json(body).send().await
            };
            let first = create(&body).await;
            let again = create(&body).await;
            assert_eq!(again.header("idempotency-replayed"), "true", "{path}");
            assert_eq!(first.header("location"), again.header("location"));
            assert_eq!(first.expect(201), again.expect(201), "{path} on {}", database.kind);
            let reused = create(&json!({"body": "lain", "key": "x"})).await;
            assert_eq!(reused.status, 422, "{path}: {}", reused.text());
        }
        let donations = server.get("/v1/donations").await.expect(200);
        assert_eq!(donations["data"].as_array().expect("a list").len(), 1);
    }
}

#[tokio::test]
async fn one_key_with_the_same_body_for_another_person_is_another_request() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let note = async |number: &str| {
            let path = format!("/v1/contacts/{}/notes", contact(&server, number).await);
            let ask = server.ask(Method::POST, &path).header("idempotency-key", "k1");
            ask.json(&json!({"body": "Called"})).send().await
        };
        note("6280000000001").await.expect(201);
        note("6280000000002").await.problem(422, "idempotency_key_reused");
    }
}

#[tokio::test]
async fn a_field_that_is_defined_again_is_so_once() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let field = json!({"key": "city", "label": "City", "type": "text"});
        let first = server.post("/v1/custom-fields", &field).await.expect(201);
        let path = format!("/v1/custom-fields/{}", text(&first["id"]));
        server.ask(Method::DELETE, &path).send().await.expect(204);
        let again = async || {
            let ask = server
                .ask(Method::POST, "/v1/custom-fields")
                .header("idempotency-key", "k1");
            ask.json(&field).send().await
        };
        let revived = again().await.expect(201);
        assert_eq!(revived["id"], first["id"], "{}", database.kind);
        let repeated = again().await;
        assert_eq!(repeated.header("idempotency-replayed"), "true");
        assert_eq!(repeated.expect(201), revived);
        let many: Vec<String> = (0..5_000).map(|choice| format!("c{choice}")).collect();
        let body = json!({"key": "size", "label": "Size", "type": "choice", "choices": many});
        let problem = server.post("/v1/custom-fields", &body).await.problem(422, "invalid");
        assert_eq!(problem["errors"].as_array().map(Vec::len), Some(1));
        assert_eq!(wrong(&problem).0, "/choices");
    }
}

#[tokio::test]
async fn a_donation_is_recorded_shown_corrected_and_deleted() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let id = contact(&server, "6280000000001").await;
        let new = json!({"contact_id": id, "amount": 125_000_000, "method": "qris", "fund": "Zakat"});
        let donation = server.post("/v1/donations", &new).await.expect(201);
        assert_eq!(
            (&donation["currency"], &donation["given_on"], &donation["status"]),
            (&json!("IDR"), &json!("2023-11-15"), &json!("confirmed")),
            "{}",
            database.kind
        );
        let donor = server.get(&format!("/v1/contacts/{id}/donor")).await.expect(200);
        assert_eq!(donor["totals"][0]["lifetime_value"], 125_000_000);
        assert_eq!(
            (&donor["segment"], &donor["segment_why"]["code"]),
            (&json!("new"), &json!("first_gift"))
        );
        let path = format!("/v1/donations/{}", text(&donation["id"]));
        let corrected = server
            .ask(Method::PATCH, &path)
            .json(&json!({"fund": null, "amount": 1}))
            .send()
            .await;
        let corrected = corrected.expect(200);
        assert_eq!((&corrected["fund"], &corrected["amount"]), (&Value::Null, &json!(1)));
        server.delete(&path).await.expect(204);
        server.get(&path).await.problem(404, "not_found");
        let audit = server.get("/v1/audit?limit=3").await.expect(200);
        let actions: Vec<_> = (0..3).map(|place| text(&audit["data"][place]["action"])).collect();
        assert_eq!(actions, ["donation.delete", "donation.correct", "donation.record"]);
        for (body, pointer, detail) in [
            (json!({"contact_id": id, "amount": 1.5}), "/amount", ""),
            (
                json!({"contact_id": id, "amount": 1, "currency": "Rp"}),
                "/currency",
                "is not a currency such as IDR (ISO 4217)",
            ),
            (
                json!({"contact_id": id, "amount": 1, "given_on": "kemarin"}),
                "/given_on",
                "is not a day such as 2026-11-20",
            ),
            (json!({"contact_id": id, "amount": 1, "method": "x"}), "/method", ""),
            (json!({"amount": 1}), "/contact_id", "is missing"),
        ] {
            let problem = server.post("/v1/donations", &body).await.problem(422, "invalid");
            let (found, said) = wrong(&problem);
            assert_eq!(found, pointer, "{body}");
            assert!(detail.is_empty() || said == detail, "{said}");
        }
        let currencies = server.get("/v1/currencies").await.expect(200);
        let rupiah = json!({"code": "IDR", "decimals": 2});
        assert!(currencies["data"].as_array().expect("a list").contains(&rupiah));
    }
}

#[tokio::test]
async fn each_permission_opens_its_own_door() {
    for database in both().await {
        let mut server = TestServer::new(&database).await;
        let id = contact(&server, "6280000000001").await;
        let (donor, notes) = (format!("/v1/contacts/{id}/donor"), format!("/v1/contacts/{id}/notes"));
        server.key = server.add_key(server.organization, &[Permission::MessagesRead]).await;
        server.get(&notes).await.expect(200);
        server.get("/v1/reminders").await.expect(200);
        server.get("/v1/reminders?owner=me").await.problem(422, "invalid");
        server.get("/v1/reminders?owner=x").await.problem(422, "invalid");
        server.get(&donor).await.problem(403, "forbidden");
        server.get("/v1/donations").await.problem(403, "forbidden");
        server
            .post(&notes, &json!({"body": "x"}))
            .await
            .problem(403, "forbidden");
        server.key = server.add_key(server.organization, &[Permission::DonationsWrite]).await;
        server
            .post("/v1/donations", &json!({"contact_id": id, "amount": 1}))
            .await
            .expect(201);
        server.get("/v1/donations").await.problem(403, "forbidden");
        let both = [Permission::MessagesRead, Permission::DonationsRead];
        server.key = server.add_key(server.organization, &both).await;
        let found = server.get(&donor).await.expect(200);
        assert_eq!(found["totals"][0]["gifts"], 1, "{}", database.kind);
        let rules = server
            .ask(Method::PATCH, "/v1/donor-rules")
            .json(&json!({"new_days": 30}))
            .send()
            .await;
        rules.problem(403, "forbidden");
        server.key = server.add_key(server.organization, &[Permission::ContactsManage]).await;
        let rules = server
            .ask(Method::PATCH, "/v1/donor-rules")
            .json(&json!({"new_days": 30}))
            .send()
            .await;
        assert_eq!(rules.expect(200)["new_days"], 30);
    }
}

#[tokio::test]
async fn merging_and_parting_through_the_api_gives_both_people() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let id = contact(&server, "6280000000001").await;
        let other = contact(&server, "6280000000002").await;
        let (merge, unmerge) = (format!("/v1/contacts/{id}/merge"), format!("/v1/contacts/{id}/unmerge"));
        server
            .post(&merge, &json!({"other_id": id}))
            .await
            .problem(409, "same_person");
        let merged = server.post(&merge, &json!({"other_id": other})).await.expect(201);
        assert_eq!(merged["other"]["id"], other, "{}", database.kind);
        let shown = server.get(&format!("/v1/contacts/{other}")).await.expect(200);
        assert_eq!(shown["id"], id);
        let merges = server.get(&format!("/v1/contacts/{id}/merges")).await.expect(200);
        assert_eq!(
            (&merges["data"][0]["id"], &merges["data"][0]["undone_at"]),
            (&merged["id"], &Value::Null)
        );
        let timeline = server
            .get(&format!("/v1/contacts/{id}/timeline?limit=1"))
            .await
            .expect(200);
        assert_eq!(
            (&timeline["data"][0]["type"], &timeline["data"][0]["data"]["id"]),
            (&json!("merge"), &merged["id"])
        );
        let next = text(&timeline["next"]);
        let rest = server
            .get(&format!("/v1/contacts/{id}/timeline?after={next}"))
            .await
            .expect(200);
        assert_eq!(rest["data"][0]["type"], "first_contact");
        let parted = server
            .post(&unmerge, &json!({"merge_id": merged["id"]}))
            .await
            .expect(200);
        assert_eq!(
            (&parted["contact"]["id"], &parted["other"]["id"]),
            (&json!(id), &json!(other))
        );
        server
            .post(&unmerge, &json!({"merge_id": merged["id"]}))
            .await
            .problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_contact_is_tagged_found_by_its_tags_and_what_is_wrong_is_named() {
    for database in both().await {
        let mut server = TestServer::new(&database).await;
        let mut people = Vec::new();
        for number in 1..=5 {
            people.push(contact(&server, &format!("628000000000{number}")).await);
        }
        people.reverse();
        let path = format!("/v1/contacts/{}", people[0]);
        assert_eq!(
            server.get(&path).await.expect(200)["tag_ids"],
            json!([]),
            "{}",
            database.kind
        );
        let tag = text(&server.post("/v1/tags", &json!({"name": "Zakat"})).await.expect(201)["id"]);
        for id in &people {
            let path = format!("/v1/contacts/{id}");
            let tagged = server.patch(&path, &json!({"tag_ids": [tag, tag]})).await.expect(200);
            assert_eq!(tagged["tag_ids"], json!([tag]), "{}", database.kind);
        }
        let left_out = server.patch(&path, &json!({"name": "Siti"})).await.expect(200);
        assert_eq!(left_out["tag_ids"], json!([tag]), "what is left out stays");
        for nothing in [json!(null), json!([])] {
            server.patch(&path, &json!({"tag_ids": [tag]})).await.expect(200);
            let cleared = server.patch(&path, &json!({"tag_ids": nothing})).await.expect(200);
            assert_eq!(cleared["tag_ids"], json!([]), "{nothing}");
        }

        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let list = format!("/v1/contacts?tag_id={tag}&limit=2{after}");
            let page = server.get(&list).await.expect(200);
            for item in page["data"].as_array().expect("a list") {
                assert_eq!(item["tag_ids"], json!([tag]));
                found.push(text(&item["id"]));
            }
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(found, people[1..], "{}", database.kind);

        let nothing = "tag_01jd0000000000000000000000";
        let many: Vec<_> = (0..21)
            .map(|number| format!("tag_01jd00000000000000000000{number:02}"))
            .collect();
        let (stranger, key) = server.add_organization("Warung", "other@example.com").await;
        let ours = std::mem::replace(&mut server.key, key);
        let foreign = text(&server.post("/v1/tags", &json!({"name": "Zakat"})).await.expect(201)["id"]);
        server.get(&path).await.problem(404, "not_found");
        let list = format!("/v1/contacts?tag_id={tag}");
        let problem = server.get(&list).await.problem(422, "invalid");
        assert_eq!(wrong(&problem).0, "#query/tag_id", "{stranger}");
        server.key = ours;
        for (body, pointer) in [
            (json!({"tag_ids": [tag, nothing]}), "/tag_ids/1"),
            (json!({"tag_ids": [foreign]}), "/tag_ids/0"),
            (json!({"tag_ids": many}), "/tag_ids"),
            (json!({"tag_ids": ["x"]}), "/tag_ids/0"),
            (json!({"tag_ids": tag}), "/tag_ids"),
        ] {
            let problem = server.patch(&path, &body).await.problem(422, "invalid");
            assert_eq!(wrong(&problem).0, pointer, "{body}");
        }
        for query in [
            format!("tag_id={nothing}"),
            format!("tag_id={foreign}"),
            "tag_id=x".to_owned(),
            format!("tag_id={tag}&search=62"),
        ] {
            let problem = server
                .get(&format!("/v1/contacts?{query}"))
                .await
                .problem(422, "invalid");
            assert_eq!(wrong(&problem).0, "#query/tag_id", "{query}");
        }
        server.delete(&format!("/v1/tags/{tag}")).await.expect(204);
        let shown = server.get(&format!("/v1/contacts/{}", people[1])).await.expect(200);
        assert_eq!(shown["tag_ids"], json!([]), "{}", database.kind);
    }
}
