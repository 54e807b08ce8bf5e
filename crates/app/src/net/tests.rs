use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// Every notation of an address that must not be reached from outside, and URLs that are no web addresses.
const REFUSED: &[&str] = &[
    // This machine, in every notation the URL standard reads as IPv4.
    "http://127.0.0.1/",
    "http://127.0.0.1./",
    "http://127.1/",
    "http://127.0.1/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://0x7f000001/",
    "http://0X7F.0.0.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.255.255.254:8080/a",
    "http://１２７.０.０.１/",
    "http://127。0。0。1/",
    "http://%31%32%37.0.0.1/",
    "http://localhost/",
    "http://LOCALHOST:3000/",
    "http://localhost./",
    "http://api.localhost/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]:80/",
    "http://[::]/",
    "http://0.0.0.0/",
    "http://0/",
    "http://0.1.2.3/",
    // Private networks.
    "http://10.0.0.1/",
    "http://10.255.255.255/",
    "http://167772161/",
    "http://012.0.0.1/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.0.1/",
    "http://192.168.257/",
    "http://100.64.0.1/",
    "http://100.127.255.255/",
    "http://[fc00::1]/",
    "http://[fdff::1]/",
    // Metadata services and link-local.
    "http://169.254.169.254/latest/meta-data",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://169.254.0.1/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://[fd00:ec2::254]/",
    "http://[fd20:ce::254]/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    // IPv4 in an IPv6 disguise, translators and tunnels.
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:8.8.8.8]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b::169.254.169.254]/",
    "http://[64:ff9b:1::a00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:53aa:64c::1]/",
    // Documentation, benchmarks, multicast, reserved.
    "http://192.0.0.8/",
    "http://192.0.2.1/",
    "http://198.51.100.1/",
    "http://203.0.113.1/",
    "http://192.88.99.1/",
    "http://198.18.0.1/",
    "http://198.19.255.255/",
    "http://224.0.0.1/",
    "http://239.255.255.250/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[2001:db8::1]/",
    "http://[3fff::1]/",
    "http://[ff02::1]/",
    "http://[100::1]/",
    "http://[4000::1]/",
    // Not what a person reads, or not the web.
    "http://user@example.com/",
    "http://:secret@example.com/",
    "http://example.com@127.0.0.1/",
    "http://127.0.0.1#@example.com/",
    "http://127.0.0.1\\@example.com/",
    "http://example.com\\@127.0.0.1/",
    "http://exam\tple.com/",
    "http://example.com/\r\nHost: other",
    " http://example.com/",
    "http://example.com:0/",
    "http://example.com:99999/",
    "http://1.2.3.4.5/",
    "http://256.1.1.1/",
    "http://[fe80::1%25eth0]/",
    "http:///",
    "https://",
    "file:///etc/passwd",
    "ftp://example.com/",
    "gopher://example.com/",
    "javascript:alert(1)",
    "data:text/plain,hello",
    "//example.com/",
    "example.com",
    "",
];

const ALLOWED: &[&str] = &[
    "https://example.com/hook?token=x",
    "http://example.com:8080/",
    "https://EXAMPLE.com./",
    "https://bücher.example/",
    "http://8.8.8.8/",
    "http://134744072/",
    "http://172.15.255.255/",
    "http://172.32.0.1/",
    "http://100.63.255.255/",
    "http://100.128.0.1/",
    "http://192.167.255.255/",
    "http://169.253.0.1/",
    "http://223.255.255.255/",
    "http://[2606:4700:4700::1111]/",
    "http://[2001:4860:4860::8888]:8443/",
    "http://localhost.example.com/",
    "http://notlocalhost/",
];

#[test]
fn addresses_that_are_not_public_are_refused_in_every_notation() {
    for url in REFUSED {
        let checked = target::check(url, Targets::Public);
        assert!(checked.is_err(), "{url} was allowed");
    }
    for url in ALLOWED {
        let checked = target::check(url, Targets::Public);
        assert!(checked.is_ok(), "{url} was refused: {checked:?}");
    }
    let long = format!("https://example.com/{}", "a".repeat(2000));
    assert_eq!(target::check(&long, Targets::Public).err(), Some(Refusal::TooLong));
}

