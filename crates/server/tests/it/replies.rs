//! Quick replies, and what an organization lets Pesan send by itself, through the router.

use axum::http::Method;
use pesan_store::testing::both;
use serde_json::{Value, json};

use crate::support::TestServer;

/// Place, code and words of every wrong field.
fn wrong(problem: &Value) -> Vec<(String, String)> {
    let errors = problem["errors"].as_array().expect("errors");
    let text = |error: &Value, name: &str| error[name].as_str().expect("a text").to_owned();
    errors
        .iter()
        .map(|error| (text(error, "pointer"), text(error, "detail")))
        .collect()
}

fn one(pointer: &str, detail: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), detail.to_owned())]
}

#[tokio::test]
async fn a_quick_reply_is_made_once_changed_and_deleted() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let new = json!({"shortcut": "Alamat", "body": "Halo {{contact.first_name|Kak}}"});
        let create = async || {
            let ask = server
                .ask(Method::POST, "/v1/quick-replies")
                .header("idempotency-key", "1");
            ask.json(&new).send().await
        };
        let made = create().await.expect(201);
        assert_eq!(create().await.expect(201), made, "{}", database.kind);
        assert_eq!((&made["shortcut"], made.get("filled")), (&json!("Alamat"), None));
        server
            .post("/v1/quick-replies", &json!({"shortcut": "alamat", "body": "x"}))
            .await
            .problem(409, "shortcut_taken");
        let path = format!("/v1/quick-replies/{}", made["id"].as_str().expect("an id"));
        let changed = server
            .ask(Method::PATCH, &path)
            .json(&json!({"body": "Baru"}))
            .send()
            .await
            .expect(200);
        assert_eq!(
            (&changed["shortcut"], &changed["body"]),
            (&json!("Alamat"), &json!("Baru"))
        );
        let all = server.get("/v1/quick-replies").await.expect(200);
        assert_eq!(all, json!({"data": [changed], "next": null}));
        server.ask(Method::DELETE, &path).send().await.expect(204);
        assert_eq!(server.get("/v1/quick-replies").await.expect(200)["data"], json!([]));
        let actions = server.get("/v1/audit?limit=3").await.expect(200);
        let actions: Vec<_> = actions["data"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|entry| entry["action"].clone())
            .collect();
        assert_eq!(
            actions,
            ["quick_reply.delete", "quick_reply.update", "quick_reply.create"]
        );
    }
}

#[tokio::test]
async fn a_text_that_cannot_be_read_is_refused_at_its_body() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        for (body, detail) in [
            ("Halo {{contact.nama}}", "has no variable `contact.nama` (character 6)"),
            ("{{contact.name", "has `{{` without `}}` at character 1"),
            ("a}}", "has `}}` without `{{` at character 2"),
            (
                "{{contact.fields.city}}",
                "has no variable `contact.fields.city` (character 1)",
            ),
            (" ", "must have 1 to 4096 characters"),
        ] {
            let problem = server
                .post("/v1/quick-replies", &json!({"shortcut": "a", "body": body}))
                .await;
            assert_eq!(
                wrong(&problem.problem(422, "invalid")),
                one("/body", detail),
                "{}",
                database.kind
            );
        }
        let problem = server
            .post("/v1/quick-replies", &json!({"shortcut": "a b", "body": "x"}))
            .await;
        let expected = one("/shortcut", "must have 1 to 32 letters, digits, `-` and `_`");
        assert_eq!(wrong(&problem.problem(422, "invalid")), expected);
        let preview = async |body: Value| server.post("/v1/quick-replies/preview", &body).await;
        let filled = preview(json!({"body": "{{contact.name}} {{user.name}}"}))
            .await
            .expect(200);
        assert_eq!(
            filled,
            json!({"text": "Siti Rahma {{user.name}}", "missing": ["{{user.name}}"]})
        );
        let automatic = preview(json!({"body": "{{contact.name}}", "purpose": "automatic"})).await;
        let expected = one(
            "/body",
            "needs `{{contact.name|…}}`: what to say when it is not known (character 1)",
        );
        assert_eq!(wrong(&automatic.problem(422, "invalid")), expected);
        let nowhere = json!({"body": "x", "chat_id": "chat_01jd0000000000000000000000"});
        preview(nowhere).await.problem(404, "not_found");
        server.get("/v1/quick-replies?chat_id=x").await.problem(422, "invalid");
    }
}

