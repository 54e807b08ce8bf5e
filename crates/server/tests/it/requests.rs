//! What is the same for all requests: problems, pages, headers, limits.

use axum::http::Method;
use pesan_store::testing::both;
use serde_json::{Value, json};

use crate::support::TestServer;

#[tokio::test]
async fn problems_name_the_field() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let wrong =
            |pointer: &str, code: &str, detail: &str| json!({"pointer": pointer, "code": code, "detail": detail});
        let wrong_type = |pointer: &str, expected: &str, detail: &str| {
            let mut error = wrong(pointer, "wrong_type", detail);
            error["params"] = json!({"expected": expected});
            error
        };
        let mut too_long = wrong("/name", "too_long", "must have at most 100 characters");
        too_long["params"] = json!({"max": 100});
        let cases = [
            (json!({}), wrong("/name", "required", "is missing")),
            (json!({"name": 7}), wrong_type("/name", "string", "must be a string")),
            (json!(["x"]), wrong_type("", "object", "must be an object")),
            (json!(null), wrong_type("", "object", "must be an object")),
            (
                json!({"name": "x", "colour": 1}),
                wrong("/colour", "unknown_field", "is not a field of this request"),
            ),
            (json!({"name": ""}), wrong("/name", "empty", "must not be empty")),
            (json!({"name": "x".repeat(101)}), too_long),
        ];
        for (body, error) in cases {
            let problem = server.post("/v1/accounts", &body).await.problem(422, "invalid");
            assert_eq!(problem["errors"], json!([error]), "{body}");
        }
        assert_eq!(
            server.get("/v1/accounts").await.expect(200)["data"],
            json!([]),
            "nothing was made"
        );
    }
}

#[tokio::test]
async fn messages_with_wrong_fields_are_refused_before_anything_is_queued() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let account = server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201)["id"].clone();
        let text =
            |to: &str, body: &str| json!({"account_id": account, "to": to, "type": "text", "text": {"body": body}});
        let cases = [
            (text("12", "x"), "wrong_phone_length", "/to"),
            (text("halo", "x"), "not_a_phone_number", "/to"),
            (text("0800", "x"), "no_country_code", "/to"),
            (text("6280000000001", ""), "empty", "/text/body"),
            (text("6280000000001", "\u{200b}\u{feff}"), "empty", "/text/body"),
            (text("6280000000001", &"x".repeat(4097)), "too_long", "/text/body"),
            (
                json!({"account_id": account, "to": "6280000000001", "type": "text"}),
                "required",
                "/text",
            ),
            (
                json!({"account_id": account, "to": "6280000000001", "type": "poll"}),
                "not_one_of",
                "/type",
            ),
            (
                json!({"account_id": "acc_x", "to": "6280000000001", "type": "text", "text": {"body": "x"}}),
                "not_an_id",
                "/account_id",
            ),
            (
                json!({"account_id": account, "to": "6280000000001", "type": "image", "image": {"caption": "x"}}),
                "exactly_one_of",
                "/image",
            ),
            (
                json!({"account_id": "acc_01jd0000000000000000000000", "to": "6280000000001", "type": "text", "text": {"body": "x"}}),
                "no_such_account",
                "/account_id",
            ),
            // The kind lets it through, the server takes a megabyte at most.
            (
                json!({"account_id": account, "to": "6280000000001", "type": "document",
                    "document": {"data": format!("data:application/pdf;base64,{}", "A".repeat(1_400_000))}}),
                "file_too_large",
                "/document/data",
            ),
        ];
        let odd = |field: &str, value: Value, code: &'static str| {
            let mut body = text("6280000000001", "x");
            body[field] = value;
            (
                body,
                code,
                match field {
                    "type" => "/type",
                    "text" => "/text",
                    "account_id" => "/account_id",
                    "send_at" => "/send_at",
                    _ => "/to",
                },
            )
        };
        let odd = [
            odd("type", Value::Null, "not_one_of"),
            odd("type", json!(5), "not_one_of"),
            odd("text", json!(["hi"]), "wrong_type"),
            odd("text", json!("hi"), "wrong_type"),
            odd("to", json!(6_280_000_000_001_u64), "wrong_type"),
            odd("account_id", Value::Null, "wrong_type"),
            odd("send_at", json!("soon"), "not_a_time"),
        ];
        for (body, code, pointer) in cases.into_iter().chain(odd) {
            let answer = server.post("/v1/messages", &body).await;
            for word in ["struct", "variant", "expected u", "invalid type", "literal", "column"] {
                assert!(!answer.text().contains(word), "for people: {}", answer.text());
            }
            assert_eq!(answer.status, 422, "{}", answer.text());
            let error = &answer.json()["errors"][0];
            assert_eq!(
                (&error["pointer"], &error["code"]),
                (&json!(pointer), &json!(code)),
                "{}",
                answer.text()
            );
        }
        let picture = json!({"account_id": account, "to": "6280000000001", "type": "image",
            "image": {"data": "A".repeat(25 * 1024 * 1024)}});
        let problem = server.post("/v1/messages", &picture).await.problem(413, "too_large");
        assert_eq!(
            problem["detail"],
            "The body is too large: at most 24 MB. Upload larger files first with `POST /v1/media`, and name them by their id."
        );
        assert_eq!(problem["errors"][0]["pointer"], "/image/data", "as far as it was read");
        assert_eq!(server.get("/v1/chats").await.expect(200)["data"], json!([]));
    }
}