#[test]
fn private_targets_can_be_allowed_but_never_disguised_or_reserved_ones() {
    for url in [
        "http://127.0.0.1:1/",
        "http://localhost/",
        "http://[::1]/",
        "http://10.1.2.3/",
        "http://[fc00::1]/",
        "http://100.64.0.1/",
        "https://example.com/",
    ] {
        assert!(target::check(url, Targets::PrivateToo).is_ok(), "{url} was refused");
    }
    for url in [
        "http://169.254.169.254/",
        "http://[::ffff:127.0.0.1]/",
        "http://[fd00:ec2::254]/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "http://user@127.0.0.1/",
        "file:///etc/passwd",
    ] {
        assert!(target::check(url, Targets::PrivateToo).is_err(), "{url} was allowed");
    }
}

#[test]
fn refusals_say_what_is_wrong() {
    let refusal = |url| target::check(url, Targets::Public).expect_err("refused").to_string();
    assert_eq!(refusal("ftp://example.com/"), "must start with https:// or http://");
    assert_eq!(
        refusal("http://a:b@example.com/"),
        "must not contain a user name or a password"
    );
    assert_eq!(
        refusal("http://10.0.0.1/"),
        "is in a private or reserved network, which is not allowed"
    );
    assert_eq!(refusal("x"), "is not a valid URL");
}

/// A name server that answers differently each time.
struct Answers {
    asked: AtomicUsize,
    answers: Vec<Vec<IpAddr>>,
}

impl Answers {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|ip| ip.parse().expect("an address")).collect();
        Arc::new(Self {
            asked: AtomicUsize::new(0),
            answers: answers.iter().map(parse).collect(),
        })
    }
}

impl Lookup for Answers {
    fn lookup(&self, _name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
        let answer = self.answers[number].clone();
        Box::pin(async move { Ok(answer) })
    }
}

fn post(url: &str) -> Post<'_> {
    Post {
        url,
        headers: vec![("x-test", "1".to_owned())],
        body: b"{}".to_vec(),
        deadline: Duration::from_secs(5),
    }
}

