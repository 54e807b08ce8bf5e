//! Two hundred browsers and programs that lose their streams at the same moment and come back at the same moment, over
//! real connections: each is told exactly what it missed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use futures::future::join_all;
use pesan_app::{Caller, events};
use pesan_model::{OrganizationId, Permission};
use pesan_store::testing::both;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{OWNER, PASSWORD, TestServer};

const WATCHERS: usize = 200;
/// Longer than anything should take; only ever waited for when a test fails.
const DEADLINE: Duration = Duration::from_mins(2);

/// Something that a stream tells: an event of the log, or a hint without a place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    place: Option<i64>,
    name: String,
    data: String,
}

/// A stream over a connection of its own.
struct Watching {
    connection: TcpStream,
    /// What came and was not read yet: frames of the connection, and text.
    frames: Vec<u8>,
    text: String,
}

impl Watching {
    /// Opens it; `Err` is the status when it was refused.
    async fn open(server: SocketAddr, credential: &str, last: i64) -> Result<Self, u16> {
        let opening = async {
            let mut connection = TcpStream::connect(server).await.expect("open");
            let head =
                format!("GET /v1/stream HTTP/1.1\r\nhost: pesan.test\r\n{credential}\r\nlast-event-id: {last}\r\n\r\n");
            connection.write_all(head.as_bytes()).await.expect("asked");
            let mut watching = Self {
                connection,
                frames: Vec::new(),
                text: String::new(),
            };
            let head = loop {
                if let Some(end) = find(&watching.frames, b"\r\n\r\n") {
                    let rest = watching.frames.split_off(end + 4);
                    break String::from_utf8(std::mem::replace(&mut watching.frames, rest)).expect("text");
                }
                assert!(watching.receive().await, "it is closed before it answers");
            };
            match head.split(' ').nth(1).and_then(|status| status.parse().ok()) {
                Some(200) => {
                    assert!(head.contains("text/event-stream") && head.contains("chunked"), "{head}");
                    Ok(watching)
                }
                Some(status) => Err(status),
                None => panic!("no status: {head}"),
            }
        };
        tokio::time::timeout(DEADLINE, opening).await.expect("answered in time")
    }

    /// False when it was closed.
    async fn receive(&mut self) -> bool {
        self.connection.read_buf(&mut self.frames).await.expect("readable") > 0
    }

    /// Moves whole chunks of the body to the text.
    fn unpack(&mut self) {
        while let Some(end) = find(&self.frames, b"\r\n") {
            let size = std::str::from_utf8(&self.frames[..end]).expect("text");
            let size = usize::from_str_radix(size, 16).expect("the size of a chunk");
            assert!(size > 0, "the stream ended");
            if self.frames.len() < end + 2 + size + 2 {
                return;
            }
            let chunk = &self.frames[end + 2..end + 2 + size];
            self.text.push_str(std::str::from_utf8(chunk).expect("whole letters"));
            self.frames.drain(..end + 2 + size + 2);
        }
    }