#[tokio::test]
async fn what_is_not_a_request_is_answered_with_a_problem_too() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let post = |kind: &str, body: &[u8]| {
            server
                .ask(Method::POST, "/v1/accounts")
                .header("content-type", kind)
                .body(body)
                .send()
        };
        post("application/json", b"{").await.problem(400, "malformed_json");
        let twice = post("application/json", b"{\"name\":\"a\",\"name\":\"b\"}").await;
        assert_eq!(twice.problem(422, "invalid")["errors"][0]["pointer"], "/name");
        post("text/plain", b"{}").await.problem(415, "unsupported_media_type");
        let huge = vec![b' '; 25 * 1024 * 1024];
        let problem = post("application/json", &huge).await.problem(413, "too_large");
        let wrong = &problem["errors"][0];
        assert_eq!(
            (&wrong["pointer"], &wrong["detail"]),
            (&json!(""), &json!("is too large: at most 24 MB"))
        );
        server.get("/v1/nothing").await.problem(404, "not_found");
        server.get("/v1/accounts/acc_wrong").await.problem(404, "not_found");
        server
            .ask(Method::PUT, "/v1/accounts")
            .send()
            .await
            .problem(405, "method_not_allowed");
        let problem = server.get("/v1/accounts?limit=x").await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "#query/limit");
        for limit in ["201", "0", "-1"] {
            let problem = server
                .get(&format!("/v1/accounts?limit={limit}"))
                .await
                .problem(422, "invalid");
            assert_eq!(problem["errors"][0]["detail"], "must be 1 to 200", "{limit}");
        }
        server.get("/v1/accounts?after=x").await.problem(422, "invalid");
    }
}

#[tokio::test]
async fn pages_show_everything_once() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        for number in 0..5 {
            server
                .post("/v1/accounts", &json!({"name": format!("Toko {number}")}))
                .await
                .expect(201);
        }
        let (mut names, mut path) = (Vec::new(), "/v1/accounts?limit=2".to_owned());
        loop {
            let page = server.get(&path).await.expect(200);
            names.extend(
                page["data"]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .map(|account| account["name"].clone()),
            );
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/v1/accounts?limit=2&after={next}");
        }
        assert_eq!(names, ["Toko 0", "Toko 1", "Toko 2", "Toko 3", "Toko 4"]);
    }
}

