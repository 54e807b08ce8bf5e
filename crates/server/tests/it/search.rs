//! Finding chats, people and messages, through the API.

use pesan_store::testing::both;
use serde_json::{Value, json};

use crate::support::TestServer;

/// An account that wrote to three numbers, some more than once. Gives its id and the first chat's.
async fn fill(server: &TestServer) -> (String, String) {
    let account = server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201)["id"].clone();
    let mut first = Value::Null;
    for (to, body) in [
        ("6280000000301", "Terima kasih atas donasi <b>beras</b>"),
        ("6280000000302", "Donasi zakat sudah masuk"),
        ("6280000000303", "Selamat pagi"),
        ("6280000000301", "Kapan donasi berikutnya?"),
    ] {
        let message = json!({"account_id": account, "to": to, "type": "text", "text": {"body": body}});
        let sent = server.post("/v1/messages", &message).await.expect(202);
        if first.is_null() {
            first = sent["chat_id"].clone();
        }
        server.clock.advance_millis(60_000);
    }
    (text(&account), text(&first))
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn bodies(page: &Value) -> Vec<String> {
    let hits = page["data"].as_array().expect("a list").iter();
    hits.map(|hit| text(&hit["message"]["text"]["body"])).collect()
}

#[tokio::test]
async fn three_groups_are_found_each_with_its_pages() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let (account, chat) = fill(&server).await;
        let found = server.get("/v1/search?q=donasi").await.expect(200);
        assert_eq!(
            bodies(&found["messages"]),
            [
                "Kapan donasi berikutnya?",
                "Donasi zakat sudah masuk",
                "Terima kasih atas donasi <b>beras</b>"
            ],
            "{}",
            database.kind
        );
        assert_eq!(
            (&found["chats"]["data"], &found["contacts"]["data"]),
            (&json!([]), &json!([]))
        );
        assert_eq!(
            (&found["messages"]["next"], &found["messages"]["searched_back_to"]),
            (&Value::Null, &Value::Null)
        );
        // Never markup: pieces of the text as it is.
        let oldest = server.get("/v1/search?q=atas%20bera").await.expect(200)["messages"]["data"][0].clone();
        assert_eq!(
            oldest["snippet"],
            json!([
                {"text": "Terima kasih ", "is_match": false}, {"text": "atas", "is_match": true},
                {"text": " donasi <b>", "is_match": false}, {"text": "beras", "is_match": true},
                {"text": "</b>", "is_match": false},
            ])
        );

        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let path = format!("/v1/search?q=donasi&kinds=messages&limit=1{after}");
            let page = server.get(&path).await.expect(200);
            assert!(page.get("chats").is_none() && page.get("contacts").is_none());
            seen.extend(bodies(&page["messages"]));
            match page["messages"]["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), 3);

        let found = server.get("/v1/search?q=0800-0000-03&limit=2").await.expect(200);
        assert_eq!(found["chats"]["data"].as_array().expect("a list").len(), 2);
        assert_eq!(found["contacts"]["data"].as_array().expect("a list").len(), 2);
        for kind in ["chats", "contacts"] {
            let next = text(&found[kind]["next"]);
            let path = format!("/v1/search?q=0800-0000-03&limit=2&kinds={kind}&after={next}");
            let rest = server.get(&path).await.expect(200);
            assert_eq!(rest[kind]["data"].as_array().expect("a list").len(), 1, "{kind}");
            assert_eq!(rest[kind]["next"], Value::Null);
        }

        let found = server
            .get(&format!("/v1/search?q=donasi&chat_id={chat}"))
            .await
            .expect(200);
        assert_eq!(bodies(&found["messages"]).len(), 2);
        assert!(found.get("chats").is_none());
        let found = server
            .get(&format!("/v1/search?q=donasi&account_id={account}"))
            .await
            .expect(200);
        assert_eq!(bodies(&found["messages"]).len(), 3);

        let around = text(&oldest["message"]["id"]);
        let thread = server
            .get(&format!("/v1/chats/{chat}/messages?around={around}&limit=1"))
            .await
            .expect(200);
        assert_eq!(
            (thread["data"][0]["id"].as_str(), &thread["next"]),
            (Some(around.as_str()), &Value::Null)
        );
        let previous = text(&thread["previous"]);
        let newer = server
            .get(&format!("/v1/chats/{chat}/messages?before={previous}"))
            .await
            .expect(200);
        assert_eq!(newer["data"][0]["text"]["body"], "Kapan donasi berikutnya?");
        assert_eq!(
            (newer["data"].as_array().map(Vec::len), &newer["previous"]),
            (Some(1), &Value::Null)
        );
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_search_is_said_at_its_parameter() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let (_, chat) = fill(&server).await;
        let long = "a".repeat(10_000);
        for (query, pointer, code) in [
            (String::new(), "#query/q", "required"),
            ("q=".into(), "#query/q", "required"),
            ("q=%F0%9F%91%8D".into(), "#query/q", "no_word"),
            ("q=%00".into(), "#query/q", "no_word"),
            (format!("q={long}"), "#query/q", "too_long"),
            ("q=a&kinds=people".into(), "#query/kinds", "not_one_of"),
            ("q=a&after=5".into(), "#query/kinds", "exactly_one_of"),
            ("q=a&kinds=messages&after=x".into(), "#query/after", "not_a_page"),
            ("q=a&kinds=chats&after=p.x".into(), "#query/after", "not_a_page"),
            ("q=a&kinds=contacts&after=x".into(), "#query/after", "not_a_page"),
            ("q=a&limit=0".into(), "#query/limit", "out_of_range"),
            (
                format!("q=a&kinds=chats&chat_id={chat}"),
                "#query/chat_id",
                "not_together",
            ),
        ] {
            let problem = server.get(&format!("/v1/search?{query}")).await.expect(422);
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{query} on {}", database.kind);
            assert_eq!(problem["errors"][0]["code"], code, "{query}");
        }
        let unknown = "chat_01jd0000000000000000000000";
        server
            .get(&format!("/v1/search?q=a&chat_id={unknown}"))
            .await
            .expect(404);
        let unknown = "acc_01jd0000000000000000000000";
        server
            .get(&format!("/v1/search?q=a&account_id={unknown}"))
            .await
            .expect(404);
        let thread = format!("/v1/chats/{chat}/messages");
        for (query, pointer, code) in [
            (
                "around=msg_01jd0000000000000000000000",
                "#query/around",
                "no_such_message",
            ),
            (
                "around=msg_01jd0000000000000000000000&after=1.x",
                "#query/around",
                "not_together",
            ),
            ("before=x", "#query/before", "not_a_page"),
        ] {
            let problem = server.get(&format!("{thread}?{query}")).await.expect(422);
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{query}");
            assert_eq!(problem["errors"][0]["code"], code, "{query}");
        }
    }
}
