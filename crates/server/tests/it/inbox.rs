//! How a team shares its chats, through the API.

use axum::http::Method;
use pesan_store::testing::both;
use serde_json::{Value, json};

use crate::support::{OWNER, TestServer};

/// A server with this many chats, the first of which is written to last, and the paths of these.
async fn with_chats(server: &TestServer, count: usize) -> Vec<String> {
    let account = server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201)["id"].clone();
    let mut chats = Vec::new();
    for number in (0..count).rev() {
        let to = format!("62800000{number:05}");
        let message = json!({"account_id": account, "to": to, "type": "text", "text": {"body": "x"}});
        let sent = server.post("/v1/messages", &message).await.expect(202);
        chats.push(format!("/v1/chats/{}", sent["chat_id"].as_str().expect("an id")));
        server.clock.advance_millis(1000);
    }
    chats.reverse();
    chats
}

/// The ids of a list, page by page.
async fn pages(server: &TestServer, path: &str) -> Vec<String> {
    let (mut found, mut next) = (Vec::new(), String::new());
    loop {
        let page = server.get(&format!("{path}&limit=2{next}")).await.expect(200);
        let ids = page["data"].as_array().expect("a list").iter();
        found.extend(ids.map(|item| format!("/v1/chats/{}", item["id"].as_str().expect("an id"))));
        match page["next"].as_str() {
            Some(place) => next = format!("&after={place}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn every_filter_pages_through_what_it_finds_and_can_be_combined() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let chats = with_chats(&server, 7).await;
        let owner = server.get("/v1/users").await.expect(200)["data"][0]["id"].clone();
        let tag = server.post("/v1/tags", &json!({"name": "Zakat"})).await.expect(201)["id"].clone();
        let team = server.post("/v1/teams", &json!({"name": "Donatur"})).await.expect(201)["id"].clone();
        for chat in &chats[1..6] {
            let change = json!({"assignee_id": owner, "team_id": team, "tag_ids": [tag], "is_starred": true});
            server.patch(chat, &change).await.expect(200);
            server.post(&format!("{chat}/unread"), &json!({})).await.expect(200);
        }
        server.patch(&chats[2], &json!({"status": "closed"})).await.expect(200);
        let middle = &chats[1..6];
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        for query in [
            format!("assignee={}", text(&owner)),
            format!("tag_id={}", text(&tag)),
            format!("team_id={}", text(&team)),
            "unread=true".to_owned(),
            "starred=true".to_owned(),
            format!(
                "starred=true&unread=true&tag_id={}&team_id={}&assignee={}",
                text(&tag),
                text(&team),
                text(&owner)
            ),
        ] {
            let found = pages(&server, &format!("/v1/chats?{query}")).await;
            assert_eq!(found, middle, "{} {query}", database.kind);
            let open = pages(&server, &format!("/v1/chats?{query}&status=open")).await;
            let expected = [&chats[1..2], &chats[3..6]].concat();
            assert_eq!(open, expected, "{} {query}", database.kind);
        }
        assert_eq!(
            pages(&server, "/v1/chats?assignee=none").await,
            [chats[0].clone(), chats[6].clone()]
        );
        assert_eq!(pages(&server, "/v1/chats?status=closed").await, [chats[2].clone()]);
        assert_eq!(pages(&server, "/v1/chats?waiting=0").await, [""; 0]);
        assert_eq!(pages(&server, "/v1/chats?reminder_due=true").await, [""; 0]);
        assert_eq!(pages(&server, "/v1/chats?segment=new").await, chats);
        assert_eq!(pages(&server, "/v1/chats?segment=vip&starred=true").await, [""; 0]);
        let cookie = server.log_in(OWNER).await;
        let mine = server
            .ask_without_key(Method::GET, "/v1/chats?assignee=me")
            .header("cookie", &cookie);
        let mine = mine.send().await.expect(200);
        assert_eq!(mine["data"].as_array().expect("a list").len(), 5);
        let counters = server.ask_without_key(Method::GET, "/v1/chats/counters");
        let counters = counters.header("cookie", &cookie).send().await.expect(200);
        let counts =
            ["open", "unassigned", "mine", "unread", "starred", "reminder_due"].map(|name| counters[name].clone());
        assert_eq!(counts, [6, 2, 4, 5, 5, 0].map(Value::from), "{counters}");
        assert_eq!(counters["accounts"][0]["open"], 6);
        assert_eq!(counters["assignees"], json!([{"user_id": owner, "open": 4}]));
    }
}

#[tokio::test]
async fn null_takes_away_and_what_is_wrong_is_named() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let chat = with_chats(&server, 1).await.remove(0);
        let owner = server.get("/v1/users").await.expect(200)["data"][0]["id"].clone();
        let tag = server.post("/v1/tags", &json!({"name": "Zakat"})).await.expect(201)["id"].clone();
        let set = json!({"assignee_id": owner, "tag_ids": [tag], "status": "snoozed", "snoozed_until": "2099-01-01T00:00:00Z"});
        // That is too far away.
        server.patch(&chat, &set).await.problem(422, "invalid");
        let set = json!({"assignee_id": owner, "tag_ids": [tag], "snoozed_until": "2023-12-01T00:00:00Z"});
        let changed = server.patch(&chat, &set).await.expect(200);
        assert_eq!(changed["status"], "snoozed", "{}", database.kind);
        assert_eq!(changed["snoozed_until"], "2023-12-01T00:00:00.000Z");
        let clear = json!({"assignee_id": null, "team_id": null, "tag_ids": null, "snoozed_until": null});
        let cleared = server.patch(&chat, &clear).await.expect(200);
        assert_eq!(cleared["status"], "open");
        for field in ["assignee_id", "team_id", "snoozed_until"] {
            assert_eq!(cleared[field], Value::Null, "{field}");
        }
        assert_eq!(cleared["tag_ids"], json!([]));
        let nobody = "usr_01jd0000000000000000000000";
        for (body, pointer) in [
            (json!({"status": "done"}), "/status"),
            (json!({"status": "snoozed"}), "/snoozed_until"),
            (json!({"snoozed_until": "soon"}), "/snoozed_until"),
            (json!({"snoozed_until": "2020-01-01T00:00:00Z"}), "/snoozed_until"),
            (json!({"assignee_id": nobody}), "/assignee_id"),
            (json!({"assignee_id": "me"}), "/assignee_id"),
            (json!({"team_id": "team_01jd0000000000000000000000"}), "/team_id"),
            (
                json!({"tag_ids": [tag, "tag_01jd0000000000000000000000"]}),
                "/tag_ids/1",
            ),
            (json!({"is_starred": "yes"}), "/is_starred"),
            (json!({"unread": 3}), "/unread"),
        ] {
            let problem = server.patch(&chat, &body).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
        }
        for (query, pointer) in [
            ("status=done", "#query/status"),
            ("assignee=you", "#query/assignee"),
            ("assignee=me", "#query/assignee"),
            ("assignee=usr_01jd0000000000000000000000", "#query/assignee"),
            ("tag_id=tag_01jd0000000000000000000000", "#query/tag_id"),
            ("team_id=team_01jd0000000000000000000000", "#query/team_id"),
            ("waiting=-1", "#query/waiting"),
            ("waiting=525601", "#query/waiting"),
            ("starred=x", "#query/starred"),
            ("reminder_due=x", "#query/reminder_due"),
            ("segment=rich", "#query/segment"),
        ] {
            let problem = server.get(&format!("/v1/chats?{query}")).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{query}");
        }
    }
}