#[tokio::test]
async fn a_repeated_create_answers_with_the_first_result() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let post = |key: &str, name: &str| {
            let ask = server.ask(Method::POST, "/v1/accounts").header("idempotency-key", key);
            ask.json(&json!({"name": name})).send()
        };
        let first = post("a", "Toko").await;
        assert!(first.headers.get("idempotency-replayed").is_none());
        let location = first.header("location").to_owned();
        let first = first.expect(201);
        assert_eq!(
            location,
            format!("/v1/accounts/{}", first["id"].as_str().expect("an id"))
        );
        let again = post("a", "Toko").await;
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.expect(201)["id"], first["id"]);
        post("a", "Kantor").await.problem(422, "idempotency_key_reused");
        assert_ne!(post("b", "Toko").await.expect(201)["id"], first["id"]);
        let problem = post("", "Toko").await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "#header/Idempotency-Key");
    }
}

#[tokio::test]
async fn a_repeated_upload_answers_with_the_first_file_and_another_file_is_refused() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let post = |key: &str, name: &str, content: &[u8]| {
            let ask = server.ask(Method::POST, &format!("/v1/media?file_name={name}"));
            let ask = ask.header("content-type", "text/plain").header("idempotency-key", key);
            ask.body(content).send()
        };
        let first = post("a", "a.txt", b"satu").await;
        assert!(first.headers.get("idempotency-replayed").is_none());
        let first = first.expect(201);
        let again = post("a", "a.txt", b"satu").await;
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.expect(201), first, "{}", database.kind);
        post("a", "a.txt", b"dua").await.problem(422, "idempotency_key_reused");
        post("a", "b.txt", b"satu").await.problem(422, "idempotency_key_reused");
        let problem = post("", "a.txt", b"satu").await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "#header/Idempotency-Key");
        // A form is the same request although its boundary is another.
        let form = |boundary: &str, content: &str| {
            let body = format!(
                "--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
                 content-type: text/plain\r\n\r\n{content}\r\n--{boundary}--\r\n"
            );
            let ask = server.ask(Method::POST, "/v1/media").header("idempotency-key", "b");
            let ask = ask.header("content-type", &format!("multipart/form-data; boundary={boundary}"));
            ask.body(body.as_bytes()).send()
        };
        let by_form = form("x", "tiga").await.expect(201);
        assert_eq!(form("y", "tiga").await.expect(201)["id"], by_form["id"]);
        form("z", "empat").await.problem(422, "idempotency_key_reused");
        assert_eq!(files(&server), 2, "nothing lies on the disk that no row names");
        // What has been stored before keeps its id under a new key too.
        assert_eq!(post("c", "a.txt", b"satu").await.expect(201)["id"], first["id"]);
        assert_eq!(post("c", "a.txt", b"satu").await.header("idempotency-replayed"), "true");
    }
}

/// How many files are on the disk.
fn files(server: &TestServer) -> usize {
    let media = server.app.settings.data_dir.join("media");
    let folders = std::fs::read_dir(media).expect("a folder of files");
    let count = |folder: std::fs::DirEntry| std::fs::read_dir(folder.path()).expect("a folder").count();
    folders.map(|folder| count(folder.expect("readable"))).sum()
}

#[tokio::test]
async fn every_create_takes_an_idempotency_key() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let account = server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201)["id"].clone();
        let text =
            |body: &str| json!({"account_id": account, "to": "6280000000001", "type": "text", "text": {"body": body}});
        let user = |email: &str| json!({"email": email, "name": "X", "role": "agent", "password": "long enough pw"});
        let cases = [
            ("/v1/accounts", 201, json!({"name": "a"}), json!({"name": "b"})),
            ("/v1/messages", 202, text("a"), text("b")),
            ("/v1/users", 201, user("a@example.com"), user("b@example.com")),
            (
                "/v1/keys",
                201,
                json!({"name": "a", "scopes": ["events:read"]}),
                json!({"name": "b", "scopes": ["events:read"]}),
            ),
            (
                "/v1/webhooks",
                201,
                json!({"url": "https://example.com/a", "events": ["*"]}),
                json!({"url": "https://example.com/b", "events": ["*"]}),
            ),
        ];
        for (path, status, body, other) in cases {
            // The same text serves for every kind of thing.
            let ask = |body: &Value| {
                let ask = server.ask(Method::POST, path).header("idempotency-key", "same");
                ask.json(body).send()
            };
            let first = ask(&body).await.expect(status);
            let again = ask(&body).await;
            assert_eq!(again.header("idempotency-replayed"), "true", "{path}");
            assert_eq!(again.expect(status)["id"], first["id"], "{path} on {}", database.kind);
            ask(&other).await.problem(422, "idempotency_key_reused");
        }
    }
}