/// Answers every connection with the given bytes, again and again; says on which port, and counts connections.
async fn server(answer: Vec<u8>) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let connections = Arc::new(AtomicUsize::new(0));
    let (counted, lifecycle) = (connections.clone(), crate::Lifecycle::default());
    lifecycle.clone().spawn("test server", async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            lifecycle.spawn("test connection", async move {
                let mut buffer = [0_u8; 4096];
                while stream.read(&mut buffer).await.is_ok_and(|length| length > 0) {
                    if stream.write_all(&answer).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    (port, connections)
}

fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn a_name_that_turns_private_after_the_check_is_never_connected_to() {
    let (port, connections) = server(answer("200 OK", b"")).await;
    let url = format!("http://rebind.example:{port}/");
    for names in [
        Answers::new(&[&["127.0.0.1"]]),
        Answers::new(&[&["::1", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"]]),
    ] {
        let client = Client::with_lookup(Targets::Public, names).expect("set up");
        assert!(client.check(&url).is_ok(), "the name alone does not show it");
        let refused = client.post(post(&url)).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::Network))), "{refused:?}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn of_several_addresses_only_allowed_ones_are_used() {
    let (port, connections) = server(answer("204 No Content", b"")).await;
    let names = Answers::new(&[&["169.254.169.254", "127.0.0.1"], &["169.254.169.254"]]);
    let client = Client::with_lookup(Targets::PrivateToo, names.clone()).expect("set up");
    let url = format!("http://mixed.example:{port}/");
    assert_eq!(client.post(post(&url)).await.expect("answered").status, 204);
    // The open connection is used again, so the name is not even asked for a second time.
    assert_eq!(client.post(post(&url)).await.expect("answered").status, 204);
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    assert_eq!(names.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn redirects_are_answers_to_a_post_and_checked_steps_of_a_download() {
    let (canary, touched) = server(answer("200 OK", b"secret")).await;
    let location = format!("302 Found\r\nlocation: http://127.0.0.1:{canary}/");
    let (port, _) = server(answer(&location, b"")).await;
    let client = Client::new(Targets::PrivateToo).expect("set up");
    let url = format!("http://127.0.0.1:{port}/");
    assert_eq!(client.post(post(&url)).await.expect("answered").status, 302);
    assert_eq!(touched.load(Ordering::SeqCst), 0);

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    let fetched = client.download_to(&url, &path, 100).await.expect("followed");
    assert_eq!(fetched.size, 6);

    let (port, _) = server(answer("302 Found\r\nlocation: http://169.254.169.254/", b"")).await;
    let refused = client
        .download_to(&format!("http://127.0.0.1:{port}/"), &path, 100)
        .await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::Network))), "{refused:?}");
    assert!(!path.exists());

    let (port, _) = server(answer("302 Found\r\nlocation: /again", b"")).await;
    let endless = client
        .download_to(&format!("http://127.0.0.1:{port}/"), &path, 100)
        .await;
    assert!(matches!(endless, Err(Error::TooManyRedirects)), "{endless:?}");
}

#[tokio::test]
async fn downloads_are_streamed_to_a_file_and_capped() {
    let client = Client::new(Targets::PrivateToo).expect("set up");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    let (port, _) = server(answer("200 OK\r\ncontent-type: image/png", b"0123456789")).await;
    let url = format!("http://127.0.0.1:{port}/picture.png");
    let fetched = client.download_to(&url, &path, 10).await.expect("fetched");
    let expected = Download {
        mime: Some("image/png".into()),
        size: 10,
        file_name: Some("picture.png".into()),
    };
    assert_eq!(fetched, expected);
    assert_eq!(std::fs::read(&path).expect("written"), b"0123456789");

    let refused = client.download_to(&url, &path, 9).await;
    assert!(
        matches!(refused, Err(Error::TooLarge { limit_bytes: 9 })),
        "{refused:?}"
    );
    assert!(!path.exists(), "nothing is left of a file that was not fetched");

    // No length told, and more than allowed comes.
    let endless =
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n";
    let (port, _) = server(endless.to_vec()).await;
    let refused = client
        .download_to(&format!("http://127.0.0.1:{port}/"), &path, 15)
        .await;
    assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");

    let (port, _) = server(answer("404 Not Found", b"")).await;
    let missing = client
        .download_to(&format!("http://127.0.0.1:{port}/"), &path, 15)
        .await;
    assert!(matches!(missing, Err(Error::Status(404))), "{missing:?}");
}

#[tokio::test]
async fn errors_name_no_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let client = Client::new(Targets::PrivateToo).expect("set up");
    let url = format!("http://127.0.0.1:{port}/?token=secret");
    let mut slow = post(&url);
    slow.deadline = Duration::from_millis(50);
    let error = client.post(slow).await.expect_err("nobody answers");
    assert_eq!(error.to_string(), "no answer in time");
    drop(listener);
    let error = client.post(post(&url)).await.expect_err("nobody listens").to_string();
    assert!(
        error.starts_with("could not connect: ") && !error.contains("secret") && !error.contains("127"),
        "{error}"
    );
}

#[tokio::test]
async fn what_the_server_asks_for_is_passed_on() {
    let (port, _) = server(answer("429 Too Many Requests\r\nretry-after: 120", b"slow down")).await;
    let client = Client::new(Targets::PrivateToo).expect("set up");
    let answer = client.post(post(&format!("http://127.0.0.1:{port}/"))).await;
    let expected = Answer {
        status: 429,
        retry_after: Some("120".into()),
    };
    assert_eq!(answer.expect("answered"), expected);
}