#[tokio::test]
async fn a_list_comes_filled_in_for_a_chat() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let reply = json!({"shortcut": "a", "body": "{{contact.name|Kak}} {{contact.phone}} {{organization.name}}"});
        server.post("/v1/quick-replies", &reply).await.expect(201);
        let account = server
            .post("/v1/accounts", &json!({"name": "Kantor"}))
            .await
            .expect(201);
        let message =
            json!({"account_id": account["id"], "to": "6280000000001", "type": "text", "text": {"body": "x"}});
        let message = server.post("/v1/messages", &message).await.expect(202);
        let path = format!(
            "/v1/quick-replies?chat_id={}",
            message["chat_id"].as_str().expect("an id")
        );
        let filled = server.get(&path).await.expect(200)["data"][0]["filled"].clone();
        assert_eq!(
            filled,
            json!({"text": "Kak +6280000000001 Toko", "missing": []}),
            "{}",
            database.kind
        );
    }
}

#[tokio::test]
async fn what_is_sent_by_itself_is_decided_by_the_organization_and_checked_at_its_place() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let decide = async |settings: Value| {
            let body = json!({"settings": settings});
            server.ask(Method::PATCH, "/v1/organization").json(&body).send().await
        };
        let before = server.get("/v1/organization").await.expect(200)["settings"].clone();
        assert_eq!(before["business_hours"], Value::Null, "{}", database.kind);
        assert_eq!(before["welcome"], json!({"enabled": false, "text": ""}));
        assert_eq!(before["opt_out"]["enabled"], json!(true));
        let hours = |from: &str, to: &str| {
            json!({"business_hours": {
                "time_zone": "Asia/Jakarta", "holidays": ["2026-12-25"],
                "intervals": [{"day": "monday", "from": "08:00", "to": "12:00"}, {"day": "monday", "from": from, "to": to}],
            }})
        };
        let kept = decide(hours("13:00", "24:00")).await.expect(200)["settings"]["business_hours"].clone();
        assert_eq!(kept, hours("13:00", "24:00")["business_hours"]);
        for (settings, pointer, detail) in [
            (
                hours("11:00", "13:00"),
                "/settings/business_hours/intervals/1",
                "overlaps with another one",
            ),
            (
                hours("13:00", "25:00"),
                "/settings/business_hours/intervals/1/to",
                "is not a time of day such as 08:30",
            ),
            (
                hours("13:00", "13:00"),
                "/settings/business_hours/intervals/1/to",
                "must not be the same as `from`",
            ),
            (
                json!({"business_hours": {"time_zone": "Mars", "intervals": []}}),
                "/settings/business_hours/time_zone",
                "must be the name of a time zone, as `Asia/Jakarta`",
            ),
            (
                json!({"welcome": {"enabled": true, "text": ""}}),
                "/settings/welcome/text",
                "must not be empty",
            ),
            (
                json!({"away": {"enabled": false, "text": "{{user.name}}"}}),
                "/settings/away/text",
                "cannot use `user.name`, because nobody sends this message (character 1)",
            ),
            (
                json!({"welcome": {"enabled": true, "text": "x", "at": 1}}),
                "/settings/welcome/at",
                "is not a field of this request",
            ),
        ] {
            let problem = decide(settings.clone()).await.problem(422, "invalid");
            assert_eq!(wrong(&problem), one(pointer, detail), "{settings}");
        }
        let cleared = decide(json!({"business_hours": null})).await.expect(200);
        assert_eq!(cleared["settings"], before);
    }
}