#[tokio::test]
async fn a_replay_says_from_where() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let webhook = json!({"url": "https://example.com/hook", "events": ["*"]});
        let webhook = server.post("/v1/webhooks", &webhook).await.expect(201);
        let path = format!("/v1/webhooks/{}/replay", webhook["id"].as_str().expect("an id"));
        let since = "2026-01-05T09:00:00.000Z";
        for (body, pointer) in [
            (json!({}), "/after_seq"),
            (json!({"after_seq": 1, "since": since}), "/since"),
            (json!({"after_seq": "x"}), "/after_seq"),
        ] {
            let problem = server.post(&path, &body).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
        }
        server.post(&path, &json!({"after_seq": 0})).await.expect(202);
        server.post(&path, &json!({"since": since})).await.expect(202);
    }
}

#[tokio::test]
async fn every_answer_has_security_headers_and_an_id_of_ours() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        for path in ["/v1/accounts", "/", "/docs", "/v1/nothing", "/livez"] {
            let answer = server
                .ask(Method::GET, path)
                .header("x-request-id", "theirs")
                .send()
                .await;
            let policy = answer.header("content-security-policy");
            assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"));
            assert!(policy.contains("script-src 'self';"), "no script inside a page");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("referrer-policy"), "no-referrer");
            assert!(answer.header("x-request-id").len() == 36, "{path}");
        }
        let answer = server.get("/v1/accounts").await;
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn health_and_figures_are_open() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        server.get("/v1/accounts").await.expect(200);
        for path in ["/livez", "/readyz"] {
            let answer = server.ask_without_key(Method::GET, path).send().await;
            assert_eq!(answer.expect(200)["status"], "ok");
        }
        let figures = server.ask_without_key(Method::GET, "/metrics").send().await;
        assert!(
            figures
                .text()
                .contains("pesan_http_requests_total{method=\"GET\",route=\"/v1/accounts\"")
        );
        server.app.lifecycle.soft().cancel();
        let answer = server.ask_without_key(Method::GET, "/readyz").send().await;
        answer.problem(503, "shutting_down");
    }
}