#[tokio::test]
async fn the_log_of_a_chat_is_paged_newest_first() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let chat = with_chats(&server, 1).await.remove(0);
        for body in [
            json!({"is_starred": true}),
            json!({"status": "closed"}),
            json!({"status": "open"}),
        ] {
            server.patch(&chat, &body).await.expect(200);
        }
        let first = server.get(&format!("{chat}/log?limit=2")).await.expect(200);
        let types = |page: &Value| -> Vec<Value> {
            let lines = page["data"].as_array().expect("a list").iter();
            lines.map(|line| line["type"].clone()).collect()
        };
        assert_eq!(types(&first), ["opened", "closed"], "{}", database.kind);
        assert_eq!(first["data"][0]["by"]["type"], "key");
        assert_eq!(first["data"][0]["by"]["name"], "Test");
        let next = first["next"].as_str().expect("there is more");
        let second = server.get(&format!("{chat}/log?after={next}")).await.expect(200);
        assert_eq!(
            (types(&second), &second["next"]),
            (vec!["starred".into()], &Value::Null)
        );
        let audit = server.get("/v1/audit").await.expect(200);
        assert_eq!(audit["data"][0]["action"], "chat.update");
        assert_eq!(audit["data"][0]["target"], chat["/v1/chats/".len()..]);
    }
}