    /// The next thing it tells; comments are skipped.
    async fn next(&mut self) -> Told {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| {
                    let mut lines = block.lines();
                    lines.find_map(|line| line.strip_prefix(name).map(str::trim_start))
                };
                if let (Some(name), Some(data)) = (field("event:"), field("data:")) {
                    return Told {
                        place: field("id:").map(|place| place.parse().expect("a place")),
                        name: name.to_owned(),
                        data: data.to_owned(),
                    };
                }
            }
            assert!(self.receive().await, "the stream ended");
            self.unpack();
        }
    }

    /// Everything up to a place in the log, that included.
    async fn up_to(&mut self, place: i64) -> Vec<Told> {
        let reading = async {
            let mut told = Vec::new();
            loop {
                let next = self.next().await;
                let is_there = next.place.is_some_and(|reached| reached >= place);
                told.push(next);
                if is_there {
                    return told;
                }
            }
        };
        let told = tokio::time::timeout(DEADLINE, reading).await;
        told.unwrap_or_else(|_| panic!("place {place} is not told in time"))
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// An organization with those who watch it.
struct House {
    id: OrganizationId,
    key: String,
    account: String,
    /// The owner's log-in, with which something is done.
    owner: String,
    /// The header that each watcher shows, one for each kind of right.
    credentials: Vec<String>,
}

/// Who watches, from where.
struct Watcher {
    house: usize,
    credential: String,
    /// The last thing it was told before its connection broke.
    last: i64,
}

fn with_key(key: &str) -> String {
    format!("authorization: Bearer {key}")
}

fn with_cookie(cookie: &str) -> String {
    format!("cookie: {cookie}")
}

/// Asks with the key of a house.
async fn ask(server: &TestServer, house: &House, path: &str, body: &Value) -> Value {
    let ask = server
        .ask_without_key(Method::POST, path)
        .header("authorization", &format!("Bearer {}", house.key));
    let answer = ask.json(body).send().await;
    assert!(answer.status.is_success(), "{path}: {}", answer.text());
    answer.json()
}

/// Owner, colleague, a key that may do everything, and one that may do nothing but watch.
async fn furnish(server: &TestServer, id: OrganizationId, key: String, email: &str) -> House {
    let mut house = House {
        id,
        key,
        account: String::new(),
        owner: server.log_in(email).await,
        credentials: Vec::new(),
    };
    let account = ask(server, &house, "/v1/accounts", &json!({"name": "Front desk"})).await;
    account["id"].as_str().expect("an id").clone_into(&mut house.account);
    let colleague = format!("agent-{email}");
    let new = json!({"email": colleague, "name": "Agus", "role": "agent", "password": PASSWORD});
    ask(server, &house, "/v1/users", &new).await;
    house.credentials = vec![
        with_cookie(&house.owner),
        with_cookie(&server.log_in(&colleague).await),
        with_key(&house.key),
        with_key(&server.add_key(id, &[Permission::EventsRead]).await),
    ];
    house
}

/// So many strangers are written to. Nothing is sent; what is queued is told as well.
async fn write(server: &TestServer, house: &House, first: usize, count: usize) {
    let message = |number: usize| {
        json!({"account_id": house.account, "to": format!("+1 555-010-{number:04}"), "type": "text",
            "text": {"body": format!("Pesan nomor {number} 🙏")}})
    };
    let messages: Vec<_> = (first..first + count).map(message).collect();
    for some in messages.chunks(100) {
        let told = ask(server, house, "/v1/messages/batch", &json!({ "messages": some })).await;
        for result in told["results"].as_array().expect("results") {
            assert_eq!(result["status"], 202, "{result}");
        }
    }
}

/// What the log says, as a stream has to tell it.
async fn log_of(server: &TestServer, house: &House, mut after: i64) -> Vec<Told> {
    let caller = Caller::system(house.id);
    let mut all = Vec::new();
    loop {
        let page = events::list_after(&server.app, &caller, after, 200)
            .await
            .expect("read")
            .events;
        let Some(last) = page.last() else { return all };
        after = last.seq;
        all.extend(page.iter().map(|logged| Told {
            place: Some(logged.seq),
            name: logged.event.name().to_owned(),
            data: serde_json::to_string(logged).expect("JSON"),
        }));
    }
}

/// What stands in the log: hints that something changed have no place in it.
fn logged(told: Vec<Told>) -> Vec<Told> {
    told.into_iter().filter(|each| each.place.is_some()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_who_come_back_at_once_are_each_told_what_they_missed_and_nothing_else() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let address = server.listen().await;
        let ours = furnish(&server, server.organization, server.key.clone(), OWNER).await;
        let (id, key) = server.add_organization("Warung", "other@example.com").await;
        let theirs = furnish(&server, id, key, "other@example.com").await;
        let houses = [ours, theirs];
        for (number, house) in houses.iter().enumerate() {
            write(&server, house, 1_000 * number, 20).await;
        }
        let ends = [
            log_of(&server, &houses[0], 0).await,
            log_of(&server, &houses[1], 0).await,
        ]
        .map(|log| i64::try_from(log.len()).expect("few"));

        // Each loses its connection at another place, and in the middle of what it is told.
        let opened = join_all((0..WATCHERS).map(|number| {
            // Three of five watch the first one.
            let house = usize::from(number % 5 > 2);
            let credentials = &houses[house].credentials;
            let credential = credentials[number % credentials.len()].clone();
            let last = 1 + i64::try_from(number).expect("few") % (ends[house] - 1);
            async move {
                let mut watching = Watching::open(address, &credential, 0).await.expect("it may watch");
                let told = logged(watching.up_to(last).await);
                let places: Vec<_> = told.iter().filter_map(|each| each.place).collect();
                assert_eq!(places, (1..=last).collect::<Vec<_>>(), "from the beginning, in order");
                let watcher = Watcher {
                    house,
                    credential,
                    last,
                };
                (watcher, watching)
            }
        }))
        .await;
        let (watchers, streams): (Vec<_>, Vec<_>) = opened.into_iter().unzip();
        assert_eq!(streams.len(), WATCHERS);
        drop(streams);

        // While nobody watches, more than is kept in memory happens in one, and little in the other. One may not watch
        // any more.
        write(&server, &houses[0], 100, 300).await;
        write(&server, &houses[1], 1_100, 15).await;
        let colleague = &houses[0].credentials[1];
        let users = server.get("/v1/users").await.expect(200);
        let agent = users["data"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|user| user["role"] == "agent");
        let path = format!(
            "/v1/users/{}",
            agent.expect("there is one")["id"].as_str().expect("an id")
        );
        server.delete(&path).await.expect(204);

        // All come back at once, each from its place, while more happens.
        let returning = join_all(
            watchers
                .iter()
                .map(|watcher| async move { Watching::open(address, &watcher.credential, watcher.last).await }),
        );
        let meanwhile = async {
            write(&server, &houses[0], 500, 20).await;
            write(&server, &houses[1], 1_500, 20).await;
        };
        let (returned, ()) = tokio::join!(returning, meanwhile);
        let mut streams = Vec::new();
        for (watcher, returned) in watchers.iter().zip(returned) {
            match returned {
                Ok(stream) => streams.push((watcher, stream)),
                Err(status) => assert_eq!((status, &watcher.credential), (401, colleague)),
            }
        }
        let gone = watchers
            .iter()
            .filter(|watcher| watcher.credential == *colleague)
            .count();
        assert!(gone > 20, "{gone}");
        assert_eq!(streams.len(), WATCHERS - gone);

        let logs = [
            log_of(&server, &houses[0], 0).await,
            log_of(&server, &houses[1], 0).await,
        ]
        .map(Arc::new);
        assert!(
            logs[0].len() > 600 && logs[1].len() > 100,
            "{} {}",
            logs[0].len(),
            logs[1].len()
        );
        let caught_up = join_all(streams.into_iter().map(|(watcher, mut stream)| {
            let log = logs[watcher.house].clone();
            async move {
                let end = log.last().and_then(|event| event.place).expect("an end");
                let told = logged(stream.up_to(end).await);
                let missed: Vec<_> = log.iter().filter(|event| event.place > Some(watcher.last)).collect();
                let differs = told.iter().zip(&missed).find(|(told, missed)| told != *missed);
                assert_eq!(differs, None, "after {}", watcher.last);
                assert_eq!(told.len(), missed.len(), "after {}", watcher.last);
                (watcher, stream)
            }
        }))
        .await;

        live(&server, &houses, caught_up).await;
    }
}

/// They go on as if nothing had been: what happens now is told to those whose it is, and to nobody twice.
async fn live(server: &TestServer, houses: &[House; 2], streams: Vec<(&Watcher, Watching)>) {
    let chats = server.get("/v1/chats?limit=1").await.expect(200);
    let chat = chats["data"][0]["id"].as_str().expect("a chat");
    let looks = server
        .ask_without_key(Method::POST, &format!("/v1/chats/{chat}/presence"))
        .header("cookie", &houses[0].owner)
        .json(&json!({"state": "viewing"}));
    looks.send().await.expect(204);
    let mut last = Vec::new();
    for (number, house) in houses.iter().enumerate() {
        let name = format!("Last of {number}");
        ask(server, house, "/v1/accounts", &json!({ "name": name })).await;
        last.push(log_of(server, house, 0).await.pop().expect("an event"));
    }
    join_all(streams.into_iter().map(|(watcher, mut stream)| {
        let (last, owner) = (&last, with_cookie(&houses[0].owner));
        async move {
            let end = &last[watcher.house];
            let told = stream.up_to(end.place.expect("a place")).await;
            assert_eq!(logged(told.clone()), std::slice::from_ref(end), "nothing comes twice");
            // Not to oneself, and to nobody else's.
            let sees = watcher.house == 0 && watcher.credential != owner;
            let seen = told.iter().filter(|each| each.name == "chat.presence").count();
            assert_eq!(seen, usize::from(sees), "{told:?}");
        }
    }))
    .await;
}