#[tokio::test]
async fn figures_count_what_there_is_at_most_every_ten_seconds() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let account = server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201)["id"].clone();
        let send = async |send_at: Option<&str>| {
            let body = json!({
                "account_id": account, "to": "6280000000001", "type": "text", "text": {"body": "x"}, "send_at": send_at
            });
            server.post("/v1/messages", &body).await.expect(202);
        };
        // The first is due, the second waits behind it in its chat, the third for its time.
        for send_at in [None, None, Some("2023-11-15T09:00:00.000Z")] {
            send(send_at).await;
        }
        let organization = server.organization;
        let webhook = json!({"url": "https://example.com/hook", "events": ["*"]});
        let webhook = server.post("/v1/webhooks", &webhook).await.expect(201);
        let path = format!("/v1/webhooks/{}/test", webhook["id"].as_str().expect("an id"));
        server.post(&path, &json!({})).await.expect(202);
        server.clock.advance(std::time::Duration::from_secs(90));
        let caller = pesan_app::Caller::system(organization);
        let stream = pesan_app::events::live::subscribe(server.app.clone(), caller, None).await;
        let stream = stream.expect("a stream");

        let scrape = async || server.ask_without_key(Method::GET, "/metrics").send().await.text();
        let text = scrape().await;
        for line in [
            "# TYPE pesan_accounts gauge",
            "pesan_accounts{state=\"created\"} 1",
            "pesan_accounts{state=\"connected\"} 0",
            "pesan_jobs{kind=\"send_message\",state=\"running\"} 0",
            "pesan_jobs{kind=\"send_message\",state=\"due\"} 1",
            "pesan_jobs{kind=\"send_message\",state=\"waiting\"} 2",
            "pesan_jobs{kind=\"deliver_webhook\",state=\"due\"} 1",
            "pesan_oldest_job_seconds{kind=\"deliver_webhook\"} 90",
            "pesan_oldest_job_seconds{kind=\"fetch_media\"} 0",
            "pesan_live_streams 1",
            "pesan_quarantined 0",
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "{line} on {}:\n{text}",
                database.kind
            );
        }
        let bytes = text.lines().find_map(|line| line.strip_prefix("pesan_database_bytes "));
        assert!(bytes.is_some_and(|bytes| bytes.parse::<u64>().expect("a number") > 4096));

        drop(stream);
        send(None).await;
        let waiting = |count: u32| format!("pesan_jobs{{kind=\"send_message\",state=\"waiting\"}} {count}\n");
        let text = scrape().await;
        assert!(
            text.contains(&waiting(2)) && text.contains("pesan_live_streams 0\n"),
            "{text}"
        );
        server.clock.advance(std::time::Duration::from_secs(10));
        assert!(scrape().await.contains(&waiting(3)));
    }
}

#[tokio::test]
async fn a_file_comes_back_as_it_was_sent_and_never_as_a_page() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let form = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a b.html\"\r\n\
                    content-type: text/html\r\n\r\n<p>0123456789</p>\r\n--x--\r\n";
        let ask = server
            .ask(Method::POST, "/v1/media")
            .header("content-type", "image/png");
        let problem = ask.body(b"%PDF-1.4 x").send().await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/file");
        let ask = server
            .ask(Method::POST, "/v1/media")
            .header("content-type", "multipart/form-data; boundary=x");
        let stored = ask.body(form.as_bytes()).send().await.expect(201);
        assert_eq!(
            (&stored["file_name"], &stored["size"]),
            (&json!("a b.html"), &json!(17))
        );
        let path = format!("/v1/media/{}", stored["id"].as_str().expect("an id"));
        assert_eq!(server.get(&path).await.expect(200)["sha256"], stored["sha256"]);
        let content = server.get(&format!("{path}/content")).await;
        assert_eq!(content.text(), "<p>0123456789</p>");
        assert_eq!(content.header("content-type"), "application/octet-stream");
        assert_eq!(content.header("x-content-type-options"), "nosniff");
        assert_eq!(
            content.header("content-disposition"),
            "attachment; filename*=UTF-8''a%20b.html"
        );
        assert!(content.header("content-security-policy").contains("sandbox"));
        let part = server
            .ask(Method::GET, &format!("{path}/content"))
            .header("range", "bytes=3-6")
            .send()
            .await;
        assert_eq!((part.status.as_u16(), part.text().as_str()), (206, "0123"));

        let huge = vec![0_u8; 1024 * 1024 + 1];
        let ask = server
            .ask(Method::POST, "/v1/media?file_name=x.bin")
            .header("content-type", "application/pdf");
        let problem = ask.body(&huge).send().await.problem(413, "too_large");
        assert_eq!(problem["errors"][0]["pointer"], "/file");
        assert_eq!(problem["errors"][0]["params"]["max_bytes"], 1024 * 1024);
        let ask = server
            .ask(Method::POST, "/v1/media")
            .header("content-type", "multipart/form-data; boundary=x");
        let problem = ask.body(b"--x--\r\n").send().await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/file");
    }
}