#[tokio::test]
async fn presence_goes_to_colleagues_live_and_leaves_no_place_in_the_log() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let chat = with_chats(&server, 1).await.remove(0);
        let mut stream = server.ask(Method::GET, "/v1/stream").stream().await;
        let ready = stream.next_event().await;
        let cookie = server.log_in(OWNER).await;
        let told = server
            .ask_without_key(Method::POST, &format!("{chat}/presence"))
            .header("cookie", &cookie)
            .json(&json!({"state": "typing"}));
        told.send().await.expect(204);
        let seen = stream.next_event().await;
        assert_eq!(
            (seen.name.as_str(), seen.id.as_str()),
            ("chat.presence", ""),
            "{}",
            database.kind
        );
        assert_eq!(seen.data["chat_id"], chat["/v1/chats/".len()..]);
        assert_eq!(
            (&seen.data["name"], &seen.data["state"]),
            (&"Sari".into(), &"typing".into())
        );
        let events = server.get(&format!("/v1/events?after={}", ready.id)).await.expect(200);
        assert_eq!(events["data"], json!([]));
        let by_key = server
            .post(&format!("{chat}/presence"), &json!({"state": "viewing"}))
            .await;
        by_key.problem(409, "not_a_person");
    }
}

#[tokio::test]
async fn tags_and_teams_are_made_once_changed_and_deleted() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        for (noun, code) in [("tags", "tag_exists"), ("teams", "team_exists")] {
            let path = format!("/v1/{noun}");
            let make = || {
                server
                    .ask(Method::POST, &path)
                    .header("idempotency-key", noun)
                    .json(&json!({"name": "One"}))
            };
            let first = make().send().await;
            let place = first.header("location").to_owned();
            let made = first.expect(201);
            let again = make().send().await;
            assert_eq!(again.header("idempotency-replayed"), "true", "{} {noun}", database.kind);
            assert_eq!(again.expect(201), made);
            server.post(&path, &json!({"name": "one"})).await.problem(409, code);
            let renamed = server.patch(&place, &json!({"name": "Two"})).await.expect(200);
            assert_eq!(renamed["name"], "Two");
            let listed = server.get(&path).await.expect(200);
            assert_eq!(listed["data"], json!([renamed]));
            server.delete(&place).await.expect(204);
            server.delete(&place).await.problem(404, "not_found");
        }
        let problem = server.post("/v1/tags", &json!({"name": "x", "color": "puce"})).await;
        assert_eq!(problem.problem(422, "invalid")["errors"][0]["pointer"], "/color");
        let colleagues = server.get("/v1/colleagues").await.expect(200);
        assert_eq!(colleagues["data"][0]["name"], "Sari");
        let agent = server
            .add_key(server.organization, &[pesan_model::Permission::MessagesRead])
            .await;
        let as_agent = server
            .ask_without_key(Method::GET, "/v1/colleagues")
            .header("authorization", &format!("Bearer {agent}"));
        as_agent.send().await.expect(200);
    }
}

#[tokio::test]
async fn an_organization_is_renamed_and_decides_about_itself() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let before = server.get("/v1/organization").await.expect(200);
        assert_eq!(
            (&before["name"], &before["settings"]["auto_close_days"]),
            (&"Toko".into(), &json!(null))
        );
        let change = json!({"name": " Yayasan ", "settings": {"auto_close_days": 14}});
        let changed = server.patch("/v1/organization", &change).await.expect(200);
        assert_eq!(changed["name"], "Yayasan", "{}", database.kind);
        let again = server
            .patch("/v1/organization", &json!({"settings": {}}))
            .await
            .expect(200);
        assert_eq!(again, changed, "what is left out stays");
        for (body, pointer) in [
            (json!({"name": " "}), "/name"),
            (json!({"settings": {"auto_close_days": 0}}), "/settings/auto_close_days"),
            (
                json!({"settings": {"auto_close_days": "x"}}),
                "/settings/auto_close_days",
            ),
            (json!({"settings": {"colour": 1}}), "/settings/colour"),
        ] {
            let problem = server.patch("/v1/organization", &body).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
        }
        let audit = server.get("/v1/audit").await.expect(200);
        assert_eq!(audit["data"][0]["action"], "organization.update");
    }
}
