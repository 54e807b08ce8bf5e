//! Bodies that are too large or no text, over a real connection where it matters.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::Method;
use pesan_store::testing::both;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::TestServer;

const MB: usize = 1024 * 1024;
/// Longer than anything should take; only ever waited for when a test fails.
const DEADLINE: Duration = Duration::from_mins(1);

/// Writes a whole request, as many clients do, and only then reads.
async fn ask(server: SocketAddr, head: &str, body: &[u8]) -> (String, Value) {
    let talk = async {
        let mut stream = TcpStream::connect(server).await.expect("open");
        let length = body.len();
        let head = format!("{head}\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.expect("the head is written");
        stream.write_all(body).await.expect("the whole body is taken");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .await
            .expect("the answer is readable");
        answer
    };
    let answer = tokio::time::timeout(DEADLINE, talk).await.expect("in time");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    (head.to_owned(), serde_json::from_str(body).expect("JSON"))
}

fn with_key(server: &TestServer, path: &str, kind: &str) -> String {
    let key = &server.key;
    format!("POST {path} HTTP/1.1\r\nauthorization: Bearer {key}\r\ncontent-type: {kind}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_writes_a_whole_body_before_reading_learns_why_it_is_refused() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let address = server.listen().await;
        let messages = with_key(&server, "/v1/messages", "application/json");
        let mut picture = br#"{"type":"image","image":{"caption":"x","data":""#.to_vec();
        picture.resize(40 * MB, b'A');
        picture.extend_from_slice(br#""}}"#);
        let (head, problem) = ask(address, &messages, &picture).await;
        assert!(head.starts_with("HTTP/1.1 413"), "{head}");
        assert_eq!(problem["errors"][0]["pointer"], "/image/data");
        assert_eq!(problem["code"], "too_large");

        // Files are taken up to 1 MB here.
        let file = vec![0; 20 * MB];
        let media = with_key(&server, "/v1/media?file_name=x.bin", "application/pdf");
        let (head, problem) = ask(address, &media, &file).await;
        assert!(head.starts_with("HTTP/1.1 413"), "{head}");
        assert_eq!(problem["errors"][0]["pointer"], "/file");
        let mut form = b"--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"x.bin\"\r\n\r\n".to_vec();
        form.extend_from_slice(&file);
        form.extend_from_slice(b"\r\n--x--\r\n");
        let media = with_key(&server, "/v1/media", "multipart/form-data; boundary=x");
        let (head, problem) = ask(address, &media, &form).await;
        assert!(head.starts_with("HTTP/1.1 413"), "{head}");
        assert_eq!(problem["errors"][0]["pointer"], "/file");

        // What is refused before its body is looked at is no different.
        let stranger = "POST /v1/messages HTTP/1.1\r\ncontent-type: application/json";
        let (head, problem) = ask(address, stranger, &file).await;
        assert!(head.starts_with("HTTP/1.1 401"), "{head}");
        assert_eq!(problem["code"], "unauthenticated");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_end_is_answered_and_not_read_on() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let address = server.listen().await;
        let head = with_key(&server, "/v1/messages", "application/json");
        let known = format!("{head}\r\nhost: x\r\ncontent-length: {}\r\n\r\n", 4096 * MB);
        let endless = format!("{head}\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
        let chunk = format!("100000\r\n{}\r\n", " ".repeat(MB));
        for head in [known, endless] {
            let talk = async {
                let mut stream = TcpStream::connect(address).await.expect("open");
                stream.write_all(head.as_bytes()).await.expect("the head is written");
                let mut taken = 0;
                while stream.write_all(chunk.as_bytes()).await.is_ok() {
                    taken += 1;
                }
                taken
            };
            let taken = tokio::time::timeout(DEADLINE, talk)
                .await
                .expect("it is closed in time");
            assert!((20..100).contains(&taken), "{taken} MB were taken");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_asked_for_a_body_that_is_not_wanted() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let address = server.listen().await;
        let talk = async {
            let mut stream = TcpStream::connect(address).await.expect("open");
            let head = "POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                        content-length: 1000\r\nexpect: 100-continue\r\n\r\n";
            stream.write_all(head.as_bytes()).await.expect("the head is written");
            let mut answer = String::new();
            stream
                .read_to_string(&mut answer)
                .await
                .expect("the answer is readable");
            answer
        };
        let answer = tokio::time::timeout(DEADLINE, talk).await.expect("in time");
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
}

#[tokio::test]
async fn what_is_no_text_is_said_at_its_field() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let cases: [(&[u8], &str); 4] = [
            (br#"{"name":"a\ud800"}"#, "/name"),
            (br#"{"name":"a\udc00b"}"#, "/name"),
            (br#"{"name":"a\ud800\u0041"}"#, "/name"),
            (b"{\"name\":\"a\xff\"}", "/name"),
        ];
        for (body, pointer) in cases {
            let ask = server.ask(Method::POST, "/v1/accounts");
            let ask = ask.header("content-type", "application/json").body(body);
            let problem = ask.send().await.problem(422, "invalid");
            let wrong = &problem["errors"][0];
            let shown = String::from_utf8_lossy(body);
            assert_eq!(
                (&wrong["pointer"], &wrong["code"]),
                (&json!(pointer), &json!("not_unicode")),
                "{shown}"
            );
        }
        assert_eq!(server.get("/v1/accounts").await.expect(200)["data"], json!([]));
    }
}
